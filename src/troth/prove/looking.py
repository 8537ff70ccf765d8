"""Looking: what lies in our own store and event files, read as an auditor would, by the bytes.

Everything here is read-only and opens no sealed value.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Exists, OuterRef, Q

from troth.ledger import segments
from troth.parties import editions
from troth.places import beside
from troth.places.events import STEP
from troth.policy.plan import Plan

PEOPLE = 500  # people of a client whom a probe follows one by one
SAMPLE = 2000  # newest events of a file that a probe looks at


@functools.lru_cache(maxsize=64)
def plan_of(client: str, edition: int) -> Plan:
    """The plan under which something was taken in."""
    return editions.numbered(client, edition).plan


class Stored(msgspec.Struct, frozen=True):
    """Values that are alike: where they came in, under which edition, whether they begin as what is sealed does and are
    as long as the least of that. ``first``: the id of the oldest."""

    field: str
    rule: str
    point: str
    edition: int
    marked: bool
    whole: bool
    number: int
    first: int


LEAST: Final = 37  # bytes of a sealed value of which nothing is said: format, key id, nonce, tag


def values(client: str) -> list[Stored]:
    sql = (
        "SELECT v.field, v.rule, t.point, t.edition, substr(v.sealed, 1, 1) = x'01' AS marked,"
        " length(v.sealed) >= %s AS whole, count(*), min(v.id) FROM people_value v"
        " JOIN people_terms t ON t.id = v.terms_id WHERE v.client_id = %s GROUP BY 1, 2, 3, 4, 5, 6"
    )
    return [
        Stored(field, rule, point, edition, bool(marked), bool(whole), number, first)
        for field, rule, point, edition, marked, whole, number, first in _rows(sql, [LEAST, client])
    ]


SEALED: Final = (  # beside values and keys, what rooms seal of somebody: table, column, and who has the client
    ("answer_requestrow", "detail", "client"),
    ("answer_decision", "reasons", "client"),
    ("people_look", "sealed", "client_id"),
    ("keep_erasure", "subject", "client"),
    ("keep_handed", "found", "client"),
    ("keep_chore", "evidence", "client"),
    ("keep_telling", "whom", "client"),
    ("keep_telling", "evidence", "client"),
    ("keep_task", "evidence", "(SELECT client FROM keep_erasure WHERE id=erasure_id)"),
)


def sealed_beside(client: str) -> tuple[int, int]:
    """How many letters and other words of people stand sealed, and how many do not."""
    seen = opened = 0
    for table, column, whose in SEALED:
        sql = (
            f"SELECT count(*), coalesce(sum(substr(CAST({column} AS BLOB), 1, 1) <> x'01'), 0) FROM {table}"  # noqa: S608
            f" WHERE {whose}=%s AND length({column}) > 0"
        )
        many, bare = next(_rows(sql, [client]))
        seen, opened = seen + int(many), opened + int(bare)
    return seen, opened


def _rows(sql: str, parameters: list[Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while chunk := cursor.fetchmany(500):
            yield from chunk


def count(sql: str, *parameters: Any) -> int:
    """One number of our own database."""
    return int(next(_rows(sql, list(parameters)))[0])


def yeses(client: str) -> Iterator[tuple[int, str]]:
    """(edition, fingerprint) of each yes."""
    yield from _rows("SELECT edition, key FROM people_choice WHERE client_id=%s AND state", [client])


def identities(client: str) -> Iterator[tuple[int, str, bytes, bool]]:
    """(person, field, blind index, verified) of each key by which somebody is known."""
    sql = "SELECT person_id, field, blind, verified_at IS NOT NULL FROM people_identity WHERE client_id=%s"
    for person, field, blind, verified in _rows(sql, [client]):
        yield int(person), field, bytes(blind or b""), bool(verified)


def values_of(client: str, fields: Iterable[str]) -> int:
    """How many values stand of these fields, by whatever name the rule had under which they came."""
    sql = "SELECT count(*) FROM people_value WHERE client_id=%s AND field IN (SELECT value FROM json_each(%s))"
    return count(sql, client, json.dumps(sorted(fields)))


class EventFile(msgspec.Struct, frozen=True):
    """One span file as it lies on the disk."""

    path: Path
    rule: str
    span: str
    events: int
    reads: bool = True


UNREADABLE: Final = "what nobody can read"  # in the place of the names that an event says


def event_files(client: str) -> Iterator[EventFile]:
    for path in sorted((Path(settings.DATA) / "events" / client).glob("*/*.db")):
        with unless_dropped(path):
            if (file := _event_file(path)) is not None:
                yield file


def _event_file(path: Path) -> EventFile | None:
    """None for one in which nothing stands yet. What is no file of events hides nothing of the others."""
    try:
        with closing(beside.read_only(path)) as db:
            rule = db.execute("SELECT value FROM meta WHERE name='rule'").fetchone()
            events = db.execute("SELECT coalesce(sum(n), 0) FROM event").fetchone()[0]
        return EventFile(path, bytes(rule[0]).decode() if rule else "", path.stem, int(events))
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    except (sqlite3.DatabaseError, TypeError, ValueError):
        return EventFile(path, "", path.stem, 0, reads=False)


@contextmanager
def unless_dropped(path: Path) -> Iterator[None]:
    """A file that a sweep drops while somebody looks holds nothing any more, and stops nobody's look."""
    try:
        yield
    except sqlite3.OperationalError:
        if path.exists():
            raise


def clear_fields(file: EventFile) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(point, edition, the clear values) of the newest events of a file. A cell's step is worked out and no datum."""
    with closing(beside.read_only(file.path)) as db:
        rows = db.execute("SELECT point, edition, clear FROM event ORDER BY rowid DESC LIMIT ?", (SAMPLE,)).fetchall()
    for point, edition, clear in rows:
        yield point, int(edition), {name: value for name, value in _said(clear).items() if name not in STEP}


def _said(clear: object) -> dict[str, Any]:
    """What an event says in clear. What no program of ours wrote there is not declared, either."""
    try:
        said = json.loads(str(clear))
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {UNREADABLE: None}


def editions_of(file: EventFile) -> dict[int, dt.datetime]:
    """The editions under which the events of a file came in, each with the moment of its first."""
    with closing(beside.read_only(file.path)) as db:
        rows = db.execute("SELECT edition, min(at) FROM event GROUP BY edition").fetchall()
    return {int(edition): dt.datetime.fromtimestamp(at, dt.UTC) for edition, at in rows}


def tables() -> set[str]:
    """Every table of our own database."""
    return {row[0] for row in _rows("SELECT name FROM sqlite_master WHERE type = 'table'", [])}


class Erased(msgspec.Struct, frozen=True):
    """An erasure that was said to be done: whom it was for, when it ended (as stored), places not asked again."""

    persons: tuple[int, ...]
    finished: str
    unasked: int


def erasures(client: str) -> list[Erased]:
    rows = _rows(
        "SELECT e.persons, e.finished, (SELECT count(*) FROM keep_task t WHERE t.erasure_id=e.id AND NOT t.again)"
        " FROM keep_erasure e WHERE e.client=%s AND e.step='done'",
        [client],
    )
    return [Erased(tuple(json.loads(persons)), str(finished), unasked) for persons, finished, unasked in rows]


def of_people(client: str) -> tuple[int, int]:
    """How many rows there are about this client's people, and how many of them are another client's."""
    total = crossing = 0
    for model in apps.get_app_config("people").get_models():
        if {"client", "person"} <= {field.name for field in model._meta.get_fields()}:
            rows = model._default_manager.filter(person__client_id=client)
            total += rows.count()
            crossing += rows.exclude(client_id=client).count()
    return total, crossing


def persons_with_values(client: str) -> set[int]:
    return {row[0] for row in _rows("SELECT DISTINCT person_id FROM people_value WHERE client_id=%s", [client])}


def fields_before(client: str, person: int, moment: str) -> list[str]:
    """The field of each value of this person that was written before ``moment`` and still stands."""
    sql = "SELECT field FROM people_value WHERE client_id=%s AND person_id=%s AND written_at < %s"
    return [row[0] for row in _rows(sql, [client, person, moment])]


def keys_before(client: str, person: int, moment: str) -> list[str]:
    """The field of each key made before ``moment`` by which this person can still be found."""
    sql = "SELECT field FROM people_identity WHERE client_id=%s AND person_id=%s AND made < %s AND length(blind) > 0"
    return [row[0] for row in _rows(sql, [client, person, moment])]


def persons_before(client: str, edition: int) -> set[int]:
    """Whoever gave us something under an earlier edition than this."""
    sql = (
        "SELECT DISTINCT v.person_id FROM people_value v JOIN people_terms t ON t.id = v.terms_id"
        " JOIN people_person p ON p.id = v.person_id WHERE v.client_id=%s AND t.edition < %s AND NOT p.canary"
    )
    return {row[0] for row in _rows(sql, [client, edition])}


def claimed(client: str) -> int:
    """How many keys are called proved, of which the ledger has no proof: somebody wrote so into the row."""
    sql = (
        "SELECT count(*) FROM people_identity i WHERE client_id=%s AND verified_at IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM ledger_entry e WHERE e.number=i.entry AND e.client=i.client_id AND e.act='identity-proved')"
    )
    return count(f"{sql} AND NOT i.entry BETWEEN 1 AND %s", client, _gone())


def ended_unwritten(client: str, kind: str) -> list[str]:
    """The name of each restriction or hold that ended, of whose end the ledger has no entry."""
    act = {"restriction": "unrestricted", "hold": "unheld"}[kind]
    entry = apps.get_model("ledger", "Entry").objects.filter(number=OuterRef("end_entry"), client=client, act=act)
    rows = apps.get_model("people", "Standing").objects.filter(client_id=client, kind=kind, ended__isnull=False)
    lost = rows.exclude(Q(Exists(entry)) | Q(end_entry__gte=1, end_entry__lte=_gone()))
    return list(lost.values_list("name", flat=True))


def revived(client: str) -> int:
    """How many roles the ledger saw taken back, and no row says that they ended."""
    taken = Counter(_referred(client, "staff-removed", "staff"))
    rows = apps.get_model("parties", "StaffGrant").objects.filter(client_id=client, ended__isnull=False)
    return (taken - Counter(rows.values_list("staff__ref", flat=True))).total()


def granted_unwritten(client: str) -> int:
    """How many roles stand of which the ledger has no grant: somebody let themselves, or somebody else, in."""
    refs = {"client": client, "act": "staff-added", "refs__contains": OuterRef("staff__ref")}
    entry = apps.get_model("ledger", "Entry").objects.filter(number=OuterRef("entry"), **refs)
    rows = apps.get_model("parties", "StaffGrant").objects.filter(client_id=client, ended=None)
    return int(rows.exclude(Q(Exists(entry)) | Q(entry__gte=1, entry__lte=_gone())).count())


def _gone() -> int:
    """The last entry that went with its month, as the policy says; 0 for none. What was written under those stands."""
    return segments.begin().first - 1


def _told(client: str) -> Q:
    """Tellings of which the ledger has an entry beside what it says of their request."""
    refs = {"client": client, "act__in": ("sent", "request-step"), "refs__contains": OuterRef("reference")}
    entry = apps.get_model("ledger", "Entry").objects.filter(number=OuterRef("entry"), **refs)
    return Q(Exists(entry)) | Q(entry__gte=1, entry__lte=_gone())


def proved_before(client: str, moment: dt.datetime) -> list[tuple[int, str]]:
    """(person, field) of each key that was proved before a moment."""
    sql = "SELECT person_id, field FROM people_identity WHERE client_id=%s AND verified_at < %s"
    return [(int(person), field) for person, field in _rows(sql, [client, moment])]


OPEN: Final = "not told yet"  # of a telling
CORRECTED: Final = "Corrected"  # the outcome of a request to correct that changed something


def to_be_told(client: str) -> set[str]:
    """References of what recipients must be told of: erasures that began, values put right, use that was stopped."""
    since = _since("keep", "0003_recipients_are_tried_again")
    asked = apps.get_model("answer", "RequestRow").objects.filter(client=client, opened__gte=since)
    over = asked.filter(Q(right="rectify", outcome=CORRECTED) | Q(right__in=("object", "restrict")))
    erasures = apps.get_model("keep", "Erasure").objects.filter(client=client, opened__gte=since)
    begun = set(erasures.exclude(step="places").values_list("reference", flat=True))
    return {*over.values_list("reference", flat=True), *(begun & set(asked.values_list("reference", flat=True)))}


def _since(app: str, migration: str) -> dt.datetime:
    """The moment from which this installation writes something down: what is older was never to be looked for."""
    found = MigrationRecorder.Migration.objects.filter(app=app, name=migration).values_list("applied", flat=True)
    return found.first() or dt.datetime.min.replace(tzinfo=dt.UTC)


def noted(client: str, what: str = "recipients") -> dict[str, int]:
    """By reference, how many recipients (or places) were found each time it was looked up: as the ledger has it."""
    sql = "SELECT refs, counts FROM ledger_entry WHERE client=%s AND act='request-step' AND counts LIKE %s"
    found: dict[str, int] = {}
    for refs, counts in _rows(sql, [client, f'%"{what}"%']):
        reference = str(json.loads(refs).get("request", ""))
        found[reference] = found.get(reference, 0) + int(json.loads(counts)[what])
    return found


class ToTell(msgspec.Struct, frozen=True):
    """One recipient of one request: whether they know, since when they should, when they are tried next."""

    reference: str
    recipient: str
    known: bool
    opened: dt.datetime
    next: dt.datetime | None


def tellings(client: str) -> list[ToTell]:
    rows = apps.get_model("keep", "Telling").objects.filter(client=client, place="")
    told = set(rows.exclude(state=OPEN).filter(_told(client)).values_list("pk", flat=True))
    return [ToTell(one.reference, one.recipient, one.pk in told, one.opened, one.next) for one in rows]


class Shut(msgspec.Struct, frozen=True):
    """One place outside that is to keep something unused: for which request, how it stands, and since when. ``still``:
    whoever it is about is restricted to this day."""

    reference: str
    place: str
    state: str
    opened: dt.datetime
    still: bool


def shut(client: str, why: tuple[str, ...] = ("restrict",)) -> list[Shut]:
    """Those that are told of a restriction; ``why`` with *lifted*: of its end, too."""
    rows = apps.get_model("keep", "Telling").objects.filter(client=client, why__in=why).exclude(place="")
    asked = dict(
        apps.get_model("answer", "RequestRow").objects.filter(client=client).values_list("reference", "person")
    )
    live = apps.get_model("people", "Standing").objects.filter(client_id=client, kind="restriction", ended=None)
    restricted = set(live.values_list("person_id", flat=True))
    told = set(rows.filter(_told(client)).values_list("pk", flat=True))
    return [
        Shut(
            one.reference,
            one.place,
            one.state if one.pk in told else OPEN,
            one.opened,
            asked.get(one.reference) in restricted,
        )
        for one in rows
    ]


class Chore(msgspec.Struct, frozen=True):
    """A place and month in which a hand was to forget what was due, and when somebody said that it did: None also
    where the ledger has no entry of theirs. How they know it is sealed, and stays so."""

    place: str
    month: str
    said: dt.datetime | None


def chores(client: str) -> list[Chore]:
    """Of every month that is remembered, the earliest first."""
    theirs = {"client": client, "act": "erased", "place": OuterRef("place"), "actor": OuterRef("by")}
    entry = apps.get_model("ledger", "Entry").objects.filter(number=OuterRef("entry"), **theirs)
    rows = apps.get_model("keep", "Chore").objects.filter(client=client).annotate(written=Exists(entry))
    return [Chore(one.place, one.month, one.done if one.written else None) for one in rows.order_by("month", "place")]


def known_requests(client: str) -> set[str]:
    """References that are kept to this day."""
    return set(apps.get_model("answer", "RequestRow").objects.filter(client=client).values_list("reference", flat=True))


def unended(client: str) -> tuple[list[str], list[str]]:
    """Of requests that the ledger saw begin and not end: references of those of which no row is left, and the right of
    each whose row says that it ended."""
    begun = {*_referred(client, "request-opened", "request")} - {*_referred(client, "request-closed", "request")}
    rows = apps.get_model("answer", "RequestRow").objects.filter(client=client, reference__in=sorted(begun))
    gone = begun - set(rows.values_list("reference", flat=True))
    return sorted(gone), list(rows.exclude(state="open").values_list("right", flat=True))


def _referred(client: str, act: str, kind: str) -> list[str]:
    """To what the entries of an act refer."""
    rows = _rows("SELECT refs FROM ledger_entry WHERE client=%s AND act=%s", [client, act])
    return [str(json.loads(refs).get(kind, "")) for (refs,) in rows]


def refused(client: str, outcomes: tuple[str, ...]) -> set[str]:
    """References of requests that ended with one of these outcomes."""
    rows = apps.get_model("answer", "RequestRow").objects.filter(client=client, state="closed", outcome__in=outcomes)
    return set(rows.filter(opened__gte=_since("answer", "0004_decisions")).values_list("reference", flat=True))


def stepped(client: str, what: str) -> dict[str, dt.datetime]:
    """By reference, when a step was taken last."""
    rows = apps.get_model("answer", "RequestStep").objects.filter(request__client=client, what=what).order_by("at")
    return dict(rows.values_list("request__reference", "at"))


class Decided(msgspec.Struct, frozen=True):
    """One decision in force about a request, with the request's right and the day by which it was to be answered."""

    reference: str
    right: str
    kind: str
    ground: str
    by: str
    second: str
    opened: dt.datetime
    told: dt.datetime | None
    due: dt.datetime


def decisions(client: str) -> list[Decided]:
    """Every decision that was made: not what still waits for a second person, nor what nobody agreed to."""
    requests = {row.reference: row for row in apps.get_model("answer", "RequestRow").objects.filter(client=client)}
    rows = apps.get_model("answer", "Decision").objects.filter(client=client).exclude(state__in=("waits", "dropped"))
    return [
        Decided(row.reference, asked.right, row.kind, row.ground, row.by, row.second, row.opened, row.told, asked.due)
        for row in rows
        if (asked := requests.get(row.reference)) is not None
    ]


class Heard(msgspec.Struct, frozen=True):
    """A request that came another way than the page: its day, what was seen, and whether something is still sealed."""

    reference: str
    through: str
    came: dt.date
    shown: bool
    may: bool
    made: bool
    sealed: bool


def heard(client: str) -> list[Heard]:
    sealed = set(
        apps.get_model("answer", "RequestRow")
        .objects.filter(client=client, detail__isnull=False)
        .values_list("reference", flat=True)
    )
    rows = apps.get_model("answer", "Heard").objects.filter(client=client)
    return [
        Heard(
            one.reference,
            one.through,
            one.came,
            bool(one.shown),
            bool(one.may),
            bool(one.made),
            one.reference in sealed,
        )
        for one in rows
    ]


class Complained(msgspec.Struct, frozen=True):
    """A complaint: when it came, by when it is acknowledged and when it was, when they last heard, whether it ended."""

    opened: dt.datetime
    by_day: dt.datetime | None
    acknowledged: dt.datetime | None
    heard: dt.datetime | None
    told: dt.datetime | None
    closed: bool


def complaints(client: str) -> list[Complained]:
    """Every complaint since complaints have a clock here; one without its clock is among them."""
    since = _since("answer", "0006_heard_and_complaints")
    asked = apps.get_model("answer", "RequestRow").objects.filter(client=client, right="complain")
    clocks = {row.reference: row for row in apps.get_model("answer", "Complaint").objects.filter(client=client)}
    found = []
    for row in asked:
        one = clocks.get(row.reference)
        if one is not None:
            times = (one.by_day, one.acknowledged, one.heard, one.told)
            found.append(Complained(row.opened, *times, row.state == "closed"))
        elif row.opened >= since:
            found.append(Complained(row.opened, None, None, None, None, row.state == "closed"))
    return found
