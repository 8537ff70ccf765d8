"""Acting: what a policy says and what could never act on it, because something else in the file comes first.

A part of a period that another one swallows, a moment that never comes to the data that waits for it, data that is
never stored and used later: each reads like a promise and does nothing, so each is told (UK GDPR Art 5(1)(e), 12(1)).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from troth.policy import coverage, grammar, housing, periods, words
from troth.policy.plan import End, Rule, Span
from troth.policy.reading import Entry
from troth.policy.selecting import winning

if TYPE_CHECKING:
    from troth.policy.checking import Checker

LAW: Final = "UK GDPR Art 13(2)(a)"
CLOSES: Final = "browser closes"
NEVER: Final = "never stored"
ONCE: Final = {"at least ": "at least", "refreshed every ": "refreshed every", "unless agreed": "unless agreed"}
"""How the parts of a period begin of which there is one at most."""
SEEN_ONLY: Final = frozenset({"tag", "pixel", "log"})
"""Ways in on which somebody is seen and asks nothing, so that nothing is answered, decided or closed."""
IN_A_BROWSER: Final = frozenset({"tag", "pixel", "chat", "service"})
"""Ways in on which a page may keep what it took; what a form sends, the store keeps."""
BROWSERS: Final = ("web", "app", "")
SESSIONS: Final = "troth.sessions"
_HOURS: Final = {"hours": 1.0, "days": 24.0, "weeks": 168.0, "months": 8766 / 12, "years": 8766.0}
PURPOSE: Final = "last purpose ends"
_Ways = frozenset[tuple[str, str]]
_Copies = Mapping[str, tuple[frozenset[str] | None, ...]]
"""Of each datum, where a copy stands that is swept: the moments that the dates of its table tell; None is our store."""


def check(checker: Checker) -> None:
    ways, fields, dated = _ways(checker), _fields(checker), _dated(checker)
    copies = _copies(checker, dated)
    for name, rule in checker.rules.items():
        entry = checker.section("keep")[name]
        if lost := next(_lost(entry, rule), None):
            key, sentence = lost
            checker.bad(entry.at(key), "lost-part", f"“{name}” {sentence}", "Keep one of the two.", LAW)
        elif not _never(checker, name, entry, rule, fields.get(name, [])):
            mine = {field: ways.get(field, frozenset()) for field in fields.get(name, [])}
            _comes(checker, name, entry, rule, mine, copies, dated.keys())
    for name, entry in checker.section("use").items():
        _use(checker, name, entry)
    for name, entry in checker.section("holds").items():
        _later(checker, entry, f"“{name}” would hold")


def _ways(checker: Checker) -> Mapping[str, _Ways]:
    """Of each datum the ways in on which it comes, each with the kind of its surface."""
    found: dict[str, set[tuple[str, str]]] = {}
    for name, entry in checker.section("collect").items():
        surface = checker.section("surfaces").get(entry.text("at"))
        way = entry.text("by"), surface.text("kind") if surface else ""
        for field in checker.point_needs[name] | checker.point_may[name]:
            found.setdefault(field, set()).add(way)
    return {field: frozenset(ways) for field, ways in found.items()}


def _dated(checker: Checker) -> dict[str, tuple[str, str]]:
    """Of each moment that a table's dates tell, the place and the table."""
    found = {}
    for name, entry in checker.section("moments").items():
        place, _, rest = entry.text("known from").partition(".")
        table, _, column = rest.partition(".")
        there = checker.section("places").get(place)
        is_asked = there is not None and there.text("kind") == "sql" and column.strip()
        if there is not None and is_asked and table in housing.tables(checker, place, there):
            found[name] = place, table
    return found


def _copies(checker: Checker, dated: dict[str, tuple[str, str]]) -> _Copies:
    """What stands in the table of a database is due by the dates of its rows and by what is told of its person: when
    a row was written nobody knows, and no date of one table says anything of another's rows, nor of our own store."""
    found: dict[str, set[frozenset[str] | None]] = {}
    for place, entry in checker.section("places").items():
        for table in housing.tables(checker, place, entry).values() if entry.text("kind") == "sql" else ():
            mine = frozenset(name for name, where in dated.items() if where == (place, table.name))
            for field in table.columns.values():
                found.setdefault(field, set()).add(mine)
    for name, entry in checker.section("collect").items():
        for field in checker.point_needs[name] | checker.point_may[name]:
            if entry.text("by") in housing.OURSELVES and field in found:
                found[field].add(None)
    return {field: tuple(copies) for field, copies in found.items()}


def _fields(checker: Checker) -> dict[str, list[str]]:
    """Of each rule the data that it decides about."""
    found: dict[str, list[str]] = {}
    for field in checker.section("data"):
        found.setdefault(winning(checker.rules, field), []).append(field)
    return found


def _hours(length: Span) -> float:
    return length.count * _HOURS[length.unit]


def _event(end: End) -> str:
    return end.after if end.shape == "period" else end.shape


def _lost(entry: Entry, rule: Rule) -> Iterator[tuple[str, str]]:
    """What is said twice in one period, or only after something that always comes first: the key, and a sentence."""
    parts = periods.parts(entry.text("limit"))
    if any(end.shape == NEVER for end in rule.ends) and len(parts) > 1:
        yield "limit", "is never stored, so nothing else that its period says ever happens."
    for start, what in ONCE.items():
        if sum(part.startswith(start) for part in parts) > 1:
            yield "limit", f"says `{what}` twice, and one of the two would be lost."
    if entry.has("by law") and any(part.startswith("at least ") for part in parts):
        yield "by law", "says `at least` in its period and `by law` beside it, and one of the two would be lost."
    if "unless agreed" in parts and entry.values.get("unless agreed") is False:
        yield "unless agreed", "says `unless agreed` in its period, and no beside it."
    events = [_event(end) for end in rule.ends]
    if twice := next((event for event in events if events.count(event) > 1), ""):
        yield "limit", f"has two ends that are counted from one moment ({twice}): the earlier always comes first."
    ages = [_hours(end.span) for end in rule.ends if end.span is not None and end.after == periods.COLLECTED]
    if rule.refreshed is not None and ages and _hours(rule.refreshed) >= min(ages):
        yield "limit", "is gone before it would be looked at again."


def _retired(said: Entry) -> bool:
    return said.values.get("retired") is True


def _never(checker: Checker, name: str, entry: Entry, rule: Rule, fields: list[str]) -> bool:
    """Whether it is said to be never stored while its data is: one of the two is not true."""
    if not any(_event(end) in (NEVER, periods.COLLECTED) and end.span is None for end in rule.ends):
        return False
    stored = [field for field in fields if checker.form(field) != NEVER]
    stored += [name] * (name in coverage.MUST_KEEP and name not in stored)
    if stored:
        sentence = f"“{name}” would keep nothing, and {', '.join(stored)} is stored."
        help = "Say how long it is kept, or `as: never stored` under `data`."
        checker.bad(entry.at("limit"), "never-and-stored", sentence, help, LAW)
    return bool(stored)


def _comes(
    checker: Checker,
    name: str,
    entry: Entry,
    rule: Rule,
    ways: Mapping[str, _Ways],
    copies: _Copies,
    dated: Collection[str],
) -> None:
    """An end that comes to none of its data is no end, and data to which none comes would stay for ever."""
    data = checker.section("data")
    stands = {field: theirs for field, theirs in ways.items() if theirs or (field in copies and _retired(data[field]))}
    met = {(field, one): theirs for field, theirs in stands.items() for one in copies.get(field, (None,))}
    if name in coverage.MUST_KEEP:
        met[name, None] = frozenset()
    for end in [*rule.ends, *([rule.least] if rule.least else [])]:
        lacking = [one for one, theirs in met.items() if _missed(end, *one, theirs, dated)]
        if end is not rule.least and len(lacking) < len(met):
            ended = {one for one in lacking if not all(_missed(each, *one, met[one], dated) for each in rule.ends)}
            lacking = [one for one in lacking if one not in ended and rule.refreshed is None]
        if lacking:
            event, (field, copy) = _event(end), lacking[0]
            why = _missed(end, field, copy, met[field, copy], dated)
            listed = ", ".join(dict.fromkeys(one for one, _ in lacking))
            sentence = f"“{name}” waits for “{event}”, which never comes to {listed}: {why}."
            help = "Say how long it is kept, as 12 months, or another moment."
            if copy is not None or event in dated:
                help = "Count from a date in the same table, or from a moment known from desk or api, which is told."
            checker.bad(entry.at("limit"), "never-acts", sentence, help, LAW)
            return


def _missed(end: End, field: str, copy: frozenset[str] | None, ways: _Ways, dated: Collection[str]) -> str:
    """Why an end never comes to a copy of a datum; '' where it does."""
    event = _event(end)
    if event in dated:
        return "" if copy is not None and event in copy else "it is a date in rows of another table"
    if copy is not None and event in (periods.COLLECTED, PURPOSE):
        return "of a row in a database nobody knows it"
    if event == CLOSES:
        kept = field == SESSIONS or any(by in IN_A_BROWSER and kind in BROWSERS for by, kind in ways)
        return "" if kept else "no browser keeps it"
    reaches = event not in grammar.SEEN or not ways or any(by not in SEEN_ONLY for by, _ in ways)
    return "" if reaches else "it is only seen, and asks for nothing"


def _use(checker: Checker, name: str, entry: Entry) -> None:
    if entry.broken or name in checker.lost:
        return
    channels = {words.CHANNEL_KINDS.get(channel, "") for channel in entry.pairs("by")} - {""}
    later = any(entry.has(key) for key in ("staff", "within", "until")) or entry.text("yields") not in ("", "rows")
    if later or channels:
        _later(checker, entry, f"“{name}” would use", channels if not later else None)
    until = entry.span("until")
    if until is not None and checker.use_data[name]:
        ages = [_age(checker, field) for field in checker.use_data[name]]
        if all(age is not None and _hours(until) >= age for age in ages):
            sentence = f"“{name}” would stop after its data is gone."
            help = "Choose a shorter time, or take `until` out."
            checker.bad(entry.at("until"), "never-acts", sentence, help)


def _age(checker: Checker, field: str) -> float | None:
    """After how many hours a datum is gone in any case; None where nobody can say."""
    rule = checker.rules.get(winning(checker.rules, field))
    if rule is None or rule.least is not None or rule.unless_agreed:
        return None
    ages = [_hours(end.span) for end in rule.ends if end.span is not None and end.after == periods.COLLECTED]
    return min(ages, default=None)


def _later(checker: Checker, entry: Entry, would: str, channels: set[str] | None = None) -> None:
    """What is never stored is there for the moment in which it comes; a star reaches it and brings nothing of it.
    With ``channels`` only what a message of these goes to is used later."""
    for item in entry.texts("data"):
        datum = checker.section("data").get(item.text)
        kind = words.KINDS.get(datum.text("is")) if datum else None
        if kind is None or checker.form(item.text) != NEVER or (channels is not None and kind.channel not in channels):
            continue
        if kind.forms == {NEVER} and entry.has("basis"):
            continue  # as the number of a card, which whoever takes the payment has at hand
        sentence = f"{would} {item.text} when it is no longer there: it is never stored."
        help = "Take it out, or say under `data` how it is stored."
        checker.bad(item.mark, "never-and-used", sentence, help)
