"""The page of every command with its arguments, made from their own help. Run it (``python tests/house/commands.py``)
when a command or an option came or changed: it writes ``docs/commands.md`` anew."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import django

from troth.cli import COMMANDS, build

PAGE: Final = Path(__file__).parents[2] / "docs" / "commands.md"
HEAD: Final = """# Commands

Every command, with what it can be told. `troth COMMAND --help` prints the same. Each takes `--json`, before its name or
after it, and then prints one object: `command`, `ok`, then what it found; a failure is `trouble` with `code`,
`sentence`, `help` and `where`. `--version` prints the version.

| exit status | means |
| --- | --- |
| 0 | clean |
| 1 | could not run |
| 2 | wrong use |
| 3 | problems found, a promise broken, a place that has not answered |
"""


def parsers(name: str) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """A command and all below it, as they are typed, each with its line."""
    whole = _below(build(name))[name]
    yield from _all(f"troth {name}", COMMANDS[name][1], whole)


def _all(typed: str, line: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    yield typed, line, parser
    lines = {one.dest: one.help or "" for group in _groups(parser) for one in group._choices_actions}
    for name, sub in _below(parser).items():
        yield from _all(f"{typed} {name}", lines.get(name, ""), sub)


def _groups(parser: argparse.ArgumentParser) -> list[argparse._SubParsersAction[argparse.ArgumentParser]]:
    return [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]


def _below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return {name: sub for group in _groups(parser) for name, sub in group.choices.items()}


def told(parser: argparse.ArgumentParser) -> list[tuple[str, str]]:
    """What a command can be told and what each means, as its help has them."""
    usual = ("help", "json", "version")
    mine = [one for one in parser._actions if one.dest not in usual and one not in _groups(parser)]
    return [(_typed(one), _means(one, parser)) for one in mine]


def _typed(one: argparse.Action) -> str:
    named = one.metavar if isinstance(one.metavar, str) else one.dest.upper()
    value = "|".join(str(each) for each in one.choices if each) if one.choices else named
    value = {"?": f"[{value}]", "*": f"[{value} …]", "+": f"{value} …"}.get(str(one.nargs), value)
    if not one.option_strings:
        return value
    return ", ".join(one.option_strings) + ("" if one.nargs == 0 else f" {value}")


def _means(one: argparse.Action, parser: argparse.ArgumentParser) -> str:
    said = (one.help or "") % {"default": one.default, "prog": parser.prog}
    return f"{said} (needed)" if one.required and one.option_strings else said


def markdown() -> str:
    parts = [HEAD]
    for name in COMMANDS:
        for typed, line, parser in parsers(name):
            said = line[:1].upper() + line[1:].rstrip(".") + "."
            rows = [f"- `{words}`: {means}" for words, means in told(parser)]
            parts.append(f"{'##' if typed.count(' ') == 1 else '###'} `{typed}`\n\n{said}\n")
            parts.extend(["\n".join(rows) + "\n"] if rows else [])
    return "\n".join(parts)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.settings")
    django.setup()
    PAGE.write_text(markdown(), "utf-8")
