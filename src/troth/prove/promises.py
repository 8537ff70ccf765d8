"""Promises: one line for each declaration and standing guarantee, bound to the keeper that makes it true.

The sentence is written from the declaration, so that nobody can promise on this page what the policy does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from troth.policy import periods
from troth.policy.always import ALWAYS
from troth.policy.plan import Plan
from troth.policy.words import FORMS

CHAPTERS: Final = {
    "collect": "What we take in",
    "data": "What we hold, and how",
    "use": "What we use it for",
    "disclose": "Who gets it",
    "never": "What never happens",
    "keep": "How long we keep it",
    "cookies": "Cookies and tools",
    "answer": "Your rights",
    "places": "Where it lives",
    "papers": "The papers behind it",
    "always": "What always holds",
}
"""Chapters in the order of a notice; the key is the section of the policy that a promise rests on."""


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
    yield from ((f"collect/{p.name}", _point(plan, p.name), "") for p in plan.points.values())
    yield from ((f"data/{f.name}", _field(plan, f.name), "") for f in plan.fields.values())
    yield from ((f"use/{u.name}", _use(plan, u.name), "") for u in plan.purposes.values())
    yield from ((f"disclose/{r.name}", _recipient(plan, r.name), "") for r in plan.recipients.values())
    yield from ((f"never/{n.name}", n.sentence or f"We never {n.name}.", "") for n in plan.nevers.values())
    yield from ((f"keep/{r.name}", f"We keep {r.name} {periods.say(r)}.", "") for r in plan.rules.values())
    yield from ((f"cookies/{key}", _cookie(plan, key), "") for key in plan.cookies)
    yield "answer/rights", "We answer every right you have, in every place, within the time the law sets.", ""
    yield from ((f"places/{p.name}", _place(plan, p.name), "") for p in plan.places.values())
    yield from ((f"papers/{p.name}", f"“{p.name}” ({p.kind}) is in force.", "") for p in plan.papers.values())
    yield from ((f"always/{name}", sentence, f"/{name}") for name, sentence in ALWAYS.items())


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
