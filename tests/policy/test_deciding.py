"""Deciding: the world is closed. Each condition of a way, broken alone, refuses and names itself."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from tests.policy.spoiling import compiled

from troth.policy.deciding import KEEP, Act, Allowed, Facts, Refusal, anew, decide

DAY = dt.date(2026, 11, 22)
NEWS, RUN, LETTERS, PAGES = "send you news of walks", "run the walk you booked", "answer you", "see which pages help"
MAIL = "Postal Mail Services"


@pytest.fixture(scope="module")
def plan():
    return compiled()


def act(use, *fields, **more):
    return Act(kind=more.pop("kind", "use"), use=use, fields=frozenset(fields), day=DAY, **more)


def walker(plan, **more):
    yes = frozenset(key for key, switch in plan.switches.items() if switch.opens)
    return msgspec.structs.replace(Facts(kinds=frozenset({"walker"}), yes=yes), **more)


def codes(answer):
    assert isinstance(answer, Refusal)
    return [reason.code for reason in answer.reasons]


def test_what_is_declared_and_asked_for_is_allowed(plan):
    assert isinstance(decide(plan, act(NEWS, "booking.email", channel="email"), walker(plan)), Allowed)
    sent = act(NEWS, "booking.email", kind="disclose", recipient=MAIL, channel="email")
    assert isinstance(decide(plan, sent, walker(plan)), Allowed)


def test_what_is_kept_is_asked_for_nothing_but_to_keep_it_no_longer_than_promised(plan):
    assert isinstance(decide(plan, act(KEEP, "booking.email", kind="keep"), walker(plan)), Allowed)
    assert codes(decide(plan, act(NEWS, "booking.email", kind="keep"), walker(plan))) == ["no-purpose"]
    held = walker(plan, held=frozenset({"booking.email"}))
    assert codes(decide(plan, act(KEEP, "booking.email", kind="keep"), held)) == ["held"]


@pytest.mark.parametrize(
    ("change", "facts", "code"),
    [
        ({"fields": frozenset({"booking.walk"})}, {}, "fields"),
        ({}, {"yes": frozenset()}, "no-consent"),
        ({}, {"no": frozenset({"all marketing"})}, "objected"),
        ({}, {"kinds": frozenset({"visitor"})}, "people"),
        ({}, {"restricted": True}, "restricted"),
        ({}, {"underage": True}, "underage"),
        ({"staff": "guide"}, {}, "role"),
        ({"channel": "post"}, {}, "channel"),
        ({"use": "sell the list"}, {}, "no-purpose"),
        ({"recipient": "Birch Walks"}, {}, "no-recipient"),
        ({"recipient": MAIL, "use": PAGES}, {}, "no-way"),
    ],
)
def test_each_condition_broken_alone_refuses_and_names_itself(plan, change, facts, code):
    asked = msgspec.structs.replace(act(NEWS, "booking.email", channel="email"), **change)
    assert codes(decide(plan, asked, walker(plan, **facts))) == [code]


def opened(plan, *uses):
    return frozenset(key for key, switch in plan.switches.items() if switch.use in uses and switch.opens)


def test_while_use_is_restricted_a_newer_yes_opens_what_it_is_to_and_nothing_else(plan):
    """UK GDPR Art 18(2)."""
    facts = walker(plan, restricted=True, renewed=opened(plan, NEWS))
    news = act(NEWS, "booking.email", channel="email")
    assert isinstance(decide(plan, news, facts), Allowed) and anew(plan, news, facts)
    assert codes(decide(plan, act(RUN, "booking.name"), facts)) == ["restricted"], "no yes is asked for that"
    older = decide(plan, news, walker(plan, restricted=True, renewed=opened(plan, PAGES)))
    assert codes(older) == ["restricted"] and "was not given after that" in older.reasons[0].sentence
    assert not anew(plan, news, walker(plan)), "nothing is restricted"


def test_no_yes_opens_a_value_that_is_said_to_be_wrong(plan):
    """UK GDPR Art 5(1)(d), 18(1)(a): a yes to a use says nothing of whether a value is right."""
    facts = walker(plan, restricted=True, renewed=opened(plan, NEWS), contested=frozenset({"booking.email"}))
    answer = decide(plan, act(NEWS, "booking.email", channel="email"), facts)
    assert codes(answer) == ["restricted"] and "booking.email is wrong" in answer.reasons[0].sentence


def test_a_contract_that_is_over_shuts_its_use(plan):
    facts = walker(plan, live=frozenset())
    assert codes(decide(plan, act(RUN, "booking.name", staff="guide"), facts)) == ["not-live"]


def test_a_letter_opens_only_with_a_case(plan):
    assert codes(decide(plan, act(LETTERS, "letter.body", staff="guide"), walker(plan))) == ["case"]
    assert isinstance(decide(plan, act(LETTERS, "letter.body", staff="guide", case="R-1"), walker(plan)), Allowed)


def test_an_objection_shuts_a_use_that_rests_on_interests(plan):
    facts = walker(plan, no=frozenset({LETTERS}))
    assert codes(decide(plan, act(LETTERS, "letter.body", staff="guide", case="R-1"), facts)) == ["objected"]


def test_a_lapsed_contract_closes_the_tap(plan):
    sent = act(NEWS, "booking.email", kind="disclose", recipient=MAIL, channel="email")
    late = msgspec.structs.replace(sent, day=dt.date(2027, 7, 1))
    assert codes(decide(plan, late, walker(plan))) == ["lapsed"]


def test_nothing_promised_never_to_be_sold_is_sold(plan):
    sold = act(NEWS, "booking.email", kind="disclose", recipient=MAIL, channel="email", for_money=True)
    assert codes(decide(plan, sold, walker(plan))) == ["never"]


def test_a_right_needs_the_right_person_and_nothing_else(plan):
    asked = act("access", "booking.email", kind="answer")
    assert codes(decide(plan, asked, Facts())) == ["not-proved"]
    assert isinstance(decide(plan, asked, Facts(proved=True)), Allowed)
    erased = act("erase", "booking.email", kind="answer")
    assert codes(decide(plan, erased, Facts(proved=True, held=frozenset({"booking.email"})))) == ["held"]


def test_an_act_that_nobody_thought_of_is_refused_with_every_reason(plan):
    asked = act(NEWS, "booking.walk", staff="guide", channel="post")
    facts = Facts(kinds=frozenset({"visitor"}), restricted=True, underage=True, no=frozenset({"all marketing"}))
    expected = {"fields", "no-consent", "objected", "people", "restricted", "underage", "role", "channel"}
    assert set(codes(decide(plan, asked, facts))) == expected
