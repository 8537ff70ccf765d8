"""What ``check`` found, as SARIF 2.1.0, so that a code host shows it beside the line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from troth import __version__
from troth.policy.problems import Problem, Trouble

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
ERROR: Final = "error"


def log(
    problems: Iterable[Problem],
    rules: dict[str, tuple[str, str]],
    troubles: Iterable[Trouble] = (),
    ends: Sequence[tuple[int, int]] = (),
) -> str:
    """One run as text. ``rules`` say for a code what it means and what to do; a problem without one says it itself.
    ``ends`` are line and column just after the first problems, where they run over more than one line.

    A trouble is a notification of the run: the file could not be looked at, which is no finding in it.
    """
    found, missed = list(problems), list(troubles)
    codes = list(dict.fromkeys(one.code for one in found))
    driver = {
        "name": "troth",
        "version": __version__,
        "rules": [_rule(code, *rules.get(code, ("", "")), found=found) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(missed)],
        "results": [
            _result(one, codes.index(one.code), ends[number] if number < len(ends) else None)
            for number, one in enumerate(found)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _rule(code: str, title: str, why: str, *, found: list[Problem]) -> dict[str, Any]:
    first = next(one for one in found if one.code == code)
    return {
        "id": code,
        "shortDescription": {"text": title or first.sentence},
        "fullDescription": {"text": why or first.law or first.sentence},
        "help": {"text": first.help},
    }


def _result(one: Problem, index: int, end: tuple[int, int] | None) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": _uri(one.file)}, "region": _region(one, end)}
    said = [one.sentence, one.help, f"({one.law})" if one.law else ""]
    return {
        "ruleId": one.code,
        "ruleIndex": index,
        "level": ERROR if one.severity == ERROR else "warning",
        "message": {"text": " ".join(part for part in said if part)},
        "locations": [{"physicalLocation": place}],
    }


def _region(one: Problem, end: tuple[int, int] | None) -> dict[str, Any]:
    """Where it stands, from 1; what stands nowhere is told at the first line."""
    line, column = max(one.line, 1), max(one.column, 1)
    last, after = end or (line, column + max(one.length, 1))
    return {"startLine": line, "startColumn": column, "endLine": last, "endColumn": after}


def _uri(file: str) -> str:
    """A file as a URI: relative as it was given, so that a code host finds it in its tree."""
    path = PurePosixPath(file.replace("\\", "/"))
    return path.as_uri() if path.is_absolute() else quote(str(path))


def _invocation(troubles: list[Trouble]) -> dict[str, Any]:
    found: dict[str, Any] = {"executionSuccessful": not troubles}
    if troubles:
        found["toolExecutionNotifications"] = [
            {"level": ERROR, "descriptor": {"id": one.code}, "message": {"text": f"{one.sentence} {one.help}"}}
            for one in troubles
        ]
    return found
