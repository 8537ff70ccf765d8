"""Overwriting what deletion leaves on the disk. Page splits keep stale copies that ``secure_delete`` misses, so a file
is rewritten whole, and then its log is emptied; only the answer (0, 0, 0) says that the log holds nothing any more.

And room to do it in (UK GDPR Art 12(3), 17(1): without undue delay, whatever else filled the disk): a file of the data
folder holds a reserve, which is given up piece by piece when nothing is free any more, and filled again later.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings
from django.db import connection

from troth.people import vault
from troth.policy.problems import Trouble

RESERVE: Final = "reserve"  # its name in the data folder: no copy of the folder needs it
MARGIN: Final = 4 * 2**20  # bytes that stay free for records as long as the reserve lasts
LEAST: Final = 256 * 2**10  # bytes without which nothing is opened
AMPLE: Final = 64 * 2**20  # bytes that stay free for events, beside as much again, when the reserve is filled
MOST: Final = 2**30  # bytes; a database above that is not rewritten out of the reserve
LOOK: Final = 1.0  # seconds between two looks at the disk
FILL: Final = 5  # looks between two tries to fill the reserve
_log = logging.getLogger("troth.disk")


# Overwriting ------------------------------------------------------------------------------------------------------


def overwrite() -> bool:
    """Rewrite troth.db and keys.db. False while somebody still reads: then nothing is claimed."""
    name = str(connection.settings_dict["NAME"])
    if "memory" in name:
        return vault.overwrite()  # rows that stand in memory leave nothing on a disk
    make_way_for(Path(name))
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


# The reserve ------------------------------------------------------------------------------------------------------


class Reserve(msgspec.Struct, frozen=True):
    """Bytes that the reserve should hold, and bytes that it holds."""

    wanted: int
    held: int


def reserve() -> Reserve:
    """Enough for the acts of a person, and for the largest database to be written anew."""
    if not settings.RESERVE_MB:
        return Reserve(0, _size(_file()))
    largest = max((_size(one) for one in Path(settings.DATA).rglob("*.db")), default=0)
    return Reserve(settings.RESERVE_MB * 2**20 + min(largest, MOST), _size(_file()))


def make_way(need: int = MARGIN) -> int:
    """Give up so much of the reserve that ``need`` bytes are free. Returns the bytes given up.

    No more than is needed: whatever filled the disk may go on and take what it finds.
    """
    short = need - _free()
    if short <= 0 or not _size(_file()):
        return 0
    with _alone() as handle:
        held = os.fstat(handle).st_size
        given = min(held, max(0, need - _free()))
        os.ftruncate(handle, held - given)
    if given:
        _log.warning("the disk is full: %d bytes of the reserve were given up, %d are left", given, held - given)
    return given


def must_have_room() -> None:
    """``Trouble`` on a disk without room for the memory that SQLite shares in a file beside each database: where that
    file cannot grow, the system ends the process without a word."""
    if _free() < LEAST:
        raise Trouble(
            "database-trouble",
            f"There is no room left for the data folder {settings.DATA}.",
            "Make room on the disk and run the command again.",
            where="TROTH_DATA",
        )


def make_way_for(database: Path) -> int:
    """Give up what rewriting a database needs; nothing where all of the reserve would not be enough for it, since the
    acts of a person would be left without. Returns the bytes given up."""
    need = _size(database) + MARGIN
    return make_way(need) if _free() + _size(_file()) >= need else 0


def fill() -> bool:
    """Fill the reserve again when there is room for it and for all else. True when it is full."""
    now = reserve()
    if now.held < now.wanted and _free() - (now.wanted - now.held) < AMPLE + now.wanted:
        return False
    if now.held != now.wanted:
        with _alone() as handle:  # it may have been given up since: a file made longer by its length holds nothing
            os.ftruncate(handle, min(os.fstat(handle).st_size, now.wanted))
            if now.wanted:
                os.posix_fallocate(handle, 0, now.wanted)
    return True


class Keeper:
    """A thread of the serving process that looks at the disk, also while a long job has the loop."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="troth-disk", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        looks = 0
        while True:
            try:
                make_way() or (looks % FILL == 0 and fill())
            except OSError as error:  # a disk that does not answer may answer later
                _log.warning("the reserve could not be looked after: %s", type(error).__name__)
            looks += 1
            if self._stop.wait(LOOK):
                return


def _file() -> Path:
    return Path(settings.DATA) / RESERVE


def _free() -> int:
    return shutil.disk_usage(settings.DATA).free


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@contextlib.contextmanager
def _alone() -> Iterator[int]:
    """The file, ours while it changes: a command may give up what the server fills."""
    handle = os.open(_file(), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
