"""The tag in a real browser: what it asks, what it sends before and after, and what it leaves on the device."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route
from tests.collect.a_page import OPEN, SIGNAL, SITE, TROTH, Site, kept, press, question, until, visitor
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
    assert site.sent == []
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
    site.page.wait_for_timeout(2500)
    assert [event["id"] for sent in site.sent for event in sent["events"]] == refused
    assert site.run(lambda: sum(events.store().spans("rowan")["visit.*"].values())) == 1
