"""Writing down: one entry for each act, in the same transaction as its effect (UK GDPR Art 5(2)).

An entry holds no personal value: a closed vocabulary of acts, opaque ids, counts, and one salted commitment to the
details, which live (and end) as rows of the room that acted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from django.db import connection, transaction

from troth.ledger.models import Entry as Row
from troth.places import master

ACTS: Final = frozenset(
    {
        *("published", "client-added", "staff-added", "signed-in", "key-rotated", "recovery-shown", "restored"),
        *("granted", "refused", "asked", "person-made", "identity-proved", "choice"),
        *("value-written", "value-corrected", "value-read", "events", "imported", "sent", "disclosed"),
        *("restricted", "unrestricted", "held", "unheld", "erased", "swept", "sweep-stopped"),
        *("request-opened", "request-step", "request-closed", "proved", "checkpoint"),
    }
)
LASTING: Final = frozenset({"published", "events", "swept", "proved"})
"""Acts whose effect row stays as long as its entry: for these an entry without its row is a finding, too."""
GENESIS: Final = "0" * 64
_REF: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_NAME: Final = re.compile(r"[a-z][a-z0-9 _-]{0,59}")
_CLIENT: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_PLACE: Final = re.compile(r"[^\W_][\w .’'&,()/-]{0,119}")  # as a policy names its places: no address fits
_effects: dict[str, Callable[[], Iterable[tuple[int, str]]]] = {}


class Entry(msgspec.Struct, frozen=True):
    """What the caller gets back: its number, and the salt that opens the commitment (for the person's receipt)."""

    number: int
    salt: bytes
    commitment: str


def effects(name: str, rows: Callable[[], Iterable[tuple[int, str]]]) -> None:
    """Register a room's effect rows as (entry number, reference), for verifying both ways."""
    _effects[name] = rows


def all_effects() -> Iterable[tuple[str, int, str]]:
    for name, rows in _effects.items():
        for number, reference in rows():
            yield name, number, reference


def append(
    act: str,
    *,
    client: str,
    edition: int = 0,
    place: str = "",
    counts: Mapping[str, int] = {},
    refs: Mapping[str, str] = {},
    actor: str = "",
    details: bytes = b"",
) -> Entry:
    """Add one entry. Must run in the transaction of its effect; raises ``RuntimeError`` otherwise."""
    if not connection.in_atomic_block:
        raise RuntimeError("a ledger entry stands in the transaction of its effect")
    _vet(act, counts, refs, actor)
    _vet_where(client, place)
    salt = secrets.token_bytes(16)
    commitment = hashlib.sha256(salt + details).hexdigest()
    last = Row.objects.order_by("-number").values_list("number", "chain").first() or (0, GENESIS)
    row = Row(
        number=last[0] + 1,
        at=dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        act=act,
        client=client,
        edition=edition,
        place=place,
        counts=json.dumps(dict(counts), sort_keys=True),
        refs=json.dumps(dict(refs), sort_keys=True),
        actor=actor,
        commitment=commitment,
        previous=last[1],
    )
    row.chain = chain_of(row, chain_key())
    row.save(force_insert=True)
    _publish_head(row)
    return Entry(row.number, salt, commitment)


def _vet(act: str, counts: Mapping[str, int], refs: Mapping[str, str], actor: str) -> None:
    # The vocabulary is closed: a name that a stranger sent is a value, and no value may enter here.
    if act not in ACTS:
        raise RuntimeError(f"the ledger knows no act {act!r}")
    if not all(_NAME.fullmatch(key) and type(value) is int for key, value in counts.items()):
        raise RuntimeError("counts are small words and whole numbers")
    if not all(_NAME.fullmatch(key) and _REF.fullmatch(value) for key, value in refs.items()):
        raise RuntimeError("references are small words and opaque ids")
    if actor and not _REF.fullmatch(actor):
        raise RuntimeError("an actor is an opaque id")


def _vet_where(client: str, place: str) -> None:
    if client and not _CLIENT.fullmatch(client):
        raise RuntimeError("a client is named by its slug")
    if place and not _PLACE.fullmatch(place):
        raise RuntimeError("a place is named as the policy names it")


def leaf_of(row: Row) -> bytes:
    """The canonical bytes of an entry: what is hashed, what a proof shows."""
    parts = (row.number, row.at, row.act, row.client, row.edition, row.place, row.counts, row.refs, row.actor)
    # repr: bytes that somebody wrote in the place of text are found as a change, and stop no verifying
    return json.dumps([*parts, row.commitment], ensure_ascii=True, separators=(",", ":"), default=repr).encode()


def chain_key() -> bytes:
    """What chains entries: who can write the database but has no master key can make no entry, even at the end."""
    return master.derive("ledger chain")


def chain_of(row: Row, key: bytes) -> str:
    return hmac.new(key, b"\x00" + str(row.previous).encode() + leaf_of(row), hashlib.sha256).hexdigest()


def _publish_head(row: Row) -> None:
    from troth.ledger import tree

    transaction.on_commit(lambda: tree.note_head(row.number, row.chain), robust=True)


def head() -> tuple[int, str]:
    """Number and chain hash of the last entry; (0, zeros) of an empty ledger."""
    return Row.objects.order_by("-number").values_list("number", "chain").first() or (0, GENESIS)


def newest(client: str, limit: int = 50) -> list[tuple[int, str, str, str]]:
    """(number, at, act, counts) of a client's last entries, for the desk."""
    rows = Row.objects.filter(client=client).order_by("-number").values_list("number", "at", "act", "counts")
    return list(rows[:limit])
