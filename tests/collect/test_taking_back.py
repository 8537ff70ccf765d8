"""A yes that does not stand any more ends what it let in, however it ended: PECR reg 6, UK GDPR Art 7(3)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.collect.a_page import OPEN, SIGNAL, SITE, TROTH, Site, kept, press, publish, question, until, visitor
from tests.collect.conftest import Asker

from troth.collect import consent
from troth.parties import editions

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("committing")]
HOMES = {
    "on the host of the site": f"{SITE}/c/rowan",
    "on another host of the same firm": TROTH,
    "on the host of another firm": "https://privacy.keeper.example/c/rowan",
}


def at(home: str, chromium: Browser, asker: Asker, settings: Any) -> Site:
    settings.CLIENT_HOST = home.split("/")[2]
    return Site(visitor(chromium), asker, home)


@pytest.fixture
def sites(chromium: Browser, at_rowan: Asker, settings: Any) -> Iterator[Any]:
    """Sites whose tag comes from one place or another."""
    made: list[Site] = []

    def make(where: str) -> Site:
        made.append(at(HOMES[where], chromium, at_rowan, settings))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
        assert one.wrong == []


def next_page(site: Site) -> Page:
    """The next view of a page, of which everything that is sent is looked at."""
    site.hits.clear()
    site.sent.clear()
    return site.open()


def assert_ended(site: Site, page: Page, *left: str) -> None:
    """Nothing of the earlier yes lies on the device, and nobody is called who needed it."""
    assert kept(page) == sorted(left)
    assert page.title() == "Maps", "the supplier's script did not run"
    assert site.hits == []
    told = [event["fields"] for sent in site.sent for event in sent["events"]]
    assert told in ([], [{"visit.page": "/maps"}]), "no more than what is counted without a yes"


@pytest.mark.parametrize("where", ["on the host of the site", "on another host of the same firm"])
def test_a_no_on_the_page_of_choices_ends_all_at_the_next_page_of_the_site(sites: Any, where: str) -> None:
    site = sites(where)
    assert kept(site.followed()) == ["_count", "_path", "troth_choice"]
    site.choose("Refuse all")
    page = next_page(site)
    assert_ended(site, page, "troth_choice")
    assert question(page).count() == 0, "it was answered"
    assert site.sent == [], "all is all: what is counted without a yes, too"


def test_a_no_on_the_page_of_choices_counts_where_nothing_was_answered_on_the_site(sites: Any) -> None:
    site = sites("on another host of the same firm")
    site.choose("Refuse all")
    page = next_page(site)
    assert_ended(site, page, "troth_choice")
    assert site.sent == []
    assert question(page).count() == 0


def test_a_yes_on_the_site_after_a_no_on_the_page_of_choices_is_the_newer_word(sites: Any) -> None:
    site = sites("on another host of the same firm")
    site.followed()
    site.choose("Refuse all")
    page = next_page(site)
    page.get_by_role("link", name="Cookie choices").click()
    page.get_by_role("button", name="Accept all").click()
    until(page, "document.title === 'followed'")
    next_page(site)
    until(page, "document.title === 'followed'")


def test_what_was_answered_on_the_site_is_shown_on_the_page_of_choices_of_the_same_firm(sites: Any) -> None:
    site = sites("on another host of the same firm")
    site.followed()
    site.page.goto(f"{site.home}/choices/")
    assert site.page.get_by_role("radio", name="Allow").is_checked()


def test_another_firms_page_of_choices_is_shown_nothing_of_it(sites: Any) -> None:
    site = sites("on the host of another firm")
    site.followed()
    assert site.context.cookies(site.home) == []
    site.page.goto(f"{site.home}/choices/")
    assert not site.page.get_by_role("radio", name="Allow").is_checked()


def test_a_no_on_one_host_of_a_site_counts_on_its_other_hosts(
    chromium: Browser, at_rowan: Asker, settings: Any, tmp_path: Path
) -> None:
    other = "https://www.shop.rowan.example"
    site = at(TROTH, chromium, at_rowan, settings)
    site.run(publish, tmp_path, (f'origins: "{SITE}"', f'origins: ["{SITE}", "{other}"]'))
    site.serve()
    page = site.followed()
    page.goto(other + "/maps", wait_until="networkidle")
    assert question(page).count() == 0, "one site, one question"
    until(page, "document.title === 'followed'")
    page.get_by_role("link", name="Cookie choices").click()
    page.get_by_role("button", name="Refuse all").click()
    until(page, "!document.cookie.includes('_path')")
    assert_ended(site, next_page(site), "troth_choice")
    site.context.close()
    assert site.wrong == []


def test_where_no_browser_shows_us_the_sites_own_answer_the_page_of_choices_leads_to_it(sites: Any) -> None:
    site = sites("on the host of another firm")
    site.followed()
    site.choose("Refuse all")
    site.page.get_by_role("link", name="www.rowan.example").click()
    site.page.get_by_role("button", name="Save my choices").wait_for()
    site.page.get_by_role("button", name="Refuse all").click()
    until(site.page, "!document.cookie.includes('_path')")
    assert_ended(site, next_page(site), "troth_choice")


def test_a_yes_that_lapsed_by_the_clock_ends_what_it_let_in_and_is_asked_for_again(site: Site) -> None:
    page = site.followed()
    page.clock.install(time=time.time() + 200 * 86400)
    page = next_page(site)
    assert_ended(site, page, "_count", "troth_choice")
    assert question(page).is_visible()


def test_a_yes_that_lapsed_ends_on_a_device_whose_clock_is_slow(site: Site) -> None:
    """The server says so, by its own clock."""
    page = site.followed()
    old = consent.Choice(
        client="rowan", browser=consent.new_browser(), surfaces=frozenset({"website"}),
        yes=frozenset(switch.key for switch in site.run(editions.in_force, "rowan").plan.switches.values()),
        no=frozenset(), gpc=False, at=int(time.time()) - 200 * 86400,
    )  # fmt: skip
    token = site.run(consent.sign, old)
    page.context.clear_cookies(name="troth_choice")  # the one on our own host as well, where the yes is a fresh one
    page.context.add_cookies([{"name": "troth_choice", "value": token, "url": SITE}])
    page.clock.install(time=time.time() - 100 * 86400)
    page = next_page(site)
    assert_ended(site, page, "_count", "troth_choice")
    assert question(page).is_visible()


def test_an_edition_that_asks_something_else_ends_what_the_old_yes_let_in_and_asks_again(
    site: Site, tmp_path: Path
) -> None:
    site.followed()
    site.run(publish, tmp_path, ("yields: pseudonyms", "yields: rows"))
    site.serve()
    page = next_page(site)
    assert_ended(site, page, "_count", "troth_choice")
    assert question(page).is_visible()


def test_a_privacy_signal_that_was_switched_on_later_ends_what_a_yes_let_in(site: Site) -> None:
    site.followed()
    site.context.add_init_script(SIGNAL)
    page = next_page(site)
    assert_ended(site, page, "_count", "troth_choice")
    assert question(page).count() == 0


def test_what_lies_in_storage_ends_with_the_yes_and_what_nobody_declared_is_left_alone(
    site: Site, tmp_path: Path
) -> None:
    row = "  _count: {at"
    added = "  _trail: {at: website, by: us, does: activity tracking, for: follow a visit from page to page, "
    site.run(publish, tmp_path, (row, f"{added}lasts: 12 months, kind: storage}}\n{row}"))
    site.serve()
    page = site.followed()
    page.evaluate("""async () => {
        for (const name of ["_trail", "basket"])
          for (const store of [localStorage, sessionStorage]) store[name] = "1";
        for (const name of ["_trail", "drafts"]) {
          await new Promise(done => { indexedDB.open(name).onsuccess = e => { e.target.result.close(); done(); }; });
          await caches.open(name);
        }
    }""")
    site.choose("Refuse all")
    next_page(site)
    until(page, "caches.keys().then(names => names.length === 1)")
    until(page, "indexedDB.databases().then(all => all.length === 1)")
    left = """async () => [Object.keys(localStorage), Object.keys(sessionStorage), await caches.keys(),
        (await indexedDB.databases()).map(one => one.name)]"""
    assert page.evaluate(left) == [["basket"], ["basket"], ["drafts"], ["drafts"]]


@pytest.mark.parametrize(
    "cookie",
    [
        {"name": "_path", "domain": ".rowan.example", "path": "/"},
        {"name": "_path", "domain": "www.rowan.example", "path": "/maps"},
        {"name": "_path", "domain": "www.rowan.example", "path": "/maps/"},
        {"name": "_path", "domain": ".rowan.example", "path": "/maps/of/leeds", "secure": True},
        {"name": "_count", "domain": ".rowan.example", "path": "/maps", "secure": True},
    ],
    ids=lambda one: f"{one['name']} {one['domain']}{one['path']}",
)
def test_a_cookie_ends_for_the_host_or_the_domain_and_at_any_path_that_a_page_can_reach(
    site: Site, cookie: dict[str, Any]
) -> None:
    page = site.followed()
    page.context.add_cookies([{"value": "2", **cookie}])
    site.choose("Refuse all")
    page = site.open("/maps/of/leeds?who=ada")
    assert [one["name"] for one in page.context.cookies(page.url)] == ["troth_choice"]


def test_a_cookie_whose_name_begins_with_a_row_that_has_no_star_is_not_ours_to_end(site: Site) -> None:
    page = site.open()
    page.context.add_cookies([{"name": "_pathfinder", "value": "1", "url": SITE}])
    press(page, "Refuse all")
    assert "_pathfinder" in kept(site.open())


def test_another_tab_that_said_no_is_heard_by_the_next_event_and_when_the_tab_is_looked_at(site: Site) -> None:
    page = site.followed()
    other = site.another()
    other.goto(SITE + "/maps", wait_until="networkidle")
    other.get_by_role("link", name="Cookie choices").click()
    other.get_by_role("button", name="Refuse all").click()
    until(other, "!document.cookie.includes('_path')")
    page.evaluate("document.cookie = '_path=again'")  # its supplier's script runs on
    site.sent.clear()
    assert page.evaluate("troth.event('visit', {'visit.page': '/maps/2'})") is False
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert kept(page) == ["troth_choice"]
    assert site.sent == []


def test_a_page_that_comes_back_from_the_past_with_a_yes_that_was_taken_back_is_loaded_anew(
    chromium: Browser, at_rowan: Asker
) -> None:
    browser = chromium.browser_type.launch(
        executable_path="/usr/bin/chromium", args=["--no-sandbox"],
        ignore_default_args=["--disable-back-forward-cache"],
    )  # fmt: skip
    context = visitor(browser, OPEN + "addEventListener('pageshow', e => { window.back = e.persisted; });")
    site = Site(context, at_rowan, f"{SITE}/c/rowan")
    page = site.followed()
    page.evaluate("window.kept = 'the page of before'")
    page.evaluate("location.href = '/shop'")
    page.wait_for_url("**/shop")
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Cookie choices").click()
    page.get_by_role("button", name="Refuse all").click()
    until(page, "!document.cookie.includes('_path')")
    page.go_back(wait_until="networkidle")
    until(page, "window.kept === undefined && document.title === 'Maps'")
    assert kept(page) == ["troth_choice"]
    browser.close()


def test_nothing_that_needs_a_yes_begins_until_the_door_has_said_that_the_yes_stands(site: Site) -> None:
    site.followed()
    site.context.route(f"{TROTH}/e", lambda route: route.fulfill(status=503))
    site.hits.clear()
    site.page.goto(SITE + "/maps", wait_until="load")
    site.page.wait_for_timeout(300)
    assert site.page.title() == "Maps"
    assert site.hits == []
    assert "_path" in kept(site.page), "who does not answer has not said no"
    site.context.unroute(f"{TROTH}/e")
    until(site.page, "document.title === 'followed'")
