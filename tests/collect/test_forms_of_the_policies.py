"""Every form that the example policies declare can be filled in, and its page and tag can be made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from troth import policy
from troth.collect import tag
from troth.parties import editions, tenancy
from troth.people import identities
from troth.policy.plan import Plan

POLICIES = sorted((Path(__file__).parents[2] / "policies").glob("*/policy.yaml"))
FORMS = [
    (path, point.name)
    for path in POLICIES
    if (plan := policy.load(path).plan) is not None
    for point in plan.points.values()
    if point.by == "form"
]
TYPED = {
    "email address": "ada@post.example",
    "work email address": "ada@work.example",
    "postcode": "BA1 1AA",
    "birth date": "1990-04-01",
    "IP address": "203.0.113.7",
    "time": "2026-11-24T10:00",
    "age": "46",
}


def put_up(path: Path) -> Plan:
    editions.forget_cache()
    tenancy.add("firm")
    editions.publish("firm", path, replaces=None, by="")
    return editions.in_force("firm").plan


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "point"), FORMS, ids=[f"{path.parent.name}-{point}" for path, point in FORMS])
def test_a_form_takes_in_what_it_asks_for(path: Path, point: str, client: Client, data_folder: Path) -> None:
    plan = put_up(path)
    address = f"/c/firm/form/{point}/"
    html = client.get(address).content.decode()
    once = re.search(r'name="once" value="([^"]*)"', html)
    assert once is not None
    typed = {name: TYPED.get(plan.fields[name].kind, "something") for name in plan.points[point].needs}
    response = client.post(address, typed | {"once": once[1], "confirmed": "yes"})
    assert response.status_code == 302, re.findall(r"<li>(.*?)</li>", response.content.decode())
    assert len(identities.persons("firm")) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "taken"), [("46", True), ("-46", False), ("4.6", False), ("460", False), ("", True)])
def test_an_age_is_a_number_of_years_and_what_is_none_has_its_error_beside_it(
    age: str, taken: bool, client: Client, data_folder: Path
) -> None:
    plan = put_up(Path(__file__).parents[2] / "policies" / "miomi" / "policy.yaml")
    address = "/c/firm/form/registration/"
    html = client.get(address).content.decode()
    assert "health or your beliefs. You need not say it here.</p>" in html, "what a form warns of is a whole sentence"
    once = re.search(r'name="once" value="([^"]*)"', html)
    assert once is not None
    typed = {name: TYPED.get(plan.fields[name].kind, "something") for name in plan.points["registration"].needs}
    answer = client.post(address, typed | {"once": once[1], "confirmed": "yes", "profile.age": age})
    assert (answer.status_code == 302) is taken
    assert ('id="profile.age-error"' in answer.content.decode()) is not taken


@pytest.mark.parametrize("path", POLICIES, ids=[path.parent.name for path in POLICIES])
def test_every_surface_has_its_tag_and_asks_only_with_words(path: Path) -> None:
    plan = policy.load(path).plan
    assert plan is not None
    for surface in plan.surfaces:
        told = tag.config(plan, 1, surface)
        assert all(question["words"] and question["note"] for question in told["asked"])
