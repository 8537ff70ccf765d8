"""What is likely a high risk to people has an assessment: a paper with an owner and a date (UK GDPR Art 35)."""

from __future__ import annotations

import pytest
from tests.policy.spoiling import compiled, problems

from troth.policy import risks

NEWS = "    is: marketing\n"
PROFILE = (NEWS, "    is: profiling for marketing\n")
CHANNEL = ("    by: {email: consent}\n", "")
HEALTH = (
    ("  booking.walk: purchase", "  booking.walk: purchase\n  booking.diet: health"),
    ('data: "booking.*", staff', 'data: ["booking.*", booking.diet], staff'),
    ("booking.walk]\n    why", "booking.walk]\n    may: booking.diet\n    why"),
)
DECIDES = ("basis: contract, of: walker", 'basis: contract, decides: "who may come", of: walker')
FOLLOWED = (
    (
        "cookies: none",
        "cookies:\n  ad: {at: website, by: Ad Co, does: advertising, for: send you news of walks, lasts: 1 day}",
    ),
    ("never:\n", "  Ad Co: {as: controller, for: send you news of walks, data: [booking.name], in: GB}\nnever:\n"),
)
PAPER = (
    "notice: {at",
    "  risks looked at: {kind: assessment, file: papers/risks.md, owner: Ada Larch, until: 2027-11-22}\nnotice: {at",
)
CHILD = ("walker: {means: Someone who has booked a walk, least age: 18}", "walker: {means: A guest, least age: 13}")


def found(*swaps):
    return [one for one in problems(*swaps) if one.code == "no-assessment"]


@pytest.mark.parametrize(
    ("swaps", "why"),
    [
        ((PROFILE, CHANNEL), "makes profiles of people for marketing"),
        ((PROFILE, CHANNEL, CHILD), "does so with children"),
        ((DECIDES,), "decides about people by machine"),
        (FOLLOWED, "follow people across websites"),
    ],
)
def test_a_high_risk_without_an_assessment_is_a_problem(swaps, why):
    (one,) = found(*swaps)
    assert one.severity == "error" and one.law == "UK GDPR Art 35(1)" and why in one.sentence


def test_special_category_data_is_a_high_risk():
    (one,) = found(*HEALTH)
    assert "run the walk you booked" in one.sentence and "special category" in one.sentence


def test_an_assessment_with_owner_and_date_cures_it():
    named = ("    basis: consent\n", "    basis: consent\n    assessment: risks looked at\n")
    assert found(PROFILE, CHANNEL, PAPER, named) == []
    assert compiled(PROFILE, CHANNEL, PAPER, named).purposes["send you news of walks"].assessment == "risks looked at"


def test_a_paper_of_another_kind_or_one_that_ran_out_cures_nothing():
    named = ("    basis: consent\n", "    basis: consent\n    assessment: pages balance\n")
    assert "wrong-paper" in [one.code for one in problems(PROFILE, CHANNEL, named)]
    old = (PAPER[0], PAPER[1].replace("2027-11-22", "2026-01-01"))
    right = ("    basis: consent\n", "    basis: consent\n    assessment: risks looked at\n")
    assert "lapsed-paper" in [one.code for one in problems(PROFILE, CHANNEL, old, right)]


def test_what_is_no_high_risk_needs_none():
    assert found() == [] and found(CHILD) == []
    assert [risks.of(compiled(), use) for use in compiled().purposes.values() if risks.of(compiled(), use)] == []


def test_a_plan_and_a_file_give_the_same_reasons():
    named = ("    basis: consent\n", "    basis: consent\n    assessment: risks looked at\n")
    plan = compiled(PROFILE, CHANNEL, PAPER, named)
    assert risks.of(plan, plan.purposes["send you news of walks"]) == ["makes profiles of people for marketing"]
