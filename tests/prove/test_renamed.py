"""A datum that is called otherwise is promised once, and looked at under each name that it had."""

from __future__ import annotations

import datetime as dt

import pytest

from troth.policy import former
from troth.policy.plan import Plan
from troth.prove import looking, probes
from troth.prove.keepers import Scene, state_of
from troth.prove.promises import Line, derive


def test_its_promise_stands_once_by_the_name_of_today_and_reads_as_before(plan: Plan) -> None:
    assert derive(former.declared(plan, {"visit.seen": "visit.page"})) == derive(plan)


def test_what_stands_under_an_earlier_name_is_looked_at(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = looking.Stored("booking.tour", "booking.*", "booking", 1, False, False, 1, 1)
    monkeypatch.setattr(looking, "values", lambda client: [bare])
    monkeypatch.setattr(looking, "event_files", lambda client: iter(()))
    both = former.declared(plan, {"booking.tour": "booking.walk"})
    scene = Scene("larch", both, dt.datetime.now(dt.UTC))
    assert state_of(probes.data(scene, Line("data/booking.walk", "", "data"))) == "broken"
    assert state_of(probes.data(scene, Line("data/booking.name", "", "data"))) == "kept-empty"
