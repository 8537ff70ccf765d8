"""Names of tables and columns as weapons: what the schema does not have is never sent, neither as text nor bound."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from tests.places.test_sql import CUSTOMER, SAMPLE, plan, subject, token

from troth.places.kinds import NotAnswered
from troth.places.sql import SqlPlace
from troth.policy.plan import Table

NAMES = [
    'Email"; DROP TABLE Customer; --', "Email'; DROP TABLE Customer; --", 'Email" OR "1"="1', "Email) OR (1=1",
    "Email; ATTACH '/tmp/x' AS x", "Email/**/", "Email --", "Email\x00", "Email\n", "Email\t", " Email", "Email ",
    "Еmail", "Emаil", "Ｅmail", "Em\u00adail", "Em\u200bail", "Emaıl", "EMAIL\u0301", "lower(Email)", "count(*)", "*",
    "?", ":email", "%s", "$1", "@x", "rowid", "oid", "_rowid_", "sqlite_master", "main.Customer", "Customer.Email",
    "temp.x", '"Email"', "[Email]", "`Email`", "Email AS x", "Email COLLATE NOCASE", "(SELECT 1)", "random()",
    "load_extension('x')",
]  # fmt: skip
WAYS = {
    "a column": lambda name: Table(name="Customer", person_by="Email", columns=((name, "account.email"),)),
    "the person's column": lambda name: Table(name="Customer", person_by=name, columns=(("Email", "account.email"),)),
    "a table": lambda name: Table(name=name, person_by="Email", columns=(("Email", "account.email"),)),
    "the other table": lambda name: Table(name="Invoice", person_by=f"{name}.Email via CustomerId", columns=()),
    "the joining column": lambda name: Table(name="Invoice", person_by=f"Customer.Email via {name}", columns=()),
}


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    settings.DATA, settings.KEY_FILE = tmp_path / "data", tmp_path / "none.key"
    return Path(shutil.copy(SAMPLE, tmp_path / "shop.sqlite"))


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """Every statement that is sent to any place, with its values."""
    seen: list[str] = []

    def look(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        seen.append(f"{statement} {values}")

    event.listen(Engine, "before_cursor_execute", look)
    yield seen
    event.remove(Engine, "before_cursor_execute", look)


@pytest.mark.parametrize("way", WAYS)
def test_t48_a_name_that_the_schema_does_not_have_is_in_no_statement(file: Path, sent: list[str], way: str) -> None:
    before = _all(file)
    SqlPlace(plan(CUSTOMER), "shop", f"sqlite:///{file}").look()
    schema = set(sent)  # what is asked to learn the schema, and nothing else, may be sent
    for name in NAMES:
        place = SqlPlace(plan(WAYS[way](name)), "shop", f"sqlite:///{file}")
        assert isinstance(place.find(token(), "omono", subject()), NotAnswered), name
        assert place.erase(token(), "omono", subject()).state == "not answered", name
        assert place.change(token(), "omono", subject(), "account.email", "x", "y").state == "not answered", name
        assert isinstance(place.look(), NotAnswered), name
        assert set(sent) == schema, name
    assert _all(file) == before


def test_t48_a_value_is_bound_whatever_it_says(file: Path, sent: list[str]) -> None:
    place = SqlPlace(plan(CUSTOMER), "shop", f"sqlite:///{file}")
    for value in ("x' OR '1'='1", 'x"; DROP TABLE Customer; --', "%", "_", "x\x00y"):
        found = place.find(token(), "omono", subject(value))
        assert not isinstance(found, NotAnswered) and found.items == []
    statements = [one.partition(" (")[0] for one in sent if "troth_fold" in one]
    assert statements and not [one for one in statements if "DROP" in one or "OR '1'" in one]
    assert len(_all(file)) == 59


def _all(file: Path) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(file)
    try:
        return db.execute("SELECT * FROM Customer ORDER BY 1").fetchall()
    finally:
        db.close()
