"""``troth collect log FILE``: take an access log in through the policy."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from troth.policy.problems import Trouble

WAIT: Final = 600.0  # seconds that a command waits for the server to have done it


def collect_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    log = kinds.add_parser("log", help="Import an access log in the combined format, packed or not.")
    log.add_argument("file", type=Path, help="the log")
    log.add_argument("--client", required=True, help="whose log it is")
    log.add_argument("--surface", default="", help="the surface it was written at, where the policy has several")
    log.add_argument("--ends-now", action="store_true", help="move all times so that the last line is now (samples)")
    log.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def collect(args: argparse.Namespace) -> int:
    from troth.collect import logs

    meter = _Meter()
    with _serving():
        done = logs.import_log(
            args.file, args.client, surface=args.surface, ends_now=args.ends_now, progress=meter.show
        )
    meter.end()
    if args.json:
        print(json.dumps({"command": "collect", "ok": True, "lines": done.lines, "counts": done.counts}))
        return 0
    print(f"{done.lines:,} lines of the log are in “{args.client}”.")
    for reason, count in sorted(done.counts.items(), key=lambda pair: (pair[0] != "stored", pair[0])):
        print(f"  {count:>9,}  {reason}")
    if done.malformed:
        print(f"Not in the combined format: lines {', '.join(map(str, done.malformed))}.", file=sys.stderr)
    return 0


@contextlib.contextmanager
def _serving() -> Iterator[None]:
    """Be the serving process for a while: only it may open event files."""
    from django.conf import settings

    folder = Path(settings.DATA)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serve.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble(
                "server-runs",
                "A server has this data folder open, and only it may open event files.",
                "Stop the server, import the log, and start it again.",
            ) from None
        yield


class _Meter:
    """One counted line: rewritten on a terminal, silent elsewhere until the end."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def show(self, done: object) -> None:
        lines = getattr(done, "lines", 0)
        if self.terminal:
            rate = lines / max(time.monotonic() - self.since, 0.001)
            print(f"\r{lines:,} lines, {rate:,.0f} a second", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.terminal:
            print(file=sys.stderr)
