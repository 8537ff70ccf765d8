"""Clauses: the published sentences of a policy, each with the state of everything it rests on.

A clause is kept only when all that it rests on is kept. One broken part breaks it; one part that nobody could look at
leaves it not proved; what only a person can state is attested, and only while the rest holds and its paper is in force.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

import msgspec

from troth.policy.plan import Plan, Promise
from troth.prove.keepers import STATES, State
from troth.prove.promises import derive
from troth.prove.report import Finding, Report


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One published sentence. ``keeper``, ``probe``: code names, joined by commas; ``seconds``: of all its probes."""

    clause: str
    policy: str
    state: State
    says: str
    instead: str
    because: str
    rests_on: tuple[str, ...]
    keeper: str
    probe: str
    looked_at: str
    breaches: tuple[str, ...]
    why: tuple[str, ...]
    seconds: float
    breaker: bool


def of(report: Report, plan: Plan) -> list[Clause]:
    """Every clause of this plan, in the order of its file. Looks at nothing anew."""
    found = {one.promise: one for one in report.findings}
    return [_clause(promise, plan, found) for promise in plan.promises.values()]


def _clause(promise: Promise, plan: Plan, found: dict[str, Finding]) -> Clause:
    rests = {path: _resting(path, found) for path in promise.rests_on}
    parts = list({one.promise: one for some in rests.values() for one in some}.values())
    lost = tuple(f"Nothing of this policy answers to “{path}”." for path, some in rests.items() if not some)
    attested = promise.attested
    paper = _resting(f"papers/{attested}", found) if attested else []
    return Clause(
        clause=promise.id,
        policy=plan.policy,
        state=_state([*parts, *paper], lost=bool(lost), attested=bool(attested)),
        says=promise.says,
        instead=promise.instead,
        because=promise.because,
        rests_on=promise.rests_on,
        keeper=_joined(one.keeper for one in parts),
        probe=_joined(one.probe for one in parts),
        looked_at="; ".join(dict.fromkeys(f"{one.promise}: {one.looked_at}" for one in [*parts, *paper])),
        breaches=tuple(f"{one.promise}: {breach}" for one in [*parts, *paper] for breach in one.breaches),
        why=lost + tuple(f"{one.promise}: {one.why}" for one in [*parts, *paper] if one.why),
        seconds=round(sum(one.seconds for one in [*parts, *paper]), 4),
        breaker=bool(parts) and all(one.breaker for one in parts),
    )


def _resting(path: str, found: dict[str, Finding]) -> list[Finding]:
    """The findings that a path names: itself, itself on each surface, a whole section, or all that a star matches."""
    if path in found:
        return [found[path]]
    section, _, name = path.partition("/")
    inside = [one for one in found.values() if one.promise.partition("/")[0] == section]
    if section == "cookies" and (here := [one for one in inside if _on_a_surface(one.promise, path)]):
        return here
    return [one for one in inside if name in ("", "*") or fnmatch.fnmatchcase(one.promise, path)]


def _on_a_surface(promise: str, path: str) -> bool:
    """A cookie that stands on one surface is derived without it, one that stands on several with it."""
    return promise.startswith(f"{path} (") or path.startswith(f"{promise} (")


def _state(parts: list[Finding], *, lost: bool, attested: bool) -> State:
    """The worst of all parts; what names nothing is not proved, and what a person states is never *kept*."""
    states = {one.state for one in parts}
    states |= {"not-proved"} if lost else set()
    states |= {"attested"} if attested else set()
    return next((state for state in STATES if state in states), "not-proved")


def _joined(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(name for name in names if name))


def unseen(plan: Plan) -> list[Clause]:
    """The clauses of a policy that is in force nowhere: there is nothing to look at, so none is proved."""
    line = "Nothing is published from this file here, so there is nothing to look at."
    nobody = [
        Finding(one.path, one.sentence, "not-proved", "", "", 0, "nothing", (), line, 0.0, False)
        for one in derive(plan)
    ]
    found = {one.promise: one for one in nobody}
    return [_clause(promise, plan, found) for promise in plan.promises.values()]
