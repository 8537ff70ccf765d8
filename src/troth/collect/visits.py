"""Which page came before, worked out in memory for statistics that follow nobody.

A visit is known by a key of its network address and browser under a random key that dies with the UTC day or with the
process, and is forgotten after half an hour. Of all that, only the page before and whether this was the first one
reach a cell (PECR Sch A1 para 5; UK GDPR Art 5(1)(c)).
"""

from __future__ import annotations

import collections
import hashlib
import secrets
from typing import Final

PAUSE: Final = 30 * 60  # seconds after which a page is the first of another visit
MOST: Final = 50_000
_DAY: Final = 86400
_Key = bytes
_Last = tuple[str, float]  # the page, and when
Back = list[tuple[_Key, _Last | None]]  # what stood before each step


class Visits:
    """One for each door. Used by its event loop alone."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._day = -1
        self._secret = b""
        self._last: collections.OrderedDict[_Key, _Last] = collections.OrderedDict()

    def step(self, whose: tuple[str, str, str, str], page: str, now: float, back: Back) -> str:
        """The page before this one, '' on entry. ``whose``: client, surface, address, agent; ``back`` takes what
        ``undo`` needs."""
        self._turn(now)
        # keyed BLAKE2 and not an HMAC, which lets go of the interpreter and then waits for it longer than it works
        key = hashlib.blake2b("\0".join(whose).encode(), digest_size=16, key=self._secret).digest()
        last = self._last.pop(key, None)
        back.append((key, last))
        self._last[key] = (page, now)
        if len(self._last) > self._most:
            self._last.popitem(last=False)
        return last[0] if last is not None and now - last[1] <= PAUSE else ""

    def undo(self, back: Back) -> None:
        """The events were not stored, and will come again."""
        for key, last in reversed(back):
            self._last.pop(key, None)
            if last is not None:
                self._last[key] = last

    def _turn(self, now: float) -> None:
        """A new day has a new key: nothing joins yesterday's visits to today's."""
        if (day := int(now // _DAY)) != self._day:
            self._day, self._secret = day, secrets.token_bytes(32)
            self._last.clear()
