"""Somebody else's database as a place: Chinook, a public sample of a shop, in its own file."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from troth.places import sql
from troth.places.kinds import UNNAMED, Found, NotAnswered, Subject
from troth.places.opening import Pass, mint
from troth.places.sql import SqlPlace
from troth.policy.plan import End, Field, Moment, Place, Plan, Rule, Span, Table
from troth.policy.problems import Trouble

SAMPLE = Path(__file__).parents[2] / "samples" / "chinook.sqlite"
CUSTOMER = Table(
    name="Customer",
    person_by="Email",
    columns=(
        ("Email", "account.email"),
        ("FirstName", "account.name"),
        ("LastName", "account.name"),
        ("Phone", "account.phone"),
    ),
)
INVOICE = Table(
    name="Invoice",
    person_by="Customer.Email via CustomerId",
    columns=(("BillingAddress", "invoice.address"), ("Total", "invoice.total")),
)
WHO = "luisg@embraer.com.br"


class Told(msgspec.Struct):
    """The parts of a plan that this place reads."""

    fields: dict[str, Field]
    rules: dict[str, Rule]
    places: dict[str, Place]
    moments: dict[str, Moment] = {}
    zone: str = "Europe/London"


def plan(*tables: Table, law: str = "Companies Act 2006 s388") -> Any:
    names = {
        "account.email": "email address",
        "account.name": "name",
        "account.phone": "telephone number",
        "invoice.address": "postal address",
        "invoice.total": "amount",
        "letters.email": "email address",
    }
    six = End(span=Span(count=6, unit="years"))
    return Told(
        fields={
            name: Field(name=name, kind=kind, label=kind, form="clear", rule=f"{name.split('.')[0]}.*")
            for name, kind in names.items()
        },
        rules={
            "account.*": Rule(name="account.*", text="12 months", fields=frozenset(), ends=(six,)),
            "invoice.*": Rule(
                name="invoice.*", text="6 years", fields=frozenset(), ends=(six,), least=six if law else None, law=law
            ),
        },
        places={
            "shop": Place(name="shop", kind="sql", holds=frozenset(), countries=("GB",), secret="shop", tables=tables)
        },
    )


def token() -> Pass:
    return mint(
        client="omono",
        edition=1,
        kind="answer",
        use="erase",
        recipient="",
        fields=frozenset(plan().fields),
        persons=frozenset({1}),
    )


def subject(value: str = WHO, field: str = "letters.email") -> Subject:
    return Subject(person=1, persons=frozenset({1}), identities=((field, value),))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(SAMPLE, tmp_path / "shop.sqlite"))


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings.DATA = tmp_path_factory.mktemp("data")
    settings.KEY_FILE = settings.DATA.parent / "none.key"
    return Path(settings.DATA)


def shop(file: Path, *tables: Table, law: str = "Companies Act 2006 s388") -> SqlPlace:
    policy: Plan = plan(*(tables or (CUSTOMER, INVOICE)), law=law)
    return SqlPlace(policy, "shop", f"sqlite:///{file}")


def rows(file: Path, statement: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(file) as connection:
        found = connection.execute(statement).fetchall()
    connection.close()
    return found


def test_a_person_is_found_by_an_address_of_the_same_kind_in_both_tables(file: Path) -> None:
    found = shop(file).find(token(), "omono", subject(WHO.upper()))
    assert isinstance(found, Found)
    assert {item.field for item in found.items} == {"account.email", "account.name", "account.phone"} | {
        "invoice.address",
        "invoice.total",
    }
    assert len([item for item in found.items if item.field == "invoice.total"]) == 7


def test_a_table_may_name_the_join_and_leave_the_person_to_the_other_table(file: Path) -> None:
    joined = Table(name="Invoice", person_by="Customer.CustomerId via CustomerId", columns=INVOICE.columns)
    found = shop(file, CUSTOMER, joined).find(token(), "omono", subject())
    assert isinstance(found, Found)
    assert len([item for item in found.items if item.field == "invoice.total"]) == 7


def test_t46_a_place_whose_own_trigger_never_ends_has_not_answered(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thread that does all jobs would stand still in it, and everybody's erasure behind it."""
    monkeypatch.setattr(sql, "LONGEST", 0.3)
    for_ever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with contextlib.closing(sqlite3.connect(file)) as theirs:
        for act in ("UPDATE", "DELETE"):
            theirs.execute(f"CREATE TRIGGER t{act} BEFORE {act} ON Customer BEGIN SELECT ({for_ever}); END")
    receipt = shop(file).erase(token(), "omono", subject())
    assert receipt.state == "not answered"
    found = shop(file).find(token(), "omono", subject())
    assert isinstance(found, Found) and found.items  # and nothing of it was done


def test_a_name_that_equals_an_address_finds_nobody(file: Path) -> None:
    found = shop(file).find(token(), "omono", subject(WHO, "account.name"))
    assert isinstance(found, Found) and (found.items, found.why) == ([], UNNAMED)


def test_invoices_that_a_law_keeps_stay_and_the_customer_is_overwritten_around_them(file: Path) -> None:
    receipt = shop(file).erase(token(), "omono", subject())
    assert (receipt.state, receipt.reached, receipt.how) == ("erased", "deleted", "read back by us")
    assert receipt.kept[0].why == "the law makes us keep it: Companies Act 2006 s388"
    assert rows(file, "SELECT Email, FirstName, Phone FROM Customer WHERE CustomerId = 1") == [("", "", None)]
    assert rows(file, "SELECT count(*) FROM Invoice WHERE CustomerId = 1") == [(7,)]
    assert WHO.encode() not in file.read_bytes()


def test_rows_that_nothing_keeps_go_children_first(file: Path) -> None:
    lines = Table(
        name="InvoiceLine", person_by="Invoice.BillingAddress via InvoiceId", columns=(("UnitPrice", "invoice.total"),)
    )
    with sqlite3.connect(file) as connection:
        connection.execute(
            "DELETE FROM InvoiceLine WHERE InvoiceId IN (SELECT InvoiceId FROM Invoice WHERE CustomerId=1)"
        )
    connection.close()
    receipt = shop(file, CUSTOMER, INVOICE, lines, law="").erase(token(), "omono", subject())
    assert receipt.counts == {"deleted": 8}
    assert rows(file, "SELECT (SELECT count(*) FROM Customer), (SELECT count(*) FROM Invoice)") == [(58, 405)]


def test_only_the_person_who_was_asked_for_is_touched(file: Path) -> None:
    before = rows(file, "SELECT * FROM Customer WHERE CustomerId <> 1")
    shop(file).erase(token(), "omono", subject())
    assert rows(file, "SELECT * FROM Customer WHERE CustomerId <> 1") == before


def test_a_value_is_corrected_where_it_lives(file: Path) -> None:
    receipt = shop(file).change(token(), "omono", subject(), "account.phone", "+55 (12) 3923-5555", "+44 20 7946 0000")
    assert receipt.counts == {"changed": 1}
    assert rows(file, "SELECT Phone FROM Customer WHERE CustomerId = 1") == [("+44 20 7946 0000",)]


def test_a_place_that_is_away_has_not_answered(tmp_path: Path) -> None:
    away = shop(tmp_path / "away.sqlite")
    assert isinstance(away.find(token(), "omono", subject()), NotAnswered)
    assert away.erase(token(), "omono", subject()).state == "not answered"
    assert not (tmp_path / "away.sqlite").exists()


def test_a_locked_or_broken_place_has_not_answered_and_says_no_driver_text(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"this is no database" * 100)
    answer = shop(broken).find(token(), "omono", subject())
    assert isinstance(answer, NotAnswered)
    assert "broken" not in answer.why


@pytest.mark.parametrize(
    "name",
    ['Email"; DROP TABLE Customer; --', "Customer.Email", "email ", "Еmail", "*", "rowid", "Email/**/", "lower(Email)"],
)
def test_t48_a_name_that_the_schema_does_not_have_is_never_sent(file: Path, name: str) -> None:
    bad = Table(name="Customer", person_by=name, columns=(("Email", "account.email"),))
    assert isinstance(shop(file, bad).find(token(), "omono", subject()), NotAnswered)
    worse = Table(name=name, person_by="Email", columns=())
    assert isinstance(shop(file, worse).find(token(), "omono", subject()), NotAnswered)
    assert rows(file, "SELECT count(*) FROM Customer") == [(59,)]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://127.0.0.1/x",
        "sqlite+aiosqlite:////x",
        "http://169.254.169.254/",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:/x?uri=true",
        "oracle://x",
        "not an address",
        "duckdb:///x",
    ],
)
def test_t46_a_driver_that_is_not_on_the_list_is_refused(url: str) -> None:
    with pytest.raises(Trouble) as refused:
        SqlPlace(plan(CUSTOMER), "shop", url)
    assert refused.value.code == "place-refused"


def test_t46_a_place_inside_our_own_data_is_refused_by_path_link_and_second_name(data: Path, tmp_path: Path) -> None:
    (data / "troth.db").write_bytes(b"")
    (tmp_path / "link.sqlite").symlink_to(data / "troth.db")
    (tmp_path / "hard.sqlite").hardlink_to(data / "troth.db")
    for path in (data / "troth.db", tmp_path / "link.sqlite", tmp_path / "hard.sqlite", data / "x" / "y.db"):
        with pytest.raises(Trouble):
            SqlPlace(plan(CUSTOMER), "shop", f"sqlite:///{path}")


def test_a_pass_for_another_person_opens_nothing(file: Path) -> None:
    with pytest.raises(Trouble):
        shop(file).find(token(), "omono", Subject(person=2, persons=frozenset({2}), identities=((("x"), WHO),)))


def as_work(place: SqlPlace) -> SqlPlace:
    """The same with an address of work where an address stood."""
    fields = dict(place.plan.fields)
    fields["account.email"] = msgspec.structs.replace(fields["account.email"], kind="work email address")
    place.plan = msgspec.structs.replace(place.plan, fields=fields)
    return place


def test_an_address_of_work_is_known_there_and_opens_what_the_same_mailbox_proved(file: Path) -> None:
    place = as_work(shop(file))
    assert place.knows(WHO) == "account.email"
    found = place.find(token(), "omono", subject(WHO))
    assert isinstance(found, Found) and {"account.name", "account.email"} <= {item.field for item in found.items}


def test_t21_a_domain_that_folds_to_the_same_letters_is_another_customer_s(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE Customer SET Email = 'ada@straße.example' WHERE CustomerId = 1")
    connection.close()
    assert shop(file).knows("Ada@STRAßE.example") == "account.email"
    assert shop(file).knows("ada@strasse.example") == ""
    found = shop(file).find(token(), "omono", subject("ada@strasse.example"))
    assert isinstance(found, Found) and not found.items
