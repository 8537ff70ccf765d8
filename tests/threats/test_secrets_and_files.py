"""A policy is untrusted input: it reads no secret and no file, whatever it writes where a name is wanted."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from tests.policy.spoiling import DAY, spoilt

from troth import policy
from troth.places import approved
from troth.policy import commands
from troth.policy.problems import Trouble

MARK = "c0ffee5ec4e7"  # stands in every secret of the operator's, and nowhere else
PLACE = "places:\n"
SHOP = "places:\n  shop: {kind: sql, holds: booking.email, in: GB, secret: %s}\n"
PAPER = "file: papers/pages.md"
SAID = [
    "${TROTH_MASTER_KEY}", "$TROTH_KEY_FILE", "env:TROTH_MASTER_KEY", "file:///proc/self/environ", "/proc/self/environ",
    "sqlite:////data/troth.db", "postgresql://larch@127.0.0.1/shop", "../places.toml", "vault:shop#key", "larch/shop",
    "shop@other", "$(cat master.key)",
]  # fmt: skip
FILES = [
    "../../master.key", "../key", "papers/../../master.key", "/proc/self/environ", "/etc/passwd", "papers/..",
    "file:///etc/passwd", "https://evil.example/x", "C:\\\\key", "..\\\\..\\\\key", "papers\\\\..\\\\..\\\\key",
    "//evil/x",
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


def tried(folder: Path, capsys: pytest.CaptureFixture[str], *swap: tuple[str, str]) -> tuple[policy.Compiled, str]:
    """The policy as compiled, and all that the commands print of it: as text and as data, its notice and its plan."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "policy.yaml"
    file.write_text(spoilt(*swap))
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
    assert [one.code for one in compiled.problems] == ["outside-file"]
    assert MARK not in printed


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
