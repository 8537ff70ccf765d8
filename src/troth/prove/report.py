"""The report: every promise of a client looked at now, with its state, kept as a signed row with its ledger entry."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.ledger import entries, tree
from troth.parties import editions
from troth.policy import decoding
from troth.policy.always import PLANNED
from troth.policy.counting import counted
from troth.policy.emit.naming import day
from troth.prove import remembering
from troth.prove.keepers import KEEPERS, STATES, Looked, Scene, State, state_of
from troth.prove.models import Proof
from troth.prove.promises import CHAPTERS, Line, derive

WORST: tuple[State, ...] = ("broken", "not-proved", "kept-empty", "attested", "kept")
NO_KEEPER = "Its keeper is not built yet."


class Finding(msgspec.Struct, frozen=True):
    """One promise with its state, in the one vocabulary of states."""

    promise: str
    sentence: str
    state: State
    keeper: str
    probe: str
    count: int
    looked_at: str
    breaches: tuple[str, ...]
    why: str
    seconds: float
    breaker: bool
    how: str = ""


class Report(msgspec.Struct, frozen=True):
    """A client's promises as found at one moment (UTC). ``seen``: marks of files of events that were opened and had
    none of what is over."""

    client: str
    edition: int
    plan: str
    at: dt.datetime
    findings: tuple[Finding, ...]
    seen: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[State, int]:
        return {state: sum(found.state == state for found in self.findings) for state in STATES}

    @property
    def holds(self) -> bool:
        return not self.counts["broken"]

    @property
    def headline(self) -> str:
        total, broken = len(self.findings), self.counts["broken"]
        if not broken:
            open_ = total - self.counts["kept"]  # what nothing was seen of is not called kept
            end = f"None is broken; {_number(open_)} {_is(open_)} not seen kept yet." if open_ else "All are kept."
            unproved = self.counts["not-proved"]
            end = f"None is broken; {_number(unproved)} {_is(unproved)} not proved yet." if unproved else end
            return f"We made {counted(total, 'promise[s]')}. {end}"
        return f"We made {counted(total, 'promise[s]')}. {_number(broken).capitalize()} {_is(broken)} broken."

    def chapters(self) -> list[tuple[str, str, list[Finding]]]:
        grouped = (
            (key, title, [f for f in self.findings if f.promise == key or f.promise.startswith(key + "/")])
            for key, title in CHAPTERS.items()
        )
        return [chapter for chapter in grouped if chapter[2]]

    def _of(self, state: State) -> list[Finding]:
        return [found for found in self.findings if found.state == state]

    @property
    def broken(self) -> list[Finding]:
        return self._of("broken")

    @property
    def unproved(self) -> list[Finding]:
        return self._of("not-proved")

    @property
    def empty(self) -> list[Finding]:
        return self._of("kept-empty")


def worst(findings: Iterable[Finding]) -> State:
    """The state that a chapter is in: that of the promise in it that stands worst."""
    return min((one.state for one in findings), key=WORST.index)


def _number(count: int) -> str:
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[count] if count < len(words) else str(count)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def run(client: str, *, now: dt.datetime | None = None) -> Report:
    """Look at every promise of ``client``. Reads only; ``keep`` writes the row."""
    force = editions.in_force(client)
    seen = remembering.Memory(lambda: last.seen if (last := latest(client)) is not None else ())
    scene = Scene(client, force.plan, now or timezone.now(), {"seen": seen})
    found = tuple(_findings(scene))
    return Report(client, force.number, force.plan.hash, scene.now, found, tuple(sorted(seen.met)))


def _findings(scene: Scene) -> Iterator[Finding]:
    for line in derive(scene.plan):
        started = time.perf_counter()
        looked = _look(scene, line)
        yield _finding(line, looked, time.perf_counter() - started)


def _look(scene: Scene, line: Line) -> Looked:
    who = KEEPERS.get(line.keeper)
    if who is None:
        return Looked(0, "nothing", unproved=_planned(line))
    try:
        return who.probe(scene, line)
    except Exception as error:  # a probe that fails has proved nothing, and must not hide the other promises
        return Looked(0, "nothing", unproved=f"The probe could not finish ({type(error).__name__}).")


def _planned(line: Line) -> str:
    """Why nothing was looked at, and since when somebody reading this has been told so."""
    plan = PLANNED.get(line.name) if line.chapter == "always" else None
    return f"Its keeper is planned since {day(plan.since)} and not built yet." if plan else NO_KEEPER


def _finding(line: Line, looked: Looked, seconds: float) -> Finding:
    who = KEEPERS.get(line.keeper)
    return Finding(
        promise=line.path,
        sentence=line.sentence,
        state=state_of(looked),
        keeper=who.code if who else "",
        probe=f"prove.probes: {line.keeper}" if who else "",
        count=looked.count,
        looked_at=looked.what if looked.what == "nothing" else counted(looked.count, looked.what),
        breaches=looked.breaches,
        why=looked.unproved or looked.attested,
        seconds=round(seconds, 4),
        breaker=bool(who and who.breaker),
        how=who.how if who else "",
    )


def keep(report: Report) -> None:
    """Write the proof as a row with its ledger entry, in one transaction."""
    body = msgspec.json.encode(report)
    with transaction.atomic():
        counts = {state.replace("-", "_"): n for state, n in report.counts.items()}
        entry = entries.append("proved", client=report.client, edition=report.edition, counts=counts, details=body)
        Proof.objects.create(
            client_id=report.client, at=report.at, edition=report.edition,
            report=body, signature=tree.sign(body), entry=entry.number, salt=entry.salt,
        )  # fmt: skip


def effects() -> Iterable[entries.Effect]:
    """Each proof, for the ledger's two-way comparison."""
    for entry, key, salt, body in Proof.objects.values_list("entry", "pk", "salt", "report").iterator():
        yield entries.Effect(entry, f"proof-{key}", salt, bytes(body))


def latest(client: str) -> Report | None:
    """The last proof of this client that we signed, or None. One that somebody wrote into the table says nothing."""
    row = Proof.objects.filter(client_id=client).order_by("-at", "-pk").first()
    if row is None or not tree.signed_by_us(bytes(row.report), bytes(row.signature)):
        return None
    found = decoding.read(bytes(row.report), Report)
    return found if found.client == client else None


def run_all(clients: Iterable[str], *, write: bool = True) -> list[Report]:
    reports = []
    for client in clients:
        report = run(client)
        if write:
            keep(report)
        reports.append(report)
    return reports
