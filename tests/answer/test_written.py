"""What somebody wrote with a request is theirs to see, as long as it is kept."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from tests.answer.planting import Mailbox, walker, work

from troth.answer import access, complaining, erase, exporting, heard, limits, requests
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"


def written(person: int) -> list[str]:
    answer = access.gather("larch", person, frozenset({person}))
    assert all(one.value in exporting.as_json(answer) for one in answer.lines)
    return [one.value for one in answer.lines if one.field == "troth.written"]


def notes(person: int) -> list[str]:
    answer = access.gather("larch", person, frozenset({person}))
    return [one.value for one in answer.lines if one.field == "troth.noted"]


def test_what_was_written_stands_on_the_page_and_in_the_downloads_until_it_is_answered(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    ada = walker(walks, ADA, "Ada")
    limits.clear()
    browser.post(f"/c/{walks}/you/", {"address": ADA})
    work()
    browser.post(mailbox.link())
    browser.post(f"/c/{walks}/you/stop/object/", {"why": "The red gloves are nobody’s business."})
    assert written(ada) == ["The red gloves are nobody’s business."]
    page = browser.get(f"/c/{walks}/you/").text
    row = page.partition("The red gloves are nobody’s business.")[2].partition("</tr>")[0]
    assert "You (O-" in row and "Until we have answered you" in row
    requests.forget(walks, requests.of_persons(walks, frozenset({ada}))[0].reference)
    assert written(ada) == []


def test_a_complaint_shows_where_it_is_answered_and_nothing_that_another_wrote(walks: str) -> None:
    ada = walker(walks, ADA, "Ada")
    complaining.open_one(walks, ada, {"why": "A wrong bill.", "address": ADA}, source="page")
    assert written(ada) == ["A wrong bill.", ADA]


def test_what_staff_noted_of_a_complaint_is_the_person_s_to_read_while_it_is_kept(walks: str) -> None:
    ada = walker(walks, ADA, "Ada")
    reference = complaining.open_one(walks, ada, {"why": "A wrong bill."}, source="page")
    complaining.look(walks, reference, "She was billed twice, [[as was Bo]], says bo@quill.example.", by="staff")
    (noted,) = notes(ada)
    assert "She was billed twice, [about somebody else, not shown]" in noted
    assert "[somebody else’s address, not shown]" in noted and "Bo" not in noted and "bo@" not in noted
    assert "as was Bo" not in str(requests.detail(walks, reference))
    with pytest.raises(Trouble, match="bracket"):
        complaining.look(walks, reference, "[[half", by="staff")
    requests.forget(walks, reference)
    assert notes(ada) == []


def test_t22_who_asks_in_somebodys_name_is_shown_to_nobody_before_and_after_it_was_seen_that_they_may(
    walks: str,
) -> None:
    ada = walker(walks, ADA, "Ada")
    said = heard.Entered("object", "post", timezone.localdate(), "Eve", through="agent", whom="Ada",
                         known=f"email={ADA}", post="Evil Lane", why="Eve says so")  # fmt: skip
    reference = heard.register(walks, said, by="staff")
    assert written(ada) == []
    for what in ("who", "may"):
        heard.show(walks, reference, what, how="a paper", by="staff")
    assert written(ada) == notes(ada) == []
    alone = heard.Entered("access", "post", timezone.localdate(), "Somebody", known=f"email={ADA}", post="Elsewhere")
    reference = heard.register(walks, alone, by="staff")
    assert written(ada) == []
    heard.show(walks, reference, "who", how="a paper", by="staff")
    assert (written(ada), notes(ada)) == (["Elsewhere"], ["a paper"])


def test_before_an_erasure_what_was_written_is_named_among_what_goes_but_not_a_complaint_that_must_be_answered(
    walks: str,
) -> None:
    """“We show you exactly what would happen”: the receipt counts these, so the page before it names them."""
    ada = walker(walks, ADA, "Ada")
    requests.open_request(walks, ada, "restrict", detail={"why": "The town is not right."})
    complaining.open_one(walks, ada, {"why": "A wrong bill.", "address": ADA}, source="page")
    told = erase.tell(walks, ada, frozenset({ada}))
    assert [(one.what, one.count) for one in told.goes if one.place == requests.PLACE] == [("what you wrote to us", 1)]
    assert any("what you complained of" in one.what for one in told.stays)
