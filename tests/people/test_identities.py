"""Identities: what is not verified joins nothing, in either direction."""

import pytest
from tests.people import making

from troth.people import identities, standing
from troth.policy.problems import Trouble

EMAIL = "booking.email"


def test_a_person_is_found_however_the_address_is_typed(larch):
    person = making.walker(larch)
    assert identities.find(larch, EMAIL, "  ADA@quill.example") == person
    assert identities.find(larch, EMAIL, "eve@quill.example") is None
    assert identities.find_any(larch, "ada@quill.example") == [person]
    assert [known.value for known in identities.of(larch, person)] == ["ada@quill.example"]


def test_who_verified_an_address_is_found_before_who_only_typed_it(larch):
    typed = making.walker(larch, verified=False)
    owner = making.walker(larch)
    assert identities.find(larch, EMAIL, "ada@quill.example") == owner
    assert identities.find_any(larch, "ada@quill.example") == [owner, typed]
    assert identities.find_any(larch, "ada@quill.example", verified=True) == [owner]


def test_typing_the_victims_address_reaches_nothing_of_the_victim(larch):
    victim = making.walker(larch)
    attacker = making.walker(larch, email="eve@quill.example")
    identities.attach(larch, attacker, EMAIL, "ada@quill.example", verified=False)
    assert identities.reach(larch, attacker) == {attacker}
    assert identities.reach(larch, victim) == {victim}


def test_persons_join_when_both_proved_the_same_address(larch):
    once, again = making.walker(larch), making.walker(larch, verified=False)
    assert identities.reach(larch, once) == {once}
    assert identities.verify(larch, again, EMAIL, "Ada@quill.example")
    assert identities.reach(larch, once) == identities.reach(larch, again) == {once, again}


def test_nobody_can_prove_what_they_never_gave(larch):
    person = making.walker(larch)
    assert not identities.verify(larch, person, EMAIL, "eve@quill.example")


def test_a_field_that_identifies_nobody_is_no_identity(larch):
    person = making.walker(larch)
    with pytest.raises(Trouble) as refused:
        identities.attach(larch, person, "booking.walk", "Mendip", verified=False)
    assert refused.value.code == "not-identifying"


def test_a_suppressed_address_brings_its_no_with_it(larch):
    standing.suppress(larch, "email address", "ada@quill.example", {making.NEWS})
    assert standing.suppressed(larch, "email address", "ADA@quill.example") == {making.NEWS}
    person = making.walker(larch)
    assert making.NEWS in standing.facts(larch, person).no
