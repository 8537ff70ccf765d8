"""Who opened the data of more people in a day than casework asks for: said to everybody at the desk, since whoever
looks at others is seen, too (UK GDPR Art 5(1)(f), 32(4)). People are counted, and not how often one was looked at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from troth.parties import days, staff
from troth.people import looks

MANY: Final = 20  # people in a day by one member of staff, at one client
DAYS: Final = 7  # for which it is said


class Crowd(msgspec.Struct, frozen=True):
    who: str
    day: dt.date
    people: int
    firm: str


def of(firms: Mapping[str, str]) -> list[Crowd]:
    """Who opened the data of so many within the last days, the newest first. ``firms``: the clients' names by slug."""
    found = []
    for slug, firm in firms.items():
        began = days.today(slug) - dt.timedelta(days=DAYS)
        known = {member.ref: member.email for member in staff.ever(slug)}
        many = looks.a_day(slug, known, began)
        found += [Crowd(known[ref], day, people, firm) for ref, day, people in many if people >= MANY]
    return sorted(found, key=lambda one: (one.day, one.people, one.who), reverse=True)
