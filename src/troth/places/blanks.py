"""What stands in a column of somebody else's database where a value was, and how a value there is read and written.

PostgreSQL holds kinds of value that no type of Python is: there each is read, compared and written as its own text.
SQLite takes any value in any column, and is read as its schema says.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
import secrets
import uuid
from typing import Any, Final

from sqlalchemy import Column, Connection, Enum, Float, Text, UniqueConstraint, cast, func, literal, type_coerce
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement, TextClause
from sqlalchemy.types import JSON, NullType, TypeEngine

GONE: Final = "erased "  # and a random name: where a column must hold something that no other row holds
SHORT: Final = "~"  # the same in a column that is too narrow for the word
NARROW: Final = 12  # characters that the word needs, with some of a name
NOBODY: Final = "e7a5ed00-0000-8000-8"  # and random digits: an identifier that nobody draws (RFC 9562, version 8)
FAR: Final = {"SMALLINT": (-(2**15), -30_000), "INTEGER": (-(2**31), -2_140_000_000)}  # numbers that nobody is given
FARTHEST: Final = (-(2**63), -9_200_000_000_000_000_000)
EMPTY: Final[dict[type, Any]] = {
    str: "",
    bytes: b"",
    int: 0,
    float: 0.0,
    bool: False,
    decimal.Decimal: decimal.Decimal(0),
    dt.datetime: dt.datetime(1970, 1, 1),  # noqa: DTZ001 (somebody else's column, which knows no zone)
    dt.date: dt.date(1970, 1, 1),
    dt.time: dt.time(0),
}
WRITTEN: Final = {  # the emptiest value of kinds that PostgreSQL alone has
    "ARRAY": "{}",
    "BYTEA": "\\x",
    "CIDR": "::/128",
    "INET": "::",
    "INTERVAL": "00:00:00",
    "MACADDR": "00:00:00:00:00:00",
    "MACADDR8": "00:00:00:00:00:00:00:00",
    "MONEY": "0",
    "UUID": str(uuid.UUID(int=0)),
}
_NOUGHT: Final = re.compile(r"-?0+(\.0+)?")  # SQLite takes words in a column of numbers, and they are somebody's
_NO_MONEY: Final = re.compile(r"\D*0[0.,]*\D*")  # $0.00
_GONE: Final = re.compile(rf"{GONE}[0-9a-f]{{5,16}}")  # and no more: a person may write of “erased tapes”


def read(connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
    """The column as it is asked for."""
    if not _is_postgresql(connection):
        return column
    said = func.format("%s", column) if isinstance(column.type, postgresql.INET) else cast(column, Text)
    return said.label(column.name)  # a cast writes the width of a network behind an address that has none


def moment(connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
    """A column of dates as it is asked for: those of PostgreSQL reach further than any of Python, to ``infinity``."""
    far = _is_postgresql(connection) and _kind(column) in (dt.date, dt.datetime)
    return cast(column, Text) if far else column


def key(column: Column[Any], value: Any) -> Any:
    """A key as it is looked for: 0.1 in four bytes is another number than in eight."""
    return _as_it_is(str(value)) if isinstance(_type(column), Float) else value


def text(value: object) -> str:
    """A value as a person reads it. SQLite takes any kind of value in any column, bytes in one of text, too."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def written(connection: Connection, column: Column[Any], value: str) -> Any:
    """A value that a person reads, as the column takes it. ``ValueError``: it is none of its kind."""
    if _is_postgresql(connection):
        return _as_it_is(value)
    kind = _kind(column)
    if kind in (int, float, decimal.Decimal):
        return kind(value) if kind is not decimal.Decimal else _number(value)
    if kind in (dt.datetime, dt.date, dt.time):
        return kind.fromisoformat(value)
    if kind is bool:
        return {"True": True, "False": False}[value]
    return value


def stands(connection: Connection, column: Column[Any], said: str | None, old: str, new: str) -> bool:
    """Whether ``said``, which stands there now, is what was written. A database writes a date in its own way."""
    if said is None or said == old != new:
        return False
    if _is_postgresql(connection):
        return _kind(column) is not str or said.rstrip() == new.rstrip()
    return bool(written(connection, column, said) == written(connection, column, new))


def empty(connection: Connection, column: Column[Any]) -> Any:
    """What stands where a value was: nothing, or the emptiest value that the column accepts."""
    if column.nullable:
        return None
    if not _is_postgresql(connection):
        return _alone(column) if _is_unique(column) else EMPTY.get(_kind(column), "")
    return _as_it_is(str(_alone(column) if _is_unique(column) else _emptiest(column)))


def is_empty(column: Column[Any], value: Any) -> bool:
    """Whether nothing of anybody stands in it: ``value`` as ``read`` gave it."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    if column.nullable:
        return _is_alone(column, value)
    if not isinstance(value, str):
        return _is_alone(column, value) or value == EMPTY.get(_kind(column), "")
    return _is_alone(column, value) or _says_nothing(column, value)


def is_sure(column: Column[Any], value: Any) -> bool:
    """Whether what ``is_empty`` calls empty is nobody's: 0, false and the first word of a list may be what one said."""
    return value is None or not text(value).strip() or _is_alone(column, value)


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _as_it_is(value: str) -> Any:
    """Words whose kind the database finds out from where they go."""
    return type_coerce(literal(value), NullType())


def _number(value: str) -> decimal.Decimal:
    try:
        return decimal.Decimal(value)
    except decimal.InvalidOperation:
        raise ValueError(value) from None


def _type(column: Column[Any]) -> TypeEngine[Any]:
    kind = column.type
    while isinstance(kind, postgresql.DOMAIN):  # what a domain is made of
        kind = kind.data_type
    return kind


def _kind(column: Column[Any]) -> Any:
    try:
        return _type(column).python_type
    except NotImplementedError:
        return str


def _name(kind: TypeEngine[Any]) -> str:
    return str(getattr(kind, "__visit_name__", "")).upper()


# Where nothing else may be the same ---------------------------------------------------------------------------------


def _is_unique(column: Column[Any]) -> bool:
    table = column.table
    marks = [*(one.columns for one in table.indexes if one.unique)]
    marks += [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    words = [
        str(said) for one in table.indexes if one.unique for said in one.expressions if isinstance(said, TextClause)
    ]
    here = re.compile(rf"(?<!\w){re.escape(column.name)}(?!\w)")  # as in lower(email)
    return any(column.name in columns for columns in marks) or any(here.search(said) for said in words)


def _alone(column: Column[Any]) -> Any:
    """A value of nobody's that stands in no other row."""
    kind, width = _kind(column), getattr(_type(column), "length", None)
    if kind is uuid.UUID:
        return NOBODY + secrets.token_hex(8)[:3] + "-" + secrets.token_hex(6)
    if kind is int or (kind is decimal.Decimal and not getattr(_type(column), "scale", None)):
        low, high = _far(column)
        return kind(low + secrets.randbelow(high - low))
    if kind is not str or isinstance(_type(column), Enum):
        return _emptiest(column)
    word = GONE if width is None or width >= NARROW else SHORT
    return (word + secrets.token_hex(8))[:width]


def _is_alone(column: Column[Any], value: Any) -> bool:
    if isinstance(value, str) and _GONE.fullmatch(value):
        return True
    if column.nullable or not _is_unique(column):
        return False
    if _kind(column) in (int, decimal.Decimal):
        low, high = _far(column)
        try:
            return low <= _number(text(value)) < high
        except (ValueError, decimal.InvalidOperation):  # words, or no number
            return False
    if not isinstance(value, str):
        return False
    width = getattr(_type(column), "length", None)
    short = width is not None and width < NARROW and re.fullmatch(f"{SHORT}[0-9a-f]{{{width - 1}}}", value)
    return bool(short) or value.startswith(NOBODY)


def _far(column: Column[Any]) -> tuple[int, int]:
    if _kind(column) is decimal.Decimal:
        most = 10 ** min(18, getattr(_type(column), "precision", None) or 18)
        return (1 - most, -most // 10 * 9)
    return FAR.get(_name(_type(column)), FARTHEST)


# What is emptiest -----------------------------------------------------------------------------------------------------


def _emptiest(column: Column[Any]) -> Any:
    kind = _type(column)
    if isinstance(kind, Enum):
        return kind.enums[0]
    if isinstance(kind, JSON):
        return "null"
    if isinstance(kind, postgresql.ranges.AbstractSingleRange):
        return "empty"
    if isinstance(kind, postgresql.BIT):
        return "" if kind.varying else "0" * (kind.length or 1)
    if isinstance(kind, postgresql.ranges.AbstractMultiRange):
        return "{}"
    return WRITTEN.get(_name(kind), EMPTY.get(_kind(column), ""))


def _says_nothing(column: Column[Any], value: str) -> bool:
    """The same, as PostgreSQL writes it: an amount with its sign, an instant with its zone."""
    emptiest = str(_emptiest(column))
    if _name(_type(column)) == "MONEY":
        return _NO_MONEY.fullmatch(value) is not None
    if _kind(column) in (int, float, decimal.Decimal):
        return _NOUGHT.fullmatch(value) is not None
    if _kind(column) in (dt.datetime, dt.time):
        return value.partition("+")[0] == emptiest
    return value == emptiest or (_kind(column) is bool and value == "false")
