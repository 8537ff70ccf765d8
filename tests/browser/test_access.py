"""Every page for everybody: axe finds nothing, nothing runs over the window, the keyboard reaches everything."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.browser.conftest import Demo

PUBLIC = [
    "/",
    "/c/omono/",
    "/c/omono/notice/",
    "/c/omono/choices/",
    "/c/omono/promises/",
    "/c/miomi/you/",
    "/c/miomi/complain/",
    "/parts/",
    "/nothing/",
    "/mailbox/",
]
DESK = [
    "/desk/",
    "/desk/requests/",
    "/desk/holds/",
    "/desk/requests/register/",
    "/desk/looks/",
    "/desk/moments/",
    "/desk/sweeps/",
    "/desk/refused/",
    "/desk/promises/omono/",
    "/desk/promises/omono/pages/",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 390, 768, 1024, 1280)


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for one in found.response["violations"]
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_public_pages(demo: Demo, chromium: Browser, scheme, width):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, found = context.new_page(), {}
    for path in PUBLIC:
        page.goto(demo.origin + path)
        if wrong := violations(page):
            found[path] = wrong
    context.close()
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_at_the_desk(demo: Demo, chromium: Browser, officer, scheme, width):
    view = {"width": width, "height": 900}
    context = chromium.new_context(viewport=view, color_scheme=scheme, storage_state=officer)
    page, found = context.new_page(), {}
    for path in DESK:
        page.goto(demo.desk + path)
        assert page.url.endswith(path)
        if wrong := violations(page):
            found[path] = wrong
    context.close()
    assert found == {}


def test_no_page_is_wider_than_its_window(demo: Demo, chromium: Browser, officer):
    context = chromium.new_context(storage_state=officer)
    page, wide = context.new_page(), []
    for address in [*(demo.origin + path for path in PUBLIC), *(demo.desk + path for path in DESK)]:
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            needs = page.evaluate("document.documentElement.scrollWidth")
            if needs > width:
                wide.append((address, width, needs))
    context.close()
    assert wide == []


@pytest.mark.parametrize("width", [390, 1280])
def test_letters_of_twice_the_size_make_no_page_wider(demo: Demo, chromium: Browser, width):
    context = chromium.new_context(bypass_csp=True, viewport={"width": width, "height": 800})
    page, wide = context.new_page(), []
    for path in [*PUBLIC, "/c/omono/form/registration/"]:
        page.goto(demo.origin + path)
        page.add_style_tag(content="html{font-size:200%}")
        needs = page.evaluate("document.documentElement.scrollWidth")
        if needs > width:
            wide.append((path, needs))
    context.close()
    assert wide == []


def test_a_request_and_what_can_be_decided_of_it_fit_every_window_and_axe_finds_nothing(
    demo: Demo, chromium: Browser, officer
):
    context = chromium.new_context(storage_state=officer)
    page, wide, found = context.new_page(), [], {}
    page.goto(demo.desk + "/desk/requests/")
    links = page.locator("main a[href*='/requests/']").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    mine = list(dict.fromkeys(one for one in links if one.count("/") == 5))[:3]
    assert mine
    for path in [path for one in mine for path in (one, one + "decide/")]:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(demo.desk + path)
            needs = page.evaluate("document.documentElement.scrollWidth")
            if needs > width:
                wide.append((path, width, needs))
        if wrong := violations(page):
            found[path] = wrong
    page.locator("#what").select_option(index=1)
    page.get_by_role("button", name="Propose it").click()
    page.get_by_role("link", name="Say why, as it is written to the person.").click()
    assert page.evaluate("location.hash") == "#because" and page.locator("#because-error").is_visible()
    if wrong := violations(page):
        found["a decision without a reason"] = wrong
    context.close()
    assert (wide, found) == ([], {})


def test_the_first_tab_stop_leads_to_the_content(demo: Demo, visitor):
    page = visitor.new_page()
    page.goto(demo.origin + "/c/omono/notice/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"


def test_every_demo_page_says_that_it_is_one(demo: Demo, visitor, chromium: Browser, officer):
    page = visitor.new_page()
    for path in PUBLIC:
        page.goto(demo.origin + path)
        assert page.locator("aside.demo").is_visible(), path
    context = chromium.new_context(storage_state=officer)
    page = context.new_page()
    for path in DESK:
        page.goto(demo.desk + path)
        assert page.locator("aside.demo").is_visible(), path
    context.close()
