"""Whoever had some of it is told of an erasure, a correction and a restriction: UK GDPR Art 19."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest
import time_machine
from django.template.loader import render_to_string
from django.utils import timezone
from tests.answer.planting import Mailbox, walker, work

from troth.answer import access, amend, erase, identity, requests, weighing
from troth.keep import erasure, recipients, where
from troth.keep.models import Telling
from troth.keep.recipients import Had
from troth.parties import editions
from troth.people import standing, vault
from troth.prove import answering, looking, report
from troth.work.models import Job

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
    assert recipients.told(walks, reference, number, "claimed by them", by="staff", evidence="a letter of theirs")
    assert told(walks, reference) == [(POST, "claimed by them")]
    assert not recipients.told(walks, reference, number, "told", by="staff", evidence="again")
    assert recipients.of(walks, reference, evidence=True)[0].evidence == "telephoned; a letter of theirs"


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
    undo = identity.Proved(
        purpose="undo", client=patient, person=person, persons=proved.persons, address=ADA, reference=reference
    )
    assert erase.take_back(undo)
    work()
    assert not Telling.objects.exists(), "who was told nothing is not told that it is over"
    assert ["rights@post.example"] not in [to for to, _ in mailbox.letters]


def test_a_correction_is_told_with_what_it_should_say(approved: str, mailbox: Mailbox) -> None:
    person = walker(approved, ADA, "Ada Quil")
    visitor = identity.Visitor(client=approved, person=person, persons=frozenset({person}))
    lines = access.gather(approved, person, visitor.persons).lines
    line = next(one for one in lines if one.value == "Ada Quil" and one.place == where.OURS)
    amend.correct(approved, visitor, line, "Ada Quill")
    work()
    letter = next(mailbox.text(n) for n, (to, _) in enumerate(mailbox.letters) if to == ["rights@post.example"])
    assert "\r\n\r\nTheir name should say: Ada Quill\r\n" in letter, "else it would be read as the address above it"
    assert f"email address: {ADA}" in letter
    assert Telling.objects.get().why == "rectify"


def test_a_recipient_that_runs_a_place_of_ours_is_asked_there_and_not_told_twice(walks: str, posted: None) -> None:
    plan = editions.in_force(walks).plan
    place = msgspec.structs.replace(plan.places["ours"], name="post", kind="by hand", by=POST)
    plan.places["post"] = place
    try:
        assert recipients.to_tell(walks, frozenset(), plan.fields.keys(), "erase") == []
    finally:
        del plan.places["post"]


@pytest.mark.parametrize(("kind", "told"), [("by hand", [(POST, "email address, name, purchase")]), ("ours", [])])
def test_who_runs_a_place_outside_is_told_of_a_restriction_for_no_place_is_asked_that(
    approved: str, kind: str, told: list[tuple[str, str]]
) -> None:
    """UK GDPR Art 18, 19, with what that place holds; what we keep ourselves is shut by the gate."""
    plan = editions.in_force(approved).plan
    holds = frozenset({"booking.walk", "booking.name", "booking.email"})
    plan.places["post"] = msgspec.structs.replace(plan.places["ours"], name="post", kind=kind, by=POST, holds=holds)
    try:
        for why in ("restrict", "lifted"):
            assert recipients.to_tell(approved, frozenset(), {"letter.body"}, why) == told
        assert recipients.to_tell(approved, frozenset(), {"booking.name"}, "rectify") == []
    finally:
        del plan.places["post"]


def stopped(client: str, right: str = "restrict") -> tuple[int, str]:
    person = walker(client, ADA, "Ada")
    visitor = identity.Visitor(client=client, person=person, persons=frozenset({person}))
    return person, amend.stop(client, visitor, right, "It is wrong.").reference


def test_who_had_it_is_told_that_it_is_not_to_be_used_and_again_when_that_ends(approved: str, mailbox: Mailbox) -> None:
    person, reference = stopped(approved)
    work()
    assert "to keep it and not to use it" in mailbox.text() and ADA in mailbox.text()
    weighing.settle(approved, reference, lift=True, because="We corrected it.", actor="0123456789abcdef")
    work()
    assert "That has ended: it may be used as before" in mailbox.text()
    assert told(approved, reference) == [(POST, "told"), (POST, "told")]
    assert not standing.facts(approved, person).restricted


def test_a_letter_that_no_mail_server_took_is_tried_again_and_the_desk_says_when(
    approved: str, settings: Any, mailbox: Mailbox
) -> None:
    there, settings.SMTP = settings.SMTP, ("127.0.0.1", 0)
    _, reference = stopped(approved, "object")
    work()
    (waits,) = recipients.waiting(approved)
    assert (waits.reference, waits.recipient, waits.by_hand) == (reference, POST, False)
    assert waits.next > timezone.now() and told(approved, reference) == [(POST, "not told yet")]
    settings.SMTP = there
    Job.objects.filter(kind="tell-recipient").delete()  # somebody emptied the queue
    with time_machine.travel(waits.next, tick=False):
        assert recipients.again(approved) == 1
        work()
    assert told(approved, reference) == [(POST, "told")] and recipients.waiting(approved) == []


def test_a_hand_is_asked_by_a_day_that_does_not_move(walks: str, posted: None) -> None:
    reference = erased(walks)
    (waits,) = recipients.waiting(walks)
    with time_machine.travel(waits.next + recipients.BY_HAND, tick=False):
        assert recipients.again(walks) == 0
        assert recipients.waiting(walks) == [waits], "it is late, and stays late until somebody says so"
    recipients.told(walks, reference, recipients.of(walks, reference)[0].number, "told", by="staff", evidence="rung")
    assert recipients.waiting(walks) == []


def test_how_many_are_to_be_told_stands_in_the_ledger_whatever_becomes_of_the_rows(walks: str, posted: None) -> None:
    reference = erased(walks)
    assert looking.noted(walks) == {reference: 1}
    assert "always/recipients are told" not in broken(walks)
    Telling.objects.all().delete()
    assert "told of nowhere" in broken(walks)["always/recipients are told"]


def test_somebody_who_should_know_for_a_month_and_does_not_is_a_broken_promise(walks: str, posted: None) -> None:
    erased(walks)
    with time_machine.travel(timezone.now() + answering.BY_HAND + dt.timedelta(hours=1), tick=False):
        assert "does not know in time" in broken(walks)["always/recipients are told"]


def broken(client: str) -> dict[str, str]:
    """What the prover finds broken, each with its reasons."""
    return {one.promise: " ".join(one.breaches) for one in report.run(client).findings if one.state == "broken"}


@pytest.mark.parametrize(
    ("page", "name", "says"),
    [
        ("told", "recipients", "what they need to find you by"),
        ("unused", "places", "what is needed to find you there"),
    ],
)
@pytest.mark.parametrize(
    ("states", "times"),
    [(("told",), 0), (("told", "claimed by them"), 0), (("told", "not told yet", "not told yet"), 1)],
)
def test_that_we_keep_what_finds_somebody_is_said_while_one_is_still_to_be_told(
    page: str, name: str, says: str, states: tuple[recipients.State, ...], times: int
) -> None:
    rows = [
        recipients.Told(
            number=n, recipient=POST, why="erase", labels="name", state=one, at=None, by="", evidence="", said=one
        )
        for n, one in enumerate(states)
    ]
    assert render_to_string(f"answer/{page}.html", {name: rows}).count(says) == times
