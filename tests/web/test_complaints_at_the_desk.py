"""At the desk a complaint is read, looked into and decided."""

from __future__ import annotations

import re

import pytest
from tests.answer.houses import LARCH, empty_database, on_disk, published
from tests.answer.planting import work

from troth.answer import complaining, requests

__all__ = ["empty_database", "on_disk"]
pytestmark = pytest.mark.django_db(transaction=True)
BEN = "ben@reed.example"


@pytest.fixture
def larch(on_disk, tmp_path) -> str:
    return published("larch", LARCH, tmp_path)


def opened(**more: str) -> str:
    reference = complaining.open_one("larch", 0, {"why": "You sold my umbrella."} | more, source="page")
    return f"/desk/larch/requests/{reference}/complaint/"


def test_a_complaint_stands_in_the_list_is_read_looked_into_and_decided(officer, mailbox):
    page = opened(address=BEN)
    assert "A mail goes that we have it" in officer.get("/desk/").text
    work()
    assert "Look into it, and tell them" in officer.get("/desk/").text
    assert page in officer.get(page.replace("complaint/", "")).text
    assert "umbrella" not in officer.get(page).text
    assert "umbrella" in officer.post(page, {"act": "read"}).text
    officer.post(page, {"act": "look", "text": "It was never ours."})
    assert "never ours" in officer.post(page, {"act": "read"}).text
    officer.post(page, {"act": "say", "text": "We ask the depot."})
    work()
    assert "We ask the depot." in mailbox.text()
    officer.post(page, {"act": "decide", "outcome": "upheld", "text": "We were wrong."})
    work()
    assert "We were wrong." in mailbox.text() and "The complaint is closed" in officer.get(page).text


def test_the_day_of_a_complaint_is_said_for_what_it_is_and_never_as_one_that_the_law_sets(officer, mailbox):
    page = opened(address=BEN).replace("complaint/", "")
    before = officer.get(page).text
    assert "They are to know by" in before and "The law sets" not in before and "on which we answer" not in before
    work()
    after = officer.get(page).text
    assert "They hear from us again by" in after and "They are to know by" not in after and "The law sets" not in after


def test_who_has_no_address_is_told_by_hand(officer, mailbox):
    page = opened(post="12 Mill Lane")
    assert "Tell them by hand" in officer.get("/desk/").text and "No mail reaches them" in officer.get(page).text
    assert "look into it without delay" in officer.post(page, {"act": "letter", "what": "had"}).text
    officer.post(page, {"act": "went", "what": "had"})
    officer.post(page, {"act": "decide", "outcome": "not upheld", "text": "All was well."})
    assert "what came of it" in officer.get(page).text
    officer.post(page, {"act": "went", "what": "outcome"})
    assert requests.find("larch", page.split("/")[4]).state == "closed" and mailbox.letters == []


def test_one_that_was_written_down_at_the_desk_has_the_same_page(officer):
    form = {"client": "larch", "right": "complain", "way": "telephone", "asker": "A. Quill", "post": "calls again"}
    from django.utils import timezone

    at = officer.post("/desk/requests/register/", form | {"came": timezone.localdate().isoformat()})["Location"]
    assert officer.get(at)["Location"].endswith("/complaint/")


@pytest.mark.parametrize(
    "typed", [{}, {"act": "decide", "outcome": "x", "text": "y"}, {"act": "say"}, {"act": "letter", "what": "x"},
              {"act": "went", "what": "outcome"}]
)  # fmt: skip
def test_what_lacks_something_is_not_done_and_says_what(officer, typed):
    answer = officer.post(opened(address=BEN), typed)
    assert answer.status_code == 422 and "Nothing was done" in answer.text


def test_t50_a_complaint_of_another_client_does_not_open_here(officer, tmp_path):
    published("plain", LARCH, tmp_path)
    page = opened(address=BEN)
    assert officer.get(page.replace("/larch/", "/plain/")).status_code == 404
    reference = complaining.open_one("plain", 0, {"why": "No.", "address": BEN}, source="page")
    assert officer.get(f"/desk/plain/requests/{reference}/complaint/").status_code == 404
    assert officer.get(f"/desk/larch/requests/{reference}/complaint/").status_code == 404


@pytest.mark.parametrize("act", ["look", "say", "decide"])
def test_what_was_written_and_not_taken_stays_in_its_own_box_and_is_told_to_nobody_by_mistake(officer, act):
    page = opened(address=BEN)
    answer = officer.post(page, {"act": act, "text": "x" * 4001, "outcome": "upheld"})
    assert answer.status_code == 422
    assert re.findall(r'<textarea id="(\w+)"[^>]*>x{4001}</textarea>', answer.text) == [act]
    assert re.findall(r'id="(\w+)"[^>]*aria-describedby="\w+-hint (\w+)-error" aria-invalid="true"', answer.text) == [
        (act, act)
    ]
    assert f'<p class="error" id="{act}-error">' in answer.text and f'<a href="#{act}">' in answer.text
