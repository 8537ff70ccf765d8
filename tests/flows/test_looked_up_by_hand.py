"""Where no program can ask, somebody looks, and forgets on time; until they say so the place has not answered."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.planting import Mailbox, work
from tests.flows.by_hand import ADA, YOU, ada, here, larch
from tests.web.conftest import at_desk, officer

from troth.answer import access, asking, limits, requests
from troth.answer.others import MARKED
from troth.keep import chores, erasure, handed, sweep
from troth.keep.models import Chore, Handed
from troth.ledger import tree
from troth.people import identities, vault
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["ada", "at_desk", "here", "larch", "officer"]


def look(officer: Client, reference: str, **words: str) -> Any:
    return officer.post(f"/desk/larch/requests/{reference}/", {"act": "found", "place": "cupboard"} | words)


def test_what_a_hand_finds_goes_into_the_page_and_every_download_and_the_request_closes(
    officer: Client, here: Client, mailbox: Mailbox
) -> None:
    assert "Cupboard has not answered yet" in here.get(YOU).text
    page = here.post(YOU + "ask-there/", follow=True).text
    (asked,) = requests.of_client("larch")
    assert asked.reference in page and here.post(YOU + "ask-there/").status_code == 302
    assert len(requests.of_client("larch")) == 1, "asked twice, it is one request"
    assert "Look in cupboard by hand" in officer.get("/desk/").text
    assert ADA in look(officer, asked.reference, act="look").text
    look(officer, asked.reference, found="booking.name: Ada Q. of the paper list\nbooking.walk: Quantock: in the rain")
    work()
    assert "your page has it for a month" in mailbox.text()
    page = here.get(YOU).text
    assert "Ada Q. of the paper list" in page and "Quantock: in the rain" in page and "not answered" not in page
    limits.clear()
    told = json.loads(here.get(YOU + "download/json/").content)
    assert [one["place"] for one in told["held"] if "paper list" in one["value"]] == ["cupboard"]
    assert told["not_answered"] == []
    closed = requests.find("larch", asked.reference)
    assert closed is not None and (closed.state, closed.outcome) == ("closed", asking.ANSWERED)
    assert b"paper list" not in bytes(Handed.objects.get().found), "it lies sealed"


def test_nothing_held_is_an_answer_and_silence_is_none(officer: Client, here: Client, mailbox: Mailbox) -> None:
    here.post(YOU + "ask-there/")
    (asked,) = requests.of_client("larch")
    answer = look(officer, asked.reference, found="  ")
    assert "Write what was found" in answer.text and ' wrong" aria-invalid="true"' in answer.text
    assert "That you read this is written down" not in answer.text
    assert "not answered" in here.get(YOU).text
    look(officer, asked.reference, act="nothing")
    assert "not answered" not in here.get(YOU).text and requests.of_client("larch") == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ("just a note", "Line 1 does not say"),
        ("letter.body: what they wrote", "does not say that “cupboard” holds"),
        ("booking.name: " + "x" * 4001, "are the most"),
        ("booking.name: x\n" * 201, "are the most"),
        (("booking.name: " + "x" * 3999 + "\n") * 17, "are the most"),
    ],
)
def test_what_does_not_belong_there_is_not_entered(
    officer: Client, here: Client, mailbox: Mailbox, found: str, said: str
) -> None:
    here.post(YOU + "ask-there/")
    (asked,) = requests.of_client("larch")
    assert said in look(officer, asked.reference, found=found).text
    assert not Handed.objects.exists() and len(requests.of_client("larch")) == 1


def test_t31_what_a_hand_marks_as_about_somebody_else_is_kept_nowhere_and_is_said_to_be_not_shown(
    officer: Client, here: Client, ada: int
) -> None:
    here.post(YOU + "ask-there/")
    (asked,) = requests.of_client("larch")
    for alone in ("with [[Cy Reed", "with Cy Reed]]", "with [[Cy [[Reed]]"):
        assert "double bracket" in look(officer, asked.reference, found=f"booking.walk: {alone}").text
    look(
        officer, asked.reference, found="booking.walk: Quantock, with [[Cy Reed]] and [[his dog]]\nbooking.name: Ada Q."
    )
    (told,) = [one for one in handed.of("larch", "cupboard", {ada}) or [] if one.field == "booking.walk"]
    assert "Reed" not in told.value and "dog" not in told.value
    page = here.get(YOU).text
    assert f"Quantock, with {MARKED} and {MARKED}" in page and "Reed" not in page
    lines = {one.value: one.can_correct for one in access.gather("larch", ada, frozenset({ada})).lines}
    assert lines["Ada Q."] and not lines[f"Quantock, with {MARKED} and {MARKED}"], "half a text is not corrected"


def test_stopped_while_it_is_entered_it_is_not_entered_and_the_request_still_asks_for_it(
    here: Client, ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.post(YOU + "ask-there/")
    (asked,) = requests.of_client("larch")
    with monkeypatch.context() as killed:
        killed.setattr(requests, "close", lambda *words, **more: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            asking.entered("larch", asked.reference, "cupboard", "booking.name: Ada Q.", by="staff")
    assert asking.waits("larch", asked) == ["cupboard"] and not Handed.objects.exists()
    asking.entered("larch", asked.reference, "cupboard", "booking.name: Ada Q.", by="staff")
    assert requests.of_client("larch") == []


def test_what_a_hand_found_lapses_after_a_month_and_goes_with_an_erasure(larch: str, ada: int) -> None:
    handed.enter(larch, "cupboard", ada, [("booking.name", "Ada Q.")], by="staff")
    assert [one.value for one in handed.of(larch, "cupboard", {ada}) or []] == ["Ada Q."]
    with time_machine.travel(timezone.now() + handed.LIFE + dt.timedelta(hours=1), tick=False):
        assert handed.of(larch, "cupboard", {ada}) is None
        assert handed.tidy(larch) == 1
    handed.enter(larch, "cupboard", ada, [("booking.name", "Ada Q.")], by="staff")
    reference = requests.open_request(larch, ada, "erase").reference
    erasure.erase(larch, ada, reference)
    work()
    assert not Handed.objects.exists()
    assert not [rule for rule in vault.rules_of(larch, 0) if rule.startswith("handed")]


def test_t50_nothing_is_entered_at_a_place_or_a_client_that_is_not_asked_by_hand(
    officer: Client, here: Client, ada: int
) -> None:
    here.post(YOU + "ask-there/")
    (asked,) = requests.of_client("larch")
    look(officer, asked.reference, place="ours", found="booking.name: x")
    officer.post(f"/desk/rowan/requests/{asked.reference}/", {"act": "found", "place": "cupboard", "found": "a: b"})
    assert not Handed.objects.exists()
    with pytest.raises(Trouble):
        handed.enter("larch", "ours", ada, [("booking.name", "x")], by="staff")


# On time ----------------------------------------------------------------------------------------------------------


def test_a_place_that_no_sweep_reaches_has_not_answered_until_a_hand_says_so(officer: Client, ada: int) -> None:
    (swept,) = sweep.sweep(client="larch")
    assert swept.not_answered == ["cupboard"]
    (one,) = chores.waiting("larch")
    assert one.place == "cupboard" and any("12 months" in line for line in one.goes)
    page = officer.get("/desk/sweeps/").text
    assert "To be forgotten by hand" in page and "12 months" in page
    answer = officer.post("/desk/sweeps/", {"chore": f"larch/{one.number}", "evidence": " "})
    assert answer.status_code == 422 and 'aria-describedby="wrong" aria-invalid="true"' in answer.text
    assert chores.silent("larch") == ["cupboard"], "done without saying how is not done"
    officer.post("/desk/sweeps/", {"chore": f"larch/{one.number}", "evidence": "list of 2025 shredded, slip 9"})
    assert "slip 9" in officer.get("/desk/sweeps/").text
    (swept,) = sweep.sweep(client="larch")
    assert swept.not_answered == []
    assert b"slip 9" not in bytes(Chore.objects.get().evidence)
    assert [one.sentence for one in tree.verify().findings] == []


def test_the_next_month_asks_again_and_saying_it_once_covers_what_was_before(larch: str, ada: int) -> None:
    sweep.sweep(client=larch)
    with time_machine.travel(timezone.now() + dt.timedelta(days=32), tick=False):
        sweep.sweep(client=larch, confirm=True)
        first, second = chores.waiting(larch)
        assert first.month < second.month
        chores.done(larch, second.number, by="staff", evidence="looked through")
        assert chores.waiting(larch) == []


def test_what_may_stand_where_nobody_looked_is_not_called_not_held(larch: str) -> None:
    """Neither the page nor a download says so of a place that has not answered."""
    person = identities.make(larch, {"walker"})
    identities.attach(larch, person, "booking.email", "cy@quill.example", verified=True)
    assert access.gather(larch, person, frozenset({person})).not_held == ["correspondence"]
    handed.enter(larch, "cupboard", person, [], by="staff")
    assert {"name", "purchase"} <= {*access.gather(larch, person, frozenset({person})).not_held}


def test_what_was_asked_by_a_letter_is_not_closed_by_what_one_hand_entered(larch: str, ada: int) -> None:
    """Another place may be silent still, and whoever wrote a letter has no page: who runs the command closes it."""
    asked = requests.open_request(larch, ada, "access", detail={"because": "passport seen"}, actor="staff")
    asking.entered(larch, asked.reference, "cupboard", "booking.name: Ada Q.", by="staff")
    found = requests.find(larch, asked.reference)
    assert found is not None and found.state == "open"
