"""Whoever had some of it is told of an erasure and of a correction: UK GDPR Art 19."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.answer.planting import Mailbox, walker, work

from troth.answer import access, amend, erase, identity, requests
from troth.keep import erasure, recipients, where
from troth.keep.models import Telling
from troth.keep.recipients import Had
from troth.parties import editions
from troth.people import vault

pytestmark = pytest.mark.django_db(transaction=True)
ADA, POST = "ada@quill.example", "Postal Mail Services"


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the record, the post has had everybody's address."""
    had = Had(recipient=POST, does="carries letters", labels="name, email address", last=None, times=2)
    monkeypatch.setattr(recipients, "_had", {"tests": lambda client, persons: [had]})


@pytest.fixture
def approved(walks: str, settings: Any, tmp_path: Path) -> str:
    settings.PLACES_FILE = tmp_path / "places.toml"
    settings.PLACES_FILE.write_text(f'[larch]\n"{POST}" = "mailto:rights@post.example"\n')
    return walks


def erased(client: str) -> str:
    person = walker(client, ADA, "Ada", letter="a red glove")
    asked = requests.open_request(client, person, "erase")
    erasure.erase(client, person, asked.reference)
    work()
    return asked.reference


def told(client: str, reference: str) -> list[tuple[str, str]]:
    return [(one.recipient, one.state) for one in recipients.of(client, reference)]


def test_nobody_who_never_had_it_is_told(walks: str) -> None:
    assert told(walks, erased(walks)) == []


def test_a_recipient_by_the_record_waits_for_a_hand_and_is_shown_as_not_told_yet(walks: str, posted: None) -> None:
    reference = erased(walks)
    assert told(walks, reference) == [(POST, "not told yet")]
    number = recipients.of(walks, reference)[0].number
    whom = recipients.whom(walks, reference, number)
    assert whom is not None and whom.identities == (("booking.email", ADA),)
    assert recipients.told(walks, reference, number, "told", by="staff", evidence="telephoned")
    assert told(walks, reference) == [(POST, "told")]
    assert recipients.whom(walks, reference, number) is None, "once they know, we forget whom it was about"
    assert recipients.told(walks, reference, number, "claimed by them", by="staff")
    assert told(walks, reference) == [(POST, "claimed by them")]
    assert not recipients.told(walks, reference, number, "told", by="staff")
    assert recipients.of(walks, reference, evidence=True)[0].evidence == "telephoned"


def test_a_recipient_whose_address_the_operator_approved_is_written_to_at_once(approved: str, mailbox: Mailbox) -> None:
    reference = erased(approved)
    assert [to for to, _ in mailbox.letters] == [["rights@post.example"]]
    assert ADA in mailbox.text() and "have it erased" in mailbox.text() and reference in mailbox.text()
    assert told(approved, reference) == [(POST, "told")]
    assert Telling.objects.get().whom is None
    assert not [rule for rule in vault.rules_of(approved, 0) if rule.startswith("telling")]


def test_nobody_is_told_of_an_erasure_that_can_still_be_taken_back(
    patient: str, posted: None, mailbox: Mailbox, settings: Any, tmp_path: Path
) -> None:
    settings.PLACES_FILE = tmp_path / "places.toml"
    settings.PLACES_FILE.write_text(f'[patient]\n"{POST}" = "mailto:rights@post.example"\n')
    person = walker(patient, ADA, "Ada")
    proved = identity.Proved(purpose="erase", client=patient, person=person, persons=frozenset({person}), address=ADA)
    reference = erase.confirm(proved)
    work()
    assert mailbox.letters == [] and told(patient, reference) == [(POST, "not told yet")]
    assert erasure.take_back(patient, reference)
    assert not Telling.objects.exists()


def test_a_correction_is_told_with_what_it_should_say(approved: str, mailbox: Mailbox) -> None:
    person = walker(approved, ADA, "Ada Quil")
    visitor = identity.Visitor(client=approved, person=person, persons=frozenset({person}))
    lines = access.gather(approved, person, visitor.persons).lines
    line = next(one for one in lines if one.value == "Ada Quil" and one.place == where.OURS)
    amend.correct(approved, visitor, line, "Ada Quill")
    work()
    letter = next(mailbox.text(n) for n, (to, _) in enumerate(mailbox.letters) if to == ["rights@post.example"])
    assert "It should say: Ada Quill" in letter and ADA in letter
    assert Telling.objects.get().why == "rectify"


def test_a_recipient_that_runs_a_place_of_ours_is_asked_there_and_not_told_twice(walks: str, posted: None) -> None:
    plan = editions.in_force(walks).plan
    place = msgspec.structs.replace(plan.places["ours"], name="post", kind="by hand", by=POST)
    plan.places["post"] = place
    try:
        assert recipients.to_tell(walks, frozenset(), plan.fields.keys()) == []
    finally:
        del plan.places["post"]
