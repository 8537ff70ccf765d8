"""The law's clocks: the vectors, every day of 2024 to 2030 against a second reckoning, and what is said of mistakes."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth import cli
from troth.policy import zones
from troth.policy.law import clocks, facts, holidays
from troth.policy.law.clocks import Asked
from troth.policy.problem_pages import PAGES

HERE = Path(__file__).parent
VECTORS = tomllib.loads((HERE / "vectors.toml").read_text("utf-8"))["vector"]
UK = ("england", "wales", "scotland", "northern-ireland")
EU = tuple(holidays.calendar("eu").nation)
DAY = dt.timedelta(days=1)
FIRST, LAST = dt.date(2024, 1, 1), dt.date(2030, 12, 31)
EVERY = [FIRST + n * DAY for n in range((LAST - FIRST).days + 1)]


def ask(capsys, line: str) -> tuple[int, dict]:
    status = cli.main(["clock", *line.split(), "--json"])
    return status, json.loads(capsys.readouterr().out)


# -------------------------------------------------------------------------------------------------------- vectors


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: f"{one.get('number', 'ours')} {one['facts']}")
def test_each_vector_comes_out(vector, capsys):
    status, found = ask(capsys, vector["command"])
    assert (status, found["command"], found["ok"]) == (0, "clock", True)
    for key in {"due", "promise", "suspended"} & vector.keys():
        assert found[key] == str(vector[key]), key


def test_no_vector_of_the_digest_is_missing():
    assert {one["number"] for one in VECTORS if "number" in one} == {1, 3, 5, 8, 10, 12, 16, 17, 19, 20, 21, 24, 26, 28}


# --------------------------------------------------------------------------------- a second reckoning, day by day


@cache
def listed(nation: str) -> frozenset[dt.date]:
    """The weekday holidays as an outside package lists them; where we differ on purpose, as we hold them."""
    lines = [line.split() for line in (HERE / "holidays.txt").read_text("utf-8").splitlines()]
    days = {dt.date.fromisoformat(f"{year}-{day}") for key, year, *rest in lines if key == nation for day in rest}
    return frozenset(days ^ ON_PURPOSE.get(nation, set()))


def dates(text: str) -> set[dt.date]:
    return {dt.date.fromisoformat(day) for day in text.split()}


ON_PURPOSE = {
    "BG": dates("2025-12-31 2026-01-02"),
    "GR": dates("2027-05-04"),
    "HU": dates("2024-08-19 2024-12-24 2024-12-27 2025-05-02 2025-10-24 2025-12-24 2026-01-02 2026-08-21"),
    "LV": dates("2023-05-05 2024-12-23 2024-12-30 2025-05-02 2025-11-17 2026-01-02 2026-06-22"),
    "NL": dates("2023-05-05 2026-05-05 2027-05-05 2028-05-05 2031-05-05"),
}


def works(nation: str, day: dt.date) -> bool:
    return day.isoweekday() < 6 and day not in listed(nation)


def walked(start: dt.date, months: int) -> dt.date:
    """Walk on until the month is reached, then to the day's number or the month's last day."""
    day = start
    for _ in range(months):
        day = day.replace(day=1) + 31 * DAY
        day = day.replace(day=1)
    while day.day != start.day and (day + DAY).month == day.month:
        day += DAY
    return day


def oracle(start: dt.date, nation: str, months: int, stopped: list[tuple[dt.date, dt.date]]) -> dt.date:
    extra, day = 0, start + DAY
    while day <= LAST.replace(year=2032):
        extra += any(first <= day <= last for first, last in stopped)
        day += DAY
        if not any(day <= last for _, last in stopped):
            break
    end = walked(start, months) + extra * DAY
    while nation and not works(nation, end):
        end += DAY
    return end


@pytest.mark.parametrize("nation", UK + EU)
def test_the_holidays_are_those_of_an_outside_list(nation):
    one = holidays.nation("uk" if nation in UK else "eu", nation)
    ours = {day for year in range(2023, 2032) for day in holidays.holidays(one, year) if day.weekday() < 5}
    assert ours == listed(nation)


@pytest.mark.parametrize("nation", UK + EU)
def test_on_every_day_the_date_is_a_working_day_and_the_second_reckoning_agrees(nation):
    law = "uk" if nation in UK else "eu"
    before = FIRST
    for day in EVERY:
        found = clocks.run("access", day, law=law, nation=nation)
        assert found.due == oracle(day, nation, 1, []), day
        assert works(nation, found.due), day
        assert before <= found.due, day
        assert day < found.promise == day + 28 * DAY <= found.due <= found.tell_by, day
        before = found.due


@pytest.mark.parametrize("nation", [*UK, "DE", "GR", ""])
def test_on_every_day_an_extension_and_a_complaint_agree_too(nation):
    law = "eu" if nation in EU else "uk"
    before = FIRST
    for day in EVERY:
        found = clocks.run("erase", day, law=law, nation=nation, extended=True)
        assert found.due == oracle(day, nation, 3, []) >= before, day
        assert found.tell_by == oracle(day, nation, 1, []), day
        before = found.due
        if law == "uk":
            due = clocks.run("complaint", day, nation=nation).due
            end = day + 30 * DAY
            while nation and not works(nation, end):
                end += DAY
            assert due == end, day


def test_from_2024_to_2028_the_month_is_28_to_35_days_and_a_timer_of_30_is_late_116_times():
    days = [day for day in EVERY if day.year <= 2028]
    lengths = [(clocks.run("access", day, nation="england").due - day).days for day in days]
    assert (len(days), min(lengths), max(lengths)) == (1827, 28, 35)
    assert sum(length < 30 for length in lengths) == 116


def test_72_hours_are_72_hours_on_every_day():
    for day in EVERY:
        knew = dt.datetime.combine(day, dt.time(12), dt.UTC)
        found = clocks.breach(knew, nation="england")
        assert found.due - knew == dt.timedelta(hours=72)
        assert found.due.utcoffset() == dt.timedelta(hours=is_summer(found.due)), day


def is_summer(when: dt.datetime) -> bool:
    """From one o'clock UTC on the last Sunday of March to the same in October."""
    first, last = (
        max(d for n in range(25, 32) if (d := dt.datetime(when.year, month, n, 1, tzinfo=dt.UTC)).weekday() == 6)
        for month in (3, 10)
    )
    return first <= when < last


spans = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 20)), max_size=3)


@settings(deadline=None)
@given(st.sampled_from(EVERY), st.sampled_from([*UK, ""]), spans, st.booleans())
def test_days_of_questions_are_a_union_and_added_once(received, nation, spans, extended):
    stopped = [(received + a * DAY, received + (a + b) * DAY) for a, b in spans]
    asked = [Asked(first, last, "scope") for first, last in stopped]
    found = clocks.run("access", received, nation=nation, asked=asked, extended=extended)
    assert found.due == oracle(received, nation, 3 if extended else 1, stopped)
    assert clocks.run("erase", received, nation=nation, asked=asked).due == oracle(received, nation, 1, [])


@settings(deadline=None)
@given(
    st.sampled_from(EVERY), st.sampled_from(UK), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), min_size=1)
)
def test_proof_and_fee_start_the_month_anew_at_the_latest_of_them(received, nation, spans):
    kinds = ("identity", "authority", "fee")
    asked = [Asked(received + a * DAY, received + (a + b) * DAY, kinds[a % 3]) for a, b in spans]
    latest = max(one.answered for one in asked)
    found = clocks.run("access", received, nation=nation, asked=asked)
    assert (found.starts, found.due, found.promise) == (latest, oracle(latest, nation, 1, []), latest + 28 * DAY)


# ----------------------------------------------------------------- every combination, against a reckoning of its own


def counted(
    received: dt.date, nation: str, right: str, law: str, extended: bool, asked: list[Asked]
) -> dict[str, dt.date]:
    """The law's table by itself (section by section, day by day): nothing of the code that is tried is used.

    A question that goes out when the time is already over changes nothing, so the combinations here ask in time."""
    start = received
    if law == "uk":
        start = max([received, *(one.answered for one in asked if one.what != "scope")])
    stopped = [(one.asked, one.answered) for one in asked if one.what == "scope" and (law, right) == ("uk", "access")]
    return {
        "starts": start,
        "due": oracle(start, nation, 3 if extended else 1, stopped),
        "tell_by": oracle(start, nation, 1, stopped),
        "promise": start + 28 * DAY,
    }


QUESTIONS = {
    "none": [],
    "scope": [(3, 6, "scope")],
    "scope the same day": [(3, 3, "scope")],
    "scope on the day of receipt": [(0, 2, "scope")],
    "two scopes that overlap": [(2, 9, "scope"), (5, 12, "scope")],
    "identity": [(1, 15, "identity")],
    "authority": [(1, 9, "authority")],
    "fee": [(2, 11, "fee")],
    "identity, then scope": [(1, 5, "identity"), (8, 12, "scope")],
    "scope, then identity": [(1, 5, "scope"), (3, 14, "identity")],
    "identity and fee": [(1, 20, "identity"), (2, 8, "fee")],
}
ENDS = [day for day in EVERY if day.day >= 28 or day.day <= 2][::3]  # where months, leap days and holidays go wrong


@pytest.mark.parametrize("questions", QUESTIONS)
@pytest.mark.parametrize("right", [right for right in clocks.RIGHTS if right not in ("complaint", "breach")])
def test_every_right_with_every_question_and_extension_comes_out_as_the_table_says(right, questions):
    for number, received in enumerate(ENDS):
        asked = [Asked(received + a * DAY, received + b * DAY, what) for a, b, what in QUESTIONS[questions]]
        law, nation = [("uk", UK[number % 4]), ("uk", ""), ("eu", EU[number % len(EU)])][number % 3]
        extended = number % 2 == 0
        found = clocks.run(right, received, law=law, nation=nation, asked=asked, extended=extended)
        want = counted(received, nation, right, law, extended, asked)
        assert {key: getattr(found, key) for key in want} == want, (received, law, nation, extended)


@pytest.mark.parametrize(
    ("line", "due"),
    [
        ("access --received 2023-12-31 --nation scotland", "2024-01-31"),
        ("access --received 2027-12-01 --nation scotland", "2028-01-05"),  # 1 and 2 January stand on a weekend
        ("access --received 2025-12-02 --nation scotland", "2026-01-05"),  # 2 January is a holiday there alone
        ("access --received 2025-12-02 --nation england", "2026-01-02"),
        ("access --received 2026-10-30 --nation scotland", "2026-12-01"),  # St Andrew's Day
        ("access --received 2026-02-17 --nation northern-ireland", "2026-03-18"),  # St Patrick's Day
        ("access --received 2026-06-12 --nation northern-ireland", "2026-07-14"),  # the twelfth on a Sunday
        ("access --received 2024-01-29 --nation england", "2024-02-29"),
        ("access --received 2024-01-31 --nation england", "2024-02-29"),
        ("access --received 2025-01-31 --nation england", "2025-02-28"),
        ("erase --received 2023-11-29 --nation england --extended", "2024-02-29"),
        ("access --received 2026-03-03 --nation england", "2026-04-07"),  # Good Friday to Easter Monday
        ("access --received 2026-03-06 --nation scotland", "2026-04-06"),  # Easter Monday is a working day there
        ("access --received 2026-03-10 --nation GR --law eu", "2026-04-14"),  # Easter of the eastern church
        ("access --received 2026-05-31 --nation DE --law eu", "2026-06-30"),
        ("access --received 2026-04-01 --nation FR --law eu", "2026-05-04"),
    ],
)
def test_days_that_are_easily_got_wrong(line, due, capsys):
    assert ask(capsys, line)[1]["due"] == due


# ------------------------------------------------------------------------------------------------- what is told


def test_the_steps_and_the_provisions_lead_to_the_date(capsys):
    line = "access --received 2026-09-03 --nation england --scope-asked 2026-09-07 --scope-answered 2026-09-12"
    _, found = ask(capsys, line)
    days = [step["day"] for step in found["steps"]]
    assert days == ["2026-09-03", "2026-09-12", "2026-10-03", "2026-10-09", "2026-10-01"]
    assert "UK GDPR Art 12A(5)-(6)" in found["provisions"] and found["tell_by"] == found["due"] == "2026-10-09"


def test_both_dates_and_the_holiday_are_said_aloud(capsys):
    assert cli.main(["clock", "access", "--received", "2024-11-25", "--nation", "england"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("due      Friday 27 December 2024\npromise  Monday 23 December 2024\n")
    assert (
        "Wednesday 25 December 2024 is no working day in England (Christmas Day, Boxing Day): the next is Friday 27"
        in out
    )


@pytest.mark.parametrize(
    ("received", "provision"),
    [
        ("2025-07-16", "ICO guidance: how to calculate a month"),
        ("2025-09-18", "UK GDPR Art 4A; Regulation 1182/71 Art 3(4)"),
    ],
)
def test_the_provision_is_that_of_the_day(received, provision, capsys):
    _, found = ask(capsys, f"access --received {received} --nation england")
    assert found["steps"][2]["law"] == provision


def test_a_complaint_before_the_law_is_told_as_such(capsys):
    assert "only from Friday 19 June 2026" in ask(capsys, "complaint --received 2026-06-18")[1]["notes"][0]
    assert ask(capsys, "complaint --received 2026-06-19 --nation wales")[1]["notes"] == []


def test_an_objection_says_that_marketing_stops_at_once(capsys):
    assert "at once" in ask(capsys, "object --received 2026-09-03 --nation wales")[1]["notes"][0]


WRONG = {
    "access --received 2026-09-03 --scope-asked 2026-09-10 --scope-answered 2026-09-07": ("wrong-order", 2),
    "access --received 2026-09-03 --identity-asked 2026-09-02 --identity-given 2026-09-07": ("wrong-order", 2),
    "access --received 2026-09-03 --extension-told 2026-09-02": ("wrong-order", 2),
    "access --received 2026-09-03 --scope-asked 2026-09-10": ("half-a-pair", 2),
    "access --received 2026-09-03 --fee-paid 2026-09-10": ("half-a-pair", 2),
    "access --received 2026-09-03 --nation britain": ("unknown-nation", 2),
    "access --received 2026-09-03 --nation DE": ("unknown-nation", 2),
    "access --received 2026-09-03 --law eu --nation wales": ("unknown-nation", 2),
    "access --received 2026-09-03 --law eu --nation NO": ("unknown-nation", 2),
    "access --received 2031-12-10 --nation england": ("no-holidays", 1),
    "access --received 2022-11-01 --nation FR --law eu": ("no-holidays", 1),
    "erase --received 2026-09-03 --nation england --extension-told 2026-10-06": ("told-too-late", 3),
    "erase --received 2026-09-03 --extension-told 2026-10-05": ("told-too-late", 3),
    "complaint --received 2026-09-03 --extended": ("no-extension", 2),
    "breach --received 2026-09-03T12:00 --extended": ("no-extension", 2),
    "breach --received 2026-09-03T12:00 --fee-asked 2026-09-04 --fee-paid 2026-09-05": ("no-pause", 2),
    "complaint --received 2026-09-03 --law eu": ("no-clock", 2),
    "breach --received 2026-09-03": ("bad-date", 2),
    "breach --received 2026-09-03T25:00": ("bad-date", 2),
    "breach --received 2027-03-28T01:30": ("no-such-hour", 2),
    "breach --received 2026-09-03T12:00 --law eu": ("no-nation", 2),
    "breach --received 9999-12-30T12:00": ("too-far", 2),
    "access --received 2026-02-30": ("bad-date", 2),
    "access --received 20260903": ("bad-date", 2),
    "access --received 2026-W36-4": ("bad-date", 2),
    "access --received 2026-09-03T12:00": ("bad-date", 2),
    "access --received 9999-12-20": ("too-far", 2),
    "access --received 2026-09-03 --scope-asked 2026-09-04 --scope-answered 9999-12-31": ("too-far", 2),
    "sleep --received 2026-09-03": ("wrong-use", 2),
    "access": ("wrong-use", 2),
}


@pytest.mark.parametrize("line", WRONG)
def test_a_mistake_is_told_as_text_and_as_data(line, capsys):
    code, exit = WRONG[line]
    status, found = ask(capsys, line)
    assert (status, found["ok"], found["command"], found["trouble"]["code"]) == (exit, False, "clock", code)
    assert cli.main(["clock", *line.split()]) == exit
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 2 and "Traceback" not in err
    assert code in PAGES or code == "wrong-use"


def test_a_nation_of_the_other_law_is_pointed_out(capsys):
    assert "--law eu" in ask(capsys, "access --received 2026-09-03 --nation fr")[1]["trouble"]["help"]


def test_the_command_loads_no_framework():
    script = (
        "import sys; from troth import cli; cli.main('clock access --received 2026-09-03 --nation wales'.split());"
        "sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


# ----------------------------------------------------------------------------------------------- holidays and facts


@pytest.mark.parametrize("year", range(1990, 2060))
def test_easter_is_the_sunday_after_the_full_moon_of_the_tables(year):
    moons = "0414 0403 0323 0411 0331 0418 0408 0328 0416 0405 0325 0413 0402 0322 0410 0330 0417 0407 0327"
    moon = dt.date.fromisoformat(f"{year}{moons[year % 19 * 5 :][:4]}")
    assert holidays.easter(year) == next(d for n in range(1, 8) if (d := moon + n * DAY).weekday() == 6)
    julian = "0405 0325 0413 0402 0322 0410 0330 0418 0407 0327 0415 0404 0324 0412 0401 0321 0409 0329 0417"
    moon = dt.date.fromisoformat(f"{year}{julian[year % 19 * 5 :][:4]}") + 13 * DAY
    assert holidays.easter(year, orthodox=True) == next(d for n in range(1, 8) if (d := moon + n * DAY).weekday() == 6)


@pytest.mark.parametrize(("law", "nations"), [("uk", UK), ("eu", EU)])
def test_a_substitute_falls_into_its_own_year_and_on_a_working_weekday(law, nations):
    for key in nations:
        one = holidays.nation(law, key)
        for year in range(2023, 2032):
            for day, name in holidays.holidays(one, year).items():
                assert day.year == year
                assert day.weekday() < 5 or "in its place" not in name


def test_the_facts_hold_on_their_days_and_no_other():
    fees = {
        day: sorted(row.pounds for row in facts.on(facts.of("uk").fee, dt.date.fromisoformat(day)))
        for day in ("2025-02-16", "2025-02-17")
    }
    assert fees == {"2025-02-16": [40, 60, 2900], "2025-02-17": [52, 78, 3763]}
    on = dt.date(2026, 11, 22)
    countries = {
        law: {c for row in facts.on(facts.of(law).adequate, on) for c in row.countries} for law in ("uk", "eu")
    }
    assert "BR" in countries["eu"] - countries["uk"] and "GB" in countries["eu"]
    assert "GB" not in {c for row in facts.on(facts.of("eu").adequate, dt.date(2032, 1, 1)) for c in row.countries}
    assert (facts.age("uk", "GB", on), facts.age("eu", "DE", on), facts.age("eu", "DK", on)) == (13, 16, 15)


@pytest.mark.parametrize("law", facts.LAWS)
def test_no_step_and_no_clock_has_two_rows_on_one_day_or_none(law):
    for day in (
        dt.date(2024, 1, 1),
        dt.date(2025, 8, 19),
        dt.date(2025, 8, 20),
        dt.date(2026, 2, 4),
        dt.date(2026, 2, 5),
    ):
        steps = [row.step for row in facts.on(facts.of(law).provision, day)]
        assert len(steps) == len(set(steps)) and {"start", "month", "roll", "extension", "hours"} <= set(steps)
    assert {row.country for row in facts.of("eu").age} == set(EU)


# ---------------------------------------------------------------------------------------------- a running policy

NOON = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


def by(laws: str, nation: str, right: str = "erase", received: dt.datetime = NOON, zone: str = "") -> str:
    here = zones.of(zone, tuple(laws.split()), nation)
    return clocks.answer_by(right, received, laws=laws.split(), nation=nation, zone=here).isoformat()


def test_a_policys_nation_moves_the_end_of_its_requests():
    assert by("uk", "England and Wales") == "2027-01-04T23:59:59+00:00"
    assert by("uk", "Scotland") == by("uk", "scotland") == "2027-01-05T23:59:59+00:00"
    assert by("eu", "Germany") == by("eu", "DE") == "2027-01-04T22:59:59+00:00"


def test_two_laws_or_an_unknown_nation_give_the_earlier_day():
    assert by("uk eu", "Scotland") == "2027-01-01T23:59:59+00:00"
    assert by("eu", "somewhere") == by("", "") == "2027-01-01T23:59:59+00:00"


def test_beyond_the_holiday_data_the_date_does_not_move():
    assert by("uk", "Scotland", received=dt.datetime(2039, 12, 1, 12, tzinfo=dt.UTC)) == "2040-01-01T23:59:59+00:00"


def test_the_day_of_receipt_is_the_local_day():
    late = dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)  # half past midnight of 1 July in London
    assert by("uk", "Scotland", received=late) == "2026-08-04T22:59:59+00:00"
    assert by("uk", "England and Wales", received=late) == "2026-08-03T22:59:59+00:00"


def test_the_clocks_that_a_policy_names_decide_the_day_and_its_nation_the_holidays():
    late = dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC)  # half past noon of 1 December in Auckland
    assert by("uk", "Scotland", received=late) == "2026-12-30T23:59:59+00:00"
    assert by("uk", "Scotland", received=late, zone="Pacific/Auckland") == "2027-01-05T10:59:59+00:00"
    early = dt.datetime(2026, 12, 2, 3, 30, tzinfo=dt.UTC)  # half past ten at night of 1 December in New York
    assert by("uk", "Scotland", received=early, zone="America/New_York") == "2027-01-06T04:59:59+00:00"


def test_a_nation_has_its_own_clocks_where_none_are_named():
    said = {"Germany": "Europe/Berlin", "FI": "Europe/Helsinki", "Norway": "Europe/Oslo", "New Zealand": zones.LONDON}
    assert {nation: zones.of("", ("eu",), nation) for nation in said} == said
    assert zones.of("", ("uk", "eu"), "Scotland") == zones.of("", (), "") == zones.LONDON
    assert zones.of("Atlantic/Canary", ("eu",), "Spain") == "Atlantic/Canary"


def test_a_complaint_has_its_own_clock_and_under_eu_law_the_month():
    may = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
    assert by("uk", "England and Wales", "complaint", may) == "2026-06-03T22:59:59+00:00"
    assert by("eu", "IE", "complaint", may) == "2026-06-04T22:59:59+00:00"
