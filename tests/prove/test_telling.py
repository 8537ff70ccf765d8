"""What a notice must say is looked for in the notice that is served: grounds, countries, periods."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from troth import policy
from troth.policy import deciding
from troth.policy.plan import Plan
from troth.prove import asking, telling
from troth.prove.keepers import Looked, Scene
from troth.prove.promises import Line

OMONO = Path(__file__).parents[2] / "policies" / "omono" / "policy.yaml"


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = policy.load(OMONO).plan
    assert found is not None
    return found


def looked(plan: Plan, path: str = "notice") -> Looked:
    probe = {"notice": telling.whole_notice, "who": telling.who}[path]
    return probe(Scene("omono", plan, dt.datetime.now(dt.UTC)), Line(path, "", path))


@pytest.mark.parametrize(
    ("section", "lost", "missing"),
    [
        ("recipients", {"countries": ("GB",)}, "Ireland"),
        ("recipients", {"mechanism": ""}, "the UK-US data bridge"),
        ("purposes", {"interest": ""}, "to keep our website working and safe"),
        ("purposes", {"law": ""}, "Companies Act 2006 s386"),
    ],
)
def test_a_notice_that_leaves_out_where_it_goes_or_why_is_seen(plan, monkeypatch, section, lost, missing):
    monkeypatch.setattr(asking, "of_client", lambda client, path: None)
    assert looked(plan).breaches == ()
    parts = getattr(plan, section)
    less = {name: msgspec.structs.replace(one, **lost) for name, one in parts.items()}
    real = telling.notice.render
    monkeypatch.setattr(telling.notice, "render", lambda one, **more: real(with_less(one, section, less), **more))
    assert f"The notice does not say “{missing}”." in looked(plan).breaches


def with_less(plan: Plan, section: str, less: dict[str, object]) -> Plan:
    return msgspec.structs.replace(plan, **{section: less})


@pytest.mark.parametrize("words", ["13 months", "9 months", "makes pages arrive sooner"])
def test_a_notice_that_does_not_say_how_long_or_what_a_cookie_does_is_seen(plan, monkeypatch, words):
    monkeypatch.setattr(asking, "of_client", lambda client, path: None)
    real = telling.notice.render
    monkeypatch.setattr(telling.notice, "render", lambda one, **more: real(one, **more).lower().replace(words, "some"))
    assert f"The notice does not say “{words}”." in looked(plan).breaches


def test_a_notice_that_does_not_say_where_the_company_is_registered_is_seen(plan, monkeypatch):
    assert looked(plan, "who").breaches == ()
    real = telling.notice.render
    monkeypatch.setattr(telling.notice, "render", lambda one, **more: real(one, **more).replace("Wales", ""))
    assert looked(plan, "who").breaches == ("The notice does not say “England and Wales”.",)


def test_a_notice_without_the_helpline_of_the_regulator_is_seen(plan, monkeypatch):
    real = telling.notice.render
    monkeypatch.setattr(telling.notice, "render", lambda one, **more: real(one, **more).replace("0303 123 1113", ""))
    assert looked(plan, "who").breaches == ("The notice does not say “0303 123 1113”.",)


@pytest.mark.parametrize("words", ["Without these we cannot answer you", "unless you are at least 18 years old"])
def test_a_notice_that_does_not_say_what_is_said_before_a_form_is_seen(monkeypatch, words):
    """Whoever fills it in is told what follows if a field is left out, and of the warning that stands over it."""
    plan = policy.load(OMONO.parents[1] / "dijuno" / "policy.yaml").plan
    assert plan is not None
    monkeypatch.setattr(asking, "of_client", lambda client, path: None)
    assert looked(plan).breaches == ()
    real = telling.notice.render
    monkeypatch.setattr(telling.notice, "render", lambda one, **more: real(one, **more).replace(words, ""))
    assert any(words in breach for breach in looked(plan).breaches)


@pytest.mark.parametrize("file", sorted(OMONO.parents[1].glob("*/policy.yaml")), ids=lambda file: file.parent.name)
def test_each_of_the_five_notices_says_all_that_its_policy_holds_and_a_lost_rule_for_children_is_seen(
    monkeypatch, file
):
    monkeypatch.setattr(asking, "of_client", lambda client, path: None)
    plan = policy.load(file).plan
    scene = Scene(file.parent.name, plan, dt.datetime.now(dt.UTC))
    assert telling.whole_notice(scene, Line("notice", "", "notice")).breaches == ()
    if plan.children:
        line = Line("children", "", "children")
        assert telling.children(scene, line).breaches == ()
        real = telling.notice.render
        monkeypatch.setattr(telling.notice, "render", lambda one, **more: real(with_less(one, "children", ""), **more))
        assert telling.children(scene, line).breaches


def test_a_gate_that_no_longer_minds_how_old_somebody_is_breaks_the_promise_on_children(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = policy.load(OMONO.parents[1] / "dijuno" / "policy.yaml").plan
    assert plan is not None
    scene, line = Scene("dijuno", plan, dt.datetime.now(dt.UTC)), Line("children", "", "children")
    assert telling.children(scene, line).breaches == ()
    real = deciding._open
    monkeypatch.setattr(
        deciding, "_open", lambda way, act, facts: real(way, act, msgspec.structs.replace(facts, underage=False))
    )
    said = telling.children(scene, line).breaches
    assert said and all("no longer refuses somebody younger than the policy allows" in one for one in said)
