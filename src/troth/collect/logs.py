"""Import of access logs in the combined format, through a point that the policy declares ``by: log``.

A line goes through the same lens as an event from a page: declared fields only, each in its declared form. The span
is chosen by the time in the line, so that an old line leaves when its promise says and not later; a line whose
period is over already is not taken in at all.
"""

from __future__ import annotations

import collections
import contextlib
import datetime as dt
import gzip
import hmac
import itertools
import re
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.collect import limits, steps
from troth.collect.lens import Lens, Seen
from troth.collect.models import LogImport
from troth.collect.reasons import Drop
from troth.ledger import entries
from troth.parties import editions
from troth.places import events, master
from troth.places.events import Lot, Value
from troth.policy import decoding, periods
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.work import queue

LONGEST_LINE: Final = 16 * 1024
MOST_UNPACKED: Final = 200  # a packed log unpacks to so many times its size at most; logs reach 20 to 60
SMALL: Final = 64 * 2**20  # and what unpacks to no more than this is let in whatever its rate
TOGETHER: Final = 1000
MOST_NAMED: Final = 20  # malformed lines whose number is told
_LINE = re.compile(
    r"(?P<address>[^\s]{1,64}) [^\s]{1,128} [^\s]{1,256} \[(?P<time>[^\]]{20,32})\] "
    r'"(?P<request>(?:[^"\\]|\\.){0,8192})" (?P<status>\d{3}) (?:\d{1,15}|-)'
    r'(?: "(?P<referrer>(?:[^"\\]|\\.){0,4096})" "(?P<agent>(?:[^"\\]|\\.){0,4096})")?\s*\Z'
)
EARLIEST: Final = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)  # before there was a log in this format
_WALK: Final = tuple(step for step in steps.STEPS if step not in (steps.drop_wrong_origin, steps.drop_stale))
_SAID: Final = {"pages seen": "page", "referrer": "referrer"}


class Line(msgspec.Struct, frozen=True):
    address: str
    time: dt.datetime
    page: str
    referrer: str
    agent: str


class Imported(msgspec.Struct):
    """What became of a log. ``malformed`` are numbers of lines, never their text."""

    lines: int = 0
    counts: dict[str, int] = {}
    malformed: list[int] = []


def read_line(text: str) -> Line | None:
    """One line, or None if it is not in the combined format."""
    found = _LINE.match(text) if len(text) <= LONGEST_LINE else None
    if found is None:
        return None
    try:
        time = dt.datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z").astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    if time < EARLIEST:
        return None
    parts = found["request"].split(" ")
    page = parts[1] if len(parts) == 3 else ""
    referrer = found["referrer"] or ""
    return Line(found["address"], time, page, "" if referrer == "-" else referrer, found["agent"] or "")


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a log, packed or not. Of a line that is longer than any we read, a piece too long to be read comes
    and the rest does not: else its end could pass for a line of its own."""
    try:
        with contextlib.ExitStack() as stack:
            raw = stack.enter_context(path.open("rb"))
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            plain = stack.enter_context(gzip.open(raw)) if packed else raw
            most = max(SMALL, path.stat().st_size * MOST_UNPACKED) if packed else None
            while line := plain.readline(LONGEST_LINE + 2):
                yield line.decode("utf-8-sig", "replace").rstrip("\r\n")  # with or without the mark some editors set
                while len(line) == LONGEST_LINE + 2 and not line.endswith(b"\n"):
                    line = plain.readline(LONGEST_LINE + 2)
                if most is not None and plain.tell() > most:
                    raise _unreadable(path, "The log unpacks to far more than a log does.")
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, "The log could not be read.") from error


def _unreadable(path: Path, sentence: str) -> Trouble:
    return Trouble("log-unreadable", sentence, "Check the path and that the file is whole.", where=path.name)


class Survey(msgspec.Struct, frozen=True):
    """What a whole log is, seen before any of it is taken in."""

    lines: int
    last: dt.datetime | None  # the latest time in it that is not to come; None: no line is in the format


def survey(path: Path) -> Survey:
    """Read a log to its end, so that one that is torn, a bomb or no log at all is not half taken in (T58)."""
    if not path.is_file():
        raise _unreadable(path, "There is no such log." if not path.exists() else "That is not a file.")
    lines, last, soon = 0, None, timezone.now() + dt.timedelta(seconds=events.AHEAD)
    for text in lines_of(path):
        lines += 1
        line = read_line(text)
        if line is not None and line.time <= soon:
            last = line.time if last is None else max(last, line.time)
    if lines and last is None:
        raise Trouble(
            "log-unreadable", "No line of the file is in the combined format.", "Name an access log.", where=path.name
        )
    return Survey(lines, last)


def point_of(plan: Plan, surface: str) -> tuple[str, str]:
    """The log point of a policy (on a surface, if one is named) as (point, surface)."""
    found = [p for p in plan.points.values() if p.by == "log" and (not surface or p.surface == surface)]
    if not found:
        where = f" at “{surface}”" if surface in plan.surfaces else ""
        raise Trouble(
            "no-log-point",
            f"The policy takes no access log in{where}.",
            "Declare a point with `by: log` in `collect`, or leave the log where it is.",
        )
    return found[0].name, found[0].surface


def import_log(
    path: Path,
    client: str,
    *,
    surface: str = "",
    ends: dt.datetime | None = None,
    progress: Callable[[Imported], None] = lambda done: None,
) -> Imported:
    """Import a log for a client and write down what became of its lines. ``ends`` moves its last line to then."""
    force = editions.in_force(client)
    point, at = point_of(force.plan, surface)
    lens = Lens(client, force.number, force.plan, at, by=frozenset({"log"}))
    found = survey(path)
    shift = ends - found.last if ends is not None and found.last is not None else dt.timedelta()
    done = Imported()
    taker = _Taker(lens, point, done, shift)
    for many in _grouped(itertools.islice(lines_of(path), found.lines)):  # what is written meanwhile comes next time
        limits.room()
        taker.take(many)
        progress(done)
    _write_down(client, force.number, at, done)
    return done


def by_server(path: Path, client: str, *, surface: str, ends: dt.datetime | None) -> str:
    """Ask the serving process to import; returns the reference under which the outcome will stand."""
    ref = secrets.token_hex(16)
    payload = {"path": str(path.resolve()), "client": client, "surface": surface, "ref": ref}
    queue.add("collect log", payload | {"ends": ends.isoformat() if ends else ""}, client=client)
    return ref


@queue.handler("collect log")
def _asked(payload: queue.Payload) -> None:
    """Import for a command. Trouble is its answer, and trying again would not mend it."""
    ref, client, ends = str(payload["ref"]), str(payload["client"]), str(payload["ends"])
    done, trouble = Imported(), {}
    try:
        done = import_log(
            Path(str(payload["path"])),
            client,
            surface=str(payload["surface"]),
            ends=dt.datetime.fromisoformat(ends) if ends else None,
            progress=lambda done: _let_through(),
        )
    except Trouble as met:
        trouble = met.as_data()
    LogImport.objects.update_or_create(
        ref=ref,
        defaults={"client": client, "done": msgspec.to_builtins(done), "trouble": trouble, "at": timezone.now()},
    )


def _let_through() -> None:
    """Between two groups of lines whatever else is due is done: nobody waits for their link because a log is long."""
    queue.run_due(kinds=queue.kinds() - {"collect log"})


def outcome(ref: str) -> Imported | None:
    """What became of an import by the server; None while it is at it. Raises the ``Trouble`` that it met."""
    row = LogImport.objects.filter(ref=ref).first()
    if row is None:
        return None
    if row.trouble:
        told = row.trouble
        raise Trouble(told["code"], told["sentence"], told["help"], where=told["where"])
    return decoding.convert(row.done, Imported)


def _grouped(lines: Iterable[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for line in lines:
        group.append(line)
        if len(group) == TOGETHER:
            yield group
            group = []
    if group:
        yield group


class _Taker:
    """Takes groups of lines through the lens into the event store."""

    def __init__(self, lens: Lens, point: str, done: Imported, shift: dt.timedelta) -> None:
        self.lens, self.point, self.done, self.shift = lens, point, done, shift
        self.key = master.derive(f"collect log {lens.client}")
        self.twins: collections.Counter[bytes] = collections.Counter()
        plan = lens.plan
        self.said = {
            _SAID[plan.fields[name].kind]: name for name in lens.points[point].fields if plan.fields[name].kind in _SAID
        }
        self.rules = sorted({plan.fields[name].rule for name in lens.points[point].fields} & plan.rules.keys())

    def take(self, texts: list[str]) -> None:
        spans: dict[dt.date, list[Lot]] = {}
        for text in texts:
            self.done.lines += 1
            line = read_line(text)
            if line is None:
                self._count(Drop.MALFORMED)
                self.done.malformed += [self.done.lines] if len(self.done.malformed) < MOST_NAMED else []
                continue
            when = line.time + self.shift
            spans.setdefault(when.date(), []).append(self._lot(text, line, when))
        for day, lots in sorted(spans.items()):
            self._commit(day, lots)

    def _lot(self, text: str, line: Line, when: dt.datetime) -> Lot:
        if self._is_over(when):
            return Lot(client=self.lens.client, rows=[], counts={Drop.STALE: 1})
        fields: dict[str, Value | None] = {name: getattr(line, source) for source, name in self.said.items()}
        counts: dict[str, int] = {}
        rows = self.lens.take(
            steps.Event(id=self._id(text, when), point=self.point, fields=fields),
            seen=Seen(address=line.address, agent=line.agent),
            now=when.timestamp(),
            counts=counts,
            walk=_WALK,
        )
        return Lot(client=self.lens.client, rows=rows, counts=counts)

    def _is_over(self, when: dt.datetime) -> bool:
        """Its period is over, or its time is to come: a line from next year would outlive its promise by a year."""
        now, moments = timezone.now(), {"collected": when}
        if when > now + dt.timedelta(seconds=events.AHEAD):
            return True
        dues = [periods.due(self.lens.plan.rules[rule], moments, zone=self.lens.plan.zone) for rule in self.rules]
        return any(due is not None and due <= now for due in dues)

    def _id(self, text: str, when: dt.datetime) -> str:
        """The same line of the same log has the same id, so that an import can be run again; keyed, since it names."""
        if len(self.twins) > 100_000:
            self.twins.clear()
        digest = hmac.digest(self.key, text.encode(), "sha256")[:10]
        self.twins[digest] += 1
        if self.twins[digest] > 1:
            digest = hmac.digest(self.key, digest + self.twins[digest].to_bytes(4, "big"), "sha256")[:10]
        return (int(when.timestamp() * 1000).to_bytes(6, "big") + digest).hex()

    def _commit(self, day: dt.date, lots: list[Lot]) -> None:
        noon = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
        outcome = events.store().commit(lots, noon)
        if outcome.failed:
            raise Trouble(
                "not-stored-now", "The event store did not take the lines in.", "Make room, then import again."
            )
        for reason, count in outcome.counts.items():
            self._count(reason, count)

    def _count(self, reason: str, count: int = 1) -> None:
        self.done.counts[reason] = self.done.counts.get(reason, 0) + count


def _write_down(client: str, edition: int, surface: str, done: Imported) -> None:
    with transaction.atomic():
        entries.append(
            "imported", client=client, edition=edition, place="events", counts={"lines": done.lines, **done.counts}
        )
