"""What one origin may not do to another, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext
from tests.browser.conftest import Demo


def test_t51_a_script_in_a_clients_page_cannot_read_the_desk(demo: Demo, chromium: Browser, officer):
    context = chromium.new_context(storage_state=officer)
    page = context.new_page()
    page.goto(demo.origin + "/c/omono/notice/")
    read = """async address => { try { return await (await fetch(address, {credentials: 'include'})).text() }
      catch (error) { return 'refused' } }"""
    assert page.evaluate(read, demo.desk + "/desk/") == "refused"
    context.close()


def test_t32_no_page_can_be_framed(demo: Demo, visitor: BrowserContext):
    for address in (demo.origin + "/c/omono/you/", demo.origin + "/c/omono/choices/", demo.desk + "/desk/enter/"):
        page = visitor.new_page()
        page.set_content(f'<iframe src="{address}"></iframe>')
        page.wait_for_timeout(300)
        frames = [frame for frame in page.frames if frame is not page.main_frame]
        assert all(
            frame.url.startswith(("chrome-error:", "about:")) or not frame.locator("h1").count() for frame in frames
        )
        page.close()


def test_t40_no_page_breaks_its_own_policy_of_content(demo: Demo, visitor: BrowserContext):
    page, said = visitor.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    for path in ("/", "/c/omono/", "/c/omono/notice/", "/c/omono/choices/", "/c/omono/you/", "/parts/"):
        page.goto(demo.origin + path)
        page.wait_for_timeout(200)
    assert [text for text in said if "Content Security Policy" in text] == []


def test_t51_cookies_are_for_their_own_host_and_hidden_from_scripts(demo: Demo, chromium: Browser, officer):
    for cookie in officer["cookies"]:
        assert cookie["httpOnly"], cookie["name"]
        assert cookie["domain"] == "localhost"
        assert cookie["sameSite"] == "Lax"
