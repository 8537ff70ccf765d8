"""This room's own tables: what a person finds of themself here, what goes with them, and what lapses by itself."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from troth.answer import erase, requests
from troth.answer.models import LinkToken, PersonSession, RequestRow, RequestStep
from troth.parties import tenancy
from troth.places.kinds import Item, Kept, Receipt, Subject
from troth.places.ours import Own


def find(client: str, subject: Subject) -> list[Item]:
    return [
        Item(
            field="troth.requests",
            label="what you asked us",
            value=f"{one.words} ({one.reference})",
            source="You",
            when=one.opened,
            id="",
        )
        for one in requests.of_persons(client, subject.persons)
    ]


def forget(client: str, subject: Subject) -> Receipt:
    """Links go, and every closed request forgets what was written. That somebody asked stays, without their name."""
    gone = LinkToken.objects.filter(client=client, person__in=subject.persons).delete()[0]
    closed = RequestRow.objects.filter(client=client, person__in=subject.persons, state="closed", detail__isnull=False)
    gone += closed.update(detail=None)
    left = RequestRow.objects.filter(client=client, person__in=subject.persons).exists()
    kept = (
        [Kept("that you asked us, when, and the outcome", "to show that we did it", "without your name")]
        if left
        else []
    )
    return Receipt(
        place="requests",
        state="erased" if gone else "kept" if kept else "nothing held",
        reached="deleted" if gone else "",
        how="read back by us",
        kept=kept,
        counts={"rows": gone} if gone else {},
    )


OWN = Own("requests", "What you asked us", find, forget)


def tidy() -> int:
    """What lapses by itself: links, sessions, and an erasure that nobody confirmed."""
    now = timezone.now()
    gone = (
        LinkToken.objects.filter(expires__lt=now).delete()[0]
        + PersonSession.objects.filter(expires__lt=now).delete()[0]
    )
    return gone + sum(erase.lapse(client) for client in tenancy.slugs())


def effects() -> Iterable[tuple[int, str]]:
    """Every row that an act left, with the number of its ledger entry."""
    for reference, entry in RequestRow.objects.values_list("reference", "entry").iterator():
        yield entry, f"request {reference}"
    for number, entry in RequestStep.objects.values_list("pk", "entry").iterator():
        yield entry, f"step {number}"
