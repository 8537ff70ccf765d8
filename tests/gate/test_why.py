"""``troth why``: yes or no in the words of the policy, from a file and flags or about a real person."""

import json
from pathlib import Path

import pytest
from tests.people import making

from troth import cli
from troth.people import standing

FILE = str(Path(__file__).parents[1] / "policies" / "larch.yaml")


def why(capsys, *words):
    status = cli.main(["why", *words])
    return status, capsys.readouterr().out


def data(capsys, *words):
    status, out = why(capsys, "--json", *words)
    found = json.loads(out)
    return status, found, {reason["code"] for reason in found["reasons"]}


def test_a_file_alone_says_yes_and_why(capsys):
    status, out = why(capsys, "--policy", FILE, "--use", making.WALK)
    assert status == 0
    assert out.startswith("Yes: ")
    assert "on the basis of contract" in out


def test_a_file_alone_says_no_in_the_words_of_the_policy_and_the_law(capsys):
    status, out = why(capsys, "--policy", FILE, "--use", making.NEWS)
    assert status == 3
    assert out.startswith("No: ")
    assert "May we email you news of walks?" in out
    assert "UK GDPR Art 7(1)" in out


def test_a_yes_said_on_the_command_line_opens_what_it_opens(capsys):
    status, found, codes = data(
        capsys, "--policy", FILE, "--use", making.NEWS, "--yes", making.NEWS, "--channel", "email"
    )
    assert (status, found["allowed"], codes) == (0, True, set())
    assert found["way"]["use"] == making.NEWS


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--use", "sell it"], "no-purpose"),
        (["--use", making.WALK, "--recipient", "Eve Ltd"], "no-recipient"),
        (["--use", making.WALK, "--fields", "letter.body"], "fields"),
        (["--use", making.NEWS, "--no", making.NEWS], "no-consent"),
        (["--use", making.NEWS, "--yes", making.NEWS, "--no", "all marketing"], "objected"),
        (["--use", "answer you", "--no", "answer you"], "objected"),
        (["--use", "answer you"], "case"),
        (["--use", making.WALK, "--staff", "owner"], "role"),
        (["--use", making.WALK, "--of", "visitor"], "people"),
        (["--use", "access"], "not-proved"),
    ],
)
def test_each_no_has_its_reason(capsys, words, code):
    status, found, codes = data(capsys, "--policy", FILE, *words)
    assert status == 3
    assert not found["allowed"]
    assert code in codes


def test_a_person_of_a_client_is_asked_about_by_an_identity(capsys, larch):
    person = making.walker(larch)
    words = ["--client", larch, "--use", making.NEWS, "--identity", "email=ada@quill.example", "--channel", "email"]
    assert data(capsys, *words)[2] == {"no-consent"}
    making.say(larch, person, True)
    assert data(capsys, *words)[0] == 0


def test_why_says_that_use_is_restricted_and_what_a_yes_after_it_opens(capsys, larch):
    person = making.walker(larch)
    words = ["--client", larch, "--use", making.NEWS, "--identity", "email=ada@quill.example", "--channel", "email"]
    making.say(larch, person, True)
    standing.restrict(larch, person, ground="objection")
    cli.main(["why", *words])
    assert "their yes to this was not given after that" in capsys.readouterr().out
    making.say(larch, person, True, how=standing.ANEW)
    cli.main(["why", *words])
    assert "they said that yes after it, on their page (UK GDPR Art 18(2))" in capsys.readouterr().out
    assert data(capsys, *words)[1]["renewed"] is True


@pytest.mark.parametrize(
    "words",
    [
        ["--use", making.WALK],
        ["--client", "nobody", "--use", making.WALK],
        ["--policy", FILE, "--use", making.WALK, "--yes", "nothing like it"],
    ],
)
def test_wrong_use_is_said_in_a_sentence(capsys, data_folder, db, words):
    status = cli.main(["why", *words])
    assert status in (1, 2)
    assert capsys.readouterr().err.startswith("troth: ")


def test_an_unknown_person_is_no_person(capsys, larch):
    assert cli.main(["why", "--client", larch, "--use", making.WALK, "--identity", "email=eve@quill.example"]) == 1
    assert "no such person" in capsys.readouterr().err
