"""What came in, for the rooms above: counts for the ledger and the desk, and the register of confirmations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from troth.collect import choosing
from troth.collect.models import LogImport, TakenUp
from troth.ledger import entries
from troth.ledger.entries import Effect
from troth.places import events
from troth.places.events import Taken

Confirmation = Callable[[str, int, str], None]  # client, person, point: queue a mail that confirms
confirmations: list[Confirmation] = []


def take_up() -> int:
    """Write the batches that were committed since the last time into the ledger. Returns how many files had any."""
    found = events.store().untaken()
    for taken in found:
        _take_up(taken)
    return len(found)


def _take_up(taken: Taken) -> None:
    last = TakenUp.objects.filter(client=taken.client, file=taken.file).aggregate(last=Max("last"))["last"] or 0
    if taken.first > last:
        with transaction.atomic():
            entry = entries.append(
                "events",
                client=taken.client,
                place="events",
                counts=taken.counts,
                refs={"file": taken.file, "batches": f"{taken.first}-{taken.last}"},
                details=_details(taken.file, taken.first, taken.last, taken.counts),
            )
            TakenUp.objects.create(
                client=taken.client,
                file=taken.file,
                first=taken.first,
                last=taken.last,
                counts=taken.counts,
                entry=entry.number,
                salt=entry.salt,
                at=timezone.now(),
            )
        last = taken.last
    # Otherwise a crash came between the ledger's commit and the mark: what it holds is marked, the rest comes next.
    events.store().taken(taken.client, taken.file, last)


def counters(client: str, since: dt.datetime | None = None) -> dict[str, int]:
    """What came in and what was turned away, by reason, as the ledger has it."""
    rows = TakenUp.objects.filter(client=client)
    if since is not None:
        rows = rows.filter(at__gte=since)
    total: dict[str, int] = {}
    for counts in rows.values_list("counts", flat=True):
        for reason, count in counts.items():
            total[reason] = total.get(reason, 0) + count
    return total


def _details(file: str, first: int, last: int, counts: dict[str, int]) -> bytes:
    return entries.details(file, first, last, *(f"{reason} {count}" for reason, count in sorted(counts.items())))


def effects() -> Iterable[Effect]:
    """For the ledger's verification: each entry that has a row here."""
    for row in TakenUp.objects.iterator():
        said = _details(row.file, row.first, row.last, row.counts)
        yield Effect(row.entry, f"{row.file}:{row.last}", row.salt, said)


def tidy() -> int:
    """Forget what was kept only so that a retry is harmless: of use for two days."""
    old = timezone.now() - dt.timedelta(days=2)
    return choosing.forget_submissions(old) + LogImport.objects.filter(at__lt=old).delete()[0]
