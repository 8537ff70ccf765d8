"""Retention in somebody else's database, looked at there: our own store says nothing of what stands in it. Where
nobody of us can look, a promise rests on what people say, and is never called kept."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import msgspec

from troth.keep import chores, outside, where
from troth.keep.stores import Unreachable
from troth.parties import days
from troth.people import standing
from troth.places.kinds import NotAnswered, Past
from troth.policy import periods
from troth.policy.counting import counted
from troth.policy.emit.naming import day
from troth.policy.plan import End, Rule
from troth.prove import looking, together
from troth.prove.keepers import Scene

if TYPE_CHECKING:
    from troth.places.sql import SqlPlace

UNSEEN: Final = ("last purpose ends", periods.COLLECTED)  # of a row in a database nobody knows it


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """What the databases of a policy said of one period: rows under it, each breach and each silence in a sentence.
    ``asked``: which of them hold data under it."""

    asked: tuple[str, ...] = ()
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
    seen = _looked(scene, when)
    said = [_at(rule, name, *seen[name]) for name in sorted(names & seen.keys())]
    return Elsewhere(
        asked=tuple(sorted(names)),
        rows=sum(one.rows for one in said),
        breaches=tuple(sentence for one in said for sentence in one.breaches),
        silent=(
            *(one.silent for one in said if one.silent),
            *(f"“{name}” was not asked." for name in sorted(names - seen.keys())),
        ),
    )


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What people say of places that no sweep reaches, and nobody of us can look into: a sentence for each place of
    which somebody said that what was due went, and for each of which nobody did."""

    said: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()


def told(scene: Scene, rule: Rule) -> Told:
    """Of each such place that holds data under a rule, whether somebody spoke for it, this month or the last."""
    names = sorted(
        one.name for one in scene.plan.places.values() if one.kind not in chores.REACHED and one.holds & rule.fields
    )
    if not names:
        return Told()
    asked = looking.chores(scene.client)
    waits = {one.place for one in asked if one.said is None}
    done = {one.place: one for one in asked if one.said is not None}  # the last month of each
    lately = (scene.today.replace(day=1) - dt.timedelta(days=1)).strftime("%Y-%m")
    said, unsaid = list[str](), list[str]()
    for name in names:
        last = done.get(name)
        if name not in waits and last is not None and last.said is not None and last.month >= lately:
            on = day(days.of(scene.client, last.said))
            said.append(f"“{name}” is not looked into: somebody said on {on} that what was due there went.")
        else:
            unsaid.append(f"“{name}” is not looked into, and nobody has said lately that what was due there went.")
    return Told(said=tuple(said), unsaid=tuple(unsaid))


def age() -> None:
    """For the breaker: rows of databases stand past their period. No copy was made of them, so none is touched: in
    this process alone the place says so."""
    from troth.places.sql import SqlPlace

    real = SqlPlace.past

    def aged(place: SqlPlace, when: dt.datetime, held: outside.Held) -> dict[str, Past] | NotAnswered:
        found = real(place, when, held)
        if isinstance(found, NotAnswered):
            return found
        return {rule: msgspec.structs.replace(one, late=one.rows) for rule, one in found.items()}

    SqlPlace.past = aged  # type: ignore[method-assign, assignment]


_Past = dict[str, Past] | NotAnswered  # by keep rule
_People = dict[int, frozenset[str]] | NotAnswered  # by person, the fields that are past their period


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    rows: int = 0
    breaches: tuple[str, ...] = ()
    silent: str = ""


def _looked(scene: Scene, when: dt.datetime) -> dict[str, tuple[_Past, _People]]:
    """What each database said of all periods: it is read through once, and not for each promise."""

    def look() -> dict[str, tuple[_Past, _People]]:
        over = _over(scene, when)
        places = (one for one in where.places(scene.client) if where.is_sql(one) or isinstance(one, Unreachable))
        return {one.name: _ask(scene, one, when, over) for one in places}

    return together.once(scene, "elsewhere", look)


def _ask(scene: Scene, place: SqlPlace | Unreachable, when: dt.datetime, over: outside.Held) -> tuple[_Past, _People]:
    if isinstance(place, Unreachable):
        silent = NotAnswered(place.name, place.why)
        return silent, silent
    return place.past(when, outside.held(scene.client)), place.standing(over)


def _at(rule: Rule, name: str, found: _Past, people: _People) -> _Said:
    for one in (found, people):
        if isinstance(one, NotAnswered):
            return _Said(silent=f"“{name}” has not answered. {one.why}".strip())
    assert not isinstance(found, NotAnswered) and not isinstance(people, NotAnswered)
    here = found.get(rule.name, Past(rows=0, late=0))
    late = sum(not fields.isdisjoint(rule.fields) for fields in people.values())
    breaches = [counted(here.late, f"row[s] of “{name}” [is|are] past [its|their] period.")] if here.late else []
    breaches += [f"What “{name}” holds of {counted(late, '[person|people]')} is past its period."] if late else []
    blind = here.rows and all(_clock(end) in UNSEEN for end in rule.ends)
    silent = f"“{name}” does not say when its rows came: nobody sees whether they are past it." if blind else ""
    return _Said(rows=here.rows, breaches=tuple(breaches), silent=silent)


def _clock(end: End) -> str:
    return end.after if end.shape == "period" else end.shape


def _over(scene: Scene, when: dt.datetime) -> outside.Held:
    """Everybody of whose life a moment, told to us, ended a period, with what it ended: no date in a row says so."""
    found = outside.Held()
    for person in standing.with_moments(scene.client):
        moments = standing.moments(scene.client, person)
        dates = {rule.fields: periods.due(rule, moments, zone=scene.plan.zone) for rule in scene.plan.rules.values()}
        over = frozenset[str]().union(*(fields for fields, due in dates.items() if due is not None and due <= when))
        over -= standing.facts(scene.client, person).held
        subject = where.subject(scene.client, person, frozenset({person})) if over else None
        found += [(subject, over)] if subject is not None and subject.identities else []
    return found
