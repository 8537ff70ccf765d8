"""A value in a place that no program can ask is corrected by a hand that says so, and everywhere else by program."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.planting import Mailbox, work
from tests.flows.by_hand import ADA, YOU, ada, here, larch
from tests.web.conftest import at_desk, officer

from troth.answer import amend, hands, limits, own, requests
from troth.answer.models import RequestRow
from troth.keep import handed
from troth.ledger import tree
from troth.people import standing
from troth.work import queue

pytestmark = pytest.mark.django_db(transaction=True)
PLACE = "/desk/larch/requests/{}/"
__all__ = ["ada", "at_desk", "here", "larch", "officer"]


def correct(here: Client, place: str, old: str, new: str) -> str:
    """Press the link beside this value on the page, and say what it should say. The page that follows."""
    rows = re.findall(r'(?s)<tr role="row">.*?</tr>', here.get(YOU).text)
    ways = [
        unescape(found[1]) for row in rows if old in row and (found := re.search(r'href="([^"]+correct[^"]+)"', row))
    ]
    way = next(one for one in ways if f"?id={place}" in one)
    form = here.get(way).text
    hidden = dict(re.findall(r'type="hidden" name="(id|is)" value="([^"]*)"', form))
    assert ("no program can change it" in form) is (place == "cupboard")
    return here.post(YOU + "correct/", {"id": unescape(hidden["id"]), "is": hidden["is"], "new": new}, follow=True).text


def looked(person: int, name: str = "Ada Q.") -> None:
    handed.enter("larch", "cupboard", person, [("booking.name", name), ("booking.walk", "Mendip ridge")], by="staff")


def test_a_value_that_a_hand_found_is_corrected_by_a_hand_which_says_how_it_knows(
    officer: Client, here: Client, ada: int, mailbox: Mailbox
) -> None:
    looked(ada)
    said = correct(here, "cupboard", "Ada Q.", "Ada Quill")
    assert "Somebody of ours corrects it there by hand" in said
    (asked,) = requests.of_client("larch")
    assert [one.ground for one in standing.of("larch", ada)] == [amend.CONTESTED], "Art 18(1)(a)"
    assert standing.facts("larch", ada).contested == {"booking.name"}, "and no yes opens that"
    page = PLACE.format(asked.reference)
    assert "Correct it by hand in cupboard" in officer.get("/desk/requests/").text
    assert "Ada" not in officer.get(page).text
    shown = officer.post(page, {"act": "wrong", "place": "cupboard"}).text
    assert ADA in shown and "it says: Ada Q." in shown and "it should say: Ada Quill" in shown
    for act in ({"evidence": " "}, {"place": "ours", "evidence": "done"}):
        officer.post(page, {"act": "corrected", "place": "cupboard"} | act)
        assert len(requests.of_client("larch")) == 1, "done without saying how, or somewhere else, is not done"
    for _ in range(2):  # pressed twice it is once
        officer.post(page, {"act": "corrected", "place": "cupboard", "evidence": "card 7 rewritten"})
    work()
    found = requests.find("larch", asked.reference)
    assert found is not None and (found.state, found.outcome) == ("closed", "Corrected")
    assert [step.what for step in found.steps].count(hands.SAID) == 1
    assert "card 7 rewritten" in officer.get(page).text
    assert requests.detail("larch", asked.reference) == {"hand cupboard": "card 7 rewritten"}
    assert "corrected something that we hold about you" in mailbox.text(-2)
    assert "from now we use your data again" in mailbox.text()
    assert standing.of("larch", ada) == [] and "Ada Quill" in here.get(YOU).text and "Ada Q." not in here.get(YOU).text
    assert [one.sentence for one in tree.verify().findings] == []


def test_what_is_corrected_by_program_is_corrected_by_hand_too_where_the_same_may_stand(
    officer: Client, here: Client, ada: int, mailbox: Mailbox
) -> None:
    """What is wrong stands nowhere, on paper neither; meanwhile the value that is right is used (GDPR Art 5(1)(d))."""
    assert "The value is corrected" in correct(here, "our", "Ada", "Ada Quill")
    (asked,) = requests.of_client("larch")
    assert asked.steps[-1].what == hands.PARTLY and standing.of("larch", ada) == []
    work()
    assert "corrected something that we hold about you" in mailbox.text()
    shown = officer.post(PLACE.format(asked.reference), {"act": "wrong", "place": "cupboard"}).text
    assert "it says: Ada" in shown
    officer.post(
        PLACE.format(asked.reference), {"act": "corrected", "place": "cupboard", "evidence": "none stood there"}
    )
    work()
    assert requests.of_client("larch") == [] and "by hand, too, it is done" in mailbox.text()


def test_where_somebody_looked_and_found_no_such_value_no_hand_is_asked(here: Client, ada: int) -> None:
    looked(ada, "Somebody Else")
    correct(here, "our", "Ada", "Ada Quill")
    assert requests.of_client("larch") == []


def test_what_waits_for_a_hand_alone_is_not_tried_again_and_again(here: Client, ada: int) -> None:
    looked(ada)
    correct(here, "cupboard", "Ada Q.", "Ada Quill")
    work()
    assert [one for one in queue.waiting() if "rectify" in one[0]] == []


def test_stopped_after_a_hand_said_so_it_is_closed_by_the_queue(
    here: Client, ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked(ada)
    correct(here, "cupboard", "Ada Q.", "Ada Quill")
    (asked,) = requests.of_client("larch")
    with monkeypatch.context() as killed:
        killed.setattr(amend, "again", lambda *words: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            amend.by_hand("larch", asked.reference, "cupboard", by="staff", evidence="card 7")
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11), tick=False):
        work()
    assert requests.of_client("larch") == []


def test_t50_the_desk_of_another_client_cannot_say_that_it_is_corrected(
    officer: Client, here: Client, ada: int
) -> None:
    looked(ada)
    correct(here, "cupboard", "Ada Q.", "Ada Quill")
    (asked,) = requests.of_client("larch")
    for act in ("corrected", "wrong"):
        answer = officer.post(
            f"/desk/rowan/requests/{asked.reference}/", {"act": act, "place": "cupboard", "evidence": "x"}
        )
        assert answer.status_code == 404 and ADA not in answer.text
    assert len(requests.of_client("larch")) == 1


def test_t21_a_new_address_is_put_before_a_hand_only_when_both_mailboxes_answered_and_then_it_does_not_lapse(
    officer: Client, here: Client, ada: int, mailbox: Mailbox
) -> None:
    new = "ada@larch.example"
    correct(here, "our", ADA, new)
    (asked,) = requests.of_client("larch")
    assert hands.waiting("larch", asked) == [], "an open session alone puts nothing before anybody"
    for _ in range(2):
        limits.clear()
        work()
        number = max(n for n, (_, one) in enumerate(mailbox.letters) if "Confirm" in one["Subject"])
        page = here.post(mailbox.link(number), follow=True).text
    assert "The value is corrected" in page
    (asked,) = requests.of_client("larch")
    assert hands.waiting("larch", asked) == ["cupboard"]
    RequestRow.objects.update(opened=timezone.now() - amend.WAITS - dt.timedelta(days=1))
    own.tidy()
    assert len(requests.of_client("larch")) == 1, "it was confirmed: what waits is a hand"
    assert amend.by_hand("larch", asked.reference, "cupboard", by="staff", evidence="card 7")
    assert requests.of_client("larch") == [] and new in here.get(YOU).text
