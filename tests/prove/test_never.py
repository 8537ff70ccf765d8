"""What never happens is looked for; what no probe can look for yet is not called kept."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from troth.policy import deciding
from troth.policy.plan import Never, Plan
from troth.prove import refusing
from troth.prove.keepers import Scene, state_of
from troth.prove.promises import Line


def state(plan: Plan, never: Never) -> str:
    scene = Scene("larch", msgspec.structs.replace(plan, nevers={never.name: never}), dt.datetime.now(dt.UTC))
    return state_of(refusing.never(scene, Line(f"never/{never.name}", "", "never")))


def test_a_browser_that_joins_a_person_against_the_promise_is_seen(plan):
    never = Never(name="join", verb="join", fields=frozenset({"visit.ip"}), limits=(("to", "booking.*"),))
    assert state(plan, never) == "kept"
    fields = plan.fields | {"visit.ip": msgspec.structs.replace(plan.fields["visit.ip"], joins="booking.email")}
    assert state(msgspec.structs.replace(plan, fields=fields), never) == "broken"


def test_a_use_against_the_promise_is_seen(plan):
    use = next(way for way in plan.ways.values() if not way.recipient)
    never = Never(name="use it", verb="use", fields=use.data, limits=(("for", use.use),))
    assert state(plan, never) == "broken"


def test_what_no_probe_can_look_for_is_not_called_kept(plan):
    never = Never(name="tell", verb="disclose", fields=frozenset(plan.fields), limits=(("to", "the moon"),))
    assert state(plan, never) == "not-proved"


@pytest.mark.parametrize("word", ["anyone", "anyone for marketing", "anywhere abroad", "anyone for money"])
def test_a_wide_word_is_looked_for_in_every_way_of_the_plan(plan, word):
    never = Never(name="tell", verb="disclose", fields=frozenset(plan.fields), limits=(("to", word),))
    assert state(plan, never) == "kept"
    mail = plan.recipients["Postal Mail Services"]
    loose = msgspec.structs.replace(mail, role="controller", countries=("US",), for_money=True)
    plan = msgspec.structs.replace(plan, recipients={mail.name: loose})
    assert state(plan, never) == "broken"


def test_what_waits_for_a_yes_is_excused_only_while_the_gate_asks_for_one(plan, monkeypatch):
    mail = plan.recipients["Postal Mail Services"]
    one = msgspec.structs.replace(mail, role="controller", purposes=frozenset({"send you news of walks"}))
    ways = {key: way for key, way in plan.ways.items() if way.recipient == "" or way.use == "send you news of walks"}
    plan = msgspec.structs.replace(plan, recipients={mail.name: one}, ways=ways)
    limits = (("to", "anyone for marketing"), ("unless", "consent"))
    never = Never(name="tell", verb="disclose", fields=frozenset(plan.fields), limits=limits)
    assert state(plan, never) == "kept"
    assert state(plan, msgspec.structs.replace(never, limits=limits[:1])) == "broken"
    monkeypatch.setattr(deciding, "_open", lambda way, act, facts: True)
    assert state(plan, never) == "broken"


def test_a_prohibition_without_limits_holds_against_everybody(plan):
    never = Never(name="tell", verb="disclose", fields=frozenset(plan.fields))
    assert state(plan, never) == "broken"


def test_a_place_abroad_breaks_a_promise_to_send_nothing_abroad(plan):
    """Whoever runs it: what lies in another country was sent there."""
    never = Never(name="send", verb="transfer", fields=frozenset(plan.fields), limits=(("to", "anywhere abroad"),))
    assert state(plan, never) == "kept"
    ours = msgspec.structs.replace(plan.places["ours"], countries=("IE",))
    abroad = msgspec.structs.replace(plan, places=plan.places | {"ours": ours})
    assert state(abroad, never) == "broken"
    assert state(abroad, msgspec.structs.replace(never, verb="disclose")) == "kept"
    assert state(abroad, msgspec.structs.replace(never, fields=frozenset({"nothing.of"}))) == "kept"


def test_a_place_abroad_is_excused_only_by_the_safeguard_of_whoever_runs_it(plan):
    limits = (("to", "anywhere abroad"), ("unless", "safeguard"))
    never = Never(name="send", verb="transfer", fields=frozenset(plan.fields), limits=limits)
    mail = plan.recipients["Postal Mail Services"]
    ours = msgspec.structs.replace(plan.places["ours"], countries=("US",), by=mail.name)
    abroad = msgspec.structs.replace(plan, places=plan.places | {"ours": ours})
    assert state(abroad, never) == "broken"
    guarded = msgspec.structs.replace(mail, mechanism="IDTA")
    assert state(msgspec.structs.replace(abroad, recipients={mail.name: guarded}), never) == "kept"


@pytest.mark.parametrize(("mechanism", "seen"), [("IDTA", "kept"), ("derogation", "broken"), ("", "broken")])
def test_an_exception_for_one_case_is_no_safeguard(plan, mechanism, seen):
    """UK GDPR Art 49 lets one transfer through, on a consent for example, and protects nothing there."""
    limits = (("to", "anywhere abroad"), ("unless", "safeguard"))
    never = Never(name="send", verb="transfer", fields=frozenset(plan.fields), limits=limits)
    mail = msgspec.structs.replace(plan.recipients["Postal Mail Services"], countries=("US",), mechanism=mechanism)
    assert state(msgspec.structs.replace(plan, recipients={mail.name: mail}), never) == seen
