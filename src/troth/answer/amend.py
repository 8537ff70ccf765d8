"""Correcting, choosing, objecting, restricting: UK GDPR Art 16, 7(3), 21, 18. Each works from the moment it is said."""

from __future__ import annotations

import msgspec
from django.db import transaction

from troth.answer import access, identity, requests, telling
from troth.answer.identity import Visitor
from troth.keep import recipients, where
from troth.parties import editions
from troth.people import choices, identities, standing
from troth.places.kinds import Receipt
from troth.policy.plan import Plan
from troth.policy.plan import Switch as Asked


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """One choice as the person's page shows it. ``state`` None: not answered, and nothing is chosen for them."""

    key: str
    stop: str
    words: str
    text: str
    state: bool | None
    said: str


def line(client: str, visitor: Visitor, id: str, value: str) -> access.Line | None:
    """The value that somebody wants to correct, if it is theirs. ``value`` tells twins apart."""
    found = access.gather(client, visitor.person, visitor.persons).lines
    mine = [one for one in found if one.id == id and one.can_correct]
    return next((one for one in mine if one.value == value), mine[0] if mine else None)


def correct(client: str, visitor: Visitor, line: access.Line, new: str) -> Receipt:
    """Change the value where it lives. A place that does not answer leaves an open request behind."""
    subject = where.subject(client, visitor.person, visitor.persons)
    token = access.pass_for(client, "rectify", frozenset({line.field}), subject.persons)
    place = next(one for one in where.places(client) if one.name == line.place)
    receipt = place.change(token, client, subject, line.field, line.value, new)
    telling.tell(client, visitor.person, "corrected")
    if receipt.state == "changed" and line.field in where.address_fields(editions.in_force(client).plan):
        _new_address(client, visitor.person, line.field, new)
    detail = {"field": line.field, "new": new} if receipt.state != "changed" else None
    asked = requests.open_request(client, visitor.person, "rectify", detail=detail)
    with transaction.atomic():
        recipients.note(client, asked.reference, "rectify", subject, {line.field}, new=new)
    if receipt.state == "changed":
        requests.close(client, asked.reference, "Corrected")
        recipients.begin(client, asked.reference)
    return receipt


def _new_address(client: str, person: int, field: str, new: str) -> None:
    """A new address is only typed until its mailbox answers; until then the old one is what we know them by."""
    identities.attach(client, person, field, new, verified=False)
    identity.confirm_address(client, person, "person's page")


def switches(client: str, persons: frozenset[int]) -> list[Switch]:
    """The questions that this person can answer here: those about them, not about a browser."""
    plan = editions.in_force(client).plan
    said = {one.stop: one for person in sorted(persons) for one in choices.of(client, person)}
    facts = [standing.facts(client, person) for person in sorted(persons)]
    kinds = frozenset().union(*(one.kinds for one in facts))
    found = []
    for switch in plan.switches.values():
        purpose = plan.purposes.get(switch.use)
        if switch.device or (purpose is not None and purpose.of.isdisjoint(kinds)):
            continue
        last = said.get(switch.stop)
        found.append(_switch(plan, switch, last))
    return found


def _switch(plan: Plan, switch: Asked, last: choices.Said | None) -> Switch:
    fresh = last is not None and (not last.state or last.key == switch.key)
    state = last.state if last is not None and fresh else None if switch.opens else True
    said = f"You said {'yes' if last.state else 'no'} on {last.at:%-d %B %Y}." if last is not None else ""
    return Switch(
        key=switch.key,
        stop=switch.stop,
        words=switch.words,
        text=f"For: {switch.use}." + (f" By {switch.recipient}." if switch.recipient else ""),
        state=state,
        said=said,
    )


def choose(client: str, visitor: Visitor, answers: dict[str, bool]) -> int:
    """Record what changed, and only that: a choice is an act of the person."""
    form = editions.in_force(client)
    shown = {one.key: one for one in switches(client, visitor.persons)}
    changed = 0
    with transaction.atomic():
        for key, state in answers.items():
            if (one := shown.get(key)) is None or one.state is state:
                continue
            for person in sorted(visitor.persons):
                choices.record(
                    client,
                    person=person,
                    key=key,
                    stop=one.stop,
                    state=state,
                    edition=form.number,
                    text=one.words,
                    how="person's page",
                )
            changed += 1
    return changed


def stop(client: str, visitor: Visitor, right: str, why: str) -> requests.Request:
    """Object or restrict: restricted at once. Every marketing switch is off from now: UK GDPR Art 21(3)."""
    detail = {"why": why} if why else None
    with transaction.atomic():
        asked = requests.open_request(client, visitor.person, right, detail=detail)
        ground = "objection" if right == "object" else "asked for by the person"
        for person in sorted(visitor.persons | {visitor.person}):
            standing.restrict(client, person, ground=ground, by="person")
        if right == "object":
            plan = editions.in_force(client).plan
            marketing = {key for key, switch in plan.switches.items() if switch.marketing}
            choose(client, visitor, dict.fromkeys(marketing, False))
        requests.step(client, asked.reference, "We keep your data and do not use it")
    return asked
