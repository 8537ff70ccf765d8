"""The same tests as ``make test``, with the large counts, one part after another; stop it and it goes on where it was.

Each row is cut into parts, each with a seed of its own. A part that passed is remembered for this commit (in ``.run``);
a row is written into ``bench/soak.md`` when its last part has passed, or as soon as one failed, with the seed.

    make soak                       every row that this commit has not passed yet
    make soak SOAK="--row kills"    only rows whose name holds these letters
    make soak SOAK="--again"        begin afresh
    make soak SOAK="--share 10"     a tenth of each count, to see that the rows run

Exit status 1 when a row failed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
STATE = ROOT / ".run" / "soak.json"
TABLE = ROOT / "bench" / "soak.md"
HEAD = """# Soak

The tests of `make test` with the counts that their issues name (`make soak`). Newest first.

| when (UTC) | commit | row | count | seconds | outcome |
|---|---|---|---|---|---|
"""


class Row(NamedTuple):
    name: str
    tests: str
    count: int  # what the table says
    soak: int  # what the tests read as TROTH_SOAK, in each part
    parts: int
    says: str


ROWS = (
    Row("kills of the door", "tests/faults/test_kill_the_door.py", 1000, 100, 10, "under load: none lost or doubled"),
    Row("erasure among many", "tests/keep/test_nothing_is_left.py", 10000, 10000, 1, "people around one erased"),
    Row("tamperings", "tests/ledger/test_tampering.py", 10000, 84, 10, "of each kind, all found"),
    Row("kills of the vault", "tests/people/test_processes.py", 1000, 25, 10, "no value without its key"),
    Row("kills of the keys", "tests/faults/test_key_rotation.py", 321, 30, 1, "at every statement: all opens"),
    Row("full disks", "tests/faults/test_disk_full.py", 432, 2, 1, "of 0 to 71 free pages: nothing by halves"),
    Row("known and unknown", "tests/web/test_does_this_address_exist.py", 2000, 200, 10, "pairs of requests: alike"),
    Row("guards", "tests/threats/test_mutations.py", 103, 2, 1, "taken away, each turning its test red"),
    Row("harms", "tests/policy/test_changes.py", 1000, 5, 1, "to the five policies, each caught"),
    Row("laws", "tests/people/test_laws.py", 50, 10, 5, "times the examples of each law"),
    Row("a planted visitor", "tests/collect/test_cells.py", 1000000, 33334, 10, "among so many events, in no row"),
    Row("kills of an erasure", "tests/keep/test_kill.py", 170, 2, 1, "at every statement: it goes on to its end"),
)  # fmt: skip
SEED = 20261125


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--row", default="", help="only rows whose name holds this")
    parser.add_argument("--again", action="store_true", help="run parts again that passed at this commit")
    parser.add_argument("--share", type=int, default=1, help="divide each count by this")
    args = parser.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    if args.again:
        STATE.unlink(missing_ok=True)
    chosen = [row for row in ROWS if args.row in row.name]
    return 1 if [row for row in chosen if not run(row, commit, args.share)] else 0


def run(row: Row, commit: str, share: int) -> bool:
    """One row, part after part; its line is written when all have passed, or when one failed."""
    done = passed(commit, row.name) if share == 1 else {}
    if len(done) == row.parts:
        return True
    for part in range(row.parts):
        if str(part) in done:
            continue
        print(f"{row.name}, part {part + 1} of {row.parts}, seed {SEED + part} …", flush=True)
        seconds, good = one(row, SEED + part, max(1, row.soak // share))
        if not good:
            write(line(commit, row, row.count // share, seconds, f"FAILED in part {part + 1}, seed {SEED + part}"))
            return False
        done[str(part)] = seconds
        if share == 1:
            remember(commit, row.name, done)
    write(line(commit, row, row.count // share, sum(done.values()), "passed"))
    return True


def one(row: Row, seed: int, soak: int) -> tuple[float, bool]:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}", row.tests]
    env = os.environ | {"TROTH_SOAK": str(soak), "TROTH_SEED": str(seed)}
    started = time.monotonic()
    code = subprocess.run(words, cwd=ROOT, env=env).returncode
    return time.monotonic() - started, code == 0


def line(commit: str, row: Row, count: int, seconds: float, outcome: str) -> str:
    when = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M}"
    return f"| {when} | {commit} | {row.name}: {row.says} | {count:,} | {seconds:,.0f} | {outcome} |"


def write(line: str) -> None:
    old = TABLE.read_text() if TABLE.exists() else HEAD
    rows = re.findall(r"^\| \d{4}.*$", old, re.MULTILINE)
    TABLE.write_text(HEAD + "\n".join([line, *rows]) + "\n")


def passed(commit: str, name: str) -> dict[str, float]:
    """The parts of a row that passed at this commit, each with its seconds."""
    return dict(state().get(commit, {}).get(name, {}))


def remember(commit: str, name: str, parts: dict[str, float]) -> None:
    STATE.parent.mkdir(exist_ok=True)
    STATE.write_text(json.dumps({commit: {**state().get(commit, {}), name: parts}}))


def state() -> dict[str, dict[str, dict[str, float]]]:
    try:
        return dict(json.loads(STATE.read_text()))
    except (OSError, ValueError):
        return {}


if __name__ == "__main__":
    sys.exit(main())
