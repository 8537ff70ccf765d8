"""A correction reaches every place that holds the wrong value, and a silent one is asked until it has it, too."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.planting import WALK, Mailbox, come_in, walker, work, write

from troth import policy
from troth.answer import access, amend, identity, requests
from troth.keep import where
from troth.keep.models import Telling
from troth.parties import editions
from troth.people import standing
from troth.places.kinds import Receipt

pytestmark = pytest.mark.django_db(transaction=True)
LUIS, WRONG, RIGHT = "luisg@embraer.com.br", "Gonçalves", "Gonçalves Filho"


@pytest.fixture
def luis(shop: Path) -> int:
    """The shop has his name, and so have we."""
    person = walker("larch", LUIS, "Luís")
    write("larch", person, {"shop.name": WRONG}, point="till", use=WALK)
    return person


def names(person: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in access.gather("larch", person, frozenset({person})).lines:
        if one.field == "shop.name" and one.value != "Luís":
            found.setdefault(one.place, set()).add(one.value)
    return found


def correct(person: int, place: str) -> str:
    visitor = identity.Visitor(client="larch", person=person, persons=frozenset({person}))
    lines = access.gather("larch", person, visitor.persons).lines
    line = next(one for one in lines if one.value == WRONG and one.place == place)
    return amend.correct("larch", visitor, line, RIGHT).state


@pytest.mark.parametrize("place", ["shop", where.OURS])
def test_a_value_is_put_right_wherever_it_stands(luis: int, place: str, mailbox: Mailbox) -> None:
    assert names(luis) == {"shop": {WRONG}, where.OURS: {WRONG}}
    assert correct(luis, place) == "changed"
    assert names(luis) == {"shop": {RIGHT}, where.OURS: {RIGHT}}
    assert [one.outcome for one in requests.of_client("larch", state="closed")] == ["Corrected"]


def test_while_one_place_is_silent_it_is_not_called_corrected_and_that_place_is_asked_again(
    luis: int, shop: Path, mailbox: Mailbox
) -> None:
    away = shop.rename(shop.with_suffix(".away"))
    assert correct(luis, where.OURS) == "not answered"
    assert names(luis) == {where.OURS: {RIGHT}}
    assert [one.state for one in requests.of_client("larch")] == ["open"] and standing.facts("larch", luis).restricted
    away.rename(shop)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11), tick=False):
        work()
    assert names(luis) == {"shop": {RIGHT}, where.OURS: {RIGHT}}
    assert requests.of_client("larch") == [] and not standing.facts("larch", luis).restricted


def test_what_was_put_right_elsewhere_meanwhile_is_corrected_all_the_same(
    luis: int, shop: Path, mailbox: Mailbox
) -> None:
    away = shop.rename(shop.with_suffix(".away"))
    correct(luis, where.OURS)
    away.rename(shop)
    db: Any = sqlite3.connect(shop)
    with db:
        db.execute("UPDATE Customer SET LastName = ? WHERE Email = ?", (RIGHT, LUIS))
    db.close()
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=11), tick=False):
        work()
    assert [one.outcome for one in requests.of_client("larch", state="closed")] == ["Corrected"]


def test_a_correction_of_a_correction_waits_its_turn_so_that_the_older_one_does_not_win(
    luis: int, shop: Path, mailbox: Mailbox
) -> None:
    away = shop.rename(shop.with_suffix(".away"))
    correct(luis, where.OURS)
    visitor = identity.Visitor(client="larch", person=luis, persons=frozenset({luis}))
    (line,) = [one for one in access.gather("larch", luis, visitor.persons).lines if one.value == RIGHT]
    assert amend.correct("larch", visitor, line, "Luisa").why == amend.BEFORE
    first, second = requests.of_client("larch")
    away.rename(shop)
    amend.again("larch", second.reference)  # the queue may take them in any order
    amend.again("larch", first.reference)
    amend.again("larch", second.reference)
    assert names(luis) == {"shop": {"Luisa"}, where.OURS: {"Luisa"}} and requests.of_client("larch") == []


def test_a_correction_that_is_sent_twice_is_one_and_nobody_is_told_twice(luis: int, mailbox: Mailbox) -> None:
    assert correct(luis, where.OURS) == "changed"
    work()
    letters, tellings = len(mailbox.letters), Telling.objects.count()
    visitor = identity.Visitor(client="larch", person=luis, persons=frozenset({luis}))
    (line,) = [
        one for one in access.gather("larch", luis, visitor.persons).lines
        if one.value == RIGHT and one.place == where.OURS
    ]  # fmt: skip
    assert amend.correct("larch", visitor, line, RIGHT).state == "changed"
    work()
    assert (len(mailbox.letters), Telling.objects.count()) == (letters, tellings)
    assert len(requests.of_client("larch", state="closed")) == 1 and requests.of_client("larch") == []


@pytest.mark.parametrize(("says", "told"), [(RIGHT, "changed"), ("Luisa", "nothing held")])
def test_a_correction_that_another_tab_ends_in_the_same_moment_is_called_what_it_came_to(
    luis: int, says: str, told: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens = amend._correction

    def other_tab(client: str, visitor: identity.Visitor, line: access.Line, new: str) -> str:
        reference = opens(client, visitor, line, new)
        requests.remember(client, reference, requests.detail(client, reference) | {"new": says})
        assert amend.again(client, reference).state == "changed"
        return reference

    monkeypatch.setattr(amend, "_correction", other_tab)
    assert correct(luis, where.OURS) == told
    assert names(luis)[where.OURS] == {says}


def test_whoever_corrects_what_stands_there_no_more_is_not_told_that_a_place_is_silent(
    browser: Client, mailbox: Mailbox, luis: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(browser, mailbox, LUIS)
    (line,) = [
        one for one in access.gather("larch", luis, frozenset({luis})).lines
        if one.value == WRONG and one.place == where.OURS
    ]  # fmt: skip
    monkeypatch.setattr(amend, "again", lambda *about: Receipt(place=where.OURS, state="nothing held"))
    page = browser.post("/c/larch/you/correct/", {"id": line.id, "is": WRONG, "new": RIGHT}, follow=True).text
    assert "it does not say any more what you wanted put right" in page and "that place did not answer" not in page


def test_t30_a_new_address_that_is_asked_for_twice_is_one_request_and_another_address_is_another(
    luis: int, mailbox: Mailbox
) -> None:
    visitor = identity.Visitor(client="larch", person=luis, persons=frozenset({luis}))
    line = next(one for one in access.gather("larch", luis, visitor.persons).lines if amend.address_field("larch", one))
    for new in ("a@larch.example", "a@larch.example", "b@larch.example"):
        amend.change_address("larch", visitor, line, new)
    said = [requests.detail("larch", one.reference)["new"] for one in requests.of_client("larch")]
    assert sorted(said) == ["a@larch.example", "b@larch.example"]


def test_a_person_reads_their_data_in_the_order_of_the_policy_whichever_place_answered_first(luis: int) -> None:
    order = list(editions.in_force("larch").plan.fields)
    answer = access.gather("larch", luis, frozenset({luis}))
    known = [order.index(one.field) for one in answer.lines if one.field in order]
    assert len({one.place for one in answer.lines}) > 1 and known == sorted(known)
    assert {one.source for one in answer.lines if one.field == "booking.name"} == {"You (booking)"}


def test_whoever_may_have_something_is_told_with_what_for_in_whole_words() -> None:
    plan = policy.load(Path("policies/miomi/policy.yaml")).plan
    assert plan is not None
    told = {one.recipient: one.does for one in access._may_have(plan, set(plan.fields))}
    assert told["Miomi Inc"] == "to serve members in other countries"
    assert told["police and injured parties"] == "to report a crime, to report a breach of security"
    assert told["Postal Mail Services"] == "mail"
