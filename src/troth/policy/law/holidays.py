"""Working days: the public holidays of each nation, read from dated rules (``holidays-uk.toml``, ``holidays-eu.toml``).

A working day is any day but a Saturday, a Sunday and a public holiday of the nation (Regulation 1182/71 Art 2). A day
outside the years that the data covers is not guessed: it is a trouble.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from troth.policy.problems import Trouble

Law = Literal["uk", "eu"]
DAY: Final = dt.timedelta(days=1)
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_PLACES: Final = {"first": 0, "second": 7, "third": 14, "fourth": 21}
_RULE: Final = re.compile(
    r"(?P<when>.+?)(?P<moves> or the next working day)?"
    r"(?: since (?P<since>[\d-]{10}))?(?: until (?P<until>[\d-]{10}))?(?: but not (?P<but>[\d-]{10}))?"
)
_EASTER: Final = re.compile(r"(orthodox )?easter ([+-]\d+)")
_NTH: Final = re.compile(r"(first|second|third|fourth|last) (\w+) of (\w+)")
_FROM: Final = re.compile(r"(\w+) from (\d\d-\d\d)")


class Nation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose holidays count, and whose clocks on the wall."""

    name: str
    zone: str
    also: tuple[str, ...] = ()
    like: str = ""
    holidays: dict[str, str | list[str]] = {}
    law: Law = "uk"
    key: str = ""


class Calendar(msgspec.Struct, frozen=True, rename={"since": "from", "as_of": "as-of"}, forbid_unknown_fields=True):
    """One file: the nations of one law, and the days from and to which it can be asked."""

    since: dt.date
    to: dt.date
    as_of: dt.date
    nation: dict[str, Nation]


class Rule(msgspec.Struct, frozen=True):
    """One holiday as the file says it: when, in which years, and whether a weekend moves it."""

    when: str
    moves: bool
    since: dt.date
    until: dt.date
    but: dt.date | None


@cache
def calendar(law: Law) -> Calendar:
    """The holidays of one law, as they stand in its file."""
    text = Path(__file__).with_name(f"holidays-{law}.toml").read_bytes()
    return msgspec.toml.decode(text, type=Calendar)


def nation(law: Law, text: str) -> Nation:
    """The nation that is meant: ``scotland`` under UK law, ``DE`` under EU law. ``Trouble`` *unknown-nation* else."""
    known = calendar(law).nation
    asked = text.strip().casefold()
    for key, one in known.items():
        if asked in {name.casefold() for name in (key, one.name, *one.also)}:
            return msgspec.structs.replace(one, law=law, key=key)
    if law == "uk" and asked in {key.casefold() for key in calendar("eu").nation}:
        help = "That is a member state: add --law eu."
    elif law == "eu" and asked in calendar("uk").nation:
        help = "That is a nation of the United Kingdom: leave --law eu out."
    else:
        help = f"Choose one of: {', '.join(known)}."
    where = "the United Kingdom" if law == "uk" else "the European Union"
    raise Trouble("unknown-nation", f"“{text}” is no nation of {where}.", help, where="--nation", exit=2)


def closed(one: Nation, day: dt.date) -> str:
    """Why ``day`` is no working day there ("Saturday", "Boxing Day"), or nothing. ``Trouble`` *no-holidays* outside the
    years of the data."""
    covers = calendar(one.law)
    if not covers.since <= day <= covers.to:
        raise Trouble(
            "no-holidays",
            f"The public holidays of {one.name} are known from {covers.since} to {covers.to}; {day} is outside.",
            "Take a later release with longer holiday data, or leave the nation out: the date then does not move.",
            where="--received",
        )
    return WEEKDAYS[day.weekday()] if day.weekday() >= 5 else holidays(one, day.year).get(day, "")


def next_working(one: Nation, day: dt.date) -> dt.date:
    """``day`` itself when it is a working day, else the next that is."""
    while closed(one, day):
        day += DAY
    return day


def holidays(one: Nation, year: int) -> dict[dt.date, str]:
    """The public holidays of a year, each with its name, in order."""
    return _holidays(one.law, one.key, year)


@cache
def _holidays(law: Law, key: str, year: int) -> dict[dt.date, str]:
    known = calendar(law).nation
    one = known[key]
    rules = [(name, rule) for name, text in (known[one.like] if one.like else one).holidays.items()
             for rule in _rules(text)]  # fmt: skip
    found = {day: name for name, rule in rules for day in _days(rule, year)}
    moved = sorted((day, name) for name, rule in rules if rule.moves for day in _days(rule, year) if day.weekday() >= 5)
    for day, name in moved:
        while day.weekday() >= 5 or day in found:
            day += DAY
        found[day] = f"{name} (in its place)"
    return dict(sorted(found.items()))


def _rules(text: str | list[str]) -> Iterator[Rule]:
    for line in [text] if isinstance(text, str) else text:
        said = _RULE.fullmatch(line)
        if said is None:
            raise ValueError(line)
        yield Rule(
            when=said["when"],
            moves=bool(said["moves"]),
            since=dt.date.fromisoformat(said["since"] or "0001-01-01"),
            until=dt.date.fromisoformat(said["until"] or "9999-12-31"),
            but=dt.date.fromisoformat(said["but"]) if said["but"] else None,
        )


def _days(rule: Rule, year: int) -> Iterator[dt.date]:
    day = _day(rule.when, year)
    if day.year == year and rule.since <= day <= rule.until and day != rule.but:
        yield day


def _day(when: str, year: int) -> dt.date:
    if found := _EASTER.fullmatch(when):
        return easter(year, orthodox=bool(found[1])) + int(found[2]) * DAY
    if found := _NTH.fullmatch(when):
        return _nth(found[1], found[2], MONTHS.index(found[3].capitalize()) + 1, year)
    if found := _FROM.fullmatch(when):
        return _weekday_from(dt.date.fromisoformat(f"{year}-{found[2]}"), found[1])
    return dt.date.fromisoformat(when if len(when) == 10 else f"{year}-{when}")


def _nth(which: str, weekday: str, month: int, year: int) -> dt.date:
    if which != "last":
        return _weekday_from(dt.date(year, month, 1), weekday) + _PLACES[which] * DAY
    after = dt.date(year + month // 12, month % 12 + 1, 1)
    return _weekday_from(after - 7 * DAY, weekday)


def _weekday_from(day: dt.date, weekday: str) -> dt.date:
    return day + (WEEKDAYS.index(weekday.capitalize()) - day.weekday()) % 7 * DAY


def easter(year: int, *, orthodox: bool = False) -> dt.date:
    """Easter Sunday, as the western or the eastern churches reckon it, in the Gregorian calendar, from 1900 to 2099."""
    if orthodox:
        moon = (19 * (year % 19) + 15) % 30
        week = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
        month, day = divmod(moon + week + 114, 31)
        return dt.date(year, month, day + 1) + 13 * DAY
    golden, century = year % 19, year // 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (year % 100 // 4) - moon - year % 100 % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)
