"""While an erasure goes on, its receipt claims nothing that is not known yet."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.answer.planting import Mailbox, walker, work

from troth.answer import limits

pytestmark = pytest.mark.django_db(transaction=True)
ADA, PAGE = "ada@quill.example", "/c/larch/you/"


def test_a_receipt_that_is_not_finished_does_not_say_that_nothing_was_kept(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    walker("larch", ADA, "Ada")
    limits.clear()
    browser.post(PAGE, {"address": ADA})
    work()
    browser.post(mailbox.link(), follow=True)
    browser.post(PAGE + "erase/")
    work()
    shown = browser.post(mailbox.link(), follow=True)
    assert "not finished" in shown.text
    assert "Not known yet: it is not finished." in shown.text and "<p>Nothing.</p>" not in shown.text
    work()
    assert "Not known yet" not in browser.get(shown.redirect_chain[-1][0]).text
