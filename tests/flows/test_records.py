"""What stands in one record of a place is read together: a sum without its invoice says nothing to its person."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from pathlib import Path

import pytest
from django.test import Client
from tests.answer.planting import Mailbox, come_in

from troth.parties import editions

pytestmark = pytest.mark.django_db(transaction=True)
LUIS = "luisg@embraer.com.br"
STOOD = (
    'shop.total: "12 months after walk is over, at least 6 years after walk is over by \\"Companies Act 2006 s388\\""'
)
SIX = '"6 years after sold, at least 6 years after sold by \\"Companies Act 2006 s388\\""'


@pytest.fixture
def sold(shop: Path, tmp_path: Path) -> Path:
    """The shop says when it sold, and to which town."""
    file, text = tmp_path / "larch.yaml", (tmp_path / "larch.yaml").read_text()
    for old, new in (
        (
            "  walk is over: {known from: desk}",
            "  walk is over: {known from: desk}\n  sold: {known from: shop.Invoice.InvoiceDate}",
        ),
        (
            "  shop.total: purchase\n",
            "  shop.town: {is: town, label: town of the sale}\n  shop.total: {is: purchase, label: sum of the sale}\n",
        ),
        ("columns: {Total: shop.total}", "columns: {BillingCity: shop.town, Total: shop.total}"),
        (STOOD, f"shop.total: {SIX}\n  shop.town: {SIX}"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text)
    editions.publish("larch", file, replaces=editions.in_force("larch").source_hash, by="")
    return shop


def change(shop: Path, statement: str) -> None:
    db = sqlite3.connect(shop)
    db.execute(statement)
    db.commit()
    db.close()


def test_each_sale_is_one_row_with_its_day_its_town_and_its_sum(sold: Path, browser: Client, mailbox: Mailbox) -> None:
    change(sold, "UPDATE Invoice SET BillingCity = 'Recife' WHERE InvoiceId = 121")
    page = come_in(browser, mailbox, LUIS)
    rows = [one for one in re.findall(r'<tr role="row">.*?</tr>', page, re.DOTALL) if "Shop, Invoice" in one]
    assert len(rows) == 7
    assert all("Town of the sale" in one and "Sum of the sale" in one for one in rows)
    there = [one for one in rows if "Recife" in one]
    assert len(there) == 1 and "3.96" in there[0]
    assert [one.count(">Correct<") for one in rows] == [2] * 7
    customer = [one for one in re.findall(r'<tr role="row">.*?</tr>', page, re.DOTALL) if "Shop, Customer" in one]
    assert [one.count("<div>") for one in customer] == [1] * 3  # the one record of its table is read value by value


def test_who_corrects_one_of_several_records_reads_that_the_others_are_corrected_with_it(
    sold: Path, browser: Client, mailbox: Mailbox
) -> None:
    """GDPR Art 5(1)(d): what is wrong stands nowhere any more, and nobody is surprised by it."""
    also = "Where another record says the same of you, it is changed there, too."
    page = come_in(browser, mailbox, LUIS)
    links = [one.replace("&amp;", "&") for one in re.findall(r'href="([^"]*/correct/[^"]*)"', page)]
    town = next(one for one in links if "BillingCity" in one)
    assert also in browser.get(town).text
    assert also not in browser.get(next(one for one in links if "Customer.FirstName" in one)).text
    said = {"id": "shop|Invoice.BillingCity", "is": "São José dos Campos", "new": "Recife"}
    assert "The value is corrected." in browser.post(town.split("?")[0], said, follow=True).text
    assert browser.get("/c/larch/you/").text.count("Recife") == 7


def test_the_day_from_which_a_period_counts_stands_beside_each_sale(
    sold: Path, browser: Client, mailbox: Mailbox
) -> None:
    change(sold, "UPDATE Invoice SET InvoiceDate = '2023-07-04' WHERE InvoiceId = 121")
    page = come_in(browser, mailbox, LUIS)
    row = next(one for one in re.findall(r'<tr role="row">.*?</tr>', page, re.DOTALL) if "4 July 2023" in one)
    assert "3.96" in row and "after it is sold" in row


def test_files_tell_which_values_stand_in_one_record(sold: Path, browser: Client, mailbox: Mailbox) -> None:
    change(sold, "UPDATE Invoice SET BillingCity = 'Recife' WHERE InvoiceId = 121")
    come_in(browser, mailbox, LUIS)
    held = json.loads(browser.get("/c/larch/you/download/json/").text)["held"]
    number = next(one["record"] for one in held if one["value"] == "Recife")
    assert {one["value"] for one in held if one.get("record") == number} == {"Recife", "3.96"}
    assert not any("record" in one for one in held if one["source"] == "shop, Customer")
    sheet = list(csv.DictReader(io.StringIO(browser.get("/c/larch/you/download/csv/").text)))
    assert {one["value"] for one in sheet if one["record"] == str(number)} == {"Recife", "3.96"}


def test_a_day_that_nobody_can_read_keeps_no_sale_from_its_person(
    sold: Path, browser: Client, mailbox: Mailbox
) -> None:
    """UK GDPR Art 15: that the sweep cannot tell when it is due is another matter."""
    change(sold, "UPDATE Invoice SET InvoiceDate = 'in spring' WHERE InvoiceId = 121")
    page = come_in(browser, mailbox, LUIS)
    assert "3.96" in page and "has not answered" not in page
