"""From looking at pages to seeing them on one's own page: only in the browser that asked for the link."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.answer.planting import Mailbox, walker, work

from troth.collect import consent
from troth.parties import editions
from troth.people import identities

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"
LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"


@pytest.fixture
def joins(walks: str, tmp_path: Path) -> str:
    """The policy says that a browser joins whoever proved the address of a booking."""
    changed = tmp_path / "larch.yaml"
    said = "  visit.id: {is: browser identifier, identifies: browser, joins: booking.email}\n"
    text = LARCH.read_text().replace("  visit.page: pages seen\n", "  visit.page: pages seen\n" + said)
    changed.write_text(text.replace("data: visit.page,", 'data: "visit.*",'))
    editions.publish(walks, changed, replaces=editions.in_force(walks).source_hash, by="")
    return walks


def chose(browser: Client) -> str:
    """The browser answered the question about cookies and carries the answer."""
    name, none = consent.new_browser(), frozenset[str]()
    token = consent.sign(consent.Choice("larch", name, frozenset({"website"}), none, none, False, int(time.time())))
    browser.cookies[consent.COOKIE] = token
    return name


def browsers_of(person: int) -> list[str]:
    return [one.value for one in identities.of("larch", person) if one.field == "visit.id" and one.verified_at]


def test_the_browser_in_which_a_link_was_asked_for_and_used_joins(
    joins: str, browser: Client, mailbox: Mailbox
) -> None:
    person, name = walker(joins, ADA, "Ada Quillfeather"), chose(browser)
    browser.post("/c/larch/you/", {"address": ADA})
    work()
    assert browsers_of(person) == []
    browser.post(mailbox.link())
    assert browsers_of(person) == [name]


def test_the_browser_of_somebody_who_was_sent_anothers_link_does_not_join(
    joins: str, browser: Client, mailbox: Mailbox, settings: Any
) -> None:
    person = walker(joins, ADA, "Ada Quillfeather")
    browser.post("/c/larch/you/", {"address": ADA})
    work()
    victim = Client(headers={"host": f"{settings.CLIENT_HOST}:8000"})
    chose(victim)
    assert victim.post(mailbox.link(), follow=True).redirect_chain == [("/c/larch/you/", 302)]
    assert browsers_of(person) == []
