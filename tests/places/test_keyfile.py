"""The file of keys: none is made anew beside what was sealed, nor where nobody can say whether anything was."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from troth.places import keyfile
from troth.policy.problems import Trouble


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA = tmp_path
    return tmp_path


def database(folder: Path, *statements: str) -> sqlite3.Connection:
    db = sqlite3.connect(folder / "troth.db", isolation_level=None)
    for statement in statements:
        db.execute(statement)
    return db


def refused() -> Trouble:
    with pytest.raises(Trouble) as told:
        keyfile.must_be_here()
    return told.value


def test_a_database_that_is_only_being_made_holds_nothing_sealed(folder: Path) -> None:
    keyfile.must_be_here()
    database(folder, "CREATE TABLE people_value(id INTEGER)").close()
    keyfile.must_be_here()


@pytest.mark.parametrize("table", keyfile.SEALED)
def test_t02_one_sealed_row_is_enough_whichever_tables_are_missing(folder: Path, table: str) -> None:
    database(folder, f"CREATE TABLE {table}(id INTEGER)", f"INSERT INTO {table} VALUES (1)").close()
    assert refused().code == "keys-lost"


def test_t02_a_database_that_is_locked_is_not_taken_for_an_empty_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyfile, "PATIENCE", 0.05)
    db = database(folder, "CREATE TABLE people_identity(id INTEGER)", "BEGIN EXCLUSIVE")
    told = refused()
    assert (told.code, told.where) == ("database-trouble", "troth.db") and "locked" in told.sentence
    db.close()


def test_t02_a_broken_database_is_not_taken_for_an_empty_one(folder: Path) -> None:
    (folder / "troth.db").write_bytes(b"no database at all" * 99)
    told = refused()
    assert told.code == "database-trouble" and "not a database" in told.sentence
    assert not (folder / "keys.db").exists()
