"""When somebody of ours opened a person's data, and why: the person may know the days and the purposes (UK GDPR Art
15(1); CJEU C-579/21, Pankki S), and who opens very many people's data is seen.

The gate writes a look down with each pass that a hand gets. The details are sealed under the person's key and go with
it; the entry of the ledger commits to them, and names nobody.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from troth.ledger.entries import Effect, Entry
from troth.parties import days, editions
from troth.people import vault
from troth.people.models import Identity, Look, Seen
from troth.places import master
from troth.places.opening import Pass
from troth.policy import decoding, periods
from troth.policy.plan import Plan, Rule
from troth.policy.problems import Trouble

FIELD: Final = "troth.looks"
PERIOD: Final = "24 months"  # where the policy has no line of its own for it
EVERYTHING: Final = "*"
DAYS: Final = 8  # for which it is known how many people somebody opened in a day
WHY: Final = {
    "answer": "To answer what you asked, {case}",
    "read": "To read what you wrote to us, {case}",
    "find": "To look for you where no program can, {case}",
    "mend": "To correct something where no program can, {case}",
    "erase": "To erase it where no program can, {case}",
    "tell": "To tell somebody who had your data from us, {case}",
    "decide": "To decide about what you asked, {case}",
}
"""Each purpose for which staff open data, as the person reads it."""


class Why(msgspec.Struct, frozen=True):
    """For what a hand opens data: one of ``WHY``, the reference of the request, and the place if it is asked alone."""

    does: str
    case: str
    place: str = ""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One look. ``fields``: what was opened, ``EVERYTHING`` for all, none for what somebody is known by. ``by``: our
    opaque name of who looked, which is not the person's to have."""

    does: str
    case: str
    place: str
    fields: list[str]
    by: str
    token: str  # of the pass: drawn at random, so that nothing is guessed from the commitment


class _Sealed(msgspec.Struct, frozen=True):
    said: msgspec.Raw  # of ``Looked``, byte by byte as its entry committed to it
    salt: bytes


class Found(msgspec.Struct, frozen=True):
    at: dt.datetime
    look: Looked


# --- writing down -----------------------------------------------------------------------------------------------


def said(plan: Plan, token: Pass, why: Why, actor: str) -> bytes:
    """What the entry of the pass commits to."""
    everything = token.fields and token.fields >= plan.fields.keys()
    fields = [EVERYTHING] if everything else sorted(token.fields)
    look = Looked(does=why.does, case=why.case, place=why.place, fields=fields, by=actor, token=token.id)
    return msgspec.json.encode(look)


def note(token: Pass, details: bytes, entry: Entry, actor: str) -> None:
    """A row for each person of the pass, in the transaction of its entry. None for whom nothing is known by which they
    could show who they are: nobody could ever read it, and whoever was erased gets no key anew."""
    plain = msgspec.json.encode(_Sealed(msgspec.Raw(details), entry.salt))
    keys, now = vault.Keys(token.client), timezone.now()
    known = Identity.objects.filter(client_id=token.client, person__in=list(token.persons))
    for person in sorted(set(known.values_list("person_id", flat=True))):
        sealed = keys.seal(person, FIELD, entry.number, FIELD, plain)
        Look.objects.create(client_id=token.client, person_id=person, at=now, sealed=sealed, entry=entry.number)
    whom = token.persons if token.kind != "answer" else {min(token.persons)}  # a right is one person's, by proof
    for person in whom:
        count(token.client, actor, str(person))


def count(client: str, actor: str, whom: str) -> None:
    """Once a day for each person, or for each case of whom nobody knows yet. The mark is keyed and of that day alone,
    so that many places of one person are one look, and no list of people is kept."""
    day = days.today(client)
    mark = hmac.digest(master.derive("looked at"), f"{client}|{day.isoformat()}|{whom}".encode(), "sha256")[:16]
    Seen.objects.get_or_create(client_id=client, actor=actor, day=day, mark=mark)


# --- reading ----------------------------------------------------------------------------------------------------


def of(client: str, persons: Iterable[int]) -> list[Found]:
    """Every look at these persons' data, oldest first. One whose key was destroyed says nothing any more."""
    rows, keys = Look.objects.filter(client_id=client, person__in=list(persons)).order_by("entry", "id"), None
    found: dict[int, Found] = {}
    for row in rows:
        keys = keys or vault.Keys(client)
        if row.entry not in found and (known := _opened(keys, row)) is not None:
            found[row.entry] = Found(row.at, decoding.read(known.said, Looked))
    return list(found.values())


def _opened(keys: vault.Keys, row: Look) -> _Sealed | None:
    try:
        plain = keys.open(row.person_id, FIELD, row.entry, bytes(row.sealed))
    except Trouble as trouble:
        if trouble.code != "key-gone":
            raise
        return None
    return decoding.read(plain, _Sealed)


def a_day(client: str, actors: Collection[str], since: dt.date) -> Iterator[tuple[str, dt.date, int]]:
    """(who, day, how many people) of each day from one on."""
    rows = Seen.objects.filter(client_id=client, actor__in=list(actors), day__gte=since)
    yield from rows.values_list("actor", "day").annotate(many=Count("id")).order_by("day", "actor")


# --- ending -----------------------------------------------------------------------------------------------------


def rule_of(plan: Plan) -> Rule:
    """The policy's own line, or ours."""
    field = plan.fields.get(FIELD)
    rule = plan.rules.get(field.rule) if field is not None else None
    return rule or msgspec.structs.replace(_default(), name=FIELD, fields=frozenset({FIELD}))


def _default() -> Rule:
    rule = periods.read(PERIOD)
    assert rule is not None
    return rule


def forget(client: str, persons: Iterable[int]) -> int:
    """With all else of them. Their key goes after: ``store.release``."""
    return int(Look.objects.filter(client_id=client, person__in=list(persons)).delete()[0])


def tidy(client: str) -> int:
    """What is over by its period, what was erased and came back with an older troth.db, what nobody can be told any
    more, and old counts. How many looks went."""
    plan = editions.in_force(client).plan
    now, rule, last = timezone.now(), rule_of(plan), vault.last_key()
    alive = vault.key_ids(client)
    with transaction.atomic():
        Seen.objects.filter(client_id=client, day__lt=days.today(client) - dt.timedelta(days=DAYS)).delete()
        known = Exists(Identity.objects.filter(client_id=client, person_id=OuterRef("person_id")))
        rows = Look.objects.filter(client_id=client).annotate(known=known)
        gone = [
            number
            for number, at, sealed, told in rows.values_list("pk", "at", "sealed", "known").iterator()
            if not told
            or _is_over(plan, rule, at, now)
            or vault.was_destroyed(vault.key_id(bytes(sealed)), alive, last)
        ]
        for first in range(0, len(gone), 500):
            Look.objects.filter(pk__in=gone[first : first + 500]).delete()
    return len(gone)


def _is_over(plan: Plan, rule: Rule, at: dt.datetime, now: dt.datetime) -> bool:
    due = periods.due(rule, {"collected": at}, zone=plan.zone)
    return due is not None and due <= now


def number(client: str) -> int:
    """How many looks are told."""
    return Look.objects.filter(client_id=client).count()


def late(client: str) -> Iterator[str]:
    """What stands longer than the policy says, and a day."""
    plan, yesterday = editions.in_force(client).plan, timezone.now() - dt.timedelta(days=1)
    rule, looks = rule_of(plan), Look.objects.filter(client_id=client).values_list("at", flat=True)
    if any(_is_over(plan, rule, at, yesterday) for at in looks):
        yield "A look of our staff is told for longer than the policy says."


def effects() -> Iterator[Effect]:
    """Each look beside the entry of its pass. One that nothing opens any more was erased, and says nothing; one that
    does not belong where it stands was moved."""
    keys: dict[str, vault.Keys] = {}
    for row in Look.objects.order_by("entry", "id").iterator():
        name = f"look {row.pk}"
        try:
            known = _opened(keys.setdefault(row.client_id, vault.Keys(row.client_id)), row)
        except Trouble as trouble:
            if trouble.code != "value-moved":
                raise
            yield Effect(row.entry, name, None, b"")
            continue
        yield Effect(row.entry, name) if known is None else Effect(row.entry, name, known.salt, bytes(known.said))
