"""A complaint about how we handle data: acknowledged in time, looked into, and its outcome told: DPA 2018 s164A.

It counts whichever way it comes: a form of the policy, the page, or written down by staff. What it says, what was found
and what is written about it is sealed with its request, and goes when its outcome was told.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.answer import complaints, identity, limits, mail, others, reading, requests
from troth.answer.models import Complaint, Heard
from troth.keep import where
from troth.ledger import entries
from troth.parties import days, editions, speech
from troth.people import identities, store
from troth.places.kinds import Kept
from troth.policy import periods
from troth.policy.emit import texts
from troth.policy.emit.naming import day
from troth.policy.emit.texts import phrase
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.work import queue

RIGHT: Final = "complain"
MOST: Final = 4000  # letters of a complaint, a finding, a message
ALL: Final = 20_000  # letters of what one person wrote about it in all
SILENT: Final = dt.timedelta(days=30)  # so long nobody hears nothing of us: s164A(4), without undue delay
TWICE: Final = dt.timedelta(hours=1)  # the same words from the same address within this are one complaint
FOUND: Final[dict[str, str]] = {
    "upheld": "You were right.",
    "in part": "You were right in part.",
    "not upheld": "As far as we can find out we did what we should.",
    "not ours": "It is not about what we do with data, so we cannot decide it.",
}
OUTCOMES: Final = {
    "upheld": "We told you that you were right",
    "in part": "We told you that you were right in part",
    "not upheld": "We told you that we did what we should",
    "not ours": "We told you that it is not about our use of data",
}
TOLD: Final = {
    "had": "We wrote to you that we have it",
    "progress": "We wrote to you how it goes on",
    "outcome": "We wrote to you what came of it",
}
LOOKED: Final = "We looked into it"
AGAIN: Final = "You wrote more about it"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One complaint as the desk shows it: nothing that was written. ``waits``: what is to be told by hand."""

    reference: str
    source: str
    by_day: dt.datetime
    acknowledged: dt.datetime | None
    heard: dt.datetime
    outcome: str
    told: dt.datetime | None
    waits: str
    by_mail: bool


# It comes ---------------------------------------------------------------------------------------------------------


def open_one(client: str, person: int, detail: dict[str, str], *, source: str) -> str:
    """Take one down that came just now; ``detail`` has what they wrote (``why``) and where to answer (``address``).

    One open complaint a person (T30): what they write meanwhile is added to it. Returns its reference.
    """
    with transaction.atomic():  # the write lock is ours: a form that is sent twice at once is one complaint
        if person and (mine := requests.open_of(client, identities.reach(client, person) | {person}, RIGHT)):
            _more(client, mine[0].reference, detail.get("why", ""))
            return mine[0].reference
        if not person and (same := _sent_twice(client, detail)):
            return same
        opened = requests.open_request(client, person, RIGHT, detail=detail | {requests.HEARD: source})
        begin(client, opened, source=source)
    acknowledge(client, opened.reference)
    return opened.reference


def _sent_twice(client: str, detail: dict[str, str]) -> str:
    """The complaint that the very same form made a moment ago, or ''."""
    for reference in requests.lately(client, RIGHT, timezone.now() - TWICE):
        known = requests.detail(client, reference)
        if all(known.get(name, "") == text for name, text in detail.items()):
            return reference
    return ""


def _more(client: str, reference: str, text: str) -> None:
    known = requests.detail(client, reference)
    whole = f"{known.get('why', '')}\n\n{text.strip()}".strip()
    if text.strip() and len(whole) <= ALL and text.strip() not in known.get("why", ""):
        requests.remember(client, reference, known | {"why": whole})
        requests.step(client, reference, AGAIN)


def begin(client: str, asked: requests.Request, *, source: str) -> None:
    """Its clock, from the day on which it came; in the transaction that opened its request."""
    until = by_day(client, asked.opened)
    Complaint.objects.create(
        client=client, reference=asked.reference, source=source, by_day=until, heard=asked.opened
    )  # fmt: skip
    requests.put_off(client, asked.reference, until)


def by_day(client: str, came: dt.datetime) -> dt.datetime:
    """Until when it is acknowledged: as the policy promises, never later than the law's 30 days."""
    plan = editions.in_force(client).plan
    law, within = requests.due(client, RIGHT, came), plan.answer.acknowledges_within
    span = periods.span(within)
    return law if span is None else min(law, periods.add(span, came, zone=plan.zone))


def came_by_form(client: str, person: int, point: str) -> None:
    """A form of the policy was filled in: where it takes a complaint and one was written, that is one."""
    plan = editions.in_force(client).plan
    kinds = {name for name in store.fields_held(client, person) if name in plan.fields}
    if not any(plan.fields[name].kind == "complaint" for name in kinds & plan.points[point].fields):
        return
    typed = [one.value for one in identities.of(client, person) if one.field in where.address_fields(plan)]
    may = bool(typed) and limits.allowed(client, f"complaint {typed[-1].casefold()}", typed[-1])
    detail = {"address": typed[-1], "language": texts.spoken()} if may else {"post": "in the form that they filled in"}
    open_one(client, person, detail, source="form")


# Looking into it --------------------------------------------------------------------------------------------------


def of(client: str, reference: str) -> State | None:
    row = Complaint.objects.filter(client=client, reference=reference).first()
    if row is None:
        return None
    known = requests.detail(client, reference)
    waits = next((what for what in ("outcome", "progress") if f"say {what}" in known), "")
    if not waits and row.acknowledged is None:
        waits = "had"
    return State(
        reference=row.reference, source=row.source, by_day=row.by_day, acknowledged=row.acknowledged, heard=row.heard,
        outcome=row.outcome, told=row.told, waits=waits, by_mail=bool(known.get("address")),
    )  # fmt: skip


def look(client: str, reference: str, text: str, *, by: str) -> None:
    """What was looked at and found: kept for who decides it, sealed, and never sent. Until it is decided it stands in
    an access answer (UK GDPR Art 15(1)), but for what is set in [[double brackets]]: that is kept nowhere."""
    _written(text, by)
    text = others.marked(text, where="text")
    with transaction.atomic():
        _open(client, reference)  # what ended meanwhile takes nothing in again
        known = requests.detail(client, reference)
        noted = f"{known.get('found', '')}\n{days.today(client).isoformat()}: {text.strip()}".strip()
        requests.remember(client, reference, known | {"found": noted[-ALL:]})
        requests.step(client, reference, LOOKED, actor=by)


def read(client: str, reference: str, *, actor: str) -> list[tuple[str, str]]:
    """All that was written about it. That somebody read it is written down."""
    known, asked = requests.detail(client, reference), requests.find(client, reference)
    row = Heard.objects.filter(client=client, reference=reference).first()
    if known and asked is not None:
        reading.noted(asked, known, row.through if row is not None else "", actor=actor)
    names = {"asker": "who complains", "whom": "for whom", "address": "answer to", "post": "reached otherwise",
             "why": "what they wrote", "found": "what we found"}  # fmt: skip
    return [(label, known[name]) for name, label in names.items() if known.get(name)]


def say(client: str, reference: str, text: str, *, by: str) -> None:
    """Tell them how it goes on: by mail, or it waits for a hand."""
    _tell(client, reference, "progress", text, by)


def decide(client: str, reference: str, outcome: str, text: str, *, by: str) -> None:
    """What came of it, and why, as we write it to them. It ends when they were told."""
    if outcome not in FOUND:
        raise Trouble("no-outcome", f"“{outcome}” is no outcome.", f"Say one of: {', '.join(FOUND)}.", exit=2)
    _open(client, reference)
    _written(text, by)
    with transaction.atomic():
        Complaint.objects.filter(client=client, reference=reference, told__isnull=True).update(outcome=outcome)
        _tell(client, reference, "outcome", text, by)


def _tell(client: str, reference: str, what: str, text: str, by: str) -> None:
    _written(text, by)
    with transaction.atomic():
        _open(client, reference)
        requests.remember(client, reference, requests.detail(client, reference) | {f"say {what}": text.strip()})
        _send_soon(client, reference, what, by)


def _open(client: str, reference: str) -> requests.Request:
    asked = requests.find(client, reference)
    if asked is None or asked.state != "open" or of(client, reference) is None:
        raise Trouble("not-open", f"{reference} is no open complaint.", "Check the reference.", exit=2)
    return asked


def _written(text: str, by: str) -> None:
    if not by:
        raise Trouble("no-staff", "Somebody looks into it.", "Say who.")
    if not 0 < len(text.strip()) <= MOST:
        raise Trouble("no-reasons", "Write it down.", f"{MOST} letters at most.", exit=2)


# Telling them -----------------------------------------------------------------------------------------------------


def acknowledge(client: str, reference: str) -> None:
    """At once, where a mail reaches them; else a hand does, by its day."""
    _send_soon(client, reference, "had", "")


def _send_soon(client: str, reference: str, what: str, by: str) -> None:
    if requests.detail(client, reference).get("address"):
        payload: queue.Payload = {"client": client, "reference": reference, "what": what, "by": by}
        queue.add("answer-complaint", payload, client=client, once=f"complaint {reference} {what}")


@queue.handler("answer-complaint")
def _job(payload: queue.Payload) -> None:
    client, reference, what = (str(payload[name]) for name in ("client", "reference", "what"))
    state, asked = of(client, reference), requests.find(client, reference)
    if state is None or asked is None or asked.state != "open" or (what == "had" and state.acknowledged):
        return
    known = requests.detail(client, reference)
    if not known.get("address") or (what != "had" and f"say {what}" not in known):
        return
    mail.send(editions.in_force(client).plan, known["address"], *letter(client, reference, what))
    _told(client, reference, what, by=str(payload["by"]), mailed=True)


@transaction.atomic  # whoever comes second sees what the first did
def went(client: str, reference: str, what: str, *, by: str) -> None:
    """A hand wrote to them or told them: that we have it, how it goes on, or what came of it."""
    state = of(client, reference)
    _open(client, reference)
    known = requests.detail(client, reference)
    due = state is not None and (state.acknowledged is None if what == "had" else f"say {what}" in known)
    if not by or not due:
        raise Trouble(
            "not-told", "There is nothing of that kind to be told.", "Write first what they are told.", exit=2
        )
    _told(client, reference, what, by=by, mailed=False)


def _told(client: str, reference: str, what: str, *, by: str, mailed: bool) -> None:
    now = timezone.now()
    with transaction.atomic():
        rows = Complaint.objects.filter(client=client, reference=reference)
        rows.filter(acknowledged__isnull=True).update(acknowledged=now)
        rows.update(heard=now)
        if mailed:
            entries.append("sent", client=client, counts={"mails": 1}, refs={"request": reference})
        requests.step(client, reference, TOLD[what], actor=by)
        if what == "outcome":
            rows.filter(told__isnull=True).update(told=now)
            requests.close(client, reference, OUTCOMES[rows.get().outcome], actor=by)
        else:
            known = requests.detail(client, reference)
            requests.remember(client, reference, {name: text for name, text in known.items() if name != f"say {what}"})
            requests.put_off(client, reference, now + SILENT)
    if what == "outcome":
        requests.forget(client, reference)


def letter(client: str, reference: str, what: str) -> tuple[str, str]:
    """Subject and text: that we have it (``had``), how it goes on (``progress``), or what came of it (``outcome``)."""
    asked, state = requests.find(client, reference), of(client, reference)
    if asked is None or state is None or what not in TOLD:
        raise Trouble("no-request", f"There is no complaint {reference}.", "Check the reference.", exit=2)
    plan, known = editions.in_force(client).plan, requests.detail(client, reference)
    with speech.speaking(plan, known.get("language", "")):
        return words(plan, asked, what, state.outcome, known.get(f"say {what}", ""))


def words(plan: Plan, asked: requests.Request, what: str, outcome: str, text: str) -> tuple[str, str]:
    """What a letter says, with the authority in each: s164A(3)-(5), UK GDPR Art 77."""
    firm, came = plan.who.trades_as or plan.who.name, day(plan.day(asked.opened))
    says = {
        "had": [phrase("We look into it without delay, tell you how it goes on, and what comes of it.")],
        "progress": [text],
        "outcome": [phrase(FOUND[outcome or "upheld"]), text],
    }[what]
    lines = (
        phrase("On {day} we received your complaint.", day=came),
        *says,
        phrase("At any time you can complain to {authority}.", authority=complaints.authority(plan)),
        *([phrase("You can also go to court.")] if what == "outcome" else []),
        phrase("Write to {email} and name our reference.", email=plan.who.email),
        phrase("Our reference is {reference}.", reference=asked.reference),
    )
    subject = phrase("{firm}: your complaint {reference}", firm=firm, reference=asked.reference)
    return subject, "\n\n".join(line for line in lines if line) + "\n"


def trial(plan: Plan, what: str, text: str) -> str:
    """The text of a letter about nobody, so that somebody can look what it says."""
    now = timezone.now()
    asked = requests.Request(
        reference="Q-0000-0000", client="", person=0, right=RIGHT, words="", state="open", outcome="", opened=now,
        due=now, closed=None, letter="", waits="", entry=0, steps=[],
    )  # fmt: skip
    return words(plan, asked, what, "in part", text)[1]


def address_of(visitor: identity.Visitor | None, typed: str) -> str:
    """Where to answer: what they typed, else what they proved."""
    return typed or (identity.address_of(visitor.client, visitor.person) if visitor is not None else "")


def stays(client: str, persons: frozenset[int]) -> list[Kept]:
    """What an erasure leaves of a complaint that is still to be answered: all of it, for it could not be answered else
    (DPA 2018 s164A, UK GDPR Art 17(3)(b)). It goes with its answer."""
    if not requests.open_of(client, persons, RIGHT):
        return []
    return [Kept("what you complained of, and where we answer you", "to answer it", "until we have answered you")]


def forget(client: str, reference: str) -> None:
    """With the request's own row."""
    Complaint.objects.filter(client=client, reference=reference).delete()
