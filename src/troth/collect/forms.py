"""A form takes in what its point declares and nothing else, under the uses that are open for whoever fills it in.

Whoever fills a form in has shown nothing yet: they become a person of their own with an unverified address, and are
joined to what we hold only when they prove it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec
from django.db import transaction
from django.utils import timezone

from troth import gate
from troth.collect import choosing, consent, intake, lens, limits, steps
from troth.collect.addresses import looks_like_email
from troth.collect.lens import Lens, Shape
from troth.collect.reasons import FieldDrop
from troth.parties import days
from troth.people import choices, identities, store
from troth.places import events
from troth.places.events import Value
from troth.policy.deciding import Act
from troth.policy.emit import texts
from troth.policy.emit.naming import label
from troth.policy.emit.texts import own, phrase
from troth.policy.plan import Field, Opening, Plan, Point, Switch
from troth.policy.problems import Trouble

LONGEST: Final = 2000
LONGEST_TEXT: Final = 20_000
FORM_LIFE: Final = 12 * 3600
TRAP: Final = "leave_this_empty"
CONFIRMED: Final = "confirmed"
SHUT: Final = "We keep your {label} only with a yes to “{words}”. Say yes, or leave this empty."
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
    edition: int  # the one whose words it shows
    boxes: list[Box]
    offers: list[Offer]
    once: str
    confirmed: bool = False
    problems: list[tuple[str, str]] = []  # (name of the box, what is wrong)


OLDEST: Final = 130  # years
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
    offers = [Offer(key=switch.key, words=own(switch.words)) for switch in offered(plan, point)]
    return Form(point=point, edition=edition, boxes=boxes, offers=offers, once=_once(client, edition, plan, point, now))


def offered(plan: Plan, point: Point) -> list[Switch]:
    """The consents that this point offers, each asked apart from the form's own purpose: UK GDPR Art 7(2)."""
    return [s for s in plan.switches.values() if s.use in point.offers and s.opens and not s.device]


def _box(field: Field, needed: bool) -> Box:
    kind, complete = _TYPES.get(field.kind, ("textarea" if field.free_text else "text", "off"))
    held = field.free_text and field.may_hold != "none"
    warn = phrase("Do not write here what you would not want kept.") if held else ""
    return Box(name=field.name, label=label(field), needed=needed, type=kind, complete=complete, warn=warn)


def _once(client: str, edition: int, plan: Plan, point: Point, now: float) -> str:
    words, nonce = consent.words_hash(offered(plan, point)), secrets.token_hex(8)
    said = consent.Ask(client, "", f"form {point.name}", edition, words, int(now), nonce, texts.spoken())
    return consent.sign(said)


def filled(form: Form, client: str, plan: Plan, typed: Mapping[str, str], now: float) -> Form:
    """What was typed, with every problem of it at once. Nothing typed is cleared."""
    if _is_fresh(form, client, plan, typed.get("once", ""), now):
        form.once = typed["once"]
    else:
        form.problems.append(("", phrase("This form is out of date. Look it over, then send it again.")))
    shapes = _shapes(client, plan, form)
    for box in form.boxes:
        box.value = typed.get(box.name, "").strip()
        box.error = _wrong(box) or _ageless(box, plan.fields[box.name]) or _shapeless(box, shapes[box.name])
        if box.error:
            form.problems.append((box.name, box.error))
    for offer in form.offers:
        answer = typed.get(f"offer {offer.key}", "")
        offer.answer = answer if answer in ("yes", "no") else ""
    for box in form.boxes:
        if not box.error and box.value and (words := _shut(form, box.name)):
            box.error = phrase(SHUT, label=box.label, words=words)
            form.problems.append((box.name, box.error))
    form.confirmed = bool(typed.get(CONFIRMED))
    if form.point.confirms and not form.confirmed:
        form.problems.append((CONFIRMED, phrase("Tick this to go on: {words}", words=own(form.point.confirms))))
    return form


def _shut(form: Form, name: str) -> str:
    """The questions of which one must have a yes before this is kept; '' where it is kept. What somebody typed is not
    dropped behind their back: who writes down what they must not eat has to hear that nobody will read it."""
    said = {offer.key: offer for offer in form.offers}
    openings = [one for one in form.point.openings if name in one.fields]
    if not openings or any(all(key in said and said[key].answer == "yes" for key in one.yes) for one in openings):
        return ""
    asked = [said[key].words for one in openings for key in sorted(one.yes) if key in said]
    return "” / “".join(dict.fromkeys(asked))


def _is_fresh(form: Form, client: str, plan: Plan, once: str, now: float) -> bool:
    """A form counts under the edition that it showed: UK GDPR Art 13 asks for the words at the time of collecting."""
    ask = consent.read(consent.Ask, client, once)
    asked = (f"form {form.point.name}", form.edition, texts.spoken())
    if ask is None or (ask.surface, ask.edition, ask.language) != asked:
        return False
    return ask.words == consent.words_hash(offered(plan, form.point)) and ask.at - 60 <= now <= ask.at + FORM_LIFE


def _shapes(client: str, plan: Plan, form: Form) -> dict[str, Shape]:
    lens = Lens(client, form.edition, plan, form.point.surface, by=frozenset({"form"}))
    return lens.points[form.point.name].fields


def _shapeless(box: Box, shape: Shape) -> str:
    """What cannot take its declared form is told, and not dropped behind somebody's back."""
    if not box.value or _shaped(box, shape) not in (None, ""):
        return ""
    return phrase("We cannot read that {label}. Check how it is written.", label=box.label)


def _shaped(box: Box, shape: Shape) -> Value | None:
    """A value in its declared form. Lines of a text are kept; what no one can see is not."""
    if box.type == "textarea" and shape.is_plain:
        return "\n".join(str(steps.visible(line)) for line in box.value.splitlines())
    return shape.make(box.value)


class Declared(NamedTuple):
    """A value in its declared form, or what is wrong with it."""

    value: str
    wrong: str


def as_declared(client: str, plan: Plan, name: str, text: str) -> Declared:
    """What a person corrects a value to, looked at as a form looks at it: it takes its declared form, or none. Else a
    correction would keep more than is declared (UK GDPR Art 5(1)(c))."""
    field = plan.fields[name]
    box = _box(field, needed=True)
    box.value = text.strip()
    shape = lens.shape(client, plan, field)
    wrong = _wrong(box) or _ageless(box, field) or _shapeless(box, shape)
    value = "" if wrong else str(_shaped(box, shape) or "")
    return Declared(value, wrong or ("" if value else phrase("Write what it should say.")))


def has_lines(field: Field) -> bool:
    """Whether a value may have several lines: one that is typed in a single one would lose them."""
    return _box(field, needed=True).type == "textarea"


def _wrong(box: Box) -> str:
    if box.needed and not box.value:
        return phrase("Enter your {label}.", label=box.label)
    if len(box.value) > (LONGEST_TEXT if box.type == "textarea" else LONGEST):
        return phrase("That {label} is longer than we can take. Shorten it.", label=box.label)
    if box.type == "email" and box.value and not looks_like_email(box.value):
        return phrase("That is not an email address. It has one @ and a name on each side, like ada@post.example.")
    return ""


def _ageless(box: Box, field: Field) -> str:
    """An age is a number of years: what carries a sign or is nobody's age would be kept as if it were one."""
    years = box.value
    if field.kind != "age" or not years or (years.isascii() and years.isdecimal() and int(years) <= OLDEST):
        return ""
    return phrase("Write that {label} in whole years, like 46.", label=box.label)


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
    """Take a form in: a person, their choices, their values, all or nothing. None: the very same came before.

    Raises ``Trouble`` *form-sent* where other words came before under the same form, and *busy* on a full disk.
    """
    limits.room()
    ask = consent.read(consent.Ask, client, form.once)
    first = choosing.spend(client, ask.nonce, repr(_content(form))) if ask is not None else None
    if first is None:
        raise Trouble(
            "form-sent",
            phrase("You sent this form before with other words, and we kept those."),
            phrase("Send it again to add these."),
        )
    if not first:
        return None
    person = identities.make(client, form.point.of)
    values = _in_form(client, plan, form)
    for name, value in values.items():
        if plan.fields[name].identifies == "person":
            identities.attach(client, person, name, value, verified=False)
    said = _record(form, client, edition, plan, person)
    for use, names in _shares(plan, form.point, frozenset(values), said).items():
        _write(client, edition, person, form.point, use, {name: values[name] for name in names})
    for confirm in intake.confirmations:
        confirm(client, person, form.point.name)
    return person


def _content(form: Form) -> list[tuple[str, str]]:
    return [(box.name, box.value) for box in form.boxes] + [(offer.key, offer.answer) for offer in form.offers]


def _in_form(client: str, plan: Plan, form: Form) -> dict[str, str]:
    """Values in the form that the policy declares."""
    shapes = _shapes(client, plan, form)
    shaped = {box.name: _shaped(box, shapes[box.name]) for box in form.boxes if box.value}
    return {name: str(value) for name, value in shaped.items() if value not in (None, "")}


def _record(form: Form, client: str, edition: int, plan: Plan, person: int) -> tuple[frozenset[str], frozenset[str]]:
    yes, no = set(), set()
    for offer in form.offers:
        if not offer.answer:
            continue
        switch, state = plan.switches[offer.key], offer.answer == "yes"
        choices.record(
            client, person=person, key=switch.key, stop=switch.stop, state=state, edition=edition,
            text=own(switch.words), how=f"form {form.point.name}",
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
    act = Act(kind="collect", use=use, fields=frozenset(values), day=days.of(client, now), case=case)
    token = gate.must(act, client=client, persons=[person])
    store.write(
        token, client, person, values, point=point.name, source=point.source or "you", edition=edition, collected_at=now
    )
