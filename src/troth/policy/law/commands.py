"""``troth clock``: by which day the law wants an answer, and the steps that lead there. Needs no file and no data."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
from typing import Any, Final

import msgspec

from troth.policy.counting import counted
from troth.policy.law import clocks
from troth.policy.law.clocks import Asked, Clock, Question
from troth.policy.problems import Trouble

QUESTIONS: Final[dict[Question, tuple[str, str]]] = {
    "scope": ("answered", "what exactly is asked for"),
    "identity": ("given", "who is asking"),
    "fee": ("paid", "the fee of an excessive request"),
    "authority": ("given", "whether they may ask for another"),
}
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def clock_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("right", metavar="RIGHT", choices=clocks.RIGHTS, help=", ".join(clocks.RIGHTS))
    parser.add_argument("--received", required=True, metavar="D", help="the local day; for a breach the hour, too")
    parser.add_argument("--law", choices=("uk", "eu"), default="uk", help="uk (default) or eu")
    parser.add_argument("--nation", default="", help="england, wales, scotland, northern-ireland; with --law eu: DE, …")
    for what, (came, about) in QUESTIONS.items():
        parser.add_argument(f"--{what}-asked", action="append", default=[], metavar="D", help=f"asked: {about}")
        parser.add_argument(f"--{what}-{came}", action="append", default=[], metavar="D", help=f"the day it was {came}")
    parser.add_argument("--extended", action="store_true", help="two months more, told in time and with reasons")
    parser.add_argument("--extension-told", default="", metavar="D", help="extended, and told on that day")


def clock(args: argparse.Namespace) -> int:
    found = _breach(args) if args.right == "breach" else _request(args)
    if args.json:
        print(json.dumps(_data(found), ensure_ascii=False, default=lambda day: day.isoformat()))
    else:
        _say(found)
    return 0


def _request(args: argparse.Namespace) -> Clock:
    told = _day(args.extension_told, "--extension-told") if args.extension_told else None
    return clocks.run(
        args.right,
        _day(args.received, "--received"),
        law=args.law,
        nation=args.nation,
        asked=_asked(args),
        extended=args.extended,
        told=told,
    )


def _breach(args: argparse.Namespace) -> Clock:
    if args.extended or args.extension_told:
        raise clocks.no_extension("breach")
    if questions := _asked(args):
        what = questions[0].what
        said = "The hours of a breach run on, whatever is asked."
        raise Trouble("no-pause", said, f"Leave --{what}-asked out.", where=f"--{what}-asked", exit=2)
    return clocks.breach(_moment(args.received), law=args.law, nation=args.nation)


def _asked(args: argparse.Namespace) -> list[Asked]:
    return [one for what, (came, _) in QUESTIONS.items() for one in _pairs(args, what, came)]


def _pairs(args: argparse.Namespace, what: Question, came: str) -> list[Asked]:
    went: list[str] = getattr(args, f"{what}_asked")
    back: list[str] = getattr(args, f"{what}_{came}")
    if len(went) != len(back):
        asked = counted(len(went), "time[s]")
        said = f"--{what}-asked was given {asked} and --{what}-{came} {len(back)}: each needs the other."
        help = f"Give both days of each. For a question that is still open, try today as --{what}-{came}."
        raise Trouble("half-a-pair", said, help, where=f"--{what}-asked", exit=2)
    return [
        Asked(_day(first, f"--{what}-asked"), _day(last, f"--{what}-{came}"), what)
        for first, last in zip(went, back, strict=True)
    ]


def _day(text: str, where: str) -> dt.date:
    try:
        if _DAY.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise Trouble("bad-date", f"“{text}” is not a date.", "Write it as 2026-11-22.", where=where, exit=2)


def _moment(text: str) -> dt.datetime:
    try:
        if _MOMENT.fullmatch(text):
            return dt.datetime.fromisoformat(text)
    except ValueError:
        pass
    help = "A breach counts hours: write it as 2026-11-20T17:30, with or without an offset."
    raise Trouble("bad-date", f"“{text}” is not a date with its hour.", help, where="--received", exit=2)


def _data(found: Clock) -> dict[str, Any]:
    facts = msgspec.to_builtins(found, builtin_types=(dt.date, dt.datetime))
    rests = list(dict.fromkeys(step.law for step in found.steps if step.law))
    return {"command": "clock", "ok": True, **facts, "provisions": rests}


def _say(found: Clock) -> None:
    print(f"due      {_when(found.due)}")
    print(f"promise  {_when(found.promise)}")
    if found.suspended is not None:
        print(f"at most  {clocks.say(found.suspended)}, as the EDPB reads the law")
    print()
    for step in found.steps:
        print(f"  {step.what}" + (f" [{step.law}]" if step.law else ""))
    for note in found.notes:
        print(f"  Note: {note}")


def _when(day: dt.date) -> str:
    return clocks.say_moment(day) if isinstance(day, dt.datetime) else clocks.say(day)
