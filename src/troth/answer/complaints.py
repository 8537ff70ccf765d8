"""Where to complain: the authority that the policy declares, as a person can write to it: UK GDPR Art 13(2)(d), 77."""

from __future__ import annotations

from troth.policy.plan import Plan
from troth.policy.words import REGULATORS

EU = "; where EU law applies, also to the authority of the country where you live or work"


def authority(plan: Plan) -> str:
    """Name, address, telephone and page, for the end of “complain to”."""
    one = REGULATORS.get(plan.who.regulator)
    named = f"the {one.name}, {one.address}, {one.phone}, {one.url}" if one is not None else plan.who.regulator
    return named + (EU if "eu" in plan.law else "")
