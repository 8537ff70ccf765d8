"""``troth sweep``: delete what is due, or say what would be."""

from __future__ import annotations

import argparse
import datetime as dt
import json

import msgspec

from troth.keep import serving
from troth.keep import sweep as sweeping
from troth.keep.sweep import Swept
from troth.parties import days
from troth.policy.problems import Trouble


def sweep_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preview", action="store_true", help="say what is due and delete nothing")
    parser.add_argument("--as-of", metavar="DATE", help="work out what is due then; a day to come only previews")
    parser.add_argument("--client", default="", help="only this client")
    parser.add_argument("--confirm", action="store_true", help="go on although the clock leapt or much is due at once")
    parser.add_argument("--restored", action="store_true", help="after a restore: take what was erased since, too")


def sweep(args: argparse.Namespace) -> int:
    when = _day(args.as_of)
    if args.preview or (when is not None and not sweeping.has_come(args.client, when)):  # it only looks
        return _report(args, sweeping.sweep(when, client=args.client, preview=True, restored=args.restored))
    with serving.alone() as ours:
        if ours:
            swept = sweeping.sweep(when, client=args.client, confirm=args.confirm, restored=args.restored)
            return _report(args, swept)
    if args.restored:
        raise Trouble("server-runs", "A server runs over this folder.", "Stop it first: a restore is not finished.")
    before = sweeping.sweep(when, client=args.client, preview=True)
    if not sweeping.ask_server(args.client, args.confirm, when):
        raise Trouble("server-busy", "The server has not swept yet.", "Look at the desk: it goes on by itself.")
    return _report(args, [_as_done(one) for one in before])


def _as_done(one: Swept) -> Swept:
    why = {"clock": "The clock leapt.", "share": "Much is due at once."}
    return msgspec.structs.replace(one, preview=False, stopped=why.get(sweeping.stopped(one.client), ""))


def _report(args: argparse.Namespace, swept: list[Swept]) -> int:
    if args.json:
        print(json.dumps({"command": "sweep", "ok": not _open(swept), "sweeps": [_data(s) for s in swept]}))
    else:
        for one in swept:
            _say(one)
    return 3 if _open(swept) else 0


def _open(swept: list[Swept]) -> bool:
    """Something that is due still stands: the sweep stopped, or a place was silent."""
    return any(one.stopped or one.not_answered for one in swept)


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise Trouble("wrong-date", f"“{text}” is not a date.", "Write it as 2027-01-31.", exit=2) from None


def _data(one: Swept) -> dict[str, object]:
    return {
        "client": one.client,
        "as_of": one.as_of.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "preview": one.preview,
        "counts": one.counts,
        "held": one.held,
        "stopped": one.stopped,
        "not_answered": one.not_answered,
    }


def _say(one: Swept) -> None:
    total = sum(one.counts.values())
    verb = "would go" if one.preview or one.stopped else "gone"
    print(f"{one.client}: {total} {verb}, as of {days.local(one.client, one.as_of):%-d %B %Y}")
    for name, count in sorted(one.counts.items()):
        print(f"  {count:>8}  {name}")
    if one.held:
        print(f"  {one.held:>8}  due, and on hold")
    for place in one.not_answered:
        print(f"  {place} has not answered: what is due there still stands")
    if one.stopped:
        print(f"  stopped: {one.stopped}\n  Look at the preview, then run `troth sweep --confirm`.")
