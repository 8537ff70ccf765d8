"""What a visitor or a script may try at the door, and what it gets them."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from tests.collect.conftest import Asker, made_id

from troth.collect import choosing, consent, limits
from troth.collect.buffer import Buffer
from troth.collect.door import Door
from troth.collect.sites import Sites
from troth.parties import editions, tenancy
from troth.people import choices
from troth.places import events
from troth.places.events import Event, Lot
from troth.policy.plan import Plan

pytestmark = pytest.mark.usefixtures("committing")
Counted = Callable[[str], dict[str, int]]
SEEN = {"visit.referrer": "https://a.example/"}
OMONO = Path(__file__).parents[2] / "policies" / "omono" / "policy.yaml"


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    yield
    limits.answers.clear()
    limits.forms.clear()


def stored(client: str) -> list[Event]:
    far = dt.timedelta(days=365)
    now = dt.datetime.now(dt.UTC)
    return list(events.store().rows(client, since=now - far, until=now + far))


def followed() -> list[Event]:
    return [event for event in stored("rowan") if "visit.referrer" in event.values]


def the_yes(client: str) -> list[str]:
    return [key for key, switch in editions.in_force(client).plan.switches.items() if switch.device and switch.opens]


def said_yes(at: Asker) -> str:
    return str(at.answer(at.ask(), yes=the_yes(at.client)).json()["token"])


def publish_asking(words: str, tmp_path: Path) -> None:
    """A new edition of rowan's policy that asks in other words."""
    changed = tmp_path / "rowan.yaml"
    text = (Path(__file__).parent / "policies" / "rowan.yaml").read_text()
    text = text.replace("visit.*: 12 months", "visit.*: 11 months")
    changed.write_text(text.replace("May we follow your visit from page to page?", words))
    editions.publish("rowan", changed, replaces=editions.in_force("rowan").source_hash, by="")


# Choices -----------------------------------------------------------------------------------------------------------


def test_t34_an_answer_to_a_question_that_was_put_to_another_browser_is_no_choice(at_rowan: Asker) -> None:
    mine, theirs = said_yes(at_rowan), said_yes(at_rowan)
    asked = at_rowan.ask(theirs)
    assert at_rowan.answer(asked, no=the_yes("rowan"), token=mine).status == 409
    assert at_rowan.answer(asked, no=the_yes("rowan")).status == 409
    said = choices.of_browser("rowan", consent.browser_of("rowan", theirs))
    assert [one.state for one in said] == [True]
    assert at_rowan.answer(asked, no=the_yes("rowan"), token=theirs).status == 200


def test_t34_an_answer_under_an_older_edition_s_question_is_no_choice(
    at_rowan: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.collect.sites.FRESH", 0.0)
    asked = at_rowan.ask()
    publish_asking("May we follow your visit from page to page?", tmp_path)  # all else is as it was
    assert at_rowan.answer(asked, yes=the_yes("rowan")).status == 409


def test_t34_a_page_that_shows_an_older_edition_s_words_gets_no_question_signed(
    at_rowan: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.collect.sites.FRESH", 0.0)
    hello = {"surface": "website", "hello": True, "edition": 1}
    publish_asking("May we follow your visit from page to page, please?", tmp_path)
    assert at_rowan.post(hello).status == 409
    assert at_rowan.post(hello | {"edition": 2}).status == 200


def test_t34_a_browser_with_a_name_keeps_it_when_it_answers_a_page_from_before(at_rowan: Asker) -> None:
    first, second = at_rowan.ask(), at_rowan.ask()
    token = str(at_rowan.answer(first, yes=the_yes("rowan")).json()["token"])
    later = at_rowan.answer(second, no=the_yes("rowan"), token=token).json()["token"]
    assert consent.browser_of("rowan", later) == consent.browser_of("rowan", token)
    at_rowan.event(SEEN, token=token)
    assert followed() == []


def test_t34_an_answer_on_one_surface_makes_the_yes_of_another_no_younger(door: Door, data_folder: Path) -> None:
    editions.forget_cache()
    tenancy.add("omono")
    editions.publish("omono", OMONO, replaces=None, by="")
    plan = editions.in_force("omono").plan

    def answer(surface: str, token: str) -> str:
        origin = plan.surfaces[surface].origins[0]
        carried = {"surface": surface, "token": token}
        ask = at.post(carried | {"hello": True}, path="/c/omono/e", origin=origin).json()["ask"]
        yes = [s.key for s in consent.asked(plan, surface) if s.opens]
        told = carried | {"choice": {"ask": ask, "yes": yes}}
        return str(at.post(told, path="/c/omono/e", origin=origin).json()["token"])

    at = Asker(door, "larch")
    now = time.time()
    with time_machine.travel(now - 170 * 86400):
        old = answer("website", "")
    both = consent.read(consent.Choice, "omono", answer("system", old))
    first = consent.read(consent.Choice, "omono", old)
    assert both is not None and first is not None
    assert both.yes > first.yes
    assert both.at == first.at, "the first yes would live on for half a year more than it was given for"
    with time_machine.travel(now + 20 * 86400):
        lapsed = consent.read(consent.Choice, "omono", answer("system", old))
    assert lapsed is not None
    asked_again = {switch.key for switch in consent.asked(plan, "system")}
    assert lapsed.yes <= asked_again, "a yes that had lapsed came back"
    assert not first.yes <= asked_again


def test_t34_a_look_up_that_a_withdrawal_overtakes_is_not_remembered(
    at_rowan: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = said_yes(at_rowan)
    asked = at_rowan.ask(token)
    real = choosing.facts_in_thread

    def overtaken(client: str, plan: Plan, browser: str) -> Any:
        found = real(client, plan, browser)
        force = editions.in_force("rowan")
        no = choosing.Answer(
            ask=asked, yes=[], no=the_yes("rowan"), gpc=False, token=token, how="banner", now=time.time()
        )
        choosing.settle("rowan", force.number, force.plan, no)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(choosing, "facts_in_thread", overtaken)
        at_rowan.event(SEEN, token=token)
    before = len(followed())
    at_rowan.event(SEEN, token=token)
    assert len(followed()) == before


def test_t34_a_yes_holds_no_longer_than_the_policy_says(at_rowan: Asker, counted: Counted) -> None:
    now = time.time()
    with time_machine.travel(now - 181 * 86400):
        token = said_yes(at_rowan)
    at_rowan.event(SEEN, token=token)
    assert followed() == []
    assert "forged-choice" not in counted("rowan"), "it was ours, it only lapsed"


# Replays -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", ["2026-11-26T00:00:00+00:00", "2026-12-01T00:00:00+00:00"])
def test_t35_a_retry_across_midnight_or_the_month_s_end_is_stored_once(
    at_larch: Asker, counted: Counted, turn: str
) -> None:
    midnight = dt.datetime.fromisoformat(turn)
    late = midnight - dt.timedelta(seconds=5)
    once = f"{int(late.timestamp() * 1000):012x}{'ab' * 10}"
    for after in (0, 10, 3600, 47 * 3600):
        with time_machine.travel(late + dt.timedelta(seconds=after)):
            assert at_larch.event({"visit.page": "/walks"}, id=once).status == 204
    assert counted("larch") == {"stored": 1, "replay": 3}


@pytest.mark.parametrize("turn", ["2026-11-26T00:00:00+00:00", "2026-12-01T00:00:00+00:00"])
def test_t35_what_follows_a_browser_is_stored_once_across_midnight_or_the_month_s_end_too(
    at_rowan: Asker, turn: str
) -> None:
    midnight = dt.datetime.fromisoformat(turn)
    late = midnight - dt.timedelta(seconds=5)
    once = f"{int(late.timestamp() * 1000):012x}{'ab' * 10}"
    with time_machine.travel(late):
        token = said_yes(at_rowan)
    for after in (1, 10, 3600, 47 * 3600):
        with time_machine.travel(late + dt.timedelta(seconds=after)):
            assert at_rowan.event(SEEN, id=once, token=token).status == 204
    assert len(followed()) == 1


def test_t35_ids_that_somebody_took_first_block_no_browser_that_may_be_followed(
    at_rowan: Asker, counted: Counted
) -> None:
    token, once = said_yes(at_rowan), made_id()
    at_rowan.event({"visit.page": "/taken"}, id=once)
    at_rowan.event(SEEN, id=once, token=said_yes(at_rowan))
    at_rowan.event(SEEN, id=once, token=token)
    assert len(followed()) == 2


def test_t35_a_clock_an_hour_ahead_of_ours_is_no_way_around_the_list(at_larch: Asker, counted: Counted) -> None:
    midnight = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    ahead = f"{int((midnight + dt.timedelta(minutes=20)).timestamp() * 1000):012x}{'cd' * 10}"
    for minutes in (-30, 5):
        with time_machine.travel(midnight + dt.timedelta(minutes=minutes)):
            at_larch.event({"visit.page": "/walks"}, id=ahead)
    assert counted("larch") == {"stored": 1, "replay": 1}


# Floods ------------------------------------------------------------------------------------------------------------


async def ask_slowly(door: Door, body: bytes, receive: Any) -> int:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"door.example"), (b"content-length", str(len(body)).encode())]
    scope = {"method": "POST", "path": "/c/larch/e", "client": ("203.0.113.9", 1), "headers": headers}
    await door(scope, receive, send)
    return int(sent[0]["status"])


def test_t36_a_body_that_does_not_come_is_not_waited_for(
    at_larch: Asker, monkeypatch: pytest.MonkeyPatch, counted: Counted
) -> None:
    monkeypatch.setattr("troth.collect.door.PATIENCE", 0.05)

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    assert asyncio.run(ask_slowly(at_larch.door, b"x" * 50, never)) == 408
    at_larch.event({"visit.page": "/walks"})
    assert counted("larch") == {"malformed": 1, "stored": 1}


def test_t36_what_all_senders_together_hold_in_memory_is_bounded_and_given_back(
    at_larch: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.collect.door.MOST_HELD", 100_000)

    async def both() -> list[int]:
        gate = asyncio.Event()

        def sender() -> Any:
            parts = iter([{"type": "http.request", "body": b"x" * 60_000, "more_body": True}])

            async def receive() -> dict[str, Any]:
                if (part := next(parts, None)) is not None:
                    return part
                await gate.wait()
                return {"type": "http.request", "body": b"", "more_body": False}

            return receive

        first = asyncio.create_task(ask_slowly(at_larch.door, b"x" * 60_000, sender()))
        while at_larch.door._held < 60_000:
            await asyncio.sleep(0.01)
        second = asyncio.create_task(ask_slowly(at_larch.door, b"x" * 60_000, sender()))
        status = await second
        gate.set()
        return [await first, status]

    assert asyncio.run(both()) == [400, 503]
    assert at_larch.event({"visit.page": "/walks"}).status == 204
    assert at_larch.door._held == 0


def test_t36_who_comes_too_often_is_turned_away_before_anything_is_looked_up(
    larch: str, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    real = Sites.look

    def look(self: Sites, key: str) -> Any:
        looked.append(key)
        return real(self, key)

    monkeypatch.setattr(Sites, "look", look)
    slow = Door(rate=0.001, burst=3)
    slow.start()
    made_up = [Asker(slow, "larch").post({}, path=f"/c/nobody-{n}/e").status for n in range(6)]
    slow.stop()
    assert made_up == [404, 404, 404, 429, 429, 429]
    assert len(looked) == 3


def test_t36_made_up_names_push_no_client_out_of_the_door_s_memory(
    at_larch: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.collect.sites.MOST", 5)
    at_larch.event({"visit.page": "/walks"})
    sites = at_larch.door._sites
    there = sites.known("larch")
    for number in range(20):
        at_larch.post({}, path=f"/c/nobody-{number}/e")
    assert sites.known("larch") is there is not None
    assert len(sites._nobody) <= 6


def test_t36_tokens_that_we_did_not_sign_take_no_memory_and_no_look_up(at_larch: Asker) -> None:
    for number in range(20):
        at_larch.event({"visit.page": "/walks"}, token=f"{number}" + "x" * 20_000 + ".y")
    assert len(at_larch.door._heard) == len(at_larch.door._tokens) == 0


def test_t36_answers_come_slower_than_events_since_each_is_a_row_for_years(
    at_rowan: Asker, monkeypatch: pytest.MonkeyPatch, counted: Counted
) -> None:
    monkeypatch.setattr(limits, "answers", limits.Flood(0.001, 2))
    statuses = [at_rowan.answer(at_rowan.ask(), yes=the_yes("rowan")).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert at_rowan.event({"visit.page": "/maps"}).status == 204
    assert counted("rowan") == {"flood": 1, "stored": 1}


def test_t36_the_buffer_counts_rows_and_not_requests(data_folder: Path, at_larch: Asker) -> None:
    buffer = Buffer(events.store(), most_waiting=100)  # its thread is not started, so nothing leaves
    (row,) = rows_of(at_larch)

    async def fill() -> list[bool]:
        crowd = [asyncio.create_task(buffer.put(Lot(client="loud", rows=[row] * 20, counts={}))) for _ in range(5)]
        await asyncio.sleep(0)
        waits = [not task.done() for task in crowd]
        for task in crowd:
            task.cancel()
        return waits

    assert asyncio.run(fill()) == [True, True, False, False, False]


def rows_of(at: Asker) -> list[Any]:
    """The rows that an event becomes."""
    from troth.collect.lens import Seen
    from troth.collect.steps import Event as Sent

    at.event({"visit.page": "/walks"})
    site = at.door._sites.known("larch")
    assert site is not None
    lens = site.lens("website")
    assert lens is not None
    sent = Sent(id=made_id(), fields={"visit.page": "/walks"})
    return lens.take(sent, seen=Seen(origin="https://www.larch.example"), now=time.time(), counts={})


@pytest.mark.parametrize("events_sent", [51, 500])
def test_t36_more_events_than_a_request_may_hold_are_refused_whole(at_larch: Asker, events_sent: int) -> None:
    many = [{"id": made_id(), "fields": {}} for _ in range(events_sent)]
    assert at_larch.post({"surface": "website", "events": many}).status in (400, 413)
    assert stored("larch") == []


# What goes wrong inside ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["http://[", "https://[::1", "http://\u2100.example/", "//", "http://a b/"])
def test_an_address_that_is_none_brings_nothing_down(at_larch: Asker, at_rowan: Asker, address: str) -> None:
    referer = address.encode("utf-8").decode("latin-1")
    assert at_larch.event({"visit.page": "/walks"}, origin="", referer=referer).status == 204
    assert at_rowan.event({"visit.referrer": address}, token=said_yes(at_rowan)).status == 204
    assert at_larch.event({"visit.page": "/walks"}).status == 204


def test_a_sandboxed_frame_comes_from_nowhere_whatever_it_refers_to(at_larch: Asker, counted: Counted) -> None:
    at_larch.event({"visit.page": "/walks"}, origin="null", referer="https://www.larch.example/")
    at_larch.event({"visit.page": "/walks"}, origin="", referer="https://www.larch.example/walks")
    assert counted("larch") == {"wrong-origin": 1, "stored": 1}


@pytest.mark.parametrize("where", ["troth.collect.sites._look", "troth.collect.choosing.facts_in_thread"])
def test_a_database_that_cannot_be_read_is_503_and_afterwards_the_door_goes_on(
    at_rowan: Asker, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr("troth.collect.sites.FRESH", 0.0)
    token, once = said_yes(at_rowan), made_id()

    def locked(*args: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(where, locked)
        assert at_rowan.event(SEEN, id=once, token=token).status == 503
    assert followed() == []
    assert at_rowan.event(SEEN, id=once, token=token).status == 204
    assert len(followed()) == 1


def test_a_disk_that_does_not_answer_stops_events_and_not_the_thread_that_writes_them(
    at_larch: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("troth.collect.limits.shutil.disk_usage", gone)
        assert at_larch.event({"visit.page": "/walks"}).status == 503
    at_larch.door.buffer.floor._looked = float("-inf")
    assert at_larch.event({"visit.page": "/walks"}).status == 204


def test_what_was_turned_away_is_counted_though_no_event_comes_after_it(
    at_larch: Asker, monkeypatch: pytest.MonkeyPatch, counted: Counted
) -> None:
    monkeypatch.setattr("troth.collect.buffer.NOTED", 0.02)
    at_larch.post(b"{")
    for _ in range(200):
        if (found := counted("larch")) == {"malformed": 1}:
            break
        time.sleep(0.02)
    assert found == {"malformed": 1}


def test_what_was_turned_away_is_counted_when_the_server_stops(larch: str, door: Door, counted: Counted) -> None:
    other = Door()
    other.start()
    Asker(other, "larch").post(b"{")
    other.stop()
    assert counted("larch") == {"malformed": 1}


def test_a_count_is_written_once_though_the_events_beside_it_were_not_stored(
    at_larch: Asker, at_rowan: Asker, data_folder: Path, counted: Counted
) -> None:
    at_larch.event({"visit.page": "/"})
    (path,) = (data_folder / "events" / "larch").rglob("*.db")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    at_rowan.post(b"{")
    assert at_larch.event({"visit.page": "/walks"}).status == 503
    holder.execute("ROLLBACK")
    holder.close()
    at_rowan.event({"visit.page": "/maps"})
    assert counted("rowan") == {"malformed": 1, "stored": 1}


def test_t50_a_client_s_token_question_and_page_are_nothing_at_another_client_s_door(
    at_larch: Asker, at_rowan: Asker, counted: Counted
) -> None:
    token = said_yes(at_rowan)
    at_larch.event({"visit.page": "/walks"}, token=token)
    assert counted("larch") == {"stored": 1, "forged-choice": 1}
    assert at_larch.answer(at_rowan.ask(token), yes=the_yes("rowan"), token=token).status == 409
    at_larch.event({"visit.page": "/walks"}, origin="https://www.rowan.example")
    assert counted("larch")["wrong-origin"] == 1
    at_larch.event({"visit.page": "/walks"}, token=said_yes(at_rowan), id=made_id())
    assert events.store().find("larch", [consent.browser_of("rowan", token)]) == []


def test_t37_below_the_floor_nobody_answers_for_the_first_time_and_a_yes_can_still_be_taken_back(
    larch: str, rowan: str, door: Door
) -> None:
    token = said_yes(Asker(door, "rowan"))
    full = Door(rate=1000, floor=2**62)
    full.start()
    at = Asker(full, "rowan")
    assert at.event({"visit.page": "/maps"}).status == 503
    assert at.answer(at.ask(), yes=the_yes("rowan")).status == 503
    assert at.answer(at.ask(token), no=the_yes("rowan"), token=token).status == 200
    full.stop()
    assert json.dumps(sorted(choices.facts_of_browser("rowan", consent.browser_of("rowan", token)).yes)) == "[]"


def test_t09_who_guesses_an_address_or_a_browser_finds_neither_in_a_copy_of_the_folder(
    at_rowan: Asker, data_folder: Path
) -> None:
    """All IPv4 addresses are tried in an hour: neither an event, nor a choice is found under a hash of one."""
    from tests.faults.test_key_copies import files, guesses

    address, agent = "203.0.113.77", "Planted/7.31 (one of its kind)"
    token = said_yes(at_rowan)
    browser = consent.browser_of("rowan", token)
    at_rowan.event(SEEN, token=token, address=address, user_agent=agent)
    at_rowan.event({"visit.page": "/maps"}, address=address, user_agent=agent)
    assert len(followed()) == 1
    events.store().close()
    database = Path(connection.settings_dict["NAME"])
    everything = b"".join(
        [*files(data_folder).values(), *(one.read_bytes() for one in database.parent.glob("test.db*"))]
    )
    assert b"people_choice" in everything and b"CREATE TABLE event(" in everything
    assert [name for name, digest in guesses(address, browser, agent) if digest in everything] == []
    assert browser.encode() not in everything and bytes.fromhex(browser) not in everything
