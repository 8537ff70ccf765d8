"""A process that erases somebody and is killed at a statement, or takes up what another left.

python toiling.py erase PERSON STATEMENT | python toiling.py go-on
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


def main(words: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.settings")
    import django

    django.setup()
    from django.db import connection

    from troth.keep import erasure

    if words[0] == "erase":
        with connection.execute_wrapper(Killer(int(words[2]))):
            erasure.run(erasure.erase("larch", int(words[1]), "E-2026-0001"))
    else:
        for number in erasure.unfinished():
            assert erasure.run(number)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
