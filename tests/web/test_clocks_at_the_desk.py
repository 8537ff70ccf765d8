"""At the desk each client's day is its own, and a page of several says whose hours stand on it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from tests.answer.houses import living
from tests.answer.planting import walker
from tests.web.conftest import code_of, enter

from troth.answer import requests
from troth.parties import days, factor, staff
from troth.prove import report

pytestmark = pytest.mark.django_db(transaction=True)
EVENING = dt.datetime(2026, 11, 25, 20, 30, tzinfo=dt.UTC)  # half past nine in the morning of 26 November in Auckland


@pytest.fixture
def both(at_desk: Client, larch: str, tmp_path: Path) -> Client:
    """Larch in London and Kauri in Auckland, and somebody who asked of each at the same moment."""
    living("kauri", "Pacific/Auckland", tmp_path)
    (token, _) = [staff.add("officer@larch.example", client, "privacy desk") for client in ("kauri", larch)][::-1]
    enter(at_desk, token)
    at_desk.get("/desk/enter/factor/")
    at_desk.post("/desk/enter/factor/", {"code": code_of(at_desk)})
    with time_machine.travel(EVENING, tick=False):
        for client in ("larch", "kauri"):
            person = walker(client, "ada@quill.example", "Ada")
            requests.open_request(client, person, "access")
    return at_desk


def reference(client: str) -> str:
    (one,) = requests.of_client(client)
    return one.reference


def test_a_request_bears_the_day_of_its_client(both: Client) -> None:
    pages = {client: both.get(f"/desk/{client}/requests/{reference(client)}/").text for client in ("larch", "kauri")}
    assert "Received 25 November 2026" in pages["larch"] and "25 November 2026, 20:30" in pages["larch"]
    assert "Times are those of the time zone Europe/London." in pages["larch"]
    assert "Received 26 November 2026" in pages["kauri"] and "26 November 2026, 09:30" in pages["kauri"]
    assert "Times are those of the time zone Pacific/Auckland." in pages["kauri"]


def test_a_page_of_several_clients_says_each_in_its_own(both: Client) -> None:
    page = both.get("/desk/").text
    assert "received 25 November" in page and "received 26 November" in page
    assert "Times are those of each client. " in page
    assert "Europe/London: Larch Walks Ltd; Pacific/Auckland: Larch Walks Ltd." in page


def test_no_hour_stands_on_a_page_that_is_nobodys(at_desk: Client, larch: str, tmp_path: Path) -> None:
    token = ""
    for client, zone in (("kauri", "Pacific/Auckland"), ("linde", "Europe/Berlin")):
        living(client, zone, tmp_path)
        token = staff.add("officer@larch.example", client, "privacy desk")
    with time_machine.travel(EVENING, tick=False):
        enter(at_desk, token)
        at_desk.get("/desk/enter/factor/")
        at_desk.post("/desk/enter/factor/", {"code": code_of(at_desk)})
        page = at_desk.get("/desk/").text
        assert "Wednesday 25 November 2026 · " in page, "the day that has come at each, and no hour of London"
        sweeps = at_desk.get("/desk/sweeps/").text
        assert "by 02:00" in sweeps and "Europe/Berlin: Larch Walks Ltd" in sweeps and "Pacific/Auckland" in sweeps
        staff.remove("officer@larch.example", "kauri")
        enter(at_desk, staff.add("officer@larch.example", "linde", "privacy desk"))
        with time_machine.travel(EVENING + dt.timedelta(minutes=1), tick=False):
            at_desk.post("/desk/enter/factor/", {"code": factor.present_code(staff.newest())})
            assert "Wednesday 25 November 2026, 21:31 · " in at_desk.get("/desk/").text


def test_a_spreadsheet_has_the_days_of_each_client(both: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(both.get("/desk/requests.csv").text)))
    assert {row["client"]: row["received"] for row in rows} == {"larch": "2026-11-25", "kauri": "2026-11-26"}
    assert {row["client"]: row["due"] for row in rows} == {"larch": "2026-12-29", "kauri": "2026-12-29"}
    assert {row["client"]: row["time zone"] for row in rows} == {"larch": "Europe/London", "kauri": "Pacific/Auckland"}


def test_a_spreadsheet_of_promises_says_the_hour_of_the_client_and_whose_it_is(both: Client) -> None:
    ahead = {}
    for client in ("larch", "kauri"):
        report.keep(report.run(client))
        rows = list(csv.DictReader(io.StringIO(both.get(f"/desk/promises/{client}/promises.csv").text)))
        (ahead[client],) = {dt.datetime.fromisoformat(row["proved"]).utcoffset() for row in rows}
    assert ahead == {client: days.local(client).utcoffset() for client in ahead} and len(set(ahead.values())) == 2


def test_a_desk_of_one_zone_says_it_once(officer: Client) -> None:
    page = officer.get("/desk/").text
    assert "Times are those of the time zone Europe/London." in page and "each client" not in page
