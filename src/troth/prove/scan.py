"""Walking a client's pages with a real browser, and holding what was seen against the register of cookies.

The browser is a process of its own (``scan_browser``); what it saw is judged here (``scan_judging``) and kept as a
signed row with its ledger entry. A page that did not answer is *not answered*, never clean.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.ledger import entries, tree
from troth.parties import editions
from troth.policy import decoding
from troth.policy.problems import Trouble
from troth.prove import scan_judging, scan_targets
from troth.prove.models import Scan as Row
from troth.prove.scan_judging import Finding
from troth.prove.scan_seen import Job, Page, Told, Walked, address_of

PATIENCE: Final = 90  # seconds for a walk, and for each of its pages as many again
LINKS: Final = 3
MOST: Final = 100  # looks that are read back for the one that chose its own pages
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW: Final = (
    "pip install 'troth[scan]', and the browser with `apt-get install chromium` or `playwright install chromium`"
)
PASSED: Final = frozenset({"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"})
GUARD: Final = "SOCKET_GUARD_"  # by which our tests see whom a process calls
PASSED_ALL: Final = ("LC_", "LD_LIBRARY_", "FONTCONFIG_", "XDG_", "PLAYWRIGHT_BROWSERS_", GUARD)
ANSWERING: Final = frozenset({"no", "all", "one", "back", "typed"})
MUTE: Final = "Its question was not put in every walk."
STOPPED: Final = "The browser stopped before it had walked everything."


class Done(msgspec.Struct, frozen=True):
    """One walk that was made: over which surface, how, and whether the page put its question there."""

    surface: str
    walk: str
    asked: bool


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a client's pages at one moment (UTC). No value, and no address with a query, is in it."""

    client: str
    edition: int
    plan: str
    at: dt.datetime
    seconds: float
    named: bool  # somebody chose the pages: it can find a breach, and shows nothing of the rest
    pages: tuple[Page, ...]
    walks: tuple[Done, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    skipped: tuple[scan_targets.Skipped, ...] = ()

    @property
    def unanswered(self) -> tuple[Page, ...]:
        return tuple(one for one in self.pages if one.why)

    @property
    def looked(self) -> tuple[Page, ...]:
        return tuple(one for one in self.pages if not one.why)


def scan(
    client: str, urls: tuple[str, ...] = (), *, links: int = LINKS, tell: Callable[[str], None] = lambda words: None
) -> Scan:
    """Walk the pages of a client and say what was seen. Writes nothing; ``keep`` does."""
    force, now = editions.in_force(client), timezone.now()
    targets = scan_targets.of(force, urls, links=links, browser=browser())
    if not targets.jobs and not targets.unanswered:
        why = " ".join(one.why for one in targets.skipped) or "It declares none."
        raise Trouble(
            "no-pages", f"{client} has no pages to walk. {why}", "Declare a web surface with its origins, and publish."
        )
    pages, walks = list(targets.unanswered), list[Done]()
    findings, remarks = list[Finding](), list[Finding]()
    for job in targets.jobs:
        walked, seen = _walked(job, tell)
        judged = scan_judging.judge(force.plan, job.surface, targets.homes, walked, now)
        walks += [Done(job.surface, one.way.name, one.asked) for one in walked]
        pages += seen
        findings += judged.findings
        remarks += judged.remarks
    return Scan(
        client=client,
        edition=force.number,
        plan=force.plan.hash,
        at=now,
        seconds=round((timezone.now() - now).total_seconds(), 1),
        named=bool(urls),
        pages=tuple(_plain(one) for one in pages),
        walks=tuple(walks),
        findings=tuple(findings),
        remarks=tuple(remarks),
        skipped=targets.skipped,
    )


def _plain(one: Page) -> Page:
    """A page without its query: somebody's name may stand there."""
    return msgspec.structs.replace(one, address=address_of(one.address)[:500])


def browser() -> str:
    """The path of a browser; '' where Playwright brought its own. ``Trouble`` *no-browser* says what is missing."""
    if importlib.util.find_spec("playwright") is None:
        raise Trouble("no-browser", "Walking pages needs Playwright, which is not installed.", f"Install it: {HOW}.")
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


# --- the browser's process ------------------------------------------------------------------------------------------


def _walked(job: Job, tell: Callable[[str], None]) -> tuple[list[Walked], list[Page]]:
    """The walks that were made, and the pages at the end. A browser that stops leaves its pages unanswered."""
    walks, pages = list[Walked](), list[Page]()
    for told in _told(job):
        if told.lacks:
            raise Trouble("no-browser", f"The browser does not start: {told.lacks}", f"Install it: {HOW}.")
        if told.walked is not None:
            walks.append(told.walked)
            tell(f"{job.surface}: {told.walked.way.name}")
        pages = list(told.pages) or pages
    if not pages:
        pages = [Page(surface=job.surface, address=url, why=STOPPED) for url in job.pages]
    if len({one.asked for one in walks if one.way.kind in ANSWERING}) > 1:  # it was put in some, and not in others
        pages = [one if one.why else msgspec.structs.replace(one, why=MUTE) for one in pages]
    return walks, pages


def _told(job: Job) -> Iterator[Told]:
    limit = PATIENCE * (1 + len(job.pages) + job.links)
    with _folder() as folder:
        child = subprocess.Popen(
            [sys.executable, "-m", "troth.prove.scan_browser"],
            env=_environment() | {"TMPDIR": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        watch = _Watch(child, limit)
        try:
            assert child.stdin is not None and child.stdout is not None
            _give(child.stdin, msgspec.json.encode(job))
            for line in child.stdout:
                watch.again()
                yield decoding.read(line, Told)
        except (BrokenPipeError, msgspec.DecodeError):
            return
        finally:
            watch.end()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
            child.wait()


def _environment() -> dict[str, str]:
    """What a browser needs to start, by name. The rest may be a secret of the operator, whatever it is called."""
    return {name: value for name, value in os.environ.items() if name in PASSED or name.startswith(PASSED_ALL)}


@contextlib.contextmanager
def _folder() -> Iterator[str]:
    """Where a browser keeps what it needs, gone afterwards. One that was ended writes for a moment more."""
    folder = tempfile.mkdtemp(prefix="troth-walk-")
    try:
        yield folder
    finally:
        for _ in range(50):
            shutil.rmtree(folder, ignore_errors=True)
            if not os.path.exists(folder):
                break
            time.sleep(0.1)


def _give(pipe: IO[bytes], job: bytes) -> None:
    pipe.write(job)
    pipe.close()


class _Watch:
    """Ends a browser's process that said nothing for too long, or that is left behind. A page can keep a browser busy
    for ever."""

    def __init__(self, child: subprocess.Popen[bytes], limit: float) -> None:
        self._child, self._limit = child, limit
        self._timer = self._started()

    def _started(self) -> threading.Timer:
        timer = threading.Timer(self._limit, self._kill)
        timer.daemon = True
        timer.start()
        return timer

    def _kill(self) -> None:
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)

    def again(self) -> None:
        self._timer.cancel()
        self._timer = self._started()

    def end(self) -> None:
        self._timer.cancel()
        self._kill()


# --- what is kept ---------------------------------------------------------------------------------------------------


def keep(found: Scan) -> None:
    """Write what was seen as a row with its ledger entry, in one transaction."""
    body = msgspec.json.encode(found)
    counts = {
        "pages": len(found.looked),
        "unanswered": len(found.unanswered),
        "walks": len(found.walks),
        "broken": len(found.findings),
    }
    with transaction.atomic():
        entry = entries.append("scanned", client=found.client, edition=found.edition, counts=counts, details=body)
        Row.objects.create(
            client_id=found.client, at=found.at, edition=found.edition, named=found.named,
            report=body, signature=tree.sign(body), entry=entry.number, salt=entry.salt,
        )  # fmt: skip


def effects() -> Iterable[entries.Effect]:
    """Each look at pages, for the ledger's two-way comparison."""
    for entry, key, salt, body in Row.objects.values_list("entry", "pk", "salt", "report").iterator():
        yield entries.Effect(entry, f"scan-{key}", salt, bytes(body))


def kept(client: str) -> Iterator[Scan]:
    """The looks at this client's pages that we signed, the newest first. One that somebody wrote in says nothing."""
    for row in Row.objects.filter(client_id=client).order_by("-at", "-pk").iterator():
        if tree.signed_by_us(bytes(row.report), bytes(row.signature)):
            found = decoding.read(bytes(row.report), Scan)
            if found.client == client:
                yield found


def counting(client: str) -> list[Scan]:
    """The newest look that chose its own pages, and those after it at pages that somebody named; the newest first."""
    found = []
    for one in kept(client):
        found.append(one)
        if not one.named or len(found) == MOST:
            break
    return found
