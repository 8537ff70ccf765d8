"""Where to complain: the authority that the policy declares, as a person can write to it: UK GDPR Art 13(2)(d), 77."""

from __future__ import annotations

from troth.policy.emit.naming import lasting
from troth.policy.emit.texts import own, phrase
from troth.policy.plan import Plan
from troth.policy.words import regulator

EU = "; where EU law applies, also to the authority of the country where you live or work"
UNION = "; also to the authority of the country where you live or work"


def authority(plan: Plan) -> str:
    """Name, address, telephone and page, for the end of “complain to”."""
    where = [words for words in regulator(plan.who.regulator, plan.who.authority) or () if words]
    named = phrase("the {authority}", authority=", ".join(where)) if where else own(plan.who.regulator)
    return named + (phrase(EU if "uk" in plan.law else UNION) if "eu" in plan.law else "")


def acknowledged(plan: Plan) -> str:
    """In which time we say that a complaint has come: as the policy promises, or the law's 30 days (DPA 2018 s164A)."""
    return lasting(plan.answer.acknowledges_within or "30 days")
