"""For a guard, a test; and for the test, a proof: with the guard taken away in a scratch copy it turns red.

``make test`` tries a few, chosen by the seed that it prints; with TROTH_SOAK set all are tried, and before each the
same test in a copy that nobody changed.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUARDS = tomllib.loads((Path(__file__).parent / "mutations" / "list.toml").read_text("utf-8"))["guard"]
SOAK = bool(os.environ.get("TROTH_SOAK"))
SEED = int(os.environ.get("TROTH_SEED", "20261125"))
FEW = 3
CHOSEN = GUARDS if SOAK else random.Random(SEED).sample(GUARDS, FEW)
NEEDED = ("src", "tests", "policies", "samples", "bench", "docs", ".ci")
FILES = ("pyproject.toml", "README.md", "Makefile", "requirements.lock", "requirements-test.lock", "sbom.json")
LEFT = shutil.ignore_patterns("__pycache__", "*.egg-info", "pictures")


def named(guard: dict[str, str]) -> str:
    return f"{guard['id']} {guard['what']}"


def test_there_are_seventy_guards_of_fifty_threats_and_no_two_alike():
    assert len({named(one) for one in GUARDS}) == len({(one["file"], one["old"]) for one in GUARDS}) == len(GUARDS)
    assert len(GUARDS) >= 70
    assert len({one["id"] for one in GUARDS}) >= 50


@pytest.mark.parametrize("guard", GUARDS, ids=named)
def test_each_guard_still_stands_and_its_test_is_there(guard):
    text = (ROOT / guard["file"]).read_text("utf-8")
    count = text.count(guard["old"])
    assert count >= 1 if guard.get("first") else count == 1, f"{guard['file']} has {count} of: {guard['old']}"
    file, _, name = guard["test"].partition("::")
    assert f"def {name}(" in (ROOT / file).read_text("utf-8")
    assert guard["id"].lower() in re.match(r"test((?:_t\d\d)+)_", name)[1]


@pytest.mark.parametrize("guard", CHOSEN, ids=named)
def test_without_its_guard_the_test_turns_red(guard, tmp_path):
    copied(tmp_path)
    if SOAK:
        status, said = tried(tmp_path, guard["test"])
        assert status == 0, f"red with its guard, too:\n{said[-3000:]}"
    file = tmp_path / guard["file"]
    file.write_text(file.read_text("utf-8").replace(guard["old"], guard["new"], 1), "utf-8")
    status, said = tried(tmp_path, guard["test"])
    assert status == 1 and "FAILED" in said, f"without its guard {guard['test']} ended with {status}:\n{said[-3000:]}"


def copied(folder: Path) -> None:
    for name in NEEDED:
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT, symlinks=True)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)


def tried(folder: Path, test: str) -> tuple[int, str]:
    """Exit status of one test in a copy, and what it said."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TROTH_", "PYTEST_", "SOCKET_"))}
    guard = folder / "tests" / "threats" / "guard"  # the copy's own: it may be what was taken away
    env |= {"PYTHONPATH": os.pathsep.join([str(guard), str(folder / "src"), str(folder)])}
    env |= {"SOCKET_GUARD_LOG": str(folder / "undeclared")}
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr
