"""A flood of full requests at a real door: its memory stays where it was, and it answers as before when it is over."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from pathlib import Path

from tests.faults.test_kill_the_door import Server, made_id, send

SENDERS = 48
EACH = 18  # requests of each: counted, so that on a busy machine a round is as much as on an idle one
ROUNDS = 2  # the first fills caches and pools; the second may take no more


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


def full() -> bytes:
    """Fifty events of the most that each may say, under tokens that nobody signed."""
    events = [{"id": made_id(), "fields": {"visit.page": "/" + "x" * 1000}} for _ in range(50)]
    body = json.dumps({"surface": "website", "token": f"{secrets.token_hex(3000)}.y", "events": events}).encode()
    head = f"POST /c/larch/e HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n"
    return f"{head}origin: https://www.larch.example\r\n\r\n".encode() + body


async def flood(port: int) -> dict[int, int]:
    """Send as fast as answers come; how many answers there were, by status."""
    told: dict[int, int] = {}

    async def one() -> None:
        for _ in range(EACH):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(writer):
                writer.write(full())
                status = int((await reader.readuntil(b"\r\n\r\n"))[9:12])
                told[status] = told.get(status, 0) + 1

    await asyncio.gather(*(one() for _ in range(SENDERS)))
    return told


def test_t36_a_flood_of_full_requests_leaves_memory_flat_and_the_door_open(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    assert server.child is not None
    try:
        held = []
        for _ in range(ROUNDS):
            told = asyncio.run(flood(server.port))
            assert set(told) <= {204, 429, 503}
            held.append(resident(server.child.pid))
        assert held[-1] <= held[0] * 1.2
        assert asyncio.run(send(server.port, made_id()))
    finally:
        server.kill()
