"""The closed vocabulary: every word that an entry may hold. A name that a stranger sent is a value, and none fits.

Lists and not patterns: a pattern for small words lets a small name through (UK GDPR Art 5(1)(c)).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from troth.parties import editions, tenancy
from troth.places import ours
from troth.policy.problems import Trouble

ACTS: Final = frozenset(
    {
        *("published", "client-added", "staff-added", "staff-removed", "signed-in"),
        *("key-rotated", "recovery-shown", "restored"),
        *("granted", "refused", "asked", "person-made", "identity-proved", "choice"),
        *("value-written", "value-corrected", "value-read", "events", "imported", "sent", "disclosed"),
        *("restricted", "unrestricted", "held", "unheld", "erased", "swept", "sweep-stopped"),
        *("happened", "not-happened"),
        *("request-opened", "request-step", "request-closed", "request-written"),
        *("proved", "scanned", "checkpoint", "dropped"),
    }
)
LASTING: Final = frozenset({"published", "staff-added", "events", "swept", "sweep-stopped", "proved", "scanned"})
"""Acts whose effect row stays as long as its entry: for these an entry without its row is a finding, too."""
REASONS: Final = frozenset(
    {
        *("fields", "no-consent", "objected", "people", "restricted", "underage", "role", "channel", "case"),
        *("not-live", "lapsed", "never", "no-purpose", "no-recipient", "no-way", "no-such-right", "not-proved"),
        *("undeclared", "held", "no-person"),
    }
)
COUNTS: Final = frozenset(
    {
        *("persons", "fields", "values", "identities", "withheld", "keys", "shown", "mails", "suppressed"),
        *("renewed", "recipients", "places", "yes", "no", "events", "choices", "due", "lines", "rows", "left"),
        "entries",
        *("deleted", "overwritten", "kept", "changed"),  # as a place answers
        *("stored", "undeclared", "incomplete", "no-consent", "objected", "gpc", "wrong-origin", "replay"),
        *("stale", "malformed", "oversized", "flood", "forged-choice"),
        *("undeclared field", "field without a yes", "shapeless field"),
        *("kept_empty", "broken", "not_proved", "attested"),  # as a proof counts
        *("pages", "unanswered", "walks"),  # as a look at pages counts
        *(f"reason {code}" for code in REASONS),
    }
)
_HEX32: Final = re.compile(r"[0-9a-f]{32}")
_HEX16: Final = re.compile(r"[0-9a-f]{16}")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
REFS: Final[Mapping[str, re.Pattern[str]]] = {
    "pass": _HEX32,
    "link": _HEX32,
    "staff": _HEX16,
    "of": _NUMBER,
    "task": _NUMBER,
    "telling": _NUMBER,
    "upto": _NUMBER,
    "salted": re.compile(r"1"),  # the row of its effect holds the salt that opens its commitment
    "request": re.compile(r"[A-Z]-[0-9]{4}-[0-9]{4,9}"),
    "file": re.compile(r"[a-z0-9-]{0,40}-[0-9a-f]{6}_[0-9]{4}-[0-9]{2}(-[0-9]{2})?"),  # a rule of the policy, a span
    "batches": re.compile(r"[0-9]{1,12}-[0-9]{1,12}"),
}
"""Each kind of reference has one form: drawn at random, or counted up."""
ACTORS: Final = frozenset({"", "program", "person", "staff", "machine"})
"""``machine``: whoever has a shell here, and gave no name (`troth publish` without `--by`)."""
OUR_PLACES: Final = frozenset({"", "events", "our own store", "our event store"})
_clients: set[str] = {""}  # '' is the installation itself; clients are only ever added


def vet(act: str, client: str, place: str, counts: Mapping[str, int], refs: Mapping[str, str], actor: str) -> None:
    """Raise ``RuntimeError`` for whatever is not in the vocabulary. What was sent is not quoted: it may be a value."""
    if act not in ACTS:
        raise RuntimeError("the ledger knows no such act")
    for name, count in counts.items():
        if name not in COUNTS or type(count) is not int:
            raise RuntimeError("counts are words of the vocabulary and whole numbers")
    for name, ref in refs.items():
        if name not in REFS or type(ref) is not str or not REFS[name].fullmatch(ref):
            raise RuntimeError("references are words of the vocabulary, each with its own form")
    if actor not in ACTORS and not _HEX16.fullmatch(actor):
        raise RuntimeError("an actor is an opaque id")
    if client not in _clients:
        _know(client)
    if place not in OUR_PLACES and not _is_place(client, place):
        raise RuntimeError("a place is named as the policy names it")


def is_hand(actor: str) -> bool:
    """Whether it is the opaque id of somebody of ours."""
    return bool(_HEX16.fullmatch(actor))


def _know(client: str) -> None:
    _clients.update(tenancy.slugs())
    if client not in _clients:
        raise RuntimeError("the ledger knows no such client")


def _is_place(client: str, place: str) -> bool:
    if any(place in (own.name, own.label) for own in ours.all_of()):
        return True
    try:
        if place in editions.in_force(client).plan.places:
            return True
        earlier = [one.number for one in editions.all_of(client)]  # what an old edition named is still asked
        return any(place in editions.numbered(client, number).plan.places for number in earlier)
    except Trouble:
        return False
