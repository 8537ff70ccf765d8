"""A member of staff who looks people up: through a case alone, one after the other, and everybody sees it (T54)."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.fixtures import mailbox
from tests.answer.planting import walker
from tests.web.conftest import at_desk, code_of, enter, officer
from tests.web.walking import parameters, routes

from troth.answer import requests
from troth.parties import staff
from troth.web import crowds

__all__ = ["at_desk", "mailbox", "officer"]
pytestmark = pytest.mark.django_db
MARK = "Zebedee Quillfeather"


@pytest.fixture
def guide(officer: Client, larch: str) -> Client:
    browser = Client(headers={"host": "localhost:8000"})
    enter(browser, staff.add("guide@larch.example", larch, "guide"))
    browser.get("/desk/enter/factor/")
    browser.post("/desk/enter/factor/", {"code": code_of(browser)})
    return browser


def cases(client: str, number: int) -> list[str]:
    """So many people who asked for something."""
    people = [walker(client, f"p{one}@quill.example", MARK, letter="a red glove") for one in range(number)]
    return [
        requests.open_request(client, one, "object", detail={"why": f"{MARK} wants none"}).reference for one in people
    ]


def opened(browser: Client, references: list[str]) -> None:
    for reference in references:
        page = browser.post(f"/desk/larch/requests/{reference}/", {"act": "written"})
        assert MARK in page.text


def said(browser: Client) -> list[str]:
    pages = [browser.get(path).text for path in ("/desk/", "/desk/looks/")]
    found = [re.findall(r"<strong>([^<]*) opened people’s data (\d+) times", page) for page in pages]
    assert found[0] == found[1]
    return [f"{who} {times}" for who, times in found[0]]


def test_t54_who_opens_the_data_of_thirty_people_in_a_day_is_named_to_everybody_at_the_desk(
    officer: Client, guide: Client, larch: str
) -> None:
    references = cases(larch, 30)
    opened(guide, references[: crowds.MANY - 1])
    assert said(officer) == []
    opened(guide, references[crowds.MANY - 1 :])
    opened(officer, references[:3])
    assert said(officer) == said(guide) == ["guide@larch.example 30"]
    with time_machine.travel(timezone.now() + crowds.DAYS * timezone.timedelta(days=1), tick=False):
        assert crowds.of({larch: "Larch"}) != [], "said for a week"
    with time_machine.travel(timezone.now() + (crowds.DAYS + 1) * timezone.timedelta(days=1), tick=False):
        assert crowds.of({larch: "Larch"}) == []
    assert crowds.of({"rowan": "Rowan"}) == []


def test_t54_nobody_is_shown_before_somebody_opens_their_case_and_then_it_is_written_down(
    guide: Client, larch: str
) -> None:
    (reference,) = cases(larch, 1)
    shown: list[Any] = [f"/{one}" for one in routes() if one.startswith("desk/") and not parameters(one)]
    assert len(shown) > 10
    for path in [*shown, f"/desk/larch/requests/{reference}/", f"/desk/larch/requests/{reference}/decide/"]:
        page = guide.get(path)
        for mark in (MARK, "p0@quill.example", "a red glove"):
            assert mark not in page.content.decode(errors="replace"), path
    before = len(guide.get("/desk/looks.csv").content.splitlines())
    opened(guide, [reference])
    assert len(guide.get("/desk/looks.csv").content.splitlines()) > before
