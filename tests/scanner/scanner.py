"""A program that looks for traces of a person on the disk. It shares no code with the store that it looks into.

First it notes what stands there: the marks in clear and in every coat that we know programs to put on text, the sealed
bytes, the wrapped keys, the blind indexes. Later it looks for each of them in every file.

    python scanner.py note FOLDER CLIENT PERSON MARK… > notes.json
    python scanner.py look notes.json FOLDER…
"""

from __future__ import annotations

import base64
import gzip
import json
import sqlite3
import sys
import urllib.parse
from pathlib import Path

SEALED = {
    "sealed value": "SELECT sealed FROM people_value WHERE person_id = ? AND client_id = ?",
    "sealed identity": "SELECT sealed FROM people_identity WHERE person_id = ? AND client_id = ?",
    "blind index": "SELECT blind FROM people_identity WHERE person_id = ? AND client_id = ?",
}
WRAPPED = "SELECT wrapped FROM key WHERE person = ? AND client = ?"


def coats(mark: str) -> dict[str, bytes]:
    """A text as it may stand on a disk."""
    plain = mark.encode()
    found = {
        "plain": plain,
        "utf-16": mark.encode("utf-16-le"),
        "hex": plain.hex().encode(),
        "quoted": urllib.parse.quote(mark, safe="").encode(),
        "json": json.dumps(mark)[1:-1].encode(),
    }
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + plain)
        found[f"base64 {shift}"] = whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]
    return {name: coat for name, coat in found.items() if len(coat) >= 6}


def rows(path: Path, statement: str, *values: object) -> list[bytes]:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [bytes(row[0]) for row in db.execute(statement, values)]
    finally:
        db.close()


def note(folder: Path, client: str, person: int, marks: list[str]) -> dict[str, str]:
    """Everything that must be gone afterwards, by name, in hex."""
    notes = {f"mark {mark} as {coat}": seen.hex() for mark in marks for coat, seen in coats(mark).items()}
    for name, statement in SEALED.items():
        for number, seen in enumerate(rows(folder / "troth.db", statement, person, client)):
            notes[f"{name} {person}.{number}"] = seen.hex()
    for number, seen in enumerate(rows(folder / "keys.db", WRAPPED, person, client)):
        notes[f"wrapped key {person}.{number}"] = seen.hex()
    return notes


def look(notes: dict[str, str], *folders: Path) -> dict[str, list[str]]:
    """Which of them stand in which file, also inside what is gzipped."""
    found: dict[str, list[str]] = {}
    wanted = {name: bytes.fromhex(value) for name, value in notes.items()}
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        if whole[:2] == b"\x1f\x8b":
            whole += gzip.decompress(whole)
        for name, seen in wanted.items():
            if seen in whole:
                found.setdefault(name, []).append(path.name)
    return found


def main(words: list[str]) -> int:
    if words[0] == "note":
        print(json.dumps(note(Path(words[1]), words[2], int(words[3]), words[4:])))
        return 0
    found = look(json.loads(Path(words[1]).read_text()), *map(Path, words[2:]))
    print(json.dumps(found))
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
