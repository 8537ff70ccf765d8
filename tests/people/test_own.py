"""Erasing a person from this room's tables: what goes is gone, what stays is named with its reason."""

import datetime as dt

from django.utils import timezone
from tests.people import making

from troth.ledger import entries
from troth.parties import editions
from troth.people import choices, identities, own, standing, vault
from troth.places import ours
from troth.places.kinds import Subject

OURS = ("choices", "identities", "suppressions", "values")


def whole(client, person):
    verified = [(one.field, one.value) for one in identities.of(client, person) if one.verified_at]
    return Subject(person=person, persons=frozenset({person}), identities=tuple(verified))


def erase(client, subject):
    return {one.name: one.erase(client, subject) for one in ours.all_of() if one.name in OURS}


def long_over(client):
    person = making.walker(client, at=making.LONG_AGO)
    standing.happened(client, person, "walk is over", making.LONG_AGO + dt.timedelta(days=9))
    return person


def test_this_room_has_told_places_of_its_tables():
    assert {one.name for one in ours.all_of()} >= set(OURS)


def test_a_person_finds_everything_of_theirs(larch):
    person = making.walker(larch)
    making.say(larch, person, True)
    subject = whole(larch, person)
    found = [item for one in ours.all_of() if one.name in OURS for item in one.find(larch, subject)]
    assert {(item.field, item.value) for item in found} == {
        *making.BOOKED.items(),
        ("booking.email", "ada@quill.example"),
        ("troth.choices", "yes"),
    }


def test_what_a_browser_of_theirs_chose_is_theirs(larch):
    person = making.walker(larch)
    making.say(larch, None, False, browser="b-1")
    making.say(larch, None, True, browser="b-2")
    subject = Subject(person=person, persons=frozenset({person}), browsers=("b-1",))
    assert [item.value for item in own.find_choices(larch, subject)] == ["no"]


def test_after_an_erasure_nothing_is_found_and_nothing_can_be_opened(larch):
    person = long_over(larch)
    subject = whole(larch, person)
    receipts = erase(larch, subject)
    assert (receipts["values"].state, receipts["identities"].state) == ("erased", "erased")
    assert receipts["values"].how == "read back by us"
    assert own.find_values(larch, subject) == own.find_identities(larch, subject) == []
    assert identities.find_any(larch, "ada@quill.example") == []


def test_outside_a_transaction_an_erasure_says_that_the_key_is_destroyed(larch, monkeypatch):
    class Committed:
        in_atomic_block = False

    person = long_over(larch)
    subject = whole(larch, person)
    monkeypatch.setattr(own, "connection", Committed())
    receipts = erase(larch, subject)
    assert receipts["values"].reached == "key destroyed"
    assert vault.rules_of(larch, person) == set()


def test_t06_what_the_law_makes_us_keep_stays_under_a_key_of_its_own_and_is_named(larch):
    person = making.walker(larch)
    before = vault.key_ids(larch)
    receipt = erase(larch, whole(larch, person))["values"]
    assert receipt.state == "kept"
    assert len(receipt.kept) == len(making.BOOKED)
    assert all("The law makes us keep it" in kept.why for kept in receipt.kept)
    assert vault.key_ids(larch) - before
    assert {one.value for one in making.values_of(larch, person)} == set(making.BOOKED.values())


def test_a_no_outlives_the_person_as_a_suppression(larch):
    person = long_over(larch)
    making.say(larch, person, False)
    subject = whole(larch, person)
    receipts = erase(larch, subject)
    assert receipts["suppressions"].state == "kept"
    assert standing.suppressed(larch, "email address", "ada@quill.example") == {making.NEWS}
    assert [item.value for item in own.find_suppressions(larch, subject)] == [making.NEWS]
    again = making.walker(larch)
    assert making.NEWS in standing.facts(larch, again).no


def test_the_proof_of_a_choice_stays_as_long_as_the_policy_says(larch):
    person = long_over(larch)
    making.say(larch, person, True)
    receipt = erase(larch, whole(larch, person))["choices"]
    assert receipt.state == "kept"
    assert "6 years" in receipt.kept[0].until


def test_a_scan_of_sound_tables_finds_nothing_and_of_broken_ones_says_what(larch):
    person = making.walker(larch)
    assert [*own.scan_values(larch), *own.scan_identities(larch)] == []
    vault.destroy(larch, person)
    assert any("has no key" in sentence for sentence in own.scan_values(larch))


def _pair(effect):
    return (effect.entry, effect.reference) if isinstance(effect, entries.Effect) else effect


def test_every_effect_names_its_ledger_entry(larch):
    person = making.walker(larch)
    making.say(larch, person, True)
    standing.restrict(larch, person, ground="x")
    effects = dict((name.partition(" ")[0], entry) for entry, name in map(_pair, own.effects()))
    assert effects.keys() >= {"person", "identity", "value", "choice", "standing"}
    assert all(effects.values())


def test_nothing_of_one_client_is_erased_through_another(larch, birch):
    person = long_over(larch)
    receipts = erase(birch, Subject(person=person, persons=frozenset({person})))
    assert {one.state for one in receipts.values()} == {"nothing held"}
    assert making.values_of(larch, person)


def test_the_proof_of_a_choice_ages_from_the_end_of_the_last_purpose_and_then_goes(larch):
    person = long_over(larch)
    making.say(larch, person, False)
    plan, now = editions.in_force(larch).plan, timezone.now()
    assert choices.due(larch, plan, now + dt.timedelta(days=3650)) == []  # we still hold something for a purpose
    erase(larch, whole(larch, person))
    assert choices.due(larch, plan, now + dt.timedelta(days=365 * 5)) == []
    ripe = choices.due(larch, plan, now + dt.timedelta(days=366 * 6 + 2))
    assert choices.drop(larch, ripe) == 1
    assert choices.of(larch, person) == []
    assert standing.suppressed(larch, "email address", "ada@quill.example") == {making.NEWS}
