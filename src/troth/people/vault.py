"""The vault: a key for each client, person and keep rule, so that one fate can end while another goes on.

Keys live apart from the values, in a small file without long readers: each wrapped by an epoch key, that by the
master key, which is in neither. When a key is destroyed, what it sealed is gone wherever it was copied to: UK GDPR
Art 17(1), 32(1)(a). A key is durable before its first value. None is remembered beyond one scope.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Collection
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from troth.places import keyfile, master
from troth.places.keyfile import close as close
from troth.places.keyfile import note as note
from troth.places.keyfile import path as path
from troth.policy.problems import Trouble

VERSION: Final = b"\x01"
OVERHEAD: Final = 1 + 8 + 12 + 16  # version, key id, nonce, tag
SMALL: Final = 2 << 20  # a file up to this size is rewritten at once when a key goes
_READ: Final = (
    "SELECT key.id, key.wrapped, epoch.id, epoch.wrapped, client, person FROM key JOIN epoch ON epoch.id = key.epoch "
)


class Destroyed(msgspec.Struct, frozen=True):
    """*destroyed*: no copy is left in the log of keys.db. ``overwritten``: nor in a stale page of the file."""

    state: Literal["destroyed", "not finished"]
    keys: int
    overwritten: bool = False


# --- keys -------------------------------------------------------------------------------------------------------


def _open_key(over: bytes, wrapped: bytes, about: str) -> bytes:
    plain = keyfile.unwrap(over, wrapped, about)
    if plain is None:
        raise _key_wrong()
    return plain


def _key_wrong() -> Trouble:
    return Trouble(
        "key-wrong",
        "A key in keys.db does not open with this master key.",
        "Check that TROTH_KEY_FILE is the file this data folder was made with; `troth key restore` writes it anew.",
    )


class Keys:
    """The keys of one scope (a request, one call): read when needed, forgotten with it (T14)."""

    def __init__(self, client: str) -> None:
        self.client = client
        self._epochs: dict[int, bytes] = {}
        self._by_rule: dict[tuple[int, str], tuple[int, AESGCM]] = {}
        self._by_id: dict[tuple[int, int], AESGCM] = {}

    def seal(self, person: int, field: str, value_id: int | str, rule: str, plain: bytes) -> bytes:
        number, cipher = self._for_rule(person, rule)
        nonce = secrets.token_bytes(12)
        about = _about(self.client, person, field, value_id)
        return VERSION + number.to_bytes(8, "big") + nonce + cipher.encrypt(nonce, plain, about)

    def open(self, person: int, field: str, value_id: int | str, sealed: bytes) -> bytes:
        if sealed[:1] > VERSION:
            raise Trouble(
                "value-newer",
                "A value was sealed by a newer troth than this one.",
                "Run the newer troth again; this one changes nothing here.",
                where=field,
            )
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
            with keyfile.opened() as db:
                known = self._find(db, person, rule) or self._make(db, person, rule)
            self._by_rule[person, rule] = known
        return known

    def _find(self, db: sqlite3.Connection, person: int, rule: str) -> tuple[int, AESGCM] | None:
        row = db.execute(_READ + "WHERE client = ? AND person = ? AND rule = ?", (self.client, person, rule)).fetchone()
        return None if row is None else (row[0], self._cipher(db, row, person))

    def _make(self, db: sqlite3.Connection, person: int, rule: str) -> tuple[int, AESGCM]:
        with keyfile.writing(db):
            made = self._find(db, person, rule)  # somebody else may have been first
            if made is not None:
                return made
            row = db.execute("SELECT id, wrapped FROM epoch ORDER BY id DESC LIMIT 1").fetchone()
            epoch, over = (row[0], self._epoch(db, *row)) if row else _new_epoch(db)
            key = AESGCM.generate_key(256)
            wrapped = keyfile.wrap(over, key, _key_about(self.client, person))
            done = db.execute(
                "INSERT INTO key(client, person, rule, epoch, wrapped) VALUES (?, ?, ?, ?, ?)",
                (self.client, person, rule, epoch, wrapped),
            )
            return int(done.lastrowid or 0), AESGCM(key)

    def _for_id(self, person: int, field: str, number: int) -> AESGCM:
        if (person, number) not in self._by_id:
            with keyfile.opened() as db:
                row = db.execute(_READ + "WHERE key.id = ?", (number,)).fetchone()
                if row is None and number > _last(db):
                    raise Trouble(
                        "keys-older",
                        "keys.db is older than troth.db: it never had the key of this value.",
                        "Put the newest keys.db back from the copy you keep apart.",
                        where=field,
                    )
                if row is None:
                    raise Trouble(
                        "key-gone", "The key of this value was destroyed.", "Nothing can open it any more.", where=field
                    )
                if row[4:] != (self.client, person):
                    raise _not_ours(field)
                self._by_id[person, number] = self._cipher(db, row, person)
        return self._by_id[person, number]

    def _cipher(self, db: sqlite3.Connection, row: tuple[int, bytes, int, bytes, str, int], person: int) -> AESGCM:
        return AESGCM(_open_key(self._epoch(db, row[2], row[3]), row[1], _key_about(self.client, person)))

    def _epoch(self, db: sqlite3.Connection, number: int, wrapped: bytes) -> bytes:
        if number not in self._epochs:
            self._epochs[number] = _epoch_key(db, number, wrapped)
        return self._epochs[number]


def _epoch_key(db: sqlite3.Connection, number: int, wrapped: bytes) -> bytes:
    plain = master.open_epoch(db, master.read(), number, wrapped)
    if plain is None:  # the master key may have been rotated since the row was read
        again = db.execute("SELECT wrapped FROM epoch WHERE id = ?", (number,)).fetchone()
        plain = master.open_epoch(db, master.read(), number, again[0]) if again else None
    if plain is None:
        raise _key_wrong()
    return plain


def _new_epoch(db: sqlite3.Connection) -> tuple[int, bytes]:
    """A fresh epoch key, in the transaction of the caller; wrapped for the master key that is to come, too."""
    key = AESGCM.generate_key(256)
    number = int(db.execute("INSERT INTO epoch(wrapped) VALUES (x'')").lastrowid or 0)
    name = master.about(master.EPOCH, number)
    now = keyfile.wrap(master.wrapping(master.read()), key, name)
    db.execute("UPDATE epoch SET wrapped = ? WHERE id = ?", (now, number))
    for coming in master.following():
        then = keyfile.wrap(master.wrapping(coming), key, name)
        mark = master.fingerprint(coming)
        db.execute("INSERT INTO secret VALUES (?, ?, ?, ?, 0)", (master.EPOCH, number, mark, then))
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
    with keyfile.opened() as db:
        return {row[0] for row in db.execute("SELECT id FROM key WHERE client = ?", (client,)).fetchall()}


def last_key() -> int:
    """The number of the newest key that this keys.db ever had. Numbers are never given twice: a row under one that is
    not alive and not newer was erased here; under a newer one, keys.db is older than the row."""
    with keyfile.opened() as db:
        return _last(db)


def was_destroyed(number: int, alive: set[int], last: int) -> bool:
    return number not in alive and number <= last


def _last(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'key'").fetchone()
    return int(row[0]) if row else 0


def rules_of(client: str, person: int) -> set[str]:
    with keyfile.opened() as db:
        rows = db.execute("SELECT rule FROM key WHERE client = ? AND person = ?", (client, person)).fetchall()
    return {row[0] for row in rows}


def persons_with_keys(client: str) -> set[int]:
    with keyfile.opened() as db:
        rows = db.execute("SELECT DISTINCT person FROM key WHERE client = ? AND person > 0", (client,)).fetchall()
    return {row[0] for row in rows}


def ensure_keys() -> None:
    """Make the file and its first epoch. Called at the start; harmless at every later one."""
    with keyfile.opened() as db:
        if db.execute("SELECT 1 FROM epoch LIMIT 1").fetchone() is None:
            with keyfile.writing(db):
                if db.execute("SELECT 1 FROM epoch LIMIT 1").fetchone() is None:  # nobody was first meanwhile
                    _new_epoch(db)


open_vault = ensure_keys


# --- the end of a key -------------------------------------------------------------------------------------------


def destroy(client: str, person: int, rules: Collection[str] | None = None) -> Destroyed:
    """Destroy the keys of a person (of some keep rules only). Their rows go first, see ``store.release``."""
    with keyfile.opened() as db:
        with keyfile.writing(db):
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
    with keyfile.opened() as db:
        rows = db.execute(
            "SELECT id FROM key WHERE client = ? AND person > 0 AND (? IS NULL OR person = ?)", (client, person, person)
        ).fetchall()
        gone = [row for row in rows if row[0] not in used]
        if gone:
            with keyfile.writing(db):
                db.executemany("DELETE FROM key WHERE id = ?", gone)
        return _settle(db, len(gone))


def destroy_apart(client: str, kind: str, used: Collection[str]) -> int:
    """Destroy the keys of nobody whose rule is of this kind (its first word) and not among those in use."""
    with keyfile.opened() as db:
        rows = db.execute("SELECT id, rule FROM key WHERE client = ? AND person = 0", (client,)).fetchall()
        gone = [(number,) for number, rule in rows if rule.split(" ")[0] == kind and rule not in used]
        if gone:
            with keyfile.writing(db):
                db.executemany("DELETE FROM key WHERE id = ?", gone)
            _settle(db, len(gone))
    return len(gone)


def finish() -> Destroyed:
    """Try again what an open reader kept from finishing."""
    with keyfile.opened() as db:
        return _settle(db, 0, rewrite=True)


def overwrite() -> bool:
    """Rewrite keys.db, so that no stale page holds a wrapped key: page splits leave copies secure_delete misses."""
    with keyfile.opened() as db:
        return keyfile.rewrite(db) and keyfile.truncate(db)


def _settle(db: sqlite3.Connection, gone: int, *, rewrite: bool = False) -> Destroyed:
    rewritten = (gone > 0 or rewrite) and path().stat().st_size <= SMALL and keyfile.rewrite(db)
    done = keyfile.truncate(db)
    return Destroyed("destroyed" if done else "not finished", gone, overwritten=done and rewritten)


# --- a new epoch ------------------------------------------------------------------------------------------------


def rotate(batch: int = 5000) -> int:
    """Wrap every key anew under a fresh epoch and destroy the old ones. Stopped anywhere, the next call goes on."""
    with keyfile.opened() as db:
        with keyfile.writing(db):
            epochs = db.execute("SELECT id FROM epoch ORDER BY id").fetchall()
            started = len(epochs) > 1
            target = epochs[-1][0] if started else _new_epoch(db)[0]
        total = 0
        while moved := _rewrap(db, target, batch):
            total += moved
        with keyfile.writing(db):
            db.execute("DELETE FROM epoch WHERE id < ? AND id NOT IN (SELECT epoch FROM key)", (target,))
            db.execute("DELETE FROM secret WHERE label = ? AND version NOT IN (SELECT id FROM epoch)", (master.EPOCH,))
        _gone_for_good(db, "epoch")
    return total


def _gone_for_good(db: sqlite3.Connection, what: str) -> None:
    if not (keyfile.rewrite(db) and keyfile.truncate(db)):
        raise Trouble(
            "not-finished",
            "All is under new keys, but the old ones could not be overwritten: keys.db is read, or the disk is full.",
            f"Run `troth key rotate {what}` again when that is over.",
        )


def _rewrap(db: sqlite3.Connection, target: int, batch: int) -> int:
    with keyfile.writing(db):
        rows = db.execute(
            "SELECT id, client, person, epoch, wrapped FROM key WHERE epoch < ? LIMIT ?", (target, batch)
        ).fetchall()
        if not rows:
            return 0
        epochs = {
            number: _epoch_key(db, number, wrapped)
            for number, wrapped in db.execute("SELECT id, wrapped FROM epoch").fetchall()
        }
        again = []
        for number, client, person, epoch, wrapped in rows:
            about = _key_about(client, person)
            plain = _open_key(epochs[epoch], wrapped, about)
            again.append((target, keyfile.wrap(epochs[target], plain, about), number))
        db.executemany("UPDATE key SET epoch = ?, wrapped = ? WHERE id = ?", again)
    return len(rows)


# --- look-ups and tokens ----------------------------------------------------------------------------------------
#
# The keys of look-ups and of tokens have versions. A row says with which it was made; what nobody holds any more (the
# address behind a suppression) keeps its version, and that version is not destroyed while a row uses it. Version 0 is
# what the first edition derived from the master key.

TOKENS_LIVE: Final = 184 * 86400  # seconds: no token that we give out lives longer


def normal_form(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip()


def normal(value: str) -> str:
    """As it is compared. In small letters and not folded further: to fold makes “ß” into “ss” and “ς” into “σ”, and
    straße.example and strasse.example are two domains of two owners (T21)."""
    return normal_form(value).lower()


def folded(value: str) -> str:
    """As earlier editions compared it. Two owners may have one folded form: it serves to keep a no, and to find a row
    whose own value is then compared; nothing is opened and nobody joined by it."""
    return normal_form(value).casefold()


class Index:
    """The keys under which a client's identities are found: keyed, a key a client and kind: no guessing offline (T09).

    Read when needed, forgotten with the call. Raises ``Trouble`` when the master key does not fit.
    """

    def __init__(self, client: str) -> None:
        self.client = client
        with keyfile.opened() as db:
            self._keys = {version: key for version, key, _ in master.versions(db, _index_label(client))}
            notes = self._notes(db)
            if _first_edition(client) in notes:
                self._keys[0] = b""
            elif not self._keys:
                version, key = _new_version(db, _index_label(client), only_first=True, noting=_small(client))
                self._keys, notes = {version: key}, self._notes(db)
            since = notes.get(_small(client), "")
            self._old = frozenset(one for one in self._keys if not since or one < int(since))

    def _notes(self, db: sqlite3.Connection) -> dict[str, str]:
        named = (_first_edition(self.client), _small(self.client))
        return dict(db.execute("SELECT name, value FROM note WHERE name IN (?, ?)", named).fetchall())

    @property
    def newest(self) -> int:
        return max(self._keys)

    @property
    def versions(self) -> tuple[int, ...]:
        """Every version that a row may have been made with, newest first."""
        return tuple(sorted(self._keys, reverse=True))

    def blind(self, kind: str, value: str, version: int | None = None) -> bytes:
        """The index of a value of a kind of identity, under one version: 32 bytes."""
        return self._blind(kind, normal(value), self.newest if version is None else version)

    def _blind(self, kind: str, compared: str, version: int) -> bytes:
        return hmac.digest(self._key(version, f"blind index {self.client} {kind}"), compared.encode(), "sha256")

    def blinds(self, kind: str, value: str) -> list[bytes]:
        """The index of a value under each version: for looking up."""
        return [self.blind(kind, value, version) for version in self.versions]

    def old_blinds(self, kind: str, value: str) -> list[bytes]:
        """Under what an earlier edition may have written it, too: what is found so, need not be this value."""
        return [blind for blind, _ in self._old_blinds(kind, value)]

    def _old_blinds(self, kind: str, value: str) -> list[tuple[bytes, int]]:
        old = folded(value)
        return [] if old == normal(value) else [(self._blind(kind, old, one), one) for one in sorted(self._old)]

    def is_old(self, version: int) -> bool:
        """Whether a row of this version may stand under the folded form of its value."""
        return version in self._old

    def suppression(self, index: bytes, version: int) -> bytes:
        """What the suppression list keeps of an identity: the index under a key of the list's own, so that erasing the
        identity leaves no byte of the index behind (UK GDPR Art 21(3) keeps the list, and only the list)."""
        return hmac.digest(self._key(version, f"suppression list {self.client}"), index, "sha256")

    def trace(self, index: bytes, version: int) -> bytes:
        """By what somebody is found of whom something stayed after an erasure: under a key of its own, too."""
        return hmac.digest(self._key(version, f"left after erasure {self.client}"), index, "sha256")

    def suppressions(self, kind: str, value: str, *, exactly: bool = False) -> list[bytes]:
        """The marks under which the list may hold a value: one for each version, and then those of earlier editions.
        Whoever shares such a one gets no mail either: nobody can say any more whose no it was. ``exactly``: without."""
        marks = [self.suppression(self.blind(kind, value, one), one) for one in self.versions]
        old = [] if exactly else self._old_blinds(kind, value)
        return marks + [self.suppression(blind, one) for blind, one in old]

    def _key(self, version: int, label: str) -> bytes:
        if version not in self._keys:
            raise _key_wrong()
        return master.expand(self._keys[version], label) if version else master.derive(label)


def _index_label(client: str) -> str:
    return f"index {client}"


def _first_edition(client: str) -> str:
    """The note that rows of this client stand under version 0 yet."""
    return f"index {client} 0"


def _small(client: str) -> str:
    """The note from which version on every row stands under small letters; none: older rows are folded."""
    return f"index {client} small letters"


def _is_noted(db: sqlite3.Connection, name: str) -> bool:
    return bool(db.execute("SELECT 1 FROM note WHERE name = ?", (name,)).fetchone())


def stands_under_the_first_edition(client: str) -> None:
    """Say that rows of this client were made before the keys of look-ups had versions: at the upgrade."""
    keyfile.note(_first_edition(client), "in use")


def _new_version(
    db: sqlite3.Connection, label: str, *, only_first: bool = False, noting: str = ""
) -> tuple[int, bytes]:
    with keyfile.writing(db):
        known = master.versions(db, label)
        if known and only_first:  # somebody else was first
            return known[0][:2]
        version, key = (known[0][0] if known else 0) + 1, AESGCM.generate_key(256)
        master.add(db, label, version, key, int(time.time()))
        if noting:
            db.execute("INSERT OR IGNORE INTO note VALUES (?, ?)", (noting, str(version)))
    return version, key


def new_index(client: str) -> int:
    """Make a new version of a client's index keys; from now it is the one that rows are made with."""
    with keyfile.opened() as db:
        return _new_version(db, _index_label(client), noting=_small(client))[0]


def drop_index(client: str, used: Collection[int]) -> list[int]:
    """Destroy the versions that no row uses; the newest stays. The caller holds the write lock of the rows."""
    label = _index_label(client)
    with keyfile.opened() as db:
        held = [version for version, _, _ in master.versions(db, label)]
        gone = [version for version in held[1:] if version not in used]
        first = bool(held) and 0 not in used and _is_noted(db, _first_edition(client))
        if gone or first:
            with keyfile.writing(db):
                db.executemany("DELETE FROM secret WHERE label = ? AND version = ?", [(label, one) for one in gone])
                if first:
                    db.execute("DELETE FROM note WHERE name = ?", (_first_edition(client),))
        _gone_for_good(db, f"index --client {client}")
    return gone + [0] * first


def blind(client: str, kind: str, value: str) -> bytes:
    """The newest index under which an identity is found."""
    return Index(client).blind(kind, value)


def token_keys(label: str, client: str, lives: float, *, now: float | None = None) -> list[bytes]:
    """The keys of a client's tokens of one sort: the first makes them, any of them may have made one that is shown.

    ``lives``: seconds for which such a token counts. A key that was superseded longer ago opens nothing.
    """
    at = time.time() if now is None else now
    with keyfile.opened() as db:
        known = master.versions(db, _token_label(client))
        first = not known or not _is_noted(db, f"{_token_label(client)} 0 ended")
    keys, until = list[bytes](), at
    for _, key, made in known:
        if until < at - lives:
            return keys
        keys.append(master.expand(key, label))
        until = made
    return [*keys, master.derive(label)] if first and until >= at - lives else keys


def _token_label(client: str) -> str:
    return f"token {client}"


def rotate_tokens(client: str, *, at_once: bool = False) -> tuple[int, list[int]]:
    """A new key for what a client's tokens are signed with: the new version, and those destroyed.

    An old one opens what it made until that lapses by itself; ``at_once`` ends all of it now.
    """
    label = _token_label(client)
    with keyfile.opened() as db:
        version, _ = _new_version(db, label)
        known = master.versions(db, label)
        gone = [one for place, (one, _, _) in enumerate(known) if place and (at_once or _lapsed(known[place - 1][2]))]
        with keyfile.writing(db):
            db.executemany("DELETE FROM secret WHERE label = ? AND version = ?", [(label, one) for one in gone])
            if at_once or _lapsed(known[-1][2]):
                db.execute("INSERT OR REPLACE INTO note VALUES (?, 'yes')", (f"{label} 0 ended",))
        _gone_for_good(db, f"token --client {client}")
    return version, gone


def _lapsed(superseded: int) -> bool:
    return superseded < time.time() - TOKENS_LIVE


def derive(label: str) -> bytes:
    return master.derive(label)


SHOWN: Final = "recovery code shown"


def recovery_shown() -> str:
    """When the recovery code was shown, as ISO 8601; empty: never, and the desk reminds of it (T03)."""
    return note(SHOWN)
