"""A letter claims no more than was done: what another's database deleted had no key of ours, and its copies last."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.answer.planting import Mailbox, walker
from tests.answer.test_after_erasure import ADA, enter, erase
from tests.answer.test_finding import LUIS

pytestmark = pytest.mark.django_db(transaction=True)
OURS = "the keys that could read it destroyed, and the disk overwritten."
THERE = "In shop it was deleted: whatever the disks and backups there still hold of it goes when they are written over."


def test_the_letter_says_of_an_outside_database_that_it_deleted_and_no_more(shop: Path, mailbox: Mailbox) -> None:
    browser = enter(mailbox, "larch", LUIS)
    reference = erase(browser, mailbox, "larch")
    assert f"{OURS} This is so of what we keep ourselves. {THERE}" in mailbox.text()
    assert THERE in browser.get(f"/c/larch/you/request/{reference}/").text


def test_whoever_stood_in_no_other_database_reads_of_none(shop: Path, mailbox: Mailbox) -> None:
    walker("larch", ADA, "Ada Quill")
    erase(enter(mailbox, "larch"), mailbox, "larch")
    assert OURS in mailbox.text() and "This is so of what we keep ourselves" not in mailbox.text()


def test_before_an_erasure_copies_that_no_key_of_ours_seals_are_called_unreadable_by_nobody(
    shop: Path, mailbox: Mailbox
) -> None:
    page = enter(mailbox, "larch", LUIS).get("/c/larch/you/erase/").text
    assert "backups of shop" in page and "when they are written over" in page
    assert page.count("unreadable at once, because your key is destroyed") == 1, "said of our own alone"
    walker("larch", ADA, "Ada Quill")
    assert "backups of shop" not in enter(mailbox, "larch").get("/c/larch/you/erase/").text
