"""We say what we do with your data, in one file that a program can read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from troth.policy import decoding
from troth.policy.plan import Plan
from troth.policy.problems import Problem, Trouble


class Compiled(msgspec.Struct, frozen=True):
    """A policy file after reading, checking and compiling. ``plan`` is None when any problem is an error."""

    plan: Plan | None
    problems: list[Problem]
    source: bytes


def load(path: Path | str, *, text: bytes | None = None, on: dt.date | None = None, draft: bool = False) -> Compiled:
    """Read, check and compile one policy file (or a folder with ``policy.yaml``). All problems at once; never raises
    for what the file says. ``on`` is the day by which papers must hold (default today). In a ``draft`` blanks are
    warnings; while one stands there is no plan. The papers are looked at in the file's own folder; what is handed in as
    ``text``, or comes as a stream, has no folder, and its papers are taken to be there (without a hash)."""
    from troth.policy import compiling

    return compiling.load(Path(path), text=text, on=on, draft=draft)


def there(compiled: Compiled) -> Compiled:
    """The same, or ``Trouble`` *no-file*, *no-leave* when no file could be read: that is no mistake in a policy."""
    for problem in compiled.problems:
        if problem.code in ("no-file", "no-leave"):
            raise Trouble(problem.code, problem.sentence, problem.help, where=problem.file)
    return compiled


def encode(plan: Plan) -> bytes:
    """A plan as bytes (JSON), in the order of its file."""
    return msgspec.json.encode(plan)


def decode(data: bytes) -> Plan:
    return decoding.read(data, Plan)
