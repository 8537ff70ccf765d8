"""Browsers of visitors and of staff, and an officer who has come in."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from tests.answer.fixtures import mailbox

__all__ = ["mailbox"]
CLIENTS, DESK = "127.0.0.1:8000", "localhost:8000"


@pytest.fixture
def visitor() -> Client:
    return Client(headers={"host": CLIENTS})


@pytest.fixture
def at_desk() -> Client:
    return Client(headers={"host": DESK})


def enter(browser: Client, token: str) -> str:
    """Redeem a link; returns where the browser was sent."""
    return browser.post(f"/desk/enter/{token}/").headers.get("Location", "")


def code_of(browser: Client) -> str:
    """The present code of somebody's device: from the page that sets it up, or as the device would show it."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    secret = browser.session["second factor to set up"]
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))


@pytest.fixture
def officer(at_desk: Client, larch: str) -> Client:
    """Come in for the first time: link, second factor set up, spare codes shown."""
    from troth.parties import staff

    assert settings.DESK_HOST == "localhost"
    enter(at_desk, staff.add("officer@larch.example", larch, "privacy desk"))
    at_desk.get("/desk/enter/factor/")
    answer = at_desk.post("/desk/enter/factor/", {"code": code_of(at_desk)})
    assert answer.headers["Location"] == "/desk/spare/"
    return at_desk


@pytest.fixture
def rowan(larch: str) -> Client:
    """A browser at a second client, which has a host of its own."""
    from troth.parties import editions, tenancy
    from troth.web import hosts

    tenancy.add("rowan", "privacy.rowan.example")
    editions.publish("rowan", "tests/policies/larch.yaml", replaces=None, by="test")
    hosts.forget()
    return Client(headers={"host": "privacy.rowan.example"})
