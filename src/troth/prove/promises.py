"""Promises: one line for each declaration and standing guarantee, bound to the keeper that makes it true.

The sentence is written from the declaration, so that nobody can promise on this page what the policy does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from troth.policy import former, periods
from troth.policy.always import ALWAYS, RIGHTS
from troth.policy.emit.naming import day, folded, group, labels, sentence, some
from troth.policy.emit.notice import rule_for_children
from troth.policy.emit.texts import BASE, among, speaking
from troth.policy.plan import Field, Hold, Person, Plan, Rule, StaffRole, Surface
from troth.policy.words import FORMS

CHAPTERS: Final = {
    "who": "Who we are",
    "edition": "Which edition this is",
    "notice": "What we tell you",
    "surfaces": "Where this holds",
    "people": "Whom it is about",
    "staff": "Who works with it",
    "clients": "For whom we work",
    "collect": "What we take in",
    "data": "What we hold, and how",
    "use": "What we use it for",
    "disclose": "Who gets it",
    "never": "What never happens",
    "keep": "How long we keep it",
    "holds": "What stays longer, and why",
    "cookies": "Cookies and tools",
    "children": "Children",
    "answer": "Your rights",
    "secure": "How it is guarded",
    "places": "Where it lives",
    "papers": "The papers behind it",
    "always": "What always holds",
}
"""Chapters in the order of a notice; the key is the section of the policy that a promise rests on."""
WORDS_OF_RIGHTS: Final = {
    "access": "You can see what we hold of you, in every place.",
    "rectify": "You can have what is wrong corrected and what is missing added.",
    "erase": "You can have erased what nothing obliges us to keep, in every place.",
    "restrict": "You can have your data kept but not used.",
    "object": "You can object, and a no to marketing holds at once.",
    "port": "You can take with you what you gave us, in a common format.",
    "withdraw": "You can take back a yes as easily as you gave it.",
}


EXEMPT: Final = {
    "necessary": "without asking: the service you ask for needs it",
    "communication": "without asking: a page cannot be sent without it",
    "statistics": "unless you say no: it only counts",
    "appearance": "unless you say no: it only remembers how you like the page",
}
MOST: Final = 7  # kinds of data in one sentence; the notice has them all


class Line(msgspec.Struct, frozen=True):
    """One promise. ``path`` is what it rests on ('keep/booking.*'), ``keeper`` who makes it true."""

    path: str
    sentence: str
    keeper: str

    @property
    def chapter(self) -> str:
        return self.path.partition("/")[0]

    @property
    def name(self) -> str:
        return self.path.partition("/")[2]


def derive(plan: Plan) -> list[Line]:
    """Every promise of this plan, in the order of a notice, each datum by its name of today. A pure function of the
    plan, whatever is spoken."""
    plan = former.today(plan)
    with speaking(plan, BASE):
        return [Line(path, words, path.partition("/")[0] + keeper) for path, words, keeper in _all(plan)]


def _all(plan: Plan) -> Iterator[tuple[str, str, str]]:
    yield from _head(plan)
    yield from ((f"collect/{p.name}", _point(plan, p.name), "") for p in plan.points.values())
    yield from ((f"data/{f.name}", _field(plan, f.name), "") for f in plan.fields.values())
    yield from ((f"use/{u.name}", _use(plan, u.name), "") for u in plan.purposes.values())
    yield from ((f"disclose/{r.name}", _recipient(plan, r.name), "") for r in plan.recipients.values())
    yield from ((f"never/{n.name}", n.sentence or f"We never {n.name}.", "") for n in plan.nevers.values())
    yield from ((f"keep/{r.name}", _rule(plan, r), "") for r in plan.rules.values())
    yield from ((f"holds/{h.name}", _hold(h), "") for h in plan.holds.values())
    yield from ((f"cookies/{key}", _cookie(plan, key), "") for key in plan.cookies)
    if plan.children:
        yield "children", f"{rule_for_children(plan)[1].rstrip('.')}.", ""
    given = frozenset[str]().union(*(use.rights for use in plan.purposes.values()))
    yield from ((f"answer/{right}", WORDS_OF_RIGHTS[right], "") for right in RIGHTS if right in given)
    sealed = frozenset(name for name in plan.seals if plan.with_us(name))
    yield "secure", f"We encrypt {_data(plan, sealed) or 'nothing more than we must'}.", ""
    yield from ((f"places/{p.name}", _place(plan, p.name), "") for p in plan.places.values())
    yield from ((f"papers/{p.name}", f"“{p.name}” ({p.kind}) is in force.", "") for p in plan.papers.values())
    yield from ((f"always/{name}", words, f"/{name}") for name, words in ALWAYS.items())


def _head(plan: Plan) -> Iterator[tuple[str, str, str]]:
    yield "who", f"{plan.who.name} answers for your data, at {plan.who.address}.", ""
    yield "edition", f"This is the edition of {day(plan.edition.date)}. {plan.edition.because.rstrip('.')}.", ""
    yield "notice", "The notice says every use, recipient, kind of data, cookie and period there is.", ""
    yield from ((f"surfaces/{s.name}", _surface(s), "") for s in plan.surfaces.values())
    yield from ((f"people/{p.name}", _person(p), "") for p in plan.people.values())
    yield from ((f"staff/{r.name}", _staff(r), "") for r in plan.staff.values())
    yield from ((f"clients/{name}", f"For {name} we act only as instructed.", "") for name in plan.clients)


def _surface(surface: Surface) -> str:
    where = f" ({', '.join(surface.origins)})" if surface.origins else ""
    return f"This holds on the {surface.name}{where}, and data comes in from nowhere else."


def _person(person: Person) -> str:
    return f"“{sentence(person.name)}” means {person.means[:1].lower()}{person.means[1:].rstrip('.')}."


def _staff(role: StaffRole) -> str:
    uses = ", ".join(sorted(role.uses)[:4]) or "nothing"
    return f"The {role.name} may {uses}{' and more' if len(role.uses) > 4 else ''}, and nothing else."


def _rule(plan: Plan, rule: Rule) -> str:
    return f"We keep {_data(plan, rule.fields)} {periods.say(rule)}."


def _hold(hold: Hold) -> str:
    return f"“{hold.name}” keeps only what it names, and is looked at again within {hold.review}."


def _data(plan: Plan, names: frozenset[str]) -> str:
    """Kinds of data as the notice calls them, a group of which all are there by its name."""
    return some(folded(plan, names), MOST)


def _point(plan: Plan, name: str) -> str:
    point = plan.points[name]
    return f"At “{name}” we take in {some(labels(plan, point.fields), MOST) or 'nothing'}, and nothing else."


def _field(plan: Plan, name: str) -> str:
    field = plan.fields[name]
    says = FORMS[field.form].says if field.form in FORMS else field.form
    form = "never stored" if field.form == "never stored" else f"stored {says}"
    if there := plan.elsewhere(name):
        form = f"{form}, and in {among(there)} as it is kept there" if plan.with_us(name) else f"kept in {among(there)}"
    return f"{sentence(field.label)}{_which(plan, field)}: {form}."


def _which(plan: Plan, field: Field) -> str:
    """The group that a kind of data belongs to, where two have its label; where that tells nothing, its own name."""
    same = [one for one in plan.fields.values() if one.label == field.label]
    if len(same) == 1:
        return ""
    others = [one for one in same if group(plan, one.group) == group(plan, field.group)]
    return f" ({group(plan, field.group) if len(others) == 1 else field.name})"


def _use(plan: Plan, name: str) -> str:
    use = plan.purposes[name]
    only = ", and only after you say yes" if use.basis == "consent" else ""
    return f"We use {_data(plan, use.data)} to {name}{only}."


def _recipient(plan: Plan, name: str) -> str:
    recipient = plan.recipients[name]
    uses = among(f"to {use}" for use in plan.purposes if use in recipient.purposes)
    return f"To {name} we give only {_data(plan, recipient.data) or 'nothing'}, {uses}."


def _cookie(plan: Plan, name: str) -> str:
    cookie = plan.cookies[name]
    when = EXEMPT[cookie.exempt] if cookie.exempt else "only after you say yes"
    return f"“{name.removesuffix(f' ({cookie.surface})')}” is set on the {cookie.surface} {when}."


def _place(plan: Plan, name: str) -> str:
    place = plan.places[name]
    return f"“{name}” holds only what the policy says it holds, in {', '.join(place.countries) or 'no named country'}."
