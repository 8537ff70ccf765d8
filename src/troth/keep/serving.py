"""Whether a server runs over this data folder. Then it does the work, and a command only asks and waits: event files
are opened and dropped by the serving process alone."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.conf import settings

PATIENCE: Final = 60.0  # seconds that a command waits for the server


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


def wait(done: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Look until the server has done it. False when it takes too long: the work goes on without us."""
    end = time.monotonic() + patience
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
