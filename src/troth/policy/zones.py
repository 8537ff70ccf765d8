"""Whose clock on the wall decides what a day is: the time zone that a policy says, else that of its nation.

A month, a working day and a night are local (Regulation 1182/71; ``docs/clocks.md``); instants are not. A nation with
several zones has that of its capital until the policy says another one. Beyond the United Kingdom and the EEA nothing
goes without saying: days are London's there until the policy names a zone, and ``check`` tells that.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from troth.policy.problems import Trouble

LONDON: Final = "Europe/London"
_BESIDE: Final = {"IS": "Atlantic/Reykjavik", "LI": "Europe/Vaduz", "NO": "Europe/Oslo"}
"""The EEA beyond the Union, whose holidays are not among our data."""


def of(said: str, law: tuple[str, ...], nation: str) -> str:
    """The name of a zone, as ``Europe/London``: what was said, else what goes without saying."""
    return said or unsaid(law, nation) or LONDON


def today(said: str, law: tuple[str, ...], nation: str) -> dt.date:
    """The day that it is there now."""
    return dt.datetime.now(zoneinfo.ZoneInfo(of(said, law, nation))).date()


@lru_cache(maxsize=1024)
def unsaid(law: tuple[str, ...], nation: str) -> str:
    """The zone that goes without saying; '' of a nation beyond the United Kingdom and the EEA."""
    from troth.policy import words  # a plan that is only read needs neither
    from troth.policy.law import holidays

    if "uk" in law or nation in (*words.NATIONS, "GB", words.COUNTRIES["GB"].name):
        return LONDON
    beside = next((zone for code, zone in _BESIDE.items() if nation in (code, words.COUNTRIES[code].name)), "")
    try:
        return beside or holidays.nation("eu", nation).zone
    except Trouble:
        return ""


def there(country: str) -> list[str]:
    """The zones of a country (two capitals), as the machine's own tz database lists them; [] where it has no list. For
    a line of help alone: what a policy means is the same on each machine."""
    for folder in zoneinfo.TZPATH:
        try:
            lines = (Path(folder) / "zone.tab").read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        rows = [line.split("\t") for line in lines if not line.startswith("#")]
        return sorted(row[2] for row in rows if len(row) > 2 and row[0] == country)
    return []


@cache
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
