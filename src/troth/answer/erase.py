"""Asking for everything to be erased: told before, confirmed by a fresh link or code, told after."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.answer import access, complaining, identity, letters, others, refusing, requests, telling, weighing
from troth.answer.models import RequestRow
from troth.keep import erasure, holds, recipients, staying, where
from troth.parties import editions
from troth.people import identities, left, standing
from troth.places.kinds import Kept, NotAnswered
from troth.policy import periods
from troth.policy.emit import texts
from troth.policy.problems import Trouble
from troth.work import queue

UNCONFIRMED: Final = requests.UNCONFIRMED


class Goes(msgspec.Struct, frozen=True):
    what: str
    place: str
    count: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen, worked out from what every place answered just now."""

    goes: list[Goes]
    outside: list[str]  # places whose copies no key of ours makes unreadable
    stays: list[Kept]
    not_answered: list[NotAnswered]
    not_asked: list[access.NotAsked]
    undo: str
    requests_until: str
    by: dt.datetime

    @property
    def ours(self) -> bool:
        """Whether something of it is ours, sealed under a key that is destroyed."""
        return any(one.place not in self.outside for one in self.goes)


def tell(client: str, person: int, persons: frozenset[int]) -> Told:
    plan = editions.in_force(client).plan
    found = access.gather(client, person, persons)
    held = frozenset().union(*(standing.facts(client, one).held for one in persons | {person}))
    goes = staying.erasable(plan, held)
    complaints = [one.reference for one in requests.open_of(client, persons | {person}, complaining.RIGHT)]
    by_place: dict[str, list[access.Line]] = {}
    for line in found.lines:
        if line.field in goes or _said(line, complaints):
            by_place.setdefault(line.place, []).append(line)
    stays = staying.kept(plan, frozenset(line.field for line in found.lines) - {"troth.requests"}, held)
    ours = frozenset(line.field for line in found.lines if line.place == where.OURS or line.field == "troth.choices")
    marked = bool(staying.kept(plan, ours, held))  # of what stays in somebody else's database alone nothing tells again
    return Told(
        goes=[
            Goes(", ".join(dict.fromkeys(line.label for line in lines)), place, len(lines))
            for place, lines in by_place.items()
        ],
        outside=[place for place in by_place if place in where.outside(plan)],
        stays=[
            *stays,
            *([left.MARK] if marked else []),
            *([left.LISTED] if left.will_be_listed(client, persons | {person}) else []),
            *complaining.stays(client, persons | {person}),
        ],
        not_answered=found.not_answered,
        not_asked=found.not_asked,
        undo=_undo(client),
        requests_until=staying.until_of(staying.rule_of(plan, "troth.requests")),
        by=requests.due(client, "erase", timezone.now()),
    )


def _said(line: access.Line, complaints: list[str]) -> bool:
    """What was written with a request, which no rule names: it goes with the erasure that ends the request. Of a
    complaint it stays until that is answered (DPA 2018 s164A)."""
    written = line.field in (others.WRITTEN, others.NOTED)
    return written and not any(line.source.endswith(f"({one})") for one in complaints)


def _undo(client: str) -> str:
    span = editions.in_force(client).plan.answer.undo
    return f"{span.count} {span.unit}" if span is not None else ""


def want(client: str, person: int, persons: frozenset[int]) -> tuple[str, str]:
    """An open session asks. The data is restricted at once, and a fresh link goes to the address we hold.

    Returns the reference and the name of the asking, for the code form.
    """
    with transaction.atomic():  # the write lock is ours: a button that is pressed twice opens one request
        reference = _waiting(client, persons | {person})
        if not reference:
            reference = _open(client, person, persons)
            telling.tell(client, person, "erasing")  # once: pressed again, the button fills nobody's mailbox (T28)
    return reference, identity.ask_again(client, person, "erase", reference)


def _waiting(client: str, persons: frozenset[int]) -> str:
    """Whoever has an open request for this already is not given a second one (T30); but one that came another way waits
    for a hand, shuts nothing before that begins, and does not lapse: it is not this one."""
    for one in requests.open_of(client, persons, "erase"):
        by_hand = requests.HEARD in requests.detail(client, one.reference)
        if not by_hand or erasure.progress(client, one.reference) is not None:
            return one.reference
    return ""


def _open(client: str, person: int, persons: frozenset[int]) -> str:
    with transaction.atomic():
        opened = requests.open_request(client, person, "erase", letter=True)
        for one in sorted(persons | {person}):
            standing.restrict(client, one, ground=erasure.RESTRICTED, by="program")
    return opened.reference


def confirm(proved: identity.Proved) -> str:
    """The address was shown again: from here nothing brings the data back, but for the time that the policy gives."""
    client, person = proved.client, proved.person
    asked = requests.find(client, proved.reference) if proved.reference else None
    if asked is not None and asked.state != "open" and refusing.stands(client, asked.reference):
        return asked.reference  # they were told why
    reference = asked.reference if asked is not None and asked.state == "open" else ""  # it may have lapsed meanwhile
    reference = reference or _waiting(client, proved.persons | {person}) or _open(client, person, proved.persons)
    known = {"address": proved.address, "language": texts.spoken()}
    plan = editions.in_force(client).plan
    undo = plan.answer.undo
    begin = periods.add(undo, timezone.now(), zone=plan.zone) if undo is not None else None
    # The write lock is ours: it is refused before, or not at all any more. And whoever is said to have confirmed it has
    # it begun: stopped between the two, nobody would go on with it, and it would not lapse.
    with transaction.atomic():
        requests.remember(client, reference, requests.detail(client, reference) | known)
        requests.step(client, reference, "You confirmed it from your address")
        if not refusing.stands(client, reference):  # else the letter that says why is on its way to this address
            erasure.erase(client, person, reference, persons=proved.persons, not_before=begin)
    return reference


def unconfirmed(client: str, asked: requests.Request) -> bool:
    """Whether nothing is erased yet, because the address was not shown again."""
    mine = asked.right == "erase" and asked.state == "open" and asked.letter == "wanted"
    return mine and not requests.detail(client, asked.reference) and erasure.progress(client, asked.reference) is None


def regret(client: str, person: int, reference: str) -> str:
    """Ask to take it back; the same proof is needed as for asking. Returns the name of the asking."""
    return identity.ask_again(client, person, "undo", reference)


def take_back(proved: identity.Proved) -> bool:
    """The way back, while there is one: nothing was erased, and the restriction ends with the request. All of it or
    nothing: stopped half-way, it would stand open with nothing to take back, and restricted for good."""
    client, reference = proved.client, proved.reference
    with transaction.atomic():
        persons = erasure.persons(client, reference) | proved.persons | {proved.person}
        asked = requests.find(client, reference)
        if asked is None or not erasure.take_back(client, reference):
            return False
        requests.close(client, reference, "You took it back, so nothing was erased")
        requests.forget(client, reference)
        _used_again(client, asked, persons, by="person")
    recipients.begin(client, reference)
    return True


def _used_again(client: str, asked: requests.Request, persons: frozenset[int], *, by: str) -> None:
    """The restriction that came with it ends, and whoever was told of one hears that, if it was the last: they are told
    after the transaction in which this runs."""
    for person in sorted(persons):
        standing.unrestrict(client, person, by=by, ground=erasure.RESTRICTED)
    weighing.ended(client, asked, persons)


def done(client: str, reference: str) -> None:
    """Every place has answered twice: the request closes itself, and the letter goes."""
    row = RequestRow.objects.filter(client=client, reference=reference).first()
    if row is None or holds.waits(client, reference):
        return  # what stays on one person's word is not told yet: a second one agrees, or it goes (T33)
    progress = erasure.progress(client, reference)
    requests.close(client, reference, letters.outcome(progress))
    if progress and not any(staying.on_hold(one) for one in progress.kept):
        _overtake(client, erasure.persons(client, reference) | {row.person})
    if row.letter == "wanted" and row.detail is not None:
        queue.add("answer-letter", {"request": row.pk}, client=client, once=f"letter {reference}")
    elif row.detail is not None and requests.HEARD not in requests.detail(client, reference):
        # asked by hand, and so answered by hand: what staff wrote down has had its use
        requests.forget(client, reference)


def _overtake(client: str, persons: frozenset[int]) -> None:
    """What is about data that is gone ends with it: an objection or a restriction, because what an erasure leaves
    serves the law or a proof alone; a correction, because the value stands nowhere. Nobody has to settle it any more,
    nor to look up by hand what is to be forgotten (UK GDPR Art 5(1)(c)). The letter of the erasure names them."""
    for row in RequestRow.objects.filter(client=client, person__in=persons, state="open", right__in=requests.OVERTAKEN):
        if row.right == "erase" and erasure.progress(client, row.reference) is not None:
            continue  # it has begun, and ends by itself
        requests.close(client, row.reference, requests.OVERTAKEN[row.right])
        requests.forget(client, row.reference)


@queue.handler("answer-letter")
def send_letter(payload: dict[str, str | int]) -> None:
    row = RequestRow.objects.filter(pk=int(payload["request"]), letter="wanted").first()
    if row is not None:
        letters.send(row.client, row.reference)
        requests.letter_gone(row.client, row.reference)


def over(visitor: identity.Visitor) -> str:
    """The reference of an erasure that was carried out while this session was open, or ''. From then the session
    reaches its receipt and nothing else: what must stay is named there, and is no page of anybody's any more."""
    persons = visitor.persons | {visitor.person}
    rows = RequestRow.objects.filter(client=visitor.client, person__in=persons, right="erase").order_by("-pk")
    for row in rows:
        found = erasure.progress(visitor.client, row.reference)
        if found is None or found.said == "not finished" or visitor.since is None:
            continue
        if found.finished is None or found.finished >= visitor.since:
            return row.reference
    return ""


def lapse(client: str) -> int:
    """A request that nobody confirmed ends by itself, and the restriction that came with it, once they were told (UK
    GDPR Art 18(3)): while no mail can go it stands, and the next night tries again."""
    rows = RequestRow.objects.filter(client=client, right="erase", state="open", detail__isnull=True)
    return sum(_lapsed(row) for row in list(rows.filter(opened__lt=timezone.now() - UNCONFIRMED)))


def _lapsed(row: RequestRow) -> bool:
    client, reference = row.client, row.reference
    if not _is_unconfirmed(client, reference):
        return False
    try:
        telling.now(client, row.person, "lapsed")
    except Trouble:
        return False
    with transaction.atomic():
        asked = _is_unconfirmed(client, reference)
        if asked is None:
            return False  # they confirmed it while the mail went
        requests.close(client, reference, "You did not confirm it, so nothing was erased")
        _used_again(client, asked, frozenset(identities.reach(client, row.person) | {row.person}), by="program")
    recipients.begin(client, reference)
    return True


def _is_unconfirmed(client: str, reference: str) -> requests.Request | None:
    asked = requests.find(client, reference)
    return asked if asked is not None and unconfirmed(client, asked) else None
