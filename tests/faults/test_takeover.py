"""A process dies with a job in hand, by SIGKILL. The server goes on with it at once; what lives keeps what it has."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.test_disk_doors import Server
from tests.people.test_processes import environment, run

PROGRAM = str(Path(__file__).with_name("at_the_queue.py"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run(tmp_path, "begin")
    run(tmp_path, "fill")
    return tmp_path


def did(folder: Path, *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, PROGRAM, *words], env=environment(folder), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


class Holder:
    """A process with one job in hand."""

    def __init__(self, folder: Path) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        words = [sys.executable, PROGRAM, "hold"]
        self.child: subprocess.Popen[str] = subprocess.Popen(words, env=environment(folder), text=True, **pipes)
        assert self.child.stdout is not None
        self.job = self.child.stdout.readline().split()[1]

    def kill(self) -> None:
        self.child.kill()
        self.child.communicate()

    def go_on(self) -> list[str]:
        return self.child.communicate("\n", timeout=120)[0].splitlines()


@pytest.fixture
def holders(folder: Path) -> Iterator[list[Holder]]:
    did(folder, "add", "3")
    found = [Holder(folder) for _ in range(3)]
    yield found
    for one in found:
        if one.child.poll() is None:
            one.kill()


def test_what_a_killed_process_held_is_done_at_once_and_what_a_live_one_holds_is_left_to_it(
    folder: Path, holders: list[Holder]
) -> None:
    dead, first, second = holders
    assert did(folder, "look") == ["freed 0"], "all three live"
    dead.kill()
    assert did(folder, "look") == ["freed 1", f"has {dead.job}", f"done {dead.job}"]
    assert did(folder, "look") == ["freed 0"]
    second.kill()
    assert did(folder, "look") == ["freed 1", f"has {second.job}", f"done {second.job}"]
    assert first.go_on() == [f"done {first.job}", "did 1"], "nobody else did it meanwhile"
    assert did(folder, "look") == ["freed 0"]


@pytest.mark.parametrize("at", [12, 80])
def test_an_erasure_that_was_cut_by_a_kill_is_gone_on_with_before_its_lease_lapses(folder: Path, at: int) -> None:
    person = min(json.loads(run(folder, "look"))["held"], key=int)
    words = [sys.executable, PROGRAM, "erase", person, str(at)]
    assert subprocess.run(words, env=environment(folder), timeout=120).returncode == -9
    lapses = dt.datetime.fromisoformat(asked(folder, "SELECT leased_until FROM work_job WHERE kind = 'erase'") + "Z")
    assert asked(folder, "SELECT step FROM keep_erasure") != "done"
    server = Server(folder).ready()
    try:
        while asked(folder, "SELECT step FROM keep_erasure") != "done" and dt.datetime.now(dt.UTC) < lapses:
            time.sleep(0.1)
        assert asked(folder, "SELECT step FROM keep_erasure") == "done"
    finally:
        assert server.stop() == 0


def asked(folder: Path, sql: str) -> str:
    db = sqlite3.connect(folder / "data" / "troth.db", timeout=20)
    try:
        return str(db.execute(sql).fetchone()[0])
    finally:
        db.close()
