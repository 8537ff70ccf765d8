"""Asking, looking, correcting, taking away and erasing leave no trace of the person in any file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.answer.planting import Mailbox, say, walker, work
from tests.scanner import opener, scanner

from troth.people import vault

pytestmark = pytest.mark.django_db(transaction=True)
ADA, NAME, LETTER = "ada.quillfeather@post.example", "Ada Quillfeather", "I lost a red glove"


@pytest.mark.parametrize("objects", [False, True])
def test_the_whole_way_leaves_nothing_but_the_marks_that_the_letter_names(
    objects: bool, plain: str, browser: Client, mailbox: Mailbox, settings: Any, tmp_path: Path
) -> None:
    data, page = Path(settings.DATA), f"/c/{plain}/you/"
    person = walker(plain, ADA, NAME, letter=LETTER)
    say(plain, person, True)
    notes = scanner.note(data, plain, person, [ADA, NAME, LETTER])
    copies: list[dict[str, str]] = []

    browser.post(page, {"address": ADA})
    work()
    browser.post(mailbox.link(), follow=True)
    browser.get(page + "download/json/")
    if objects:
        browser.post(page + "stop/object/", {"why": "Ada Quillfeather does not like it"})
    copies.append(scanner.note(data, plain, person, []))
    browser.post(page + "erase/")
    work()
    browser.post(mailbox.link())
    copies.append(scanner.note(data, plain, person, []))
    work()

    for seen in (notes, *copies):
        left = {name.rpartition(" ")[0] for name in scanner.look(seen, data)}
        assert left <= ({"blind index"} if objects else set()), "a no keeps the keyed mark of the address, and says so"
    said = " ".join(mailbox.text().split()).lower()
    assert ("so that we never write to you again" in said) is objects
    assert "so that we can tell you of what stays when you ask" in said, "by a mark that is no index"
    assert mailbox.text().count("Receipt E-") == 1
    vault.close()
    master = bytes.fromhex(Path(settings.KEY_FILE).read_text().strip())
    assert [who for who, _, _ in opener.opened(master, plain, data) if who == str(person)] == []
    everything = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    for token in (mailbox.link(0).split("/")[-2], mailbox.code(0)):
        assert token.encode() not in everything
