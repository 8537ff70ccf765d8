"""Killed at any statement, a rotation of keys leaves every value opening and every look-up finding, and goes on (T10).

Each kill is a real SIGKILL, before a statement of SQLite or before a file changes its name. What is looked at: once
before the next call goes on, because a server may start there and serve for weeks; and once after.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.people.test_processes import ROOT, environment
from tests.scanner import opener

SOAK = int(os.environ.get("TROTH_SOAK", "1"))
KILLS = 3 * SOAK  # of each kind: 50 times as many reach every statement
KINDS = {"master": ["master"], "epoch": ["epoch"], "index": ["index"], "token": ["token", "--at-once"]}


class Turner:
    """The process of turning.py, over folders that it is told."""

    def __init__(self, folder: Path) -> None:
        words = [sys.executable, str(ROOT / "tests" / "faults" / "turning.py")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.child: subprocess.Popen[str] = subprocess.Popen(words, env=environment(folder), text=True, **pipes)

    def ask(self, folder: Path, do: str, **more: Any) -> dict[str, Any]:
        assert self.child.stdin and self.child.stdout
        self.child.stdin.write(json.dumps({"folder": str(folder), "do": do} | more) + "\n")
        self.child.stdin.flush()
        return dict(json.loads(self.child.stdout.readline()))

    def close(self) -> None:
        assert self.child.stdin and self.child.stdout
        self.child.stdin.close()
        self.child.wait(60)
        self.child.stdout.close()


class Filled:
    """A folder with people in it, and copies of it to do harm to."""

    def __init__(self, turner: Turner, folder: Path) -> None:
        self.turner, self.folder, self.copies = turner, folder, 0
        self.token = turner.ask(folder, "begin")["token"]

    def copy(self) -> Path:
        self.copies += 1
        return Path(shutil.copytree(self.folder, self.folder.parent / f"copy-{self.copies}"))

    def look(self, folder: Path) -> dict[str, Any]:
        return self.turner.ask(folder, "look", token=self.token)

    def rotate(self, folder: Path, kind: str, at: int = 0) -> dict[str, Any]:
        return self.turner.ask(folder, "key", words=["rotate", *KINDS[kind]], at=at)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("turning") / "first"
    folder.mkdir()
    turner = Turner(folder)
    yield Filled(turner, folder)
    turner.close()


READ = ("values", "known", "found", "reached", "suppressed", "browser", "ledger", "stale", "without")


def sound(seen: dict[str, Any], before: dict[str, Any]) -> None:
    """Everything opens, everybody is found, whoever must not be approached is still known."""
    assert seen["ended"] == 0, seen
    assert {name: seen[name] for name in READ} == {name: before[name] for name in READ}


def is_cut(told: dict[str, Any], at: int) -> bool:
    """Killed there; or, now and then, it had less to do than the first and came to its end before."""
    return told["ended"] == -9 or (told["ended"] == 0 and told["done"] < at)


def master_of(folder: Path) -> bytes:
    return bytes.fromhex((folder / "master.key").read_text())


def finished(filled: Filled, folder: Path, kind: str, seen: dict[str, Any], before: dict[str, Any]) -> None:
    """The new key is in force, and of the old one nothing is left that it opens."""
    assert not seen["half"] and len(seen["epochs"]) == 1 and seen["masters"] == 1
    if kind == "master":
        old = master_of(filled.folder)
        assert master_of(folder) != old
        assert list(opener.keys(folder / "data", old)) == []
        assert list(opener.keys(folder / "data", master_of(folder))), "the program can open the folder, so it works"
        assert [path for path in folder.glob("*key*") if old.hex().encode() in path.read_bytes()] == []
        assert [path for path in folder.glob(".*key*") if path.read_bytes()] == []
        assert not seen["shown"]
    if kind == "index":
        assert seen["of_rows"] == seen["indexed"][:1] != before["of_rows"]
        assert set(seen["indexed"]) == {*seen["of_rows"], *seen["of_suppressions"]}, "what a row needs, and no more"
    if kind == "token":
        assert len(seen["tokens"]) == 1 and not seen["token"], "ended at once"
    if kind == "epoch":
        assert seen["epochs"] != before["epochs"]


@pytest.mark.parametrize("kind", KINDS)
def test_t10_killed_at_any_statement_a_rotation_leaves_everything_readable_and_goes_on(
    filled: Filled, kind: str
) -> None:
    before, whole = filled.look(filled.copy()), filled.copy()
    assert len(before["values"]) == 15 and before["found"] == [2, 1, 1, 1]
    assert before["suppressed"] == ["send you news of walks"] and before["browser"] == [False] and before["ledger"]
    first = filled.rotate(whole, kind)
    statements = first["done"]
    after = filled.look(whole)
    sound(after, before)
    finished(filled, whole, kind, after, before)
    for at in sorted({*chosen(statements), *first["renamed"]}):  # a file of keys that changes its name, always
        folder = filled.copy()
        assert is_cut(filled.rotate(folder, kind, at), at), f"killed at {at} of {statements}"
        sound(filled.look(folder), before)
        assert filled.rotate(folder, kind)["status"] == 0, f"killed at {at} of {statements}"
        after = filled.look(folder)
        sound(after, before)
        finished(filled, folder, kind, after, before)
        shutil.rmtree(folder)


@pytest.mark.parametrize("act", ["collect", "erase"])
def test_t07_killed_at_any_statement_no_value_is_without_its_key_and_nothing_is_gone_with_one(
    filled: Filled, act: str
) -> None:
    statements = filled.turner.ask(filled.copy(), act)["done"]
    for at in chosen(statements):
        folder = filled.copy()
        assert is_cut(filled.turner.ask(folder, act, at=at), at), f"killed at {at} of {statements}"
        left = filled.look(folder)
        assert left["ended"] == 0 and left["ledger"] and left["without"] == left["stale"] == []
        assert set(left["held"].values()) <= {0, 3}, "whole or not at all"
        again = filled.turner.ask(folder, act)
        seen = filled.look(folder)
        assert seen["without"] == [] and seen["ledger"]
        if act == "erase":
            assert again["state"] == "destroyed" and again["person"] not in seen["keyed"]
            assert seen["held"][str(again["person"])] == 0
        else:
            assert seen["held"][str(again["person"])] == 3
        shutil.rmtree(folder)


def chosen(statements: int) -> list[int]:
    """Statements to die at: every one if there are kills enough, else a fixed sample by the seed."""
    every = list(range(1, statements + 1))
    return every if statements <= KILLS else sorted(random.sample(every, KILLS))
