"""An account or a membership ends because the person says so on their page: then the periods run that wait for it.

Only where the policy has it *known from: page*, and only for those of their records of which something waits for it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from django.db import transaction

from troth.answer import telling
from troth.answer.access import Line
from troth.answer.identity import Visitor
from troth.parties import days, editions
from troth.people import standing, store
from troth.policy.plan import Plan, Rule

OFFERS: Final = {
    "account closes": (
        "Close your account",
        "[Close your account]. We show you first what goes then, and when.",
    ),
    "membership ends": (
        "End your membership",
        "[End your membership]. We show you first what goes then, and when.",
    ),
}
SIGNED_IN: Final = "last sign-in"


class Closing(msgspec.Struct, frozen=True):
    """What a person can end. ``number`` names it in an address: its place among the moments of the policy."""

    number: int
    moment: str
    words: str
    offer: str


def of(client: str, plan: Plan, persons: Collection[int]) -> list[Closing]:
    """What these persons can end: something of theirs waits for it, and nobody has told it of all of them."""
    held = frozenset().union(*(store.fields_held(client, one) for one in persons))
    rules = {plan.fields[name].rule for name in held if name in plan.fields}
    return [
        Closing(number, one.name, *OFFERS[one.name])
        for number, one in enumerate(plan.moments.values())
        if one.known_from == "page" and one.name in OFFERS
        if any(_waits(plan.rules[rule], one.name) for rule in rules if rule in plan.rules)
        if not all(one.name in standing.moments(client, person) for person in concerned(client, persons, one.name))
    ]


def concerned(client: str, persons: Collection[int], moment: str) -> list[int]:
    """Of one person's records those of which something waits for a moment."""
    plan = editions.in_force(client).plan
    rules = {name for name, rule in plan.rules.items() if _waits(rule, moment)}
    waits = frozenset(name for name, field in plan.fields.items() if field.rule in rules)
    return [one for one in sorted(persons) if waits & store.fields_held(client, one)]


def goes(plan: Plan, closing: Closing, lines: Collection[Line]) -> dict[str, str]:
    """What goes then: each label of what is held, with its period."""
    return {line.label: line.how_long for line in lines if _of(plan, line, closing.moment)}


def _of(plan: Plan, line: Line, moment: str) -> bool:
    field = plan.fields.get(line.field)
    return field is not None and field.rule in plan.rules and _waits(plan.rules[field.rule], moment)


def _waits(rule: Rule, moment: str) -> bool:
    return any(end.shape == "period" and end.after == moment for end in rule.ends)


@transaction.atomic
def came_in(client: str, persons: Collection[int]) -> None:
    """They came in today, where a period counts from that (*known from: page*). Written down once a day, and only for
    whom the firm told an earlier sign-in: who comes in daily elsewhere and once here is no idle member."""
    moment = editions.in_force(client).plan.moments.get(SIGNED_IN)
    if moment is None or moment.known_from != "page":
        return
    for person in sorted(persons):
        last = standing.moments(client, person).get(SIGNED_IN)
        if last is not None and days.of(client, last) != days.today(client):
            standing.happened(client, person, SIGNED_IN, by="person")


@transaction.atomic
def close(client: str, visitor: Visitor, closing: Closing) -> None:
    """It ended now, under each record of theirs of which something waits for it: another contract of theirs goes on.
    Every address that they proved is told, so that a stolen session is noticed."""
    for person in concerned(client, visitor.persons | {visitor.person}, closing.moment):
        standing.happened(client, person, closing.moment, by="person")
    telling.tell(client, visitor.person, "closed")
