"""A slip in a name is told once, with what was meant; what only follows from it is not told, and nothing is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.policy.spoiling import LARCH, codes, problems, spoilt

from troth import policy
from troth.policy import grammar
from troth.policy.problems import Problem
from troth.policy.reading import meant, slip

FIVE = sorted((Path(__file__).parents[2] / "policies").glob("*/policy.yaml"))
NAMES = [*grammar.FIRST, *grammar.SECTIONS]


def slips(name: str) -> Iterator[str]:
    """A letter less, twice, another, and two swapped; in the middle, where a pen slips."""
    at = len(name) // 2
    yield name[:at] + name[at + 1 :]
    yield name[:at] + name[at] * 2 + name[at + 1 :]
    yield name[:at] + "x" + name[at + 1 :]
    yield name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
    yield name.capitalize()


def told(file: Path, text: str) -> list[Problem]:
    return policy.load(file, text=text.encode()).problems


@pytest.mark.parametrize("file", FIVE, ids=lambda path: path.parent.name)
def test_each_section_misspelt_once_is_one_problem_on_its_line(file):
    text, tried = file.read_text("utf-8"), 0
    for name in NAMES:
        for wrong in slips(name) if re.search(rf"(?m)^{name}:", text) else ():
            if wrong == name:
                continue
            spoilt_text = re.sub(rf"(?m)^{name}:", f"{wrong}:", text, count=1)
            line = next(at for at, one in enumerate(spoilt_text.splitlines(), 1) if one.startswith(f"{wrong}:"))
            found = told(file, spoilt_text)
            assert [(one.line, one.code, one.help) for one in found] == [
                (line, "unknown-section", f"Did you mean “{name}”?")
            ], (name, wrong)
            tried += 1
    assert tried > 70


@pytest.mark.parametrize("file", FIVE, ids=lambda path: path.parent.name)
def test_each_section_under_another_name_or_gone_is_at_most_three_problems(file):
    text = file.read_text("utf-8")
    for name in grammar.SECTIONS:
        if not re.search(rf"(?m)^{name}:", text):
            continue
        elsewhere = told(file, re.sub(rf"(?m)^{name}:", "something entirely else:", text, count=1))
        assert "unknown-section" in {one.code for one in elsewhere}
        assert len(elsewhere) <= 3, (name, [(one.line, one.code, one.sentence) for one in elsewhere])
        if name == "promises":
            continue  # nothing points there; without them the notice says other words, which want a translation
        gone = told(file, re.sub(rf"(?ms)^{name}:.*?(?=^\S|\Z)", "", text, count=1))
        assert len(gone) <= 3, (name, [(one.line, one.code, one.sentence) for one in gone])


def test_each_key_of_the_small_firm_misspelt_is_one_problem_and_echoes_nothing():
    tried = 0
    for match in re.finditer(r"(?:^    |[{,] ?)([a-z]{3,}(?: [a-z]+)*): ", LARCH, re.M):
        key, start = match[1], match.start(1)
        for wrong in slips(key):
            if " ".join(wrong.split()) == key:
                continue
            found = problems(text=LARCH[:start] + wrong + LARCH[start + len(key) :])
            if {one.code for one in found} - {"unknown-key"}:
                assert key in ("email", "shop"), (key, wrong, found)  # a channel is a name of `by`, no key
            else:
                assert len(found) == 1 and found[0].help == f"Did you mean “{key}”?", (key, wrong, found)
            tried += 1
    assert tried > 300


def test_what_stands_in_a_misspelt_section_is_looked_at_all_the_same():
    found = problems(text=spoilt(("collect:\n", "colect:\n"), ("may: letter.body", "may: letter.bdy")))
    assert [(one.code, one.line > 20) for one in found] == [("unknown-section", True), ("unknown-data", True)]
    hidden = ("  troth.choices: choice", "  troth.choices: choice\n  lead.fax: fax number")
    assert set(codes(("collect:\n", "colect:\n"), hidden)) == {"unknown-section", "no-end", "not-collected"}
    assert set(codes(("identity: link", "identty: link"), hidden)) == {"unknown-key", "no-end", "not-collected"}


def test_a_section_said_twice_in_other_letters_is_not_read_into_the_first():
    found = problems(
        text=LARCH + "papres:\n  one: {kind: contract, file: papers/x.pdf, owner: Ada, until: 2020-01-01}\n"
    )
    assert [(one.code, one.help) for one in found] == [("unknown-section", "Did you mean “papers”?")]


def test_an_old_text_whose_mark_is_misspelt_is_not_told_all_that_it_lacks():
    found = policy.load(
        "x.yaml", text=b"troth: 1\npolicy: x\nas writen: yes\nuse:\n  a use: {says: We use it.}\n"
    ).problems
    assert [one.code for one in found] == ["unknown-section", "as-written"]


@pytest.mark.parametrize(
    ("word", "name", "near"),
    [
        ("colect", "collect", True), ("collcet", "collect", True), ("Collect", "collect", True), ("us", "use", True),
        ("lest age", "least age", True), ("does", "decides", False), ("to", "of", False), ("", "is", False),
        ("collection", "collect", False), ("owner", "owner", True), ("dta", "data", True), ("dt", "data", False),
    ],
)  # fmt: skip
def test_what_counts_as_a_slip(word, name, near):
    assert slip(word, name) is near


def test_a_word_that_could_be_two_names_is_read_as_neither():
    assert meant("a", ["as", "at"], set()) == ""
    assert meant("a", ["as", "at"], {"at"}) == "as"
    assert meant("Is", ["is", "in", "as"], set()) == "is"
