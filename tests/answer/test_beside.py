"""A second address, shown in the same session, opens what the first alone does not; one of one's own is no proof."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.planting import NEWS, Mailbox, say, walker, work

from troth.answer import identity, limits, requests
from troth.people import choices, identities, standing

pytestmark = pytest.mark.django_db(transaction=True)
ADA, OLD, EVE, PAGE = "ada@quill.example", "ada@old.example", "eve@evil.example", "/c/larch/you/"
LATER = identity.LONG + dt.timedelta(days=1)


def enter(browser: Client, mailbox: Mailbox, address: str) -> Any:
    limits.clear()
    browser.post(PAGE, {"address": address})
    work()
    return browser.post(mailbox.link(), follow=True)


def show(browser: Client, mailbox: Mailbox, address: str) -> Any:
    """Ask for a second address, and press the button of the link if one comes."""
    before = len(mailbox.letters)
    browser.post(PAGE + "beside/", {"address": address})
    work()
    new = range(before, len(mailbox.letters))
    links = [n for n in new if mailbox.letters[n][0] == [address] and "/you/link/" in mailbox.text(n)]
    return browser.post(mailbox.link(links[0]), follow=True) if links else browser.get(PAGE)


def test_t21_a_second_address_opens_what_it_reaches_beside_the_first_and_joins_nobody(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    first = walker(walks, ADA, "Ada", letter="a red glove")
    second = walker(walks, OLD, "Ada", letter="a blue hat")
    page = enter(browser, mailbox, ADA).text
    assert "a red glove" in page and "a blue hat" not in page
    page = show(browser, mailbox, OLD).text
    assert "a red glove" in page and "a blue hat" in page
    assert identities.reach(walks, first) - {first} == identities.reach(walks, second) - {second} == set()
    page = enter(Client(headers={"host": "127.0.0.1:8000"}), mailbox, ADA).text
    assert "a blue hat" not in page, "it held for that session alone"
    work()
    assert any("showed a second one" in mailbox.text(n) for n in range(len(mailbox.letters)))


def test_t21_a_no_of_one_is_not_written_down_for_whoever_was_shown_beside_them(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    """Ada shows the mailbox of her partner beside her own: what he said yes to is his to end."""
    ada, partner = walker(walks, ADA, "Ada"), walker(walks, OLD, "Bo", letter="a blue hat")
    say(walks, partner, True)
    say(walks, ada, False)
    enter(browser, mailbox, ADA)
    assert "a blue hat" in show(browser, mailbox, OLD).text
    assert [one.state for one in choices.of(walks, partner)] == [True]
    assert standing.facts(walks, partner).yes and standing.facts(walks, ada).no == {NEWS}


def test_what_one_person_said_twice_under_an_address_beside_agrees_all_the_same(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    walker(walks, ADA, "Ada")
    once, again = walker(walks, OLD, "Bo"), walker(walks, OLD, "Bo")
    say(walks, once, True)
    say(walks, again, False)
    enter(browser, mailbox, ADA)
    show(browser, mailbox, OLD)
    assert standing.facts(walks, once).no == {NEWS} and not standing.facts(walks, once).yes


def test_t21_the_link_to_a_second_address_works_only_in_the_session_that_asked(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    walker(walks, ADA, "Ada", letter="a red glove")
    walker(walks, EVE, "Eve", letter="a blue hat")
    enter(browser, mailbox, EVE)
    browser.post(PAGE + "beside/", {"address": ADA})
    work()
    for other in (Client(headers={"host": "127.0.0.1:8000"}), Client(headers={"host": "127.0.0.1:8000"})):
        assert other.post(mailbox.link()).status_code == 410, "Ada presses what Eve asked for, and nothing opens"
    assert "a red glove" not in browser.get(PAGE).text


def test_t21_nobody_learns_whether_a_second_address_is_known(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker(walks, ADA, "Ada")
    walker(walks, EVE, "Eve")
    enter(browser, mailbox, EVE)
    answers = [browser.post(PAGE + "beside/", {"address": one}) for one in (ADA, "nobody@quill.example")]
    assert [one.status_code for one in answers] == [200, 200]
    assert len({re.sub(r'(name="(asking|csrfmiddlewaretoken)" value=")[^"]+', r"\1", one.text) for one in answers}) == 1


def test_t23_two_old_addresses_of_one_person_open_together_what_neither_opens_alone(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    person = walker(walks, ADA, "Ada", letter="a red glove")
    identities.attach(walks, person, "booking.email", OLD, verified=True)
    with time_machine.travel(timezone.now() + LATER, tick=False):
        assert "We need to be sure" in enter(browser, mailbox, ADA).text
        assert browser.get(PAGE + "download/json/")["Location"] == PAGE
        assert "a red glove" not in show(browser, mailbox, ADA).text, "the same one twice is one"
        assert len(requests.of_client(walks)) == 1
        assert "a red glove" in show(browser, mailbox, OLD).text
        assert requests.of_client(walks) == [], "what staff were to look at is answered"
        assert "a red glove" in enter(Client(headers={"host": "127.0.0.1:8000"}), mailbox, ADA).text


def test_t21_an_old_mailbox_that_changed_hands_and_one_s_own_open_nothing_of_the_victim(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    """Eve reads Ada's mailbox of long ago, and has one of her own that we know."""
    walker(walks, OLD, "Ada", letter="a red glove")
    with time_machine.travel(timezone.now() + LATER, tick=False):
        walker(walks, EVE, "Eve")
        enter(browser, mailbox, OLD)
        page = show(browser, mailbox, EVE).text
        assert "a red glove" not in page and "Eve" not in page
        eve = Client(headers={"host": "127.0.0.1:8000"})
        enter(eve, mailbox, EVE)
        page = show(eve, mailbox, OLD).text
        assert "a red glove" not in page, "the old one is too old beside hers, too"
        assert [one for one in identities.of(walks, 1) if one.value == OLD and one.verified_at > timezone.now()] == []


@pytest.mark.parametrize("wrong", ["", "nobody", "@", "x" * 300 + "@x"])
def test_what_is_no_address_gets_no_link(wrong: str, walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker(walks, ADA, "Ada")
    enter(browser, mailbox, ADA)
    answer = browser.post(PAGE + "beside/", {"address": wrong})
    assert answer.status_code == 422 and "That is not an email address" in answer.text
    assert Client(headers={"host": "127.0.0.1:8000"}).post(PAGE + "beside/", {"address": ADA})["Location"] == PAGE


def test_t23_a_second_address_that_was_only_typed_beside_an_old_one_opens_nothing(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    """Eve reads Ada's mailbox of long ago, and filled in a form with it and with one of her own."""
    walker(walks, OLD, "Ada", letter="a red glove")
    with time_machine.travel(timezone.now() + LATER, tick=False):
        typed = walker(walks, OLD, "Eve", verified=False)
        identities.attach(walks, typed, "booking.email", EVE, verified=False)
        enter(browser, mailbox, OLD)
        assert "a red glove" not in show(browser, mailbox, EVE).text


def test_t29_a_session_that_lies_open_becomes_no_fresh_one_by_an_address_of_somebody_else(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    """Eve sits down at Ada's open page and shows an address of her own: Ada's data is not hers to take away."""
    walker(walks, ADA, "Ada", letter="a red glove")
    walker(walks, EVE, "Eve")
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        enter(browser, mailbox, ADA)
        clock.shift(identity.FRESH + dt.timedelta(seconds=1))
        show(browser, mailbox, EVE)
        answer = browser.get(PAGE + "download/json/")
        assert answer.status_code == 403 and "a red glove" not in answer.text
        clock.move_to(now + identity.LIFE + dt.timedelta(seconds=1))
        assert "a red glove" not in browser.get(PAGE).text, "nor does it last any longer"
