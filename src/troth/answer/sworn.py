"""What the row of a request or of a decision says, committed to in the ledger each time it is written: another day by
which it is due, or another outcome, is not what its last entry speaks of (UK GDPR Art 5(2), 12(3))."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from troth.answer.models import Decision, RequestRow
from troth.ledger import entries
from troth.ledger.entries import Effect

ACT: Final = "request-written"


def request(client: str, reference: str) -> None:
    """In the transaction that wrote it."""
    rows = RequestRow.objects.filter(client=client, reference=reference)
    entry = entries.append(ACT, client=client, refs={"request": reference}, details=of_request(rows.get()))
    rows.update(sworn=entry.number, salt=entry.salt)


def decision(client: str, number: int) -> None:
    """In the transaction that wrote it."""
    rows = Decision.objects.filter(client=client, pk=number)
    row = rows.get()
    refs = {"request": row.reference, "of": str(number)}
    entry = entries.append(ACT, client=client, refs=refs, details=of_decision(row))
    rows.update(sworn=entry.number, salt=entry.salt)


def of_request(row: RequestRow) -> bytes:
    """Without what was written with it, which is sealed, and whether its letter has gone."""
    days = (row.opened, row.due, row.closed)
    return entries.details(row.reference, row.person, row.right, row.state, row.outcome, row.waits, *map(_iso, days))


def of_decision(row: Decision) -> bytes:
    """Without the reasons, which are sealed."""
    said = (row.reference, row.person, row.kind, row.ground, row.pence, row.state, row.by, row.second)
    return entries.details(*said, *map(_iso, (row.opened, row.told, row.paid)), *sorted(row.fields))


def effects() -> Iterator[Effect]:
    """Every row as it stands, beside the last entry that speaks of it: one that was put back as it stood earlier is not
    what that says. Older rows have none yet."""
    last = entries.last_about(ACT)  # before the rows, which may be written meanwhile
    for asked in RequestRow.objects.iterator():
        if number := max(asked.sworn, last.get((asked.reference, ""), 0)):
            yield Effect(number, f"row of request {asked.reference}", asked.salt, of_request(asked))
    for one in Decision.objects.iterator():
        if number := max(one.sworn, last.get((one.reference, str(one.pk)), 0)):
            yield Effect(number, f"row of decision {one.pk}", one.salt, of_decision(one))


def _iso(at: dt.datetime | None) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds") if at else ""
