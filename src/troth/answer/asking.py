"""Asking a place that no program can ask: somebody looks there, and what they find goes into the person's answer.

The person asks on their page, which starts the clock (UK GDPR Art 15(1), 12(3)); staff look, enter it at the desk, and
the person is told that their page has it.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction

from troth.answer import access, others, requests, telling
from troth.keep import erasure, handed, where
from troth.keep.stores import ByHand
from troth.people import identities
from troth.people.looks import Why
from troth.policy.problems import Trouble

ASKED: Final = "We ask by hand where no program can"
LOOKED: Final = "We looked in a place by hand"
ANSWERED: Final = "Answered: your page has it, for a month"


def places(client: str) -> list[str]:
    """The places that people look after."""
    return [one.name for one in where.places(client) if isinstance(one, ByHand)]


def missing(client: str, persons: frozenset[int]) -> list[str]:
    """Where nobody has looked for these persons, who are one, within a month."""
    return [name for name in places(client) if handed.of(client, name, persons) is None]


def ask(client: str, person: int, persons: frozenset[int]) -> requests.Request | None:
    """They want to know what is held there, too. One open request of a kind a person (T30). None: all have answered."""
    everybody = persons | {person}
    if not missing(client, everybody):
        return None
    with transaction.atomic():  # the write lock is ours, so that two who ask at once open one
        if mine := requests.open_of(client, everybody, "access"):
            return mine[0]
        asked = requests.open_request(client, person, "access")
        requests.step(client, asked.reference, ASKED)
    return asked


def waits(client: str, asked: requests.Request) -> list[str]:
    """The places in which somebody still has to look for an open request."""
    if asked.state != "open" or not asked.person or asked.right not in ("access", "port"):
        return []
    persons = frozenset(identities.reach(client, asked.person)) | {asked.person}
    return [] if erasure.under_way(client, persons) else missing(client, persons)


def whom(client: str, asked: requests.Request, *, actor: str) -> list[tuple[str, str]]:
    """Whom to look for: what they proved. Asked of the gate, and written down. Nobody, where nothing is to be looked
    up: a request that is answered, or asks for something else, opens nobody's data (need to know, T54)."""
    if not waits(client, asked):
        return []
    persons = frozenset(identities.reach(client, asked.person)) | {asked.person}
    access.pass_for(client, "access", frozenset(), persons, actor=actor, why=Why("find", asked.reference))
    return list(where.subject(client, asked.person, persons).identities)


def entered(client: str, reference: str, place: str, text: str, *, by: str) -> None:
    """What somebody found there: a line for each value, as ``booking.name: Ada``; no line at all: nothing is held. What
    they set in [[double brackets]] is about somebody else: it is kept nowhere (UK GDPR Art 15(4)).

    When no place is left, the request is answered, and the person is told. All of it or nothing: stopped half-way, it
    would stand open with nothing left to look up.
    """
    with transaction.atomic():
        _entered(client, reference, place, text, by)


def _entered(client: str, reference: str, place: str, text: str, by: str) -> None:
    asked = requests.find(client, reference)
    if asked is None or place not in waits(client, asked):
        raise Trouble("no-place", f"“{place}” waits for nobody here.", "Look at the request again.")
    with transaction.atomic():
        handed.enter(client, place, asked.person, _lines(text), by=by)
        requests.step(client, reference, LOOKED, actor=by)
    if not waits(client, asked) and not {"from", "because", requests.HEARD} & requests.detail(client, reference).keys():
        requests.close(client, reference, ANSWERED, actor=by)
        requests.forget(client, reference)
        telling.tell(client, asked.person, "looked up")


def _lines(text: str) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate((one for one in text.splitlines() if one.strip()), 1):
        field, colon, value = line.partition(":")
        if not colon or not value.strip():
            said = f"Line {number} does not say which field it is of."
            raise Trouble("no-fields", said, "Write each as booking.name: what stands there.", exit=2)
        said = f"Line {number} has a double bracket without its other."
        found.append((field.strip(), others.marked(value, where="", said=said)))
    return found
