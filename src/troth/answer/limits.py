"""How often one may ask. Kept in memory only, keyed by HMAC, so that the limits themselves are no list of people."""

from __future__ import annotations

import hmac
import ipaddress
import threading
import time
from collections import deque
from typing import Final

from troth.places import master

HOUR: Final = 3600.0
SOON: Final = 30.0  # seconds in which the same package is not made twice for the same person
PER_ADDRESS, PER_NETWORK, PER_CLIENT = 3, 30, 600
_seen: dict[bytes, deque[float]] = {}
_made: dict[bytes, float] = {}
_lock = threading.Lock()


def allowed(client: str, address: str, network: str) -> bool:
    """Count one asking and say whether it may lead to a mail. The page is the same either way."""
    now = time.monotonic()
    counted = [
        (_key("address", client, address), PER_ADDRESS),
        (_key("network", client, network), PER_NETWORK),
        (_key("client", client, ""), PER_CLIENT),
    ]
    with _lock:
        _forget(now)
        queues = [(_seen.setdefault(key, deque()), most) for key, most in counted]
        if any(len(queue) >= most for queue, most in queues):
            return False
        for queue, _ in queues:
            queue.append(now)
        return True


def network(address: str) -> str:
    """Whom a flood is counted by: an IPv4 address as it is, as many may share one; of IPv6 the /48, for one line
    has more addresses than anybody counts (T28)."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    return str(known.ipv4_mapped or ipaddress.IPv6Network((int(known), 48), strict=False))


def too_soon(client: str, person: int, what: str) -> bool:
    """Whether the same was made for this person a moment ago. It counts from what was made, not from what was asked."""
    now, key = time.monotonic(), _key("made", client, f"{person} {what}")
    with _lock:
        for old in [one for one, at in _made.items() if at < now - SOON]:
            del _made[old]
        if key in _made:  # at the very same tick, too
            return True
        _made[key] = now
        return False


def clear() -> None:
    with _lock:
        _seen.clear()
        _made.clear()


def _key(kind: str, client: str, value: str) -> bytes:
    secret = master.derive("answer limits")
    return hmac.digest(secret, f"{kind}\0{client}\0{value}".encode(), "sha256")


def _forget(now: float) -> None:
    for key, queue in list(_seen.items()):
        while queue and queue[0] < now - HOUR:
            queue.popleft()
        if not queue:
            del _seen[key]
