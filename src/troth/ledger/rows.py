"""Entries as rows, read and added in bulk. What stands in a tampered file is read as it is and stops no reading.

The cursor is the driver's own: an act writes an entry, so the entry must cost next to nothing beside it. The engine
is SQLite (DESIGN: the embedded default).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from django.db import connection, transaction

GENESIS: Final = "0" * 64
BLOCK: Final = 4096  # entries read at a time
COLUMNS: Final = (
    *("number", "at", "act", "client", "edition", "place", "counts", "refs", "actor", "commitment"),
    *("previous", "chain"),
)
BODY: Final = 10  # the first columns are what an entry says; the last two chain it
_LIST: Final = ", ".join(COLUMNS)
LAST: Final = "SELECT number, chain FROM ledger_entry ORDER BY number DESC LIMIT 1"
ADD: Final = f"INSERT INTO ledger_entry ({_LIST}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_FROM: Final = "FROM ledger_entry WHERE number >= ? ORDER BY number LIMIT ?"
_SOME: Final = f"SELECT {_LIST} {_FROM}"
_RAW: Final = ", ".join(f"CAST({one} AS BLOB), typeof({one})" for one in COLUMNS)
_SOME_RAW: Final = f"SELECT {_RAW} {_FROM}"
encode: Final = msgspec.json.Encoder().encode
Row = tuple[Any, ...]  # the columns in their order; of a tampered file each may be anything


def db() -> sqlite3.Connection:
    connection.ensure_connection()
    found: sqlite3.Connection = connection.connection
    return found


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """One state of the database for as long as it is read. Any other transaction takes the write lock when it begins;
    this one takes none, because what reads millions of entries would keep every act waiting until it fails."""
    connection.ensure_connection()  # which sets its mode
    here: Any = connection
    before, here.transaction_mode = here.transaction_mode, None
    try:
        with transaction.atomic():
            yield
    finally:
        here.transaction_mode = before


def last() -> tuple[int, str]:
    """Number and chain of the last entry; (0, zeros) of an empty ledger."""
    with connection.wrap_database_errors:
        return db().execute(LAST).fetchone() or (0, GENESIS)


def last_at() -> str:
    """When the last entry was written, as it stands there; '' of an empty ledger."""
    with connection.wrap_database_errors:
        found = db().execute("SELECT at FROM ledger_entry ORDER BY number DESC LIMIT 1").fetchone()
    return str(found[0]) if found else ""


def add(row: Row) -> None:
    with connection.wrap_database_errors:
        db().execute(ADD, row)


def body_of(row: Row) -> bytes:
    """The canonical bytes of an entry, one line of JSON in plain ASCII: what is hashed, and what a proof shows."""
    body = encode(row[:BODY])
    return body if body.isascii() else json.dumps(row[:BODY], separators=(",", ":")).encode()


class Chainer:
    """Computes what chains an entry to the one before it: HMAC-SHA-256, RFC 2104, its two keyed states made once."""

    def __init__(self, key: bytes) -> None:
        padded = key.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(one ^ 0x36 for one in padded))
        self._outer = hashlib.sha256(bytes(one ^ 0x5C for one in padded))

    def link(self, previous: str, body: bytes) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(b"\x00" + previous.encode() + body)
        outer.update(inner.digest())
        return outer.hexdigest()


def link(previous: str, body: bytes, key: bytes) -> str:
    """As ``Chainer.link``, for one entry."""
    return hmac.digest(key, b"\x00" + previous.encode() + body, "sha256").hex()


def blocks(first: int) -> Iterator[list[Row]]:
    """All entries from a number on, some at a time, in the order of their numbers."""
    while found := _block(first):
        yield found
        following = _following(found, first)
        if following is None:
            return
        first = following


def _block(first: int, most: int = BLOCK) -> list[Row]:
    with connection.wrap_database_errors:
        try:
            return db().execute(_SOME, (first, most)).fetchall()
        except (sqlite3.OperationalError, UnicodeDecodeError) as error:
            if isinstance(error, sqlite3.OperationalError) and "decode" not in str(error).lower():
                raise
        return [_as_it_is(row) for row in db().execute(_SOME_RAW, (first, most))]


def _as_it_is(row: Row) -> Row:
    """A row with what no writer of ours writes left as bytes."""
    return tuple(_read(raw, kind) for raw, kind in zip(row[::2], row[1::2], strict=True))


def _read(raw: bytes | None, kind: str) -> object:
    if raw is None or kind == "blob":
        return raw
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw
    return int(text) if kind == "integer" else float(text) if kind == "real" else text


def _following(found: list[Row], first: int) -> int | None:
    """Where the next block begins; None after the last one. A number that is none sorts after all that are."""
    numbers = [row[0] for row in found[-1:] if type(row[0]) is int]
    return None if len(found) < BLOCK or not numbers else numbers[0] + 1


def sound(row: Row) -> bool:
    """Whether each column holds what our writer writes there: text, and two whole numbers."""
    try:
        "".join((*row[1:4], *row[5:]))
    except TypeError:
        return False
    return type(row[0]) is int and type(row[4]) is int


def some(first: int, upto: int) -> list[Row]:
    """The entries from one number to another, both in; not more than ``BLOCK``."""
    return [row for row in _block(first, upto - first + 1) if type(row[0]) is int and row[0] <= upto]


def oldest_at() -> dt.datetime | None:
    """When the oldest entry that is still here was written; None where none says."""
    with connection.wrap_database_errors:
        found = db().execute("SELECT at FROM ledger_entry ORDER BY number LIMIT 1").fetchone()
    with contextlib.suppress(ValueError):
        return dt.datetime.fromisoformat(str(found[0])) if found else None
    return None


def first_number() -> int:
    """The number of the oldest entry that is still here; 0 of an empty ledger."""
    with connection.wrap_database_errors:
        found = db().execute("SELECT min(number) FROM ledger_entry WHERE typeof(number) = 'integer'").fetchone()
    return int(found[0] or 0)
