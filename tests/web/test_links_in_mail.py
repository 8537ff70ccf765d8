"""What mail programs, proxies and forged headers may do with a link: nothing."""

from __future__ import annotations

import io
import logging
import re
from typing import Any

import pytest
from django.test import Client
from tests.answer.planting import walker, work
from tests.web.test_walls import FORGED
from tests.web.walking import every_row, holds

HERS = "ada@quill.example"


@pytest.fixture
def person(larch: str, mailbox: Any) -> int:
    return walker(larch, HERS, "Ada")


def links(mailbox: Any) -> list[str]:
    """Every path of our own in every mail that was sent."""
    texts = [mailbox.text(number) for number in range(len(mailbox.letters))]
    return [path for text in texts for path in re.findall(r"https?://[^/\s]+(/\S*/)", text)]


def every_mail(browser: Client, mailbox: Any) -> list[str]:
    """Come in, ask to be erased, confirm it: the last link of each mail, none of them used but those before it."""
    from troth.answer import limits

    browser.post("/c/larch/you/", {"address": HERS})
    work()
    browser.post(mailbox.link())
    limits.clear()
    browser.post("/c/larch/you/erase/")
    work()
    limits.clear()
    Client(headers={"host": "127.0.0.1:8000"}).post("/c/larch/you/", {"address": HERS})
    work()
    return links(mailbox)


def test_t24_get_and_head_on_every_link_of_every_mail_change_nothing(person, visitor, mailbox):
    found = every_mail(visitor, mailbox)
    assert len({path for path in found if "/link/" in path}) >= 3
    stranger = Client(headers={"host": "127.0.0.1:8000"})
    before = every_row()
    for path in found:
        for _ in range(5):
            assert stranger.get(path).status_code in (200, 410), path
            stranger.head(path)
    assert every_row() == before
    assert stranger.post(mailbox.link()).status_code == 302, "and the link is still good"


def test_t24_get_and_head_on_a_link_for_staff_change_nothing(larch, at_desk):
    from troth.parties import staff

    token = staff.add("one@larch.example", larch, "privacy desk")
    before = every_row()
    for _ in range(5):
        assert at_desk.get(f"/desk/enter/{token}/").status_code == 200
        at_desk.head(f"/desk/enter/{token}/")
    assert every_row() == before
    assert at_desk.post(f"/desk/enter/{token}/").status_code == 302


def test_t25_a_token_stands_in_no_table_no_log_and_no_later_address(person, visitor, mailbox):
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    logging.getLogger("troth").addHandler(handler)
    try:
        visitor.post("/c/larch/you/", {"address": HERS})
        work()
        token = mailbox.link().split("/")[-2]
        page = visitor.get(mailbox.link())
        answer = visitor.post(mailbox.link())
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger("troth").removeHandler(handler)
    assert len(token) >= 22, "128 bits or more"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Location"] == "/c/larch/you/"
    assert token not in said.getvalue()
    assert holds(token) == []


def test_t25_a_link_ends_after_its_use_and_after_half_an_hour(person, visitor, mailbox, time_machine):
    import datetime as dt

    from django.utils import timezone

    visitor.post("/c/larch/you/", {"address": HERS})
    work()
    first = mailbox.link()
    assert visitor.post(first).status_code == 302
    assert visitor.post(first).status_code == 410
    visitor.post("/c/larch/you/", {"address": HERS})
    work()
    assert mailbox.link() != first
    time_machine.move_to(timezone.now() + dt.timedelta(minutes=31), tick=False)
    assert visitor.post(mailbox.link()).status_code == 410


HEADERS = [
    *({"x-forwarded-host": "evil.example"}, {"x-forwarded-server": "evil.example"}, {"x-host": "evil.example"}),
    *({"forwarded": "host=evil.example"}, {"x-original-host": "evil.example"}, {"x-rewrite-url": "//evil.example"}),
    *({"x-forwarded-proto": "https", "x-forwarded-port": "666"}, {"origin": "http://evil.example"}),
    *({"referer": "http://evil.example/"}, {"x-forwarded-prefix": "//evil.example"}),
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda one: next(iter(one)))
def test_t26_a_forged_header_changes_no_link_in_a_mail(person, visitor, mailbox, headers):
    visitor.post("/c/larch/you/", {"address": HERS}, headers=headers)
    work()
    assert "evil" not in mailbox.text()
    assert "http://127.0.0.1:8000/c/larch/you/link/" in mailbox.text()


@pytest.mark.parametrize("headers", FORGED, ids=lambda one: one["host"] or "empty")
def test_t26_under_a_forged_host_nothing_is_asked_and_nothing_sent(person, mailbox, headers):
    before = every_row()
    assert Client(headers=headers).post("/c/larch/you/", {"address": HERS}).status_code == 400
    work()
    assert every_row() == before
    assert mailbox.letters == []
