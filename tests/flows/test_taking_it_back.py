"""Where the policy gives time to think, an erasure can be taken back, with the same proof as it was asked for."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.planting import Mailbox, walker, work

from troth.people import standing, store

pytestmark = pytest.mark.django_db(transaction=True)
ADA, PAGE = "ada@quill.example", "/c/patient/you/"


def asked(browser: Client, mailbox: Mailbox) -> str:
    browser.post(PAGE, {"address": ADA})
    work()
    browser.post(mailbox.link(), follow=True)
    told = browser.get(PAGE + "erase/").text
    assert "after 7 days there is no way back" in told
    browser.post(PAGE + "erase/")
    work()
    page = browser.post(mailbox.link(), follow=True)
    work()
    return str(page.redirect_chain[-1][0])


def test_nothing_goes_before_the_time_is_over_and_all_goes_after(
    patient: str, browser: Client, mailbox: Mailbox
) -> None:
    person = walker(patient, ADA, "Ada", letter="a red glove")
    asked(browser, mailbox)
    assert len(store.fields_held(patient, person)) == 4 and standing.facts(patient, person).restricted
    with time_machine.travel(timezone.now() + dt.timedelta(days=7, minutes=1), tick=False):
        work()
    assert store.fields_held(patient, person) == frozenset()


def test_taking_it_back_needs_the_address_again(patient: str, browser: Client, mailbox: Mailbox) -> None:
    person = walker(patient, ADA, "Ada", letter="a red glove")
    page = asked(browser, mailbox)
    assert "You can take it back until" in browser.get(page).text
    browser.post(page + "back/")
    assert standing.facts(patient, person).restricted
    work()
    done = browser.post(mailbox.link(), follow=True).text
    assert "You took it back, so nothing was erased" in done
    assert not standing.facts(patient, person).restricted
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        work()
    assert len(store.fields_held(patient, person)) == 4
