"""A policy file as a weapon: hostile files as data, each with one problem at its place, and memory that stays flat.

``hostile/files.jsonl`` has a file a line: ``raw`` or ``hex`` is the whole of it, ``old`` and ``new`` swap a text in
the small firm's policy, ``times`` repeats a sign, ``at`` is where the one problem stands, from 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.policy.spoiling import DAY, LARCH, spoilt

from troth import policy

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "hostile" / "files.jsonl").read_text("utf-8").splitlines()
]
ROOM = 48  # MB that sixty hostile files, the largest of a megabyte, may take beyond what a harmless one takes
WITHIN = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from troth.cli import main
status = main(["check", "--json", *sys.argv[1:]])
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(status, peak.split()[1], file=sys.stderr)
"""


def made(case: dict[str, Any]) -> bytes:
    """The bytes of a hostile file."""
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    if "raw" not in case:
        return spoilt((case["old"], case["new"])).encode()
    text = case["raw"]
    for sign, (count, said) in case.get("times", {}).items():
        text = text.replace(sign, said * count)
    return text.encode()


def test_t44_there_are_sixty_and_no_two_alike():
    assert len(CASES) >= 60
    assert len({made(case) for case in CASES}) == len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_t44_a_hostile_file_has_one_problem_at_its_place_and_no_plan(case):
    compiled = policy.load("hostile.yaml", text=made(case), on=DAY)
    assert compiled.plan is None
    (found,) = compiled.problems
    assert (found.code, [found.line, found.column]) == (case["code"], case["at"])
    assert found.sentence and found.help


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell a process its peak")
def test_t44_memory_stays_flat_over_all_of_them(tmp_path):
    (tmp_path / "harmless.yaml").write_text(LARCH)
    for number, case in enumerate(CASES):
        (tmp_path / f"{number:02}.yaml").write_bytes(made(case))
    hostile = sorted(str(one) for one in tmp_path.glob("[0-9]*.yaml"))
    _, harmless = peak(str(tmp_path / "harmless.yaml"))
    status, after = peak(*hostile)
    assert status == 3
    assert after - harmless < ROOM * 1024


def peak(*files: str) -> tuple[int, int]:
    """Exit status of ``troth check`` over these files, and the most memory that it had, in KB."""
    done = subprocess.run([sys.executable, "-c", WITHIN, *files], capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr
    status, most = done.stderr.split()
    return int(status), int(most)
