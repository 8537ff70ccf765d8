"""What a place that people look after answered, entered by whoever looked: sealed, for one person, for a month.

It goes into the person's answer like that of any other place and says that it was looked up by hand. It is no copy to
keep: it lapses by itself, and goes with an erasure (UK GDPR Art 15(1), 5(1)(e)).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.keep.models import Handed
from troth.ledger import entries
from troth.parties import editions
from troth.people import vault
from troth.places.kinds import Item, Receipt, Subject
from troth.places.ours import Own
from troth.policy import decoding
from troth.policy.problems import Trouble

LIFE: Final = dt.timedelta(days=31)
MOST_LINES, MOST_VALUE, MOST = 200, 4000, 65_536


class Said(msgspec.Struct, frozen=True):
    field: str
    value: str


def enter(client: str, place: str, person: int, found: Collection[tuple[str, str]], *, by: str) -> int:
    """Write down what was found there of a person: (field, value); none at all is an answer, too. It replaces what was
    entered before. ``Trouble`` says what is wrong with it."""
    plan = editions.in_force(client).plan
    declared = plan.places.get(place)
    if declared is None or declared.kind in ("ours", "events", "sql", "http"):
        raise Trouble("no-place", f"“{place}” is no place that is asked by hand.", "Name one of the policy's places.")
    strange = sorted({field for field, _ in found} - (declared.holds & plan.fields.keys()))
    if strange:
        said = f"The policy does not say that “{place}” holds “{strange[0]}”."
        raise Trouble("no-fields", said, f"Name one of: {', '.join(sorted(declared.holds))}.", exit=2)
    lines = [Said(field, value.strip()) for field, value in found]
    sizes = [len(one.value) for one in lines]
    if len(lines) > MOST_LINES or sum(sizes) > MOST or any(not 0 < size <= MOST_VALUE for size in sizes):
        said = f"{MOST_LINES} lines, {MOST_VALUE} letters each and {MOST} together are the most, and no value is empty."
        raise Trouble("too-much", said, "Enter less, and send the rest by post.", exit=2)
    with transaction.atomic():
        _drop(client, Handed.objects.filter(client=client, place=place, person=person))
        counts = {"values": len(lines)}
        entry = entries.append("imported", client=client, place=place, counts=counts, actor=by)
        now = timezone.now()
        row = Handed.objects.create(
            client=client, place=place, person=person, by=by, at=now, until=now + LIFE, entry=entry.number
        )
        row.found = vault.seal(client, 0, "troth.handed", row.pk, _rule(row), msgspec.json.encode(lines))
        row.save(update_fields=["found"])
    return int(row.pk)


def of(client: str, place: str, persons: Collection[int]) -> list[Item] | None:
    """What was found there, or None where nobody has looked, or so long ago that it is not to be shown any more."""
    rows = list(Handed.objects.filter(client=client, place=place, person__in=persons, until__gt=timezone.now()))
    return [item for row in rows for item in _items(row)] if rows else None


def correct(client: str, place: str, persons: Collection[int], field: str, old: str, new: str) -> int:
    """A hand put a value right there: what was found says so, too. How many lines changed; it lapses no later."""
    changed = 0
    with transaction.atomic():
        for row in Handed.objects.filter(client=client, place=place, person__in=persons):
            lines = _lines(row)
            now = [Said(field, new) if (one.field, one.value) == (field, old) else one for one in lines]
            if now != lines:
                row.found = vault.seal(client, 0, "troth.handed", row.pk, _rule(row), msgspec.json.encode(now))
                row.save(update_fields=["found"])
                changed += sum(one != other for one, other in zip(lines, now, strict=True))
    return changed


def _lines(row: Handed) -> list[Said]:
    plain = vault.open(row.client, 0, "troth.handed", row.pk, bytes(row.found or b""))
    return decoding.read(plain, list[Said])


def _items(row: Handed) -> list[Item]:
    plan = editions.in_force(row.client).plan
    return [
        Item(
            field=one.field,
            label=plan.fields[one.field].label,
            value=one.value,
            source="looked up by hand",
            when=row.at,
            rule=plan.fields[one.field].rule,
            id=f"{row.pk}.{number}",
        )
        for number, one in enumerate(_lines(row))
        if one.field in plan.fields
    ]


def tidy(client: str) -> int:
    """What was found a month ago is no answer any more, and goes."""
    return _drop(client, Handed.objects.filter(client=client, until__lte=timezone.now()))


def _drop(client: str, rows: Iterable[Handed]) -> int:
    """Rows go before their keys."""
    gone = list(rows)
    Handed.objects.filter(pk__in=[row.pk for row in gone]).delete()
    if gone:
        rules = [_rule(row) for row in gone]
        transaction.on_commit(lambda: vault.destroy(client, 0, rules))
    return len(gone)


def _erase(client: str, subject: Subject) -> Receipt:
    gone = _drop(client, Handed.objects.filter(client=client, person__in=subject.persons))
    return Receipt(
        place="handed",
        state="erased" if gone else "nothing held",
        reached="deleted" if gone else "",
        how="read back by us",
        counts={"rows": gone} if gone else {},
    )


OWN: Final = Own("handed", "What was looked up by hand", lambda client, subject: [], _erase)
"""It is shown under the place where it was found."""


def effects() -> list[tuple[int, str]]:
    return [(entry, f"found by hand {number}") for number, entry in Handed.objects.values_list("pk", "entry")]


def rules_in_use(client: str) -> set[str]:
    return {_rule(row) for row in Handed.objects.filter(client=client)}


def _rule(row: Handed) -> str:
    return f"handed {row.pk}"
