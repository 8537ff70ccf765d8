"""Holds: what must stay although it is due or was asked to go, for a reason the policy names: UK GDPR Art 17(3)."""

from __future__ import annotations

import datetime as dt

import msgspec
from django.db import transaction

from troth.keep import staying
from troth.keep.models import Erasure, Task
from troth.parties import editions
from troth.people import standing
from troth.places.kinds import Kept, Receipt
from troth.work import queue


def place(
    client: str,
    person: int,
    name: str,
    *,
    by: str,
    until: dt.datetime | None = None,
    ground: str = "",
    review: dt.date | None = None,
) -> int:
    """Put a declared hold over a person's data. Sweeps and erasures go around it from now."""
    return standing.hold(client, person, name, by=by, until=until, ground=ground, review=review)


def lift(client: str, person: int, name: str, *, by: str) -> int:
    """End a hold. An erasure that it stopped goes on by itself."""
    with transaction.atomic():
        ended = standing.unhold(client, person, name, by=by)
        resume(client, person)
    return ended


def resume(client: str, person: int) -> None:
    """A hold over this person ended: what it kept from an erasure goes now, under the same request."""
    for row in Erasure.objects.filter(client=client, step="done"):
        if person in row.persons and any(staying.on_hold(one) for one in _kept(row)):
            _again(row)


def _kept(row: Erasure) -> list[Kept]:
    return msgspec.json.decode(bytes(row.kept), type=list[Kept])


def _again(row: Erasure) -> None:
    """Ask once more where something stayed for the hold, under the same request."""
    with transaction.atomic():
        row.step, row.finished, row.kept = "places", None, b"[]"
        row.save(update_fields=["step", "finished", "kept"])
        for task in row.tasks.all():
            receipt = msgspec.json.decode(bytes(task.receipt), type=Receipt)
            if any(staying.on_hold(one) for one in receipt.kept):
                Task.objects.filter(pk=task.pk).update(state="waiting", again=False)
        queue.add("erase", {"erasure": row.pk}, client=row.client, once=f"erase {row.pk} again")


def declared(client: str) -> dict[str, str]:
    """The holds that the policy knows, each with its reason."""
    return {name: hold.because for name, hold in editions.in_force(client).plan.holds.items()}
