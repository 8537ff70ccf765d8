"""A program that tries to read people back. It shares no code with the store.

It is given what a thief might have: the data folder as it is now, the master key, and an old copy of the folder. From
every ``keys.db`` it finds it unwraps what it can, and tries each key on each sealed value of each ``troth.db``.

    python opener.py MASTER_KEY_FILE CLIENT FOLDER…
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VALUES = "SELECT person_id, field, id, sealed FROM people_value WHERE client_id = ?"
IDENTITIES = "SELECT person_id, field, 'i' || lower(hex(blind)), sealed FROM people_identity WHERE client_id = ?"
ERASURES = "SELECT 0, 'troth.erasure', id, subject FROM keep_erasure WHERE client = ? AND subject IS NOT NULL"
REQUESTS = "SELECT 0, 'troth.request', id, detail FROM answer_requestrow WHERE client = ? AND detail IS NOT NULL"


def rows(path: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return db.execute(statement, values).fetchall()
    finally:
        db.close()


def unwrap(key: bytes, wrapped: bytes, about: str) -> bytes | None:
    try:
        return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], about.encode())
    except InvalidTag:
        return None


def keys(folder: Path, master: bytes) -> Iterator[tuple[str, bytes]]:
    """Every key that this folder and the master key together give, and the person named beside it."""
    path = folder / "keys.db"
    if not path.exists():
        return
    over = HKDF(hashes.SHA256(), 32, b"troth wrap", b"keys").derive(master)
    epochs = [
        unwrap(over, wrapped, f"epoch {number}") for number, wrapped in rows(path, "SELECT id, wrapped FROM epoch")
    ]
    for client, person, wrapped in rows(path, "SELECT client, person, wrapped FROM key"):
        for epoch in epochs:
            if epoch and (key := unwrap(epoch, bytes(wrapped), f"key {client}|{person}")):
                yield str(person), key


def sealed(folder: Path, client: str) -> Iterator[tuple[str, str, bytes, bytes]]:
    path = folder / "troth.db"
    for statement in (VALUES, IDENTITIES, ERASURES, REQUESTS) if path.exists() else ():
        for person, field, number, blob in rows(path, statement, client):
            yield str(person), str(field), bytes(blob), f"{client}|{person}|{field}|{number}".encode()


def opened(master: bytes, client: str, *folders: Path, only: str | None = None) -> list[tuple[str, str, str]]:
    """What can be read: person, field, value. Each key is tried on each value, whoever is named beside it.

    That is the square of the people, so a large crowd may say whose values (``only``) are tried with every key; the
    others are then tried with the keys that stand under their own number.
    """
    known = [(who, AESGCM(key)) for folder in folders for who, key in keys(folder, master)]
    own: dict[str, list[AESGCM]] = {}
    for who, cipher in known:
        own.setdefault(who, []).append(cipher)
    every = [cipher for _, cipher in known]
    found = set()
    for folder in folders:
        for person, field, blob, about in sealed(folder, client):
            for cipher in every if only in (None, person) else own.get(person, []):
                try:
                    found.add((person, field, cipher.decrypt(blob[9:21], blob[21:], about).decode()))
                except InvalidTag:
                    continue
    return sorted(found)


def main(words: list[str]) -> int:
    master = bytes.fromhex(Path(words[0]).read_text().strip())
    print(json.dumps(opened(master, words[1], *map(Path, words[2:]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
