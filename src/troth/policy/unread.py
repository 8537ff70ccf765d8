"""Unread: why a line could not be read as YAML, where that begins, and what to do, for people who never heard of YAML.

libyaml says of a mistake what it met and what it was reading then. Both point at a place; which of the two is the
mistake depends on the kind: a bracket that never closes is met lines later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import yaml

QUOTE: Final = "Put the whole sentence in double quotes."


class Why(NamedTuple):
    """Line and column from 1, a sentence, and what to do."""

    line: int
    column: int
    sentence: str
    cure: str


def why(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> Why:
    """What is wrong with a text that was read as YAML. ``lines`` are those of the text."""
    at = _place(error.problem_mark) or _place(error.context_mark) or (1, 1)
    begun = _place(error.context_mark) or at
    line = lines[at[0] - 1] if at[0] <= len(lines) else ""
    here, doing = line[at[1] - 1 :], error.context or ""
    if "\t" in line[: at[1]]:
        return Why(*at, "A tab stands in this line.", "Use spaces to indent.")
    if found := re.match(r" *([^\S \t])", line):
        sentence = "What looks like a space here is another character, as word processors and web pages have it."
        return Why(at[0], found.start(1) + 1, sentence, "Write the spaces before the first letter anew.")
    if doing.startswith("while scanning a") and doing.endswith(("an alias", "an anchor")):
        return Why(*begun, "A value begins with a sign that YAML reads as its own.", QUOTE)
    if here[:1] in ("@", "`", "%"):
        return Why(*at, f"No value begins with “{here[0]}”.", QUOTE)
    if doing.startswith(("while parsing a flow", "while scanning a quoted")):
        return _open(at, begun, lines)
    if line.count(": ") > 1 and "{" not in line:
        return Why(*at, "There is a second colon in this line.", QUOTE)
    if error.problem == "mapping values are not allowed in this context":
        return _deeper(at, lines)
    if doing == "while scanning a simple key":
        cure = "Write `name: value`, or `name:` where what belongs to it stands in the lines below."
        return Why(*begun, "No colon with a space after it stands in this line.", cure)
    if doing.startswith("while parsing a block"):
        return _beside(at, begun, line)
    return Why(*at, "This line cannot be read.", "Look for an open bracket or quote here or just above.")


def _place(mark: yaml.Mark | None) -> tuple[int, int] | None:
    return (mark.line + 1, mark.column + 1) if mark is not None else None


def _open(at: tuple[int, int], begun: tuple[int, int], lines: Sequence[str]) -> Why:
    """A bracket or a quote that does not close, or does so in another place than was meant."""
    if at[0] == begun[0]:
        cure = "Put a comma between two entries, and a sentence that has a comma, colon or quote in double quotes."
        return Why(*at, "A comma or a closing bracket or quote is missing before this.", cure)
    sign = lines[begun[0] - 1][begun[1] - 1 : begun[1]] if begun[0] <= len(lines) else ""
    where = f"up to line {at[0]}" if at[0] <= len(lines) else "to the end of the file"
    cure = "Close it in its line. If it seems closed, look for a quote that is missing between."
    return Why(*begun, f"The “{sign}” that opens here is not closed: all {where} was read as part of it.", cure)


def _deeper(at: tuple[int, int], lines: Sequence[str]) -> Why:
    """A name where none can stand, because the line above has said something already."""
    said = [number for number in range(1, at[0]) if lines[number - 1].split("#")[0].strip()]
    above = f"line {said[-1]}" if said else "the line above"
    sentence = f"This line is read as a part of {above}, which is no name with a colon at its end."
    return Why(*at, sentence, f"Begin it as far to the right as its neighbours, or mend {above}.")


def _beside(at: tuple[int, int], begun: tuple[int, int], line: str) -> Why:
    """A line that is neither beside the others nor below one of them."""
    if line[: at[1] - 1].strip():
        return Why(*at, "Something stands behind a closing quote or bracket.", QUOTE)
    if line.lstrip().startswith("- "):
        cure = "Take the dash out, or put the whole list below its name and further to the right."
        return Why(*at, "A dash begins a list here, among names with a value each.", cure)
    spaces = "no space" if begun[1] == 1 else "one space" if begun[1] == 2 else f"{begun[1] - 1} spaces"
    sentence = f"This line begins neither where the others do that began on line {begun[0]}, nor below one of them."
    return Why(*at, sentence, f"Begin it with {spaces}, as line {begun[0]} does.")
