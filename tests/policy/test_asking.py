"""A yes is specific: the question names whoever else relies on it, in each language in which it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.policy.spoiling import DAY, codes, compiled, problems

from troth import policy
from troth.policy import changes

FIVE = Path(__file__).parents[2] / "policies"
ASKED = "May we email you news of walks?"


def given(role: str, more: str = "", name: str = "Birch Travel Ltd") -> tuple[str, str]:
    """Somebody who gets what the newsletter's yes opens."""
    entry = f"{{as: {role}, for: send you news of walks, data: booking.email, in: GB{more}}}"
    return "never:\n", f"  {name}: {entry}\nnever:\n"


@pytest.mark.parametrize("role", ["controller", "joint", "group"])
def test_who_acts_for_itself_is_named_in_the_question_whose_yes_it_relies_on(role):
    unasked = given(role, "" if role == "controller" else ", contract: mail contract")
    (found,) = problems(unasked)
    assert (found.code, found.severity) == ("recipient-unasked", "error")
    assert "“Birch Travel Ltd”" in found.sentence and "send you news of walks" in found.sentence
    assert "Art 4(11)" in found.law
    assert codes(unasked, (ASKED, "May we and Birch Travel email you news of walks?")) == []
    assert codes(unasked, (ASKED, "May we and birch travel ltd email you news of walks?")) == []
    assert codes(unasked, (ASKED, "May we and Birch Travellers email you news of walks?")) == ["recipient-unasked"]


@pytest.mark.parametrize("role", ["processor", "authority", "public", "members"])
def test_who_relies_on_no_yes_need_not_be_named(role):
    assert codes(given(role, ", does: mail, contract: mail contract" if role == "processor" else "")) == []


def test_each_member_of_a_group_is_named():
    group = given("group", ", contract: mail contract, members: [Birch Ltd, Elm Ltd]", "our group")
    assert codes(group) == ["recipient-unasked"]
    assert codes(group, (ASKED, "May we, Birch and the rest of our group email you?")) == ["recipient-unasked"]
    assert codes(group, (ASKED, "May we, Birch and Elm email you?")) == []


def test_partners_of_third_party_marketing_are_each_asked_for_by_themselves_but_one_alone_is_named():
    third = ("    is: marketing\n", "    is: third party marketing\n")
    assert codes(third, given("controller")) == ["recipient-unasked"]
    assert codes(third, given("controller"), given("controller", name="Elm Walks Ltd")) == []


def test_a_use_that_rests_on_no_yes_names_nobody():
    assert codes(given("controller"), ("for: send you news of walks, data", "for: run the walk you booked, data")) == []


def test_a_translated_question_keeps_no_name_back():
    named = (ASKED, "May we and Birch Travel email you news of walks?")
    french = "Pouvons-nous vous écrire ?"
    notice = (
        'notice: {at: "https://www.larch.example/privacy"}',
        'notice: {at: "https://www.larch.example/privacy", languages: [en, fr], '
        f'in: {{fr: {{"{named[1]}": "{french}"}}}}}}',
    )
    assert "recipient-unasked" in codes(given("controller"), named, notice)
    mended = (notice[0], notice[1].replace("Pouvons-nous", "Birch Travel et nous, pouvons-nous"))
    assert "recipient-unasked" not in codes(given("controller"), named, mended)


def test_another_who_relies_on_a_yes_widens_it_and_people_are_asked_again():
    old = compiled()
    new = compiled(given("controller"), (ASKED, "May we and Birch Travel email you news of walks?"))
    found = {(one.kind, one.path, one.then) for one in changes.compare(old, new)}
    assert ("widened", "disclose/Birch Travel Ltd", "ask") in found
    assert ("changed", "use/send you news of walks", "ask") in found


@pytest.mark.parametrize("name", ["dianomi", "omono", "miomi", "dijuno", "clientdata"])
def test_the_five_name_everyone_who_relies_on_a_yes(name):
    assert policy.load(FIVE / name, on=DAY).problems == []
