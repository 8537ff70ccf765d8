"""Telling people that our policy changed, before a wider one may bind what they gave us: UK GDPR Art 13(3), 14(4).

Publishing queues it. Each person with a proved address gets one letter a wider edition, of the service class: it goes
to those who want no marketing, and carries none. That they were told is written down with the person, and only from
then do the gate and the store let a new use or recipient reach their older data. Nobody else is told, so that nothing
wider reaches theirs. What waits for a yes is asked anew, because the question has another fingerprint. Whoever is
owed such a letter and for whom none waits any more is found again each night.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils import timezone

from troth.answer import mail
from troth.answer.identity import proved_addresses
from troth.keep import where
from troth.ledger import entries
from troth.parties import editions, news, speech, tenancy
from troth.parties.news import News
from troth.people import identities, standing, store
from troth.policy.changes import Change
from troth.policy.emit.naming import day
from troth.policy.emit.texts import again, listed, own, phrase
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.work import queue

LATE: Final = dt.timedelta(days=2)  # until then the letters that were queued with the edition are on their way
AT_ONCE: Final = 500  # people a job: a job is short, and one bad mailbox delays nobody else's letter


def published(client: str, number: int) -> None:
    """An edition was published: queue telling where it takes more. Runs in the transaction of the publication."""
    if news.of(client, number) is not None:
        _queue(client, number, 0)


def _queue(client: str, number: int, after: int) -> None:
    payload: queue.Payload = {"client": client, "edition": number, "after": after}
    queue.add("tell-changes", payload, client=client, once=f"tell changes {client} {number} {after}")


def nightly() -> int:
    """Queue what is still owed though its job is gone: an earlier troth took it for done where a newer edition's letter
    had gone first. Harmless each night; who proved no address is not looked at. Returns how many are owed one."""
    now, found = timezone.now(), 0
    for client in tenancy.slugs():
        for info in editions.all_of(client) if editions.is_published(client) else ():
            told = news.of(client, info.number)
            if told is None or now - told.published_at < LATE:
                continue
            fields = where.address_fields(editions.in_force(client).plan)
            for person in store.untold(client, told.number, told.people, fields):
                one: queue.Payload = {"client": client, "edition": told.number, "person": person}
                queue.add("tell-change", one, client=client, once=f"tell change {client} {told.number} {person}")
                found += 1
    return found


@queue.handler("tell-changes")
def _spread(payload: dict[str, str | int]) -> None:
    """One job a person, some hundred at a time."""
    client, number, after = str(payload["client"]), int(payload["edition"]), int(payload["after"])
    persons = [one for one in identities.persons(client, canary=False) if one > after]
    for person in persons[:AT_ONCE]:
        one: queue.Payload = {"client": client, "edition": number, "person": person}
        queue.add("tell-change", one, client=client, once=f"tell change {client} {number} {person}")
    if len(persons) > AT_ONCE:
        _queue(client, number, persons[AT_ONCE - 1])


@queue.handler("tell-change")
def _tell(payload: dict[str, str | int]) -> None:
    tell(str(payload["client"]), int(payload["person"]), int(payload["edition"]))


def tell(client: str, person: int, number: int) -> int:
    """Tell one person of an edition, by every address they proved. How many letters went: none where they were told,
    are not concerned, are gone, or proved no address. Harmless twice."""
    told = news.of(client, number)
    if told is None or not owed(client, person, told):
        return 0
    everybody = sorted(identities.reach(client, person) | {person})
    known = list(dict.fromkeys(address for one in everybody for address in proved_addresses(client, one)))
    plan = editions.numbered(client, number).plan
    subject, body = letter(client, plan, told)
    if sent := mail.send_each(plan, known, subject, body):
        _written_down(client, everybody, number, sent)
    return sent


def owed(client: str, person: int, told: News) -> bool:
    """Whether this person is still to be told: they are here, it is about them, we hold something that was taken in
    before it (the others were shown this very edition), and nobody told them yet."""
    try:
        kinds = standing.facts(client, person).kinds
    except Trouble:
        return False
    if store.oldest_edition(client, person) >= told.number:
        return False
    return not kinds.isdisjoint(told.people) and told.number not in standing.editions_told(client, person)


@transaction.atomic
def _written_down(client: str, persons: list[int], number: int, mails: int) -> None:
    for person in persons:
        standing.tell(client, person, number)
    entries.append("sent", client=client, edition=number, counts={"mails": mails, "persons": len(persons)})


def letter(client: str, plan: Plan, told: News) -> tuple[str, str]:
    """Subject and text: what changed, from when, and what one can do. In each language that the edition carries, since
    we keep nowhere which of them somebody reads."""
    said = [_letter(client, plan, told) for _ in speech.each(plan)]
    return said[0][0], "\n----\n\n".join(text for _, text in said)


def _letter(client: str, plan: Plan, told: News) -> tuple[str, str]:
    firm = plan.who.trades_as or plan.who.name
    lines = [phrase("We changed our privacy policy: {because}.", because=own(told.because).rstrip(".")), ""]
    if told.told:
        lines += [phrase("This is new, and from now it also goes for what you gave us earlier:"), ""]
        lines += [*(f"- {_line(plan, one)}" for one in told.told), ""]
    if told.asked:
        anew = phrase("For this we ask you anew. Until you say yes we do not do it, whatever you said before:")
        lines += [anew, "", *(f"- {_line(plan, one)}" for one in told.asked), ""]
    lines += [
        phrase("You can object, have your data erased, or take it with you, on your page:"),
        where.link(client, "you/") + speech.way(plan),
        phrase("The whole policy, with every change and every earlier edition:"),
        where.link(client, "notice/") + speech.way(plan),
        "",
        phrase(
            "The edition is of {day}. This is a message about our service, and no advertisement.",
            day=day(plan.edition.date),
        ),
    ]
    return phrase("{firm}: our privacy policy has changed", firm=firm), "\n".join(lines) + "\n"


def _line(plan: Plan, one: Change) -> str:
    """What changed, and how: each of the two is a sentence of its own in another language."""
    what, colon, how = news.line(plan, one).partition(": ")
    return listed(what) + (phrase(": ") + again(how) if colon else "")
