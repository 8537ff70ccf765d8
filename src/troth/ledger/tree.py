"""Proving the ledger: checkpoints to keep elsewhere, and proofs that one entry stands under them.

A proof is plain JSON that ``docs/verify_receipt.py`` checks without troth; verifying all is in ``verifying``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Container, Iterable, Mapping

import msgspec
from django.db import transaction

from troth.ledger import entries, merkle, rows, segments, signing
from troth.ledger.signing import head_file as head_file
from troth.ledger.signing import public_key as public_key
from troth.ledger.signing import sign as sign
from troth.ledger.signing import signed_by_us as signed_by_us
from troth.ledger.verifying import Finding as Finding
from troth.ledger.verifying import Verdict as Verdict
from troth.ledger.verifying import held_against as held_against
from troth.ledger.verifying import held_against_all as held_against_all
from troth.ledger.verifying import verify as verify
from troth.policy.problems import Trouble


class Proof(msgspec.Struct, frozen=True):
    """That one entry stands under the checkpoint: ``entry`` is its body as text, ``path`` the hashes beside its way
    to the root (``left`` or ``right``, hex). ``salt`` (hex) and ``details`` open its commitment, where they live."""

    number: int
    entry: str
    path: tuple[tuple[str, str], ...]
    salt: str = ""
    details: str = ""


class Proofs(msgspec.Struct, frozen=True):
    """Proofs under one signed checkpoint: checkable with SHA-256 and Ed25519 alone. ``key``: the public key (hex)."""

    key: str
    checkpoint: str
    proofs: tuple[Proof, ...]


def checkpoint() -> str:
    """A signed line to copy away from this machine: with it a cut tail is found even if the head was taken, too."""
    begin = segments.begin()
    merkle.grow(begin.known)
    with transaction.atomic():
        return _checkpoint(merkle.Tree(entries.head()[0], begin.known))


def _checkpoint(tree: merkle.Tree) -> str:
    number, chain = entries.head()
    content = {"number": number, "chain": chain, "root": tree.root().hex(), "public key": public_key().hex()}
    return signing.signed(content | {"at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")})


def prove(numbers: Iterable[int], openings: Mapping[int, tuple[bytes, bytes]] = {}, *, under: str = "") -> Proofs:
    """Prove entries under a checkpoint of this moment, or ``Trouble`` *no-entry*. ``openings``: salt and details.
    ``under``: a checkpoint that somebody keeps, so that they can see that what it says then still stands."""
    begin = segments.begin()
    merkle.grow(begin.known)
    with transaction.atomic():
        tree = merkle.Tree(_length(under) if under else entries.head()[0], begin.known)
        proofs = tuple(_proof(tree, begin, number, openings.get(number)) for number in numbers)
        return Proofs(public_key().hex(), _kept(tree, under) if under else _checkpoint(tree), proofs)


def _length(line: str) -> int:
    """How many entries a checkpoint covers that somebody keeps; ``Trouble`` where it cannot be one of this ledger."""
    place = signing.kept(line)
    begin = segments.begin()
    if place is None or not begin.first - 1 <= place[0] <= entries.head()[0]:
        why = "is not signed by us" if place is None else "covers entries that are not here"
        raise Trouble(
            "not-under", f"The checkpoint {why}.", "Run troth ledger verify --checkpoint FILE: it says what is wrong."
        )
    return place[0]


def _kept(tree: merkle.Tree, line: str) -> str:
    said = signing.opened(line)
    if said is None or said.get("root") != tree.root().hex():
        raise Trouble(
            "not-under", "The ledger differs from the checkpoint, so nothing is proved under it.",
            "Run troth ledger verify --checkpoint FILE: it says what is wrong.", exit=3,
        )  # fmt: skip
    return line


def _proof(tree: merkle.Tree, begin: segments.Begin, number: int, opening: tuple[bytes, bytes] | None) -> Proof:
    found = rows.some(number, number)
    if found and number > tree.size:
        raise Trouble("not-under", f"Entry {number} is younger than the checkpoint.", "Keep a newer checkpoint.")
    if not found:
        gone = f" {begin.note}" if 0 < number < begin.first else ""
        raise Trouble("no-entry", f"The ledger has no entry {number}.{gone}", "Name a number that it has.")
    path = tuple((side, value.hex()) for side, value in tree.path(number - 1))
    salt, details = opening or (b"", b"")
    return Proof(number, rows.body_of(found[0]).decode(), path, salt.hex(), details.decode())


def openings(numbers: Container[int]) -> dict[int, tuple[bytes, bytes]]:
    """Salt and details of entries whose effects still stand: after their erasure nobody can open them."""
    found: dict[int, tuple[bytes, bytes]] = {}
    for read in entries.rooms().values():
        for one in read():
            if isinstance(one, entries.Effect) and one.entry in numbers and one.salt and one.details is not None:
                found[one.entry] = bytes(one.salt), one.details
    return found


def check(proofs: Proofs, key: bytes) -> bool:
    """Check proofs with nothing but the public key of the installation."""
    said = signing.opened(proofs.checkpoint, key)
    return said is not None and all(_stands(one, str(said["root"])) and _opens(one) for one in proofs.proofs)


def _stands(proof: Proof, root: str) -> bool:
    value = merkle.leaf(proof.entry.encode())
    for side, beside in proof.path:
        other = bytes.fromhex(beside)
        value = merkle.parent(other, value) if side == "left" else merkle.parent(value, other)
    return value.hex() == root


def _opens(proof: Proof) -> bool:
    if not proof.salt:
        return True
    opened = hashlib.sha256(bytes.fromhex(proof.salt) + proof.details.encode()).hexdigest()
    return bool(opened == json.loads(proof.entry)[-1])
