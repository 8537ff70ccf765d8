"""A policy is untrusted input: it reads no secret and no file, whatever it writes where a name is wanted."""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.papers import lay
from tests.policy.spoiling import DAY, spoilt

from troth import policy
from troth.places import approved
from troth.policy import commands
from troth.policy.problems import Trouble

MARK = "c0ffee5ec4e7"  # stands in every secret of the operator's, and nowhere else
PLACE = "places:\n"
TABLES = "tables: {Walk: {person by: Email, columns: {Email: booking.email}}}"
SHOP = "places:\n  shop: {kind: sql, holds: booking.email, in: GB, secret: %s, " + TABLES + "}\n"
PAPER = "file: papers/pages.md"
SAID = [
    "${TROTH_MASTER_KEY}", "$TROTH_KEY_FILE", "env:TROTH_MASTER_KEY", "file:///proc/self/environ", "/proc/self/environ",
    "sqlite:////data/troth.db", "postgresql://larch@127.0.0.1/shop", "../places.toml", "vault:shop#key", "larch/shop",
    "shop@other", "$(cat master.key)",
]  # fmt: skip
FILES = [
    "../../master.key", "../key", "papers/../../master.key", "/proc/self/environ", "/etc/passwd", "papers/..",
    "file:///etc/passwd", "https://evil.example/x", "C:\\\\key", "..\\\\..\\\\key", "papers\\\\..\\\\..\\\\key",
    "//evil/x", "./papers/pages.md", "papers//pages.md", "papers/pages.md/", ".env", "papers/.key", "/", ".", "..",
    "papers/pages.md\\0", "papers/\\u0007",
]  # fmt: skip
NAMES = ["'{{ settings.SECRET_KEY }}'", "'%(TROTH_MASTER_KEY)s'", "TROTH_MASTER_KEY", "__class__", "other.shop"]


@pytest.fixture
def secrets(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's list, a key file and an environment that hold the mark; and the policy's folder beside them."""
    settings.PLACES_FILE, settings.KEY_FILE = tmp_path / "places.toml", tmp_path / "master.key"
    listed = f'[other]\nshop = "postgresql://x:{MARK}@127.0.0.1/x"\n[larch]\nmine = "sqlite:////{MARK}"\n'
    settings.PLACES_FILE.write_text(listed)
    settings.KEY_FILE.write_text(MARK * 6)
    (tmp_path / "key").write_text(MARK)
    monkeypatch.setenv("TROTH_MASTER_KEY", MARK)
    return tmp_path / "policies" / "larch"


def tried(
    folder: Path, capsys: pytest.CaptureFixture[str], *swap: tuple[str, str], laid: bool = True
) -> tuple[policy.Compiled, str]:
    """The policy as compiled, and all that the commands print of it: as text and as data, its notice and its plan."""
    folder.mkdir(parents=True, exist_ok=True)
    if laid:
        lay(folder)
    file = folder / "policy.yaml"
    text = spoilt(*swap)
    if "kind: sql" in text:  # of a row in a database nobody knows when it came
        text = text.replace("at least 6 years by", "at least 6 years after walk is over by")
    file.write_text(text)
    compiled = policy.load(file, on=DAY)
    for words in ([], ["--json"]):
        args = _parsed(commands.check_arguments, [str(file), *words, "--on", DAY.isoformat()])
        commands.check(args)
    plan = policy.encode(compiled.plan).decode() if compiled.plan is not None else ""
    return compiled, capsys.readouterr().out + plan


def _parsed(arguments: Any, words: list[str]) -> Any:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    arguments(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize("said", SAID)
def test_t45_a_secret_that_is_written_and_not_named_is_refused_and_not_looked_up(secrets, capsys, said):
    compiled, printed = tried(secrets, capsys, (PLACE, SHOP % f'"{said}"'))
    assert compiled.plan is None
    assert "secret-said" in {one.code for one in compiled.problems}
    assert MARK not in printed


@pytest.mark.parametrize("file", FILES)
def test_t45_a_file_outside_the_policy_s_folder_is_refused_and_not_read(secrets, capsys, file):
    compiled, printed = tried(secrets, capsys, (PAPER, f'file: "{file}"'))
    assert compiled.plan is None
    unseen = file.endswith(("\\0", "\\u0007"))  # by an escape, which is told before anything looks where it leads
    assert [one.code for one in compiled.problems] == ["hidden-character" if unseen else "outside-file"]
    assert MARK not in printed


def _link(at: Path, to: Path) -> None:
    at.unlink()
    at.symlink_to(to)


def _linked_folder(at: Path, to: Path) -> None:
    (to.parent / "away").mkdir()
    (to.parent / "away" / "pages.md").write_text(to.read_text())
    (at.parent / "more").symlink_to(to.parent / "away")


def _hard(at: Path, to: Path) -> None:
    at.unlink()
    os.link(to, at)


def _pipe(at: Path, to: Path) -> None:
    at.unlink()
    os.mkfifo(at)


def _socket(at: Path, to: Path) -> None:
    at.unlink()
    here = os.getcwd()
    os.chdir(at.parent)  # the name of a socket has no room for a long path
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(at.name)
    finally:
        os.chdir(here)


def _folder(at: Path, to: Path) -> None:
    at.unlink()
    at.mkdir()


def _large(at: Path, to: Path) -> None:
    with at.open("wb") as file:
        file.truncate(10_000_001)


INSIDE: list[tuple[str, Callable[[Path, Path], None], str]] = [
    ("papers/pages.md", _link, "outside-file"),
    ("papers/more/pages.md", _linked_folder, "outside-file"),
    ("papers/pages.md", _hard, "outside-file"),
    ("papers/pages.md", lambda at, to: _link(at, Path("/dev/zero")), "outside-file"),
    ("papers/pages.md", lambda at, to: _link(at, at.parent / "answer.md"), "outside-file"),
    ("papers/pages.md", _pipe, "unreadable-paper"),
    ("papers/pages.md", _socket, "unreadable-paper"),
    ("papers/pages.md", _folder, "unreadable-paper"),
    ("papers/pages.md", lambda at, to: at.write_bytes(b""), "unreadable-paper"),
    ("papers/pages.md", _large, "big-paper"),
    ("papers/pages.md", lambda at, to: at.unlink(), "missing-paper"),
    ("papers/pages.md/key", lambda at, to: None, "missing-paper"),
    ("papers/%2e%2e/key", lambda at, to: None, "missing-paper"),
    ("${TROTH_MASTER_KEY}", lambda at, to: None, "missing-paper"),
    ("papers/" + "x" * 300, lambda at, to: None, "unreadable-paper"),
    ("key", lambda at, to: (at.parents[1] / "key").symlink_to(to), "outside-file"),
]


@pytest.mark.parametrize(("file", "spoil", "code"), INSIDE, ids=[f"{n}-{one[2]}" for n, one in enumerate(INSIDE)])
def test_t45_what_lies_in_the_folder_and_is_no_plain_file_of_it_is_refused(secrets, capsys, file, spoil, code):
    folder = secrets
    folder.mkdir(parents=True)
    lay(folder)
    real = hashlib.sha256((secrets.parents[1] / "key").read_bytes()).hexdigest()
    spoil(folder / "papers" / "pages.md", secrets.parents[1] / "key")
    compiled, printed = tried(folder, capsys, (PAPER, f'file: "{file}"'), laid=False)
    assert compiled.plan is None
    (found,) = compiled.problems
    assert (found.code, found.source.strip()[:14]) == (code, "pages balance:")
    assert found.source[found.column :].startswith(file)
    assert MARK not in printed and real not in printed


@pytest.mark.parametrize("part", ["papers", "papers/pages.md"])
def test_t45_a_link_put_in_its_place_between_the_look_and_the_opening_opens_nothing(secrets, monkeypatch, part):
    secrets.mkdir(parents=True)
    lay(secrets)
    (secrets / "policy.yaml").write_text(spoilt())
    swapped, away, looked, real = secrets / part, secrets.parents[1] / "away", 0, os.stat

    def stat(path: Any, **more: Any) -> os.stat_result:
        nonlocal looked
        found = real(path, **more)
        if path == swapped.name and not looked:
            looked += 1
            swapped.rename(away)
            swapped.symlink_to(away)
        return found

    monkeypatch.setattr(os, "stat", stat)
    compiled = policy.load(secrets / "policy.yaml", on=DAY)
    assert looked and compiled.plan is None
    assert "pages balance" in compiled.problems[0].source


def test_t45_a_policy_s_papers_are_capped_together(secrets):
    secrets.mkdir(parents=True)
    lay(secrets)
    more = []
    for number in range(11):
        with (secrets / "papers" / f"{number}.bin").open("wb") as file:
            file.truncate(9_999_999)
        more.append(f"  paper {number}: {{kind: licence, file: papers/{number}.bin, owner: Ada, until: 2027-11-22}}\n")
    (secrets / "policy.yaml").write_text(spoilt(("papers:\n", "papers:\n" + "".join(more))))
    found = policy.load(secrets / "policy.yaml", on=DAY).problems
    assert {one.code for one in found} == {"big-paper"}
    assert "100 MB" in found[0].sentence


def test_t45_of_a_paper_nothing_but_its_hash_stands_in_the_plan(secrets, capsys):
    secrets.mkdir(parents=True)
    lay(secrets)
    paper = secrets / "papers" / "pages.md"
    paper.write_text(f"{MARK}, between us")
    compiled, printed = tried(secrets, capsys, laid=False)
    assert compiled.plan is not None, compiled.problems
    assert compiled.plan.papers["pages balance"].sha256 == hashlib.sha256(paper.read_bytes()).hexdigest()
    assert MARK not in printed and "between us" not in printed


@pytest.mark.parametrize("name", NAMES)
def test_t45_a_name_opens_only_what_the_operator_wrote_under_its_own_client(secrets, capsys, name):
    compiled, printed = tried(secrets, capsys, (PLACE, SHOP % name))
    assert compiled.plan is not None, compiled.problems
    assert MARK not in printed
    with pytest.raises(Trouble) as refused:
        approved.address("larch", compiled.plan.places["shop"].secret)
    assert refused.value.code == "place-not-approved"
    assert MARK not in f"{refused.value.sentence} {refused.value.help}"


def test_t45_what_is_approved_reaches_neither_plan_nor_hash(secrets, capsys):
    compiled, printed = tried(secrets, capsys, (PLACE, SHOP % "mine"))
    before = compiled.plan.hash
    assert MARK in approved.address("larch", "mine")
    assert MARK not in printed
    Path(secrets.parents[1] / "places.toml").write_text('[larch]\nmine = "sqlite:////elsewhere"\n')
    assert policy.load(secrets / "policy.yaml", on=dt.date(2026, 11, 22)).plan.hash == before
