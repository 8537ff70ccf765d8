"""One Merkle tree over all entries, as in RFC 9162 section 2.1: a leaf is an entry, a root stands for all of them.

Complete subtrees of 64 entries and more are stored, so that a root or a proof reads a few rows of however many
millions. The stored nodes follow from the entries: they can be made again, and verifying compares them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from django.db import connection, transaction

from troth.ledger import entries, rows
from troth.policy.problems import Trouble

LOW: Final = 6
"""The lowest level that is stored: a node of it stands for 64 entries."""
WIDE: Final = 1 << LOW
_AT_ONCE: Final = 64 * WIDE  # entries read at a time while nodes are stored
_SHIFT: Final = 48
_sha: Final = hashlib.sha256
Place = tuple[int, int]  # level, index in the level
Path = list[tuple[Literal["left", "right"], bytes]]


def leaf(body: bytes) -> bytes:
    return _sha(b"\x00" + body).digest()


def parent(left: bytes, right: bytes) -> bytes:
    return _sha(b"\x01" + left + right).digest()


def key_of(level: int, index: int) -> int:
    """The row in which a node is stored."""
    return level << _SHIFT | index


def over(leaves: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(leaves) > 1:
        pairs = iter(leaves)
        leaves = [_sha(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return leaves[0]


def pieces(size: int) -> list[Place]:
    """The complete subtrees of which a tree of this size is made, from left to right."""
    found, begin = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append((level, begin >> level))
            begin += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over such pieces."""
    if not hashes:
        return _sha(b"").digest()
    value = hashes[-1]
    for left in reversed(hashes[:-1]):
        value = parent(left, value)
    return value


class Tree:
    """The tree as it was at a size. ``known``: nodes over entries that are not here any more."""

    def __init__(self, size: int, known: Mapping[Place, bytes] | None = None) -> None:
        self.size = size
        self._known = dict(known or {})
        self._read: set[int] = set()

    def root(self) -> bytes:
        self._fetch(pieces(self.size))
        return fold([self.node(*place) for place in pieces(self.size)])

    def frontier(self) -> list[bytes]:
        """The hashes of ``pieces``: with them the tree can grow on when the entries have gone."""
        return [self.node(*place) for place in pieces(self.size)]

    def path(self, place: int) -> Path:
        """The hashes beside the way from a leaf (counted from 0) to the root, lowest first."""
        self._fetch([(level, (place >> level) ^ 1) for level in range(LOW, self.size.bit_length())])
        found: Path = []
        low, high = 0, self.size
        while high - low > 1:
            middle = low + (1 << (high - low - 1).bit_length() - 1)
            if place < middle:
                found.append(("right", self._span(middle, high)))
                high = middle
            else:
                found.append(("left", self._span(low, middle)))
                low = middle
        return found[::-1]

    def _span(self, low: int, high: int) -> bytes:
        """The root over the leaves from ``low`` to before ``high``, which begin where a subtree begins."""
        width = high - low
        if width & (width - 1) == 0:
            level = width.bit_length() - 1
            return self.node(level, low >> level)
        middle = low + (1 << (width - 1).bit_length() - 1)
        return parent(self._span(low, middle), self._span(middle, high))

    def node(self, level: int, index: int) -> bytes:
        """One complete subtree; worked out where it is not stored."""
        found = self._known.get((level, index)) or self._stored(level, index)
        if found is None:
            found = self._leaf(index) if level == 0 else self._joined(level, index)
            self._known[level, index] = found
        return found

    def _joined(self, level: int, index: int) -> bytes:
        return parent(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def _stored(self, level: int, index: int) -> bytes | None:
        if level >= LOW:
            self._fetch([(level, index)])
        return self._known.get((level, index))

    def _fetch(self, places: Sequence[Place]) -> None:
        keys = [key_of(*place) for place in places if place[0] >= LOW and place not in self._known]
        for key, value in stored(keys):
            self._known[key >> _SHIFT, key & (1 << _SHIFT) - 1] = value

    def _leaf(self, index: int) -> bytes:
        block = index >> LOW
        if block not in self._read:
            self._read.add(block)
            first = block * WIDE + 1
            for number, value in leaves(first, min(self.size, first + WIDE - 1)):
                self._known.setdefault((0, number - 1), value)
        if (0, index) not in self._known:
            raise broken(index + 1)
        return self._known[0, index]


def leaves(first: int, upto: int) -> Iterator[tuple[int, bytes]]:
    """(number, leaf hash) of entries; an entry that does not verify ends in ``Trouble``: no root is signed over it."""
    chainer = rows.Chainer(entries.chain_key())
    for row in rows.some(first, upto):
        body = rows.body_of(row) if rows.sound(row) else b""
        if not body or chainer.link(row[10], body) != row[11]:
            raise broken(row[0])
        yield row[0], leaf(body)


def broken(number: object) -> Trouble:
    return Trouble(
        "ledger-broken",
        f"Entry {number} of the ledger is not what was written, so nothing is signed over it.",
        "Run `troth ledger verify`: it names all that is wrong. Then restore the ledger from a backup.",
        exit=3,
    )


# --- storing ----------------------------------------------------------------------------------------------------


def stored(keys: Sequence[int]) -> list[tuple[int, bytes]]:
    if not keys:
        return []
    holes = ", ".join("?" * len(keys))
    with connection.wrap_database_errors:
        found = rows.db().execute(f"SELECT id, hash FROM ledger_node WHERE id IN ({holes})", tuple(keys))  # noqa: S608
        return found.fetchall()


def all_stored() -> Iterator[tuple[int, bytes]]:
    yield from rows.db().execute("SELECT id, hash FROM ledger_node")


def grow(known: Mapping[Place, bytes] | None = None) -> int:
    """Store the nodes that became complete since the last time. Returns how many entries they stand for."""
    while _grow_some(known):
        pass
    return _grown() * WIDE


def _grown() -> int:
    """How many nodes of the lowest level are stored."""
    low = rows.db().execute(
        "SELECT max(id) FROM ledger_node WHERE id BETWEEN ? AND ?", (key_of(LOW, 0), key_of(LOW + 1, 0) - 1)
    )
    found = low.fetchone()[0]
    return 0 if found is None else int(found - key_of(LOW, 0)) + 1


def _grow_some(known: Mapping[Place, bytes] | None) -> bool:
    """A transaction of its own for each piece, so that no act waits long behind it. True when there is more."""
    with transaction.atomic(), connection.wrap_database_errors:
        block, end = _grown(), rows.last()[0] // WIDE
        upto = min(end, block + _AT_ONCE // WIDE)
        tree, made = Tree(upto * WIDE, known), dict[Place, bytes]()
        while block < upto:
            place, value = (LOW, block), _block(tree, block)
            made[place] = value
            while place[1] & 1:  # the right one of a pair completes the node above
                beside = (place[0], place[1] - 1)
                value = parent(made.get(beside) or tree.node(*beside), value)
                place = (place[0] + 1, place[1] >> 1)
                made[place] = value
            block += 1
        rows.db().executemany(
            "INSERT INTO ledger_node (id, hash) VALUES (?, ?)", [(key_of(*place), one) for place, one in made.items()]
        )
    return upto < end


def _block(tree: Tree, block: int) -> bytes:
    found = [value for _, value in leaves(block * WIDE + 1, (block + 1) * WIDE)]
    return over(found) if len(found) == WIDE else tree.node(LOW, block)
