"""Folders of earlier editions, which compared folded: “ß” as “ss”. Nobody is lost in them, and nobody is two owners."""

import sys

import pytest
from tests.people import making

from troth.people import identities, indexes, own, standing, vault
from troth.people.models import Identity, Suppression
from troth.places import keyfile
from troth.places.kinds import Subject

SHARP, OTHER = "ada@straße.example", "ada@strasse.example"  # of two owners, and the same when they are folded
EMAIL = "booking.email"


@pytest.fixture
def earlier(larch, monkeypatch):
    """What is made within it is made as an earlier edition did."""

    def making_it(act, *words, **more):
        with monkeypatch.context() as then:
            then.setattr(vault, "normal", vault.folded)
            made = act(*words, **more)
        with keyfile.opened() as db, keyfile.writing(db):
            db.execute("DELETE FROM note WHERE name = ?", (f"index {larch} small letters",))
        return made

    return making_it


def no(client, person):
    return standing.facts(client, person).no


def opened(monkeypatch):
    """How often a value is opened from now on."""
    real, times = indexes.value_of, []
    monkeypatch.setattr(indexes, "value_of", lambda *words: times.append(1) or real(*words))
    return times


def test_nothing_but_the_sharp_s_folds_into_letters_of_ascii():
    """On this rests which rows are found by their index alone."""
    every = {vault.normal_form(chr(one)) for one in range(sys.maxunicode + 1)}
    into = {vault.folded(one) for one in every if vault.folded(one) != vault.normal(one)}
    assert {one for one in into if one.isascii()} == {indexes.SHARP}


def test_somebody_with_a_sharp_s_is_found_again_and_not_made_twice(larch, earlier):
    person = earlier(making.walker, larch, email=SHARP)
    assert identities.find(larch, EMAIL, SHARP.upper().replace("SS", "ß")) == person
    assert identities.find_verified(larch, EMAIL, SHARP) == person
    identities.attach(larch, person, EMAIL, SHARP, verified=True)
    assert Identity.objects.filter(person_id=person).count() == 1


def test_t21_whoever_has_the_folded_form_reaches_nothing_of_them(larch, earlier):
    person = earlier(making.walker, larch, email=SHARP)
    assert identities.find_any(larch, OTHER) == []
    before, since = earlier(making.walker, larch, email=OTHER), making.walker(larch, email=OTHER)
    assert identities.find_any(larch, OTHER) == [before, since]
    assert identities.find_any(larch, SHARP) == [person]
    assert identities.reach(larch, person) == {person}
    assert identities.reach(larch, before) == identities.reach(larch, since) == {before, since}
    assert not identities.verify(larch, person, EMAIL, OTHER)


def test_persons_of_both_editions_who_proved_one_address_are_one(larch, earlier):
    before, since = earlier(making.walker, larch, email=SHARP), making.walker(larch, email=SHARP)
    assert identities.reach(larch, before) == identities.reach(larch, since) == {before, since}


def test_a_no_on_the_list_still_stands_against_the_address(larch, earlier):
    earlier(standing.suppress, larch, "email address", SHARP, {making.NEWS})
    assert standing.suppressed(larch, "email address", SHARP) == {making.NEWS}
    person = making.walker(larch, email=SHARP)
    assert making.NEWS in no(larch, person)
    subject = Subject(person=person, persons=frozenset({person}))
    assert [item.value for item in own.find_suppressions(larch, subject)] == [making.NEWS]


def test_a_no_of_today_reaches_whoever_an_earlier_edition_wrote_down(larch, earlier):
    person = earlier(making.walker, larch, email=SHARP)
    standing.suppress(larch, "email address", SHARP, {making.NEWS})
    assert making.NEWS in no(larch, person)


def test_a_no_of_today_is_not_written_into_the_row_of_another(larch, earlier):
    earlier(standing.suppress, larch, "email address", OTHER, {making.NEWS})
    standing.suppress(larch, "email address", SHARP, {"all marketing"})
    assert standing.suppressed(larch, "email address", OTHER) == {making.NEWS}
    assert sorted(row.stops for row in Suppression.objects.all()) == [["all marketing"], [making.NEWS]]


def test_a_rotation_puts_everybody_under_small_letters_and_keeps_the_older_no(larch, earlier, monkeypatch):
    person = earlier(making.walker, larch, email=SHARP)
    earlier(standing.suppress, larch, "email address", "bo@straße.example", {making.NEWS})
    monkeypatch.setattr(indexes, "BATCH", 1)
    turned = indexes.rotate(larch)
    index = vault.Index(larch)
    assert (turned.version, turned.kept) == (2, [1]) and index.is_old(1) and not index.is_old(2)
    assert bytes(Identity.objects.get(person_id=person).blind) == index.blind("email address", SHARP)
    assert identities.find_any(larch, SHARP) == [person] and identities.find_any(larch, OTHER) == []
    assert standing.suppressed(larch, "email address", "bo@straße.example") == {making.NEWS}


def test_a_rotation_that_an_earlier_edition_left_half_way_leaves_nobody_folded(larch, earlier, monkeypatch):
    persons = [earlier(making.walker, larch, email=email) for email in (SHARP, "bo@straße.example")]
    monkeypatch.setattr(indexes, "BATCH", 1)
    earlier(vault.new_index, larch)
    earlier(indexes._move, larch, 2)
    assert indexes.rotate(larch).version == 3
    index = vault.Index(larch)
    assert index.versions == (3,) and not index.is_old(3)
    assert [identities.find(larch, EMAIL, one) for one in (SHARP, "bo@straße.example")] == persons


def test_a_folder_of_today_opens_no_value_to_find_somebody_and_an_older_one_only_in_doubt(larch, earlier, monkeypatch):
    person, times = making.walker(larch, email=SHARP), opened(monkeypatch)
    assert identities.find_any(larch, SHARP) == [person] and identities.reach(larch, person) == {person}
    assert times == []
    other = earlier(making.walker, larch, email="bo@larch.example")
    times.clear()
    assert identities.find_any(larch, "bo@larch.example") == [other] and times == []
    assert identities.find_any(larch, SHARP) == [person] and times == [1]
