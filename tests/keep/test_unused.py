"""Each place outside is told to keep what it holds of somebody and not to use it, and when that is over: Art 18."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import Mailbox, walker, work
from tests.keep.test_recipients import broken
from tests.places.processor import Processor

from troth.answer import amend, erase, identity, requests, weighing
from troth.keep import recipients, sweep
from troth.keep import unused as overlooked
from troth.keep.models import Telling
from troth.parties import editions
from troth.people import identities, standing
from troth.prove import unused
from troth.prove.keepers import Scene
from troth.work import queue
from troth.work.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
POST = "Postal Mail Services"
THEIRS_TOO = "ada@wells.example"
ADA, KEY, PROMISE = "ada@quill.example", b"k" * 32, "always/restriction stops use"
WAITS = "not answered yet"
SHOP = """  shop:
    kind: sql
    holds: [booking.email, booking.name]
    in: GB
    secret: shop
    tables:
      Customer: {person by: Email, columns: {Email: booking.email, Name: booking.name}}
"""
CRM = '  crm: {kind: http, holds: "booking.*", in: GB, secret: crm}\n'
HAND = '  cupboard: {kind: by hand, holds: "booking.*", in: GB}\n'
THEIRS = "  post: {kind: by hand, by: Postal Mail Services, holds: [booking.email, booking.name], in: GB}\n"


@pytest.fixture
def processor() -> Iterator[Processor]:
    with Processor(KEY) as one:
        one.people[ADA] = {"booking.email": ADA}
        yield one


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "shop.sqlite"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE Customer (Id INTEGER PRIMARY KEY, Email TEXT, Name TEXT)")
        db.execute("INSERT INTO Customer VALUES (1, ?, 'Ada')", (ADA,))
    db.close()
    return file


@pytest.fixture
def larch(on_disk: Path, tmp_path: Path, settings: Any, processor: Processor, shop: Path) -> str:
    """A firm with a database, a service, a cupboard, and a place that somebody else runs."""
    at = f'{{url = "http://127.0.0.1:{processor.port}/troth", key = "{KEY.hex()}", private = true}}'
    written = f'[larch]\nshop = "sqlite:///{shop}"\ncrm = {at}\n'
    settings.PLACES_FILE.write_text(f'{written}"{POST}" = "mailto:rights@post.example"\n')
    text = (
        LARCH.replace(LAW, "")
        .replace("undo: none", "undo: 7 days")
        .replace("papers:\n", SHOP + CRM + HAND + THEIRS + "papers:\n", 1)
    )
    return published("larch", text, tmp_path)


@pytest.fixture
def ada(larch: str) -> int:
    return walker(larch, ADA, "Ada")


def restricted(person: int, right: str = "restrict") -> str:
    visitor = identity.Visitor(client="larch", person=person, persons=frozenset({person}))
    reference = amend.stop("larch", visitor, right, "It is wrong.").reference
    work()
    return reference


def lifted(reference: str) -> None:
    weighing.settle("larch", reference, lift=True, because="We looked.", actor="0123456789abcdef")
    work()


def said(reference: str, why: str = "restrict") -> dict[str, str]:
    return {one.recipient: one.said for one in recipients.in_places("larch", reference) if one.why == why}


def say(reference: str, place: str, state: recipients.State, why: str = "restrict", evidence: str = "note 7") -> bool:
    row = next(one for one in recipients.in_places("larch", reference) if (one.recipient, one.why) == (place, why))
    return recipients.told("larch", reference, row.number, state, by="0123456789abcdef", evidence=evidence)


DONE = f"done: {recipients.NOT_CHECKED}"
CLAIMED = recipients.SAID["claimed by them"][0]


def test_each_place_is_told_in_the_way_it_can_be_and_the_receipt_says_no_more(ada: int, processor: Processor) -> None:
    reference = restricted(ada)
    assert said(reference) == {"shop": WAITS, "crm": CLAIMED, "cupboard": WAITS}
    assert processor.unused == {ADA}
    assert [one.recipient for one in recipients.of("larch", reference)] == [POST], "who runs it is written to"
    assert {one.place for one in recipients.waiting("larch") if one.by_hand} == {"shop", "cupboard"}
    assert say(reference, "shop", "claimed by them") and say(reference, "cupboard", "nothing held")
    held = f"nothing is held there: {recipients.NOT_CHECKED}"
    assert said(reference) == {"shop": DONE, "crm": CLAIMED, "cupboard": held}
    assert all(row.whom is None for row in Telling.objects.exclude(place="")), "we forget whom it was about"


def test_a_place_whose_keeper_we_cannot_write_to_is_told_by_a_hand(ada: int, settings: Any) -> None:
    settings.PLACES_FILE.write_text("[larch]\n")
    assert set(said(restricted(ada))) == {"shop", "crm", "cupboard", "post"}


def test_whoever_says_it_is_done_says_how_they_know(ada: int) -> None:
    reference = restricted(ada)
    assert not say(reference, "shop", "claimed by them", evidence=" ")
    assert not say(reference, "shop", "told"), "a place is not told by word of mouth"
    assert said(reference)["shop"] == WAITS


def test_a_database_in_which_they_do_not_stand_waits_for_nobody(ada: int, shop: Path) -> None:
    with sqlite3.connect(shop) as db:
        db.execute("DELETE FROM Customer")
    db.close()
    assert said(restricted(ada))["shop"] == "nothing is held there"


def test_a_database_that_knows_people_by_what_nobody_showed_waits_for_a_hand(
    on_disk: Path, tmp_path: Path, settings: Any, shop: Path
) -> None:
    """Not asked is not the same as asked and empty."""
    settings.PLACES_FILE.write_text(f'[larch]\nshop = "sqlite:///{shop}"\n')
    by_phone = SHOP.replace("booking.email, ", "booking.phone, ").replace("booking.email", "booking.phone")
    text = LARCH.replace(LAW, "").replace("papers:\n", by_phone + "papers:\n", 1)
    text = text.replace(
        "  booking.walk: pur", "  booking.phone: {is: phone number, identifies: person}\n  booking.walk: pur"
    )
    published("larch", text.replace("    offers: send", "    may: booking.phone\n    offers: send"), tmp_path)
    reference = restricted(walker("larch", ADA, "Ada"))
    assert said(reference)["shop"] == WAITS
    assert [one.place for one in recipients.waiting("larch") if one.by_hand and one.place] == ["shop"]


def test_a_recipient_gets_no_letter_that_names_nobody(larch: str, mailbox: Mailbox) -> None:
    reference = restricted(walker(larch, "bo@quill.example", "Bo", verified=False))
    (row,) = recipients.of(larch, reference)
    queue.add("tell-recipient", {"telling": row.number}, client=larch)  # as an earlier release left it
    work()
    assert mailbox.letters == []
    assert [(one.recipient, one.state, one.by_hand) for one in recipients.of(larch, reference)] == [
        (POST, "not told yet", True)
    ]
    assert [one.by_hand for one in recipients.waiting(larch)] == [True], "a hand may know what was given to them"


def test_nobody_is_asked_for_whoever_showed_no_address_and_it_is_said(larch: str, processor: Processor) -> None:
    """No hand and no program could find them there: what waits for an answer would wait for ever."""
    reference = restricted(walker(larch, "bo@quill.example", "Bo", verified=False))
    unnamed = recipients.SAID["unnamed"][0]
    assert said(reference) == dict.fromkeys(("shop", "crm", "cupboard"), unnamed) and processor.asked == []
    assert not [one for one in recipients.waiting(larch) if one.place]
    with time_machine.travel(timezone.now() + recipients.BY_HAND + dt.timedelta(days=1), tick=False):
        assert PROMISE not in broken(larch)


def test_a_service_and_a_database_that_are_away_have_not_answered_and_are_asked_again(
    ada: int, processor: Processor, shop: Path
) -> None:
    away = shop.rename(shop.with_suffix(".away"))
    processor.raw = lambda handler, body: bool(handler.send_error(503)) or True
    reference = restricted(ada)
    assert said(reference) == {"shop": WAITS, "crm": WAITS, "cupboard": WAITS}
    with sqlite3.connect(away) as db:
        db.execute("DELETE FROM Customer")
    db.close()
    away.rename(shop)
    processor.raw = lambda handler, body: False
    with time_machine.travel(timezone.now() + recipients.AGAIN + dt.timedelta(minutes=1), tick=False):
        work()
    assert said(reference) == {"shop": "nothing is held there", "crm": CLAIMED, "cupboard": WAITS}


def test_a_place_whose_job_was_lost_is_asked_by_the_next_sweep(ada: int, processor: Processor) -> None:
    processor.raw = lambda handler, body: bool(handler.send_error(503)) or True
    reference = restricted(ada)
    Job.objects.all().delete()
    processor.raw = lambda handler, body: False
    with time_machine.travel(timezone.now() + recipients.AGAIN + dt.timedelta(minutes=1), tick=False):
        recipients.again("larch")
        work()
    assert said(reference)["crm"] == CLAIMED


def test_when_it_is_over_each_place_is_told_but_where_nobody_had_done_it(
    ada: int, processor: Processor, mailbox: Mailbox
) -> None:
    reference = restricted(ada)
    say(reference, "shop", "claimed by them")
    lifted(reference)
    assert not standing.facts("larch", ada).restricted and processor.unused == set()
    assert said(reference, "lifted") == {"shop": WAITS, "crm": CLAIMED}
    assert said(reference)["cupboard"] == recipients.SAID["not needed"][0]
    assert say(reference, "shop", "claimed by them", why="lifted") and said(reference, "lifted")["shop"] == DONE


def test_nobody_is_told_that_it_is_over_while_something_else_restricts_it(
    ada: int, processor: Processor, mailbox: Mailbox
) -> None:
    first, second = restricted(ada), restricted(ada, "object")
    lifted(first)
    assert standing.facts("larch", ada).restricted
    assert said(first, "lifted") == {} and processor.unused == {ADA}
    assert [one.why for one in recipients.of("larch", first)] == ["restrict"]
    assert requests.find("larch", second)


BEFORE = recipients.SAID[recipients.BEFORE][0]


def test_two_restrictions_ask_a_place_once_and_it_hears_of_the_end_of_the_last(
    ada: int, processor: Processor, mailbox: Mailbox
) -> None:
    first = restricted(ada)
    say(first, "shop", "claimed by them")
    second = erasing(ada)
    assert said(second) == dict.fromkeys(("shop", "crm", "cupboard"), BEFORE) | {"post": WAITS}
    assert [one.place for one in recipients.waiting("larch") if one.place] == ["cupboard", "post"]
    assert [one["do"] for one in processor.asked] == ["restrict"]
    lifted(first)
    assert said(first, "lifted") == {} and processor.unused == {ADA}
    taken_back(ada, second)
    assert said(second, "lifted") == {"shop": WAITS, "crm": CLAIMED} and processor.unused == set()
    assert said(first)["cupboard"] == recipients.SAID["not needed"][0]
    assert PROMISE not in broken("larch")
    assert said(restricted(ada)) == {"shop": WAITS, "crm": CLAIMED, "cupboard": WAITS}, "and a new one anew"


def test_t18_a_place_that_another_request_told_is_not_late(ada: int) -> None:
    first, second = restricted(ada), restricted(ada, "object")
    assert set(said(second).values()) == {BEFORE}
    assert say(first, "shop", "claimed by them") and say(first, "cupboard", "claimed by them")
    with time_machine.travel(timezone.now() + dt.timedelta(days=20), tick=False):
        assert PROMISE not in broken("larch")
        Telling.objects.filter(reference=first, place="cupboard").update(state="before", entry=0)
        assert PROMISE in broken("larch"), "nobody wrote down that another request told it"


def test_a_place_that_held_nothing_then_is_asked_by_the_next_one(ada: int, mailbox: Mailbox) -> None:
    first, second = restricted(ada), restricted(ada, "object")
    assert say(first, "cupboard", "nothing held") and say(first, "shop", "cannot")
    assert said(second)["cupboard"] == BEFORE
    assert said(erasing(ada)) == {"shop": WAITS, "crm": BEFORE, "cupboard": WAITS, "post": WAITS}


def test_a_place_hears_of_an_address_that_they_showed_since_another_request_told_it(
    ada: int, processor: Processor
) -> None:
    first = restricted(ada)
    assert say(first, "shop", "claimed by them")
    processor.people[THEIRS_TOO] = {"booking.email": THEIRS_TOO}
    identities.attach("larch", ada, "booking.email", THEIRS_TOO, verified=True)
    second = restricted(ada, "object")
    assert BEFORE not in said(second).values() and processor.unused == {ADA, THEIRS_TOO}
    assert set(said(erasing(ada)).values()) == {BEFORE, WAITS}, "the post alone waits: by name it was told"


def test_what_is_shut_anew_before_it_was_opened_is_not_opened_after_it(
    ada: int, processor: Processor, mailbox: Mailbox
) -> None:
    first = restricted(ada)
    say(first, "shop", "claimed by them")
    processor.raw = lambda handler, body: bool(handler.send_error(503)) or True
    lifted(first)
    assert said(first, "lifted") == {"crm": WAITS, "shop": WAITS}
    processor.raw = lambda handler, body: False
    second = restricted(ada, "object")
    with time_machine.travel(timezone.now() + recipients.AGAIN + dt.timedelta(minutes=1), tick=False):
        work()
    assert said(second)["crm"] == CLAIMED and processor.unused == {ADA}
    assert said(first, "lifted") == dict.fromkeys(("crm", "shop"), recipients.SAID["not needed"][0])


def test_a_mark_that_nobody_took_off_before_the_next_one_is_taken_off_after_it(ada: int, mailbox: Mailbox) -> None:
    first = restricted(ada)
    assert say(first, "cupboard", "claimed by them") and say(first, "shop", "nothing held")
    lifted(first)
    second = restricted(ada)
    assert said(second) == {"shop": WAITS, "crm": CLAIMED, "cupboard": WAITS}, "who knows what the hand did meanwhile"
    lifted(second)
    assert said(second, "lifted") == {"crm": CLAIMED, "cupboard": WAITS}


def test_a_place_in_which_nothing_was_marked_is_not_asked_to_take_a_mark_off(ada: int, mailbox: Mailbox) -> None:
    reference = restricted(ada)
    say(reference, "shop", "nothing held")
    say(reference, "cupboard", "cannot")
    lifted(reference)
    assert said(reference, "lifted") == {"crm": CLAIMED}


def test_what_a_request_had_marked_that_is_forgotten_is_opened_with_the_last(
    ada: int, processor: Processor, mailbox: Mailbox
) -> None:
    first, second = restricted(ada), erasing(ada)
    lifted(first)
    recipients.forget("larch", first)
    taken_back(ada, second)
    assert processor.unused == set() and set(said(second, "lifted")) == {"shop", "crm", "cupboard"}


@pytest.fixture
def earlier(ada: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """What restricts use of Ada's data since a troth that told no place of it."""
    with monkeypatch.context() as before:
        before.setattr(recipients, "places", lambda plan, told=(): [])
        reference = restricted(ada)
    assert said(reference) == {}
    return reference


def test_a_place_that_was_never_told_of_what_stands_is_told_by_the_next_night(
    earlier: str, ada: int, processor: Processor, mailbox: Mailbox
) -> None:
    with time_machine.travel(timezone.now() + dt.timedelta(hours=27), tick=False):
        assert "3 places outside were never told of a restriction in force." in broken("larch")[PROMISE]
        sweep.sweep(client="larch", confirm=True)
        work()
        assert PROMISE not in broken("larch")
    assert said(earlier) == {"shop": WAITS, "crm": CLAIMED, "cupboard": WAITS} and processor.unused == {ADA}
    assert overlooked.overlooked("larch") == 0, "once"
    assert say(earlier, "cupboard", "cannot") and overlooked.overlooked("larch") == 0
    assert PROMISE in broken("larch"), "what cannot be marked is told"
    lifted(earlier)
    assert processor.unused == set() and overlooked.overlooked("larch") == 0


def test_a_place_that_a_later_edition_names_is_told_of_what_stands(ada: int, tmp_path: Path) -> None:
    reference = restricted(ada)
    force = editions.in_force("larch")
    file = tmp_path / "next.yaml"
    text = (tmp_path / "larch.yaml").read_text().replace(HAND, HAND + HAND.replace("cupboard", "shelf"))
    file.write_text(text.replace("change: first", "change: small"))
    with time_machine.travel(timezone.now() + dt.timedelta(hours=27), tick=False):
        editions.publish("larch", file, replaces=force.mark, by="tests")
        assert PROMISE not in broken("larch"), "the night that tells it is not over"
    with time_machine.travel(timezone.now() + dt.timedelta(hours=54), tick=False):
        assert "1 place outside was never told" in broken("larch")[PROMISE]
        assert overlooked.overlooked("larch") == 1 and said(reference)["shelf"] == WAITS
        assert PROMISE not in broken("larch")


def test_what_is_restricted_since_today_has_a_night_to_be_told(ada: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with time_machine.travel(timezone.now() + dt.timedelta(hours=27), tick=False):
        with monkeypatch.context() as before:
            before.setattr(recipients, "places", lambda plan, told=(): [])
            restricted(ada)
        assert PROMISE not in broken("larch")


def test_whoever_shows_an_address_later_is_asked_for_then(larch: str, processor: Processor) -> None:
    person = walker(larch, ADA, "Ada", verified=False)
    reference = restricted(person)
    assert overlooked.overlooked("larch") == 0 and processor.asked == []
    assert identities.verify("larch", person, "booking.email", ADA)
    assert overlooked.overlooked("larch") == 3
    work()
    assert processor.unused == {ADA} and len(recipients.in_places("larch", reference)) == 6


def test_whoever_showed_an_address_today_has_a_night_to_be_asked_for(larch: str) -> None:
    person, night = walker(larch, ADA, "Ada", verified=False), dt.timedelta(hours=27)
    restricted(person)
    with time_machine.travel(timezone.now() + night, tick=False):
        assert identities.verify("larch", person, "booking.email", ADA)
        assert PROMISE not in broken("larch")
    with time_machine.travel(timezone.now() + 2 * night, tick=False):
        assert "never told" in broken("larch")[PROMISE]


def unheard(person: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """An erasure that was asked of a troth that told no place of it."""
    with monkeypatch.context() as before:
        before.setattr(recipients, "places", lambda plan, told=(): [])
        return erasing(person)


def test_nobody_marks_for_an_erasure_that_nobody_confirmed(
    ada: int, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase.want("larch", ada, frozenset({ada}))
    assert standing.facts("larch", ada).restricted and overlooked.overlooked("larch") == 0
    reference = unheard(ada, monkeypatch)
    assert overlooked.overlooked("larch") == 4 and len(said(reference)) == 4


def test_nobody_marks_what_is_being_erased(
    earlier: str, ada: int, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    unheard(ada, monkeypatch)
    with time_machine.travel(timezone.now() + dt.timedelta(days=7, minutes=1), tick=False):
        assert overlooked.overlooked("larch") == 0
        work()
        assert overlooked.overlooked("larch") == 0


def erasing(person: int) -> str:
    alone = frozenset({person})
    reference = erase.confirm(
        identity.Proved(purpose="erase", client="larch", person=person, persons=alone, address=ADA)
    )
    work()
    return reference


def taken_back(person: int, reference: str) -> None:
    alone = frozenset({person})
    undo = identity.Proved(
        purpose="undo", client="larch", person=person, persons=alone, address=ADA, reference=reference
    )
    assert erase.take_back(undo)
    work()


def test_an_erasure_that_waits_shuts_places_outside_and_taken_back_it_opens_them(
    ada: int, processor: Processor, mailbox: Mailbox
) -> None:
    reference = erasing(ada)
    assert said(reference) == {"shop": WAITS, "crm": CLAIMED, "cupboard": WAITS, "post": WAITS}
    assert processor.unused == {ADA} and ["rights@post.example"] not in [to for to, _ in mailbox.letters]
    assert PROMISE not in broken("larch")
    taken_back(ada, reference)
    assert processor.unused == set() and said(reference, "lifted") == {"crm": CLAIMED}
    assert not [one for one in recipients.waiting("larch") if one.place]
    assert PROMISE not in broken("larch")


def test_when_it_begins_nobody_has_to_mark_what_is_to_be_erased(
    ada: int, processor: Processor, mailbox: Mailbox
) -> None:
    before = restricted(ada)
    say(before, "shop", "claimed by them")
    lifted(before)
    assert said(before, "lifted")["shop"] == WAITS
    reference = erasing(ada)
    with time_machine.travel(timezone.now() + dt.timedelta(days=7, minutes=1), tick=False):
        work()
    assert said(before, "lifted")["shop"] == recipients.SAID["not needed"][0], "nor to take a mark off"
    assert not [one for one in recipients.waiting("larch") if one.place]
    assert said(reference)["cupboard"] == recipients.SAID["not needed"][0]
    assert "erase" in {one["do"] for one in processor.asked} and not processor.people[ADA]


def test_what_ends_last_says_that_it_is_over_whatever_it_was(ada: int, processor: Processor, mailbox: Mailbox) -> None:
    first, second = restricted(ada), erasing(ada)
    lifted(first)
    assert processor.unused == {ADA} and said(first, "lifted") == {}
    taken_back(ada, second)
    assert not standing.facts("larch", ada).restricted
    assert processor.unused == set() and said(second, "lifted")["crm"] == CLAIMED
    assert [one.why for one in recipients.of("larch", second)] == ["lifted"], "who runs the post, too"


def test_the_standing_guarantee_looks_at_places_outside(ada: int) -> None:
    reference = restricted(ada)
    assert PROMISE not in broken("larch")
    say(reference, "cupboard", "cannot")
    assert "cannot be marked" in broken("larch")[PROMISE]
    say(reference, "cupboard", "claimed by them")
    assert PROMISE not in broken("larch")
    with time_machine.travel(timezone.now() + recipients.BY_HAND + dt.timedelta(days=1), tick=False):
        assert "did not answer in time" in broken("larch")[PROMISE]
    Telling.objects.filter(place="shop").delete()
    assert "told of nowhere" in broken("larch")[PROMISE]


def test_t18_the_breaker_of_the_guarantee_is_seen_in_places_outside(ada: int, monkeypatch: pytest.MonkeyPatch) -> None:
    force = editions.in_force("larch")
    monkeypatch.setattr(recipients, "places", recipients.places)  # put back what the breaker takes away
    unused.break_restriction(Scene("larch", force.plan, timezone.now()))
    found = broken("larch")
    assert all(f"“{name}” would not be told" in found[PROMISE] for name in ("shop", "crm", "cupboard", "post"))
    assert "always/closed world" not in found


def test_what_was_written_down_by_a_process_that_died_then_is_told_by_the_next_sweep(
    ada: int, processor: Processor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(recipients, "begin", lambda client, reference: None)
        reference = restricted(ada)
    assert said(reference)["crm"] == WAITS
    recipients.again("larch")
    work()
    assert said(reference)["crm"] == CLAIMED and processor.unused == {ADA}


def test_what_cannot_be_marked_breaks_nothing_any_more_when_it_is_over(ada: int, mailbox: Mailbox) -> None:
    reference = restricted(ada)
    say(reference, "cupboard", "cannot")
    lifted(reference)
    assert PROMISE not in broken("larch")
