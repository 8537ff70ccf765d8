"""The law as data: rows with dates and jurisdictions, and the rules that find what a row objects to.

A row says what the law asks, from which day, where, and who can look: the file alone (*static*), the notice made of it
(*compiled*), or only the running house (*running*). A rule says how a breach of a row looks in words or in
declarations. Nothing of the law stands in code: matchers are few, and what they look for is in the TOML files here.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import tomllib
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from troth.policy import decoding
from troth.policy.problems import Trouble

HERE: Final = Path(__file__).parent
LAWS: Final = {"uk": ("gdpr", "uk"), "eu": ("gdpr", "eu")}
FIRST: Final = dt.date(2018, 5, 25)  # GDPR Art 99(2): before that day another law held, which is not told here
READ: Final = dt.date(2026, 11, 22)
_NAMED: Final = re.compile(r"%([\w' ]+)%")
Kind = Literal["static", "compiled", "running"]


class Row(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """What one provision asks. ``since`` is None while its commencement is not confirmed: then it binds nobody yet."""

    provision: str
    topic: str
    requirement: str
    severity: Literal["error", "warn", "info"]
    checks: tuple[Kind, ...]
    seen: str
    source: str
    since: dt.date | None = None
    to: dt.date | None = None
    pending: str = ""

    def holds(self, on: dt.date) -> bool:
        return self.since is not None and self.since <= on and (self.to is None or on <= self.to)


class Rule(msgspec.Struct, frozen=True, rename={"since": "from"}, forbid_unknown_fields=True):
    """How a breach looks. ``uk`` and ``eu`` name the rows it breaks there, first the one that is told; a rule without
    a row that holds on the day finds nothing. ``void``: words that no declaration can mend."""

    id: str
    reason: str
    remedy: str
    look: str = "wording"  # the name of a matcher
    kind: Kind = "static"
    uk: tuple[str, ...] = ()
    eu: tuple[str, ...] = ()
    since: dt.date | None = None
    to: dt.date | None = None
    void: bool = False
    cell: bool = False  # looked for in the rows of a table, too
    denial: bool = False  # the objection may lie in a denial: “we never delete anything”
    family: str = ""  # the class of what it objects to
    weak: bool = False  # its words are those of lawful notices, too
    mended: tuple[str, ...] = ()  # meanings around the passage that answer the objection
    looked: frozenset[str] = frozenset()  # what `here` names, as a set
    # wording: names of the lexicon
    here: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    document: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    beyond: int = 0  # a period of more months than this
    before: dt.date | None = None  # a date in the text that is earlier than this
    # declarations
    section: str = ""
    key: str = ""
    when: dict[str, tuple[str, ...]] = {}
    among: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()  # any of these keys answers for the missing one
    ends: tuple[str, ...] = ()  # how the name ends of whom it is asked; everybody when empty

    def rows(self, of: str) -> tuple[str, ...]:
        return self.uk if of == "uk" else self.eu


class Class(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules that object to the same thing; which of them are weak, and which meanings answer them."""

    rules: tuple[str, ...]
    weak: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()


class Careful(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a notice tells that was written for the law of today, how much of it is ``enough`` to be believed with how
    many ``faults`` beyond doubt, and how much is the ``whole``, which is believed with as many ``slips``."""

    marks: tuple[str, ...]
    enough: int
    faults: int
    whole: int
    slips: int


class Classes(msgspec.Struct, frozen=True):
    """``of``: by rule the name of its class, and the class."""

    careful: Careful
    of: dict[str, tuple[str, Class]]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the law would object to. Lines and columns count from 1, from the quote to just after it."""

    law: str
    file: str
    line: int
    column: int
    quote: str
    reason: str
    remedy: str
    severity: Literal["error", "warn", "info"]
    source: str  # the provision
    kind: Kind
    rule: str
    also: tuple[str, ...] = ()
    length: int = 1
    end_line: int = 0  # where the quote ends, which may be some lines further on
    end_column: int = 0


class Law:
    """One jurisdiction on one day: the rows that hold, and the rules that have such a row."""

    def __init__(self, of: str, on: dt.date) -> None:
        self.of, self.on = of, on
        self.rows = {name: row for name, row in _rows(of).items() if row.holds(on)}
        self.rules = [rule for rule in rules() if self._applies(rule)]

    def _applies(self, rule: Rule) -> bool:
        if (rule.since and self.on < rule.since) or (rule.to and self.on > rule.to):
            return False
        return bool(self.named(rule))

    def named(self, rule: Rule) -> tuple[str, ...]:
        """The rows of a rule that hold here on this day."""
        return tuple(name for name in rule.rows(self.of) if name in self.rows)

    def finding(
        self,
        rule: Rule,
        *,
        file: str,
        line: int,
        column: int,
        quote: str,
        length: int = 0,
        end: tuple[int, int] = (0, 0),
    ) -> Finding:
        """``end`` is the line and the column after the quote; left out where it ends on its first line."""
        first, *rest = self.named(rule)
        row = self.rows[first]
        long = length or max(1, len(quote))
        end_line, end_column = end if end[0] else (line, column + long)
        return Finding(
            law=first, file=file, line=line, column=column, quote=quote, reason=rule.reason, remedy=rule.remedy,
            severity=row.severity, source=row.provision, kind=rule.kind, rule=rule.id, also=tuple(rest),
            length=long, end_line=end_line, end_column=end_column,
        )  # fmt: skip

    def unanswered(self) -> list[str]:
        """Rows that only the running house can answer: no file shows whether they are kept."""
        return [name for name, row in self.rows.items() if row.checks == ("running",)]


def law(of: str, on: dt.date) -> Law:
    """The law of ``uk`` or ``eu`` on a day. ``Trouble`` *no-such-law* or *law-of-another-time* where we know none."""
    if of not in LAWS:
        raise Trouble(
            "no-such-law", f"There is no law called “{of}” here.", f"Choose one of: {', '.join(sorted(LAWS))}.", exit=2
        )
    if on < FIRST:
        sentence = f"On {on.isoformat()} another law held, and it is not among our rules."
        help = f"Ask for {FIRST.isoformat()} or a later day."
        raise Trouble("law-of-another-time", sentence, help, exit=2)
    return Law(of, on)


def _read(name: str) -> dict[str, Any]:
    with (HERE / f"{name}.toml").open("rb") as stream:
        return tomllib.load(stream)


@functools.cache
def _rows(of: str) -> dict[str, Row]:
    return {name: decoding.convert(row, Row) for file in LAWS[of] for name, row in _read(file).items()}


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Every rule, of all jurisdictions and times, in the order of the files."""
    found = [one for name in ("wording", "declared") for one in _read(name)["rule"]]
    return tuple(_classed(decoding.convert(one, Rule, strict=False)) for one in found)


def _classed(rule: Rule) -> Rule:
    name, one = classes().of.get(rule.id, (rule.id, Class(rules=(rule.id,))))
    return msgspec.structs.replace(
        rule, family=name, weak=rule.id in one.weak, mended=one.mended, looked=frozenset(rule.here)
    )


@functools.cache
def classes() -> Classes:
    """The classes of rules, and what a notice tells that takes care."""
    read = _read("classes")
    many = decoding.convert(read["class"], dict[str, Class])
    of = {rule: (name, one) for name, one in many.items() for rule in one.rules}
    return Classes(careful=decoding.convert(read["careful"], Careful), of=of)


@functools.cache
def lexicon() -> dict[str, tuple[str, ...]]:
    """The field's own words, by what they mean; each a list of patterns. ``%name%`` in a pattern stands for all of that
    meaning's own patterns, so that a word is added in one place."""
    read = _read("lexicon")

    def whole(pattern: str, depth: int = 3) -> str:
        if "%" not in pattern or not depth:
            return pattern
        return _NAMED.sub(lambda name: "(?:" + "|".join(whole(one, depth - 1) for one in read[name[1]]) + ")", pattern)

    return {name: tuple(whole(pattern) for pattern in patterns) for name, patterns in read.items()}
