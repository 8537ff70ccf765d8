"""A data disk that is really full: events stop, nothing acknowledged is lost, rights go on, and so does the door."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("at_a_door.py")
SIZE = 112 * 2**20  # of the small disk, in bytes; the door keeps 64 MiB of it for rights


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, where we may have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class AtTheDoor:
    """The process of at_a_door.py."""

    def __init__(self, folder: Path, key: Path) -> None:
        env = os.environ | {"TROTH_DATA": str(folder), "TROTH_KEY_FILE": str(key)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.child: subprocess.Popen[str] = subprocess.Popen([sys.executable, PROGRAM], env=env, text=True, **pipes)

    def ask(self, do: str, **more: Any) -> Any:
        assert self.child.stdin and self.child.stdout
        self.child.stdin.write(json.dumps({"do": do} | more) + "\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())

    def close(self) -> None:
        assert self.child.stdin and self.child.stdout
        self.child.stdin.close()
        assert self.child.wait(60) == 0
        self.child.stdout.close()


@pytest.fixture
def door(disk: Path, tmp_path: Path) -> Iterator[AtTheDoor]:
    made = AtTheDoor(disk / "data", tmp_path / "master.key")
    yield made
    made.close()


def ids(number: int) -> list[str]:
    return [f"{int(time.time() * 1000):012x}{secrets.token_hex(10)}" for _ in range(number)]


def fill(disk: Path, leave: int) -> Path:
    """A file of somebody else's that takes all but so many bytes of the disk."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - leave)
    return ballast


def until(door: AtTheDoor, status: int, sent: list[str]) -> None:
    """Send the same again until the answer is this: the disk is looked at once a second."""
    for _ in range(100):
        if door.ask("send", ids=sent) == status:
            return
        time.sleep(0.1)
    raise AssertionError(f"never {status}")


def test_t37_on_a_full_disk_events_stop_an_erasure_ends_and_the_door_goes_on_by_itself(
    door: AtTheDoor, disk: Path
) -> None:
    person = door.ask("book", email="ada@post.example")
    assert door.ask("send", ids=ids(5)) == 204
    ballast = fill(disk, leave=60 * 2**20)
    late = ids(3)
    until(door, 503, late)
    assert door.ask("book", email="eve@post.example") == "busy"
    assert door.ask("erase", person=person, reference="E-2026-0001") == "overwritten"
    assert door.ask("stored") in (5, 8), "the three were taken in while there was room, or not at all"
    ballast.unlink()
    until(door, 204, late)
    assert door.ask("stored") == 8


def test_t37_with_not_a_byte_left_nothing_is_acknowledged_that_is_not_stored(door: AtTheDoor, disk: Path) -> None:
    acknowledged = ids(5)
    assert door.ask("send", ids=acknowledged) == 204
    ballast = fill(disk, leave=0)
    refused: list[str] = []
    for _ in range(30):
        some = ids(20)
        (acknowledged if door.ask("send", ids=some, long=1500) == 204 else refused).extend(some)
    assert refused
    ballast.unlink()
    until(door, 204, [])
    assert door.ask("stored") == len(acknowledged)
    for start in range(0, len(refused), 20):
        assert door.ask("send", ids=refused[start : start + 20], long=1500) == 204
    assert door.ask("stored") == len(acknowledged) + len(refused)
