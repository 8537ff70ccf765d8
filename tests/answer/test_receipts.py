"""The receipts that somebody takes with them: one for each question they answered, with all they said to it since."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.planting import Mailbox, say, walker, work

from troth.answer import identity, limits, receipts
from troth.ledger import entries
from troth.parties import editions
from troth.people import choices

pytestmark = pytest.mark.django_db(transaction=True)
ADA, PAGE = "ada@quill.example", "/c/larch/you/"
RECEIPTS = PAGE + "download/receipts/"


def enter(browser: Client, mailbox: Mailbox) -> Any:
    limits.clear()
    browser.post(PAGE, {"address": ADA})
    work()
    return browser.post(mailbox.link(), follow=True)


def states(receipt: dict[str, Any]) -> list[str]:
    return [one["@type"][0].removeprefix("dpv:Consent") for one in receipt["dpv:hasConsentStatus"]]


def stop_marketing(person: int) -> None:
    """No to all marketing: a no to no question, which takes back what a yes had opened."""
    number = editions.in_force("larch").number
    choices.record(
        "larch",
        person=person,
        key=choices.ALL_MARKETING,
        stop=choices.ALL_MARKETING,
        state=False,
        edition=number,
        text="all marketing",
        how="page",
    )


def test_a_person_downloads_a_receipt_for_each_question(walks: str, browser: Client, mailbox: Mailbox) -> None:
    person = walker("larch", ADA, "Ada")
    say("larch", person, True)
    say("larch", person, False)
    assert "Receipts for what you agreed to" in enter(browser, mailbox).text
    answer = browser.get(RECEIPTS)
    assert answer["Content-Type"] == "application/ld+json" and answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"] == 'attachment; filename="receipts.jsonld"'
    (receipt,) = json.loads(answer.text)["@graph"]
    assert receipt["@type"] == "dpv:ConsentReceipt" and states(receipt) == ["Given", "Withdrawn"]
    assert receipt["dpv:hasNotice"]["dct:description"] == "May we email you news of walks?"
    assert receipt["dpv:hasProcess"]["dpv:hasConsentControl"]["dpv:isExercisedAt"].endswith(PAGE)
    numbers = [one["dct:identifier"] for one in receipt["dpv:hasConsentStatus"]]
    said = [one.entry for one in choices.of("larch", person)]
    assert numbers == [f"ledger entry {number}" for number in said]


def test_the_file_for_another_service_has_them_beside_the_data(walks: str, browser: Client, mailbox: Mailbox) -> None:
    person = walker("larch", ADA, "Ada")
    enter(browser, mailbox)
    assert "receipts" not in json.loads(browser.get(PAGE + "download/json/").text)
    say("larch", person, True)
    limits.clear()
    told = json.loads(browser.get(PAGE + "download/json/").text)
    assert [states(one) for one in told["receipts"]["@graph"]] == [["Given"]] and told["held"]


def test_a_no_to_all_marketing_stands_on_the_receipt_of_what_it_took_back(walks: str) -> None:
    person = walker("larch", ADA, "Ada")
    say("larch", person, True)
    stop_marketing(person)
    (receipt,) = receipts.of("larch", [person], timezone.now())
    assert states(receipt) == ["Given", "Withdrawn"]


def test_who_said_nothing_has_no_receipt_and_nobody_has_anothers(walks: str) -> None:
    ada, eve = walker("larch", ADA, "Ada"), walker("larch", "eve@evil.example", "Eve")
    say("larch", ada, True)
    assert receipts.of("larch", [eve], timezone.now()) == []
    (receipt,) = receipts.of("larch", [ada], timezone.now())
    assert ADA not in json.dumps(receipt) and "Ada" not in json.dumps(receipt)


def test_t29_receipts_need_a_fresh_session(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, "Ada")
    assert browser.get(RECEIPTS)["Location"] == PAGE
    enter(browser, mailbox)
    with time_machine.travel(timezone.now() + identity.FRESH + identity.FRESH / 60, tick=False):
        assert browser.get(RECEIPTS).status_code == 403


def test_taking_receipts_is_written_down(walks: str, browser: Client, mailbox: Mailbox) -> None:
    person = walker("larch", ADA, "Ada")
    say("larch", person, True)
    enter(browser, mailbox)
    number, _ = entries.head()
    browser.get(RECEIPTS)
    newest = [one for one in entries.newest("larch") if one[0] > number]
    assert newest != []
