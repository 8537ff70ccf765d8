"""The event store: one small SQLite file for each client, keep rule and span, so that forgetting a span is dropping it.

The span is a UTC day, or a month where the promise is 13 months or longer (UK GDPR Art 5(1)(e)). What identifies
somebody is sealed under a key of the file's own; the sealer keeps that key wrapped elsewhere and can destroy it.
Only the serving process may open these files: a commit into a file that another process unlinked is lost silently.
"""

from __future__ import annotations

import collections
import contextlib
import datetime as dt
import functools
import hashlib
import hmac
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, Protocol, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import DatabaseError

from troth.places import beside
from troth.places.keyfile import write_whole
from troth.policy import decoding
from troth.policy.plan import Rule
from troth.policy.problems import Trouble

ACCEPTED: Final = 48 * 3600  # seconds: an event older than this is refused, so a retry is looked for no further back
AHEAD: Final = 3600  # seconds that a sender's clock may be ahead of ours
STEP: Final = frozenset({"entry", "page before"})  # worked out and no datum: a datum's name has a dot
TURNED_AWAY: Final = "turned away"  # the pseudo-rule under which counts stand when a commit stored no event
_SPAN: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]|29|3[01]))?")
TO_OVERWRITE: Final = "to overwrite"  # a note in a file: rows went, and stand on the disk still
CLOSED: Final = "closed"  # beside the files of a rule: the last span that was dropped
UNREADABLE: Final = (sqlite3.Error, InvalidTag, msgspec.MsgspecError)  # what a file raises that a disk has broken
TURN: Final = 0.0002  # seconds: a lock that is let go and taken at once lets nobody in
EVER: Final = 2**53  # a second that never comes
NO_EVENT: Final = 0  # the edition of a file in which no event stands any more
_OPEN_FILES: Final = 64
_NAMES: Final = 4096  # pseudonyms of one open file that are remembered
_SCHEMA: Final = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE event(
  scope BLOB NOT NULL, id BLOB NOT NULL, at INTEGER NOT NULL, surface TEXT NOT NULL, point TEXT NOT NULL,
  edition INTEGER NOT NULL, uses TEXT NOT NULL, who BLOB, sealed BLOB, clear TEXT NOT NULL, UNIQUE(scope, id));
CREATE INDEX event_who ON event(who) WHERE who IS NOT NULL;
CREATE TABLE batch(number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, counts TEXT NOT NULL,
  ledgered INTEGER NOT NULL DEFAULT 0);
"""
_CELLS: Final = """
ALTER TABLE event ADD COLUMN n INTEGER NOT NULL DEFAULT 1;
CREATE TABLE seen(id BLOB PRIMARY KEY) WITHOUT ROWID;
INSERT OR IGNORE INTO seen SELECT id FROM event WHERE scope=x'' AND sealed IS NULL;
"""
_KEYS: Final = (
    "SELECT DISTINCT said.key, event.who FROM event, json_each(event.clear) AS said"
    " WHERE said.key IN (SELECT key FROM json_each(:names)) AND (:edition IS NULL OR event.edition=:edition)"
    " AND EXISTS(SELECT 1 FROM json_each(:names) AS due WHERE due.key=said.key AND event.at<due.value)"
)
_SOME: Final = (  # not by rowid: a VACUUM between two readings numbers the rows anew
    "SELECT scope, id, who, clear, sealed, n, at FROM event WHERE (:edition IS NULL OR edition=:edition)"
    " AND (scope, id)>(:scope, :id) AND at>=:since AND at<:before ORDER BY scope, id LIMIT 2000"
)
_SOME_OF: Final = (
    "SELECT scope, id, who, clear, sealed, n, at FROM event WHERE edition=:edition"
    " AND scope=:scope AND id>:id AND at>=:since AND at<:before ORDER BY id LIMIT 2000"
)
_MANY: Final = "SELECT count(*), coalesce(sum(n), 0) FROM event WHERE edition=:edition AND at>=:since AND at<:before"
_READ: Final = "SELECT id, at, surface, point, edition, uses, sealed, clear, n FROM event WHERE "
_UNDER: Final = (  # an object of JSON with the editions, each with the second before which its events came, or null
    " FROM event WHERE (:under IS NULL OR EXISTS(SELECT 1 FROM json_each(:under)"
    " WHERE CAST(key AS INTEGER)=edition AND (value IS NULL OR at<value))) AND "
)
_DELETE: Final = "DELETE" + _UNDER
_SAID: Final = "SELECT rowid, id, clear, sealed" + _UNDER
_NUMBER: Final = "SELECT coalesce(sum(n), 0)" + _UNDER
_encode = msgspec.json.encode
Value = str | int | float | bool
Stays = Mapping[str, frozenset[str]]  # by browser: the fields of its events that a hold stands over
Cuts = Mapping[int, int | None]  # by edition: the second (UTC) before which its events came; None: whenever they did
Over = Mapping[str, int | None]  # by field: the second (UTC) before which its events came; None: whenever they did
Under = Cuts | None  # only what came in so; None: all there is
_Cell = tuple[int, str, str, int, str, str]  # at, surface, point, edition, uses, what it says in clear
_After = tuple[bytes, bytes]  # the event up to which was read: scope, id
_Said = tuple[bytes, bytes, bytes | None, str, bytes | None, int, int]  # scope, id, who, clear, sealed, n, at
_K = TypeVar("_K", int, str)


class KeyGone(Exception):
    """The sealer holds no key for this file: it was destroyed, and the file is only to be unlinked."""


class Sealer(Protocol):
    """Keeps one key for each file apart from it, and destroys it. The room that has the vault fills this in."""

    def seal(self, client: str, file: str, plain: bytes) -> bytes: ...
    def open(self, client: str, file: str, sealed: bytes) -> bytes: ...  # raises KeyGone
    def destroy(self, client: str, file: str) -> bool: ...  # False: not finished, ask again


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One event under one keep rule. ``browser`` is empty in a row that may follow nobody (exempt statistics).

    Such rows, when nothing in them is sealed, are no rows of their own: equal ones are one cell with a count.
    """

    rule: str
    span: Literal["day", "month"]
    id: bytes
    at: int
    surface: str
    point: str
    edition: int
    uses: tuple[str, ...]
    first: bool = True  # the row that counts its event: an event under two rules is two rows and one event
    browser: str = ""
    sealed: dict[str, Value] = {}
    clear: dict[str, Value] = {}

    @property
    def is_cell(self) -> bool:
        return not self.browser and not self.sealed


class Lot(msgspec.Struct, kw_only=True):
    """What one request brings for one client: rows to store and counts of what was dropped, by reason."""

    client: str
    rows: list[Row]
    counts: dict[str, int]


class Outcome(msgspec.Struct):
    """What became of a commit: ``failed`` are places of lots; counts are of what is durable now."""

    failed: set[int] = set()
    counts: dict[str, int] = {}

    def add(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event as read back, or a cell: as many equal events as ``count`` says, of which none has a row."""

    rule: str
    span: str
    at: int
    surface: str
    point: str
    edition: int
    uses: tuple[str, ...]
    values: dict[str, Value]
    count: int = 1
    step: dict[str, Value] = {}  # of a cell: ``entry``, and ``page before`` where there was one


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Batches of one file that the ledger has not taken up yet."""

    client: str
    file: str
    first: int
    last: int
    counts: dict[str, int]


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """How many events of a span lost a part, or would; how many were read to know it. ``later``: how many there are to
    be read, where they are too many now. ``unread``: the file cannot be read, or not to its end."""

    events: int = 0
    read: int = 0
    later: int = 0
    unread: bool = False


class _Pass(msgspec.Struct, frozen=True, kw_only=True):
    """Whose events are read (None: everybody's), and of each field from which second on and before which."""

    whose: bytes | None
    fields: dict[str, tuple[int, int]]

    @property
    def start(self) -> _After:
        return (self.whose or b"", b"")

    @property
    def range(self) -> tuple[int, int]:
        return min(since for since, _ in self.fields.values()), max(before for _, before in self.fields.values())


class _Stripping(msgspec.Struct, kw_only=True):
    """What is to be taken out of events of an edition, and what stays of whom."""

    edition: int
    kept: dict[bytes | None, frozenset[str]]
    passes: list[_Pass]
    met: dict[bytes, frozenset[str]] = {}  # what was met and stayed


def span_of(rule: Rule) -> Literal["day", "month"]:
    """A day for every period under 13 months, so that nothing outlives its promise by more than a day."""
    months = {"hours": 0.0, "days": 1 / 31, "weeks": 7 / 31, "months": 1.0, "years": 12.0}
    shortest = 1e9
    for end in rule.ends:
        if end.shape in ("browser closes", "never stored"):
            return "day"
        if end.span is not None:
            shortest = min(shortest, end.span.count * months[end.span.unit])
    return "day" if shortest < 13 else "month"


def slug(rule: str) -> str:
    """A folder name for a rule: readable, and unique because two selectors may read alike."""
    return (
        re.sub(r"[^a-z0-9]+", "-", rule.lower()).strip("-")[:40] + "-" + hashlib.sha256(rule.encode()).hexdigest()[:6]
    )


def span_name(kind: str, at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%d" if kind == "day" else "%Y-%m")


def _kind(span: str) -> str:
    return "day" if len(span) == 10 else "month"


@functools.lru_cache(16)
def _began(span: str) -> float:
    return dt.datetime(int(span[:4]), int(span[5:7]), int(span[8:] or 1), tzinfo=dt.UTC).timestamp()


def span_end(span: str) -> dt.datetime:
    """The first moment after a span, in UTC."""
    year, month = int(span[:4]), int(span[5:7])
    if len(span) == 10:
        return dt.datetime(year, month, int(span[8:]), tzinfo=dt.UTC) + dt.timedelta(days=1)
    return dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)


def span_start(span: str) -> dt.datetime:
    """The first moment of a span, in UTC."""
    return dt.datetime.fromtimestamp(_began(span), dt.UTC)


def cuts(span: str, before: Mapping[_K, dt.datetime]) -> dict[_K, int | None]:
    """What of a span is meant by all that came in under each edition (or of each field) before a moment: a day is whole
    or not at all."""
    return {
        one: None if span_end(span) <= end else int(end.timestamp())
        for one, end in before.items()
        if span_end(span) <= end or (_kind(span) == "month" and _began(span) < end.timestamp())
    }


class _File:
    """One open span file with its key."""

    def __init__(self, path: Path, client: str, rule: str, sealer: Sealer) -> None:
        self.path, self.client, self.rule, self.span = path, client, rule, path.stem
        self.name = _name_of(path)
        self.db = self._connect()
        try:
            self._key(sealer)
        except BaseException:
            self.db.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = sqlite3.connect(self.path, timeout=2.0, isolation_level=None, check_same_thread=False)
        try:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY"):
                db.execute("PRAGMA " + pragma)
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name='batch'").fetchone():
                db.executescript("BEGIN IMMEDIATE;" + _SCHEMA + _CELLS + "COMMIT;")
            elif not db.execute("SELECT 1 FROM sqlite_master WHERE name='seen'").fetchone():
                db.executescript("BEGIN IMMEDIATE;" + _CELLS + "COMMIT;")
        except BaseException:
            db.close()
            raise
        return db

    def _key(self, sealer: Sealer) -> None:
        found = self.db.execute("SELECT value FROM meta WHERE name='key'").fetchone()
        if found is None:
            key = secrets.token_bytes(32)
            wrapped = sealer.seal(self.client, self.name, key)  # durable at the sealer before the first value is here
            self.db.execute("INSERT INTO meta VALUES('key', ?), ('rule', ?)", (wrapped, self.rule.encode()))
        else:
            key = sealer.open(self.client, self.name, bytes(found[0]))
        self._aes = AESGCM(key)
        self._who = _naming(key)
        self._cell = hmac.digest(key, b"troth cell", "sha256")
        self._names: dict[str, bytes] = {}

    def who(self, browser: str) -> bytes:
        """The browser's pseudonym in this file: it follows nobody into another file and dies with the key."""
        if (name := self._names.get(browser)) is None:
            if len(self._names) >= _NAMES:
                self._names.clear()
            name = self._names[browser] = _pseudonym(self._who, browser)
        return name

    def cell(self, cell: _Cell) -> bytes:
        """The name of a cell: its minute and a keyed digest of all that it says."""
        return (cell[0] * 1000).to_bytes(6, "big") + hmac.digest(self._cell, _encode(cell), "sha256")[:10]

    def add(self, cell: _Cell, number: int) -> None:
        """Count events in their cell."""
        at, surface, point, edition, uses, said = cell
        self.db.execute(
            "INSERT INTO event VALUES(x'',?,?,?,?,?,?,NULL,NULL,?,?)"
            " ON CONFLICT(scope, id) DO UPDATE SET n=n+excluded.n",
            (self.cell(cell), at, surface, point, edition, uses, said, number),
        )

    def put(self, row: Row) -> bool:
        """A row of its own; False if it is here."""
        scope = self.who(row.browser) if row.browser else b""
        sealed = {**row.sealed, "": row.browser} if row.browser else row.sealed
        done = self.db.execute(
            "INSERT OR IGNORE INTO event VALUES(?,?,?,?,?,?,?,?,?,?,1)",
            (
                scope,
                row.id,
                row.at,
                row.surface,
                row.point,
                row.edition,
                "\n".join(row.uses),
                scope or None,
                self.seal(row.id, sealed),
                _encode(row.clear).decode(),
            ),
        )
        return done.rowcount == 1

    def holds(self, row: Row) -> bool:
        """Whether an event of that id was stored or counted here."""
        if row.is_cell:
            return self.db.execute("SELECT 1 FROM seen WHERE id=?", (row.id,)).fetchone() is not None
        scope = self.who(row.browser) if row.browser else b""
        found = self.db.execute("SELECT 1 FROM event WHERE scope=? AND id=?", (scope, row.id))
        return found.fetchone() is not None

    def events(self) -> dict[int, int]:
        """How many events stand here by the edition under which they came in, those in cells counted each."""
        first, last, many = self.db.execute("SELECT min(edition), max(edition), sum(n) FROM event").fetchone()
        if first == last:  # nearly always, and nothing is to be sorted then
            return {first or NO_EVENT: many or 0}
        return dict(self.db.execute("SELECT edition, sum(n) FROM event GROUP BY edition"))

    def number(self, under: Under) -> int:
        """How many events came in so."""
        return int(self.db.execute(_NUMBER + "1", {"under": _which(under, b"")["under"]}).fetchone()[0])

    def staying(self, stays: Stays, under: Under = None) -> int:
        """How many events hold something that stays."""
        return sum(
            bool((clear.keys() | sealed.keys()) & fields)
            for browser, fields in stays.items()
            for _, _, clear, sealed in self._said(browser, under)
        )

    def thin(self, browser: str, stays: frozenset[str], under: Under = None) -> tuple[int, int]:
        """Delete a browser's events. One that holds what stays is sealed anew with that alone. How many went, and how
        many lost a part. Runs in a transaction."""
        if not stays:
            return self._delete("who=:who", under, self.who(browser)), 0
        gone = less = 0
        for number, event, clear, sealed in self._said(browser, under):
            names = clear.keys() | sealed.keys()
            if not names & stays:
                gone += self.db.execute("DELETE FROM event WHERE rowid=?", (number,)).rowcount
            elif names - stays - {""}:
                left = self.seal(event, {name: value for name, value in sealed.items() if name in stays or not name})
                said = _encode({name: value for name, value in clear.items() if name in stays}).decode()
                less += self.db.execute(
                    "UPDATE event SET sealed=?, clear=? WHERE rowid=?", (left, said, number)
                ).rowcount
        return gone, less

    def _said(self, browser: str, under: Under) -> list[tuple[int, bytes, dict[str, Value], dict[str, Value]]]:
        """Of each event of a browser its place, its id, and what it says in clear and sealed."""
        found = self.db.execute(_SAID + "who=:who", _which(under, self.who(browser)))
        return [
            (number, event, _decode(clear), self.unseal(event, sealed) if sealed is not None else {})
            for number, event, clear, sealed in found.fetchall()
        ]

    def keep_only(self, stays: Stays, under: Under) -> None:
        """Delete everything but what stays: other browsers' events, cells, and, where all of the file is due, the ids
        of what was counted in them."""
        with _transaction(self.db):
            whose = {self.who(browser) for browser in stays}
            gone = self._delete("who IS NULL", under)
            for (who,) in self.db.execute("SELECT DISTINCT who FROM event WHERE who IS NOT NULL").fetchall():
                if who not in whose:
                    gone += self._delete("who=:who", under, who)
            gone += sum(sum(self.thin(browser, fields, under)) for browser, fields in stays.items())
            if under is None:
                gone += self.db.execute("DELETE FROM seen").rowcount
                gone += self.db.execute("DELETE FROM batch WHERE ledgered=1").rowcount
            self.went(gone)
        with contextlib.suppress(sqlite3.Error):  # what went counts; the note says what is still to be done
            self.finish()

    def over(self, over: Over, since: int, edition: int, stays: Stays) -> _Stripping:
        """What is still to be taken out of the events of an edition that came ``since`` a second. The file notes what
        is out of it up to where, and of whom it stayed for a hold: nothing else is read again."""
        done, but = self._out(edition)
        ends = {name: EVER if end is None else end for name, end in over.items()}
        kept: dict[bytes | None, frozenset[str]] = {self.who(browser): fields for browser, fields in stays.items()}
        whose: dict[bytes | None, dict[str, tuple[int, int]]] = {
            None: {name: (max(since, done.get(name, 0)), end) for name, end in ends.items()}
        }
        for browser, held in but.items():
            free = (held & ends.keys()) - kept.get(browser, frozenset())
            whose[browser] = {name: (since, done.get(name, 0)) for name in free}
        read = {who: {name: span for name, span in some.items() if span[0] < span[1]} for who, some in whose.items()}
        passes = [_Pass(whose=who, fields=some) for who, some in read.items() if some]
        return _Stripping(edition=edition, kept=kept, passes=passes)

    def _out(self, edition: int) -> tuple[dict[str, int], dict[bytes, frozenset[str]]]:
        """What is out of the events of an edition already, up to which second, and by browser what of it a hold has
        kept."""
        said = dict(self.db.execute("SELECT name, value FROM meta WHERE name IN (?, ?, ?)", _marks(edition)))
        whole, some, but = (said.get(name) for name in _marks(edition))
        done = decoding.read(some, dict[str, int]) if some else {}
        held = decoding.read(but, dict[str, frozenset[str]]) if but else {}
        return (
            done | dict.fromkeys(decoding.read(whole, frozenset[str]) if whole else (), EVER),
            {bytes.fromhex(who): names for who, names in held.items()},
        )

    def losing(self, db: sqlite3.Connection, over: _Stripping, most: int | None) -> Lost:
        """How many events would lose a part, if no more than ``most`` have to be read for it."""
        if most is not None:
            counted = [_many(db, over.edition, one) for one in over.passes]
            if sum(rows for rows, _ in counted) > most:
                return Lost(later=sum(many for _, many in counted))
        less = read = 0
        for one in over.passes:
            after = one.start
            while rows := _some(db, over.edition, one.whose, after, one.range):
                after, read = (rows[-1][0], rows[-1][1]), read + len(rows)
                less += sum(row[5] for row in rows if self._goes(over, one, row)[0])
        return Lost(events=less, read=read)

    def strip(self, over: _Stripping, one: _Pass, after: _After) -> tuple[int, _After | None]:
        """Take it out of some events, from a place on. How many lost a part, and where to go on. One that says nothing
        more goes. They are not looked for by their time: few of many would keep the door waiting."""
        less = 0
        with _transaction(self.db):
            rows = _some(self.db, over.edition, one.whose, after)
            for row in rows:
                scope, event, whose, _, sealed, many, _ = row
                goes, stays, clear, hidden = self._goes(over, one, row)
                if whose is not None and stays:
                    over.met[whose] = over.met.get(whose, frozenset()) | stays
                if not goes:
                    continue
                less += many
                left = {name: value for name, value in clear.items() if name not in goes}
                closed = {name: value for name, value in hidden.items() if name not in goes}
                if not (left.keys() | closed.keys()) - STEP - {""}:
                    self.db.execute("DELETE FROM event WHERE scope=? AND id=?", (scope, event))
                    continue
                self.db.execute(
                    "UPDATE event SET clear=?, sealed=? WHERE scope=? AND id=?",
                    (
                        _encode(left).decode(),
                        self.seal(event, closed) if sealed is not None else None,
                        scope,
                        event,
                    ),
                )
            self.went(less)
        return less, (rows[-1][0], rows[-1][1]) if rows else None

    def _goes(
        self, over: _Stripping, one: _Pass, row: _Said
    ) -> tuple[frozenset[str], frozenset[str], dict[str, Value], dict[str, Value]]:
        """What goes out of an event, what of it a hold keeps, and what it says in clear and sealed."""
        _, event, who, said, sealed, _, at = row
        due = frozenset(name for name, (since, before) in one.fields.items() if since <= at < before)
        if not due:
            return due, due, {}, {}
        clear, hidden = _decode(said), self.unseal(event, sealed) if sealed is not None else {}
        here, kept = due & (clear.keys() | hidden.keys()), over.kept.get(who, frozenset())
        return here - kept, here & kept, clear, hidden

    def stripped(self, over: _Stripping) -> None:
        """Overwrite what stood there and note that it is out. In this order: who is stopped between begins anew."""
        self.finish()
        done, but = self._out(over.edition)
        for one in over.passes:
            if one.whose is not None:
                but[one.whose] = but.get(one.whose, frozenset()) - one.fields.keys()
                continue
            done |= {name: max(before, done.get(name, 0)) for name, (_, before) in one.fields.items()}
        for who, names in over.met.items():
            but[who] = but.get(who, frozenset()) | names
        held = {who.hex(): sorted(names) for who, names in but.items() if names}
        whole = sorted(name for name, before in done.items() if before == EVER)
        some = {name: before for name, before in done.items() if before != EVER}
        notes = zip(_marks(over.edition), (_encode(whole), _encode(some), _encode(held)), strict=True)
        with _transaction(self.db):
            self.db.executemany("INSERT OR REPLACE INTO meta VALUES(?, ?)", notes)

    def looked_into_again(self, editions: Iterable[int]) -> None:
        """Something comes in under these: what the file notes to be out of it may stand in it again. For a late import,
        since what a later edition ends sooner goes into other files."""
        self.db.executemany("DELETE FROM meta WHERE name IN (?, ?)", [_marks(one)[:2] for one in editions])

    def _delete(self, whose: str, under: Under, who: bytes = b"") -> int:
        return self.db.execute(_DELETE + whose, _which(under, who)).rowcount

    def went(self, rows: int) -> None:
        """Note, in the commit in which rows go, that they are still to be overwritten: whoever is stopped before that
        leaves the note, and it is taken up again."""
        if rows:
            self.db.execute("INSERT OR REPLACE INTO meta VALUES(?, x'')", (TO_OVERWRITE,))

    def finish(self) -> bool:
        """Overwrite what went and stands on the disk still. False while somebody reads the file."""
        waits = self.db.execute("SELECT 1 FROM meta WHERE name=?", (TO_OVERWRITE,)).fetchone()
        return waits is None or self.overwrite()

    def overwrite(self) -> bool:
        self.db.execute("VACUUM")  # page splits leave stale copies that secure_delete misses
        if tuple(self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()) != (0, 0, 0):
            return False
        self.db.execute("DELETE FROM meta WHERE name=?", (TO_OVERWRITE,))
        return True

    def seal(self, event: bytes, values: Mapping[str, Value]) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + self._aes.encrypt(nonce, _encode(values), _about(self.client, self.name, event))

    def unseal(self, event: bytes, sealed: bytes) -> dict[str, Value]:
        return _decode(self._aes.decrypt(sealed[:12], sealed[12:], _about(self.client, self.name, event)))


class EventStore:
    """All event files of an installation. One a process; every method may be called from any thread."""

    def __init__(self, data: Path, sealer: Sealer) -> None:
        self.folder, self.sealer = data / "events", sealer
        self._files: dict[tuple[str, str, str], _File] = {}
        self._lock = threading.RLock()
        self._rules: dict[Path, str] = {}
        self._closed: dict[tuple[str, str], str] = {}  # by client and rule, the last span that was dropped
        self._fresh: set[tuple[str, str, str]] | None = None  # files with batches not taken up; None: look everywhere

    def commit(self, lots: Sequence[Lot], now: dt.datetime) -> Outcome:
        """Store lots durably; the outcome names those that were not stored and may not be acknowledged.

        The period is chosen by ``now`` (receipt), so a closed file takes no new event. Counts stand in the commit.
        """
        outcome = Outcome()
        with self._lock:
            self._close_surplus()
            for (client, rule, today), share in _by_file(lots, now).items():
                span = self._not_closed(client, rule, today)
                try:
                    self._write(self._file(client, rule, span), share.rows, share.counts, now)
                    outcome.add(share.counts)
                    if self._fresh is not None:
                        self._fresh.add((client, rule, span))
                except (sqlite3.Error, DatabaseError, OSError, KeyGone, Trouble):  # its keys lie in another database
                    outcome.failed |= share.lots
                    self._forget(client, rule, span)
        return outcome

    def _not_closed(self, client: str, rule: str, span: str) -> str:
        """The span itself, or the first after those that were dropped: a clock that goes back opens none of them again,
        and what comes in meanwhile goes with the next. Else batches would bear numbers that the ledger has taken."""
        if (client, rule) not in self._closed:
            self._closed[client, rule] = _said_in(self._path(client, rule, span).with_name(CLOSED))
        last = self._closed[client, rule]
        return span if len(last) != len(span) or span > last else span_name(_kind(span), span_end(last))

    def _close_span(self, file: _File) -> None:
        """Say that this span is over before its key goes. A full disk keeps no span from being dropped."""
        mark = file.path.with_name(CLOSED)
        before = _said_in(mark)
        if file.span > before or len(file.span) != len(before):
            self._closed[file.client, file.rule] = file.span
            with contextlib.suppress(OSError):
                write_whole(mark, file.span + "\n", over=True)

    def _forget(self, client: str, rule: str, span: str) -> None:
        """Close a file that failed, so that the next commit opens it afresh."""
        if (file := self._files.pop((client, rule, span), None)) is not None:
            with contextlib.suppress(sqlite3.Error):
                file.db.close()

    def _write(self, file: _File, rows: list[Row], counts: dict[str, int], now: dt.datetime) -> None:
        cells: collections.Counter[_Cell] = collections.Counter()
        with _transaction(file.db):
            file.looked_into_again({row.edition for row in rows})
            for row in rows:
                stored = self._insert(file, row, now, cells)
                if row.first:
                    name = "stored" if stored else "replay"
                    counts[name] = counts.get(name, 0) + 1
            for cell, number in cells.items():
                file.add(cell, number)
            if counts:
                file.db.execute(
                    "INSERT INTO batch(at, counts) VALUES(?, ?)",
                    (int(now.timestamp()) // 60 * 60, _encode(counts).decode()),  # no finer than what it counts
                )

    def _insert(self, file: _File, row: Row, now: dt.datetime, cells: collections.Counter[_Cell]) -> bool:
        """Store an event once: False if it came before. Its id and its row or count are one commit of one file."""
        if self._came_before(file, row, now):
            return False
        if not row.is_cell:
            return file.put(row)
        if file.db.execute("INSERT OR IGNORE INTO seen VALUES(?)", (row.id,)).rowcount == 0:
            return False
        said = _encode(row.clear, order="deterministic").decode()
        cells[row.at, row.surface, row.point, row.edition, "\n".join(row.uses), said] += 1
        return True

    def _came_before(self, file: _File, row: Row, now: dt.datetime) -> bool:
        """Whether an earlier span within the accepted age holds this event already (a retry across midnight)."""
        made = int.from_bytes(row.id[:6], "big") / 1000
        for earlier in _spans_before(row.span, file.span, now, made):
            if self._path(file.client, file.rule, earlier).exists():
                old = self._file(file.client, file.rule, earlier)
                if old.holds(row):
                    return True
        return False

    def untaken(self) -> list[Taken]:
        """Batches that the ledger has not taken up, one item a file."""
        with self._lock:
            if self._fresh is None:
                self._fresh = self._everywhere()
            found, left = [], set()
            for key in sorted(self._fresh):
                try:
                    taken = _untaken(self._file(*key)) if self._path(*key).exists() else None
                except KeyGone:
                    continue  # a sweep is dropping it
                except (sqlite3.Error, DatabaseError, OSError, Trouble):
                    left.add(key)  # locked or unreadable now: it waits, and the others do not wait for it
                    continue
                if taken is not None:
                    found.append(taken)
                    left.add(key)
            self._fresh = left
            return found

    def _everywhere(self) -> set[tuple[str, str, str]]:
        """Every file whose rule can be read now."""
        found = set()
        for path in self.folder.glob("*/*/*.db"):
            with contextlib.suppress(sqlite3.Error):
                if (rule := self._rules.get(path) or _rule_of(path)) is not None:
                    self._rules[path] = rule
                    found.add((path.parent.parent.name, rule, path.stem))
        return found

    def taken(self, client: str, name: str, upto: int) -> None:
        """Mark batches as taken up; called after the ledger's own commit, so a crash between is found by number."""
        with self._lock:
            for key in sorted(self._fresh or ()):
                if not self._path(*key).exists():
                    continue  # dropped since, and not to be made anew
                file = self._file(*key)
                if (file.client, file.name) == (client, name):
                    file.db.execute("UPDATE batch SET ledgered=1 WHERE number<=? AND ledgered=0", (upto,))
                    if file.rule == TURNED_AWAY:  # no promise ends this file, so its rows end here
                        file.db.execute("DELETE FROM batch WHERE ledgered=1")

    def rows(
        self, client: str, *, since: dt.datetime, until: dt.datetime, use: str = "", rule: str = ""
    ) -> Iterator[Event]:
        """Events of a client between two moments, oldest file first, that were taken in for ``use``.

        For the roll-up of statistics; who may ask is the caller's gate's to say.
        """
        with self._lock:
            names = [(file.rule, file.span) for file in self._all_files(client) if not rule or file.rule == rule]
        for name, span in names:
            for event in self._rows_of(client, name, span, since, until):
                if not use or use in event.uses:
                    yield event

    def _rows_of(self, client: str, rule: str, span: str, since: dt.datetime, until: dt.datetime) -> list[Event]:
        with self._lock:
            if not self._path(client, rule, span).exists():
                return []  # dropped since it was listed
            file = self._file(client, rule, span)
            found = file.db.execute(
                _READ + "at>=? AND at<?",
                (int(since.timestamp()), int(until.timestamp())),
            )
            return [_event(file, row) for row in found]

    def find(self, client: str, browsers: Iterable[str]) -> list[Event]:
        """Every event of these browsers, from every file: UK GDPR Art 15."""
        events = []
        wanted = sorted(set(browsers) - {""})
        with self._lock:
            for file in self._all_files(client) if wanted else ():
                for browser in wanted:
                    found = file.db.execute(_READ + "who=?", (file.who(browser),))
                    events += [_event(file, row) for row in found]
        return events

    def erase(self, client: str, browsers: Iterable[str], *, stays: frozenset[str] = frozenset()) -> int:
        """Delete every event of these browsers and overwrite what stood there, or note that it is to be: UK GDPR Art
        17. Returns how many.

        Of an event that holds one of the fields in ``stays`` those fields stay, and nothing else of it.
        """
        gone = 0
        wanted = sorted(set(browsers) - {""})
        with self._lock:
            for file in self._all_files(client) if wanted else ():
                with _transaction(file.db):
                    here = [file.thin(browser, stays) for browser in wanted]
                    file.went(sum(map(sum, here)))
                with contextlib.suppress(sqlite3.Error):  # as in ``keep_only``: else what went is in no receipt
                    file.finish()
                gone += sum(went for went, _ in here)
        return gone

    def drop_due(
        self,
        client: str,
        rule: str,
        before: Mapping[int, dt.datetime],
        *,
        stays: Stays | None = None,
        preview: bool = False,
    ) -> dict[str, int]:
        """Drop what came in under each edition up to ``before``: of a file that is due whole its key first, then the
        file; of another what is due, be it a month's first days. Span and how many events went of each.

        A file in which something stays loses all else. One that cannot be read stands, and is not among the answers.
        """
        dropped: dict[str, int] = {}
        with self._lock:
            for span in self._spans(client, rule):
                if due := cuts(span, before):
                    with contextlib.suppress(*UNREADABLE, DatabaseError, OSError, Trouble):  # or its key now
                        self._drop_span(client, rule, span, dropped, stays or {}, preview, due)
        return dropped

    def number(self, client: str, rule: str, span: str, under: Cuts) -> int:
        """How many events of a span came in so; none of a file that cannot be read, which is told elsewhere."""
        with self._lock, contextlib.suppress(KeyGone, *UNREADABLE, DatabaseError, OSError, Trouble):
            return self._there(client, rule, span).number(under)
        return 0

    def overwrite(self, client: str) -> bool:
        """Overwrite what went from files of a client and was not overwritten: whoever took it out was stopped, or
        somebody read. False where it stands still."""
        done = True
        for path in sorted(self.folder.glob(f"{client}/*/*.db")):
            try:
                with self._lock:  # for one file at a time, as for whoever looks
                    done &= all([file.finish() for file in (self._at(path) if path.exists() else ())])
                time.sleep(TURN)
            except (*UNREADABLE, DatabaseError, OSError, Trouble):  # it is told by the look at what is due
                done = False
        return done

    def losing(
        self,
        client: str,
        rule: str,
        span: str,
        edition: int,
        over: Over,
        since: int = 0,
        *,
        stays: Stays,
        most: int | None = None,
    ) -> Lost:
        """What ``strip`` would take. It reads beside the door and never keeps it waiting: with a connection of its own,
        and at most so many events."""
        try:
            with self._lock:
                file = self._there(client, rule, span)
                stripping = file.over(over, since, edition, stays)
            if not stripping.passes:
                return Lost()
            with contextlib.closing(beside.read_only(file.path)) as db:
                return file.losing(db, stripping, most)
        except KeyGone:  # an earlier sweep was stopped between key and file
            return Lost()
        except (*UNREADABLE, DatabaseError, OSError, Trouble):
            return Lost(unread=True)

    def strip(
        self, client: str, rule: str, span: str, edition: int, over: Over, since: int = 0, *, stays: Stays
    ) -> Lost:
        """Take what is over alone out of the events of a span that came in under an edition ``since`` a second, but
        where a hold stands over it; some at a time, so that the door comes in between."""
        less = 0
        try:
            with self._lock:
                stripping = self._there(client, rule, span).over(over, since, edition, stays)
            for one in stripping.passes:
                after: _After | None = one.start
                while after is not None:
                    with self._lock:
                        some, after = self._there(client, rule, span).strip(stripping, one, after)
                    less += some
                    time.sleep(TURN)
            if stripping.passes:
                with self._lock:
                    self._there(client, rule, span).stripped(stripping)
        except KeyGone:  # an earlier sweep was stopped between key and file
            return Lost(events=less)
        except (*UNREADABLE, DatabaseError, OSError, Trouble):
            return Lost(events=less, unread=True)
        return Lost(events=less)

    def _there(self, client: str, rule: str, span: str) -> _File:
        """A file that is not to be made anew where it was dropped."""
        if not self._path(client, rule, span).exists():
            raise KeyGone
        return self._file(client, rule, span)

    def _drop_span(
        self,
        client: str,
        rule: str,
        span: str,
        dropped: dict[str, int],
        stays: Stays,
        preview: bool,
        due: Cuts,
    ) -> None:
        try:
            file = self._file(client, rule, span)
        except KeyGone:  # an earlier sweep was stopped between key and file
            _unlink(self._path(client, rule, span))
            dropped[span] = 0
            return
        here = file.events()
        under = None if all(due.get(edition, 0) is None for edition in here) else due
        count = sum(here.values()) if under is None else file.number(under)
        if under is not None and not count:
            return
        held = file.staying(stays, under)
        if not preview and (held or under is not None):
            file.keep_only(stays, under)
        if preview or held or under is not None or self._drop(file):
            dropped[span] = count - held

    def _drop(self, file: _File) -> bool:
        self._close_span(file)
        if not self.sealer.destroy(file.client, file.name):
            return False  # the key's bytes may stand still: the next sweep tries again, the file says nothing is done
        file.db.close()
        self._files.pop((file.client, file.rule, file.span), None)
        _unlink(file.path)
        return True

    def spans(self, client: str) -> tuple[dict[str, dict[str, int]], int]:
        """For each rule of a client, its spans and the number of events in each; and how many files cannot be read,
        of which nothing is said."""
        found, unread = self.editions(client)
        return {
            rule: {span: sum(counts.values()) for span, counts in spans.items()} for rule, spans in found.items()
        }, unread

    def editions(self, client: str) -> tuple[dict[str, dict[str, dict[int, int]]], int]:
        """The same, by the edition under which the events came in; a span without any has none under ``NO_EVENT``."""
        found: dict[str, dict[str, dict[int, int]]] = {}
        unread = 0
        for path in sorted(self.folder.glob(f"{client}/*/*.db")):
            try:
                with self._lock:  # for one file at a time: whoever looks keeps no event waiting for long
                    for file in self._at(path) if path.exists() else ():
                        if file.rule != TURNED_AWAY:
                            found.setdefault(file.rule, {})[file.span] = file.events()
                time.sleep(TURN)
            except (*UNREADABLE, Trouble):  # or keys that are older than it
                unread += 1
        return found, unread

    def naming_in(self, path: Path, client: str, over: Over, edition: int, *, stays: Stays) -> frozenset[str] | None:
        """Those fields of which some event of a file says something though it is over, of those that came in under an
        edition, but where a hold stands over them; None where its key is gone, and nobody can say. It only reads."""
        try:
            return _named(path, client, over, self.sealer, edition, stays)
        except KeyGone:
            return None

    def is_moved(self, path: Path, client: str) -> bool:
        """Whether a file lies under another name than that for which its key was made. It only reads."""
        try:
            with contextlib.closing(beside.read_only(path)) as db:
                _key_of(db, path, client, self.sealer)
        except KeyGone:
            return False
        except Trouble as trouble:
            if trouble.code != "value-moved":
                raise
            return True
        return False

    def is_all_held(self, path: Path, client: str, under: Cuts, *, stays: Stays) -> bool:
        """Whether of what came in so a file holds what holds stand over, and nothing else. It only
        reads."""
        try:
            return _all_held(path, client, self.sealer, under, stays)
        except KeyGone:
            return False

    def naming(self, client: str, names: frozenset[str]) -> frozenset[str]:
        """Those names of which some event of a client says something. It only reads, so any process may ask."""
        found = frozenset[str]()
        for path in sorted((self.folder / client).glob("*/*.db")):
            if left := names - found:
                with contextlib.suppress(KeyGone, Trouble, *UNREADABLE):  # it ends with its period, whatever it says
                    found |= _named(path, client, dict.fromkeys(left), self.sealer)
        return found

    def close(self) -> None:
        with self._lock:
            for file in self._files.values():
                file.db.close()
            self._files.clear()

    def _path(self, client: str, rule: str, span: str) -> Path:
        return self.folder / client / slug(rule) / f"{span}.db"

    def _file(self, client: str, rule: str, span: str) -> _File:
        key = (client, rule, span)
        file = self._files.pop(key, None) or _File(self._path(client, rule, span), client, rule, self.sealer)
        self._files[key] = file  # last used stands last
        return file

    def _close_surplus(self) -> None:
        while len(self._files) > _OPEN_FILES:
            self._files.pop(next(iter(self._files))).db.close()

    def _spans(self, client: str, rule: str) -> list[str]:
        return sorted(path.stem for path in (self.folder / client / slug(rule)).glob("*.db"))

    def _all_files(self, client: str = "") -> Iterator[_File]:
        for path in sorted(self.folder.glob(f"{client or '*'}/*/*.db")):
            yield from self._at(path)

    def _at(self, path: Path) -> Iterator[_File]:
        """The file of a path; none where it was never finished, or where a sweep is dropping it."""
        rule = self._rules.get(path) or _rule_of(path)
        if rule is not None:
            self._rules[path] = rule
            with contextlib.suppress(KeyGone):
                yield self._file(path.parent.parent.name, rule, path.stem)


class _Share(msgspec.Struct):
    """What a commit puts into one file."""

    rows: list[Row]
    counts: dict[str, int]
    lots: set[int]


def _by_file(lots: Sequence[Lot], now: dt.datetime) -> dict[tuple[str, str, str], _Share]:
    """Rows and counts for each file. Counts of drops go beside the first stored event of their client."""
    files: dict[tuple[str, str, str], _Share] = {}
    home: dict[str, tuple[str, str, str]] = {}
    spans = {kind: span_name(kind, now) for kind in ("day", "month")}  # once: to write a date costs more than a row
    for number, lot in enumerate(lots):
        for row in lot.rows:
            key = (lot.client, row.rule, spans[row.span])
            share = files.setdefault(key, _Share([], {}, set()))
            share.rows.append(row)
            share.lots.add(number)
            home.setdefault(lot.client, key)
    for number, lot in enumerate(lots):
        if lot.counts:
            key = home.get(lot.client) or (lot.client, TURNED_AWAY, spans["month"])
            share = files.setdefault(key, _Share([], {}, set()))
            share.lots.add(number)
            for name, count in lot.counts.items():
                share.counts[name] = share.counts.get(name, 0) + count
    return files


def _named(
    path: Path,
    client: str,
    over: Over,
    sealer: Sealer,
    edition: int | None = None,
    stays: Stays | None = None,
) -> frozenset[str]:
    """Those names that stand in a file, in clear or sealed, but where they stay; of one edition, or of all."""
    ends = {name: EVER if end is None else end for name, end in over.items()}
    last = max(ends.values(), default=0)
    with contextlib.closing(beside.read_only(path)) as db:
        wanted = {"names": _encode(ends).decode(), "edition": edition}
        key = _key_of(db, path, client, sealer)
        aes, kept = AESGCM(key), _kept(key, stays or {})
        found = {name for name, who in db.execute(_KEYS, wanted) if name not in kept.get(who, ())}
        after = (b"", b"")
        while not ends.keys() <= found and (rows := _some(db, edition, None, after, (0, last))):
            for _, event, who, _, sealed, _, at in rows:
                if sealed is not None:
                    about = _about(client, _name_of(path), event)
                    said = _decode(aes.decrypt(sealed[:12], sealed[12:], about)).keys()
                    late = {name for name in said & ends.keys() if at < ends[name]}
                    found |= late - kept.get(who, frozenset())
            after = (rows[-1][0], rows[-1][1])
    return frozenset(found)


def _all_held(path: Path, client: str, sealer: Sealer, under: Cuts, stays: Stays) -> bool:
    with contextlib.closing(beside.read_only(path)) as db:
        key = _key_of(db, path, client, sealer)
        aes, kept, seen = AESGCM(key), _kept(key, stays), False
        rows = db.execute("SELECT id, who, clear, sealed" + _UNDER + "1", {"under": _which(under, b"")["under"]})
        for event, who, clear, sealed in rows:
            seen, about = True, _about(client, _name_of(path), event)
            hidden = _decode(aes.decrypt(sealed[:12], sealed[12:], about)).keys() if sealed is not None else set[str]()
            said = (_decode(clear).keys() | hidden) - {""}
            if not said or said - kept.get(who, frozenset()):
                return False
    return seen


def _key_of(db: sqlite3.Connection, path: Path, client: str, sealer: Sealer) -> bytes:
    (wrapped,) = db.execute("SELECT value FROM meta WHERE name='key'").fetchone() or (b"",)
    return sealer.open(client, _name_of(path), bytes(wrapped))


def _kept(key: bytes, stays: Stays) -> dict[bytes | None, frozenset[str]]:
    """By the pseudonym of a browser in the file of a key, what of its events stays."""
    naming = _naming(key)
    return {_pseudonym(naming, browser): fields for browser, fields in stays.items()}


def _naming(key: bytes) -> bytes:
    return hmac.digest(key, b"troth who", "sha256")


def _pseudonym(naming: bytes, browser: str) -> bytes:
    return hmac.digest(naming, browser.encode(), "sha256")[:16]


def _some(
    db: sqlite3.Connection,
    edition: int | None,
    who: bytes | None,
    after: _After,
    seconds: tuple[int, int] = (0, EVER),
) -> list[_Said]:
    """The next events, everybody's or a browser's, from a second on and before one: few at a time, since a long reader
    keeps bytes from going."""
    since, before = seconds
    where = {"edition": edition, "scope": after[0], "id": after[1], "since": since, "before": before}
    return db.execute(_SOME if who is None else _SOME_OF, where).fetchall()


def _many(db: sqlite3.Connection, edition: int, one: _Pass) -> tuple[int, int]:
    """How many rows a pass reads, and how many events they are."""
    since, before = one.range
    where = {"edition": edition, "who": one.whose, "since": since, "before": before}
    rows, many = db.execute(_MANY if one.whose is None else _MANY + " AND scope=:who", where).fetchone()
    return rows, many


def _marks(edition: int) -> tuple[str, str, str]:
    """Under what a file notes what is out of the events of an edition, what is out up to a second, and what of both
    stayed for a hold."""
    return f"over {edition}", f"until {edition}", f"held {edition}"


def _name_of(path: Path) -> str:
    """What a file is called by its key and by the ledger: it fits a reference there."""
    return f"{path.parent.name}_{path.stem}"


def _about(client: str, file: str, event: bytes) -> bytes:
    """What a sealed event is bound to."""
    return b"\0".join((client.encode(), file.encode(), event))


def _which(under: Under, who: bytes) -> dict[str, bytes | str | None]:
    """What ``_DELETE`` and ``_SAID`` are filled with."""
    return {"who": who, "under": None if under is None else _encode(dict(under)).decode()}


def _said_in(mark: Path) -> str:
    try:
        said = mark.read_text("ascii", "replace").strip()
    except OSError:  # there is none, or it does not read: no event of anybody is turned away for that
        return ""
    return said if _SPAN.fullmatch(said) else ""


def _unlink(path: Path) -> None:
    for end in ("-wal", "-shm", ""):
        Path(str(path) + end).unlink(missing_ok=True)


def _spans_before(kind: str, current: str, now: dt.datetime, made: float) -> list[str]:
    """Spans before the one that takes in ``now`` in which an event made at ``made`` may have been received already."""
    first = max(made - AHEAD, now.timestamp() - ACCEPTED - AHEAD)
    if first >= _began(current):
        return []
    earliest, spans = dt.datetime.fromtimestamp(first, dt.UTC), []
    while (name := span_name(kind, earliest)) < current:
        spans.append(name)
        earliest = span_end(name)
    return spans


def _untaken(file: _File) -> Taken | None:
    rows = file.db.execute("SELECT number, counts FROM batch WHERE ledgered=0 ORDER BY number").fetchall()
    if not rows:
        return None
    counts: dict[str, int] = {}
    for _, text in rows:
        for name, count in decoding.read(text, dict[str, int]).items():
            counts[name] = counts.get(name, 0) + count
    return Taken(client=file.client, file=file.name, first=rows[0][0], last=rows[-1][0], counts=counts)


def _event(file: _File, row: tuple[bytes, int, str, str, int, str, bytes | None, str, int]) -> Event:
    event, at, surface, point, edition, uses, sealed, clear, count = row
    values = _decode(clear)
    if sealed is not None:
        values.update(file.unseal(event, sealed))
    values.pop("", None)  # the browser's own name: joins rows, is no datum
    return Event(
        rule=file.rule,
        span=file.span,
        at=at,
        surface=surface,
        point=point,
        edition=edition,
        uses=tuple(uses.split("\n")) if uses else (),
        values={name: value for name, value in values.items() if name not in STEP},
        count=count,
        step={name: value for name, value in values.items() if name in STEP},
    )


def _decode(said: str | bytes) -> dict[str, Value]:
    return decoding.read(said, dict[str, Value])


def _rule_of(path: Path) -> str | None:
    """The rule a file belongs to; None for a file that was never finished."""
    db = sqlite3.connect(path, timeout=2.0)
    try:
        found = db.execute("SELECT value FROM meta WHERE name='rule'").fetchone()
    except sqlite3.OperationalError:
        return None
    finally:
        db.close()
    return bytes(found[0]).decode() if found else None


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


_sealers: list[Sealer] = []
_stores: dict[Path, EventStore] = {}
_stores_lock = threading.Lock()


def sealer(filled: Sealer) -> None:
    """Fill the register of the sealer (done once, by the room that may ask the vault)."""
    _sealers[:] = [filled]


def store() -> EventStore:
    """This process's event store over the installation's data folder."""
    from django.conf import settings

    if not _sealers:
        raise Trouble("no-sealer", "The event store has no vault to keep its keys in.", "Start troth with its rooms.")
    data = Path(settings.DATA)
    with _stores_lock:
        if data not in _stores:
            _stores[data] = EventStore(data, _sealers[0])
        return _stores[data]
