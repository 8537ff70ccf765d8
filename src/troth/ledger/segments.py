"""Closed months: each has a signed line with its root; past the ledger's own period its entries go, its line stays.

What is dropped is declared by an entry that nobody without the master key can write, so that an early cut is found.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import connection, transaction

from troth.ledger import entries, merkle, rows, signing
from troth.ledger.merkle import Place
from troth.ledger.models import Segment

AT_ONCE: Final = 20_000  # entries dropped in one transaction


class Begin(msgspec.Struct, frozen=True):
    """Where the ledger begins: with entry 1, or after the last month that was dropped by right."""

    first: int = 1
    chain: str = rows.GENESIS
    known: dict[Place, bytes] = {}
    note: str = ""


def begin() -> Begin:
    """Where verifying begins. A start that no signed month and no entry declares is none: then entries are missing."""
    first = rows.first_number()
    line = _line_of(first - 1) if first > 1 else None
    if line is None or not _declared(first - 1):
        return Begin()
    hashes = [bytes.fromhex(one) for one in line["frontier"]]
    return Begin(
        first=first,
        chain=line["chain"],
        known=dict(zip(merkle.pieces(first - 1), hashes, strict=True)),
        note=f"Entries 1 to {first - 1} (to the end of {line['month']}) were dropped after the ledger's own period; "
        "their root is kept.",
    )


def _line_of(last: int) -> dict[str, Any] | None:
    found = Segment.objects.filter(last=last).values_list("line", flat=True).first()
    line = signing.opened(found) if isinstance(found, str) else None
    return line if line and line.get("last") == last and {"month", "chain", "frontier", "root"} <= line.keys() else None


def _declared(upto: int) -> bool:
    found = rows.db().execute("SELECT refs FROM ledger_entry WHERE act = 'dropped' ORDER BY number DESC LIMIT 1")
    return bool(found.fetchone() == (f'{{"upto":"{upto}"}}',))


def lines() -> list[tuple[str, dict[str, Any] | None]]:
    """(month, what its line says, or None when we did not sign it) of every closed month."""
    return [(str(one.month), _line_of(one.last)) for one in Segment.objects.order_by("last")]


# --- closing ----------------------------------------------------------------------------------------------------


def close(now: dt.datetime | None = None) -> int:
    """Close every month that is over. Returns how many were closed. A clock that goes back closes nothing."""
    current, closed = _month(now or dt.datetime.now(dt.UTC)), 0
    while span := _over(current):
        merkle.grow(begin().known)
        with transaction.atomic():
            month, first, last, chain = span
            tree = merkle.Tree(last, begin().known)
            hashes = tree.frontier()
            content = {"month": month, "first": first, "last": last, "chain": chain}
            content |= {"root": merkle.fold(hashes).hex(), "frontier": [one.hex() for one in hashes]}
            Segment.objects.create(month=month, last=last, line=signing.signed(content))
        closed += 1
    return closed


def _month(at: dt.datetime) -> str:
    return at.strftime("%Y-%m")


def _over(current: str) -> tuple[str, int, int, str] | None:
    """(month, first, last, chain of the last) of the next month to close. What a clock that had leapt dated later than
    now goes with what was written about it: else it would keep its place open until that month comes."""
    closed = Segment.objects.order_by("-last").first()
    first, before = (closed.last + 1, closed.month) if closed is not None else (1, "")
    oldest = rows.some(first, first)
    month = str(oldest[0][1])[:7] if oldest else current
    if month > current or month <= before:
        month = _oldest_between(first, before, current)
    if month >= current:
        return None
    later = rows.db().execute(
        "SELECT min(number) FROM ledger_entry WHERE number > ? AND substr(at, 1, 7) > ? AND substr(at, 1, 7) <= ?",
        (first, month, current),
    )
    following = later.fetchone()[0]
    last = rows.last()[0] if following is None else following - 1
    return month, first, last, str(rows.some(last, last)[0][11])


def _oldest_between(first: int, before: str, current: str) -> str:
    """The month of the first entry from a number on that was written after one month and not later than another."""
    found = rows.db().execute(
        "SELECT substr(at, 1, 7) FROM ledger_entry WHERE number >= ? AND substr(at, 1, 7) > ?"
        " AND substr(at, 1, 7) <= ? ORDER BY number LIMIT 1",
        (first, before, current),
    )
    return str((found.fetchone() or (current,))[0])


# --- dropping ---------------------------------------------------------------------------------------------------


def drop(now: dt.datetime | None = None) -> int:
    """Let the entries of months past the ledger's own period go. Returns how many entries went."""
    oldest = _months_before(now or dt.datetime.now(dt.UTC), settings.LEDGER_MONTHS)
    past = Segment.objects.filter(month__lt=oldest).order_by("-last").values_list("last", flat=True).first()
    first = rows.first_number()
    if past is None or first < 1 or past < first:
        return 0
    with transaction.atomic():
        entries.append("dropped", client="", counts={"entries": past - first + 1}, refs={"upto": str(past)})
        with connection.wrap_database_errors:
            rows.db().execute("DELETE FROM ledger_entry WHERE number BETWEEN ? AND ?", (first, past))
    return past - first + 1


def _months_before(now: dt.datetime, months: int) -> str:
    count = now.year * 12 + now.month - 1 - months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"
