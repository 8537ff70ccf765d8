"""Least privilege at the desk: each view and each command belongs to a part, and a role opens its own alone (T54)."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from tests.answer.planting import walker
from tests.web.conftest import code_of, enter
from tests.web.walking import filled, parameters, routes

from troth import cli
from troth.answer import complaining, heard, requests
from troth.keep import erasure, holds
from troth.parties import editions, staff
from troth.policy import changes, words
from troth.prove import report
from troth.web import rights

pytestmark = pytest.mark.django_db
ROLES = {
    "guide": {"requests"},
    "keeper": {"keeping"},
    "auditor": {"proofs", "looks"},
    "writer": {"publish"},
    "officer": set(words.DESK),
}
STAFF = """staff:
  guide: {means: Answers letters, may: requests}
  keeper: {means: Looks after what stays, may: keeping}
  auditor: {means: Checks what we promise, may: [proofs, looks]}
  writer: {means: Writes the policy, may: publish}
  officer: Does all of it
"""
DESK = sorted(route for route in routes() if route.startswith("desk/"))


def narrowed(folder: Path) -> Path:
    """The policy of larch, with five roles."""
    shutil.copytree("tests/policies/papers", folder / "papers", dirs_exist_ok=True)
    text = Path("tests/policies/larch.yaml").read_text()
    text = text.replace("staff:\n  guide: Leads walks and answers letters\n", STAFF)
    (folder / "larch.yaml").write_text(text)
    return folder / "larch.yaml"


@pytest.fixture
def parted(larch: str, tmp_path: Path) -> str:
    mark = editions.in_force(larch).source_hash
    editions.publish(larch, narrowed(tmp_path), replaces=mark, by="test")
    return larch


def inside(role: str, client: str = "larch") -> Client:
    browser = Client(headers={"host": "localhost:8000"})
    enter(browser, staff.add(f"{role.replace(' ', '-')}@larch.example", client, role))
    browser.get("/desk/enter/factor/")
    browser.post("/desk/enter/factor/", {"code": code_of(browser)})
    assert browser.get("/desk/").status_code == 200
    return browser


@pytest.fixture
def paths(parted: str) -> dict[str, str]:
    """Each address of the desk, with something behind it, by its route."""
    person = walker(parted, "ada@quill.example", "Ada", letter="a red glove")
    asked = requests.open_request(parted, person, "object", detail={"why": "no"}).reference
    by_post = heard.Entered(right="access", way="post", came=requests.find(parted, asked).opened.date(), asker="Ada",
                            known="email=ada@quill.example", post="12 Mill Lane")  # fmt: skip
    came = heard.register(parted, by_post, by="0" * 16)
    complaint = complaining.open_one(parted, person, {"post": "12 Mill Lane", "why": "slow"}, source="desk")
    report.keep(report.run(parted))
    behind = {"heard": came, "complaint": complaint}
    found = {}
    for route in DESK:
        named = {"client": parted, "token": "x" * 32, "reference": behind.get(route.rstrip("/").split("/")[-1], asked)}
        found[route] = filled(route, {name: named[name] for name in parameters(route)})
    return found


def part_of(path: str) -> str:
    return rights.PART[resolve(path).view_name]


def test_t54_every_view_of_the_desk_belongs_to_a_part_and_the_table_names_no_other(paths: dict[str, str]) -> None:
    names = {resolve(path).view_name for path in paths.values()}
    elsewhere = {"web:front", "web:icon", "web:static"}  # what the desk's host has beside its pages
    assert names | elsewhere == rights.PART.keys()
    assert {part_of(path) for path in paths.values()} == {"", *words.DESK} - {"publish"}


@pytest.mark.parametrize("role", ROLES)
def test_t54_a_role_opens_its_own_part_of_the_desk_and_the_rest_is_as_if_it_were_not_there(
    paths: dict[str, str], role: str
) -> None:
    browser = inside(role)
    nothing = browser.get("/desk/no-such-page/")
    opened = set()
    for route, path in paths.items():
        if path.startswith(("/desk/enter/", "/desk/leave/", "/desk/spare/")):
            continue
        part = part_of(path)
        for send in (browser.get, browser.post):
            answer = send(path)
            if part and part not in ROLES[role]:
                assert answer.status_code == 404 == nothing.status_code, (role, route)
                assert b"glove" not in answer.content and b"O-20" not in answer.content
            else:
                assert answer.status_code in (200, 302, 405, 422), (role, route, answer.status_code)
                opened.add(part)
    assert opened == {"", *ROLES[role]} - {"publish"}


@pytest.mark.parametrize("role", ROLES)
def test_t54_the_page_of_the_day_shows_a_role_its_own_part_and_no_link_to_another(
    paths: dict[str, str], role: str
) -> None:
    page = inside(role).get("/desk/").text
    links = {path for path in paths.values() if f'href="{path}"' in page}
    assert {part_of(path) for path in links} == {"", *ROLES[role]} - {"publish"}
    assert ("Stop using their data" in page) is ("requests" in ROLES[role])
    assert ("Tonight at 02:00" in page) is ("keeping" in ROLES[role])


def test_t54_no_page_of_a_request_leads_to_holds_that_its_reader_may_not_open(
    parted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = requests.open_request(parted, walker(parted, "ada@quill.example", "Ada"), "erase").reference
    erasure.erase(parted, requests.find(parted, asked).person, asked)
    monkeypatch.setattr(holds, "unseconded", lambda *which: True)
    for role, leads in (("guide", False), ("officer", True)):
        page = inside(role).get(f"/desk/{parted}/requests/{asked}/").text
        assert "No letter says what stays before that." in page
        assert ('href="/desk/holds/"' in page) is leads, role


def test_t54_a_view_that_stands_in_no_line_of_the_table_opens_to_nobody(
    paths: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = inside("officer")
    assert browser.get("/desk/holds/").status_code == 200
    monkeypatch.delitem(rights.PART, "web:holds")
    assert browser.get("/desk/holds/").status_code == 404


def test_t54_a_part_at_one_client_opens_nothing_at_another(parted: str, tmp_path: Path) -> None:
    from troth.parties import tenancy

    tenancy.add("rowan")
    editions.publish("rowan", tmp_path / "larch.yaml", replaces=None, by="test")
    walker("rowan", "bea@quill.example", "Bea")
    staff.add("keeper@larch.example", "rowan", "guide")
    browser = inside("keeper")
    assert browser.get("/desk/holds/").status_code == browser.get("/desk/requests/").status_code == 200
    form = {"which": "rowan/walk is over", "address": "bea@quill.example", "on": "2026-01-01"}
    assert browser.post("/desk/moments/", form).status_code == 422, "moments are kept at larch, and not at rowan"
    assert browser.get("/desk/promises/").status_code == 404


def test_t54_who_had_a_role_before_the_policy_said_what_roles_may_opens_all_as_before(larch: str) -> None:
    for role in ("guide", "a role of an earlier edition"):
        browser = inside(role)
        for path in ("/desk/requests/", "/desk/holds/", "/desk/looks/", "/desk/promises/"):
            assert browser.get(path).status_code == 200, (role, path)


def test_t54_as_soon_as_it_does_a_role_that_it_does_not_know_opens_nothing(larch: str, tmp_path: Path) -> None:
    browser = inside("a role of an earlier edition")
    editions.publish(larch, narrowed(tmp_path), replaces=editions.in_force(larch).source_hash, by="test")
    assert browser.get("/desk/").status_code == 200
    for path in ("/desk/requests/", "/desk/holds/", "/desk/looks/", "/desk/promises/"):
        assert browser.get(path).status_code == 404, path


COMMANDS: dict[str, tuple[str, list[str]]] = {
    "answer": ("requests", ["access", "--identity", "email=ada@quill.example", "--because", "seen"]),
    "decide": ("requests", ["agree", "--number", "1"]),
    "hear": ("requests", ["read", "--request", "A-2026-0001"]),
    "moment": ("keeping", ["walk is over", "--identity", "email=ada@quill.example"]),
    "publish": ("publish", []),
}
"""Each command that acts for a member of staff, and the part of the work to which it belongs."""


def names_staff(parser: argparse.ArgumentParser) -> bool:
    return any(one.metavar == "STAFF" for one in parser._actions)


def test_t54_each_command_that_acts_for_a_member_of_staff_stands_in_the_table() -> None:
    parsers = {name: cli.build(name)._subparsers._group_actions[0].choices[name] for name in cli.COMMANDS}
    assert {name for name, parser in parsers.items() if names_staff(parser)} == COMMANDS.keys()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", COMMANDS)
def test_t54_a_command_asks_for_the_part_of_whoever_it_acts_for(
    parted: str, tmp_path: Path, name: str, role: str, capsys: Any
) -> None:
    part, rest = COMMANDS[name]
    walker(parted, "ada@quill.example", "Ada")
    staff.add("one@larch.example", parted, role)
    rest = rest or [str(tmp_path / "larch.yaml"), "--replaces", editions.in_force(parted).source_hash]
    status = cli.main([name, *rest, "--client", parted, "--by", "one@larch.example", "--json"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    refused = told.get("trouble", told).get("code") == "no-part"
    assert refused is (part not in ROLES[role]), told
    assert status == 2 or not refused


def test_t54_in_a_part_in_which_nobody_else_works_one_person_looks_again_on_a_later_day(parted: str) -> None:
    import datetime as dt

    from django.utils import timezone

    staff.add("keeper@larch.example", parted, "keeper")
    staff.add("auditor@larch.example", parted, "auditor")
    me, yesterday = staff.ref_of("keeper@larch.example", parted), timezone.now() - dt.timedelta(days=1)
    assert staff.may_agree(parted, me, me, yesterday, "keeping"), "who only reads proofs could never agree"
    staff.add("officer@larch.example", parted, "officer")
    assert not staff.may_agree(parted, me, me, yesterday, "keeping")


def test_t54_the_list_of_staff_says_what_a_role_opens(parted: str, capsys: Any) -> None:
    staff.add("guide@larch.example", parted, "guide")
    staff.add("officer@larch.example", parted, "officer")
    assert cli.main(["staff", "list"]) == 0
    said = capsys.readouterr().out
    assert "guide@larch.example, guide, since" in said and ", opens requests" in said
    assert next(line for line in said.splitlines() if "officer@" in line)[-10:].count("-") == 2
    assert cli.main(["staff", "list", "--json"]) == 0
    opens = {one["role"]: one["may"] for one in json.loads(capsys.readouterr().out)["staff"]}
    assert opens == {"guide": ["requests"], "officer": sorted(words.DESK)}


def test_a_role_that_opens_more_than_before_is_told_as_wider(larch: str, tmp_path: Path) -> None:
    old, new = editions.in_force(larch).plan, editions.compiled(narrowed(tmp_path)).plan
    assert new is not None
    said = {one.path: (one.kind, one.sentence) for one in changes.compare(old, new) if one.path == "staff/guide"}
    assert "staff/guide" in said
    kinds = {one.kind for one in changes.compare(old, new) if one.path == "staff/guide" and "opens at" in one.sentence}
    back = {one.kind for one in changes.compare(new, old) if one.path == "staff/guide" and "opens at" in one.sentence}
    assert (kinds, back) == ({"narrowed"}, {"widened"})


def test_who_published_an_edition_stands_in_the_ledger(parted: str, tmp_path: Path, capsys: Any) -> None:
    from troth.ledger import acting

    staff.add("writer@larch.example", parted, "writer")
    file = tmp_path / "larch.yaml"
    file.write_text(file.read_text().replace("Answers letters", "Answers every letter"))
    mark = editions.in_force(parted).source_hash
    words_ = ["publish", str(file), "--client", parted, "--replaces", mark, "--by", "writer@larch.example"]
    assert cli.main(words_) == 0, capsys.readouterr().err
    ref = staff.ref_of("writer@larch.example", parted)
    assert [one.act for one in acting.by(parted, [ref], 5)] == ["published"]


def test_an_edition_that_nobody_put_a_name_to_was_put_in_force_by_the_machine_itself(
    parted: str, tmp_path: Path, capsys: Any
) -> None:
    from troth.ledger import entries
    from troth.ledger.models import Entry

    file = tmp_path / "larch.yaml"
    file.write_text(file.read_text().replace("Answers letters", "Answers every letter"))
    mark = editions.in_force(parted).source_hash
    assert cli.main(["publish", str(file), "--client", parted, "--replaces", mark]) == 0, capsys.readouterr().err
    last = Entry.objects.filter(act="published", client=parted).order_by("-number").first()
    assert last is not None and last.actor == "machine" and entries.head()[0] == last.number
    page = inside("auditor").get("/desk/looks/").text
    assert "the machine’s own account" in page and "Put an edition of the policy in force" in page
