"""A folder that an earlier edition filled: today's code opens every value, finds everybody and keeps what they chose.

``folders/`` keeps one of each edition, made by that edition's own code, with a master key that guards nothing else.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.faults.test_key_copies import changed, files, troth
from tests.faults.test_key_rotation import KILLS, Filled, Turner, chosen, is_cut

FOLDERS = sorted((Path(__file__).parent / "folders").glob("*.tar.gz"))
ADDRESSES = ["ada@quill.example", "bea@quill.example", "cyd@quill.example", "dov@quill.example"]


class Kept(Filled):
    """A folder as an earlier edition left it."""

    def __init__(self, turner: Turner, folder: Path, archive: Path) -> None:
        self.turner, self.folder, self.copies, self.token = turner, folder, 0, ""
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")


@pytest.fixture(params=FOLDERS, ids=lambda path: path.name.partition(".")[0])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    folder = tmp_path / "kept"
    folder.mkdir()
    turner = Turner(tmp_path)
    yield Kept(turner, folder, request.param)
    turner.close()


def whole(seen: dict[str, Any]) -> None:
    assert seen["ended"] == 0, seen
    assert len(seen["values"]) == 12 and set(ADDRESSES) < set(seen["values"])
    assert seen["known"] == ADDRESSES and seen["found"] == [1, 1, 1, 1]
    assert seen["suppressed"] == ["send you news of walks"]
    assert seen["browser"] == [False]
    assert seen["ledger"] and seen["stale"] == seen["without"] == []


def test_t63_a_folder_of_an_earlier_edition_opens_whole_and_its_keys_can_be_rotated(kept: Kept) -> None:
    assert "failed" not in kept.turner.ask(kept.folder, "upgrade")
    whole(kept.look(kept.folder))
    for kind in ("index", "master", "epoch", "token"):
        assert kept.rotate(kept.folder, kind)["status"] == 0
        whole(kept.look(kept.folder))


def test_t54_in_a_folder_of_an_earlier_edition_who_opens_data_is_told_to_its_person(kept: Kept) -> None:
    kept.turner.ask(kept.folder, "upgrade")
    assert kept.turner.ask(kept.folder, "opened")["told"] == ["A-2026-0001"]
    whole(kept.look(kept.folder))


def test_t63_an_upgrade_killed_at_any_statement_is_simply_done_again(kept: Kept) -> None:
    statements = kept.turner.ask(kept.copy(), "upgrade")["done"]
    for at in chosen(statements)[: max(4, KILLS)]:
        folder = kept.copy()
        assert is_cut(kept.turner.ask(folder, "upgrade", at=at), at), f"killed at {at} of {statements}"
        assert "failed" not in kept.turner.ask(folder, "upgrade"), f"killed at {at} of {statements}"
        whole(kept.look(folder))
        shutil.rmtree(folder)


def newer(kept: Kept) -> Path:
    """The folder as a troth to come would leave it."""
    kept.turner.ask(kept.folder, "upgrade")
    db = sqlite3.connect(kept.folder / "data" / "troth.db")
    with db:
        db.execute("INSERT INTO django_migrations(app, name, applied) VALUES ('people', '9999_to_come', '2031-01-01')")
    db.close()
    return kept.folder


def test_t63_a_folder_of_a_newer_edition_stops_the_start_and_nothing_is_written(kept: Kept) -> None:
    before = files(newer(kept))
    for words in (["serve"], ["publish", "x.yaml", "--client", "larch"]):
        done = troth(kept.folder, *words, TROTH_PORT="0")
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert "newer troth" in done.stderr
    assert changed(before, files(kept.folder)) == set()


def test_t63_no_command_of_an_older_troth_touches_a_newer_folder(kept: Kept) -> None:
    before = files(newer(kept))
    for words in (["sweep"], ["prove"], ["ledger", "verify"], ["key", "rotate", "epoch"], ["staff", "list"]):
        done = troth(kept.folder, *words)
        assert (done.returncode, "newer troth" in done.stderr) == (1, True), (words, done.stderr)
    found = json.loads(troth(kept.folder, "doctor", "--json").stdout)["findings"]
    assert [one["code"] for one in found if one["code"].startswith("data-")] == ["data-newer"]
    assert changed(before, files(kept.folder)) == set()


def test_t63_a_command_waits_until_the_server_has_made_the_tables_and_writes_nothing(kept: Kept) -> None:
    before = files(kept.folder)
    for words in (["sweep"], ["prove"], ["ledger", "verify"]):
        done = troth(kept.folder, *words)
        assert (done.returncode, "to be made or changed" in done.stderr) == (1, True), (words, done.stderr)
    assert changed(before, files(kept.folder)) == set()


def test_the_doctor_names_an_upgrade_that_waits_and_not_what_it_cannot_look_at_before(kept: Kept) -> None:
    found = {one["code"]: one for one in json.loads(troth(kept.folder, "doctor", "--json").stdout)["findings"]}
    assert "tables-old" in found and "not-looked" not in found
    assert "then run troth doctor again" in found["tables-old"]["help"]
