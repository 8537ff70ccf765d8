"""The acts of the person's page, done by staff for somebody who asked another way: see, take with them, correct, erase,
restrict, object, withdraw. Each goes through the gate like theirs, and none before it was seen who they are.

When the answer has gone, what was written about them is forgotten with its key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from django.db import transaction
from django.utils import timezone

from troth.answer import (
    access,
    amend,
    exporting,
    finding,
    grounds,
    heard,
    identity,
    letters,
    mail,
    reckoning,
    requests,
    telling,
    weighing,
)
from troth.keep import erasure, recipients, where
from troth.ledger import entries
from troth.parties import days, editions, speech
from troth.people import standing
from troth.people.looks import Why
from troth.places.kinds import Receipt
from troth.policy import periods
from troth.policy.emit.naming import day
from troth.policy.emit.texts import again, phrase
from troth.policy.problems import Trouble
from troth.work import queue

FORMS: Final[dict[str, tuple[Callable[[access.Answer], str], str]]] = {
    "html": (exporting.as_html, "text/html; charset=utf-8"),
    "json": (exporting.as_json, "application/json"),
    "csv": (exporting.as_csv, "text/csv; charset=utf-8"),
}
LOOKED: Final = "We looked, and write to you"
WENT: Final = {
    "post": "We answered by post",
    "email": "We answered by email",
    "telephone": "We answered by telephone",
    "in person": "We answered in person",
    "message": "We answered by message",
}
OUTCOMES: Final = {
    "access": "Answered",
    "port": "Answered",
    "rectify": "Answered: what was wrong is corrected",
    "withdraw": "Your choice is changed",
    **weighing.STAYS,
}


# Acts -------------------------------------------------------------------------------------------------------------


def answer(client: str, reference: str, form: str, *, by: str) -> tuple[str, list[str]]:
    """What is held, from every place, as ``html``, ``json`` or ``csv``, and the places that have not answered.

    Every address that they proved is told that it was asked for in their name (T23).
    """
    asked, visitor = heard.must(client, reference)
    if asked.right not in ("access", "port") or form not in FORMS:
        raise Trouble("no-right", "They did not ask to see their data.", "Look at what they asked.", exit=2)
    with letters.theirs(client, reference):
        found = access.gather(
            client, visitor.person, visitor.persons, right=asked.right, actor=by, why=Why("answer", reference)
        )
        body = FORMS[form][0](found)
    silent = [one.place for one in found.not_answered]
    requests.step(client, reference, "We put the answer together", actor=by)
    telling.tell(client, visitor.person, "answered")
    if not silent:
        heard.put_together(client, reference)
    return body, silent


def lines(client: str, reference: str, *, by: str) -> list[access.Line]:
    """What can be corrected, read for that and written down. An address by which we know them is not among it: it
    changes when both mailboxes have answered, on their page (T21)."""
    _, visitor = _right(client, reference, "rectify")
    why = Why("answer", reference)
    found = access.gather(client, visitor.person, visitor.persons, right="rectify", actor=by, why=why)
    return [one for one in found.lines if one.can_correct and not amend.address_field(client, one)]


def correct(client: str, reference: str, which: str, new: str, *, by: str) -> Receipt:
    """Put one value right, as a request of its own that asks a silent place again."""
    _, visitor = _right(client, reference, "rectify")
    mine = [one for one in lines(client, reference, by=by) if which in (one.id, one.name)]
    one = mine[0] if len({found.value for found in mine}) == 1 else None  # none of several is taken for another
    if one is None:
        raise Trouble("no-value", "Say which value, and what it should say.", "Choose one of the list.", exit=2)
    value, wrong = amend.declared(client, one, new)
    if wrong:
        raise Trouble("no-value", wrong, "Say what it should say as the policy declares it.", exit=2)
    receipt = amend.correct(client, visitor, one, value)
    requests.step(client, reference, "We corrected a value, as far as its place answered", actor=by)
    heard.put_together(client, reference)
    return receipt


def erase(client: str, reference: str, *, by: str) -> None:
    """Everything goes, after the time that the policy gives to take it back. It closes itself when every place has
    answered twice; whoever reads an address of theirs learns of it while we know the addresses (T23)."""
    asked, visitor = _right(client, reference, "erase")
    if erasure.progress(client, reference) is not None:
        raise Trouble("erased-already", "The erasure has begun.", "It closes itself when every place has answered.")
    try:
        telling.now(client, visitor.person, "erasing by us")
    except Trouble:  # no mail can go: what was asked is done
        requests.step(client, reference, "No mail could tell your addresses", actor=by)
    with transaction.atomic():
        for one in sorted(visitor.persons):
            standing.restrict(client, one, ground=erasure.RESTRICTED, by=by)
        plan = editions.in_force(client).plan
        undo = plan.answer.undo
        begin = periods.add(undo, timezone.now(), zone=plan.zone) if undo is not None else None
        erasure.erase(client, asked.person, reference, persons=visitor.persons, actor=by, not_before=begin)


def stop(client: str, reference: str, *, by: str) -> None:
    """Object or restrict: from here nothing of theirs is used. Then it is weighed, as one from the page."""
    asked, visitor = _right(client, reference, *weighing.GROUNDS)
    with transaction.atomic():
        if heard.is_made(client, reference):
            raise Trouble("done-already", "It is stopped already.", "Weigh what they wrote, and answer.")
        amend.stopped(client, visitor, asked, by=by)
        heard.put_together(client, reference)
    recipients.begin(client, reference)


def choices(client: str, reference: str) -> list[amend.Switch]:
    """What they may withdraw."""
    _, visitor = _right(client, reference, "withdraw")
    return [one for one in amend.switches(client, visitor.persons) if one.state is not False]


def withdraw(client: str, reference: str, keys: list[str], *, by: str) -> int:
    """A no to each of these, as exact as one from the page (UK GDPR Art 7(3)). How many changed."""
    _, visitor = _right(client, reference, "withdraw")
    if not keys:
        raise Trouble("no-choice", "Say what they withdraw.", "Choose one of the list, or several.", exit=2)
    changed = amend.choose(client, visitor, dict.fromkeys(keys, False), how=amend.ANOTHER_WAY)
    requests.step(client, reference, "We changed your choice as you asked", actor=by)
    heard.put_together(client, reference)
    return changed


def _right(client: str, reference: str, *rights: str) -> tuple[requests.Request, identity.Visitor]:
    asked, visitor = heard.must(client, reference)
    if asked.right not in rights:
        raise Trouble("no-right", f"They did not ask to {asked.words}.", "Look at what they asked.", exit=2)
    return asked, visitor


# Ending -----------------------------------------------------------------------------------------------------------


@transaction.atomic  # whoever comes second sees what the first did
def went(client: str, reference: str, way: str, *, by: str) -> None:
    """The answer has gone, and how. It closes the request where its own work does not, and forgets what was written."""
    asked, row = requests.find(client, reference), heard.of(client, reference)
    if asked is None or row is None or way not in WENT or not by:
        raise Trouble("no-way", "Say how the answer went.", f"Say one of: {', '.join(WENT)}.", exit=2)
    if asked.state == "open":
        _may_end(client, asked, row)
        requests.step(client, reference, WENT[way], actor=by)
        requests.close(client, reference, OUTCOMES[asked.right], actor=by)
    elif requests.detail(client, reference):
        requests.step(client, reference, WENT[way], actor=by)
    requests.forget(client, reference)


def _may_end(client: str, asked: requests.Request, row: heard.Came) -> None:
    """Nothing is called answered before it is done: no silent place, no correction that still waits."""
    if asked.right not in OUTCOMES:
        raise Trouble("not-done", "It closes itself when its work is done.", "See what it waits for.")
    if lack := heard.missing(client, asked.reference):
        raise Trouble("not-shown", f"Nothing is answered yet: {lack}.", "Ask them, or end it without.", exit=2)
    if row.made is None:
        raise Trouble("not-done", "Nothing was done for them yet.", "Do first what they asked, then say it went.")
    waiting = requests.open_of(client, frozenset({asked.person}), "rectify") if asked.right == "rectify" else []
    if any(one.reference != asked.reference for one in waiting):
        raise Trouble("not-done", "A place has not answered yet.", "It is asked again by itself; wait for it.")


def nothing(client: str, reference: str, *, by: str) -> None:
    """There is nothing that we can tell to be theirs: the letter goes, and it ends. It says the same whether nobody is
    known by what they named, or somebody is and they did not show that it is they (UK GDPR Art 11(2), 12(2))."""
    _still_nobody(client, _unfound(client, reference))  # a place may take its time, and nobody waits for it with us
    with transaction.atomic():  # whoever comes second sees what the first did
        if going(_unfound(client, reference)):
            return
        requests.step(client, reference, LOOKED, actor=by)
        queue.add("answer-nothing", {"client": client, "reference": reference, "by": by}, client=client,
                  once=f"nothing {reference}")  # fmt: skip


def _unfound(client: str, reference: str) -> requests.Request:
    """The open request of which we may write that nothing was found, as far as we know it ourselves."""
    asked, row = requests.find(client, reference), heard.of(client, reference)
    if asked is None or row is None or asked.state != "open":
        raise Trouble("not-open", f"{reference} is not open.", "Check the reference.")
    open_ = reckoning.waits(client, reference)
    if asked.right == "complain":
        raise Trouble("no-right", "A complaint has an outcome.", "Decide it.", exit=2)
    if _seen(asked, row):
        raise Trouble("found-already", "They were found, and showed who they are.", "Do what they asked.")
    if not _looked(client, asked, open_):
        said = "They were not asked yet what shows who they are, or have a month to answer."
        raise Trouble("not-asked", said, "Ask them, and wait for a month at most.", exit=2)
    if not requests.detail(client, reference).get("address"):
        raise Trouble("no-address", "No mail reaches them.", "Post the letter, then say that it went.", exit=2)
    return asked


def _seen(asked: requests.Request, row: heard.Came) -> bool:
    """They were found and showed who they are; and, for another, that they may. An authority that never came is no
    answer owed to whoever asks: they read the same as where nobody is known."""
    return bool(asked.person and row.shown and (row.may or not row.through))


def going(asked: requests.Request) -> bool:
    """Whether the letter that nothing was found is on its way, and ends it: only the mail has not gone yet."""
    return asked.state == "open" and any(one.what == LOOKED for one in asked.steps)


def _still_nobody(client: str, asked: requests.Request) -> None:
    """Nothing of theirs was found: said when every place has answered, and not because one was silent on the day on
    which it was written down (UK GDPR Art 12(1))."""
    known = requests.detail(client, asked.reference).get("known", "")
    if asked.person or not known:
        return
    if finding.stands(client, known):
        raise Trouble("found-already", "They are found by it now.", "Look for them again.")
    if silent := where.silent(client):
        said = f"{' and '.join(silent)} did not answer: nobody knows that nothing is held there."
        raise Trouble("not-answered", said, f"{finding.AGAIN} Then say it again.", exit=3)


def _looked(client: str, asked: requests.Request, open_: list[reckoning.Asked]) -> bool:
    """Nobody was found by what they named; or they were asked, and answered nothing for a month."""
    if reckoning.of(client, asked.reference) and not open_:
        return True
    over = days.today(client) - min((one.asked for one in open_), default=dt.date.max)
    return over >= reckoning.UNANSWERED or (not asked.person and not open_)


def nothing_letter(client: str, reference: str) -> tuple[str, str]:
    """Subject and text of it."""
    asked, row = requests.find(client, reference), heard.of(client, reference)
    if asked is None or row is None:
        raise Trouble("no-request", f"There is no request {reference}.", "Check the reference.")
    plan, known = editions.in_force(client).plan, requests.detail(client, reference)
    firm = plan.who.trades_as or plan.who.name
    with speech.speaking(plan, known.get("language", "")):
        lines = (
            phrase("On {day} we received from you the request to {act}.", day=day(row.came), act=again(asked.words)),
            phrase("We looked for what you named, and found nothing that we can tell to be about you, or them."),
            phrase("Tell us more, such as another address that was used with us, and we look again."),
            grounds.routes(plan),
            phrase("Our reference is {reference}.", reference=reference),
        )
        subject = phrase("{firm}: about your request {reference}", firm=firm, reference=reference)
    return subject, "\n\n".join(lines) + "\n"


@queue.handler("answer-nothing")
def _job(payload: queue.Payload) -> None:
    client, reference = str(payload["client"]), str(payload["reference"])
    asked = requests.find(client, reference)
    to = requests.detail(client, reference).get("address", "") if asked is not None and asked.state == "open" else ""
    if not to:
        return
    mail.send(editions.in_force(client).plan, to, *nothing_letter(client, reference))
    with transaction.atomic():
        entries.append("sent", client=client, counts={"mails": 1}, refs={"request": reference})
        requests.close(client, reference, heard.NOTHING, actor=str(payload["by"]))
    requests.forget(client, reference)


def nothing_went(client: str, reference: str, way: str, *, by: str) -> None:
    """The same by hand: the letter was posted, or it was told."""
    _still_nobody(client, _told_by_hand(client, reference, way, by))
    with transaction.atomic():  # as in ``nothing``
        _told_by_hand(client, reference, way, by)
        requests.step(client, reference, WENT[way], actor=by)
        requests.close(client, reference, heard.NOTHING, actor=by)
    requests.forget(client, reference)


def _told_by_hand(client: str, reference: str, way: str, by: str) -> requests.Request:
    asked, row = requests.find(client, reference), heard.of(client, reference)
    if asked is None or row is None or asked.state != "open" or way not in WENT or asked.right == "complain":
        raise Trouble("no-way", "Say how the answer went.", f"Say one of: {', '.join(WENT)}.", exit=2)
    if _seen(asked, row) or not _looked(client, asked, reckoning.waits(client, reference)):
        raise Trouble("not-asked", "They were not asked yet what shows who they are.", "Ask them first.", exit=2)
    return asked
