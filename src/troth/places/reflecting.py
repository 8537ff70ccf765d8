"""Somebody's database described by its own schema: tables, columns, keys and, when asked for, a few values.

Nothing is written there. The address stays here: it can hold a password, so no error and no description repeats it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from troth.places.sql import _allowed, _engine, _schema
from troth.policy.drafting.from_database import Column, Key, Schema
from troth.policy.drafting.from_database import Table as Described
from troth.policy.problems import Trouble

MANY: Final = 500  # tables: what has more is described in parts
FEW: Final = 20  # rows looked at for samples
_ADDRESSES: Final = "Write it as sqlite:///FILE or postgresql://USER@HOST/DATABASE; other databases are not read."
_DRIVERS: Final = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary"}  # what is installed, by its name inside
_LONG: Final = 200  # characters of a sample


def describe(text: str, *, samples: bool = False) -> Schema:
    """What stands in the schema at an address. ``Trouble`` *place-refused* or *no-schema*, without the address."""
    try:
        url = _allowed(text)
    except Trouble as refused:  # nobody listed this place: whoever typed the address mends it
        raise Trouble(refused.code, refused.sentence, _ADDRESSES) from None
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        raise _unread("There is no such file")
    engine = None
    try:
        engine = _engine(url)
        with engine.connect() as connection:
            meta = _schema(connection, follow=False)
            if len(meta.tables) > MANY:
                raise Trouble("no-schema", f"It has {len(meta.tables)} tables.", f"Describe {MANY} or fewer at a time.")
            tables = [_described(connection, table, samples) for table in meta.tables.values()]
    except ModuleNotFoundError as error:
        raise _driverless(error.name or "") from None
    except (SQLAlchemyError, OSError, ValueError, TypeError, ImportError) as error:
        raise _unread(type(error).__name__) from None
    finally:
        if engine is not None:
            engine.dispose()
    return Schema(_called(url), tuple(tables))


def _driverless(name: str) -> Trouble:
    package = _DRIVERS.get(name, name)
    said = f"The driver of this database, {name}, is not installed."
    return Trouble("no-schema", said, f"Install it beside troth: pip install “{package}”. Then run the command again.")


def _unread(what: str) -> Trouble:
    return Trouble(
        "no-schema", f"The schema of this database could not be read ({what}).",
        "See that the address, the name and the password are right, and that the driver is installed.",
    )  # fmt: skip


def _called(url: URL) -> str:
    return Path(str(url.database or "database")).stem


def _described(connection: Any, table: Table, samples: bool) -> Described:
    taken = _samples(connection, table) if samples else {}
    return Described(
        name=str(table.name),
        columns=tuple(Column(str(one.name), _type(one), taken.get(one.name, ())) for one in table.columns),
        primary=tuple(str(one.name) for one in table.primary_key.columns),
        keys=tuple(_keys(table)),
    )


def _type(column: Any) -> str:
    try:
        return str(column.type)
    except (SQLAlchemyError, NotImplementedError):  # a type that only its own database can spell
        return type(column.type).__name__


def _keys(table: Table) -> list[Key]:
    found = []
    for constraint in table.foreign_key_constraints:
        if len(constraint.elements) == 1:
            (element,) = constraint.elements
            other, _, column = element.target_fullname.rpartition(".")
            found.append(Key(str(element.parent.name), str(other.rpartition(".")[2]), str(column)))
    return sorted(found, key=lambda key: key.column)


def _samples(connection: Any, table: Table) -> dict[str, tuple[str, ...]]:
    rows = connection.execute(select(table).limit(FEW)).mappings().all()
    return {
        one.name: tuple(
            row[one.name][:_LONG] for row in rows if isinstance(row[one.name], str) and row[one.name].strip()
        )
        for one in table.columns
    }
