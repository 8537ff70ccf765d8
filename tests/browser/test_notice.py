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
    page.set_viewport_size({"width": 1280, "height": 900})
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


def test_without_javascript_the_states_and_the_languages_are_links(demo: Demo, chromium: Browser):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(demo.origin + "/c/clientdata/notice/")
    page.get_by_role("link", name="français").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Notice de confidentialité"
    page.get_by_role("link", name="Montrer à côté de chaque phrase").click()
    assert page.url.endswith("?in=fr&proof=1")
    context.close()
