"""Which uses need an assessment of the risks to people before they begin: UK GDPR Art 35(1), (3); ICO list of 2018.

Worked out of what a policy declares, so that nobody can call a use harmless: the same reasons for the check of a file
and for the record of processing. Scale is not declared, so what is likely to be large is taken as large.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from troth.policy import words
from troth.policy.plan import Plan, Purpose

if TYPE_CHECKING:
    from troth.policy.checking import Checker

ADULT: Final = 18
OURS: Final = ("processor", "group")  # who acts for us, or with us under one roof
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


def check(checker: Checker) -> None:
    """A use that is likely a high risk names its assessment, a paper with an owner and a date: *no-assessment*.

    Whoever decides must assess; what a client instructs is the client's to assess (Art 35(1)).
    """
    people = checker.section("people")
    special = {field for field in checker.section("data") if _special(checker, field)}
    for name, use in checker.section("use").items():
        if use.has("assessment") or use.broken or name in checker.lost or use.text("basis") == "instruction":
            continue
        found = reasons(
            is_=use.text("is"),
            special=not special.isdisjoint(checker.use_data[name]),
            decides=use.has("decides"),
            youngest=[people[one].number("least age") for one in checker.use_people[name] if one in people],
            follows=any(_follows(checker, name, cookie) for cookie in checker.section("cookies")),
        )
        if found:
            checker.bad(
                use.mark,
                "no-assessment",
                f"“{name}” is likely a high risk to people: it {', and '.join(found)}.",
                "Assess it, and add `assessment:` with a paper that has an owner and a date.",
                "UK GDPR Art 35(1)",
            )


def _special(checker: Checker, field: str) -> bool:
    kind = words.KINDS.get(checker.section("data")[field].text("is")) if field in checker.section("data") else None
    return kind is not None and kind.special


def _follows(checker: Checker, use: str, cookie: str) -> bool:
    entry, recipients = checker.section("cookies")[cookie], checker.section("disclose")
    by = entry.text("by")
    other = by in recipients and recipients[by].text("as") not in OURS
    return other and use in entry.words("for") and bool(FOLLOWING & set(entry.words("does")))


def of(plan: Plan, use: Purpose) -> list[str]:
    """The reasons of one use of a plan."""
    others = {name for name, one in plan.recipients.items() if one.role not in OURS}
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
