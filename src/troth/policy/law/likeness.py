"""Likeness: which fault a sentence sounds like, by the weight of its words, where no rule knows how it is put.

Rules look for parts of meaning, and whoever writes freely finds a way past them. Each word, and each pair of words,
speaks for some faults and against others; a sentence is told only where its words together speak loudly for one.
The weights are reckoned from the sentences in ``tests/cases/law``, faulty and lawful, and hold no sentence.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
import tomllib
from typing import Final

import msgspec

from troth.policy.law.rules import HERE

LAWFUL: Final = "lawful"
ENOUGH: Final = 0.75  # how sure it must be that a sentence is faulty at all, from 0 to 1
LEAST: Final = 4  # words: a shorter passage says too little
_SCALE: Final = 10  # weights are kept in tenths
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[£%]")
_SHORT: Final = re.compile(r"'(?:s|ll|re|ve|d)$")
_ENDINGS: Final = (
    "ations", "ation", "ingly", "ings", "ing", "edly", "ied", "ies", "ed", "es", "ly", "s", "er", "ers", "ment",
    "ments", "ance", "ion", "ions",
)  # fmt: skip


class Like(msgspec.Struct, frozen=True):
    """The fault that a sentence is most like, as the name of its rule, and how sure it is that there is one."""

    rule: str
    sure: float


def words(text: str) -> list[str]:
    """The stems of a text's words; every number is the same word."""
    return ["0" if word.isdigit() else stem(word) for word in _WORD.findall(text.lower())]


@functools.lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its ending, so that “shares” and “sharing” are one; rough, and the same everywhere."""
    word = _SHORT.sub("", word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def features(text: str) -> set[str]:
    """What speaks in a text: its stems and its pairs of neighbouring stems."""
    stems = words(text)
    return {*stems, *(f"{one}_{two}" for one, two in itertools.pairwise(stems))}


def like(text: str) -> Like | None:
    """What a sentence is most like; None where it is too short or sounds lawful."""
    if len(text.split()) < LEAST:
        return None
    table = _table()
    scores = list(table.bias)
    for feature in features(text):
        for at, weight in table.weights.get(feature, ()):
            scores[at] += weight
    loudest = max(scores)
    parts = [math.exp(score - loudest) for score in scores]
    sure = 1 - parts[table.lawful] / sum(parts)
    if sure < ENOUGH:
        return None
    _, best = max((part, at) for at, part in enumerate(parts) if at != table.lawful)
    return Like(table.names[best], sure)


class _Table(msgspec.Struct, frozen=True):
    names: list[str]
    bias: list[float]
    lawful: int
    weights: dict[str, list[tuple[int, float]]]


@functools.cache
def _table() -> _Table:
    """The weights by word. The file has them by fault, as people read them."""
    with (HERE / "likeness.toml").open("rb") as stream:
        read = tomllib.load(stream)
    weights: dict[str, list[tuple[int, float]]] = {}
    for at, one in enumerate(read.values()):
        pairs = iter(one["words"].split())
        for word, weight in zip(pairs, pairs, strict=True):
            weights.setdefault(word, []).append((at, int(weight) / _SCALE))
    names = list(read)
    return _Table(names, [one["bias"] / _SCALE for one in read.values()], names.index(LAWFUL), weights)
