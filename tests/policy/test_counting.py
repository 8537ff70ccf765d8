"""A count and the words that go with it: nobody is told of 1 values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from troth.policy.counting import bent, counted

SOURCE = Path(__file__).parents[2] / "src" / "troth"
NOUNS = (
    "values|rows|people|events|requests|places|holds|promises|clauses|columns|tables|keys|pages|walks|entries|recipients"
    "|decisions|complaints|days|hours|yeses|sessions|addresses|members|fields|editions|acts|erasures"
)


@pytest.mark.parametrize(
    ("count", "words", "said"),
    [
        (1, "value[s] [is|are] past [its|their] period.", "1 value is past its period."),
        (2, "value[s] [is|are] past [its|their] period.", "2 values are past their period."),
        (0, "entr[y|ies]", "0 entries"),
        (1, "hold[s] stop[s|] it", "1 hold stops it"),
        (3, "hold[s] stop[s|] it", "3 holds stop it"),
        (1, "value[, event or row|s, events and rows] of “shop”", "1 value, event or row of “shop”"),
        (1_200_000, "row[s]", "1,200,000 rows"),
    ],
)
def test_a_count_bends_the_words_that_go_with_it(count: int, words: str, said: str) -> None:
    assert counted(count, words) == said
    assert bent(count, words) == said.partition(" ")[2]


def test_no_sentence_of_a_proof_counts_without_bending_its_noun() -> None:
    stiff = re.compile(rf"\{{[^{{}}]*\}} (?:{NOUNS})\b")
    found = {path.name: met for path in (SOURCE / "prove").glob("*.py") if (met := stiff.findall(path.read_text()))}
    assert found == {}
