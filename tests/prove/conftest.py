from pathlib import Path

import pytest
from tests.answer.houses import empty_database, on_disk, shop

from troth import policy
from troth.policy.plan import Plan

__all__ = ["empty_database", "on_disk", "shop"]
LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"


@pytest.fixture
def plan() -> Plan:
    found = policy.load(LARCH).plan
    assert found is not None
    return found
