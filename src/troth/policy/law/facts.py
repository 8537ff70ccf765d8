"""Facts that change by date: clocks, the provisions they rest on, regulators, fees, ages, transfers, fines.

They stand in ``facts-uk.toml`` and ``facts-eu.toml``, each row with the days between which it holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

Law = Literal["uk", "eu"]
LAWS: tuple[Law, ...] = ("uk", "eu")
_NAMES = {"since": "from", "as_of": "as-of", "promise_days": "promise-days"}


class Dated(msgspec.Struct, frozen=True, kw_only=True, rename=_NAMES, forbid_unknown_fields=True):
    """A row that holds on the days ``since`` to ``to``, both included."""

    since: dt.date = dt.date.min
    to: dt.date = dt.date.max

    def holds(self, day: dt.date) -> bool:
        return self.since <= day <= self.to


class Found(Dated, frozen=True, kw_only=True):
    """A row with where it was found."""

    source: str
    confidence: Literal["seen", "seen in part", "from memory"]


class Clock(Found, frozen=True, kw_only=True):
    """How long the law gives for some rights: months, days or hours. ``longer``: the months an extension adds."""

    of: tuple[str, ...]
    provision: str
    months: int = 0
    days: int = 0
    hours: int = 0
    longer: int = 0
    promise_days: int = 0


class Provision(Dated, frozen=True, kw_only=True):
    """What one step of the arithmetic rests on."""

    step: str
    provision: str


class Regulator(Found, frozen=True, kw_only=True):
    key: str
    name: str
    address: str
    phone: str
    url: str
    country: str = "GB"
    also: tuple[str, ...] = ()


class Fee(Found, frozen=True, kw_only=True):
    """The yearly fee of a controller in the United Kingdom."""

    tier: int
    pounds: int


class Age(Found, frozen=True, kw_only=True):
    """From which age a child may itself consent to an online service (Art 8)."""

    country: str
    years: int


class Adequate(Found, frozen=True, kw_only=True):
    """Where data may go without a further safeguard; ``only`` narrows it to some who are there."""

    countries: tuple[str, ...]
    bodies: tuple[str, ...] = ()
    only: str = ""


class Fine(Found, frozen=True, kw_only=True):
    """The highest fine: an amount, or a share of the turnover if that is more."""

    of: str
    percent: int
    pounds: int = 0
    euros: int = 0


class Facts(msgspec.Struct, frozen=True, kw_only=True, rename=_NAMES, forbid_unknown_fields=True):
    """One file."""

    as_of: dt.date
    clock: tuple[Clock, ...]
    provision: tuple[Provision, ...]
    regulator: tuple[Regulator, ...]
    age: tuple[Age, ...]
    adequate: tuple[Adequate, ...]
    fine: tuple[Fine, ...]
    fee: tuple[Fee, ...] = ()


Row = TypeVar("Row", bound=Dated)


@cache
def of(law: Law) -> Facts:
    """All facts of one law, of all days."""
    text = Path(__file__).with_name(f"facts-{law}.toml").read_bytes()
    return msgspec.toml.decode(text, type=Facts)


def on(rows: Sequence[Row], day: dt.date) -> list[Row]:
    """Those of the rows that hold on a day: ``on(of("uk").fee, day)``."""
    return [row for row in rows if row.holds(day)]


def provision(law: Law, step: str, day: dt.date) -> str:
    """What a step rests on, for a request that came on ``day``; empty when the law has no such step."""
    found = [row.provision for row in on(of(law).provision, day) if row.step == step]
    return found[0] if found else ""


def age(law: Law, country: str, day: dt.date) -> int:
    """From which age a child there may consent by itself; 16 where a member state set no other (GDPR Art 8(1))."""
    found = [row.years for row in on(of(law).age, day) if row.country == country]
    return found[0] if found else 16
