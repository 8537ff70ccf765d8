"""Somebody else's PostgreSQL as a place: a real server, with kinds of values that no type of Python is."""

from __future__ import annotations

import datetime as dt
import signal
import sys
import threading
from typing import Any

import psycopg
import pytest
from tests.places.test_sql import CUSTOMER, INVOICE, WHO, plan, subject, token
from tests.postgres import Server, postgres, run, server

from troth import cli
from troth.places import reflecting, sql
from troth.places.kinds import Found, NotAnswered
from troth.places.sql import SqlPlace
from troth.policy.plan import End, Moment, Rule, Span, Table

__all__ = ["postgres"]
OTHER = "leonekohler@surfeu.de"
KINDS = {  # how a column is declared, what stands in it, as a person reads it, and what they put right
    "a date": ("date", "1980-02-03", "1980-02-03", "1981-02-03"),
    "a moment with its zone": ("timestamptz", "2020-01-02 03:04:05+02", "2020-01-02 01:04:05+00", "2021-01-02 01:00Z"),
    "a moment": ("timestamp", "2020-01-02 03:04:05", "2020-01-02 03:04:05", "2021-01-02"),
    "an hour": ("time", "10:00", "10:00:00", "11:00"),
    "a while": ("interval", "2 days", "2 days", "3 days"),
    "yes or no": ("boolean", "true", "true", "false"),
    "a number": ("integer", "7", "7", "8"),
    "a small number": ("smallint", "7", "7", "8"),
    "an amount": ("numeric(7,2)", "1.5", "1.50", "2"),
    "a share": ("double precision", "0.5", "0.5", "0.25"),
    "an amount with its sign": ("money", "3", "$3.00", "4"),
    "words": ("text", "red", "red", "blue"),
    "few letters": ("varchar(4)", "abcd", "abcd", "abce"),
    "padded letters": ("char(8)", "abc", "abc", "abd"),
    "a word from a list": ("mood", "wild", "wild", "calm"),
    "short words": ("shortish", "hi", "hi", "ho"),
    "many words": ("text[]", "{a,b}", "{a,b}", "{a,c}"),
    "a document": ("jsonb", '{"a": 1}', '{"a": 1}', '{"a": 2}'),
    "bytes": ("bytea", r"\x0102", r"\x0102", r"\x0103"),
    "an address of a machine": ("inet", "192.0.2.1", "192.0.2.1", "192.0.2.2"),
    "a network": ("cidr", "192.0.2.0/24", "192.0.2.0/24", "198.51.100.0/24"),
    "a number of a card": ("macaddr", "08:00:2b:01:02:03", "08:00:2b:01:02:03", "08:00:2b:01:02:04"),
    "a number by chance": ("uuid", "8ff7abd7-0b45-4588-b64f-76b4d457a7d7", "8ff7abd7-0b45-4588-b64f-76b4d457a7d7",
                           "8ff7abd7-0b45-4588-b64f-76b4d457a7d8"),
    "bits": ("bit(3)", "101", "101", "100"),
    "a span": ("int4range", "[1,3)", "[1,3)", "[1,4)"),
    "markup": ("xml", "<a/>", "<a/>", "<b/>"),
    "words to find": ("tsvector", "a b", "'a' 'b'", "a c"),
}  # fmt: skip
ALONE = ["words", "few letters", "padded letters", "a number", "a small number", "a number by chance"]


def shop(address: str, *tables: Table, law: str = "Companies Act 2006 s388") -> SqlPlace:
    return SqlPlace(plan(*(tables or (CUSTOMER, INVOICE)), law=law), "shop", address)


def member(postgres: Server, kind: str, *, unique: bool = False, check: str = "") -> tuple[str, SqlPlace]:
    """Two members, each with a value of a kind that a row must have, and a row of another table that points at them."""
    declared, stands, _, other = KINDS[kind]
    address = postgres.copy()
    for statement in (
        "CREATE TYPE mood AS ENUM ('calm', 'wild')",
        "CREATE DOMAIN shortish AS text CHECK (length(value) < 5)",
        "CREATE TABLE member (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL, "
        f"said {declared} NOT NULL{' UNIQUE' if unique else ''} {check})",
        "CREATE TABLE visit (id serial PRIMARY KEY, member uuid NOT NULL REFERENCES member(id))",
        f"INSERT INTO member (email, said) VALUES ('{WHO}', '{stands}'), ('{OTHER}', '{other}')",
        "INSERT INTO visit (member) SELECT id FROM member",
    ):
        run(address, statement)
    table = Table(name="member", person_by="email", columns=(("email", "account.email"), ("said", "account.name")))
    return address, shop(address, table, law="")


def said(place: SqlPlace, whose: str = WHO) -> list[str]:
    found = place.find(token(), "omono", subject(whose))
    assert isinstance(found, Found), found
    return [one.value for one in found.items if one.field == "account.name"]


def test_a_person_is_found_in_both_tables_and_each_invoice_has_its_day(postgres: Server) -> None:
    place = shop(postgres.copy())
    sold = Rule(
        name="invoice.*", text="", fields=frozenset(), ends=(End(span=Span(count=6, unit="years"), after="sold"),)
    )
    place.plan.moments["sold"] = Moment(name="sold", known_from="shop.Invoice.InvoiceDate")
    place.plan.rules["invoice.*"] = sold
    found = place.find(token(), "omono", subject(WHO.upper()))
    assert isinstance(found, Found)
    totals = [one for one in found.items if one.field == "invoice.total"]
    assert [(one.record, one.value) for one in totals[:2]] == [(1, "3.98"), (2, "3.96")]
    assert totals[0].when == dt.datetime(2022, 3, 11, tzinfo=dt.UTC)


def test_invoices_that_a_law_keeps_stay_and_nobody_else_is_touched(postgres: Server) -> None:
    address = postgres.copy()
    others = 'SELECT * FROM "Customer" WHERE "CustomerId" <> 1 ORDER BY 1'
    before = run(address, others)
    receipt = shop(address).erase(token(), "omono", subject())
    assert (receipt.state, receipt.reached, receipt.how) == ("erased", "deleted", "read back by us")
    assert receipt.kept[0].why == "the law makes us keep it: Companies Act 2006 s388"
    assert run(address, 'SELECT "Email", "FirstName", "Phone" FROM "Customer" WHERE "CustomerId" = 1') == [
        ("", "", None)
    ]
    assert run(address, 'SELECT count(*) FROM "Invoice" WHERE "CustomerId" = 1') == [(7,)]
    assert run(address, others) == before


def test_rows_that_nothing_keeps_go_children_first(postgres: Server) -> None:
    address = postgres.copy()
    run(address, 'DELETE FROM "InvoiceLine"')
    assert shop(address, law="").erase(token(), "omono", subject()).counts == {"deleted": 8}
    assert run(address, 'SELECT (SELECT count(*) FROM "Customer"), (SELECT count(*) FROM "Invoice")') == [(58, 405)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_any_kind_is_read_put_right_and_erased(postgres: Server, kind: str) -> None:
    _, stands, new = KINDS[kind][1:]
    address, place = member(postgres, kind)
    assert said(place) == [stands]
    changed = place.change(token(), "omono", subject(), "account.name", stands, new)
    assert (changed.state, changed.why) == ("changed", "")
    assert said(place) != [stands]
    receipt = place.erase(token(), "omono", subject())
    assert (receipt.state, receipt.why) == ("erased", "")
    assert place.standing([(subject(), frozenset({"account.name"}))]) == {}
    assert run(address, "SELECT count(*) FROM visit JOIN member ON member.id = visit.member") == [(2,)]
    assert said(place, OTHER) != []


@pytest.mark.parametrize("kind", ALONE)
def test_where_no_two_rows_may_say_the_same_two_people_can_be_erased(postgres: Server, kind: str) -> None:
    _, place = member(postgres, kind, unique=True)
    for whose in (WHO, OTHER):
        receipt = place.erase(token(), "omono", subject(whose))
        assert (receipt.state, receipt.why) == ("erased", "")
        assert place.standing([(subject(whose), frozenset({"account.name"}))]) == {}


def test_an_index_over_an_address_as_it_is_compared_lets_two_people_be_erased(postgres: Server) -> None:
    address, place = member(postgres, "words")
    run(address, "CREATE UNIQUE INDEX one ON member (lower(email))")
    for whose in (WHO, OTHER):
        receipt = place.erase(token(), "omono", subject(whose))
        assert (receipt.state, receipt.why) == ("erased", "")


def test_a_row_whose_key_is_a_number_of_four_bytes_is_the_same_row_when_it_is_erased(postgres: Server) -> None:
    address, place = member(postgres, "words")
    run(address, "ALTER TABLE member DROP CONSTRAINT member_pkey CASCADE, ADD COLUMN at real PRIMARY KEY DEFAULT 0.1 "
                 "+ 0.2 * random()")  # fmt: skip
    assert place.change(token(), "omono", subject(), "account.name", "red", "blue").state == "changed"
    assert place.erase(token(), "omono", subject()).counts == {"deleted": 1}
    assert run(address, "SELECT email FROM member") == [(OTHER,)]


def test_a_table_that_lets_nothing_be_emptied_is_named_and_nothing_is_called_erased(postgres: Server) -> None:
    address, place = member(postgres, "words", check="CHECK (length(said) > 2)")
    receipt = place.erase(token(), "omono", subject())
    assert receipt.state == "not answered"
    assert receipt.why == "Its table “member” does not let what is to go be emptied."
    assert said(place) == ["red"]
    assert run(address, f"SELECT count(*) FROM member WHERE email = '{WHO}'") == [(1,)]  # all of it, or nothing


def test_a_value_that_a_column_does_not_take_changes_nothing(postgres: Server) -> None:
    _, place = member(postgres, "a date")
    receipt = place.change(token(), "omono", subject(), "account.name", "1980-02-03", "in spring")
    assert (receipt.state, receipt.why) == ("not answered", "It does not take that value.")
    assert said(place) == ["1980-02-03"]


def test_a_change_that_a_trigger_undoes_is_not_called_changed(postgres: Server) -> None:
    address, place = member(postgres, "a date")
    run(
        address, "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.said = old.said; RETURN new; END'"
    )
    run(address, "CREATE TRIGGER no BEFORE UPDATE ON member FOR EACH ROW EXECUTE FUNCTION no()")
    receipt = place.change(token(), "omono", subject(), "account.name", "1980-02-03", "1981-02-03")
    assert (receipt.state, receipt.why) == ("not answered", "It does not say so when asked again.")


def test_what_somebody_else_writes_at_the_same_moment_is_not_overwritten_by_a_correction(postgres: Server) -> None:
    address, place = member(postgres, "words")
    with psycopg.connect(address) as theirs:
        theirs.execute("UPDATE member SET said = 'green' WHERE said = 'red'")
        commits = threading.Timer(0.5, theirs.commit)
        commits.start()
        receipt = place.change(token(), "omono", subject(), "account.name", "red", "blue")
        commits.join()
    assert receipt.state == "nothing held"
    assert said(place) == ["green"]


def test_a_column_that_the_database_makes_of_others_goes_with_them(postgres: Server) -> None:
    address = postgres.copy()
    run(address, "CREATE TABLE member (id serial PRIMARY KEY, email text NOT NULL, name text NOT NULL, "
                 "whole text GENERATED ALWAYS AS (name || ' ' || email) STORED)")  # fmt: skip
    run(address, "CREATE TABLE visit (id serial PRIMARY KEY, member integer NOT NULL REFERENCES member(id))")
    run(address, f"INSERT INTO member (email, name) VALUES ('{WHO}', 'Luís')")
    run(address, "INSERT INTO visit (member) SELECT id FROM member")
    columns = (("email", "account.email"), ("name", "account.name"), ("whole", "account.name"))
    receipt = shop(address, Table(name="member", person_by="email", columns=columns), law="").erase(
        token(), "omono", subject()
    )
    assert (receipt.state, receipt.why) == ("erased", "")
    assert run(address, "SELECT email, name, whole FROM member") == [("", "", " ")]


@pytest.mark.parametrize("stands", ["LuisG@Embraer.com.br", "  luisg@embraer.com.br ", r"\tluisg@embraer.com.br\r\n"])
def test_an_address_is_found_however_it_was_typed_there(postgres: Server, stands: str) -> None:
    address, place = member(postgres, "words")
    run(address, f"UPDATE member SET email = E'{stands}' WHERE email = '{WHO}'")
    assert said(place) == ["red"]
    assert place.standing([(subject(), frozenset({"account.name"}))]) == {1: frozenset({"account.name"})}


def test_a_person_who_is_named_by_a_number_is_found(postgres: Server) -> None:
    table = Table(
        name="Customer",
        person_by="CustomerId",
        columns=(("CustomerId", "letters.email"), ("FirstName", "account.name")),
    )
    assert said(shop(postgres.copy(), table), "1") == ["Luís"]


def test_tables_of_another_schema_are_found_where_the_operator_says_that_they_lie(postgres: Server) -> None:
    address = postgres.copy()
    run(address, "CREATE SCHEMA crm")
    run(address, 'ALTER TABLE "Customer" SET SCHEMA crm')
    assert isinstance(shop(address, CUSTOMER).find(token(), "omono", subject()), NotAnswered)
    assert said(shop(f"{address}?options=-csearch_path%3Dcrm", CUSTOMER)) == ["Luís", "Gonçalves"]


@pytest.mark.parametrize("at_once", [2, sql.AT_ONCE])
def test_what_is_past_its_period_goes_by_the_dates_of_its_rows(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(sql, "AT_ONCE", at_once)
    address = postgres.copy()
    place = shop(address, law="")
    ends = (End(span=Span(count=6, unit="years"), after="sold"),)
    place.plan.moments["sold"] = Moment(name="sold", known_from="shop.Invoice.InvoiceDate")
    place.plan.rules["invoice.*"] = Rule(name="invoice.*", text="", fields=frozenset(), ends=ends)
    run(address, """UPDATE "Invoice" SET "InvoiceDate" = '2009-01-01' WHERE "InvoiceId" IN (98, 121)""")
    now = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
    past = place.past(now, [])
    assert not isinstance(past, NotAnswered) and past["invoice.*"].late == 2
    due = place.sweep(token_of_all(), "omono", now, [])
    assert not isinstance(due, NotAnswered) and (due.counts, due.stuck) == ({"invoice.*": 2}, "")
    assert (
        run(address, 'SELECT "Total", "BillingAddress" FROM "Invoice" WHERE "InvoiceId" IN (98, 121)')
        == [(0, None)] * 2
    )


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamptz"])
@pytest.mark.parametrize(
    ("says", "due"), [("infinity", 1), ("-infinity", 1), ("2009-01-01", 2), ("0044-03-15 BC", None)]
)
def test_a_date_beyond_those_of_python_keeps_no_sale_from_its_person_and_no_other_row(
    postgres: Server, kind: str, says: str, due: int | None
) -> None:
    address = postgres.copy()
    run(address, f'ALTER TABLE "Invoice" ALTER "InvoiceDate" TYPE {kind}')
    run(address, f"""UPDATE "Invoice" SET "InvoiceDate" = '{says}' WHERE "InvoiceId" = 98""")
    run(address, """UPDATE "Invoice" SET "InvoiceDate" = '2009-01-01' WHERE "InvoiceId" = 121""")
    place = shop(address, law="")
    ends = (End(span=Span(count=6, unit="years"), after="sold"),)
    place.plan.moments["sold"] = Moment(name="sold", known_from="shop.Invoice.InvoiceDate")
    place.plan.rules["invoice.*"] = Rule(name="invoice.*", text="", fields=frozenset(), ends=ends)
    found = place.find(token(), "omono", subject())
    assert isinstance(found, Found) and len([one for one in found.items if one.field == "invoice.total"]) == 7
    late = place.due(dt.datetime(2026, 11, 26, tzinfo=dt.UTC), [])
    if due is None:
        assert late == NotAnswered("shop", "Its column “Invoice.InvoiceDate” holds what we cannot read as a date.")
    else:
        assert not isinstance(late, NotAnswered) and late.rows == due


def token_of_all() -> Any:
    from troth.places.opening import mint

    return mint(client="omono", edition=1, kind="keep", use="sweep", recipient="",
                fields=frozenset(plan().fields), persons=frozenset())  # fmt: skip


def test_t46_a_row_that_somebody_else_holds_has_not_answered(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "LONGEST", 0.3)
    address = postgres.copy()
    with psycopg.connect(address) as theirs:
        theirs.execute('SELECT * FROM "Customer" FOR UPDATE')
        receipt = shop(address).erase(token(), "omono", subject())
    assert receipt.state == "not answered"
    assert shop(address).erase(token(), "omono", subject()).state == "erased"


@pytest.mark.parametrize("part", ["nobody@127.0.0.1", "nothing", "one without a table"])
def test_what_is_not_there_has_not_answered_and_no_word_of_the_driver_is_told(postgres: Server, part: str) -> None:
    address = postgres.copy()
    if part == "nothing":
        address += "_gone"
    elif part == "one without a table":
        run(address, 'DROP TABLE "Invoice" CASCADE')
    else:
        address = address.replace("troth@", "nobody:hunter2@")
    found = shop(address).find(token(), "omono", subject())
    assert isinstance(found, NotAnswered)
    assert not any(word in found.why for word in ("hunter2", "127.0.0.1", "nobody", "psycopg", "FATAL", WHO))


def test_a_server_that_is_killed_while_it_erases_has_erased_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says that it has not answered; asked again, it goes on."""
    with server() as made:
        place, real = shop(made.address("chinook"), law=""), sql.SqlPlace._erase_rows

        def struck(*words: Any) -> dict[str, int]:
            real(*words)
            made.process.send_signal(signal.SIGQUIT)
            made.process.wait()
            return {"deleted": 8}

        monkeypatch.setattr(sql.SqlPlace, "_erase_rows", struck)
        assert place.erase(token(), "omono", subject()).state == "not answered"
        monkeypatch.setattr(sql.SqlPlace, "_erase_rows", real)
        assert place.erase(token(), "omono", subject()).state == "not answered"
        made.start()
        assert run(made.address("chinook"), f"""SELECT count(*) FROM "Customer" WHERE "Email" = '{WHO}'""") == [(1,)]
        assert place.erase(token(), "omono", subject()).state == "erased"


def test_a_missing_driver_is_named_and_is_no_traceback(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    found = shop(postgres.address("chinook")).find(token(), "omono", subject())
    assert found == NotAnswered("shop", "The driver of its database is not installed.")


def test_its_schema_becomes_a_draft(postgres: Server, capsys: pytest.CaptureFixture[str]) -> None:
    address = postgres.copy()
    run(address, "CREATE TABLE odd (id uuid PRIMARY KEY, email text NOT NULL, here point, mark xml, ip inet)")
    schema = reflecting.describe(address, samples=True)
    assert {"Customer", "Invoice", "odd"} <= {one.name for one in schema.tables}
    assert cli.main(["init", "--from-database", address]) == 0
    draft = capsys.readouterr()
    assert "invoice.total: invoice" in draft.out and "odd.ip: IP address" in draft.out
    assert "Warning" not in draft.err
