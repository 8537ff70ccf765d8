"""The tag in a real browser: what it asks, what it sends before and after, and what it leaves on the device."""

from __future__ import annotations

import concurrent.futures
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, sync_playwright
from tests.collect.conftest import Asker

from troth import policy
from troth.collect import tag
from troth.parties import editions
from troth.places import events

SITE = "https://www.rowan.example"
TROTH = "https://privacy.rowan.example"
HTML = """<!doctype html><html lang="en-GB"><title>Maps</title><meta name="viewport" content="width=device-width">
<script src="{tag}" defer></script>
<script type="text/plain" data-troth="_path" nonce="x">
document.cookie = "_path=1"; document.title = "followed";</script>
<script type="text/plain" data-troth="_count" nonce="x">document.cookie = "_count=1";</script>
<h1>Maps of everywhere</h1><p><a href="{choices}" data-troth-choices>Cookie choices</a></p>"""
OPEN = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (o) { return attach.call(this, {...o, mode: "open"}); };"""
SIGNAL = "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});"
CSP = "default-src 'none'; script-src {t} 'nonce-x'; style-src {t}; connect-src {t}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The driver keeps an event loop in this thread, which Django would otherwise take for an asynchronous view."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


class Site:
    """A site with the tag in it; what the tag sends goes to a real door, and is written down here."""

    def __init__(self, context: BrowserContext, asker: Asker) -> None:
        self.asker, self.sent = asker, list[dict[str, Any]]()
        self.threads = concurrent.futures.ThreadPoolExecutor(1)
        self.page = context.new_page()
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        force = self.run(editions.in_force, "rowan")
        self.script = tag.script(force.plan, force.number, "website").body
        context.route("**/*", self.answer)

    def run(self, act: Any, *args: Any) -> Any:
        """The driver has an event loop in this thread; what needs the database runs beside it."""
        return self.threads.submit(act, *args).result()

    def answer(self, route: Route) -> None:
        url, request = route.request.url, route.request
        if url == f"{TROTH}/tag.js":
            route.fulfill(body=self.script, content_type="text/javascript")
        elif url == f"{TROTH}/tag.css":
            route.fulfill(body=tag.stylesheet().body, content_type="text/css")
        elif url == f"{TROTH}/e":
            raw = request.post_data_buffer or b""
            self.sent.append(json.loads(raw))
            headers = {"sec_gpc": request.headers.get("sec-gpc", "")}
            reply = self.run(lambda: self.asker.post(raw, **headers))
            route.fulfill(status=reply.status, headers=reply.headers, body=reply.body)
        else:
            body = HTML.format(tag=f"{TROTH}/tag.js", choices=f"{TROTH}/choices/")
            route.fulfill(body=body, content_type="text/html", headers={"content-security-policy": CSP.format(t=TROTH)})

    def open(self) -> Page:
        self.page.goto(SITE + "/maps?who=ada", wait_until="networkidle")
        return self.page


@pytest.fixture
def site(chromium: Browser, at_rowan: Asker) -> Iterator[Site]:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.add_init_script(OPEN)
    made = Site(context, at_rowan)
    yield made
    context.close()
    assert made.wrong == []


def question(page: Page) -> Locator:
    return page.get_by_role("region", name="One supplier would like to set cookies")


def until(page: Page, holds: str) -> None:
    """Wait until an expression holds; the page's own policy forbids what the driver would evaluate for it."""
    for _ in range(200):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(25)
    raise AssertionError(holds)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    until(page, "document.cookie.includes('troth_choice')")


def kept(page: Page) -> list[str]:
    return sorted(cookie["name"] for cookie in page.context.cookies())


pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("committing")]


POLICIES = sorted((Path(__file__).parents[2] / "policies").glob("*/policy.yaml"))


@pytest.mark.parametrize("path", POLICIES, ids=[path.parent.name for path in POLICIES])
def test_the_tag_with_banner_and_preferences_is_at_most_5_kb_packed_on_every_surface(path: Path) -> None:
    plan = policy.load(path).plan
    assert plan is not None
    for surface in plan.surfaces:
        files = tag.script(plan, 1, surface).body, tag.stylesheet().body
        assert sum(len(gzip.compress(body, 9)) for body in files) <= 5000, surface


def test_there_are_five_policies_to_weigh_the_tag_of() -> None:
    assert len(POLICIES) == 5


def test_before_an_answer_nothing_is_set_and_only_the_exempt_page_view_is_sent(site: Site) -> None:
    page = site.open()
    assert kept(page) == ["_count"], "nothing but what is exempt"
    assert page.title() == "Maps"
    (sent,) = site.sent
    assert [event["fields"] for event in sent["events"]] == [{"visit.page": "/maps"}]
    assert question(page).is_visible()
    assert page.evaluate("document.activeElement === document.body")


def test_refuse_accept_and_choose_are_three_equal_buttons_within_reach_of_the_keyboard(site: Site) -> None:
    page = site.open()
    boxes = [page.get_by_role("button", name=name).bounding_box() for name in ("Refuse all", "Accept all")]
    assert boxes[0] is not None and boxes[1] is not None
    assert (boxes[0]["width"], boxes[0]["height"]) == (boxes[1]["width"], boxes[1]["height"])
    assert boxes[0]["height"] >= 44
    styles = "el => [getComputedStyle(el).color, getComputedStyle(el).backgroundColor, getComputedStyle(el).fontWeight]"
    looks = [page.get_by_role("button", name=name).evaluate(styles) for name in ("Refuse all", "Accept all", "Choose")]
    assert looks[0] == looks[1] == looks[2]
    box = question(page).bounding_box()
    assert box is not None and box["height"] <= 844 * 0.45
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.textContent") == "Refuse all"


def test_refusing_leaves_one_cookie_that_remembers_it_and_loads_no_supplier(site: Site) -> None:
    page = site.open()
    press(page, "Refuse all")
    assert kept(page) == ["troth_choice"]
    assert question(page).count() == 0
    before = len(site.sent)
    page = site.open()
    assert page.title() == "Maps"
    assert question(page).count() == 0
    assert len(site.sent) == before, "all is all: the count of visits that needs no yes stops, too"


def test_what_is_exempt_runs_until_a_no_and_goes_with_it(site: Site) -> None:
    page = site.open()
    assert kept(page) == ["_count"], "a cookie that only counts needs no yes: PECR Sch A1 para 5"
    press(page, "Refuse all")
    until(page, "!document.cookie.includes('_count')")
    assert kept(site.open()) == ["troth_choice"], "and none is set again: para 5(1)(e)"


def test_a_cookie_for_the_whole_domain_goes_with_a_no_too(site: Site) -> None:
    """Suppliers set theirs for the domain above the host: a no ends it wherever our page can (PECR reg 6)."""
    page = site.open()
    page.context.add_cookies([{"name": "_path", "value": "2", "domain": ".rowan.example", "path": "/"}])
    press(page, "Refuse all")
    until(page, "!document.cookie.includes('_path')")
    assert kept(page) == ["troth_choice"]


def test_accepting_loads_the_supplier_at_once_and_refusing_later_takes_its_cookie_away(site: Site) -> None:
    page = site.open()
    press(page, "Accept all")
    until(page, "document.title === 'followed'")
    assert kept(page) == ["_count", "_path", "troth_choice"]
    page.get_by_role("link", name="Cookie choices").click()
    assert page.get_by_role("radio", name="Allow").is_checked()
    with page.expect_request(f"{TROTH}/e"):
        page.get_by_role("button", name="Refuse all").click()
    until(page, "!document.cookie.includes('_path')")
    assert kept(page) == ["troth_choice"]


def test_each_question_can_be_answered_by_itself_and_none_is_answered_beforehand(site: Site) -> None:
    page = site.open()
    page.get_by_role("button", name="Choose").click()
    assert [radio.is_checked() for radio in page.get_by_role("radio", name="Allow").all()] == [False]
    page.get_by_role("radio", name="Allow").check()
    press(page, "Save my choices")
    until(page, "document.title === 'followed'")


def test_a_browser_with_the_privacy_signal_is_not_asked_and_not_followed(chromium: Browser, at_rowan: Asker) -> None:
    context = chromium.new_context()
    context.add_init_script(OPEN + SIGNAL)
    site = Site(context, at_rowan)
    page = site.open()
    assert page.get_by_role("button", name="Accept all").count() == 0
    assert site.sent[0]["gpc"] is True
    assert page.title() == "Maps"
    context.close()


def test_t32_in_a_frame_of_another_site_the_tag_asks_nothing_and_sends_nothing(site: Site) -> None:
    page = site.page
    page.goto("about:blank")
    page.set_content(f"<iframe src='{SITE}/framed'></iframe>", wait_until="networkidle")
    assert site.sent == []
    assert page.frame_locator("iframe").get_by_role("button", name="Accept all").count() == 0


def test_an_event_that_was_not_taken_is_sent_again_under_the_same_id(site: Site) -> None:
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(json.loads(route.request.post_data_buffer or b"{}")["events"][0]["id"])
        route.fulfill(status=503)

    site.page.context.route(f"{TROTH}/e", refuse, times=1)
    site.open()
    site.page.wait_for_timeout(2500)
    assert [event["id"] for sent in site.sent for event in sent["events"]] == refused
    assert site.run(lambda: sum(events.store().spans("rowan")["visit.*"].values())) == 1
