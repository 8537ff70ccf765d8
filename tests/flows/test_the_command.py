"""``troth answer`` under attack: whoever asks in the wrong house, twice, on a full disk, or with a value that bites."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests.answer.planting import Mailbox, walker, work

from troth import cli
from troth.answer import requests
from troth.answer.models import RequestRow
from troth.keep import disk, erasure
from troth.parties import staff, tenancy
from troth.people import identities, store, vault

pytestmark = pytest.mark.django_db(transaction=True)
ADA, EVE, LUIS = "ada@quill.example", "eve@evil.example", "luisg@embraer.com.br"


@pytest.fixture
def officer(walks: str) -> str:
    staff.add("officer@larch.example", walks, "officer")
    return walks


def answer(right: str, who: str, *more: str, client: str = "larch") -> list[str]:
    words = ["answer", right, "--client", client, "--identity", who, "--by", "officer@larch.example"]
    return [*words, "--because", "showed a passport", "--json", *more]


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("right", ["access", "erase"])
def test_t22_staff_who_answer_one_person_do_not_answer_whoever_typed_their_address(
    right: str, officer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = walker(officer, ADA, "Ada", letter="hers alone")
    eve = walker(officer, EVE, "Eve", letter="Eve’s own")
    identities.attach(officer, eve, "booking.email", ADA, verified=False)
    assert cli.main(answer(right, f"email={ADA}")) == 0
    data = said(capsys)
    if right == "access":
        assert "hers alone" in {line["value"] for line in data["held"]}
    assert "Eve" not in json.dumps(data, ensure_ascii=False)
    assert identities.reach(officer, eve) == {eve} and ada not in identities.reach(officer, eve)
    assert len(store.fields_held(officer, eve)) == 4


def test_a_field_finds_whoever_proved_it_and_not_who_typed_it(officer: str, capsys: pytest.CaptureFixture[str]) -> None:
    eve = walker(officer, EVE, "Eve")
    identities.attach(officer, eve, "booking.email", ADA, verified=False)
    assert cli.main(answer("access", f"booking.email={ADA}")) == 1
    assert said(capsys)["trouble"]["code"] == "nobody-found"


@pytest.mark.parametrize("client", ["nobody", "../larch", "omono"])
def test_a_client_that_is_not_theirs_answers_nothing(
    client: str, officer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tenancy.add("omono")
    walker(officer, ADA, "Ada")
    assert cli.main(answer("access", f"email={ADA}", client=client)) == 1
    assert "Ada" not in capsys.readouterr().out


@pytest.mark.parametrize("who", ["email=", "=x", "email", "booking.walk=Mendip", "nothing=x", "email=nobody@x.example"])
def test_an_identity_that_names_nobody_opens_no_request(
    who: str, officer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(answer("erase", who)) in (1, 2)
    assert said(capsys)["trouble"]["code"] in ("wrong-identity", "nobody-found")
    assert not RequestRow.objects.exists()


def test_t30_asked_again_while_a_place_is_silent_it_is_the_same_request(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    staff.add("officer@larch.example", "larch", "officer")
    walker("larch", LUIS, "Luís")
    away = shop.rename(shop.with_suffix(".away"))
    assert cli.main(answer("access", f"email={LUIS}")) == 3
    first = said(capsys)["reference"]
    away.rename(shop)
    assert cli.main(answer("access", f"email={LUIS}")) == 0
    assert said(capsys)["reference"] == first
    found = requests.find("larch", first)
    assert found is not None and found.state == "closed"


@pytest.mark.parametrize("right", ["access", "erase"])
def test_a_locked_place_has_not_answered(
    right: str, shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.places.sql.BUSY", 0.2)
    staff.add("officer@larch.example", "larch", "officer")
    walker("larch", LUIS, "Luís")
    lock = sqlite3.connect(shop, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    try:
        assert cli.main(answer(right, f"email={LUIS}")) == 3
    finally:
        lock.close()
    data = said(capsys)
    assert data["not_answered"] == ["shop"] and not data["ok"]


def test_what_staff_wrote_goes_when_a_late_place_has_answered(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    staff.add("officer@larch.example", "larch", "officer")
    walker("larch", LUIS, "Luís")
    away = shop.rename(shop.with_suffix(".away"))
    assert cli.main(answer("erase", f"email={LUIS}")) == 3
    reference = said(capsys)["reference"]
    away.rename(shop)
    for number in erasure.unfinished():
        assert erasure.run(number)
    assert requests.detail("larch", reference) == {}
    assert not [rule for rule in vault.rules_of("larch", 0) if rule.startswith("request")]


def test_an_erasure_that_somebody_still_reads_is_not_called_done(
    officer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    walker(officer, ADA, "Ada")
    monkeypatch.setattr(vault, "finish", lambda: vault.Destroyed("not finished", 0))
    assert cli.main(answer("erase", f"email={ADA}", "--out", str(tmp_path / "out"))) == 3
    data = said(capsys)
    assert data["state"] == "not finished" and not data["ok"]
    assert "It is not done yet" in next((tmp_path / "out").glob("*-letter.txt")).read_text()


def test_a_folder_that_cannot_be_written_stops_an_erasure_before_it_begins(
    officer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = walker(officer, ADA, "Ada")
    (tmp_path / "file").write_text("")
    assert cli.main(answer("erase", f"email={ADA}", "--out", str(tmp_path / "file" / "in"))) == 1
    assert said(capsys)["trouble"]["code"] == "not-written"
    assert len(store.fields_held(officer, person)) == 3 and not RequestRow.objects.exists()


@pytest.fixture
def full(tmp_path: Path) -> Any:
    """A disk of 64 kB, really mounted where we may, with no room left on it."""
    place = tmp_path / "full"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("right", ["access", "erase"])
def test_a_full_disk_loses_nothing_and_leaves_no_half_of_a_file(
    right: str, officer: str, full: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = walker(officer, ADA, "Ada", letter="x" * 200_000)
    assert cli.main(answer(right, f"email={ADA}", "--out", str(full / "out"))) == 1
    assert said(capsys)["trouble"]["code"] == "not-written"
    assert len(store.fields_held(officer, person)) == 4
    assert all(path.read_text() for path in (full / "out").iterdir())
    assert not [one for one in requests.of_client(officer, state="closed")]


def test_files_are_their_owners_alone_and_go_through_no_link(
    officer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "DIGITS", "7")  # so that somebody can know the name of the file before
    walker(officer, ADA, "Ada")
    out, other = tmp_path / "out", tmp_path / "other"
    out.mkdir()
    other.write_text("not mine")
    link = out / f"A-{timezone.localdate():%Y}-777777-answer.json"
    link.symlink_to(other)
    old = os.umask(0)
    try:
        assert cli.main(answer("access", f"email={ADA}", "--out", str(out))) == 0
    finally:
        os.umask(old)
    assert other.read_text() == "not mine" and not link.is_symlink()
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}


def test_in_one_folder_nobodys_answer_is_written_over_anothers(officer: str, tmp_path: Path) -> None:
    walker(officer, ADA, "Ada", letter="hers alone")
    walker(officer, EVE, "Eve", letter="Eve’s own")
    for address in (ADA, EVE):
        assert cli.main(answer("access", f"email={address}", "--out", str(tmp_path / "out"))) == 0
    pages = [path.read_text() for path in (tmp_path / "out").glob("*.html")]
    assert sorted(("hers alone" in page, "Eve’s own" in page) for page in pages) == [(False, True), (True, False)]


@pytest.mark.parametrize("value", ["\x1b]0;owned\x07", "\u202eevil", "Ada\n  stays: nothing, all is gone", "\x9b2J"])
def test_t41_a_value_commands_no_terminal_and_forges_no_line(
    value: str, officer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    walker(officer, ADA, value)
    words = [word for word in answer("access", f"email={ADA}") if word != "--json"]
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    assert not set(shown) & set("\x1b\x07\x9b\u202e")
    assert "\n  stays: nothing" not in shown


def test_two_at_once_erase_once(officer: str, mailbox: Mailbox) -> None:
    """One erasure a request, however many begin it; the second adds nothing."""
    person = walker(officer, ADA, "Ada")
    asked = requests.open_request(officer, person, "erase")
    numbers = {erasure.erase(officer, person, asked.reference) for _ in range(2)}
    assert len(numbers) == 1
    assert disk.overwrite()


@pytest.mark.parametrize("right", ["access", "erase"])
def test_t23_whoever_reads_their_mail_learns_that_staff_answered_in_their_name(
    right: str, officer: str, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = walker(officer, ADA, "Ada")
    identities.attach(officer, ada, "booking.email", "ada@second.example", verified=True)
    assert cli.main(answer(right, f"email={ADA}")) == 0
    work()
    assert {who[0] for who, _ in mailbox.letters} == {ADA, "ada@second.example"}
    assert all("in your name and not on your page" in mailbox.text(n) for n in range(len(mailbox.letters)))
    assert right == "access" or said(capsys)["told"] == 2
