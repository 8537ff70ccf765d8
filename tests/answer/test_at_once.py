"""A button that is pressed twice, in one moment: it is one request, and nobody is told twice (T30)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from tests.answer.planting import Mailbox, walker

from troth.answer import access, amend, asking, complaining, erase, identity, limits, requests
from troth.answer.models import RequestRow

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

    threads = [threading.Thread(target=press) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert met == [] and RequestRow.objects.count() == 1
