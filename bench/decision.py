"""What one decision of the gate costs: facts in hand, facts read from the store, beside one dict look-up.

    python bench/decision.py [--people 2000] [--rounds 20000]

Ratios hold from machine to machine; the figures themselves do not.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLICY = Path(__file__).resolve().parents[1] / "tests" / "policies" / "larch.yaml"
CLIENT, USE = "larch", "run the walk you booked"


@contextmanager
def installation() -> Iterator[None]:
    """A fresh data folder with one client, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as name:
        data = Path(name) / "data"
        (data / "tmp").mkdir(parents=True)
        os.environ |= {
            "TROTH_DATA": str(data),
            "TROTH_KEY_FILE": str(Path(name) / "master.key"),
            "DJANGO_SETTINGS_MODULE": "troth.web.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        from troth.parties import editions, tenancy
        from troth.people import vault
        from troth.places import master

        call_command("migrate", verbosity=0)
        master.ensure()
        tenancy.add(CLIENT)
        editions.publish(CLIENT, POLICY, replaces=None, by="bench")
        yield
        vault.close()


def timed(rounds: int, act: Callable[[int], object]) -> tuple[float, float]:
    """Microseconds: the middle one and the one in a hundred."""
    taken = []
    for turn in range(rounds):
        start = time.perf_counter_ns()
        act(turn)
        taken.append(time.perf_counter_ns() - start)
    taken.sort()
    return taken[len(taken) // 2] / 1000, taken[int(len(taken) * 0.99)] / 1000


def people(count: int) -> list[int]:
    from django.db import transaction

    from troth.people import identities

    with transaction.atomic():
        return [identities.make(CLIENT, {"walker"}) for _ in range(count)]


def rows(count: int, rounds: int) -> Iterator[tuple[str, float, float]]:
    from django.utils import timezone

    from troth import gate
    from troth.parties import editions
    from troth.people import standing, vault
    from troth.policy.deciding import Act, Facts, decide

    plan = editions.in_force(CLIENT).plan
    way = plan.ways[USE + "|"]
    act = Act(kind="use", use=USE, fields=way.data, day=timezone.localdate())
    facts, known = Facts(kinds=way.of), people(count)
    table = dict.fromkeys(plan.ways, True)
    yield "one dict look-up", *timed(rounds, lambda n: table.get(USE + "|"))
    yield "decide, facts in hand", *timed(rounds, lambda n: decide(plan, act, facts))
    yield "facts read", *timed(rounds, lambda n: standing.facts(CLIENT, known[n % count]))
    yield (
        "decide, facts read from the store",
        *timed(rounds, lambda n: decide(plan, act, standing.facts(CLIENT, known[n % count]))),
    )
    yield (
        "gate.ask, written in the ledger",
        *timed(200, lambda n: gate.ask(act, client=CLIENT, persons=[known[n % count]])),
    )
    sealed = vault.seal(CLIENT, 1, "booking.name", 1, "booking.*", b"Ada Quillfeather")
    yield "open one sealed value", *timed(2000, lambda n: vault.open(CLIENT, 1, "booking.name", 1, sealed))
    yield (
        "find by e-mail, index only",
        *timed(2000, lambda n: vault.blind(CLIENT, "email address", "ada@quill.example")),
    )
    yield (
        "a person's first key, durable",
        *timed(200, lambda n: vault.seal(CLIENT, 10**6 + n, "booking.name", 1, "booking.*", b"x")),
    )
    yield "destroy a person's keys, durable", *timed(200, lambda n: vault.destroy(CLIENT, 10**6 + n))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=20000)
    args = parser.parse_args()
    with installation():
        first = 0.0
        print(f"SQLite {sqlite3.sqlite_version}, {args.people} people, {args.rounds} rounds")
        print(f"{'':36}{'p50 µs':>10}{'p99 µs':>10}{'ratio':>10}")
        for name, middle, rare in rows(args.people, args.rounds):
            first = first or middle
            print(f"{name:36}{middle:10.2f}{rare:10.2f}{middle / first:10.0f}")


if __name__ == "__main__":
    main()
