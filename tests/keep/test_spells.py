"""An edition that gives events another period, or calls their rule otherwise, makes nothing of them outlive what was
promised when they came in, and takes nothing before its time (UK GDPR Art 5(1)(e))."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import walker
from tests.collect.test_event_store import put, row
from tests.keep.test_held_events import COURT, STAFF, joined, sent
from tests.keep.test_kill import toil

from troth.keep import holds, sweep
from troth.ledger import entries, verifying
from troth.parties import editions
from troth.people import identities
from troth.places import events
from troth.prove import probes
from troth.prove.keepers import Scene
from troth.prove.promises import Line

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = "  visit.*: 25 months\n"
TEXT = LARCH.replace(LAW, "").replace("cookies: none", COURT % "visit.*")


def house(tmp_path: Path, kept: str) -> str:
    return published("bygone", TEXT.replace(KEPT, kept), tmp_path)


def next_edition(client: str, tmp_path: Path, kept: str) -> None:
    file = tmp_path / f"{client}.yaml"
    text = TEXT.replace(KEPT, kept).replace("policy: larch", f"policy: {client}")
    file.write_text(text.replace("change: first", "change: small"))
    editions.publish(client, file, replaces=editions.in_force(client).mark, by="tests")


def came(client: str, days: int, edition: int, number: int = 1, browser: str = "", **how: str) -> None:
    when = timezone.now() - dt.timedelta(days=days)
    for one in range(number):
        seen = {"visit.page": f"/{one}"}
        put(events.store(), row(when, edition=edition, clear=seen, browser=browser, **how), now=when, client=client)


def stands(client: str) -> list[int]:
    """The editions of what stands, each as many times as events of it do."""
    spans = [spans for rule in events.store().editions(client)[0].values() for spans in rule.values()]
    return sorted(edition for counts in spans for edition, number in counts.items() for _ in range(number))


def broken(client: str, line: str) -> list[str]:
    scene = Scene(client, editions.in_force(client).plan, timezone.now())
    return list(probes.keep(scene, Line(f"keep/{line}", "", "keep")).breaches)


def swept(client: str) -> dict[str, int]:
    (found,) = sweep.sweep(client=client, confirm=True)
    assert found.not_answered == [] and not found.stopped
    return found.counts


def test_a_longer_period_never_binds_events_that_came_under_a_shorter_one(on_disk: Path, tmp_path: Path) -> None:
    client = house(tmp_path, "  visit.*: 6 months\n")
    came(client, 300, 1, 3)
    next_edition(client, tmp_path, KEPT)
    came(client, 300, 2, 2)  # in the very same file
    came(client, 10, 1)
    assert broken(client, "visit.*"), "the prover sees it before it is swept"
    assert swept(client) == {"events, visit.*": 3}
    assert stands(client) == [1, 2, 2] and broken(client, "visit.*") == []
    assert swept(client) == {}


def test_a_shorter_period_binds_events_at_once(on_disk: Path, tmp_path: Path) -> None:
    client = house(tmp_path, KEPT)
    came(client, 300, 1, 3)
    next_edition(client, tmp_path, "  visit.*: 6 months\n")
    came(client, 10, 2)
    assert broken(client, "visit.*") and swept(client) == {"events, visit.*": 3}
    assert stands(client) == [2]


@contextlib.contextmanager
def on(day: str) -> Iterator[None]:
    with time_machine.travel(dt.datetime.fromisoformat(f"{day}T12:00:00+00:00"), tick=False):
        yield


def test_the_first_days_of_a_month_s_file_go_on_their_day_once_a_shorter_period_binds_it(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = house(tmp_path, KEPT)
    ada = walker(client, "ada@quill.example", "Ada")
    joined(monkeypatch, ada, "b-1")
    for day in ("2026-03-02", "2026-03-03", "2026-03-20"):
        with on(day):
            came(client, 0, 1, 1, "b-1", span="month")
            came(client, 0, 1, 2, "b-2", span="month")
            came(client, 0, 1, 2, span="month")
    (file,) = (on_disk / "events" / client).rglob("*.db")
    assert file.stem == "2026-03"
    next_edition(client, tmp_path, "  visit.*: 6 months\n")
    with on("2026-09-02"):
        assert swept(client) == {} and broken(client, "visit.*") == []
    with on("2026-09-03"):
        assert broken(client, "visit.*") == [], "the night that takes it is not over"
        assert swept(client) == {"events, visit.*": 5} and stands(client) == [1] * 10
    with on("2026-09-06"):
        number = holds.place(client, ada, "a court case", by=STAFF)
        assert broken(client, "visit.*") == ["The events of 2026-03 are past their period."]
        (found,) = sweep.sweep(client=client, preview=True)
        assert (found.counts, found.held) == ({"events, visit.*": 4}, 1)
        assert swept(client) == {"events, visit.*": 4} and stands(client) == [1] * 6
        assert broken(client, "visit.*") == [], "what is held stays"
        done = list[bool]()
        monkeypatch.setattr(events._File, "overwrite", lambda file: done.append(True))
        assert swept(client) == {} and done == [], "nothing is rewritten where nothing went"
        monkeypatch.undo()
        holds.lift(client, ada, "a court case", by=STAFF, number=number)
        joined(monkeypatch, ada, "b-1")
        assert broken(client, "visit.*") and swept(client) == {"events, visit.*": 1}
    with on("2026-09-21"):
        assert swept(client) == {"events, visit.*": 5} and stands(client) == []
    with on("2026-10-02"):
        assert swept(client) == {} and not file.exists()


SEARCHED = ("2026-03-02", "2026-03-03", "2026-03-20")


def searched(client: str, *days: str) -> None:
    """On each day two browsers and a cell, in the file of the month."""
    for day in days:
        with on(day):
            for browser, stored in (("b-1", "sealed"), ("b-2", "clear"), ("", "clear")):
                both = {"clear": {}, "sealed": {}} | {stored: {"visit.page": "/a", "visit.word": f"zq{day}"}}
                one = row(timezone.now(), edition=1, browser=browser, span="month", **both)
                put(events.store(), one, now=timezone.now(), client=client)


def words(file: Path) -> str:
    """The days (two digits of each) of which a word stands in the file, by a cell or the browser that says it in
    clear."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        found = db.execute("SELECT clear FROM event WHERE clear LIKE '%zq%'").fetchall()
    return " ".join(sorted({json.loads(clear)["visit.word"][-2:] for (clear,) in found}))


@pytest.fixture
def apart(on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, int, Path]:
    """A client, Ada with her browser, and the file of a month whose words end sooner than its pages."""
    monkeypatch.setattr("tests.keep.test_spells.TEXT", WORDS)
    client = house(tmp_path, KEPT)
    ada = walker(client, "ada@quill.example", "Ada")
    joined(monkeypatch, ada, "b-1")
    searched(client, *SEARCHED)
    next_edition(client, tmp_path, APART)
    (file,) = (on_disk / "events" / client).rglob("*.db")
    return client, ada, file


def test_what_ends_sooner_than_its_neighbours_goes_on_its_day_and_not_with_its_month(
    apart: tuple[str, int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, ada, file = apart
    with on("2026-09-02"):
        assert swept(client) == {} and broken(client, "visit.word") == []
    with on("2026-09-03"):
        assert broken(client, "visit.word") == [], "the night that takes it is not over"
        (found,) = sweep.sweep(client=client, preview=True)
        assert found.counts == {"parts of events, visit.*": 3} and words(file) == "02 03 20"
        assert swept(client) == {"parts of events, visit.*": 3} and words(file) == "03 20"
        assert b"zq2026-03-02" not in file.read_bytes(), "overwritten, too"
        counts = [json.loads(said) for _, _, act, said in entries.newest(client, 20) if act == "swept"]
        assert {"values": 0, "events": 0, "choices": 0, "changed": 3} in counts
        read = opened(monkeypatch)
        assert swept(client) == {} and read == [], "what went is not looked for again"
    with on("2026-09-06"):
        number = holds.place(client, ada, "a court case", by=STAFF)
        assert broken(client, "visit.word") == ["visit.word of 2026-03 is past its period, and stands in events."]
        assert swept(client) == {"parts of events, visit.*": 2} and words(file) == "20"
        assert len(set(read)) == 2, "and nothing of another day is opened"
        assert broken(client, "visit.word") == [], "what is held stays"
        holds.lift(client, ada, "a court case", by=STAFF, number=number)
        assert broken(client, "visit.word") and swept(client) == {"parts of events, visit.*": 1}
        assert broken(client, "visit.word") == [] and swept(client) == {}
    with on("2026-09-21"):
        assert swept(client) == {"parts of events, visit.*": 3} and words(file) == ""
    with on("2026-10-02"):
        assert swept(client) == {} and len(stands(client)) == 9
        assert said(client, "b-1", "b-2") == [SEEN] * 6 and broken(client, "visit.*") == []


def test_what_a_hold_kept_on_several_days_goes_whole_when_it_ends(apart: tuple[str, int, Path]) -> None:
    client, ada, _ = apart
    number = holds.place(client, ada, "a court case", by=STAFF)
    for day in ("2026-09-03", "2026-09-04"):
        with on(day):
            assert swept(client) == {"parts of events, visit.*": 2}
    with on("2026-09-21"):
        holds.lift(client, ada, "a court case", by=STAFF, number=number)
        (found,) = sweep.sweep(client=client, preview=True)
        assert found.counts == {"parts of events, visit.*": 5}, "hers of two days, and everybody's of the third"
        assert swept(client) == {"parts of events, visit.*": 5}
        assert said(client, "b-1") == [SEEN] * 3 and swept(client) == {}


def test_of_a_month_s_file_some_days_go_whole_and_some_lose_a_part_and_nothing_counts_twice(
    apart: tuple[str, int, Path], tmp_path: Path
) -> None:
    client, _, file = apart
    next_edition(client, tmp_path, "  visit.word: 6 months\n  visit.*: 184 days\n")
    with on("2026-09-03"):
        (found,) = sweep.sweep(client=client, preview=True)
        goes = {"events, visit.*": 3}
        assert found.counts == goes and swept(client) == goes and words(file) == "03 20"
    next_edition(client, tmp_path, "  visit.word: 5 months\n  visit.*: 184 days\n")
    with on("2026-09-04"):
        goes = {"events, visit.*": 3, "parts of events, visit.*": 3}
        (found,) = sweep.sweep(client=client, preview=True)
        assert found.counts == goes and swept(client) == goes and words(file) == ""


def test_each_field_is_looked_for_up_to_its_own_day(apart: tuple[str, int, Path]) -> None:
    client, _, file = apart
    second, third = (dt.datetime.fromisoformat(f"{day}T00:00+00:00") for day in ("2026-03-02", "2026-03-03"))
    over = events.cuts("2026-03", {"visit.page": second, "visit.word": third})
    assert events.store().naming_in(file, client, over, 1, stays={}) == {"visit.word"}


def test_a_page_says_how_many_events_of_those_days_are_looked_into_on_the_night(apart: tuple[str, int, Path]) -> None:
    client, _, _ = apart
    with on("2026-09-04"):
        (found,) = sweep.sweep(client=client, preview=True, most=5)
        assert found.counts == {"events to look into, visit.*": 6}
        (found,) = sweep.sweep(client=client, preview=True, most=6)
        assert found.counts == {"parts of events, visit.*": 6}


def test_what_comes_in_late_under_an_earlier_edition_is_looked_into_again(apart: tuple[str, int, Path]) -> None:
    """A log that was begun to be imported before an edition, and came to its end after a night."""
    client, _, file = apart
    with on("2026-09-04"):
        assert swept(client) == {"parts of events, visit.*": 6}
        searched(client, "2026-03-01")
        assert words(file) == "01 20" and swept(client) == {"parts of events, visit.*": 3} and words(file) == "20"


def test_what_ends_alone_after_13_months_goes_with_its_month(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.keep.test_spells.TEXT", WORDS)
    client = house(tmp_path, KEPT)
    searched(client, "2026-03-02")
    next_edition(client, tmp_path, "  visit.word: 13 months\n  visit.*: 25 months\n")
    with on("2027-04-29"):
        assert swept(client) == {} and broken(client, "visit.word") == []
    with on("2027-05-02"):
        assert swept(client) == {"parts of events, visit.*": 3}


def test_a_month_s_file_goes_whole_where_13_months_bind_it(on_disk: Path, tmp_path: Path) -> None:
    client = house(tmp_path, "  visit.*: 13 months\n")
    with on("2026-03-02"):
        came(client, 0, 1, span="month")
    with on("2027-04-29"):
        assert swept(client) == {} and broken(client, "visit.*") == []
    with on("2027-05-02"):
        assert swept(client) == {"events, visit.*": 1}


@pytest.mark.parametrize("period", ["25 months", "6 months"])
def test_events_whose_rule_is_called_otherwise_today_are_forgotten_on_time(
    on_disk: Path, tmp_path: Path, period: str
) -> None:
    """They stand in files that are named for a rule which no edition in force knows."""
    client = house(tmp_path, KEPT)
    came(client, 300, 1, 2)
    came(client, 900, 1, 3)
    next_edition(client, tmp_path, f"  visit.page: {period}\n  visit.ip: 1 day\n")
    assert broken(client, "visit.page")
    assert sum(swept(client).values()) == (3 if period == "25 months" else 5)
    assert stands(client) == ([1, 1] if period == "25 months" else [])
    assert broken(client, "visit.page") == []


WORDS = TEXT.replace("  visit.page: pages seen\n", "  visit.page: pages seen\n  visit.word: search words\n").replace(
    "data: visit.page, yields", "data: [visit.page, visit.word], yields"
)
APART = "  visit.word: 6 months\n  visit.*: 25 months\n"


def looked_for(client: str, days: int, browser: str, **said: dict[str, str]) -> None:
    when = timezone.now() - dt.timedelta(days=days)
    said = {"clear": {}, "sealed": {}} | said
    put(events.store(), row(when, edition=1, browser=browser, **said), now=when, client=client)


def said(client: str, *browsers: str) -> list[dict[str, object]]:
    return [one.values for one in events.store().find(client, browsers)]


@pytest.mark.parametrize("stored", ["clear", "sealed"])
def test_what_a_later_edition_ends_sooner_than_its_neighbours_goes_alone(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: str
) -> None:
    """A shorter period binds at once: it is taken out of the events, and what came in with it stays for its own."""
    monkeypatch.setattr("tests.keep.test_spells.TEXT", WORDS)
    client = house(tmp_path, KEPT)
    both = {"visit.page": "/a", "visit.word": "zqglove"}
    for days in (300, 10):
        looked_for(client, days, "b-1", **{stored: both})
    looked_for(client, 300, "b-2", **{stored: {"visit.word": "zqglove"}})
    looked_for(client, 300, "", clear=both)
    next_edition(client, tmp_path, APART)
    assert broken(client, "visit.word") and not broken(client, "visit.*")
    (found,) = sweep.sweep(client=client, preview=True)
    assert found.counts == {"parts of events, visit.*": 3} and broken(client, "visit.word")
    assert swept(client) == {"parts of events, visit.*": 3}
    assert said(client, "b-1") == [{"visit.page": "/a"}, both] and said(client, "b-2") == []
    assert broken(client, "visit.word") == broken(client, "visit.*") == []
    old = min((on_disk / "events" / client).rglob("*.db"))
    assert b"zqglove" not in old.read_bytes(), "nor in what counts nobody"
    assert swept(client) == {}


def test_what_ends_alone_waits_for_a_hold_over_it_and_for_no_other(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.keep.test_spells.TEXT", WORDS)
    client = house(tmp_path, KEPT)
    ada = walker(client, "ada@quill.example", "Ada")
    joined(monkeypatch, ada, "b-1")
    both = {"visit.page": "/a", "visit.word": "glove"}
    for browser in ("b-1", "b-2"):
        looked_for(client, 300, browser, sealed=both)
    next_edition(client, tmp_path, APART)
    number = holds.place(client, ada, "a court case", by=STAFF)
    assert broken(client, "visit.word"), "nobody asked that anything of b-2 stays"
    assert swept(client) == {"parts of events, visit.*": 1}
    assert said(client, "b-1", "b-2") == [both, {"visit.page": "/a"}] and broken(client, "visit.word") == []
    holds.lift(client, ada, "a court case", by=STAFF, number=number)
    assert broken(client, "visit.word") and swept(client) == {"parts of events, visit.*": 1}
    assert said(client, "b-1") == [{"visit.page": "/a"}] and broken(client, "visit.word") == []


def test_a_file_in_which_nothing_stands_any_more_goes_though_its_rule_is_called_otherwise(
    on_disk: Path, tmp_path: Path
) -> None:
    client = house(tmp_path, KEPT)
    sent(client, 900, "b-1")
    events.store().erase(client, ["b-1"])
    next_edition(client, tmp_path, "  visit.page: 25 months\n  visit.ip: 1 day\n")
    assert len(list((on_disk / "events" / client).rglob("*.db"))) == 1
    swept(client)
    assert list((on_disk / "events" / client).rglob("*.db")) == []


def test_of_a_file_that_is_due_in_part_what_is_not_due_and_what_is_held_stays(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = house(tmp_path, "  visit.*: 6 months\n")
    ada = walker(client, "ada@quill.example", "Ada")
    joined(monkeypatch, ada, "b-1")
    came(client, 300, 1, 1, "b-1")
    came(client, 300, 1, 2, "b-2")
    came(client, 300, 1, 4)
    next_edition(client, tmp_path, KEPT)
    came(client, 300, 2, 1, "b-2")
    came(client, 300, 2, 1)
    holds.place(client, ada, "a court case", by=STAFF)
    (file,) = (on_disk / "events" / client).rglob("*.db")
    (found,) = sweep.sweep(client=client, preview=True)
    assert (found.counts, found.held) == ({"events, visit.*": 6}, 1) and len(stands(client)) == 9
    assert broken(client, "visit.*")
    assert swept(client) == {"events, visit.*": 6}
    assert broken(client, "visit.*") == [], "what is held stays, and what is not due is on time"
    assert stands(client) == [1, 2, 2] and len(events.store().find(client, ["b-1"])) == 1
    assert b'"/3"' not in b"".join(one.read_bytes() for one in file.parent.iterdir()), "overwritten, too"


def test_a_late_tag_s_events_keep_the_period_they_were_promised_though_their_rule_is_newer(
    on_disk: Path, tmp_path: Path
) -> None:
    """They came in under the first edition, into the file of a rule that only the second one has."""
    client = house(tmp_path, "  visit.*: 1 month\n")
    next_edition(client, tmp_path, "  visit.page: 12 months\n  visit.ip: 1 day\n")
    when = timezone.now() - dt.timedelta(days=60)
    put(events.store(), row(when, edition=1, rule="visit.page"), now=when, client=client)
    assert broken(client, "visit.page") and swept(client) == {"events, visit.page": 1}


def test_a_shorter_period_that_would_thin_most_events_waits_for_a_yes(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.keep.test_spells.TEXT", WORDS)
    monkeypatch.setattr("troth.keep.sweep.FEW", 1)
    client = house(tmp_path, KEPT)
    for browser in ("b-1", "b-2"):
        looked_for(client, 300, browser, clear={"visit.page": "/a", "visit.word": "glove"})
    next_edition(client, tmp_path, APART)
    (found,) = sweep.sweep(client=client)
    assert "due at once" in found.stopped and len(said(client, "b-1", "b-2")[0]) == 2
    assert swept(client) == {"parts of events, visit.*": 2}


@pytest.fixture
def thinned(on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A client at which the words that three browsers looked for, and a cell, are over, and what they saw is not."""
    monkeypatch.setattr("tests.keep.test_spells.TEXT", WORDS)
    client = house(tmp_path, KEPT)
    joined(monkeypatch, walker(client, "ada@quill.example", "Ada"), "b-1")
    for browser in ("b-1", "b-2", "b-3"):
        looked_for(client, 300, browser, sealed=BOTH)
    looked_for(client, 300, "", clear=BOTH)
    next_edition(client, tmp_path, APART)
    return client


BOTH: dict[str, str] = {"visit.page": "/a", "visit.word": "zqglove"}
SEEN = {"visit.page": "/a"}


def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Which events are unsealed from now on."""
    found, real = list[bytes](), events._File.unseal

    def unseal(file: events._File, event: bytes, sealed: bytes) -> dict[str, events.Value]:
        found.append(event)
        return real(file, event, sealed)

    monkeypatch.setattr(events._File, "unseal", unseal)
    return found


def comes_in() -> bool:
    """Whether an event that comes in now is stored at once."""
    free = list[bool]()

    def door() -> None:
        if events.store()._lock.acquire(blocking=False):
            events.store()._lock.release()
            free.append(True)

    at_the_door = threading.Thread(target=door)
    at_the_door.start()
    at_the_door.join()
    return bool(free)


def test_the_door_has_its_turn_while_events_are_counted_and_thinned(
    thinned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = list[bool]()
    monkeypatch.setattr(events, "_SOME", events._SOME.replace("2000", "1"))
    monkeypatch.setattr(events.time, "sleep", lambda _: turns.append(comes_in()))
    files = len(events.store().editions(thinned)[0]["visit.*"])
    assert turns == [True] * files
    assert swept(thinned) == {"parts of events, visit.*": 4}
    assert len(turns) >= 2 * files + 4 and all(turns)


def test_who_looks_at_what_would_be_thinned_keeps_no_event_waiting(
    thinned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, real = list[bool](), events._some

    def some(*words: Any) -> Any:
        free.append(comes_in())
        return real(*words)

    monkeypatch.setattr(events, "_some", some)
    (file,) = {one.path for one in events.store()._files.values() if one.rule == "visit.*"}
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        (found,) = sweep.sweep(client=thinned, preview=True)
    assert found.counts == {"parts of events, visit.*": 4} and not found.not_answered
    assert free and all(free)


def test_a_page_opens_so_many_events_and_says_of_the_others_that_they_are_looked_into_on_the_night(
    thinned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_for(thinned, 320, "b-2", sealed=BOTH)
    read = opened(monkeypatch)
    (found,) = sweep.sweep(client=thinned, preview=True, most=4)
    assert found.counts == {"parts of events, visit.*": 1, "events to look into, visit.*": 4} and len(read) == 1
    (found,) = sweep.sweep(client=thinned, preview=True, most=5)
    assert found.counts == {"parts of events, visit.*": 5}
    (found,) = sweep.sweep(client=thinned, most=0, confirm=True)
    assert found.counts == {"parts of events, visit.*": 5}, "on the night all of them are"


def test_what_was_thinned_is_opened_no_more_though_a_hold_stands_over_some_of_it(
    thinned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ada,) = identities.persons(thinned)
    number = holds.place(thinned, ada, "a court case", by=STAFF)
    assert swept(thinned) == {"parts of events, visit.*": 3}
    assert said(thinned, "b-1", "b-2", "b-3") == [BOTH, SEEN, SEEN]
    read = opened(monkeypatch)
    assert swept(thinned) == {} and read == []
    (found,) = sweep.sweep(client=thinned, preview=True)
    assert found.counts == {} and read == []
    holds.lift(thinned, ada, "a court case", by=STAFF, number=number)
    assert swept(thinned) == {"parts of events, visit.*": 1} and len(set(read)) == 1, "hers alone"
    read.clear()
    assert swept(thinned) == {} and read == []
    assert said(thinned, "b-1", "b-2", "b-3") == [SEEN, SEEN, SEEN] and broken(thinned, "visit.word") == []


def test_the_ledger_says_of_how_many_events_a_sweep_took_a_part(thinned: str) -> None:
    swept(thinned)
    counts = next(json.loads(counts) for _, _, act, counts in entries.newest(thinned, 20) if act == "swept")
    assert counts == {"values": 0, "events": 0, "choices": 0, "changed": 4}
    assert verifying.verify().ok


def test_what_is_thinned_some_at_a_time_is_thinned_whole_though_the_file_is_rewritten_meanwhile(
    thinned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = events._File.strip
    monkeypatch.setattr(events, "_SOME", events._SOME.replace("2000", "1"))

    def strip(file: events._File, *words: Any) -> Any:
        done = real(file, *words)
        file.overwrite()
        return done

    monkeypatch.setattr(events._File, "strip", strip)
    assert swept(thinned) == {"parts of events, visit.*": 4}
    assert said(thinned, "b-1", "b-2", "b-3") == [SEEN, SEEN, SEEN] and broken(thinned, "visit.word") == []


def test_a_night_that_ended_before_what_went_was_overwritten_does_so_the_next_night(
    thinned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    real, done = events._File.overwrite, list[bool]()
    monkeypatch.setattr(events._File, "overwrite", full)
    (found,) = sweep.sweep(client=thinned, confirm=True)
    assert found.not_answered == ["our event store"]
    monkeypatch.setattr(events._File, "overwrite", lambda file: (done.append(True), real(file))[1])
    assert swept(thinned) == {} and done == [True]
    assert swept(thinned) == {} and done == [True]


def test_what_went_counts_though_it_could_not_be_overwritten_and_the_next_night_says_that_it_stands(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    client = house(tmp_path, "  visit.*: 6 months\n")
    came(client, 300, 1, 3)
    next_edition(client, tmp_path, KEPT)
    came(client, 300, 2)  # it keeps the file
    with monkeypatch.context() as disk:
        disk.setattr(events._File, "overwrite", full)
        sweep.sweep(client=client, confirm=True)
        (found,) = sweep.sweep(client=client, confirm=True)
        assert found.not_answered == ["our event store"]
    counts = [json.loads(counts)["events"] for _, _, act, counts in entries.newest(client, 20) if act == "swept"]
    assert sorted(counts) == [0, 3] and swept(client) == {}


def test_killed_while_parts_are_taken_out_the_next_night_takes_the_rest(
    thinned: str, tmp_path: Path, settings: Any
) -> None:
    events.store().close()
    folder = Path(shutil.copytree(settings.DATA, tmp_path / "killed"))
    assert toil(folder, settings.KEY_FILE, "sweep", "parts", thinned) == -9
    settings.DATA = folder
    both = [one for one in said(thinned, "b-1", "b-2", "b-3") if one == BOTH]
    events.store().close()
    assert 0 < len(both) < 3, "some went"
    assert toil(folder, settings.KEY_FILE, "night", "", thinned) == 0
    assert said(thinned, "b-1", "b-2", "b-3") == [SEEN] * 3
    assert b"zqglove" not in b"".join(one.read_bytes() for one in (folder / "events").rglob("*.db"))
