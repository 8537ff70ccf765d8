"""Telling every address that a person proved when something grave was done under one of them: a mailbox that changed
hands, or a session that somebody stole, is noticed by whoever still reads the others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import transaction

from troth.answer import access, mail, requests
from troth.answer.identity import proved
from troth.keep import recipients, staying, where
from troth.ledger import entries
from troth.parties import editions, speech
from troth.people import identities
from troth.people.looks import Why
from troth.policy.emit.texts import phrase
from troth.policy.plan import Plan
from troth.work import queue

THEY: Final = "Somebody who showed that one of your addresses is theirs "
WHAT: Final = {
    "exported": THEY + "downloaded what we hold about you",
    "corrected": THEY + "corrected something that we hold about you",
    "closed": THEY + "told us that your account or membership here ends",
    "corrected by hand": "You asked us to correct something that we hold about you, and by hand, too, it is done",
    "readdressing": THEY + "asked us to know you by another address",
    "stepping": THEY + "asked to see what we hold, from an address that was last shown to be yours long ago",
    "used again": "What you asked us to correct is settled, and from now we use your data again as our notice says",
    "looked up": "You asked what we hold, and we looked where no program can ask: your page has it for a month",
    "beside": THEY + "showed a second one, and saw what we hold under both",
    "lapsed": "Nobody confirmed that we are to erase everything, so nothing was erased, and what this stopped goes on",
    "erasing": THEY + "asked us to erase everything that we hold about you",
    "answered": "We were asked, in your name and not on your page, to show what we hold about you, and we did",
    "erasing by us": "We were asked, in your name and not on your page, to erase everything that we hold about you",
}


MEANT: Final = {"erasing": "If it was you, the link that we sent in another mail is the last step."}
"""What whoever did it has to do; else nothing."""


def tell(client: str, person: int, what: str) -> None:
    """Queue one note to each proved address, a job each: a mailbox that takes nothing is tried again alone, and nobody
    reads it twice meanwhile. A job holds the number of an identity; the address is read when it runs."""
    for number in _addresses(client, person).values():
        payload: queue.Payload = {"client": client, "person": person, "what": what, "identity": number}
        queue.add("answer-tell", payload, client=client, once=f"tell {client} {number} {what}")


@queue.handler("answer-tell")
def _tell(payload: queue.Payload) -> None:
    client, person, what = str(payload["client"]), int(payload["person"]), str(payload["what"])
    if "identity" not in payload:  # of an earlier release
        tell(client, person, what)
        return
    known = _addresses(client, person).items()
    _send(client, [address for address, number in known if number == int(payload["identity"])], what)


def now(client: str, person: int, what: str) -> int:
    """Tell at once: before an erasure after which nobody knows the addresses. How many were told; ``Trouble`` where
    there are addresses and none could be."""
    return _send(client, _addresses(client, person), what)


def _addresses(client: str, person: int) -> dict[str, int]:
    """Every address that they proved, with the number of the identity by which it is known."""
    everybody = sorted(identities.reach(client, person) | {person})
    known = [one for other in everybody for one in proved(client, other)]
    return {one.value: one.id for one in reversed(known)}


def _send(client: str, to: Collection[str], what: str) -> int:
    """In each language of the edition: whoever did it may not read what the reader of the other mailbox reads."""
    if not to:
        return 0
    plan = editions.in_force(client).plan
    firm = plan.who.trades_as or plan.who.name
    said = [_said(client, plan, firm, what) for _ in speech.each(plan)]
    sent = mail.send_each(plan, to, said[0][0], "\n----\n\n".join(text for _, text in said))
    with transaction.atomic():
        entries.append("sent", client=client, counts={"mails": sent})
    return sent


def _said(client: str, plan: Plan, firm: str, what: str) -> tuple[str, str]:
    lines = [
        phrase("{what}, at {firm}.", what=phrase(WHAT[what]), firm=firm),
        "",
        phrase(MEANT.get(what, "If it was you, there is nothing to do.")),
        phrase("If it was not you, write to {email} at once, or look at your page:", email=plan.who.email),
        where.link(client, "you/") + speech.way(plan),
    ]
    return phrase("Something was done about your data at {firm}", firm=firm), "\n".join(lines) + "\n"


ASKED: Final = {
    "erase": "They have asked us to have it erased, and we did.",
    "rectify": "They have asked us to have it corrected, and we did.",
    "restrict": "They have asked us to keep it and not to use it, and we do so from now.",
    "lifted": "We wrote to you that we keep it and do not use it. That has ended: it may be used as before.",
}


def _label(plan: Plan, field: str) -> str:
    return plan.fields[field].label if field in plan.fields else field


@queue.handler("tell-recipient")
def _tell_recipient(payload: dict[str, str | int]) -> None:
    """Art 19: who had it is told what became of it, so that they do the same. Where to write, the operator approved."""
    found = recipients.letter(int(payload["telling"]))
    if found is None:
        return
    client, reference, why, recipient, labels, whom = found
    to = recipients.address(client, recipient)
    if not to or not whom.identities:
        return  # the operator took the address out, or the letter would name nobody: it waits for a hand
    plan = editions.in_force(client).plan
    firm = plan.who.trades_as or plan.who.name
    lines = [
        f"To {recipient}.",
        "",
        f"{firm} gave you data of the person named here. {ASKED[why]}",
        "Please do the same with what you hold of it, tell those whom you gave it to, and answer us that it is done.",
        "",
        *(f"{_label(plan, field)}: {value}" for field, value in whom.identities),
        *(["", f"Their {labels} should say: {whom.new}"] if whom.new else []),
        "",
        f"Our reference is {reference}. This is the message of {staying.gdpr(plan)} Article 19. We keep no copy of it.",
    ]
    mail.send(plan, to, f"{firm}: a person’s data, {reference}", "\n".join(lines) + "\n")
    recipients.told(client, reference, int(payload["telling"]), "told", by="program")


def whom(client: str, reference: str, number: int, *, actor: str) -> recipients.Whom | None:
    """Whom a recipient is to be told of, for staff who tell them by telephone or post: asked of the gate first."""
    asked, found = requests.find(client, reference), recipients.whom(client, reference, number)
    if asked is None or found is None:  # who knows already is told nothing more: no look that opens nothing
        return None
    access.pass_for(client, "access", frozenset(), frozenset({asked.person}), actor=actor, why=Why("tell", reference))
    return found
