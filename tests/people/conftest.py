"""A second client behind its own wall, and one whose policy declares a hold and the end of a contract."""

from pathlib import Path

import pytest

from troth.parties import editions, tenancy

LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"
HOLDS = """
holds:
  dispute:
    data: [letter.body, booking.walk]
    needs: [matter, approver]
    review: 6 months
    because: To establish, exercise or defend legal claims
"""


@pytest.fixture
def birch(larch):
    tenancy.add("birch")
    editions.publish("birch", LARCH, replaces=None, by="test")
    return "birch"


@pytest.fixture
def larch_with_hold(larch, tmp_path):
    tenancy.add("held")
    file = tmp_path / "held.yaml"
    text = LARCH.read_text().replace("\nmoments:\n", "\nmoments:\n  account closes: {known from: page}\n")
    text = text.replace("  letter.*: 24 months", "  letter.*: 24 months after account closes, 24 months")
    file.write_text(text + HOLDS)
    editions.publish("held", file, replaces=None, by="test")
    return "held"
