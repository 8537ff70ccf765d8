"""What the gate refused, for the desk: codes of reasons and names the policy itself declares. No person, no value."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from django.utils import timezone

from troth.people.models import RefusalRow

KEPT: Final = 1000  # refusals a client: enough to see a pattern; whoever can cause refusals cannot fill the disk


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    at: dt.datetime
    kind: str
    use: str
    recipient: str
    codes: tuple[str, ...]
    persons: int
    actor: str
    entry: int


def record(client: str, one: Refused) -> None:
    row = RefusalRow.objects.create(
        client_id=client,
        at=one.at or timezone.now(),
        kind=one.kind,
        use=one.use,
        recipient=one.recipient,
        codes=list(one.codes),
        persons=one.persons,
        actor=one.actor,
        entry=one.entry,
    )
    if row.pk % 100 == 0:
        _trim(client)


def _trim(client: str) -> None:
    last = RefusalRow.objects.filter(client_id=client).order_by("-id").values_list("id", flat=True)[KEPT : KEPT + 1]
    for oldest in last:
        RefusalRow.objects.filter(client_id=client, id__lte=oldest).delete()


def of(client: str, limit: int = 50) -> list[Refused]:
    """The newest refusals of a client."""
    return [
        Refused(
            at=row.at,
            kind=row.kind,
            use=row.use,
            recipient=row.recipient,
            codes=tuple(row.codes),
            persons=row.persons,
            actor=row.actor,
            entry=row.entry,
        )
        for row in RefusalRow.objects.filter(client_id=client).order_by("-id")[:limit]
    ]
