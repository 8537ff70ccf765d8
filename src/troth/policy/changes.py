"""What changed between two plans: compared as sets after stars are expanded, so that moving lines changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from troth.policy.plan import Plan

Kind = Literal["widened", "narrowed", "changed"]


class Change(msgspec.Struct, frozen=True):
    """One difference. ``path`` is section/name; widened means more data, people, recipients or time for us."""

    kind: Kind
    path: str
    sentence: str


def compare(old: Plan, new: Plan) -> list[Change]:
    """Every difference that touches a person, widened first."""
    found = [*_sections(old, new), *_uses(old, new), *_recipients(old, new), *_periods(old, new), *_asked(old, new)]
    order = {"widened": 0, "changed": 1, "narrowed": 2}
    return sorted(found, key=lambda change: (order[change.kind], change.path))


def _added_and_gone(
    section: str, old: frozenset[str] | set[str], new: frozenset[str] | set[str], said: str, *, more: Kind = "widened"
) -> Iterator[Change]:
    less: Kind = "narrowed" if more == "widened" else "widened"
    yield from (Change(more, f"{section}/{name}", f"{said} is new.") for name in sorted(new - old))
    yield from (Change(less, f"{section}/{name}", f"{said} is gone.") for name in sorted(old - new))


def _sections(old: Plan, new: Plan) -> Iterator[Change]:
    parts: list[tuple[str, Callable[[Plan], set[str]], str]] = [
        ("data", lambda plan: set(plan.fields), "This datum"),
        ("collect", lambda plan: set(plan.points), "This way in"),
        ("use", lambda plan: set(plan.purposes), "This use"),
        ("disclose", lambda plan: set(plan.recipients), "This recipient"),
        ("cookies", lambda plan: set(plan.cookies), "This cookie"),
        ("holds", lambda plan: set(plan.holds), "This ground for a hold"),
    ]
    for section, names, said in parts:
        yield from _added_and_gone(section, names(old), names(new), said)
    yield from _added_and_gone("never", set(old.nevers), set(new.nevers), "This prohibition", more="narrowed")


def _uses(old: Plan, new: Plan) -> Iterator[Change]:
    for name in sorted(old.purposes.keys() & new.purposes.keys()):
        before, after = old.purposes[name], new.purposes[name]
        yield from _sets(f"use/{name}", before.data, after.data, "uses")
        yield from _sets(f"use/{name}", before.of, after.of, "is about")
        if before.basis != after.basis:
            kind: Kind = "widened" if before.basis == "consent" else "changed"
            yield Change(kind, f"use/{name}", f"Its basis was {before.basis} and is {after.basis}.")


def _recipients(old: Plan, new: Plan) -> Iterator[Change]:
    for name in sorted(old.recipients.keys() & new.recipients.keys()):
        before, after = old.recipients[name], new.recipients[name]
        yield from _sets(f"disclose/{name}", before.data, after.data, "gets")
        yield from _sets(f"disclose/{name}", before.purposes, after.purposes, "gets it to")
        yield from _sets(f"disclose/{name}", frozenset(before.countries), frozenset(after.countries), "is in")
        if before.role != after.role:
            yield Change("widened", f"disclose/{name}", f"It was {before.role} and is {after.role}.")


def _sets(path: str, before: frozenset[str], after: frozenset[str], verb: str) -> Iterator[Change]:
    if more := after - before:
        yield Change("widened", path, f"It now also {verb} {', '.join(sorted(more))}.")
    if less := before - after:
        yield Change("narrowed", path, f"It no longer {verb} {', '.join(sorted(less))}.")


def _periods(old: Plan, new: Plan) -> Iterator[Change]:
    for name in sorted(old.fields.keys() & new.fields.keys()):
        before, after = old.rules.get(old.fields[name].rule), new.rules.get(new.fields[name].rule)
        if before and after and before.text != after.text:
            longer = _days(before.text) < _days(after.text)
            kind: Kind = "widened" if longer else "narrowed"
            yield Change(kind, f"keep/{name}", f"It was kept {before.text} and is kept {after.text}.")


def _days(text: str) -> float:
    """A rough length, only to tell longer from shorter; unknown ends count as longest."""
    worth = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30.4, "year": 365.25}
    words = text.replace(",", " ").split()
    lengths = [
        int(count) * worth[unit.rstrip("s")]
        for count, unit in itertools.pairwise(words)
        if count.isdigit() and unit.rstrip("s") in worth
    ]
    return max(lengths, default=float("inf"))


def _asked(old: Plan, new: Plan) -> Iterator[Change]:
    before = {cookie.name for cookie in old.cookies.values() if not cookie.exempt}
    for name in sorted(before & {cookie.name for cookie in new.cookies.values() if cookie.exempt}):
        yield Change("widened", f"cookies/{name}", "It was asked for and is now set without asking.")
