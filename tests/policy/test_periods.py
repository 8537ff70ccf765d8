"""Periods: calendar arithmetic that never runs backwards, and eleven shapes that read and count as they are said."""

from __future__ import annotations

import calendar
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from troth.policy import periods
from troth.policy.plan import End, Rule, Span
from troth.policy.problems import Trouble

LONDON = ZoneInfo("Europe/London")
HERE = "Europe/London"
ZONES = st.sampled_from(
    [
        HERE,
        "Pacific/Auckland",
        "Pacific/Chatham",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "America/New_York",
        "America/St_Johns",
        "America/Santiago",
        "Pacific/Honolulu",
    ]
)
"""On both sides of UTC and of the equator, with summer times of an hour, of half an hour and of none."""
MOMENTS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2090, 1, 1), timezones=st.just(dt.UTC))
UNITS = st.sampled_from(["hours", "days", "weeks", "months", "years"])
SPANS = st.builds(lambda count, unit: Span(count=count, unit=unit), st.integers(1, 130), UNITS)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def rule(text: str) -> Rule:
    found = periods.read(text)
    assert found is not None, text
    return found


@settings(deadline=None)
@given(SPANS, MOMENTS, ZONES)
def test_a_span_never_ends_before_it_begins(span, when, zone):
    assert periods.add(span, when, zone=zone) > when


@settings(deadline=None)
@given(st.integers(1, 1200), MOMENTS, ZONES)
def test_a_month_that_lacks_the_day_ends_on_its_last(count, when, zone):
    here = ZoneInfo(zone)
    ended = periods.add(Span(count=count, unit="months"), when, zone=zone).astimezone(here)
    began = when.astimezone(here)
    months = (ended.year - began.year) * 12 + ended.month - began.month
    last = calendar.monthrange(ended.year, ended.month)[1]
    assert months == count
    assert ended.day == min(began.day, last)


@settings(deadline=None)
@given(SPANS, MOMENTS, st.timedeltas(dt.timedelta(0), dt.timedelta(days=4000)), ZONES)
def test_what_began_later_never_ends_a_day_earlier(span, when, later, zone):
    first, second = (periods.add(span, began, zone=zone) for began in (when, when + later))
    assert second >= first - dt.timedelta(hours=1)


@settings(deadline=None)
@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), SPANS.filter(lambda span: span.unit != "hours"), ZONES)
@example(dt.date(2026, 9, 5), Span(count=1, unit="days"), "America/Santiago")
def test_what_begins_at_midnight_ends_at_midnight_of_the_same_clocks(day, span, zone):
    """But for the night in which the clocks jump over midnight: then it ends as the day begins."""
    here = ZoneInfo(zone)
    began = dt.datetime.combine(day, dt.time(), here).astimezone(dt.UTC)
    assume(began.astimezone(here).time() == dt.time())
    ended = periods.add(span, began, zone=zone).astimezone(here)
    assert ended.time() == dt.time() or (ended - dt.timedelta(hours=1)).astimezone(dt.UTC).astimezone(here) == ended


@pytest.mark.parametrize(
    ("zone", "began", "ended"),
    [
        ("Pacific/Auckland", "2026-03-05T11:00:00", "2026-04-05T12:00:00"),  # 6 March there, the clocks go back
        ("Pacific/Auckland", "2026-08-27T12:30:00", "2026-09-27T11:30:00"),  # 28 August there, the clocks go on
        ("Pacific/Auckland", "2026-01-30T11:30:00", "2026-02-27T11:30:00"),  # 31 January there: clamped to the 28th
        ("America/New_York", "2026-02-01T04:30:00", "2026-03-01T04:30:00"),  # 31 January there, though not in UTC
        ("America/New_York", "2026-02-08T12:00:00", "2026-03-08T11:00:00"),
        ("Europe/London", "2026-03-01T00:30:00", "2026-03-31T23:30:00"),
    ],
)
def test_a_month_is_one_of_the_clocks_that_are_named(zone, began, ended):
    month = Span(count=1, unit="months")
    found = periods.add(month, at(began), zone=zone)
    local = found.astimezone(ZoneInfo(zone))
    assert local.time() == at(began).astimezone(ZoneInfo(zone)).time()
    assert found == at(ended)


@settings(deadline=None)
@given(SPANS, SPANS, MOMENTS)
def test_the_earliest_end_wins_and_the_law_has_the_last_word(span, least, when):
    ends = (End(span=span), End(span=Span(count=5, unit="years"), after="contract ends"))
    facts = {"collected": when, "contract ends": when}
    free = periods.due(Rule(name="x", text="", fields=frozenset(), ends=ends), facts, zone=HERE)
    bound = periods.due(Rule(name="x", text="", fields=frozenset(), ends=ends, least=End(span=least)), facts, zone=HERE)
    assert free is not None and bound is not None
    assert free <= periods.add(span, when, zone=HERE)
    assert bound == max(free, periods.add(least, when, zone=HERE))


@settings(deadline=None)
@given(SPANS, MOMENTS)
def test_a_due_date_is_never_before_its_fact(span, when):
    for shape in (rule(f"{span.count} {span.unit}"), rule("never stored")):
        due = periods.due(shape, {"collected": when}, zone=HERE)
        assert due is not None and due >= when


@pytest.mark.parametrize(
    ("span", "began", "ended"),
    [
        ("1 month", "2024-01-31", "2024-02-29"),
        ("1 month", "2023-01-31", "2023-02-28"),
        ("12 months", "2024-02-29", "2025-02-28"),
        ("1 year", "2024-02-29", "2025-02-28"),
        ("48 months", "2024-02-29", "2028-02-29"),
        ("2 weeks", "2026-12-25", "2027-01-08"),
        ("13 months", "2025-11-30", "2026-12-30"),
    ],
)
def test_calendar_time_is_counted_on_the_calendar(span, began, ended):
    length = periods.span(span)
    assert length is not None
    assert periods.add(length, at(began), zone=HERE) == at(ended)


def test_a_day_in_the_week_of_the_clocks_is_a_day_on_the_wall():
    length = Span(count=1, unit="days")
    assert periods.add(length, at("2026-03-28T12:00:00"), zone=HERE) == at("2026-03-29T11:00:00")
    assert periods.add(Span(count=24, unit="hours"), at("2026-03-28T12:00:00"), zone=HERE) == at("2026-03-29T12:00:00")


def test_the_shapes_of_the_language_count_as_they_are_said():
    facts = {"collected": at("2026-01-10"), "contract ends": at("2027-01-10"), "last purpose ends": at("2026-05-01")}
    expected = {
        "2 years": "2028-01-10",
        "12 months after contract ends": "2028-01-10",
        "until contract ends": "2027-01-10",
        "until last purpose ends": "2026-05-01",
        "6 years after last purpose ends": "2032-05-01",
        "2 years, until contract ends": "2027-01-10",
        '1 year, at least 6 years by "Companies Act 2006 s388"': "2032-01-10",
        '1 year, at least 6 years after contract ends by "the Act"': "2033-01-10",
        "5 years, refreshed every 3 months": "2026-04-10",
        "24 months, unless agreed": "2028-01-10",
        "never stored": "2026-01-10",
    }
    for said, day in expected.items():
        due = periods.due(rule(said), facts, zone=HERE)
        assert due is not None, said
        assert due.astimezone(LONDON).date().isoformat() == day, said


def test_what_was_refreshed_stays_longer():
    facts = {"collected": at("2026-01-10"), "refreshed": at("2026-04-01")}
    assert periods.due(rule("5 years, refreshed every 3 months"), facts, zone=HERE) == at(
        "2026-06-30T23:00:00"
    ) + dt.timedelta(hours=1)


@pytest.mark.parametrize(
    "said", ["12 months after contract ends", "until answered", "for ever, minimised", "until browser closes"]
)
def test_a_clock_whose_fact_has_not_come_does_not_run(said):
    assert periods.due(rule(said), {"collected": at("2026-01-10")}, zone=HERE) is None


@given(SPANS, ZONES, st.sampled_from([dt.datetime.min, dt.datetime.max]))
def test_what_leaves_the_calendar_is_told_and_what_it_ends_is_never_due(span, zone, end):
    """As 9999-12-31, which some databases have for a day that nobody knows; on no clocks is that a fault."""
    when = end.replace(tzinfo=dt.UTC)
    try:
        assert periods.add(span, when, zone=zone) > when
    except Trouble as trouble:
        assert trouble.code == "too-far"
    for fact in (dt.datetime(1, 1, 2, tzinfo=dt.UTC), periods.LATEST):
        due = periods.due(rule(f"{span.count} {span.unit}"), {"collected": fact}, zone=zone)
        assert due is not None and (due == periods.LATEST if fact == periods.LATEST else due > fact)
        assert due.astimezone(ZoneInfo(zone)).year in range(1, 10_000)


def test_a_least_whose_fact_has_not_come_holds_everything():
    assert (
        periods.due(
            rule('1 year, at least 6 years after contract ends by "the Act"'),
            {"collected": at("2026-01-10")},
            zone=HERE,
        )
        is None
    )


@pytest.mark.parametrize(
    "said",
    ["as long as necessary", "a while", "0 days", "-1 years", "1.5 years", "two years", "12", "months", "12 moons",
     "12 months after", "until", "", ",", "for ever", "at least 6 years", 'at least 6 years by "the Act"', "999 years",
     "12 months after contract ends, nonsense", "refreshed every moon", "unless agreed"],
)  # fmt: skip
def test_what_is_no_period_is_not_taken_for_one(said):
    assert periods.read(said) is None


@pytest.mark.parametrize(
    ("said", "reads"),
    [
        ("25 months", "for 25 months"),
        ("1 years", "for 1 year"),
        ("until answered", "until we answered"),
        ("until account closes", "until your account closes"),
        ("until taken down", "until it is taken down"),
        ("24 months after answered", "for 24 months after we answered"),
        ("2 years after contract ends", "for 2 years after the contract ends"),
        ("2 years after your course ends", "for 2 years after your course ends"),
        ("6 years after last purpose ends", "for 6 years after we last needed it"),
        ('1 year, at least 6 years by "the Act"', "for 1 year, but at least 6 years, because the Act asks"),
        (
            '1 year, at least 6 years after invoice is made by "Companies Act 2006 s388"',
            "for 1 year, but at least 6 years after the invoice is made, because the Companies Act 2006 s388 asks",
        ),
        (
            '6 years after invoice is made, at least 6 years after invoice is made by "Companies Act 2006 s388"',
            "for 6 years after the invoice is made, because the Companies Act 2006 s388 asks",
        ),
    ],
)
def test_a_period_reads_aloud(said, reads):
    assert periods.say(rule(said)) == reads
