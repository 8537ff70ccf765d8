"""Whether a text speaks of what the lexicon names: each pattern is tried only where some word begins as it begins.

The lexicon has some thousand patterns and a sentence some twenty words, so that nearly all patterns cannot match. What
a pattern begins with is read off it once; what is left is tried as it stands, in time linear in the text.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from troth.policy.law.rules import lexicon

DEEP: Final = 5  # letters by which words and patterns are compared
_SIZES: Final = range(1, DEEP + 1)
_MANY: Final = 400  # beginnings of one pattern: with more it is tried everywhere
_WORD: Final = re.compile(r"(?<!\w)\w")
_OPTIONAL: Final = re.compile(r"[?*]|\{0?,")
_QUANTIFIED: Final = re.compile(r"(?:[*+?]|\{\d*,?\d*\})\??")
_LETTERS: Final = re.compile(r"[^\\\[\](){}|.^$*+?]+(?![*+?{])")  # of which none repeats
_PLAIN: Final = re.compile(r"(?:\\.|\[.[^\]]*\]|[^\\\[()|])+")  # neither bracket nor alternative


class Text:
    """A text and the patterns that could match in it. Each meaning is looked for once."""

    def __init__(self, text: str) -> None:
        self.text = text
        lower = text.lower()
        self._begins = {lower[at.start() : at.start() + size] for at in _WORD.finditer(lower) for size in _SIZES}
        by = _meanings()
        self._might = by[""].union(*(by[begin] for begin in self._begins & by.keys()))
        self._known: dict[str, bool] = {}

    def might(self, names: frozenset[str]) -> bool:
        """Whether it could have all these meanings, by how its words begin: a quick look that passes nothing over."""
        return names <= self._might

    def means(self, name: str) -> bool:
        """Whether the text speaks of what the lexicon calls ``name``. ``KeyError``: the lexicon has no such word."""
        known = self._known.get(name)
        if known is None and name not in self._might and name in _index():
            known = self._known[name] = False
        if known is None:
            known = self._known[name] = any(_compiled(pattern).search(self.text) for pattern in self._likely(name))
        return known

    def _likely(self, name: str) -> dict[str, None]:
        by = _index()[name]
        return dict.fromkeys(pattern for begin in (self._begins & by.keys()) | {""} for pattern in by.get(begin, ()))


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})", re.IGNORECASE)


@functools.cache
def _index() -> dict[str, dict[str, tuple[str, ...]]]:
    """By meaning and beginning the patterns that begin so; by an empty one those that may begin with anything."""
    return {name: _by_beginning(many) for name, many in lexicon().items()}


@functools.cache
def _meanings() -> dict[str, frozenset[str]]:
    """By beginning the meanings with a pattern that begins so; by an empty one those with one that may begin anyhow."""
    found: dict[str, set[str]] = {"": set()}
    for name, by in _index().items():
        for begin in by:
            found.setdefault(begin, set()).add(name)
    return {begin: frozenset(names) for begin, names in found.items()}


def _by_beginning(patterns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for pattern in patterns:
        for begin in beginnings(pattern) or {""}:
            found.setdefault(begin, []).append(pattern)
    return {begin: tuple(many) for begin, many in found.items()}


@functools.cache
def beginnings(pattern: str) -> frozenset[str]:
    """What a match can begin with, at most ``DEEP`` letters each; empty where it may begin with anything."""
    found, at = _choice(pattern, 0)
    if at != len(pattern) or len(found) > _MANY:
        return frozenset()
    letters = {text for text, _ in found}
    return frozenset(letters) if all(text[:1].isalnum() for text in letters) else frozenset()


Begun = set[tuple[str, bool]]  # letters, and whether more may follow that are known


def _choice(pattern: str, at: int) -> tuple[Begun, int]:
    """The alternatives from ``at`` to the end of their group."""
    found: Begun = set()
    while True:
        begun, at = _row(pattern, at)
        found |= begun
        if at >= len(pattern) or pattern[at] != "|":
            return found, at
        at += 1


def _row(pattern: str, at: int) -> tuple[Begun, int]:
    """One alternative: each of its parts carries on what was begun."""
    found: Begun = {("", True)}
    while at < len(pattern) and pattern[at] not in "|)":
        part, at = _part(pattern, at)
        counted = _QUANTIFIED.match(pattern, at)
        at = counted.end() if counted else at
        carried = {_on(one, more) for one in found for more in part} if part else found
        if counted:  # a part that repeats is known once
            carried = {(text, open_ and not part) for text, open_ in carried} if part else carried
            carried = carried | found if _OPTIONAL.match(counted.group()) else carried
        found = carried
        if len(found) > _MANY:
            found = {("", False)}
        if not any(open_ for _, open_ in found):  # nothing that follows adds a letter
            return found, _end(pattern, at)
    return found, at


def _end(pattern: str, at: int) -> int:
    """Where the alternative at ``at`` ends: its group closes, or another one begins."""
    depth = 0
    while at < len(pattern) and (depth or pattern[at] not in "|)"):
        plain = _PLAIN.match(pattern, at)
        depth += 0 if plain else {"(": 1, ")": -1}.get(pattern[at], 0)
        at = plain.end() if plain else at + 1
    return at


def _on(begun: tuple[str, bool], more: tuple[str, bool]) -> tuple[str, bool]:
    if not begun[1]:
        return begun
    text = begun[0] + more[0]
    return text[:DEEP], more[1] and len(text) < DEEP


def _part(pattern: str, at: int) -> tuple[Begun, int]:
    """One part; empty for what takes no place (a border of a word)."""
    char = pattern[at]
    if pattern.startswith(("(?!", "(?<!", "(?="), at):
        return set(), _closed(pattern, at)
    if char == "(":
        at += 3 if pattern.startswith("(?:", at) else 1
        if pattern.startswith("?", at):  # flags
            return {("", False)}, _closed(pattern, at - 1)
        found, at = _choice(pattern, at)
        return found, at + 1
    if char == "\\":
        return _escaped(pattern[at + 1]), at + 2
    if char == "[":
        return {("", False)}, pattern.index("]", at + 2) + 1
    if letters := _LETTERS.match(pattern, at):
        return {(letters.group().lower(), True)}, letters.end()
    return {("", False)} if char in ".^$" else {(char.lower(), True)}, at + 1


def _escaped(char: str) -> Begun:
    """What stands after a backslash: a border takes no place, a class (or a code) may be anything."""
    return set() if char == "b" else {("", False)} if char.isalnum() else {(char, True)}


def _closed(pattern: str, at: int) -> int:
    """The place after the bracket that closes the one at ``at``."""
    depth = 0
    while at < len(pattern):
        depth += {"(": 1, ")": -1}.get(pattern[at], 0) if pattern[at - 1] != "\\" else 0
        at += 1
        if depth == 0:
            return at
    return at
