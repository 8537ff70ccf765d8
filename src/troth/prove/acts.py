"""Acts made to be refused: the gate's decider is asked what each way must and must not let through.

For every way of the plan one act is made that fits it, and then one for each condition broken alone. The first must
pass, all others must not. It asks the very function that the gate asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec

from troth.policy import deciding
from troth.policy.deciding import Act, Allowed, Facts
from troth.policy.plan import Plan, Way

NOBODY = "nobody the policy names"


class Try(msgspec.Struct, frozen=True):
    act: Act
    facts: Facts
    must_pass: bool
    why: str


def tries(way: Way, day: dt.date) -> Iterator[Try]:
    act = Act(
        kind="disclose" if way.recipient else "use",
        use=way.use,
        recipient=way.recipient,
        fields=way.data,
        day=day,
        case="a case" if way.case else "",
        channel=min(way.channels, default=""),
    )
    facts = Facts(kinds=way.of, yes=way.yes, live=frozenset({way.only_while}) if way.only_while else frozenset())
    lapsed = way.until is not None and day > way.until
    fits = not lapsed and bool(way.of)
    yield Try(act, facts, fits, "lets through what is declared")
    if way.yes:
        anew = msgspec.structs.replace(facts, restricted=True, renewed=way.yes)
        yield Try(act, anew, fits, "lets through what was said yes to after a restriction")
    yield from _act_broken(way, act, facts)
    yield from _facts_broken(way, act, facts)


def _act_broken(way: Way, act: Act, facts: Facts) -> Iterator[Try]:
    def broken(why: str, **changes: object) -> Try:
        return Try(msgspec.structs.replace(act, **changes), facts, False, why)

    yield broken("refuses data that was not declared", fields=act.fields | {NOBODY})
    yield broken("refuses a use that was not declared", use=NOBODY)
    yield broken("refuses a recipient that was not named", recipient=NOBODY)
    yield broken("refuses a hand that has no part in it", staff=NOBODY)
    yield broken("refuses a channel that was not declared", channel=NOBODY)
    if way.case:
        yield broken("refuses to act without an open case", case="")
    if way.until:
        yield broken("closes when its paper runs out", day=way.until + dt.timedelta(days=1))


def _facts_broken(way: Way, act: Act, facts: Facts) -> Iterator[Try]:
    def broken(why: str, **changes: object) -> Try:
        return Try(act, msgspec.structs.replace(facts, **changes), False, why)

    for key in way.yes:
        yield broken("refuses without a yes", yes=facts.yes - {key})
    for stop in way.no:
        yield broken("refuses after a no", no=frozenset({stop}))
    yield broken("refuses people it is not about", kinds=frozenset({NOBODY}))
    yield broken("refuses somebody younger than the policy allows", underage=True)
    if not way.through_restriction:
        yield broken("refuses while the data is restricted", restricted=True)
    if way.yes and not way.through_restriction:
        why = "refuses what is contested while the data is restricted"
        yield broken(why, restricted=True, renewed=way.yes, contested=way.data)
        why = "refuses while the data is restricted and another yes is new"
        yield broken(why, restricted=True, renewed=frozenset({NOBODY}))
    if way.only_while:
        yield broken("refuses when its condition has ended", live=frozenset())


def let_through(plan: Plan, day: dt.date, *kinds: str) -> tuple[int, set[str]]:
    """Of our own uses: how many acts were tried that must be refused for one of these reasons, and in words which were
    not."""
    seen, breaches = 0, set()
    for way in plan.ways.values():
        for one in tries(way, day) if not way.recipient else ():
            if not one.must_pass and any(kind in one.why for kind in kinds):
                seen += 1
                if isinstance(deciding.decide(plan, one.act, one.facts), Allowed):
                    breaches.add(f"“{way.use}” no longer {one.why}.")
    return seen, breaches


def wrong(plan: Plan, way: Way, day: dt.date) -> tuple[int, tuple[str, ...]]:
    """How many acts were tried, and in words which the decider got wrong."""
    tried = list(tries(way, day))
    to = f" to {way.recipient}" if way.recipient else ""
    breaches = {
        f"“{way.use}”{to} no longer {one.why}."
        for one in tried
        if isinstance(deciding.decide(plan, one.act, one.facts), Allowed) != one.must_pass
    }
    return len(tried), tuple(sorted(breaches))
