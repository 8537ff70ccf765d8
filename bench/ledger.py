"""What the ledger costs: an entry in the transaction of its act, a proof in a ledger of millions, verifying all.

    python bench/ledger.py [--entries 200000] [--proof-entries 10000000] [--rounds 200]

The large ledger has real entries where a proof reads them (the 64 around each proved entry, and the end); for the
rest only the tree's stored nodes are there, filled with made-up hashes. A proof of a real ledger of that size reads
the same rows. The proof's path is checked against the root in any case.

Rates and the entry in a transaction of many are processor time of the fastest round, so that a busy machine says the
same as an idle one; single entries and proofs are time on the wall. Ratios hold from machine to machine; the figures
themselves do not.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from decision import CLIENT, installation, timed

BATCH = 1000  # acts in one transaction


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--proof-entries", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    args = parser.parse_args()
    print(f"{'':<62}{'figure':>14}  goal")
    with installation():
        events()
        appends(args.entries)
        verifying()
        proofs(args.proof_entries, args.rounds)


def say(what: str, figure: str, goal: str = "") -> None:
    print(f"{what:<62}{figure:>14}  {goal}", flush=True)


def best(times: int, act: Callable[[], object]) -> float:
    """Seconds of processor time of the fastest of some rounds."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        act()
        taken.append(time.process_time() - start)
    return min(taken)


def events() -> None:
    """The door decides thousands of events a second; a batch of them is one entry, taken up every two seconds."""
    from django.db import transaction

    from troth.ledger import entries

    counts, refs = {"stored": BATCH - 3, "no-consent": 3}, {"file": "site-visits-0a1b2c_2026-11-25", "batches": "1-9"}

    def one() -> None:
        with transaction.atomic():
            entries.append("events", client=CLIENT, place="events", counts=counts, refs=refs)

    middle, _ = timed(200, lambda turn: one())
    say("one entry in its own transaction, durable, head signed", f"{middle:,.0f} µs")
    say(f"the same for each of {BATCH} decisions of the door in a batch", f"{middle / BATCH:.2f} µs", "≤ 10 µs")


def appends(entries_in_all: int) -> None:
    """A decision of the gate has an entry of its own: what it adds to a transaction of many, commit shared."""
    from django.db import transaction

    from troth.ledger import entries

    def many() -> None:
        with transaction.atomic():
            for number in range(BATCH):
                entries.append(
                    "asked", client=CLIENT, edition=1, counts={"persons": 1, "fields": 3},
                    refs={"pass": f"{number:032x}"}, actor="program",
                )  # fmt: skip

    each = best(max(3, entries_in_all // BATCH), many) / BATCH * 1e6
    say(f"one entry for each decision of the gate, {BATCH} in a transaction", f"{each:.1f} µs", "≤ 10 µs")


def verifying() -> None:
    from django.db import transaction

    from troth.ledger import entries, merkle, rows, segments, verifying

    count = entries.head()[0]
    taken = best(1, lambda: merkle.grow(segments.begin().known))
    say(f"storing the tree over {count:,} entries, once", f"{count / taken:,.0f} /s")

    def walk() -> None:
        with transaction.atomic():
            found = verifying.Walk(segments.begin())
            for block in rows.blocks(1):
                found.take(block)
        assert found.count == count and not found.findings

    say("verifying the chain and the tree, one process", f"{count / best(3, walk):,.0f} /s", "≥ 200,000 /s")

    def whole() -> None:
        found = {one.kind for one in verifying.verify().findings}
        assert found <= {"entry without effect"}, found  # the batches above have no rows

    say("troth ledger verify: also head, stored nodes, effects", f"{count / best(3, whole):,.0f} /s", "≥ 200,000 /s")


def proofs(size: int, rounds: int) -> None:
    from troth.ledger import entries, merkle, tree

    chance = random.Random(20261125)
    numbers = fill(size, chance)
    key = tree.public_key()
    made = iter(numbers * (rounds // len(numbers) + 1))
    middle, slow = timed(rounds, lambda turn: tree.prove([next(made)]))
    say(f"a signed proof at {size:,} entries, middle", f"{middle / 1000:.2f} ms", "≤ 1 ms")
    say("the same, one in a hundred", f"{slow / 1000:.2f} ms")
    proof = tree.prove(numbers[:1])
    assert tree.check(proof, key)
    say("hashes in its path", str(len(proof.proofs[0].path)))
    whole = merkle.Tree(entries.head()[0])
    say("a root at that size", f"{best(20, whole.root) * 1000:.2f} ms")


def fill(size: int, chance: random.Random) -> list[int]:
    """Stored nodes for a ledger of this size, and real entries where proofs will look. Returns the numbers of these."""
    from django.db import transaction

    from troth.ledger import entries, merkle, rows

    blocks = size // merkle.WIDE
    wanted = sorted({*chance.sample(range(blocks), 20), blocks - 1, blocks})
    chainer, leaves = rows.Chainer(entries.chain_key()), dict[int, bytes]()
    with transaction.atomic():
        for table in ("ledger_entry", "ledger_node"):
            rows.db().execute(f"DELETE FROM {table}")
        for block in wanted:
            previous, hashes = hashlib.sha256(str(block).encode()).hexdigest(), []
            for number in range(block * merkle.WIDE + 1, min(size, (block + 1) * merkle.WIDE) + 1):
                said = (number, "2026-11-25T00:00:00.000000+00:00", "asked", CLIENT, 1, "", "{}", "{}", "", "0" * 64)
                body = rows.body_of(said)
                chain = chainer.link(previous, body)
                rows.add((*said, previous, chain))
                hashes.append(merkle.leaf(body))
                previous = chain
            if len(hashes) == merkle.WIDE:
                leaves[block] = merkle.over(hashes)
        level = [leaves.get(block) or hashlib.sha256(str(block).encode()).digest() for block in range(blocks)]
        height = merkle.LOW
        while level:
            stored = ((merkle.key_of(height, index), value) for index, value in enumerate(level))
            rows.db().executemany("INSERT INTO ledger_node (id, hash) VALUES (?, ?)", stored)
            level = [merkle.parent(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
            height += 1
        # the ledger has no hole at its front
        rows.add((1, "", "asked", "", 0, "", "{}", "{}", "", "", "", "")) if wanted[0] else None
    return [chance.randint(block * merkle.WIDE + 1, (block + 1) * merkle.WIDE) for block in wanted if block < blocks]


if __name__ == "__main__":
    main()
