"""What somebody said last holds: under whichever address, and from whichever edition's page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from tests.answer.houses import LARCH
from tests.answer.planting import NEWS, Mailbox, say, walker, work

from troth.answer import amend, finding, limits
from troth.parties import editions
from troth.people import choices, identities, standing

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"


def come_in(browser: Client, mailbox: Mailbox) -> str:
    limits.clear()
    browser.post("/c/larch/you/", {"address": ADA})
    work()
    return browser.post(mailbox.link(), follow=True).text


def question(person: int) -> amend.Switch:
    return amend.switches("larch", frozenset(identities.reach("larch", person)))[0]


def test_a_no_on_the_page_outlives_an_older_yes_of_a_form_that_is_joined_later(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    ada = walker("larch", ADA, "Ada")
    come_in(browser, mailbox)
    again = walker("larch", ADA, "Ada", verified=False)
    say("larch", again, True)
    browser.post("/c/larch/you/choices/", {question(ada).key: "no"})
    assert NEWS not in standing.facts("larch", again).no
    come_in(browser, mailbox)
    assert [standing.facts("larch", one).no for one in (ada, again)] == [{NEWS}, {NEWS}]
    assert not standing.facts("larch", again).yes and question(ada).state is False
    assert [one.how for one in choices.of("larch", again)][-1] == choices.JOINED


def test_a_yes_can_be_taken_back_by_whoever_gave_it_though_the_use_is_of_others(walks: str) -> None:
    """A form may have offered what is of other people: it is shown where it can be taken back (UK GDPR Art 7(3))."""
    person = identities.make("larch", {"visitor"})
    identities.attach("larch", person, "booking.email", ADA, verified=True)
    news = {one.stop for one in amend.switches("larch", frozenset({person}))}
    say("larch", person, True)
    shown = [one for one in amend.switches("larch", frozenset({person})) if one.stop not in news]
    assert [(one.stop, one.state) for one in shown] == [(NEWS, True)]


def test_staff_who_see_that_an_address_is_somebodys_join_what_they_said_too(walks: str) -> None:
    again = walker("larch", ADA, "Ada", verified=False)
    say("larch", again, True)
    ada = walker("larch", ADA, "Ada")
    say("larch", ada, False)
    finding.trust("larch", frozenset({ada, again}), f"email={ADA}")
    assert standing.facts("larch", again).no == {NEWS}


def test_a_yes_that_was_said_last_is_given_to_nobody_else(walks: str) -> None:
    ada, again = walker("larch", ADA, "Ada"), walker("larch", ADA, "Ada")
    say("larch", ada, False)
    say("larch", again, True)
    assert choices.agree("larch", {ada, again}) == 0
    assert standing.facts("larch", ada).no == {NEWS} and not standing.facts("larch", ada).yes
    assert question(ada).state is True


def read(page: str) -> str:
    """What a page carries of the questions that it shows."""
    found = re.search(r'name="asked" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def publish(tmp_path: Path, text: str) -> None:
    path = tmp_path / "larch.yaml"
    path.write_text(text.replace("date: 2026-11-22, change: first", "date: 2026-11-23, change: substantial"))
    editions.publish("larch", path, replaces=editions.in_force("larch").source_hash, by="tests")


WORDS = LARCH.replace("May we email you news of walks?", "May we email you news of walks and of talks?")
MORE = LARCH.replace("data: [booking.name, booking.email]\n  see", "data: booking.*\n  see")


@pytest.mark.parametrize("later", [WORDS, MORE])
def test_a_no_on_a_page_of_the_edition_before_is_not_lost(
    walks: str, tmp_path: Path, browser: Client, mailbox: Mailbox, later: str
) -> None:
    ada = walker("larch", ADA, "Ada")
    say("larch", ada, True)
    page, key = come_in(browser, mailbox), question(ada).key
    assert later != LARCH
    publish(tmp_path, later)
    page = browser.post("/c/larch/you/choices/", {key: "no", "asked": read(page)}, follow=True).text
    assert standing.facts("larch", ada).no == {NEWS} and question(ada).state is False


@pytest.mark.parametrize("later", [WORDS, MORE])
def test_a_yes_to_what_the_edition_before_asked_is_none_and_the_page_does_not_say_that_it_is_saved(
    walks: str, tmp_path: Path, browser: Client, mailbox: Mailbox, later: str
) -> None:
    ada = walker("larch", ADA, "Ada")
    page, key = come_in(browser, mailbox), question(ada).key
    publish(tmp_path, later)
    page = browser.post("/c/larch/you/choices/", {key: "yes", "asked": read(page)}, follow=True).text
    assert not choices.of("larch", ada) and "or what a yes opens, has changed" in page and "are saved" not in page
    page = browser.post("/c/larch/you/choices/", {question(ada).key: "yes", "asked": read(page)}, follow=True).text
    assert question(ada).state is True and "Your choices are saved" in page
