"""What is due in a place that no sweep reaches: somebody forgets it there by hand, each month, and says so.

A place that nobody spoke for has not answered: what is due there still stands, and the sweep says that it does.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.keep.models import Chore
from troth.ledger import entries
from troth.parties import days, editions
from troth.people import vault
from troth.policy import periods
from troth.policy.problems import Trouble

REACHED = ("ours", "events", "sql")  # what a sweep deletes by itself


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One place and month: what is to go there, and whether somebody said that it did."""

    number: int
    place: str
    month: str
    goes: tuple[str, ...]
    opened: dt.datetime
    done: dt.datetime | None
    by: str
    evidence: str = ""


def beyond(client: str) -> list[str]:
    """The places of the policy that hold what has an end, and that no sweep reaches."""
    plan = editions.in_force(client).plan
    return sorted(one.name for one in plan.places.values() if one.kind not in REACHED and _goes(client, one.name))


def _goes(client: str, place: str) -> tuple[str, ...]:
    """What ends there, in the words of the policy: label and period."""
    plan = editions.in_force(client).plan
    fields = (plan.fields[name] for name in sorted(plan.places[place].holds) if name in plan.fields)
    said = (f"{one.label}: {periods.say(plan.rules[one.rule])}" for one in fields if one.rule in plan.rules)
    return tuple(dict.fromkeys(said))


def open_month(client: str) -> int:
    """Write down what is to be done this month, once. Returns how many were new."""
    month = days.today(client).strftime("%Y-%m")
    new = 0
    for place in beyond(client):
        _, made = Chore.objects.get_or_create(
            client=client, place=place, month=month, defaults={"opened": timezone.now()}
        )
        new += made
    return new


def waiting(client: str) -> list[Due]:
    """What nobody said to be done yet, the oldest first. A place that the policy names no more waits for nobody."""
    named = editions.in_force(client).plan.places
    rows = Chore.objects.filter(client=client, done=None).order_by("month", "place")
    return [_due(row) for row in rows if row.place in named]


def silent(client: str) -> list[str]:
    """The places for which something waits: they have not answered."""
    return sorted({one.place for one in waiting(client)})


def done(client: str, number: int, *, by: str, evidence: str) -> None:
    """Somebody forgot there what was due up to that month, and says how that is known. Earlier months go with it."""
    row = Chore.objects.filter(client=client, pk=number, done=None).first()
    if row is None:
        raise Trouble("no-chore", "That does not wait any more.", "Look at the list of sweeps.")
    if not by or not evidence.strip():
        raise Trouble("no-evidence", "Say how you know that it is done.", "Write who looked, and when.", exit=2)
    with transaction.atomic():
        for one in Chore.objects.filter(client=client, place=row.place, month__lte=row.month, done=None):
            entry = entries.append("erased", client=client, place=one.place, actor=by)
            one.evidence = vault.seal(client, 0, "troth.chore", one.pk, _rule(one), evidence.strip()[:500].encode())
            one.done, one.by, one.entry = timezone.now(), by, entry.number
            one.save()


def said(client: str, limit: int = 12) -> list[Due]:
    """What was done by hand lately, with how that is known."""
    rows = Chore.objects.filter(client=client, done__isnull=False).order_by("-done", "place")[:limit]
    return [_due(row) for row in rows]


def tidy(client: str) -> int:
    """What was said is kept for a year, and then forgotten; so is what waits at a place that is named no more."""
    before, named = timezone.now() - dt.timedelta(days=366), editions.in_force(client).plan.places
    old = list(Chore.objects.filter(client=client, done__lt=before))
    old += [one for one in Chore.objects.filter(client=client, done=None, opened__lt=before) if one.place not in named]
    Chore.objects.filter(pk__in=[one.pk for one in old]).delete()
    if old:
        vault.destroy(client, 0, [_rule(one) for one in old])
    return len(old)


def effects() -> list[tuple[int, str]]:
    return [(entry, f"chore {number}") for number, entry in Chore.objects.exclude(entry=0).values_list("pk", "entry")]


def _due(row: Chore) -> Due:
    text = vault.open(row.client, 0, "troth.chore", row.pk, bytes(row.evidence)).decode() if row.evidence else ""
    named = row.place in editions.in_force(row.client).plan.places
    return Due(
        number=row.pk,
        place=row.place,
        month=row.month,
        goes=_goes(row.client, row.place) if named else (),
        opened=row.opened,
        done=row.done,
        by=row.by,
        evidence=text,
    )


def rules_in_use(client: str) -> set[str]:
    return {_rule(row) for row in Chore.objects.filter(client=client, evidence__isnull=False)}


def _rule(row: Chore) -> str:
    return f"chore {row.pk}"
