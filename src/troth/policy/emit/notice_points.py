"""The layer at the point of collection: what one reads in two lines where data is asked for, with the way into the
whole notice beside it. UK GDPR Art 13(1) asks for it at the time when the data is obtained."""

from __future__ import annotations

from typing import Final, NamedTuple

from troth.policy.emit.naming import labels, period, sentence, some
from troth.policy.emit.texts import BASE, among, more, named, own, phrase, say, speaking
from troth.policy.plan import Plan, Point
from troth.policy.words import RIGHTS

MOST: Final = 3  # of uses and of recipients, for two lines; the notice that they lead to has them all
_FIRST: Final = {"contract": 0, "instruction": 0, "consent": 1, "legitimate interests": 2}


class Told(NamedTuple):
    """Two lines, what the way into the notice is called, and the chapter that it leads to."""

    why: str
    then: str
    more: str
    chapter: str = "collect"


def at_point(plan: Plan, name: str, language: str = BASE) -> Told:
    """Who uses what is taken in here, what for and what allows it; who gets it, how long it stays, what one can do."""
    with speaking(plan, language):
        return said(plan, plan.points[name])


def said(plan: Plan, point: Point) -> Told:
    """The same in the language that is spoken already."""
    return Told(_why(plan, point), _then(plan, point), say("point.more"))


def needed(plan: Plan, point: Point) -> str:
    """What must be given here, and what follows where it is not: UK GDPR Art 13(2)(e)."""
    data = among(labels(plan, point.needs))
    why = own(point.why).rstrip(".")
    lines = [say("point.needed", data=data) if data else say("point.free"), f"{why}." if why else ""]
    return " ".join(sentence(line) for line in lines if line)


def _uses(plan: Plan, point: Point) -> list[str]:
    """What is taken in here is opened by. An offer stands beside with its own question, if something else takes it."""
    opened = {one.use for one in point.openings}
    mine = [name for name in plan.purposes if name in opened]
    return [name for name in mine if name not in point.offers] or mine


def _why(plan: Plan, point: Point) -> str:
    uses = sorted((plan.purposes[name] for name in _uses(plan, point)), key=lambda use: _FIRST.get(use.basis, MOST))
    said = [say("to", use=own(use.name)) for use in uses[: MOST if len(uses) > MOST + 1 else None]]
    left = len(uses) - len(said)
    why = among([*said, more("glance.rest", left)] if left else said)
    bases = among(say(f"rests.{use.basis}") for use in uses)
    key = "point.client" if point.for_client else "point.why" if uses else "point.nothing"
    return say(key, firm=plan.who.name, uses=why, bases=bases)


def _then(plan: Plan, point: Point) -> str:
    uses = frozenset(_uses(plan, point))
    got = [one for one in plan.recipients.values() if one.purposes & uses and one.data & point.fields]
    who = some([named(one.name) for one in got], MOST)
    rules = dict.fromkeys(plan.fields[name].rule for name in plan.fields if name in point.fields)
    terms = list(dict.fromkeys(period(plan.rules[rule]) for rule in rules if rule in plan.rules))
    rights = frozenset[str]().union(*(plan.purposes[name].rights for name in uses))
    can = among(say(f"glance.right.{right}") for right in RIGHTS if right in rights)
    said = [say("point.who", who=who) if who else say("point.nobody")]
    kept = "point.kept" if len(terms) == 1 else "point.kept.each"
    said += [say(kept, kept=phrase("; ").join(terms))] if terms else []
    said += [say("point.rights", rights=can)] if can else [say("point.ask")]
    return " ".join(sentence(one) for one in said)
