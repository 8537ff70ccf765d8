"""A process that erases somebody and is killed at a statement, or sweeps and is killed before what went is overwritten,
or takes up what another left.

python toiling.py erase PERSON STATEMENT | sweep events|rows|parts [CLIENT] | go-on | serve | night [_ CLIENT]
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any


class Killer:
    """Kills this very process at the n-th statement, without a goodbye."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def killed(*_: Any) -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return False


def main(words: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.settings")
    import django

    django.setup()
    from django.db import connection

    from troth.keep import erasure, sweep
    from troth.people import store
    from troth.places import events
    from troth.work import queue

    client = words[2] if len(words) > 2 else "larch"
    if words[0] == "erase":
        with connection.execute_wrapper(Killer(int(words[2]))):
            erasure.run(erasure.erase("larch", int(words[1]), "E-2026-0001"))
    elif words[0] == "sweep":
        if words[1] == "events":
            events._File.overwrite = killed  # type: ignore[method-assign, assignment]
        elif words[1] == "parts":  # at the second of many turns
            turns = iter([events._File.strip])
            events._SOME = events._SOME.replace("2000", "2")  # type: ignore[misc]
            events._File.strip = lambda *of: next(turns, killed)(*of)  # type: ignore[method-assign, assignment]
        else:
            store.release = killed  # type: ignore[assignment]
        sweep.sweep(client=client, confirm=True)
    elif words[0] == "serve":
        queue.take_over()
        queue.run_due()
    elif words[0] == "night":
        sweep.sweep(client=client)
    else:
        for number in erasure.unfinished():
            assert erasure.run(number)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
