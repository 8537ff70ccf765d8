"""The file of keys: small, apart from the values, without long readers; everything in it is wrapped.

A key is durable before its first value and is gone only when the log of this file is empty. A file that was there once
and is missing, empty or another is never made anew in silence: what it sealed would be lost unseen (UK GDPR
Art 32(1)(b)).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import resource
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from troth.places import beside
from troth.policy.problems import Trouble

ID: Final = "file"
SEALED: Final = ("people_identity", "people_value", "people_suppression")  # tables of troth.db
PATIENCE = 10.0  # seconds for which a writer waits for another
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS epoch(id INTEGER PRIMARY KEY AUTOINCREMENT, wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS key(
  id INTEGER PRIMARY KEY AUTOINCREMENT, client TEXT NOT NULL, person INTEGER NOT NULL, rule TEXT NOT NULL,
  epoch INTEGER NOT NULL REFERENCES epoch(id), wrapped BLOB NOT NULL, UNIQUE(client, person, rule));
CREATE INDEX IF NOT EXISTS key_epoch ON key(epoch);
CREATE TABLE IF NOT EXISTS note(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secret(
  label TEXT, version INTEGER, master TEXT, wrapped BLOB NOT NULL, made INTEGER NOT NULL,
  PRIMARY KEY(label, version, master)) WITHOUT ROWID;
"""
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY", "foreign_keys=ON")
_idle: dict[Path, list[sqlite3.Connection]] = {}
_which: dict[Path, int] = {}  # the number of the file itself, which another of the same name has not
_lock = threading.Lock()


def path() -> Path:
    return Path(settings.DATA) / "keys.db"


def there() -> bool:
    """Whether keys were made here once, even if their file is gone."""
    return _mark().exists() or (path().exists() and path().stat().st_size > 0)


def holds_any() -> bool:
    """Whether the file holds the key of anything that was sealed."""
    if not there():
        return False
    with opened() as db:
        return bool(db.execute("SELECT 1 FROM key LIMIT 1").fetchone())


def _seals(file: Path) -> bool:
    """Whether a database holds rows that nobody makes without a key. Raises ``Trouble`` where it does not say: who
    took silence for no would make new keys beside what is sealed."""
    if not file.exists():
        return False
    db = beside.read_only(file, timeout=PATIENCE)
    try:
        return any(_any_row(db, table) for table in SEALED)
    except sqlite3.DatabaseError as error:
        raise Trouble(
            "database-trouble",
            f"Whether {file.name} holds what was sealed could not be read ({error}), so no keys are made beside it.",
            "Stop what uses it, see that it is whole and yours, and run it again; or put it back from a backup.",
            where=file.name,
        ) from error
    finally:
        db.close()


def _any_row(db: sqlite3.Connection, table: str) -> bool:
    try:
        return db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None  # noqa: S608
    except sqlite3.OperationalError as error:
        if str(error).startswith("no such table"):
            return False  # a database that is only being made
        raise


def must_be_here() -> None:
    """Raises ``Trouble`` where a backup of the data was put back without its keys: new ones would find and open nobody,
    and every right would be answered as if nothing were held."""
    if not there() and _seals(path().with_name("troth.db")):
        raise _lost()


def _mark() -> Path:
    """Says that there is a keys.db here, and which: the id is in both."""
    return Path(settings.DATA) / "keys.mark"


def leave_no_core() -> None:
    """A process that has read a key leaves no image of its memory on the disk when it falls (T11)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- opening ----------------------------------------------------------------------------------------------------


def _connect(file: Path) -> sqlite3.Connection:
    leave_no_core()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    must_be_here()
    if not file.exists() and _mark().exists():
        raise _lost()  # before anything is made
    db = sqlite3.connect(file, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        if _made(db):
            _recognise(db)
        else:
            _make(db, file)
        for pragma in _PRAGMAS:
            db.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        db.close()
        raise
    return db


def _made(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'secret'").fetchone())


def _make(db: sqlite3.Connection, file: Path) -> None:
    """Make the tables, or those that an older edition did not have yet."""
    marked = _mark().exists()  # asked first: another process may be making the file just now
    if marked and not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'key'").fetchone():
        raise _lost()
    file.chmod(0o600)
    for pragma in _PRAGMAS:
        db.execute(f"PRAGMA {pragma}").fetchall()
    statements = [one for one in _SCHEMA.split(";\n") if one.strip()]
    with writing(db):
        for statement in statements:
            db.execute(statement)
        db.execute("INSERT OR IGNORE INTO note VALUES (?, ?)", (ID, secrets.token_hex(8)))
    _recognise(db)


def _recognise(db: sqlite3.Connection) -> None:
    row = db.execute("SELECT value FROM note WHERE name = ?", (ID,)).fetchone()
    mark = _mark()
    if mark.exists():
        if row is None or mark.read_text("utf-8", "replace").strip() != row[0]:
            raise _lost()
    elif row is not None:
        with contextlib.suppress(FileExistsError):
            write_whole(mark, row[0] + "\n")


def _lost() -> Trouble:
    return Trouble(
        "keys-lost",
        "keys.db is gone, empty or another's: what it sealed cannot be opened, and nothing is made in its place.",
        "Put keys.db and keys.mark back from the copy you keep apart. If there is none, what it sealed is lost: "
        "begin anew with TROTH_DATA at another folder.",
        where="keys.db",
    )


def _number(file: Path) -> int:
    return file.stat().st_ino


def _exchanged() -> Trouble:
    return Trouble(
        "keys-exchanged",
        "Another keys.db was put in the place of the one that is open: a key made now would be lost with the old one.",
        "Stop troth, put keys.db and its log where they belong, and start it again.",
        where="keys.db",
    )


@contextlib.contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """A connection with no transaction left open: an open reader would keep the bytes of a destroyed key."""
    file = path()
    with _lock:
        waiting = _idle.get(file)
        if waiting and file.exists() and _which.get(file) != _number(file):
            raise _exchanged()
        db = waiting.pop() if waiting else None
    if db is not None and not file.exists():
        db.close()
        db = None
    try:
        if db is None:
            db = _connect(file)
            with _lock:
                _which.setdefault(file, _number(file))
        yield db
    except sqlite3.DatabaseError as error:
        if db is not None:
            db.close()
            db = None
        if isinstance(error, sqlite3.OperationalError | sqlite3.IntegrityError):
            raise
        raise sqlite3.DatabaseError(f"keys.db: {error}") from error  # so that the right file is put back
    finally:
        if db is not None:
            _give_back(file, db)


def _give_back(file: Path, db: sqlite3.Connection) -> None:
    if db.in_transaction:
        db.rollback()
    with _lock:
        waiting = _idle.setdefault(file, [])
        keep = len(waiting) < 8
        if keep:
            waiting.append(db)
        strangers = [one for other in _idle if other != file for one in _idle[other]]
        for other in [name for name in _idle if name != file]:
            del _idle[other]
        for other in [name for name in _which if name != file]:
            del _which[other]
    for one in strangers if keep else [*strangers, db]:
        one.close()


def close() -> None:
    """Close what is idle: before the data folder is copied, moved or left."""
    with _lock:
        every = [db for waiting in _idle.values() for db in waiting]
        _idle.clear()
        _which.clear()
    for db in every:
        db.close()


atexit.register(close)


@contextlib.contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")  # synchronous=FULL: on disk when this returns
    except BaseException:
        if db.in_transaction:  # a full disk has rolled it back already
            db.execute("ROLLBACK")
        raise


# --- the end of a row -------------------------------------------------------------------------------------------


def rewrite(db: sqlite3.Connection) -> bool:
    """Write the file anew, so that no stale page holds a wrapped key: page splits leave copies secure_delete misses."""
    return _impatient(db, "VACUUM") is not None


def truncate(db: sqlite3.Connection) -> bool:
    """Only the answer (0,0,0) says that the log holds nothing any more; an open reader keeps the bytes in it (T05)."""
    return _impatient(db, "PRAGMA wal_checkpoint(TRUNCATE)") == [(0, 0, 0)]


def _impatient(db: sqlite3.Connection, statement: str) -> list[tuple[int, ...]] | None:
    db.execute("PRAGMA busy_timeout = 250").fetchall()
    try:
        return db.execute(statement).fetchall()
    except sqlite3.OperationalError:
        return None
    finally:
        db.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}").fetchall()


# --- wrapping, notes, small files -------------------------------------------------------------------------------


def wrap(key: bytes, plain: bytes, about: str) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def unwrap(key: bytes, wrapped: bytes, about: str) -> bytes | None:
    """What was wrapped, or None when this key did not wrap it."""
    try:
        return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], about.encode()) if len(wrapped) > 28 else None
    except InvalidTag:
        return None


def note(name: str, value: str | None = None) -> str:
    """A remark about the keys themselves (when the recovery code was shown). Reads, or writes when given a value."""
    with opened() as db:
        if value is not None:
            with writing(db):
                db.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))
            return value
        row = db.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
    return row[0] if row else ""


def write_whole(file: Path, text: str, *, over: bool = False) -> None:
    """Write a small file, whole or not at all, for its owner only, and durably.

    A process that dies leaves the whole of it or nothing under its name. ``over``: in the place of another; else
    ``FileExistsError`` where one stands.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if over:
            os.replace(part, file)
        else:
            os.link(part, file)
    except OSError as error:
        if error.filename is None:  # a full disk names no file, and whoever makes room must know where
            raise OSError(error.errno, error.strerror, str(file)) from error
        raise
    finally:
        part.unlink(missing_ok=True)
    settle(file.parent)


def clear_parts(file: Path) -> None:
    """Remove what processes that died while they wrote a file left beside it."""
    for part in list(file.parent.iterdir()):
        if part.name.startswith(f".{file.name}."):
            part.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Make the names in a folder durable, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
