"""Whoever takes a copy away reads nothing; whoever moves a server without its key is stopped; the code brings it back.

The thief's programs (tests/scanner) share no code with the store.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from tests.conftest import LARCH
from tests.people import making
from tests.people.test_processes import environment, run
from tests.scanner import opener, scanner

from troth import cli
from troth.people import identities, store, vault
from troth.places import keyfile, master
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
NAME, ADDRESS, WALK = "Ada Quillfeather-Marlowe", "ada.marlowe@quill.example", "along the Mendip ridge"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder and its key, begun by a process of its own, for each test to have a copy."""
    folder = tmp_path_factory.mktemp("begun")
    run(folder, "begin")
    return folder


@pytest.fixture
def house(tmp_path: Path, begun: Path) -> Path:
    """A folder of its own, which processes of their own fill and read."""
    return Path(shutil.copytree(begun, tmp_path, dirs_exist_ok=True))


def troth(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    words = (sys.executable, "-m", "troth.cli", *words)
    env = environment(folder) | more
    return subprocess.run(words, env=env, capture_output=True, text=True, timeout=60, check=False)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# --- a copy of the folder ---------------------------------------------------------------------------------------


def fill(client: str) -> int:
    values = {"booking.name": NAME, "booking.walk": WALK}
    return making.walker(client, email=ADDRESS, **values)


def taken(tmp_path: Path) -> Path:
    """What a thief takes away: the folder as it stands, and the database that the tests keep elsewhere."""
    from django.db import connection

    copy = Path(shutil.copytree(settings.DATA, tmp_path / "stolen"))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy / "troth.db")])
    return copy


def test_t01_in_a_stolen_folder_no_decoding_finds_a_planted_value_and_no_key_opens_one(
    larch: str, tmp_path: Path
) -> None:
    fill(larch)
    stolen = taken(tmp_path)
    marks = {f"{mark} as {coat}": seen.hex() for mark in (NAME, ADDRESS, WALK) for coat, seen in coats(mark).items()}
    assert scanner.look(marks, stolen) == {}
    guessed = [secrets.token_bytes(32), bytes(32), hashlib.sha256(b"troth").digest()]
    assert [opener.opened(key, larch, stolen) for key in guessed] == [[], [], []]
    right = bytes.fromhex(settings.KEY_FILE.read_text())
    assert {value for _, _, value in opener.opened(right, larch, stolen)} >= {NAME, ADDRESS, WALK}, "the program works"
    everything = b"".join(files(stolen).values())
    with keyfile.opened() as db:
        number, wrapped = db.execute("SELECT id, wrapped FROM epoch").fetchone()
        epoch = master.open_epoch(db, right, number, wrapped)
    assert epoch
    for key in (right, epoch, master.derive("answer links")):
        assert key not in everything and key.hex().encode() not in everything


def coats(mark: str) -> dict[str, bytes]:
    return scanner.coats(mark) | {"folded": mark.casefold().encode(), "turned": mark[::-1].encode()}


def test_t09_guessing_a_known_address_against_a_copy_finds_nothing(larch: str, tmp_path: Path) -> None:
    """Whatever can be worked out from an address without a key of ours: it stands in no file."""
    person = fill(larch)
    making.say(larch, person, False)
    making.say(larch, None, False, browser="b" * 32)
    from troth.people import standing

    standing.suppress(larch, "email address", ADDRESS, {making.NEWS})
    everything = b"".join(files(taken(tmp_path)).values())
    found = [name for name, digest in guesses(ADDRESS, "b" * 32, NAME) if digest in everything]
    assert found == []


def guesses(*texts: str) -> list[tuple[str, bytes]]:
    forms = {form for text in texts for form in (text, text.casefold(), text.upper(), text.strip(), f"mailto:{text}")}
    made = []
    for form in sorted(forms):
        plain = form.encode()
        for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s"):
            digest = hashlib.new(name, plain).digest()
            made += [(f"{name} {form}", digest[:16]), (f"{name} {form} hex", digest.hex()[:32].encode())]
        for key in (b"", b"troth", b"larch", b"blind index larch email address"):
            digest = hmac.digest(key, plain, "sha256")
            made += [(f"hmac {key!r} {form}", digest[:16]), (f"hmac {key!r} {form} hex", digest.hex()[:32].encode())]
    return made


def test_t04_what_was_erased_opens_from_no_older_copy_even_with_the_master_key(larch: str, tmp_path: Path) -> None:
    person, other = fill(larch), making.walker(larch, email="bob@quill.example")
    older = taken(tmp_path)
    for file in older.glob("keys.db*"):
        file.unlink()  # a backup of the data holds no person key
    store.delete(larch, person, None, making.right(larch, person, "erase", making.BOOKED))
    identities.forget(larch, person)
    assert vault.destroy(larch, person).state == "destroyed"
    vault.close()
    key = bytes.fromhex(settings.KEY_FILE.read_text())
    read = opener.opened(key, larch, older, Path(settings.DATA))
    assert {who for who, _, _ in read} == {str(other)}


# --- a server that was moved ------------------------------------------------------------------------------------


def test_t02_a_start_without_the_key_ends_with_one_and_the_help_line_and_writes_nothing(house: Path) -> None:
    (house / "master.key").unlink()
    before = files(house)
    for words in (["serve"], ["publish", "x.yaml", "--client", "larch"], ["sweep"], ["key", "check"]):
        done = troth(house, *words, TROTH_PORT="0")
        assert done.returncode == 1, words
        assert "troth key restore" in done.stderr and "Traceback" not in done.stderr, words
    assert changed(before, files(house)) == set()


def test_t02_a_start_with_another_key_is_stopped_even_when_the_fingerprint_is_gone(house: Path) -> None:
    (house / "master.key").write_text(secrets.token_hex(32))
    (house / "data" / "key.fingerprint").unlink()
    before = files(house)
    for words in (["serve"], ["sweep"], ["key", "check"]):
        done = troth(house, *words, TROTH_PORT="0")
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), words
        assert "does not fit this data folder" in done.stderr, words
    assert changed(before, files(house)) == set()


def test_t02_no_key_is_made_beside_a_ledger_that_is_chained_under_one(house: Path) -> None:
    """Neither keys nor fingerprint came along: a new key would make the whole history unverifiable."""
    (house / "master.key").unlink()
    for path in (house / "data").glob("key*"):
        path.unlink()
    assert troth(house, "serve", TROTH_PORT="0").returncode == 1
    assert not (house / "master.key").exists()


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Files that are new, gone or other; what SQLite leaves beside a database that was only read does not count."""
    names = {name for name in before.keys() | after.keys() if not name.endswith(("-wal", "-shm", ".lock"))}
    return {name for name in names if before.get(name) != after.get(name)}


def test_t03_from_the_folder_and_the_code_alone_everything_is_read_on_an_empty_machine(
    house: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shown = troth(house, "key", "recovery", "--json")
    code = json.loads(shown.stdout)["code"]
    empty = tmp_path_factory.mktemp("empty")
    shutil.copytree(house / "data", empty / "data")
    assert troth(empty, "key", "check").returncode == 1
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert troth(empty, "key", "restore", wrong).returncode == 2
    assert not (empty / "master.key").exists()
    done = troth(empty, "key", "restore", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert (empty / "master.key").read_text() == (house / "master.key").read_text()
    assert (empty / "master.key").stat().st_mode & 0o777 == 0o600
    assert json.loads(troth(empty, "key", "check", "--json").stdout)["ok"]
    assert troth(empty, "ledger", "verify").returncode == 0


def test_t03_the_code_of_another_house_is_refused_where_the_fingerprint_did_not_come_along(larch: str) -> None:
    fill(larch)
    settings.KEY_FILE.unlink()
    (Path(settings.DATA) / "key.fingerprint").unlink()
    with pytest.raises(Trouble) as refused:
        master.restore(secrets.token_bytes(32))
    assert refused.value.code == "key-wrong"
    assert not settings.KEY_FILE.exists()


def test_t01_a_key_file_that_others_can_read_is_named_with_its_remedy(larch: str, capsys: Any) -> None:
    assert cli.main(["key", "check"]) == 0
    settings.KEY_FILE.chmod(0o640)
    assert cli.main(["key", "check"]) == 3
    assert "chmod 600" in capsys.readouterr().out


def test_t02_a_key_file_that_may_not_be_read_is_no_lost_one(larch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_args: object, **_more: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", closed)
    with pytest.raises(Trouble) as refused:
        master.read()
    assert refused.value.code == "key-closed"


# --- a file of keys that was lost -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["gone", "empty", "another's"])
def test_t02_a_lost_file_of_keys_is_told_and_never_made_anew(larch: str, tmp_path: Path, how: str) -> None:
    person = fill(larch)
    vault.close()
    file = Path(settings.DATA) / "keys.db"
    for path in Path(settings.DATA).glob("keys.db*"):
        path.unlink()
    if how == "empty":
        file.touch()
    if how == "another's":
        strange(file, tmp_path)
    before = files(Path(settings.DATA))
    seals = lambda: vault.seal(larch, person, "booking.name", 99, "booking.*", b"x")  # noqa: E731
    for act in (lambda: making.values_of(larch, person), seals, master.ensure, vault.ensure_keys):
        with pytest.raises(Trouble) as lost:
            act()
        assert lost.value.code == "keys-lost"
    assert changed(before, files(Path(settings.DATA))) == set()


@pytest.mark.parametrize("left", ["no fingerprint", "its fingerprint"])
def test_t02_data_that_came_back_without_its_keys_is_not_given_new_ones(house: Path, left: str) -> None:
    """A backup of the data holds no key. With new keys the house would stand open and find nobody whom it holds."""
    run(house, "fill")
    names = ["keys.db", "keys.mark"] + ["key.fingerprint"] * (left == "no fingerprint")
    for name in names:
        (house / "data" / name).rename(house / name)
    right = (house / "master.key").read_text()
    if left == "no fingerprint":
        (house / "master.key").write_text(secrets.token_hex(32) + "\n")  # nothing here could tell it from the right one
    for words in (["serve"], ["publish", str(LARCH), "--client", "larch", "--new"], ["sweep"], ["key", "rotate"]):
        done = troth(house, *words, TROTH_PORT="0")
        assert done.returncode == 1 and "keys.db is gone" in done.stderr, (words, done.stdout, done.stderr)
    assert not [name for name in names if (house / "data" / name).exists()]
    (house / "master.key").write_text(right)
    for name in names:
        (house / name).rename(house / "data" / name)
    assert troth(house, "key", "check").returncode == 0


def test_t02_keys_that_came_back_without_their_data_seal_nothing_new_and_none_is_destroyed(house: Path) -> None:
    """An empty database beside them would be swept, and each key that seals nothing there would go for good."""
    run(house, "fill")
    for path in [*(house / "data").glob("troth.db*"), house / "data" / "ledger.head"]:
        path.unlink()
    before = files(house / "data")
    for words in (["serve"], ["publish", str(LARCH), "--client", "larch", "--new"]):
        done = troth(house, *words, TROTH_PORT="0")
        assert done.returncode == 1 and "troth.db is gone" in done.stderr, (words, done.stderr)
    assert changed(before, files(house / "data")) == set()


def strange(file: Path, tmp_path: Path) -> None:
    here, settings.DATA = settings.DATA, tmp_path / "strange"
    vault.ensure_keys()
    vault.close()
    shutil.copy(tmp_path / "strange" / "keys.db", file)
    settings.DATA = here


@pytest.mark.parametrize("name", ["keys.db", "troth.db"])
@pytest.mark.parametrize("how", ["cut", "flipped", "garbage"])
def test_t62_a_broken_file_is_told_without_a_traceback_and_without_a_new_one(house: Path, name: str, how: str) -> None:
    """Cut in its middle, a page overwritten, or no database at all: every command says so and changes nothing."""
    run(house, "fill")
    file = house / "data" / name
    for path in (house / "data").glob(f"{name}-*"):
        path.unlink()
    whole = file.read_bytes()
    cut = whole[: len(whole) // 4096 // 2 * 4096 + 100]
    page = os.urandom(4096)
    flipped = b"".join([whole[:4096], page * (len(whole) // 4096 - 1)])
    file.write_bytes({"cut": cut, "flipped": flipped, "garbage": os.urandom(len(whole))}[how])
    before = files(house)
    looks = [["key", "check"], ["ledger", "verify"]]
    for words in [*looks, ["key", "rotate", "epoch"]] if name == "keys.db" else looks:
        done = troth(house, *words, "--json")
        assert "Traceback" not in done.stderr, done.stderr[-800:]
        if name == "keys.db" and words[0] == "ledger":
            continue  # a ledger of a house whose keys were never rotated may not need the file at all
        assert done.returncode in (1, 3), (words, done.stdout)
        assert not json.loads(done.stdout)["ok"]
    assert changed(before, files(house)) == set()


def test_a_locked_file_of_keys_is_told_as_busy_and_nothing_is_done_by_halves(
    larch: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    person = fill(larch)
    vault.close()
    monkeypatch.setattr(keyfile, "PATIENCE", 0.1)
    other = sqlite3.connect(Path(settings.DATA) / "keys.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for what in ("master", "epoch", "index"):
        assert cli.main(["key", "rotate", what, "--json"]) == 1
        assert "busy" in json.loads(capsys.readouterr().out)["trouble"]["sentence"], what
    assert len(making.values_of(larch, person)) == 3  # readers wait for no writer
    other.close()
    assert cli.main(["key", "rotate", "master", "--json"]) == 0
    assert identities.find(larch, "booking.email", ADDRESS) == person


def test_t02_a_visitor_is_told_to_come_back_and_nothing_of_the_keys(larch: str) -> None:
    from django.test import Client

    visitor = Client(headers={"host": "127.0.0.1:8000"})
    assert visitor.get("/c/larch/choices/").status_code == 200
    vault.close()
    for path in Path(settings.DATA).glob("keys.db*"):
        path.unlink()
    answer = visitor.get("/c/larch/choices/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert b"keys.db" not in answer.content
