"""What a datum was called in earlier editions: `was`, so that another name orphans nothing that stands.

A value keeps the name under which it came in. Where the file says that a datum `was` called otherwise, the plan
declares the earlier name, too, with all that is said of it today, but for the points: nothing is taken in under it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from troth.policy.plan import Plan
from troth.policy.reading import DATA_NAME, Text

if TYPE_CHECKING:
    from troth.policy.checking import Checker
    from troth.policy.reading import Entry

Names = frozenset[str]
OPENED: Final[Mapping[str, str]] = {
    "purposes": "data", "recipients": "data", "ways": "data", "nevers": "fields", "rules": "fields", "holds": "data",
    "places": "holds", "staff": "sees",
}  # fmt: skip
"""Where the parts of a plan name data that stands somewhere."""


# --- as the file says it ----------------------------------------------------------------------------------------


def check(checker: Checker) -> None:
    data, claimed = checker.section("data"), set[str]()
    for name, entry in data.items():
        for item in entry.texts("was"):
            _earlier(checker, name, item, claimed)
            claimed.add(item.text)


def _earlier(checker: Checker, name: str, item: Text, claimed: set[str]) -> None:
    if not DATA_NAME.fullmatch(item.text) or item.text.startswith("troth."):
        checker.bad(item.mark, "bad-name", f"“{item.text}” was no name of a datum.", "Write the name that it had.")
    elif item.text in checker.section("data") or item.text in claimed:
        said = f"“{item.text}” is declared, so “{name}” is not what it became."
        if item.text in claimed:
            said = f"“{item.text}” became something else already."
        checker.bad(item.mark, "was-declared", said, "One datum becomes one other: take the other one out.")


def names(data: Mapping[str, Entry]) -> dict[str, str]:
    """By each earlier name, what it is called today."""
    return {was: name for name, entry in data.items() for was in entry.words("was")}


# --- in the plan ------------------------------------------------------------------------------------------------


def declared(plan: Plan, earlier: Mapping[str, str]) -> Plan:
    """The plan that declares the earlier names, too."""
    if not earlier:
        return plan
    fields = {was: msgspec.structs.replace(plan.fields[now], name=was, now=now) for was, now in earlier.items()}
    both = _over(plan, lambda some: some | {was for was, now in earlier.items() if now in some})
    return msgspec.structs.replace(both, fields=plan.fields | fields)


def today(plan: Plan) -> Plan:
    """The plan for a reader: each datum once, under its name of today."""
    gone = frozenset(name for name, field in plan.fields.items() if field.now)
    return plan if not gone else _without(_over(plan, lambda some: some - gone), gone)


def _without(plan: Plan, gone: Names) -> Plan:
    return msgspec.structs.replace(plan, fields={name: one for name, one in plan.fields.items() if name not in gone})


def with_earlier(plan: Plan, fields: Names) -> Names:
    """Some fields and what they were called: under each name values may stand."""
    return fields | {name for name, one in plan.fields.items() if one.now in fields}


def as_now(old: Plan, new: Plan) -> Plan:
    """An earlier edition as a reader of today's reads it: what was renamed since under the name of today."""
    became, old = renamed(old, new), today(old)
    if not became:
        return old

    def change(some: Names) -> Names:
        return frozenset(became.get(name, name) for name in some)

    fields = [
        msgspec.structs.replace(one, name=became.get(name, name), joins=became.get(one.joins, one.joins))
        for name, one in old.fields.items()
    ]
    points = {name: _point(point, change) for name, point in old.points.items()}
    places = {name: _tables(place, became) for name, place in _over(old, change).places.items()}
    other = {"fields": {one.name: one for one in fields}, "points": points, "places": places}
    return msgspec.structs.replace(_over(old, change), **other)


def renamed(old: Plan, new: Plan) -> dict[str, str]:
    """What has another name in ``new``, by its name of before."""
    there, two = today(old).fields, {was for was, _ in merged(old, new)}
    return {was: one.now for was, one in new.fields.items() if one.now and was in there and was not in two}


def merged(old: Plan, new: Plan) -> list[tuple[str, str]]:
    """What a file calls one datum, and the edition before it two: (earlier, today)."""
    there = today(old).fields.keys()
    became = {was: field.now for was, field in new.fields.items() if field.now and was in there}
    several = Counter(became.values())
    return [(was, now) for was, now in became.items() if now in there or several[now] > 1]


def turned(old: Plan, new: Plan) -> list[tuple[str, str]]:
    """What a file calls the same datum, and it is of another kind, or finds somebody otherwise: (earlier, today)."""
    found = []
    for was, field in new.fields.items():
        before = old.fields.get(was)
        if field.now and before is not None and any(getattr(before, one) != getattr(field, one) for one in SAME):
            found.append((was, field.now))
    return found


def reused(old: Plan, new: Plan) -> list[tuple[str, str]]:
    """A name that a datum had before, and that a file gives to another one: (earlier, what it is in ``old``). What was
    taken in under it would count as the other. To go back to the earlier name is none of these."""
    found = []
    for was, before in old.fields.items():
        field = new.fields.get(was)
        if before.now and field is not None and not field.now and was != _now(new, before.now):
            found.append((was, before.now))
    return found


def _now(plan: Plan, name: str) -> str:
    field = plan.fields.get(name)
    return field.now or name if field is not None else ""


SAME: Final = ("kind", "identifies")


def _over(plan: Plan, change: Callable[[Names], Names]) -> Plan:
    parts = {
        attribute: {name: _part(one, key, change) for name, one in getattr(plan, attribute).items()}
        for attribute, key in OPENED.items()
    }
    return msgspec.structs.replace(plan, seals=change(plan.seals), **parts)


def _part(one: Any, key: str, change: Callable[[Names], Names]) -> Any:
    return msgspec.structs.replace(one, **{key: change(getattr(one, key))})


def _point(point: Any, change: Callable[[Names], Names]) -> Any:
    openings = tuple(_part(one, "fields", change) for one in point.openings)
    return msgspec.structs.replace(point, needs=change(point.needs), may=change(point.may), openings=openings)


def _tables(place: Any, became: Mapping[str, str]) -> Any:
    tables = tuple(
        msgspec.structs.replace(one, columns=tuple((column, became.get(name, name)) for column, name in one.columns))
        for one in place.tables
    )
    return msgspec.structs.replace(place, tables=tables)
