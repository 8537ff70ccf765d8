"""The one command. Each room brings its commands in ``commands.py``; a room is imported only when its command runs.

A room's ``commands.py`` has, for each command NAME, ``def NAME_arguments(parser)`` and ``def NAME(args) -> int``
(dashes as underscores); the int is the exit status: 0 clean, 1 could not run, 2 wrong use, 3 problems found or a
promise broken.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import NoReturn

from troth import __version__
from troth.policy.problems import Trouble, visible

COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("policy", "Read policy files and report every problem."),
    "notice": ("policy", "Print the public notice of a policy file."),
    "explain": ("policy", "Explain a problem by its code."),
    "diff": ("policy", "Say what widened and narrowed between two policy files."),
    "schema": ("policy", "Print the JSON Schema of the language."),
    "init": ("places", "Draft a first policy from answers, an old text, a database or fideslang."),
    "export": ("policy.emit", "Export a policy in a format of the field."),
    "clock": ("policy.law", "Tell by which day the law wants an answer."),
    "publish": ("parties", "Put a policy file in force as a new edition."),
    "staff": ("parties", "Add, list and remove staff, or show a demo sign-in."),
    "ledger": ("ledger", "Verify the ledger."),
    "key": ("people", "Show recovery code, check the keys."),
    "why": ("gate", "Say why an act is allowed or refused."),
    "collect": ("collect", "Import an access log."),
    "sweep": ("keep", "Delete what is due, or preview it."),
    "answer": ("answer", "Answer a right: access or erase."),
    "hear": ("answer", "Write down and answer a request that came by post, telephone or through somebody else."),
    "decide": ("answer", "Refuse, charge, put off or leave out, with a ground and a second person."),
    "moment": ("answer", "Tell what happened that a period waits for: a contract ended, a letter was answered."),
    "prove": ("prove", "Prove every promise."),
    "scan": ("prove", "Walk the pages in a real browser and compare them with the register of cookies."),
    "serve": ("web", "Serve everything on one port."),
    "doctor": ("web", "Look at the installation and name what to mend."),
    "demo": ("web", "Run the demonstration."),
}
LONGEST = 1000  # letters of an identity that is read from standard input
NO_DJANGO = {"check", "notice", "explain", "schema", "diff", "clock", "init", "export"}


def _module(room: str) -> str:
    return "troth.gate_commands" if room == "gate" else f"troth.{room}.commands"


class _Parser(argparse.ArgumentParser):
    """Wrong use is a trouble like any other, so that a program reads it as data, too."""

    def error(self, message: str) -> NoReturn:
        raise Trouble("wrong-use", f"{message[:1].upper()}{message[1:]}.", f"Run {self.prog} --help.", exit=2)


def build(name: str | None) -> argparse.ArgumentParser:
    parser = _Parser(prog="troth", description="A privacy policy that runs.")
    parser.add_argument("--version", action="version", version=f"troth {__version__}")
    subs = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command, (room, line) in COMMANDS.items():
        sub = subs.add_parser(command, help=line, description=line)
        sub.add_argument("--json", action="store_true", help="print one JSON object instead of text")
        if command == name:
            getattr(importlib.import_module(_module(room)), f"{command}_arguments")(sub)
    return parser


def _ready(args: argparse.Namespace) -> None:
    """Make the data folder ready for what writes first into it; anything else needs one that is there."""
    from django.db import connection

    if args.command in ("serve", "demo", "doctor") or (args.command == "why" and args.policy):
        return
    if args.command == "prove" and args.file:
        return
    if args.command in ("publish", "staff"):
        from troth.web import server

        server.prepare()
    elif not Path(connection.settings_dict["NAME"]).exists():
        raise Trouble(
            "no-data",
            "There is nothing in the data folder yet.",
            "Set TROTH_DATA to the folder you mean, or publish a policy first: troth publish FILE --client C --new.",
            where="TROTH_DATA",
        )
    else:
        from troth.keep import disk
        from troth.places import master
        from troth.web import tables

        master.must_be_ours()
        disk.make_way()
        disk.must_have_room()
        tables.refuse_newer()
        if args.command != "key":  # which must run without the key, to bring it back
            tables.refuse_older()
            master.ensure()


def main(argv: list[str] | None = None) -> int:
    given = sys.argv[1:] if argv is None else argv
    words = [word for word in given if word != "--json"]  # it may stand before the command, too
    name = next((word for word in words if not word.startswith("-")), None)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that no terminal can show is shown by its code
    try:
        return _run(name if name in COMMANDS else None, words, as_json=words != given)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # whatever went wrong is told as a trouble: what, where, what to do
        trouble = error if isinstance(error, Trouble) else _told(error)
    if words != given:
        print(json.dumps({"command": name, "ok": False, "trouble": trouble.as_data()}))
    else:
        print(visible(f"troth: {trouble.sentence}\n  {trouble.help}"), file=sys.stderr)
    return trouble.exit


def _run(name: str | None, words: list[str], *, as_json: bool) -> int:
    if name is not None and name not in NO_DJANGO:
        os.umask(0o077)  # whatever a command leaves in the data folder is its owner's alone
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.settings")
        import django

        django.setup()
    args, rest = build(name).parse_known_args(words, argparse.Namespace(json=as_json))
    if rest:  # argparse would send the reader to the help of all commands
        raise Trouble(
            "wrong-use", f"Unrecognized arguments: {' '.join(rest)}.", f"Run troth {args.command} --help.", exit=2
        )
    args.json = args.json or as_json
    if getattr(args, "identity", "") == "-":  # else it would stand before everybody who lists processes
        args.identity = sys.stdin.readline(LONGEST).strip() if sys.stdin else ""  # it may be closed
    if args.command not in NO_DJANGO:
        _ready(args)
    status = int(getattr(importlib.import_module(_module(COMMANDS[args.command][0])), args.command)(args))
    sys.stdout.flush()
    return status


def _told(error: Exception) -> Trouble:
    """What nobody foresaw, as a trouble. The text of an error can hold a value, so it is not shown."""
    from troth.web.telling import where

    if isinstance(error, sqlite3.Error) or type(error).__module__.startswith("django.db"):
        return _database(str(error))
    if isinstance(error, OSError) and error.filename:
        return Trouble(
            "file-trouble",
            f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}.",
            "See that it is there, is yours, and has room; then run the command again.",
            where=os.fsdecode(error.filename),
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _database("full")
    return Trouble(
        "fault",
        f"troth made a mistake of its own ({type(error).__name__} at {where(error)}). Nothing was finished.",
        "Run it again; if it comes back, report this line.",
    )


def _database(text: str) -> Trouble:
    folder = "the data folder (TROTH_DATA)"
    if "not a database" in text or "malformed" in text:
        said = f"A database file in {folder} is broken.", "Stop what uses it, and put the folder back from a backup."
    elif "no such table" in text or "no such column" in text:
        said = f"The database in {folder} is not ready.", "Run `troth serve` or `troth publish` once; they make it so."
    elif "locked" in text or "busy" in text or "already exists" in text:  # two first starts at once
        said = f"The database in {folder} is busy.", "Wait a moment and run the command again."
    elif "full" in text:
        said = f"There is no room left for {folder}.", "Make room on the disk and run the command again."
    else:
        said = f"The database in {folder} cannot be read or written.", "See that the folder is yours and has room."
    return Trouble("database-trouble", *said, where="TROTH_DATA")


if __name__ == "__main__":
    sys.exit(main())
