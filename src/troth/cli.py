"""The one command. Each room brings its commands in ``commands.py``; a room is imported only when its command runs.

A room's ``commands.py`` has, for each command NAME, ``def NAME_arguments(parser)`` and ``def NAME(args) -> int``
(dashes as underscores); the int is the exit status: 0 clean, 1 could not run, 2 wrong use, 3 problems found or a
promise broken.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

from troth import __version__
from troth.policy.problems import Trouble, visible

COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("policy", "Read policy files and report every problem."),
    "notice": ("policy", "Print the public notice of a policy file."),
    "explain": ("policy", "Explain a problem by its code."),
    "schema": ("policy", "Print the JSON Schema of the language."),
    "publish": ("parties", "Put a policy file in force as a new edition."),
    "staff": ("parties", "Add staff, or show a demo sign-in."),
    "ledger": ("ledger", "Verify the ledger."),
    "key": ("people", "Show recovery code, check the keys."),
    "why": ("gate", "Say why an act is allowed or refused."),
    "collect": ("collect", "Import an access log."),
    "sweep": ("keep", "Delete what is due, or preview it."),
    "answer": ("answer", "Answer a right: access or erase."),
    "prove": ("prove", "Prove every promise."),
    "serve": ("web", "Serve everything on one port."),
    "demo": ("web", "Run the demonstration."),
}
NO_DJANGO = {"check", "notice", "explain", "schema"}


def _module(room: str) -> str:
    return "troth.gate_commands" if room == "gate" else f"troth.{room}.commands"


def build(name: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="troth", description="A privacy policy that runs.")
    parser.add_argument("--version", action="version", version=f"troth {__version__}")
    subs = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command, (room, line) in COMMANDS.items():
        sub = subs.add_parser(command, help=line, description=line)
        sub.add_argument("--json", action="store_true", help="print one JSON object instead of text")
        if command == name:
            getattr(importlib.import_module(_module(room)), f"{command}_arguments")(sub)
    return parser


def _ready(name: str, words: list[str]) -> None:
    """Make the data folder ready for what writes first into it; anything else needs one that is there."""
    from django.db import connection

    if name in ("serve", "demo") or "-h" in words or "--help" in words or (name == "why" and "--policy" in words):
        return
    if name in ("publish", "staff"):
        from troth.web import server

        server.prepare()
    elif not Path(connection.settings_dict["NAME"]).exists():
        raise Trouble(
            "no-data",
            "There is nothing in the data folder yet.",
            "Set TROTH_DATA to the folder you mean, or publish a policy first: troth publish FILE --client C --new.",
            where="TROTH_DATA",
        )


def main(argv: list[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    name = next((word for word in words if word in COMMANDS), None)
    try:
        if name is not None and name not in NO_DJANGO:
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.settings")
            import django

            django.setup()
            _ready(name, words)
        args = build(name).parse_args(words)
        return int(getattr(importlib.import_module(_module(COMMANDS[args.command][0])), args.command)(args))
    except Trouble as trouble:
        if "--json" in words:
            print(json.dumps({"command": name, "ok": False, "trouble": trouble.as_data()}))
        else:
            print(visible(f"troth: {trouble.sentence}\n  {trouble.help}"), file=sys.stderr)
        return trouble.exit
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
