"""Somebody whom only the shop knows, and a shop that is away."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.answer.planting import Mailbox, walker, work

from troth import cli
from troth.answer import requests
from troth.keep import erasure
from troth.parties import staff
from troth.work import queue

pytestmark = pytest.mark.django_db(transaction=True)
LUIS = "luisg@embraer.com.br"


def look(file: Path, statement: str) -> Any:
    db = sqlite3.connect(file)
    try:
        return db.execute(statement).fetchone()
    finally:
        db.close()


def test_a_customer_of_the_shop_sees_and_erases_what_the_shop_holds(
    shop: Path, browser: Client, mailbox: Mailbox
) -> None:
    browser.post("/c/larch/you/", {"address": LUIS})
    work()
    page = browser.post(mailbox.link(), follow=True).text
    assert "Luís" in page and "Gonçalves" in page and "Shop, Invoice" in page
    browser.post("/c/larch/you/erase/")
    work()
    browser.post(mailbox.link())
    work()
    assert look(shop, "SELECT Email, FirstName FROM Customer WHERE CustomerId = 1") == ("", "")
    assert look(shop, "SELECT count(*) FROM Invoice WHERE CustomerId = 1") == (7,)
    letter = mailbox.text()
    assert "Companies Act 2006 s388" in letter and "Shop: " in letter
    assert "overwritten" in letter


def test_a_shop_that_is_away_has_not_answered_and_is_asked_again(shop: Path, browser: Client, mailbox: Mailbox) -> None:
    person = walker("larch", LUIS, "Luís", letter="a red glove")
    away = shop.rename(shop.with_suffix(".away"))
    browser.post("/c/larch/you/", {"address": LUIS})
    work()
    page = browser.post(mailbox.link(), follow=True).text
    assert "Shop has not answered yet" in page and "not known yet" in page
    asked = requests.open_request("larch", person, "erase")
    number = erasure.erase("larch", person, asked.reference)
    assert erasure.run(number) is False
    progress = erasure.progress("larch", asked.reference)
    assert progress is not None and progress.open_places == ["shop"]
    assert requests.find("larch", asked.reference).state == "open"  # type: ignore[union-attr]

    away.rename(shop)
    assert erasure.run(number)
    assert look(shop, "SELECT Email FROM Customer WHERE CustomerId = 1") == ("",)
    assert requests.find("larch", asked.reference).state == "closed"  # type: ignore[union-attr]


def test_the_command_answers_with_status_3_while_a_place_is_away(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    staff.add("officer@larch.example", "larch", "officer")
    words = ["answer", "access", "--client", "larch", "--identity", f"email={LUIS}", "--by", "officer@larch.example"]
    words += ["--because", "came in person with a passport", "--json", "--out", str(tmp_path / "out")]
    assert cli.main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert {"Luís", "Gonçalves"} <= {line["value"] for line in said["held"]}
    assert next((tmp_path / "out").glob("*-answer.html")).read_text().count("<tr>") > 7

    away = shop.rename(shop.with_suffix(".away"))
    words[1] = "erase"
    assert cli.main(words) == 3
    assert json.loads(capsys.readouterr().out)["not_answered"] == ["shop"]
    away.rename(shop)


def test_the_command_erases_and_leaves_a_letter(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    staff.add("officer@larch.example", "larch", "officer")
    walker("larch", "ada@quill.example", "Ada", letter="a red glove")
    words = ["answer", "erase", "--client", "larch", "--identity", "booking.email=ada@quill.example"]
    words += ["--by", "officer@larch.example", "--because", "telephoned back", "--json", "--out", str(tmp_path / "out")]
    assert cli.main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["state"] == "overwritten" and said["kept"]
    assert "We have erased" in next((tmp_path / "out").glob("*-letter.txt")).read_text()
    everything = b"".join(path.read_bytes() for path in Path(settings.DATA).rglob("*") if path.is_file())
    assert b"telephoned back" not in everything


def test_nobody_and_a_stranger_are_told_apart_from_staff_without_a_role(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "answer",
        "access",
        "--client",
        "larch",
        "--identity",
        "email=nobody@x.example",
        "--because",
        "x",
        "--json",
    ]
    assert cli.main([*words, "--by", "stranger@larch.example"]) == 1
    assert json.loads(capsys.readouterr().out)["trouble"]["code"] == "no-staff"
    staff.add("officer@larch.example", "larch", "officer")
    assert cli.main([*words, "--by", "officer@larch.example"]) == 1
    assert json.loads(capsys.readouterr().out)["trouble"]["code"] == "nobody-found"


def test_beside_a_server_a_command_has_what_was_silent_asked_at_once_and_not_when_its_turn_comes(
    shop: Path, data_folder: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    staff.add("officer@larch.example", "larch", "officer")
    walker("larch", LUIS, "Luís")
    monkeypatch.setattr("troth.keep.serving.time.sleep", lambda seconds: queue.run_due())
    by = ["--client", "larch", "--by", "officer@larch.example", "--json"]
    with (data_folder / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        away = shop.rename(shop.with_suffix(".away"))
        assert cli.main(["answer", "erase", "--identity", f"email={LUIS}", "--because", "seen", *by]) == 3
        reference = json.loads(capsys.readouterr().out)["reference"]
        assert cli.main(["answer", "erase", "--request", reference, *by]) == 3
        assert json.loads(capsys.readouterr().out)["not_answered"] == ["shop"]
        away.rename(shop)
        assert cli.main(["answer", "erase", "--request", reference, *by]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "overwritten"
    assert look(shop, "SELECT Email FROM Customer WHERE CustomerId = 1") == ("",)
