"""What an erasure left is named in the access answer of whoever shows the same address again: UK GDPR Art 15(1)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.planting import Mailbox, say, walker, work
from tests.answer.test_after_erasure import ADA, enter, erase
from tests.scanner import scanner

from troth.answer import access, limits
from troth.keep import erasure, holds, left, sweep
from troth.people import identities, indexes, standing
from troth.people.models import Person, Trace

pytestmark = pytest.mark.django_db(transaction=True)


def told(client: str, address: str = ADA) -> list[tuple[str, str]]:
    """What the access answer says of what stayed, to somebody new who shows this address."""
    person = identities.make(client, {"walker"})
    identities.attach(client, person, "booking.email", address, verified=True)
    found = access.gather(client, person, frozenset({person}))
    return [(one.label, one.value) for one in found.lines if one.field == left.FIELD]


def test_who_was_erased_and_asks_again_is_told_what_the_law_keeps_and_no_value_of_it(
    walks: str, mailbox: Mailbox
) -> None:
    walker(walks, ADA, "Ada Quill", letter="a red glove")
    browser = enter(mailbox, walks)
    assert "a keyed mark of your address" in browser.get(f"/c/{walks}/you/erase/").text.lower(), "told before"
    reference = erase(browser, mailbox, walks)
    assert "a keyed mark of your address" in mailbox.text().lower()
    page = enter(mailbox, walks).get(f"/c/{walks}/you/").text
    assert "the law makes us keep it: Companies Act 2006 s388" in page and reference in page
    assert "at least 6 years" in page
    assert "Ada Quill" not in page and "Mendip" not in page and "It is done" not in page


def test_whose_no_is_all_that_stayed_is_shown_it(plain: str, mailbox: Mailbox) -> None:
    """The list of those who must not be approached is personal data, and their own to see."""
    standing.suppress(plain, "email address", ADA, {"send you news of walks"})
    page = enter(mailbox, plain).get(f"/c/{plain}/you/").text
    assert "never to be approached for" in page.lower() and "send you news of walks" in page


def test_the_proof_of_a_yes_is_named_and_an_address_of_somebody_else_finds_nothing(plain: str) -> None:
    person = walker(plain, ADA, "Ada Quill")
    say(plain, person, True)
    erasure.erase(plain, person, "E-2026-0001")
    work()
    assert told(plain) == [("choice", "so that we can show what you said")]
    assert told(plain, "bo@quill.example") == []


def test_where_nothing_stays_no_mark_stays_and_no_mail_goes(plain: str, mailbox: Mailbox) -> None:
    person = walker(plain, ADA, "Ada Quill")
    erasure.erase(plain, person, "E-2026-0001")
    work()
    assert Trace.objects.count() == 0
    limits.clear()
    Client(headers={"host": "127.0.0.1:8000"}).post(f"/c/{plain}/you/", {"address": ADA})
    work()
    assert mailbox.letters == [] and Person.objects.count() == 1


def test_an_address_that_was_typed_and_never_shown_leaves_no_mark(walks: str) -> None:
    person = walker(walks, ADA, "Ada Quill", verified=False)
    erasure.erase(walks, person, "E-2026-0001")
    work()
    assert Trace.objects.count() == 0 and told(walks) == []


def test_t33_a_hold_is_named_once_a_second_person_agreed(held: str) -> None:
    person = walker(held, ADA, "Ada Quill", letter="a red glove")
    holds.place(held, person, "a court case", by="a" * 16)
    erasure.erase(held, person, "E-2026-0001")
    work()
    assert told(held) == []
    (alone,) = holds.alone(held)
    holds.agree(held, alone.stands.id, by="b" * 16)
    assert told(held) == [("correspondence", "a hold stands over it (UK GDPR Art 17(3))")]
    holds.lift(held, person, "a court case", by="a" * 16)
    work()
    assert told(held) == []


def test_the_mark_is_no_index_and_goes_with_the_last_that_stayed(walks: str, on_disk: Path) -> None:
    person = walker(walks, ADA, "Ada Quill")
    indexed = scanner.rows(on_disk / "troth.db", "SELECT blind FROM people_identity")
    erasure.erase(walks, person, "E-2026-0001")
    work()
    (mark,) = Trace.objects.values_list("blind", flat=True)
    assert bytes(mark) not in indexed
    sweep.sweep(client=walks)
    assert Trace.objects.count() == 1
    standing.happened(walks, person, "walk is over")
    with time_machine.travel(timezone.now() + dt.timedelta(days=366 * 6 + 2), tick=False):
        sweep.sweep(client=walks, confirm=True)
    assert Trace.objects.count() == 0


def test_a_new_key_of_look_ups_still_finds_what_stayed(walks: str) -> None:
    person = walker(walks, ADA, "Ada Quill")
    erasure.erase(walks, person, "E-2026-0001")
    work()
    assert indexes.rotate(walks).kept == [1]
    assert ("name", "the law makes us keep it: Companies Act 2006 s388") in told(walks)


def test_a_second_erasure_names_it_again(walks: str) -> None:
    first = walker(walks, ADA, "Ada Quill")
    erasure.erase(walks, first, "E-2026-0001")
    work()
    second = identities.make(walks, {"walker"})
    identities.attach(walks, second, "booking.email", ADA, verified=True)
    erasure.erase(walks, second, "E-2026-0002")
    work()
    progress = erasure.progress(walks, "E-2026-0002")
    assert progress is not None and progress.said == "overwritten"
    assert any("Companies Act 2006 s388" in one.why for one in progress.kept)
    assert {person for (person,) in Trace.objects.values_list("person")} == {first}
