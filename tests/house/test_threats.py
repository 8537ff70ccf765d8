"""The table of threats says what is true: each row that belongs to the foundations has tests, and each test its row."""

from __future__ import annotations

import pytest
from tests.house import threats as table

ROWS = table.threats()
TESTS = table.tests()


def test_the_table_has_all_sixty_four_rows_in_order():
    assert [one.id for one in ROWS] == [f"T{number:02}" for number in range(1, 65)]
    assert all(set(one.who) <= set("VIPTSRBDXO, ") and one.abuse and one.design for one in ROWS)


@pytest.mark.parametrize("row", [one for one in ROWS if one.is_foundation], ids=lambda one: one.id)
def test_a_row_of_the_foundations_has_a_test_and_is_not_to_come(row):
    assert TESTS.get(row.id), f"no test carries {row.id}: {row.abuse}"
    assert not row.state.startswith("to come")


@pytest.mark.parametrize("row", ROWS, ids=lambda one: one.id)
def test_a_state_is_one_that_the_tests_bear_out(row):
    state, _, why = row.state.partition(": ")
    assert state in table.STATES
    assert (state == "held") is (why == "")  # what is missing is said
    assert (state == "to come") is (row.id not in TESTS)


def test_every_test_that_carries_an_id_is_listed_and_every_listed_one_is_there():
    assert set(TESTS) <= {one.id for one in ROWS}
    there = {pair for pairs in TESTS.values() for pair in pairs}
    listed = set(table.listed())
    help = "run python tests/house/threats.py"
    assert there - listed == set(), help
    assert listed - there == set(), help
    assert table.written() == table.PAGE.read_text("utf-8"), help
