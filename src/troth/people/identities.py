"""By what a person is known: an e-mail address, an account, a browser. Verified or not.

An unverified identity joins nothing: whoever types another's address in their own browser reaches nobody's data, and
nobody's data reaches them (T21, T22). Look-ups go through indexes keyed for each client and kind: no bare hash (T09).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from troth.ledger import entries
from troth.parties import editions
from troth.people import indexes, standing, vault
from troth.people.models import Identity, Person, Value
from troth.policy.plan import Field
from troth.policy.problems import Trouble


class Known(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    person: int
    field: str
    kind: str
    value: str
    verified_at: dt.datetime | None


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """An identity of a field of which no value is held: nothing else ends it."""

    id: int
    person: int
    field: str
    rule: str
    made: dt.datetime
    verified_at: dt.datetime | None


def _field(client: str, name: str) -> Field:
    field = editions.in_force(client).plan.fields.get(name)
    if field is None or not field.identifies:
        raise Trouble(
            "not-identifying",
            "The policy declares no such field that identifies somebody.",
            "Say `identifies: person` in the policy's `data`, or look up by another field.",
            where=name,
        )
    return field


@transaction.atomic
def make(client: str, kinds: set[str] | frozenset[str], *, canary: bool = False) -> int:
    """A person nobody knew before, of these kinds of people."""
    entry = entries.append("person-made", client=client, counts={"persons": 1})
    row = Person.objects.create(
        client_id=client, kinds=sorted(kinds), created=timezone.now(), canary=canary, entry=entry.number
    )
    standing.rebuild(client, int(row.pk))
    return int(row.pk)


@transaction.atomic
def add_kinds(client: str, person: int, kinds: set[str] | frozenset[str]) -> None:
    """A visitor who books a walk is a walker too."""
    one = standing.person(client, person)
    if not kinds <= set(one.kinds):
        one.kinds = sorted({*one.kinds, *kinds})
        one.save(update_fields=["kinds"])
        standing.rebuild(client, person)


def _rows(client: str, kinds: Collection[str], value: str, **where: object) -> list[Identity]:
    """Who is known by a value, who verified it first. Asked again when the keys changed while it was looked for."""
    index = vault.Index(client)
    while True:
        blinds = [blind for kind in kinds for blind in indexes.looked_for(index, kind, value)]
        rows = list(Identity.objects.filter(client_id=client, blind__in=blinds, **where))
        rows = indexes.same(index, rows, [(kind, value) for kind in kinds])
        if rows or (again := vault.Index(client)).versions == index.versions:
            return sorted(rows, key=lambda row: (row.verified_at is None, row.pk))
        index = again


def _known_by(client: str, name: str, value: str) -> list[Identity]:
    return _rows(client, [_field(client, name).kind], value, field=name)


def _of_person(client: str, person: int, field: Field, value: str) -> Identity | None:
    return next(iter(_rows(client, [field.kind], value, field=field.name, person_id=person)), None)


def find(client: str, kind_field: str, value: str) -> int | None:
    """Whoever is known by this value of this field: who verified it comes first."""
    rows = _known_by(client, kind_field, value)
    return rows[0].person_id if rows else None


def find_verified(client: str, kind_field: str, value: str) -> int | None:
    rows = [row for row in _known_by(client, kind_field, value) if row.verified_at]
    return rows[0].person_id if rows else None


def find_any(client: str, value: str, *, verified: bool = False) -> list[int]:
    """Whoever is known by this value in any identifying field of the policy, who verified it first."""
    fields = editions.in_force(client).plan.fields.values()
    kinds = {field.kind for field in fields if field.identifies}
    found = _rows(client, sorted(kinds), value)
    return list(dict.fromkeys(row.person_id for row in found if row.verified_at or not verified))


@transaction.atomic
def attach(client: str, person: int, field: str, value: str, *, verified: bool) -> int:
    """Give a person an identity. Unverified, it only says what somebody typed."""
    declared = _field(client, field)
    standing.person(client, person)
    row = _of_person(client, person, declared, value) or _new(client, person, declared, value)
    if verified and row.verified_at is None:
        _prove(client, row)
    standing.rebuild(client, person)  # a suppression may stand against what was attached
    return int(row.pk)


def _new(client: str, person: int, declared: Field, value: str) -> Identity:
    entry = entries.append("value-written", client=client, counts={"identities": 1})
    index = vault.Index(client)
    blind = index.blind(declared.kind, value)
    plain = vault.normal_form(value).encode()
    sealed = vault.seal(client, person, declared.name, indexes.bound(blind), declared.rule, plain)
    return Identity.objects.create(
        client_id=client,
        person_id=person,
        field=declared.name,
        kind=declared.kind,
        rule=declared.rule,
        blind=blind,
        version=index.newest,
        sealed=sealed,
        made=timezone.now(),
        entry=entry.number,
    )


def _prove(client: str, row: Identity) -> None:
    entry = entries.append("identity-proved", client=client, counts={"identities": 1})
    row.verified_at, row.entry = timezone.now(), entry.number
    row.save(update_fields=["verified_at", "entry"])


@transaction.atomic
def verify(client: str, person: int, field: str, value: str) -> bool:
    """The person showed that this is theirs (a link to the address). False: they never gave it.

    Shown again, it is verified from today: how long ago it was last shown says how far it may be trusted (T23).
    """
    row = _of_person(client, person, _field(client, field), value)
    if row is None:
        return False
    if row.verified_at is None:
        _prove(client, row)
    else:
        row.verified_at = timezone.now()
        row.save(update_fields=["verified_at"])
    return True


def proved_since(client: str, persons: Collection[int], fields: Collection[str], when: dt.datetime) -> bool:
    """Whether one of these persons first showed something of these fields after a moment."""
    mine = Identity.objects.filter(client_id=client, person_id__in=persons, field__in=fields)
    return entries.any_after(list(mine.filter(verified_at__gt=when).values_list("entry", flat=True)), when)


def reach(client: str, person: int) -> set[int]:
    """Who is the same person by verified acts: those who proved the same identity. Joined otherwise: nobody (T21)."""
    joining = _joining(client)
    reached, todo = {person}, [person]
    verified = Identity.objects.filter(client_id=client, verified_at__isnull=False, field__in=joining)
    while todo:
        others = indexes.owners(client, verified.filter(person_id=todo.pop()), verified)
        todo += others - reached
        reached |= others
    return reached


def _joining(client: str) -> list[str]:
    fields = editions.in_force(client).plan.fields.values()
    return [field.name for field in fields if field.identifies == "person" or field.joins != "never"]


def of(client: str, person: int) -> list[Known]:
    """A person's identities with their values: for the access answer, and for asking outside places. One whose key was
    destroyed was erased, and came back with an older troth.db: it says nothing, and keeps nobody else's sweep."""
    keys, found = vault.Keys(client), list[Known]()
    for row in Identity.objects.filter(client_id=client, person_id=person).order_by("id"):
        try:
            found.append(_known(row, indexes.value_of(row, keys)))
        except Trouble as trouble:
            if trouble.code != "key-gone":
                raise
    return found


def _known(row: Identity, value: str) -> Known:
    return Known(
        id=int(row.pk),
        person=row.person_id,
        field=row.field,
        kind=row.kind,
        value=value,
        verified_at=row.verified_at,
    )


@transaction.atomic
def forget(client: str, person: int, fields: frozenset[str] | None = None) -> int:
    """Delete identities with their indexes. The key goes after: ``store.release``."""
    rows = Identity.objects.filter(client_id=client, person_id=person)
    gone = (rows if fields is None else rows.filter(field__in=fields)).delete()[0]
    _lessened(client, person)
    return gone


def _lessened(client: str, person: int) -> None:
    """Of whom nothing is known any more, what happened to them is not kept either: UK GDPR Art 5(1)(e)."""
    standing.rebuild(client, person)
    if not any(rows.objects.filter(client_id=client, person_id=person).exists() for rows in (Identity, Value)):
        standing.forget_moments(client, person)


def alone(client: str) -> list[Alone]:
    """Identities beside which no value of their field stands; no value is opened."""
    beside = Value.objects.filter(client_id=client, person_id=OuterRef("person_id"), field=OuterRef("field"))
    rows = Identity.objects.filter(~Exists(beside), client_id=client).order_by("id")
    columns = rows.values_list("id", "person_id", "field", "rule", "made", "verified_at")
    return [
        Alone(id=number, person=person, field=field, rule=rule, made=made, verified_at=at)
        for number, person, field, rule, made, at in columns
    ]


def destroyed(client: str) -> list[Alone]:
    """Identities whose key was destroyed: see ``store.destroyed``."""
    alive, last = vault.key_ids(client), vault.last_key()
    rows = Identity.objects.filter(client_id=client).order_by("id")
    columns = rows.values_list("id", "person_id", "field", "rule", "made", "verified_at", "sealed")
    return [
        Alone(id=number, person=person, field=field, rule=rule, made=made, verified_at=at)
        for number, person, field, rule, made, at, sealed in columns.iterator()
        if vault.was_destroyed(vault.key_id(bytes(sealed)), alive, last)
    ]


@transaction.atomic
def drop_one(client: str, person: int, number: int) -> int:
    """Delete one identity by its number."""
    gone = Identity.objects.filter(client_id=client, person_id=person, id=number).delete()[0]
    _lessened(client, person)
    return gone


@transaction.atomic
def drop(client: str, person: int, field: str, value: str) -> int:
    """Delete one identity of a person: the address they are not known by any more (UK GDPR Art 16)."""
    same = [one for one in of(client, person) if vault.normal(one.value) == vault.normal(value)]
    old = [one.id for one in same if one.field == field]
    gone = Identity.objects.filter(client_id=client, person_id=person, id__in=old).delete()[0]
    standing.rebuild(client, person)
    return gone


def persons(client: str, *, canary: bool | None = None) -> list[int]:
    rows = Person.objects.filter(client_id=client)
    return list((rows if canary is None else rows.filter(canary=canary)).order_by("id").values_list("id", flat=True))
