"""Everything we hold about a person, from every place, with its source and its term: UK GDPR Art 15 and 20.

A place that has not answered is named first. It is never counted as a place that holds nothing.
"""

from __future__ import annotations

import datetime as dt
import hmac

import msgspec
from django.db import transaction
from django.utils import timezone

from troth import gate
from troth.answer import informing, others, withholding
from troth.keep import recipients, staying, where
from troth.keep.recipients import Had
from troth.parties import days, editions
from troth.people import looks, standing
from troth.places import master
from troth.places.kinds import PARTLY, Found, Item, NotAnswered, Subject
from troth.places.opening import Pass
from troth.policy.deciding import Act, Facts
from troth.policy.emit.texts import phrase
from troth.policy.plan import Plan


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One value as the person reads it."""

    place: str
    field: str
    label: str
    value: str
    source: str
    when: dt.datetime | None
    how_long: str
    id: str
    can_correct: bool
    which: str = ""  # tells it from others under the same id, in an address of a page, where no value may stand
    record: int = 0  # which of several records of its source it stands in; 0: it stands for itself

    @property
    def name(self) -> str:
        """What staff call it by."""
        return f"{self.id}#{self.which}"


class NotAsked(msgspec.Struct, frozen=True):
    """A place that knows people, all or in part, by what this person has not shown: it is not called empty."""

    place: str
    why: str

    @property
    def in_part(self) -> bool:
        return self.why == PARTLY


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    client: str
    firm: str
    at: dt.datetime
    lines: list[Line]
    not_held: list[str]
    not_answered: list[NotAnswered]
    not_asked: list[NotAsked] = []
    had: list[Had]
    may_have: list[Had]
    about: informing.About | None = None  # what the law has us say with it
    looked: list[Line] = []  # when our staff opened it, and why

    @property
    def in_part(self) -> bool:
        """Whether some place may hold more of them than is shown."""
        return bool(self.not_answered or self.not_asked)


def gather(
    client: str,
    person: int,
    persons: frozenset[int],
    *,
    right: str = "access",
    actor: str = "",
    why: looks.Why | None = None,
) -> Answer:
    """Ask every place once, with passes for exactly these persons. ``why``: for what a hand asks."""
    plan = editions.in_force(client).plan
    subject = where.subject(client, person, persons)
    found = _asked(client, plan, right, subject, actor, why)
    answered = [one for one in found if isinstance(one, Found)]
    silent = [one for one in found if isinstance(one, NotAnswered)]
    items = [(one.place, item) for one in answered for item in one.items]
    mine = _known_by(plan, [value for _, value in subject.identities], [item for _, item in items])
    hidden = withholding.of(client, subject.persons)
    every = [_line(plan, place, item, mine, hidden.get(item.field, "")) for place, item in _ordered(plan, items)]
    lines = [line for line in every if line.field != looks.FIELD]
    held = {line.field for line in lines}
    unasked = frozenset[str]().union(*(one.unasked for one in answered))
    kinds = frozenset[str]().union(*(standing.facts(client, one).kinds for one in subject.persons))
    return Answer(
        client=client,
        firm=plan.who.trades_as or plan.who.name,
        at=timezone.now(),
        lines=lines,
        not_held=_not_held(plan, held | _unknown(plan, silent) | unasked, kinds),
        not_answered=silent,
        not_asked=[NotAsked(one.place, one.why) for one in answered if one.why],
        had=recipients.had(client, subject.persons),
        may_have=_may_have(plan, held),
        about=informing.about(client, plan, held, kinds),
        looked=[line for line in every if line.field == looks.FIELD],
    )


def _ordered(plan: Plan, items: list[tuple[str, Item]]) -> list[tuple[str, Item]]:
    """As the policy has the fields, whoever answered first; what stands in one record stays together, for a sum
    without its invoice says nothing (UK GDPR Art 12(1))."""
    order = {name: number for number, name in enumerate(plan.fields)}
    first: dict[tuple[str, str], int] = {}
    for place, item in items:
        if item.record:
            here = order.get(item.field, len(order))
            first[place, item.source] = min(here, first.get((place, item.source), here))

    def key(one: tuple[str, Item]) -> tuple[int, str, str, int, int]:
        place, item = one
        here = order.get(item.field, len(order))
        if not item.record:
            return (here, "", "", 0, here)
        return (first[place, item.source], place, item.source, item.record, here)

    return sorted(items, key=key)


def together(lines: list[Line]) -> list[list[Line]]:
    """For the page: what stands in one record, for one period, is one row of it."""

    def same(line: Line) -> tuple[object, ...]:
        return (line.place, line.source, line.record, line.when, line.how_long)

    rows: list[list[Line]] = []
    for line in lines:
        if line.record and rows and same(rows[-1][0]) == same(line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def each_once(lines: list[Line]) -> list[Line]:
    """For the page: an address that is both a value and what we know somebody by is shown once.

    Requests and choices stand in sections of their own."""
    values = {(line.field, line.value) for line in lines if line.can_correct}
    return [
        line
        for line in lines
        if line.field not in ("troth.requests", "troth.choices")
        and (line.can_correct or (line.field, line.value) not in values)
    ]


def pass_for(
    client: str,
    right: str,
    fields: frozenset[str],
    persons: frozenset[int],
    *,
    actor: str = "",
    why: looks.Why | None = None,
) -> Pass:
    """The gate's pass for a right of persons who showed who they are. ``why``: for what a hand asks (T54)."""
    case = why.case if why is not None else ""
    act = Act(kind="answer", use=right, fields=fields, day=days.today(client), case=case)
    with transaction.atomic():
        return gate.must(act, client=client, persons=persons, actor=actor, facts=Facts(proved=True), why=why)


def _asked(
    client: str, plan: Plan, right: str, subject: Subject, actor: str, why: looks.Why | None
) -> list[Found | NotAnswered]:
    """Outside places come first, each with a pass of its own: a slow one must not outlive that of the next."""
    found, ours = list[Found | NotAnswered](), None
    for place in where.places(client):
        if place.name in plan.places:
            there = msgspec.structs.replace(why, place=place.name) if why is not None else None
            token = pass_for(client, right, frozenset(plan.fields), subject.persons, actor=actor, why=there)
        else:
            token = ours = ours or pass_for(
                client, right, frozenset(plan.fields), subject.persons, actor=actor, why=why
            )
        found.append(place.find(token, client, subject))
    return found


def _known_by(plan: Plan, proved: list[str], items: list[Item]) -> list[str]:
    """What is the person's own: what they proved, and the addresses and numbers that are held as theirs."""
    kinds = ("email address", "work email address", "phone number", "telephone number", "fax number")
    own = [one.value for one in items if one.field in plan.fields and plan.fields[one.field].kind in kinds]
    return [*proved, *own]


def _line(plan: Plan, place: str, item: Item, mine: list[str], hidden: str) -> Line:
    field = plan.fields.get(item.field)
    rule = item.binds or plan.rules.get(item.rule or (field.rule if field else ""))
    with_it = item.field in (others.WRITTEN, others.NOTED)  # a request: until that is answered, and not by a rule
    value = hidden or others.masked(field, item.value, mine, noted=item.field == others.NOTED)
    return Line(
        place=place,
        field=item.field,
        label=item.label,
        value=value,
        source=item.source,
        when=item.when,
        how_long=staying.until_of(rule) or (phrase("until we have answered you") if with_it else ""),
        id=f"{place}|{item.id}" if item.id else "",
        which=_which(item.value) if item.id else "",
        record=item.record,
        can_correct=bool(item.id)
        and field is not None
        and value == item.value  # half a text cannot be told from another
        and (place in plan.places or place == where.OURS),
    )


def _which(value: str) -> str:
    """A keyed mark of a value: it says nothing to whoever reads it in a list of pages that were seen."""
    return hmac.digest(master.derive("answer which"), value.encode(), "sha256").hex()[:12]


def _not_held(plan: Plan, held: set[str], kinds: frozenset[str]) -> list[str]:
    """What a form could have taken from somebody like this person, and did not."""
    asked = {name for one in plan.points.values() if one.way == "given" and one.of & kinds for name in one.fields}
    labels = {plan.fields[name].label for name in held if name in plan.fields}
    fields = (field for name, field in plan.fields.items() if name in asked - held)
    storable = (field for field in fields if field.form != "never stored")
    return sorted({field.label for field in storable} - labels)


def _unknown(plan: Plan, silent: list[NotAnswered]) -> set[str]:
    """What may stand in a place that has not answered: nobody knows that it is not held (UK GDPR Art 12(1), 15(1))."""
    places = [plan.places.get(one.place) for one in silent]
    return {name for name in plan.fields for one in places if (name in one.holds if one else plan.with_us(name))}


def _may_have(plan: Plan, held: set[str]) -> list[Had]:
    found = []
    for recipient in plan.recipients.values():
        labels = dict.fromkeys(one.label for name, one in plan.fields.items() if name in recipient.data & held)
        if labels:
            does = recipient.does or ", ".join(f"to {use}" for use in plan.purposes if use in recipient.purposes)
            found.append(Had(recipient=recipient.name, does=does, labels=", ".join(labels), last=None))
    return found
