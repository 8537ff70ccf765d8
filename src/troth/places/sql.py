"""Somebody else's SQL database as a place. Read by reflecting its schema: a name that is not found there is never
sent, and every value is bound. Each act asks again afterwards, on a new connection, and says what it saw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Connection, MetaData, Select, create_engine, event, func, select
from sqlalchemy import Table as Reflected
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement

from troth.places import approved
from troth.places.kinds import Found, Item, Kept, NotAnswered, Receipt, Subject
from troth.places.opening import Pass, check
from troth.policy import periods
from troth.policy.plan import Plan, Rule, Table
from troth.policy.problems import Trouble

DRIVERS: Final = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"})
LIMIT: Final = 10_000  # rows read of one table for one person
BUSY = 5.0  # seconds that a locked file is waited for


class _Ask(msgspec.Struct, frozen=True):
    """One declared table, found in the schema: its columns by field, and how its rows are known to be a person's."""

    name: str
    table: Reflected
    columns: tuple[tuple[Any, str], ...]  # (column, field)
    key: Any  # the column that names the person
    field: str  # the field that ``key`` holds, '' if it is not declared
    via: Any = None  # (our column, their column) when the person is named in another table


class SqlPlace:
    """``person_by`` is a column (``Email``) or another table's (``Customer.Email via CustomerId``)."""

    def __init__(self, plan: Plan, name: str, url: str) -> None:
        self.plan, self.name, self.place = plan, name, plan.places[name]
        self._url = _allowed(url)
        self._may_go: frozenset[str] = frozenset()

    def find(self, token: Pass, client: str, subject: Subject) -> Found | NotAnswered:
        check(token, client=client, fields=self._fields(), persons=frozenset({subject.person}))
        try:
            with self._connect() as connection:
                asks = self._asks(connection)
                return Found(self.name, [item for ask in asks for item in self._items(connection, ask, subject)])
        except (SQLAlchemyError, OSError) as error:
            return NotAnswered(self.name, _why(error))

    def knows(self, address: str) -> str:
        """The declared field under which this email address stands here, or ''. Says yes or no and opens no value."""
        try:
            with self._connect() as connection:
                for ask in self._asks(connection):
                    declared = self.plan.fields.get(ask.field)
                    if ask.via is None and declared is not None and declared.kind == "email address":
                        statement = self._mine(ask, select(func.count()), [address.strip().casefold()])
                        if connection.execute(statement.select_from(ask.table)).scalar_one():
                            return ask.field
        except (SQLAlchemyError, OSError):
            return ""
        return ""

    def look(self) -> int | NotAnswered:
        """How many declared columns stand in the schema; opens no value. For the prover."""
        try:
            with self._connect() as connection:
                self._asks(connection)
        except (SQLAlchemyError, OSError) as error:
            return NotAnswered(self.name, _why(error))
        return sum(len(table.columns) for table in self.place.tables)

    def erase(self, token: Pass, client: str, subject: Subject) -> Receipt:
        """Erase what the pass names; a field that it leaves out (a law, a hold) stays and is told."""
        check(token, client=client, fields=frozenset(), persons=frozenset({subject.person}))
        self._may_go = token.fields
        try:
            with self._connect() as connection:
                asks = self._asks(connection)
                rows = {ask.name: self._keys(connection, ask, subject) for ask in asks}
                if not any(rows.values()):
                    return Receipt(place=self.name, state="nothing held", how="read back by us")
                counts = self._erase_rows(connection, asks, rows)
            with self._connect() as again:
                return self._read_back(again, rows, counts)
        except (SQLAlchemyError, OSError) as error:
            return Receipt(place=self.name, state="not answered", why=_why(error))

    def change(self, token: Pass, client: str, subject: Subject, field: str, old: str, new: str) -> Receipt:
        check(token, client=client, fields=frozenset({field}), persons=frozenset({subject.person}))
        try:
            with self._connect() as connection:
                changed = sum(self._change(connection, ask, subject, field, old, new) for ask in self._asks(connection))
        except (SQLAlchemyError, OSError) as error:
            return Receipt(place=self.name, state="not answered", why=_why(error))
        return Receipt(
            place=self.name,
            state="changed" if changed else "nothing held",
            how="read back by us",
            counts={"changed": changed},
        )

    # What the policy declares, found in the schema ---------------------------------------------------------------

    def _fields(self) -> frozenset[str]:
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
        meta = MetaData()
        meta.reflect(connection)
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
            value.strip().casefold()
            for field, value in subject.identities
            if not kind or (field in self.plan.fields and self.plan.fields[field].kind == kind)
        ]
        return sorted({value for value in fits if value})

    def _mine(self, ask: _Ask, what: Select[Any], values: list[str]) -> Select[Any]:
        statement = what.where(func.lower(ask.key).in_(values))
        if ask.via is not None:
            ours, theirs = ask.via
            return statement.where(ours == theirs)
        return statement

    def _items(self, connection: Connection, ask: _Ask, subject: Subject) -> list[Item]:
        values = self._values(ask, subject)
        if not values:
            return []
        shown = [(column, field) for column, field in ask.columns if field in self.plan.fields]
        statement = self._mine(ask, select(*[column for column, _ in shown]), values).limit(LIMIT)
        found = []
        for row in connection.execute(statement):
            for (column, field), value in zip(shown, row, strict=True):
                if value is not None and value != "":
                    declared = self.plan.fields[field]
                    found.append(
                        Item(
                            field=field,
                            label=declared.label,
                            value=str(value),
                            source=f"{self.name}, {ask.name}",
                            rule=declared.rule,
                            id=f"{ask.name}.{column.name}",
                        )
                    )
        return found

    def _keys(self, connection: Connection, ask: _Ask, subject: Subject) -> list[tuple[Any, ...]]:
        values = self._values(ask, subject)
        if not values:
            return []
        primary = list(ask.table.primary_key.columns)
        if not primary:
            raise Trouble("no-primary-key", f"The table “{ask.name}” has no primary key.", "Add one, then ask again.")
        return [tuple(row) for row in connection.execute(self._mine(ask, select(*primary), values))]

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
                    column: _blank(column)
                    for column, field in ask.columns
                    if field and column not in lasting and not column.primary_key and not column.foreign_keys
                }
                if blank:
                    connection.execute(ask.table.update().where(here).values(blank))
                    counts["overwritten"] += 1
                counts["kept"] += bool(lasting)
        return counts

    def _lasts(self, field: str) -> bool:
        """Whether a statute or a hold makes this field stay: UK GDPR Art 17(3)(b) and (e)."""
        rule = self._rule(field)
        return bool(field) and (field not in self._may_go or (rule is not None and rule.least is not None))

    def _rule(self, field: str) -> Rule | None:
        declared = self.plan.fields.get(field)
        return self.plan.rules.get(declared.rule) if declared else None

    def _read_back(
        self, connection: Connection, rows: dict[str, list[tuple[Any, ...]]], counts: dict[str, int]
    ) -> Receipt:
        kept: list[Kept] = []
        for ask in self._asks(connection):
            for key in rows[ask.name]:
                row = connection.execute(select(ask.table).where(_is_row(ask.table, key))).first()
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
        for column, field in ask.columns:
            if not field or self._lasts(field) or column.primary_key or column.foreign_keys:
                continue
            if row._mapping[column.name] != _blank(column):
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

    def _change(self, connection: Connection, ask: _Ask, subject: Subject, field: str, old: str, new: str) -> int:
        count = 0
        for column, holds in ask.columns:
            if holds != field or column.primary_key or column.foreign_keys:
                continue
            for key in self._keys(connection, ask, subject):
                here = _is_row(ask.table, key)
                done = connection.execute(ask.table.update().where(here, column == old).values({column: new}))
                count += done.rowcount
        return count


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
    options: dict[str, Any] = {"timeout": BUSY} if lite else {"connect_timeout": 5}
    engine = create_engine(url, connect_args=options, hide_parameters=True)
    if lite:

        @event.listens_for(engine, "connect")
        def _careful(raw: Any, _record: Any) -> None:
            raw.execute("PRAGMA secure_delete=ON")
            raw.execute("PRAGMA foreign_keys=ON")

    return engine


def _table(meta: MetaData, name: str) -> Reflected:
    if name not in meta.tables:
        raise OSError(f"It has no table “{name[:80]}”.")
    return meta.tables[name]


def _column(table: Reflected, name: str) -> Column[Any]:
    if name not in table.columns:
        raise OSError(f"Its table “{table.name}” has no column “{name[:80]}”.")
    return table.columns[name]


def _field_of(columns: tuple[tuple[Any, str], ...], key: Any) -> str:
    return next((field for column, field in columns if column is key), "")


def _is_row(table: Reflected, key: tuple[Any, ...]) -> ColumnElement[bool]:
    pairs = list(zip(table.primary_key.columns, key, strict=True))
    clause: ColumnElement[bool] = pairs[0][0] == pairs[0][1]
    for column, value in pairs[1:]:
        clause = clause & (column == value)
    return clause


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


def _blank(column: Column[Any]) -> Any:
    """What stands where a value was: nothing, or the emptiest value that the column accepts."""
    if column.nullable:
        return None
    try:
        kind = column.type.python_type
    except NotImplementedError:
        return ""
    return "" if kind in (str, bytes) else kind(0) if kind in (int, float) else ""


def _merged(kept: list[Kept]) -> list[Kept]:
    return list({(one.what, one.why, one.until): one for one in kept}.values())


def _why(error: Exception) -> str:
    """A reason for people. Driver texts can carry values and addresses, so they never leave this room."""
    if isinstance(error, OSError) and not isinstance(error, SQLAlchemyError) and error.args:
        text = error.args[0]
        return text if isinstance(text, str) else "It could not be opened."
    return "It could not be reached, or refused the question."
