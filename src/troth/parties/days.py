"""Which day it is for a client: on the clocks of the zone that its edition in force names, and of no other.

Instants are stored in UTC. A day, a night or an hour that somebody reads or that a clock of the law counts is worked
out here, so that two clients of one installation each have their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from django.utils import timezone

from troth.parties import editions
from troth.policy.problems import Trouble


def zone(client: str) -> dt.tzinfo:
    """The zone of the edition in force; before there is one, that of the installation."""
    try:
        return ZoneInfo(editions.in_force(client).plan.zone)
    except Trouble:
        return timezone.get_default_timezone()


def zones(client: str) -> set[dt.tzinfo]:
    """That of each edition: what was counted on the clocks of an earlier one was counted well."""
    numbers = (one.number for one in editions.all_of(client))
    return {ZoneInfo(editions.numbered(client, number).plan.zone) for number in numbers}


def local(client: str, when: dt.datetime | None = None) -> dt.datetime:
    """A moment, or this one, on the client's clocks."""
    return (when or timezone.now()).astimezone(zone(client))


def of(client: str, when: dt.datetime) -> dt.date:
    """The client's day in which a moment lies."""
    return local(client, when).date()


def today(client: str) -> dt.date:
    return local(client).date()


def at(client: str, day: dt.date, hour: dt.time = dt.time()) -> dt.datetime:
    """The moment at which the client's clocks show an hour of a day: its beginning, unless another is named."""
    return dt.datetime.combine(day, hour, zone(client))


@contextmanager
def within(client: str) -> Iterator[None]:
    """Inside of this, what is written for people has the client's days and hours."""
    with timezone.override(zone(client)):
        yield
