"""Before anything is installed a Python that is too old is named, with what to do; nothing half-made is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def make(folder: Path, python: Path | str) -> subprocess.CompletedProcess[str]:
    words = ["sh", str(ROOT / ".ci" / "venv"), str(folder), str(python)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def python(path: Path, does: str) -> Path:
    """Something that is called as a Python is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
    return path


OLD = 'case "$1" in -V) echo "Python 3.10.4";; -c) exit 1;; *) exit 9;; esac'


def test_a_python_that_is_too_old_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    done = make(tmp_path / "venv", python(tmp_path / "python3", OLD))
    assert done.returncode == 1 and "needs Python 3.11 or newer" in done.stderr and "is Python 3.10.4." in done.stderr
    assert "PY=python3.12" in done.stderr and not (tmp_path / "venv").exists()


def test_a_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = make(tmp_path / "venv", "nopython")
    assert done.returncode == 1 and "nopython is not there." in done.stderr


def test_packages_of_an_older_python_are_not_built_upon(tmp_path: Path) -> None:
    python(tmp_path / "venv" / "bin" / "python", OLD)
    done = make(tmp_path / "venv", sys.executable)
    assert done.returncode == 1 and "Run make clean" in done.stderr


def test_what_was_made_by_halves_is_taken_away_again(tmp_path: Path) -> None:
    half = 'case "$1" in -m) mkdir -p "$3/bin"; echo "No ensurepip." >&2; exit 1;; esac'
    done = make(tmp_path / "venv", python(tmp_path / "python3", half))
    assert (done.returncode, done.stderr) == (1, "No ensurepip.\n") and not (tmp_path / "venv").exists()


def test_packages_that_are_there_are_left_as_they_are(tmp_path: Path) -> None:
    python(tmp_path / "venv" / "bin" / "python", "exit 0")
    assert make(tmp_path / "venv", "nopython").returncode == 0


def test_a_folder_whose_python_is_gone_is_not_built_upon(tmp_path: Path) -> None:
    """As after an upgrade of the system: what is made over such a link leaves it as it is."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").symlink_to("/nowhere/python3")
    done = make(tmp_path / "venv", sys.executable)
    assert done.returncode == 1 and "is broken" in done.stderr and "Run make clean" in done.stderr
