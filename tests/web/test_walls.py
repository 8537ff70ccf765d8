"""Host names are walls: what exists under one does not exist under another, and an unknown one gets nothing."""

from __future__ import annotations

import re

import pytest
from django.test import Client

FORGED = [
    {"host": "evil.example"},
    {"host": "127.0.0.1.evil.example"},
    {"host": "evil.example:8000"},
    {"host": ""},
    {"host": "localhost.evil.example"},
    {"host": "[::1]:8000"},
    {"host": "127.0.0.1@evil.example"},
    {"host": "evil.example/127.0.0.1"},
]


@pytest.mark.parametrize("headers", FORGED, ids=lambda one: one["host"] or "empty")
def test_an_unknown_host_gets_400_and_no_page(larch, headers):
    answer = Client(headers=headers).get(f"/c/{larch}/notice/")
    assert answer.status_code == 400
    assert b"Larch" not in answer.content


@pytest.mark.parametrize("header", ["x-forwarded-host", "x-host", "forwarded", "x-original-host"])
def test_a_forwarded_host_changes_no_link(larch, visitor, header):
    plain = visitor.get(f"/c/{larch}/you/").content
    forged = visitor.get(f"/c/{larch}/you/", headers={header: "evil.example"}).content
    assert b"evil.example" not in forged
    assert len(plain) == len(forged)


def test_clients_pages_do_not_exist_on_the_desk_host(larch, at_desk):
    for path in ("notice/", "choices/", "you/", "tag.js", ""):
        assert at_desk.get(f"/c/{larch}/{path}").status_code == 404, path


def test_the_desk_does_not_exist_on_the_clients_host(larch, visitor):
    for path in ("/desk/", "/desk/enter/", "/desk/requests/"):
        assert visitor.get(path).status_code == 404, path


def test_a_client_that_does_not_exist_answers_as_a_page_that_does_not_exist(larch, visitor):
    known, unknown = visitor.get(f"/c/{larch}/nothing/"), visitor.get("/c/nobody/nothing/")
    assert (known.status_code, unknown.status_code) == (404, 404)
    assert known.content == unknown.content


def test_a_clients_own_host_serves_that_client_and_no_other(larch, rowan):
    assert rowan.get("/notice/").status_code == 200
    assert rowan.get(f"/c/{larch}/notice/").status_code == 404
    assert rowan.get("/desk/").status_code == 404


def test_on_its_own_host_every_link_of_a_client_is_short(rowan):
    pages = [rowan.get(path) for path in ("/", "/notice/", "/choices/", "/you/", "/form/booking/", "/nothing/")]
    assert [page.status_code for page in pages] == [200, 200, 200, 200, 200, 404]
    for page in pages:
        assert b"/c/rowan" not in page.content
    assert b'href="/notice/"' in pages[1].content


def test_the_long_addresses_go_on_working_on_a_clients_own_host(rowan):
    for path in ("", "notice/", "choices/", "you/", "tag.js"):
        assert rowan.get(f"/c/rowan/{path}").status_code == 200, path


def test_a_person_comes_in_and_stays_in_under_the_short_addresses(rowan, mailbox):
    from tests.answer.planting import work

    from troth.people import identities

    person = identities.make("rowan", {"walker"})
    identities.attach("rowan", person, "booking.email", "a@post.example", verified=True)
    assert rowan.post("/you/", {"address": "a@post.example"}).status_code == 200
    work()
    link = re.search(r"http://privacy\.rowan\.example:8000(/you/link/\S+)", mailbox.text())
    assert link, mailbox.text()
    assert rowan.post(link[1]).headers["Location"] == "/you/"
    assert {cookie["path"] for cookie in rowan.cookies.values()} <= {"/you/", "/"}
    assert b"What we hold about you" in rowan.get("/you/").content


def test_every_page_forbids_frames_inline_script_and_guessing_of_types(larch, visitor, at_desk):
    pages = [visitor.get(f"/c/{larch}/{path}") for path in ("notice/", "choices/", "you/")]
    for page in [*pages, at_desk.get("/desk/enter/"), visitor.get("/nothing/")]:
        policy = page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert page.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
