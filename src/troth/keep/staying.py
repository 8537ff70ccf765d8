"""What may go when a person asks for everything, and what stays, each with its reason: UK GDPR Art 17(3)."""

from __future__ import annotations

from typing import Final

from troth.places.kinds import Kept
from troth.policy.emit.naming import period
from troth.policy.plan import Field, Plan, Rule

HELD: Final = "a hold stands over it"  # how the reason begins, in every place
PROOF: Final = {
    "troth.choices": ("to show that we did as you said", "Art 7(1)"),
    "troth.suppressions": ("so that nobody writes to you again by mistake", "Art 21(3)"),
    "troth.requests": ("to show that we answered you", "Art 5(2)"),
}


def proof(plan: Plan, name: str) -> str:
    """Why the least proof of what was said stays, by the law of the policy."""
    why, article = PROOF[name]
    return f"{why} ({gdpr(plan)} {article})"


def gdpr(plan: Plan) -> str:
    """What the law of a policy is called: one under UK law alone cites the UK GDPR."""
    return "UK GDPR" if set(plan.law) == {"uk"} else "GDPR"


def on_hold(one: Kept) -> bool:
    """Whether a hold is why it stays; each place says it in a sentence of its own that begins alike."""
    return one.why.casefold().startswith(HELD)


def erasable(plan: Plan, held: frozenset[str]) -> frozenset[str]:
    """The fields whose values go. A field stays for a statute, a hold, or as the least proof of what was said."""
    return frozenset(name for name, field in plan.fields.items() if name not in held and not reason(plan, field))


def reason(plan: Plan, field: Field) -> str:
    rule = plan.rules.get(field.rule)
    if rule is not None and rule.least is not None:
        return f"the law makes us keep it: {rule.law}" if rule.law else "the law makes us keep it"
    if field.name in PROOF:
        return proof(plan, field.name)
    if rule is not None and any(end.shape == "for ever, minimised" for end in rule.ends):
        return "it names nobody any more"
    return ""


def kept(plan: Plan, fields: frozenset[str], held: frozenset[str]) -> list[Kept]:
    """What stays of the fields that a person has here, grouped by reason and period, as they read it."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name in sorted(fields):
        field = plan.fields.get(name)
        if field is None:
            continue
        why = f"{HELD} ({gdpr(plan)} Art 17(3))" if name in held else reason(plan, field)
        if why:
            until = "until the hold ends" if name in held else until_of(plan.rules.get(field.rule))
            groups.setdefault((why, until), []).append(field.label)
    return [Kept(", ".join(dict.fromkeys(labels)), why, until) for (why, until), labels in groups.items()]


def rule_of(plan: Plan, name: str) -> Rule | None:
    """The keep rule of a declared field."""
    field = plan.fields.get(name)
    return plan.rules.get(field.rule) if field is not None else None


def until_of(rule: Rule | None) -> str:
    return period(rule) if rule is not None else ""
