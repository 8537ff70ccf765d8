"""What every place answers, whatever it is made of: find a person, erase them, change one value of theirs.

A place that cannot be reached says ``NotAnswered``. Silence is never "nothing held": UK GDPR Art 12(1), 19.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal, Protocol

import msgspec

from troth.places.opening import Pass
from troth.policy.plan import Rule

State = Literal["erased", "kept", "not answered", "nothing held", "changed"]
Reached = Literal["", "hidden", "deleted", "overwritten", "key destroyed", "backups"]
How = Literal["", "read back by us", "claimed by them", "said by somebody of ours"]


UNNAMED = "They have shown nothing by which we could ask there."  # not asked is not the same as asked and empty
PARTLY = "Some tables there know people by something that they have not shown: those were not asked."
NOT_YOURS = "not shown: you have not shown that this is yours"  # in a row that two people share


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to look for. ``identities`` holds verified ones only: what somebody merely typed finds nothing."""

    person: int
    persons: frozenset[int]
    identities: tuple[tuple[str, str], ...] = ()  # (field, value)
    browsers: tuple[str, ...] = ()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    field: str
    label: str
    value: str
    source: str = ""
    when: dt.datetime | None = None
    rule: str = ""
    binds: Rule | None = (
        None  # whose period ends it, where that is known: an edition of before may say less than its rule
    )
    id: str = ""  # names the value inside its place, so that it can be corrected
    record: int = 0  # which of several records of its source it stands in, from 1; 0: it stands for itself


class Found(msgspec.Struct, frozen=True):
    """``why``: why it, or a part of it, was not asked; ``unasked``: the fields that may stand there all the same."""

    place: str
    items: list[Item]
    why: str = ""
    unasked: frozenset[str] = frozenset()


class NotAnswered(msgspec.Struct, frozen=True):
    place: str
    why: str


class Kept(msgspec.Struct, frozen=True):
    """One thing that stays after an erasure, as the person reads it. Holds no value."""

    what: str
    why: str
    until: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    place: str
    state: State
    reached: Reached = ""
    how: How = ""
    kept: list[Kept] = []
    counts: dict[str, int] = {}
    why: str = ""


class Due(msgspec.Struct, frozen=True):
    """What is due at a place: rows by keep rule, how many rows in all, and of how many. ``stuck``: where
    something is due that does not go (the key of a row that is needed, a row that they keep), or why nobody
    could see whether all of it went; '' for nothing."""

    counts: dict[str, int]
    rows: int
    of: int
    stuck: str = ""


class Past(msgspec.Struct, frozen=True):
    """What a place holds under one keep rule: rows in all, and those in which something is past its period."""

    rows: int
    late: int


class PlaceKind(Protocol):
    name: str

    def find(self, token: Pass, client: str, subject: Subject) -> Found | NotAnswered: ...

    def erase(self, token: Pass, client: str, subject: Subject) -> Receipt: ...

    def change(self, token: Pass, client: str, subject: Subject, field: str, old: str, new: str) -> Receipt: ...
