"""Look at a served troth for a long time, events in and pages out together, and see that nothing grows and nothing
answers wrongly.

    python bench/endure.py                  ten minutes
    python bench/endure.py --minutes 180

Prints one line a minute and one table at the end; exit status 1 when an event or a page was answered 5xx, when memory
grew by more than a half after the first tenth, or when the server did not stop cleanly.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx

PAGES = ("/", "/c/omono/", "/c/omono/notice/", "/c/omono/choices/", "/c/miomi/you/", "/c/omono/tag.js", "/nothing/")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=50, help="events a second")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process, origin = start(Path(folder))
        try:
            seen = soak(origin, process.pid, args.minutes * 60, args.rate)
        finally:
            process.send_signal(signal.SIGTERM)
            left = process.wait(60)
    return report(seen, left)


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    words = [
        sys.executable,
        "-m",
        "troth.cli",
        "demo",
        "--json",
        "--few",
        "--data",
        str(folder / "data"),
        "--port",
        "0",
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
    log = (folder / "log").open("w")
    process = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
    line = process.stdout.readline()
    if not line:
        raise SystemExit((folder / "log").read_text())
    return process, json.loads(line)["addresses"]["The five"].rstrip("/")


def memory(pid: int) -> int:
    """Resident memory in MB, of a process that may have begun again under the same number."""
    text = Path(f"/proc/{pid}/status").read_text() if Path(f"/proc/{pid}/status").exists() else ""
    return next((int(line.split()[1]) // 1024 for line in text.splitlines() if line.startswith("VmRSS")), 0)


def soak(origin: str, pid: int, seconds: float, rate: float) -> dict[str, object]:
    answers: collections.Counter[str] = collections.Counter()
    times: list[float] = []
    grown: list[int] = []
    begun, told = time.monotonic(), 0
    with httpx.Client(base_url=origin, headers={"origin": origin}, timeout=30) as client:
        while (now := time.monotonic()) - begun < seconds:
            event = {"point": "visit", "id": str(uuid.uuid4()), "fields": {"visit.page": f"/{random.randrange(99)}"}}
            sent = client.post("/c/omono/e", content=json.dumps({"surface": "website", "events": [event]}))
            answers[f"event {sent.status_code}"] += 1
            if random.random() < 0.2:
                since = time.monotonic()
                page = client.get(random.choice(PAGES))
                times.append(time.monotonic() - since)
                answers[f"page {page.status_code}"] += 1
            if now - begun >= told * 60:
                told += 1
                grown.append(memory(pid))
                print(f"minute {told - 1:>4}  {grown[-1]:>5} MB  {dict(sorted(answers.items()))}", flush=True)
            time.sleep(max(0.0, 1 / rate - (time.monotonic() - now)))
    grown.append(memory(pid))
    return {"answers": answers, "times": sorted(times), "grown": grown}


def report(seen: dict[str, object], left: int) -> int:
    answers, times, grown = seen["answers"], seen["times"], seen["grown"]
    bad = sum(count for name, count in answers.items() if name.split()[1].startswith("5"))
    first = grown[max(0, len(grown) // 10)]
    print(f"\nanswers   {dict(sorted(answers.items()))}")
    if times:
        half, most = times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000
        print(f"pages     half under {half:.0f} ms, 99 % under {most:.0f} ms")
    print(f"memory    {grown[0]} MB at first, {first} MB after a tenth, {grown[-1]} MB at the end")
    print(f"stopped   with status {left}")
    return int(bool(bad) or left != 0 or (first > 0 and grown[-1] > first * 1.5))


if __name__ == "__main__":
    sys.exit(main())
