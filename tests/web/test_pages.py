"""The public pages, the words for failures, and what is not said in logs."""

from __future__ import annotations

import gc
import io
import json
import logging
import re
import sqlite3
import tracemalloc
from pathlib import Path

import pytest
from django.conf import settings
from django.http import Http404
from django.test import Client, RequestFactory
from tests.web.conftest import DESK

from troth.web import statics
from troth.web.telling import Lines

CSS = Path("src/troth/web/static/web/troth.css").read_text()


def test_the_notice_of_every_edition_can_be_read(larch, visitor):
    assert visitor.get(f"/c/{larch}/notice/").status_code == 200
    assert visitor.get(f"/c/{larch}/notice/1/").status_code == 200
    assert visitor.get(f"/c/{larch}/notice/2/").status_code == 404


def test_a_notice_has_one_first_heading_and_its_contents_lead_somewhere(larch, visitor):
    page = visitor.get(f"/c/{larch}/notice/").content.decode()
    assert page.count("<h1") == 1
    targets = re.findall(r'href="#([^"]+)"', page)
    assert targets
    assert [target for target in targets if f'id="{target}"' not in page] == []


def test_reading_the_notice_sets_no_cookie(larch, visitor):
    for path in ("notice/", "tag.js", ""):
        assert not visitor.get(f"/c/{larch}/{path}").cookies, path


def test_the_front_lists_who_is_served(larch, visitor):
    assert "/c/larch/notice/" in visitor.get("/").content.decode()
    desk = Client(headers={"host": DESK}).get("/")
    assert desk.headers["Location"] == "/desk/", "a page of a client is not on the desk's host, and nothing leads there"


def test_the_demonstrations_pages_exist_only_there(larch, visitor):
    for path in ("/mailbox/", "/parts/", f"/c/{larch}/policy.yaml"):
        assert visitor.get(path).status_code == 404, path


def test_we_say_that_we_honour_global_privacy_control(larch, visitor):
    assert visitor.get("/.well-known/gpc.json").json()["gpc"] is True


def test_the_stylesheet_is_named_by_its_content_and_kept_for_a_year(larch, visitor):
    address = re.search(r'href="(/static/[^"]+troth\.css)"', visitor.get("/").content.decode())[1]
    answer = visitor.get(address)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert visitor.get(address.replace("/static/", "/static/0")).status_code == 404


@pytest.mark.parametrize("name", ["../settings.py", "web/../../settings.py", "account/css/x.css", "web/", "web/%00"])
def test_nothing_but_our_own_files_is_served(larch, visitor, name):
    assert visitor.get(f"/static/0000000000000000/{name}").status_code == 404


def test_t36_of_names_that_strangers_made_up_nothing_is_remembered():
    tracemalloc.start()
    for number in range(300):
        for name in (f"{'x' * 3000}{number}", f"web/{'x' * 3000}{number}.css"):
            with pytest.raises(Http404):
                statics.serve(RequestFactory().get("/static/"), "0" * 16, name)
        if number == 99:
            before = _kept()
    grown = _kept() - before
    tracemalloc.stop()
    assert grown < 400 * 3000 / 4


def _kept():
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_the_stylesheet_is_small_and_has_raw_colours_in_root_only():
    assert len(CSS.encode()) < 20_000
    rest = re.sub(r":root\{[^}]*\}", "", CSS)
    colours = re.findall(r"[:\s](#[0-9a-f]{3,8})\b", rest)
    assert colours == ["#fff"], "the one white stands behind the picture that a device scans"


def test_a_form_without_its_key_is_told_so(larch):
    from django.test import Client

    strict = Client(headers={"host": "127.0.0.1:8000"}, enforce_csrf_checks=True)
    answer = strict.post(f"/c/{larch}/you/", {"address": "a@post.example"})
    assert answer.status_code == 403
    assert "nothing was changed" in answer.content.decode()


def test_a_full_or_locked_store_is_503_and_says_when_to_come_back(larch, visitor, monkeypatch):
    from troth.web import pages

    visitor.raise_request_exception = False
    for error in (sqlite3.OperationalError("database or disk is full"), OSError(28, "No space left on device")):
        monkeypatch.setattr(pages.editions, "all_of", lambda slug, error=error: (_ for _ in ()).throw(error))
        answer = visitor.get(f"/c/{larch}/notice/")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "60"


def test_a_fault_of_ours_shows_a_reference_and_nothing_else(larch, visitor, monkeypatch):
    from troth.web import pages

    def fails(slug: str) -> None:
        raise ValueError("anneliese@post.example is in this text")

    visitor.raise_request_exception = False
    monkeypatch.setattr(pages.editions, "all_of", fails)
    answer = visitor.get(f"/c/{larch}/notice/")
    assert answer.status_code == 500
    assert b"anneliese" not in answer.content
    assert b"Traceback" not in answer.content
    assert re.search(rb"Reference", answer.content)


def test_the_log_holds_no_token_address_agent_or_path(larch, visitor):
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(Lines())
    log = logging.getLogger("troth")
    log.addHandler(handler)
    try:
        agent = "Browser\x1b[31m of anneliese@post.example"
        visitor.get(f"/c/{larch}/you/link/SECRETTOKEN/?who=anneliese@post.example", headers={"user-agent": agent})
        visitor.post(f"/c/{larch}/you/", {"address": "anneliese@post.example"})
    finally:
        log.removeHandler(handler)
    text = said.getvalue()
    assert json.loads(text.splitlines()[0])["route"] == "c/<slug:client>/you/link/<str:token>/"
    for secret in ("SECRETTOKEN", "anneliese", "127.0.0.1", "\x1b"):
        assert secret not in text


def test_with_no_key_nothing_foreseeable_is_signed_with(tmp_path):
    from troth.web import options

    assert options.signing(tmp_path / "none") != options.signing(tmp_path / "none")
    (tmp_path / "key").write_text("00" * 32)
    assert options.signing(tmp_path / "key") == options.signing(tmp_path / "key")


def test_cookies_on_plain_http_have_plain_names():
    assert settings.SESSION_COOKIE_NAME == "troth-desk"
    assert settings.SESSION_COOKIE_HTTPONLY


def test_t51_under_tls_no_neighbouring_host_can_bring_a_person_into_a_session_of_its_own(larch, visitor, settings):
    from tests.people.making import walker

    from troth.answer import identity

    settings.ORIGIN = "https://privacy.larch.example"
    page, person = f"/c/{larch}/you/", walker(larch)
    visitor.post(page, {"address": "ada@quill.example"})
    asked = visitor.cookies[f"__Host-troth-asked-{larch}"]
    assert (asked["path"], asked["domain"], bool(asked["secure"]), bool(asked["httponly"])) == ("/", "", True, True)
    proved = identity.Proved(purpose="see", client=larch, person=person, persons=frozenset({person}), address="")
    raw = identity.open_session(proved)
    planted = visitor.get(page, headers={"cookie": f"troth-you-{larch}={raw}"}).content.decode()
    assert "Sign out" not in planted
    carried = {"cookie": f"__Host-troth-you-{larch}={raw}"}
    assert "Sign out" in visitor.get(page, headers=carried).content.decode()
    left = visitor.post(f"{page}sign-out/", headers=carried).cookies[f"__Host-troth-you-{larch}"]
    assert left["secure"] and left["max-age"] == 0, "else a browser does not take it"
    assert "Sign out" not in visitor.get(page, headers=carried).content.decode()


def test_the_wrong_method_is_told_in_words(officer, visitor, larch):
    for answer in (visitor.get(f"/c/{larch}/you/sign-out/"), officer.post("/desk/")):
        assert answer.status_code == 405
        assert answer.headers["Allow"]
        assert "That cannot be done at this address" in answer.content.decode()
