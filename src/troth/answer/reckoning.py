"""The day by which a request is answered, worked out anew from everything that moves it: what was asked back, a fee, an
extension (law.md; UK GDPR Art 12A(2)-(6)). Under EU law a question or a fee stops nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import msgspec

from troth.answer import requests
from troth.answer.models import Decision, Question
from troth.parties import days, editions
from troth.policy.law import clocks

UNPAID: Final = dt.timedelta(days=31)  # so long a fee may stay unpaid before the request ends
UNANSWERED: Final = dt.timedelta(days=31)  # so long we wait for an answer before a request may end without it
LATE: Final = "It was told too late, so it puts nothing off"
QUESTIONS: Final[dict[str, clocks.Question]] = {"identity": "identity", "authority": "authority", "scope": "scope"}
BEGINS: Final = frozenset({"identity", "authority"})  # the month begins when these have come


class Asked(msgspec.Struct, frozen=True):
    """One question, the local day on which it was asked, and the day of its answer."""

    number: int
    what: str
    asked: dt.date
    answered: dt.date | None


def of(client: str, reference: str) -> list[Asked]:
    rows = Question.objects.filter(client=client, reference=reference).order_by("asked", "pk")
    return [Asked(row.pk, row.what, row.asked, row.answered) for row in rows]


def waits(client: str, reference: str) -> list[Asked]:
    """What they have not answered yet."""
    return [one for one in of(client, reference) if one.answered is None]


def due(client: str, asked: requests.Request) -> tuple[dt.datetime, str]:
    """By when, and for what the clock rests: '', fee, proof, scope. Nothing is written."""
    found = _due(client, asked)
    return found[0], found[1]


def longer(client: str, asked: requests.Request) -> dt.datetime:
    """By when, if it took two months more."""
    questions = _counted(client, of(client, asked.reference))
    return requests.due(client, asked.right, asked.opened, asked=questions, extended=True)


def reckon(client: str, reference: str) -> None:
    """Work it out and write it down."""
    asked = requests.find(client, reference)
    if asked is None or asked.state != "open" or asked.right == "complain":
        return  # a complaint's days run on, whatever is asked
    when, rests, late = _due(client, asked)
    if late and all(one.what != LATE for one in asked.steps):
        requests.step(client, reference, LATE)
    requests.put_off(client, reference, when, waits=rests)


def in_time(client: str, asked: requests.Request, told: dt.datetime) -> bool:
    """Whether what puts the answer off was told while the clock still ran, or rested for what shows who they are. Later
    it puts nothing off: a month that is over begins no more (UK GDPR Art 12A(2)-(4))."""
    when = _day(client, asked, _longer(client, asked))
    return told <= when or any(one.what in BEGINS for one in _resting(client, asked, when))


def _resting(client: str, asked: requests.Request, when: dt.datetime) -> list[Asked]:
    """The open questions for which the clock rests: what went out when the time was over stops nothing."""
    if "eu" in editions.in_force(client).plan.law:
        return []
    return [one for one in waits(client, asked.reference) if one.asked <= days.of(client, when)]


def _due(client: str, asked: requests.Request) -> tuple[dt.datetime, str, bool]:
    """By when, for what it rests, and whether something was told too late. A clock that has run out rests no more: a
    fee that was agreed in time and told after the day stops nothing, paid or not."""
    rows = list(Decision.objects.filter(client=client, reference=asked.reference))
    longer = _longer(client, asked)
    fee = next((row for row in rows if row.kind == "fee" and row.state in ("told", "paid")), None)
    late = fee is not None and fee.told is not None and not in_time(client, asked, fee.told)
    fees = []
    if fee is not None and fee.told and fee.paid and not late:
        fees = [clocks.Asked(days.of(client, fee.told), days.of(client, fee.paid), "fee")]
    when = _day(client, asked, longer, fees)
    if "eu" not in editions.in_force(client).plan.law:
        if fee is not None and fee.told and not fee.paid and not late:
            return fee.told + UNPAID, "fee", False
        resting = _resting(client, asked, when)
        if since := max((one.asked for one in resting if one.what in BEGINS), default=None):
            return days.at(client, since + UNANSWERED, dt.time(23, 59, 59)), "proof", False
        if resting:
            return when, "scope", False
        if fee is not None and late and not fee.paid:
            return when, "", True
    return when, "", not longer and any(row.kind == "extend" and row.state == "told" for row in rows)


def _day(client: str, asked: requests.Request, longer: bool, fees: Iterable[clocks.Asked] = ()) -> dt.datetime:
    """By when, from the questions and the fees that were paid."""
    questions = (*_counted(client, of(client, asked.reference)), *fees)
    return requests.due(client, asked.right, asked.opened, asked=questions, extended=longer)


def _longer(client: str, asked: requests.Request) -> bool:
    """Whether it takes two months more: said before the month was over, with its reasons (Art 12A(3)-(4))."""
    told = Decision.objects.filter(client=client, reference=asked.reference, kind="extend", told__isnull=False)
    return any(row.told <= _day(client, asked, False) for row in told if row.told is not None)


def _counted(client: str, questions: list[Asked]) -> list[clocks.Asked]:
    """The answered ones, and one about what is wanted that is still open, as if its answer came today."""
    today = days.today(client)
    return [
        clocks.Asked(one.asked, one.answered or max(today, one.asked), QUESTIONS[one.what])
        for one in questions
        if one.answered or one.what == "scope"
    ]
