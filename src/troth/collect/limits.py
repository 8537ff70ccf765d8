"""How often somebody may come, and how much of the disk is kept for rights.

Nothing of this is written down: floods are counted by network, in memory, and end with the process.
"""

from __future__ import annotations

import collections
import functools
import shutil
import threading
import time
from pathlib import Path
from typing import Final

from django.conf import settings

from troth.collect import steps
from troth.policy.problems import Trouble

RATE: Final = 200.0  # events and questions a second from one network; ten seconds' worth may come at once
RESERVE: Final = 64 * 2**20  # bytes that events leave free for records, erasures and the desk
_AGAIN: Final = 60.0  # seconds after which the largest file is looked for again


class Flood:
    """Token buckets by truncated network: /24 or /48, the least recent forgotten first."""

    def __init__(self, rate: float, burst: float, most: int = 20_000) -> None:
        self.rate, self.burst, self.most = rate, burst, most
        self._buckets: collections.OrderedDict[str, tuple[float, float]] = collections.OrderedDict()
        self._lock = threading.Lock()

    def lets_in(self, network: str, now: float) -> bool:
        with self._lock:
            left, then = self._buckets.pop(network, (self.burst, now))
            left = min(self.burst, left + (now - then) * self.rate)
            self._buckets[network] = (left - 1 if left >= 1 else left, now)
            if len(self._buckets) > self.most:
                self._buckets.popitem(last=False)
        return left >= 1

    def clear(self) -> None:
        with self._lock:
            self._buckets.clear()


answers: Final = Flood(2, 300)  # each is a row for six years, so they come slower than events
forms: Final = Flood(1, 200)


def network(address: str) -> str:
    """The network that floods are counted by: the common case without parsing."""
    if address.count(".") == 3 and ":" not in address:
        return address.rpartition(".")[0]
    return steps.truncated(address) or "unknown"


class Floor:
    """Whether there is room for what may wait. An erasure writes the file that it deletes from anew, so the largest
    file is kept free beside the reserve."""

    def __init__(self, folder: Path, reserve: int = RESERVE) -> None:
        self.folder, self.reserve = folder, reserve
        self._looked = self._measured = float("-inf")
        self._room, self._largest = True, 0

    def has_room(self) -> bool:
        """Looks at the disk once a second at most. Raises nothing: where the disk does not answer there is no room."""
        now = time.monotonic()
        if now - self._looked > 1:
            self._looked = now
            try:
                self._room = shutil.disk_usage(_existing(self.folder)).free >= self.reserve + self._kept(now)
            except OSError:
                self._room = False
        return self._room

    def _kept(self, now: float) -> int:
        if now - self._measured > _AGAIN:
            self._measured = now
            self._largest = _largest(self.folder)
        return self._largest


def _largest(folder: Path) -> int:
    return max((_size(path) for path in folder.rglob("*.db")), default=0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # dropped while we looked


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def least(folder: Path) -> int:
    """Bytes that must be free on the disk of a data folder, or nothing comes in that nobody has a right to."""
    return RESERVE + _largest(folder)


@functools.lru_cache(maxsize=8)
def _floor(folder: Path) -> Floor:
    return Floor(folder)


def has_room() -> bool:
    """Whether the data disk has room for what nobody has a right to."""
    return _floor(Path(settings.DATA)).has_room()


def room() -> None:
    """Go on only if it has; else ``busy``, to come again later."""
    if not has_room():
        raise Trouble("busy", "The disk is nearly full, and what is left is kept for rights.", "Make room on it.")
