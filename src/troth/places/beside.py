"""A SQLite file that is only read, beside whoever writes it."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def read_only(path: Path, *, timeout: float = 5) -> sqlite3.Connection:
    """Whatever the folder is called: in an address, ``#``, ``?`` and ``%`` would mean something else. ``timeout``:
    seconds to wait for a lock."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=timeout)
