"""Every sentence that an emitter writes of its own stands in one table a language (``texts-….toml``); here they are
said. A language is one more table, and the policy's own words in that language: ``naming.own``."""

from __future__ import annotations

import contextlib
import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final, NamedTuple

from troth.policy.plan import Plan

BASE: Final = "en"  # the language that policies are written in
_HERE: Final = Path(__file__).parent
_DAY: Final = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})")  # as what was written down in English says it
_NONE: Final[Mapping[str, str]] = {}
_THIN: Final = "\u202f"  # the narrow space that does not break: a French mark never begins a line
_SPACED: Final = {"fr": re.compile(r"(?<=«) | (?=[:;?!»])")}  # a table is written with plain ones, which one can see


class Tongue(NamedTuple):
    """The language that is spoken, a policy's own words in it, and which words, its own or ours, nobody translated."""

    language: str
    words: dict[str, str]
    missing: dict[str, None]
    unsaid: dict[str, None] = {}


_tongue: ContextVar[Tongue] = ContextVar("tongue", default=Tongue(BASE, {}, {}))  # noqa: B039  nobody adds to this one


def languages() -> list[str]:
    """The languages that there is a table for."""
    return sorted(file.stem.removeprefix("texts-") for file in _HERE.glob("texts-*.toml"))


@functools.cache
def table(language: str) -> dict[str, str]:
    """One language's sentences by their keys; what a table lacks is said in English, and a test says that it lacks."""
    words = _read(f"texts-{language}", language)
    said: dict[str, str] = {key: text for key, text in words.items() if isinstance(text, str)}
    return said if language == BASE else table(BASE) | said


@functools.cache
def vocabulary(language: str) -> dict[str, str]:
    """The language's words for what our own vocabulary calls kinds, roles, tasks and countries: English to theirs."""
    found: dict[str, str] = _read(f"texts-{language}", language).get("vocabulary", {})
    return found


@contextlib.contextmanager
def speaking(plan: Plan, language: str, also: Mapping[str, str] = _NONE) -> Iterator[Tongue]:
    """All that is said inside of this plan is said in this language: English where there is no table for it. ``also``:
    what else is the plan's own, English to theirs."""
    token = _tongue.set(tongue_of(plan, language, also))
    try:
        yield _tongue.get()
    finally:
        _tongue.reset(token)


def tongue_of(plan: Plan, language: str, also: Mapping[str, str] = _NONE) -> Tongue:
    words = dict(also) | {phrase: said for tongue, phrase, said in plan.translations if tongue == language}
    return Tongue(language if language in languages() else BASE, words, {}, {})


def speak(plan: Plan, language: str, also: Mapping[str, str] = _NONE) -> None:
    """From here to the end of this context: for a request, which runs in a context of its own."""
    _tongue.set(tongue_of(plan, language, also))


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


def phrase(english: str, **parts: object) -> str:
    """A sentence of our pages and mails, in the language that is spoken. It stands in English where it is used, and in
    ``pages-….toml`` in every other language; what is put in stands in braces and is put in as it is."""
    said = english
    if (tongue := _tongue.get()).language != BASE and english:
        said = pages(tongue.language).get(english, "")
        if not said:
            tongue.unsaid[english] = None
            said = english
    return said.format(**parts) if parts else said


def again(english: str) -> str:
    """What was written down in English (a step, a reason, a source), in the language that is spoken: our sentence, or
    one with something put in, or the policy's own words."""
    tongue = _tongue.get()
    if tongue.language == BASE or not english:
        return english
    if not (said := known(english)):
        tongue.unsaid[english] = None
    return said or english


def known(english: str) -> str:
    """The same; '' where nobody translated it."""
    tongue = _tongue.get()
    words = written(tongue.language).get(english) or tongue.words.get(english)
    return words or vocabulary(tongue.language).get(english) or _filled(english, tongue.language) or _day(english)


def _filled(english: str, language: str) -> str:
    for pattern, said in _patterns(language):
        if found := pattern.fullmatch(english):
            return said.format(**{name: listed(part) for name, part in found.groupdict().items()})
    return ""


def listed(english: str) -> str:
    """The same of one thing, or of several with commas between."""
    if _tongue.get().language == BASE or known(english) or ", " not in english:
        return again(english)
    return ", ".join(again(part) for part in english.split(", "))


def _day(english: str) -> str:
    months = {table(BASE)[f"month.{number}"]: number for number in range(1, 13)}
    found = _DAY.fullmatch(english)
    if found is None or found[2] not in months:
        return ""
    return say("day", day=nth(int(found[1])), month=say(f"month.{months[found[2]]}"), year=found[3])


def nth(day: int) -> str:
    """A day of a month as it is written: French counts the first and numbers the rest."""
    return say("day.first") if day == 1 else str(day)


@functools.cache
def pages(language: str) -> dict[str, str]:
    """Our own sentences of pages and mails, English to theirs."""
    return {text: said for text, said in _file(language).items() if isinstance(said, str)}


@functools.cache
def written(language: str) -> dict[str, str]:
    """What is written down in English and shown again."""
    found: dict[str, str] = _file(language).get("written", {})
    return pages(language) | found


@functools.cache
def _file(language: str) -> dict[str, Any]:
    return _read(f"pages-{language}", language)


def _read(name: str, language: str) -> dict[str, Any]:
    """A table of ours, set as its language sets its marks."""
    file = _HERE / f"{name}.toml"
    read = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    return {key: _set(said, language) for key, said in read.items()}


def _set(said: Any, language: str) -> Any:
    if isinstance(said, dict):
        return {key: _set(one, language) for key, one in said.items()}
    return _SPACED[language].sub(_THIN, said) if language in _SPACED else said


@functools.cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """The sentences with something put in, the longest first: the one that says most of a text is the one it is."""
    found = _file(language).get("written", {})
    holed = sorted((text for text in found if "{" in text), key=len, reverse=True)
    return [(_pattern(text), found[text]) for text in holed]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(text)))


def named(words: str) -> str:
    """A name, which is the same in every language, unless the policy has another for it."""
    return own(words) if words[:1].islower() or words in _tongue.get().words else words


def say(key: str, **words: str) -> str:
    return table(spoken())[key].format(**words)


def more(key: str, left: int) -> str:
    """How many more there are: one of them has words of its own."""
    return say(f"{key}.one") if left == 1 else say(key, count=str(left))


def group_word(name: str) -> str:
    """Our word for a group of data that many policies have; else the policy's own."""
    return table(spoken()).get(f"group.{name}") or own(name)


def number(count: int) -> str:
    return table(spoken()).get(f"number.{count}", str(count))


def among(words: Iterable[str]) -> str:
    """'a', 'a and b', 'a, b and c'; with semicolons where one of them has a comma of its own."""
    said = list(dict.fromkeys(words))
    if len(said) < 2:
        return "".join(said)
    comma = phrase("; ") if any("," in word for word in said) else ", "
    return f"{comma.join(said[:-1])} {say('and')} {said[-1]}"
