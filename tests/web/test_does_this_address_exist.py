"""An address that we know and one that we do not are told apart by nothing that anybody outside could see."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.answer.planting import walker, work
from tests.web.walking import bare

PAIRS = int(os.environ.get("TROTH_SOAK", "25"))


@pytest.fixture
def people(larch: str, mailbox: Any) -> int:
    for number in range(PAIRS):
        walker(larch, f"known{number:04}@post.example", "Known")
    return PAIRS


def seen(send: Any) -> tuple[Any, ...]:
    """Status, headers but for the cookie's value, page, and how many statements it took."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = send()
    headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
    cookies = {name: (len(one.value), one["path"], one["max-age"]) for name, one in answer.cookies.items()}
    words = [query["sql"].split("'")[0][:60] for query in captured]
    return answer.status_code, headers, cookies, bare(answer.content), len(answer.content), len(words)


def test_t27_asking_for_a_page_is_alike_for_known_and_unknown(people, mailbox):
    from troth.answer import limits

    for number in range(people):
        limits.clear()
        pair = [
            seen(lambda who=who: Client(headers={"host": "127.0.0.1:8000"}).post("/c/larch/you/", {"address": who}))
            for who in (f"known{number:04}@post.example", f"never{number:04}@post.example")
        ]
        assert pair[0] == pair[1], number


def test_t27_the_limit_is_reached_alike_and_says_nothing(people, mailbox):
    for _ in range(6):
        pair = [
            seen(lambda who=who: Client(headers={"host": "127.0.0.1:8000"}).post("/c/larch/you/", {"address": who}))
            for who in ("known0000@post.example", "never0000@post.example")
        ]
        assert pair[0] == pair[1]


def test_t27_a_wrong_code_is_alike_for_known_and_unknown(people, mailbox):
    import re

    pages = []
    for who in ("known0000@post.example", "never0000@post.example"):
        browser = Client(headers={"host": "127.0.0.1:8000"})
        asking = re.search(rb'value="([0-9a-f]{32})"', browser.post("/c/larch/you/", {"address": who}).content)[1]
        work()
        fields = {"asking": asking.decode(), "code": "000000", "purpose": "see"}
        answers = [browser.post("/c/larch/you/code/", fields) for _ in range(7)]
        pages.append([(one.status_code, bare(one.content)) for one in answers])
    assert pages[0] == pages[1]


def test_t27_the_desk_says_the_same_to_staff_and_strangers(officer, larch):
    from troth.web import entering

    entering._asked.clear()
    answers = [
        seen(lambda who=who: Client(headers={"host": "localhost:8000"}).post("/desk/enter/", {"address": who}))
        for who in ("officer@larch.example", "nobody@larch.example")
    ]
    assert answers[0] == answers[1]


def test_t28_a_hundred_askings_send_three_mails_and_are_answered_alike(people, mailbox):
    pages = set()
    for _ in range(100):
        browser = Client(headers={"host": "127.0.0.1:8000"})
        answer = browser.post("/c/larch/you/", {"address": "known0000@post.example"})
        pages.add((answer.status_code, bare(answer.content)))
    work()
    assert len(pages) == 1
    assert 1 <= len(mailbox.letters) <= 3


def test_t28_six_wrong_codes_end_the_code(people, mailbox):
    import re

    browser = Client(headers={"host": "127.0.0.1:8000"})
    page = browser.post("/c/larch/you/", {"address": "known0000@post.example"})
    asking = re.search(rb'value="([0-9a-f]{32})"', page.content)[1].decode()
    work()
    right = mailbox.code()
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for _ in range(6):
        assert browser.post("/c/larch/you/code/", {"asking": asking, "code": wrong}).status_code == 422
    assert browser.post("/c/larch/you/code/", {"asking": asking, "code": right}).status_code == 422


def test_t28_nothing_that_a_stranger_typed_stands_in_the_mail(people, mailbox):
    browser = Client(headers={"host": "127.0.0.1:8000"})
    fields = {"address": "known0000@post.example", "purpose": "win-a-prize.example", "name": "win-a-prize.example"}
    browser.post("/c/larch/you/?next=win-a-prize.example", fields, headers={"user-agent": "win-a-prize.example"})
    work()
    assert "win-a-prize" not in mailbox.letters[0][1].as_string()
