"""Holds: what must stay although it is due or was asked to go, for a reason the policy names: UK GDPR Art 17(3)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from troth.keep.models import Erasure
from troth.parties import editions
from troth.people import standing
from troth.work import queue


def place(client: str, person: int, name: str, *, by: str, until: dt.datetime | None = None, ground: str = "") -> int:
    """Put a declared hold over a person's data. Sweeps and erasures go around it from now."""
    return standing.hold(client, person, name, by=by, until=until, ground=ground)


def lift(client: str, person: int, name: str, *, by: str) -> int:
    """End a hold. An erasure that it stopped goes on by itself."""
    with transaction.atomic():
        ended = standing.unhold(client, person, name, by=by)
        resume(client, person)
    return ended


def resume(client: str, person: int) -> None:
    """A hold over this person ended: what it kept from an erasure goes now, under the same request."""
    for row in Erasure.objects.filter(client=client, step="done"):
        if person in row.persons and b"hold" in bytes(row.kept):
            _again(row)


def _again(row: Erasure) -> None:
    """Ask every place once more for what stayed, under the same request."""
    row.step, row.finished = "places", None
    row.save(update_fields=["step", "finished"])
    row.tasks.update(state="waiting", again=False)
    queue.add("erase", {"erasure": row.pk}, client=row.client, once=f"erase {row.pk} again")


def declared(client: str) -> dict[str, str]:
    """The holds that the policy knows, each with its reason."""
    return {name: hold.because for name, hold in editions.in_force(client).plan.holds.items()}
