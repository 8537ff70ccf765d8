"""Proving the ledger: a chain, a signed head outside the database, Merkle trees over segments, and effects both ways.

Verification finds an entry that was changed, dropped, swapped, inserted or cut off the end, and an effect that stands
without its entry.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import secrets
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import transaction

from troth.ledger import entries
from troth.ledger.models import Entry as Row
from troth.places import master

SEGMENT: Final = 1024  # entries under one Merkle root
_noting = threading.Lock()


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong. ``entry`` 0: no one entry is to blame."""

    kind: Literal[
        "changed",
        "missing",
        "out of place",
        "cut off",
        "head unsigned",
        "checkpoint",
        "effect without entry",
        "entry without effect",
    ]
    entry: int
    sentence: str


class Verdict(msgspec.Struct, frozen=True):
    ok: bool
    entries: int
    effects: int
    findings: tuple[Finding, ...]


# --- signatures and the head ------------------------------------------------------------------------------------


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(master.derive("ledger signature"))


def sign(body: bytes) -> bytes:
    """This installation's signature (Ed25519, 64 bytes)."""
    return _key().sign(body)


def public_key() -> bytes:
    return _key().public_key().public_bytes_raw()


def signed_by_us(body: bytes, signature: bytes, key: bytes | None = None) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key or public_key()).verify(signature, body)
    except InvalidSignature:
        return False
    return True


def head_file() -> Path:
    return Path(settings.DATA) / "ledger.head"


def note_head(number: int, chain: str) -> None:
    """After a commit: write the signed head beside the database, whole or not at all. It only ever moves forward."""
    with _noting:
        if (known := _read_head()) and known[0] > number:
            return
        temporary = head_file().with_name(f"ledger.head.{secrets.token_hex(4)}")
        temporary.write_text(_signed({"number": number, "chain": chain}))
        os.replace(temporary, head_file())


def _signed(content: dict[str, str | int]) -> str:
    body = json.dumps(content)
    return json.dumps({"body": body, "signature": sign(body.encode()).hex()})


def _read_head() -> tuple[int, str] | None:
    """The signed head, or None when there is none or it is not ours."""
    try:
        return _opened(head_file().read_text())
    except OSError:
        return None


def _opened(text: str) -> tuple[int, str] | None:
    try:
        outer = json.loads(text)
        body = outer["body"].encode()
        if signed_by_us(body, bytes.fromhex(outer["signature"])):
            inner = json.loads(body)
            return int(inner["number"]), str(inner["chain"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return None


def checkpoint() -> str:
    """A signed line to copy away from this machine: with it a cut tail is found even if the head was taken, too."""
    with transaction.atomic():
        number, chain = entries.head()
        content: dict[str, str | int] = {"number": number, "chain": chain, "root": _top().hex()}
    content["public key"] = public_key().hex()
    return _signed(content | {"at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")})


def _top() -> bytes:
    """One root over the roots of all segments."""
    leaves = [_leaf(entries.leaf_of(row)) for row in Row.objects.order_by("number").iterator()]
    return root([root(leaves[first : first + SEGMENT]) for first in range(0, len(leaves), SEGMENT)])


def held_against(text: str) -> list[Finding]:
    """Compare the ledger with a checkpoint kept elsewhere. Empty: what it says then still stands."""
    known = _opened(text)
    if known is None:
        return [Finding("checkpoint", 0, "The checkpoint is not signed by this installation.")]
    number, chain = known
    found = Row.objects.filter(number=number).values_list("chain", flat=True).first()
    if number and found is None:
        return [Finding("cut off", number, f"The ledger reached entry {number} when the checkpoint was made.")]
    if number and found != chain:
        return [Finding("changed", number, f"Entry {number} differs from the checkpoint.")]
    return []


# --- verifying --------------------------------------------------------------------------------------------------


def verify() -> Verdict:
    """Look at every entry and every effect, both ways. Reads only."""
    known = _read_head()  # before the rows: an entry committed meanwhile is no cut tail
    with transaction.atomic():
        rows = list(Row.objects.order_by("number"))
        effects = list(entries.all_effects())
    findings = [*_chain_findings(rows), *_head_findings(rows, known), *_effect_findings(rows, effects)]
    return Verdict(not findings, len(rows), len(effects), tuple(findings))


def _chain_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    previous, expected, key = entries.GENESIS, 1, entries.chain_key()
    for row in rows:
        if row.number != expected:
            yield Finding("missing", expected, f"Entry {expected} is not there.")
        elif row.previous != previous:
            yield Finding("out of place", row.number, f"Entry {row.number} does not follow the one before it.")
        if entries.chain_of(row, key) != row.chain:
            yield Finding("changed", row.number, f"Entry {row.number} is not what was written.")
        previous, expected = row.chain, row.number + 1


def _head_findings(rows: Sequence[Row], known: tuple[int, str] | None) -> Iterator[Finding]:
    if known is None:
        if rows:
            yield Finding("head unsigned", 0, "The signed head of the ledger is missing or not signed by us.")
        return
    number, chain = known
    if number > (rows[-1].number if rows else 0):
        yield Finding("cut off", number, f"The ledger reached entry {number} once; its end is cut off.")
    elif next((row.chain for row in rows if row.number == number), chain) != chain:
        yield Finding("changed", number, f"Entry {number} differs from the signed head.")


def _effect_findings(rows: Sequence[Row], effects: Sequence[tuple[str, int, str]]) -> Iterator[Finding]:
    known = {row.number: row.act for row in rows}
    for room, number, reference in effects:
        if number not in known:
            yield Finding("effect without entry", number, f"“{reference}” in {room} has no entry {number}.")
    counted = Counter(number for _, number, _ in effects)
    for number, act in known.items():
        if act in entries.LASTING and not counted[number]:
            yield Finding("entry without effect", number, f"Entry {number} ({act}) has no effect left to show.")


# --- Merkle -----------------------------------------------------------------------------------------------------


def _leaf(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle root over leaf hashes, as in RFC 9162 section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return _node(root(leaves[:split]), root(leaves[split:]))


def _split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def path(leaves: Sequence[bytes], place: int) -> list[tuple[Literal["left", "right"], bytes]]:
    """The hashes beside the way from a leaf to the root, lowest first."""
    if len(leaves) <= 1:
        return []
    split = _split(len(leaves))
    if place < split:
        return [*path(leaves[:split], place), ("right", root(leaves[split:]))]
    return [*path(leaves[split:], place - split), ("left", root(leaves[:split]))]


class Proof(msgspec.Struct, frozen=True):
    """That an entry stands in its segment: checkable with sha-256 alone."""

    number: int
    body: bytes
    path: tuple[tuple[str, bytes], ...]
    root: bytes
    signature: bytes


def prove(number: int) -> Proof:
    """A signed inclusion proof of one entry in its segment of ``SEGMENT`` entries."""
    first = (number - 1) // SEGMENT * SEGMENT + 1
    rows = list(Row.objects.filter(number__gte=first, number__lt=first + SEGMENT).order_by("number"))
    leaves = [_leaf(entries.leaf_of(row)) for row in rows]
    top = root(leaves)
    way = tuple(path(leaves, number - first))
    return Proof(number, entries.leaf_of(rows[number - first]), way, top, sign(top))


def check_proof(proof: Proof, key: bytes) -> bool:
    """Check a proof with nothing but the public key of the installation."""
    value = _leaf(proof.body)
    for side, beside in proof.path:
        value = _node(beside, value) if side == "left" else _node(value, beside)
    return value == proof.root and signed_by_us(proof.root, proof.signature, key)
