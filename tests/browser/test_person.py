"""A person writes, comes back by a link, sees everything, and erases it: with JavaScript off, as by post."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page
from tests.browser.conftest import Demo

ADDRESS = "robin.wainwright@post.example"


def newest_link(page: Page, demo: Demo) -> str:
    """The newest link that was mailed to our person; mail goes through the queue, so look until it is there."""
    for _ in range(60):
        page.goto(demo.origin + "/mailbox/")
        links = page.locator("section", has_text=f"To {ADDRESS}").get_by_role("link", name="Follow the link")
        if links.count():  # a mail that opens nothing, as one on a complaint, may be newer
            return links.first.get_attribute("href") or ""
        page.wait_for_timeout(250)
    raise AssertionError("no mail came")


def fill_in_first_form(page: Page, demo: Demo, client: str) -> None:
    page.goto(f"{demo.origin}/c/{client}/")
    page.locator("main dl a").first.click()
    for box in page.locator("form .field input:visible, form .field textarea:visible").all():
        kind = box.get_attribute("type")
        if kind == "email":
            box.fill(ADDRESS)
        elif kind == "checkbox":
            box.check()
        elif kind == "date":
            box.fill("1980-02-29")
        else:
            box.fill("Robin Wainwright")
    page.get_by_role("button", name="Send").click()
    assert "We have what you sent" in page.locator("h1").inner_text()


def test_t25_from_a_form_to_an_erasure_without_javascript_no_page_is_told_of_the_link(demo: Demo, chromium: Browser):
    context = chromium.new_context(java_script_enabled=False)
    page, seen = context.new_page(), []
    page.on("request", lambda one: seen.append((one.url, one.headers.get("referer", ""))))
    fill_in_first_form(page, demo, "omono")
    page.goto(demo.origin + "/c/omono/you/")
    page.get_by_label("Your email address").fill(ADDRESS)
    page.get_by_role("button", name="Send me a link").click()
    page.goto(newest_link(page, demo))
    page.get_by_role("button").first.click()
    assert page.url.endswith("/c/omono/you/"), "the address is clean again"
    assert ADDRESS in page.locator("main").inner_text()
    assert [url for url, _ in seen if not url.startswith(demo.origin)] == []
    assert [referrer for _, referrer in seen if re.search(r"/you/link/", referrer)] == []
    (token,) = {found[1] for url, _ in seen if (found := re.search(r"/you/link/([^/]+)/", url))}
    assert len([url for url, _ in seen if token in url]) == 2, "opened and pressed; it stands in no other address"
    page.get_by_role("link", name="Have everything erased").click()
    assert "Nothing has happened yet" in page.locator("main").inner_text()
    context.close()


def test_a_known_and_an_unknown_address_get_the_same_page(demo: Demo, chromium: Browser):
    pages = []
    for address in (ADDRESS, "nobody.at.all@post.example"):
        context = chromium.new_context()
        page = context.new_page()
        page.goto(demo.origin + "/c/miomi/you/")
        page.get_by_label("Your email address").fill(address)
        page.get_by_role("button", name="Send me a link").click()
        pages.append(page.locator("main").inner_text())
        context.close()
    assert pages[0] == pages[1]
