"""Writing down: one entry for each act, in the same transaction as its effect (UK GDPR Art 5(2)).

An entry holds no personal value: a closed vocabulary of acts, opaque ids, counts, and one salted commitment to the
details, which live (and end) as rows of the room that acted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, TypeAlias

import msgspec
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from troth.ledger import rows, signing, vocabulary
from troth.ledger.models import Entry as Row
from troth.places import master

ACTS: Final = vocabulary.ACTS
LASTING: Final = vocabulary.LASTING
GENESIS: Final = rows.GENESIS
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_made: tuple[object, float, rows.Chainer] = (None, 0.0, rows.Chainer(b""))
_second: tuple[int, str] = (-1, "")
_log = logging.getLogger("troth.ledger")
_effects: dict[str, Callable[[], Iterable[Left]]] = {}


class Effect(msgspec.Struct, frozen=True):
    """What an act left in its room, for verifying both ways. ``details`` are the bytes that its entry committed to.

    ``salt`` stands in the row of the effect: whoever holds the row can open the commitment, and when the row is
    erased nobody can. ``salt`` None: the row was written before salts were kept; where its entry says that one was,
    somebody took it away. ``values``: how many rows these
    are of one entry; when some of those went by right, the rest opens nothing any more.
    """

    entry: int
    reference: str
    salt: bytes | memoryview[int] | None = None
    details: bytes | None = None
    values: int = 0


Left: TypeAlias = "Effect | tuple[int, str] | tuple[int, str, bytes | memoryview[int] | None, bytes]"


class Entry(msgspec.Struct, frozen=True):
    """What the caller gets back: its number, and the salt that opens the commitment (for the person's receipt)."""

    number: int
    salt: bytes
    commitment: str


def effects(name: str, found: Callable[[], Iterable[Left]]) -> None:
    """Register a room's effect rows, for verifying both ways: effects, or their first two or four parts."""
    _effects[name] = found


def rooms() -> Mapping[str, Callable[[], Iterable[Left]]]:
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
    """Add one entry. Must run in the transaction of its effect; raises ``RuntimeError`` otherwise, and
    ``TransactionManagementError`` where the engine ended that transaction while it was open."""
    here = _connection()
    vocabulary.vet(act, client, place, counts, refs, actor)
    if not here.connection.in_transaction:  # a full disk makes the engine take all of it back by itself
        raise transaction.TransactionManagementError("the transaction of this entry was taken back")
    salt = os.urandom(16)
    commitment = hashlib.sha256(salt + details).hexdigest()
    refs = {**refs, "salted": "1"} if details else refs
    words = (_text(counts) if counts else "{}", _text(refs) if refs else "{}")
    with here.wrap_database_errors:
        cursor = here.connection.cursor()
        callbacks, last, previous = _mine.end
        if callbacks is not here.run_on_commit:
            last, previous = cursor.execute(rows.LAST).fetchone() or (0, GENESIS)
            transaction.on_commit(_noted, robust=True)
        said = (last + 1, _now(), act, client, edition, place, *words, actor, commitment)
        chain = _chainer().link(previous, rows.body_of(said))
        cursor.execute(rows.ADD, (*said, previous, chain))
    _mine.end = (here.run_on_commit, last + 1, chain)
    return Entry(last + 1, salt, commitment)


class _Mine(threading.local):
    """The end of the ledger, as the transaction that is open in this thread wrote it.

    From its first entry to its end no other can write. Django puts a new list in the place of ``run_on_commit`` at
    each commit and each rollback, to a savepoint too: while it is the same list, the entry stands, and the head is
    noted once when the transaction ends.
    """

    here: BaseDatabaseWrapper | None = None
    end: tuple[object, int, str] = (None, 0, GENESIS)  # that list, number, chain


_mine: Final = _Mine()


def _connection() -> BaseDatabaseWrapper:
    """The one of this thread: looking it up costs more than a commitment, so the one in a transaction is kept."""
    here = _mine.here
    if here is None or not here.in_atomic_block:
        here = _mine.here = connections[DEFAULT_DB_ALIAS]
        if not here.in_atomic_block:
            raise RuntimeError("a ledger entry stands in the transaction of its effect")
    return here


def _now() -> str:
    """UTC, ISO 8601, microseconds; the text of a second is made once."""
    global _second
    second, rest = divmod(time.time_ns(), 1_000_000_000)
    known, text = _second
    if known != second:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = (second, text)
    return f"{text}.{rest // 1000:06d}+00:00"


def _text(words: Mapping[str, int] | Mapping[str, str]) -> str:
    return _encode(words).decode()


def chain_key() -> bytes:
    """What chains entries: who can write the database but has no master key can make no entry, even at the end."""
    return master.derive("ledger chain")


def _chainer() -> rows.Chainer:
    """Made anew each second: reading the key file and deriving from it cost more than all else of an entry."""
    global _made
    file, until, chainer = _made
    now = time.monotonic()
    if file is not settings.KEY_FILE or now > until:
        chainer = rows.Chainer(chain_key())
        _made = (settings.KEY_FILE, now + 1.0, chainer)
    return chainer


def _noted() -> None:
    """What was committed stands, with its head or without: an act does not fail for it, but it is told."""
    try:
        signing.note_head(head)
    except OSError as error:
        _log.warning("the signed head could not be written: %s", type(error).__name__)


def head() -> tuple[int, str]:
    """Number and chain hash of the last entry; (0, zeros) of an empty ledger."""
    return rows.last()


def newest(client: str, limit: int = 50) -> list[tuple[int, str, str, str]]:
    """(number, at, act, counts) of a client's last entries, for the desk."""
    found = Row.objects.filter(client=client).order_by("-number").values_list("number", "at", "act", "counts")
    return list(found[:limit])


def clients_of(numbers: Collection[int]) -> dict[int, str]:
    """Whose each of these entries is: '' of the installation itself."""
    return dict(Row.objects.filter(number__in=numbers).values_list("number", "client"))


def any_after(numbers: Collection[int], when: dt.datetime) -> bool:
    """Whether one of these entries was written after a moment; one that went with its month was not."""
    at = when.astimezone(dt.UTC).isoformat("T", "microseconds")
    return Row.objects.filter(number__in=numbers, at__gt=at).exists()


def of_request(client: str, reference: str, since: int = 1) -> list[int]:
    """Numbers of the entries about one request, from a number on (its first entry)."""
    found = Row.objects.filter(number__gte=since, client=client, refs__contains=f'"{reference}"').order_by("number")
    return [number for number, refs in found.values_list("number", "refs") if _ref(refs, "request") == reference]


def last_about(act: str) -> dict[tuple[str, str], int]:
    """By request, and what of it (its reference ``of``, or ''), the number of the last entry of an act."""
    rows = Row.objects.filter(act=act).order_by("number").values_list("number", "refs")
    return {(str(_ref(refs, "request")), str(_ref(refs, "of") or "")): number for number, refs in rows.iterator()}


def request_of(refs: str) -> str:
    """The request that an entry names among its references, or ''."""
    return str(_ref(refs, "request") or "")


def _ref(refs: str, name: str) -> object:
    try:
        return json.loads(refs).get(name)
    except (ValueError, AttributeError):
        return None  # somebody wrote it: verifying says so
