"""A process that has a job in hand. Run by test_takeover.py.

``add N``: so many jobs wait. ``hold``: takes one, says so, and does it when it is told a line. ``look``: what a server
does first: takes over what the dead held, and does it. ``erase PERSON N``: erases somebody by the queue, and is killed
at the n-th statement of it.
"""

import os
import signal
import sys

import django

django.setup()

from django.db import connection  # noqa: E402

from troth.keep import erasure  # noqa: E402
from troth.work import queue  # noqa: E402

ONLY = frozenset({"hold"})


class Killer:
    """Kills this very process at the n-th statement."""

    def __init__(self, at):
        self.left = at

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def add(many):
    for number in range(int(many)):
        queue.add("hold", {"id": number}, client="larch")


@queue.handler("hold")
def handle(payload):
    print("has", payload["id"], flush=True)
    if sys.argv[1] == "hold":
        sys.stdin.readline()
    print("done", payload["id"], flush=True)


def hold():
    print("did", queue.run_due(limit=1, kinds=ONLY), flush=True)


def look():
    print("freed", queue.take_over(), flush=True)
    queue.run_due(kinds=ONLY)


def erase(person, at):
    erasure.erase("larch", int(person), "E-2026-0001")
    with connection.execute_wrapper(Killer(int(at))):
        queue.run_due(kinds=frozenset({"erase"}))


if __name__ == "__main__":
    {"add": add, "hold": hold, "look": look, "erase": erase}[sys.argv[1]](*sys.argv[2:])
