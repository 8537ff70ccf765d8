"""Values: in with a pass, out with a pass, sealed on disk, due when the promise says, gone when they go."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone
from tests.people import making

from troth import gate
from troth.ledger import entries, signing
from troth.parties import editions
from troth.people import identities, own, standing, store, vault
from troth.places.kinds import Subject
from troth.policy.deciding import KEEP, Facts
from troth.policy.problems import Trouble


def test_what_was_written_is_read_back_with_its_terms(larch):
    person = making.walker(larch)
    held = {one.field: one for one in making.values_of(larch, person)}
    assert {field: one.value for field, one in held.items()} == making.BOOKED
    name = held["booking.name"]
    assert (name.point, name.source, name.channel, name.rule) == ("booking", "form", "form", "booking.*")
    assert name.due is None  # the walk is not over


def test_terms_are_one_row_however_many_values_share_them(larch):
    people = [making.walker(larch, email=f"w{n}@quill.example") for n in range(5)]
    terms = {one.terms for person in people for one in making.values_of(larch, person)}
    assert len(terms) == 1


def test_a_value_needs_a_pass_of_the_right_kind(larch):
    person = making.walker(larch)
    token = making.right(larch, person, "access", making.BOOKED)
    with pytest.raises(Trouble) as refused:
        store.write(
            token, larch, person, making.BOOKED, point="booking", source="form", edition=1, collected_at=timezone.now()
        )
    assert refused.value.code == "pass-refused"


def test_a_pass_to_collect_is_spent_once(larch):
    person = making.walker(larch)
    token = gate.must(making.act("collect", making.WALK, ["booking.name"]), client=larch, persons=[person])
    number = editions.in_force(larch).number

    def write():
        values = {"booking.name": "Ada"}
        store.write(
            token, larch, person, values, point="booking", source="form", edition=number, collected_at=timezone.now()
        )

    write()
    with pytest.raises(Trouble) as refused:
        write()
    assert refused.value.code == "pass-refused"


def test_a_pass_for_one_person_or_field_opens_no_other(larch):
    ada, bob = making.walker(larch), making.walker(larch, email="bob@quill.example")
    token = making.right(larch, ada, "access", ["booking.name"])
    for person, fields in ((bob, ["booking.name"]), (ada, ["booking.walk"])):
        with pytest.raises(Trouble) as refused:
            store.read(token, larch, person, fields)
        assert refused.value.code == "pass-refused"


def test_no_client_sees_another_clients_person(larch, birch):
    ada = making.walker(larch)
    making.walker(birch, email="other@quill.example")
    assert identities.find(birch, "booking.email", "ada@quill.example") is None
    assert identities.find_any(birch, "ada@quill.example") == []
    assert own.find_values(birch, Subject(person=ada, persons=frozenset({ada}))) == []
    for act in (lambda: standing.facts(birch, ada), lambda: standing.restrict(birch, ada, ground="x")):
        with pytest.raises(Trouble) as stranger:
            act()
        assert stranger.value.code == "no-person"
    answer = gate.ask(
        making.act("answer", "access", ["booking.name"]), client=birch, persons=[ada], facts=Facts(proved=True)
    )
    assert [reason.code for reason in answer.reasons] == ["no-person"]


def test_t08_two_sealed_rows_swapped_by_sql_are_refused_reported_and_not_shown(larch):
    ada, bob = making.walker(larch), making.walker(larch, email="bob@quill.example")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, sealed FROM people_value WHERE field = 'booking.name' ORDER BY id")
        (one, first), (other, second) = cursor.fetchall()
        cursor.executemany("UPDATE people_value SET sealed = %s WHERE id = %s", [(second, one), (first, other)])
    for person in (ada, bob):
        with pytest.raises(Trouble) as refused:
            making.values_of(larch, person)
        assert refused.value.code == "value-moved"
    assert store.sample(larch)[1] == 2


def test_a_corrected_value_keeps_its_terms_and_its_clock(larch):
    person = making.walker(larch, at=making.LONG_AGO)
    before = making.values_of(larch, person, ["booking.name"])[0]
    store.correct(making.right(larch, person, "rectify", ["booking.name"]), larch, person, before.id, "Ada Fenn")
    after = making.values_of(larch, person, ["booking.name"])[0]
    assert after.value == "Ada Fenn"
    assert (after.terms, after.collected_at) == (before.terms, making.LONG_AGO)


def test_a_value_is_due_when_its_moment_and_its_statute_have_passed(larch):
    plan, now = editions.in_force(larch).plan, timezone.now()
    person = making.walker(larch, at=making.LONG_AGO)
    assert list(store.due(larch, plan, now)) == []
    standing.happened(larch, person, "walk is over", making.LONG_AGO + dt.timedelta(days=30))
    due = list(store.due(larch, plan, now))
    assert {(one.person, one.field, one.rule) for one in due} == {
        (person, field, "booking.*") for field in making.BOOKED
    }
    assert all(one.due <= now for one in due)
    assert list(store.due(larch, plan, making.LONG_AGO + dt.timedelta(days=800))) == []  # at least six years


def test_a_sweep_deletes_exactly_what_its_pass_names(larch):
    person = making.walker(larch, at=making.LONG_AGO)
    ids = [one.id for one in making.values_of(larch, person, ["booking.walk"])]
    keep = gate.must(making.act("keep", KEEP, ["booking.walk"]), client=larch, persons=[person])
    assert store.delete_values(keep, larch, ids) == 1
    assert {one.field for one in making.values_of(larch, person)} == {"booking.name", "booking.email"}


def test_what_was_deleted_leaves_a_key_only_while_something_needs_it(larch):
    person = making.walker(larch)
    erase = making.right(larch, person, "erase", making.BOOKED)
    store.delete(larch, person, ["booking.walk"], erase)
    assert store.release(larch, person).keys == 0
    store.delete(larch, person, None, erase)
    identities.forget(larch, person)
    assert store.release(larch, person) == vault.Destroyed("destroyed", 1, overwritten=True)
    assert vault.rules_of(larch, person) == set()
    assert store.without_key(larch) == []


def test_t06_what_a_hold_keeps_is_sealed_apart_before_the_old_key_goes(larch):
    person = making.walker(larch)
    old = vault.key_ids(larch)
    store.keep_apart(larch, person, ["booking.walk"], "dispute")
    store.delete(larch, person, ["booking.name", "booking.email"], making.right(larch, person, "erase", making.BOOKED))
    identities.forget(larch, person)
    assert store.release(larch, person).keys == 1
    assert vault.key_ids(larch).isdisjoint(old)
    assert [one.value for one in making.values_of(larch, person)] == ["Mendip ridge"]


def test_a_field_that_is_never_stored_is_refused_even_with_a_pass(larch, monkeypatch):
    person = making.walker(larch)
    monkeypatch.setattr(store, "spend", lambda *args, **more: None)
    token = gate.must(making.act("collect", making.WALK, ["booking.name"]), client=larch, persons=[person])
    with pytest.raises(Trouble) as refused:
        store.write(
            token,
            larch,
            person,
            {"visit.ip": "192.0.2.1"},
            point="booking",
            source="form",
            edition=1,
            collected_at=timezone.now(),
        )
    assert refused.value.code == "not-stored"


@pytest.mark.django_db(transaction=True)
def test_over_an_older_database_no_key_goes_that_the_newer_one_needs(larch):
    """A backup too old is put back, a night goes by, and then the right one is found: it must still open."""
    ada = making.walker(larch)
    sealed = vault.seal(larch, ada + 1, "booking.name", 99, "booking.*", b"Bob")  # who is not in this database
    head = signing.head_file().read_text()
    signing.note_head(lambda: (entries.head()[0] + 50, "as the newer one had it"))
    assert store.release_all(larch) == 0
    assert vault.open(larch, ada + 1, "booking.name", 99, sealed) == b"Bob"
    signing.head_file().write_text(head)
    assert store.release_all(larch) == 1
    assert len(making.values_of(larch, ada)) == len(making.BOOKED)
