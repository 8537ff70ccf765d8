"""Holds: what a declared hold names stays, readable under its own key, while all else of the person goes (T06)."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone
from tests.people import making
from tests.people.conftest import LARCH

from troth import gate
from troth.parties import editions, tenancy
from troth.people import choices, identities, own, standing, store, vault
from troth.places.kinds import Subject
from troth.policy.deciding import KEEP, Facts, Refusal
from troth.policy.problems import Trouble

HOLD = "dispute"


def wrote_a_letter(client):
    person = making.walker(client, at=making.LONG_AGO)
    standing.happened(client, person, "walk is over", making.LONG_AGO)
    making.write(client, person, {"letter.body": "I object."}, point="letters", use="answer you", case="case-1")
    return person


def test_a_hold_that_the_policy_does_not_declare_cannot_be_placed(larch):
    with pytest.raises(Trouble) as refused:
        standing.hold(larch, making.walker(larch), "because we like to", by="staff")
    assert refused.value.code == "no-hold"


def test_a_hold_covers_only_what_it_declares(larch_with_hold):
    client = larch_with_hold
    person = wrote_a_letter(client)
    standing.hold(client, person, HOLD, by="staff", ground="claim 7")
    assert standing.facts(client, person).held == editions.in_force(client).plan.holds[HOLD].data
    assert standing.stale(client) == []
    assert standing.unhold(client, person, HOLD, by="staff") == 1
    assert standing.facts(client, person).held == frozenset()


def test_the_gate_refuses_to_erase_what_is_held_whatever_the_caller_says(larch_with_hold):
    client = larch_with_hold
    person = wrote_a_letter(client)
    standing.hold(client, person, HOLD, by="staff")
    for kind, use in (("answer", "erase"), ("keep", KEEP)):
        act = making.act(kind, use, ["letter.body"])
        answer = gate.ask(act, client=client, persons=[person], facts=Facts(proved=True))
        assert isinstance(answer, Refusal)
        assert [reason.code for reason in answer.reasons] == ["held"]


def test_t06_a_held_message_outlives_an_erasure_under_its_own_key_and_all_else_goes(larch_with_hold):
    client = larch_with_hold
    person = wrote_a_letter(client)
    standing.hold(client, person, HOLD, by="staff")
    before = vault.key_ids(client)
    subject = Subject(person=person, persons=frozenset({person}))
    own.erase_identities(client, subject)
    receipt = own.erase_values(client, subject)
    assert receipt.state == "kept"
    assert {kept.why for kept in receipt.kept} == {"A hold stands over it."}
    assert store.release(client, person).state == "destroyed"
    assert vault.key_ids(client).isdisjoint(before)
    held = making.values_of(client, person, [*making.BOOKED, "letter.body"])
    assert "I object." in {one.value for one in held}
    assert {one.field for one in held} <= editions.in_force(client).plan.holds[HOLD].data
    assert identities.of(client, person) == []


def test_a_hold_over_what_somebody_chose_keeps_its_proof_from_the_sweep(larch, tmp_path):
    tenancy.add("proof")
    file = tmp_path / "proof.yaml"
    hold = "holds:\n  dispute: {data: troth.choices, needs: matter, review: 6 months, because: To defend a claim}\n"
    file.write_text(LARCH.read_text().replace("cookies: none", hold + "cookies: none"))
    editions.publish("proof", file, replaces=None, by="test")
    plan, person = editions.in_force("proof").plan, making.walker("proof")
    making.say("proof", person, True)
    standing.purpose_left("proof", person, False)
    later = timezone.now() + dt.timedelta(days=7 * 366)
    assert len(choices.due("proof", plan, later)) == 1
    standing.hold("proof", person, HOLD, by="staff")
    assert choices.due("proof", plan, later) == []


def test_a_hold_ends_by_itself_on_its_day(larch_with_hold):
    client = larch_with_hold
    person = wrote_a_letter(client)
    now = timezone.now()
    standing.hold(client, person, HOLD, by="staff", until=now + dt.timedelta(days=30))
    assert standing.facts(client, person).held
    with time_machine.travel(now + dt.timedelta(days=31), tick=False):
        assert not standing.facts(client, person).held
        assert [one.person for one in standing.ended_holds(client, now)] == [person]
