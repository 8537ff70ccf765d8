"""What the law objects to, told: in the file, in the notice made of it, and what only the running house can answer."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from troth.policy import printing
from troth.policy.counting import counted
from troth.policy.law import against
from troth.policy.law.against import Held
from troth.policy.law.rules import READ, Finding, Law, law
from troth.policy.problems import Problem, Trouble, visible
from troth.policy.reading import source_of

APART: Final = {"static": "In the file", "compiled": "In the notice made of it"}


Form = Literal["text", "json", "sarif"]


def report(files: list[str], of: str, on: dt.date | None, *, form: Form, plain: bool) -> int:
    """Hold each file against a law and tell what came of it: without a day on that of each file, and of files whose
    days differ the last one is told. 0 nothing found, 1 a file could not be held, 3 found."""
    days = [on or against.today(Path(file), of) for file in files]
    asked = law(of, max(days))
    looked: list[Held] = []
    troubles: list[Trouble] = []
    for file, day in zip(files, days, strict=True):
        try:
            looked.append(against.held(Path(file), law(of, day)))
        except Trouble as trouble:
            troubles.append(trouble)
    clean = not troubles and not any(one.findings or one.problems for one in looked)
    if form == "sarif":
        print(_sarif(looked, troubles), end="")
    elif form == "json":
        print(json.dumps(_data(looked, troubles, asked, clean), ensure_ascii=False, indent=2))
    else:
        _say(looked, troubles, asked, plain)
    return 1 if troubles else 0 if clean else 3


def _data(looked: list[Held], troubles: list[Trouble], asked: Law, clean: bool) -> dict[str, Any]:
    found = [one for held in looked for one in held.findings]
    return {
        "command": "check",
        "ok": clean,
        "findings": msgspec.to_builtins(found),
        "law": asked.of,
        "on": asked.on.isoformat(),
        "files": [one.file for one in looked],
        "counts": {kind: sum(one.kind == kind for one in found) for kind in APART},
        "unanswered": asked.unanswered(),
        "problems": msgspec.to_builtins([problem for one in looked for problem in one.problems]),
        **({"remarks": remarks} if (remarks := [one.remark for one in looked if one.remark]) else {}),
        **({"troubles": [trouble.as_data() for trouble in troubles]} if troubles else {}),
    }


def _sarif(looked: list[Held], troubles: list[Trouble]) -> str:
    from troth.policy.emit import sarif

    found = [_problem(finding, []) for one in looked for finding in one.findings]
    rules = {one.code: (one.law, one.sentence) for one in found}
    ends = [(finding.end_line, finding.end_column) for one in looked for finding in one.findings]
    return sarif.log([*found, *(problem for one in looked for problem in one.problems)], rules, troubles, ends)


def _say(looked: list[Held], troubles: list[Trouble], asked: Law, plain: bool) -> None:
    for trouble in troubles:
        print(visible(f"troth: {trouble.sentence}\n  {trouble.help}"), file=sys.stderr)
    for one in looked:
        lines = [_harmless(line) for line in one.lines or _lines(one)]
        if one.remark:
            print(visible(f"Remark: {one.remark}"))
        if one.problems:
            print(printing.show_all(one.problems, plain=plain))
        for kind, where in APART.items():
            shown = [_problem(finding, lines) for finding in one.findings if finding.kind == kind]
            if shown:
                print(f"{where}:\n")
                print(printing.show_all(shown, plain=plain))
        print(_summary(one, asked))
    if looked:
        number = len(asked.unanswered())
        print(counted(number, "row[s] of this law only the running house can answer: troth prove."))
    if asked.on > READ:
        print(f"The law as it was read on {READ.isoformat()}; what came later is not among the rules.")


def _lines(one: Held) -> list[str]:
    """The file once more, to show what was found in it; nothing endless is read."""
    if not one.findings:
        return []
    data, _ = source_of(Path(one.file))
    return data.decode("utf-8", errors="replace").split("\n")


def _harmless(line: str) -> str:
    """A line with a dot for each character that would command a terminal: columns stay where they are."""
    return "".join(character if character.isprintable() else "·" for character in line)


def _summary(one: Held, asked: Law) -> str:
    name, day = printing.near(one.file), one.on.isoformat()
    if one.problems:
        return f"{name} could not be read whole, so not all of it was held against the law."
    if not one.findings:
        return f"{name}: nothing that the law ({asked.of}, {day}) objects to."
    rows = len({finding.law for finding in one.findings})
    many = len(one.findings)
    return f"{name}: {many} finding{'s' * (many != 1)} under {rows} row{'s' * (rows != 1)} of law ({asked.of}, {day})."


def _problem(finding: Finding, lines: list[str]) -> Problem:
    """A finding in the shape in which every mistake is shown: the row's id for a name, the provision for the law."""
    return Problem(
        code=finding.law, sentence=finding.reason, help=finding.remedy, file=finding.file, line=finding.line,
        column=finding.column, length=finding.length, law=finding.source,
        source=lines[finding.line - 1] if 0 < finding.line <= len(lines) else "",
        severity="error" if finding.severity == "error" else "warning",
    )  # fmt: skip
