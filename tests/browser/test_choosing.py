"""Before somebody has chosen nothing is set and nothing sent; refusing is as easy as accepting; a no is a no."""

from __future__ import annotations

import json

from playwright.sync_api import BrowserContext, Page, Request
from tests.browser.conftest import Demo

OPEN = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (o) { return attach.call(this, {...o, mode: "open"}); };"""


def walk(context: BrowserContext, demo: Demo) -> tuple[Page, list[Request]]:
    """Come for the first time. The question stands in a closed tree, which is opened for the test alone."""
    context.add_init_script(OPEN)
    page, sent = context.new_page(), []
    page.on("request", lambda one: sent.append(one))
    page.goto(demo.origin + "/c/omono/")
    page.get_by_role("button", name="Refuse all").wait_for()
    return page, sent


def events_of(sent: list[Request]) -> list[object]:
    posts = [one for one in sent if one.method == "POST" and one.url.endswith("/e")]
    return [event for one in posts for event in json.loads(one.post_data or "{}").get("events", [])]


def test_a_first_visit_sets_nothing_and_sends_nothing_but_what_is_exempt(demo: Demo, visitor: BrowserContext):
    page, sent = walk(visitor, demo)
    page.wait_for_timeout(500)
    assert visitor.cookies() == []
    assert page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))") == []
    assert {one.url.split("/")[2] for one in sent} == {demo.origin.split("/")[2]}
    assert all("browser" not in json.dumps(event) for event in events_of(sent))


def test_refusing_is_as_easy_as_accepting(demo: Demo, visitor: BrowserContext):
    page, _ = walk(visitor, demo)
    looks = """one => { const s = getComputedStyle(one), b = one.getBoundingClientRect();
      return [s.color, s.backgroundColor, s.borderColor, s.fontSize, s.fontWeight, Math.round(b.height)] }"""
    refuse, accept = (page.get_by_role("button", name=name) for name in ("Refuse all", "Accept all"))
    assert refuse.evaluate(looks) == accept.evaluate(looks)
    assert abs(refuse.bounding_box()["width"] - accept.bounding_box()["width"]) <= 2
    refuse.click()
    refuse.wait_for(state="hidden")


def test_after_a_no_the_question_does_not_come_back_and_nothing_personal_is_sent(demo: Demo, visitor: BrowserContext):
    page, _ = walk(visitor, demo)
    page.get_by_role("button", name="Refuse all").click()
    page.get_by_role("button", name="Refuse all").wait_for(state="hidden")
    sent: list[Request] = []
    page.on("request", lambda one: sent.append(one))
    page.goto(demo.origin + "/c/omono/?page=prices")
    page.wait_for_timeout(500)
    assert page.get_by_role("button", name="Refuse all").count() == 0
    assert all("browser" not in json.dumps(event) for event in events_of(sent))


def test_the_choices_page_works_without_javascript(demo: Demo, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.origin + "/c/omono/choices/")
    page.get_by_role("button", name="Refuse all").click()
    assert page.get_by_role("status").inner_text().startswith("Your choices are saved")
    context.close()


def test_nothing_is_chosen_for_anybody(demo: Demo, visitor: BrowserContext):
    page = visitor.new_page()
    page.goto(demo.origin + "/c/omono/choices/")
    consents = page.locator("section", has=page.get_by_role("heading", name="On our website"))
    assert consents.locator("input:checked").count() == 0


def test_the_question_stands_on_the_column_of_the_page(demo: Demo, visitor: BrowserContext):
    page, _ = walk(visitor, demo)
    page.get_by_role("button", name="Choose").wait_for()
    for width in (390, 1024, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        ours, theirs = (page.locator(one).bounding_box() for one in ("header .masthead", "#troth section .three"))
        assert abs(ours["x"] + ours["width"] - theirs["x"] - theirs["width"]) <= 1, width
        assert abs(ours["x"] - page.locator("#troth section h2").bounding_box()["x"]) <= 1, width


def test_a_sign_beside_words_of_two_lines_stands_at_the_first(demo: Demo, visitor: BrowserContext):
    page = visitor.new_page()
    page.goto(demo.origin + "/")
    sign = page.locator(".mark.empty", has_text="nothing yet").first
    sign.evaluate("one => { one.style.width = '8rem' }")
    whole, drawn = sign.bounding_box(), sign.locator("svg").bounding_box()
    assert whole["height"] > 40 and drawn["y"] - whole["y"] < 10
