"""The same tests as ``make test``, with the large counts, one row after another; stop it and it goes on where it was.

    make soak                       every row that this commit has not passed yet
    make soak SOAK="--row kills"    only rows whose name holds these letters
    make soak SOAK="--again"        begin afresh
    make soak SOAK="--share 10"     a tenth of each count, to see that the rows run

Writes a dated table into ``bench/soak.md``; exit status 1 when a row failed.
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
    soak: int  # what the test reads as TROTH_SOAK
    says: str


ROWS = (
    Row("kills of the door", "tests/faults/test_kill_the_door.py", 1000, 1000, "under load: none lost or doubled"),
    Row("erasure among many", "tests/keep/test_nothing_is_left.py", 10000, 10000, "people around one erased"),
    Row("tamperings", "tests/ledger/test_tampering.py", 10000, 834, "of each kind, all found"),
    Row("kills of the vault", "tests/people/test_processes.py", 1000, 250, "no value without its key"),
    Row("laws", "tests/people/test_laws.py", 50, 50, "times the examples of each law"),
    Row("kills of an erasure", "tests/keep/test_kill.py", 50, 50, "at every statement: it goes on to its end"),
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--row", default="", help="only rows whose name holds this")
    parser.add_argument("--again", action="store_true", help="run rows again that passed at this commit")
    parser.add_argument("--share", type=int, default=1, help="divide each count by this")
    args = parser.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    done = set() if args.again else passed(commit)
    failed = 0
    for row in ROWS:
        if args.row not in row.name or (row.name in done and args.share == 1):
            continue
        failed += not run(row, commit, args.share)
    return 1 if failed else 0


def run(row: Row, commit: str, share: int) -> bool:
    """One row: run its tests with its count, write its line. A row that was stopped half-way runs again."""
    count, soak = max(1, row.count // share), max(1, row.soak // share)
    print(f"{row.name}: {count} {row.says} …", flush=True)
    started = time.monotonic()
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", row.tests]
    code = subprocess.run(words, cwd=ROOT, env=os.environ | {"TROTH_SOAK": str(soak)}).returncode
    seconds = time.monotonic() - started
    when, outcome = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M}", "passed" if code == 0 else "FAILED"
    write(f"| {when} | {commit} | {row.name}: {row.says} | {count:,} | {seconds:,.0f} | {outcome} |")
    if code == 0 and share == 1:
        remember(commit, row.name)
    return code == 0


def write(line: str) -> None:
    old = TABLE.read_text() if TABLE.exists() else HEAD
    rows = re.findall(r"^\| \d{4}.*$", old, re.MULTILINE)
    TABLE.write_text(HEAD + "\n".join([line, *rows]) + "\n")


def passed(commit: str) -> set[str]:
    try:
        return set(json.loads(STATE.read_text()).get(commit, []))
    except (OSError, ValueError):
        return set()


def remember(commit: str, name: str) -> None:
    STATE.parent.mkdir(exist_ok=True)
    STATE.write_text(json.dumps({commit: sorted(passed(commit) | {name})}))


if __name__ == "__main__":
    sys.exit(main())
