"""Correcting, choosing, objecting, restricting: UK GDPR Art 16, 7(3), 21, 18. Each works from the moment it is said."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from typing import Final, Literal

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.answer import access, hands, identity, requests, telling
from troth.answer.identity import Proved, Visitor
from troth.collect import forms
from troth.keep import erasure, handed, recipients, where
from troth.keep.stores import ByHand
from troth.parties import editions
from troth.people import choices, identities, standing, store
from troth.places.kinds import Receipt, Subject
from troth.policy.deciding import Facts
from troth.policy.emit import texts
from troth.policy.emit.naming import day
from troth.policy.emit.texts import named, own, phrase
from troth.policy.plan import Plan
from troth.policy.plan import Switch as Asked
from troth.work import queue

WAITS: Final = dt.timedelta(days=7)
AGAIN: Final = dt.timedelta(minutes=10)
ON_PAGE: Final = "person's page"
ANOTHER_WAY: Final = "asked another way"  # by post, or as staff wrote it down
NOT_ASKED: Final = "The law lets us do this without asking, and lets you say no."
GOING: Final = "It is being erased."
BEFORE: Final = "An earlier correction of it waits there."
CONTESTED: Final = standing.CONTESTED
WHY: Final = {  # each ground of a restriction, as the person reads it
    CONTESTED: "You said that something is wrong, and it is not settled yet.",
    "objection": "You objected.",
    "asked for by the person": "You asked us to.",
    erasure.RESTRICTED: "You asked us to erase it.",
}
RESTS: Final = "While your data is kept and not used, that rests. Say yes anew, and we do this, and nothing else."


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """One choice as the person's page shows it. ``state`` None: not answered, or a yes that rests while their data is
    restricted, and nothing is chosen for them."""

    key: str
    stop: str
    words: str
    text: str
    opens: bool
    state: bool | None
    said: str


def line(client: str, visitor: Visitor, id: str, value: str, *, which: str = "", new: str = "") -> access.Line | None:
    """The value that somebody wants to correct, if it is theirs. Several may stand under one id, as in the rows of a
    table: ``value``, or its mark ``which``, tells them apart, and none is ever taken for another. One that says ``new``
    already was corrected a moment ago, as when the form is sent twice."""
    found = access.gather(client, visitor.person, visitor.persons).lines
    mine = [one for one in found if one.id == id and one.can_correct]
    said = [one for one in mine if (one.value == value if value else one.which == which)]
    said = said or [one for one in mine if len(mine) == 1 or not (value or which) or (new and one.value == new)]
    return said[0] if said else None


def declared(client: str, line: access.Line, new: str) -> forms.Declared:
    """What somebody wants it to say, in the form that the policy declares, or what is wrong with it."""
    return forms.as_declared(client, editions.in_force(client).plan, line.field, new)


def has_lines(client: str, line: access.Line) -> bool:
    """Whether it may have several lines."""
    return "\n" in line.value or forms.has_lines(editions.in_force(client).plan.fields[line.field])


def correct(client: str, visitor: Visitor, line: access.Line, new: str) -> Receipt:
    """Change the value where it lives. A place that does not answer leaves an open request that asks it again; asked
    once more of the same value, it is the same request, with what was said last (T30). What says so already, as when
    the form is sent twice, is no second correction: nobody is told twice."""
    with transaction.atomic():  # the write lock is ours, so that what is sent twice at once is one
        reference = _correction(client, visitor, line, new)
    done = Receipt(place=line.place, state="changed", how="read back by us")
    if not reference:
        return done
    receipt = again(client, reference)
    # Another tab may have ended the same request meanwhile: what counts is what stands there now.
    return done if receipt.state == "nothing held" and _says(client, visitor, line, new) else receipt


def _says(client: str, visitor: Visitor, line: access.Line, new: str) -> bool:
    lines = access.gather(client, visitor.person, visitor.persons).lines
    return any((one.place, one.field, one.value) == (line.place, line.field, new) for one in lines)


def _correction(client: str, visitor: Visitor, line: access.Line, new: str) -> str:
    """The request of it, open or opened now; '' where it says so already and everywhere."""
    wanted = _wanted(visitor, line, new)
    for one in requests.open_of(client, visitor.persons | {visitor.person}, "rectify"):
        known = requests.detail(client, one.reference)
        if line.value == new and (known.get("field"), known.get("new")) == (line.field, new):
            return one.reference  # it says so here, and not yet everywhere
        if all(known.get(name) == wanted[name] for name in ("field", "place", "old")):
            requests.remember(client, one.reference, wanted)
            return one.reference
    if line.value == new:
        return ""
    return requests.open_request(client, visitor.person, "rectify", detail=wanted).reference


def address_field(client: str, line: access.Line) -> bool:
    """Whether this is an address by which we know somebody: it is not corrected by an open session alone (T21)."""
    return line.field in where.address_fields(editions.in_force(client).plan)


def change_address(client: str, visitor: Visitor, line: access.Line, new: str) -> str:
    """Somebody wants to be known by another address. Nothing changes until both mailboxes answered: the one that we
    know, so that an open session is not enough, and the new one. Returns the name of the asking, for the code form."""
    wanted = _wanted(visitor, line, new)
    with transaction.atomic():
        mine = requests.open_of(client, visitor.persons | {visitor.person}, "rectify")
        # The very same is asked for again; another address is another request: what was sent out confirms no other one.
        again = (one.reference for one in mine if wanted.items() <= requests.detail(client, one.reference).items())
        reference = next(again, "")
        if not reference:
            reference = requests.open_request(client, visitor.person, "rectify", detail=wanted).reference
            telling.tell(client, visitor.person, "readdressing")
    return identity.ask_again(client, visitor.person, "change", reference)


def unconfirmed(client: str, asked: requests.Request) -> bool:
    """Whether an address is still to be changed by whoever reads both mailboxes: until then nobody else can (T21)."""
    wanted = requests.detail(client, asked.reference) if asked.state == "open" and asked.right == "rectify" else {}
    known = where.address_fields(editions.in_force(client).plan)
    return wanted.get("field") in known and "persons" in wanted and "confirmed" not in wanted


def ask_new(proved: Proved) -> str:
    """The old mailbox said yes: now the new one is asked. Returns the name of the asking."""
    wanted = requests.detail(proved.client, proved.reference)
    if not wanted:
        return ""
    with transaction.atomic():
        identities.attach(proved.client, proved.person, wanted["field"], wanted["new"], verified=False)
        requests.step(proved.client, proved.reference, "You confirmed it from your address")
    return identity.confirm_new(proved.client, proved.person, wanted["new"], proved.reference)


def readdress(proved: Proved) -> Receipt:
    """Both mailboxes answered: the value changes where it stands, and the old address proves nothing any more."""
    if wanted := requests.detail(proved.client, proved.reference):
        requests.remember(proved.client, proved.reference, wanted | {"confirmed": "yes"})
    return again(proved.client, proved.reference)


def again(client: str, reference: str) -> Receipt:
    """Do what a request to correct wants, as far as its place answers. Done everywhere, it closes and forgets the
    value; where a hand must do it, it stays open until somebody says so."""
    wanted, asked = requests.detail(client, reference), requests.find(client, reference)
    if "persons" not in wanted or asked is None or asked.state != "open":
        return Receipt(place="", state="nothing held")
    if erasure.under_way(client, hands.persons(wanted)):  # it ends with what was to be corrected
        _ask_again(client, reference)
        return Receipt(place=wanted["place"], state="not answered", why=GOING)
    if wanted.get("corrected"):
        return _end(client, asked, wanted)
    if _goes_before(client, asked, wanted):
        _ask_again(client, reference)
        return Receipt(place=wanted["place"], state="not answered", why=BEFORE)
    subject = where.subject(client, asked.person, hands.persons(wanted))
    receipts = _changed_everywhere(client, subject, wanted)
    receipt = _together(wanted, receipts)
    silent = [one for one in receipts.values() if one.state == "not answered"]
    if silent and any(one.state == "changed" for one in receipts.values()):
        requests.remember(client, reference, wanted | {"begun": "yes"})
    if receipt.state == "changed":
        return _corrected(client, asked, subject, wanted, receipt)
    if receipt.state == "not answered":
        _contested(client, reference, asked.person, subject, wanted["field"])
        if receipt.why != hands.WHY:
            _ask_again(client, reference)
    else:
        with transaction.atomic():  # before it is closed nothing is used again, and nobody would ask a second time
            _use_again(client, asked)
            requests.close(client, reference, "It did not stand there any more")
        hands.end(client, reference, wanted)
    return receipt


def by_hand(client: str, reference: str, place: str, *, by: str, evidence: str) -> bool:
    """Somebody corrected it where no program can, and says how that is known. False: nothing waits for a hand there, or
    how it is known was not said."""
    with transaction.atomic():
        asked = requests.find(client, reference)
        if asked is None or not by or not evidence.strip() or place not in hands.waiting(client, asked):
            return False
        wanted = hands.said(requests.detail(client, reference), place, evidence)
        requests.remember(client, reference, wanted)
        requests.step(client, reference, hands.SAID, actor=by)
        handed.correct(client, place, hands.persons(wanted), wanted["field"], wanted["old"], wanted["new"])
        _ask_again(client, reference)  # should we be stopped before the next line
    again(client, reference)
    return True


def _goes_before(client: str, asked: requests.Request, wanted: dict[str, str]) -> bool:
    """Whether a silent place is still to be given the value that this corrects: out of turn, the older would win."""
    for one in requests.open_of(client, hands.persons(wanted), "rectify"):
        known = requests.detail(client, one.reference)
        same = known.get("field") == wanted["field"] and known.get("new") == wanted["old"]
        begun = known.get("begun") and not known.get("corrected")
        if one.reference != asked.reference and same and begun and known["place"] not in hands.left(client, known):
            return True
    return False


def _ask_again(client: str, reference: str) -> None:
    queue.add("answer-rectify", {"client": client, "reference": reference}, client=client, not_before=_later())


def _changed_everywhere(client: str, subject: Subject, wanted: dict[str, str]) -> dict[str, Receipt]:
    """Ask each place that holds such a value, so that the old one stands nowhere: GDPR Art 5(1)(d), 16. What a hand
    must do in another place than the one that was named follows when the rest is done."""
    plan, field, receipts = editions.in_force(client).plan, wanted["field"], dict[str, Receipt]()
    for place in where.places(client):
        named = place.name == wanted["place"]
        holds = place.name == where.OURS or (place.name in plan.places and field in plan.places[place.name].holds)
        if isinstance(place, ByHand):
            if named:
                receipts[place.name] = _said_by_hand(client, wanted)
        elif named or holds:
            token = access.pass_for(client, "rectify", frozenset({field}), subject.persons)
            receipts[place.name] = place.change(token, client, subject, field, wanted["old"], wanted["new"])
    if wanted["place"] not in receipts:
        why = "Our policy names this place no more."
        receipts[wanted["place"]] = Receipt(place=wanted["place"], state="not answered", why=why)
    return receipts


def _said_by_hand(client: str, wanted: dict[str, str]) -> Receipt:
    if wanted["place"] in hands.left(client, wanted):
        return Receipt(place=wanted["place"], state="not answered", why=hands.WHY)
    return Receipt(place=wanted["place"], state="changed", how="claimed by them")


def _together(wanted: dict[str, str], receipts: dict[str, Receipt]) -> Receipt:
    """One silent place makes the whole silent; a place that a program can ask before one that waits for a hand."""
    order = ("not answered", "changed", "nothing held")

    def rank(one: Receipt) -> tuple[int, bool]:
        return (order.index(one.state) if one.state in order else len(order)), one.why == hands.WHY

    found = min(receipts.values(), key=rank)
    begun = found.state == "nothing held" and wanted.get("begun")
    return msgspec.structs.replace(found, state="changed") if begun else found


def _corrected(
    client: str, asked: requests.Request, subject: Subject, wanted: dict[str, str], receipt: Receipt
) -> Receipt:
    with transaction.atomic():
        telling.tell(client, asked.person, "corrected")
        recipients.note(client, asked.reference, "rectify", subject, {wanted["field"]}, new=wanted["new"])
        _retire(client, subject.persons, wanted)
        _use_again(client, asked)
        wanted |= {"corrected": "yes"}
        if hands.left(client, wanted):
            requests.remember(client, asked.reference, wanted)
            requests.step(client, asked.reference, hands.PARTLY)
        else:
            requests.close(client, asked.reference, "Corrected")
            hands.end(client, asked.reference, wanted)
    recipients.begin(client, asked.reference)
    return receipt


def _end(client: str, asked: requests.Request, wanted: dict[str, str]) -> Receipt:
    """What a program can correct is corrected since, and a hand did some of the rest: the last one closes it."""
    if left := hands.left(client, wanted):
        return Receipt(place=left[0], state="not answered", why=hands.WHY)
    with transaction.atomic():
        requests.close(client, asked.reference, "Corrected")
        hands.end(client, asked.reference, wanted)
        telling.tell(client, asked.person, "corrected by hand")
        _use_again(client, asked)
    return Receipt(place=wanted["place"], state="changed", how="claimed by them")


def _retire(client: str, persons: frozenset[int], wanted: dict[str, str]) -> None:
    """The address that was corrected proves nothing any more: who reads that mailbox next is not this person. A number
    or a name by which we know somebody goes, too, and the right one says only what was typed (GDPR Art 5(1)(d))."""
    plan = editions.in_force(client).plan
    field = plan.fields.get(wanted["field"])
    if field is None or field.identifies != "person":
        return
    for person in sorted(persons):
        gone = identities.drop(client, person, field.name, wanted["old"])
        if gone and field.name not in where.address_fields(plan):
            identities.attach(client, person, field.name, wanted["new"], verified=False)


def lapse(client: str) -> int:
    """A new address that its mailbox never confirmed is forgotten, and the request that named it ends by itself."""
    old = [one for one in requests.of_client(client) if one.right == "rectify" and one.opened < timezone.now() - WAITS]
    ended = 0
    for one in old:
        wanted = requests.detail(client, one.reference)
        if wanted.get("field") not in where.address_fields(editions.in_force(client).plan) or "confirmed" in wanted:
            continue
        for known in identities.of(client, one.person):
            if known.verified_at is None and known.field == wanted["field"] and known.value == wanted["new"]:
                identities.drop_one(client, one.person, known.id)
        with transaction.atomic():  # as in ``again``
            _use_again(client, one)
            requests.close(client, one.reference, "You did not confirm it, so nothing changed")
            requests.forget(client, one.reference)
        ended += 1
    return ended


def _contested(client: str, reference: str, person: int, subject: Subject, field: str) -> None:
    """Said to be wrong and not yet put right, it is kept and not used: UK GDPR Art 18(1)(a). Which value that is stands
    with it, for no yes opens that one."""
    shut = [one for one in standing.of(client, person) if one.ground == CONTESTED]
    if not any(field in one.fields or not one.fields for one in shut):
        with transaction.atomic():
            standing.restrict(client, person, ground=CONTESTED, by="program", fields={field})
            recipients.note(client, reference, "restrict", subject, {field})
        recipients.begin(client, reference)


def _use_again(client: str, asked: requests.Request) -> None:
    """It is right now, or gone: what was contested may be used again, once they know (UK GDPR Art 18(3))."""
    if CONTESTED in {one.ground for one in standing.of(client, asked.person)}:
        payload: queue.Payload = {"client": client, "person": asked.person, "reference": asked.reference}
        queue.add("answer-used-again", payload, client=client, once=f"used again {client} {asked.person}")


@queue.handler("answer-used-again")
def _used_again(payload: dict[str, str | int]) -> None:
    """Nothing is lifted before the mail has gone; where no address was ever proved, whoever answers them tells them.
    While another value of theirs is wrong yet, it stands."""
    client, person, reference = str(payload["client"]), int(payload["person"]), str(payload["reference"])
    if CONTESTED not in {one.ground for one in standing.of(client, person)} or wrong_yet(client, {person}):
        return
    telling.now(client, person, "used again")
    with transaction.atomic():
        if wrong_yet(client, {person}):
            return  # they said so while the mail went: what ends that asks again
        standing.unrestrict(client, person, by="program", ground=CONTESTED)
        subject = where.subject(client, person, frozenset(identities.reach(client, person)))
        recipients.note(client, reference, "lifted", subject, store.fields_held(client, person))
    recipients.begin(client, reference)


def wrong_yet(client: str, persons: Collection[int], *, but: str = "") -> bool:
    """Whether a value of theirs is to be put right yet, by another request than ``but``: until then what they contest
    is not used."""
    asked = (one for one in requests.open_of(client, persons, "rectify") if one.reference != but)
    wanted = (requests.detail(client, one.reference) for one in asked)
    return any("persons" in one and not one.get("corrected") for one in wanted)


@queue.handler("answer-rectify")
def _job(payload: dict[str, str | int]) -> None:
    again(str(payload["client"]), str(payload["reference"]))


def _later() -> dt.datetime:
    return timezone.now() + AGAIN


def _wanted(visitor: Visitor, line: access.Line, new: str) -> dict[str, str]:
    persons = msgspec.json.encode(sorted(visitor.persons)).decode()
    return {"field": line.field, "place": line.place, "old": line.value, "new": new, "persons": persons}


class Unused(msgspec.Struct, frozen=True, kw_only=True):
    """That a person's data is kept and not used: since when, why, what is contested, what they said yes to since.
    ``last``: the number of the restriction that came last; ``asks``: whether a yes of theirs could open anything."""

    since: dt.datetime
    last: int
    asks: bool
    why: list[str]
    contested: list[str]
    renewed: list[str]


def unused(client: str, persons: frozenset[int], shown: list[Switch]) -> Unused | None:
    """What stays restricted, for the person's page, which has ``shown`` these questions; None: nothing is."""
    found = [one for person in sorted(persons) for one in standing.of(client, person) if one.kind == "restriction"]
    if not found:
        return None
    plan, facts = editions.in_force(client).plan, [standing.facts(client, one) for one in sorted(persons)]
    contested = frozenset().union(*(one.contested for one in facts))
    return Unused(
        since=min(one.since for one in found),
        last=max(one.id for one in found),
        asks=any(one.opens for one in shown),
        why=list(dict.fromkeys(phrase(WHY[one.ground]) for one in found if one.ground in WHY)),
        contested=sorted({plan.fields[one].label for one in contested if one in plan.fields}),
        renewed=[one.words for one in plan.switches.values() if _state_anew(facts, one) == "renewed"],
    )


def _state_anew(facts: list[Facts], switch: Asked) -> Literal["", "rests", "renewed"]:
    """What a yes is worth while use is restricted: UK GDPR Art 18(2). '': use is not, nobody said it, or what it is to
    waits for no yes: then none brings it back."""
    shut = [one for one in facts if one.restricted and switch.key in one.yes] if switch.opens else []
    if not shut:
        return ""
    return "renewed" if all(switch.key in one.renewed for one in shut) else "rests"


def switches(client: str, persons: frozenset[int]) -> list[Switch]:
    """The questions that this person can answer here: those about them, not about a browser, and whatever they answered
    once: a yes is taken back where it is seen (UK GDPR Art 7(3))."""
    plan = editions.in_force(client).plan
    every = (one for person in persons for one in choices.of(client, person))
    said = {one.stop: one for one in sorted(every, key=lambda one: one.entry)}
    facts = [standing.facts(client, person) for person in sorted(persons)]
    kinds = frozenset().union(*(one.kinds for one in facts))
    found = []
    for switch in plan.switches.values():
        purpose = plan.purposes.get(switch.use)
        last, others = said.get(switch.stop), purpose is not None and purpose.of.isdisjoint(kinds)
        if switch.device or (others and last is None):
            continue
        found.append(_switch(plan, switch, last, rests=_state_anew(facts, switch) == "rests"))
    return found


def _switch(plan: Plan, switch: Asked, last: choices.Said | None, *, rests: bool) -> Switch:
    fresh = last is not None and (not last.state or last.key == switch.key)
    state = last.state if last is not None and fresh else None if switch.opens else True
    said = (
        phrase("You said yes on {day}." if last.state else "You said no on {day}.", day=day(plan.day(last.at)))
        if last
        else ""
    )
    if rests and state:
        state, said = None, f"{said} {phrase(RESTS)}"
    why = phrase("To {use}.", use=own(switch.use)) if switch.opens else phrase(NOT_ASKED)
    by = [phrase("By {recipient}.", recipient=named(switch.recipient))] if switch.recipient else []
    return Switch(
        key=switch.key,
        stop=switch.stop,
        words=own(switch.words),
        opens=switch.opens,
        text=" ".join([why, *by]),
        state=state,
        said=said,
    )


def choose(client: str, visitor: Visitor, answers: dict[str, bool], *, how: str = ON_PAGE) -> int:
    """Record what changed, and only that: a choice is an act of the person. ``how``: where they said it. A yes on the
    page of somebody whose data is restricted was said in view of that, for the page says what it opens."""
    form = editions.in_force(client)
    shown = {one.key: one for one in switches(client, visitor.persons)}
    older = {key for key, state in answers.items() if not state and key not in shown}
    meant = dict.fromkeys(_asked_before(client, form.number, older, shown), False)
    changed = 0
    with transaction.atomic():
        for key, state in (answers | meant).items():
            if (one := shown.get(key)) is None or one.state is state:
                continue
            for person in sorted(visitor.persons):
                knowing = state and how == ON_PAGE and standing.facts(client, person).restricted
                choices.record(
                    client,
                    person=person,
                    key=key,
                    stop=one.stop,
                    state=state,
                    edition=form.number,
                    text=one.words,
                    how=standing.ANEW if knowing else how,
                )
            changed += 1
    return changed


def _asked_before(client: str, number: int, older: set[str], shown: dict[str, Switch]) -> list[str]:
    """The questions of today to which a no on a page of an earlier edition belongs: a no is to a name, whatever became
    of the question meanwhile, and is never lost (UK GDPR Art 7(3)). A yes to other words is none."""
    stops = set[str]()
    for earlier in range(number - 1, 0, -1):
        if not older:
            break
        asked = editions.numbered(client, earlier).plan.switches
        stops |= {asked[key].stop for key in older & asked.keys()}
        older = older - asked.keys()
    return [key for key, one in shown.items() if one.stop in stops]


def wording(asked: list[Switch], shut: Unused | None) -> str:
    """A fingerprint of the questions as they are read, and of the restriction in view of which they are."""
    told = "\n".join([*(f"{one.key} {one.words}" for one in asked), *([str(shut.last)] if shut else [])])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def counting(client: str, visitor: Visitor, answers: dict[str, bool], read: str) -> dict[str, bool]:
    """Which of these answers count: all, where the page showed the questions of today (``read`` is their ``wording``);
    else each no, since a yes is to words that somebody read, and we must be able to show them (UK GDPR Art 7(1)). One
    that was read before use was restricted is to less than it would open now (Art 18(2))."""
    shown = switches(client, visitor.persons)
    if read == wording(shown, unused(client, visitor.persons | {visitor.person}, shown)):
        return answers
    return {key: state for key, state in answers.items() if not state}


@transaction.atomic  # the write lock is ours: what restricts use comes before all of it, or after
def answered(client: str, visitor: Visitor, answers: dict[str, bool], read: str) -> bool:
    """Save what they answered on a page, as far as it counts. Whether all of it did."""
    counts = counting(client, visitor, answers, read)
    choose(client, visitor, counts)
    return counts == answers


def stop(client: str, visitor: Visitor, right: str, why: str) -> requests.Request:
    """Object or restrict: restricted at once. Every marketing switch is off from now: UK GDPR Art 21(3).

    One open request of a kind a person (T30): asked again, it is the same one, with what they wrote last."""
    persons, plan = visitor.persons | {visitor.person}, editions.in_force(client).plan
    detail = {"why": why} if why else {}
    if len(plan.languages) > 1:
        detail["language"] = texts.spoken()  # for our answer, and gone with it
    with transaction.atomic():  # the write lock is ours: a button that is pressed twice is pressed once
        if mine := next(iter(requests.open_of(client, persons, right)), None):
            if why and "because" not in (known := requests.detail(client, mine.reference)):
                requests.remember(client, mine.reference, known | {"why": why})
            return mine
        asked = requests.open_request(client, visitor.person, right, detail=detail)
        stopped(client, visitor, asked)
    recipients.begin(client, asked.reference)
    return asked


def stopped(client: str, visitor: Visitor, asked: requests.Request, *, by: str = "person") -> None:
    """From here nothing of theirs is used. In a transaction; the recipients are told after it."""
    plan, held = editions.in_force(client).plan, set[str]()
    ground = "objection" if asked.right == "object" else "asked for by the person"
    for person in sorted(visitor.persons | {visitor.person}):
        standing.restrict(client, person, ground=ground, by=by)
        held |= store.fields_held(client, person)
    whom = where.subject(client, visitor.person, visitor.persons)
    recipients.note(client, asked.reference, "restrict", whom, held)
    if asked.right == "object":
        marketing = {key for key, switch in plan.switches.items() if switch.marketing}
        choose(client, visitor, dict.fromkeys(marketing, False), how=ON_PAGE if by == "person" else ANOTHER_WAY)
    requests.step(client, asked.reference, "We keep your data and do not use it", actor="" if by == "person" else by)
