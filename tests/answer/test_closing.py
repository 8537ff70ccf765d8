"""A person says on their page that their account ends, where the policy has it known from there."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import Mailbox, walker, work
from tests.people import making

from troth.answer import limits
from troth.keep import sweep
from troth.ledger import verifying
from troth.people import standing, store

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"


@pytest.fixture
def club(on_disk: Path, tmp_path: Path) -> str:
    """Bookings end a year after the account closes; the person says on their page that it does."""
    text = LARCH.replace(LAW, "").replace("walk is over: {known from: desk}", "account closes: {known from: page}")
    return published("club", text.replace("after walk is over", "after account closes"), tmp_path)


def come_in(browser: Client, mailbox: Mailbox, address: str = ADA) -> str:
    limits.clear()
    browser.post("/c/club/you/", {"address": address})
    work()
    return browser.post(mailbox.link(), follow=True).text


def test_whoever_closes_their_account_sees_first_what_goes_and_then_it_goes(club, browser: Client, mailbox: Mailbox):
    person = walker(club, ADA, "Ada", at=timezone.now() - dt.timedelta(days=900))
    assert "Close your account" in come_in(browser, mailbox)
    page = browser.get("/c/club/you/close/0/").text
    assert "12 months after" in page
    assert "Close your account" in page
    assert standing.moments(club, person) == {}, "to look changes nothing"
    assert 'name="moment" value="account closes"' in page
    assert browser.post("/c/club/you/close/0/").headers["Location"].endswith("/you/close/0/"), "which one, it must say"
    assert browser.post("/c/club/you/close/0/", {"moment": "walk is over"}).status_code == 302
    assert standing.moments(club, person) == {}, "another edition came in between"
    after = browser.post("/c/club/you/close/0/", {"moment": "account closes"}, follow=True).text
    assert "That is written down" in after and "Account closes" in after
    assert "[Close your account]" not in after and "/you/close/" not in after, "once is enough"
    assert verifying.verify().ok
    work()
    assert "told us that your account or membership here ends" in mailbox.text()
    assert "booking.name" in store.fields_held(club, person)
    sweep.sweep(timezone.now() + dt.timedelta(days=366), client=club, preview=True)
    standing.happened(club, person, "account closes", timezone.now() - dt.timedelta(days=367))
    sweep.sweep(client=club, confirm=True)
    assert "booking.name" not in store.fields_held(club, person)


def test_nobody_closes_what_is_not_theirs_or_what_the_page_does_not_offer(club, browser: Client, mailbox: Mailbox):
    theirs = walker(club, "bo@quill.example", "Bo")
    walker(club, ADA, "Ada")
    assert browser.post("/c/club/you/close/0/").headers["Location"].endswith("/you/"), "not signed in"
    come_in(browser, mailbox)
    assert browser.post("/c/club/you/close/7/").headers["Location"].endswith("/you/")
    browser.post("/c/club/you/close/0/", {"moment": "account closes"})
    assert standing.moments(club, theirs) == {}


def test_an_account_that_closes_ends_nothing_of_another_contract_of_theirs(club, browser: Client, mailbox: Mailbox):
    member, walks = walker(club, ADA, "Ada"), walker(club, ADA, "Ada")
    token = making.right(club, walks, "erase", making.BOOKED)
    store.delete(club, walks, ["booking.walk", "booking.name", "booking.email"], token)
    come_in(browser, mailbox)
    browser.post("/c/club/you/close/0/", {"moment": "account closes"})
    assert "account closes" in standing.moments(club, member)
    assert "account closes" not in standing.moments(club, walks)
    assert "/you/close/" not in browser.get("/c/club/you/").text


def test_a_moment_that_the_desk_tells_is_not_offered_on_the_page(plain, browser: Client, mailbox: Mailbox):
    walker(plain, ADA, "Ada")
    browser.post("/c/plain/you/", {"address": ADA})
    work()
    assert "/you/close/" not in browser.post(mailbox.link(), follow=True).text


@pytest.fixture
def idle(on_disk: Path, tmp_path: Path) -> str:
    """Bookings end a year after somebody last signed in."""
    text = LARCH.replace(LAW, "").replace("walk is over: {known from: desk}", "last sign-in: {known from: page}")
    return published("club", text.replace("after walk is over", "after last sign-in"), tmp_path)


def test_who_comes_in_is_no_idle_member_and_it_is_written_down_once_a_day(idle, browser: Client, mailbox: Mailbox):
    person = walker(idle, ADA, "Ada", at=timezone.now() - dt.timedelta(days=900))
    other = walker(idle, "bo@quill.example", "Bo", at=timezone.now() - dt.timedelta(days=900))
    come_in(browser, mailbox)
    assert standing.moments(idle, person) == {}, "who comes in daily elsewhere, which nobody told, is no idle member"
    standing.happened(idle, person, "last sign-in", timezone.now() - dt.timedelta(days=300))
    come_in(browser, mailbox)
    first = standing.moments(idle, person)["last sign-in"]
    assert first.date() == timezone.now().date()
    come_in(browser, mailbox)
    assert standing.moments(idle, person)["last sign-in"] == first, "once a day"
    assert standing.moments(idle, other) == {}, "nobody else's clock runs"
    assert verifying.verify().ok
