"""Which uses need an assessment of the risks to people before they begin: UK GDPR Art 35(1), (3); ICO list of 2018.

Worked out of what a policy declares, so that nobody can call a use harmless: the same reasons for the check of a file
and for the record of processing. Scale is not declared, so what is likely to be large is taken as large.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from troth.policy.plan import Plan, Purpose

ADULT: Final = 18
FOLLOWING: Final = frozenset({"advertising", "frequency capping"})
"""What a cookie of another company does when it knows people again from one website to the next."""


def reasons(*, is_: str, special: bool, decides: bool, youngest: Collection[int], follows: bool) -> list[str]:
    """Why a use is likely to be a high risk, each as the end of 'It …'; empty when nothing declared says so.

    ``youngest`` are the least ages of the people concerned as far as they are declared, 0 where none is.
    """
    profiles = is_ == "profiling for marketing"
    found = [
        (special, "uses special category data or data about crime (Art 35(3)(b))"),
        (decides, "decides about people by machine (Art 35(3)(a))"),
        (profiles, "makes profiles of people for marketing"),
        (profiles and any(0 < age < ADULT for age in youngest), "does so with children"),
        (follows, "lets another company follow people across websites"),
    ]
    return [reason for holds, reason in found if holds]


def of(plan: Plan, use: Purpose) -> list[str]:
    """The reasons of one use of a plan."""
    others = {name for name, one in plan.recipients.items() if one.role not in ("processor", "group")}
    return reasons(
        is_=use.is_,
        special=any(plan.fields[field].special for field in use.data),
        decides=bool(use.decides),
        youngest=[plan.people[name].least_age for name in use.of if name in plan.people],
        follows=any(
            use.name in cookie.uses and cookie.by in others and FOLLOWING & set(cookie.does)
            for cookie in plan.cookies.values()
        ),
    )
