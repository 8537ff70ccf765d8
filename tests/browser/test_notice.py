"""The notices in a real browser: every shape of every one, on a phone, on a desk, in the dark and on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext
from tests.browser.conftest import Demo
from tests.browser.test_access import violations

FIVE = ("omono", "miomi", "dianomi", "dijuno", "clientdata")
SHAPES = [f"/c/{name}/notice/" for name in FIVE] + [
    "/c/omono/notice/?for=visitor",
    "/c/dianomi/notice/?proof=1",
    "/c/clientdata/notice/?in=fr",
    "/c/omono/notice/?print=1",
    "/c/omono/form/registration/",
    "/c/clientdata/?in=fr",
    "/c/clientdata/choices/?in=fr",
    "/c/clientdata/form/enquiry/?in=fr",
    "/c/clientdata/you/?in=fr",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_any_notice_and_none_is_wider_than_its_window(
    demo: Demo, chromium: Browser, scheme, width
):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, found = context.new_page(), {}
    for path in SHAPES:
        answer = page.goto(demo.origin + path)
        assert answer.status == 200, path
        wrong = violations(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append("wider than its window")
        if wrong:
            found[path] = wrong
    context.close()
    assert found == {}


def test_a_fold_that_is_open_is_as_good_as_one_that_is_closed(demo: Demo, visitor: BrowserContext):
    page = visitor.new_page()
    page.goto(demo.origin + "/c/omono/notice/")
    folds = page.locator(".notice details")
    assert folds.count() > 6
    folds.first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert folds.first.locator("table").is_visible()
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(page) == []


def test_paper_shows_what_is_folded_and_no_way_to_click(demo: Demo, visitor: BrowserContext):
    page = visitor.new_page()
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print")
    page.goto(demo.origin + "/c/omono/notice/")
    hidden = page.evaluate(
        "[...document.querySelectorAll('main details table')].filter(one => !one.getBoundingClientRect().height).length"
    )
    assert hidden == 0
    assert not page.locator("nav").first.is_visible()
    assert not page.locator(".shapes").is_visible()
    wide = page.evaluate("document.querySelector('.notice').getBoundingClientRect().width / innerWidth")
    assert wide > 0.7, "paper has one column"


def test_paper_splits_no_picture_and_leaves_no_heading_behind(demo: Demo, visitor: BrowserContext):
    page = visitor.new_page()
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print")
    page.goto(demo.origin + "/c/miomi/notice/")
    style = "([what, name]) => [...document.querySelectorAll(what)].map(one => getComputedStyle(one)[name])"
    for what in (".flow .map", "main tr", "main details:has(table)"):
        found = page.evaluate(style, [what, "breakInside"])
        assert found and set(found) == {"avoid"}, what
    for what in ("main h2", "main h3", "main thead", "main summary"):
        found = page.evaluate(style, [what, "breakAfter"])
        assert found and set(found) == {"avoid"}, what
    high = page.evaluate("document.querySelector('.flow .map').getBoundingClientRect().height")
    assert high < 970, "the picture fits on a sheet of A4"
    assert not page.locator(".whole").first.is_visible(), "what nobody can read on paper stands in the tables"
    narrow = page.evaluate(
        "[...document.querySelectorAll('.flow .map .from li')].filter(one => one.clientWidth < 130).length"
    )
    assert narrow == 0


def test_paper_shows_where_a_link_to_others_leads(demo: Demo, visitor: BrowserContext):
    page = visitor.new_page()
    page.emulate_media(media="print")
    page.goto(demo.origin + "/c/omono/notice/")
    page.evaluate("document.querySelector('.notice p').innerHTML += '<a href=\"https://ico.example/how\">how</a>'")
    after = "getComputedStyle(document.querySelector('.notice a[href^=http]'), '::after').content"
    assert "https://ico.example/how" in page.evaluate(after).replace("attr(href)", "https://ico.example/how")


def test_without_javascript_the_states_and_the_languages_are_links(demo: Demo, chromium: Browser):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.origin + "/c/clientdata/notice/")
    page.get_by_role("link", name="français").click()
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.get_by_role("heading", level=1).inner_text() == "Notice de confidentialité"
    page.get_by_role("link", name="Montrer à côté de chaque phrase").click()
    assert page.url.endswith("?in=fr&proof=1")
    context.close()
