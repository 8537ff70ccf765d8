"""A flood of requests by one person costs one answer, and keeps nobody else from theirs."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client
from tests.answer.planting import Mailbox, walker, work

from troth.answer import access, amend, erase, exporting, identity, limits, requests
from troth.ledger.models import Entry
from troth.web import desk
from troth.work import queue

pytestmark = pytest.mark.django_db(transaction=True)
ADA, EVE, PAGE = "ada@quill.example", "eve@quill.example", "/c/larch/you/"
MANY, SOME = 1000, 60


def enter(mailbox: Mailbox, address: str) -> Client:
    browser = Client(headers={"host": "127.0.0.1:8000"})
    limits.clear()
    browser.post(PAGE, {"address": address})
    work()
    browser.post(mailbox.link(), follow=True)
    return browser


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every package that was really built."""
    built, real = [], exporting.as_html

    def counted(found: access.Answer) -> str:
        built.append(found.client)
        return real(found)

    monkeypatch.setattr(exporting, "as_html", counted)
    return built


def test_t30_a_thousand_requests_by_one_person_build_one_package_and_nobody_else_waits(
    walks: str, mailbox: Mailbox, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    walker(walks, ADA, "Ada")
    walker(walks, EVE, "Eve")
    ada, eve = enter(mailbox, ADA), enter(mailbox, EVE)
    limits.clear()
    with monkeypatch.context() as at_once:  # a busy machine takes longer than it takes until the file may be had again
        now = time.monotonic()
        at_once.setattr(limits.time, "monotonic", lambda: now)
        answers = [ada.get(PAGE + "download/html/") for _ in range(MANY)]
    assert [one.status_code for one in answers].count(200) == 1 and len(made) == 1
    refused = answers[-1]
    assert refused.status_code == 429 and "a moment ago" in refused.text and int(refused["Retry-After"]) > 0
    assert ada.get(PAGE + "download/json/").status_code == 200, "another form is another package"
    assert eve.get(PAGE + "download/html/").status_code == 200, "another person waits for nobody"
    before = len(mailbox.letters)
    work()
    assert len(mailbox.letters) - before == 2, "who has both is told once, and not a thousand times"


def test_t30_asking_only_for_the_head_of_a_file_asks_no_place_and_tells_nobody(
    walks: str, mailbox: Mailbox, made: list[str]
) -> None:
    walker(walks, ADA, "Ada")
    ada = enter(mailbox, ADA)
    before, letters = Entry.objects.count(), len(mailbox.letters)
    for form in ("html", "receipts"):
        answer = ada.head(PAGE + f"download/{form}/")
        assert answer.status_code == 200 and answer["Content-Disposition"].startswith("attachment")
    work()
    assert (Entry.objects.count(), len(mailbox.letters), made) == (before, letters, [])
    assert ada.get(PAGE + "download/html/").status_code == 200 and len(made) == 1


def test_t30_many_objections_are_one_request_and_the_desk_shows_one(
    walks: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    walker(walks, ADA, "Ada")
    ada = enter(mailbox, ADA)
    for number in range(SOME):
        ada.post(PAGE + "stop/object/", {"why": f"No, for the {number}th time."})
    (one,) = requests.of_client(walks)
    assert requests.detail(walks, one.reference)["why"] == f"No, for the {SOME - 1}th time."
    assert queue.depth() < 10
    groups = desk._groups([desk.Client(walks, "Larch", desk.editions.in_force(walks).plan)], one.opened)
    assert sum(len(group.rows) for group in groups) == 1


def test_t30_an_export_that_was_taken_can_be_taken_again_a_little_later(
    walks: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    walker(walks, ADA, "Ada")
    ada = enter(mailbox, ADA)
    clock = [1000.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
    said: list[Any] = []
    for later in (0.0, 29.0, 2.0):
        clock[0] += later
        said.append(ada.get(PAGE + "download/csv/").status_code)
    assert said == [200, 429, 200]


def test_who_sent_some_forms_can_still_ask_for_their_page_and_no_mailbox_is_flooded(
    walks: str, mailbox: Mailbox
) -> None:
    limits.clear()
    for _ in range(5):
        identity.confirm_address(walks, walker(walks, ADA, "Ada", verified=False), "booking")
    work()
    assert len(mailbox.letters) == limits.PER_ADDRESS
    browser = Client(headers={"host": "127.0.0.1:8000"})
    assert "At most three go to one address" in browser.post(PAGE, {"address": ADA}, follow=True).text
    work()
    assert len(mailbox.letters) == limits.PER_ADDRESS + 1


def test_t30_a_button_pressed_again_and_again_in_an_open_session_fills_nobodys_mailbox(
    walks: str, mailbox: Mailbox
) -> None:
    ada = walker(walks, ADA, "Ada")
    visitor = identity.Visitor(client=walks, person=ada, persons=frozenset({ada}))
    lines = access.gather(walks, ada, visitor.persons).lines
    line = next(one for one in lines if one.field == "booking.email" and one.can_correct)
    for press in (
        lambda: erase.want(walks, ada, visitor.persons),
        lambda: amend.change_address(walks, visitor, line, "new@quill.example"),
    ):
        limits.clear()
        before = len(mailbox.letters)
        for _ in range(8):
            press()
            work()
        notes = [number for number in range(before, len(mailbox.letters)) if "/you/link/" not in mailbox.text(number)]
        assert len(mailbox.letters) - before == limits.PER_ADDRESS + len(notes) and len(notes) == 1


@pytest.mark.parametrize(
    ("line", "elsewhere"),
    [("2001:db8:7:{n}::{n}", "2001:db8:8::1"), ("::ffff:192.0.2.7", "192.0.2.8"), ("192.0.2.7", "192.0.2.8")],
)
def test_t30_whoever_has_a_line_with_many_addresses_uses_up_what_one_line_may_ask_and_nobody_elses(
    walks: str, mailbox: Mailbox, line: str, elsewhere: str
) -> None:
    limits.clear()
    for number in range(limits.PER_NETWORK + 5):
        walker(walks, f"w{number}@quill.example", "W")
        browser = Client(headers={"host": "127.0.0.1:8000"}, REMOTE_ADDR=line.format(n=f"{number:x}"))
        browser.post(PAGE, {"address": f"w{number}@quill.example"})
        work()
    assert len(mailbox.letters) == limits.PER_NETWORK
    Client(headers={"host": "127.0.0.1:8000"}, REMOTE_ADDR=elsewhere).post(PAGE, {"address": "w34@quill.example"})
    work()
    assert len(mailbox.letters) == limits.PER_NETWORK + 1
