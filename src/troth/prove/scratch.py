"""The breakers' own process: break one keeper inside a scratch copy, prove everything, print the states as JSON.

It starts once and forks for each breaker that it is told of on its input: some of them switch off a guard in the
running program, and a start takes longer than a proof.
"""

from __future__ import annotations

import json
import os
import signal
import sys

SENTENCE = "By using this website you consent to the sale of all your personal data to our partners for ever."
LONGEST = 300  # seconds that one breaker and its proof may take


def main(client: str) -> None:
    """One breaker a line ('' for none); answers each with one line, an empty one where it could not run: why is said
    on the error stream. Refuses to run on anything but a scratch copy: a breaker destroys what it touches."""
    if os.environ.get("TROTH_SCRATCH") != "yes":
        raise SystemExit("a breaker runs only in a scratch copy")
    import django

    django.setup()
    _load()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            signal.alarm(LONGEST)
            print(_states(client, line.rstrip("\n")), flush=True)
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended < 0:
            said = "it took longer than five minutes" if ended == -signal.SIGALRM else f"signal {-ended} ended it"
            print(said, file=sys.stderr, flush=True)
        if ended:
            print(flush=True)


def _load() -> None:
    """What each fork would load anew: the pages and the lexicon, which are files of the package and no data."""
    from django.urls import get_resolver

    from troth.policy.law import prose, rules

    list(get_resolver().url_patterns)
    for law in rules.LAWS:
        prose.findings(SENTENCE, rules.law(law, rules.READ), file="")


def _states(client: str, breaker: str) -> str:
    """Runs in the child; what goes wrong there ends it with a traceback, of which the parent tells the kind."""
    from django.utils import timezone

    from troth.parties import editions
    from troth.prove import report
    from troth.prove.keepers import KEEPERS, Scene

    act = KEEPERS[breaker].breaker if breaker else None
    if act is not None:
        act(Scene(client, editions.in_force(client).plan, timezone.now()))
    return json.dumps({found.promise: found.state for found in report.run(client).findings})


if __name__ == "__main__":
    main(sys.argv[1])
