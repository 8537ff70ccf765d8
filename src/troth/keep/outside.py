"""Forgetting on time in somebody else's database, too: UK GDPR Art 5(1)(e). A row is due by the dates that stand in it,
or by a moment of the person it is about. A place that is silent is told as silent: its promise is not kept tonight."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from troth import gate
from troth.keep import where
from troth.keep.stores import Unreachable
from troth.ledger import entries
from troth.parties import days
from troth.people import standing
from troth.places.events import Stays
from troth.places.kinds import Due, NotAnswered, Subject
from troth.places.opening import Pass
from troth.policy import periods
from troth.policy.counting import counted
from troth.policy.deciding import KEEP, Act
from troth.policy.plan import Plan

if TYPE_CHECKING:
    from troth.places.sql import SqlPlace

WENT = ("deleted", "overwritten")
Held = list[tuple[Subject, frozenset[str]]]


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What is due outside: rows by place and rule, persons by place, who is silent, and whether it is very much.
    ``stuck``: those of the silent that answer, and in which something is due that only a hand can take out."""

    counts: dict[str, int] = {}
    persons: list[tuple[str, int, frozenset[str]]] = []
    silent: list[str] = []
    stuck: list[str] = []
    much: str = ""


def due(client: str, plan: Plan, when: dt.datetime, *, few: int, share: float) -> Outside:
    """Worked out anew each time from what stands there; deletes nothing."""
    places = _places(client)
    holds = held(client) if places else []
    counts: dict[str, int] = {}
    silent, stuck, much = _unopened(client, plan), list[str](), ""
    persons: list[tuple[str, int, frozenset[str]]] = []
    for place in places:
        found = place.due(when, holds)
        if isinstance(found, NotAnswered):
            silent.append(place.name)
            continue
        stuck += [place.name] if found.stuck else []
        counts |= {f"{place.name}, {rule}": count for rule, count in found.counts.items()}
        if found.rows > few and found.rows > share * found.of:
            much = counted(
                found.rows, f"of {found.of:,} rows of “{place.name}” [is|are] due at once, more than {share:.0%}."
            )
        mine = _of_persons(client, plan, place, when)
        if isinstance(mine, NotAnswered):
            silent.append(place.name)
            continue
        persons += mine
        for _, _, fields in mine:
            for rule in {plan.fields[one].rule for one in fields}:
                counts[f"{place.name}, {rule}"] = counts.get(f"{place.name}, {rule}", 0) + 1
    return Outside(counts=counts, persons=persons, silent=[*silent, *stuck], stuck=stuck, much=much)


def erase(client: str, when: dt.datetime, found: Outside) -> list[str]:
    """Erase what is due in every place that answers. Returns the names of those that did not."""
    silent, holds = set(found.silent), held(client)
    for place in _places(client):
        if place.name in silent - set(found.stuck):
            continue
        done = place.sweep(_pass(client, frozenset(place.fields()), ()), client, when, holds)
        if isinstance(done, NotAnswered):
            silent.add(place.name)
            continue
        if done.rows:
            _written(client, place.name, done.rows)
        silent |= {place.name} if done.stuck else set()
    by_name = {place.name: place for place in _places(client)}
    for name, person, fields in found.persons:
        receipt = by_name[name].erase_due(_pass(client, fields, (person,)), client, _subject(client, person))
        silent |= {name} if receipt.state == "not answered" else set()
        if rows := sum(receipt.counts.get(one, 0) for one in WENT):  # of a place that fell silent afterwards, too
            _written(client, name, rows)
    return sorted(silent)


def _written(client: str, place: str, rows: int) -> None:
    with transaction.atomic():
        entries.append("erased", client=client, place=place, counts={"rows": rows})


def _unopened(client: str, plan: Plan) -> list[str]:
    """Databases that the operator's list does not open: nobody knows what is due there."""
    shut = (one.name for one in where.places(client) if isinstance(one, Unreachable))
    return [name for name in shut if name in plan.places and plan.places[name].kind == "sql"]


def _places(client: str) -> list[SqlPlace]:
    return [place for place in where.places(client) if where.is_sql(place)]


def held(client: str) -> Held:
    """Whoever a hold stands over, with what it keeps: a sweep goes around it there as here."""
    persons = sorted({one.person for one in standing.all_of(client, "hold")})
    facts = [(person, standing.facts(client, person).held) for person in persons]
    return [(_subject(client, person), fields) for person, fields in facts if fields]


def staying(client: str, plan: Plan) -> Stays:
    """By browser, the fields of its events that a hold over its person stands over."""
    found: dict[str, frozenset[str]] = {}
    for subject, fields in held(client):
        for browser in subject.browsers if (kept := fields & plan.fields.keys()) else ():
            found[browser] = found.get(browser, frozenset()) | kept
    return found


def _subject(client: str, person: int) -> Subject:
    return where.subject(client, person, frozenset({person}))


def _of_persons(
    client: str, plan: Plan, place: SqlPlace, when: dt.datetime
) -> list[tuple[str, int, frozenset[str]]] | NotAnswered:
    """Persons a moment of whose life (known at the desk, not from the rows) made something due, and still stands."""
    asked = Held()
    for person in standing.with_moments(client):
        moments, kept = standing.moments(client, person), standing.facts(client, person).held
        over = frozenset(one for one in place.fields() - kept if _is_due(plan, one, moments, when))
        subject = _subject(client, person) if over else None
        if subject is not None and subject.identities:
            asked.append((subject, over))
    found = place.standing(asked) if asked else {}
    if isinstance(found, NotAnswered):
        return found
    return [(place.name, person, fields) for person, fields in sorted(found.items())]


def _is_due(plan: Plan, field: str, moments: dict[str, dt.datetime], when: dt.datetime) -> bool:
    rule = plan.rules.get(plan.fields[field].rule) if field in plan.fields else None
    due = periods.due(rule, moments, zone=plan.zone) if rule is not None else None
    return due is not None and due <= when


def _pass(client: str, fields: frozenset[str], persons: tuple[int, ...]) -> Pass:
    kept = frozenset().union(*(standing.facts(client, one).held for one in persons))
    act = Act(kind="keep", use=KEEP, fields=fields - kept, day=days.today(client))
    with transaction.atomic():
        return gate.must(act, client=client, persons=persons)


__all__ = ["Due", "Outside", "due", "erase", "held", "staying"]
