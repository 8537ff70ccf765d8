"""What is abroad: for UK law all but the United Kingdom, for EU law alone all but the EEA (GDPR Art 44)."""

from __future__ import annotations

from collections.abc import Iterable

from troth.policy.plan import Plan
from troth.policy.words import COUNTRIES


def codes(plan: Plan, countries: Iterable[str]) -> list[str]:
    """Those of some countries, by their two letters, to which data go out of the law's own territory."""
    if "uk" in plan.law:
        return [code for code in countries if code != "GB"]
    return [code for code in countries if code not in COUNTRIES or not COUNTRIES[code].eea]
