"""An objection or a restriction is settled by a person, and whoever asked is told why: UK GDPR Art 21(1), 18(3), 12(4).

Nothing is lifted before the mail that tells of it has gone. Who cannot be written to stays as they wished to be.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction

from troth.answer import access, grounds, identity, mail, requests
from troth.keep import recipients, where
from troth.ledger import entries
from troth.parties import editions, speech
from troth.people import identities, standing, store
from troth.people.looks import Why
from troth.policy.emit.naming import day
from troth.policy.emit.texts import again, phrase
from troth.work import queue

GROUNDS: Final = {"object": "objection", "restrict": "asked for by the person"}
STAYS: Final = {"object": "We have stopped", "restrict": "We keep your data and do not use it"}
LIFTED: Final = {"object": "We go on, for the reason that we wrote to you", "restrict": "It is settled, and over"}
SAYS: Final = {
    "object": ("We have stopped using it.", ""),
    "restrict": ("We go on keeping it without using it.", "From now we use it again as our privacy notice says."),
}
UNREACHED: Final = "We could not write to you, so your data stays unused"


def written(client: str, reference: str, *, actor: str) -> str:
    """What they wrote, for staff who weigh it: asked of the gate, and written down."""
    asked = requests.find(client, reference)
    if asked is None or not (known := requests.detail(client, reference)):
        return ""  # it was forgotten with the answer: no look that opens nothing
    access.pass_for(
        client, "access", requests.WRITTEN, frozenset({asked.person}), actor=actor, why=Why("read", reference)
    )
    return known.get("why", "")


def decided(client: str, asked: requests.Request) -> bool:
    """Whether it was weighed, and only the mail has not gone yet: nothing that is typed now would be sent."""
    return asked.state == "open" and asked.right in GROUNDS and "because" in requests.detail(client, asked.reference)


@transaction.atomic  # whoever comes second sees what the first did
def settle(client: str, reference: str, *, lift: bool, because: str, actor: str) -> bool:
    """Decide it, once. The reason is sealed with the request until the mail has gone. False: there is nothing open.

    To go on against an objection is to refuse it, which nobody does alone and without a ground: ``answer.refusing``.
    """
    asked = requests.find(client, reference)
    if asked is None or asked.state != "open" or asked.right not in GROUNDS or (lift and asked.right == "object"):
        return False
    known = requests.detail(client, reference)
    if "because" in known or requests.UNSHOWN in known or _by_hand(client, asked, known):
        return False
    requests.remember(client, reference, known | {"because": because})
    requests.step(client, reference, "We weighed it, and write to you", actor=actor)
    payload: queue.Payload = {"client": client, "reference": reference, "lift": int(lift), "by": actor}
    queue.add("answer-settled", payload, client=client, once=f"settle {reference}")
    return True


def _by_hand(client: str, asked: requests.Request, known: dict[str, str]) -> bool:
    """It came another way, and no mail reaches them: a hand writes to them, and says how it went."""
    reached = known.get("address") or identity.reached_at(client, asked.person)
    return requests.HEARD in known and not reached


@queue.handler("answer-settled")
def _settled(payload: queue.Payload) -> None:
    client, reference, over = str(payload["client"]), str(payload["reference"]), bool(payload["lift"])
    asked = requests.find(client, reference)
    if asked is None or asked.state != "open":
        return
    told = _told(client, asked, over)
    with transaction.atomic():
        if told and over:
            lift(client, asked, str(payload["by"]))
        outcome = (LIFTED if over else STAYS)[asked.right] if told else UNREACHED
        requests.close(client, reference, outcome, actor=str(payload["by"]))
    recipients.begin(client, reference)
    requests.forget(client, reference)


def _told(client: str, asked: requests.Request, over: bool) -> bool:
    """Write to the address that they proved last, or to where they said. False: there is none."""
    plan, known = editions.in_force(client).plan, requests.detail(client, asked.reference)
    to = identity.reached_at(client, asked.person) or known.get("address", "")
    if not to:
        return False
    firm = plan.who.trades_as or plan.who.name
    with speech.speaking(plan, known.get("language", "")):
        lines = (
            phrase(
                "On {day} you asked {firm} to {act}.",
                day=day(plan.day(asked.opened)),
                firm=firm,
                act=again(asked.words),
            ),
            phrase(SAYS[asked.right][over]),
            phrase("Our reasons: {reasons}", reasons=known.get("because", "")),
            grounds.routes(plan),
            phrase("Our reference is {reference}.", reference=asked.reference),
        )
        subject = phrase("{firm}: our answer, {reference}", firm=firm, reference=asked.reference)
    mail.send(plan, to, subject, "\n\n".join(lines) + "\n")
    with transaction.atomic():
        entries.append("sent", client=client, counts={"mails": 1}, refs={"request": asked.reference})
    return True


def ended(client: str, asked: requests.Request, persons: frozenset[int]) -> None:
    """A restriction ended that came with an erasure. Whoever was told to keep something and not to use it, by whatever
    request, hears that it is over, unless another one stands. In a transaction; they are told after it."""
    mine = {one.reference for one in requests.of_persons(client, persons)} | {asked.reference}
    if recipients.owed(client, mine):
        held = set[str]().union(*(store.fields_held(client, person) for person in persons))
        recipients.note(client, asked.reference, "lifted", where.subject(client, asked.person, persons), held)


def lift(client: str, asked: requests.Request, actor: str) -> None:
    """End what this request began, unless another one of theirs still asks for the same."""
    persons = identities.reach(client, asked.person) | {asked.person}
    others = requests.of_persons(client, frozenset(persons))
    if any(one.state == "open" and one.right == asked.right and one.reference != asked.reference for one in others):
        return
    held = set[str]()
    for person in sorted(persons):
        standing.unrestrict(client, person, by=actor, ground=GROUNDS[asked.right])
        held |= store.fields_held(client, person)
    recipients.note(client, asked.reference, "lifted", where.subject(client, asked.person, frozenset(persons)), held)
