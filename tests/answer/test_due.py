"""A request is due by the law's clock, in the nation that the policy names."""

from __future__ import annotations

import datetime as dt

import time_machine

from troth.answer import erase, requests
from troth.people import identities


def test_a_month_that_ends_on_a_holiday_ends_on_the_next_working_day_of_the_nation(larch):
    person = identities.make(larch, {"walker"})
    with time_machine.travel(dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC), tick=False):
        asked = requests.open_request(larch, person, "erase")
        told = erase.tell(larch, person, frozenset({person})).by
    assert asked.due == told == dt.datetime(2027, 1, 4, 23, 59, 59, tzinfo=dt.UTC)
