"""How long a start takes and how much memory a serving troth holds, beside a bare Python that imports Django.

Cold: a new data folder (tables, keys, five policies). Warm: the same folder again. Seconds to the first page answered.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        cold, _ = serve(data)
        warm, memory = serve(data)
    bare = timed(
        [sys.executable, "-c", "import django; from django.conf import settings; settings.configure(); django.setup()"]
    )
    print("| what | seconds | beside importing Django |")
    print("|---|---|---|")
    print(f"| import Django and set it up | {bare:.2f} | 1.0 |")
    print(f"| first page, cold | {cold:.2f} | {cold / bare:.1f} |")
    print(f"| first page, warm | {warm:.2f} | {warm / bare:.1f} |")
    check = timed([sys.executable, "-m", "troth.cli", "check", str(ROOT / "policies" / "omono" / "policy.yaml")])
    print(f"| troth check, one policy, whole process | {check:.2f} | {check / bare:.1f} |")
    print(f"\nMemory of the serving process after its first pages: {memory} MB")


def timed(words: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - started


def serve(data: Path) -> tuple[float, int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "troth.cli", "demo", "--few", "--data", str(data), "--port", str(port)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
    started = time.perf_counter()
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        seconds = until_answered(f"http://127.0.0.1:{port}/c/omono/notice/", started)
        status = Path(f"/proc/{process.pid}/status").read_text()
        return seconds, int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def until_answered(address: str, started: float) -> float:
    while time.perf_counter() - started < 120:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return time.perf_counter() - started
        except OSError:
            time.sleep(0.02)
    raise SystemExit("the server did not answer within two minutes")


if __name__ == "__main__":
    main()
