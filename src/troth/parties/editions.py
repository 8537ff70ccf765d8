"""Editions: the published one in the database is in force; a file is a proposal until it is published.

Publishing is one act: it takes the mark of the edition it replaces, so that two at once cannot both win, and a
policy with a problem never gets in (the running edition stays in force). The mark covers all that an edition is: its
number, its words, what they mean with the papers behind them, and the scripts that are served under it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth import policy
from troth.parties import tenancy
from troth.parties.models import Edition
from troth.policy import former
from troth.policy.counting import counted
from troth.policy.plan import Plan
from troth.policy.problems import Problem, Trouble

_Key = tuple[int, str, int, str, str]
_cache: dict[_Key, InForce] = {}
_KEY: Final = ("pk", "client_id", "number", "plan_hash", "source_hash")
"""What a decoded plan is kept under. A row's number alone would mean another edition once a copy of the database was
brought back under a running process."""
_lock = threading.Lock()
_on_publish: list[Callable[[str, int, bytes, str], tuple[int, bytes]]] = []
_after: list[Callable[[str, int], None]] = []
_standing: list[Callable[[str, frozenset[str]], Iterable[str]]] = []
_in_files: list[Callable[[str, frozenset[str]], Iterable[str]]] = []
_serving: list[Callable[[Plan, int], dict[str, str]]] = []


class InForce(msgspec.Struct, frozen=True):
    client: str
    number: int
    plan: Plan
    source_hash: str
    published_at: dt.datetime
    mark: str  # what the edition that replaces this one names; see ``publish``


class EditionInfo(msgspec.Struct, frozen=True):
    number: int
    date: dt.date
    change: str
    because: str
    plan_hash: str
    source_hash: str
    published_at: dt.datetime
    mark: str


class Published(msgspec.Struct, frozen=True):
    client: str
    number: int
    plan_hash: str
    source_hash: str
    changed: bool
    mark: str


class BadPolicy(Trouble):
    """A policy with problems. The edition in force stays in force."""

    def __init__(self, problems: list[Problem]) -> None:
        count = sum(problem.severity == "error" for problem in problems)
        super().__init__(
            "bad-policy",
            f"The policy has {counted(count, 'problem[s]')}. Nothing was published.",
            "Mend what `troth check` shows.",
            exit=3,
        )
        self.problems = problems


def on_publish(note: Callable[[str, int, bytes, str], tuple[int, bytes]]) -> None:
    """Register who writes the ledger entry of a publication, in its transaction: called with client, number, what
    the edition is and who published it; returns the entry's number and the salt of its commitment."""
    _on_publish.append(note)


def after_publish(call: Callable[[str, int], None]) -> None:
    """Register what a publication sets going: called with client and number, in its transaction, once it stands."""
    if call not in _after:
        _after.append(call)


def standing_data(fields: Callable[[str, frozenset[str]], Iterable[str]], *, in_files: bool = False) -> None:
    """Register who knows of data at a client, so that an edit cannot orphan it: called with the client and the fields
    of a plan, it names the others of which something stands. ``in_files``: it looks for long, and not into our own
    database, so no act of anybody waits for it."""
    (_in_files if in_files else _standing).append(fields)


def serves(hashes: Callable[[Plan, int], dict[str, str]]) -> None:
    """Register who serves scripts under an edition: their SHA-256 (hex) by name, for a plan and an edition's number."""
    _serving.append(hashes)


def served(plan: Plan, number: int) -> dict[str, str]:
    """The hashes of what is served now under an edition."""
    return {name: hash for hashes in _serving for name, hash in hashes(plan, number).items()}


def served_otherwise(slug: str) -> list[str]:
    """The scripts that are another now than when the edition in force was published (T60), by name. Of an edition that
    is older than such hashes nothing is known, and nothing said."""
    last = _last(slug)
    if last is None or not last.served:
        return []
    now = served(policy.decode(bytes(last.plan)), last.number)
    return sorted(name for name in last.served.keys() | now.keys() if last.served.get(name) != now.get(name))


def compiled(path: Path | str) -> policy.Compiled:
    """Compile a file, or raise ``BadPolicy`` with every problem, or ``Trouble`` *no-file*, *no-folder*."""
    result = policy.there(policy.load(path))
    if result.plan is None:
        raise BadPolicy(result.problems)
    if unseen := sorted(name for name, paper in result.plan.papers.items() if not paper.sha256):
        raise Trouble(
            "no-folder",
            f"The policy came without its folder, so nobody saw its papers ({', '.join(unseen[:3])} …).",
            "Publish the file from the folder in which its papers lie.",
            where=str(path),
        )
    return result


def publish(slug: str, path: Path | str, *, replaces: str | None, by: str, draft: bool = False) -> Published:
    """Put a file in force as the next edition. ``replaces`` is the mark of the edition in force, or None for the
    first. Its source hash will do where no other edition of the client has the same words.

    Publishing what is in force already, with its papers and scripts, changes nothing. Raises ``BadPolicy`` or
    ``Trouble`` *stale-publish*, *no-folder*.
    """
    result = compiled(path)
    plan = result.plan
    assert plan is not None
    in_files = _named(_in_files, slug, plan)
    with transaction.atomic():
        tenancy.client(slug)
        last = _last(slug)
        if last is not None and last.source_hash == plan.source_hash and not _beside(last, plan):
            return Published(slug, last.number, last.plan_hash, last.source_hash, False, _mark(last))
        if not _is_meant(last, replaces):
            raise _stale(last, replaces)
        if left := [*left_behind(slug, plan, in_files), *(renamed_amiss(in_force(slug).plan, plan) if last else [])]:
            raise BadPolicy(left)
        return _add(slug, plan, result.source, (last.number if last else 0) + 1, by)


SHOWN: Final = 12
"""So much of a mark is shown where an edition is named, and is enough to name it."""


def _mark(edition: Edition) -> str:
    """What tells an edition from every other of its client: worked out of its row, so that an old one has it, too."""
    parts = [edition.number, edition.source_hash, edition.plan_hash, sorted(edition.served.items())]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _is_meant(last: Edition | None, replaces: str | None) -> bool:
    if last is None or replaces is None:
        return last is None and replaces is None
    if replaces == last.source_hash:  # the words alone: they say which edition was meant where only one has them
        return Edition.objects.filter(client_id=last.client_id, source_hash=replaces).count() == 1
    return len(replaces) >= SHOWN and _mark(last).startswith(replaces)


def _beside(last: Edition, plan: Plan) -> bool:
    """Whether the same words mean something else now: a paper is another one, or this troth reads more in them than
    the one that published them; or whether a script is another one. Each makes another edition."""
    return last.plan_hash != plan.hash or bool(served_otherwise(last.client_id))


def _stale(last: Edition | None, replaces: str | None) -> Trouble:
    if last is None:
        return Trouble(
            "stale-publish", "No edition is in force that this one could replace.", "Publish without --replaces."
        )
    return Trouble(
        "stale-publish",
        "Another edition is in force than the one you meant to replace."
        if replaces
        else f"Edition {last.number} is in force, and you did not say that this one replaces it.",
        f"Look at it, then publish with --replaces {_mark(last)}.",
    )


def _add(slug: str, plan: Plan, source: bytes, number: int, by: str) -> Published:
    row = Edition(
        client_id=slug,
        number=number,
        date=plan.edition.date,
        plan=policy.encode(plan),
        plan_hash=plan.hash,
        source_hash=plan.source_hash,
        text=source,
        change=plan.edition.change,
        because=plan.edition.because,
        published_at=timezone.now(),
        served=served(plan, number),
    )
    for note in _on_publish:
        row.entry, row.salt = note(slug, number, _whole(row), by)
    row.save(force_insert=True)
    for call in _after:
        call(slug, number)
    return Published(slug, number, plan.hash, plan.source_hash, True, _mark(row))


def left_behind(slug: str, plan: Plan, in_files: frozenset[str] | None = None) -> list[Problem]:
    """The fields that a plan does not declare, or calls never stored, and of which data stands: nobody could see,
    correct or end it. ``in_files``: those of them that were found in files already."""
    found = _named(_standing, slug, plan) | (_named(_in_files, slug, plan) if in_files is None else in_files)
    return [
        Problem(
            code="data-left-behind",
            sentence=f"“{field}” is {'never stored now' if field in plan.fields else 'gone from the policy'},"
            " but data of it stands.",
            help="Say `was:` at what it is called now, or leave it in with `retired: yes`: see `troth explain`.",
        )
        for field in sorted(found)
    ]


def _named(registered: list[Callable[[str, frozenset[str]], Iterable[str]]], slug: str, plan: Plan) -> frozenset[str]:
    stored = frozenset(name for name, field in plan.fields.items() if field.form != "never stored")
    return frozenset(field for fields in registered for field in fields(slug, stored)) - stored


def renamed_amiss(old: Plan, new: Plan) -> list[Problem]:
    """What a file says a datum was, and it was not: two that the edition in force keeps apart, one of another kind, or
    one that has the earlier name of another. A rename opens nothing to a use that had it not (UK GDPR Art 5(1)(b))."""
    two = former.merged(old, new)
    other = [one for one in former.turned(old, new) if one not in two]
    return [
        *(
            Problem(
                code="was-two",
                sentence=f"“{was}” and “{now}” both stand in the edition in force: a rename makes no one of two.",
                help=f"Leave “{was}” in with `retired: yes`, or give what it becomes a name of its own.",
            )
            for was, now in two
        ),
        *(
            Problem(
                code="was-other",
                sentence=f"“{was}” was of another kind than “{now}”, or found people otherwise.",
                help=f"Leave “{was}” in with `retired: yes`, and declare “{now}” as a datum of its own.",
            )
            for was, now in other
        ),
        *(
            Problem(
                code="was-reused",
                sentence=f"“{was}” is what “{now}” was called, so what stands under it is no other datum’s.",
                help=f"Give the new one a name of its own, and leave `was: {was}` with “{now}”.",
            )
            for was, now in former.reused(old, new)
        ),
    ]


def _last(slug: str) -> Edition | None:
    return Edition.objects.filter(client_id=slug).order_by("-number").first()


def in_force(slug: str) -> InForce:
    """The edition in force of a client. One cheap query; the decoded plan is kept per process."""
    key = Edition.objects.filter(client_id=slug).order_by("-number").values_list(*_KEY).first()
    if key is None:
        tenancy.client(slug)
        raise Trouble(
            "nothing-published", f"“{slug}” has no edition yet.", "Publish one: troth publish FILE.", where=slug
        )
    return _decoded(key)


def is_published(slug: str) -> bool:
    return Edition.objects.filter(client_id=slug).exists()


def numbered(slug: str, number: int) -> InForce:
    """One edition by its number, or ``Trouble`` *no-edition*."""
    key = Edition.objects.filter(client_id=slug, number=number).values_list(*_KEY).first()
    if key is None:
        raise Trouble("no-edition", f"“{slug}” has no edition {number}.", "Look at the list of editions.", where=slug)
    return _decoded(key)


def _decoded(key: _Key) -> InForce:
    with _lock:
        found = _cache.get(key)
    if found is not None:
        return found
    row = Edition.objects.get(pk=key[0])
    plan = _plan_of(row)
    found = InForce(row.client_id, row.number, plan, row.source_hash, row.published_at, _mark(row))
    with _lock:
        if len(_cache) > 200:
            _cache.clear()
        _cache[key] = found
    return found


def _plan_of(row: Edition) -> Plan:
    """``Trouble`` *edition-spoilt* where somebody wrote over it what nothing can read."""
    try:
        return policy.decode(_raw(row.plan))
    except msgspec.MsgspecError:
        raise Trouble(
            "edition-spoilt",
            f"Edition {row.number} of “{row.client_id}” cannot be read: its row is not what was published.",
            "Put a backup back (see docs/operate.md), and run troth ledger verify.",
            where=row.client_id,
        ) from None


def _raw(said: bytes | memoryview[int] | str) -> bytes:
    """What stands in a column of bytes; a hand that edits a database leaves text there."""
    return said.encode() if isinstance(said, str) else bytes(said)


def forget_cache() -> None:
    """For a process whose database was exchanged under it (tests, restore)."""
    with _lock:
        _cache.clear()


def all_of(slug: str) -> list[EditionInfo]:
    """Every edition, newest first."""
    rows = Edition.objects.filter(client_id=slug).order_by("-number")
    return [
        EditionInfo(r.number, r.date, r.change, r.because, r.plan_hash, r.source_hash, r.published_at, _mark(r))
        for r in rows
    ]


def text_of(slug: str, number: int) -> bytes:
    """The file of an edition, byte for byte as it was published."""
    numbered(slug, number)
    return _raw(Edition.objects.get(client_id=slug, number=number).text)


def _whole(row: Edition) -> bytes:
    """What the entry of an edition commits to: all that it is, so that nobody puts another policy in force unseen."""
    parts = [row.client_id, row.number, str(row.date), row.plan_hash, row.source_hash, row.change, row.because]
    bodies = [hashlib.sha256(_raw(body)).hexdigest() for body in (row.plan, row.text)]
    at = row.published_at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return msgspec.json.encode([*parts, *bodies, at, sorted(row.served.items())])


def effects() -> Iterable[tuple[int, str, bytes | memoryview[int] | None, bytes]]:
    """(ledger entry, reference, salt, what it committed to) of each edition, for the ledger's two-way comparison."""
    for row in Edition.objects.exclude(entry=0).iterator():
        yield row.entry, f"edition-{row.client_id}-{row.number}", row.salt, _whole(row)
