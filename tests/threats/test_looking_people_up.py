"""A member of staff who looks people up: through a case alone, one after the other, and everybody sees it (T54)."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.fixtures import mailbox
from tests.answer.planting import walker, work
from tests.web.conftest import at_desk, code_of, enter, officer, visitor
from tests.web.walking import parameters, routes

from troth.answer import access, acting, exporting, heard, requests
from troth.parties import staff
from troth.people import looks
from troth.people.models import Look
from troth.policy.problems import Trouble
from troth.web import crowds

__all__ = ["at_desk", "mailbox", "officer", "visitor"]
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
    found = [re.findall(r"<strong>([^<]*) opened the data of (\d+) people", page) for page in pages]
    assert found[0] == found[1]
    return [f"{who} {times}" for who, times in found[0]]


def test_t54_who_opens_the_data_of_thirty_people_in_a_day_is_named_to_everybody_at_the_desk(
    officer: Client, guide: Client, larch: str
) -> None:
    references = cases(larch, 30)
    for _ in range(3):
        opened(guide, references[: crowds.MANY - 1])
    assert said(officer) == [], "often, and not many people"
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


def theirs(client: str, reference: str) -> access.Answer:
    """What the person of a request reads on their page."""
    found = requests.find(client, reference)
    assert found is not None
    return access.gather(client, found.person, frozenset({found.person}))


def test_t54_the_person_reads_when_and_why_staff_looked_on_their_page_and_in_their_answer_and_not_who(
    guide: Client, visitor: Client, larch: str, mailbox: Any
) -> None:
    one, other = cases(larch, 2)
    opened(guide, [one])
    member = staff.of(larch)[-1]
    visitor.post("/c/larch/you/", {"address": "p0@quill.example"})
    work()
    visitor.post(mailbox.link())
    page = visitor.get("/c/larch/you/").text
    made = {form: visitor.get(f"/c/larch/you/download/{form}/").text for form in ("html", "json", "csv")}
    said = f"To read what you wrote to us, {one}: what you asked of us under your rights"
    for text in (page, *made.values()):
        assert said in text
        assert member.email not in text and member.ref not in text
    (look,) = json.loads(made["json"])["looked_at"]
    assert look["why"] == said and look["when"][:10] == timezone.localdate().isoformat()
    assert "24 months" in look["how_long"]
    assert theirs(larch, other).looked == [], "nobody opened what is held about the other"


def test_t54_each_way_in_which_a_hand_opens_data_is_told_to_its_person(larch: str) -> None:
    staff.add("guide@larch.example", larch, "guide")
    by = staff.ref_of("guide@larch.example", larch)
    ada = walker(larch, "ada@quill.example", MARK, letter="a red glove")
    entered = heard.Entered(right="access", way="post", came=timezone.localdate(), asker="Ada",
                            known="email=ada@quill.example", post="12 Mill Lane")  # fmt: skip
    reference = heard.register(larch, entered, by=by)
    for name, people in (("ada", 1), ("nobody", 2)):  # who asks whether somebody is known here is counted, too
        with contextlib.suppress(Trouble):
            heard.register(larch, entered._replace(known=f"email={name}@quill.example"), by=by)
        assert [many for _, _, many in looks.a_day(larch, [by], timezone.localdate())] == [people]
    heard.written(larch, reference, actor=by)
    assert theirs(larch, reference).looked == [], "whoever wrote had not shown yet that it is they"
    heard.show(larch, reference, "who", how="called back", by=by)
    heard.written(larch, reference, actor=by)
    body, _ = acting.answer(larch, reference, "html", by=by)
    said = [one.value for one in theirs(larch, reference).looked]
    assert said == [
        f"To read what you wrote to us, {reference}: what you asked of us under your rights",
        f"To answer what you asked, {reference}: all that we hold about you",
    ]
    assert f"To answer what you asked, {reference}" in body, "a file that staff make says so, too"
    assert [people for _, _, people in looks.a_day(larch, [by], timezone.localdate())] == [2]
    assert Look.objects.filter(person_id=ada).count() == 2
    assert exporting.as_json(theirs(larch, reference)).count('"why": "To ') == 2
