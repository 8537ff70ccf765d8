"""What our own people did: entries with an actor, for the desk. Who looks at others is seen, too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import msgspec

from troth.ledger import entries
from troth.ledger.models import Entry


class Done(msgspec.Struct, frozen=True):
    """One entry that somebody of our staff caused. ``actor`` is their opaque reference; ``at`` is UTC; ``case``: the
    request for which it was, or ''."""

    number: int
    at: dt.datetime
    act: str
    actor: str
    case: str = ""


def by(client: str, actors: Collection[str], limit: int | None) -> list[Done]:
    """The newest entries of a client that these actors caused, newest first; None: all of them."""
    found = Entry.objects.filter(client=client, actor__in=list(actors)).order_by("-number")
    return [
        Done(number, when, act, actor, entries.request_of(refs))
        for number, at, act, actor, refs in found.values_list("number", "at", "act", "actor", "refs")[:limit]
        if (when := _when(at))
    ]


def _when(at: str) -> dt.datetime | None:
    """None: somebody wrote it, and verifying says so."""
    try:
        return dt.datetime.fromisoformat(at)
    except (TypeError, ValueError):
        return None
