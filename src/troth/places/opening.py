"""The pass: the frozen token that lets one act happen, and the counter where it is spent.

Only ``troth.gate`` mints a pass. A place spends it: once, within seconds, for exactly its fields and persons.
"""

from __future__ import annotations

import secrets
import threading
import time
from typing import Final

import msgspec

from troth.policy.problems import Trouble

LIFE: Final = 30.0  # seconds: long enough for one transaction behind a slow place, short enough to be useless stolen
_minted: dict[str, float] = {}
_lock = threading.Lock()


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """One purpose, one recipient, exact fields and persons. ``id`` stands in the ledger entry made with it."""

    id: str
    client: str
    edition: int
    kind: str
    use: str
    recipient: str
    fields: frozenset[str]
    persons: frozenset[int]
    expires: float  # monotonic seconds


def mint(
    *,
    client: str,
    edition: int,
    kind: str,
    use: str,
    recipient: str,
    fields: frozenset[str],
    persons: frozenset[int],
) -> Pass:
    """For the gate alone (a house test reads who calls this)."""
    now = time.monotonic()
    minted = Pass(
        id=secrets.token_hex(16),
        client=client,
        edition=edition,
        kind=kind,
        use=use,
        recipient=recipient,
        fields=fields,
        persons=persons,
        expires=now + LIFE,
    )
    with _lock:
        for old in [key for key, end in _minted.items() if end < now]:
            del _minted[old]
        _minted[minted.id] = minted.expires
    return minted


def spend(token: Pass, *, client: str, fields: frozenset[str], persons: frozenset[int]) -> None:
    """Spend a pass, or raise ``Trouble``. A pass that was forged, used or outlived opens nothing."""
    check(token, client=client, fields=fields, persons=persons)
    with _lock:
        if _minted.pop(token.id, None) is None:
            raise _refused("It was spent already, or was never issued.")


def check(token: Pass, *, client: str, fields: frozenset[str], persons: frozenset[int]) -> None:
    """What ``spend`` asks, without spending: for an act that reads several places with one pass."""
    if not isinstance(token, Pass) or token.id not in _minted:
        raise _refused("It was spent already, or was never issued.")
    if time.monotonic() > token.expires:
        raise _refused("It is older than it may be.")
    if token.client != client:
        raise _refused("It is for another client.")
    if not fields <= token.fields:
        raise _refused(f"It is not for {', '.join(sorted(fields - token.fields))}.")
    if not persons <= token.persons:
        raise _refused("It is for another person.")


def _refused(why: str) -> Trouble:
    return Trouble(
        "pass-refused", f"This pass does not open this place. {why}", "Ask the gate for a pass for this act."
    )
