"""Each client is swept in its own night, by its own days, whatever the clock of the installation shows."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
import time_machine
from tests.answer.houses import LARCH, LAW, living
from tests.answer.planting import walker

from troth import cli
from troth.keep import chores, holds, sweep
from troth.keep.models import Sweep
from troth.people import standing, store

pytestmark = pytest.mark.django_db(transaction=True)
ZONES = {"kauri": "Pacific/Auckland", "larch": "Europe/London", "maple": "America/New_York"}
JUNE = dt.datetime(2026, 6, 10, tzinfo=dt.UTC)


@pytest.fixture
def clients(on_disk: Path, tmp_path: Path) -> list[str]:
    return [living(name, zone, tmp_path) for name, zone in ZONES.items()]


def swept_at(hour: float) -> list[str]:
    """Which clients the round of that hour (UTC) sweeps."""
    before = set(Sweep.objects.values_list("pk", flat=True))
    with time_machine.travel(JUNE + dt.timedelta(hours=hour), tick=False):
        sweep.nightly()
    return sorted(Sweep.objects.exclude(pk__in=before).values_list("client", flat=True))


def test_the_night_of_a_client_is_its_own(clients: list[str]) -> None:
    rounds = {hour: swept_at(hour) for hour in (0, 1.5, 4, 6.5, 9, 14.5, 20)}
    assert {hour: found for hour, found in rounds.items() if found} == {
        1.5: ["larch"],  # half past two in London
        6.5: ["maple"],  # half past two in New York
        14.5: ["kauri"],  # half past two in Auckland
    }


def test_a_month_ends_for_each_on_its_own_clocks(clients: list[str]) -> None:
    """Answered at the same moment, at one at night in Auckland, hours before its clocks went back. Two years later they
    had gone back already."""
    answered = dt.datetime(2024, 4, 6, 12, tzinfo=dt.UTC)
    ends = {}
    for client in clients:
        person = walker(client, "ada@quill.example", "Ada", letter="a red glove", at=answered)
        standing.happened(client, person, "answered", answered)
        clock = store.Clock(client)
        ends[client] = clock.due(person, "letter.body", 1, answered)
    noon = dt.datetime(2026, 4, 6, 12, tzinfo=dt.UTC)
    assert ends == {"kauri": noon + dt.timedelta(hours=1), "larch": noon, "maple": noon}
    gone = {one.client: sum(one.counts.values()) for one in sweep.sweep(noon, preview=True)}
    assert gone == {"kauri": 0, "larch": 1, "maple": 1}


def test_a_day_that_is_named_ends_for_each_when_it_ends_there(
    clients: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    day = dt.date(2026, 6, 10)
    with time_machine.travel(JUNE + dt.timedelta(hours=14.5), tick=False):  # 11 June in Auckland, and 10 June elsewhere
        found = {one.client: (one.preview, one.as_of) for one in sweep.sweep(day)}
        assert {client: preview for client, (preview, _) in found.items()} == {
            "kauri": False,
            "larch": True,
            "maple": True,
        }
        assert {found[client][1].utcoffset() for client in clients} == {
            dt.timedelta(hours=12),
            dt.timedelta(hours=1),
            dt.timedelta(hours=-4),
        }
        assert cli.main(["sweep", "--as-of", "2026-06-10", "--client", "maple"]) == 0
        assert cli.main(["sweep", "--as-of", "2026-06-10", "--client", "maple", "--json"]) == 0
    said, data = capsys.readouterr().out.splitlines()
    assert said == "maple: 0 would go, as of 10 June 2026"
    assert json.loads(data)["sweeps"][0]["as_of"] == "2026-06-11T03:59:59+00:00"


def test_a_sweep_that_stopped_says_its_day_as_it_was_there(clients: list[str]) -> None:
    with time_machine.travel(JUNE + dt.timedelta(hours=14.5), tick=False):
        sweep.sweep(client="kauri")
    with time_machine.travel(JUNE + dt.timedelta(days=9), tick=False):
        assert "The last sweep was on 11 June 2026" in sweep.sweep(client="kauri")[0].stopped


def test_a_sweep_by_day_takes_no_night_away_and_stops_none(clients: list[str]) -> None:
    """Else the next one came a day and a half later, and looked like a clock that leapt."""
    with time_machine.travel(JUNE + dt.timedelta(hours=16), tick=False):
        sweep.sweep()
    nights = {hour: swept_at(hour) for hour in (25.5, 30.5, 38.5)}
    assert nights == {25.5: ["larch"], 30.5: ["maple"], 38.5: ["kauri"]}
    assert [client for client in clients if sweep.stopped(client)] == []


@pytest.mark.parametrize("hours", range(0, 24, 3))
def test_a_firm_that_moves_misses_no_night_and_no_clock_leaps(hours: int, on_disk: Path, tmp_path: Path) -> None:
    """Swept in its old night, then in force in another zone: wherever that lies the next night comes within a day."""
    living("larch", f"Etc/GMT{hours - 12:+d}" if hours != 12 else "Etc/GMT", tmp_path)
    with time_machine.travel(JUNE + dt.timedelta(hours=1.5), tick=False):
        sweep.sweep(client="larch")
    found = [hour for hour in range(2, 48) if swept_at(hour + 0.5)]
    assert found and found[0] <= 27 and not sweep.stopped("larch")


HOLD = "holds:\n  a court case: {data: letter.*, needs: matter, review: 6 months, because: A court asked}\n"
HAND = "  cupboard: {kind: by hand, holds: booking.name, in: GB}\n"


def test_what_is_looked_at_again_and_what_a_hand_does_each_month_has_the_days_of_the_client(
    on_disk: Path, tmp_path: Path
) -> None:
    """Half past eleven at night of the last of the month in New York, when it is the next one in London."""
    text = LARCH.replace(LAW, "").replace("cookies: none", f"{HOLD}cookies: none")
    text = text.replace("papers:\n", f"{HAND}papers:\n", 1)
    client = living("maple", ZONES["maple"], tmp_path, text)
    with time_machine.travel(dt.datetime(2026, 12, 1, 4, 30, tzinfo=dt.UTC), tick=False):
        holds.place(client, walker(client, "ada@quill.example", "Ada", letter="a glove"), "a court case", by="a" * 16)
        chores.open_month(client)
        assert [one.month for one in chores.waiting(client)] == ["2026-11"]
    assert [one.review for one in standing.all_of(client, "hold")] == [dt.date(2027, 5, 30)]
