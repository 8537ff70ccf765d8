"""Whom something is about that an erasure left: what a law keeps, what a hold keeps, the proof of what was said.

By a keyed mark alone, so that an access answer names it to whoever shows the same address again (UK GDPR Art 15(1)).
The mark opens, joins and finds nothing else, and goes with the last that stayed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from django.db.models import Exists, OuterRef

from troth.parties import editions
from troth.people import indexes, standing, vault
from troth.people.models import Choice, Identity, Trace, Value
from troth.places.kinds import Kept

MARK: Final = Kept(
    "a keyed mark of your address", "so that we can tell you of what stays when you ask", "as long as any of it stays"
)
LISTED: Final = Kept("a keyed mark of your address", "so that we never write to you again", "until you say otherwise")


def will_be_listed(client: str, persons: Iterable[int]) -> bool:
    """Whether an erasure puts them on the list: a no of theirs outlives their rows (UK GDPR Art 21(3))."""
    return any(standing.facts(client, one).no for one in persons)


def note(client: str, person: int) -> int:
    """Keep marks of the addresses that a person proved, while we still know them. Returns how many there are."""
    fields = editions.in_force(client).plan.fields
    known = Identity.objects.filter(client_id=client, person_id=person, verified_at__isnull=False)
    index = vault.Index(client)
    for row in known:
        if row.field in fields and fields[row.field].identifies == "person" and (value := indexes.opened(row)):
            mark = index.trace(index.blind(row.kind, value), index.newest)
            Trace.objects.get_or_create(
                client_id=client, person_id=person, blind=mark, defaults={"version": index.newest}
            )
    return Trace.objects.filter(client_id=client, person_id=person).count()


def forget(client: str, person: int) -> None:
    """Nothing stays of them."""
    Trace.objects.filter(client_id=client, person_id=person).delete()


def note_proof(client: str, person: int) -> None:
    """The same for whom nothing stays but the proof of what they said: at the end of their last value's period."""
    if Choice.objects.filter(client_id=client, person_id=person).exists():
        note(client, person)


def persons(client: str, known_by: Iterable[tuple[str, str]]) -> list[int]:
    """Of whom something stayed who was known by one of these: (field, value), which were shown."""
    plan, index = editions.in_force(client).plan, vault.Index(client)
    marks = [
        index.trace(blind, version)
        for field, value in known_by
        if field in plan.fields
        for blind, version in zip(index.blinds(plan.fields[field].kind, value), index.versions, strict=True)
    ]
    found = Trace.objects.filter(client_id=client, blind__in=marks).values_list("person_id", flat=True)
    return sorted(set(found)) if marks else []


def knows(client: str, fields: Collection[str], address: str) -> str:
    """The first of these fields under which something stayed of an address, or stands on the list of those who must not
    be approached; '' for none."""
    plan = editions.in_force(client).plan
    for name in fields:
        if persons(client, [(name, address)]) or standing.suppressed(client, plan.fields[name].kind, address):
            return name
    return ""


def tidy(client: str) -> int:
    """Of whom nothing stays any more, no mark does either. Returns how many went."""
    value = Value.objects.filter(client_id=client, person_id=OuterRef("person_id"))
    choice = Choice.objects.filter(client_id=client, person_id=OuterRef("person_id"))
    return int(Trace.objects.filter(~Exists(value), ~Exists(choice), client_id=client).delete()[0])
