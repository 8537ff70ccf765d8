"""What stood over somebody is not kept for ever, and every night what went is overwritten."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from tests.answer.planting import walker, work

from troth.keep import erasure, holds, sweep
from troth.ledger import verifying
from troth.people import standing
from troth.people.models import Standing

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "Ada Quill sues over a glove"


def test_why_a_hold_was_placed_goes_from_the_disk_once_nothing_is_known_of_its_person(held: str, on_disk: Path) -> None:
    person = walker(held, "ada@quill.example", "Ada", letter="a red glove")
    holds.place(held, person, "a court case", by="a" * 16, ground=WHY)
    erasure.erase(held, person, "E-2026-0001")
    work()
    sweep.sweep(client=held)
    assert WHY in {one.ground for one in standing.of(held, person)}
    holds.lift(held, person, "a court case", by="a" * 16)
    work()
    sweep.sweep(client=held)
    assert [one.name for one in on_disk.iterdir() if one.is_file() and WHY.encode() in one.read_bytes()] == []
    assert verifying.verify().ok


def test_what_was_over_a_year_ago_is_forgotten_and_what_stands_is_not(held: str) -> None:
    ended, lapsed, stands = (walker(held, f"{n}@quill.example", "Ada", letter="hello") for n in "abc")
    holds.place(held, ended, "a court case", by="a" * 16)
    holds.lift(held, ended, "a court case", by="a" * 16)
    holds.place(held, lapsed, "a court case", by="a" * 16, until=timezone.now() + dt.timedelta(days=3))
    holds.place(held, stands, "a court case", by="a" * 16)
    later = timezone.now() + dt.timedelta(days=360)
    with time_machine.travel(later, tick=False):
        sweep.sweep(client=held, confirm=True)
        assert Standing.objects.count() == 3
    with time_machine.travel(later + dt.timedelta(days=12), tick=False):
        sweep.sweep(client=held, confirm=True)
        assert [one.person for one in standing.all_of(held)] == [stands]
        assert Standing.objects.count() == 1 and standing.stale(held) == []
        assert verifying.verify().ok


def test_what_went_while_somebody_read_is_overwritten_the_next_night_though_nothing_is_due(
    held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(sweep.disk, "overwrite", lambda: bool(asked.append(True)))
    assert sweep.sweep(client=held)[0].counts == {}
    assert asked == [True]
    sweep.sweep(client=held, preview=True)
    assert asked == [True]
