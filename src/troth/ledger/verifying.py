"""Verifying: every entry, the tree, the signed head, the closed months, the copies outside, and effects both ways.

Finds an entry that was changed, dropped, swapped, inserted or cut off the end, an effect that stands without its
entry or differs from what its entry committed to, and an entry whose lasting effect is gone (UK GDPR Art 5(2)).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, Literal

import msgspec
from django.db import DatabaseError

from troth.ledger import entries, merkle, rows, segments, signing
from troth.ledger.entries import Effect
from troth.ledger.merkle import LOW, WIDE, Place
from troth.ledger.models import Checkpoint
from troth.policy.problems import Trouble, visible

SALTED: Final = '"salted":"1"'
MOST: Final = 1000  # findings about entries; a ruined ledger needs no longer list
_LOWEST: Final = -(2**63)
_LOOKED_UP: Final = 500  # effects whose entries are asked for at once

Kind = Literal[
    "changed",
    "missing",
    "out of place",
    "cut off",
    "head unsigned",
    "checkpoint",
    "tree",
    "segment",
    "effect without entry",
    "entry without effect",
    "effect changed",
    "unreadable",
]


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong. ``entry`` 0: no one entry is to blame. The sentence can be shown on any terminal."""

    kind: Kind
    entry: int
    sentence: str


class Verdict(msgspec.Struct, frozen=True):
    """What was looked at and found. ``notes``: what is so by right and should be known, such as a dropped month."""

    ok: bool
    entries: int
    effects: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def verify() -> Verdict:
    """Look at every entry and every effect, both ways. Reads only."""
    known = signing.read_head()  # before the rows: an entry committed meanwhile is no cut tail
    with rows.reading():
        walk = Walk(segments.begin())
        for block in rows.blocks(_LOWEST):
            walk.take(block)
        effects = _Effects(walk)
        findings = [*walk.findings, *_head_findings(walk, known), *_tree_findings(walk), *effects.findings()]
    notes = (walk.begin.note,) if walk.begin.note else ()
    return Verdict(not findings, walk.count, effects.count, tuple(findings), notes)


# --- entries ----------------------------------------------------------------------------------------------------


class Walk:
    """One pass over the entries: the chain is checked, and the tree is made anew beside it."""

    def __init__(self, begin: segments.Begin) -> None:
        self.begin = begin
        self.findings: list[Finding] = []
        self.count = 0
        self.lasting: dict[int, str] = {}
        self.gaps: list[tuple[int, int]] = []
        self.previous, self.expected = begin.chain, begin.first
        self.leaves = _Leaves(begin.first - 1)
        self._chainer = rows.Chainer(entries.chain_key())

    def take(self, block: list[rows.Row]) -> None:
        """The common case in one breath; a block with anything that is not as it should be is looked at row by row."""
        leaves = self._sound(block)
        if leaves is None:
            for row in block:
                self._look(row)
        else:
            self.leaves.take(leaves)
            self.previous, self.expected = block[-1][11], self.expected + len(block)
        self.count += len(block)
        lasting = entries.LASTING
        self.lasting |= {row[0]: row[2] for row in block if row[2] in lasting}

    def _sound(self, block: list[rows.Row]) -> list[bytes] | None:
        """The leaf hashes of a block in which all is well; None when anything is not."""
        link, encode, sha, join = self._chainer.link, rows.encode, hashlib.sha256, "".join
        previous, expected = self.previous, self.expected
        leaves: list[bytes] = []
        add = leaves.append
        try:
            for row in block:
                body = encode(row[:10])
                join(row[5:])  # bytes in the place of text would read like the text they spell
                join(row[1:4])
                if (
                    row[0] != expected
                    or type(row[4]) is not int
                    or row[10] != previous
                    or not body.isascii()
                    or link(previous, body) != row[11]
                ):
                    return None
                previous = row[11]
                expected += 1
                add(sha(b"\x00" + body).digest())
        except (TypeError, ValueError):
            return None
        return leaves

    def _look(self, row: rows.Row) -> None:
        number = row[0]
        if type(number) is not int:
            self._find("changed", 0, "An entry stands under what is no number.")
            return
        if number != self.expected:
            self._misses(number)
        elif row[10] != self.previous:
            self._find("out of place", number, f"Entry {number} does not follow the one before it.")
        body = rows.body_of(row) if rows.sound(row) else b""
        if not body or self._chainer.link(row[10], body) != row[11]:
            self._find("changed", number, f"Entry {number} is not what was written.")
        self.leaves.take([merkle.leaf(body)])
        self.previous, self.expected = row[11], max(number + 1, self.expected)

    def _misses(self, number: int) -> None:
        if number < self.expected:
            self._find("out of place", number, f"Entry {number} stands where none can stand.")
            return
        one = number - 1 == self.expected
        which = f"Entry {self.expected} is" if one else f"Entries {self.expected} to {number - 1} are"
        self._find("missing", self.expected, f"{which} not there.")
        self.gaps.append((self.expected, number - 1))

    def _find(self, kind: Kind, number: int, sentence: str) -> None:
        if len(self.findings) < MOST:
            self.findings.append(Finding(kind, number, sentence))

    def has(self, number: object) -> bool:
        """Whether an entry of this number was read, or went by right with its month."""
        if type(number) is not int or not 0 < number < self.expected:
            return False
        return not any(first <= number <= last for first, last in self.gaps)


def _head_findings(walk: Walk, known: tuple[int, str] | None) -> Iterator[Finding]:
    if known is None:
        if walk.count:
            yield Finding("head unsigned", 0, "The signed head of the ledger is missing or not signed by us.")
        return
    number, chain = known
    if number >= walk.expected:
        yield Finding("cut off", number, f"The ledger reached entry {number} once; its end is cut off.")
    elif _chain_at(number) not in (chain, None):
        yield Finding("changed", number, f"Entry {number} differs from the signed head.")


def _chain_at(number: int) -> object:
    found = rows.some(number, number)
    return found[0][11] if found else None


# --- the tree ---------------------------------------------------------------------------------------------------


class _Leaves:
    """Leaf hashes as they come by, and the nodes of the lowest stored level over them."""

    def __init__(self, begin: int) -> None:
        self.low: dict[int, bytes] = {}
        self._waiting: list[bytes] = []
        self._skip = -begin % WIDE  # the rest of a subtree that began in a dropped month
        self._next = (begin + self._skip) >> LOW

    def take(self, leaves: list[bytes]) -> None:
        waiting = self._waiting + leaves[self._skip :] if self._skip else self._waiting + leaves
        self._skip = max(0, self._skip - len(leaves))
        full = len(waiting) // WIDE * WIDE
        for first in range(0, full, WIDE):
            self.low[self._next] = merkle.over(waiting[first : first + WIDE])
            self._next += 1
        self._waiting = waiting[full:]

    def nodes(self) -> dict[int, bytes]:
        """Every node that can be worked out from these entries, by the row in which it is stored."""
        level, here, found = LOW, self.low, dict[int, bytes]()
        while here:
            found |= {merkle.key_of(level, index): value for index, value in here.items()}
            pairs = [index for index in here if not index & 1 and index + 1 in here]
            here = {index >> 1: merkle.parent(here[index], here[index + 1]) for index in pairs}
            level += 1
        return found


def _tree_findings(walk: Walk) -> Iterator[Finding]:
    if walk.findings:
        return  # the entries themselves are wrong: what follows from them says nothing more
    made = walk.leaves.nodes()
    wrong = sum(1 for key, value in merkle.all_stored() if made.get(key, value) != value)
    if wrong:
        yield Finding("tree", 0, f"{wrong} stored nodes of the tree do not follow from the entries.")
        return
    roots = _Roots(walk)
    for month, line in segments.lines():
        if line is None or line["month"] != month:
            yield Finding("segment", 0, f"The line of the closed month {visible(month)} is not signed by us.")
        elif not roots.fits(line["last"], line["chain"], line["root"]):
            yield Finding("segment", line["last"], f"The entries to the end of {month} differ from its signed root.")
    for number, text in Checkpoint.objects.order_by("number").values_list("number", "line"):
        line = signing.opened(text) if isinstance(text, str) else None
        if line is None or not roots.fits(line["number"], line["chain"], line["root"]):
            yield Finding("checkpoint", number, f"The ledger differs from its checkpoint at entry {number}.")


class _Roots:
    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def fits(self, number: int, chain: str, root: str) -> bool:
        """Whether the ledger up to a number still has this chain hash and this root; where it was dropped, it may."""
        if number < self._walk.begin.first - 1:
            return True
        if number >= self._walk.expected:
            return False
        if number >= self._walk.begin.first and _chain_at(number) != chain:
            return False
        return merkle.Tree(number, self._walk.begin.known).root().hex() == root


# --- effects ----------------------------------------------------------------------------------------------------


class _Effects:
    """Every effect that the rooms have, held against the entries, and the lasting entries against the effects."""

    def __init__(self, walk: Walk) -> None:
        self.count = 0
        self._walk = walk

    def findings(self) -> Iterator[Finding]:
        missing = dict(self._walk.lasting)
        unread = False
        for room in entries.rooms():
            effects = self._of(room)
            while some := list(islice(effects, _LOOKED_UP)):
                for one in some:
                    if isinstance(one, Finding):
                        unread = True
                        yield one
                    else:
                        missing.pop(one.entry, None)
                yield from self._compared(room, [one for one in some if isinstance(one, Effect)])
        for number, act in () if unread else missing.items():
            yield Finding("entry without effect", number, f"Entry {number} ({act}) has no effect left to show.")

    def _of(self, room: str) -> Iterator[Effect | Finding]:
        """A room reads its rows as it always does; what no room writes there ends its reading, and is the finding."""
        try:
            for one in entries.rooms()[room]():
                self.count += 1
                yield one if isinstance(one, Effect) else Effect(*one)
        except Exception as error:
            if isinstance(error, Trouble) or _busy(error):
                raise
            why = f"({type(error).__name__}): they are not as they were written."
            yield Finding("unreadable", 0, f"The effects of {room} cannot be read {why}")

    def _compared(self, room: str, effects: list[Effect]) -> Iterator[Finding]:
        commitments = _commitments([one.entry for one in effects if one.details is not None])
        for one in effects:
            name, number = f"“{visible(str(one.reference))}” in {room}", one.entry if type(one.entry) is int else 0
            if not self._walk.has(one.entry):
                yield Finding("effect without entry", number, f"{name} has no entry {number}.")
            elif one.details is not None and number in commitments and not _opens(one, *commitments[number]):
                yield Finding("effect changed", number, f"{name} is not what entry {number} committed to.")


def _opens(effect: Effect, counts: str, refs: str, commitment: str) -> bool:
    if effect.values and f'"values":{effect.values}}}' not in counts:
        return True
    if not effect.salt:  # what an earlier edition wrote has none, and its entry says of none
        return SALTED not in refs
    if effect.details is None or not isinstance(effect.salt, bytes | memoryview):
        return False  # somebody wrote text there
    return hashlib.sha256(bytes(effect.salt) + effect.details).hexdigest() == commitment


def _busy(error: Exception) -> bool:
    """A database that is locked, out of reach or waits for an upgrade was not tampered with, and is told as it is."""
    told = ("locked", "busy", "no such table", "no such column")
    return isinstance(error, DatabaseError) and any(word in str(error) for word in told)


def _commitments(numbers: list[int]) -> dict[int, tuple[str, str, str]]:
    """Counts, references and commitment of entries."""
    if not numbers:
        return {}
    holes = ", ".join("?" * len(numbers))
    found = rows.db().execute(
        f"SELECT number, counts, refs, commitment FROM ledger_entry WHERE number IN ({holes})",  # noqa: S608
        numbers,
    )
    return {number: (str(counts), str(refs), str(commitment)) for number, counts, refs, commitment in found}


# --- a checkpoint kept elsewhere --------------------------------------------------------------------------------


def held_against(line: str) -> list[Finding]:
    """Compare the ledger with a checkpoint kept elsewhere. Empty: what it says then still stands."""
    said = signing.opened(line)
    place = signing.kept(line)
    if said is None or place is None:
        return [Finding("checkpoint", 0, "The checkpoint is not signed by this installation.")]
    number, chain = place
    begin = segments.begin()
    if number > rows.last()[0]:
        return [Finding("cut off", number, f"The ledger reached entry {number} when the checkpoint was made.")]
    if number < begin.first:
        return []  # its entries were dropped by right; `Verdict.notes` says so
    if _chain_at(number) != chain:
        return [Finding("changed", number, f"Entry {number} differs from the checkpoint.")]
    return [] if _same_root(number, begin, said.get("root")) else [
        Finding("changed", number, f"The entries up to {number} differ from the checkpoint.")
    ]  # fmt: skip


def _same_root(number: int, begin: segments.Begin, root: object) -> bool:
    try:
        return root is None or merkle.Tree(number, begin.known).root().hex() == root
    except Trouble:
        return False


def held_against_all(lines: Iterable[str]) -> list[Finding]:
    """As ``held_against``, of a file in which checkpoints were gathered, one a line."""
    return [finding for line in lines for finding in held_against(line)]


__all__ = ["Finding", "Place", "Verdict", "held_against", "held_against_all", "verify"]
