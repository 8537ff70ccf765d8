"""One person among many is erased, and two programs of their own look for what is left of them."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.answer.planting import mark, say, walker, work
from tests.scanner import opener, scanner

from troth.keep import erasure
from troth.people import standing, store, vault

pytestmark = pytest.mark.django_db(transaction=True)
MANY = int(os.environ.get("TROTH_SOAK", "300"))


def crowd(chance: random.Random, many: int) -> list[tuple[int, list[str]]]:
    """Persons with random histories, and the marks by which their letters would be known again."""
    people = []
    for number in range(many):
        name, letter = mark(chance, "name"), mark(chance, "letter") + " " * chance.randrange(400)
        written = letter if chance.random() < 0.8 or number == many // 2 else ""
        person = walker("larch", f"{mark(chance, 'p')}@quill.example", name, letter=written)
        if chance.random() < 0.5:
            say("larch", person, chance.random() < 0.5)
        if chance.random() < 0.3:
            standing.happened("larch", person, "answered")
        people.append((person, [letter.strip()] if written else []))
    return people


def of_letters(folder: Path, person: int, marks: list[str]) -> dict[str, str]:
    """What must go: the letter, sealed and in clear, with its key. The booking stays, because a law keeps it."""
    everything = scanner.note(folder, "larch", person, marks)
    sealed = "SELECT sealed FROM people_value WHERE person_id = ? AND field <> 'letter.body'"
    stays = {blob.hex() for blob in scanner.rows(folder / "troth.db", sealed, person)}
    kept = "SELECT wrapped FROM key WHERE person = ? AND rule = 'booking.*'"
    stays |= {blob.hex() for blob in scanner.rows(folder / "keys.db", kept, person)}
    return {name: seen for name, seen in everything.items() if seen not in stays}


def settle(folder: Path) -> None:
    """Put what lies in the logs into the files, so that a plain copy is a whole copy."""
    vault.close()
    for name in ("troth.db", "keys.db"):
        db = sqlite3.connect(folder / name)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        db.close()


def test_after_an_erasure_no_file_holds_a_trace_of_what_was_there(walks: str, settings: Any, tmp_path: Path) -> None:
    data, chance = Path(settings.DATA), random.Random(random.random())
    people = crowd(chance, MANY)
    person, marks = people[MANY // 2]
    settle(data)
    notes = of_letters(data, person, marks)
    before = scanner.look(notes, data)
    assert {name.split()[0] for name in before} == {"sealed", "wrapped", "blind"}, "each must stand on the disk first"
    assert [name for name in notes if not name.startswith("mark") and name not in before] == []
    old = Path(shutil.copytree(data, tmp_path / "old", ignore=shutil.ignore_patterns("keys.db*")))

    number = erasure.erase("larch", person, "E-2026-0001")
    work()

    progress = erasure.progress("larch", "E-2026-0001")
    assert progress is not None and progress.number == number
    assert progress.said == "overwritten"
    left = set(scanner.look(notes, data, Path(settings.DATA) / "tmp"))
    assert left == set()
    assert any("Companies Act 2006 s388" in one.why for one in progress.kept)

    master = bytes.fromhex(Path(settings.KEY_FILE).read_text().strip())
    read = opener.opened(master, "larch", data, old, only=str(person))
    mine = [(field, value) for who, field, value in read if who == str(person)]
    assert {field for field, _ in mine} <= {"booking.name", "booking.email", "booking.walk"}
    assert len({who for who, _, _ in read}) == MANY, "the program can open everybody else, so it works"


def test_without_a_statute_nothing_of_the_person_opens(plain: str, settings: Any, tmp_path: Path) -> None:
    data = Path(settings.DATA)
    person = walker(plain, "ada@quill.example", "Ada Quillfeather", letter="a red glove")
    other = walker(plain, "bo@quill.example", "Bo Other", letter="a green glove")
    settle(data)
    notes = scanner.note(data, plain, person, ["Ada Quillfeather", "ada@quill.example", "a red glove"])
    old = Path(shutil.copytree(data, tmp_path / "old", ignore=shutil.ignore_patterns("keys.db*")))
    erasure.erase(plain, person, "E-2026-0001")
    work()
    assert scanner.look(notes, data) == {}
    assert store.fields_held(plain, person) == frozenset()
    master = bytes.fromhex(Path(settings.KEY_FILE).read_text().strip())
    assert {who for who, _, _ in opener.opened(master, plain, data, old)} == {str(other)}


def test_a_reader_of_the_keys_keeps_an_erasure_unfinished(walks: str, settings: Any) -> None:
    person = walker("larch", "ada@quill.example", "Ada", letter="a red glove")
    reader = sqlite3.connect(Path(settings.DATA) / "keys.db", isolation_level=None)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM key").fetchone()
        number = erasure.erase("larch", person, "E-2026-0001")
        assert erasure.run(number) is False
        progress = erasure.progress("larch", "E-2026-0001")
        assert progress is not None and progress.said == "not finished"
    finally:
        reader.close()
    assert erasure.run(number)
    progress = erasure.progress("larch", "E-2026-0001")
    assert progress is not None and progress.said == "overwritten"


def test_a_reader_of_the_rows_keeps_the_disk_from_being_called_overwritten(walks: str, settings: Any) -> None:
    person = walker("larch", "ada@quill.example", "Ada", letter="a red glove")
    number = erasure.erase("larch", person, "E-2026-0001")
    reader = sqlite3.connect(Path(settings.DATA) / "troth.db", isolation_level=None)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people_value").fetchone()
        assert erasure.run(number) is False
        progress = erasure.progress("larch", "E-2026-0001")
        assert progress is not None and progress.said == "key destroyed, not yet overwritten"
    finally:
        reader.close()
    assert erasure.run(number)


def test_a_held_letter_stays_readable_and_its_old_key_goes(held: str, settings: Any) -> None:
    person = walker(held, "ada@quill.example", "Ada", letter="a red glove")
    standing.hold(held, person, "a court case", by="staff")
    before = vault.rules_of(held, person)
    number = erasure.erase(held, person, "E-2026-0001")
    assert erasure.run(number)
    progress = erasure.progress(held, "E-2026-0001")
    assert progress is not None and any("hold" in one.why for one in progress.kept)
    assert store.fields_held(held, person) == {"letter.body"}
    assert "letter.*" in before and "letter.*" not in vault.rules_of(held, person)
