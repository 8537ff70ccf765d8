"""Whose clock on the wall decides what a day is: the time zone that a policy says, else that of its nation.

A month, a working day and a night are local (Regulation 1182/71; ``docs/clocks.md``); instants are not. A nation with
several zones has that of its capital until the policy says another one.
"""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from typing import Final

from troth.policy.problems import Trouble

LONDON: Final = "Europe/London"
_BESIDE: Final = {"IS": "Atlantic/Reykjavik", "LI": "Europe/Vaduz", "NO": "Europe/Oslo"}
"""The EEA beyond the Union, whose holidays are not among our data."""


@lru_cache(maxsize=1024)
def of(said: str, law: tuple[str, ...], nation: str) -> str:
    """The name of a zone, as ``Europe/London``: what was said, else what goes without saying."""
    from troth.policy import words  # a plan that is only read needs neither
    from troth.policy.law import holidays

    if said or "uk" in law:
        return said or LONDON
    beside = next((zone for code, zone in _BESIDE.items() if nation in (code, words.COUNTRIES[code].name)), "")
    try:
        return beside or holidays.nation("eu", nation).zone
    except Trouble:
        return LONDON


def known() -> frozenset[str]:
    """Every name that a policy may say. Old single words (``NZ``, ``EST``) mean what nobody can tell by looking."""
    return frozenset(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")


def near(said: str) -> str:
    """The zone that somebody may have meant who wrote its city alone, or slipped; or nothing."""
    import difflib

    named = sorted((name for name in known() if not name.startswith("Etc/")), key=lambda name: (-name.count("/"), name))
    meant = {_plain(part): name for name in named for part in (name.rpartition("/")[2], name)}
    close = difflib.get_close_matches(_plain(said[:60]), meant, n=1, cutoff=0.7)
    return meant[close[0]] if close else ""


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_")
