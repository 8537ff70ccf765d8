"""How many events a second the door takes, each answered after it is durable, beside the same server doing nothing.

A whole policy's lens is on: the page view of policies/dijuno, first of browsers that said nothing, then of some that
said yes to everything and are followed.

    python bench/door.py [--seconds 8] [--connections 64]

Ratios hold from machine to machine; the figures themselves do not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
POLICY = HERE.parent / "policies" / "dijuno" / "policy.yaml"
ORIGIN, KEYS = "", list[str]()  # of that policy; filled in by ``read_policy``
BROWSERS = 50  # that said yes


def read_policy() -> None:
    global ORIGIN
    from troth import policy
    from troth.collect import consent

    plan = policy.load(POLICY).plan
    assert plan is not None
    ORIGIN = plan.surfaces["website"].origins[0]
    KEYS[:] = [switch.key for switch in consent.asked(plan, "website")]


def event(token: str) -> bytes:
    made = f"{int(time.time() * 1000):012x}{secrets.token_hex(10)}"
    seen = {"visit.page": "/platform/how-it-works/in-a-day", "visit.referrer": "https://search.example/find?q=firm"}
    events = [{"id": made, "point": "visit", "fields": seen}]
    return json.dumps({"surface": "website", "edition": 1, "gpc": False, "token": token, "events": events}).encode()


async def answered(port: int) -> str:
    """What a browser carries that said yes to everything."""
    hello = {"surface": "website", "hello": True}
    ask = (await exchange(port, hello))["ask"]
    return str((await exchange(port, {"surface": "website", "choice": {"ask": ask, "yes": KEYS}}))["token"])


async def exchange(port: int, body: object) -> dict[str, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(port, json.dumps(body).encode()))
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    told = await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r")[0]))
    writer.close()
    return dict(json.loads(told))


def request(port: int, body: bytes) -> bytes:
    head = (
        f"POST /c/larch/e HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\norigin: {ORIGIN}\r\n"
        "user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
        f"content-type: text/plain;charset=UTF-8\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def sender(port: int, until: float, waits: list[float], wrong: list[int], token: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        sent = time.perf_counter()
        writer.write(request(port, event(token)))
        head = await reader.readuntil(b"\r\n\r\n")
        waits.append(time.perf_counter() - sent)
        if b" 204 " not in head[:16]:
            wrong.append(int(head[9:12]))
            length = head.lower().partition(b"content-length: ")[2].split(b"\r")[0]
            await reader.readexactly(int(length or 0))
    writer.close()


async def load(port: int, seconds: float, connections: int, browsers: int) -> tuple[list[float], list[int]]:
    waits: list[float] = []
    wrong: list[int] = []
    tokens = [await answered(port) for _ in range(browsers)] or [""]
    until = time.perf_counter() + seconds
    senders = (sender(port, until, waits, wrong, tokens[n % len(tokens)]) for n in range(connections))
    await asyncio.gather(*senders)
    return waits, wrong


@contextlib.contextmanager
def serving(*more: str) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"TROTH_DATA": f"{folder}/data", "TROTH_KEY_FILE": f"{folder}/master.key"}
        words = [sys.executable, str(HERE / "one_door.py"), str(port), "--policy", str(POLICY), *more]
        child = subprocess.Popen(words, env=env)
        try:
            wait_for(port, child)
            yield port
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()


def wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    while child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit("the door did not start")


def line(name: str, waits: list[float], wrong: list[int], seconds: float) -> float:
    waits.sort()
    rate = (len(waits) - len(wrong)) / seconds
    p50, p99 = waits[len(waits) // 2] * 1000, waits[int(len(waits) * 0.99)] * 1000
    print(f"{name:<24}{rate:>10,.0f}{p50:>10.1f}{p99:>10.1f}{len(wrong):>8}")
    return rate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--connections", type=int, default=64)
    args = parser.parse_args()
    read_policy()
    print(f"{'':<24}{'events/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'refused':>8}")
    rates = []
    for name, more, browsers in (
        ("server alone, no handler", ("--empty",), 0),
        ("door, durable reply", (), 0),
        ("the same, after a yes", (), BROWSERS),
    ):
        with serving(*more) as port:
            asyncio.run(load(port, 1, args.connections, 0))
            waits, wrong = asyncio.run(load(port, args.seconds, args.connections, browsers))
        rates.append(line(name, waits, wrong, args.seconds))
    print(f"\nThe door takes {rates[1] / rates[0]:.0%} of what the server gives, the load generator on the same cores.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
