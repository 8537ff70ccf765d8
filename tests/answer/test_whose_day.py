"""Whose day it is: who asks at half past eleven at night has asked on that day, on page, letter, clock and receipt."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from tests.answer.houses import LARCH, living, published
from tests.answer.planting import Mailbox, say, walker, work

from troth import gate
from troth.answer import (
    access,
    amend,
    complaining,
    exporting,
    happening,
    heard,
    identity,
    letters,
    limits,
    questions,
    reckoning,
    refusing,
    requests,
    weighing,
)
from troth.cli import main
from troth.collect import forms
from troth.keep import erasure
from troth.parties import days, editions, staff, tenancy
from troth.people import own, standing
from troth.policy.problems import Trouble
from troth.prove import report

pytestmark = pytest.mark.django_db(transaction=True)
ADA, ONE, TWO = "ada@quill.example", "a" * 16, "b" * 16
NIGHTS = {
    "maple": ("America/New_York", dt.datetime(2026, 11, 26, 4, 30, tzinfo=dt.UTC), "25 November 2026", "23:30"),
    "kauri": ("Pacific/Auckland", dt.datetime(2026, 11, 26, 10, 30, tzinfo=dt.UTC), "26 November 2026", "23:30"),
    "teak": ("Pacific/Auckland", dt.datetime(2026, 11, 25, 11, 30, tzinfo=dt.UTC), "26 November 2026", "00:30"),
    "oak": ("America/St_Johns", dt.datetime(2026, 7, 1, 2, 0, tzinfo=dt.UTC), "30 June 2026", "23:30"),
    "ash": ("Europe/London", dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC), "1 July 2026", "00:30"),
}
"""Each client with its zone, the moment at which somebody asks, and what its clocks and its calendar show then."""
NAMES = sorted(NIGHTS)


@pytest.fixture
def client(request: pytest.FixtureRequest, on_disk: Path, tmp_path: Path) -> str:
    name = str(request.param)
    return living(name, NIGHTS[name][0], tmp_path)


def post(came: dt.date) -> heard.Entered:
    return heard.Entered("access", "post", came, "Ada", known=f"email={ADA}", post="12 Mill Lane")


def at(client: str) -> Any:
    return time_machine.travel(NIGHTS[client][1], tick=False)


@pytest.mark.parametrize("language", ["", "en"])
@pytest.mark.parametrize("client", NAMES, indirect=True)
def test_an_erasure_bears_the_persons_day_in_letter_and_receipt(client: str, language: str, mailbox: Mailbox) -> None:
    _, _, day, _ = NIGHTS[client]
    with at(client):
        person = walker(client, ADA, "Ada", letter="a red glove")
        reference = requests.open_request(client, person, "erase", letter=True).reference
        requests.remember(client, reference, {"address": ADA, "language": language})
        erasure.erase(client, person, reference)
        work()
        with letters.theirs(client, reference):
            receipt = letters.as_html(client, reference)
    assert f"you asked on {day}" in mailbox.text()
    assert receipt.count(day) >= 3  # when it was written, when they asked, and when each place answered
    assert not [other for _, _, other, _ in NIGHTS.values() if other != day and other in receipt]


@pytest.mark.parametrize("client", NAMES, indirect=True)
def test_letters_name_the_persons_day_whoever_sends_them(client: str) -> None:
    _, _, day, _ = NIGHTS[client]
    with at(client):
        person = walker(client, ADA, "Ada")
        reference = requests.open_request(client, person, "access").reference
        number = refusing.propose(client, reference, "extend", ground="complex", because="Much.", by=ONE)
        said = refusing.letter(client, number)[1]
        asked = requests.find(client, reference)
        assert asked is not None
        assert f"On {day} you asked" in said
        until = [days.of(client, asked.due), days.of(client, reckoning.longer(client, asked))]
        assert all(f"{one.day} {one:%B %Y}" in said for one in until)


@pytest.mark.parametrize("client", ["maple", "teak"], indirect=True)
def test_every_other_letter_names_it_too(client: str, mailbox: Mailbox) -> None:
    _, moment, day, _ = NIGHTS[client]
    with at(client):
        person = walker(client, ADA, "Ada", letter="a red glove")
        complaint = complaining.open_one(client, 0, {"why": "You sold my umbrella.", "address": ADA}, source="page")
        assert f"On {day} we received" in complaining.letter(client, complaint, "had")[1]
        heard.register(client, post(days.of(client, moment)), by=ONE)
        (asked,) = [one for one in requests.of_client(client) if one.right == "access"]
        questions.ask(
            client, asked.reference, "identity", words="Who?", doubt="No.", by=ONE, on=days.of(client, moment)
        )
        assert f"Your request of {day} has" in questions.letter(client, asked.reference, "identity")[1]
        visitor = identity.Visitor(client=client, person=person, persons=frozenset({person}))
        objection = amend.stop(client, visitor, "object", "No.").reference
        weighing.settle(client, objection, lift=False, because="You are right.", actor=ONE)
        work()
    sent = [mailbox.text(number) for number in range(len(mailbox.letters))]
    assert [text for text in sent if f"On {day} you asked" in text]


@pytest.mark.parametrize("client", ["maple", "teak"], indirect=True)
def test_what_somebody_said_or_did_bears_the_day_on_which_they_did_it(client: str) -> None:
    zone, moment, day, _ = NIGHTS[client]
    today = days.of(client, moment)
    with at(client):
        person = walker(client, ADA, "Ada", letter="a red glove")
        say(client, person, True)
        assert any(f"You said yes on {day}." in repr(one) for one in amend.switches(client, frozenset({person})))
        with pytest.raises(Trouble, match="has not come"):
            happening.tell(client, f"email={ADA}", "answered", (today + dt.timedelta(days=1)).isoformat(), by=ONE)
        happening.tell(client, f"email={ADA}", "walk is over", (today - dt.timedelta(days=2)).isoformat(), by=ONE)
        happening.tell(client, f"email={ADA}", "answered", today.isoformat(), by=ONE)
    told = {moment: at.astimezone(ZoneInfo(zone)) for moment, at in standing.moments(client, person).items()}
    assert told["walk is over"] == dt.datetime.combine(today - dt.timedelta(days=2), dt.time.max, ZoneInfo(zone))
    assert told["answered"] == moment
    shown = {one.value for one in own.told_of_them(client, [person])}
    assert {value.lower() for value in shown} >= {day.lower()}


def test_what_a_law_keeps_is_kept_until_a_day_there(on_disk: Path, tmp_path: Path) -> None:
    client = living("maple", NIGHTS["maple"][0], tmp_path, LARCH)
    with at(client):
        person = walker(client, ADA, "Ada")
        reference = requests.open_request(client, person, "erase").reference
        erasure.erase(client, person, reference)
        work()
        progress = erasure.progress(client, reference)
    assert progress is not None
    kept = [one.until for receipt in progress.receipts for one in receipt.kept if "law makes us" in one.why]
    assert kept and {"2032-11-25", "until 25 November 2032"} & set(kept)


def test_the_same_person_looks_again_on_a_later_day_of_the_firm(on_disk: Path, tmp_path: Path) -> None:
    """Half past eleven at night in New York is the next day in London, and not yet there."""
    client = living("maple", NIGHTS["maple"][0], tmp_path)
    staff.add("one@maple.example", client, "privacy desk")
    (alone,) = staff.of(client)
    night = NIGHTS["maple"][1]
    evening = night - dt.timedelta(hours=5)
    with time_machine.travel(night, tick=False):
        assert not staff.may_agree(client, alone.ref, alone.ref, evening)
    with time_machine.travel(night + dt.timedelta(hours=1), tick=False):
        assert staff.may_agree(client, alone.ref, alone.ref, evening)


@pytest.mark.parametrize("client", NAMES, indirect=True)
def test_the_clock_runs_from_the_local_day_to_the_end_of_a_local_day(client: str) -> None:
    _, moment, _, _ = NIGHTS[client]
    with at(client):
        asked = requests.open_request(client, walker(client, ADA, "Ada"), "access")
    local = days.local(client, asked.due)
    assert local.time() == dt.time(23, 59, 59)
    day = days.of(client, moment)
    assert local.date() >= day.replace(month=day.month % 12 + 1, year=day.year + day.month // 12)
    assert local.date() - day < dt.timedelta(days=36)


@pytest.mark.parametrize("client", NAMES, indirect=True)
def test_the_page_says_the_hour_and_whose_it_is(client: str, browser: Client, mailbox: Mailbox) -> None:
    zone, _, day, hour = NIGHTS[client]
    with at(client):
        person = walker(client, ADA, "Ada")
        limits.clear()
        browser.post(f"/c/{client}/you/", {"address": ADA})
        work()
        browser.post(mailbox.link(), follow=True)
        asked = requests.open_request(client, person, "access")
        page = browser.get(f"/c/{client}/you/request/{asked.reference}/").text
        downloaded = browser.get(f"/c/{client}/you/download/html/").text
    assert f"You asked on {day}." in page and f"{day}, {hour}</time>" in page
    assert f"Times are those of the time zone {zone}." in page
    assert f"on {day}, {hour}. Times are those of the time zone {zone}." in downloaded


@pytest.mark.parametrize("client", ["maple", "teak"], indirect=True)
def test_data_for_programs_stays_in_utc(client: str) -> None:
    with at(client):
        person = walker(client, ADA, "Ada")
        data = json.loads(exporting.as_json(access.gather(client, person, frozenset({person}))))
    assert data["at"] == NIGHTS[client][1].isoformat()
    assert all(one["when"].endswith("+00:00") for one in data["held"] if one["when"])


@pytest.mark.parametrize("client", NAMES, indirect=True)
def test_a_spreadsheet_has_the_hour_of_the_page_and_says_whose_it_is(
    client: str, browser: Client, mailbox: Mailbox
) -> None:
    zone, moment, _, hour = NIGHTS[client]
    with at(client):
        walker(client, ADA, "Ada")
        limits.clear()
        browser.post(f"/c/{client}/you/", {"address": ADA})
        work()
        browser.post(mailbox.link(), follow=True)
        sheet = browser.get(f"/c/{client}/you/download/csv/").text
    times = {row["when"] for row in csv.DictReader(io.StringIO(sheet)) if row["when"]}
    local = moment.astimezone(ZoneInfo(zone))
    assert times == {local.isoformat()} and f"T{hour}:00" in times.pop() and local.utcoffset() is not None


@pytest.mark.parametrize("client", ["maple", "kauri"], indirect=True)
def test_a_request_by_post_may_have_come_today_there_and_not_tomorrow(client: str) -> None:
    with at(client):
        walker(client, ADA, "Ada")
        today = days.today(client)
        said = post(today)
        with pytest.raises(Trouble) as trouble:
            heard.register(client, said._replace(came=today + dt.timedelta(days=1)), by=ONE)
        assert trouble.value.code == "wrong-day"
        reference = heard.register(client, said._replace(came=today - dt.timedelta(days=3)), by=ONE)
        asked = requests.find(client, reference)
        assert asked is not None and days.of(client, asked.opened) == today - dt.timedelta(days=3)


def test_a_day_that_was_counted_under_an_earlier_edition_was_counted_well(on_disk: Path, tmp_path: Path) -> None:
    """Noon in London is another day in Auckland: the promise of every channel does not break when the firm moves."""
    published("larch", LARCH, tmp_path)
    walker("larch", ADA, "Ada")
    said = post(days.today("larch"))
    heard.register("larch", said._replace(came=said.came - dt.timedelta(days=3)), by=ONE)
    moved = tmp_path / "moved.yaml"
    moved.write_text(LARCH.replace("readers in: GB", "time zone: Pacific/Auckland, readers in: GB"))
    editions.publish("larch", moved, replaces=editions.in_force("larch").mark, by="tests")
    assert str(days.zone("larch")) == "Pacific/Auckland"
    broken = {one.promise for one in report.run("larch").findings if one.state == "broken"}
    assert "always/every channel is heard" not in broken


def test_two_clients_of_one_installation_have_each_their_day(on_disk: Path, tmp_path: Path) -> None:
    for name in ("kauri", "maple"):
        living(name, NIGHTS[name][0], tmp_path)
    tenancy.add("bare")
    with time_machine.travel(dt.datetime(2026, 11, 26, 4, 30, tzinfo=dt.UTC), tick=False):
        found = {name: days.today(name).day for name in ("kauri", "maple", "bare")}
    assert found == {"kauri": 26, "maple": 25, "bare": 26}


def test_the_command_lists_requests_by_their_local_days(
    on_disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = living("maple", NIGHTS["maple"][0], tmp_path)
    with at(client):
        walker(client, ADA, "Ada")
        said = post(days.today(client))
        heard.register(client, said, by=ONE)
        assert main(["hear", "--client", client, "list", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["requests"]
    assert one["came"] == "2026-11-25" and one["due"] == "2026-12-29"


@pytest.mark.parametrize("client", ["maple", "teak"], indirect=True)
def test_the_gate_is_asked_for_the_day_of_the_client(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a paper would lapse for a form, or for somebody's own page, on another day than it does."""
    _, moment, _, _ = NIGHTS[client]
    asked, real = list[dt.date](), gate.must
    monkeypatch.setattr(gate, "must", lambda act, **more: asked.append(act.day) or real(act, **more))
    with at(client):
        person = walker(client, ADA, "Ada")
        asked.clear()
        plan = editions.in_force(client).plan
        booked = {"booking.name": "Ada", "booking.email": ADA, "booking.walk": "Mendip ridge"}
        forms._write(client, 1, person, plan.points["booking"], "run the walk you booked", booked)
        access.gather(client, person, frozenset({person}))
    assert len(asked) >= 2 and set(asked) == {days.of(client, moment)}
