"""How the house is doing, for a machine that watches: ``/healthz`` for anybody, ``/metrics`` for who may see it.

Metrics are counts of the whole house or of a client, never of a person, and hold no name, value or reference. They are
read from the ledger, so that what is counted is what is written down. Prometheus text, version 0.0.4.
"""

from __future__ import annotations

import asyncio
import collections
import hmac
import ipaddress
import json
import os
import resource
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from troth.answer import requests
from troth.keep import disk, sweep
from troth.ledger import rows
from troth.parties import tenancy
from troth.work import queue

HEALTH: Final = "/healthz"
METRICS: Final = "/metrics"
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
FRESH: Final = 1.0  # seconds for which an answer holds: whoever asks often costs us no more
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
STARTED: Final = time.time()
Sample = tuple[str, Mapping[str, str], int]  # name, labels, value
Send = Callable[[dict[str, Any]], Awaitable[None]]


# --- who may see it ---------------------------------------------------------------------------------------------


def serves(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Whether this request is answered here. Who may not see the metrics gets what any other address would get."""
    if scope["method"] not in ("GET", "HEAD"):
        return False
    return scope["path"] == HEALTH or (scope["path"] == METRICS and _may_see(scope, headers))


def _may_see(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """With a token: whoever bears it. Without one: this machine itself, under a loopback name and through no proxy."""
    if settings.METRICS_TOKEN:
        borne = headers.get("authorization", "").removeprefix("Bearer ").encode()
        return hmac.compare_digest(borne, settings.METRICS_TOKEN.encode())
    host, passed = headers.get("host", ""), ("forwarded", "via", "x-real-ip")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    through = any(one in passed or one.startswith("x-forwarded") for one in headers)
    return name in LOOPBACK and not through and _is_loopback((scope.get("client") or ("",))[0])


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


async def answer(scope: Mapping[str, Any], send: Send) -> None:
    what = _health if scope["path"] == HEALTH else _metrics
    status, text = await asyncio.get_running_loop().run_in_executor(None, what)
    headers = [(b"content-type", TEXT.encode()), (b"content-length", str(len(text)).encode())]
    headers += [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else text})


class _Held:
    """What was found out a moment ago, so that a crowd that asks is answered by one look."""

    def __init__(self, find: Callable[[], tuple[int, bytes]]) -> None:
        self._find, self._lock = find, threading.Lock()
        self._at, self._found = float("-inf"), (503, b"")

    def __call__(self) -> tuple[int, bytes]:
        with self._lock:
            if time.monotonic() - self._at > FRESH:
                self._found, self._at = self._find(), time.monotonic()
            return self._found


def _look_well() -> tuple[int, bytes]:
    try:
        close_old_connections()  # threads that answer keep theirs
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # whatever keeps the store from us, the answer is the same and says nothing of it
        return 503, b"not now\n"
    return 200, b"ok\n"


# --- what is counted --------------------------------------------------------------------------------------------


class Tally:
    """What the ledger wrote down since this process began; each look reads only what is new."""

    def __init__(self) -> None:
        self._upto = rows.last()[0]
        self.acts: collections.Counter[str] = collections.Counter()
        self.events: collections.Counter[tuple[str, str]] = collections.Counter()
        self.refused: collections.Counter[tuple[str, str]] = collections.Counter()

    def look(self) -> int:
        """Read on. Returns the number of the last entry."""
        for block in rows.blocks(self._upto + 1):
            for number, _, act, client, _, _, counts, *_ in block:
                self._count(str(act), str(client), counts)
                self._upto = max(self._upto, number)
        return self._upto

    def _count(self, act: str, client: str, counts: object) -> None:
        self.acts[act] += 1
        for name, count in _read(counts).items() if act in ("events", "refused") else ():
            if act == "events":
                self.events[client, name] += count
            elif name.startswith("reason "):
                self.refused[client, name.removeprefix("reason ")] += count


def _read(counts: object) -> dict[str, int]:
    try:
        found = json.loads(str(counts))
    except ValueError:
        return {}
    return {name: count for name, count in found.items() if type(count) is int} if isinstance(found, dict) else {}


_tally: list[Tally] = []


def begin() -> None:
    """The server calls this once, when its tables are ready: counters count from here."""
    _tally[:] = [Tally()]


def _look_around() -> tuple[int, bytes]:
    close_old_connections()
    if not _tally:
        begin()
    return 200, text(samples(_tally[0])).encode()


def samples(tally: Tally) -> Iterator[Sample]:
    now = timezone.now()
    yield "troth_ledger_entries", {}, tally.look()
    for act, count in sorted(tally.acts.items()):
        yield "troth_acts_total", {"act": act}, count
    for (client, reason), count in sorted(tally.events.items()):
        yield "troth_events_total", {"client": client, "reason": reason}, count
    for (client, reason), count in sorted(tally.refused.items()):
        yield "troth_refusals_total", {"client": client, "reason": reason}, count
    still, late = requests.tally(now)
    yield "troth_requests_open", {}, still
    yield "troth_requests_overdue", {}, late
    for client in tenancy.slugs():
        if (at := sweep.newest(client)) is not None:
            yield "troth_sweep_age_seconds", {"client": client}, int((now - at).total_seconds())
            yield "troth_sweep_stopped", {"client": client}, int(bool(sweep.stopped(client)))
    yield "troth_jobs_waiting", {}, queue.depth()
    yield "troth_disk_free_bytes", {}, shutil.disk_usage(settings.DATA).free
    reserve = disk.reserve()
    yield "troth_reserve_bytes", {}, reserve.held
    yield "troth_reserve_wanted_bytes", {}, reserve.wanted
    yield "troth_process_resident_bytes", {}, _resident()
    yield "troth_process_start_time_seconds", {}, int(STARTED)


def _resident() -> int:
    try:
        with open("/proc/self/statm") as told:
            return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # another system says only the most there ever was
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


HELP: Final = {
    "troth_ledger_entries": ("gauge", "Number of the last entry of the ledger."),
    "troth_acts_total": ("counter", "Acts written into the ledger since this process began, by act."),
    "troth_events_total": ("counter", "Events stored and turned away, by client and reason."),
    "troth_refusals_total": ("counter", "What the gate refused, by client and reason."),
    "troth_requests_open": ("gauge", "Requests of people that are open, in the whole house."),
    "troth_requests_overdue": ("gauge", "Open requests past the day by which the law wants an answer."),
    "troth_sweep_age_seconds": ("gauge", "Seconds since a client was swept."),
    "troth_sweep_stopped": ("gauge", "1 while the last sweep of a client waits for a person's yes."),
    "troth_jobs_waiting": ("gauge", "Jobs in the queue."),
    "troth_disk_free_bytes": ("gauge", "Free bytes on the disk of the data folder."),
    "troth_reserve_bytes": ("gauge", "Bytes that are kept for records on a full disk."),
    "troth_reserve_wanted_bytes": ("gauge", "Bytes that should be kept for that."),
    "troth_process_resident_bytes": ("gauge", "Memory of the serving process."),
    "troth_process_start_time_seconds": ("gauge", "When the serving process began, in seconds since 1970."),
}


def text(found: Iterator[Sample]) -> str:
    """Samples as Prometheus reads them; those of one name stand together."""
    lines: list[str] = []
    for name, labels, value in found:
        kind, help = HELP[name]
        if f"# TYPE {name} {kind}" not in lines:
            lines += [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]
        said = ",".join(f'{key}="{_escaped(word)}"' for key, word in labels.items())
        lines.append(f"{name}{{{said}}} {value}" if said else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


_health: Final = _Held(_look_well)
_metrics: Final = _Held(_look_around)
