"""Housing: a place says how people are found in it and where each datum stands there, or nobody is ever found.

A database without tables, a table without people and a datum without a column read well and answer nothing: who asks
for their data (UK GDPR Art 15) would be told that nothing is held, and what is due would stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from troth.policy import words
from troth.policy.grammar import SEEN
from troth.policy.plan import OWN
from troth.policy.reading import Entry, Mark, Text, suggest

if TYPE_CHECKING:
    from troth.policy.checking import Checker

VIA: Final = " via "
IN_ITS_PLACES: Final = "in its places"
OURSELVES: Final = ("form", "tag", "pixel")
"""Ways in that end in our own stores, whatever other place holds a copy."""


class Table:
    """A table as it is written under ``tables``: who is found by which column, and which datum stands in which."""

    def __init__(self, name: str, mark: Mark) -> None:
        self.name, self.mark = name, mark
        self.by: Text | None = None
        self.columns: dict[str, str] = {}
        self.is_read = True  # no key of it is misspelt: that is told already


def check(checker: Checker) -> None:
    known = {name: tables(checker, name, entry) for name, entry in checker.section("places").items()}
    for name, entry in checker.section("places").items():
        if not entry.broken:
            _addressed(checker, name, entry)
            _tables(checker, entry, known[name])
    for name, entry in checker.section("moments").items():
        _moment(checker, name, entry, known)
    running = {place.text("by") for place in checker.section("places").values()}
    is_lost = "places" in checker.document.lost or any(one.broken for one in checker.section("places").values())
    for name, entry in checker.section("disclose").items():
        _in_its_places(checker, name, entry, runs_some=name in running or is_lost)


def cover(checker: Checker) -> None:
    """What only the whole file can show: our own store, and a column for each datum that a database holds."""
    places = checker.section("places")
    kinds = {entry.text("kind") for entry in places.values()}
    first: dict[str, str] = {}
    for name, entry in places.items():
        if entry.text("kind") in OWN and (other := first.setdefault(entry.text("kind"), name)) != name:
            sentence = f"“{name}” and “{other}” are both {words.PLACE_KINDS[entry.text('kind')]}: there is one."
            checker.bad(entry.mark, "twin-place", sentence, "Make them one place, or say of which other kind it is.")
    if places and "ours" not in kinds | places.keys():  # one that is called so and is another is told already
        mark = next(iter(places.values())).mark
        sentence = "No place is of kind “ours”, and what troth itself takes in and writes down lives there."
        checker.bad(mark, "no-ours", sentence, "Add `ours: {kind: ours, holds: …, in: GB}`.", "UK GDPR Art 13(1)(f)")
    for name, entry in places.items():
        if entry.text("kind") == "sql" and entry.has("tables"):
            _columns(checker, name, entry)
    if kinds & {*OWN}:
        _taken_in(checker)


def tables(checker: Checker, place: str, entry: Entry) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for path, item in entry.pairs("tables").items():
        name, key, column = [*path.split("\t"), "", ""][:3]
        mark = checker.reader.key_marks.get(f"places/{place}/tables/{name}", item.mark)
        table = found.setdefault(name, Table(name, mark))
        if column and key == "columns":
            table.columns[column] = item.text
        elif key == "person by":
            table.by = item
        else:
            table.is_read = False
    return found


def _addressed(checker: Checker, name: str, entry: Entry) -> None:
    """Only a database has tables, and only what a program asks has an address. Our own store is called ours alone."""
    kind = entry.text("kind")
    if kind == "sql" and not entry.says("tables"):
        sentence = f"“{name}” is a database, and nothing says in which tables it holds what."
        help = "Add `tables:`, each with `person by` and `columns`; or write `kind: by hand`, and a hand looks there."
        checker.bad(entry.mark, "no-tables", sentence, help, "UK GDPR Art 15")
    for key, kinds in (("tables", ("sql",)), ("secret", ("sql", "http"))):
        if entry.has(key) and kind not in kinds:
            sentence = f"“{name}” is {words.PLACE_KINDS[kind]}, and nothing reads `{key}` there."
            checker.bad(entry.at(key), "said-in-vain", sentence, "Take it out, or say which other kind it is.")
    for item in entry.texts("holds"):
        if item.text in checker.section("data") and checker.form(item.text) == "never stored":
            sentence = f"“{item.text}” is never stored, so “{name}” holds nothing of it."
            checker.bad(item.mark, "said-in-vain", sentence, "Take it out, or say under `data` how it is stored.")
    if name in OWN and kind != name:
        sentence = f"“{name}” is {words.PLACE_KINDS[kind]}, under the name of {words.PLACE_KINDS[name]}."
        checker.bad(entry.mark, "reserved-name", sentence, f"Give it another name, or write `kind: {name}`.")


def _tables(checker: Checker, entry: Entry, known: dict[str, Table]) -> None:
    if entry.text("kind") != "sql":
        return
    for name, table in known.items():
        if table.by is not None:
            _found_by(checker, table, table.by, known)
        elif table.columns and table.is_read:
            sentence = f"Nobody says by which column people are found in “{name}”."
            help = "Add `person by:` and a column, or another table's, as Customer.Email via CustomerId."
            checker.bad(table.mark, "no-person-by", sentence, help, "UK GDPR Art 15")


def _found_by(checker: Checker, table: Table, by: Text, known: dict[str, Table]) -> None:
    named, via, key = by.text.partition(VIA)
    if not via:
        return _is_column(checker, table, by, named)
    other, _, column = named.partition(".")
    if other not in known:
        help = suggest(other, known, "Write it as Customer.Email via CustomerId, and the table under `tables`.")
        sentence = f"“{table.name}” finds people by way of “{other}”, which is no table of this place."
        return checker.bad(by.mark, "unknown-table", sentence, help)
    direct = known[other].by
    if direct is not None and VIA not in direct.text and column and key.strip():
        return None  # the join is named, and the person by the other table
    return _is_column(checker, known[other], by, column)


def _is_column(checker: Checker, table: Table, by: Text, column: str) -> None:
    """People are found by a value that they have proved to be theirs: so the column holds a datum that names them."""
    if column not in table.columns:
        help = suggest(column, table.columns, f"Name one of the `columns` of “{table.name}”, or add it there.")
        sentence = f"People are found by “{by.text}”, and no datum stands in such a column of “{table.name}”."
        return checker.bad(by.mark, "unknown-column", sentence, help) if table.is_read else None
    datum = checker.section("data").get(table.columns[column])
    kind = words.KINDS.get(datum.text("is")) if datum is not None else None
    if kind is not None and not kind.identifies:
        sentence = f"People are found by “{by.text}”, which holds the kind “{kind.name}”: that names nobody alone."
        help = "Name the column that holds their email address, or another datum that identifies a person."
        checker.bad(by.mark, "finds-nobody", sentence, help, "UK GDPR Art 15")
    return None


def _columns(checker: Checker, name: str, entry: Entry) -> None:
    standing = {item.text for item in entry.pairs("tables").values()}
    stored = (field for field in checker.place_data[name] if checker.form(field) != "never stored")
    if lost := sorted(set(stored) - standing):
        listed = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
        sentence = f"“{name}” holds {listed}, and no column of its tables says where."
        help = "Add it under `columns`, or take it out of `holds`."
        checker.bad(entry.at("holds"), "no-column", sentence, help, "UK GDPR Art 15")


def _taken_in(checker: Checker) -> None:
    """What a form, a tag or a pixel brings lands in our own stores: a place elsewhere is a copy of it, or no truth."""
    places = checker.section("places")
    held = frozenset[str]().union(*(checker.place_data[one] for one in places))
    own = frozenset[str]().union(*(checker.place_data[one] for one in places if places[one].text("kind") in OWN))
    for name, entry in checker.section("collect").items():
        taken = checker.point_needs[name] | checker.point_may[name] if entry.text("by") in OURSELVES else frozenset()
        away = sorted(field for field in taken & held - own if checker.form(field) != "never stored")
        if away:
            sentence = f"“{name}” takes {', '.join(away)} into our own store, and none of our own places holds it."
            help = "Add it to the `holds` of the place of kind ours."
            checker.bad(entry.mark, "no-place", sentence, help)


def _moment(checker: Checker, name: str, entry: Entry, tabled: dict[str, dict[str, Table]]) -> None:
    """A moment is known from a column of a table that a database of the policy has, or nobody ever hears of it."""
    known, places = checker.section("places"), checker.document.names("places")
    source = Text(entry.text("known from"), entry.at("known from"))
    place, _, rest = source.text.partition(".")
    if source.text == "ours" and name not in SEEN:
        sentence = f"“{name}” is no moment that troth itself sees come."
        help = "Write page, desk, api, or place.table.column."
        checker.bad(source.mark, "unknown-moment-source", sentence, help)
    if rest.count(".") != 1 or place not in places or place not in known or known[place].broken:
        return
    there, (table, column) = tabled[place], rest.split(".")
    if known[place].text("kind") != "sql":
        sentence = f"“{name}” is known from “{place}”, which is no database that troth can ask."
        checker.bad(
            source.mark, "unknown-moment-source", sentence, "Write page, desk or api, or name a place of kind sql."
        )
    elif known[place].has("tables") and (table not in there or not column.strip()):
        sentence = f"“{name}” is known from “{source.text}”, and “{place}” has no such table and column."
        help = suggest(table, there, f"Add the table to “{place}”, or write page, desk or api.")
        checker.bad(source.mark, "unknown-moment-source", sentence, help)


def _in_its_places(checker: Checker, name: str, entry: Entry, *, runs_some: bool) -> None:
    """A place that did not read may be one of its own."""
    for item in entry.texts("data"):
        if item.text == IN_ITS_PLACES and not entry.broken:
            role = words.ROLES.get(entry.text("as"))
            if role is not None and role.for_itself:
                sentence = f"Who acts for itself gets its data named one by one, not as “{IN_ITS_PLACES}”."
                checker.bad(item.mark, "star-disclosed", sentence, "Name the data, one by one.")
            elif not runs_some:
                sentence = f"“{name}” gets what is in its places, and runs none."
                help = f"Say `by: {name}` at a place, or name the data here."
                checker.bad(item.mark, "no-place-of-its", sentence, help)
