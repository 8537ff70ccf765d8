"""Likeness: a fault that is said as no rule expects is told by the weight of its words, and care is believed."""

from __future__ import annotations

import csv
import datetime as dt
import re
from functools import cache
from pathlib import Path

import pytest
from tests.policy.law.test_rules import AROUND

from troth.policy.law import likeness, prose, rules
from troth.policy.law.rules import Finding

CASES = Path(__file__).parents[2] / "cases" / "law"
FIRMS = ("dianomi", "omono", "miomi", "dijuno", "clientdata", "interrodata", "sitewise")


def table(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.tsv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


FREELY, LATE, HARMLESS, FAULTS = table("freely"), table("late"), table("harmless"), table("faults")


@cache
def law() -> rules.Law:
    return rules.law("uk", dt.date(2026, 11, 22))


def found(text: str, around: str = "") -> list[Finding]:
    whole = f"{around}\n\n{text}" if around else text
    return [one for one in prose.findings(whole, law()) if one.line > 1 or not around]


def told(many: list[Finding]) -> set[str]:
    return {row for one in many for row in (one.law, *one.also)}


def test_endings_are_taken_off_and_all_numbers_are_one():
    assert likeness.words("Sharing what he shares, £10 in 2026") == ["shar", "what", "he", "shar", "£", "0", "in", "0"]
    assert likeness.words("we'll")[0] == likeness.words("we've")[0] == "we"
    assert likeness.features("We share it") == {"we", "shar", "it", "we_shar", "shar_it"}


def test_too_few_words_are_like_nothing():
    assert likeness.like("You thereby consent") is None
    assert likeness.like("You thereby consent to all of this by visiting us") is not None


def test_each_fault_that_has_weights_is_a_rule_over_words():
    known = {rule.id for rule in rules.rules() if rule.look == "wording"}
    assert set(likeness._table().names) - {likeness.LAWFUL} == {row["rule"] for row in FAULTS} <= known


def test_the_weights_are_of_words_and_pairs_and_name_no_firm():
    words = likeness._table().weights
    assert [one for one in words if one.count("_") > 1 or any(name in one for name in FIRMS)] == []
    assert [one for one in words if not re.fullmatch(r"(?:[a-z]+(?:'[a-z]+)?|0|£|%)(?:_.+)?", one)] == []


@pytest.mark.parametrize("number", list(dict.fromkeys(row["round"] for row in FREELY)))
def test_free_paraphrases_are_found(number, capsys):
    gold = {row["clause"]: row["rows"] for row in table("clauses")}
    wide = {row["class"]: row["rows"] for row in table("reworded-classes")}
    rows = [(row, gold.get(row["of"]) or wide.get(row["of"])) for row in FREELY if row["round"] == number]
    asked = [(row["text"], AROUND.get(row["of"].split("-")[0], ""), set(many.split())) for row, many in rows if many]
    left = [text for text, around, many in asked if not told(found(text, around)) & many]
    with capsys.disabled():
        print(f"\nfree paraphrases, {number} round: {len(asked) - len(left)} of {len(asked)}; missed: {left}")
    assert len(left) <= 0.1 * len(asked)


def test_sentences_of_other_trades_that_no_weight_was_reckoned_from(capsys):
    """An honest figure: it says how many of those that anybody may write tomorrow are found."""
    faulty = [row for row in LATE if row["rows"] != "-"]
    left = [row["text"] for row in faulty if not told(found(row["text"])) & set(row["rows"].split())]
    false = [row["text"] for row in LATE if row["rows"] == "-" and found(row["text"])]
    with capsys.disabled():
        print(f"\nnever seen: {len(faulty) - len(left)} of {len(faulty)} found; false: {false}; missed: {left}")
    assert len(left) <= 0.4 * len(faulty) and len(false) <= 2


def test_no_sentence_of_the_honest_figure_was_learnt_from():
    learnt = {row["text"] for row in (*FREELY, *HARMLESS, *table("reworded"))}
    assert learnt & {row["text"] for row in LATE} == set()


def test_harmless_paragraphs_amid_many_faults_are_seldom_blamed(capsys):
    paragraphs = [row["text"] for pair in zip(FREELY, HARMLESS, strict=False) for row in pair]
    lines = {one.line for one in found("\n".join(paragraphs)) if one.line > 1}
    blamed = [text for number, text in enumerate(paragraphs, 1) if number in lines and number % 2 == 0]
    with capsys.disabled():
        print(f"\nharmless paragraphs: {len(blamed)} of {len(HARMLESS)} blamed: {blamed}")
    assert len(blamed) <= 0.06 * len(HARMLESS)


def only_alike(monkeypatch: pytest.MonkeyPatch, rule: str = "shown-to-strangers") -> None:
    """A likeness that is sure, so that what becomes of it can be seen."""
    monkeypatch.setattr(prose.likeness, "like", lambda text: likeness.Like(rule, 0.9) if "stones" in text else None)


def test_a_likeness_is_told_as_its_rule_and_only_where_none_of_its_class_spoke(monkeypatch):
    only_alike(monkeypatch)
    assert found("Pebbles and pebbles lie on the pebbles.") == []
    assert [one.rule for one in found("Stones and stones lie on the stones.")] == ["shown-to-strangers"]
    [one] = [one for one in found("Strangers can see you on the stones.") if "gdpr-25" in told([one])]
    assert one.rule == "shown-to-strangers"


def test_a_likeness_in_a_denial_in_a_table_or_beside_a_guard_is_none(monkeypatch):
    only_alike(monkeypatch)
    assert found("We never lie on the stones.") == []
    assert found("| stones and stones | stones |") == []
    assert found("Stones lie there only if you put the stones there.") == []


def test_a_likeness_in_a_careful_notice_is_none(monkeypatch):
    care = (CASES / "lawful" / "candles.txt").read_text("utf-8")
    only_alike(monkeypatch, "security-disclaimed")  # a rule that is not weak where it speaks itself
    assert found("Stones and stones lie on the stones.") != []
    assert found(f"{care}\n\nMore\n\nStones and stones lie on the stones.\n") == []
