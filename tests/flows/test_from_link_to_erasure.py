"""The whole way: a link, what we hold, erase everything, the letter with its receipt."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.answer.planting import Mailbox, say, walker, work

from troth.answer import identity, requests
from troth.keep import erasure
from troth.ledger import tree
from troth.people import identities, standing, store

pytestmark = pytest.mark.django_db(transaction=True)
ADA, NAME, LETTER = "ada@quill.example", "Ada Quillfeather", "I lost a red glove on the ridge"


def enter(browser: Client, mailbox: Mailbox, address: str = ADA) -> Any:
    browser.post("/c/larch/you/", {"address": address})
    work()
    return browser.post(mailbox.link(), follow=True)


def test_a_person_sees_everything_erases_it_and_gets_a_receipt(walks: str, browser: Client, mailbox: Mailbox) -> None:
    person = walker("larch", ADA, NAME, letter=LETTER)
    say("larch", person, True)
    page = enter(browser, mailbox)
    assert page.redirect_chain == [("/c/larch/you/", 302)]
    assert NAME in page.text and LETTER in page.text and ADA in page.text

    told = browser.get("/c/larch/you/erase/").text
    assert "Companies Act 2006 s388" in told and "Our own store" in told
    browser.post("/c/larch/you/erase/")
    assert standing.facts("larch", person).restricted
    assert "letter.body" in store.fields_held("larch", person)
    work()
    page = browser.post(mailbox.link(), follow=True)
    work()

    reference = requests.of_client("larch", state="closed")[0].reference
    state = browser.get(f"/c/larch/you/request/{reference}/").text
    assert "We have erased what we held about you" in state and "Companies Act 2006 s388" in state
    assert store.fields_held("larch", person) == {"booking.name", "booking.email", "booking.walk"}
    letter = mailbox.text()
    assert reference in letter and "Companies Act 2006 s388" in letter
    assert LETTER not in letter and NAME not in letter
    progress = erasure.progress("larch", reference)
    assert progress is not None and progress.said == "overwritten" and not progress.open_places
    assert tree.verify().ok


def test_the_page_counts_the_places_of_which_it_shows_something_and_no_other(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    """What they chose and asked stands further down, under its own heading, and in no line of the table."""
    person = walker("larch", ADA, NAME, letter=LETTER)
    before = enter(browser, mailbox).text
    assert "4 items in 1 place, read just now" in before
    say("larch", person, True)
    requests.open_request("larch", person, "access")
    assert "4 items in 1 place, read just now" in browser.get("/c/larch/you/").text


def test_a_code_does_what_the_link_does(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, NAME)
    sent = browser.post("/c/larch/you/", {"address": ADA}).text
    work()
    asking = sent.split('name="asking" value="')[1].split('"')[0]
    wrong = browser.post("/c/larch/you/code/", {"asking": asking, "code": "000000"})
    assert wrong.status_code == 422
    page = browser.post("/c/larch/you/code/", {"asking": asking, "code": mailbox.code()}, follow=True)
    assert NAME in page.text


def test_t28_six_wrong_codes_end_the_code_and_its_link(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, NAME)
    sent = browser.post("/c/larch/you/", {"address": ADA}).text
    work()
    asking, right = sent.split('name="asking" value="')[1].split('"')[0], mailbox.code()
    wrong = "111111" if right != "111111" else "222222"
    for _ in range(6):
        assert browser.post("/c/larch/you/code/", {"asking": asking, "code": wrong}).status_code == 422
    assert browser.post(mailbox.link()).status_code == 410
    assert browser.post("/c/larch/you/code/", {"asking": asking, "code": right}).status_code == 422


def test_t24_looking_at_every_link_five_times_changes_nothing(walks: str, browser: Client, mailbox: Mailbox) -> None:
    person = walker("larch", ADA, NAME, letter=LETTER)
    enter(browser, mailbox)
    browser.post("/c/larch/you/erase/")
    work()
    scanner = Client(headers={"host": "127.0.0.1:8000"})
    for _ in range(5):
        assert scanner.get(mailbox.link()).status_code == 200
        assert scanner.head(mailbox.link()).status_code == 200
    work()
    assert "letter.body" in store.fields_held("larch", person)
    browser.post(mailbox.link())
    work()
    assert "letter.body" not in store.fields_held("larch", person)


def test_t29_an_open_session_alone_cannot_finish_an_erasure(walks: str, browser: Client, mailbox: Mailbox) -> None:
    person = walker("larch", ADA, NAME, letter=LETTER)
    enter(browser, mailbox)
    page = browser.post("/c/larch/you/erase/").text
    asking = page.split('name="asking" value="')[1].split('"')[0]
    for guess in ("", "000000", asking):
        browser.post("/c/larch/you/erase/confirm/", {"asking": asking, "code": guess, "purpose": "erase"})
    work()
    assert "letter.body" in store.fields_held("larch", person)
    assert mailbox.letters[-1][0] == [ADA]


def test_a_used_an_old_and_a_made_up_link_look_alike(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, NAME)
    enter(browser, mailbox)
    used = browser.post(mailbox.link())
    made_up = browser.post("/c/larch/you/link/" + "A" * 43 + "/")
    assert (used.status_code, used.content) == (made_up.status_code, made_up.content)


def test_t27_known_and_unknown_addresses_get_the_same_answer(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, NAME)

    def asked(address: str) -> tuple[int, list[str], str]:
        answer = browser.post("/c/larch/you/", {"address": address})
        asking = answer.text.split('name="asking" value="')[1].split('"')[0]
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.text.replace(asking, ""))
        return answer.status_code, sorted(answer.headers), page

    assert asked(ADA) == asked("nobody@quill.example")
    work()
    assert [to for to, _ in mailbox.letters] == [[ADA]]


def test_t27_known_and_unknown_addresses_cost_the_same(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, NAME)

    def statements(address: str) -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            browser.post("/c/larch/you/", {"address": address})
        return [re.sub(r"'[^']*'|X'[0-9A-F]*'|\b\d+\b|s\d+_x\d+", "?", one["sql"]) for one in seen.captured_queries]

    assert statements(ADA) == statements("nobody@quill.example") != []


def test_t25_no_log_line_holds_a_link_a_code_or_an_address(
    walks: str, browser: Client, mailbox: Mailbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    walker("larch", ADA, NAME, letter=LETTER)
    with caplog.at_level("DEBUG", "troth"):
        enter(browser, mailbox)
        browser.post("/c/larch/you/erase/")
        work()
        browser.post(mailbox.link())
        work()
    written = caplog.text + "".join(str(one.__dict__) for one in caplog.records if one.name.startswith("troth"))
    written += "".join(capfd.readouterr())
    for secret in (mailbox.link(0).split("/")[-2], mailbox.code(0), ADA, NAME, LETTER):
        assert secret not in written


def test_t28_a_hundred_askings_send_at_most_three_mails(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, NAME)
    statuses = {browser.post("/c/larch/you/", {"address": ADA}).status_code for _ in range(100)}
    work()
    assert statuses == {200}
    assert len(mailbox.letters) == 3


def test_t26_a_forged_host_reaches_no_mail(walks: str, browser: Client, mailbox: Mailbox, settings: Any) -> None:
    walker("larch", ADA, NAME)
    for name in ("x-forwarded-host", "x-forwarded-server", "forwarded", "x-host", "x-original-url", "referer"):
        browser.post("/c/larch/you/", {"address": ADA}, headers={name: "evil.example"})
    work()
    assert mailbox.letters
    assert all(
        "evil" not in mailbox.text(n) and settings.ORIGIN in mailbox.text(n) for n in range(len(mailbox.letters))
    )


def test_t22_typing_anothers_address_in_my_form_shows_me_nothing_of_theirs(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    walker("larch", ADA, NAME, letter=LETTER)
    mallory = walker("larch", "mallory@evil.example", "Mallory", verified=True)
    identities.attach("larch", mallory, "booking.email", ADA, verified=False)
    page = enter(browser, mailbox, "mallory@evil.example")
    assert "Mallory" in page.text
    assert LETTER not in page.text and NAME not in page.text


def test_t22_anothers_proof_of_my_address_is_not_proof_of_theirs(walks: str, browser: Client, mailbox: Mailbox) -> None:
    mallory = walker("larch", "mallory@evil.example", "Mallory", letter="my own secret", verified=True)
    identities.attach("larch", mallory, "booking.email", ADA, verified=False)
    walker("larch", ADA, NAME, letter=LETTER)
    page = enter(browser, mailbox, ADA)
    assert NAME in page.text
    assert "my own secret" not in page.text and "Mallory" not in page.text


def test_choices_hold_from_the_moment_they_are_saved(walks: str, browser: Client, mailbox: Mailbox) -> None:
    person = walker("larch", ADA, NAME)
    say("larch", person, True)
    page = enter(browser, mailbox).text
    key = page.split('type="radio" name="')[1].split('"')[0]
    page = browser.post("/c/larch/you/choices/", {key: "no"}, follow=True).text
    assert "Your choices are saved" in page
    assert key not in standing.facts("larch", person).yes


def test_a_value_is_corrected_and_the_old_one_is_gone(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, "Ada Quilfeather")
    page = enter(browser, mailbox).text
    links = [part.split('"')[0] for part in page.split('href="') if part.startswith("/c/larch/you/correct/")]
    forms = [browser.get(link.replace("&amp;", "&")).text for link in links]
    form = next(one for one in forms if "Ada Quilfeather" in one)
    hidden = {name: form.split(f'name="{name}" value="')[1].split('"')[0] for name in ("id", "is")}
    page = browser.post("/c/larch/you/correct/", hidden | {"new": NAME}, follow=True).text
    assert NAME in page and "Ada Quilfeather" not in page


def test_t57_downloads_are_attachments_that_run_nothing(walks: str, browser: Client, mailbox: Mailbox) -> None:
    walker("larch", ADA, '=HYPERLINK("http://evil.example","x")', letter="<script>alert(1)</script>")
    enter(browser, mailbox)
    for form in ("json", "html", "csv"):
        answer = browser.get(f"/c/larch/you/download/{form}/")
        assert answer["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert "<script>" not in answer.text or form != "html"
        if form == "csv":
            assert "\"'=HYPERLINK" in answer.text


def test_t21_without_a_session_every_page_leads_to_the_door(walks: str, browser: Client, mailbox: Mailbox) -> None:
    for path in ("download/json/", "erase/", "correct/", "stop/object/", "request/E-2026-0001/"):
        assert browser.get(f"/c/larch/you/{path}")["Location"] == "/c/larch/you/"


def test_an_objection_restricts_at_once(walks: str, browser: Client, mailbox: Mailbox) -> None:
    person = walker("larch", ADA, NAME)
    say("larch", person, True)
    enter(browser, mailbox)
    page = browser.post("/c/larch/you/stop/object/", {"why": "I do not like it"}, follow=True)
    facts = standing.facts("larch", person)
    assert facts.restricted and not facts.yes
    assert "We answer by" in page.text


def test_t25_t32_pages_of_a_person_name_no_referrer_are_not_kept_and_cannot_be_framed(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    walker("larch", ADA, NAME)
    browser.post("/c/larch/you/", {"address": ADA})
    work()
    for page in (browser.get(mailbox.link()), browser.post(mailbox.link()), browser.get("/c/larch/you/")):
        assert page["Referrer-Policy"] == "no-referrer" and page["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    download = browser.get("/c/larch/you/download/html/")
    assert "sandbox" in download["Content-Security-Policy"]


def test_t59_an_export_stands_nowhere_and_needs_the_session(
    walks: str, browser: Client, mailbox: Mailbox, settings: Any
) -> None:
    walker("larch", ADA, NAME, letter=LETTER)
    enter(browser, mailbox)
    browser.get("/c/larch/you/download/json/")
    everything = b"".join(path.read_bytes() for path in Path(settings.DATA).rglob("*") if path.is_file())
    assert LETTER.encode() not in everything and NAME.encode() not in everything
    with time_machine.travel(timezone.now() + identity.LIFE + dt.timedelta(seconds=1), tick=False):
        assert browser.get("/c/larch/you/download/json/")["Location"] == "/c/larch/you/"
