"""The queue: a job is a row, claimed by an update that says *nobody has it yet*, gone only when it is done.

A process that dies leaves its lease behind; the server takes it over, or it runs out, and the job is done again: so
every handler is harmless twice.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from troth.policy.problems import Trouble
from troth.work import holding
from troth.work.models import Job

LEASE: Final = dt.timedelta(minutes=2)
LONGEST_WAIT: Final = dt.timedelta(hours=1)
Payload = dict[str, str | int]
Handler = Callable[[Payload], None]
_handlers: dict[str, Handler] = {}
_log = logging.getLogger("troth.work")


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register who does jobs of a kind."""

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return register


def kinds() -> frozenset[str]:
    """Every kind of job that somebody does here."""
    return frozenset(_handlers)


def add(
    kind: str,
    payload: Mapping[str, str | int],
    *,
    client: str,
    not_before: dt.datetime | None = None,
    once: str | None = None,
) -> int:
    """Add a job; ``once`` names it, so that it waits in the queue only once. Returns its id."""
    due = not_before or timezone.now()
    try:
        with transaction.atomic():
            return int(Job.objects.create(kind=kind, client=client, payload=dict(payload), due=due, once=once).pk)
    except IntegrityError:
        if once is None:
            raise
        # Somebody is doing it this moment and may have looked already: moving ``due`` keeps the row for one more turn.
        Job.objects.filter(once=once, leased_until__isnull=False).update(due=due)
        job = Job.objects.filter(once=once).first()
        return int(job.pk) if job else add(kind, payload, client=client, not_before=not_before, once=once)


def run_due(limit: int = 50, *, kinds: frozenset[str] | None = None) -> int:
    """Do what is due, oldest first. Returns how many jobs were done."""
    done = 0
    for _ in range(limit):
        job = _claim(kinds)
        if job is None:
            break
        done += _do(job)
    return done


def _claim(kinds: frozenset[str] | None) -> Job | None:
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    waiting = Job.objects.filter(free, due__lte=now, kind__in=kinds if kinds is not None else list(_handlers))
    for job in waiting.order_by("due", "pk")[:5]:
        taken = Job.objects.filter(free, pk=job.pk).update(
            leased_until=now + LEASE, tries=job.tries + 1, holder=holding.own()
        )
        if taken == 1:
            job.tries += 1
            return job
    return None


def _do(job: Job) -> bool:
    try:
        _handlers[job.kind](job.payload)
    except Exception as error:  # a job that fails waits and is tried again; its error is a code, never a value
        code = error.code if isinstance(error, Trouble) else type(error).__name__
        wait = min(dt.timedelta(seconds=2 ** min(job.tries, 20)), LONGEST_WAIT)  # tries go on without an end
        ours = Job.objects.filter(pk=job.pk, tries=job.tries)  # not when the lease ran out and another has it now
        ours.update(leased_until=None, due=timezone.now() + wait, error=code[:60])
        _log.warning("job %s failed: %s", job.kind, code)
        return False
    if not Job.objects.filter(pk=job.pk, due=job.due).delete()[0]:
        Job.objects.filter(pk=job.pk, tries=job.tries).update(leased_until=None, tries=0, error="")
    return True


def outcome(number: int) -> str | None:
    """'' when a job is done, the code of its error when it failed and waits for its next try, None before that."""
    job = Job.objects.filter(pk=number).first()
    return "" if job is None else job.error or None


def take_over() -> int:
    """Free at once what processes held that are dead. Who lives keeps its lease, a command beside the server, too.

    For the serving process of an embedded folder: all who hold jobs are processes of this machine.
    """
    leased = Job.objects.filter(leased_until__gt=timezone.now(), holder__isnull=False)
    dead = [
        holder
        for holder in set(leased.values_list("holder", flat=True))
        if holder is not None and not holding.lives(holder)
    ]
    return leased.filter(holder__in=dead).update(leased_until=None, holder=None)


def depth() -> int:
    """How many jobs wait, due or not."""
    return Job.objects.count()


def waiting(client: str | None = None) -> list[tuple[str, dt.datetime, int, str]]:
    """(kind, due, tries, last error code) of what still waits, for the desk."""
    rows = Job.objects.all() if client is None else Job.objects.filter(client=client)
    return list(rows.order_by("due").values_list("kind", "due", "tries", "error")[:200])
