"""Where the policy gives time to think, an erasure can be taken back, with the same proof as it was asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.planting import Mailbox, walker, work

from troth.answer import erase, limits, requests, telling
from troth.answer.identity import Proved
from troth.keep import erasure
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


def test_a_way_back_that_is_cut_half_way_is_there_still_and_leaves_nothing_unused_for_good(
    patient: str, browser: Client, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = walker(patient, ADA, "Ada")
    page = asked(browser, mailbox)
    for cut in ("close", "forget"):
        with monkeypatch.context() as half, pytest.raises(KeyboardInterrupt):
            half.setattr(requests, cut, _killed)
            browser.post(page + "back/")
            work()
            browser.post(mailbox.link(), follow=True)
        assert standing.facts(patient, person).restricted
        assert "You can take it back until" in browser.get(page).text, cut
    limits.clear()
    browser.post(page + "back/")
    work()
    assert "You took it back" in browser.post(mailbox.link(), follow=True).text
    assert not standing.facts(patient, person).restricted


def test_a_wish_that_nobody_confirmed_ends_when_they_were_told_and_leaves_nothing_unused_for_good(
    patient: str, browser: Client, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """UK GDPR Art 18(3): who reads that their data is not used reads that it is again, before it is."""
    person = walker(patient, ADA, "Ada")
    erase.want(patient, person, frozenset({person}))
    assert "Before we use it again we write to you" in seen(browser, mailbox)
    late, smtp = timezone.now() + erase.UNCONFIRMED + dt.timedelta(hours=1), settings.SMTP
    with time_machine.travel(late, tick=False):
        settings.SMTP = ("127.0.0.1", 1)
        assert erase.lapse(patient) == 0 and standing.facts(patient, person).restricted
        settings.SMTP = smtp
        with monkeypatch.context() as half, pytest.raises(KeyboardInterrupt):
            half.setattr(standing, "unrestrict", _killed)
            erase.lapse(patient)
        told = len(mailbox.letters)
        assert requests.open_of(patient, {person}, "erase") and standing.facts(patient, person).restricted
        assert erase.lapse(patient) == 1 and not standing.facts(patient, person).restricted
        assert erase.lapse(patient) == 0 and len(mailbox.letters) == told + 1
    assert "Nobody confirmed that we are to erase everything, so nothing was erased" in mailbox.text()


def test_a_wish_that_they_confirm_while_they_are_told_that_it_lapsed_does_not(
    patient: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = walker(patient, ADA, "Ada")
    reference, _ = erase.want(patient, person, frozenset({person}))

    def meanwhile(*_: object) -> int:
        erase.confirm(Proved(purpose="erase", client=patient, person=person, persons=frozenset({person}), address=ADA))
        return 1

    monkeypatch.setattr(telling, "now", meanwhile)
    with time_machine.travel(timezone.now() + erase.UNCONFIRMED + dt.timedelta(hours=1), tick=False):
        assert erase.lapse(patient) == 0
    (still,) = requests.open_of(patient, {person}, "erase")
    assert still.reference == reference and erasure.waits_until(patient, reference)
    assert standing.facts(patient, person).restricted


def seen(browser: Client, mailbox: Mailbox) -> str:
    browser.post(PAGE, {"address": ADA})
    work()
    browser.post(mailbox.link(), follow=True)
    return browser.get(PAGE).text


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
