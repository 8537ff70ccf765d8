"""The tag in a real browser: what it asks, what it sends before and after, and what it leaves on the device."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route
from tests.collect.a_page import (
    HTML,
    OPEN,
    SIGNAL,
    SITE,
    SUPPLIER,
    TROTH,
    Site,
    kept,
    press,
    publish,
    question,
    until,
    visitor,
)
from tests.collect.conftest import Asker

from troth import policy
from troth.collect import tag
from troth.places import events

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


def test_a_link_to_the_preferences_opens_them_on_the_page_on_which_it_stands_as_often_as_it_is_pressed(
    site: Site,
) -> None:
    """A browser loads nothing for it, and the second time not even the address changes."""
    page = site.open()
    press(page, "Accept all")
    page.evaluate("document.querySelector('p').innerHTML = '<a href=#troth-choices>My cookies</a>'")
    for _ in range(2):
        page.get_by_role("link", name="My cookies").click()
        assert page.get_by_role("radio", name="Allow").is_checked()
        page.get_by_role("button", name="Save my choices").click()
        page.get_by_role("radio", name="Allow").wait_for(state="detached")


def test_each_question_can_be_answered_by_itself_and_none_is_answered_beforehand(site: Site) -> None:
    page = site.open()
    page.get_by_role("button", name="Choose").click()
    assert [radio.is_checked() for radio in page.get_by_role("radio", name="Allow").all()] == [False]
    page.get_by_role("radio", name="Allow").check()
    press(page, "Save my choices")
    until(page, "document.title === 'followed'")


def test_a_browser_with_the_privacy_signal_is_not_asked_and_not_followed(chromium: Browser, at_rowan: Asker) -> None:
    context = visitor(chromium, OPEN + SIGNAL)
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
    frame = page.frames[1]
    told = "Promise.all([troth.choices(), troth.event('visit', {'visit.page': '/framed'})])"
    assert not any(frame.evaluate(told)), "whatever the page itself asks of it"
    assert site.posts == []
    assert page.frame_locator("iframe").get_by_role("button", name="Accept all").count() == 0


def test_an_event_that_was_not_taken_is_sent_again_under_the_same_id(site: Site) -> None:
    refused: list[str] = []

    def refuse(route: Route) -> None:
        told = json.loads(route.request.post_data_buffer or b"{}")
        if refused or "events" not in told:
            route.fallback()
        else:
            refused.append(told["events"][0]["id"])
            route.fulfill(status=503)

    site.page.context.route(f"{TROTH}/e", refuse)
    site.open()
    for _ in range(400):  # it comes again after a while, and nobody knows how long a busy machine takes for it
        if site.sent:
            break
        site.page.wait_for_timeout(25)
    site.page.wait_for_load_state("networkidle")
    assert [event["id"] for sent in site.sent for event in sent["events"]] == refused
    assert site.run(lambda: sum(events.store().spans("rowan")[0]["visit.*"].values())) == 1


# What a page, its owner or a stranger could do to the tag -----------------------------------------------------------


def test_a_no_to_a_use_whose_name_is_not_plain_ascii_is_heard(site: Site, tmp_path: Path) -> None:
    """A script reads base64 by bytes: what the server writes there must be the same in any alphabet."""
    site.run(publish, tmp_path, ("see which pages help", "voir l’été"))
    site.serve()
    page = site.open()
    assert kept(page) == ["_count"]
    press(page, "Refuse all")
    until(page, "!document.cookie.includes('_count')")
    assert kept(site.open()) == ["troth_choice"]


def test_the_page_before_is_told_without_its_query(site: Site, tmp_path: Path) -> None:
    site.run(publish, tmp_path, ("{is: referrer, as: site only}", "referrer"))
    site.serve()
    page = site.followed()
    for address in ("/maps/leeds?who=ada", "/maps/york"):
        page.evaluate(f"location.href = '{address}'")
        page.wait_for_url(SITE + address)
        page.wait_for_load_state("networkidle")
    told = [event["fields"].get("visit.referrer") for sent in site.sent for event in sent["events"]]
    assert told[-1] == SITE + "/maps/leeds"


def test_what_a_browser_prepares_before_anybody_opens_it_is_no_page_view(chromium: Browser, at_rowan: Asker) -> None:
    context = visitor(chromium, OPEN + "Object.defineProperty(document, 'prerendering', {get: () => !window.opened});")
    site = Site(context, at_rowan)
    page = site.open()
    assert (site.posts, kept(page), question(page).count()) == ([], [], 0)
    page.evaluate("window.opened = true; document.dispatchEvent(new Event('prerenderingchange'))")
    until(page, "document.cookie.includes('_count')")
    assert question(page).is_visible()
    context.close()
    assert site.wrong == []


def test_a_browser_that_keeps_no_cookie_is_told_that_its_answer_was_not_saved(
    chromium: Browser, at_rowan: Asker
) -> None:
    blocked = "Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set: () => {}});"
    context = visitor(chromium, OPEN + blocked)
    site = Site(context, at_rowan)
    page = site.open()
    page.get_by_role("button", name="Accept all").click()
    page.get_by_text("Your answer could not be saved, so nothing was switched on.").wait_for()
    assert page.title() == "Maps"
    context.close()
    assert site.wrong == []


def test_a_page_whose_storage_is_shut_off_asks_and_counts_all_the_same(chromium: Browser, at_rowan: Asker) -> None:
    shut = "Object.defineProperty(window, '{0}', {{get: () => {{ throw new DOMException('no', 'SecurityError'); }}}});"
    names = "localStorage", "sessionStorage", "indexedDB", "caches"
    context = visitor(chromium, OPEN + "".join(shut.format(name) for name in names))
    site = Site(context, at_rowan)
    page = site.open()
    assert len(site.sent) == 1
    press(page, "Refuse all")
    until(page, "!document.cookie.includes('_count')")
    context.close()
    assert site.wrong == []


def test_t40_where_the_tag_was_vouched_for_so_must_be_what_it_lets_run(chromium: Browser, at_rowan: Asker) -> None:
    """Markup that a stranger put into a page would else become a script that the page's policy trusts."""
    planted = """<script type="text/plain" data-troth="_path">document.title = "planted";</script>
    <script type="text/plain" data-troth="_path" src="{home}/tag.css"></script>"""
    page_of = HTML.replace("<script src", '<script nonce="x" src').replace("<h1>", planted + "<h1>")
    context = visitor(chromium)
    site = Site(context, at_rowan, html=page_of)
    page = site.followed()
    assert page.locator("script[type='text/plain']").count() == 2, "they stay text"
    assert page.title() == "followed"
    context.close()
    assert site.wrong == []


def test_t40_an_image_that_calls_itself_the_script_does_not_lead_the_tag_elsewhere(
    chromium: Browser, at_rowan: Asker
) -> None:
    page_of = HTML.replace("<script src", f'<img name="currentScript" src="{SUPPLIER}/c/rowan/tag.js"><script src')
    context = visitor(chromium)
    site = Site(context, at_rowan, html=page_of)
    site.csp = "default-src * 'unsafe-inline'"  # a page that names nobody
    page = site.open()
    assert site.hits == [f"{SUPPLIER}/c/rowan/tag.js"], "the image itself and no more"
    assert (site.posts, kept(page)) == ([], [])
    context.close()
    assert site.wrong == []


def test_a_name_that_every_object_has_is_no_supplier(chromium: Browser, at_rowan: Asker) -> None:
    planted = '<script type="text/plain" data-troth="constructor" nonce="x">document.title = "planted";</script>'
    context = visitor(chromium)
    site = Site(context, at_rowan, html=HTML.replace("<h1>", planted + "<h1>"))
    assert site.followed().title() == "followed"
    context.close()
    assert site.wrong == []
