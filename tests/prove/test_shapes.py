"""A value in clear that shows more than its declared form is seen, whoever wrote it there."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from troth import policy
from troth.collect import steps
from troth.prove import looking, probes, shapes
from troth.prove.keepers import Scene, state_of
from troth.prove.promises import Line

LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"
TOO_MUCH = [
    ("truncated", "203.0.113.7"),
    ("truncated", "2001:db8:1:2::7"),
    ("truncated", "51.89941,-2.07826"),
    ("outward half", "GL50 1WG"),
    ("outward half", "GL501WG"),
    ("hour", "2026-11-22T09:41:07"),
    ("site only", "https://post.example/inbox?to=ada"),
    ("no identifiers", "/walks/of/ada@post.example"),
    ("no identifiers", "/paid/4111111111111111"),
    ("counted", "yes, by Ada"),
]
MAKE = {
    "truncated": steps.truncated,
    "outward half": steps.outward_half,
    "hour": steps.hour,
    "site only": steps.site_only,
    "no identifiers": steps.no_identifiers,
    "counted": lambda value: 1,
}


@pytest.mark.parametrize(("form", "value"), TOO_MUCH)
def test_more_than_the_form_is_seen(form, value):
    assert shapes.misshapen(form, value)


@pytest.mark.parametrize(("form", "value"), [*TOO_MUCH, ("truncated", "::1"), ("outward half", "W1A 1AA")])
def test_what_the_door_makes_of_it_has_its_form(form, value):
    made = MAKE[form](value)
    assert made is None or not shapes.misshapen(form, made)


def test_a_form_that_takes_nothing_away_and_an_empty_value_have_every_shape():
    assert not shapes.misshapen("clear", "ada@post.example")
    assert not shapes.misshapen("outward half", "")


@pytest.mark.parametrize(("stands", "state"), [("GL50", "kept"), ("GL50 1WG", "broken")])
def test_a_whole_postcode_in_an_event_breaks_the_promise_of_its_half(monkeypatch, tmp_path, stands, state):
    plan = policy.load(LARCH).plan
    assert plan is not None
    page = msgspec.structs.replace(plan.fields["visit.page"], form="outward half")
    plan = msgspec.structs.replace(plan, fields=plan.fields | {"visit.page": page})
    file = looking.EventFile(tmp_path, "visit.*", "2026-11", 1)
    monkeypatch.setattr(looking, "values", lambda client: [])
    monkeypatch.setattr(looking, "event_files", lambda client: iter((file,)))
    monkeypatch.setattr(looking, "clear_fields", lambda file: iter([("visit", 1, {"visit.page": stands})]))
    monkeypatch.setattr(looking, "plan_of", lambda client, edition: plan)
    scene = Scene("larch", plan, dt.datetime.now(dt.UTC))
    assert state_of(probes.data(scene, Line("data/visit.page", "", "data"))) == state
