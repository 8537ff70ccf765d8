"""The loop: one thread of the serving process that does what is due, and what comes round by itself."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from django.db import close_old_connections, connections

from troth.work import queue

PAUSE: Final = 0.25  # seconds between looks
DEAD: Final = 5.0  # seconds between two looks for jobs of processes that died
_rounds: list[tuple[float, Callable[[], object]]] = []
_log = logging.getLogger("troth.work")


def every(seconds: float) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register what the loop calls again and again, at least ``seconds`` apart."""

    def register(function: Callable[[], object]) -> Callable[[], object]:
        _rounds.append((seconds, function))
        return function

    return register


class Loop:
    """Start it with the server, stop it with the server; stopping waits for the job in hand."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="troth-work", daemon=True)
        self._last: dict[int, float] = {}
        self._dead = 0.0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.wait(PAUSE):
            close_old_connections()
            if time.monotonic() >= self._dead:
                self._dead = time.monotonic() + DEAD
                self._guarded(queue.take_over)
            self._guarded(queue.run_due)
            for number, (seconds, function) in enumerate(_rounds):
                if time.monotonic() - self._last.get(number, -seconds) >= seconds:
                    self._last[number] = time.monotonic()
                    self._guarded(function)
        connections.close_all()

    def _guarded(self, function: Callable[[], object]) -> None:
        try:
            function()
        except Exception as error:  # the loop outlives a locked or full database; the job stays and is tried again
            _log.warning("round %s failed: %s", getattr(function, "__name__", "?"), type(error).__name__)
