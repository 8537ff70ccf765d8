"""Whoever has a mailbox of their own and knows somebody's name, address and customer number, types all of it into a
form and asks for what is held: nothing of the other is shown, and nothing of theirs goes to the other (T21, T22)."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.answer.fixtures import empty_database, mailbox, on_disk
from tests.answer.houses import LARCH, SHOP, published
from tests.answer.planting import Mailbox, walker, work

from troth.answer import limits
from troth.people import identities

__all__ = ["empty_database", "mailbox", "on_disk"]
pytestmark = pytest.mark.django_db(transaction=True)
LUIS, EVE = "luisg@embraer.com.br", "eve@quill.example"
NUMBERED = (
    "  booking.number: {is: customer number, identifies: person}\n  shop.name: name\n  shop.total: purchase\n"
    "  troth.choices: choice\n"
)
SWAPS = (
    ("  troth.choices: choice\n", NUMBERED),
    ("needs: [booking.name, booking.email, ", "needs: [booking.number, booking.name, booking.email, "),
    ("  letters:", "  till: {by: service, of: walker, may: shop.*}\n  letters:"),
    ("at least 6 years by", "at least 6 years after walk is over by"),  # nobody knows when a row of the shop came
    ("  letter.*:", "  shop.*: 12 months after walk is over\n  letter.*:"),
    ('data: "booking.*", staff', 'data: ["booking.*", "shop.*"], staff'),
    ("papers:\n", SHOP.replace("holds: shop.*", "holds: [shop.*, booking.number]")
     .replace("person by: Email", "person by: CustomerId").replace("Email: shop.email", "CustomerId: booking.number")
     + "papers:\n"),
)  # fmt: skip


@pytest.fixture
def numbered(on_disk: Path, tmp_path: Path, settings: Any) -> Path:
    """Larch with a shop that knows its customers by a number, which a form asks for."""
    text = LARCH
    for old, new in SWAPS:
        assert old in text, old
        text = text.replace(old, new, 1)
    file = Path(shutil.copy(Path(__file__).parents[2] / "samples" / "chinook.sqlite", tmp_path / "shop.sqlite"))
    settings.PLACES_FILE.write_text(f'[larch]\nshop = "sqlite:///{file}"\n')
    published("larch", text, tmp_path)
    return file


def book(browser: Client, **typed: str) -> None:
    page = browser.get("/c/larch/form/booking/").text
    once = re.findall(r'name="once" value="([^"]+)"', page)[0]
    fields = {f"booking.{name}": value for name, value in typed.items()} | {"once": once, "booking.walk": "Mendip"}
    assert browser.post("/c/larch/form/booking/", fields).status_code == 302


def everything(browser: Client, mailbox: Mailbox, address: str) -> str:
    """What the page and each form of the file show to whoever reads this mailbox."""
    limits.clear()
    browser.post("/c/larch/you/", {"address": address})
    work()
    assert mailbox.letters[-1][0] == [address]
    said = browser.post(mailbox.link(), follow=True).text
    return said + "".join(browser.get(f"/c/larch/you/download/{form}/").text for form in ("json", "html", "csv"))


def test_t21_a_name_an_address_and_a_number_that_somebody_typed_open_nothing_of_whose_they_are(
    numbered: Path, mailbox: Mailbox
) -> None:
    luis = walker("larch", LUIS, "Luís Gonçalves", letter="a red glove of Luís")
    identities.attach("larch", luis, "booking.number", "1", verified=True)
    eve, owner = (Client(headers={"host": "127.0.0.1:8000"}) for _ in range(2))
    book(eve, name="Luís Gonçalves", email=EVE, number="1")
    book(eve, name="Luís Gonçalves", email=LUIS, number="1")  # and in Luís's name altogether
    work()
    said = everything(eve, mailbox, EVE)
    assert "Luís Gonçalves" in said, "what Eve typed herself she is shown"
    for mark in ("a red glove", "embraer", "Gonçalves, Luís", "3.98", "Invoice"):
        assert mark not in said, mark
    said = everything(owner, mailbox, LUIS)
    assert "a red glove" in said and "Invoice" in said, "the house works, so it would have been seen"
    assert EVE not in said, "and nothing of Eve's went to him"
    with sqlite3.connect(numbered) as shop:
        (name,) = shop.execute("SELECT FirstName FROM Customer WHERE CustomerId = 1").fetchone()
    shop.close()
    assert name == "Luís"
