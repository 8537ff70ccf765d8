"""A disk that fills up at any write: a clear word, no traceback, nothing lost; and when there is room, it goes on.

A real small disk (tmpfs) is filled to a few free pages, more and fewer, so that each act fails at another write.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.test_key_rotation import Filled, Turner, sound

SEED = int(os.environ.get("TROTH_SEED", "20261125"))
SOAK = int(os.environ.get("TROTH_SOAK", "1"))
PAGES = range(72) if SOAK > 1 else [first + random.Random(SEED).randrange(8) for first in range(0, 48, 8)]
FULL = ("database or disk is full", "disk I/O error", "unable to open database file", "No space left on device")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=700", "tmpfs", str(disk)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def filled(small: Path, tmp_path: Path) -> Iterator[Filled]:
    first = tmp_path / "first"
    first.mkdir()
    turner = Turner(first)
    yield Filled(turner, first)
    turner.close()


def fill(disk: Path, pages: int) -> Path:
    """Leave room for so many pages of 4096 bytes."""
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail
    ballast.write_bytes(b"\0" * 4096 * max(0, free - pages))
    return ballast


def through(filled: Filled, small: Path, act: Callable[[Path], dict[str, Any]], done: Callable[..., None]) -> int:
    """Do an act on a copy on the small disk at each fill; look, make room, do it again. Returns how often it failed."""
    failed = 0
    for pages in PAGES:
        folder = Path(shutil.copytree(filled.folder, small / "house"))
        ballast = fill(small, pages)
        answer = act(folder)
        ballast.unlink()
        assert answer["ended"] == 0, "it ended by itself"
        told = answer.get("failed") or (answer["said"].get("trouble") or {}).get("sentence", "")
        failed += bool(told)
        assert "mistake of its own" not in told and (not told or known(told)), told
        done(folder, answer, told)
        shutil.rmtree(folder)
    return failed


def known(told: str) -> bool:
    return any(
        one in told for one in (*FULL, "no room left", "cannot be used", "could not be overwritten", "cannot be read")
    )


@pytest.mark.parametrize("words", [["rotate", "master"], ["rotate", "index"], ["rotate", "epoch"], ["recovery"]])
def test_a_full_disk_stops_a_key_command_with_a_word_and_loses_nothing(
    filled: Filled, small: Path, words: list[str]
) -> None:
    before = filled.look(filled.copy())

    def act(folder: Path) -> dict[str, Any]:
        return filled.turner.ask(folder, "key", words=words)

    def done(folder: Path, answer: dict[str, Any], told: str) -> None:
        assert (answer["status"], bool(told)) in ((0, False), (1, True))
        sound(filled.look(folder), before)
        assert act(folder)["status"] == 0 or words == ["recovery"]
        sound(filled.look(folder), before)

    assert through(filled, small, act, done) > 0, "some of these disks were full"


@pytest.mark.parametrize("act", ["collect", "erase"])
def test_t37_a_full_disk_takes_nobody_in_by_halves_and_an_erasure_ends_when_there_is_room(
    filled: Filled, small: Path, act: str
) -> None:
    def done(folder: Path, answer: dict[str, Any], told: str) -> None:
        seen = filled.look(folder)
        assert seen["without"] == seen["stale"] == [] and seen["ledger"]
        assert set(seen["held"].values()) <= {0, 3}, "whole or not at all"
        said = "destroyed" if answer.get("state") == "destroyed" else ""
        assert not said or answer["person"] not in seen["keyed"], "never done with a key"
        again = filled.turner.ask(folder, act)
        assert "failed" not in again
        assert act == "collect" or again["state"] == "destroyed"
        assert act == "collect" or again["person"] not in filled.look(folder)["keyed"]

    def tried(folder: Path) -> dict[str, Any]:
        return {"said": {}} | filled.turner.ask(folder, act)

    assert through(filled, small, tried, done) > 0, "some of these disks were full"


def test_t37_no_key_is_called_destroyed_when_there_was_no_room_to_destroy_it(filled: Filled, small: Path) -> None:
    """The rows went while there was room; then only the key is left to go."""
    told = set()
    for pages in range(0, 48, 6):
        folder = Path(shutil.copytree(filled.folder, small / "house"))
        person = filled.turner.ask(folder, "forget")["person"]
        ballast = fill(small, pages)
        state = filled.turner.ask(folder, "erase").get("state", "not answered")
        ballast.unlink()
        told.add(state)
        assert state != "destroyed" or person not in filled.look(folder)["keyed"], f"{pages} pages"
        assert filled.turner.ask(folder, "erase")["state"] == "destroyed"
        shutil.rmtree(folder)
    assert len(told) > 1, "some of these disks were full, and some were not"
