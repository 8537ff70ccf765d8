"""What our own people did: entries with an actor, for the desk. Who looks at others is seen, too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import msgspec
from django.db.models import Max, Min

from troth.ledger.models import Entry


class Done(msgspec.Struct, frozen=True):
    """One entry that somebody of our staff caused. ``actor`` is their opaque reference; ``at`` is UTC."""

    number: int
    at: dt.datetime
    act: str
    actor: str


def since(client: str, actors: Collection[str], acts: Collection[str], moment: dt.datetime) -> list[Done]:
    """Every entry of these acts that these actors caused at a client from a moment on, oldest first."""
    found = Entry.objects.filter(number__gte=_first(moment), client=client, actor__in=list(actors), act__in=list(acts))
    rows = found.order_by("number").values_list("number", "at", "act", "actor")
    return [Done(number, when, act, actor) for number, at, act, actor in rows.iterator() if (when := _when(at))]


def _first(moment: dt.datetime) -> int:
    """The number of the first entry from a moment on: halved for by number, since a ledger is long."""
    ends = Entry.objects.aggregate(low=Min("number"), high=Max("number"))
    low, high = ends["low"] or 0, (ends["high"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = Entry.objects.filter(number__gte=middle).order_by("number").values_list("at").first()
        if row is not None and (at := _when(row[0])) is not None and at < moment:
            low = middle + 1
        else:
            high = middle
    return low


def by(client: str, actors: Collection[str], limit: int) -> list[Done]:
    """The newest entries of a client that these actors caused, newest first."""
    found = Entry.objects.filter(client=client, actor__in=list(actors)).order_by("-number")
    return [
        Done(number, when, act, actor)
        for number, at, act, actor in found.values_list("number", "at", "act", "actor")[:limit]
        if (when := _when(at))
    ]


def _when(at: str) -> dt.datetime | None:
    """None: somebody wrote it, and verifying says so."""
    try:
        return dt.datetime.fromisoformat(at)
    except (TypeError, ValueError):
        return None
