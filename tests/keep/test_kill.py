"""Killed at any statement, an erasure is never called done with a key, and the next process takes it up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.answer.planting import say, walker
from tests.keep.test_nothing_is_left import of_letters, settle
from tests.scanner import scanner

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
