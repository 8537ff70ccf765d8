"""The demonstration says what it is on every page, and cannot be reached from elsewhere."""

from __future__ import annotations

import pytest
from tests.web.walking import parameters, routes

MARK = "This is a demonstration"


def test_t64_every_page_of_the_demonstration_says_what_it_is(officer, visitor, larch, settings):
    settings.DEMO = True
    seen = 0
    for route in routes():
        if parameters(route) - {"client"}:
            continue
        browser = officer if route.startswith("desk/") else visitor
        answer = browser.get("/" + route.replace("<slug:client>", larch))
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code != 302:
            assert MARK in answer.content.decode(), route
            seen += 1
    for browser in (officer, visitor):
        assert MARK in browser.get("/desk/nothing/at-all/").content.decode()
    assert seen >= 10


def test_outside_the_demonstration_no_page_calls_itself_one(officer, visitor, larch):
    for browser, path in ((officer, "/desk/"), (visitor, f"/c/{larch}/notice/"), (visitor, "/")):
        assert MARK not in browser.get(path).content.decode()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "demo.example"])
def test_t55_a_demonstration_that_anybody_could_reach_does_not_start(settings, host):
    from troth.policy.problems import Trouble
    from troth.web import server

    settings.DEMO, settings.HOST = True, host
    with pytest.raises(Trouble) as refused:
        server.refuse_demo_in_public()
    assert refused.value.code == "demo-public"
    settings.HOST = "127.0.0.1"
    server.refuse_demo_in_public()


def test_t64_the_mark_is_printed_too():
    from pathlib import Path

    printed = Path("src/troth/web/static/web/troth.css").read_text().partition("@media print")[2]
    assert "display:none" in printed
    assert ".demo" not in printed
