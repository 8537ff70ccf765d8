"""Databases as other people leave them: odd letters, shared rows, columns that take no blank, dates that are none."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from troth.places import sql
from troth.places.kinds import PARTLY, UNNAMED, Found, NotAnswered, Subject
from troth.places.opening import Pass, mint
from troth.places.sql import NOT_YOURS, SqlPlace
from troth.policy.plan import End, Field, Moment, Place, Rule, Span, Table

ADA, BO = "ada@quill.example", "bo@larch.example"
NAMES = {"crm.email": "email address", "crm.other": "email address", "crm.name": "name", "crm.seen": "date"}


class Told(msgspec.Struct):
    fields: dict[str, Field]
    rules: dict[str, Rule]
    places: dict[str, Place]
    moments: dict[str, Moment]
    zone: str = "Europe/London"


def plan(table: Table, *, law: str = "") -> Any:
    year = End(span=Span(count=1, unit="years"), after="paid")
    rule = Rule(
        name="crm.*", text="1 year after paid", fields=frozenset(), ends=(year,), least=year if law else None, law=law
    )
    fields = {
        name: Field(
            name=name,
            kind=kind,
            label=kind,
            form="clear",
            rule="crm.*",
            identifies="person" if kind == "email address" else "",
        )
        for name, kind in NAMES.items()
    }
    place = Place(name="crm", kind="sql", holds=frozenset(), countries=("GB",), secret="crm", tables=(table,))
    moments = {"paid": Moment(name="paid", known_from="crm.deal.paid")}
    return Told(fields=fields, rules={"crm.*": rule}, places={"crm": place}, moments=moments)


DEAL = Table(
    name="deal",
    person_by="email",
    columns=(("email", "crm.email"), ("other", "crm.other"), ("name", "crm.name"), ("seen", "crm.seen")),
)
CREATE = (
    "CREATE TABLE deal(id INTEGER PRIMARY KEY, email VARCHAR NOT NULL UNIQUE, other VARCHAR, name VARCHAR,"
    " seen DATETIME NOT NULL, paid DATETIME)"
)


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path: Path) -> None:
    settings.DATA, settings.KEY_FILE = tmp_path / "data", tmp_path / "none.key"


def crm(folder: Path, *deals: tuple[str, str, str, str, str | None], create: str = CREATE, law: str = "") -> SqlPlace:
    db = sqlite3.connect(folder / "crm.sqlite")
    db.execute(create)
    db.executemany("INSERT INTO deal(email, other, name, seen, paid) VALUES (?, ?, ?, ?, ?)", deals)
    db.commit()
    db.close()
    return SqlPlace(plan(DEAL, law=law), "crm", f"sqlite:///{folder / 'crm.sqlite'}")


def look(folder: Path, statement: str) -> list[Any]:
    db = sqlite3.connect(folder / "crm.sqlite")
    found = db.execute(statement).fetchall()
    db.close()
    return found


def token(*persons: int) -> Pass:
    return mint(
        client="larch",
        edition=1,
        kind="answer",
        use="erase",
        recipient="",
        fields=frozenset(NAMES),
        persons=frozenset(persons),
    )


def who(value: str = ADA) -> Subject:
    return Subject(person=1, persons=frozenset({1}), identities=(("crm.email", value),))


def find(place: SqlPlace, value: str = ADA) -> set[str]:
    found = place.find(token(1), "larch", who(value))
    assert isinstance(found, Found), found
    return {item.value for item in found.items}


def test_what_nobody_could_be_asked_for_is_not_called_seen_to_be_empty(tmp_path: Path) -> None:
    """They showed a number, and this database knows people by their addresses."""
    place = crm(tmp_path, (ADA, "", "Ada", "2026-01-01 00:00:00", None))
    place.plan.fields["crm.phone"] = msgspec.structs.replace(place.plan.fields["crm.name"], kind="phone number")
    number = Subject(person=1, persons=frozenset({1}), identities=(("crm.phone", "0117 496 0000"),))
    said = place.erase(token(1), "larch", number)
    assert (said.state, said.how, said.why) == ("nothing held", "", UNNAMED)
    asked = [place.find(token(1), "larch", one) for one in (number, who())]
    assert [one.why for one in asked if isinstance(one, Found)] == [UNNAMED, ""] and find(place)
    (tmp_path / "crm.sqlite").unlink()
    assert isinstance(place.find(token(1), "larch", who()), NotAnswered)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("INTEGER NOT NULL", "Ada Lovelace"),
        ("REAL NOT NULL", "Ada"),
        ("INTEGER NOT NULL UNIQUE", "Ada"),
        ("VARCHAR", "erased by mistake: Ada"),
        ("VARCHAR(8) NOT NULL", "~adaly"),
    ],
)
def test_what_somebody_says_is_not_taken_for_what_stands_where_a_value_was(
    kind: str, said: str, tmp_path: Path
) -> None:
    """SQLite takes words in a column of numbers, and people write as we do."""
    place = crm(tmp_path, (ADA, "", said, OLD, OLD), create=CREATE.replace("name VARCHAR", f"name {kind}"))
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as db, db:
        db.execute("CREATE UNIQUE INDEX one ON deal(name)")
    asked = [(who(), frozenset({"crm.name"}))]
    assert place.standing(asked) == {1: frozenset({"crm.name"})}
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as db, db:
        db.execute("CREATE TABLE visit (id INTEGER PRIMARY KEY, deal INTEGER NOT NULL REFERENCES deal(id))")
        db.execute("INSERT INTO visit (deal) SELECT id FROM deal")
    assert place.erase(token(1), "larch", who()).state == "erased"
    assert said not in str(look(tmp_path, "SELECT * FROM deal"))


@pytest.mark.parametrize("stored", ["ADA@Quill.example", " ada@quill.example ", "ａda@quill.example"])
def test_an_address_is_found_however_it_was_typed_there(stored: str, tmp_path: Path) -> None:
    assert "Ada" in find(crm(tmp_path, (stored, "", "Ada", "2026-01-01 00:00:00", None)))


def test_an_address_with_capitals_beyond_ascii_is_found(tmp_path: Path) -> None:
    place = crm(tmp_path, ("ÉMILIE@quill.example", "", "Émilie", "2026-01-01 00:00:00", None))
    assert "Émilie" in find(place, "émilie@quill.example")


def test_t31_the_address_of_who_shares_a_row_is_not_shown(tmp_path: Path) -> None:
    place = crm(tmp_path, (ADA, BO, "Ada", "2026-01-01 00:00:00", None))
    found = place.find(token(1), "larch", who())
    assert isinstance(found, Found)
    assert {item.field: item.value for item in found.items}["crm.other"] == NOT_YOURS
    assert BO not in str(found) and ADA in str(found)
    assert not next(item for item in found.items if item.field == "crm.other").id, "nor can it be corrected"


def test_columns_that_take_no_blank_and_no_twin_are_emptied_all_the_same(tmp_path: Path) -> None:
    more = CREATE + "; CREATE TABLE line(id INTEGER PRIMARY KEY, deal INTEGER REFERENCES deal(id))"
    db = sqlite3.connect(tmp_path / "crm.sqlite")
    db.executescript(more)
    for number, email in enumerate((ADA, BO), 1):
        deal = (number, email, None, "Name", "2026-01-01 00:00:00")
        db.execute("INSERT INTO deal(id, email, other, name, seen) VALUES (?, ?, ?, ?, ?)", deal)
        db.execute("INSERT INTO line(deal) VALUES (?)", (number,))
    db.commit()
    db.close()
    place = SqlPlace(plan(DEAL), "crm", f"sqlite:///{tmp_path / 'crm.sqlite'}")
    for email in (ADA, BO):
        assert place.erase(token(1), "larch", who(email)).state == "erased"
    left = str(look(tmp_path, "SELECT email, name, seen FROM deal"))
    assert ADA not in left and BO not in left and "Name" not in left and "2026" not in left


def test_a_date_that_is_none_is_not_an_answer_and_no_traceback(tmp_path: Path) -> None:
    place = crm(tmp_path, (ADA, "", "Ada", "the day before yesterday", None))
    assert isinstance(place.find(token(1), "larch", who()), NotAnswered)


def test_a_table_without_a_key_stops_no_other_place(tmp_path: Path) -> None:
    place = crm(tmp_path, create=CREATE.replace("id INTEGER PRIMARY KEY, ", ""))
    receipt = place.erase(token(1), "larch", who())
    assert (receipt.state, receipt.why) == ("not answered", "The table “deal” has no primary key.")


def test_more_than_is_read_at_once_is_not_cut_off_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "LIMIT", 3)
    create = CREATE.replace(" UNIQUE", "")
    place = crm(tmp_path, *[(ADA, "", f"Ada {n}", "2026-01-01 00:00:00", None) for n in range(4)], create=create)
    answer = place.find(token(1), "larch", who())
    assert isinstance(answer, NotAnswered) and "more than" in answer.why


def test_a_change_that_the_database_undoes_is_not_called_changed(tmp_path: Path) -> None:
    place = crm(tmp_path, (ADA, "", "Ada", "2026-01-01 00:00:00", None))
    db = sqlite3.connect(tmp_path / "crm.sqlite")
    db.execute("CREATE TRIGGER no AFTER UPDATE ON deal BEGIN UPDATE deal SET name = 'Ada' WHERE id = new.id; END")
    db.close()
    assert place.change(token(1), "larch", who(), "crm.name", "Ada", "Bea").state == "not answered"


NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
OLD, YOUNG = "2025-05-01 00:00:00", "2025-07-01 00:00:00"


@pytest.mark.parametrize("law", ["", "Companies Act 2006 s388"])
def test_rows_go_when_the_date_in_them_says_so_and_not_before(law: str, tmp_path: Path) -> None:
    deals = [(ADA, "", "Ada", OLD, OLD), (BO, "", "Bo", OLD, YOUNG), ("c@x.example", "", "Cy", OLD, None)]
    place = crm(tmp_path, *deals, law=law)
    due = place.due(NOW, [])
    assert not isinstance(due, NotAnswered) and (due.counts, due.rows, due.of) == ({"crm.*": 1}, 1, 3)
    assert len(look(tmp_path, "SELECT * FROM deal")) == 3, "looking deletes nothing"
    done = place.sweep(token(), "larch", NOW, [])
    assert not isinstance(done, NotAnswered) and done.rows == 1
    assert look(tmp_path, "SELECT name FROM deal ORDER BY id") == [("Bo",), ("Cy",)]
    assert place.due(NOW, []) == sql.Due(counts={}, rows=0, of=2)


@pytest.mark.parametrize("kind", ["TEXT", "", "VARCHAR(30)"])
@pytest.mark.parametrize("old", [OLD, OLD[:10], OLD.replace(" ", "T") + "Z"])
def test_a_date_that_stands_as_text_is_a_date(kind: str, old: str, tmp_path: Path) -> None:
    """Most files of SQLite keep dates as text: what is not read there would never be due, and nobody would be told."""
    deals = [(ADA, "", "Ada", OLD, old), (BO, "", "Bo", OLD, YOUNG), ("c@x.example", "", "Cy", OLD, "")]
    place = crm(tmp_path, *deals, create=CREATE.replace("paid DATETIME", f"paid {kind}"))
    done = place.sweep(token(), "larch", NOW, [])
    assert not isinstance(done, NotAnswered) and (done.rows, done.of) == (1, 3)
    assert look(tmp_path, "SELECT name FROM deal ORDER BY id") == [("Bo",), ("Cy",)]


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("Europe/London", "2026-05-01T23:00:00"),
        ("Pacific/Auckland", "2026-05-01T12:00:00"),
        ("America/New_York", "2026-05-02T04:00:00"),
    ],
)
def test_a_day_alone_counts_to_its_end_on_the_clocks_of_the_policy(zone: str, end: str, tmp_path: Path) -> None:
    place = crm(tmp_path, (ADA, "", "Ada", OLD, OLD[:10]), create=CREATE.replace("paid DATETIME", "paid TEXT"))
    place.plan.zone = zone  # type: ignore[misc]
    over = dt.datetime.fromisoformat(end).replace(tzinfo=dt.UTC)
    before, after = place.due(over - dt.timedelta(seconds=1), []), place.due(over, [])
    assert not isinstance(before, NotAnswered) and not isinstance(after, NotAnswered)
    assert (before.rows, after.rows) == (0, 1)


@pytest.mark.parametrize("zone", ["Europe/London", "Pacific/Auckland", "America/New_York"])
@pytest.mark.parametrize("never", ["9999-12-31", "9999-12-31 23:59:59"])
def test_the_last_day_of_all_is_never_due_and_keeps_no_other_row(never: str, zone: str, tmp_path: Path) -> None:
    """As some databases write that something has no end."""
    deals = [(ADA, "", "Ada", OLD, never), (BO, "", "Bo", OLD, OLD)]
    place = crm(tmp_path, *deals, create=CREATE.replace("paid DATETIME", "paid TEXT"))
    place.plan.zone = zone  # type: ignore[misc]
    found = place.find(token(1), "larch", who())
    assert isinstance(found, Found) and {item.when for item in found.items} == {None}
    done = place.sweep(token(), "larch", NOW, [])
    assert not isinstance(done, NotAnswered) and (done.rows, done.of) == (1, 2)
    assert look(tmp_path, "SELECT name FROM deal") == [("Ada",)]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_the_first_day_of_all_says_that_it_has_not_been(zone: str, tmp_path: Path) -> None:
    """Many programs write it where they have no day: nobody's data goes by it."""
    place = crm(
        tmp_path, (ADA, "", "Ada", OLD, "0001-01-01 00:00:00"), create=CREATE.replace("paid DATETIME", "paid TEXT")
    )
    place.plan.zone = zone  # type: ignore[misc]
    due = place.due(NOW, [])
    assert not isinstance(due, NotAnswered) and due.rows == 0


def no(folder: Path, kind: str, said: Any) -> SqlPlace:
    """What somebody said reads as what we write where a value was: no, nought, the first of all days."""
    place = crm(folder, (ADA, "Bo", said, OLD, OLD), create=CREATE.replace("name VARCHAR", f"name {kind} NOT NULL"))
    deal = Table(name="deal", person_by="email", columns=(("other", "crm.other"), ("name", "crm.name")))
    place.place = msgspec.structs.replace(place.place, tables=(deal,))
    return place


NOES = [("BOOLEAN", 0), ("INTEGER", 0), ("DATE", "1970-01-01")]


@pytest.mark.parametrize(("kind", "said"), NOES)
def test_a_no_that_is_past_its_period_goes_with_its_row(kind: str, said: Any, tmp_path: Path) -> None:
    place = no(tmp_path, kind, said)
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as db, db:
        db.execute("UPDATE deal SET other = NULL")
    past = place.past(NOW, [])
    assert not isinstance(past, NotAnswered) and past["crm.*"].late == 1
    done = place.sweep(token(), "larch", NOW, [])
    assert not isinstance(done, NotAnswered) and (done.rows, done.stuck) == (1, "")
    assert look(tmp_path, "SELECT * FROM deal") == []


def test_a_no_whose_row_must_stand_is_what_we_would_write_there_and_nobody_is_kept_busy(tmp_path: Path) -> None:
    place = no(tmp_path, "BOOLEAN", 0)
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as db, db:
        db.execute("CREATE TABLE visit (id INTEGER PRIMARY KEY, deal INTEGER NOT NULL REFERENCES deal(id))")
        db.execute("INSERT INTO visit (deal) SELECT id FROM deal")
    for rows in (1, 0):
        done = place.sweep(token(), "larch", NOW, [])
        assert not isinstance(done, NotAnswered) and (done.rows, done.stuck) == (rows, "")
    assert look(tmp_path, "SELECT other, name FROM deal") == [(None, 0)]


@pytest.mark.parametrize("why", ["a longer period", "a hold"])
@pytest.mark.parametrize(("kind", "said"), NOES)
def test_a_no_that_must_stay_does_not_go_with_the_rest_of_its_row(
    kind: str, said: Any, why: str, tmp_path: Path
) -> None:
    place, held = no(tmp_path, kind, said), [(who(), frozenset({"crm.name"}))] if why == "a hold" else []
    if why == "a longer period":
        ends = (End(span=Span(count=90, unit="years"), after="paid"),)
        place.plan.rules["long"] = msgspec.structs.replace(place.plan.rules["crm.*"], name="long", ends=ends)
        place.plan.fields["crm.name"] = msgspec.structs.replace(place.plan.fields["crm.name"], rule="long")
    done = place.sweep(token(), "larch", NOW, held)
    assert not isinstance(done, NotAnswered) and (done.rows, done.stuck) == (1, "")
    assert look(tmp_path, "SELECT other, name FROM deal") == [(None, said)]


@pytest.mark.parametrize("paid", ["last spring", 1577836800, 2458849.5])
def test_what_nobody_can_read_as_a_date_is_not_called_young(paid: Any, tmp_path: Path) -> None:
    deals = [(ADA, "", "Ada", OLD, paid), (BO, "", "Bo", OLD, OLD)]
    place = crm(tmp_path, *deals, create=CREATE.replace("paid DATETIME", "paid"))
    for answer in (place.due(NOW, []), place.sweep(token(), "larch", NOW, [])):
        assert isinstance(answer, NotAnswered) and answer.why.startswith("Its column “deal.paid” holds what")
    assert len(look(tmp_path, "SELECT * FROM deal")) == 2


KEYED = CREATE.replace("id INTEGER PRIMARY KEY, email VARCHAR NOT NULL UNIQUE", "email VARCHAR PRIMARY KEY")


def test_a_row_that_is_known_by_its_address_alone_goes_when_it_is_due(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "crm.sqlite")
    db.executescript(f"{KEYED.replace(', seen DATETIME NOT NULL', ', seen DATETIME')};"
                     f"INSERT INTO deal(email, paid) VALUES ('{ADA}', '{OLD}'), ('{BO}', '{YOUNG}')")  # fmt: skip
    db.close()
    place = SqlPlace(plan(DEAL), "crm", f"sqlite:///{tmp_path / 'crm.sqlite'}")
    assert place.sweep(token(), "larch", NOW, []) == sql.Due(counts={"crm.*": 1}, rows=1, of=2)
    assert look(tmp_path, "SELECT email FROM deal") == [(BO,)]


def test_an_address_that_is_the_key_of_a_needed_row_is_not_called_erased(tmp_path: Path) -> None:
    place = crm(tmp_path, (ADA, "", "Ada", OLD, OLD), create=KEYED)
    db = sqlite3.connect(tmp_path / "crm.sqlite")
    db.executescript("CREATE TABLE line(id INTEGER PRIMARY KEY, deal REFERENCES deal(email));"
                     f"INSERT INTO line(deal) VALUES ('{ADA}')")  # fmt: skip
    db.close()
    receipt = place.erase(token(1), "larch", who())
    assert (receipt.state, receipt.why) == ("not answered", "deal.email is still there.")
    assert place.due(NOW, []) == sql.Due(counts={}, rows=0, of=1, stuck="deal.email"), "due each night, and told"


def test_what_their_database_keeps_all_the_same_is_not_called_swept(tmp_path: Path) -> None:
    place = crm(tmp_path, (ADA, "", "Ada", OLD, OLD), (BO, "", "Bo", OLD, OLD))
    db = sqlite3.connect(tmp_path / "crm.sqlite")
    db.execute("CREATE TRIGGER no BEFORE DELETE ON deal WHEN old.id = 1 BEGIN SELECT RAISE(IGNORE); END")
    db.close()
    assert place.sweep(token(), "larch", NOW, []) == sql.Due(counts={"crm.*": 2}, rows=1, of=2, stuck="deal")


def falls_silent_after_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = SqlPlace._connect, []

    def once(place: SqlPlace) -> Any:
        asked.append(place)
        if len(asked) > 1:
            raise OSError("It is locked.")
        return real(place)

    monkeypatch.setattr(SqlPlace, "_connect", once)


def test_what_went_is_told_though_the_place_fell_silent_before_it_was_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = crm(tmp_path, (ADA, "", "Ada", OLD, OLD), (BO, "", "Bo", OLD, YOUNG))
    with monkeypatch.context() as silent:
        falls_silent_after_one_answer(silent)
        done = place.sweep(token(), "larch", NOW, [])
    assert look(tmp_path, "SELECT name FROM deal") == [("Bo",)], "their database let it go"
    assert done == sql.Due(counts={"crm.*": 1}, rows=1, of=2, stuck="It is locked.")
    with monkeypatch.context() as silent:
        falls_silent_after_one_answer(silent)
        receipt = place.erase(token(1), "larch", who(BO))
    assert look(tmp_path, "SELECT name FROM deal") == []
    assert (receipt.state, receipt.why, receipt.counts["deleted"]) == ("not answered", "It is locked.", 1)


def test_an_address_is_found_in_whatever_kind_of_value_sqlite_took_it_in(tmp_path: Path) -> None:
    place = crm(tmp_path, (ADA.encode(), "", "Ada", OLD, None))  # type: ignore[arg-type]
    assert "Ada" in find(place)
    assert place.erase(token(1), "larch", who()).state == "erased"
    assert look(tmp_path, "SELECT * FROM deal") == []


def test_a_hold_is_gone_around_outside_too(tmp_path: Path) -> None:
    place = crm(tmp_path, (ADA, "", "Ada", OLD, OLD))
    held = [(who(), frozenset({"crm.name"}))]
    place.sweep(token(), "larch", NOW, held)
    assert look(tmp_path, "SELECT name FROM deal") == [("Ada",)]
    assert ADA not in str(look(tmp_path, "SELECT email FROM deal"))


def test_a_place_that_is_away_is_silent_and_not_swept(tmp_path: Path) -> None:
    place = crm(tmp_path, (ADA, "", "Ada", OLD, OLD))
    (tmp_path / "crm.sqlite").unlink()
    assert isinstance(place.due(NOW, []), NotAnswered)
    assert isinstance(place.sweep(token(), "larch", NOW, []), NotAnswered)


@pytest.mark.parametrize(
    ("kind", "stood", "new", "reads"),
    [
        ("DATE", "1980-02-03", "1981-02-03", "1981-02-03"),
        ("DATETIME", "1980-02-03 04:05:06", "1981-02-03 04:05", "1981-02-03 04:05:00"),
        ("NUMERIC(10,2)", "1.50", "2", "2.00"),
        ("INTEGER", "7", "8", "8"),
        ("BOOLEAN", "True", "False", "False"),
        ("TIME", "10:00:00", "11:00", "11:00:00"),
    ],
)
def test_a_value_of_any_kind_is_put_right_and_one_of_another_kind_changes_nothing(
    tmp_path: Path, kind: str, stood: str, new: str, reads: str
) -> None:
    """UK GDPR Art 16; what is no date would stop the place for everybody if it were written."""
    place = crm(tmp_path, (ADA, "", "Ada", "2026-01-01 00:00:00", None))
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as db, db:
        db.execute(f"CREATE TABLE said (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name {kind})")
        db.execute("INSERT INTO said (email, name) VALUES (?, ?)", (ADA, 1 if kind == "BOOLEAN" else stood))
    columns = (("email", "crm.email"), ("name", "crm.name"))
    said = Table(name="said", person_by="email", columns=columns)
    place.place = msgspec.structs.replace(place.place, tables=(said,))
    wrong = place.change(token(1), "larch", who(), "crm.name", stood, "in spring")
    assert (wrong.state, wrong.why) == ("not answered", "It does not take that value.")
    assert place.change(token(1), "larch", who(), "crm.name", stood, new).state == "changed"
    found = place.find(token(1), "larch", who())
    assert isinstance(found, Found) and reads in {one.value for one in found.items}


def test_a_table_that_knows_people_by_what_nobody_showed_is_not_called_asked(tmp_path: Path) -> None:
    """The other tables of the same database were; what stands in that one was not looked for."""
    place = crm(tmp_path, (ADA, "", "Ada", OLD, None))
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as db, db:
        db.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        db.execute("INSERT INTO said (name) VALUES ('Ada')")
    by_name = Table(name="said", person_by="name", columns=(("name", "crm.name"),))
    place.place = msgspec.structs.replace(place.place, tables=(*place.place.tables, by_name))
    found = place.find(token(1), "larch", who())
    assert isinstance(found, Found) and (found.why, found.unasked) == (PARTLY, {"crm.name"})
    for state in ("erased", "nothing held"):
        receipt = place.erase(token(1), "larch", who())
        assert (receipt.state, receipt.how, receipt.why) == (state, "read back by us", PARTLY)
    assert look(tmp_path, "SELECT count(*) FROM said") == [(1,)]
