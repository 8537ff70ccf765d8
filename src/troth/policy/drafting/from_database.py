"""A database's tables as a first policy: which columns are data about people, and how each row leads to a person.

The schema comes as a plain description (``places.reflecting`` makes it). Every proposed line has its reason above it,
and a person accepts it or not. Samples, where they were asked for, are only counted: no value reaches a draft.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Final

import msgspec

from troth.policy import words
from troth.policy.drafting.writing import BLANK, Draft, listed, scalar, slug

_SHAPES: Final = {
    "email address": re.compile(r"[^@\s]{1,64}@[\w-]+(\.[\w-]+)+"),
    "IP address": re.compile(r"\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}", re.I),
    "phone number": re.compile(r"\+[\d ()./-]{8,20}|\(?0\d[\d ()./-]{7,15}"),
    "bank account": re.compile(r"[A-Z]{2}\d{2}( ?[A-Z0-9]{4}){2,7}( ?[A-Z0-9]{1,4})?"),
    "postcode": re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"),
}
LONGEST: Final = 120  # characters of a name: YAML has no key of more than 1,024
_FIND: Final = ("email address", "username", "phone number", "customer number", "account id")
"""Kinds by which a row names its person, the best first."""


class Key(msgspec.Struct, frozen=True):
    """A foreign key of one column: it leads to ``column`` of ``table``."""

    column: str
    table: str
    to: str


class Column(msgspec.Struct, frozen=True):
    """``samples`` are a few values, only where they were asked for."""

    name: str
    type: str
    samples: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True):
    name: str
    columns: tuple[Column, ...]
    primary: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()


class Schema(msgspec.Struct, frozen=True):
    """A database as its own schema describes it. ``name`` is a small word for it; no address stands here."""

    name: str
    tables: tuple[Table, ...]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """One line for a person to accept. ``kind`` is a kind of data, 'person by', or 'not taken' with its reason."""

    table: str
    kind: str
    reason: str
    column: str = ""
    field: str = ""
    value: str = ""


class Proposed(msgspec.Struct, frozen=True):
    draft: str
    proposals: list[Proposal]


def propose(schema: Schema, *, of: str = "uk", on: dt.date) -> Proposed:
    """Kinds of data and the person graph of a schema, and the draft that says so."""
    found = _Graph(schema).proposals()
    return Proposed(_written(schema, found, of, on), found)


# ------------------------------------------------------------------------------------------------------------- kinds


@functools.cache
def _names() -> dict[str, dict[str, re.Pattern[str]]]:
    read = tomllib.loads((Path(__file__).parent / "columns.toml").read_text("utf-8"))
    return {
        part: {word: re.compile("|".join(f"(?:{one})" for one in ones), re.I) for word, ones in read[part].items()}
        for part in read
    }


def spelt(name: str) -> str:
    """A name of a database in small words: ``BillingPostalCode`` and ``billing_postal_code`` are the same."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", name[:120]) if not unicodedata.combining(one))
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", bare)
    return " ".join(re.sub(r"[^A-Za-z0-9]+", " ", parted).lower().split())


def kind_of(table: str, column: Column) -> tuple[str, str]:
    """The kind of data of a column and the reason, ('', reason) where its name and its samples say nothing."""
    plain = spelt(column.name)
    own = plain.removeprefix(f"{spelt(table).rstrip('s')} ")
    for words_ in dict.fromkeys((plain, own, re.sub(r"^\w+ ", "", plain))):
        for kind, pattern in _names()["kind"].items():
            if pattern.fullmatch(words_):
                return kind, f"the column is called {column.name}"
    for kind, shape in _SHAPES.items():
        fits = sum(shape.fullmatch(one.strip()) is not None for one in column.samples)
        if column.samples and fits * 4 >= len(column.samples) * 3:
            return kind, f"{fits} of {len(column.samples)} samples look like one"
    return "", f"{column.name} ({column.type}) says nothing of what it holds"


def _whom(table: str) -> str:
    plain = spelt(table)
    for words_ in dict.fromkeys((plain, plain.split(" ")[-1] if plain else "")):
        for word, pattern in _names()["people"].items():
            if pattern.fullmatch(words_):
                return word
    return ""


# ------------------------------------------------------------------------------------------------------------- graph


class _Graph:
    """Which table names a person itself, and which leads to one that does."""

    def __init__(self, schema: Schema) -> None:
        self.tables = {table.name: table for table in schema.tables}
        self.kinds = {
            table.name: {column.name: kind_of(table.name, column) for column in table.columns}
            for table in schema.tables
        }
        self.fields: set[str] = set()

    def person_by(self, table: Table) -> str:
        """The column that names whose row it is, '' where none does."""
        keyed = {key.column for key in table.keys}
        for kind in _FIND:
            for column in table.columns:
                fits = self.kinds[table.name][column.name][0] == kind and len(column.name) <= LONGEST
                if fits and column.name not in keyed:
                    return column.name
        return ""

    def via(self, table: Table) -> tuple[Key, str] | None:
        """A key that leads to a table which names a person, and the column that does there."""
        found = [
            (key, self.person_by(self.tables[key.table]))
            for key in table.keys
            if key.table in self.tables and key.table != table.name
        ]
        found = [(key, by) for key, by in found if by]
        return min(found, key=lambda one: _whom(one[0].table) in ("employee", ""), default=None)

    def far(self, table: Table) -> str:
        """A table two steps on that names a person, by way of another."""
        for key in table.keys:
            between = self.tables.get(key.table)
            onward = self.via(between) if between is not None and between.name != table.name else None
            if between is not None and onward is not None:
                return f"{between.name} to {onward[0].table}"
        return ""

    def proposals(self) -> list[Proposal]:
        return [one for table in self.tables.values() for one in self._of(table)]

    def _of(self, table: Table) -> list[Proposal]:
        if len(table.name) > LONGEST:
            return [Proposal(table=table.name[:LONGEST], kind="not taken", reason="its name is too long to be written")]
        by, via = self.person_by(table), self.via(table)
        if not by and via is None:
            return [Proposal(table=table.name, kind="not taken", reason=self._aside(table))]
        if by:
            reason = f"{by} is {_article(self.kinds[table.name][by][0])}, which names a person"
            value = by
        else:
            key, named = via  # type: ignore[misc]
            value = f"{key.table}.{named} via {key.column}"
            reason = f"{key.column} is a foreign key to {key.table}.{key.to}, and {key.table} names a person by {named}"
        found = [Proposal(table=table.name, kind="person by", reason=reason, value=value)]
        return found + [self._column(table, column) for column in table.columns]

    def _aside(self, table: Table) -> str:
        if far := self.far(table):
            return f"its rows lead to a person only by way of {far}: a place reads one step, so add a view or a key"
        called = ("name", "author", "composer", "created by")
        kinds = self.kinds[table.name].items()
        held = [name for name, (kind, _) in kinds if kind.endswith("name") or spelt(name) in called]
        doubt = f"; {', '.join(held)} may still be somebody's name: look" if held else ""
        return f"no column names a person and no foreign key leads to one{doubt}"

    def _column(self, table: Table, column: Column) -> Proposal:
        keyed = {key.column: key for key in table.keys}
        kind, reason = self.kinds[table.name][column.name]
        if column.name in keyed:
            key = keyed[column.name]
            return Proposal(
                table=table.name, column=column.name, kind="not taken", reason=f"a foreign key to {key.table}.{key.to}"
            )
        if len(column.name) > LONGEST:
            name = column.name[:LONGEST]
            return Proposal(
                table=table.name, column=name, kind="not taken", reason="its name is too long to be written"
            )
        if column.name in table.primary:
            return Proposal(table=table.name, column=column.name, kind="not taken", reason="the primary key")
        if not kind:
            return Proposal(table=table.name, column=column.name, kind="not taken", reason=reason)
        return Proposal(
            table=table.name, column=column.name, kind=kind, reason=reason, field=self._field(table, column)
        )

    def _field(self, table: Table, column: Column) -> str:
        group, leaf = slug(spelt(table.name)) or "table", slug(spelt(column.name)) or "column"
        name, number = f"{group}.{leaf}", 2
        while name in self.fields:
            name, number = f"{group}.{leaf}-{number}", number + 1
        self.fields.add(name)
        return name


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


# ------------------------------------------------------------------------------------------------------------- draft


def _written(schema: Schema, found: list[Proposal], of: str, on: dt.date) -> str:
    draft, place = Draft(), slug(schema.name) or "database"
    taken = [one for one in found if one.field]
    tables = list(dict.fromkeys(one.table for one in taken))
    draft.note(
        "Proposed by troth init from the tables of a database. Above every line stands its reason; a person must "
        "accept each. TBC marks what no schema can say."
    )
    for line in ("troth: 1", f"policy: {place}"):
        draft.say(line, 0)
    draft.say(f"edition: {{date: {on.isoformat()}, change: first, because: First edition under troth}}", 0)
    draft.say(f"law: {{of: {of}, nation: {BLANK}}}", 0)
    draft.say(f"who: {{name: {BLANK}, as: {BLANK}, address: {BLANK}, email: {BLANK}, regulator: {BLANK}}}", 0)
    draft.section("surfaces")
    draft.say(f"website: {{kind: {BLANK}}}")
    people = _people(draft, tables)
    _data(draft, taken)
    _collect(draft, tables, taken, people)
    draft.section("use")
    draft.note("No schema says what data is for.", 2)
    draft.say(f"unsaid: {{is: {BLANK}, basis: {BLANK}, data: {BLANK}}}")
    draft.say(f"\ndisclose: {{whoever it is: {{as: {BLANK}, for: {BLANK}, data: {BLANK}, in: {BLANK}}}}}", 0)
    draft.section("keep")
    draft.note("No schema says how long.", 2)
    for line in [*_kept(taken), "troth.choices", "troth.requests"]:
        draft.say(f"{line}: {BLANK}")
    draft.say(f"\ncookies: {{unsaid: {{at: website, by: {BLANK}, does: {BLANK}, for: {BLANK}, lasts: {BLANK}}}}}", 0)
    draft.say(f"\nanswer: {{undo: {BLANK}}}\n\nsecure: {{erasure reaches: {BLANK}}}", 0)
    _place(draft, place, found, taken)
    return draft.text().lstrip("\n")


def _people(draft: Draft, tables: list[str]) -> dict[str, str]:
    draft.section("people")
    whom = {table: _whom(table) for table in tables}
    for word in dict.fromkeys(word for word in whom.values() if word):
        named = [table for table, other in whom.items() if other == word]
        draft.note(f"the table is called {' and '.join(named)}", 2)
        draft.say(f"{word}: {BLANK}")
    if not any(whom.values()):
        draft.note("No table is called after people.", 2)
        draft.say(f"person: {BLANK}")
    return whom


def _data(draft: Draft, taken: list[Proposal]) -> None:
    draft.section("data")
    for one in taken:
        kind = words.KINDS[one.kind]
        more = f", may hold: {BLANK}" if kind.free_text else ""
        more += f", identifies: {min(kind.identifies)}" if kind.identifies else ""
        draft.note(f"{one.table}: {one.reason}", 2)
        draft.say(f"{one.field}: {{is: {one.kind}{more}}}" if more else f"{one.field}: {one.kind}")
    draft.say("troth.choices: choice")


def _collect(draft: Draft, tables: list[str], taken: list[Proposal], people: dict[str, str]) -> None:
    draft.section("collect")
    for table in tables:
        draft.note(f"what fills the table {table}; no schema says how it comes in", 2)
        draft.say(f"{scalar(spelt(table)) if spelt(table) else 'rows'} rows:".replace('"', ""))
        draft.say(f"by: {BLANK}", 4)
        draft.say(f"of: {people.get(table) or BLANK}", 4)
        draft.say(f"may: {listed([one.field for one in taken if one.table == table])}", 4)
    if not tables:
        draft.say(f"unsaid: {{by: {BLANK}, of: {BLANK}}}")


def _kept(taken: list[Proposal]) -> list[str]:
    apart = [one.field for one in taken if words.KINDS[one.kind].special or words.KINDS[one.kind].secret]
    groups = dict.fromkeys(one.field.split(".")[0] for one in taken if one.field not in apart)
    return [*(f"{group}.*" for group in groups), *apart]


def _place(draft: Draft, place: str, found: list[Proposal], taken: list[Proposal]) -> None:
    draft.section("places")
    draft.say(f"ours: {{kind: ours, holds: troth.choices, in: {BLANK}}}")
    if not taken:
        draft.note("No table holds what could be seen to be about a person.", 2)
    draft.say(f"{place if place != 'ours' else 'database'}:" if taken else "", 2) if taken else None
    if taken:
        draft.say("kind: sql", 4)
        draft.say(f"holds: {listed([one.field for one in taken])}", 4)
        draft.say(f"in: {BLANK}", 4)
        draft.note("the name under which the operator lists the address; never the address itself", 4)
        draft.say(f"secret: {place}", 4)
        draft.say("tables:", 4)
    for table in dict.fromkeys(one.table for one in found):
        mine = [one for one in found if one.table == table]
        _table(draft, table, mine)


def _table(draft: Draft, table: str, mine: list[Proposal]) -> None:
    fields = [one for one in mine if one.field]
    if not fields:
        why = "; ".join(dict.fromkeys(one.reason for one in mine if one.kind in ("not taken", "person by")))
        return draft.note(f"{table}: left out. {why}.", 6)
    draft.say(f"{scalar(table)}:", 6)
    for one in mine:
        if one.kind == "person by":
            draft.note(one.reason, 8)
            draft.say(f"person by: {scalar(one.value)}", 8)
    draft.say("columns:", 8)
    for one in mine:
        if one.field:
            draft.note(one.reason, 10)
            draft.say(f"{scalar(one.column)}: {one.field}", 10)
        elif one.column:
            draft.note(f"{one.column} is left out: {one.reason}", 10)
    return None
