"""Overwriting what deletion leaves on the disk. Page splits keep stale copies that ``secure_delete`` misses, so a file
is rewritten whole, and then its log is emptied; only the answer (0, 0, 0) says that the log holds nothing any more."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from django.db import connection

from troth.people import vault


def overwrite() -> bool:
    """Rewrite troth.db and keys.db. False while somebody still reads: then nothing is claimed."""
    name = str(connection.settings_dict["NAME"])
    if "memory" in name:
        return vault.overwrite()  # rows that stand in memory leave nothing on a disk
    return vault.overwrite() and _rewrite(Path(name))


def _rewrite(path: Path) -> bool:
    db = sqlite3.connect(path, timeout=0.5, isolation_level=None)
    try:
        db.execute("PRAGMA secure_delete=ON")
        db.execute("PRAGMA temp_store=MEMORY")
        db.execute("VACUUM")
        return tuple(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()) == (0, 0, 0)
    except sqlite3.OperationalError:
        return False
    finally:
        db.close()
