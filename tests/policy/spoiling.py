"""Spoiling the small firm's policy in one place, to see what is said about it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from troth import policy
from troth.policy.plan import Plan
from troth.policy.problems import Problem

FILE = Path(__file__).parents[1] / "policies" / "larch.yaml"
LARCH = FILE.read_text("utf-8")
DAY = dt.date(2026, 11, 22)


def spoilt(*swaps: tuple[str, str]) -> str:
    """Larch's policy with texts swapped; each must be there, so that no test spoils nothing."""
    text = LARCH
    for old, new in swaps:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def problems(*swaps: tuple[str, str], text: str | None = None, draft: bool = False) -> list[Problem]:
    source = (spoilt(*swaps) if text is None else text).encode()
    return policy.load("larch.yaml", text=source, on=DAY, draft=draft).problems


def codes(*swaps: tuple[str, str], text: str | None = None) -> list[str]:
    return [one.code for one in problems(*swaps, text=text)]


def compiled(*swaps: tuple[str, str]) -> Plan:
    found = policy.load("larch.yaml", text=spoilt(*swaps).encode(), on=DAY)
    assert found.plan is not None, found.problems
    return found.plan
