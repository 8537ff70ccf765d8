"""What an operator should mend before it hurts: each finding is named with its remedy. Nothing is changed by looking.

A check that could not be made is a finding, too: what was not looked at is never called healthy (UK GDPR Art 32(1)(d):
a process for regularly testing whether the measures work).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import smtplib
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from troth.collect import limits
from troth.keep import disk, serving, sweep
from troth.keep import where as wherever
from troth.keep.stores import ByHand, Unreachable
from troth.ledger import copies, entries, rows, signing
from troth.parties import editions, tenancy
from troth.people import indexes, vault
from troth.places import beside, master
from troth.places.kinds import NotAnswered
from troth.policy.counting import counted
from troth.policy.problems import Trouble
from troth.web import tables
from troth.web.telling import where
from troth.work import queue

SKEW: Final = dt.timedelta(minutes=5)  # what clocks of one machine may differ by
ROOM: Final = 3 * limits.RESERVE  # bytes beside what must be free for events: a warning comes before they stop
NIGHTS: Final = dt.timedelta(hours=36)  # a sweep comes every night, at the latest when the server wakes
STUCK: Final = dt.timedelta(hours=1)
WEEK: Final = dt.timedelta(days=7)
SOON: Final = dt.timedelta(days=30)
MANY: Final = 5  # names of one kind that are shown


class Finding(msgspec.Struct, frozen=True):
    """What is wrong, in a sentence without a personal value, and what to do about it."""

    code: str
    sentence: str
    help: str


Found = Iterator[Finding]


def examine(now: dt.datetime | None = None) -> list[Finding]:
    """Look at everything. An empty list: healthy."""
    when = now or timezone.now()
    if full := _no_room():
        return full
    found: list[Finding] = []
    unready: list[Finding] = []
    for look in LOOKS:
        try:
            found += look(when)
        except Exception as error:  # one thing that cannot be looked at hides no other
            kind = unready if isinstance(error, DatabaseError) else found
            kind.append(_not_looked(look.__name__.strip("_").replace("_", " "), error))
    if any(one.code == "tables-old" for one in found):
        return found  # which is why: it says to look again after the upgrade
    return list(dict.fromkeys(found + unready))


def _no_room() -> list[Finding]:
    """Whether there is no room even to open a database, so that nothing else can be looked at."""
    with contextlib.suppress(Exception):  # what cannot be seen here is a finding of the disk's own look
        try:
            disk.must_have_room()
        except Trouble as trouble:
            return [Finding("disk-low", trouble.sentence, f"{trouble.help} Then run troth doctor again.")]
    return []


def _not_looked(what: str, error: Exception) -> Finding:
    if isinstance(error, Trouble):
        return Finding(error.code, error.sentence, error.help)
    said = f"Could not look at: {what} ({type(error).__name__} at {where(error)})."
    return Finding("not-looked", said, "Mend what is named above, and run `troth doctor` again.")


# --- keys and files ---------------------------------------------------------------------------------------------


def _key(now: dt.datetime) -> Found:
    file = Path(settings.KEY_FILE)
    if not file.exists():
        back = "Put it back, or write it again from its code: troth key restore."
        yield Finding("key-missing", f"The key file {file} is not there.", back)
        return
    if master.others_read():
        yield Finding("key-open", f"{file} can be read by others than its owner.", f"Run chmod 600 {file}.")
    if not settings.DEMO and Path(settings.DATA).resolve() in file.resolve().parents:
        move = "Move it elsewhere and set TROTH_KEY_FILE: whoever copies the folder has the key."
        yield Finding("key-inside", f"{file} lies inside the data folder.", move)
    if not master.fits(master.read()):
        yield _not_looked("key", master.wrong())
    if master.under_way():
        yield Finding("key-turning", "A rotation of the master key stopped half-way.", "Run troth key rotate master.")


def _look_ups(now: dt.datetime) -> Found:
    indexes.must_fit(tenancy.slugs())
    yield from ()


def _recovery(now: dt.datetime) -> Found:
    if not settings.DEMO and not vault.recovery_shown():
        said = "The recovery code was never shown: without it a lost key file is lost data."
        yield Finding("recovery-never-shown", said, "Run troth key recovery and keep the code on paper, elsewhere.")


def _modes(now: dt.datetime) -> Found:
    data = Path(settings.DATA)
    own = [data, *data.rglob("*"), *([] if settings.DEMO else [Path(settings.PLACES_FILE)])]
    wide = [str(one) for one in own if _others_read(one)]
    if wide:
        count = counted(len(wide), "file[s] or folder[s]")
        said = f"{count} can be read by others: {_some(wide)}."
        yield Finding("files-open", said, f"Run chmod -R go= {data}" + _places(wide) + ".")


def _others_read(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:  # the server makes and removes files while this looks
        return False
    return not stat.S_ISLNK(mode) and bool(stat.S_IMODE(mode) & 0o77)


def _places(wide: list[str]) -> str:
    return f", and chmod 600 {settings.PLACES_FILE}" if str(settings.PLACES_FILE) in wide else ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:MANY]) + (" and more" if len(names) > MANY else "")


def _disk(now: dt.datetime) -> Found:
    free, least = shutil.disk_usage(settings.DATA).free, limits.least(Path(settings.DATA))
    said = f"{free // 2**20} MB are free on the disk of the data folder {settings.DATA}"
    below = f"{-(-least // 2**20)} MB nothing is taken in, no event and no form: what is left is kept for rights."
    if free < least + ROOM:
        said += f", and below {below}" if free < least else f"; below {below}"
        yield Finding("disk-low", said, "Make room, or move the folder to a larger disk.")


def short_of_room() -> list[Finding]:
    """What a start says of the disk: a server that turns events away from its first moment on looks well else."""
    return list(_disk(timezone.now()))


def _reserve(now: dt.datetime) -> Found:
    kept = disk.reserve()
    if kept.held < kept.wanted // 2 and (kept.held or serving.somebody_serves()):
        said = f"Of {kept.wanted // 2**20} MB that are kept for records on a full disk, {kept.held // 2**20} are left."
        yield Finding("reserve-used", said, "Make room; the server fills it again by itself.")


# --- the clock --------------------------------------------------------------------------------------------------


def _clock_file() -> Path:
    return Path(settings.DATA) / "serve.clock"


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def note_clock() -> None:
    """The server says at its start what both clocks read, so that a leap of the one is seen against the other."""
    try:
        said = {"boot": _boot(), "wall": time.time(), "since": time.clock_gettime(time.CLOCK_BOOTTIME)}
    except (OSError, AttributeError):  # this system has no second clock that goes on in sleep
        return
    _clock_file().write_text(json.dumps(said))


def _clock(now: dt.datetime) -> Found:
    help = "Set the clock right (timedatectl set-ntp true), then look at `troth sweep --preview` before the next sweep."
    for what, at in _marks(now):
        if at > now + SKEW:
            ahead = int((at - now).total_seconds() // 60)
            yield Finding("clock-back", f"The clock is {counted(ahead, 'minute[s]')} behind {what}.", help)
            return
    leapt = _leapt(now)
    if abs(leapt) > SKEW:
        minutes = int(leapt.total_seconds() // 60)
        yield Finding(
            "clock-leapt", f"The clock has leapt by {counted(minutes, 'minute[s]')} since the server started.", help
        )
    for client in _published():
        if sweep.stopped(client) == "clock":
            yield Finding("sweep-stopped", f"{client}: the sweep stopped because the clock leapt.", CONFIRM)


def _marks(now: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """Moments that have been: written down by us, or by the file system."""
    if last := rows.last_at():
        yield "the last entry of the ledger", dt.datetime.fromisoformat(last)
    for name in ("troth.db", "troth.db-wal", "keys.db", "ledger.head"):
        file = Path(settings.DATA) / name
        if file.exists():
            yield f"the file {name}", dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)


def _leapt(now: dt.datetime) -> dt.timedelta:
    try:
        said = json.loads(_clock_file().read_text())
        if said["boot"] != _boot():
            return dt.timedelta()
        gone = time.clock_gettime(time.CLOCK_BOOTTIME) - said["since"]
        return now - dt.datetime.fromtimestamp(said["wall"] + gone, dt.UTC)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return dt.timedelta()  # no server has said so since this machine started


# --- mail, databases --------------------------------------------------------------------------------------------


def _mail(now: dt.datetime) -> Found:
    host, port = settings.SMTP
    if settings.DEMO:
        return
    if not port:
        said = "No mail server is set, so no link, letter or code can leave."
        yield Finding("mail-unset", said, "Set TROTH_SMTP to HOST:PORT.")
        return
    try:
        with smtplib.SMTP(host, port, timeout=5) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        said = f"The mail server at {host}:{port} does not answer ({type(error).__name__})."
        yield Finding("mail-dead", said, "Start it, or set TROTH_SMTP to the one that runs; what waits is sent then.")


def _tables(now: dt.datetime) -> Found:
    tables.refuse_newer()
    waiting = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
    if waiting:
        said = f"The tables wait for an upgrade (changes to make: {len(waiting)})."
        yield Finding("tables-old", said, "Start `troth serve` once; it makes them; then run troth doctor again.")


def _databases(now: dt.datetime) -> Found:
    for file in sorted(Path(settings.DATA).rglob("*.db")):
        said = _broken(file)
        if said and file.exists():  # else it was dropped while this looked
            name = file.relative_to(settings.DATA)
            help = "Stop the server and put the file back from a backup; keys.db only from its newest copy."
            yield Finding("database-broken", f"{name} is broken: {said}.", help)


def _broken(file: Path) -> str:
    """What SQLite finds wrong, or ''. The words are SQLite's and name pages and tables, never values."""
    try:
        with contextlib.closing(beside.read_only(file)) as db:
            said = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        said = str(error)
    return "" if said == "ok" else said.splitlines()[-1][:120]


def _ledger(now: dt.datetime) -> Found:
    number, _ = entries.head()
    known = signing.read_head()
    if number and (known is None or signing.is_behind()):
        said = "The head of the ledger does not fit its entries." if known else "The signed head of the ledger is gone."
        yield Finding("ledger-head", said, "Run troth ledger verify, and hold it against a checkpoint kept elsewhere.")
    if not copies.ways():
        if not settings.DEMO:
            said = (
                "No checkpoint of the ledger leaves this machine: an older copy of all of it would pass for the whole."
            )
            yield Finding("checkpoint-nowhere", said, "Set TROTH_CHECKPOINT_FILE or TROTH_CHECKPOINT_MAIL.")
        return
    if left := copies.waiting():
        said = counted(left, "checkpoint[s] [has|have] not reached every place that [it|they] should.")
        help = "See that the file can be written and the mail server answers."
        if copies.lost():
            help = "The file that gathers them is gone: put it back, or make an empty one where it should be."
        yield Finding("checkpoint-waits", said, help)
    last = copies.newest()
    if number and (last is None or now - last > WEEK):
        said = f"The newest checkpoint is of {last.date().isoformat()}." if last else "There is no checkpoint yet."
        yield Finding(
            "checkpoint-old", said, "Let `troth serve` run: it makes one a day. By hand: troth ledger checkpoint."
        )


# --- what should have been done ---------------------------------------------------------------------------------

CONFIRM: Final = "Look at troth sweep --preview; when it is right: troth sweep --confirm."


def _published() -> list[str]:
    return [slug for slug in tenancy.slugs() if editions.is_published(slug)]


def _sweeps(now: dt.datetime) -> Found:
    for client in _published():
        if sweep.stopped(client) == "share":
            yield Finding("sweep-stopped", f"{client}: the sweep stopped, much was due at once.", CONFIRM)
        since = sweep.newest(client) or editions.all_of(client)[0].published_at
        if now - since > NIGHTS:
            days = (now - since).days
            help = "Let `troth serve` run through the night, or run troth sweep."
            yield Finding("sweep-overdue", f"{client}: nothing was swept for {counted(days, 'day[s]')}.", help)


def _outside(now: dt.datetime) -> Found:
    """A database that does not open: nobody is found there, and what is due there stands. A service is not asked."""
    for client in _published():
        plan = editions.in_force(client).plan
        for place in wherever.places(client):
            why, help = "", "See that it runs and has the tables that the policy names."
            if wherever.is_sql(place) and isinstance(answer := place.look(), NotAnswered):
                why = answer.why
            elif isinstance(place, Unreachable) and not isinstance(place, ByHand) and place.name in plan.places:
                why, help = place.why, place.help
            if why:
                said = f"{client}: the place “{place.name}” does not answer. {why}"
                yield Finding("place-silent", said, f"{help} The operator's list is {settings.PLACES_FILE}.")


def _work(now: dt.datetime) -> Found:
    late = [(kind, due, error) for kind, due, _, error in queue.waiting() if now - due > STUCK]
    failing = sorted({f"{kind} ({error})" for kind, _, tries, error in queue.waiting() if tries >= MANY and error})
    if failing:
        yield Finding("work-failing", f"Jobs fail again and again: {_some(failing)}.", "See the log for these codes.")
    elif late:
        kinds = _some(sorted({kind for kind, _, _ in late}))
        help = "Restart the server." if serving.somebody_serves() else "Start `troth serve`: it does what waits."
        yield Finding("work-stuck", counted(len(late), f"job[s] wait[s|] for more than an hour: {kinds}."), help)


def _papers(now: dt.datetime) -> Found:
    for client in _published():
        plan = editions.in_force(client).plan
        for paper in plan.papers.values():
            if paper.until <= plan.day(now + SOON):
                ends = "lapsed" if paper.until < plan.day(now) else "lapses"
                said = f"{client}: {paper.kind} “{paper.name}” {ends} on {paper.until.isoformat()}."
                help = f"{paper.owner} renews it; then say the new date in the policy and publish."
                yield Finding("paper-lapses", said, help)


def _scripts(now: dt.datetime) -> Found:
    for client in _published():
        if others := editions.served_otherwise(client):
            said = f"{client}: what pages are served is not what its edition was published with: {_some(others)}."
            help = "After an upgrade, hold tag.js against sbom.json, and publish again. Else find out who changed it."
            yield Finding("tag-differs", said, help)


LOOKS: Final[tuple[Callable[[dt.datetime], Found], ...]] = (
    *(_key, _look_ups, _recovery, _modes, _disk, _reserve, _clock, _mail, _tables, _databases, _ledger, _sweeps, _work),
    *(_papers, _outside, _scripts),
)
