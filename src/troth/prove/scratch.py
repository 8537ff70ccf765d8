"""A breaker's own process: break one keeper inside a scratch copy, prove everything, print the states as JSON."""

from __future__ import annotations

import json
import os
import sys


def main(client: str, breaker: str) -> None:
    """Refuses to run on anything but a scratch copy: a breaker destroys what it touches."""
    if os.environ.get("TROTH_SCRATCH") != "yes":
        raise SystemExit("a breaker runs only in a scratch copy")
    import django

    django.setup()
    from django.utils import timezone

    from troth.parties import editions
    from troth.prove import report
    from troth.prove.keepers import KEEPERS, Scene

    act = KEEPERS[breaker].breaker if breaker else None
    if act is not None:
        act(Scene(client, editions.in_force(client).plan, timezone.now()))
    print(json.dumps({found.promise: found.state for found in report.run(client).findings}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
