"""Exempt statistics: what a cell says, and that it says it of nobody."""

from __future__ import annotations

import datetime as dt
import os
import random
import secrets
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import time_machine
from tests.collect.conftest import Asker, made_id

from troth.collect import steps
from troth.collect.visits import Visits
from troth.parties import editions
from troth.places import events
from troth.places.events import Event

pytestmark = pytest.mark.usefixtures("committing")
MANY = int(os.environ.get("TROTH_SOAK", "40"))  # visitors beside the planted one
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1"
DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def stored(client: str) -> list[Event]:
    year = dt.timedelta(days=365)
    now = dt.datetime.now(dt.UTC)
    return list(events.store().rows(client, since=now - year, until=now + year))


def steps_of(client: str) -> list[tuple[Any, ...]]:
    """Page, the page before, whether it was the first, how many."""
    told = [(e.values["visit.page"], e.step.get("page before"), e.step["entry"], e.count) for e in stored(client)]
    return sorted(told, key=str)


def test_a_cell_says_which_page_was_before_and_which_was_the_first(at_larch: Asker) -> None:
    for page in ("/", "/walks", "/book"):
        at_larch.event({"visit.page": page})
    assert steps_of("larch") == [("/", None, True, 1), ("/book", "/walks", False, 1), ("/walks", "/", False, 1)]


def test_equal_steps_of_many_visitors_are_one_cell(at_larch: Asker) -> None:
    with time_machine.travel(dt.datetime.now(dt.UTC).replace(second=5), tick=False):
        for number in range(5):
            for page in ("/", "/walks"):
                at_larch.event({"visit.page": page}, address=f"203.0.113.{number}")
    assert steps_of("larch") == [("/", None, True, 5), ("/walks", "/", False, 5)]


def test_two_visits_in_one_network_are_told_apart_by_their_browsers_and_by_a_pause(at_larch: Asker) -> None:
    noon = dt.datetime.now(dt.UTC).replace(hour=12, minute=0)
    with time_machine.travel(noon):
        at_larch.event({"visit.page": "/a"}, user_agent=PHONE)
        at_larch.event({"visit.page": "/b"}, user_agent=DESK)
    with time_machine.travel(noon + dt.timedelta(minutes=31)):
        at_larch.event({"visit.page": "/c"}, user_agent=PHONE)
    assert [entry for _, _, entry, _ in steps_of("larch")] == [True, True, True]


def test_what_was_not_stored_and_comes_again_is_no_step(at_larch: Asker, data_folder: Path) -> None:
    at_larch.event({"visit.page": "/"})
    (path,) = (data_folder / "events" / "larch").rglob("*.db")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    body = {
        "surface": "website",
        "events": [{"id": made_id(), "fields": {"visit.page": page}} for page in ("/walks", "/book")],
    }
    assert at_larch.post(body).status == 503
    holder.execute("ROLLBACK")
    holder.close()
    assert at_larch.post(body).status == 204
    assert steps_of("larch") == [("/", None, True, 1), ("/book", "/walks", False, 1), ("/walks", "/", False, 1)]


def test_t43_yesterday_s_visits_are_joined_to_nothing_of_today() -> None:
    visits, midnight = Visits(), 20_000 * 86400.0
    whose = ("larch", "website", "203.0.113.9", DESK)
    assert visits.step(whose, "/a", midnight - 60, []) == ""
    known = set(visits._last)
    assert visits.step(whose, "/b", midnight + 60, []) == ""
    assert known.isdisjoint(visits._last), "the key of yesterday lived on"


def test_t36_visits_take_a_bounded_part_of_memory() -> None:
    visits = Visits(most=50)
    for number in range(500):
        visits.step(("larch", "website", str(number), ""), "/", 0.0, [])
    assert len(visits._last) == 50


def walked(at: Asker, pages: tuple[str, ...], **more: str) -> None:
    """One visitor's pages, one after the other."""
    events = [{"id": made_id(), "fields": {"visit.page": page}} for page in pages]
    assert at.post({"surface": "website", "events": events}, **more).status == 204


def test_t43_a_planted_visitor_is_told_apart_in_no_stored_row(at_larch: Asker, data_folder: Path) -> None:
    """One visitor with a browser and an address like no other's walks among many: no byte of theirs is in a file, and
    their cells are those of anybody who takes these steps."""
    odd = "Planted/7.31 (one of its kind)"
    at = dt.datetime.now(dt.UTC).replace(hour=12, minute=0, second=0)
    walk = ("/", "/walks", "/book")
    with time_machine.travel(at, tick=False):
        for number in range(MANY):
            address = f"198.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            walked(at_larch, walk, address=address, user_agent=DESK)
        walked(at_larch, walk, address="192.0.2.77", user_agent=odd)
    every = MANY + 1
    told = [("/", None, True, every), ("/book", "/walks", False, every), ("/walks", "/", False, every)]
    assert steps_of("larch") == told
    events.store().close()
    for path in (data_folder / "events").rglob("*.db*"):
        assert b"Planted" not in path.read_bytes()
        assert b"192.0.2" not in path.read_bytes()


def test_t43_a_row_of_exempt_statistics_holds_no_address_browser_or_screen_whatever_the_policy_declares(
    at_rowan: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.collect.sites.FRESH", 0.0)
    text = (Path(__file__).parent / "policies" / "rowan.yaml").read_text()
    changed = tmp_path / "rowan.yaml"
    wide = "data: [visit.page, visit.browser, visit.referrer, net.ip], yields: statistics, smallest group: 10"
    changed.write_text(text.replace("data: visit.page, yields: statistics, smallest group: 10", wide))
    editions.publish("rowan", changed, replaces=editions.in_force("rowan").source_hash, by="")
    seen = {"visit.page": "/maps?who=ada#x", "visit.referrer": "https://search.example/?q=ada"}
    at_rowan.event(seen, user_agent=PHONE)
    (cell,) = stored("rowan")
    assert cell.values == {"visit.page": "/maps", "visit.referrer": "search.example", "visit.browser": "phone"}


def test_t43_what_is_counted_of_everybody_stands_in_no_row_with_what_keeps_the_site_safe(
    at_rowan: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.collect.sites.FRESH", 0.0)
    text = (Path(__file__).parent / "policies" / "rowan.yaml").read_text()
    changed = tmp_path / "rowan.yaml"
    safe = (
        "  keep the site up: {is: security, basis: legitimate interests, interest: to keep it up, balance: "
        "attacks balance, of: visitor, data: [net.ip, visit.browser], on device: necessary}\nstaff:"
    )
    changed.write_text(text.replace("staff:", safe, 1).replace("  net.ip: 30 days\n", "  net.ip: 12 months\n"))
    editions.publish("rowan", changed, replaces=editions.in_force("rowan").source_hash, by="")
    once = made_id()
    for _ in range(2):
        at_rowan.event({"visit.page": "/maps"}, user_agent=DESK, id=once)
    rows = [(event.uses, sorted(event.values), event.count) for event in stored("rowan")]
    assert sorted(rows) == [
        (("keep the site up",), ["net.ip"], 1),
        (("keep the site up",), ["visit.browser"], 1),
        (("see which pages help",), ["visit.page"], 1),
    ]


@pytest.mark.parametrize(
    ("agent", "sort"),
    [
        (PHONE, "phone"),
        (DESK, "computer"),
        ("Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X)", "tablet"),
        ("Mozilla/5.0 (Linux; Android 16; SM-X710)", "tablet"),
        ("Mozilla/5.0 (Linux; Android 16; Pixel 10) Mobile Safari", "phone"),
        ("Googlebot/2.1", "program"),
        ("curl/8.1", "program"),
        ("", "computer"),
    ],
)
def test_of_a_browser_a_cell_says_what_sort_of_thing_it_runs_on(agent: str, sort: str) -> None:
    assert steps.device_class(agent) == sort == steps.device_class(steps.software(agent))


def test_t43_random_walks_leave_cells_that_add_up_to_what_came_in(at_larch: Asker) -> None:
    """Exits are views less onward steps: that is only true when every view is in one cell and every step leads on."""
    pages = ["/", "/walks", "/book", "/lake"]
    views = 0
    for _ in range(12):
        agent = secrets.token_hex(4)
        for _ in range(random.randint(1, 5)):
            at_larch.event({"visit.page": random.choice(pages)}, user_agent=agent)
            views += 1
    told = steps_of("larch")
    assert sum(count for *_, count in told) == views
    assert sum(count for _, _, entry, count in told if entry) == 12
    onward = sum(count for _, before, _, count in told if before)
    assert views - onward == 12
