"""A house with a cupboard that no program can ask, and somebody on their own page."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import Mailbox, walker, work

ADA, YOU = "ada@quill.example", "/c/larch/you/"
HAND = '  cupboard: {kind: by hand, holds: "booking.*", in: GB}\n'


@pytest.fixture
def larch(on_disk: Path, tmp_path: Path) -> str:
    return published("larch", LARCH.replace(LAW, "").replace("papers:\n", HAND + "papers:\n", 1), tmp_path)


@pytest.fixture
def ada(larch: str) -> int:
    return walker(larch, ADA, "Ada")


@pytest.fixture
def here(ada: int, browser: Client, mailbox: Mailbox) -> Client:
    browser.post(YOU, {"address": ADA})
    work()
    browser.post(mailbox.link(), follow=True)
    return browser
