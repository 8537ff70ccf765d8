"""From a database: kinds of data and the person graph, each with a reason; no value and no address is ever shown."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import sys
from pathlib import Path

import pytest

from troth import cli, policy
from troth.places import reflecting
from troth.policy.drafting import from_database
from troth.policy.drafting.from_database import Column, Key, Schema, Table
from troth.policy.problems import Trouble

CHINOOK = Path(__file__).parents[2] / "samples" / "chinook.sqlite"
DAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def chinook():
    return from_database.propose(reflecting.describe(f"sqlite:///{CHINOOK}"), on=DAY)


def test_the_tables_that_lead_to_a_person_and_how(chinook):
    graph = {one.table: one.value for one in chinook.proposals if one.kind == "person by"}
    assert graph == {"Customer": "Email", "Employee": "Email", "Invoice": "Customer.Email via CustomerId"}


def test_the_kinds_of_its_columns(chinook):
    kinds = {f"{one.table}.{one.column}": one.kind for one in chinook.proposals if one.field}
    assert kinds["Customer.FirstName"] == "first name" and kinds["Invoice.BillingPostalCode"] == "postcode"
    assert kinds["Employee.BirthDate"] == "birth date" and kinds["Invoice.Total"] == "invoice"
    assert not {"Customer.CustomerId", "Customer.SupportRepId", "Artist.Name"} & kinds.keys()


def test_every_proposal_has_a_reason_and_every_table_is_accounted_for(chinook):
    assert all(one.reason for one in chinook.proposals)
    assert len({one.table for one in chinook.proposals}) == 11
    aside = {one.table: one.reason for one in chinook.proposals if one.kind == "not taken" and not one.column}
    assert "by way of Invoice to Customer" in aside["InvoiceLine"]
    assert "may still be somebody's name" in aside["Artist"]


def test_the_draft_reads_with_blanks_and_nothing_else_wrong(chinook):
    problems = policy.load("policy.yaml", text=chinook.draft.encode(), on=DAY, draft=True).problems
    assert {one.code for one in problems} == {"blank"}


def hostile(*columns: str, table: str = "users") -> from_database.Proposed:
    rows = tuple(Column(name, "TEXT") for name in ("email", *columns))
    return from_database.propose(Schema("db", (Table(table, rows, ()),)), on=DAY)


@pytest.mark.parametrize("name", ["a: {b", "x\n  never: {}", "# no", "‮gnp", "", "😀", "a" * 5000, "on", '"', "phone\t"])
def test_t41_a_name_in_a_schema_cannot_write_lines_of_the_policy(name):
    for found in (hostile(f"{name} phone", name), hostile("phone", table=name or "t")):
        problems = policy.load("policy.yaml", text=found.draft.encode(), on=DAY, draft=True).problems
        assert {one.code for one in problems} <= {"blank"}, problems


def test_special_categories_are_kept_apart_from_the_star_of_their_table():
    draft = hostile("religion", "phone").draft
    assert "  users.*: TBC" in draft and "  users.religion: TBC" in draft


def test_a_key_to_itself_or_to_nowhere_leads_to_nobody():
    table = Table(
        "node",
        (Column("id", "INT"), Column("parent", "INT")),
        ("id",),
        (Key("parent", "node", "id"), Key("id", "gone", "id")),
    )
    assert [one.kind for one in from_database.propose(Schema("db", (table,)), on=DAY).proposals] == ["not taken"]


@pytest.fixture
def odd(tmp_path):
    file = tmp_path / "odd.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, c1 TEXT, c2 TEXT)")
        for number in range(5):
            database.execute("INSERT INTO person (c1, c2) VALUES (?, ?)", (f"ada{number}@secret.example", "blue"))
    database.close()
    return file


def test_samples_are_counted_only_when_asked_for_and_never_shown(odd, capsys):
    assert cli.main(["init", "--from-database", f"sqlite:///{odd}", "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert not any(one["field"] for one in plain["proposals"])
    assert cli.main(["init", "--from-database", f"sqlite:///{odd}", "--samples", "--json"]) == 0
    out = capsys.readouterr().out
    told = json.loads(out)
    assert {one["column"]: one["reason"] for one in told["proposals"] if one["field"]} == {
        "c1": "5 of 5 samples look like one"
    }
    assert "secret.example" not in out and "blue" not in out


def test_nothing_is_written_to_a_database_and_none_is_made(odd, tmp_path, capsys):
    before = odd.read_bytes()
    reflecting.describe(f"sqlite:///{odd}", samples=True)
    assert odd.read_bytes() == before
    assert cli.main(["init", "--from-database", f"sqlite:///{tmp_path / 'gone.sqlite'}"]) == 1
    assert not (tmp_path / "gone.sqlite").exists()


@pytest.mark.parametrize(
    "url",
    [
        "not an address",
        "mysql://u:hunter2@h/d",
        "sqlite://",
        "sqlite:///file:x?mode=rw",
        "postgresql://u:hunter2@127.0.0.1:1/d",
    ],
)
def test_an_address_that_does_not_open_is_told_without_its_password(url, capsys):
    assert cli.main(["init", "--from-database", url, "--json"]) == 1
    out, err = capsys.readouterr()
    told = json.loads(out)["trouble"]
    assert told["code"] in ("place-refused", "no-schema")
    assert "operator" not in told["help"]  # who is not there when somebody types an address
    assert "hunter2" not in out + err


def test_a_driver_that_is_not_installed_is_named_with_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    assert cli.main(["init", "--from-database", "postgresql+psycopg2://u:hunter2@127.0.0.1:1/d", "--json"]) == 1
    out, err = capsys.readouterr()
    told = json.loads(out)["trouble"]
    assert told["sentence"] == "The driver of this database, psycopg2, is not installed."
    assert "pip install “psycopg2-binary”" in told["help"] and "hunter2" not in out + err


def test_a_file_that_is_no_database_is_told(tmp_path):
    file = tmp_path / "x.sqlite"
    file.write_text("not a database" * 100)
    with pytest.raises(Trouble, match="could not be read"):
        reflecting.describe(f"sqlite:///{file}")


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("courriel", "email address"), ("Prénom", "first name"), ("nom", "name"), ("code_postal", "postcode"),
        ("adresseLivraison", "postal address"), ("date_naissance", "birth date"), ("mot_de_passe", "password"),
        ("num_client", "customer number"), ("ville", "town"), ("montant_ttc", "invoice"),
    ],
)  # fmt: skip
def test_a_column_may_be_called_in_french(column, kind):
    table = Table("clients", (Column("id", "INTEGER"), Column("mel", "TEXT"), Column(column, "TEXT")), ())
    found = from_database.propose(Schema("caisse", (table,)), on=DAY)
    assert [one.kind for one in found.proposals if one.column == column] == [kind]
