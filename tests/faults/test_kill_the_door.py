"""kill -9 in the middle of load: what was acknowledged is there once, what was not can be sent again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("TROTH_SOAK", "50"))
SENDERS = 24


class Server:
    """The door in a process of its own, over one data folder that outlives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = os.environ | {
            "TROTH_DATA": str(self.folder / "data"),
            "TROTH_KEY_FILE": str(self.folder / "master.key"),
        }
        policy = ROOT / "tests" / "policies" / "larch.yaml"
        words = [sys.executable, str(ROOT / "bench" / "one_door.py"), str(self.port), "--policy", str(policy)]
        self.child = subprocess.Popen(words, env=env)
        while self.child.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise AssertionError("the door did not start")

    def kill(self) -> None:
        assert self.child is not None
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()


def made_id() -> str:
    return f"{int(time.time() * 1000):012x}{secrets.token_hex(10)}"


async def send(port: int, event: str) -> bool:
    """True if the event was acknowledged."""
    told = {"surface": "website", "events": [{"id": event, "fields": {"visit.page": "/walks"}}]}
    body = json.dumps(told).encode()
    head = (
        "POST /c/larch/e HTTP/1.1\r\nhost: door.example\r\norigin: https://www.larch.example\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    with contextlib.closing(writer):
        try:
            writer.write(head.encode() + body)
            return b" 204 " in (await reader.readuntil(b"\r\n\r\n"))[:16]
        except (OSError, asyncio.IncompleteReadError):
            return False


async def load(port: int, stop: asyncio.Event, acknowledged: set[str], unanswered: set[str]) -> None:
    """Send new events, and again those that were never answered, until told to stop."""
    while not stop.is_set():
        event = unanswered.pop() if unanswered else made_id()
        if await send(port, event):
            acknowledged.add(event)
        else:
            unanswered.add(event)
            await asyncio.sleep(0.01)


async def kill_within(server: Server, acknowledged: set[str], unanswered: set[str]) -> None:
    stop = asyncio.Event()
    senders = [asyncio.create_task(load(server.port, stop, acknowledged, unanswered)) for _ in range(SENDERS)]
    await asyncio.sleep(random.uniform(0.15, 0.6))
    await asyncio.to_thread(server.kill)
    stop.set()
    await asyncio.gather(*senders)


async def send_the_rest(server: Server, acknowledged: set[str], unanswered: set[str]) -> None:
    while unanswered:
        event = unanswered.pop()
        if await send(server.port, event):
            acknowledged.add(event)
        else:
            unanswered.add(event)


def marks(events: set[str]) -> list[str]:
    """The random part of each id: its time is stored to the minute only."""
    return sorted(event[12:] for event in events)


def stored(folder: Path) -> Iterator[str]:
    """The ids that came in. Each must count once in a cell, or it was lost or doubled there."""
    for path in (folder / "data" / "events").rglob("*.db"):
        db = sqlite3.connect(path)
        seen = db.execute("SELECT id FROM seen").fetchall()
        (counted,) = db.execute("SELECT coalesce(sum(n), 0) FROM event").fetchone()
        db.close()
        assert counted == len(seen), "a cell counts what did not come in, or misses what did"
        yield from (bytes(event).hex()[12:] for (event,) in seen)


def test_no_acknowledged_event_is_lost_and_none_is_doubled_however_often_the_door_is_killed(tmp_path: Path) -> None:
    server, acknowledged, unanswered = Server(tmp_path), set[str](), set[str]()
    for _ in range(KILLS):
        server.start()
        asyncio.run(kill_within(server, acknowledged, unanswered))
        there = list(stored(tmp_path))
        assert set(marks(acknowledged)) <= set(there), "an acknowledged event was lost"
        assert len(there) == len(set(there)), "an event was stored twice"
    server.start()
    asyncio.run(send_the_rest(server, acknowledged, unanswered))
    server.kill()
    there = list(stored(tmp_path))
    assert sorted(there) == marks(acknowledged)
    assert len(acknowledged) > KILLS
