"""Who opened more people's data in a day than casework asks for: said to everybody at the desk, since whoever looks at
others is seen, too (UK GDPR Art 5(1)(f), 32(4))."""

from __future__ import annotations

import collections
import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec
from django.utils import timezone

from troth.ledger import acting
from troth.parties import staff

OPENED: Final = ("asked", "value-read")
MANY: Final = 20  # times in a day by one member of staff, at one client
DAYS: Final = 7  # for which it is said


class Crowd(msgspec.Struct, frozen=True):
    who: str
    day: dt.date
    times: int
    firm: str


def of(firms: Mapping[str, str]) -> list[Crowd]:
    """Who opened data so often within the last days, the newest first. ``firms``: the clients' names by their slugs."""
    began = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=DAYS)
    found = []
    for slug, firm in firms.items():
        known = {member.ref: member.email for member in staff.ever(slug)}
        times = collections.Counter(
            (one.actor, timezone.localtime(one.at).date()) for one in acting.since(slug, known, OPENED, began)
        )
        found += [Crowd(known[ref], day, count, firm) for (ref, day), count in times.items() if count >= MANY]
    return sorted(found, key=lambda one: (one.day, one.times, one.who), reverse=True)
