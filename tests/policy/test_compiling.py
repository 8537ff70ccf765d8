"""Compiling: stars expanded once, switches exact and sticky, a hash that only meaning changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.spoiling import LARCH, compiled

from troth import policy
from troth.policy import words
from troth.policy.always import ALWAYS

ROOT = Path(__file__).parents[2]
POLICIES = sorted((ROOT / "policies").glob("*/policy.yaml"))
NEWS, PAGES = "send you news of walks", "see which pages help"


def key_of(plan, use):
    (found,) = [switch for switch in plan.switches.values() if switch.use == use]
    return found


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.parent.name)
def test_a_real_policy_has_no_problem_and_its_plan_survives_the_journey(file):
    found = policy.load(file)
    assert found.problems == []
    assert found.plan is not None
    assert policy.decode(policy.encode(found.plan)) == found.plan


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.parent.name)
def test_everything_in_a_plan_points_to_something_in_it(file):
    plan = policy.load(file).plan
    assert plan is not None
    for way in plan.ways.values():
        assert way.data <= plan.fields.keys() and way.of <= plan.people.keys() and way.staff <= plan.staff.keys()
        assert way.yes <= plan.switches.keys()
        assert way.data <= plan.purposes[way.use].data
        assert not [name for name in way.data if plan.fields[name].secret and "*" in name]
    for point in plan.points.values():
        assert point.fields <= plan.fields.keys()
        assert all(opening.yes <= plan.switches.keys() for opening in point.openings)
    for field in plan.fields.values():
        assert field.rule in plan.rules and field.name in plan.rules[field.rule].fields
        assert field.form in words.FORMS
    assert "*" not in "".join(name for purpose in plan.purposes.values() for name in purpose.data)


@pytest.mark.parametrize("law", ["", ', by law: "6 years by \\"the Act\\""'])
def test_a_period_that_a_client_may_agree_otherwise_says_so_in_either_shape(law):
    """A key of its own and the words in the line are one rule, with a least by law and without."""
    old = "  letter.*: 24 months after answered\n"
    by_key = compiled((old, f"  letter.*: {{limit: 24 months after answered, unless agreed: yes{law}}}\n"))
    assert by_key.rules["letter.*"].unless_agreed
    assert bool(by_key.rules["letter.*"].least) == bool(law)
    if not law:
        by_words = compiled((old, '  letter.*: "24 months after answered, unless agreed"\n'))
        assert by_key.rules["letter.*"] == by_words.rules["letter.*"]


def test_the_small_firm_is_compiled_as_it_is_written():
    plan = compiled()
    assert plan.purposes["run the walk you booked"].data == {"booking.name", "booking.email", "booking.walk"}
    assert plan.ways.keys() >= {"run the walk you booked|", "run the walk you booked|Postal Mail Services"}
    assert plan.way(PAGES, "Postal Mail Services") is None
    assert plan.fields["booking.email"].rule == "booking.*"
    assert plan.fields["troth.requests"].rule == "troth.requests"
    assert plan.seals >= {"booking.name", "letter.body"}


def test_an_interest_can_be_objected_to_and_a_yes_is_asked_for():
    plan = compiled()
    news, pages = key_of(plan, NEWS), key_of(plan, PAGES)
    assert (news.opens, news.marketing, news.device, news.words) == (
        True,
        True,
        False,
        "May we email you news of walks?",
    )
    assert (pages.opens, pages.device, pages.surface) == (False, True, "website")
    assert plan.ways[f"{NEWS}|"].yes == {news.key} and plan.ways[f"{NEWS}|"].no == {"all marketing"}


def test_a_yes_is_exact_and_a_mended_spelling_keeps_it():
    before = key_of(compiled(), NEWS).key
    assert key_of(compiled(("May we email you news of walks?", "May we e-mail you our news?")), NEWS).key == before
    wider = ("data: [booking.name, booking.email]\n", "data: [booking.name, booking.email, booking.walk]\n")
    assert key_of(compiled(wider), NEWS).key != before
    assert key_of(compiled(("by: {email: consent}", "by: {email: consent, message: consent}")), NEWS).key != before


def test_exempt_statistics_open_before_a_choice_and_shut_after_a_no():
    plan = compiled()
    (opening,) = plan.points["visit"].openings
    assert (opening.exempt, opening.yes, opening.no) == ("statistics", frozenset(), {PAGES})
    assert opening.fields == {"visit.page"}, "what is never stored is opened to nobody"


def test_a_form_keeps_what_a_contract_needs_without_a_question_and_the_rest_only_after_a_yes():
    openings = {opening.use: opening for opening in compiled().points["booking"].openings}
    assert openings["run the walk you booked"].yes == frozenset()
    assert openings[NEWS].yes == {key_of(compiled(), NEWS).key}


def test_a_partner_that_decides_for_itself_is_asked_for_by_name():
    partner = (
        "disclose:\n",
        "disclose:\n  Birch: {as: controller, for: pass you on, data: booking.email, in: GB}\n"
        "  Elm: {as: controller, for: pass you on, data: booking.email, in: GB}\n",
    )
    use = (
        "staff:\n",
        '  pass you on: {is: third party marketing, basis: consent, ask: {words: "May we?"}, by: {email: consent}, '
        "of: walker, data: booking.email}\nstaff:\n",
    )
    plan = compiled(partner, use)
    switches = {switch.recipient: switch for switch in plan.switches.values() if switch.use == "pass you on"}
    assert switches.keys() == {"", "Birch", "Elm"}
    assert plan.ways["pass you on|Birch"].yes == {switches["Birch"].key}
    one = compiled(
        (
            partner[0],
            partner[1].replace("  Elm: {as: controller, for: pass you on, data: booking.email, in: GB}\n", ""),
        ),
        (use[0], use[1].replace("May we?", "May we pass you on to Birch?")),
    )
    assert key_of(one, "pass you on").recipient == "Birch"
    assert one.ways["pass you on|Birch"].yes == one.ways["pass you on|"].yes


def test_the_hash_changes_with_the_meaning_and_not_with_the_words_around_it():
    plan = compiled()
    commented = compiled(("people:", "# a remark\npeople:"))
    assert commented.hash == plan.hash and commented.source_hash != plan.source_hash
    moved = yaml.safe_load(LARCH.replace("01234567", "'01234567'").replace("2026-11-22", "'2026-11-22'"))
    assert moved
    assert compiled(("25 months", "24 months")).hash != plan.hash


@settings(deadline=None, max_examples=20)
@given(st.randoms(use_true_random=False))
def test_moving_lines_changes_nothing(random):
    keep = LARCH[LARCH.index("keep:\n") + 6 : LARCH.index("moments:")]
    lines = keep.splitlines(keepends=True)
    random.shuffle(lines)
    found = policy.load("larch.yaml", text=LARCH.replace(keep, "".join(lines)).encode()).plan
    assert found is not None and found.hash == compiled().hash


def test_the_exact_name_wins_over_the_star_and_the_longer_star_over_the_shorter():
    plan = compiled(("  visit.*: 25 months", "  visit.*: 25 months\n  visit.page: 1 year"))
    assert plan.fields["visit.page"].rule == "visit.page" and plan.fields["visit.ip"].rule == "visit.*"


def test_every_guarantee_is_a_sentence():
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in ALWAYS.values())
