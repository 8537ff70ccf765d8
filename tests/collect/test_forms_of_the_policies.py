"""Every form that the example policies declare can be filled in, and its page and tag can be made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from troth import policy
from troth.collect import forms, tag
from troth.parties import editions, tenancy
from troth.people import identities, store
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
    needed = plan.points[point].needs
    typed = {name: TYPED.get(plan.fields[name].kind, "something") for name in needed}
    said = {f"offer {offer.key}": "yes" for offer in forms.offered(plan, plan.points[point])}
    response = client.post(address, typed | said | {"once": once[1], "confirmed": "yes"})
    assert response.status_code == 302, re.findall(r"<li>(.*?)</li>", response.content.decode())
    (person,) = identities.persons("firm")
    stored = {name for name in needed if plan.fields[name].form != "never stored"}
    assert store.fields_held("firm", person) == stored, "what was typed is kept"


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["", "no"])
def test_what_only_a_yes_lets_in_is_not_dropped_behind_somebodys_back(
    answer: str, client: Client, data_folder: Path
) -> None:
    """Who types an address for news and leaves the question open would wait for ever: they are told first."""
    plan = put_up(Path(__file__).parents[2] / "policies" / "omono" / "policy.yaml")
    point, address = plan.points["subscription"], "/c/firm/form/subscription/"
    offer, other = forms.offered(plan, point)
    once = re.search(r'name="once" value="([^"]*)"', client.get(address).content.decode())
    assert once is not None
    typed = dict.fromkeys(point.needs, "ada@post.example") | {"once": once[1], f"offer {offer.key}": answer}
    response = client.post(address, typed)
    html = response.content.decode()
    assert response.status_code == 422
    assert f"We keep your email address only with a yes to “{offer.words}” / “{other.words}”." in html
    assert 'value="ada@post.example"' in html and not identities.persons("firm")
    assert client.post(address, typed | {f"offer {offer.key}": "yes"}).status_code == 302
    assert store.fields_held("firm", identities.persons("firm")[0]) == point.needs


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
