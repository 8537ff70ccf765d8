"""Promises: one line for each declaration and standing guarantee, bound to the keeper that makes it true.

The sentence is written from the declaration, so that nobody can promise on this page what the policy does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from troth.policy import periods
from troth.policy.always import ALWAYS, RIGHTS
from troth.policy.plan import Hold, Plan, StaffRole, Surface
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
    """Every promise of this plan, in the order of a notice. A pure function of the plan."""
    return [Line(path, sentence, path.partition("/")[0] + keeper) for path, sentence, keeper in _all(plan)]


def _all(plan: Plan) -> Iterator[tuple[str, str, str]]:
    yield from _head(plan)
    yield from ((f"collect/{p.name}", _point(plan, p.name), "") for p in plan.points.values())
    yield from ((f"data/{f.name}", _field(plan, f.name), "") for f in plan.fields.values())
    yield from ((f"use/{u.name}", _use(plan, u.name), "") for u in plan.purposes.values())
    yield from ((f"disclose/{r.name}", _recipient(plan, r.name), "") for r in plan.recipients.values())
    yield from ((f"never/{n.name}", n.sentence or f"We never {n.name}.", "") for n in plan.nevers.values())
    yield from ((f"keep/{r.name}", f"We keep {r.name} {periods.say(r)}.", "") for r in plan.rules.values())
    yield from ((f"holds/{h.name}", _hold(h), "") for h in plan.holds.values())
    yield from ((f"cookies/{key}", _cookie(plan, key), "") for key in plan.cookies)
    if plan.children:
        yield "children", f"Nobody below the age we name is meant: {plan.children}.", ""
    given = frozenset[str]().union(*(use.rights for use in plan.purposes.values()))
    yield from ((f"answer/{right}", WORDS_OF_RIGHTS[right], "") for right in RIGHTS if right in given)
    yield "secure", f"We encrypt {_labels(plan, plan.seals) or 'nothing more than we must'}.", ""
    yield from ((f"places/{p.name}", _place(plan, p.name), "") for p in plan.places.values())
    yield from ((f"papers/{p.name}", f"“{p.name}” ({p.kind}) is in force.", "") for p in plan.papers.values())
    yield from ((f"always/{name}", sentence, f"/{name}") for name, sentence in ALWAYS.items())


def _head(plan: Plan) -> Iterator[tuple[str, str, str]]:
    yield "who", f"{plan.who.name} answers for your data, at {plan.who.address}.", ""
    yield "edition", f"This is the edition of {plan.edition.date.isoformat()}: {plan.edition.because}.", ""
    yield "notice", "The notice says every use, recipient, kind of data, cookie and period there is.", ""
    yield from ((f"surfaces/{s.name}", _surface(s), "") for s in plan.surfaces.values())
    yield from ((f"people/{p.name}", f"We say of whom this speaks: {p.means}.", "") for p in plan.people.values())
    yield from ((f"staff/{r.name}", _staff(r), "") for r in plan.staff.values())
    yield from ((f"clients/{name}", f"For {name} we act only as instructed.", "") for name in plan.clients)


def _surface(surface: Surface) -> str:
    where = f" ({', '.join(surface.origins)})" if surface.origins else ""
    return f"This holds on the {surface.name}{where}, and data comes in from nowhere else."


def _staff(role: StaffRole) -> str:
    uses = ", ".join(sorted(role.uses)[:4]) or "nothing"
    return f"The {role.name} may {uses}{' and more' if len(role.uses) > 4 else ''}, and nothing else."


def _hold(hold: Hold) -> str:
    return f"“{hold.name}” keeps only what it names, and is looked at again within {hold.review}."


def _labels(plan: Plan, names: frozenset[str]) -> str:
    labels = sorted({plan.fields[name].label for name in names if name in plan.fields})
    return ", ".join(labels[:6]) + (f" and {len(labels) - 6} more" if len(labels) > 6 else "")


def _point(plan: Plan, name: str) -> str:
    point = plan.points[name]
    return f"At “{name}” we take in {_labels(plan, point.fields) or 'nothing'}, and nothing else."


def _field(plan: Plan, name: str) -> str:
    field = plan.fields[name]
    says = FORMS[field.form].says if field.form in FORMS else field.form
    form = "is never stored" if field.form == "never stored" else f"is stored {says}"
    return f"{field.label[:1].upper()}{field.label[1:]} ({name}) {form}."


def _use(plan: Plan, name: str) -> str:
    use = plan.purposes[name]
    only = " Only after you say yes." if use.basis == "consent" else ""
    return f"We use {_labels(plan, use.data)} to {name}.{only}"


def _recipient(plan: Plan, name: str) -> str:
    recipient = plan.recipients[name]
    return (
        f"{name} gets {_labels(plan, recipient.data) or 'nothing'}, to {' and to '.join(sorted(recipient.purposes))}."
    )


def _cookie(plan: Plan, name: str) -> str:
    cookie = plan.cookies[name]
    when = f"without asking, because it is {cookie.exempt}" if cookie.exempt else "only after you say yes"
    return f"“{name}” is set on the {cookie.surface} {when}."


def _place(plan: Plan, name: str) -> str:
    place = plan.places[name]
    return f"“{name}” holds only what the policy says it holds, in {', '.join(place.countries) or 'no named country'}."
