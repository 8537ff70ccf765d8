"""The vault: a key for each client, person and keep rule, so that one fate can end while another goes on.

Keys live apart from the values, in a small file without long readers: each wrapped by an epoch key, that by the
master key, which is in neither. When a key is destroyed, what it sealed is gone wherever it was copied to: UK GDPR
Art 17(1), 32(1)(a). A key is durable before its first value. None is remembered beyond one scope.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import hmac
import secrets
import sqlite3
import threading
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from troth.places import master
from troth.policy.problems import Trouble

VERSION: Final = b"\x01"
OVERHEAD: Final = 1 + 8 + 12 + 16  # version, key id, nonce, tag
SMALL: Final = 2 << 20  # a file up to this size is rewritten at once when a key goes
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS epoch(id INTEGER PRIMARY KEY AUTOINCREMENT, wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS key(
  id INTEGER PRIMARY KEY AUTOINCREMENT, client TEXT NOT NULL, person INTEGER NOT NULL, rule TEXT NOT NULL,
  epoch INTEGER NOT NULL REFERENCES epoch(id), wrapped BLOB NOT NULL, UNIQUE(client, person, rule));
CREATE INDEX IF NOT EXISTS key_epoch ON key(epoch);
CREATE TABLE IF NOT EXISTS note(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_READ: Final = (
    "SELECT key.id, key.wrapped, epoch.id, epoch.wrapped, client, person FROM key JOIN epoch ON epoch.id = key.epoch "
)


class Destroyed(msgspec.Struct, frozen=True):
    """*destroyed*: no copy is left in the log of keys.db. ``overwritten``: nor in a stale page of the file."""

    state: Literal["destroyed", "not finished"]
    keys: int
    overwritten: bool = False


# --- the file ---------------------------------------------------------------------------------------------------

_idle: dict[Path, list[sqlite3.Connection]] = {}
_lock = threading.Lock()


def path() -> Path:
    return Path(settings.DATA) / "keys.db"


def _connect(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = sqlite3.connect(file, timeout=10.0, isolation_level=None, check_same_thread=False)
    try:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "temp_store=MEMORY",
            "foreign_keys=ON",
        ):
            db.execute(f"PRAGMA {pragma}").fetchall()
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name='note'").fetchone():
            db.executescript("BEGIN IMMEDIATE;" + _SCHEMA + "COMMIT;")
            file.chmod(0o600)
    except BaseException:
        db.close()
        raise
    return db


@contextlib.contextmanager
def _open_file() -> Iterator[sqlite3.Connection]:
    """A connection with no transaction left open: an open reader would keep the bytes of a destroyed key."""
    file = path()
    with _lock:
        waiting = _idle.get(file)
        db = waiting.pop() if waiting else None
    if db is None or not file.exists():
        if db is not None:
            db.close()
        db = _connect(file)
    try:
        yield db
    finally:
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
    for one in strangers if keep else [*strangers, db]:
        one.close()


def close() -> None:
    """Close what is idle: before the data folder is copied, moved or left."""
    with _lock:
        every = [db for waiting in _idle.values() for db in waiting]
        _idle.clear()
    for db in every:
        db.close()


atexit.register(close)


@contextlib.contextmanager
def _writing(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")  # synchronous=FULL: on disk when this returns


# --- keys -------------------------------------------------------------------------------------------------------


def _wrap(key: bytes, plain: bytes, about: str) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def _unwrap(key: bytes, wrapped: bytes, about: str) -> bytes:
    try:
        return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], about.encode())
    except InvalidTag as wrong:
        raise Trouble(
            "key-wrong",
            "A key in keys.db does not open with this master key.",
            "Check that TROTH_KEY_FILE is the file this data folder was made with; `troth key restore` writes it anew.",
        ) from wrong


class Keys:
    """The keys of one scope (a request, one call): read when needed, forgotten with it (T14)."""

    def __init__(self, client: str) -> None:
        self.client = client
        self._epochs: dict[int, bytes] = {}
        self._wrapping: bytes | None = None
        self._by_rule: dict[tuple[int, str], tuple[int, AESGCM]] = {}
        self._by_id: dict[tuple[int, int], AESGCM] = {}

    def seal(self, person: int, field: str, value_id: int | str, rule: str, plain: bytes) -> bytes:
        number, cipher = self._for_rule(person, rule)
        nonce = secrets.token_bytes(12)
        about = _about(self.client, person, field, value_id)
        return VERSION + number.to_bytes(8, "big") + nonce + cipher.encrypt(nonce, plain, about)

    def open(self, person: int, field: str, value_id: int | str, sealed: bytes) -> bytes:
        if sealed[:1] != VERSION or len(sealed) < OVERHEAD:
            raise _not_ours(field)
        cipher = self._for_id(person, field, int.from_bytes(sealed[1:9], "big"))
        try:
            return cipher.decrypt(sealed[9:21], sealed[21:], _about(self.client, person, field, value_id))
        except InvalidTag as wrong:
            raise _not_ours(field) from wrong

    def _for_rule(self, person: int, rule: str) -> tuple[int, AESGCM]:
        known = self._by_rule.get((person, rule))
        if known is None:
            with _open_file() as db:
                known = self._find(db, person, rule) or self._make(db, person, rule)
            self._by_rule[person, rule] = known
        return known

    def _find(self, db: sqlite3.Connection, person: int, rule: str) -> tuple[int, AESGCM] | None:
        row = db.execute(_READ + "WHERE client = ? AND person = ? AND rule = ?", (self.client, person, rule)).fetchone()
        return None if row is None else (row[0], self._cipher(row, person))

    def _make(self, db: sqlite3.Connection, person: int, rule: str) -> tuple[int, AESGCM]:
        with _writing(db):
            made = self._find(db, person, rule)  # somebody else may have been first
            if made is not None:
                return made
            row = db.execute("SELECT id, wrapped FROM epoch ORDER BY id DESC LIMIT 1").fetchone()
            epoch, over = (row[0], self._epoch(*row)) if row else self._first_epoch(db)
            key = AESGCM.generate_key(256)
            wrapped = _wrap(over, key, _key_about(self.client, person))
            done = db.execute(
                "INSERT INTO key(client, person, rule, epoch, wrapped) VALUES (?, ?, ?, ?, ?)",
                (self.client, person, rule, epoch, wrapped),
            )
            return int(done.lastrowid or 0), AESGCM(key)

    def _first_epoch(self, db: sqlite3.Connection) -> tuple[int, bytes]:
        return _new_epoch(db, self._master())

    def _for_id(self, person: int, field: str, number: int) -> AESGCM:
        if (person, number) not in self._by_id:
            with _open_file() as db:
                row = db.execute(_READ + "WHERE key.id = ?", (number,)).fetchone()
            if row is None:
                raise Trouble(
                    "key-gone", "The key of this value was destroyed.", "Nothing can open it any more.", where=field
                )
            if row[4:] != (self.client, person):
                raise _not_ours(field)
            self._by_id[person, number] = self._cipher(row, person)
        return self._by_id[person, number]

    def _cipher(self, row: tuple[int, bytes, int, bytes, str, int], person: int) -> AESGCM:
        return AESGCM(_unwrap(self._epoch(row[2], row[3]), row[1], _key_about(self.client, person)))

    def _epoch(self, number: int, wrapped: bytes) -> bytes:
        if number not in self._epochs:
            self._epochs[number] = _unwrap(self._master(), wrapped, f"epoch {number}")
        return self._epochs[number]

    def _master(self) -> bytes:
        if self._wrapping is None:
            self._wrapping = master.derive("epoch wrap")
        return self._wrapping


def _new_epoch(db: sqlite3.Connection, over: bytes) -> tuple[int, bytes]:
    key = AESGCM.generate_key(256)
    number = int(db.execute("INSERT INTO epoch(wrapped) VALUES (x'')").lastrowid or 0)
    db.execute("UPDATE epoch SET wrapped = ? WHERE id = ?", (_wrap(over, key, f"epoch {number}"), number))
    return number, key


def _about(client: str, person: int, field: str, value_id: int | str) -> bytes:
    # Bound in, so that a sealed value moved to another person, field or row opens nothing (T08).
    return f"{client}|{person}|{field}|{value_id}".encode()


def _key_about(client: str, person: int) -> str:
    return f"key {client}|{person}"


def _not_ours(field: str) -> Trouble:
    return Trouble(
        "value-moved",
        "A sealed value does not belong where it stands; it was moved or changed.",
        "Run `troth key check`, and restore the row from a backup.",
        where=field,
    )


def seal(client: str, person: int, field: str, value_id: int | str, rule: str, plaintext: bytes) -> bytes:
    return Keys(client).seal(person, field, value_id, rule, plaintext)


def open(client: str, person: int, field: str, value_id: int | str, sealed: bytes) -> bytes:
    return Keys(client).open(person, field, value_id, sealed)


def key_id(sealed: bytes) -> int:
    return int.from_bytes(sealed[1:9], "big")


def key_ids(client: str) -> set[int]:
    """The keys of a client that are alive: for the probe that looks for a value without its key."""
    with _open_file() as db:
        return {row[0] for row in db.execute("SELECT id FROM key WHERE client = ?", (client,)).fetchall()}


def rules_of(client: str, person: int) -> set[str]:
    with _open_file() as db:
        rows = db.execute("SELECT rule FROM key WHERE client = ? AND person = ?", (client, person)).fetchall()
    return {row[0] for row in rows}


def persons_with_keys(client: str) -> set[int]:
    with _open_file() as db:
        rows = db.execute("SELECT DISTINCT person FROM key WHERE client = ? AND person > 0", (client,)).fetchall()
    return {row[0] for row in rows}


def ensure_keys() -> None:
    """Make the file and its first epoch. Called at the start; harmless at every later one."""
    with _open_file() as db:
        if db.execute("SELECT 1 FROM epoch LIMIT 1").fetchone() is None:
            with _writing(db):
                _new_epoch(db, master.derive("epoch wrap"))


open_vault = ensure_keys


def holds_keys() -> bool:
    """Whether anything was ever sealed here: then a missing master key must never be made anew (T02)."""
    if not path().exists():
        return False
    with _open_file() as db:
        return db.execute("SELECT 1 FROM epoch LIMIT 1").fetchone() is not None


# --- the end of a key -------------------------------------------------------------------------------------------


def destroy(client: str, person: int, rules: Collection[str] | None = None) -> Destroyed:
    """Destroy the keys of a person (of some keep rules only). Their rows go first, see ``store.release``."""
    with _open_file() as db:
        with _writing(db):
            if rules is None:
                gone = db.execute("DELETE FROM key WHERE client = ? AND person = ?", (client, person)).rowcount
            else:
                gone = sum(
                    db.execute(
                        "DELETE FROM key WHERE client = ? AND person = ? AND rule = ?", (client, person, rule)
                    ).rowcount
                    for rule in set(rules)
                )
        return _settle(db, gone)


def destroy_unused(client: str, used: Collection[int], person: int | None = None) -> Destroyed:
    """Destroy every key of a person (None: of all persons) that seals nothing any more; ``used`` are those that do."""
    with _open_file() as db:
        rows = db.execute(
            "SELECT id FROM key WHERE client = ? AND person > 0 AND (? IS NULL OR person = ?)", (client, person, person)
        ).fetchall()
        gone = [row for row in rows if row[0] not in used]
        if gone:
            with _writing(db):
                db.executemany("DELETE FROM key WHERE id = ?", gone)
        return _settle(db, len(gone))


def finish() -> Destroyed:
    """Try again what an open reader kept from finishing."""
    with _open_file() as db:
        return _settle(db, 0, rewrite=True)


def overwrite() -> bool:
    """Rewrite keys.db, so that no stale page holds a wrapped key: page splits leave copies secure_delete misses."""
    with _open_file() as db:
        return _vacuum(db) and _truncate(db)


def _settle(db: sqlite3.Connection, gone: int, *, rewrite: bool = False) -> Destroyed:
    rewritten = (gone > 0 or rewrite) and path().stat().st_size <= SMALL and _vacuum(db)
    done = _truncate(db)
    return Destroyed("destroyed" if done else "not finished", gone, overwritten=done and rewritten)


def _vacuum(db: sqlite3.Connection) -> bool:
    db.execute("PRAGMA busy_timeout = 250").fetchall()
    try:
        db.execute("VACUUM")
    except sqlite3.OperationalError:
        return False
    finally:
        db.execute("PRAGMA busy_timeout = 10000").fetchall()
    return True


def _truncate(db: sqlite3.Connection) -> bool:
    """Only the answer (0,0,0) says that the log holds nothing any more; an open reader keeps the bytes in it (T05)."""
    db.execute("PRAGMA busy_timeout = 250").fetchall()
    try:
        return tuple(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()) == (0, 0, 0)
    except sqlite3.OperationalError:
        return False
    finally:
        db.execute("PRAGMA busy_timeout = 10000").fetchall()


# --- a new epoch ------------------------------------------------------------------------------------------------


def rotate(batch: int = 5000) -> int:
    """Wrap every key anew under a fresh epoch and destroy the old ones. Stopped anywhere, the next call goes on."""
    over = master.derive("epoch wrap")
    with _open_file() as db:
        with _writing(db):
            epochs = db.execute("SELECT id FROM epoch ORDER BY id").fetchall()
            started = len(epochs) > 1
            target = epochs[-1][0] if started else _new_epoch(db, over)[0]
        total = 0
        while moved := _rewrap(db, over, target, batch):
            total += moved
        with _writing(db):
            db.execute("DELETE FROM epoch WHERE id < ? AND id NOT IN (SELECT epoch FROM key)", (target,))
        if not (_vacuum(db) and _truncate(db)):
            raise Trouble(
                "not-finished",
                "Every key is wrapped anew, but a reader keeps the old file open.",
                "Run `troth key rotate` again when it has left.",
            )
    return total


def _rewrap(db: sqlite3.Connection, over: bytes, target: int, batch: int) -> int:
    with _writing(db):
        epochs = {
            number: _unwrap(over, wrapped, f"epoch {number}")
            for number, wrapped in db.execute("SELECT id, wrapped FROM epoch").fetchall()
        }
        rows = db.execute(
            "SELECT id, client, person, epoch, wrapped FROM key WHERE epoch < ? LIMIT ?", (target, batch)
        ).fetchall()
        for number, client, person, epoch, wrapped in rows:
            about = _key_about(client, person)
            again = _wrap(epochs[target], _unwrap(epochs[epoch], wrapped, about), about)
            db.execute("UPDATE key SET epoch = ?, wrapped = ? WHERE id = ?", (target, again, number))
    return len(rows)


# --- look-ups and labels ----------------------------------------------------------------------------------------


def normal_form(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip()


def normal(value: str) -> str:
    return normal_form(value).casefold()


def blind(client: str, kind: str, value: str) -> bytes:
    """The index under which an identity is found: keyed, a key a client and kind: no guessing offline (T09)."""
    key = master.derive(f"blind index {client} {kind}")
    return hmac.new(key, normal(value).encode(), hashlib.sha256).digest()


def suppression_mark(client: str, index: bytes) -> bytes:
    """What the suppression list keeps of an identity: the index under a key of the list's own, so that erasing the
    identity leaves no byte of the index behind (UK GDPR Art 21(3) keeps the list, and only the list)."""
    return hmac.new(master.derive(f"suppression list {client}"), index, hashlib.sha256).digest()


def derive(label: str) -> bytes:
    return master.derive(label)


SHOWN: Final = "recovery code shown"


def recovery_shown() -> str:
    """When the recovery code was shown, as ISO 8601; empty: never, and the desk reminds of it (T03)."""
    return note(SHOWN)


def note(name: str, value: str | None = None) -> str:
    """A remark about the keys themselves (when the recovery code was shown). Reads, or writes when given a value."""
    with _open_file() as db:
        if value is not None:
            db.execute(
                "INSERT INTO note VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value", (name, value)
            )
            return value
        row = db.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
    return row[0] if row else ""
