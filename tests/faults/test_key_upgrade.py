"""A folder that an earlier edition filled: today's code opens every value, finds everybody and keeps what they chose.

``folders/`` keeps one of each edition, made by that edition's own code, with a master key that guards nothing else.
"""

from __future__ import annotations

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


def test_t63_an_upgrade_killed_at_any_statement_is_simply_done_again(kept: Kept) -> None:
    statements = kept.turner.ask(kept.copy(), "upgrade")["done"]
    for at in chosen(statements)[: max(4, KILLS)]:
        folder = kept.copy()
        assert is_cut(kept.turner.ask(folder, "upgrade", at=at), at), f"killed at {at} of {statements}"
        assert "failed" not in kept.turner.ask(folder, "upgrade"), f"killed at {at} of {statements}"
        whole(kept.look(folder))
        shutil.rmtree(folder)


def test_t63_a_folder_of_a_newer_edition_stops_the_start_and_nothing_is_written(kept: Kept) -> None:
    kept.turner.ask(kept.folder, "upgrade")
    db = sqlite3.connect(kept.folder / "data" / "troth.db")
    with db:
        db.execute("INSERT INTO django_migrations(app, name, applied) VALUES ('people', '9999_to_come', '2031-01-01')")
    db.close()
    before = files(kept.folder)
    for words in (["serve"], ["publish", "x.yaml", "--client", "larch"]):
        done = troth(kept.folder, *words, TROTH_PORT="0")
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert "newer troth" in done.stderr
    assert changed(before, files(kept.folder)) == set()
