"""The master key: one file outside the data folder, from which every other key of the installation derives.

It is made once, beside nothing; where something stands that was sealed with it but the key does not, nothing is made
anew, because a new key beside sealed values would make them unreadable for ever (UK GDPR Art 32(1)(b): availability,
too). When it is rotated, what derived from it goes on deriving from its *root*: one-way, so that the new key brings
the old one back to nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import pwd
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from django.conf import settings

from troth.places import beside, keyfile
from troth.policy.problems import Trouble

_LENGTH = 32
ROOT: Final = "root"
EPOCH: Final = "epoch"


def _fingerprint_file() -> Path:
    return Path(settings.DATA) / "key.fingerprint"


def fingerprint(key: bytes) -> str:
    """A keyed mark by which a key is known again and that says nothing about it."""
    return hmac.new(key, b"troth master key fingerprint", hashlib.sha256).hexdigest()[:32]


def ensure() -> None:
    """Make the key at the first start; at every later one see that it is the right one. Raises ``Trouble``."""
    keyfile.leave_no_core()
    must_be_ours()
    file = Path(settings.KEY_FILE)
    if Path(settings.DATA).resolve() in file.resolve().parents and not settings.DEMO:
        raise Trouble(
            "key-inside",
            "The master key lies inside the data folder, where a copy of the folder would carry it away.",
            "Set TROTH_KEY_FILE to a place outside TROTH_DATA and move the file there.",
        )
    if not file.exists():
        if _fingerprint_file().exists() or _sealed_already():
            raise _missing()
        _make(file)
    key = read()
    keyfile.must_be_here()  # before a key is remembered that nothing here can tell from the right one
    if not fits(key):
        raise wrong()
    _remember(key)


def must_be_ours() -> None:
    """Raises ``Trouble`` where root works in another user's folder: what it left there (the signed head, a lock, a new
    key file) would shut the server of that user out, for ever and partly in silence."""
    file = Path(settings.DATA) / "troth.db"
    if os.geteuid() or not file.exists() or not (owner := _owner(file)):
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"#{owner}"
    raise Trouble(
        "not-yours",
        f"The data folder belongs to {name}, and what root leaves in it would shut its server out.",
        f"Run the command as {name}, with the same options: see docs/operate.md, As a service.",
        where="TROTH_DATA",
    )


def _owner(file: Path) -> int:
    return file.stat().st_uid


def _sealed_already() -> bool:
    """Whether anything here was made with a key: wrapped keys, or a ledger that is chained under it."""
    return keyfile.there() or _chained(Path(settings.DATA) / "troth.db")


def _chained(file: Path) -> bool:
    if not file.exists():
        return False
    db = beside.read_only(file)
    try:
        return bool(db.execute("SELECT 1 FROM ledger_entry LIMIT 1").fetchone())
    except sqlite3.OperationalError:
        return False  # no tables yet
    except sqlite3.DatabaseError:
        return True  # broken: whatever it was, it is no first start
    finally:
        db.close()


def _make(file: Path) -> None:
    # Whole or not at all, and never over another: two first starts at once agree on the one that came first.
    with contextlib.suppress(FileExistsError):
        keyfile.write_whole(file, secrets.token_hex(_LENGTH) + "\n")


def _remember(key: bytes) -> None:
    if not _known():
        _accept(key)


def _known() -> list[str]:
    """The fingerprints that this folder accepts: one, or two while the key is rotated; none: nobody wrote it yet."""
    try:
        return _fingerprint_file().read_text("utf-8", "replace").split()  # what is none fits no key, and says so
    except FileNotFoundError:
        return []


def read() -> bytes:
    """The key itself; never kept longer than the call that needs it."""
    for _ in range(2):  # between the two files a rotation may have ended
        try:
            key = parse(Path(settings.KEY_FILE).read_text("ascii"))
        except FileNotFoundError:
            raise _missing() from None
        except PermissionError:
            raise Trouble(
                "key-closed", "The master key file cannot be read.", "Give it to the user that runs troth, mode 0600."
            ) from None
        except (OSError, ValueError):
            raise wrong() from None
        known = _known()
        if key and (not known or fingerprint(key) in known):
            return key
    raise wrong()


def parse(text: str) -> bytes:
    """The key as its file holds it: 64 hexadecimal digits; empty when it is none."""
    text = text.strip()
    return bytes.fromhex(text) if len(text) == 2 * _LENGTH and not set(text) - set("0123456789abcdef") else b""


def restore(key: bytes) -> None:
    """Write the key file again from its recovery code, when it fits this data folder."""
    keyfile.must_be_here()
    known = _known()
    if (known and fingerprint(key) not in known) or not fits(key):
        raise Trouble("key-wrong", "This code is not the one of this data folder.", "Look for the code of this one.")
    file = Path(settings.KEY_FILE)
    if file.exists():
        raise Trouble("key-there", "There is a master key file already.", "Move it away before you restore.")
    keyfile.write_whole(file, key.hex() + "\n")
    _remember(key)


def others_read() -> bool:
    """Whether the key file can be read by others than its owner."""
    return bool(Path(settings.KEY_FILE).stat().st_mode & 0o077)


# --- what derives -----------------------------------------------------------------------------------------------


def wrapping(key: bytes) -> bytes:
    """What wraps the rows of keys.db. Its salt is its own: nothing else that derives from the key tells it."""
    return HKDF(hashes.SHA256(), _LENGTH, b"troth wrap", b"keys").derive(key)


def epoch_wrapping(key: bytes) -> bytes:
    """What the first edition wrapped epochs with; read only."""
    return HKDF(hashes.SHA256(), _LENGTH, b"troth", b"epoch wrap").derive(key)


def derive(label: str, length: int = _LENGTH) -> bytes:
    """A key for one use, named by its label; ``length`` in bytes. It outlives a rotation of the master key."""
    return expand(_root(), label, length)


def expand(secret: bytes, label: str, length: int = _LENGTH) -> bytes:
    return HKDFExpand(hashes.SHA256(), length, label.encode()).derive(secret)


def _root() -> bytes:
    if not keyfile.there():
        return _own_root(read())
    with keyfile.opened() as db:
        found = versions(db, ROOT)
    return found[0][1] if found else _own_root(read())


def _own_root(key: bytes) -> bytes:
    """The root of a key that was never rotated: the first half of HKDF, from which there is no way back to the key."""
    return hmac.digest(b"troth", key, "sha256")


def versions(db: sqlite3.Connection, label: str) -> list[tuple[int, bytes, int]]:
    """The random keys under a label, newest first: version, key, when it was made (Unix seconds)."""
    for _ in range(2):  # between the file and the rows a rotation may have ended
        rows = db.execute(
            "SELECT version, wrapped, made, master FROM secret WHERE label = ? ORDER BY version DESC", (label,)
        ).fetchall()
        if not rows:
            return []
        key = read()
        mark, over = fingerprint(key), wrapping(key)
        mine = [(version, wrapped, made) for version, wrapped, made, master in rows if master == mark]
        if mine:
            return [(version, _opened(over, wrapped, label, version), made) for version, wrapped, made in mine]
    raise wrong()


def _opened(over: bytes, wrapped: bytes, label: str, version: int) -> bytes:
    plain = keyfile.unwrap(over, wrapped, about(label, version))
    if plain is None:
        raise wrong()
    return plain


def add(db: sqlite3.Connection, label: str, version: int, plain: bytes, made: int) -> None:
    """Put a random key under a label, in the transaction of the caller; wrapped for the key that is to come, too."""
    for key in [read(), *following()]:
        wrapped = keyfile.wrap(wrapping(key), plain, about(label, version))
        db.execute(
            "INSERT OR IGNORE INTO secret VALUES (?, ?, ?, ?, ?)", (label, version, fingerprint(key), wrapped, made)
        )


def about(label: str, version: int) -> str:
    return f"{label} {version}"


def fits(key: bytes) -> bool:
    """Whether what stands in keys.db opens with this key. True where nothing stands there yet."""
    if not keyfile.there():
        return True
    with keyfile.opened() as db:
        epochs = db.execute("SELECT id, wrapped FROM epoch ORDER BY id DESC LIMIT 1").fetchall()
        return all(open_epoch(db, key, number, wrapped) is not None for number, wrapped in epochs)


def open_epoch(db: sqlite3.Connection, key: bytes, number: int, wrapped: bytes) -> bytes | None:
    """An epoch key: as its row has it, as a rotation under way left it, or as the first edition wrapped it."""
    name, over = about(EPOCH, number), wrapping(key)
    if (plain := keyfile.unwrap(over, wrapped, name)) is not None:
        return plain
    beside = "SELECT wrapped FROM secret WHERE label = ? AND version = ? AND master = ?"
    for (one,) in db.execute(beside, (EPOCH, number, fingerprint(key))).fetchall():
        if (plain := keyfile.unwrap(over, one, name)) is not None:
            return plain
    return keyfile.unwrap(epoch_wrapping(key), wrapped, name)


# --- a new master key -------------------------------------------------------------------------------------------
#
# At every moment the key file that stands opens everything: the next key is durable and accepted, and all is wrapped
# for both, before the one file takes the place of the other; only then the old wraps go. What is found on the way says
# how far an earlier turn came, so that it is gone on with and never begun twice.


def _next_file() -> Path:
    file = Path(settings.KEY_FILE)
    return file.with_name(file.name + ".next")


def following() -> list[bytes]:
    """The key that a rotation under way has made and not yet put in force, if any."""
    try:
        key = parse(_next_file().read_text("ascii"))
    except FileNotFoundError:
        return []
    return [key] if key else []


def under_way() -> bool:
    """Whether a rotation of the master key stopped half-way."""
    return bool(following()) or len(_known()) > 1


def rotate() -> None:
    """Put a new master key in the place of this one. Stopped anywhere, the next call goes on."""
    with _alone():
        keyfile.clear_parts(Path(settings.KEY_FILE))
        if not under_way():
            keyfile.write_whole(_next_file(), secrets.token_hex(_LENGTH) + "\n")
        if following():
            _put_in_force(read(), following()[0])
        _leave_the_old()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    with (Path(settings.DATA) / "keys.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble(
                "key-turning", "Another process is rotating the master key.", "Wait until it is done."
            ) from None
        yield


def _put_in_force(old: bytes, new: bytes) -> None:
    _accept(old, new)
    with keyfile.opened() as db:
        with keyfile.writing(db):
            _wrap_for(db, old, new)
        with keyfile.writing(db):  # nobody can add a key between this look and the exchange of the files
            if _not_for(db, new):
                raise Trouble("key-turning", "Another key was made meanwhile.", "Run `troth key rotate master` again.")
            os.replace(_next_file(), Path(settings.KEY_FILE))
            keyfile.settle(Path(settings.KEY_FILE).parent)


def _accept(*keys: bytes) -> None:
    keyfile.write_whole(_fingerprint_file(), "".join(fingerprint(key) + "\n" for key in keys), over=True)


def _wrap_for(db: sqlite3.Connection, old: bytes, new: bytes) -> None:
    """Wrap everything that the old key opens for the new one, too."""
    over, mark = wrapping(new), fingerprint(new)
    for number, wrapped in db.execute("SELECT id, wrapped FROM epoch").fetchall():
        plain = open_epoch(db, old, number, wrapped)
        if plain is None:
            raise wrong()
        again = keyfile.wrap(over, plain, about(EPOCH, number))
        db.execute("INSERT OR REPLACE INTO secret VALUES (?, ?, ?, ?, 0)", (EPOCH, number, mark, again))
    if not versions(db, ROOT):
        add(db, ROOT, 1, _own_root(old), 0)
    rows = db.execute(
        "SELECT label, version, wrapped, made FROM secret WHERE master = ? AND label <> ?", (fingerprint(old), EPOCH)
    ).fetchall()
    for label, version, wrapped, made in rows:
        again = keyfile.wrap(over, _opened(wrapping(old), wrapped, label, version), about(label, version))
        db.execute("INSERT OR REPLACE INTO secret VALUES (?, ?, ?, ?, ?)", (label, version, mark, again, made))


_UNWRAPPED: Final = """
    SELECT 1 FROM secret one WHERE label <> ? AND NOT EXISTS (SELECT 1 FROM secret other
    WHERE other.label = one.label AND other.version = one.version AND other.master = ?)
"""
_UNWRAPPED_EPOCH: Final = """
    SELECT 1 FROM epoch WHERE id NOT IN (SELECT version FROM secret WHERE label = ? AND master = ?)
"""


def _not_for(db: sqlite3.Connection, new: bytes) -> bool:
    """Whether something stands there that the new key does not open."""
    asked = (EPOCH, fingerprint(new))
    return any(db.execute(one, asked).fetchone() for one in (_UNWRAPPED, _UNWRAPPED_EPOCH))


def _leave_the_old() -> None:
    """Destroy what the old key wrapped, once the new one is seen to open all of it."""
    key = read()
    mark = fingerprint(key)
    with keyfile.opened() as db:
        with keyfile.writing(db):
            for number, wrapped in db.execute("SELECT id, wrapped FROM epoch").fetchall():
                plain = open_epoch(db, key, number, wrapped)
                if plain is None:
                    raise wrong()
                again = keyfile.wrap(wrapping(key), plain, about(EPOCH, number))
                db.execute("UPDATE epoch SET wrapped = ? WHERE id = ?", (again, number))
            if db.execute(_UNWRAPPED, (EPOCH, mark)).fetchone():
                raise wrong()
            db.execute("DELETE FROM secret WHERE label = ? OR master <> ?", (EPOCH, mark))
        if not (keyfile.rewrite(db) and keyfile.truncate(db)):
            raise Trouble(
                "not-finished",
                "The new master key is in force, but the old wraps could not be overwritten: keys.db is read, "
                "or the disk is full.",
                "Run `troth key rotate master` again when that is over.",
            )
    _accept(key)


# --- troubles ---------------------------------------------------------------------------------------------------


def wrong() -> Trouble:
    """What is said of a key that is not the one of this data folder."""
    return Trouble(
        "key-wrong",
        "The master key file does not fit this data folder.",
        "Put the right file back, or restore it with `troth key restore`.",
        where="TROTH_KEY_FILE",
    )


def _missing() -> Trouble:
    return Trouble(
        "key-missing",
        "There is no master key where TROTH_KEY_FILE points, and this data folder was sealed with one.",
        "Put the file back, or run `troth key restore`: it asks for the code that `troth key recovery` showed.",
        where="TROTH_KEY_FILE",
    )
