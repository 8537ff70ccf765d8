"""Telling every address that a person proved when something grave was done under one of them: a mailbox that changed
hands, or a session that somebody stole, is noticed by whoever still reads the others."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from troth.answer import mail
from troth.answer.identity import proved_addresses
from troth.keep import where
from troth.ledger import entries
from troth.parties import editions
from troth.work import queue

WHAT: Final = {
    "exported": "downloaded what we hold about you",
    "corrected": "corrected something that we hold about you",
    "erasing": "asked us to erase everything that we hold about you",
}


def tell(client: str, person: int, what: str) -> None:
    """Queue one note to each proved address. The job holds the person's number; addresses are read when it runs."""
    queue.add(
        "answer-tell",
        {"client": client, "person": person, "what": what},
        client=client,
        once=f"tell {client} {person} {what}",
    )


@queue.handler("answer-tell")
def _tell(payload: dict[str, str | int]) -> None:
    client, person, what = str(payload["client"]), int(payload["person"]), WHAT[str(payload["what"])]
    plan = editions.in_force(client).plan
    firm = plan.who.trades_as or plan.who.name
    body = (
        f"Somebody who showed that one of your addresses is theirs {what}, at {firm}.\n\n"
        "If it was you, there is nothing to do.\n"
        f"If it was not you, write to {plan.who.email} at once, or look at your page:\n{where.link(client, 'you/')}\n"
    )
    sent = proved_addresses(client, person)
    for address in sent:
        mail.send(plan, address, f"Something was done on your page at {firm}", body)
    if sent:
        with transaction.atomic():
            entries.append("sent", client=client, counts={"mails": len(sent)})
