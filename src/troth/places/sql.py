"""Somebody else's SQL database as a place. Read by reflecting its schema: a name that is not found there is never
sent, and every value is bound. Each act asks again afterwards, on a new connection, and says what it saw."""

from __future__ import annotations

import datetime as dt
import time
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Select,
    String,
    Text,
    cast,
    create_engine,
    event,
    func,
    select,
    type_coerce,
)
from sqlalchemy import Table as Reflected
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, SAWarning, SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement

from troth.places import approved, blanks
from troth.places.kinds import NOT_YOURS, PARTLY, UNNAMED, Due, Found, Item, Kept, NotAnswered, Past, Receipt, Subject
from troth.places.opening import Pass, check
from troth.policy import periods
from troth.policy.plan import Plan, Rule, Table
from troth.policy.problems import Trouble
from troth.policy.words import KINDS

DRIVERS: Final = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"})
LIMIT = 10_000  # rows read of one table for one person
BROKEN: Final = (SQLAlchemyError, OSError, ImportError, ValueError, TypeError, ArithmeticError, LookupError, Trouble)
UNFIT: Final = (IntegrityError, DataError, ValueError, LookupError)  # a value that a column does not take
BUSY = 5.0  # seconds that a locked file is waited for
LONGEST = 20.0  # seconds that one statement may take
DAY: Final = len("2026-11-26")
SPACES: Final = " \t\n\r\f\v"  # that may stand around an address
TOGETHER: Final = 500  # people whom one question is about
AT_ONCE: Final = 1_000  # rows of a whole table that are fetched at once: it may be larger than our memory
STEPS: Final = 10_000  # of the engine, between two looks at the clock


class _Ask(msgspec.Struct, frozen=True):
    """One declared table, found in the schema: its columns by field, and how its rows are known to be a person's."""

    name: str
    table: Reflected
    columns: tuple[tuple[Any, str], ...]  # (column, field)
    key: Any  # the column that names the person
    field: str  # the field that ``key`` holds, '' if it is not declared
    via: Any = None  # (our column, their column) when the person is named in another table


class _Row(msgspec.Struct, frozen=True):
    """A row of which something is due: its key, the fields that are, and those in which nothing stands any more."""

    ask: _Ask
    key: tuple[Any, ...]
    fields: frozenset[str]
    empty: frozenset[str]


class SqlPlace:
    """``person_by`` is a column (``Email``) or another table's (``Customer.Email via CustomerId``)."""

    def __init__(self, plan: Plan, name: str, url: str) -> None:
        self.plan, self.name, self.place = plan, name, plan.places[name]
        self._url = _allowed(url)
        self._may_go: frozenset[str] = frozenset()
        self._over: frozenset[str] = frozenset()  # fields whose statutory time is over, too

    def find(self, token: Pass, client: str, subject: Subject) -> Found | NotAnswered:
        check(token, client=client, fields=self.fields(), persons=frozenset({subject.person}))
        try:
            with self._connect() as connection:
                asks = self._asks(connection)
                items = [item for ask in asks for item in self._items(connection, ask, subject)]
                left = [ask for ask in asks if not self._values(ask, subject)]
                unasked = frozenset(field for ask in left for _, field in ask.columns if field)
                return Found(self.name, items, _unasked(asks, left), unasked)
        except BROKEN as error:
            return NotAnswered(self.name, _why(error))

    def knows(self, value: str, field: str = "") -> str:
        """The declared field under which this email address stands here, or ''; with ``field`` whether this value
        stands under that one. Says yes or no and opens no value."""
        try:
            with self._connect() as connection:
                for ask in self._asks(connection):
                    declared = self.plan.fields.get(ask.field)
                    if declared is None or ask.via is not None:
                        continue
                    if ask.field == field if field else _is_address(declared.kind):
                        statement = self._mine(ask, select(func.count()), [_fold(value)])
                        if connection.execute(statement.select_from(ask.table)).scalar_one():
                            return ask.field
        except BROKEN:
            return ""
        return ""

    def look(self) -> int | NotAnswered:
        """How many declared columns stand in the schema; opens no value. For the prover."""
        try:
            with self._connect() as connection:
                self._asks(connection)
        except BROKEN as error:
            return NotAnswered(self.name, _why(error))
        return sum(len(table.columns) for table in self.place.tables)

    def erase(self, token: Pass, client: str, subject: Subject) -> Receipt:
        """Erase what the pass names; a field that it leaves out (a law, a hold) stays and is told."""
        check(token, client=client, fields=frozenset(), persons=frozenset({subject.person}))
        self._may_go = token.fields
        if not subject.identities:
            return Receipt(place=self.name, state="nothing held", why=UNNAMED)
        try:
            with self._connect() as connection:
                asks = self._asks(connection)
                partly = _unasked(asks, [ask for ask in asks if not self._values(ask, subject)])
                if partly == UNNAMED:
                    return Receipt(place=self.name, state="nothing held", why=UNNAMED)
                rows = {ask.name: self._keys(connection, ask, subject) for ask in asks}
                if not any(rows.values()):
                    return Receipt(place=self.name, state="nothing held", how="read back by us", why=partly)
                counts = self._erase_rows(connection, asks, rows)
        except BROKEN as error:
            return Receipt(place=self.name, state="not answered", why=_why(error))
        try:
            with self._connect() as again:
                said = self._read_back(again, rows, counts)
                return said if said.why else msgspec.structs.replace(said, why=partly)
        except BROKEN as error:  # what was erased stays erased: it is told, and whether all is gone is asked again
            return Receipt(place=self.name, state="not answered", why=_why(error), counts=counts)

    def change(self, token: Pass, client: str, subject: Subject, field: str, old: str, new: str) -> Receipt:
        check(token, client=client, fields=frozenset({field}), persons=frozenset({subject.person}))
        try:
            with self._connect() as connection:
                found = [self._change(connection, ask, subject, field, old, new) for ask in self._asks(connection)]
            changed = [row for rows in found for row in rows]
            with self._connect() as again:
                if any(_stands(again, table, here, column) != said for table, here, column, said in changed):
                    return Receipt(place=self.name, state="not answered", why="It does not say so when asked again.")
        except BROKEN as error:
            return Receipt(place=self.name, state="not answered", why=_why(error))
        return Receipt(
            place=self.name,
            state="changed" if changed else "nothing held",
            how="read back by us",
            counts={"changed": len(changed)},
        )

    # What the policy declares, found in the schema ---------------------------------------------------------------

    def fields(self) -> frozenset[str]:
        """The declared fields that stand here."""
        return frozenset(field for table in self.place.tables for _, field in table.columns if field)

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        if self._url.get_backend_name() == "sqlite" and not Path(self._url.database or "").is_file():
            raise OSError("There is no file.")
        engine = _engine(self._url)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    def _asks(self, connection: Connection) -> list[_Ask]:
        """Children before parents, so that rows can go in the order that foreign keys allow."""
        meta = _schema(connection)
        order = {table.name: number for number, table in enumerate(reversed(meta.sorted_tables))}
        asks = [self._ask(meta, table) for table in self.place.tables]
        return sorted(asks, key=lambda ask: order[ask.name])

    def _ask(self, meta: MetaData, declared: Table) -> _Ask:
        table = _table(meta, declared.name)
        columns = tuple((_column(table, column), field) for column, field in declared.columns)
        named, _, via = declared.person_by.partition(" via ")
        if not via:
            key = _column(table, named)
            return _Ask(declared.name, table, columns, key, _field_of(columns, key))
        other_name, _, column = named.partition(".")
        other, ours = _table(meta, other_name), _column(table, via.strip())
        theirs = next((fk.column for fk in ours.foreign_keys if fk.column.table is other), None)
        by = self._person_column(other_name)
        if by and by != column:  # 'customer.id via customer_id': the join is named, the person by the other table
            theirs, column = _column(other, column), by
        joined = theirs if theirs is not None else _column(other, via.strip())
        key = _column(other, column)
        field = self._declared_field(other_name, column)
        return _Ask(declared.name, table, columns, key, field, (ours, joined))

    def _person_column(self, table: str) -> str:
        found = (declared.person_by for declared in self.place.tables if declared.name == table)
        return next((named for named in found if " via " not in named), "")

    def _declared_field(self, table: str, column: str) -> str:
        pairs = (pair for declared in self.place.tables if declared.name == table for pair in declared.columns)
        return next((field for name, field in pairs if name == column), "")

    # Reading ------------------------------------------------------------------------------------------------------

    def _values(self, ask: _Ask, subject: Subject) -> list[str]:
        """The verified identities that this column can hold: an email address is not looked for among names."""
        kind = self.plan.fields[ask.field].kind if ask.field in self.plan.fields else ""
        fits = [
            _fold(value)
            for field, value in subject.identities
            if not kind or (field in self.plan.fields and _alike(self.plan.fields[field].kind, kind))
        ]
        return sorted({value for value in fits if value})

    def _mine(self, ask: _Ask, what: Select[Any], values: list[str]) -> Select[Any]:
        statement = what.where(self._folded(ask).in_(values))
        if ask.via is not None:
            ours, theirs = ask.via
            return statement.where(ours == theirs)
        return statement

    def _folded(self, ask: _Ask) -> ColumnElement[Any]:
        lite = self._url.get_backend_name() == "sqlite"
        return func.troth_fold(ask.key) if lite else func.lower(func.btrim(cast(ask.key, Text), SPACES))

    def _items(self, connection: Connection, ask: _Ask, subject: Subject) -> list[Item]:
        values = self._values(ask, subject)
        if not values:
            return []
        shown = [(column, field) for column, field in ask.columns if field in self.plan.fields]
        dates = self._dates(ask)
        # As it stands: one that is no date hides no row.
        raw = [type_coerce(blanks.moment(connection, date), String) for date in dates.values()]
        what = select(*[blanks.read(connection, column) for column, _ in shown], *raw).order_by(
            *ask.table.primary_key.columns
        )
        rows = connection.execute(self._mine(ask, what, values).limit(LIMIT + 1)).all()
        if len(rows) > LIMIT:  # a part of it is no answer
            raise OSError(f"It holds more than {LIMIT:,} rows of this person, more than are read at once.")
        found, theirs = [], {_fold(value) for _, value in subject.identities}
        for number, row in enumerate(rows, 1):
            moments = self._moments_of(dates, row[len(shown) :])
            for (column, field), value in zip(shown, row, strict=False):
                if value is not None and value != "":
                    declared = self.plan.fields[field]
                    shared = declared.identifies == "person" and _fold(blanks.text(value)) not in theirs
                    found.append(
                        Item(
                            field=field,
                            label=declared.label,
                            value=NOT_YOURS if shared else blanks.text(value),
                            source=f"{self.name}, {ask.name}",
                            when=self._counted_from(field, moments),
                            rule=declared.rule,
                            id="" if shared else f"{ask.name}.{column.name}",
                            record=number if len(rows) > 1 else 0,
                        )
                    )
        return found

    def _moments_of(self, dates: dict[str, Column[Any]], values: Any) -> dict[str, dt.datetime]:
        """As ``_moments``; a date that nobody can read keeps no value from its person (UK GDPR Art 15)."""
        try:
            return _moments(dates, values, self.plan.zone)
        except OSError:
            return {}

    def _counted_from(self, field: str, moments: dict[str, dt.datetime]) -> dt.datetime | None:
        """The moment in its row from which the period of a field counts."""
        rule = self._rule(field)
        ends = () if rule is None else rule.ends if rule.least is None else (*rule.ends, rule.least)
        found = next((moments[end.after] for end in ends if end.after in moments), None)
        return found if found != periods.LATEST else None  # which nobody is to read as a day

    def _keys(self, connection: Connection, ask: _Ask, subject: Subject) -> list[tuple[Any, ...]]:
        values = self._values(ask, subject)
        if not values:
            return []
        return [tuple(row) for row in connection.execute(self._mine(ask, select(*_primary(ask)), values))]

    # Erasing ------------------------------------------------------------------------------------------------------

    def _erase_rows(
        self, connection: Connection, asks: list[_Ask], rows: dict[str, list[tuple[Any, ...]]]
    ) -> dict[str, int]:
        counts = {"deleted": 0, "overwritten": 0, "kept": 0}
        for ask in asks:
            lasting = [column for column, field in ask.columns if self._lasts(field)]
            for key in rows[ask.name]:
                here = _is_row(ask.table, key)
                if not lasting and not _pointed_at(connection, ask.table, here):
                    counts["deleted"] += connection.execute(ask.table.delete().where(here)).rowcount
                    continue
                blank = {
                    column: blanks.empty(connection, column)
                    for column, field in ask.columns
                    if field and column not in lasting and not (column.primary_key or column.foreign_keys)
                    if column.computed is None  # what the database makes of others goes with them
                }
                if blank:
                    _overwrite(connection, ask, here, blank)
                    counts["overwritten"] += 1
                counts["kept"] += bool(lasting)
        return counts

    def _lasts(self, field: str) -> bool:
        """Whether a statute or a hold makes this field stay: UK GDPR Art 17(3)(b) and (e)."""
        rule = self._rule(field)
        statute = rule is not None and rule.least is not None and field not in self._over
        return bool(field) and (field not in self._may_go or statute)

    def _rule(self, field: str) -> Rule | None:
        declared = self.plan.fields.get(field)
        return self.plan.rules.get(declared.rule) if declared else None

    def _read_back(
        self, connection: Connection, rows: dict[str, list[tuple[Any, ...]]], counts: dict[str, int]
    ) -> Receipt:
        kept: list[Kept] = []
        for ask in self._asks(connection):
            for key in rows[ask.name]:
                said = select(*[blanks.read(connection, column) for column, _ in ask.columns])
                row = connection.execute(said.select_from(ask.table).where(_is_row(ask.table, key))).first()
                if row is None:
                    continue
                if left := self._left(ask, row):
                    return Receipt(place=self.name, state="not answered", why=f"{left} is still there.", counts=counts)
                kept += self._kept(ask)
        erased = counts["deleted"] or counts["overwritten"]
        return Receipt(
            place=self.name,
            state="erased" if erased else "kept",
            reached="deleted" if erased else "",
            how="read back by us",
            kept=_merged(kept),
            counts={name: count for name, count in counts.items() if count},
        )

    def _left(self, ask: _Ask, row: Any) -> str:
        for (column, field), value in zip(ask.columns, row, strict=True):
            if not field or self._lasts(field) or column.foreign_keys:
                continue
            if not blanks.is_empty(column, value):
                return f"{ask.name}.{column.name}"
        return ""

    def _kept(self, ask: _Ask) -> list[Kept]:
        found: dict[tuple[str, str], list[str]] = {}
        for _, field in ask.columns:
            if self._lasts(field):
                rule = self._rule(field)
                law = rule is not None and rule.least is not None
                reason = (
                    (f"the law makes us keep it: {rule.law}", periods.say(rule))
                    if rule and law
                    else ("a hold stands over it", "")
                )
                found.setdefault(reason, []).append(self.plan.fields[field].label)
        return [
            Kept(f"{', '.join(dict.fromkeys(labels))} ({self.name})", why, until)
            for (why, until), labels in found.items()
        ]

    def _change(
        self, connection: Connection, ask: _Ask, subject: Subject, field: str, old: str, new: str
    ) -> list[tuple[Reflected, ColumnElement[bool], Column[Any], str]]:
        """Each row that was changed, with what the database says stands in it now: it writes a date in its own way."""
        found = []
        for column, holds in ask.columns:
            if holds != field or column.primary_key or column.foreign_keys:
                continue
            for key in self._keys(connection, ask, subject):
                here = _is_row(ask.table, key)
                if _stands(connection, ask.table, here, column) != old:
                    continue
                try:
                    value = blanks.written(connection, column, new)
                    connection.execute(ask.table.update().where(here).values({column: value}))
                except UNFIT:
                    raise OSError("It does not take that value.") from None
                said = _stands(connection, ask.table, here, column)
                if said is None or not blanks.stands(connection, column, said, old, new):
                    raise OSError("It does not say so when asked again.")
                found.append((ask.table, here, column, said))
        return found

    # What is past its period, for the prover --------------------------------------------------------------------

    def past(self, when: dt.datetime, held: list[tuple[Subject, frozenset[str]]]) -> dict[str, Past] | NotAnswered:
        """By keep rule, how many rows stand here under it, and how many of them were due by their own dates at
        ``when``: one look for all rules. Deletes nothing, and opens no value to anybody."""
        try:
            with self._connect() as connection:
                rows, asks = Counter[str](), self._asks(connection)
                for ask in asks:
                    here = connection.execute(select(func.count()).select_from(ask.table)).scalar_one()
                    rows.update(dict.fromkeys(self._rules_of(field for _, field in ask.columns), here))
                due = self._due(connection, when, held)[0]
        except BROKEN as error:
            return NotAnswered(self.name, _why(error))
        late = Counter(due.counts)
        late.update(self._rules_of(field for table in self.place.tables for column, field in table.columns
                                   if due.stuck == f"{table.name}.{column}"))  # fmt: skip
        return {rule: Past(rows=rows[rule], late=late[rule]) for rule in rows}

    def standing(self, over: Iterable[tuple[Subject, frozenset[str]]]) -> dict[int, frozenset[str]] | NotAnswered:
        """By person, in which of the fields that are named for them something stands here; opens no value."""
        asked, said = list(over), dict[int, set[str]]()
        try:
            with self._connect() as connection:
                for ask in self._asks(connection):
                    self._says(connection, ask, asked, said)
        except BROKEN as error:
            return NotAnswered(self.name, _why(error))
        return {person: frozenset(fields) for person, fields in said.items() if fields}

    def _says(
        self, connection: Connection, ask: _Ask, asked: list[tuple[Subject, frozenset[str]]], said: dict[int, set[str]]
    ) -> None:
        """Ask a table for many people at once: it is not to be read through for each of them."""
        whose: dict[str, list[tuple[int, frozenset[str]]]] = {}
        for who, fields in asked:
            for value in self._values(ask, who):
                whose.setdefault(value, []).append((who.person, fields))
        wanted = frozenset[str]().union(*(fields for _, fields in asked))
        named = [(column, field) for column, field in ask.columns if field in wanted and not column.foreign_keys]
        what = select(self._folded(ask), *(blanks.read(connection, column) for column, _ in named))
        values = sorted(whose) if named else []
        for start in range(0, len(values), TOGETHER):
            for value, *row in connection.execute(self._mine(ask, what, values[start : start + TOGETHER])):
                here = {field for (at, field), one in zip(named, row, strict=True) if not blanks.is_empty(at, one)}
                for person, fields in whose.get(value, ()):
                    said.setdefault(person, set()).update(here & fields)

    def _rules_of(self, fields: Iterable[str]) -> set[str]:
        return {self.plan.fields[field].rule for field in fields if field in self.plan.fields}

    # What is due by its own dates ---------------------------------------------------------------------------------

    def due(self, when: dt.datetime, held: list[tuple[Subject, frozenset[str]]]) -> Due | NotAnswered:
        """How many rows of which keep rule are due by the dates that stand in them. Deletes nothing."""
        try:
            with self._connect() as connection:
                return self._due(connection, when, held)[0]
        except BROKEN as error:
            return NotAnswered(self.name, _why(error))

    def sweep(
        self, token: Pass, client: str, when: dt.datetime, held: list[tuple[Subject, frozenset[str]]]
    ) -> Due | NotAnswered:
        """Overwrite or delete what is due: UK GDPR Art 5(1)(e). Says what went, which is seen by asking again."""
        check(token, client=client, fields=frozenset(), persons=frozenset())
        try:
            with self._connect() as connection:
                due, rows = self._due(connection, when, held)
                for row in rows:
                    self._may_go = self._over = (row.fields | row.empty) & token.fields
                    self._erase_rows(connection, [row.ask], {row.ask.name: [row.key]})
        except BROKEN as error:
            return NotAnswered(self.name, _why(error))
        try:
            with self._connect() as again:
                left = {(row.ask.name, row.key) for row in self._due(again, when, held)[1]} if rows else set()
        except BROKEN as error:  # the rows are gone and stand in the ledger; whether all are is asked again
            return msgspec.structs.replace(due, stuck=_why(error))
        still = [row.ask.name for row in rows if (row.ask.name, row.key) in left]
        return msgspec.structs.replace(due, rows=due.rows - len(still), stuck=due.stuck or "".join(still[:1]))

    def erase_due(self, token: Pass, client: str, subject: Subject) -> Receipt:
        """Erase of one person exactly the fields of the pass: what a moment of theirs made due, statute and all."""
        self._over = token.fields
        return self.erase(token, client, subject)

    def _due(
        self, connection: Connection, when: dt.datetime, held: list[tuple[Subject, frozenset[str]]]
    ) -> tuple[Due, list[_Row]]:
        counts: dict[str, int] = {}
        found, total, stuck = [], 0, ""
        for ask in self._asks(connection):
            dates = self._dates(ask)
            if not dates:
                continue
            primary = _primary(ask)
            kept = [(frozenset(self._keys(connection, ask, subject)), fields) for subject, fields in held]
            columns = [blanks.read(connection, column) for column, _ in ask.columns]
            every = select(*primary, *(blanks.moment(connection, date) for date in dates.values()), *columns)
            with connection.execute(every, execution_options={"yield_per": AT_ONCE}) as rows:
                for row in rows:
                    total += 1
                    key, moments = tuple(row[: len(primary)]), _moments(dates, row[len(primary) :], self.plan.zone)
                    spared = frozenset().union(*(fields for keys, fields in kept if key in keys))
                    one = self._due_of(connection, ask, key, moments, when, row[len(primary) + len(dates) :], spared)
                    only_key = [column for column, field in ask.columns if field in one.fields and column.primary_key]
                    if len(only_key) == len(one.fields) and only_key and self._needed(connection, one):
                        stuck = f"{ask.name}.{only_key[0].name}"
                    elif one.fields:
                        found.append(one)
                        for name in {self.plan.fields[field].rule for field in one.fields}:
                            counts[name] = counts.get(name, 0) + 1
        return Due(counts=counts, rows=len(found), of=total, stuck=stuck), found

    def _due_of(
        self,
        connection: Connection,
        ask: _Ask,
        key: tuple[Any, ...],
        moments: dict[str, dt.datetime],
        when: dt.datetime,
        values: Any,
        spared: frozenset[str],
    ) -> _Row:
        pairs = [(*pair, value) for pair, value in zip(ask.columns, values, strict=True) if pair[1]]
        full = {field for column, field, value in pairs if not blanks.is_empty(column, value)}
        own = [(column, field, value) for column, field, value in pairs if not column.foreign_keys]
        standing = {field for column, field, value in own if not blanks.is_empty(column, value)}
        unsure = {field for column, field, value in own if not blanks.is_sure(column, value)} - full
        may = frozenset(one for one in (standing | unsure) - spared if self._is_due(one, moments, when))
        empty = frozenset(field for _, field, _ in pairs) - full - (unsure - may)
        whole = _Row(ask, key, may, empty)
        if may and not may & standing and not self._needed(connection, whole):
            return whole  # a no that was said goes with its row; where that must stand it reads as what we write there
        return _Row(ask, key, may & standing, empty)

    def _needed(self, connection: Connection, row: _Row) -> bool:
        """Whether the row itself must stand: for a field that is not due, or for rows that point at it."""
        stays = {field for _, field in row.ask.columns if field} - row.fields - row.empty
        return bool(stays) or _pointed_at(connection, row.ask.table, _is_row(row.ask.table, row.key))

    def _dates(self, ask: _Ask) -> dict[str, Column[Any]]:
        """The moments that are known from a column of this table."""
        prefix = f"{self.name}.{ask.name}."
        known = {one.name: one.known_from for one in self.plan.moments.values() if one.known_from.startswith(prefix)}
        return {name: _column(ask.table, source.removeprefix(prefix)) for name, source in known.items()}

    def _is_due(self, field: str, moments: dict[str, dt.datetime], when: dt.datetime) -> bool:
        rule = self._rule(field)
        due = periods.due(rule, moments, zone=self.plan.zone) if rule is not None else None
        return due is not None and due <= when


def _allowed(text: str) -> URL:
    """The address, if its driver is one we know and it is not one of troth's own files."""
    refused = "The operator must list another place."
    try:
        url = make_url(text)
    except ArgumentError:
        raise Trouble("place-refused", "The address of a place is not one.", refused) from None
    if url.drivername not in DRIVERS:
        raise Trouble("place-refused", f"A place of the kind “{url.drivername}” is not allowed.", refused)
    if url.get_backend_name() == "sqlite":
        plain = url.database and not url.database.startswith("file:") and not url.query
        if not plain or url.database == ":memory:":
            raise Trouble("place-refused", "A SQLite place must be a plain path to a file.", refused)
        if approved.inside_our_house(Path(str(url.database))):
            raise Trouble("place-refused", "That file is one of troth’s own; it is no outside place.", refused)
    return url


def _engine(url: URL) -> Engine:
    lite = url.get_backend_name() == "sqlite"
    if url.drivername == "postgresql":  # psycopg, or the older one where that alone is installed
        older = find_spec("psycopg") is None and find_spec("psycopg2") is not None
        url = url.set(drivername="postgresql+psycopg2" if older else "postgresql+psycopg")
    longest = int(LONGEST * 1000)
    patience = f"-c lock_timeout=5000 -c statement_timeout={longest}"  # a locked table has not answered, and says so
    asked = url.query.get("options", "")  # the operator's own, as where the tables lie
    patience = f"{asked if isinstance(asked, str) else ' '.join(asked)} {patience}"
    patience += " -c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres"  # whatever their server is set to
    options: dict[str, Any] = {"timeout": BUSY} if lite else {"connect_timeout": 5, "options": patience}
    engine = create_engine(url, connect_args=options, hide_parameters=True)
    if lite:
        until = [time.monotonic() + LONGEST]  # a trigger or a view of theirs may go on for ever, and we with it

        @event.listens_for(engine, "connect")
        def _careful(raw: Any, _record: Any) -> None:
            raw.execute("PRAGMA secure_delete=ON")
            raw.execute("PRAGMA foreign_keys=ON")
            raw.create_function("troth_fold", 1, _fold, deterministic=True)  # SQLite's own lower() knows ASCII only
            raw.set_progress_handler(lambda: time.monotonic() > until[0], STEPS)

        @event.listens_for(engine, "before_cursor_execute")
        def _timed(*_words: Any) -> None:
            until[0] = time.monotonic() + LONGEST

    return engine


def _schema(connection: Connection, *, follow: bool = True) -> MetaData:
    """Its tables and their keys; ``follow``: also into schemas that keys lead to."""
    meta = MetaData()
    with warnings.catch_warnings(action="ignore", category=SAWarning):  # a kind that nobody knows is read as its text
        meta.reflect(connection, resolve_fks=follow)
    return meta


def _table(meta: MetaData, name: str) -> Reflected:
    if name not in meta.tables:
        raise OSError(f"It has no table “{name[:80]}”.")
    return meta.tables[name]


def _column(table: Reflected, name: str) -> Column[Any]:
    if name not in table.columns:
        raise OSError(f"Its table “{table.name}” has no column “{name[:80]}”.")
    return table.columns[name]


def _primary(ask: _Ask) -> list[Column[Any]]:
    primary = list(ask.table.primary_key.columns)
    if not primary:
        raise Trouble("no-primary-key", f"The table “{ask.name}” has no primary key.", "Add one, then ask again.")
    return primary


def _unasked(asks: list[_Ask], left: list[_Ask]) -> str:
    """Why those that were ``left``, for nothing was shown by which they name people, are not called empty."""
    return UNNAMED if len(left) == len(asks) else PARTLY if left else ""


def _fold(text: object) -> str:
    """An address as it is compared: 'Ada@Post.example ' is ada@post.example."""
    return unicodedata.normalize("NFKC", blanks.text(text)).strip().lower()


def _alike(one: str, other: str) -> bool:
    """An address of work may stand where another is asked for: it is the same mailbox."""
    return one == other or (_is_address(one) and _is_address(other))


def _is_address(kind: str) -> bool:
    return kind in KINDS and KINDS[kind].channel == "email"


def _stands(connection: Connection, table: Reflected, here: ColumnElement[bool], column: Column[Any]) -> str | None:
    asked = select(blanks.read(connection, column)).select_from(table).where(here)
    row = connection.execute(asked.with_for_update()).first()  # who changes it at this moment is waited for
    return None if row is None or row[0] is None else blanks.text(row[0])


def _moments(dates: dict[str, Column[Any]], values: Any, zone: str) -> dict[str, dt.datetime]:
    """The dates of a row, each as an instant; a date without an hour is the end of its day on the clocks of the
    policy, so that nothing goes early."""
    found = {}
    for name, value in zip(dates, values, strict=False):
        if value is None or value in ("", "-infinity"):
            continue  # it has not been
        if value == "infinity":  # as PostgreSQL says that something has no end
            found[name] = periods.LATEST
            continue
        if isinstance(value, str):
            value = _read(value.strip(), dates[name])
        if isinstance(value, dt.datetime):
            said = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        elif isinstance(value, dt.date):
            said = dt.datetime.combine(value, dt.time.max, tzinfo=ZoneInfo(zone))
        else:  # a number says not since when it counts, nor what
            raise _no_date(dates[name])
        if said.year == dt.MINYEAR:
            continue  # the first year of all is what programs write for none
        # Where a database has no end it may have the last day of all, which some zones have not.
        found[name] = min(said, periods.LATEST).astimezone(dt.UTC)
    return found


def _read(text: str, column: Column[Any]) -> dt.date:
    """A moment that stands as text, as in most files of SQLite, which has no dates of its own."""
    try:
        return dt.date.fromisoformat(text) if len(text) <= DAY else dt.datetime.fromisoformat(text)
    except ValueError:
        raise _no_date(column) from None


def _no_date(column: Column[Any]) -> OSError:
    """What is due by it is not known: the place has not answered, and nothing is called on time."""
    return OSError(f"Its column “{column.table.name}.{column.name}” holds what we cannot read as a date.")


def _field_of(columns: tuple[tuple[Any, str], ...], key: Any) -> str:
    return next((field for column, field in columns if column is key), "")


def _is_row(table: Reflected, key: tuple[Any, ...]) -> ColumnElement[bool]:
    pairs = [(column, blanks.key(column, value)) for column, value in zip(table.primary_key.columns, key, strict=True)]
    clause: ColumnElement[bool] = pairs[0][0] == pairs[0][1]
    for column, value in pairs[1:]:
        clause = clause & (column == value)
    return clause


def _overwrite(connection: Connection, ask: _Ask, here: ColumnElement[bool], blank: dict[Any, Any]) -> None:
    try:
        connection.execute(ask.table.update().where(here).values(blank))
    except UNFIT:
        raise OSError(f"Its table “{ask.name}” does not let what is to go be emptied.") from None


def _pointed_at(connection: Connection, table: Reflected, here: ColumnElement[bool]) -> bool:
    """Whether a row of any table still points at this one: then it cannot go, and is overwritten instead."""
    for other in table.metadata.tables.values():
        for constraint in other.foreign_key_constraints:
            if constraint.referred_table is not table:
                continue
            theirs = select(*[fk.column for fk in constraint.elements]).where(here)
            row = connection.execute(theirs).first()
            if row is None:
                continue
            statement = select(func.count()).select_from(other)
            for fk, value in zip(constraint.elements, row, strict=True):
                statement = statement.where(fk.parent == value)
            if connection.execute(statement).scalar_one():
                return True
    return False


def _merged(kept: list[Kept]) -> list[Kept]:
    return list({(one.what, one.why, one.until): one for one in kept}.values())


def _why(error: Exception) -> str:
    """A reason for people. Driver texts can carry values and addresses, so they never leave this room."""
    if isinstance(error, Trouble):
        return error.sentence
    if isinstance(error, ImportError):
        return "The driver of its database is not installed."
    if isinstance(error, OSError) and not isinstance(error, SQLAlchemyError) and error.args:
        text = error.args[0]
        return text if isinstance(text, str) else "It could not be opened."
    return "It could not be reached, or refused the question."
