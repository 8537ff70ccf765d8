"""Retention in somebody else's database, looked at there: our own store says nothing of what stands in it."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from troth.keep import outside, where
from troth.keep.stores import Unreachable
from troth.people import standing
from troth.places.kinds import NotAnswered, PlaceKind, Subject
from troth.places.sql import Past, SqlPlace
from troth.policy import periods
from troth.policy.plan import End, Rule
from troth.prove.keepers import Scene

UNSEEN: Final = ("last purpose ends", periods.COLLECTED)  # of a row in a database nobody knows it
Over = list[tuple[Subject, frozenset[str]]]


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """What the databases of a policy said of one period: rows under it, each breach and each silence in a sentence.
    ``asked``: whether any holds data under it."""

    asked: bool = False
    rows: int = 0
    breaches: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


def past(scene: Scene, rule: Rule, when: dt.datetime) -> Elsewhere:
    """What of a rule stands past its period at ``when``, as each database that holds such data says it. It only
    reads, with no pass: a place says how many, and opens nothing."""
    names = {
        one.name
        for one in scene.plan.places.values()
        if one.kind == "sql" and any(field in rule.fields for table in one.tables for _, field in table.columns)
    }
    if not names:
        return Elsewhere()
    said = [_at(scene, rule, one, when) for one in where.places(scene.client) if _is_theirs(one, names)]
    silent = tuple(one.silent for one in said if one.silent)
    mute = names - {one.place for one in said}
    return Elsewhere(
        asked=True,
        rows=sum(one.rows for one in said),
        breaches=tuple(sentence for one in said for sentence in one.breaches),
        silent=(*silent, *(f"“{name}” was not asked." for name in sorted(mute))),
    )


def age() -> None:
    """For the breaker: rows of databases stand past their period. No copy was made of them, so none is touched: in
    this process alone the place says so."""
    real = SqlPlace.past

    def aged(place: SqlPlace, when: dt.datetime, held: outside.Held, rule: str) -> Past | NotAnswered:
        found = real(place, when, held, rule)
        return found if isinstance(found, NotAnswered) else msgspec.structs.replace(found, late=found.rows)

    SqlPlace.past = aged  # type: ignore[method-assign, assignment]


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    place: str
    rows: int = 0
    breaches: tuple[str, ...] = ()
    silent: str = ""


def _is_theirs(place: PlaceKind, names: set[str]) -> bool:
    return isinstance(place, SqlPlace | Unreachable) and place.name in names


def _at(scene: Scene, rule: Rule, place: PlaceKind, when: dt.datetime) -> _Said:
    if not isinstance(place, SqlPlace):
        return _silent(place.name, place.why if isinstance(place, Unreachable) else "")
    found = place.past(when, outside.held(scene.client), rule.name)
    if isinstance(found, NotAnswered):
        return _silent(place.name, found.why)
    people = place.standing(_over(scene, rule, when))
    if isinstance(people, NotAnswered):
        return _silent(place.name, people.why)
    breaches = [f"{found.late} rows of “{place.name}” are past their period."] if found.late else []
    breaches += [f"What “{place.name}” holds of {len(people)} people is past its period."] if people else []
    blind = found.rows and all(_clock(end) in UNSEEN for end in rule.ends)
    silent = f"“{place.name}” does not say when its rows came: nobody sees whether they are past it." if blind else ""
    return _Said(place=place.name, rows=found.rows, breaches=tuple(breaches), silent=silent)


def _clock(end: End) -> str:
    return end.after if end.shape == "period" else end.shape


def _silent(name: str, why: str) -> _Said:
    return _Said(place=name, silent=f"“{name}” has not answered. {why}".strip())


def _over(scene: Scene, rule: Rule, when: dt.datetime) -> Over:
    """Everybody of whose life a moment, told to us, ended this period: no date in a row says so."""
    found = list[tuple[Subject, frozenset[str]]]()
    for person in standing.with_moments(scene.client):
        due = periods.due(rule, standing.moments(scene.client, person))
        if due is not None and due <= when:
            subject = where.subject(scene.client, person, frozenset({person}))
            fields = rule.fields - standing.facts(scene.client, person).held
            found += [(subject, fields)] if subject.identities and fields else []
    return found
