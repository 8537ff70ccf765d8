"""Host names are walls: what exists under one does not exist under another, and an unknown one gets nothing."""

from __future__ import annotations

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


def test_a_clients_own_host_serves_that_client_and_no_other(larch):
    from troth.parties import editions, tenancy
    from troth.web import hosts

    tenancy.add("rowan", "privacy.rowan.example")
    editions.publish("rowan", "tests/policies/larch.yaml", replaces=None, by="test")
    hosts.forget()
    own = Client(headers={"host": "privacy.rowan.example"})
    assert own.get("/notice/").status_code == 200
    assert own.get("/c/rowan/notice/").status_code == 200
    assert own.get(f"/c/{larch}/notice/").status_code == 404
    assert own.get("/desk/").status_code == 404


def test_every_page_forbids_frames_inline_script_and_guessing_of_types(larch, visitor, at_desk):
    pages = [visitor.get(f"/c/{larch}/{path}") for path in ("notice/", "choices/", "you/")]
    for page in [*pages, at_desk.get("/desk/enter/"), visitor.get("/nothing/")]:
        policy = page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert page.headers["Referrer-Policy"] == "no-referrer"
