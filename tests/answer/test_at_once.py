"""A button that is pressed twice, in one moment: it is one request, and nobody is told twice (T30)."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction
from tests.answer.planting import Mailbox, walker

from troth.answer import (
    access,
    acting,
    amend,
    asking,
    complaining,
    erase,
    heard,
    identity,
    limits,
    questions,
    requests,
    weighing,
)
from troth.answer.models import RequestRow
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
ADA, MANY = "ada@quill.example", 4
Act = Callable[[identity.Visitor], object]


def readdress(visitor: identity.Visitor) -> None:
    lines = access.gather("larch", visitor.person, visitor.persons).lines
    line = next(one for one in lines if one.field == "booking.email" and one.can_correct)
    amend.change_address("larch", visitor, line, "new@quill.example")


ACTS: dict[str, Act] = {
    "object": lambda one: amend.stop("larch", one, "object", "No."),
    "restrict": lambda one: amend.stop("larch", one, "restrict", ""),
    "erase": lambda one: erase.want("larch", one.person, one.persons),
    "rectify": readdress,
    "complain": lambda one: complaining.open_one("larch", one.person, {"why": "Bad."}, source="page"),
    "by hand": lambda one: asking.ask("larch", one.person, one.persons),
    "nobody": lambda one: complaining.open_one("larch", 0, {"why": "Bad.", "post": "Wells"}, source="page"),
}


def pressed(press: Callable[[], None]) -> None:
    threads = [threading.Thread(target=press) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@pytest.mark.parametrize("right", ACTS)
def test_t30_a_button_pressed_by_many_hands_at_once_is_one_request(
    larch: str, mailbox: Mailbox, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits.clear()
    monkeypatch.setattr(asking, "missing", lambda *whom: ["the cupboard"])
    ada, opens, met = walker(larch, ADA, "Ada"), requests.open_request, list[Exception]()
    visitor, start = identity.Visitor(client=larch, person=ada, persons=frozenset({ada})), threading.Barrier(MANY)

    def slowly(*about: Any, **more: Any) -> requests.Request:
        time.sleep(0.2)  # everybody has looked by now whether one is open
        return opens(*about, **more)

    monkeypatch.setattr(requests, "open_request", slowly)

    def press() -> None:
        try:
            start.wait(20)
            ACTS[right](visitor)
        except Exception as error:
            met.append(error)
        finally:
            connections.close_all()

    pressed(press)
    assert met == [] and RequestRow.objects.count() == 1


ONE, TODAY = "a" * 16, dt.date.today()
Step = Callable[[str], object]


def by_post(right: str) -> str:
    said = heard.Entered(right=right, way="post", came=TODAY, asker="Ada", known=f"email={ADA}", post="Wells", why="x")
    return heard.register("larch", said, by=ONE)


def shown(right: str) -> str:
    reference = by_post(right)
    heard.show("larch", reference, "who", how="passport", by=ONE)
    return reference


def made(right: str) -> str:
    reference = shown(right)
    heard.put_together("larch", reference)
    return reference


def asked(right: str) -> str:
    reference = by_post(right)
    questions.ask("larch", reference, "identity", words="Who?", doubt="It was a postcard.", by=ONE, on=TODAY)
    return reference


def complained(right: str) -> str:
    return complaining.open_one("larch", 0, {"why": "Bad.", "post": "Wells"}, source="desk")


STEPS: dict[str, tuple[str, Callable[[str], str], Step]] = {
    "show": ("access", by_post, lambda it: heard.show("larch", it, "who", how="passport", by=ONE)),
    "ask": ("access", by_post, lambda it: questions.ask("larch", it, "scope", words="?", doubt="?", by=ONE, on=TODAY)),
    "answered": ("access", asked, lambda it: questions.answered("larch", it, "identity", on=TODAY, by=ONE)),
    "went": ("access", made, lambda it: acting.went("larch", it, "post", by=ONE)),
    "stop": ("object", shown, lambda it: acting.stop("larch", it, by=ONE)),
    "nothing": ("access", asked, lambda it: acting.nothing_went("larch", it, "post", by=ONE)),
    "settle": ("object", lambda right: requests.open_request("larch", walker("larch", "bo@quill.example", "Bo"), right)
               .reference, lambda it: weighing.settle("larch", it, lift=False, because="It is so.", actor=ONE)),
    "had": ("complain", complained, lambda it: complaining.went("larch", it, "had", by=ONE)),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_t30_a_step_of_the_desk_that_two_tabs_send_at_once_is_one_step(
    larch: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, begin, step = STEPS[name]
    walker(larch, ADA, "Ada")
    monkeypatch.setattr(acting, "_looked", lambda *about: True)
    reference, start, finds = begin(right), threading.Barrier(MANY), requests.find
    before = len(requests.find(larch, reference).steps)

    def slowly(*about: Any) -> Any:
        found = finds(*about)
        time.sleep(0.1)  # everybody who may look has looked by now
        return found

    monkeypatch.setattr(requests, "find", slowly)

    def press() -> None:
        try:
            start.wait(20)
            with contextlib.suppress(Trouble):
                step(reference)
        finally:
            connections.close_all()

    pressed(press)
    found = finds(larch, reference)
    once = [one.what for one in found.steps[before:]]
    assert once and len(once) == len(set(once)), once
    assert found.state == "open" or requests.detail(larch, reference) == {}, "what ended holds nothing again"


def test_t30_one_form_that_came_by_post_is_written_down_once(larch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    walker(larch, ADA, "Ada")
    said = heard.Entered(right="access", way="post", came=TODAY, asker="Ada", known=f"email={ADA}", post="Wells")
    start, references, opens, turns = threading.Barrier(MANY), list[str](), requests.open_of, itertools.count()

    def slowly(*about: Any) -> Any:
        time.sleep(0.2 * next(turns))  # the first is done before the second looks
        return opens(*about)

    monkeypatch.setattr(requests, "open_of", slowly)

    def press() -> None:
        try:
            start.wait(20)
            references.append(heard.register(larch, said, by=ONE, once="b" * 32))
        finally:
            connections.close_all()

    pressed(press)
    assert len(references) == MANY and len(set(references)) == 1 and RequestRow.objects.count() == 1


NOTES: dict[str, tuple[str, Callable[[str], str], Step]] = {
    "find": ("access", by_post, lambda it: heard.find("larch", it, f"email={ADA}", by=ONE)),
    "look": ("complain", complained, lambda it: complaining.look("larch", it, "The till was short.", by=ONE)),
    "say": ("complain", complained, lambda it: complaining.say("larch", it, "We look.", by=ONE)),
}


@pytest.mark.parametrize("name", NOTES)
def test_what_ended_while_somebody_wrote_takes_nothing_in_again(
    larch: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, begin, write = NOTES[name]
    walker(larch, ADA, "Ada")
    reference = begin(right)

    def ends(*about: Any) -> Any:
        monkeypatch.undo()
        requests.close(larch, reference, "Answered", actor=ONE)
        requests.forget(larch, reference)
        return transaction.Atomic(None, True, False)

    monkeypatch.setattr(transaction, "atomic", ends)  # it ends just before what is written begins
    with pytest.raises(Trouble):
        write(reference)
    assert requests.detail(larch, reference) == {}
