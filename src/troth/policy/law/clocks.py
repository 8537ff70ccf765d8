"""The law's clocks: by which day a request must be answered, and the steps that lead there.

Arithmetic over dates, with no clock of its own. A month runs from the day of the event, which does not count, to the
same day of a later month, clamped once to its last one; days that do not count are added; only the end moves to a
working day (Regulation 1182/71 Art 3). Hours run on through weekends. Two dates come out: ``due``, the law's, and
``promise``, 28 days, which is never later; a careful firm works to the promise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from troth.policy.counting import counted
from troth.policy.law import facts, holidays
from troth.policy.law.facts import Law
from troth.policy.law.holidays import DAY, MONTHS, WEEKDAYS, Nation
from troth.policy.periods import months_later
from troth.policy.problems import Trouble
from troth.policy.zones import LONDON

Question = Literal["scope", "identity", "authority", "fee"]
RIGHTS: Final = ("access", "erase", "rectify", "restrict", "object", "port", "complaint", "breach")
Got = TypeVar("Got")
_ASKED: Final[dict[str, str]] = {
    "scope": "The question what is asked for",
    "identity": "The question who is asking",
    "authority": "The question for whom they may ask",
    "fee": "The fee",
}
_CAME: Final[dict[str, str]] = {
    "identity": "Proof of identity came",
    "authority": "Proof of authority came",
    "fee": "The fee was paid",
}


class Asked(msgspec.Struct, frozen=True, order=True):
    """A question to the person and the day of the answer. For a fee: the days it was asked for and paid."""

    asked: dt.date
    answered: dt.date
    what: Question


class Step(msgspec.Struct, frozen=True):
    """One step of the reckoning: the day it leads to, what happens, and the provision behind it."""

    day: dt.date
    what: str
    law: str = ""


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """What came out. Days are local days and run to their end; for a breach they are moments with their offset."""

    law: Law
    nation: str  # its key, or empty: then no date was moved to a working day
    right: str
    received: dt.date
    starts: dt.date  # the day that a month is counted from
    due: dt.date
    promise: dt.date
    extended: bool = False
    tell_by: dt.date | None = None  # the last day to tell of an extension
    suspended: dt.date | None = None  # EU: due as the EDPB reads the law, when questions were asked; never relied on
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


class _Run(msgspec.Struct):
    """One reckoning in the making."""

    law: Law
    nation: Nation | None
    right: str
    received: dt.date
    starts: dt.date
    clock: facts.Clock
    paused: set[dt.date]
    steps: list[Step]

    def step(self, day: dt.date, what: str, of: str) -> None:
        self.steps.append(Step(day, what, facts.provision(self.law, of, self.received)))

    def end(self, base: dt.date, *, roll: str = "") -> dt.date:
        """``base``, with the days that do not count, moved once to a working day. ``roll`` names the step to tell."""
        extra = sum(day > self.starts for day in self.paused)
        day = base + extra * DAY
        if extra and roll:
            said = counted(extra, "day[s] [does|do] not count and [is|are] added")
            self.step(day, f"{said}: {say(day)}.", "scope")
        if self.nation is None:
            return day
        working = holidays.next_working(self.nation, day)
        if working != day and roll:
            names = [
                why for one in _between(day, working) if (why := holidays.closed(self.nation, one)) not in WEEKDAYS
            ]
            named = f" ({', '.join(names)})" if names else ""
            said = f"{say(day)} is no working day in {self.nation.name}{named}: the next is {say(working)}."
            self.step(working, said, roll)
        return working

    def after(self, months: int) -> dt.date:
        try:
            return months_later(self.starts, months)
        except ValueError as error:  # the year 10000
            raise OverflowError from error

    def out(self, due: dt.date, **more: Any) -> Clock:
        return Clock(
            law=self.law,
            nation=self.nation.key if self.nation else "",
            right=self.right,
            received=self.received,
            starts=self.starts,
            due=due,
            promise=_promise(self, bool(more.get("extended"))),
            **more,
            steps=tuple(self.steps),
        )


def run(
    right: str,
    received: dt.date,
    *,
    law: Law = "uk",
    nation: str = "",
    asked: Iterable[Asked] = (),
    extended: bool = False,
    told: dt.date | None = None,
) -> Clock:
    """The clock of a request or a complaint that came on the local day ``received``.

    ``told`` is the day on which the person was told of an extension. Without a nation no date is moved to a working
    day. ``Trouble`` for what cannot be: an answer before its question, an extension told too late or not known to the
    law, an unknown nation, days beyond the holiday data.
    """
    clock, notes = _clock(law, right, received)
    questions = sorted(asked)
    _in_order(received, questions, told)
    place = holidays.nation(law, nation) if nation else None
    found = _Run(law, place, right, received, received, clock, set(), [])
    wanted = extended or told is not None
    try:
        out = _days(found, questions, wanted) if clock.days else _months(found, questions, wanted, told)
    except OverflowError:
        raise _too_far() from None
    if right == "object":
        notes = (*notes, "An objection to marketing takes effect at once; this date is for the reply alone.")
    if any(one.what == "identity" for one in questions):
        notes = (*notes, "Ask who somebody is only on reasonable doubt, and promptly.")
    if any(one.what == "scope" and one.asked == one.answered for one in questions) and law == "uk":
        notes = (*notes, "A question that is answered the same day adds a day by the text; a careful firm adds none.")
    if place is None:
        notes = (*notes, "No nation was named: no date was moved to a working day.")
    return msgspec.structs.replace(out, notes=notes)


def _clock(law: Law, right: str, day: dt.date) -> tuple[facts.Clock, tuple[str, ...]]:
    """The length that the law gives on a day. Before there was one: the first there will be, with a note."""
    rows = [row for row in facts.of(law).clock if right in row.of]
    if not rows:
        what = "a complaint to the controller" if right == "complaint" else f"“{right}”"
        raise Trouble(
            "no-clock", f"{law.upper()} law sets no clock for {what}.", "See the right and --law again.", exit=2
        )
    held = facts.on(rows, day)
    if held:
        return held[0], ()
    first = min(rows, key=lambda row: row.since)
    return first, (f"{first.provision} is law only from {say(first.since)}: this date was then no more than good use.",)


def _in_order(received: dt.date, asked: list[Asked], told: dt.date | None) -> None:
    for one in asked:
        if one.answered < one.asked:
            first, second = one.answered, one.asked
            said = f"The answer about {one.what} came on {first}, before the question went out on {second}."
        elif one.asked < received:
            said = f"The question about {one.what} went out on {one.asked}, before the request came on {received}."
        else:
            continue
        raise Trouble("wrong-order", said, "See the days again.", where=f"--{one.what}-asked", exit=2)
    if told is not None and told < received:
        said = f"The extension was told on {told}, before the request came on {received}."
        raise Trouble("wrong-order", said, "See the days again.", where="--extension-told", exit=2)


# --------------------------------------------------------------------------------------------------------- months


def _months(run: _Run, asked: list[Asked], extended: bool, told: dt.date | None) -> Clock:
    """A month, or three: from the relevant time, with the days that do not count, and one roll at the end."""
    short, count = run.clock.months, run.clock.months + (run.clock.longer if extended else 0)
    tell_by = _last_day_to_tell(run, asked, short)
    if told is not None and told > tell_by:
        raise Trouble(
            "told-too-late",
            f"The extension was told on {told}; the last day to tell it was {tell_by}. The answer was due that day.",
            "Answer now; an extension that is told late extends nothing.",
            where="--extension-told",
            exit=3,
        )
    run.step(run.received, f"It came on {say(run.received)}: that day is not counted.", "start")
    _ask(run, asked, count, tell=True)
    base = run.after(count)
    if extended:
        run.step(tell_by, f"The extension must be told, with reasons, by {say(tell_by)}.", "extension")
        run.step(base, f"Three months from {say(run.starts)}: {say(base)}.", "extension")
    else:
        run.step(base, f"One month from {say(run.starts)}: {say(base)}.", "month")
    due = run.end(base, roll="roll")
    suspended = _suspended(run, asked, base) if run.law == "eu" else None
    return run.out(due, extended=extended, tell_by=tell_by, suspended=suspended)


def _last_day_to_tell(run: _Run, asked: list[Asked], months: int) -> dt.date:
    """The end of the month without the extension, with its pauses (Art 12A(3)-(4))."""
    trial = msgspec.structs.replace(run, paused=set(), steps=[])
    _ask(trial, asked, months)
    return trial.end(trial.after(months))


def _ask(run: _Run, asked: list[Asked], months: int, *, tell: bool = False) -> None:
    """Each question in the order it went out. What is asked when the time is already over changes nothing."""
    for one in asked:
        span = _span(one.asked, one.answered)
        ends = run.end(run.after(months))
        if run.law == "eu":
            said = f"{_ASKED[one.what]} was open {span}: the text of the GDPR does not stop the month for it."
        elif one.asked > ends:
            said = f"{_ASKED[one.what]} went out {span}, when the time was over on {say(ends)}: it changes nothing."
        elif one.what != "scope":
            run.starts = max(run.starts, one.answered)
            said = f"{_CAME[one.what]} on {say(one.answered)}: the month is counted from {say(run.starts)}."
        elif run.right == "access":
            run.paused |= _each(one.asked, one.answered)
            said = f"{_ASKED[one.what]} was open {span}: those days, both ends included, do not count."
        else:
            said = f"{_ASKED[one.what]} was open {span}: only for access does that stop the clock."
        if tell:
            run.step(one.answered, said, "start" if run.law == "eu" else one.what)


def _suspended(run: _Run, asked: list[Asked], base: dt.date) -> dt.date | None:
    """As the EDPB reads the law: days of open questions who asks, and for access what is asked, are added."""
    open_days = [
        _each(one.asked, one.answered)
        for one in asked
        if one.what == "identity" or (one.what == "scope" and run.right == "access")
    ]
    if not open_days:
        return None
    trial = msgspec.structs.replace(run, paused=set().union(*open_days), steps=[])
    end = trial.end(base)
    said = f"The EDPB lets the month rest while such a question is open: then {say(end)}. Work to the earlier day."
    run.step(end, said, "identity")
    return end


def _promise(run: _Run, extended: bool) -> dt.date:
    """28 days are never later than a month, whatever its pauses."""
    day = run.starts + run.clock.promise_days * DAY
    what = f"Our promise, {counted(run.clock.promise_days, 'day[s]')} after {say(run.starts)}: {say(day)}"
    run.step(day, f"{what}; tell the extension by then." if extended else f"{what}.", "promise")
    return day


# ----------------------------------------------------------------------------------------------------- days, hours


def _days(run: _Run, asked: list[Asked], extended: bool) -> Clock:
    """A complaint: 30 days to acknowledge it, whatever is asked meanwhile."""
    if extended:
        raise no_extension(run.right)
    run.step(run.received, f"It came on {say(run.received)}: that day is not counted.", "days")
    for one in asked:
        span = _span(one.asked, one.answered)
        run.step(one.answered, f"{_ASKED[one.what]} was open {span}: a complaint's days run on.", "days")
    base = run.received + run.clock.days * DAY
    run.step(
        base, f"{counted(run.clock.days, 'day[s]')} later: {say(base)}. What is due is the acknowledgement.", "days"
    )
    return run.out(run.end(base, roll="days roll"))


def breach(aware: dt.datetime, *, law: Law = "uk", nation: str = "") -> Clock:
    """72 hours from the moment of knowing. ``aware`` with an offset, or as the nation's clocks show it; the due moment
    comes back on the nation's clocks. ``Trouble`` *no-such-hour*, *no-nation*, *unknown-nation*."""
    place = holidays.nation(law, nation) if nation else None
    zone = _zone(law, place, aware)
    try:
        knew, notes = _moment(aware, zone)
        clock, early = _clock(law, "breach", knew.date())
        due = (knew.astimezone(dt.UTC) + clock.hours * dt.timedelta(hours=1)).astimezone(zone)
    except OverflowError:
        raise _too_far() from None
    rests = facts.provision(law, "hours", knew.date())
    said = f"{counted(clock.hours, 'hour[s]')} later, weekends and holidays included: {say_moment(due)}."
    return Clock(
        law=law,
        nation=place.key if place else "",
        right="breach",
        received=knew,
        starts=knew,
        due=due,
        promise=due,
        steps=(Step(knew, f"Known on {say_moment(knew)}.", clock.provision), Step(due, said, rests)),
        notes=(*early, *notes, "72 hours are the longest: the duty is to tell without undue delay."),
    )


def _zone(law: Law, place: Nation | None, aware: dt.datetime) -> dt.tzinfo:
    if place is not None:
        return ZoneInfo(place.zone)
    if law == "uk":
        return ZoneInfo(LONDON)
    if aware.tzinfo is None:
        raise Trouble(
            "no-nation", "On whose clocks is that hour?", "Add --nation, as DE, or an offset, as +01:00.", exit=2
        )
    return aware.tzinfo


def _moment(aware: dt.datetime, zone: dt.tzinfo) -> tuple[dt.datetime, tuple[str, ...]]:
    """The moment on local clocks. An hour that comes twice is taken the first time: the date then is never late."""
    if aware.tzinfo is not None:
        return aware.astimezone(zone), ()
    local = aware.replace(tzinfo=zone)
    if local.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != aware:
        said = f"The clocks went forward: {aware:%H:%M} on {say(aware)} never was."
        raise Trouble("no-such-hour", said, "See the time again, or add its offset.", where="--received", exit=2)
    twice = local.utcoffset() != local.replace(fold=1).utcoffset()
    return local, ("That hour came twice; the first is taken.",) if twice else ()


def no_extension(right: str) -> Trouble:
    """What is said of an extension that the law does not know."""
    said = f"The law knows no extension for a {right}."
    return Trouble("no-extension", said, "Leave --extended out.", where="--extended", exit=2)


def _too_far() -> Trouble:
    return Trouble("too-far", "That date lies beyond the year 9999.", "See the days again.", exit=2)


# ---------------------------------------------------------------------------------------------- for a running policy


def answer_by(
    right: str,
    received: dt.datetime,
    *,
    laws: Iterable[str],
    nation: str = "",
    zone: str,
    asked: Iterable[Asked] = (),
    extended: bool = False,
) -> dt.datetime:
    """The last moment (UTC) to answer what came at an instant, under each law that a policy names: the earliest. The
    days are those of ``zone``, the working days those of the nation.

    Where the nation is not known to a law, or its holidays are not known so far ahead, no date is moved to a working
    day: it comes out earlier, never later. ``right`` as ``run`` has it; a complaint under EU law is answered within
    the month of any request.
    """
    more: dict[str, Any] = {"asked": tuple(asked), "extended": extended}
    local = received.astimezone(ZoneInfo(zone))
    found = [_last_moment(right, local, law, nation, more) for law in facts.LAWS if law in frozenset(laws)]
    return min(found or [_last_moment(right, local, "uk", "", more)])


def _last_moment(right: str, received: dt.datetime, law: Law, nation: str, more: dict[str, Any]) -> dt.datetime:
    place = _or_none(lambda: holidays.nation(law, nation)) if nation else None
    day = received.date()
    if right == "complaint" and law == "eu":
        right = "object"
    clock = _or_none(lambda: run(right, day, law=law, nation=place.key if place else "", **more))
    due = (clock or run(right, day, law=law, **more)).due
    return dt.datetime.combine(due, dt.time(23, 59, 59), received.tzinfo).astimezone(dt.UTC)


def _or_none(ask: Callable[[], Got]) -> Got | None:
    try:
        return ask()
    except Trouble as trouble:
        if trouble.code not in ("unknown-nation", "no-holidays"):
            raise
        return None


# --------------------------------------------------------------------------------------------------------- saying


def say(day: dt.date) -> str:
    """'Monday 5 October 2026'."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def say_moment(when: dt.datetime) -> str:
    """'Monday 23 November 2026, 17:30 (+00:00)'."""
    return f"{say(when)}, {when:%H:%M} ({when.isoformat()[-6:]})"


def _span(first: dt.date, last: dt.date) -> str:
    return f"on {say(first)}" if first == last else f"from {say(first)} to {say(last)}"


def _each(first: dt.date, last: dt.date) -> set[dt.date]:
    return set(_between(first, last + DAY))


def _between(first: dt.date, end: dt.date) -> list[dt.date]:
    """Each day from the first to the last before ``end``."""
    return [first + number * DAY for number in range((end - first).days)]
