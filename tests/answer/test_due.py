"""A request is due by the law's clock, in the nation that the policy names."""

from __future__ import annotations

import datetime as dt

import time_machine
from tests.answer.houses import LARCH, published

from troth.answer import erase, requests
from troth.people import identities


def test_a_month_that_ends_on_a_holiday_ends_on_the_next_working_day_of_the_nation(larch):
    person = identities.make(larch, {"walker"})
    with time_machine.travel(dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC), tick=False):
        asked = requests.open_request(larch, person, "erase")
        told = erase.tell(larch, person, frozenset({person})).by
    assert asked.due == told == dt.datetime(2027, 1, 4, 23, 59, 59, tzinfo=dt.UTC)


def test_what_the_policy_promises_sooner_than_the_law_is_due_sooner(on_disk, tmp_path):
    quick = published("quick", LARCH.replace("undo: none", "undo: none, sooner: {erase: 24 hours}"), tmp_path)
    person = identities.make(quick, {"walker"})
    with time_machine.travel(dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC), tick=False):
        erase_ = requests.open_request(quick, person, "erase")
        access = requests.open_request(quick, person, "access")
    assert erase_.due == dt.datetime(2026, 12, 2, 9, tzinfo=dt.UTC)
    assert access.due == dt.datetime(2027, 1, 4, 23, 59, 59, tzinfo=dt.UTC)
