"""The shop of the flows in a real PostgreSQL: its customer sees, corrects and erases; nights and proofs reach it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.answer.planting import Mailbox, come_in, work
from tests.postgres import Server, postgres, run

from troth import cli
from troth.answer import requests
from troth.parties import editions, staff
from troth.prove import report

__all__ = ["postgres"]
pytestmark = pytest.mark.django_db(transaction=True)
LUIS = "luisg@embraer.com.br"


@pytest.fixture
def database(shop: Path, postgres: Server, settings: Any) -> str:
    address = postgres.copy()
    settings.PLACES_FILE.write_text(f'[larch]\nshop = "{address}"\n')
    return address


def look(database: str, column: str) -> Any:
    return run(database, f'SELECT "{column}" FROM "Customer" WHERE "CustomerId" = 1')[0][0]


def test_its_customer_sees_and_erases_what_it_holds(database: str, browser: Client, mailbox: Mailbox) -> None:
    page = come_in(browser, mailbox, LUIS)
    assert "Luís" in page and "Gonçalves" in page and page.count("Shop, Invoice") == 7
    browser.post("/c/larch/you/erase/")
    work()
    browser.post(mailbox.link())
    work()
    assert (look(database, "Email"), look(database, "FirstName")) == ("", "")
    assert run(database, 'SELECT count(*) FROM "Invoice" WHERE "CustomerId" = 1') == [(7,)]
    letter = mailbox.text()
    assert "Companies Act 2006 s388" in letter and "Shop: " in letter


def test_its_customer_corrects_a_name(database: str, browser: Client, mailbox: Mailbox) -> None:
    come_in(browser, mailbox, LUIS)
    held = json.loads(browser.get("/c/larch/you/download/json/").text)["held"]
    assert "Luís" in {one["value"] for one in held}
    page = browser.get("/c/larch/you/").text
    link = page.split("Luís", 1)[1].split('href="', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    assert "Luís" in browser.get(link).text
    told = browser.post(link.split("?")[0], {"id": "shop|Customer.FirstName", "is": "Luís", "new": "Luis"}, follow=True)
    assert "The value is corrected." in told.text
    assert look(database, "FirstName") == "Luis"


def test_what_a_column_does_not_take_waits_for_a_hand_and_is_said(
    database: str, browser: Client, mailbox: Mailbox
) -> None:
    run(database, """ALTER TABLE "Customer" ADD CHECK ("FirstName" <> 'Luis') NOT VALID""")
    come_in(browser, mailbox, LUIS)
    wanted = {"id": "shop|Customer.FirstName", "is": "Luís", "new": "Luis"}
    told = browser.post("/c/larch/you/correct/", wanted, follow=True)
    assert "or does not take what you wrote" in told.text
    assert look(database, "FirstName") == "Luís"
    assert [one.right for one in requests.of_client("larch")] == ["rectify"]


def test_staff_answer_by_command_and_a_server_that_is_away_has_not_answered(
    database: str, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    staff.add("officer@larch.example", "larch", "officer")
    words = ["answer", "access", "--client", "larch", "--identity", f"email={LUIS}", "--by", "officer@larch.example"]
    words += ["--because", "showed a passport", "--json"]
    assert cli.main(words) == 0
    assert {"Luís", "Gonçalves"} <= {one["value"] for one in json.loads(capsys.readouterr().out)["held"]}
    settings.PLACES_FILE.write_text(f'[larch]\nshop = "{database}_gone"\n')
    assert cli.main(words) == 3
    assert json.loads(capsys.readouterr().out)["not_answered"] == ["shop"]


def test_what_is_due_goes_at_night_and_the_proof_looks_there(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, text = tmp_path / "larch.yaml", (tmp_path / "larch.yaml").read_text()
    old = "walk is over, at least 6 years after walk is over by"
    text = text.replace(
        "walk is over: {known from: desk}",
        "walk is over: {known from: desk}\n  sold: {known from: shop.Invoice.InvoiceDate}",
    )
    text = text.replace(
        f'shop.total: "12 months after {old}', 'shop.total: "6 years after sold, at least 6 years after sold by'
    )
    file.write_text(text)
    editions.publish("larch", file, replaces=editions.in_force("larch").source_hash, by="")
    run(database, """UPDATE "Invoice" SET "InvoiceDate" = '2009-01-01' WHERE "InvoiceId" IN (98, 121)""")
    assert proved()["keep/shop.total"] == "broken"
    assert cli.main(["sweep", "--client", "larch", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sweeps"][0]["counts"] == {"shop, shop.total": 2}
    assert run(database, 'SELECT "Total" FROM "Invoice" WHERE "InvoiceId" IN (98, 121)') == [(0,)] * 2
    assert proved()["keep/shop.total"] == "kept"


def proved() -> dict[str, str]:
    return {one.promise: one.state for one in report.run("larch").findings}
