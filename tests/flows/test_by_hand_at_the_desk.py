"""What no program can do, a member of staff says at the desk, with who and how; the person reads it as a claim."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import walker, work
from tests.web.conftest import at_desk, officer

from troth.answer import letters, requests
from troth.keep import erasure, recipients
from troth.keep.recipients import Had
from troth.people import vault
from troth.people.models import Look, Person

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"
HAND = "  cupboard: {kind: by hand, holds: booking.name, in: GB}\n"
__all__ = ["at_desk", "officer"]


@pytest.fixture
def larch(on_disk: Path, tmp_path: Path) -> str:
    return published("larch", LARCH.replace(LAW, "").replace("papers:\n", HAND + "papers:\n", 1), tmp_path)


@pytest.fixture
def asked(larch: str, monkeypatch: pytest.MonkeyPatch) -> str:
    had = Had(recipient="Postal Mail Services", does="post", labels="name", last=None)
    monkeypatch.setattr(recipients, "_had", {"tests": lambda client, persons: [had]})
    person = walker(larch, ADA, "Ada")
    reference = requests.open_request(larch, person, "erase").reference
    erasure.erase(larch, person, reference)
    work()
    return reference


def test_a_hand_says_done_with_its_evidence_and_the_letter_says_who_said_so_and_that_nobody_checked(
    officer: Client, asked: str
) -> None:
    page = f"/desk/larch/requests/{asked}/"
    assert "Erase it by hand in cupboard" in officer.get("/desk/requests/").text
    assert "It is done" in officer.get(page).text
    assert ADA not in officer.get(page).text
    assert ADA in officer.post(page, {"act": "whom", "place": "cupboard"}).text
    answer = officer.post(page, {"act": "done", "place": "cupboard", "evidence": ""})
    assert answer.status_code == 422 and 'aria-describedby="wrong" aria-invalid="true"' in answer.text
    officer.post(page, {"act": "emptied", "place": "cupboard", "evidence": "shredded, slip 7"})
    assert erasure.hands("larch", asked) == ["cupboard"], "done without saying how is not done, nor by another button"
    officer.post(page, {"act": "done", "place": "cupboard", "evidence": "shredded, slip 7"})
    work()
    assert "shredded, slip 7" in officer.get(page).text
    letter = letters.as_text("larch", asked)
    assert "said by somebody of ours, not checked by troth" in letter and "shredded" not in letter
    assert "said by somebody of ours, not checked by troth" in letters.as_html("larch", asked)
    assert "It is done" in letter and "Postal Mail Services (name): not told yet" in letter
    assert ADA in officer.post(page, {"act": "whom", "recipient": recipients.of("larch", asked)[0].number}).text
    assert not Look.objects.exists(), "a look at whoever was erased is written down in the ledger alone"
    assert not [key for person in Person.objects.all() for key in vault.rules_of("larch", person.pk)]


def test_a_recipient_is_told_by_hand_and_says_that_it_is_done(officer: Client, asked: str) -> None:
    page, number = f"/desk/larch/requests/{asked}/", recipients.of("larch", asked)[0].number
    assert ADA in officer.post(page, {"act": "whom", "recipient": number}).text
    for act in ("told", "claimed"):
        bare = officer.post(page, {"act": act, "recipient": number, "evidence": " "})
        assert bare.status_code == 422 and bare.text.count('id="wrong"') == 1
    assert recipients.of("larch", asked)[0].state == "not told yet", "nobody is told on a bare press of a button"
    officer.post(page, {"act": "told", "recipient": number, "evidence": "telephoned"})
    assert recipients.of("larch", asked)[0].state == "told"
    assert "told: said by somebody of ours, not checked by troth" in letters.as_text("larch", asked)
    officer.post(page, {"act": "claimed", "recipient": number, "evidence": "their letter"})
    (known,) = recipients.of("larch", asked)
    assert known.state == "claimed by them" and known.said == f"they say it is done: {recipients.NOT_CHECKED}"
    desk = officer.get(page).text
    assert "telephoned; their letter" in desk and "@" in desk.split("they say it is done")[1][:200], "and who said so"
    assert "their letter" not in letters.as_text("larch", asked)


def test_t29_the_desk_of_another_client_cannot_say_done(officer: Client, asked: str) -> None:
    at = officer.post(f"/desk/omono/requests/{asked}/", {"act": "done", "place": "cupboard", "evidence": "x"})
    assert at.status_code == 404
    assert erasure.hands("larch", asked) == ["cupboard"]


def test_a_letter_of_an_erasure_that_waits_does_not_say_that_it_is_done(asked: str) -> None:
    for letter in (letters.as_text("larch", asked), letters.as_html("larch", asked)):
        assert "It is not done yet" in letter and "none found anything more" not in letter
