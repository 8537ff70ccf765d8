"""The commands: quiet when all is well, exact when it is not, the same facts as data, and no framework loaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.policy.spoiling import DAY, FILE, LARCH

from troth import cli, policy
from troth.policy import printing
from troth.policy.problems import Problem


@pytest.fixture
def bad(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH.replace("booking.email, booking.walk", "booking.emial, booking.walk"))
    return file


def test_a_policy_that_holds_says_so_in_one_line(capsys):
    assert cli.main(["check", str(FILE)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("larch holds: 1 promise, ") and out.count("\n") == 1 and err == ""


def test_a_problem_is_shown_with_its_line_and_carets(bad, capsys):
    assert cli.main(["check", str(bad)]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("error unknown-data  ") and lines[0].endswith("policy.yaml:35:27")
    assert lines[2] == "  35 |     needs: [booking.name, booking.emial, booking.walk]"
    assert lines[3] == "     |                           ^^^^^^^^^^^^^"
    assert lines[5] == "  Did you mean “booking.email”?"
    assert lines[-1].endswith("More of one: troth explain unknown-data")


def test_the_same_facts_as_data(bad, capsys):
    assert cli.main(["check", str(FILE), str(bad), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["command"], found["ok"], [one["ok"] for one in found["files"]]) == ("check", False, [True, False])
    (problem,) = found["files"][1]["problems"]
    assert (problem["code"], problem["line"], problem["column"]) == ("unknown-data", 35, 27)


def test_a_folder_stands_for_its_policy_and_another_folder_is_told(bad, tmp_path, capsys):
    assert cli.main(["check", str(bad.parent)]) == 3
    (tmp_path / "empty").mkdir()
    assert cli.main(["check", str(tmp_path / "empty")]) == 1
    assert "has no policy.yaml" in capsys.readouterr().err


def test_a_folder_without_a_name_is_called_by_its_whole_path(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for named in ("", "."):
        assert cli.main(["check", named]) == 1
        assert f"The folder {tmp_path.resolve()} has no policy.yaml." in capsys.readouterr().err
    assert cli.main(["init", "--from-text", "."]) == 1
    assert f"{tmp_path.resolve()} is a folder, and no file." in capsys.readouterr().err


def test_a_file_that_is_not_there_and_one_that_is_no_text(tmp_path, capsys):
    assert cli.main(["check", str(tmp_path / "no.yaml")]) == 1
    picture = tmp_path / "picture.yaml"
    picture.write_bytes(bytes(range(256)))
    assert cli.main(["check", str(picture)]) == 3
    assert "not-text" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["old.txt", "old.md"])
def test_a_plain_text_is_told_what_can_be_done_with_it(name, tmp_path, capsys):
    file = tmp_path / name
    file.write_text("Privacy policy\n\nWe collect: your name.\nBy using our site you agree to all of this.\n")
    assert cli.main(["check", str(file)]) == 3
    out = capsys.readouterr().out
    assert out.startswith("error no-policy") and out.count("error ") == 1
    assert f"troth check --law uk {file}" in out and f"troth init --from-text {file}" in out
    assert cli.main(["check", "--law", "uk", str(file)]) == 3
    file.write_text("troth: 1\nWe collect: your name.\n")
    assert cli.main(["check", str(file)]) == 3
    assert "no-policy" not in capsys.readouterr().out


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder that everybody may enter, and a user who owns nothing in it."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        shutil.copy(FILE, Path(name) / "policy.yaml")
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            os.seteuid(before)


@pytest.mark.parametrize(
    "words", [["check"], ["check", "--law", "uk"], ["notice"], ["export", "record"], ["diff", str(FILE)]]
)
@pytest.mark.parametrize("shut", ["policy.yaml", "."])
def test_a_file_or_folder_without_leave_is_named_with_the_reason_and_the_cure(nobody, words, shut, capsys):
    user = os.geteuid()
    os.seteuid(os.getuid())
    at = nobody / shut if shut != "." else nobody
    at.chmod(0)
    os.seteuid(user)
    assert cli.main([*words, str(nobody / "policy.yaml")]) == 1
    err = capsys.readouterr().err
    os.seteuid(os.getuid())
    at.chmod(0o755)
    assert f"The {'folder' if shut == '.' else 'file'} {at} may not be read" in err and "chmod u+r" in err


def test_papers_are_held_against_the_day_that_is_asked(capsys):
    assert cli.main(["check", str(FILE), "--on", "2028-01-01"]) == 3
    assert "lapsed-paper" in capsys.readouterr().out
    assert cli.main(["check", str(FILE), "--on", "soon"]) == 2


def test_a_draft_may_have_blanks_and_they_are_counted(tmp_path, capsys):
    file = tmp_path / "draft.yaml"
    file.write_text(LARCH.replace("in: GB, contract", "in: TBC, contract"))
    assert cli.main(["check", str(file), "--draft"]) == 0
    assert "has 1 blank to fill" in capsys.readouterr().out
    assert cli.main(["check", str(file)]) == 3


def test_a_paper_that_is_not_there_is_told_on_its_line_and_a_draft_may_miss_it(tmp_path, capsys):
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH)
    assert cli.main(["check", str(file)]) == 0
    (tmp_path / "papers" / "mail.pdf").unlink()
    capsys.readouterr()
    assert cli.main(["check", str(file)]) == 3
    out = capsys.readouterr().out
    at = LARCH.splitlines().index(next(line for line in LARCH.splitlines() if "papers/mail.pdf" in line)) + 1
    assert f"error missing-paper  {printing.near(str(file))}:{at}:" in out
    assert "“papers/mail.pdf” is not there." in out and "Put the paper there" in out
    assert cli.main(["check", str(file), "--draft"]) == 0
    assert "warning missing-paper" in capsys.readouterr().out


@pytest.mark.parametrize(("written", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_paper_is_found_however_its_accents_are_written(written, on_disk, tmp_path, capsys):
    name = "papers/déclaration.pdf"
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH.replace("papers/mail.pdf", unicodedata.normalize(written, name)), "utf-8")
    assert cli.main(["check", str(file)]) == 3
    assert "missing-paper" in capsys.readouterr().out
    (tmp_path / "papers" / "mail.pdf").rename(tmp_path / unicodedata.normalize(on_disk, name))
    assert cli.main(["check", str(file)]) == 0


def test_the_ends_of_lines_are_no_part_of_what_a_policy_means(tmp_path):
    plans = []
    for ends in ("\n", "\r\n", "\r"):
        file = tmp_path / "policy.yaml"
        file.write_bytes(b"\xef\xbb\xbf" + LARCH.replace("\n", ends).encode())
        plans.append(policy.load(file, on=DAY).plan)
    assert len({plan.hash for plan in plans if plan is not None}) == 1 and None not in plans


@pytest.mark.parametrize("path", ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"])
def test_a_policy_that_comes_as_a_stream_has_no_folder_and_its_papers_are_not_looked_at(path, tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(LARCH)
    shutil.rmtree(tmp_path / "papers")
    words = [sys.executable, "-m", "troth.cli", "check", path, "--json"]
    with file.open("rb") as stream:
        from_file = subprocess.run(words, stdin=stream, capture_output=True)
    from_pipe = subprocess.run(words, input=file.read_bytes(), capture_output=True)
    for done in (from_file, from_pipe):
        assert json.loads(done.stdout)["ok"], done.stdout


def test_a_problem_is_explained_by_its_name(capsys):
    assert cli.main(["explain", "no-end"]) == 0
    assert capsys.readouterr().out.startswith("no-end: ")
    assert cli.main(["explain", "no-ned"]) == 2
    assert "no-end" in capsys.readouterr().err


def test_the_schema_is_printed_and_names_every_section(capsys):
    assert cli.main(["schema"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["properties"].keys() >= {"troth", "policy", "who", "data", "collect", "use", "keep", "promises"}
    assert found["additionalProperties"] is False


def test_checking_loads_no_framework():
    code = (
        "import sys; from troth.cli import main; main(['check', sys.argv[1]]);"
        "print([name for name in sys.modules if name.split('.')[0] in ('django', 'sqlalchemy', 'granian')])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(FILE)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_carets_count_columns_as_a_reader_sees_them():
    problem = Problem(
        code="x",
        sentence="s.",
        help="Do it.",
        file="f",
        line=1,
        column=8,
        length=3,
        source="name: 山川 ok",
        severity="error",
    )
    problem = Problem(
        **{**{key: getattr(problem, key) for key in problem.__struct_fields__}, "column": 10, "length": 2}
    )
    lines = printing.show(problem, printing.Ink(False)).splitlines()
    assert lines[3].index("^") - lines[2].index("n") == printing.columns("name: 山川 ")
    assert lines[3].count("^") == 2


def test_a_long_line_is_cut_so_that_the_mistake_stands_in_sight():
    source = "a" * 300 + " wrong " + "b" * 300
    problem = Problem(code="x", sentence="s.", help="Do it.", file="f", line=1, column=302, length=5, source=source)
    lines = printing.show(problem, printing.Ink(False)).splitlines()
    assert "wrong" in lines[2] and len(lines[2]) <= printing.WIDTH
    assert lines[2][lines[3].index("^") :].startswith("wrong")
