"""What this installation signs (Ed25519), and the signed head of the ledger beside the database."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from troth.ledger import rows
from troth.places import master


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


def signed(content: Mapping[str, Any]) -> str:
    """One line of JSON: the body as text, and the signature over exactly this text."""
    body = json.dumps(content)
    return json.dumps({"body": body, "signature": sign(body.encode()).hex()})


def opened(line: str, key: bytes | None = None) -> dict[str, Any] | None:
    """What stands in a signed line, or None when it is not ours (or not of this public key)."""
    try:
        outer = json.loads(line)
        body = outer["body"].encode()
        if signed_by_us(body, bytes.fromhex(outer["signature"]), key):
            inner = json.loads(body)
            return inner if isinstance(inner, dict) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return None


# --- the head ---------------------------------------------------------------------------------------------------


def head_file() -> Path:
    return Path(settings.DATA) / "ledger.head"


def note_head(head: Callable[[], tuple[int, str]]) -> None:
    """After a commit: write the signed head beside the database, whole or not at all. It only ever moves forward, and
    only along its own chain: over what was cut off no new end may grow unseen.

    The head is read under a lock that all processes share, so that none writes an older one over a newer.
    """
    with head_file().with_name("ledger.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        number, chain = head()
        if not _follows(_claimed(), number) and (known := read_head()) and not _follows(known, number):
            return  # the end of the ledger is gone: what the head says is the evidence
        temporary = head_file().with_name(f"ledger.head.{secrets.token_hex(4)}")
        try:
            temporary.write_text(signed({"number": number, "chain": chain}))
            os.replace(temporary, head_file())
        except OSError:  # on a full disk each act would leave one
            temporary.unlink(missing_ok=True)
            raise


def is_behind() -> bool:
    """Whether the ledger lacks what its head says: an older database was put back, or somebody cut it."""
    known = read_head()
    return known is not None and not _follows(known, rows.last()[0])


def _claimed() -> tuple[int, object]:
    """What the head file says, believed only so far that it is worth looking at its signature."""
    try:
        said = json.loads(json.loads(head_file().read_text())["body"])
        return int(said["number"]), said["chain"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0, ""


def _follows(known: tuple[int, object], number: int) -> bool:
    """Whether the ledger, which ends with ``number``, holds what a head says. One that a month was dropped of may."""
    return known[0] <= number and all(row[11] == known[1] for row in rows.some(known[0], known[0]))


def read_head() -> tuple[int, str] | None:
    """The signed head, or None when there is none or it is not ours."""
    try:
        inner = opened(head_file().read_text())
    except (OSError, ValueError):
        return None
    return _place(inner) if inner else None


def _place(inner: dict[str, Any]) -> tuple[int, str] | None:
    number, chain = inner.get("number"), inner.get("chain")
    return (number, chain) if type(number) is int and type(chain) is str else None


def kept(line: str) -> tuple[int, str] | None:
    """Number and chain hash that a checkpoint kept elsewhere says, or None when it is not ours."""
    inner = opened(line)
    return _place(inner) if inner else None
