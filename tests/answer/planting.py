"""People planted through the same acts as in life, and a mailbox that really receives."""

from __future__ import annotations

import random
import re
import socket
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller
from django.test import Client
from django.utils import timezone

from troth import gate
from troth.parties import editions
from troth.people import choices, identities, store
from troth.policy.deciding import Act
from troth.work import queue

WALK, NEWS, LETTER = "run the walk you booked", "send you news of walks", "answer you"


def write(client: str, person: int, values: dict[str, str], *, point: str, use: str, at: Any = None) -> None:
    day = timezone.localdate()
    act = Act(kind="collect", use=use, fields=frozenset(values), day=day, case="letter" if use == LETTER else "")
    token = gate.must(act, client=client, persons=[person])
    number = editions.in_force(client).number
    store.write(
        token, client, person, values, point=point, source="", edition=number, collected_at=at or timezone.now()
    )


def walker(client: str, email: str, name: str, *, verified: bool = True, letter: str = "", at: Any = None) -> int:
    """Somebody who booked a walk, and perhaps wrote to us."""
    person = identities.make(client, {"walker"})
    identities.attach(client, person, "booking.email", email, verified=verified)
    booked = {"booking.name": name, "booking.email": email, "booking.walk": "Mendip ridge"}
    write(client, person, booked, point="booking", use=WALK, at=at)
    if letter:
        write(client, person, {"letter.body": letter}, point="letters", use=LETTER, at=at)
    return person


def say(client: str, person: int, state: bool) -> None:
    force = editions.in_force(client)
    switch = next(one for one in force.plan.switches.values() if one.use == NEWS)
    choices.record(
        client,
        person=person,
        key=switch.key,
        stop=switch.stop,
        state=state,
        edition=force.number,
        text=switch.words,
        how="form",
    )


def mark(chance: random.Random, stem: str) -> str:
    return f"{stem}-{chance.getrandbits(64):016x}"


class Mailbox:
    """A mail server on a free port of this machine."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address: tuple[str, int] = free.getsockname()
        self._server = Controller(self, hostname=self.address[0], port=self.address[1])

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append((envelope.rcpt_tos, message))
        return "250 taken"

    def open(self) -> tuple[str, int]:
        self._server.start()
        return self.address

    def close(self) -> None:
        self._server.stop()

    def text(self, number: int = -1) -> str:
        part = self.letters[number][1].get_body(("plain",))
        return str(part.get_content())

    def link(self, number: int = -1) -> str:
        found = re.search(r"https?://[^/\s]+(/\S+/you/link/\S+/)", self.text(number))
        assert found, self.text(number)
        return found[1]

    def code(self, number: int = -1) -> str:
        found = re.search(r"\b(\d{6})\b", self.text(number))
        assert found
        return found[1]


def come_in(browser: Client, mailbox: Mailbox, address: str) -> str:
    """Somebody asks for a link to their page at Larch and presses its button; what they see."""
    browser.post("/c/larch/you/", {"address": address})
    work()
    return browser.post(mailbox.link(), follow=True).text


def work() -> None:
    """Do what waits in the queue, as the server's loop does."""
    while queue.run_due():
        pass
