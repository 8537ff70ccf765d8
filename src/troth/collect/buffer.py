"""One writer thread with group commit: everything that waits is committed together, and a reply leaves only after it.

Bounded: when more waits than it may hold, when the disk is nearly full or a file is locked, the answer is "not now"
and nothing is acknowledged. Rights need the disk more than events do, so events stop first.
"""

from __future__ import annotations

import asyncio
import collections
import datetime as dt
import logging
import shutil
import threading
import time
from pathlib import Path
from typing import Final

import msgspec

from troth.places.events import EventStore, Lot

log = logging.getLogger("troth.collect")
MOST_WAITING: Final = 8192
MOST_TOGETHER: Final = 2048
FLOOR: Final = 64 * 2**20  # bytes kept free on the data disk for records, erasures and the desk


Future = asyncio.Future[bool]


class Waiting(msgspec.Struct):
    """A lot and who waits for it."""

    lot: Lot
    loop: asyncio.AbstractEventLoop
    future: Future


class Buffer:
    def __init__(self, store: EventStore, *, floor: int = FLOOR, most_waiting: int = MOST_WAITING) -> None:
        self._store, self._floor, self._most = store, floor, most_waiting
        self._queue: collections.deque[Waiting] = collections.deque()
        self._shares: collections.Counter[str] = collections.Counter()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="troth-events", daemon=True)
        self._looked = 0.0
        self._room = True
        self._noted: dict[str, dict[str, int]] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, then end."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def note(self, client: str, reason: str) -> None:
        """Count something that was turned away at the door; it goes into the next commit of that client."""
        with self._wake:
            counts = self._noted.setdefault(client, {})
            counts[reason] = counts.get(reason, 0) + 1

    async def put(self, lot: Lot) -> bool:
        """True once the lot is durable; False when it was not taken and the sender must try again."""
        loop = asyncio.get_running_loop()
        future: Future = loop.create_future()
        return await future if self._add(Waiting(lot, loop, future)) else False

    def _add(self, waiting: Waiting) -> bool:
        client = waiting.lot.client
        with self._wake:
            share = self._shares[client]
            if self._stopping or len(self._queue) >= self._most or share >= self._most // 2:
                return False  # half of the room at most for one client, so that its flood leaves room for the others
            self._shares[client] = share + 1
            self._queue.append(waiting)
            if len(self._queue) == 1:
                self._wake.notify()
        return True

    def _run(self) -> None:
        while (group := self._next()) is not None:
            self._commit(group)

    def _next(self) -> list[Waiting] | None:
        with self._wake:
            while not self._queue:
                if self._stopping:
                    return None
                self._wake.wait()
            together = min(len(self._queue), MOST_TOGETHER)
            group = [self._queue.popleft() for _ in range(together)]
            self._shares.subtract(waiting.lot.client for waiting in group)
            if not self._queue:
                self._shares.clear()
            return group

    def _commit(self, group: list[Waiting]) -> None:
        failed = set(range(len(group)))
        noted = self._take_noted()
        if self._has_room():
            lots = [waiting.lot for waiting in group]
            extra = [Lot(client=client, rows=[], counts=counts) for client, counts in noted.items()]
            try:
                failed = self._store.commit(lots + extra, dt.datetime.now(dt.UTC)).failed
            except Exception as error:  # all of the group stays "failed": 503, and the sender tries again
                log.error("events were not stored: %s", type(error).__name__)  # a traceback could carry values
        self._put_back(noted, failed, len(group))
        _answer(group, failed)

    def _take_noted(self) -> dict[str, dict[str, int]]:
        with self._wake:
            noted, self._noted = self._noted, {}
        return noted

    def _put_back(self, noted: dict[str, dict[str, int]], failed: set[int], offset: int) -> None:
        """Counts whose commit failed wait for the next one."""
        whole = len(failed) == offset  # every lot failed before any count could be written
        for number, (client, counts) in enumerate(noted.items()):
            if whole or offset + number in failed:
                with self._wake:
                    kept = self._noted.setdefault(client, {})
                    for reason, count in counts.items():
                        kept[reason] = kept.get(reason, 0) + count

    def _has_room(self) -> bool:
        now = time.monotonic()
        if now - self._looked > 1:
            self._looked = now
            self._room = shutil.disk_usage(_existing(self._store.folder)).free >= self._floor
        return self._room


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _answer(group: list[Waiting], failed: set[int]) -> None:
    """Tell everybody who waits: one call into each event loop, since each wakes it."""
    told: dict[asyncio.AbstractEventLoop, list[tuple[Future, bool]]] = {}
    for number, waiting in enumerate(group):
        told.setdefault(waiting.loop, []).append((waiting.future, number not in failed))
    for loop, answers in told.items():
        try:
            loop.call_soon_threadsafe(_settle, answers)
        except RuntimeError:
            log.debug("a loop ended before its answers")


def _settle(answers: list[tuple[Future, bool]]) -> None:
    for future, stored in answers:
        if not future.done():
            future.set_result(stored)
