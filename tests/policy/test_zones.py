"""The time zone of a policy: said or of its nation, checked by name, and a plan that says none is the plan it was."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
import time_machine
from tests.policy.spoiling import LARCH, compiled, problems

from troth import cli, policy
from troth.policy import changes, words, zones
from troth.policy.emit import notice
from troth.policy.law import rules
from troth.policy.law.rules import Law, law
from troth.policy.zones import LONDON

READERS = "readers in: GB"
THERE = f"time zone: Pacific/Auckland, {READERS}"


def abroad(nation: str) -> list[tuple[str, str]]:
    """Larch's policy as a firm beyond the EEA has it, which European law reaches: EU GDPR Art 3(2)."""
    return [
        ("of: uk, nation: England and Wales, readers in: GB", f"of: eu, nation: {nation}, readers in: IE"),
        ("regulator: ico", "regulator: dpc"),
        (
            "basis: legitimate interests, interest: to see which pages help, balance: pages balance,",
            'basis: consent, ask: {words: "May we see which pages help?"},',
        ),
        (", on device: statistics}", "}"),
    ]


def said(zone: str) -> str:
    (found,) = problems((READERS, f"time zone: {zone}, {READERS}"))
    assert (found.code, found.line) == ("unknown-zone", 4)
    return found.help


@pytest.mark.parametrize("zone", ["Auckland", "aukland", "Pacific/Aukland", "pacific/auckland"])
def test_a_slip_in_a_zone_is_told_with_the_one_that_was_meant(zone: str) -> None:
    assert said(zone) == "Did you mean “Pacific/Auckland”?"


@pytest.mark.parametrize(
    "name", ["../../../../etc/passwd", "/etc/localtime", "America/../UTC", "localtime", "posixrules"]
)
def test_t45_a_time_zone_is_a_name_of_the_list_and_opens_no_other_file(name: str) -> None:
    assert said(name).startswith(("Name region", "Did you mean"))


def test_what_is_no_zone_at_all_is_told_with_an_example() -> None:
    assert said("+13:00") == said("somewhere far away") == "Name region and city, as Pacific/Auckland."
    assert said("New York") == "Did you mean “America/New_York”?"


@pytest.mark.parametrize(
    ("nation", "help"),
    [
        ("Japan", "Add `time zone: Asia/Tokyo` beside it."),
        ("NZ", "Add `time zone:` beside it, and one of: Pacific/Auckland, Pacific/Chatham."),
        ("United States", "Add `time zone:`, as Pacific/Auckland."),
        ("Bouvet Island", "Add `time zone:`, as Pacific/Auckland."),
    ],
)
def test_whose_days_are_not_said_and_go_not_without_saying_is_warned_and_may_publish(nation: str, help: str) -> None:
    found = [one for one in problems(*abroad(nation)) if one.code == "zone-unsaid"]
    assert [(one.line, one.severity, one.help) for one in found] == [(4, "warning", help)]
    assert problems(*abroad(f"{nation}, time zone: Asia/Tokyo")) == []


def test_a_warning_of_days_keeps_no_policy_from_its_plan() -> None:
    assert compiled(*abroad("Japan")).zone == LONDON


def test_every_nation_of_the_kingdom_and_of_the_area_has_a_zone_that_goes_without_saying() -> None:
    named = {name for one in words.COUNTRIES.values() if one.eea for name in (one.code, one.name)}
    assert LONDON not in {zones.unsaid(("eu",), name) for name in named} and "" not in {
        zones.unsaid(("eu",), name) for name in named
    }
    assert {zones.unsaid(("eu",), name) for name in (*words.NATIONS, "GB", "United Kingdom")} == {LONDON}


def test_a_machine_without_a_list_of_zones_says_how_one_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.TZPATH", ("/nowhere",))
    assert zones.there("JP") == []


def test_a_plan_that_says_no_zone_is_written_as_before_there_was_one() -> None:
    plan = compiled()
    assert (plan.time_zone, plan.zone) == ("", LONDON) and b"time_zone" not in policy.encode(plan)


def test_a_zone_is_part_of_the_plan_and_a_change_that_people_can_read() -> None:
    old, new = compiled(), compiled((READERS, THERE))
    assert new.zone == "Pacific/Auckland" and old.hash != new.hash
    assert policy.decode(policy.encode(new)).zone == "Pacific/Auckland"
    (change,) = changes.compare(old, new)
    assert "time zone" in change.sentence and "Pacific/Auckland" in change.sentence


def test_the_notice_says_a_zone_that_the_policy_says() -> None:
    counted = "Days and months are counted in the time zone Pacific/Auckland."
    assert counted in notice.render(compiled((READERS, THERE)))
    assert "time zone" not in notice.render(compiled())


def test_the_day_of_a_moment_is_the_policys_own() -> None:
    late = dt.datetime(2026, 11, 25, 11, 30, tzinfo=dt.UTC)
    assert compiled().day(late) == dt.date(2026, 11, 25)
    assert compiled((READERS, THERE)).day(late) == dt.date(2026, 11, 26)


def test_a_policy_is_checked_on_its_own_day() -> None:
    """Its fee was paid until 31 May: over on 1 June there, while it is May in London."""
    with time_machine.travel(dt.datetime(2027, 5, 31, 12, 30, tzinfo=dt.UTC), tick=False):
        here = policy.load("larch.yaml", text=LARCH.encode()).problems
        there = policy.load("larch.yaml", text=LARCH.replace(READERS, THERE).encode()).problems
    assert "lapsed-fee" not in {one.code for one in here}
    assert "lapsed-fee" in {one.code for one in there}


NIGHT = dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC)  # 1 December in Paris and in Auckland, not in London


def on(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, object]:
    cli.main([*args, "--json"])
    read = json.loads(capsys.readouterr().out)
    assert isinstance(read, dict)
    return read


def test_a_policy_is_held_against_the_law_of_its_own_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("here", LARCH), ("there", LARCH.replace(READERS, THERE))):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    (tmp_path / "old.txt").write_text("We keep your data for ever.", "utf-8")
    here, there, old = (str(tmp_path / name) for name in ("here.yaml", "there.yaml", "old.txt"))
    with time_machine.travel(NIGHT, tick=False):
        assert on(capsys, "check", "--law", "uk", here)["on"] == "2026-11-30"
        assert on(capsys, "check", "--law", "uk", there)["on"] == "2026-12-01"
        assert on(capsys, "check", "--law", "uk", here, there)["on"] == "2026-12-01", "the last one"
        assert on(capsys, "check", "--law", "uk", old)["on"] == "2026-11-30"
        assert on(capsys, "check", "--law", "uk", "--on", "2026-11-05", there)["on"] == "2026-11-05"
        cli.main(["check", "--law", "uk", here, there])
    said = capsys.readouterr().out
    assert "here.yaml" in said and "(uk, 2026-11-30)" in said and "(uk, 2026-12-01)" in said


def test_two_texts_differ_by_the_law_of_the_new_ones_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[dt.date] = set()

    def heard(of: str, day: dt.date) -> Law:
        asked.add(day)
        return law(of, day)

    monkeypatch.setattr(rules, "law", heard)
    (tmp_path / "old.yaml").write_text("troth: 1\npolicy: larch\nas written: yes\n", "utf-8")
    (tmp_path / "new.yaml").write_text(LARCH.replace(READERS, THERE), "utf-8")
    with time_machine.travel(NIGHT, tick=False):
        on(capsys, "diff", str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml"))
    assert asked == {dt.date(2026, 12, 1)}


@pytest.mark.parametrize(("nation", "day"), [("FR", "2026-12-01"), ("Scotland", "2026-11-30"), ("", "2026-11-30")])
def test_a_draft_is_of_the_day_that_it_is_where_the_firm_is(
    nation: str, day: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "answers.toml").write_text(f'nation = "{nation}"\n', "utf-8")
    with time_machine.travel(NIGHT, tick=False):
        told = on(capsys, "init", "--answers", str(tmp_path / "answers.toml"), "--out", "-")
    assert f"edition: {{date: {day}" in str(told["draft"])
