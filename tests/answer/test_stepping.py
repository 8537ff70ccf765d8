"""What an open session, an old mailbox or a new address alone may not do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.planting import Mailbox, walker, work

from troth.answer import access, amend, identity, limits, own, requests
from troth.people import identities, standing, store

pytestmark = pytest.mark.django_db(transaction=True)
ADA, NEW, EVE, PAGE = "ada@quill.example", "ada@new.example", "eve@evil.example", "/c/larch/you/"


def enter(browser: Client, mailbox: Mailbox, address: str = ADA) -> Any:
    limits.clear()
    browser.post(PAGE, {"address": address})
    work()
    return browser.post(mailbox.link(), follow=True)


def form_of(browser: Client, value: str) -> dict[str, str]:
    """The fields of the form that corrects a value."""
    page = browser.get(PAGE).text
    links = [part.split('"')[0] for part in page.split('href="') if part.startswith(PAGE + "correct/")]
    form = next(one for one in (browser.get(link.replace("&amp;", "&")).text for link in links) if value in one)
    return {name: form.split(f'name="{name}" value="')[1].split('"')[0] for name in ("id", "is")}


def proved(person: int) -> set[str]:
    return {one.value for one in identities.of("larch", person) if one.verified_at}


def to(mailbox: Mailbox, address: str) -> list[int]:
    return [number for number, (who, _) in enumerate(mailbox.letters) if who == [address]]


def code_form(page: str) -> str:
    return page.split('name="asking" value="')[1].split('"')[0]


def half_changed(browser: Client, mailbox: Mailbox) -> int:
    """Somebody asked to be known by another address, and only the mailbox of the old one has answered."""
    person = walker("larch", ADA, "Ada")
    enter(browser, mailbox)
    browser.post(PAGE + "correct/", form_of(browser, ADA) | {"new": NEW})
    work()
    browser.post(mailbox.link(), follow=True)
    work()
    return person


def test_t21_an_address_changes_only_when_both_mailboxes_answered(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    person = walker("larch", ADA, "Ada")
    enter(browser, mailbox)
    page = browser.post(PAGE + "correct/", form_of(browser, ADA) | {"new": NEW}).text
    assert "the address we know" in page
    work()
    assert not to(mailbox, NEW) and proved(person) == {ADA}
    link = next(n for n in to(mailbox, ADA) if "another address" in mailbox.letters[n][1]["Subject"])
    page = browser.post(mailbox.link(link)).text
    work()
    assert proved(person) == {ADA} and to(mailbox, NEW)
    words = {"asking": code_form(page), "code": mailbox.code(to(mailbox, NEW)[0]), "purpose": "confirm"}
    done = browser.post(PAGE + "code/", words, follow=True).text
    assert "The value is corrected" in done and NEW in done and ADA not in done
    assert proved(person) == {NEW}, "the old address proves nothing any more"
    assert identities.find_any("larch", ADA) == []


def test_t21_an_open_session_alone_changes_no_address(walks: str, browser: Client, mailbox: Mailbox) -> None:
    """Eve sits at Ada's open page and owns the new mailbox; she does not read Ada's."""
    person = walker("larch", ADA, "Ada")
    enter(browser, mailbox)
    browser.post(PAGE + "correct/", form_of(browser, ADA) | {"new": EVE})
    work()
    assert not to(mailbox, EVE)
    assert proved(person) == {ADA} and identities.find_any("larch", EVE) == []
    told = [mailbox.text(n) for n in to(mailbox, ADA)]
    assert any("know you by another address" in text and "If it was not you" in text for text in told)


def test_a_change_that_the_new_mailbox_does_not_answer_leaves_everything_as_it_was(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    person = half_changed(browser, mailbox)
    stranger = Client(headers={"host": "127.0.0.1:8000"})
    assert stranger.post(mailbox.link(to(mailbox, NEW)[0])).status_code == 410, "only in the session that asked"
    assert proved(person) == {ADA} and ADA in browser.get(PAGE).text


@pytest.mark.parametrize("wrong", ["nobody", "@", "a@b\nBcc: c@d", "x" * 300 + "@x"])
def test_what_is_no_address_becomes_none(wrong: str, walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, "Ada")
    enter(browser, mailbox)
    assert browser.post(PAGE + "correct/", form_of(browser, ADA) | {"new": wrong}).status_code == 422
    assert requests.of_client("larch") == []


def test_t23_an_address_shown_long_ago_opens_nothing_and_every_address_is_told(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    person = walker("larch", ADA, "Ada", letter="a red glove")
    later = timezone.now() + identity.LONG + dt.timedelta(days=1)
    with time_machine.travel(later, tick=False):
        identities.attach("larch", person, "booking.email", NEW, verified=True)
        page = enter(browser, mailbox)
        assert "We need to be sure that it is you" in page.text and "a red glove" not in page.text
        assert browser.get(PAGE + "download/json/")["Location"] == PAGE
        work()
        asked = requests.of_client("larch")
        assert [one.right for one in asked] == ["access"]
        assert any("last shown to be yours long ago" in mailbox.text(n) for n in to(mailbox, NEW))
        enter(browser, mailbox)
        assert len(requests.of_client("larch")) == 1, "asked twice, it is one request"
        assert "a red glove" in enter(browser, mailbox, NEW).text, "another address that was shown since opens it"


def test_t29_whoever_did_not_ask_for_an_erasure_is_not_told_that_nothing_happens(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    """It has stopped all use already, and the mail beside it says to write to us."""
    walker("larch", ADA, "Ada")
    enter(browser, mailbox)
    assert "nothing happens" in mailbox.text()
    limits.clear()
    browser.post(PAGE + "erase/")
    work()
    told = [mailbox.text(n) for n in to(mailbox, ADA)]
    (link,) = [text for text in told if "/you/link/" in text and "erased" in text]
    assert "nothing happens" not in link and "nothing is erased. Write to" in link


def test_t29_a_session_that_lies_open_takes_nothing_away(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, "Ada")
    enter(browser, mailbox)
    assert browser.get(PAGE + "download/json/").status_code == 200
    with time_machine.travel(timezone.now() + identity.FRESH + dt.timedelta(seconds=1), tick=False):
        for form in ("json", "html", "csv"):
            page = browser.get(PAGE + f"download/{form}/")
            assert page.status_code == 403 and "Ada" not in page.text
        page = browser.post(PAGE + "again/").text
        work()
        browser.post(PAGE + "code/", {"asking": code_form(page), "code": mailbox.code()})
        limits.clear()
        assert browser.get(PAGE + "download/json/").status_code == 200


def test_t23_each_export_is_told_to_every_proved_address_and_a_look_is_not(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    person = walker("larch", ADA, "Ada")
    identities.attach("larch", person, "booking.email", NEW, verified=True)
    identities.attach("larch", person, "booking.email", EVE, verified=False)
    enter(browser, mailbox)
    before = len(mailbox.letters)
    browser.head(PAGE + "download/json/")
    work()
    assert len(mailbox.letters) == before
    browser.get(PAGE + "download/json/")
    work()
    assert {who[0] for who, _ in mailbox.letters[before:]} == {ADA, NEW}


def test_a_value_whose_place_is_away_is_contested_and_corrected_by_itself_later(
    shop: Any, browser: Client, mailbox: Mailbox, settings: Any
) -> None:
    luis = "luisg@embraer.com.br"
    person = walker("larch", luis, "Luís")
    enter(browser, mailbox, luis)
    form = form_of(browser, "Gonçalves")
    real = shop.rename(shop.with_suffix(".away"))
    visitor = identity.Visitor(client="larch", person=person, persons=frozenset({person}))
    line = access.Line(
        place="shop", field="shop.name", label="name", value="Gonçalves", source="", when=None, how_long="",
        id=form["id"], can_correct=True,
    )  # fmt: skip
    assert amend.correct("larch", visitor, line, "Gonçalves Filho").state == "not answered"
    assert standing.facts("larch", person).restricted
    real.rename(shop)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11), tick=False):
        before, address = len(mailbox.letters), settings.SMTP
        settings.SMTP = ("127.0.0.1", 0)
        work()
        assert requests.of_client("larch") == []
        assert standing.facts("larch", person).restricted, "they are not told yet: UK GDPR Art 18(3)"
        settings.SMTP = address
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=30), tick=False):
        work()
    assert any("from now we use your data again" in mailbox.text(n) for n in range(before, len(mailbox.letters)))
    assert "Gonçalves Filho" in enter(browser, mailbox, luis).text
    assert not standing.facts("larch", person).restricted
    assert requests.of_client("larch") == [] and store.fields_held("larch", person)


def test_a_new_address_that_nobody_confirmed_is_forgotten_with_its_request(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    person = half_changed(browser, mailbox)
    assert identities.find_any("larch", NEW) == [person]
    with time_machine.travel(timezone.now() + amend.WAITS + dt.timedelta(minutes=1), tick=False):
        own.tidy()
    assert identities.find_any("larch", NEW) == [] and proved(person) == {ADA}
    assert requests.of_client("larch") == []


def test_t23_a_link_that_was_asked_for_on_the_page_goes_to_the_address_that_was_shown_last(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    """Eve reads the mailbox that was Ada's years ago; Ada asks from the one that she has now."""
    person = walker("larch", ADA, "Ada", letter="a red glove")
    with time_machine.travel(timezone.now() + identity.LONG + dt.timedelta(days=1), tick=False):
        identities.attach("larch", person, "booking.email", NEW, verified=True)
        assert "a red glove" in enter(browser, mailbox, NEW).text
        before = len(mailbox.letters)
        for page in ("erase/", "again/"):
            limits.clear()
            browser.post(PAGE + page)
        work()
        links = [n for n in range(before, len(mailbox.letters)) if "/you/link/" in mailbox.text(n)]
        assert [mailbox.letters[n][0] for n in links] == [[NEW], [NEW]]
