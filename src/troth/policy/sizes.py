"""Sizes: numbers, days and lengths of time beyond what the law allows or anybody means."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from troth.policy import periods
from troth.policy.closed import within
from troth.policy.reading import Entry, Mark

if TYPE_CHECKING:
    from troth.policy.checking import Checker

MONTH: Final = 31 / 365.25  # years: within this an erasure is done, and can no more be undone
AGES: Final = range(1, 121)
FEWEST: Final = 2
"""People of whom a figure is told: a figure about one is about that person."""
FIRST: Final = dt.date(2018, 5, 25)  # before, there was no law that an edition could stand under
AHEAD: Final = 10  # years: what is written down for later has gone wrong in its digits
PAPER: Final = 50
LOOKED: Final = 10
_DAY: Final = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_MONTHS: Final = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
_SAID: Final = re.compile(r"(?:(\d{1,2}) )?([A-Za-z]+) (\d{4})")


def check(checker: Checker) -> None:
    _edition(checker)
    _ages(checker)
    _answer(checker)
    for name, entry in checker.section("use").items():
        if entry.has("smallest group") and entry.number("smallest group") < FEWEST:
            sentence = f"“{name}” would tell figures about single people."
            help = "Choose a larger group, as 10."
            checker.bad(entry.at("smallest group"), "no-floor", sentence, help, "UK GDPR Art 5(1)(c)")
        if ask := entry.entry("ask"):
            within(checker, ask.span("again after"), LOOKED, ask.at("again after"), "Asked again")
    for name, entry in checker.section("holds").items():
        within(checker, entry.span("review"), LOOKED, entry.at("review"), f"“{name}”")
    for name, entry in checker.section("cookies").items():
        within(checker, periods.span(entry.text("lasts")), LOOKED, entry.at("lasts"), f"“{name}”")


def _edition(checker: Checker) -> None:
    edition, fee = checker.document.one("edition"), checker.document.one("who").entry("fee")
    date = edition.date("date")
    if date is not None and date < FIRST:
        sentence = f"In {date.year:04} no edition could stand under this law."
        checker.bad(edition.at("date"), "far-date", sentence, "Write the day of this edition.")
    for entry, key in ((edition, "date"), (edition, "in force"), (fee, "until")):
        _ahead(checker, entry, key, AHEAD)
    for paper in checker.section("papers").values():
        _ahead(checker, paper, "until", PAPER)
    for one in edition.entries("history"):
        _history(checker, one, date)


def _ahead(checker: Checker, entry: Entry | None, key: str, years: int) -> None:
    date = entry.date(key) if entry else None
    if entry is not None and date is not None and date.year > checker.on.year + years:
        sentence = f"{date.isoformat()} is more than {years} years ahead."
        checker.bad(entry.at(key), "far-date", sentence, "Write the day on which somebody looks at it again.")


def _history(checker: Checker, one: Entry, edition: dt.date | None) -> None:
    said = one.text("date")
    began = _began(said)
    if not said:
        return
    if began is None:
        checker.bad(one.at("date"), "not-a-date", f"“{said}” is not a date.", "Write it as 2024-05-25, or May 2024.")
    elif edition is not None and began > edition:
        sentence = f"An edition before the one of {edition.isoformat()} cannot be of {said}."
        checker.bad(one.at("date"), "late-history", sentence, "Write the day of that earlier edition.")


def _began(said: str) -> dt.date | None:
    """The first day of what may be a day, a month or a year: an old notice often says no more."""
    if found := _DAY.fullmatch(said):
        year, month, day = found[1], int(found[2] or 1), int(found[3] or 1)
    elif (found := _SAID.fullmatch(said)) and found[2].casefold() in _MONTHS:
        year, month, day = found[3], _MONTHS[found[2].casefold()], int(found[1] or 1)
    else:
        return None
    try:
        return dt.date(int(year), month, day)
    except ValueError:
        return None


def _ages(checker: Checker) -> None:
    children = checker.document.one("children")
    least = children.number("least age")
    for one, mark in _said(checker, children):
        if one not in AGES:
            sentence = f"Nobody is turned away for being below {one}."
            help = "Write an age, as 18, or take it out."
            if one:
                sentence, help = f"Nobody is {one}, so everybody would be turned away.", "Write an age, as 18."
            checker.bad(mark, "no-such-age", sentence, help)
    for name, person in checker.section("people").items():
        own = person.number("least age")
        if own in AGES and least in AGES and own < least:
            sentence = f"“{name}” may be {own}, and `children` says that nobody below {least} is offered anything."
            help = "Write one age in both, or the higher one here."
            checker.bad(person.at("least age"), "no-such-age", sentence, help)


def _said(checker: Checker, children: Entry) -> Iterator[tuple[int, Mark]]:
    for entry in (children, *checker.section("people").values()):
        if entry.has("least age"):
            yield entry.number("least age"), entry.at("least age")


def _answer(checker: Checker) -> None:
    answer, secure = checker.document.one("answer"), checker.document.one("secure")
    undo, sooner = answer.span("undo"), answer.pairs("sooner").get("erase")
    quick = periods.span(sooner.text) if sooner else None
    if undo is not None and periods.years(undo) > MONTH:
        sentence = f"An erasure that can be undone for {periods.say_span(undo)} is not done within a month."
        checker.bad(answer.at("undo"), "too-slow", sentence, "Choose 31 days or less.", "UK GDPR Art 12(3)")
    elif undo is not None and quick is not None and periods.years(undo) > periods.years(quick):
        said = f"An erasure within {periods.say_span(quick)} cannot be undone for {periods.say_span(undo)}."
        checker.bad(answer.at("undo"), "too-slow", said, "Choose a shorter time to undo it, or none.")
    for entry, key, law in (
        (answer, "acknowledges complaints within", "DPA 2018 s164A(4)"),
        (secure, "told of breach within", "UK GDPR Art 33(1)"),
    ):
        if entry.text(key) == "none":
            help = "Say in what time, as 72 hours for a breach."
            checker.bad(entry.at(key), "too-slow", f"`{key}: none` would be never.", help, law)
    for entry, key in ((answer, "evidence kept"), (secure, "backups"), (secure, "key backups"), (secure, "drill")):
        within(checker, periods.span(entry.text(key)), LOOKED, entry.at(key), f"`{key}`")
