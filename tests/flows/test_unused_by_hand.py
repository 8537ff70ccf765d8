"""A place outside that no program can tell: the desk has it marked by a hand, and the person reads who said so."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.answer.planting import Mailbox
from tests.flows.by_hand import ADA, YOU, ada, here, larch
from tests.web.conftest import at_desk, officer

from troth.answer import requests
from troth.keep import recipients

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["ada", "at_desk", "here", "larch", "officer"]


def test_a_restriction_waits_at_the_desk_until_somebody_says_how_they_know_that_it_is_kept_unused(
    officer: Client, here: Client, mailbox: Mailbox
) -> None:
    here.post(YOU + "stop/restrict/", {"why": "It is wrong."})
    (asked,) = requests.of_client("larch")
    page, theirs = f"/desk/larch/requests/{asked.reference}/", f"{YOU}request/{asked.reference}/"
    (row,) = recipients.in_places("larch", asked.reference)
    assert "Mark it there as not to be used by" in officer.get("/desk/").text
    assert "To be kept and not used: not answered yet" in here.get(theirs).text
    assert ADA not in officer.get(page).text
    assert ADA in officer.post(page, {"act": "whom", "recipient": row.number}).text
    for act in ("marked", "empty", "cannot"):
        assert officer.post(page, {"act": act, "recipient": row.number, "evidence": ""}).status_code == 422
    officer.post(page, {"act": "nonsense", "recipient": row.number, "evidence": "x"})
    assert "not answered yet" in here.get(theirs).text
    officer.post(page, {"act": "cannot", "recipient": row.number, "evidence": "no column for it"})
    assert f"it cannot be marked there: {recipients.NOT_CHECKED}" in here.get(theirs).text
    officer.post(page, {"act": "marked", "recipient": row.number, "evidence": "ticket 12"})
    assert f"done: {recipients.NOT_CHECKED}" in here.get(theirs).text
    assert "ticket 12" in officer.get(page).text and "ticket 12" not in here.get(theirs).text
    assert "Mark it there" not in officer.get("/desk/").text


def test_t29_the_desk_of_another_client_cannot_say_that_it_is_marked(officer: Client, here: Client) -> None:
    here.post(YOU + "stop/restrict/", {"why": "It is wrong."})
    (asked,) = requests.of_client("larch")
    (row,) = recipients.in_places("larch", asked.reference)
    sent = {"act": "marked", "recipient": row.number, "evidence": "x"}
    assert officer.post(f"/desk/omono/requests/{asked.reference}/", sent).status_code == 404
    assert not recipients.told("omono", asked.reference, row.number, "claimed by them", by="staff", evidence="x")
    assert recipients.in_places("larch", asked.reference)[0].state == "not told yet"
