"""Keepers: who makes which promise true, the probe that looks, and the breaker that shows the probe can turn red.

A keeper registers with one decorator. A promise whose keeper is not here shows as *not proved*, never as kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from troth.policy.plan import Plan
from troth.prove.promises import Line

State = Literal["kept", "kept-empty", "broken", "not-proved", "attested"]
STATES: tuple[State, ...] = ("broken", "not-proved", "attested", "kept-empty", "kept")


class Scene(msgspec.Struct, frozen=True):
    """What a probe may look at: one client, its plan in force, the moment of looking. ``once``: what was looked at for
    all promises together, by who looked; it lasts as long as the look."""

    client: str
    plan: Plan
    now: dt.datetime
    once: dict[str, Any] = {}

    @property
    def today(self) -> dt.date:
        return self.plan.day(self.now)


class Looked(msgspec.Struct, frozen=True):
    """What a probe saw: how many things, what they were (as ``policy.counting`` bends words), each breach in a sentence
    without values.

    ``unproved`` says why the probe could not look at all (a place that does not answer).
    """

    count: int
    what: str
    breaches: tuple[str, ...] = ()
    unproved: str = ""
    attested: str = ""


Probe = Callable[[Scene, Line], Looked]
Breaker = Callable[[Scene], None]


class Keeper(msgspec.Struct, frozen=True):
    name: str  # a chapter ('keep') or a standing guarantee ('always/nothing undeclared')
    code: str  # the room and module that keeps it, for engineers
    how: str  # how it is kept, one sentence for people
    probe: Probe
    breaker: Breaker | None
    with_it: tuple[str, ...] = ()  # keepers that watch the same thing and turn red with it (the ledger, too)


KEEPERS: dict[str, Keeper] = {}
WRITTEN: Final = ("always/every act is written down",)  # what is changed behind the ledger's back it finds, too
WAYS: Final = (
    *("never", "use", "staff", "children"),
    *("always/closed world", "always/restriction stops use", "always/use is not consent"),
)
"""Who watches the ways of the plan: open for everybody, all of them turn red."""


def keeper(
    name: str, *, code: str, how: str, breaker: Breaker | None = None, with_it: tuple[str, ...] = ()
) -> Callable[[Probe], Probe]:
    def register(probe: Probe) -> Probe:
        if name in KEEPERS:
            raise RuntimeError(f"keeper {name!r} is registered twice")
        KEEPERS[name] = Keeper(name, code, how, probe, breaker, with_it)
        return probe

    return register


def state_of(looked: Looked) -> State:
    if looked.breaches:
        return "broken"
    if looked.unproved:
        return "not-proved"
    if looked.attested:
        return "attested"
    return "kept" if looked.count else "kept-empty"
