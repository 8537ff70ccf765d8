"""Periods: calendar arithmetic over the eleven shapes, and how a period reads aloud.

A month of retention is a calendar month; a day that the month does not have becomes its last one. A due date is
always computed from the fact, never stored, so that a shorter promise binds old data at once.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from troth.policy.plan import End, Rule, Span
from troth.policy.problems import Trouble

Day = TypeVar("Day", dt.date, dt.datetime)
COLLECTED = "collected"
REFRESHED = "refreshed"  # what is kept for long was looked at again, and is right
LONGEST = 200  # years: what is longer is for ever, and must say so
LATEST: Final = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)
"""Until then an instant is a day on the clocks of each zone."""
UNITS = {"hour": "hours", "day": "days", "week": "weeks", "month": "months", "year": "years"}
_A_YEAR = {"hours": 8766.0, "days": 365.25, "weeks": 365.25 / 7, "months": 12.0, "years": 1.0}
_SPAN = re.compile(r"([1-9][0-9]{0,4}) (hour|day|week|month|year)s?")
_LEAST = re.compile(r"at least ([0-9]+ \w+)(?: after ([\w ’'-]+?))? by \"?([^\"]+?)\"?")
_SHORT: Final[dict[str, str]] = {
    short: unit
    for unit, many in {
        "hour": "h hr hrs", "day": "d", "week": "w wk wks", "month": "mo mos mth mths mnth mnths", "year": "y yr yrs",
    }.items()
    for short in [*many.split(), unit, f"{unit}s"]
}  # fmt: skip
_LENGTH: Final = re.compile(rf"\b0*([1-9][0-9]{{0,4}})[ -]?({'|'.join(_SHORT)})\b\.?", re.IGNORECASE)
_BEGINS = frozenset({"the", "a", "an", "you", "your", "we", "our", "it", "they", "their", "this", "that", "nobody"})
_SHAPES = {
    "until last purpose ends": "last purpose ends",
    "until the last purpose ends": "last purpose ends",
    "until browser closes": "browser closes",
    "until the browser closes": "browser closes",
    "never stored": "never stored",
    "for ever, minimised": "for ever, minimised",
}


def span(text: str) -> Span | None:
    """'12 months' as a span; None when it is none."""
    found = _SPAN.fullmatch(text.strip())
    length = Span(count=int(found[1]), unit=UNITS[found[2]]) if found else None  # type: ignore[arg-type]
    return length if length is not None and years(length) <= LONGEST else None


def near(text: str, holds: Callable[[str], object]) -> str:
    """What somebody meant who cut a unit short, wrote it large or left the space out, if that ``holds``; or nothing."""
    said = text.strip().split('"')
    said[::2] = (_whole(part) for part in said[::2])  # in quotes stands the name of a law
    meant = '"'.join(said)
    return meant if meant != text and holds(meant) else ""


def _whole(part: str) -> str:
    return _LENGTH.sub(lambda met: f"{met[1]} {_SHORT[met[2].lower()]}{'s' * (met[1] != '1')}", part)


def years(length: Span) -> float:
    return length.count / _A_YEAR[length.unit]


def read(text: str) -> Rule | None:
    """One line of ``keep`` as a rule without name and fields; None when it is not a period."""
    text = text.strip()
    if text == "for ever, minimised":
        return Rule(name="", text=text, fields=frozenset(), ends=(End(shape="for ever, minimised"),))
    ends: list[End] = []
    least, law, refreshed, agreed = None, "", None, False
    for part in parts(text):
        if found := _LEAST.fullmatch(part):
            length = span(found[1])
            if length is None:
                return None
            least, law = End(span=length, after=found[2] or COLLECTED), found[3]
        elif part.startswith("refreshed every "):
            refreshed = span(part.removeprefix("refreshed every "))
            if refreshed is None:
                return None
        elif part == "unless agreed":
            agreed = True
        elif (end := _end(part)) is not None:
            ends.append(end)
        else:
            return None
    if not ends:
        return None  # a least without a limit would be for ever
    return Rule(
        name="", text=text, fields=frozenset(), ends=tuple(ends), least=least, law=law, refreshed=refreshed,
        unless_agreed=agreed,
    )  # fmt: skip


def parts(text: str) -> list[str]:
    """What a period says, part by part; a comma in quotes parts nothing."""
    found, begins, quotes = list[str](), 0, text.count('"')
    for sign in re.finditer('[",]', text):
        if sign[0] == '"':
            quotes -= 1
        elif quotes % 2 == 0:
            found.append(text[begins : sign.start()].strip())
            begins = sign.end()
    return [part for part in (*found, text[begins:].strip()) if part]


def _end(part: str) -> End | None:
    if part in _SHAPES:
        return End(shape=_SHAPES[part])  # type: ignore[arg-type]
    if part.startswith("until ") and len(part) > 6:
        return End(after=part[6:])
    length, _, after = part.partition(" after ")
    found = span(length)
    if found is None or (" after " in part and not after):
        return None
    if after in ("last purpose ends", "the last purpose ends"):
        return End(span=found, after="last purpose ends")
    return End(span=found, after=after or COLLECTED)


def add(length: Span, when: dt.datetime, *, zone: str) -> dt.datetime:
    """``when`` plus a span. Days and longer are counted on the calendar of a zone, which ``Plan.zone`` names; a month
    clamps to its last day."""
    try:
        if length.unit == "hours":
            return when + dt.timedelta(hours=length.count)
        naive = when.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        if length.unit in ("days", "weeks"):
            moved = naive + dt.timedelta(days=length.count * (7 if length.unit == "weeks" else 1))
        else:
            moved = months_later(naive, length.count * (12 if length.unit == "years" else 1))
        return moved.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    except (OverflowError, ValueError):
        raise Trouble("too-far", "That date lies beyond the year 9999.", "Choose a shorter period.") from None


def months_later(when: Day, count: int) -> Day:
    """The same day some months later; a day that the month does not have becomes its last one."""
    months = when.year * 12 + when.month - 1 + count
    year, month = divmod(months, 12)
    day = min(when.day, calendar.monthrange(year, month + 1)[1])
    return when.replace(year=year, month=month + 1, day=day)


def due(rule: Rule, moments: Mapping[str, dt.datetime], *, zone: str) -> dt.datetime | None:
    """When a rule's data is due: the earliest of its ends, not before its statutory least. None: no clock runs yet. A
    fact may lie at the end of the calendar, as 9999-12-31 where a database has no day for it: so does what it ends."""
    ends = [moment for end in rule.ends if (moment := _moment(end, moments, zone)) is not None]
    fresh = moments.get(REFRESHED, moments.get(COLLECTED))
    if rule.refreshed is not None and fresh is not None:
        ends.append(add(rule.refreshed, fresh, zone=zone))
    if not ends:
        return None
    limit = min(ends)
    if rule.least is not None:
        least = _moment(rule.least, moments, zone)
        return None if least is None else max(limit, least)
    return limit


def _moment(end: End, moments: Mapping[str, dt.datetime], zone: str) -> dt.datetime | None:
    if end.shape == "never stored":
        return moments.get(COLLECTED)
    if end.shape == "for ever, minimised":
        return None
    fact = moments.get(end.after if end.shape == "period" else end.shape)
    if fact is None or end.span is None:
        return fact
    try:
        return min(add(end.span, fact, zone=zone), LATEST)
    except Trouble:
        return LATEST


def say(rule: Rule) -> str:
    """A rule as a person reads it: 'for 6 years after the invoice is made, because the Companies Act 2006 asks'."""
    said = [_say_end(end) for end in rule.ends]
    text = ", or ".join(said)
    if len(said) > 1:
        text += ", whichever comes first"
    if rule.least is not None and rule.least.span is not None:
        text += _say_least(rule, rule.least)
    if rule.refreshed is not None:
        text += f", looked at again every {say_span(rule.refreshed)}"
    if rule.unless_agreed:
        text += ", unless a client agreed another period with us"
    return text


def _say_least(rule: Rule, least: End) -> str:
    """A least that is the limit itself is not said twice; only the law behind it is."""
    asks = f", because {_the_law(rule.law)} asks"
    if least in rule.ends:
        return asks
    return f", but at least {_say_end(least).removeprefix('for ')}{asks}"


def _the_law(law: str) -> str:
    named = re.search(r"\b(Act|Regulations|Order|Rules)\b", law) and not law.lower().startswith("the ")
    return f"the {law}" if named else law


def say_span(length: Span) -> str:
    unit = length.unit.rstrip("s") if length.count == 1 else length.unit
    return f"{length.count} {unit}"


def _say_end(end: End) -> str:
    special = {
        "last purpose ends": "until we no longer need it for anything",
        "browser closes": "until you close the browser",
        "never stored": "not at all",
        "for ever, minimised": "for as long as it protects you, cut down to a keyed mark",
    }
    if end.shape in special:
        return special[end.shape]
    if end.span is None:
        return f"until {say_moment(end.after)}"
    if end.after == COLLECTED:
        return f"for {say_span(end.span)}"
    return f"for {say_span(end.span)} after {say_moment(end.after)}"


def say_moment(name: str) -> str:
    """The name of a moment as the end of a sentence: 'answered' is 'we answered', 'walk is over' 'the walk is over'."""
    known = {
        "answered": "we answered",
        "account closes": "your account closes",
        "last purpose ends": "we last needed it",
        "browser closes": "you close the browser",
    }
    first, *more = name.split()
    if name in known or not more:
        return known.get(name, f"it is {name}")
    if first.endswith("ed") or name == "taken down":
        return f"it is {name}"
    return name if first.lower() in _BEGINS else f"the {name}"
