"""Choices and standings: a no works at once, and the row the gate reads is what was said."""

import datetime as dt

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from tests.people import making

from troth.parties import editions
from troth.people import choices, identities, standing
from troth.policy.problems import Trouble


def key(client):
    return next(one.key for one in editions.in_force(client).plan.switches.values() if one.use == making.NEWS)


def test_a_yes_is_a_fact_and_a_withdrawal_ends_it_at_once(larch):
    person = making.walker(larch)
    assert standing.facts(larch, person).yes == frozenset()
    making.say(larch, person, True)
    assert standing.facts(larch, person).yes == {key(larch)}
    making.say(larch, person, False)
    facts = standing.facts(larch, person)
    assert (facts.yes, facts.no) == (frozenset(), {stop(larch)})


def stop(client):
    return next(one.stop for one in editions.in_force(client).plan.switches.values() if one.use == making.NEWS)


def test_a_yes_after_a_no_counts_and_everything_said_is_kept(larch):
    person = making.walker(larch)
    for state in (True, False, True):
        making.say(larch, person, state)
    assert standing.facts(larch, person).yes == {key(larch)}
    assert [one.state for one in choices.of(larch, person)] == [True, False, True]
    assert all(one.entry for one in choices.of(larch, person))


def test_a_no_counts_though_the_clock_went_back(larch):
    person = making.walker(larch)
    making.say(larch, person, True)
    with time_machine.travel(timezone.now() - dt.timedelta(days=2)):
        making.say(larch, person, False)
    assert standing.facts(larch, person).yes == frozenset()


def test_a_choice_that_was_made_cannot_be_changed(larch):
    person = making.walker(larch)
    making.say(larch, person, False)
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE people_choice SET state = 1")


def test_a_browser_is_remembered_by_a_keyed_mark_and_chooses_for_itself(larch):
    making.say(larch, None, True, browser="b-1")
    assert choices.facts_of_browser(larch, "b-1").yes == {key(larch)}
    assert choices.facts_of_browser(larch, "b-2").yes == frozenset()
    with connection.cursor() as cursor:
        cursor.execute("SELECT browser FROM people_choice")
        assert b"b-1" not in bytes(cursor.fetchone()[0])


def test_a_restriction_stands_until_it_is_lifted(larch):
    person = making.walker(larch)
    standing.restrict(larch, person, ground="accuracy contested", by="staff")
    assert standing.facts(larch, person).restricted
    assert [one.ground for one in standing.of(larch, person)] == ["accuracy contested"]
    assert standing.unrestrict(larch, person, by="staff") == 1
    assert not standing.facts(larch, person).restricted
    assert [one.ended is not None for one in standing.of(larch, person, past=True)] == [True]


def test_the_row_of_facts_is_what_the_choices_say(larch):
    person = making.walker(larch)
    making.say(larch, person, True)
    standing.restrict(larch, person, ground="x")
    assert standing.stale(larch) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET facts = %s", [b"{}"])
    assert standing.stale(larch) == [person]
    standing.rebuild(larch, person)
    assert standing.stale(larch) == []


def test_a_visitor_who_books_is_a_walker_too(larch):
    person = identities.make(larch, {"visitor"})
    identities.add_kinds(larch, person, {"walker"})
    assert standing.facts(larch, person).kinds == {"visitor", "walker"}


def test_a_person_under_age_and_a_contract_that_ended_are_facts(larch_with_hold):
    person = making.walker(larch_with_hold)
    standing.underage(larch_with_hold, person, True)
    standing.happened(larch_with_hold, person, "account closes", timezone.now() - dt.timedelta(days=1))
    facts = standing.facts(larch_with_hold, person)
    assert facts.underage
    assert "contract is live" not in facts.live


def test_a_moment_that_the_policy_does_not_declare_starts_no_clock(larch):
    person = making.walker(larch)
    with pytest.raises(Trouble) as refused:
        standing.happened(larch, person, "the moon is full")
    assert refused.value.code == "no-moment"
