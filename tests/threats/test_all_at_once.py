"""A server under load, a sweep and an import at once, each killed at any moment: nothing acknowledged is lost (T62)."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.faults.test_kill_the_door import marks, send
from tests.policy.spoiling import spoilt

ROUNDS = max(2, int(os.environ.get("TROTH_SOAK", "0")) // 10)
LINES = 400
POLICY = spoilt(
    ("  booking.name: name\n", "  log.page: pages seen\n  booking.name: name\n"),
    (
        "  booking:\n    by: form",
        "  server log: {by: log, at: website, of: visitor, may: log.page}\n  booking:\n    by: form",
    ),
    ("data: visit.page, yields", "data: [visit.page, log.page], yields"),
    ("  visit.*: 25 months\n", "  visit.*: 25 months\n  log.*: 25 months\n"),
)
Counted = dict[str, tuple[list[str], int]]


class House:
    """One data folder, with a server and commands over it that die and come again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self.env = os.environ | {"TROTH_DATA": str(folder / "data"), "TROTH_KEY_FILE": str(folder / "master.key")}
        (folder / "policy.yaml").write_text(POLICY)
        done = self.begin(
            "publish", str(folder / "policy.yaml"), "--client", "larch", "--new", "--host", "door.example"
        )
        assert done.wait(120) == 0
        self.server: subprocess.Popen[str] | None = None

    def begin(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | more
        return subprocess.Popen([sys.executable, "-m", "troth.cli", *words], env=self.env, text=True, **quiet)

    def serve(self) -> None:
        self.server = self.begin("serve", "--json", "--port", "0", stdout=subprocess.PIPE)
        assert self.server.stdout is not None
        line = self.server.stdout.readline()
        self.port = int(json.loads(line)["addresses"]["Clients’ pages"].rstrip("/").rpartition(":")[2])

    def kill(self) -> None:
        assert self.server is not None and self.server.stdout is not None
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        self.server.stdout.close()


def log(folder: Path) -> Path:
    """An access log of yesterday, each line its own page."""
    at = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=20)).strftime("%d/%b/%Y:%H:%M")
    lines = [
        f'10.0.{n // 200}.{n % 200} - - [{at}:{n % 60:02} +0000] "GET /log/{n} HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'
        for n in range(LINES)
    ]
    file = folder / "access.log"
    file.write_text("".join(lines))
    return file


async def load(house: House, stop: asyncio.Event, acknowledged: set[str], unanswered: set[str]) -> None:
    while not stop.is_set():
        event = unanswered.pop() if unanswered else made()
        if await send(house.port, event):
            acknowledged.add(event)
        else:
            unanswered.add(event)
            await asyncio.sleep(0.02)


def made() -> str:
    return f"{int(time.time() * 1000):012x}{random.getrandbits(80):020x}"


async def a_round(house: House, file: Path, acknowledged: set[str], unanswered: set[str]) -> None:
    """Load, a sweep and an import; then the sweep or the import dies, and then the server."""
    stop = asyncio.Event()
    senders = [asyncio.create_task(load(house, stop, acknowledged, unanswered)) for _ in range(4)]
    commands = [
        house.begin("collect", "log", str(file), "--client", "larch"),
        house.begin("sweep", "--client", "larch"),
    ]
    await asyncio.sleep(random.uniform(1.0, 3.0))
    random.choice(commands).kill()
    await asyncio.sleep(random.uniform(0.1, 1.0))
    await asyncio.to_thread(house.kill)
    stop.set()
    await asyncio.gather(*senders)
    for one in commands:
        one.kill()
        one.wait()


def counted(folder: Path) -> Counted:
    """By rule: the marks of what came in, and how much its cells count."""
    found: Counted = {}
    for path in (folder / "data" / "events").rglob("*.db"):
        db = sqlite3.connect(path)
        seen = [bytes(event).hex()[12:] for (event,) in db.execute("SELECT id FROM seen")]
        (cells,) = db.execute("SELECT coalesce(sum(n), 0) FROM event").fetchone()
        db.close()
        rule = "log" if "log" in str(path.relative_to(folder)) else "visit"
        before = found.get(rule, ([], 0))
        found[rule] = before[0] + seen, before[1] + cells
    return found


def test_t62_load_a_sweep_and_an_import_at_once_each_killed_lose_and_double_nothing(tmp_path: Path) -> None:
    house, file = House(tmp_path), log(tmp_path)
    acknowledged, unanswered = set[str](), set[str]()
    for _ in range(ROUNDS):
        house.serve()
        asyncio.run(a_round(house, file, acknowledged, unanswered))
        there = counted(tmp_path).get("visit", ([], 0))[0]
        assert set(marks(acknowledged)) <= set(there), "an acknowledged event was lost"
    house.serve()
    while unanswered:
        event = unanswered.pop()
        if asyncio.run(send(house.port, event)):
            acknowledged.add(event)
        else:
            unanswered.add(event)
    assert house.begin("collect", "log", str(file), "--client", "larch").wait(120) == 0
    assert house.begin("sweep", "--client", "larch").wait(120) == 0
    house.kill()
    there = counted(tmp_path)
    assert sorted(there["visit"][0]) == marks(acknowledged) and there["visit"][1] == len(acknowledged)
    assert len(there["log"][0]) == len(set(there["log"][0])) == there["log"][1] == LINES
    assert house.begin("ledger", "verify").wait(120) == 0
