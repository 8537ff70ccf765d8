"""A value that stands where no program can put it right: somebody of ours corrects it there, and says so (Art 16).

What was to be corrected is sealed with its request; how a hand knows that it is done stays sealed beside the outcome.
"""

from __future__ import annotations

from typing import Final

from troth.answer import access, requests
from troth.keep import handed, where
from troth.keep.stores import ByHand
from troth.parties import editions
from troth.people.looks import Why
from troth.policy import decoding

WHY: Final = "Somebody of ours corrects it there by hand."
PARTLY: Final = "Corrected, but where a hand must still do it"
SAID: Final = "Corrected by hand, as somebody of ours says"
_DONE: Final = "hand "  # and the place: how a hand knows that it is corrected there
MOST: Final = 500  # letters of that


def persons(wanted: dict[str, str]) -> frozenset[int]:
    """Whom a request to correct is about."""
    return frozenset(decoding.read(wanted["persons"], list[int]))


def left(client: str, wanted: dict[str, str]) -> list[str]:
    """The places in which a hand must still correct it, the one that was named and every other that may hold the same:
    what is wrong stands nowhere (GDPR Art 5(1)(d)). Where somebody looked and found none such, nobody looks again."""
    names = [place.name for place in where.places(client) if isinstance(place, ByHand)]
    return [name for name in names if _DONE + name not in wanted and _may_hold(client, name, wanted)]


def _may_hold(client: str, place: str, wanted: dict[str, str]) -> bool:
    if place == wanted["place"]:
        return True
    if wanted["field"] not in editions.in_force(client).plan.places[place].holds:
        return False
    found = handed.of(client, place, persons(wanted))
    return found is None or any((one.field, one.value) == (wanted["field"], wanted["old"]) for one in found)


def waiting(client: str, asked: requests.Request) -> list[str]:
    """The same of an open request, for the desk; none before a new address was confirmed from both mailboxes (T21)."""
    wanted = requests.detail(client, asked.reference) if asked.state == "open" and asked.right == "rectify" else {}
    if "persons" not in wanted:
        return []
    known = where.address_fields(editions.in_force(client).plan)
    return left(client, wanted) if wanted["field"] not in known or "confirmed" in wanted else []


def whom(client: str, asked: requests.Request, *, actor: str) -> list[tuple[str, str]]:
    """Whom to look for, what stands there and what it should say. Asked of the gate, and written down."""
    if not waiting(client, asked):
        return []
    wanted = requests.detail(client, asked.reference)
    why = Why("mend", asked.reference)
    access.pass_for(client, "rectify", frozenset({wanted["field"]}), persons(wanted), actor=actor, why=why)
    known = where.subject(client, asked.person, persons(wanted)).identities
    said = [("it says", wanted["old"]), ("it should say", wanted["new"])]
    return [*known, ("what", wanted["field"]), *said]


def said(wanted: dict[str, str], place: str, evidence: str) -> dict[str, str]:
    """What is sealed when a hand says that it is corrected there."""
    return wanted | {_DONE + place: evidence.strip()[:MOST]}


def evidence(client: str, reference: str) -> list[tuple[str, str]]:
    """(place, how it is known) of every place that a hand corrected, for the desk."""
    known = requests.detail(client, reference)
    return sorted((name.removeprefix(_DONE), text) for name, text in known.items() if name.startswith(_DONE))


def end(client: str, reference: str, wanted: dict[str, str]) -> None:
    """What was wrong and what is right are forgotten; how a hand knows that it is done stays, for whoever asks us."""
    kept = {name: text for name, text in wanted.items() if name.startswith(_DONE)}
    if kept:
        requests.remember(client, reference, kept)
    else:
        requests.forget(client, reference)
