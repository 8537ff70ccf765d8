"""Other people in an answer are not shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.answer.planting import walker

from troth import policy
from troth.answer import access, exporting
from troth.answer.others import HIDDEN, MARKED, masked
from troth.places.sql import NOT_YOURS
from troth.policy.emit import texts
from troth.policy.plan import Field

LETTER = Field(name="letter.body", kind="correspondence", label="letter", form="sealed")
ADA, BO = "ada@quill.example", "bo@larch.example"


@pytest.mark.parametrize(
    "text",
    [
        f"ask {BO} too",
        f"<{BO.upper()}>",
        f"mailto:{BO}.",
        "ring +44 20 7946 0018 tonight",
        "02079460018",
        "(020) 7946-0018",
    ],
)
def test_t31_what_names_somebody_else_is_hidden(text: str) -> None:
    shown = masked(LETTER, text, [ADA])
    assert HIDDEN in shown
    assert "bo@" not in shown.casefold() and "7946" not in shown


@pytest.mark.parametrize(
    "text",
    [
        f"write to {ADA}",
        "ADA@QUILL.EXAMPLE",
        "my number is 020 7946 0018",
        "12 May 2026, 10:30",
        "order 1234567",
        "£12.50",
    ],
)
def test_what_is_their_own_or_names_nobody_is_shown_as_it_is(text: str) -> None:
    assert masked(LETTER, text, [ADA, "+442079460018"]) == text


def test_what_is_not_shown_is_said_in_the_language_that_is_spoken() -> None:
    said = [HIDDEN, MARKED, NOT_YOURS]
    with texts.speaking(policy.load(Path("tests/policies/larch.yaml")).plan, "fr"):
        shown = [masked(LETTER, f"ask {BO}", [ADA]), masked(LETTER, "[[]]", [ADA]), masked(None, NOT_YOURS, [ADA])]
    assert [one for one in said for text in shown if one in text] == []
    assert all("non montré" in text for text in shown)


def test_a_field_that_is_no_text_is_left_alone() -> None:
    field = Field(name="a.b", kind="email address", label="x", form="sealed")
    assert masked(field, BO, [ADA]) == BO


@pytest.mark.django_db(transaction=True)
def test_t31_two_people_in_one_thread_find_none_of_each_others_marks(walks: str) -> None:
    thread = f"{ADA} wrote: meet at the ridge. {BO} wrote: I bring Cy."
    ada = walker(walks, ADA, "Ada", letter=thread)
    bo = walker(walks, BO, "Bo", letter=thread)
    for person, mine, theirs in ((ada, ADA, BO), (bo, BO, ADA)):
        answer = access.gather(walks, person, frozenset({person}))
        for made in (exporting.as_json, exporting.as_csv, exporting.as_html):
            text = made(answer)
            assert mine in text and theirs not in text and "meet at the ridge" in text
        line = next(one for one in answer.lines if one.field == "letter.body")
        assert not line.can_correct
