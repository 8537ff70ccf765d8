"""Every sentence that an emitter writes of its own stands in one table a language (``texts-….toml``); here they are
said. A language is one more table, and the policy's own words in that language: ``naming.own``."""

from __future__ import annotations

import contextlib
import functools
import tomllib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Final, NamedTuple

from troth.policy.plan import Plan

BASE: Final = "en"  # the language that policies are written in
_HERE: Final = Path(__file__).parent


class Tongue(NamedTuple):
    """The language that is spoken, a policy's own words in it, and which of its words have no translation."""

    language: str
    words: dict[str, str]
    missing: dict[str, None]


_tongue: ContextVar[Tongue] = ContextVar("tongue", default=Tongue(BASE, {}, {}))  # noqa: B039  nobody adds to this one


def languages() -> list[str]:
    """The languages that there is a table for."""
    return sorted(file.stem.removeprefix("texts-") for file in _HERE.glob("texts-*.toml"))


@functools.cache
def table(language: str) -> dict[str, str]:
    """One language's sentences by their keys; what a table lacks is said in English, and a test says that it lacks."""
    words = tomllib.loads((_HERE / f"texts-{language}.toml").read_text("utf-8"))
    said: dict[str, str] = {key: text for key, text in words.items() if isinstance(text, str)}
    return said if language == BASE else table(BASE) | said


@functools.cache
def vocabulary(language: str) -> dict[str, str]:
    """The language's words for what our own vocabulary calls kinds, roles, tasks and countries: English to theirs."""
    words = tomllib.loads((_HERE / f"texts-{language}.toml").read_text("utf-8"))
    found: dict[str, str] = words.get("vocabulary", {})
    return found


@contextlib.contextmanager
def speaking(plan: Plan, language: str) -> Iterator[Tongue]:
    """All that is said inside of this plan is said in this language: English where there is no table for it."""
    words = {phrase: said for tongue, phrase, said in plan.translations if tongue == language}
    token = _tongue.set(Tongue(language if language in languages() else BASE, words, {}))
    try:
        yield _tongue.get()
    finally:
        _tongue.reset(token)


def spoken() -> str:
    return _tongue.get().language


def own(words: str) -> str:
    """What a policy says of its own, in the language that is spoken; what nobody translated stays, and is noted."""
    tongue = _tongue.get()
    if tongue.language == BASE or not words:
        return words
    found = tongue.words.get(words) or vocabulary(tongue.language).get(words)
    if found is None:
        tongue.missing[words] = None
    return found or words


def named(words: str) -> str:
    """A name, which is the same in every language, unless the policy has another for it."""
    return own(words) if words[:1].islower() or words in _tongue.get().words else words


def say(key: str, **words: str) -> str:
    return table(spoken())[key].format(**words)


def group_word(name: str) -> str:
    """Our word for a group of data that many policies have; else the policy's own."""
    return table(spoken()).get(f"group.{name}", name)


def number(count: int) -> str:
    return table(spoken()).get(f"number.{count}", str(count))


def among(words: Iterable[str]) -> str:
    """'a', 'a and b', 'a, b and c'; with semicolons where one of them has a comma of its own."""
    said = list(dict.fromkeys(words))
    if len(said) < 2:
        return "".join(said)
    comma = "; " if any("," in word for word in said) else ", "
    return f"{comma.join(said[:-1])} {say('and')} {said[-1]}"
