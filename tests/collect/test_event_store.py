"""The event store by itself: durable, sealed, deduplicated, dropped whole."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError

from troth.places.events import EventStore, KeyGone, Lot, Row, span_end, span_of
from troth.policy.plan import End, Rule, Span

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)


class Drawer:
    """A sealer that keeps keys in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def seal(self, client: str, file: str, plain: bytes) -> bytes:
        self.kept[client, file] = plain
        return b"kept elsewhere"

    def open(self, client: str, file: str, sealed: bytes) -> bytes:
        if (client, file) not in self.kept:
            raise KeyGone(file)
        return self.kept[client, file]

    def destroy(self, client: str, file: str) -> bool:
        return self.kept.pop((client, file), None) is not None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EventStore]:
    made = EventStore(tmp_path, Drawer())
    yield made
    made.close()


def made_id(when: dt.datetime) -> bytes:
    return int(when.timestamp() * 1000).to_bytes(6, "big") + secrets.token_bytes(10)


def row(when: dt.datetime = NOON, *, browser: str = "", rule: str = "visit.*", **more: object) -> Row:
    given = {
        "rule": rule,
        "span": "day",
        "id": made_id(when),
        "at": int(when.timestamp()),
        "surface": "website",
        "point": "visit",
        "edition": 1,
        "uses": ("see which pages help",),
        "browser": browser,
        "clear": {"visit.page": "/walks"},
    }
    return Row(**(given | more))  # type: ignore[arg-type]


def put(store: EventStore, *rows: Row, now: dt.datetime = NOON, client: str = "larch") -> None:
    assert store.commit([Lot(client=client, rows=[one], counts={}) for one in rows], now).failed == set()


def counts(store: EventStore) -> dict[str, int]:
    total: dict[str, int] = {}
    for taken in store.untaken():
        for name, count in taken.counts.items():
            total[name] = total.get(name, 0) + count
    return total


def test_an_event_sent_twice_is_stored_once_and_counted_as_a_replay(store: EventStore) -> None:
    one = row()
    put(store, one)
    put(store, one)
    assert store.spans("larch")[0] == {"visit.*": {"2026-11-24": 1}}
    assert counts(store) == {"stored": 1, "replay": 1}


MINUTE = {"at": int(NOON.timestamp()) // 60 * 60}


def read_back(store: EventStore) -> list[tuple[object, int]]:
    day = dt.timedelta(days=1)
    found = store.rows("larch", since=NOON - day, until=NOON + day)
    return sorted((event.values["visit.page"], event.count) for event in found)


def test_equal_events_that_follow_nobody_are_one_cell_with_a_count(store: EventStore) -> None:
    again = row(**MINUTE)
    put(store, row(**MINUTE), again, row(clear={"visit.page": "/lake"}, **MINUTE), again)
    assert read_back(store) == [("/lake", 1), ("/walks", 2)]
    assert store.spans("larch")[0] == {"visit.*": {"2026-11-24": 3}}
    assert counts(store) == {"stored": 3, "replay": 1}


def test_no_stored_row_says_which_event_counted_in_which_cell(store: EventStore, tmp_path: Path) -> None:
    one, other = row(**MINUTE), row(clear={"visit.page": "/lake"}, **MINUTE)
    put(store, one, other)
    (path,) = tmp_path.rglob("2026-11-24.db")
    with contextlib.closing(sqlite3.connect(path)) as db:
        cells = {bytes(name) for (name,) in db.execute("SELECT id FROM event")}
        assert [bytes(name) for (name,) in db.execute("SELECT id FROM seen")] == sorted([one.id, other.id])
    assert cells.isdisjoint({one.id, other.id})


def test_who_is_followed_or_sealed_is_never_put_together_with_others(store: EventStore) -> None:
    put(store, row(browser="a" * 32, **MINUTE), row(browser="b" * 32, **MINUTE))
    put(store, row(sealed={"visit.ip": "203.0.113.7"}, **MINUTE), row(sealed={"visit.ip": "203.0.113.7"}, **MINUTE))
    assert read_back(store) == [("/walks", 1)] * 4


def test_a_file_from_before_cells_is_read_and_goes_on(store: EventStore, tmp_path: Path) -> None:
    put(store, row(**MINUTE))
    store.close()
    (path,) = tmp_path.rglob("2026-11-24.db")
    old = row(**MINUTE)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TABLE seen")
        db.execute("UPDATE event SET id=?", (old.id,))
        db.execute("ALTER TABLE event DROP COLUMN n")
    put(store, old, row(**MINUTE))
    assert read_back(store) == [("/walks", 1), ("/walks", 1)]


def test_a_retry_after_midnight_is_still_one_event_of_a_cell(store: EventStore) -> None:
    late = NOON.replace(hour=23, minute=59)
    one = row(late)
    for now in (late, late + dt.timedelta(minutes=2), late + dt.timedelta(hours=47)):
        put(store, one, now=now)
    assert counts(store) == {"stored": 1, "replay": 2}


def test_a_retry_after_midnight_is_still_one_event(store: EventStore) -> None:
    late = NOON.replace(hour=23, minute=59)
    one = row(late, browser="b" * 32)
    put(store, one, now=late)
    put(store, one, now=late + dt.timedelta(minutes=2))
    put(store, one, now=late + dt.timedelta(hours=47))
    assert [count for spans in store.spans("larch")[0].values() for count in spans.values()].count(1) == 1
    assert counts(store) == {"stored": 1, "replay": 2}


def test_an_id_that_somebody_took_first_blocks_no_other_browser(store: EventStore) -> None:
    one, other = row(browser="a" * 32), row(browser="b" * 32)
    put(store, one, Row(**{name: getattr(other, name) for name in Row.__struct_fields__} | {"id": one.id}))
    assert counts(store) == {"stored": 2}


def test_an_event_under_two_rules_is_two_rows_and_one_event(store: EventStore) -> None:
    one = row()
    two = Row(**{name: getattr(one, name) for name in Row.__struct_fields__} | {"rule": "ip", "first": False})
    assert store.commit([Lot(client="larch", rows=[one, two], counts={})], NOON).failed == set()
    assert store.spans("larch")[0] == {"ip": {"2026-11-24": 1}, "visit.*": {"2026-11-24": 1}}
    assert counts(store) == {"stored": 1}


def test_what_identifies_somebody_is_not_in_the_file(store: EventStore, tmp_path: Path) -> None:
    put(store, row(browser="c0ffee" * 5 + "00", sealed={"visit.ip": "203.0.113.77"}))
    (found,) = store.find("larch", ["c0ffee" * 5 + "00"])
    assert found.values == {"visit.page": "/walks", "visit.ip": "203.0.113.77"}
    store.close()
    for path in tmp_path.rglob("*.db*"):
        assert b"203.0.113.77" not in path.read_bytes()
        assert b"c0ffee" not in path.read_bytes()


def test_a_browser_is_found_and_erased_in_every_span_and_nobody_else_is(store: EventStore) -> None:
    mine, theirs = "a" * 32, "b" * 32
    put(store, row(browser=mine), row(browser=theirs))
    put(store, row(NOON + dt.timedelta(days=2), browser=mine), now=NOON + dt.timedelta(days=2))
    assert store.erase("larch", [mine]) == 2
    assert store.find("larch", [mine]) == []
    assert len(store.find("larch", [theirs])) == 1
    assert store.erase("other", [theirs]) == 0


def test_a_due_span_goes_whole_with_its_key_and_a_later_one_stays(store: EventStore, tmp_path: Path) -> None:
    put(store, row())
    later = NOON + dt.timedelta(days=3)
    put(store, row(later), now=later)
    assert store.drop_due("larch", "visit.*", {1: span_end("2026-11-24")}, preview=True) == {"2026-11-24": 1}
    assert store.drop_due("larch", "visit.*", {1: span_end("2026-11-24") - dt.timedelta(seconds=1)}) == {}
    assert store.drop_due("larch", "visit.*", {1: span_end("2026-11-24")}) == {"2026-11-24": 1}
    assert [path.name for path in tmp_path.rglob("2026-11-24*")] == []
    assert store.spans("larch")[0] == {"visit.*": {"2026-11-27": 1}}


def test_a_clock_that_goes_back_opens_no_dropped_span_again_and_the_ledger_misses_nothing(
    store: EventStore, tmp_path: Path
) -> None:
    """Else the file made anew would count its batches from 1, and the ledger has taken those up already."""
    days = [NOON + dt.timedelta(days=days) for days in range(4)]
    for day in days:
        put(store, row(day), now=day)
    store.drop_due("larch", "visit.*", {1: span_end("2026-11-25")})
    late = row(days[0])
    put(store, late, late, now=days[0])
    assert list(store.spans("larch")[0]["visit.*"].items()) == [("2026-11-26", 2), ("2026-11-27", 1)]
    store.close()
    again = EventStore(tmp_path, store.sealer)
    put(again, row(days[1]), late, now=days[1])
    assert again.spans("larch")[0]["visit.*"] == {"2026-11-26": 3, "2026-11-27": 1}
    again.drop_due("larch", "visit.*", {1: span_end("2026-11-26")})
    assert again.spans("larch")[0]["visit.*"] == {"2026-11-27": 1}
    again.close()


def test_a_note_of_dropped_spans_that_does_not_read_turns_no_event_away_and_keeps_none(
    store: EventStore, tmp_path: Path
) -> None:
    put(store, row())
    (file,) = tmp_path.rglob("2026-11-24.db")
    (file.parent / "closed").mkdir()
    store.close()
    again = EventStore(tmp_path, store.sealer)
    put(again, row(), now=NOON + dt.timedelta(days=1))
    assert again.drop_due("larch", "visit.*", {1: span_end("2026-11-24")}) == {"2026-11-24": 1}
    again.close()


def test_what_events_say_is_found_whatever_the_data_folder_is_called(tmp_path: Path) -> None:
    store = EventStore(tmp_path / "a#b%20c?d", Drawer())
    put(store, row(browser="b-1", sealed={"visit.word": "glove"}))
    wanted = frozenset({"visit.page", "visit.word", "visit.ip"})
    assert store.naming("larch", wanted) == {"visit.page", "visit.word"}
    store.close()


def test_a_sweep_stopped_between_key_and_file_is_finished_by_the_next(store: EventStore, tmp_path: Path) -> None:
    put(store, row())
    store.sealer.destroy("larch", next(iter(store.sealer.kept))[1])  # type: ignore[attr-defined]
    store.close()
    assert store.find("larch", ["a" * 32]) == []
    assert store.drop_due("larch", "visit.*", {1: span_end("2026-11-24")}) == {"2026-11-24": 0}
    assert list(tmp_path.rglob("2026-11-24*")) == []


def test_a_locked_file_fails_its_own_lots_and_no_others(store: EventStore, tmp_path: Path) -> None:
    put(store, row())
    (path,) = tmp_path.rglob("2026-11-24.db")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    lots = [Lot(client="larch", rows=[row()], counts={}), Lot(client="birch", rows=[row()], counts={})]
    assert store.commit(lots, NOON).failed == {0}
    holder.execute("ROLLBACK")
    holder.close()
    assert store.commit(lots[:1], NOON).failed == set()


class Stuck(Drawer):
    """Keeps nothing of birch's: the database of keys is locked."""

    def seal(self, client: str, file: str, plain: bytes) -> bytes:
        if client == "birch":
            raise OperationalError("database is locked")
        return super().seal(client, file, plain)


def test_a_key_that_cannot_be_kept_now_fails_its_own_lots_and_no_others(tmp_path: Path) -> None:
    store = EventStore(tmp_path, Stuck())
    lots = [Lot(client="birch", rows=[row()], counts={}), Lot(client="larch", rows=[row()], counts={})]
    assert store.commit(lots, NOON).failed == {0}
    assert store.spans("larch")[0] == {"visit.*": {"2026-11-24": 1}}
    store.close()


def test_a_file_that_cannot_be_read_now_keeps_no_other_from_the_ledger(store: EventStore, tmp_path: Path) -> None:
    put(store, row())
    put(store, row(), client="birch")
    for known in (False, True):
        store.close()
        (path,) = (tmp_path / "events" / "birch").rglob("*.db")
        whole = path.read_bytes()
        path.write_bytes(b"no database at all" * 300)
        assert [taken.client for taken in store.untaken()] == ["larch"]
        path.write_bytes(whole)
        if not known:
            store = EventStore(tmp_path, store.sealer)
        assert [taken.client for taken in store.untaken()] == ["birch", "larch"]
    store.close()


def test_a_span_that_was_dropped_before_its_mark_is_not_made_anew(store: EventStore, tmp_path: Path) -> None:
    put(store, row())
    (taken,) = store.untaken()
    store.drop_due("larch", "visit.*", {1: span_end("2026-11-24")})
    store.taken("larch", taken.file, taken.last)
    assert list(tmp_path.rglob("2026-11-24*")) == []


def test_the_ledger_takes_each_batch_up_once(store: EventStore) -> None:
    put(store, row())
    (taken,) = store.untaken()
    store.taken("larch", taken.file, taken.last)
    assert store.untaken() == []
    put(store, row())
    assert [again.first for again in store.untaken()] == [taken.last + 1]


def test_periods_under_thirteen_months_turn_daily_and_longer_ones_monthly() -> None:
    def kept(count: int, unit: str) -> str:
        ends = (End(span=Span(count=count, unit=unit)),)  # type: ignore[arg-type]
        return span_of(Rule(name="x", text="", fields=frozenset(), ends=ends))

    assert [kept(12, "months"), kept(13, "months"), kept(30, "days"), kept(2, "years")] == [
        "day",
        "month",
        "day",
        "month",
    ]
