"""One writer thread with group commit: everything that waits is committed together, and a reply leaves only after it.

Bounded: when more waits than it may hold, when the disk is nearly full or a file is locked, the answer is "not now"
and nothing is acknowledged. Rights need the disk more than events do, so events stop first.
"""

from __future__ import annotations

import asyncio
import collections
import datetime as dt
import logging
import threading
from typing import Final

import msgspec

from troth.collect.limits import RESERVE, Floor
from troth.places.events import EventStore, Lot

log = logging.getLogger("troth.collect")
MOST_WAITING: Final = 8192  # rows
MOST_TOGETHER: Final = 2048  # rows in a commit
NOTED: Final = 2.0  # seconds after which counts are written down though no event came with which they could go

Future = asyncio.Future[bool]


class Waiting(msgspec.Struct):
    """A lot and who waits for it."""

    lot: Lot
    loop: asyncio.AbstractEventLoop
    future: Future

    @property
    def weight(self) -> int:
        return max(1, len(self.lot.rows))


class Buffer:
    def __init__(self, store: EventStore, *, floor: int = RESERVE, most_waiting: int = MOST_WAITING) -> None:
        self._store, self._most = store, most_waiting
        self.floor = Floor(store.folder.parent, floor)
        self._queue: collections.deque[Waiting] = collections.deque()
        self._shares: collections.Counter[str] = collections.Counter()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="troth-events", daemon=True)
        self._noted: dict[str, dict[str, int]] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits and what was counted, then end."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def note(self, client: str, reason: str) -> None:
        """Count something that was turned away at the door; it goes into the next commit of that client."""
        with self._wake:
            if not self._noted:
                self._wake.notify()
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
            share = self._shares[client] + waiting.weight
            if self._stopping or share > self._most - self._shares.total() - waiting.weight:
                return False  # nobody takes more than what is left for all others, so no flood takes everything
            self._shares[client] = share
            self._queue.append(waiting)
            if len(self._queue) == 1:
                self._wake.notify()
        return True

    def _run(self) -> None:
        while (group := self._next()) is not None:
            self._commit(group)
        if self._noted:
            self._commit([])

    def _next(self) -> list[Waiting] | None:
        """What goes into the next commit; nothing but counts if they waited long; None at the end."""
        with self._wake:
            while not self._queue:
                if self._stopping:
                    return None
                if not self._noted:
                    self._wake.wait()
                elif not self._wake.wait(NOTED):
                    return []
            group, weight = [], 0
            while self._queue and weight < MOST_TOGETHER:
                group.append(self._queue.popleft())
                weight += group[-1].weight
                self._leave(group[-1])
            return group

    def _leave(self, waiting: Waiting) -> None:
        client = waiting.lot.client
        self._shares[client] -= waiting.weight
        if not self._shares[client]:
            del self._shares[client]

    def _commit(self, group: list[Waiting]) -> None:
        """Whatever goes wrong, everybody who waits is answered, and the thread goes on."""
        failed = set(range(len(group)))
        noted = lost = self._take_noted()
        try:
            if self.floor.has_room():
                lots = [waiting.lot for waiting in group]
                extra = [Lot(client=client, rows=[], counts=counts) for client, counts in noted.items()]
                failed = self._store.commit(lots + extra, dt.datetime.now(dt.UTC)).failed
                lost = {client: noted[client] for n, client in enumerate(noted, len(group)) if n in failed}
        except Exception as error:  # all of the group stays "failed": 503, and the sender tries again
            log.error("events were not stored: %s", type(error).__name__)  # a traceback could carry values
        self._put_back(lost)
        _answer(group, failed)

    def _take_noted(self) -> dict[str, dict[str, int]]:
        with self._wake:
            noted, self._noted = self._noted, {}
        return noted

    def _put_back(self, lost: dict[str, dict[str, int]]) -> None:
        """Counts whose commit failed wait for the next one."""
        with self._wake:
            for client, counts in lost.items():
                kept = self._noted.setdefault(client, {})
                for reason, count in counts.items():
                    kept[reason] = kept.get(reason, 0) + count


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
