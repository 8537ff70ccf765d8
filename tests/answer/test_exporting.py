"""Files that a person takes with them can run nothing in the program that opens them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.utils import timezone
from django.utils.html import escape
from tests.answer.planting import walker

from troth.answer import access, exporting
from troth.answer.access import Answer, Line
from troth.people import identities
from troth.places.kinds import NotAnswered

PAYLOADS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "'=1",
    '=HYPERLINK("x")',
    "<b>x</b>",
    '"',
    "a,b",
    "=cmd|' /C'!A0",
]


def answer(value: str) -> Answer:
    line = Line(
        place="our own store", field="a.b", label="name", value=value, source="You", when=None, how_long="", id="",
        can_correct=False,
    )  # fmt: skip
    return Answer(
        client="larch",
        firm="Larch",
        at=timezone.now(),
        lines=[line],
        not_held=["date of birth"],
        not_answered=[NotAnswered("shop", "It could not be reached.")],
        had=[],
        may_have=[],
    )


@pytest.mark.parametrize("value", PAYLOADS)
def test_t57_a_cell_that_a_spreadsheet_would_run_is_text_and_can_be_read_back(value: str) -> None:
    rows = list(csv.reader(io.StringIO(exporting.as_csv(answer(value)), newline="")))
    cell = rows[1][1]
    assert cell[0] not in exporting.RISKY
    assert cell.removeprefix(exporting.MARK) == value or cell == value


@pytest.mark.parametrize("value", PAYLOADS)
def test_json_gives_the_very_value(value: str) -> None:
    data = json.loads(exporting.as_json(answer(value)))
    assert data["held"][0]["value"] == value
    assert data["not_answered"] == [{"place": "shop", "why": "It could not be reached."}]


def test_t57_a_page_shows_markup_as_text() -> None:
    page = exporting.as_html(answer("<script>alert(1)</script>"))
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "Shop has not answered yet" in page


@pytest.mark.django_db(transaction=True)
def test_a_copy_says_what_the_law_has_it_say(walks: str) -> None:
    """UK GDPR Art 15(1)-(2): the uses and what allows them, rights, us and the authority to complain to, machines."""
    person = walker(walks, "ada@quill.example", "Ada")
    found = access.gather(walks, person, frozenset({person}))
    page, data = exporting.as_html(found), json.loads(exporting.as_json(found))
    assert found.about is not None
    for one in found.about.uses:
        assert escape(one.what) in page and escape(one.why) in page
    assert "To run the walk you booked." in [one["what"] for one in data["used_for"]]
    assert not any("answer you" in one["what"] for one in data["used_for"]), "they never wrote: it is no use of theirs"
    for said in ("See your data", "Have it erased", "complain to us", "Information Commissioner", "go to court"):
        assert said in page and said in " ".join([*data["rights"], data["complain"]])
    assert "No machine decides about you alone." in page and "/c/larch/notice/" in page and data["notice"] in page


@pytest.mark.django_db(transaction=True)
def test_a_copy_of_nothing_still_says_where_to_complain(walks: str) -> None:
    person = identities.make(walks, {"walker"})
    found = access.gather(walks, person, frozenset({person}))
    page = exporting.as_html(found)
    assert "What we use it for" not in page and "complain to us" in page
