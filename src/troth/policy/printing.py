"""Problems as a person reads them in a terminal: the line itself, what is wrong with it, and what to do.

Carets count columns as the reader sees them: a wide character takes two, a combining one none. Colour only repeats
what the words say, and is left out where nobody would see it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TextIO

from troth.policy.problems import Problem, visible

WIDTH: Final = 80
_CODES: Final = {"red": "31", "amber": "33", "blue": "34", "grey": "90", "green": "32"}


class Ink:
    """Colours by meaning, from the sixteen of the terminal; none when plain."""

    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, colour: str, text: str) -> str:
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self._on and text else text


def ink_for(stream: TextIO, *, plain: bool) -> Ink:
    return Ink(not plain and stream.isatty() and not os.environ.get("NO_COLOR"))


def columns(text: str) -> int:
    """How many columns a text takes in a terminal."""
    return len(text) if text.isascii() else sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def near(path: str) -> str:
    """A path as seen from where the command runs, as given where it lies elsewhere; on one line, and commanding no
    terminal."""
    with contextlib.suppress(ValueError, OSError, RuntimeError):  # RuntimeError: a link that leads to itself
        path = str(Path(path).resolve().relative_to(Path.cwd()))
    return visible(path).replace("\n", "\\n")


def show(problem: Problem, ink: Ink, width: int = WIDTH) -> str:
    """One problem: kind, name and place; the line with carets; the sentence; the help."""
    place = f"{near(problem.file)}:{problem.line}:{problem.column}"
    head = f"{problem.severity} {problem.code}  {place}"
    law = problem.law if columns(head) + len(problem.law) + 2 <= width else ""
    gap = " " * (width - columns(head) - len(law)) if law else ""
    colour = "red" if problem.severity == "error" else "amber"
    name = f"{ink(colour, f'{problem.severity} {problem.code}')}  {place}{gap}{ink('grey', law)}"
    verb, _, rest = visible(problem.help).partition(" ")
    lines = [name, "", *_source(problem, ink, width), f"  {visible(problem.sentence)}"]
    if problem.law and not law:
        lines[-1] += f" ({problem.law})"
    return "\n".join([*lines, f"  {ink('blue', verb)} {rest}".rstrip(), ""])


def _source(problem: Problem, ink: Ink, width: int) -> list[str]:
    if not problem.source.strip():
        return []
    number, bar = str(problem.line), ink("grey", "|")
    room = max(20, width - len(number) - 5)
    start = problem.column - 1
    length = max(1, min(problem.length, len(problem.source) - start))
    left = _left(problem.source, start, length, room)
    shown = ("…" if left else "") + problem.source[left:]
    shown = shown if columns(shown) <= room else _cut(shown, room - 1) + "…"
    before = columns(problem.source[left:start]) + (1 if left else 0)
    carets = max(1, min(columns(problem.source[start : start + length]), room - before))
    empty = " " * len(number)
    return [f"  {number} {bar} {shown.rstrip()}", f"  {empty} {bar} {' ' * before}{ink('red', '^' * carets)}"]


def _left(source: str, start: int, length: int, room: int) -> int:
    """How much of a long line to leave out on its left, so that what is wrong stands in sight."""
    if columns(source[: start + length]) <= room - 2 or columns(source) <= room:
        return 0
    return max(0, min(start, start + length - room * 2 // 3))


def _cut(text: str, room: int) -> str:
    taken, used = [], 0
    for character in text:
        used += _width(character)
        if used > room:
            break
        taken.append(character)
    return "".join(taken)


def show_all(problems: Iterable[Problem], *, plain: bool, stream: TextIO | None = None) -> str:
    ink = ink_for(stream or sys.stdout, plain=plain)
    ordered = sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))
    return "\n".join(show(problem, ink) for problem in ordered)
