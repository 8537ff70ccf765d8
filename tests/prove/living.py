"""A small living house for the prover, in a process of its own: a client with people, choices and events.

Run as a program with the data folder in the environment; afterwards the folder can be proved and broken.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

ALONE = "ALONE" in os.environ
STEPS = ({"entry": True}, {"entry": False, "page before": "/walks/0"}, {}, {}, {})  # what a cell of statistics adds


def main() -> None:
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    Path(settings.DATA, "tmp").mkdir(parents=True, exist_ok=True)
    from troth.places import master

    master.ensure()
    call_command("migrate", verbosity=0)
    from troth.parties import editions, tenancy

    larch = Path(__file__).parents[1] / "policies" / "larch.yaml"
    for client in ("larch",) if ALONE else ("larch", "birch"):
        tenancy.add(client)
        editions.publish(client, larch, replaces=None, by="test")
    _people()
    _events()


def _people() -> None:
    from tests.answer import planting

    for number in range(3):
        person = planting.walker(
            "larch", f"walker{number}@post.example", f"Walker {number}", letter="When do we start?"
        )
        planting.say("larch", person, bool(number % 2))
    if not ALONE:
        planting.walker("birch", "other@post.example", "Other")


def _events() -> None:
    import datetime as dt
    import os

    from troth.collect import intake
    from troth.places import events

    now = dt.datetime.now(dt.UTC)
    store = events.store()
    rows = [
        events.Row(
            rule="visit.*", span="month", id=int(now.timestamp() * 1000).to_bytes(6, "big") + os.urandom(10),
            at=int(now.timestamp()), surface="website", point="visit", edition=1, uses=("see which pages help",),
            clear={"visit.page": f"/walks/{number}", **step},
        )
        for number, step in enumerate(STEPS)
    ]  # fmt: skip
    store.commit([events.Lot(client="larch", rows=rows, counts={})], now)
    intake.take_up()
    store.close()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
