"""Editions and data in flight: a new use binds only what was collected after it, until the person was told."""

import pytest
from tests.people import making

from troth import gate
from troth.parties import editions
from troth.people import standing, store

NEW = "plan next year's walks"
USE = f"""
  {NEW}:
    is: statistics
    basis: legitimate interests
    interest: to plan walks that people want
    balance: answering balance
    of: walker
    data: [booking.walk]
    yields: rows
"""


@pytest.fixture
def second_edition(larch, tmp_path):
    from tests.people.conftest import LARCH

    def publish():
        text = LARCH.read_text()
        head, use, tail = text.partition("\nuse:\n")
        assert use
        file = LARCH.parent / f"{tmp_path.name}.yaml"
        text = head.replace("change: first", "change: substantial") + use + USE.strip("\n") + "\n" + tail
        file.write_text(text)
        try:
            editions.publish(larch, file, replaces=editions.in_force(larch).source_hash, by="test")
        finally:
            file.unlink()

    return publish


def read(client, person):
    token = gate.must(making.act("use", NEW, ["booking.walk"]), client=client, persons=[person])
    return [one.value for one in store.read(token, client, person)]


def test_a_new_use_does_not_reach_what_was_collected_before_it(larch, second_edition):
    before = making.walker(larch)
    second_edition()
    after = making.walker(larch, email="bob@quill.example")
    assert read(larch, after) == ["Mendip ridge"]
    assert read(larch, before) == []


def test_once_the_person_was_told_a_new_use_reaches_what_came_before(larch, second_edition):
    person = making.walker(larch)
    second_edition()
    standing.tell(larch, person, editions.in_force(larch).number)
    assert read(larch, person) == ["Mendip ridge"]


def test_an_old_use_and_every_right_go_on_reaching_old_values(larch, second_edition):
    person = making.walker(larch)
    second_edition()
    token = gate.must(making.act("use", making.WALK, ["booking.walk"]), client=larch, persons=[person])
    assert len(store.read(token, larch, person)) == 1
    assert len(making.values_of(larch, person)) == len(making.BOOKED)
