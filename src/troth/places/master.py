"""The master key: one file outside the data folder, from which every other key of the installation derives.

It is made once, beside nothing; where its fingerprint stands but the key does not, nothing is made anew, because a
new key beside sealed values would make them unreadable for ever (UK GDPR Art 32(1)(b): availability, too).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from troth.policy.problems import Trouble

_LENGTH = 32


def _fingerprint_file() -> Path:
    return Path(settings.DATA) / "key.fingerprint"


def fingerprint(key: bytes) -> str:
    """A keyed mark by which a key is known again and that says nothing about it."""
    return hmac.new(key, b"troth master key fingerprint", hashlib.sha256).hexdigest()[:32]


def ensure() -> None:
    """Make the key at the first start; at every later one see that it is the right one. Raises ``Trouble``."""
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
    _remember(read())


def _sealed_already() -> bool:
    keys = Path(settings.DATA) / "keys.db"
    return keys.exists() and keys.stat().st_size > 0


def _make(file: Path) -> None:
    # Whole or not at all, and never over another: two first starts at once agree on the one that came first.
    with contextlib.suppress(FileExistsError):
        _write_whole(file, secrets.token_hex(_LENGTH) + "\n")


def _write_whole(file: Path, text: str) -> None:
    """Write a file that must not be there yet; a killed process leaves the whole of it or nothing under its name."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.link(part, file)
    finally:
        part.unlink()


def _remember(key: bytes) -> None:
    if not _fingerprint_file().exists():
        with contextlib.suppress(FileExistsError):
            _write_whole(_fingerprint_file(), fingerprint(key) + "\n")


def read() -> bytes:
    """The key itself; never kept longer than the call that needs it."""
    try:
        text = Path(settings.KEY_FILE).read_text("ascii").strip()
    except OSError:
        raise _missing() from None
    key = bytes.fromhex(text) if len(text) == 2 * _LENGTH and not set(text) - set("0123456789abcdef") else b""
    mark = _fingerprint_file()
    if not key or (mark.exists() and mark.read_text().strip() != fingerprint(key)):
        raise Trouble(
            "key-wrong",
            "The master key file does not fit this data folder.",
            "Put the right file back, or restore it with `troth key restore CODE`.",
            where="TROTH_KEY_FILE",
        )
    return key


def restore(key: bytes) -> None:
    """Write the key file again from its recovery code, when it fits this data folder."""
    mark = _fingerprint_file()
    if mark.exists() and mark.read_text().strip() != fingerprint(key):
        raise Trouble("key-wrong", "This code is not the one of this data folder.", "Look for the code of this one.")
    file = Path(settings.KEY_FILE)
    if file.exists():
        raise Trouble("key-there", "There is a master key file already.", "Move it away before you restore.")
    _write_whole(file, key.hex() + "\n")
    _remember(key)


def derive(label: str, length: int = _LENGTH) -> bytes:
    """A key for one use, named by its label; ``length`` in bytes."""
    return HKDF(hashes.SHA256(), length, b"troth", label.encode()).derive(read())


def _missing() -> Trouble:
    return Trouble(
        "key-missing",
        "There is no master key where TROTH_KEY_FILE points, and this data folder was sealed with one.",
        "Put the file back, or restore it with `troth key restore CODE` (the code that `troth key recovery` showed).",
        where="TROTH_KEY_FILE",
    )
