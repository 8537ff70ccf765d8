"""The demonstration's own pages, walked as ``troth scan`` walks anybody's."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.browser.conftest import Demo


def test_the_sample_pages_do_what_their_register_says_and_a_walk_leaves_no_yes_and_no_visit(demo: Demo) -> None:
    before = left(demo.data)
    env = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
    env |= {"TROTH_DATA": str(demo.data), "TROTH_ORIGIN": demo.origin}
    command = [sys.executable, "-m", "troth.cli", "scan", "--client", "dianomi", "--links", "1", "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=400)
    told = json.loads(done.stdout)
    assert (done.returncode, told["findings"]) == (0, []), done.stderr
    assert {page["address"] for page in told["pages"]} >= {f"{demo.origin}/c/dianomi/"}
    assert all(one["asked"] for one in told["walks"] if "after" in one["walk"])
    assert left(demo.data) == before


def left(data: Path) -> tuple[int, list[str]]:
    """What a visitor would leave: answers, and events of this client."""
    with contextlib.closing(sqlite3.connect(f"file:{data / 'troth.db'}?mode=ro", uri=True)) as db:
        answers = db.execute("SELECT count(*) FROM people_choice WHERE client_id='dianomi'").fetchone()[0]
    return answers, sorted(str(one) for one in (data / "events" / "dianomi").rglob("*.db"))
