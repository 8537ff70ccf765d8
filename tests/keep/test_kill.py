"""Killed at any statement, an erasure is never called done with a key, and the next process takes it up; so is what a
sweep did not come to overwrite."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import say, walker
from tests.collect.test_event_store import put, row
from tests.keep.test_nothing_is_left import of_letters, settle
from tests.scanner import scanner

from troth.parties import editions
from troth.people import standing
from troth.places import events

pytestmark = pytest.mark.django_db(transaction=True)
SOAK = int(os.environ.get("TROTH_SOAK", "1"))
STATEMENTS = range(1, 171) if SOAK > 1 else (5, 20, 35, 50, 65, 80, 95, 110, 130, 150)


def toil(folder: Path, key: Path, *words: str) -> int:
    toiling = Path(__file__).parent / "toiling.py"
    env = {**os.environ, "TROTH_DATA": str(folder), "TROTH_KEY_FILE": str(key), "DJANGO_SETTINGS_MODULE": ""}
    env.pop("DJANGO_SETTINGS_MODULE")
    return subprocess.run([sys.executable, str(toiling), *words], env=env, timeout=120).returncode


def one(folder: Path, statement: str, name: str = "troth.db") -> Any:
    found = scanner.rows(folder / name, statement)
    return found[0].decode() if found else ""


def test_killed_at_any_statement_an_erasure_goes_on_to_its_end(walks: str, settings: Any, tmp_path: Path) -> None:
    person = walker(walks, "ada@quill.example", "Ada", letter="a red glove")
    say(walks, person, True)
    settle(Path(settings.DATA))
    notes = of_letters(Path(settings.DATA), person, ["a red glove"])
    killed = 0
    for at in STATEMENTS:
        folder = Path(shutil.copytree(settings.DATA, tmp_path / f"killed-{at}"))
        killed += toil(folder, settings.KEY_FILE, "erase", str(person), str(at)) == -9
        step = one(folder, "SELECT CAST(step AS BLOB) FROM keep_erasure")
        key = one(folder, "SELECT CAST(rule AS BLOB) FROM key WHERE rule = 'letter.*'", "keys.db")
        assert not (step in ("again", "overwrite", "done") and key), f"killed at {at}: {step} beside a key"
        if not step:
            continue  # killed before anything was written down: nothing was promised yet
        assert toil(folder, settings.KEY_FILE, "go-on") == 0
        assert one(folder, "SELECT CAST(step AS BLOB) FROM keep_erasure") == "done"
        assert scanner.look(notes, folder) == {}, f"killed at {at}"
    assert killed >= len(STATEMENTS) // 2, "the kills must hit the erasure, not only what comes after it"


def free(file: Path) -> int:
    """Pages of a file in which nothing stands any more, and which nobody has overwritten."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        return int(db.execute("PRAGMA freelist_count").fetchone()[0])


def test_killed_before_what_went_of_our_rows_is_overwritten_the_next_server_does_it(
    walks: str, settings: Any, tmp_path: Path
) -> None:
    with time_machine.travel(dt.datetime(2023, 5, 1, 9, tzinfo=dt.UTC), tick=False):
        people = [walker(walks, f"{name}@quill.example", "Ada", letter="a red glove " * 150) for name in "abcdefghi"]
        for person in people:
            standing.happened(walks, person, "answered", timezone.now())
    folder = Path(shutil.copytree(settings.DATA, tmp_path / "killed"))
    assert toil(folder, settings.KEY_FILE, "sweep", "rows") == -9
    assert one(folder, "SELECT CAST(count(*) AS BLOB) FROM people_value WHERE field='letter.body'") == "0"
    assert free(folder / "troth.db") > 0
    assert toil(folder, settings.KEY_FILE, "serve") == 0
    assert free(folder / "troth.db") == 0
    assert one(folder, "SELECT CAST(count(*) AS BLOB) FROM work_job WHERE kind='overwrite'") == "0"


def test_killed_before_what_went_of_events_is_overwritten_the_next_night_does_it(
    on_disk: Path, tmp_path: Path, settings: Any
) -> None:
    client = published("larch", LARCH.replace(LAW, "").replace("visit.*: 25 months", "visit.*: 6 months"), tmp_path)
    when = timezone.now() - dt.timedelta(days=300)
    for number in range(200):  # in one file: a row stays that came in under another edition, and keeps the file
        seen = {"visit.page": f"/{number} " * 20}
        put(events.store(), row(when, edition=1, clear=seen, browser=f"b-{number}"), now=when, client=client)
    text = LARCH.replace(LAW, "").replace("change: first", "change: small")
    (file := tmp_path / "next.yaml").write_text(text)
    editions.publish(client, file, replaces=editions.in_force(client).mark, by="tests")
    put(events.store(), row(when, edition=2, clear={"visit.page": "/"}), now=when, client=client)
    events.store().close()
    folder = Path(shutil.copytree(settings.DATA, tmp_path / "killed"))
    (stored,) = (folder / "events" / client).glob("*/*.db")
    assert toil(folder, settings.KEY_FILE, "sweep", "events") == -9
    assert free(stored) > 0
    assert toil(folder, settings.KEY_FILE, "night") == 0
    with contextlib.closing(sqlite3.connect(stored)) as db:
        assert db.execute("SELECT count(*) FROM event").fetchone() == (1,)
    assert free(stored) == 0
