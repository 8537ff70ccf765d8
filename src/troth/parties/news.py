"""What an edition changed that people must be told of, or asked about again, before it may bind what they gave us.

It is worked out from the two plans each time, so that nobody can publish a wider edition as a small one: UK GDPR Art
13(3), 14(4) for what is told, Art 4(11) and 7 for what is asked.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Final

import msgspec

from troth.parties import editions
from troth.policy import changes
from troth.policy.changes import Change
from troth.policy.plan import Plan

SHOWN: Final = dt.timedelta(days=60)  # so long the pages on which people choose say that something changed
_SUBJECTS: Final = {"use": "To {name}", "disclose": "{name}", "collect": "{name}", "cookies": "The cookie {name}"}


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What one edition owes to people: ``told`` before it binds older data, ``asked`` anew."""

    number: int
    date: dt.date
    because: str
    published_at: dt.datetime
    told: tuple[Change, ...]
    asked: tuple[Change, ...]
    people: frozenset[str]


def of(client: str, number: int) -> News | None:
    """What edition ``number`` owes to people beside the one before it; None where it owes nothing."""
    if number <= 1:
        return None
    force = editions.numbered(client, number)
    owed = _owed(client, number, force.plan.hash)
    if not owed:
        return None
    return News(
        number=number,
        date=force.plan.edition.date,
        because=force.plan.edition.because,
        published_at=force.published_at,
        told=tuple(one for one in owed if one.then == "tell"),
        asked=tuple(one for one in owed if one.then == "ask"),
        people=frozenset[str]().union(*(concerned(force.plan, one) for one in owed)),
    )


@functools.lru_cache(maxsize=200)
def _owed(client: str, number: int, plan_hash: str) -> tuple[Change, ...]:
    """Two editions never change, so what lies between them is worked out once; the hash is for tests and restores."""
    return owed(editions.numbered(client, number - 1).plan, editions.numbered(client, number).plan)


def owed(old: Plan, new: Plan) -> tuple[Change, ...]:
    """The differences for which something is owed to people."""
    return tuple(one for one in changes.compare(old, new) if one.then)


def fresh(client: str, now: dt.datetime) -> News | None:
    """What the edition in force changed, while pages still say so."""
    force = editions.in_force(client)
    if now - force.published_at > SHOWN:
        return None
    return of(client, force.number)


def concerned(plan: Plan, change: Change) -> frozenset[str]:
    """The classes of people whom a change is about; all of them where nothing says otherwise."""
    section, _, name = change.path.partition("/")
    found = frozenset[str]()
    if section == "use" and name in plan.purposes:
        found = plan.purposes[name].of
    elif section == "disclose" and name in plan.recipients:
        found = _of_uses(plan, plan.recipients[name].purposes)
    elif section == "cookies" and name in plan.cookies:
        found = _of_uses(plan, plan.cookies[name].uses)
    elif section == "collect" and name in plan.points:
        found = plan.points[name].of
    elif section in ("data", "keep"):
        fields = plan.rules[name].fields if name in plan.rules else frozenset({name})
        found = frozenset[str]().union(*(plan.fields[one].of for one in fields if one in plan.fields))
    return found or frozenset(plan.people)


def _of_uses(plan: Plan, uses: frozenset[str]) -> frozenset[str]:
    return frozenset[str]().union(*(plan.purposes[use].of for use in uses if use in plan.purposes))


def line(plan: Plan, change: Change) -> str:
    """One change as people read it: data by its label, never by its name in the file."""
    section, _, name = change.path.partition("/")
    words = _SUBJECTS.get(section, "").format(name=name)
    if section == "data":
        words = name
    said = f"{words[:1].upper()}{words[1:]}: {change.sentence}" if words else change.sentence
    return re.sub(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+", lambda found: _label(plan, found[0]), said)


def _label(plan: Plan, name: str) -> str:
    return plan.fields[name].label if name in plan.fields else name
