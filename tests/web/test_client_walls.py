"""Between clients: every address, as each role of one client with the ids of another, is as if nothing were there."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.answer.planting import say, walker, work
from tests.web.conftest import code_of, enter
from tests.web.walking import bare, filled, parameters, routes

ROLES = ("privacy desk", "guide")
HERS = "ada@quill.example"


@pytest.fixture
def both(larch: str, mailbox: Any) -> dict[str, Any]:
    """Two clients without hosts of their own. At the other one somebody asked, objected and holds a fresh link."""
    from troth.answer import amend, identity
    from troth.parties import editions, tenancy
    from troth.prove import report

    tenancy.add("rowan")
    editions.publish("rowan", "tests/policies/larch.yaml", replaces=None, by="test")
    person = walker("rowan", HERS, "Ada", letter="hers alone")
    say("rowan", person, True)
    one = identity.Visitor(client="rowan", person=person, persons=frozenset({person}))
    asked = amend.stop("rowan", one, "object", "hers alone too")
    report.keep(report.run("rowan"))
    identity.ask("rowan", HERS, "192.0.2.1")
    work()
    token = mailbox.link().split("/")[-2]
    return {"token": token, "reference": asked.reference, "person": person, "point": "booking", "right": "object"}


def ids(both: dict[str, Any], client: str, **others: str) -> dict[str, str]:
    known = {"client": client, "number": "1", "which": "1", "form": "json", "mark": "0" * 16, "name": "web/troth.css"}
    return known | {name: both[name] for name in ("token", "reference", "point", "right")} | others


def staff_of_larch(role: str) -> Client:
    from troth.parties import staff

    browser = Client(headers={"host": "localhost:8000"})
    enter(browser, staff.add(f"{role.replace(' ', '-')}@larch.example", "larch", role))
    browser.get("/desk/enter/factor/")
    browser.post("/desk/enter/factor/", {"code": code_of(browser)})
    assert browser.get("/desk/").status_code == 200
    return browser


def person_of_larch(mailbox: Any) -> Client:
    from troth.answer import limits

    limits.clear()
    walker("larch", "eve@evil.example", "Eve")
    browser = Client(headers={"host": "127.0.0.1:8000"})
    browser.post("/c/larch/you/", {"address": "eve@evil.example"})
    work()
    browser.post(mailbox.link())
    assert b"What we hold about you" in browser.get("/c/larch/you/").content
    return browser


AT_DESK = [route for route in routes() if route.startswith("desk/") and "client" in parameters(route)]
AT_CLIENT = [route for route in routes() if route.startswith("c/<slug:client>/")]


@pytest.mark.parametrize("role", ROLES)
def test_t50_every_page_of_the_desk_is_alike_for_another_client_and_for_none(both, role):
    browser = staff_of_larch(role)
    assert len(AT_DESK) >= 5
    for route in AT_DESK:
        other, nobody = (filled(route, ids(both, client)) for client in ("rowan", "nobody"))
        for send in (browser.get, browser.head, browser.post):
            theirs, none = send(other), send(nobody)
            assert (theirs.status_code, none.status_code) == (404, 404), route
            assert theirs.content == none.content, route
            assert {**theirs.headers} == {**none.headers}, route


@pytest.mark.parametrize("role", ROLES)
def test_t50_the_desk_pages_without_a_client_show_nothing_of_another(both, role):
    browser = staff_of_larch(role)
    for route in routes():
        if route.startswith("desk/") and not parameters(route):
            page = browser.get(f"/{route}")
            for word in ("rowan", both["reference"], HERS, "hers alone"):
                assert word.encode() not in page.content, (route, word)


COURT = "holds:\n  a court case: {data: letter.*, needs: matter, review: 6 months, because: A court asked}\n"
HIDDEN = (
    {"lift": "rowan/1"},
    {"agree": "rowan/1"},
    {"hold": "rowan/a court case", "address": HERS, "ground": "a test", "review": "2099-01-01"},
    {"chore": "rowan/1", "evidence": "it is gone"},
    {"which": "rowan/walk is over", "address": HERS, "on": "2026-01-01"},
    {"which": "rowan/walk is over", "address": HERS, "on": "2026-01-01", "undo": "yes"},
    {"client": "rowan", "right": "access", "way": "letter", "came": "2026-01-01", "whom": HERS, "post": "1 Lane"},
    {"client": "rowan", "right": "erase", "way": "telephone", "came": "2026-01-01", "known": HERS, "address": HERS},
)
"""What a desk page takes whose address names no client: there the wall stands in the form alone."""


def of_rowan() -> dict[str, Any]:
    """All that stands of the other client, row by row, and what was written down about it."""
    from django.apps import apps

    found = {}
    for model in apps.get_models():
        names = {field.attname for field in model._meta.concrete_fields}
        column = next((name for name in ("client_id", "client") if name in names), "")
        if column and model._meta.app_label in ("people", "keep", "answer", "ledger", "work", "collect"):
            found[model._meta.label] = list(model._default_manager.filter(**{column: "rowan"}).order_by("pk").values())
    return found


@pytest.mark.parametrize("role", ROLES)
def test_t50_what_a_form_of_the_desk_names_of_another_client_is_as_if_it_were_not_there(both, role, tmp_path):
    from troth.parties import editions
    from troth.people import standing

    text = Path("tests/policies/larch.yaml").read_text().replace("cookies: none", f"{COURT}cookies: none")
    (tmp_path / "rowan.yaml").write_text(text)
    editions.publish("rowan", tmp_path / "rowan.yaml", replaces=editions.in_force("rowan").source_hash, by="test")
    standing.hold("rowan", both["person"], "a court case", by="0" * 16, ground="a court asked")
    browser, before = staff_of_larch(role), of_rowan()
    assert sum(map(len, before.values())) > 10
    tried = 0
    for route in routes():
        if not route.startswith("desk/") or parameters(route) or route.startswith(("desk/leave", "desk/enter")):
            continue
        for form in (*HIDDEN, {name: value for one in reversed(HIDDEN) for name, value in one.items()}):
            theirs = browser.post(f"/{route}", form)
            none = browser.post(f"/{route}", {name: value.replace("rowan", "nobody") for name, value in form.items()})
            assert theirs.status_code == none.status_code, (route, form)
            same = bare(theirs.content).replace("rowan", "nobody")
            assert same == bare(none.content), (route, form)
            tried += theirs.status_code in (302, 422)
    assert tried >= 8, "the forms were taken in, and not turned away at the door"
    assert of_rowan() == before


def test_t50_an_id_of_another_client_under_our_own_address_is_an_id_that_does_not_exist(both):
    browser = staff_of_larch("privacy desk")
    for route in AT_DESK:
        if parameters(route) - {"client"}:
            theirs = browser.get(filled(route, ids(both, "larch")))
            none = browser.get(filled(route, ids(both, "larch", reference="O-2026-9999", token="x" * 43)))
            assert theirs.status_code == none.status_code == 404, route
            assert theirs.content == none.content, route


def test_t50_a_person_of_one_client_with_ids_of_another_gets_what_a_made_up_id_gets(both, mailbox):
    browser = person_of_larch(mailbox)
    made_up = {"reference": "O-2026-9999", "token": "x" * 43}
    tried = 0
    for route in AT_CLIENT:
        if not parameters(route) & set(made_up):
            continue
        for send in (browser.get, browser.post):
            theirs, none = (send(filled(route, ids(both, "larch", **more))) for more in ({}, made_up))
            assert theirs.status_code == none.status_code, route
            assert bare(theirs.content).replace(both["reference"], "-") == bare(none.content).replace(
                made_up["reference"], "-"
            ), route
            tried += 1
    assert tried >= 8


def test_t50_a_session_of_one_client_is_none_at_another(both, mailbox):
    browser, stranger = person_of_larch(mailbox), Client(headers={"host": "127.0.0.1:8000"})
    for name, cookie in list(browser.cookies.items()):
        browser.cookies[name.replace("larch", "rowan")] = cookie.value
        browser.cookies[name.replace("larch", "rowan")]["path"] = "/"
    for route in AT_CLIENT:
        path = filled(route, ids(both, "rowan", token="x" * 43))
        mine, nobodys = browser.get(path), stranger.get(path)
        assert mine.status_code == nobodys.status_code, route
        assert b"hers alone" not in mine.content, route
        assert HERS.encode() not in mine.content, route


def test_t50_a_link_of_one_client_opens_nothing_at_another_and_still_opens_its_own(both):
    browser = Client(headers={"host": "127.0.0.1:8000"})
    assert browser.post(f"/c/larch/you/link/{both['token']}/").status_code == 410
    assert browser.post(f"/c/rowan/you/link/{both['token']}/").status_code == 302


COMMANDS = [
    ["answer", "access", "--client", "larch", "--identity", f"email={HERS}", "--by", "officer@larch.example"],
    ["answer", "erase", "--client", "larch", "--identity", f"email={HERS}", "--by", "officer@larch.example"],
    ["answer", "access", "--client", "rowan", "--identity", f"email={HERS}", "--by", "officer@larch.example"],
    ["answer", "erase", "--client", "rowan", "--identity", f"email={HERS}", "--by", "officer@larch.example"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:4]))
def test_t50_no_command_reaches_over_the_wall(both, words, capsys):
    from troth import cli
    from troth.parties import staff

    staff.add("officer@larch.example", "larch", "privacy desk")
    status = cli.main([*words, "--because", "a test of the wall", "--json"])
    told = capsys.readouterr()
    assert "hers alone" not in told.out + told.err
    if "rowan" in words:
        assert status != 0
    from troth.people import identities

    assert identities.find_any("rowan", HERS) == [both["person"]]


def test_t50_what_a_request_is_called_tells_nobody_how_many_others_asked(both):
    from troth.answer import requests

    said = [requests.open_request(client, 0, "complain").reference for client in ("larch", "rowan", "larch", "rowan")]
    numbers = [int(one.rpartition("-")[2]) for one in said]
    steps = {later - earlier for earlier, later in itertools.pairwise(numbers)}
    assert len(set(said)) == 4 and len(steps) > 1, said
