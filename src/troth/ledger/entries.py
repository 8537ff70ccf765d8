"""Writing down: one entry for each act, in the same transaction as its effect (UK GDPR Art 5(2)).

An entry holds no personal value: a closed vocabulary of acts, opaque ids, counts, and one salted commitment to the
details, which live (and end) as rows of the room that acted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from django.conf import settings
from django.db import connection, transaction

from troth.ledger import rows, signing, vocabulary
from troth.ledger.models import Entry as Row
from troth.places import master

ACTS: Final = vocabulary.ACTS
LASTING: Final = vocabulary.LASTING
GENESIS: Final = rows.GENESIS
_made: tuple[tuple[str, int, int], rows.Chainer] = (("", 0, 0), rows.Chainer(b""))
_effects: dict[str, Callable[[], Iterable[tuple[int, str] | Effect]]] = {}


class Effect(msgspec.Struct, frozen=True):
    """What an act left in its room, for verifying both ways. ``details`` are the bytes that its entry committed to.

    ``salt`` stands in the row of the effect: whoever holds the row can open the commitment, and when the row is
    erased nobody can. ``details`` None: the row has no salt (it was written before salts were kept) or is one of
    several under one entry that are no longer all there.
    """

    entry: int
    reference: str
    salt: bytes | None = None
    details: bytes | None = None


class Entry(msgspec.Struct, frozen=True):
    """What the caller gets back: its number, and the salt that opens the commitment (for the person's receipt)."""

    number: int
    salt: bytes
    commitment: str


def effects(name: str, found: Callable[[], Iterable[tuple[int, str] | Effect]]) -> None:
    """Register a room's effect rows, for verifying both ways."""
    _effects[name] = found


def rooms() -> Mapping[str, Callable[[], Iterable[tuple[int, str] | Effect]]]:
    return _effects


def details(*parts: str | int | bool | None) -> bytes:
    """The canonical bytes of what an entry commits to."""
    return json.dumps(parts, separators=(",", ":")).encode()


def append(
    act: str,
    *,
    client: str,
    edition: int = 0,
    place: str = "",
    counts: Mapping[str, int] = {},
    refs: Mapping[str, str] = {},
    actor: str = "",
    details: bytes = b"",
) -> Entry:
    """Add one entry. Must run in the transaction of its effect; raises ``RuntimeError`` otherwise."""
    if not connection.in_atomic_block:
        raise RuntimeError("a ledger entry stands in the transaction of its effect")
    vocabulary.vet(act, client, place, counts, refs, actor)
    salt = secrets.token_bytes(16)
    commitment = hashlib.sha256(salt + details).hexdigest()
    last, previous = rows.last()
    at = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
    said = (last + 1, at, act, client, edition, place, _text(counts), _text(refs), actor, commitment)
    rows.add((*said, previous, _chainer().link(previous, rows.body_of(said))))
    _note_head()
    return Entry(last + 1, salt, commitment)


def _text(words: Mapping[str, int] | Mapping[str, str]) -> str:
    return json.dumps(dict(words), sort_keys=True) if words else "{}"


def chain_key() -> bytes:
    """What chains entries: who can write the database but has no master key can make no entry, even at the end."""
    return master.derive("ledger chain")


def _chainer() -> rows.Chainer:
    """Made once for each master key file as it lies there: reading and deriving cost more than all else of an entry."""
    global _made
    try:
        there = os.stat(settings.KEY_FILE)
        mark = (str(settings.KEY_FILE), there.st_ino, there.st_mtime_ns)
    except OSError:
        mark = ("", 0, 0)  # the master key says what is wrong
    if _made[0] != mark or not mark[0]:
        _made = (mark, rows.Chainer(chain_key()))
    return _made[1]


def _note_head() -> None:
    """Once for each transaction, however many entries it adds."""
    waiting = connection.run_on_commit
    if waiting and waiting[-1][1] is _noted and waiting[-1][0] <= set(connection.savepoint_ids):
        return
    transaction.on_commit(_noted, robust=True)


def _noted() -> None:
    signing.note_head(head)


def head() -> tuple[int, str]:
    """Number and chain hash of the last entry; (0, zeros) of an empty ledger."""
    return rows.last()


def newest(client: str, limit: int = 50) -> list[tuple[int, str, str, str]]:
    """(number, at, act, counts) of a client's last entries, for the desk."""
    found = Row.objects.filter(client=client).order_by("-number").values_list("number", "at", "act", "counts")
    return list(found[:limit])


def of_request(client: str, reference: str, since: int = 1) -> list[int]:
    """Numbers of the entries about one request, from a number on (its first entry)."""
    found = Row.objects.filter(number__gte=since, client=client, refs__contains=f'"request": "{reference}"')
    return list(found.order_by("number").values_list("number", flat=True))
