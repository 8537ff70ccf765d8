"""What is asked back before a request can be answered: who somebody is, whether they may act for another, what exactly
they want. Each question has its day and its answer another, and the clock goes as the law says: UK GDPR Art 12(6),
12A(2), 12A(5).

The words of a question, and why there is doubt, are sealed with the request and go with it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils import timezone

from troth.answer import mail, reckoning, requests
from troth.answer.models import Question
from troth.ledger import entries
from troth.parties import days, editions, speech
from troth.policy.emit.naming import day
from troth.policy.emit.texts import phrase
from troth.policy.problems import Trouble
from troth.work import queue

MOST: Final = 2000  # letters of a question, and of the reason for it
ASKED: Final = {
    "identity": "We asked what shows who you are",
    "authority": "We asked what shows that you may act for another",
    "scope": "We asked which data you want",
}
ANSWERED: Final = {
    "identity": "You showed who you are",
    "authority": "You showed that you may act for another",
    "scope": "You told us which data you want",
}
NEEDS: Final = {
    "identity": "We need to know that the data is about you before we go on. The month begins when we know.",
    "authority": "We need to see that you may act for them before we go on. The month begins when we have seen it.",
    "scope": "We need to know which data you want. The days until you tell us do not count.",
}
NEEDS_EU: Final = {
    "identity": "We need to know that the data is about you before we go on.",
    "authority": "We need to see that you may act for them before we go on.",
    "scope": "We need to know which data you want.",
}


# Asking -----------------------------------------------------------------------------------------------------------


@transaction.atomic  # whoever comes second sees what the first did
def ask(client: str, reference: str, what: str, *, words: str, doubt: str, by: str, on: dt.date | None = None) -> None:
    """Ask them. ``words``: the question as it is written to them; ``doubt``: why it must be asked, for us.

    ``on``: the day on which it was asked by post, telephone or in person. Without one it goes by mail, and counts from
    the day on which the mail goes. ``Trouble`` says what is missing.
    """
    found = _open(client, reference)
    _may(found, what, words, doubt, by)
    if on is None and not requests.detail(client, reference).get("address"):
        raise Trouble("no-address", "There is no address to write to.", "Say on which day you asked, and how.", exit=2)
    if on is not None:
        _in_time(found, on)
    if any(one.what == what for one in reckoning.waits(client, reference)):
        raise Trouble("asked-already", "That was asked, and is not answered yet.", "Say when the answer came.")
    said = {f"question {what}": words.strip(), f"doubt {what}": doubt.strip()}
    requests.remember(client, reference, requests.detail(client, reference) | said)
    if on is not None:
        _asked(client, reference, what, on, by)
    else:
        payload: queue.Payload = {"client": client, "reference": reference, "what": what, "by": by}
        queue.add("answer-question", payload, client=client, once=f"question {reference} {what}")


def _open(client: str, reference: str) -> requests.Request:
    found = requests.find(client, reference)
    if found is None or found.state != "open":
        raise Trouble("not-open", f"{reference} is not open.", "Check the reference.")
    return found


def _may(found: requests.Request, what: str, words: str, doubt: str, by: str) -> None:
    if what not in reckoning.QUESTIONS:
        kinds = ", ".join(reckoning.QUESTIONS)
        raise Trouble("no-question", f"“{what}” is nothing that is asked back.", f"Say {kinds}.", exit=2)
    if found.right == "complain":
        said = "A complaint waits for no answer."
        raise Trouble("no-question", said, "Write to them how it goes on, and ask there.", exit=2)
    if what == "scope" and found.right != "access":
        said = "Only whoever asks to see what we hold is asked which data they want."
        raise Trouble("no-question", said, "Answer it: no other request waits for that (UK GDPR Art 12A(5)).", exit=2)
    if not by:
        raise Trouble("no-staff", "A question is somebody's.", "Say who asks.")
    if not 0 < len(words.strip()) <= MOST or not 0 < len(doubt.strip()) <= MOST:
        raise Trouble("no-reasons", "Say what you ask, and why you must.", f"{MOST} letters each at most.", exit=2)


def _in_time(found: requests.Request, on: dt.date, *, after: dt.date | None = None) -> None:
    first = after or days.of(found.client, found.opened)
    if not first <= on <= days.today(found.client):
        said = f"It was between {day(first)} and today."
        raise Trouble("wrong-day", f"{day(on)} cannot be that day.", said, exit=2)


@queue.handler("answer-question")
def _job(payload: queue.Payload) -> None:
    client, reference, what, by = (str(payload[name]) for name in ("client", "reference", "what", "by"))
    found = requests.find(client, reference)
    known = requests.detail(client, reference) if found is not None else {}
    if found is None or found.state != "open" or not known.get("address"):
        return
    subject, body = letter(client, reference, what)
    mail.send(editions.in_force(client).plan, known["address"], subject, body)
    with transaction.atomic():
        entries.append("sent", client=client, counts={"mails": 1}, refs={"request": reference})
        _asked(client, reference, what, days.today(client), by)


def letter(client: str, reference: str, what: str) -> tuple[str, str]:
    """Subject and text of a question. It is the same whether somebody is known here or not (UK GDPR Art 12(6))."""
    found = _open(client, reference)
    plan, known = editions.in_force(client).plan, requests.detail(client, reference)
    firm = plan.who.trades_as or plan.who.name
    with speech.speaking(plan, known.get("language", "")):
        lines = (
            phrase(
                "Your request of {day} has our reference {reference}.",
                day=day(days.of(client, found.opened)),
                reference=reference,
            ),
            phrase((NEEDS if _moves(client, found) else NEEDS_EU)[what]),
            known.get(f"question {what}", ""),
            phrase("Write to {email} and name our reference.", email=plan.who.email),
        )
        subject = phrase("{firm}: a question about your request {reference}", firm=firm, reference=reference)
    return subject, "\n\n".join(lines) + "\n"


def _moves(client: str, found: requests.Request) -> bool:
    """Whether a question that is asked now moves the day: not under EU law, and not when the time is over."""
    return "eu" not in editions.in_force(client).plan.law and reckoning.in_time(client, found, timezone.now())


def _asked(client: str, reference: str, what: str, on: dt.date, by: str) -> None:
    Question.objects.create(client=client, reference=reference, what=what, asked=on, by=by)
    requests.step(client, reference, ASKED[what], actor=by)
    reckoning.reckon(client, reference)


# Answers ----------------------------------------------------------------------------------------------------------


@transaction.atomic  # whoever comes second sees what the first did
def answered(client: str, reference: str, what: str, *, on: dt.date, by: str) -> None:
    """Their answer came on ``on``. The clock goes on, or begins."""
    found = _open(client, reference)
    one = next((one for one in reckoning.waits(client, reference) if one.what == what), None)
    if one is None:
        raise Trouble("not-asked", "That was not asked, or is answered.", "Look at the request.", exit=2)
    _in_time(found, on, after=one.asked)
    Question.objects.filter(pk=one.number, answered__isnull=True).update(answered=on)
    requests.step(client, reference, ANSWERED[what], actor=by)
    reckoning.reckon(client, reference)


def forget(client: str, reference: str) -> None:
    Question.objects.filter(client=client, reference=reference).delete()
