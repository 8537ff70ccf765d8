"""The command that drafts a first policy. It stands here because it may look into somebody's database."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from troth.policy import zones
from troth.policy.counting import bent, counted
from troth.policy.drafting import from_text, interview, papers, texts
from troth.policy.problems import Trouble, visible

OUT: Final = "policy.yaml"
SHOWN: Final = 12  # of a long list, in a terminal


def init_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Draft a first policy: ask a few questions, or begin with an old policy or a database."
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--from-text", default="", metavar="FILE", help="the text of an old policy: .txt, .md or .html")
    source.add_argument(
        "--from-database", default="", metavar="URL", help="the address of a database (SQLite, PostgreSQL)"
    )
    source.add_argument("--from-fides", default="", metavar="FILE", help="a fideslang file: systems and datasets")
    source.add_argument("--answers", default="", metavar="FILE", help="the answers to the questions, as TOML or JSON")
    parser.add_argument("--samples", action="store_true", help="with --from-database: look at a few values, show none")
    parser.add_argument("--law", choices=("uk", "eu"), default="uk", help="the law of the draft (default: uk)")
    parser.add_argument("--on", default="", metavar="DATE", help="the day of the draft and of its law (default: today)")
    parser.add_argument("--out", default="", metavar="FILE", help="where to write it; - prints it")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def init(args: argparse.Namespace) -> int:
    if args.samples and not args.from_database:
        raise Trouble("wrong-use", "Samples are of a database.", "Add --from-database URL.", exit=2)
    on = _day(args.on)
    if args.from_text:
        return _text(args, on or zones.today("", (args.law,), ""))
    if args.from_database:
        return _database(args, on or zones.today("", (args.law,), ""))
    if args.from_fides:
        return _fides(args)
    return _answers(args, on)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise Trouble("bad-date", f"“{text}” is not a date.", "Write it as 2026-11-22.", exit=2) from None


# ------------------------------------------------------------------------------------------------------------ sources


def _text(args: argparse.Namespace, on: dt.date) -> int:
    _free(args)
    path = Path(args.from_text)
    found = from_text.draft(path.name, _bytes(path, texts.LIMIT), of=args.law, on=on)
    data = {"file": args.from_text, **from_text.as_data(found)}
    practices = counted(len(found.practices), "practice[s] [was|were]")
    lines = [f"{practices} read in {path.name}, each quoted in the draft."]
    lines += ["", "Not found:", *(f"  {one.sentence}" for one in found.not_found)] if found.not_found else []
    if found.findings:
        things = counted(len(found.findings), "thing[s]")
        lines += [
            "",
            f"The law ({args.law}, {on.isoformat()}) would object to {things} in the old text:",
        ]
        lines += [f"  line {one.line}: {one.reason}" for one in found.findings[:SHOWN]]
        lines += (
            [f"  and {len(found.findings) - SHOWN} more: --json has them all"] if len(found.findings) > SHOWN else []
        )
    return _told(args, found.draft, data, lines)


def _database(args: argparse.Namespace, on: dt.date) -> int:
    _free(args)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.settings")  # our own files are no outside place
    from troth.places import reflecting
    from troth.policy.drafting import from_database

    schema = reflecting.describe(args.from_database, samples=args.samples)
    found = from_database.propose(schema, of=args.law, on=on)
    taken = [one for one in found.proposals if one.field]
    people = sum(one.kind == "person by" for one in found.proposals)
    of = f"{counted(len(taken), 'column[s]')} of {counted(len(schema.tables), 'table[s]')}"
    told = (
        f"{of} {bent(len(taken), '[is|are]')} proposed as data, and {counted(people, 'table[s] lead[s|]')} to a person."
    )
    return _told(args, found.draft, {"proposals": msgspec.to_builtins(found.proposals)}, [told, "Read each reason."])


def _fides(args: argparse.Namespace) -> int:
    _free(args)
    from troth.policy import fides_import

    found = fides_import.draft(_bytes(Path(args.from_fides), fides_import.LARGEST))
    lines = ["Not taken over:", *(f"  {one}" for one in found.unsaid), ""] if found.unsaid else []
    return _told(args, found.text, {"file": args.from_fides, "unsaid": found.unsaid}, lines)


def _answers(args: argparse.Namespace, on: dt.date | None) -> int:
    args.out = args.out or OUT
    _free(args)
    if args.answers:
        path = Path(args.answers)
        given = interview.read(path.name, _bytes(path, 100_000))
    elif args.json or not sys.stdin.isatty():
        raise Trouble("wrong-use", "There is nobody to ask.", "Name a file of answers: --answers FILE.", exit=2)
    else:
        given = interview.interview(_asked, lambda line: print(visible(line)))
    text = interview.policy(given, on or zones.today("", (interview.law(given),), given.nation))
    return _told(args, text, {"answers": msgspec.to_builtins(given)}, [])


def _asked(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        raise Trouble("wrong-use", "The answers ended.", "Begin again; nothing was written.", exit=2) from None


def _bytes(path: Path, limit: int) -> bytes:
    """The bytes of a file, and one more than ``limit`` where it is longer: nothing endless is read."""
    if path.is_dir():
        said = f"{path.name or path.resolve()} is a folder, and no file."
        raise Trouble("no-file", said, "Name the file to begin with.", where=str(path))
    if not path.is_file():
        raise Trouble("no-file", f"There is no file {path.name}.", "Name the file to begin with.", where=str(path))
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        said = f"{path.name} cannot be read: {error.strerror}."
        raise Trouble("no-file", said, "Name the file to begin with.", where=str(path)) from None


# ------------------------------------------------------------------------------------------------------------- result


def _free(args: argparse.Namespace) -> None:
    """Refuse to write over what is there, before any work is done."""
    if args.out not in ("", "-") and not args.force and Path(args.out).exists():
        raise Trouble(
            "file-there", f"{args.out} is there already.", "Name another file, or add --force.", where=args.out
        )


def _told(args: argparse.Namespace, draft: str, data: dict[str, Any], lines: list[str]) -> int:
    written = args.out not in ("", "-")
    if written:
        _write(Path(args.out), draft, args.force)
        if laid := papers.lay(draft, Path(args.out)):
            data = data | {"papers": laid}
            lines = [*lines, f"Sample papers lie in papers/ ({len(laid)}): put the real ones in their place."]
    if args.json:
        print(
            json.dumps(
                {"command": "init", "ok": True, **data, "out": args.out if written else "", "draft": draft},
                ensure_ascii=False,
            )
        )
        return 0
    if not written:
        print(draft, end="")
    blanks = draft.count("TBC") > 0 and _blanks(draft)
    done = f"{args.out} is written. " if written else ""
    lines += [f"{done}{counted(blanks, 'blank[s]')} to fill: troth check --draft {args.out or 'FILE'}" if blanks
              else f"{done}Read it, then: troth check {args.out or 'FILE'}"]  # fmt: skip
    print("\n".join(visible(line) for line in lines), file=sys.stdout if written else sys.stderr)
    return 0


def _blanks(draft: str) -> int:
    from troth import policy

    found = policy.load("policy.yaml", text=draft.encode(), draft=True).problems
    return sum(one.code == "blank" for one in found)


def _write(path: Path, draft: str, force: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)  # as a policy has papers beside it, it has a folder of its own
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(draft)
    except FileExistsError:
        raise Trouble(
            "file-there", f"{path} is there already.", "Name another file, or add --force.", where=str(path)
        ) from None
