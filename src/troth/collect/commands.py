"""``troth collect log FILE``: take an access log in through the policy."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from troth.policy.counting import counted
from troth.policy.problems import Trouble

if TYPE_CHECKING:
    from troth.collect.logs import Imported

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
    done = _import(args)
    if args.json:
        print(
            json.dumps(
                {
                    "command": "collect",
                    "ok": True,
                    "lines": done.lines,
                    "counts": done.counts,
                    "malformed": done.malformed,
                }
            )
        )
        return 0
    print(f"{counted(done.lines, 'line[s] of the log [was|were]')} read for “{args.client}”:")
    for reason, count in sorted(done.counts.items(), key=lambda pair: (pair[0] != "stored", pair[0])):
        print(f"  {count:>9,}  {reason}")
    if done.malformed:
        print(f"Not in the combined format: lines {', '.join(map(str, done.malformed))}.", file=sys.stderr)
    return 0


def _import(args: argparse.Namespace) -> Imported:
    """Only the serving process opens event files: it does the work, or, with no server, this command is it."""
    from django.utils import timezone

    from troth.collect import logs
    from troth.keep import serving

    ends = timezone.now() if args.ends_now else None
    with serving.alone() as ours:
        if ours:
            meter = _Meter()
            done = logs.import_log(args.file, args.client, surface=args.surface, ends=ends, progress=meter.show)
            meter.end()
            return done
    ref = logs.by_server(args.file, args.client, surface=args.surface, ends=ends)
    serving.asked("collect log", lambda: logs.outcome(ref) is not None, WAIT)
    if (told := logs.outcome(ref)) is None:
        raise Trouble(
            "server-busy", "The server has not imported the log yet.", "Look at the desk: it goes on by itself."
        )
    return told


class _Meter:
    """One counted line: rewritten on a terminal, silent elsewhere until the end."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def show(self, done: object) -> None:
        lines = getattr(done, "lines", 0)
        if self.terminal:
            rate = lines / max(time.monotonic() - self.since, 0.001)
            print(f"\r{counted(lines, 'line[s]')}, {rate:,.0f} a second", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self.terminal:
            print(file=sys.stderr)
