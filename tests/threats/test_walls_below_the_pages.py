"""The wall between clients stands where rows are read and written, and not in the pages alone: every act of the rooms
that takes a client and a person or a request is given those of another client, and finds nobody (T50)."""

from __future__ import annotations

import contextlib
import datetime as dt
import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone
from tests.answer.fixtures import mailbox
from tests.answer.planting import walker
from tests.web.test_client_walls import HERS, both, of_rowan

from troth.answer import (
    access,
    amend,
    asking,
    closing,
    complaining,
    erase,
    heard,
    receipts,
    refusing,
    requests,
    telling,
)
from troth.keep import erasure, handed, holds, recipients, where
from troth.people import choices, identities, own, standing, store, vault
from troth.policy.problems import Trouble

__all__ = ["both", "mailbox"]
pytestmark = pytest.mark.django_db
ROOMS: tuple[ModuleType, ...] = (
    *(access, amend, asking, closing, complaining, erase, heard, receipts, refusing, requests, telling),
    *(erasure, handed, holds, recipients, where, choices, identities, own, standing, store),
)
PERSON, REFERENCE = ("person", "number", "persons"), ("reference",)


def acts() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public act that takes a client, and a person or a request of theirs."""
    for room in ROOMS:
        for name, act in vars(room).items():
            if inspect.isfunction(act) and act.__module__ == room.__name__ and not name.startswith("_"):
                names = inspect.signature(act).parameters
                if "client" in names and names.keys() & {*PERSON, *REFERENCE}:
                    yield f"{room.__name__}.{name}", act


def given(act: Callable[..., Any], other: dict[str, Any]) -> dict[str, Any]:
    """Larch's client with the other client's person and request; what else it takes, as it may be."""
    said: dict[str, Any] = {"client": "larch", "reference": other["reference"], "by": "0" * 16, "actor": "0" * 16}
    said |= {"person": other["person"], "number": other["person"], "persons": frozenset({other["person"]})}
    said |= {"field": "booking.email", "value": HERS, "old": HERS, "new": "eve@evil.example", "ground": "x", "why": "x"}
    said |= {"fields": frozenset({"booking.email"}), "when": timezone.now(), "right": "erase", "moment": "walk is over"}
    found = {}
    for name, one in inspect.signature(act).parameters.items():
        if name in said:
            found[name] = said[name]
        elif one.default is inspect.Parameter.empty:
            found[name] = OTHERWISE.get(str(one.annotation), "x")
    return found


OTHERWISE: dict[str, Any] = {
    "bool": True,
    "int": 1,
    "dt.datetime": dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
    "dict[str, str]": {"why": "x"},
    "Collection[str]": frozenset({"booking.email"}),
    "frozenset[str]": frozenset({"booking.email"}),
    "list[str]": ["booking.email"],
}


def crossing(person: int) -> list[str]:
    """The tables in which a row of Larch's speaks of the other client's person."""
    found = []
    for model in apps.get_models():
        names = {field.attname for field in model._meta.concrete_fields}
        client = next((name for name in ("client_id", "client") if name in names), "")
        whose = next((name for name in ("person_id", "person") if name in names), "")
        if (
            client
            and whose
            and model._meta.app_label in ("people", "answer")
            and model._default_manager.filter(**{client: "larch", whose: person}).exists()
        ):
            found.append(model._meta.label)
    return found


def test_t50_no_act_of_a_room_finds_or_changes_a_person_or_a_request_of_another_client(both: dict[str, Any]) -> None:
    walker("larch", HERS, "Another of that address", letter="ours")
    vault.close()
    before, tried, answered = of_rowan(), 0, 0
    for name, act in acts():
        said: Any = None
        refusals = (Trouble, ObjectDoesNotExist, ValueError, TypeError, AttributeError, KeyError, RuntimeError)
        with contextlib.suppress(*refusals), transaction.atomic():
            said = act(**given(act, both))
            said = list(said) if inspect.isgenerator(said) else said
            answered += 1
        tried += 1
        assert "hers alone" not in repr(said), name
        assert of_rowan() == before, name
        assert crossing(both["person"]) == [], name
    assert tried > 80 and answered > 30


def test_t50_a_request_that_names_a_person_of_another_client_is_refused_and_nothing_of_it_is_written(
    both: dict[str, Any],
) -> None:
    before = len(requests.of_client("larch"))
    with pytest.raises(Trouble) as refused:
        requests.open_request("larch", both["person"], "access")
    assert refused.value.code == "no-person"
    assert len(requests.of_client("larch")) == before
