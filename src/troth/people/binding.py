"""Which editions bind what somebody gave us: the one it came under, and each since that they were not told to be over.

A shorter period and a dropped use bind older data at once, and no later edition takes that back. A longer period, a
new use or a wider recipient binds only what came after it, or whoever was told of it: UK GDPR Art 5(1)(a), 13(3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from troth.parties import editions, news
from troth.people import standing
from troth.policy.plan import Plan, Rule


class Binding:
    """The editions of one client. ``plan`` stands for the one in force, which ``number`` names."""

    def __init__(self, client: str, plan: Plan | None = None, *, number: int = 0) -> None:
        self.client = client
        self.number = number or editions.in_force(client).number
        self._plans = {self.number: plan or editions.numbered(client, self.number).plan}
        self._since: list[tuple[dt.datetime, int]] = []
        self._people: dict[int, frozenset[str] | None] = {}
        self._told: dict[int, frozenset[int]] = {}
        self._known: dict[tuple[int, int], int] = {}
        self._rules: dict[tuple[str, int], list[Rule]] = {}

    def plan(self, number: int) -> Plan:
        if number not in self._plans:
            self._plans[number] = editions.numbered(self.client, number).plan
        return self._plans[number]

    def at(self, when: dt.datetime) -> int:
        """The edition that was in force at a moment; the first for what is older."""
        if not self._since:
            self._since = [(one.published_at, one.number) for one in reversed(editions.all_of(self.client))]
        return max((number for since, number in self._since if since <= when), default=self._since[0][1])

    def known(self, person: int, edition: int) -> int:
        """The newest edition that somebody knows who gave us something under ``edition``: each between the two they
        were told of, or it owed them nothing."""
        if edition >= self.number:
            return edition
        if (person, edition) not in self._known:
            self._known[person, edition] = self._up_to(person, edition)
        return self._known[person, edition]

    def _up_to(self, person: int, edition: int) -> int:
        if person not in self._told:
            self._told[person] = standing.editions_told(self.client, person)
        told = self._told[person]
        if max(told, default=0) <= edition:
            return edition
        kinds = standing.facts(self.client, person).kinds
        for number in range(edition + 1, self.number + 1):
            if number not in told and not self._concerned(number).isdisjoint(kinds):
                return number - 1
        return self.number

    def _concerned(self, number: int) -> frozenset[str]:
        """The classes of people to whom an edition owes something."""
        if self._people.get(number) is None:
            owed = news.of(self.client, number)
            self._people[number] = owed.people if owed is not None else frozenset()
        return self._people[number] or frozenset()

    def way_opens(self, use: str, recipient: str, field: str, known: int) -> bool:
        """Whether a use, or a recipient, had a field in every edition from ``known`` to the one in force."""
        ways = (self.plan(number).way(use, recipient) for number in range(known, self.number))
        return all(way is not None and field in way.data for way in ways)

    def rules(self, field: str, known: int) -> list[Rule]:
        """The keep rules that bind a field from an edition on. The earliest of their ends is when it is due."""
        if (field, known) not in self._rules:
            plans = [self.plan(number) for number in range(max(1, min(known, self.number)), self.number + 1)]
            self._rules[field, known] = _each(_rule(plan, field) for plan in plans)
        return self._rules[field, known]


def _rule(plan: Plan, field: str) -> Rule | None:
    declared = plan.fields.get(field)
    return plan.rules.get(declared.rule) if declared is not None else None


def _each(found: Iterable[Rule | None]) -> list[Rule]:
    once: list[Rule] = []
    for rule in found:
        if rule is not None and rule not in once:
            once.append(rule)
    return once
