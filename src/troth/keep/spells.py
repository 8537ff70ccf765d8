"""How long what came in as events is kept. The files of events are named for the rule under which they came in, and an
edition may call that rule otherwise, or give it another period: that of then, that of now and each between bind, as for
every value.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from typing import Final, NamedTuple

from troth.parties import editions
from troth.places import events
from troth.policy import periods
from troth.policy.plan import Plan, Rule, Span
from troth.policy.problems import Trouble

LONG: Final = Span(count=13, unit="months")  # from here on a month's file goes whole


class Spell(NamedTuple):
    """The rules that bind what came in under one rule of one edition: what that said then, and what is said now."""

    then: list[Rule]
    now: list[Rule]
    fields: frozenset[str]  # what of it may be stored, as it was called then
    between: list[list[Rule]]  # what each edition between the two said
    each: dict[str, list[Rule]]  # the same of each field alone
    zone: str  # in which their months are counted

    def due(self, end: dt.datetime) -> dt.datetime | None:
        """When the events of a span that ended at ``end`` are due. A longer period never binds what came in under a
        shorter one, and a shorter one binds at once and for good. An event goes whole, so of its fields the last one
        counts."""
        every = (self.then, *self.between, self.now)
        return min((date for rules in every if (date := _last(rules, end, self.zone)) is not None), default=None)

    def until(self, began: dt.datetime, end: dt.datetime, when: dt.datetime) -> dt.datetime | None:
        """Up to where what came in a span is due at ``when``: all of it, or, where less than 13 months bind it and it
        lies in the file of a month, its first days; None where nothing is."""
        return self._up_to(self.due, began, end, when)

    def over(self, began: dt.datetime, end: dt.datetime, when: dt.datetime) -> dict[str, dt.datetime]:
        """The fields whose own period is over at ``when``, each up to where it is in a span, as in ``until``: a later
        edition made it shorter than that of what came in with them, and it binds at once."""
        found = dict[str, dt.datetime]()
        for field, rules in self.each.items():
            due = functools.partial(_first, rules, zone=self.zone)
            if (until := self._up_to(due, began, end, when)) is not None:
                found[field] = until
        return found

    def _up_to(
        self,
        due: Callable[[dt.datetime], dt.datetime | None],
        began: dt.datetime,
        end: dt.datetime,
        when: dt.datetime,
    ) -> dt.datetime | None:
        last = due(end)
        if last is not None and last <= when:
            return end
        if last is None or last >= periods.add(LONG, end, zone=self.zone):
            return None
        days = (began + dt.timedelta(days=one) for one in range((end - began).days - 1, 0, -1))
        return next((day for day in days if (date := due(day)) is not None and date <= when), None)


def of(client: str, plan: Plan, name: str, edition: int) -> Spell:
    """What binds the events of a file under the rule ``name`` that came in under ``edition``."""
    then = _plan(client, plan, name, edition)
    was = then.rules.get(name) if then is not None else None
    since = [*_between(client, edition), plan]
    called = [one for one in (then, *since) if one is not None and name in one.rules]  # a late tag's rule may be newer
    every = called[0].fields.values() if called else ()
    fields = frozenset(field.name for field in every if field.rule == name and field.form != "never stored")
    first = [then] if then is not None and was is None else []
    each = {field: [rule for one in (*first, *since) for rule in _own(one, field)] for field in fields}
    between = [_rules(one, name, fields) for one in since[:-1]]
    came = [was] if was is not None else [rule for one in first for rule in _rules(one, name, fields)]
    return Spell(came, _rules(plan, name, fields), fields, between, each, plan.zone)


def _own(plan: Plan, field: str) -> list[Rule]:
    rule = plan.rules.get(plan.fields[field].rule) if field in plan.fields else None
    return [rule] if rule is not None else []


def _rules(plan: Plan, name: str, fields: frozenset[str]) -> list[Rule]:
    names = {plan.fields[field].rule for field in fields if field in plan.fields} or {name}
    return [plan.rules[one] for one in sorted(names) if one in plan.rules]


def _between(client: str, edition: int) -> list[Plan]:
    """The plans of the editions after one and before the one in force."""
    last = editions.in_force(client).number
    numbers = range(edition + 1, last) if edition != events.NO_EVENT else ()
    return [editions.numbered(client, number).plan for number in numbers]


def _plan(client: str, plan: Plan, name: str, edition: int) -> Plan | None:
    """The plan of an edition; for a file without events the last one that had the rule."""
    if edition == events.NO_EVENT:
        plans = (editions.numbered(client, one.number).plan for one in editions.all_of(client))
        return plan if name in plan.rules else next((one for one in plans if name in one.rules), None)
    try:
        return editions.numbered(client, edition).plan
    except Trouble:  # there is no such edition: the one in force binds alone
        return None


def _ends(rule: Rule, end: dt.datetime, zone: str) -> dt.datetime | None:
    return periods.due(rule, {periods.COLLECTED: end}, zone=zone)


def _first(rules: list[Rule], end: dt.datetime, *, zone: str) -> dt.datetime | None:
    dates = (_ends(rule, end, zone) for rule in rules)
    return min((date for date in dates if date is not None), default=None)


def _last(rules: list[Rule], end: dt.datetime, zone: str) -> dt.datetime | None:
    dates = [_ends(rule, end, zone) for rule in rules]
    known = [date for date in dates if date is not None]
    return max(known) if known and len(known) == len(dates) else None
