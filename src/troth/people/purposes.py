"""When the last purpose of a value ended: then it may not be kept "until its last purpose ends" any longer.

A use that waits for a yes ends with the no; a use that can be objected to, with the objection; a contract, with the
contract; a use with a time of its own, with that time. A use of which no end is known has not ended: UK GDPR Art
5(1)(e), 17(1)(a) and (b).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from troth.people.choices import Said
from troth.people.standing import CONTRACT_ENDS
from troth.policy import periods
from troth.policy.plan import Plan, Purpose, Rule


def counts_from_it(rule: Rule) -> bool:
    """Whether a keep rule ends with the last purpose, or counts from its end."""
    return any("last purpose ends" in (end.shape, end.after) for end in rule.ends)


def ended(
    plan: Plan,
    field: str,
    born: dt.datetime,
    said: Iterable[Said],
    moments: Mapping[str, dt.datetime],
    kinds: frozenset[str],
) -> dt.datetime | None:
    """The moment at which the last use of this value of this person ended; None while one goes on, or none is known."""
    uses = [one for one in plan.purposes.values() if field in one.data and (not kinds or one.of & kinds)]
    ends = [_ended(plan, one, born, list(said), moments) for one in uses]
    known = [one for one in ends if one is not None]
    return max(known) if known and len(known) == len(ends) else None


def _ended(
    plan: Plan, use: Purpose, born: dt.datetime, said: list[Said], moments: Mapping[str, dt.datetime]
) -> dt.datetime | None:
    ends = [_said_no(plan, use, born, said)]
    if use.basis == "contract":
        ends += [max(moments[name], born) for name in sorted(CONTRACT_ENDS & moments.keys())]
    if use.until is not None:
        ends.append(periods.add(use.until, born, zone=plan.zone))
    return min((one for one in ends if one is not None), default=None)


def _said_no(plan: Plan, use: Purpose, born: dt.datetime, said: list[Said]) -> dt.datetime | None:
    """When the person stopped a use, if it is stopped now. Where a yes is asked and none was said, it never began."""
    switches = [one for one in plan.switches.values() if one.use == use.name and not one.recipient]
    if not switches:
        return None
    stops = {one.stop for one in switches}
    last = max((one for one in said if one.stop in stops), key=lambda one: one.entry, default=None)
    if last is not None:
        return None if last.state else max(last.at, born)
    return born if all(one.opens for one in switches) and use.basis == "consent" else None
