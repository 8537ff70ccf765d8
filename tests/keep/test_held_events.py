"""A hold over what a browser sent keeps just that: neither an erasure nor a sweep waits for it (UK GDPR Art 17(3))."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import walker, work
from tests.collect.test_event_store import put, row
from tests.keep.test_sweep import old_walker

from troth.keep import erasure, holds, staying, sweep, where
from troth.ledger import entries
from troth.parties import editions
from troth.people import store
from troth.places import events
from troth.places.kinds import Receipt, Subject
from troth.prove import probes
from troth.prove.keepers import Scene
from troth.prove.promises import Line

pytestmark = pytest.mark.django_db(transaction=True)
COURT = 'holds:\n  a court case: {data: "%s", needs: matter, review: 6 months, because: A court asked}\ncookies: none'
PAGE, WORD = {"visit.page": "/walks"}, {"visit.word": "a red glove"}
STAFF = "0" * 16


def house(tmp_path: Path, data: str) -> str:
    """A client whose policy knows a hold over this data."""
    text = LARCH.replace(LAW, "").replace("cookies: none", COURT % data)
    text = text.replace("  visit.page: pages seen\n", "  visit.page: pages seen\n  visit.word: search words\n")
    text = text.replace("data: visit.page, yields", "data: [visit.page, visit.word], yields")
    return published("held", text, tmp_path)


def joined(monkeypatch: pytest.MonkeyPatch, person: int, browser: str) -> None:
    """This person, and nobody else, showed that the browser is theirs."""
    found = where.subject

    def subject(client: str, one: int, persons: frozenset[int]) -> Subject:
        return msgspec.structs.replace(found(client, one, persons), browsers=(browser,) if one == person else ())

    monkeypatch.setattr(where, "subject", subject)


def at_hers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str) -> tuple[str, int]:
    """The house, and Ada, who showed that b-1 is her browser."""
    client = house(tmp_path, data)
    ada = walker(client, "ada@quill.example", "Ada")
    joined(monkeypatch, ada, "b-1")
    return client, ada


def sent(client: str, days: int, *browsers: str) -> None:
    """So many days ago, from each browser an event with a part in clear and a sealed one; from none, a cell of two."""
    when = timezone.now() - dt.timedelta(days=days)
    for browser in browsers:
        for _ in range(1 if browser else 2):
            put(events.store(), row(when, browser=browser, sealed=WORD if browser else {}), now=when, client=client)


def said(client: str, *browsers: str) -> list[dict[str, Any]]:
    return [one.values for one in events.store().find(client, browsers)]


def written(client: str) -> list[int]:
    """How many events went, as the ledger has it of each sweep."""
    return sorted(json.loads(counts)["events"] for _, _, act, counts in entries.newest(client, 200) if act == "swept")


def receipt(client: str) -> Receipt:
    told = erasure.progress(client, "E-2026-0001")
    assert told is not None and told.said == "overwritten" and told.open_places == []
    return next(one for one in told.receipts if one.place == "our event store")


def test_an_erasure_takes_all_but_the_held_part_of_an_event_and_comes_to_its_end(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, person = at_hers(tmp_path, monkeypatch, "visit.word")
    sent(held, 0, "b-1", "b-2")
    put(events.store(), row(timezone.now(), browser="b-1"), now=timezone.now(), client=held)
    holds.place(held, person, "a court case", by=STAFF)
    assert erasure.run(erasure.erase(held, person, "E-2026-0001"))
    assert said(held, "b-1") == [WORD], "what holds nothing held went, though it is of the same rule"
    assert said(held, "b-2") == [PAGE | WORD]
    assert (receipt(held).state, receipt(held).counts) == ("erased", {"events": 1})
    assert [staying.on_hold(one) for one in receipt(held).kept] == [True]
    holds.lift(held, person, "a court case", by=STAFF)
    work()
    assert said(held, "b-1") == [] and said(held, "b-2") == [PAGE | WORD]
    assert not receipt(held).kept


def test_what_an_event_loses_beside_what_is_held_is_erased_though_no_event_goes(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, person = at_hers(tmp_path, monkeypatch, "visit.page")
    sent(held, 0, "b-1")
    holds.place(held, person, "a court case", by=STAFF)
    assert erasure.run(erasure.erase(held, person, "E-2026-0001"))
    assert said(held, "b-1") == [PAGE]
    assert (receipt(held).state, receipt(held).counts) == ("erased", {})


def test_t05_what_went_of_events_is_not_called_overwritten_while_somebody_reads_them(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, person = at_hers(tmp_path, monkeypatch, "visit.word")
    sent(held, 0, "b-1")
    with monkeypatch.context() as read:
        read.setattr(events._File, "overwrite", lambda file: False)
        number = erasure.erase(held, person, "E-2026-0001")
        assert not erasure.run(number)
        told = erasure.progress(held, "E-2026-0001")
        assert told is not None and told.said == "key destroyed, not yet overwritten"
        assert [one.reached for one in told.receipts if one.place == "our event store"] == ["deleted"]
    assert erasure.run(number) and receipt(held).state == "erased"


def test_what_went_of_events_counts_though_a_full_disk_overwrites_nothing(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    held, person = at_hers(tmp_path, monkeypatch, "visit.word")
    sent(held, 0, "b-1")
    with monkeypatch.context() as disk:
        disk.setattr(events._File, "overwrite", full)
        number = erasure.erase(held, person, "E-2026-0001")
        assert not erasure.run(number)
        told = erasure.progress(held, "E-2026-0001")
        assert told is not None and told.said == "key destroyed, not yet overwritten"
    assert erasure.run(number)
    assert (receipt(held).state, receipt(held).reached, receipt(held).counts) == ("erased", "deleted", {"events": 1})


def test_a_hold_over_one_event_keeps_nothing_else_that_is_due(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what others sent on the same day, nor a later day, nor the rest of the event itself."""
    held, ada = at_hers(tmp_path, monkeypatch, "visit.word")
    sent(held, 900, "b-1", "b-2", "")
    sent(held, 890, "b-2")
    sent(held, 1, "b-1", "b-2")
    number = holds.place(held, ada, "a court case", by=STAFF)
    (found,) = sweep.sweep(client=held, preview=True)
    assert (found.counts, found.held) == ({"events, visit.*": 4}, 1)
    assert len(said(held, "b-1", "b-2")) == 5, "nothing went yet"
    for goes in (4, 0):
        (found,) = sweep.sweep(client=held, confirm=True)
        assert found.counts.get("events, visit.*", 0) == goes and found.held == 1 and found.not_answered == []
        assert said(held, "b-1") == [WORD, PAGE | WORD] and said(held, "b-2") == [PAGE | WORD]
    assert list(events.store().spans(held)[0]["visit.*"].values()) == [1, 2], "the cell went, too, and a later file"
    holds.lift(held, ada, "a court case", by=STAFF, number=number)
    (found,) = sweep.sweep(client=held, confirm=True)
    assert found.counts == {"events, visit.*": 1} and said(held, "b-1") == [PAGE | WORD]
    assert written(held) == [0, 1, 4]


def test_nothing_that_a_held_file_lost_stands_on_the_disk(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, ada = at_hers(tmp_path, monkeypatch, "visit.word")
    sent(held, 900, "b-1", "b-2", "")
    holds.place(held, ada, "a court case", by=STAFF)
    (file,) = (on_disk / "events" / held).rglob("*.db")
    assert b"/walks" in b"".join(one.read_bytes() for one in file.parent.iterdir())
    sweep.sweep(client=held, confirm=True)
    assert b"/walks" not in b"".join(one.read_bytes() for one in file.parent.iterdir())
    with contextlib.closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM seen)").fetchone() == (1, 0)


def test_what_stays_for_a_hold_breaks_no_promise_and_what_stays_beside_it_does(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, ada = at_hers(tmp_path, monkeypatch, "visit.word")
    sent(held, 900, "b-1", "b-2")
    number = holds.place(held, ada, "a court case", by=STAFF)
    assert broken(held) == 1, "another's event is past its period"
    sweep.sweep(client=held, confirm=True)
    assert broken(held) == 0 and said(held, "b-1") == [WORD]
    holds.lift(held, ada, "a court case", by=STAFF, number=number)
    assert broken(held) == 1, "the hold ended, and it still stands"
    sweep.sweep(client=held, confirm=True)
    assert broken(held) == 0


def test_a_hold_over_somebody_excuses_no_event_of_somebody_else(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, ada = at_hers(tmp_path, monkeypatch, "visit.*")
    sent(held, 900, "b-2")
    sent(held, 800, "b-1")
    holds.place(held, ada, "a court case", by=STAFF)
    assert broken(held) == 1, "nothing of hers stands in the older file"
    sweep.sweep(client=held, confirm=True)
    assert broken(held) == 0 and said(held, "b-1", "b-2") == [PAGE | WORD]


def broken(client: str) -> int:
    """In how many files the prover sees events past their period."""
    scene = Scene(client, editions.in_force(client).plan, timezone.now())
    return len(probes.keep(scene, Line("keep/visit.*", "", "keep")).breaches)


def test_a_file_whose_events_do_not_read_stays_under_a_hold_and_all_else_goes_on_time(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = house(tmp_path, "visit.*")
    ada, bo = walker(held, "ada@quill.example", "Ada"), old_walker(held, 2)
    joined(monkeypatch, ada, "b-1")
    sent(held, 900, "b-1")
    (file,) = (on_disk / "events" / held).rglob("*.db")
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE event SET sealed=zeroblob(60)")
    sent(held, 800, "b-2")
    holds.place(held, ada, "a court case", by=STAFF)
    (found,) = sweep.sweep(client=held, confirm=True)
    assert found.not_answered == ["our event store"]
    assert store.fields_held(held, bo) == frozenset() and file.exists()
    assert list(events.store().spans(held)[0]["visit.*"]) == [file.stem], "a file that reads is dropped"


def test_t17_two_sweeps_at_once_write_down_once_what_went_of_events(
    plain: str, on_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(plain, 900, "b-1")
    due = sweep._due_spans

    def overtaken(*words: Any) -> Any:
        monkeypatch.setattr(sweep, "_due_spans", due)
        found = due(*words)
        sweep.sweep(client=plain, confirm=True)
        return found

    monkeypatch.setattr(sweep, "_due_spans", overtaken)
    (found,) = sweep.sweep(client=plain, confirm=True)
    assert written(plain) == [0, 1] and found.not_answered == []


def test_a_file_that_could_not_be_dropped_is_named_and_not_written_down(
    plain: str, on_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(plain, 900, "b-1")
    bo = old_walker(plain)
    monkeypatch.setattr(type(events.store().sealer), "destroy", lambda *_: False)
    (found,) = sweep.sweep(client=plain, confirm=True)
    assert found.not_answered == ["our event store"] and written(plain) == [0]
    assert store.fields_held(plain, bo) == frozenset()
