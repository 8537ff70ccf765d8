"""What never happens is looked for; what no probe can look for yet is not called kept."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from troth import policy
from troth.policy.plan import Never, Plan
from troth.prove import probes
from troth.prove.keepers import Scene, state_of
from troth.prove.promises import Line

LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"


@pytest.fixture
def plan() -> Plan:
    found = policy.load(LARCH).plan
    assert found is not None
    return found


def state(plan: Plan, never: Never) -> str:
    scene = Scene("larch", msgspec.structs.replace(plan, nevers={never.name: never}), dt.datetime.now(dt.UTC))
    return state_of(probes.never(scene, Line(f"never/{never.name}", "", "never")))


def test_a_browser_that_joins_a_person_against_the_promise_is_seen(plan):
    never = Never(name="join", verb="join", fields=frozenset({"visit.ip"}), limits=(("to", "booking.*"),))
    assert state(plan, never) == "kept"
    fields = plan.fields | {"visit.ip": msgspec.structs.replace(plan.fields["visit.ip"], joins="booking.email")}
    assert state(msgspec.structs.replace(plan, fields=fields), never) == "broken"


def test_a_use_against_the_promise_is_seen(plan):
    use = next(way for way in plan.ways.values() if not way.recipient)
    never = Never(name="use it", verb="use", fields=use.data, limits=(("for", use.use),))
    assert state(plan, never) == "broken"


@pytest.mark.parametrize("word", ["anyone for marketing", "anywhere abroad"])
def test_what_no_probe_can_look_for_is_not_called_kept(plan, word):
    never = Never(name="tell", verb="disclose", fields=frozenset(plan.fields), limits=(("to", word),))
    assert state(plan, never) == "not-proved"
