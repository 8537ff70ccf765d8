"""What staff read at the desk, and what they take away from it."""

from __future__ import annotations

import csv
import io

import pytest
from tests.answer.houses import walks

__all__ = ["walks"]


@pytest.fixture
def asked(officer, larch):
    """Somebody objected."""
    from troth.answer import amend, identity
    from troth.people import identities

    person = identities.make(larch, {"walker"})
    identities.attach(larch, person, "booking.email", "a@post.example", verified=True)
    visitor = identity.Visitor(client=larch, person=person, persons=frozenset({person}))
    return amend.stop(larch, visitor, "object", "I do not want this.")


def test_the_desk_speaks_of_the_person_and_not_to_them(officer, asked, larch):
    page = officer.get(f"/desk/{larch}/requests/{asked.reference}/").content.decode()
    assert "Stop using their data" in page
    assert "They asked" in page
    assert "You asked" not in page
    assert "your data" not in page


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("You asked", "They asked"),
        ("take your data with you", "take their data with them"),
        ("You took it back, so nothing was erased", "They took it back, so nothing was erased"),
        ("Something about you is yours", "Something about them is theirs"),
        ("Asked again", "Asked again"),
    ],
)
def test_our_sentences_turn_from_you_to_them(said, read):
    from troth.web.desk import _of_them

    assert _of_them(said) == read


def test_the_desk_reminds_until_the_recovery_code_was_shown(officer, capsys):
    import argparse

    from troth.people import commands

    assert "Nobody has kept the recovery code yet" in officer.get("/desk/").content.decode()
    commands.key(argparse.Namespace(what="recovery", words=[], client="", at_once=False, again=False, json=False))
    assert capsys.readouterr().out
    assert "recovery code" not in officer.get("/desk/").content.decode()


def test_requests_come_as_a_spreadsheet_without_a_person(officer, asked, larch):
    answer = officer.get("/desk/requests.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="requests.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["client"], row["reference"], row["state"]) for row in rows] == [(larch, asked.reference, "open")]
    assert "post.example" not in answer.content.decode()


def test_promises_come_as_a_spreadsheet(officer, larch):
    from troth.prove import report

    assert officer.get(f"/desk/promises/{larch}/promises.csv").status_code == 404
    report.keep(report.run(larch))
    rows = list(csv.DictReader(io.StringIO(officer.get(f"/desk/promises/{larch}/promises.csv").content.decode())))
    assert len(rows) == len(report.latest(larch).findings)


PAYLOADS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
    "'=1",
    '=HYPERLINK("x")',
    "-2+3",
    "@x",
    "+44",
]


def test_t57_no_cell_of_the_desks_spreadsheets_runs_in_a_spreadsheet():
    from troth.web.desk import sheet

    answer = sheet("x", [[payload] for payload in PAYLOADS])
    for row, payload in zip(csv.reader(io.StringIO(answer.content.decode(), newline="")), PAYLOADS, strict=True):
        assert row == ["'" + payload]
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_what_the_door_took_in_is_not_called_turned_away(officer, larch):
    assert "The door has turned nothing away" in officer.get("/desk/refused/").content.decode()
