"""What comes in at the door, what does not, and that nobody outside can tell the two apart."""

from __future__ import annotations

import asyncio
import datetime as dt
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.collect.conftest import Asker, made_id

from troth.collect import intake
from troth.collect.buffer import Buffer
from troth.collect.door import Door
from troth.collect.models import Submission
from troth.ledger import tree
from troth.parties import editions, tenancy
from troth.places import events
from troth.places.events import Event, Lot

pytestmark = pytest.mark.usefixtures("committing")
Counted = Callable[[str], dict[str, int]]


def stored(client: str) -> list[Event]:
    """Every event, those of a cell one by one."""
    year = dt.timedelta(days=365)
    now = dt.datetime.now(dt.UTC)
    found = events.store().rows(client, since=now - year, until=now + year)
    return [event for event in found for _ in range(event.count)]


def the_yes(client: str) -> list[str]:
    return [key for key, switch in editions.in_force(client).plan.switches.items() if switch.device and switch.opens]


def test_a_page_view_is_stored_for_exempt_statistics_and_follows_nobody(at_larch: Asker, counted: Counted) -> None:
    assert at_larch.event({"visit.page": "/walks"}).status == 204
    (event,) = stored("larch")
    assert event.values == {"visit.page": "/walks"}
    assert event.at % 60 == 0
    assert event.uses == ("see which pages help",)
    assert counted("larch") == {"stored": 1}


def test_no_time_finer_than_a_minute_stands_in_a_row_that_follows_nobody(at_larch: Asker, data_folder: Path) -> None:
    at_larch.event({"visit.page": "/walks"})
    (path,) = (data_folder / "events" / "larch").rglob("*.db")
    db = sqlite3.connect(path)
    ((scope, event, who),) = db.execute("SELECT scope, id, who FROM event").fetchall()
    ids = [event, *(one for (one,) in db.execute("SELECT id FROM seen"))]
    times = [at for (at,) in db.execute("SELECT at FROM event UNION ALL SELECT at FROM batch")]
    db.close()
    assert (scope, who) == (b"", None)
    assert [int.from_bytes(one[:6], "big") % 60_000 for one in ids] == [0, 0]
    assert [at % 60 for at in times] == [0, 0]


def test_an_event_with_one_undeclared_field_is_stored_without_it(at_larch: Asker, counted: Counted) -> None:
    at_larch.event({"visit.page": "/walks", "visit.mood": "cheerful", "booking.email": "ada@post.example"})
    assert [event.values for event in stored("larch")] == [{"visit.page": "/walks"}]
    assert counted("larch") == {"stored": 1, "undeclared field": 2}


def publish_needing(needs: str, tmp_path: Path) -> None:
    """A new edition of rowan's policy, whose page views need a field."""
    text = (Path(__file__).parent / "policies" / "rowan.yaml").read_text()
    may = sorted({"visit.page", "visit.referrer", "visit.browser", "visit.id", "net.ip"} - {needs})
    changed = tmp_path / "rowan.yaml"
    changed.write_text(
        text.replace('may: ["visit.*", net.ip]', f"needs: {needs}, why: Else it says nothing, may: [{', '.join(may)}]")
    )
    editions.publish("rowan", changed, replaces=editions.in_force("rowan").source_hash, by="")


def test_an_event_that_lacks_what_its_point_needs_is_dropped_and_counted(
    at_rowan: Asker, counted: Counted, tmp_path: Path
) -> None:
    publish_needing("visit.page", tmp_path)
    token = at_rowan.answer(at_rowan.ask(), yes=the_yes("rowan")).json()["token"]
    for page in (None, "", "/" + "x" * 9000):
        reply = at_rowan.event({"visit.page": page, "visit.referrer": "https://a.example/"}, token=token)
        assert reply.status == 204
    at_rowan.event({"visit.page": "/maps"})
    assert [event.values for event in stored("rowan")] == [{"visit.page": "/maps"}]
    assert counted("rowan") == {"incomplete": 3, "shapeless field": 1, "stored": 1}


def test_what_a_point_needs_and_nobody_said_yes_to_is_no_event_at_all(
    at_rowan: Asker, counted: Counted, tmp_path: Path
) -> None:
    publish_needing("visit.referrer", tmp_path)
    at_rowan.event({"visit.page": "/maps", "visit.referrer": "https://a.example/"})
    assert stored("rowan") == []
    assert counted("rowan") == {"no-consent": 1}


def test_what_is_never_stored_is_not(at_larch: Asker, data_folder: Path) -> None:
    at_larch.event({"visit.page": "/walks", "visit.ip": "203.0.113.77"})
    events.store().close()
    for path in (data_folder / "events").rglob("*"):
        assert path.is_dir() or b"203.0.113" not in path.read_bytes()


def test_without_a_yes_only_what_is_exempt_is_stored(at_rowan: Asker, counted: Counted) -> None:
    reply = at_rowan.event({"visit.page": "/maps", "visit.referrer": "https://search.example/?q=x"})
    assert reply.status == 204
    assert [event.values for event in stored("rowan")] == [{"visit.page": "/maps"}]
    assert counted("rowan") == {"stored": 1, "field without a yes": 1}


def test_a_yes_opens_what_was_asked_for_and_a_later_no_shuts_it(at_rowan: Asker) -> None:
    token = at_rowan.answer(at_rowan.ask(), yes=the_yes("rowan")).json()["token"]
    seen = {"visit.page": "/maps", "visit.referrer": "https://search.example/?q=x"}
    at_rowan.event(seen, token=token, user_agent="Browser/1.0")
    page, cell = [event for event in stored("rowan") if event.rule == "visit.*"]
    assert cell.values == {"visit.page": "/maps"}, "what is counted of everybody stands apart from who said yes"
    assert (page.uses, cell.uses) == (("follow a visit from page to page",), ("see which pages help",))
    assert page.values["visit.referrer"] == "search.example"
    assert page.values["visit.browser"] == "Browser/1.0"
    (net,) = [event for event in stored("rowan") if event.rule == "net.ip"]
    assert net.values == {"net.ip": "203.0.113.0/24"}
    again = at_rowan.post({"surface": "website", "hello": True, "token": token}).json()["ask"]
    body = {"surface": "website", "token": token, "choice": {"ask": again, "no": the_yes("rowan")}}
    at_rowan.event(seen, token=at_rowan.post(body).json()["token"])
    assert [event.values for event in stored("rowan")].count({"visit.page": "/maps"}) == 2


def test_t34_a_token_from_before_a_withdrawal_stands_for_nothing_any_more(at_rowan: Asker) -> None:
    seen = {"visit.referrer": "https://a.example/"}
    old = at_rowan.answer(at_rowan.ask(), yes=the_yes("rowan")).json()["token"]
    at_rowan.event(seen, token=old)
    before = len(stored("rowan"))
    assert before > 0
    at_rowan.answer(at_rowan.ask(old), no=the_yes("rowan"), token=old)
    at_rowan.event(seen, token=old)
    assert len(stored("rowan")) == before


def test_a_new_edition_binds_at_once_and_an_old_tag_is_judged_by_the_stricter_of_both(
    at_larch: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[1] / "policies" / "larch.yaml").read_text()
    changed = tmp_path / "larch.yaml"
    changed.write_text(
        text.replace("  visit.page: pages seen\n", "  visit.page: {is: pages seen, as: no identifiers}\n")
    )
    at_larch.event({"visit.page": "/walks/1234567"})
    monkeypatch.setattr("troth.collect.sites.FRESH", 0.0)
    force = editions.in_force("larch")
    assert editions.publish("larch", changed, replaces=force.source_hash, by="").number == 2
    at_larch.event({"visit.page": "/walks/1234567"})
    body = {
        "surface": "website",
        "edition": 1,
        "events": [{"id": made_id(), "fields": {"visit.page": "/walks/7654321"}}],
    }
    assert at_larch.post(body).status == 204
    assert sorted(str(event.values["visit.page"]) for event in stored("larch")) == [
        "/walks/1234567",
        "/walks/…",
        "/walks/…",
    ]


def test_a_browser_that_said_yes_is_found_and_erased_by_its_own_name(at_rowan: Asker) -> None:
    from troth.collect import consent

    token = at_rowan.answer(at_rowan.ask(), yes=the_yes("rowan")).json()["token"]
    at_rowan.event({"visit.page": "/maps"}, token=token)
    browser = consent.browser_of("rowan", token)
    assert len(events.store().find("rowan", [browser])) == 2
    assert events.store().erase("rowan", [browser]) == 2
    assert [event.values for event in stored("rowan")] == [{"visit.page": "/maps"}], "a count that follows nobody"


def test_the_privacy_signal_is_a_no_unless_the_answer_was_given_in_its_presence(at_rowan: Asker) -> None:
    plain = at_rowan.answer(at_rowan.ask(), yes=the_yes("rowan")).json()["token"]
    at_rowan.event({"visit.referrer": "https://a.example/"}, token=plain, sec_gpc="1")
    assert stored("rowan") == []
    knowing = at_rowan.answer(at_rowan.ask(), yes=the_yes("rowan"), sec_gpc="1").json()["token"]
    at_rowan.event({"visit.referrer": "https://a.example/"}, token=knowing, sec_gpc="1")
    assert "a.example" in [event.values.get("visit.referrer") for event in stored("rowan")]


def test_an_event_from_another_site_is_dropped_with_the_reply_of_one_that_was_stored(
    at_larch: Asker, counted: Counted
) -> None:
    good = at_larch.event({"visit.page": "/walks"})
    bad = at_larch.event({"visit.page": "/walks"}, origin="https://evil.example")
    nowhere = at_larch.event({"visit.page": "/walks"}, origin="")
    assert good.status == bad.status == nowhere.status == 204
    assert good.body == bad.body == b""
    assert "access-control-allow-origin" in good.headers
    assert "access-control-allow-origin" not in bad.headers
    assert counted("larch") == {"stored": 1, "wrong-origin": 2}


def test_t35_a_replay_is_stored_once(at_larch: Asker, counted: Counted) -> None:
    once = made_id()
    assert [at_larch.event({"visit.page": "/walks"}, id=once).status for _ in range(3)] == [204, 204, 204]
    assert len(stored("larch")) == 1
    assert counted("larch") == {"stored": 1, "replay": 2}


def test_t35_an_old_event_and_one_from_the_future_are_stale(at_larch: Asker, counted: Counted) -> None:
    at_larch.event({"visit.page": "/walks"}, id=made_id(ago=49 * 3600))
    at_larch.event({"visit.page": "/walks"}, id=made_id(ago=-3 * 3600))
    assert counted("larch") == {"stale": 2}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"surface": 3}',
        b'{"surface":"website","events":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_t36_what_cannot_be_read_is_refused_and_leaves_nothing(at_larch: Asker, body: bytes) -> None:
    assert at_larch.post(body).status == 400
    assert stored("larch") == []


@pytest.mark.parametrize(
    "value", ['"\\ud800"', "1e999", "9" * 400, '"\\u0000"', "-0.0", "true", "null", '["a"]', '{"a":1}']
)
def test_strange_values_bring_nothing_down_and_the_next_event_is_stored(at_larch: Asker, value: str) -> None:
    body = f'{{"surface":"website","events":[{{"id":"{made_id()}","fields":{{"visit.page":{value}}}}}]}}'
    assert at_larch.post(body.encode()).status in (204, 400)
    assert at_larch.event({"visit.page": "/walks"}).status == 204
    assert "/walks" in [event.values["visit.page"] for event in stored("larch")]


def test_t36_a_body_without_length_or_too_long_is_refused_before_it_is_read(at_larch: Asker) -> None:
    assert at_larch.post(b"{}", content_length="").status == 411
    assert at_larch.post(b"{}", content_length="70000").status == 413
    assert at_larch.post(b"x" * 70000, content_length="5").status == 413
    assert at_larch.post(b"{}", content_encoding="gzip").status == 415


def test_what_was_turned_away_at_the_door_is_counted_with_the_next_commit(at_larch: Asker, counted: Counted) -> None:
    at_larch.post(b"{")
    at_larch.post(b"{}", content_length="70000")
    at_larch.event({"visit.page": "/walks"})
    assert counted("larch") == {"stored": 1, "malformed": 1, "oversized": 1}


def test_t36_a_flood_is_told_when_to_come_again_and_other_networks_are_served(larch: str, door: Door) -> None:
    slow = Door(rate=0.001, burst=3)
    slow.start()
    asker = Asker(slow, "larch")
    assert [asker.event({"visit.page": "/"}).status for _ in range(4)] == [204, 204, 204, 429]
    assert asker.event({"visit.page": "/"}, address="198.51.100.9").status == 204
    slow.stop()


def test_an_unknown_client_path_or_method_is_refused(at_larch: Asker) -> None:
    assert at_larch.post({}, path="/c/nobody/e").status == 404
    assert at_larch.post({}, path="/c/../e").status == 404
    assert at_larch.post({}, method="GET").status == 405
    assert at_larch.post({}, method="OPTIONS").status == 204


def test_t34_a_yes_that_we_did_not_sign_counts_as_none(at_rowan: Asker, counted: Counted) -> None:
    token = at_rowan.answer(at_rowan.ask(), yes=the_yes("rowan")).json()["token"]
    seal, _, body = token.partition(".")
    for forged in (seal[:-2] + "AA." + body, "x.y", body):
        at_rowan.event({"visit.referrer": "https://a.example/"}, token=forged)
    assert stored("rowan") == []
    assert counted("rowan")["forged-choice"] == 3


def test_t34_an_answer_without_our_question_or_to_an_old_one_is_no_choice(
    at_rowan: Asker, at_larch: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = at_rowan.ask()
    assert at_rowan.answer("made.up", yes=the_yes("rowan")).status == 409
    assert at_rowan.answer(at_larch.ask(), yes=the_yes("rowan")).status == 409
    assert at_rowan.answer(ask, yes=the_yes("rowan"), origin="https://evil.example").body == b""
    monkeypatch.setattr("troth.collect.consent.ASK_LIFE", -120)
    assert at_rowan.answer(ask, yes=the_yes("rowan")).status == 409


def test_an_answer_sent_twice_is_one_choice_and_another_answer_to_it_is_none(at_rowan: Asker) -> None:
    from troth.collect import consent
    from troth.people import choices

    ask = at_rowan.ask()
    token = at_rowan.answer(ask, yes=the_yes("rowan")).json()["token"]
    assert at_rowan.answer(ask, yes=the_yes("rowan")).status == 200
    assert at_rowan.answer(ask, no=the_yes("rowan")).status == 409
    said = choices.of_browser("rowan", consent.browser_of("rowan", token))
    assert [one.state for one in said] == [True] * len(the_yes("rowan"))


def test_a_locked_file_is_not_acknowledged_and_the_retry_is_stored_once(at_larch: Asker, data_folder: Path) -> None:
    at_larch.event({"visit.page": "/"})
    (path,) = (data_folder / "events" / "larch").rglob("*.db")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    once = made_id()
    reply = at_larch.event({"visit.page": "/walks"}, id=once)
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    holder.execute("ROLLBACK")
    holder.close()
    assert at_larch.event({"visit.page": "/walks"}, id=once).status == 204
    assert sorted(event.values["visit.page"] for event in stored("larch")) == ["/", "/walks"]


def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_is_lost_when_there_is_room_again(at_larch: Asker) -> None:
    at_larch.event({"visit.page": "/first"})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    tried = [made_id() for _ in range(5)]
    try:
        replies = [at_larch.event({"visit.page": "/x" * 900}, id=one).status for one in tried]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert 503 in replies
    assert [at_larch.event({"visit.page": "/x" * 900}, id=one).status for one in tried] == [204] * 5
    assert len(stored("larch")) == 6


def test_below_the_floor_of_free_space_events_stop_and_nothing_is_acknowledged(larch: str, data_folder: Path) -> None:
    full = Door(rate=1000, floor=2**62)
    full.start()
    assert Asker(full, "larch").event({"visit.page": "/"}).status == 503
    full.stop()
    assert not list((data_folder / "events").rglob("*.db"))


def test_the_ledger_takes_up_what_came_in_once_with_counts_and_no_values(at_larch: Asker) -> None:
    at_larch.event({"visit.page": "/walks"})
    at_larch.event({"visit.page": "/walks"}, origin="https://evil.example")
    intake.take_up()
    intake.take_up()
    assert intake.counters("larch") == {"stored": 1, "wrong-origin": 1}


def test_a_crash_between_the_ledger_s_commit_and_the_mark_counts_nothing_twice(
    at_larch: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_larch.event({"visit.page": "/walks"})
    with monkeypatch.context() as crash:
        crash.setattr(events.EventStore, "taken", lambda *args: None)
        intake.take_up()
    at_larch.event({"visit.page": "/walks"})
    for _ in range(3):
        intake.take_up()
    assert intake.counters("larch") == {"stored": 2}
    assert tree.verify().ok


def test_a_client_with_a_host_of_its_own_has_its_door_there_and_nowhere_else(door: Door, data_folder: Path) -> None:
    editions.forget_cache()
    tenancy.add("rowan", host="privacy.rowan.example")
    policy = Path(__file__).parent / "policies" / "rowan.yaml"
    editions.publish("rowan", policy, replaces=None, by="")
    asker = Asker(door, "rowan")
    assert asker.event({"visit.page": "/maps"}, path="/e", host="privacy.rowan.example:8000").status == 204
    assert asker.event({"visit.page": "/maps"}, path="/e", host="other.example").status == 404
    assert len(stored("rowan")) == 1


def test_t36_one_client_s_flood_leaves_room_in_the_buffer_for_the_others(data_folder: Path) -> None:
    buffer = Buffer(events.store(), most_waiting=10)  # its thread is not started, so nothing leaves

    async def fill() -> list[bool]:
        crowd = [asyncio.create_task(buffer.put(Lot(client="loud", rows=[], counts={}))) for _ in range(8)]
        quiet = asyncio.create_task(buffer.put(Lot(client="quiet", rows=[], counts={})))
        await asyncio.sleep(0)
        waits = [not task.done() for task in (*crowd, quiet)]
        for task in (*crowd, quiet):
            task.cancel()
        return waits

    assert asyncio.run(fill()) == [True] * 5 + [False] * 3 + [True]


def test_what_makes_retries_harmless_is_forgotten_after_two_days(at_rowan: Asker) -> None:
    ask = at_rowan.ask()
    at_rowan.answer(ask, yes=the_yes("rowan"))
    assert intake.tidy() == 0
    Submission.objects.update(at=dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    assert intake.tidy() == 1
