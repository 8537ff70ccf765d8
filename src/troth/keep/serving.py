"""Whether a server runs over this data folder. Then it does the work, and a command only asks and waits: event files
are opened and dropped by the serving process alone. With no server a command is the serving process while it works."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from troth.work import queue

PATIENCE: Final = 60.0  # seconds that a command waits for the server
LOOK: Final = 2.0  # seconds after which it looks whether somebody still serves


def somebody_serves() -> bool:
    path = Path(settings.DATA) / "serve.lock"
    if not path.exists():
        return False
    with path.open("r+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


@contextlib.contextmanager
def alone() -> Iterator[bool]:
    """Be the serving process for a while: True; False where a server, or another command, is it already."""
    folder = Path(settings.DATA)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "serve.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def asked(kind: str, done: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Wait until whoever serves has done the job of a kind that this command left. Where the server has ended since, or
    it was another command that held the folder, do it here. False when it takes too long."""
    end = time.monotonic() + patience
    while not wait(done, LOOK) and time.monotonic() < end:
        with alone() as ours:
            if ours:
                queue.take_over()
                queue.run_due(kinds=frozenset({kind}))
    return done()


def wait(done: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Look until the server has done it. False when it takes too long: the work goes on without us."""
    end = time.monotonic() + patience
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
