"""A form takes in what its point declares and nothing else, under the uses that are open for whoever fills it in.

Whoever fills a form in has shown nothing yet: they become a person of their own with an unverified address, and are
joined to what we hold only when they prove it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth import gate
from troth.collect import choosing, consent, intake
from troth.collect.lens import Lens
from troth.collect.reasons import FieldDrop
from troth.people import choices, identities, store
from troth.places import events
from troth.policy.deciding import Act
from troth.policy.plan import Field, Opening, Plan, Point, Switch

LONGEST: Final = 2000
LONGEST_TEXT: Final = 20_000
FORM_LIFE: Final = 12 * 3600
TRAP: Final = "leave_this_empty"
CONFIRMED: Final = "confirmed"
_NOT_FIELDS: Final = frozenset({"csrfmiddlewaretoken", "once", TRAP, CONFIRMED})


class Box(msgspec.Struct, kw_only=True):
    """One field as the form shows it."""

    name: str
    label: str
    needed: bool
    type: str  # email, tel, text, textarea
    complete: str = ""  # autocomplete token
    value: str = ""
    error: str = ""
    warn: str = ""


class Offer(msgspec.Struct, kw_only=True):
    """A consent offered beside the form: undecided until the person decides."""

    key: str
    words: str
    answer: str = ""  # '', yes, no


class Form(msgspec.Struct, kw_only=True):
    """A form as shown, with what was typed and what is wrong with it."""

    point: Point
    boxes: list[Box]
    offers: list[Offer]
    once: str
    confirmed: bool = False
    problems: list[tuple[str, str]] = []  # (name of the box, what is wrong)


_TYPES: Final = {
    "email address": ("email", "email"),
    "phone number": ("tel", "tel"),
    "name": ("text", "name"),
    "postal address": ("textarea", "street-address"),
    "postcode": ("text", "postal-code"),
    "birth date": ("date", "bday"),
    "work email address": ("email", "email"),
    "first name": ("text", "given-name"),
    "last name": ("text", "family-name"),
}


def blank(client: str, edition: int, plan: Plan, point: Point, now: float) -> Form:
    """The form of a point, nothing filled in and nothing chosen."""
    names = [name for name in plan.fields if name in point.fields and plan.fields[name].form != "never stored"]
    boxes = [_box(plan.fields[name], name in point.needs) for name in names]
    offers = [Offer(key=switch.key, words=switch.words) for switch in offered(plan, point)]
    return Form(point=point, boxes=boxes, offers=offers, once=_once(client, edition, plan, point, now))


def offered(plan: Plan, point: Point) -> list[Switch]:
    """The consents that this point offers, each asked apart from the form's own purpose: UK GDPR Art 7(2)."""
    return [s for s in plan.switches.values() if s.use in point.offers and s.opens and not s.device]


def _box(field: Field, needed: bool) -> Box:
    kind, complete = _TYPES.get(field.kind, ("textarea" if field.free_text else "text", "off"))
    warn = "Do not write here what you would not want kept." if field.free_text and field.may_hold != "none" else ""
    return Box(name=field.name, label=field.label or field.kind, needed=needed, type=kind, complete=complete, warn=warn)


def _once(client: str, edition: int, plan: Plan, point: Point, now: float) -> str:
    words = consent.words_hash(offered(plan, point))
    return consent.sign(consent.Ask(client, "", f"form {point.name}", edition, words, int(now), secrets.token_hex(8)))


def filled(form: Form, client: str, plan: Plan, typed: Mapping[str, str], now: float) -> Form:
    """What was typed, with every problem of it at once. Nothing typed is cleared."""
    ask = consent.read(consent.Ask, client, typed.get("once", ""))
    words = consent.words_hash(offered(plan, form.point))
    fresh = ask is not None and ask.surface == f"form {form.point.name}" and ask.words == words
    if not fresh or ask is None or not ask.at - 60 <= now <= ask.at + FORM_LIFE:
        form.problems.append(("", "This form is out of date. Look it over, then send it again."))
    else:
        form.once = typed["once"]
    for box in form.boxes:
        box.value = typed.get(box.name, "").strip()
        box.error = _wrong(box)
        if box.error:
            form.problems.append((box.name, box.error))
    for offer in form.offers:
        answer = typed.get(f"offer {offer.key}", "")
        offer.answer = answer if answer in ("yes", "no") else ""
    form.confirmed = bool(typed.get(CONFIRMED))
    if form.point.confirms and not form.confirmed:
        form.problems.append((CONFIRMED, f"Tick this to go on: {form.point.confirms}"))
    return form


def _wrong(box: Box) -> str:
    if box.needed and not box.value:
        return f"Enter your {box.label}."
    if len(box.value) > (LONGEST_TEXT if box.type == "textarea" else LONGEST):
        return f"That {box.label} is longer than we can take. Shorten it."
    if box.type == "email" and box.value and not _looks_like_email(box.value):
        return "That is not an email address. It has one @ and a name on each side, like ada@post.example."
    return ""


def _looks_like_email(value: str) -> bool:
    name, at, host = value.rpartition("@")
    return bool(name and at and "." in host and not host.startswith(".") and not any(c.isspace() for c in value))


def undeclared(form: Form, typed: Mapping[str, str]) -> int:
    """How many fields came in that the point does not declare. Their names are a sender's, so they are only counted."""
    known = {box.name for box in form.boxes} | {f"offer {offer.key}" for offer in form.offers} | _NOT_FIELDS
    return sum(1 for name in typed if name not in known)


def count(client: str, undeclared_fields: int) -> None:
    if undeclared_fields:
        lot = events.Lot(client=client, rows=[], counts={FieldDrop.UNDECLARED: undeclared_fields})
        events.store().commit([lot], timezone.now())


@transaction.atomic
def submit(form: Form, client: str, edition: int, plan: Plan) -> int | None:
    """Take a form in: a person, their choices, their values, all or nothing. None: it came before."""
    ask = consent.read(consent.Ask, client, form.once)
    if ask is None or choosing.spend(client, ask.nonce, "form") is not True:
        return None
    person = identities.make(client, form.point.of)
    values = _in_form(client, edition, plan, form)
    for name, value in values.items():
        if plan.fields[name].identifies == "person":
            identities.attach(client, person, name, value, verified=False)
    said = _record(form, client, edition, plan, person)
    for use, names in _shares(plan, form.point, frozenset(values), said).items():
        _write(client, edition, person, form.point, use, {name: values[name] for name in names})
    for confirm in intake.confirmations:
        confirm(client, person, form.point.name)
    return person


def _in_form(client: str, edition: int, plan: Plan, form: Form) -> dict[str, str]:
    """Values in the form that the policy declares; what cannot take it is left out."""
    lens = Lens(client, edition, plan, form.point.surface, by=frozenset({"form"}))
    shapes = lens.points[form.point.name].fields
    values = {}
    for box in form.boxes:
        shaped = shapes[box.name].make(box.value) if box.value and box.type != "textarea" else box.value
        if shaped not in (None, ""):
            values[box.name] = str(shaped)
    return values


def _record(form: Form, client: str, edition: int, plan: Plan, person: int) -> tuple[frozenset[str], frozenset[str]]:
    yes, no = set(), set()
    for offer in form.offers:
        if not offer.answer:
            continue
        switch, state = plan.switches[offer.key], offer.answer == "yes"
        choices.record(
            client, person=person, key=switch.key, stop=switch.stop, state=state, edition=edition,
            text=switch.words, how=f"form {form.point.name}",
        )  # fmt: skip
        (yes.add(switch.key) if state else no.add(switch.stop))
    return frozenset(yes), frozenset(no)


def _shares(
    plan: Plan, point: Point, fields: frozenset[str], said: tuple[frozenset[str], frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Which use takes which field in. What no open use needs is not stored at all: UK GDPR Art 5(1)(c)."""
    yes, no = said
    shares: dict[str, frozenset[str]] = {}
    left = fields
    for opening in sorted(point.openings, key=lambda one: (_rank(plan, one), -len(one.fields))):
        share = opening.fields & left
        if share and opening.yes <= yes and opening.no.isdisjoint(no):
            shares[opening.use] = shares.get(opening.use, frozenset()) | share
            left -= share
    return shares


def _rank(plan: Plan, opening: Opening) -> int:
    """What the person came for goes before what they may also allow."""
    order = ("contract", "legal obligation", "legitimate interests", "consent")
    purpose = plan.purposes.get(opening.use)
    return order.index(purpose.basis) if purpose is not None and purpose.basis in order else len(order)


def _write(client: str, edition: int, person: int, point: Point, use: str, values: dict[str, str]) -> None:
    now = timezone.now()
    case = f"{point.name} of person {person}"  # what somebody writes to us opens the case that it is about
    act = Act(kind="collect", use=use, fields=frozenset(values), day=now.date(), case=case)
    token = gate.must(act, client=client, persons=[person])
    store.write(
        token, client, person, values, point=point.name, source=point.source or "you", edition=edition, collected_at=now
    )
