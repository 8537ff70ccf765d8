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


SLOW = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from troth import policy
print(len(policy.load("slow.yaml", text=sys.stdin.buffer.read()).problems))
"""
DATA = "  booking.walk: purchase\n"
KEPT = "  visit.*: 25 months\n"
MANY = range(9000)
MADE_TO_BE_SLOW = {
    "many slips among many names": (
        (DATA, DATA + "".join(f"  booking.word{one:05}x: purchase\n" for one in MANY)),
        ('data: "booking.*"', f'data: ["booking.*", {", ".join(f"booking.wrod{one:05}y" for one in MANY)}]'),
    ),
    "many groups, each with its end": (
        (DATA, DATA + "".join(f"  g{one:05}.word: purchase\n" for one in MANY)),
        (KEPT, KEPT + "".join(f"  g{one:05}.*: 12 months\n" for one in MANY)),
    ),
    "many stars that match nothing": (
        (DATA, DATA + "".join(f"  booking.word{one:05}: purchase\n" for one in MANY)),
        (KEPT, KEPT + "".join(f"  h{one:05}.*: 12 months\n" for one in MANY)),
    ),
    "many uses of much data": (
        (DATA, DATA + "".join(f"  booking.w{one}: purchase\n" for one in range(4500))),
        (
            "staff:\n",
            "".join(
                f'  do {one}: {{is: service, basis: contract, of: walker, data: "booking.*"}}\n' for one in range(4500)
            )
            + "staff:\n",
        ),
    ),
    "one period with very many parts": ((KEPT, f"  visit.*: {', '.join(['1 month'] * 90_000)}\n"),),
    "one name with very many dots": (
        (DATA, f"{DATA}  ? booking{'.a' * 400_000}\n  : purchase\n"),
        (KEPT, f"{KEPT}  booking.a.*: 12 months\n"),
    ),
}


@pytest.mark.parametrize("swaps", MADE_TO_BE_SLOW.values(), ids=MADE_TO_BE_SLOW.keys())
def test_t44_a_file_made_to_be_slow_is_checked_in_time(swaps):
    """Each would take minutes if it were compared name by name; the limit is of the processor and not of a clock."""
    text = spoilt(*swaps).encode()
    assert len(text) < 1_000_000
    done = subprocess.run([sys.executable, "-c", SLOW], input=text, capture_output=True, timeout=500)
    assert done.returncode == 0, done.stderr.decode()[-300:]
    assert int(done.stdout) > 0


def test_a_long_line_is_not_shown_anew_with_each_of_its_problems():
    """Else a file of a tenth of a megabyte says hundreds of them."""
    found = policy.load(
        "long.yaml", text=spoilt(('"visit.*"', f"[{', '.join(['visit.page'] * 5000)}]")).encode()
    ).problems
    assert len(found) > 4000 and sum(len(one.source) for one in found) < 1_000_000
    assert {one.line for one in found if one.code == "listed-twice"} == {30}
