"""Forgetting on time, and when to stop and ask."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from tests.answer.planting import say, walker

from troth import cli
from troth.keep import holds, serving, sweep, upkeep
from troth.ledger import entries, rows
from troth.parties import editions, tenancy
from troth.people import choices, identities, standing, store
from troth.work import queue

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = dt.datetime(2018, 3, 1, 12, tzinfo=dt.UTC)


def old_walker(client: str, number: int = 1, *, over: bool = True) -> int:
    person = walker(client, f"ada{number}@quill.example", "Ada", letter="a red glove", at=LONG_AGO)
    if over:
        standing.happened(client, person, "walk is over", LONG_AGO)
        standing.happened(client, person, "answered", LONG_AGO)
    return person


def test_what_is_due_goes_with_its_identity_and_what_is_not_stays(plain: str) -> None:
    old, new = old_walker(plain), walker(plain, "bo@quill.example", "Bo", letter="hello")
    found = sweep.sweep(client=plain)
    assert sum(found[0].counts.values()) == 4 and not found[0].stopped
    assert store.fields_held(plain, old) == frozenset()
    assert identities.find(plain, "booking.email", "ada1@quill.example") is None
    assert len(store.fields_held(plain, new)) == 4


def test_a_clock_that_has_not_started_lets_nothing_go(plain: str) -> None:
    person = old_walker(plain, over=False)
    assert sweep.sweep(client=plain)[0].counts == {}
    assert len(store.fields_held(plain, person)) == 4


def test_a_statute_holds_longer_than_the_promise(walks: str) -> None:
    person = walker(walks, "ada@quill.example", "Ada", at=timezone.now() - dt.timedelta(days=4 * 365))
    standing.happened(walks, person, "walk is over", timezone.now() - dt.timedelta(days=3 * 365))
    sweep.sweep(client=walks)
    assert store.fields_held(walks, person) >= {"booking.name"}


def test_the_proof_of_a_choice_ends_when_the_policy_says_so(plain: str) -> None:
    person = walker(plain, "ada@quill.example", "Ada")
    with time_machine.travel(LONG_AGO, tick=False):
        say(plain, person, True)
        standing.purpose_left(plain, person, False)
    assert len(choices.of(plain, person)) == 1
    assert sweep.sweep(client=plain)[0].counts["choices"] == 1
    assert choices.of(plain, person) == []


def test_t12_a_preview_and_a_day_to_come_delete_nothing(plain: str) -> None:
    person = old_walker(plain)
    for found in (
        sweep.sweep(client=plain, preview=True),
        sweep.sweep(timezone.now() + dt.timedelta(days=4000), client=plain),
    ):
        assert found[0].preview and sum(found[0].counts.values()) == 4
    assert len(store.fields_held(plain, person)) == 4


def test_t12_a_clock_that_leaps_ten_years_deletes_nothing_and_alerts_once(plain: str) -> None:
    sweep.sweep(client=plain)
    person = walker(plain, "bo@quill.example", "Bo", letter="hello")
    standing.happened(plain, person, "walk is over")
    with time_machine.travel(timezone.now() + dt.timedelta(days=3650), tick=False):
        first, second = sweep.sweep(client=plain)[0], sweep.sweep(client=plain)[0]
    assert "clock" in first.stopped and "clock" in second.stopped
    assert len(store.fields_held(plain, person)) == 4
    assert sweep.stopped(plain) == "clock"


def test_t12_a_clock_that_leaps_ten_years_drops_no_month_of_the_ledger(plain: str) -> None:
    """What is dropped of the ledger is proof that nothing brings back, so it waits for the yes that sweeps wait for."""
    sweep.sweep(client=plain)
    with time_machine.travel(timezone.now() + dt.timedelta(days=3653)):
        for _ in range(2):
            upkeep.look_after_the_ledger()
            sweep.nightly()
        assert rows.first_number() == 1
        sweep.sweep(client=plain, confirm=True)
        upkeep.look_after_the_ledger()
        assert rows.first_number() > 1  # somebody says that ten years went by


def test_t12_two_days_in_the_place_of_two_years_delete_nothing_before_a_person_said_yes(
    plain: str, tmp_path: Path
) -> None:
    """The shorter period binds at once; that so much would go at once is seen first, in the preview and at night."""
    for number in range(30):
        person = walker(
            plain, f"ada{number}@quill.example", "Ada", letter="a glove", at=timezone.now() - dt.timedelta(9)
        )
        for moment in ("walk is over", "answered"):
            standing.happened(plain, person, moment, timezone.now() - dt.timedelta(days=8))
    assert sweep.sweep(client=plain)[0].counts == {}
    text = (tmp_path / "plain.yaml").read_text().replace("change: first", "change: small")
    text = text.replace("12 months after walk is over", "2 days after walk is over").replace(
        "24 months after", "2 days after"
    )
    (tmp_path / "plain.yaml").write_text(text)
    editions.publish(plain, tmp_path / "plain.yaml", replaces=editions.in_force(plain).mark, by="tests")
    assert sum(sweep.sweep(client=plain, preview=True)[0].counts.values()) == 120
    for _ in range(2):
        assert "120 of 120" in sweep.sweep(client=plain)[0].stopped
    assert sum(store.count(plain).values()) == 120
    acts = [act for _, _, act, _ in entries.newest(plain, 300)]
    assert acts.count("sweep-stopped") == 1, "one alert"


def test_t12_a_large_share_stops_until_a_person_says_yes(plain: str) -> None:
    for number in range(30):
        old_walker(plain, number)
    found = sweep.sweep(client=plain)[0]
    assert "120 of 120" in found.stopped
    assert sum(store.count(plain).values()) == 120
    assert sweep.sweep(client=plain, confirm=True)[0].stopped == ""
    assert sum(store.count(plain).values()) == 0


def test_a_hold_is_gone_around_and_told(held: str) -> None:
    person = old_walker(held)
    holds.place(held, person, "a court case", by="staff")
    found = sweep.sweep(client=held)[0]
    assert found.held == 1
    assert store.fields_held(held, person) == {"letter.body"}


def test_it_runs_by_itself_once_a_night_and_not_by_day(plain: str) -> None:
    person = old_walker(plain)
    with time_machine.travel(dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC), tick=False):
        sweep.nightly()
    assert len(store.fields_held(plain, person)) == 4
    with time_machine.travel(dt.datetime(2026, 11, 27, 3, tzinfo=dt.UTC), tick=False):
        sweep.nightly()
        assert store.fields_held(plain, person) == frozenset()
        walker(plain, "bo@quill.example", "Bo", at=LONG_AGO)
        before = sweep.Sweep.objects.count()
        sweep.nightly()
        assert sweep.Sweep.objects.count() == before


def test_the_command_gives_the_same_facts_as_data(plain: str, capsys: pytest.CaptureFixture[str]) -> None:
    old_walker(plain)
    assert cli.main(["sweep", "--preview", "--client", plain, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert sum(said["sweeps"][0]["counts"].values()) == 4
    assert cli.main(["sweep", "--as-of", "tomorrow"]) == 2


def test_an_erasure_of_an_answered_hold_goes_on_by_itself(held: str, on_disk: Path) -> None:
    from tests.answer.planting import work

    from troth.keep import erasure

    person = walker(held, "ada@quill.example", "Ada", letter="a red glove")
    holds.place(held, person, "a court case", by="staff")
    erasure.erase(held, person, "E-2026-0001")
    work()
    assert store.fields_held(held, person) == {"letter.body"}
    holds.lift(held, person, "a court case", by="staff")
    work()
    assert store.fields_held(held, person) == frozenset()


def test_a_day_of_the_past_that_somebody_names_is_no_clock_that_went_back(plain: str) -> None:
    sweep.sweep(client=plain)
    assert not sweep.sweep(LONG_AGO, client=plain)[0].stopped
    assert sweep.stopped(plain) == "" and not sweep.sweep(client=plain)[0].stopped


@pytest.fixture
def beside(plain: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A client in a folder that another process serves, which does what it is asked at once."""

    def server(done: Callable[[], bool], patience: float = 0.0) -> bool:
        queue.run_due(kinds=frozenset({"sweep"}))
        return done()

    monkeypatch.setattr(serving, "wait", server)
    with serving.alone() as ours:
        assert ours
        yield plain


def test_a_command_beside_a_server_waits_for_its_own_sweep_and_for_no_other(
    beside: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sweep that stopped again leaves no row, and who has no policy is not swept: neither is a busy server."""
    tenancy.add("unpublished")
    assert cli.main(["sweep"]) == 0, capsys.readouterr().err
    with time_machine.travel(timezone.now() + dt.timedelta(days=9)):
        assert cli.main(["sweep"]) == 3
        assert cli.main(["sweep"]) == 3
    assert "The clock leapt." in capsys.readouterr().out
    monkeypatch.setattr(sweep, "_sweep", lambda *_: 1 / 0)
    assert sweep.ask_server(beside, confirm=False) is False, "it failed, and is tried again"


def test_beside_a_server_a_day_that_is_past_is_swept_by_the_server_too(
    beside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the process that serves opens and drops files of events; a command may be told any day."""
    done, real = list[dt.datetime](), sweep._erase
    asked = queue._handlers["sweep"]

    def by_server(payload: queue.Payload) -> None:
        monkeypatch.setattr(sweep, "_erase", lambda *words: done.append(timezone.now()) or real(*words))
        asked(payload)
        monkeypatch.setattr(sweep, "_erase", lambda *_: 1 / 0)

    monkeypatch.setitem(queue._handlers, "sweep", by_server)
    monkeypatch.setattr(sweep, "_erase", lambda *_: 1 / 0)
    person = old_walker(beside)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    assert cli.main(["sweep", "--as-of", yesterday.isoformat(), "--confirm"]) == 0
    assert len(done) == 1 and store.fields_held(beside, person) == frozenset()


def test_without_a_server_a_sweep_is_the_one_that_serves_while_it_works(
    plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, real = list[bool](), sweep._sweep
    monkeypatch.setattr(sweep, "_sweep", lambda *words: seen.append(serving.somebody_serves()) or real(*words))
    assert cli.main(["sweep"]) == cli.main(["sweep", "--preview"]) == 0
    assert seen == [True, False] and not serving.somebody_serves()


def test_a_server_that_ends_while_a_command_waits_leaves_the_work_to_the_command(
    plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = old_walker(plain)
    with contextlib.ExitStack() as server:
        assert server.enter_context(serving.alone())

        def ends(done: Callable[[], bool], patience: float = 0.0) -> bool:
            server.close()
            return done()

        monkeypatch.setattr(serving, "wait", ends)
        assert cli.main(["sweep", "--confirm"]) == 0
    assert store.fields_held(plain, person) == frozenset()


def test_t17_two_sweeps_at_once_write_down_once_what_went(plain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the second one worked out before the first had deleted it, is not written into the ledger a second time."""
    old_walker(plain)
    due = sweep._due_values

    def overtaken(*words: Any) -> Any:
        found = due(*words)
        monkeypatch.setattr(sweep, "_due_values", due)
        sweep.sweep(client=plain, confirm=True)
        return found

    monkeypatch.setattr(sweep, "_due_values", overtaken)
    sweep.sweep(client=plain, confirm=True)
    swept = [json.loads(counts)["values"] for _, _, act, counts in entries.newest(plain, 200) if act == "swept"]
    assert sorted(swept) == [0, 4]


def test_a_command_beside_a_server_without_clients_has_nothing_to_wait_for(on_disk: Path) -> None:
    assert sweep.ask_server("", confirm=False) is True
