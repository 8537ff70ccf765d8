"""The commands that need nothing but a file: check, explain, schema, notice. No framework is imported here."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from troth import policy
from troth.policy import printing, reading
from troth.policy.changes import Change
from troth.policy.counting import counted
from troth.policy.plan import Plan
from troth.policy.problems import Problem, Trouble, visible


class Looked(msgspec.Struct, frozen=True):
    """What came of one file."""

    file: str
    problems: list[Problem]
    promises: int = 0
    name: str = ""
    hash: str = ""
    seconds: float = 0.0
    trouble: Trouble | None = None

    @property
    def ok(self) -> bool:
        return self.trouble is None and not any(problem.severity == "error" for problem in self.problems)


# ---------------------------------------------------------------------------------------------------------- check


def check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a policy file, or a folder with policy.yaml")
    parser.add_argument("--draft", action="store_true", help="let blanks (TBC) stand, and list them")
    parser.add_argument("--on", default="", metavar="DATE", help="the day whose law and papers count (default: today)")
    parser.add_argument("--law", default="", metavar="LAW", help="say what uk or eu law would object to on that day")
    parser.add_argument("--plain", action="store_true", help="no colour")
    parser.add_argument("--sarif", action="store_true", help="print a SARIF 2.1.0 log, for code hosts")
    parser.add_argument("--watch", action="store_true", help="look again whenever a file changes, until Ctrl-C")


def check(args: argparse.Namespace) -> int:
    on = _day(args.on)
    if args.watch:
        from troth.policy import watching

        return watching.watch(args.files, lambda: _checked(args, on))
    return _checked(args, on)


def _checked(args: argparse.Namespace, on: dt.date | None) -> int:
    if args.sarif and args.json:
        raise Trouble("wrong-use", "--sarif and --json are two forms of one output.", "Name one of them.", exit=2)
    if args.law:
        from troth.policy.law.report import Form, report

        form: Form = "sarif" if args.sarif else "json" if args.json else "text"
        return report(args.files, args.law, on, form=form, plain=args.plain)
    looked = [_look(file, on, args.draft) for file in args.files]
    if args.sarif:
        print(_sarif(looked), end="")
    elif args.json:
        print(json.dumps(_data(looked), ensure_ascii=False, indent=2))
    else:
        for one in looked:
            _say(one, args.plain)
    if any(one.trouble is not None for one in looked):
        return 1
    return 0 if all(one.ok for one in looked) else 3


def _look(file: str, on: dt.date | None, draft: bool) -> Looked:
    began = time.perf_counter()
    try:
        compiled = policy.there(policy.load(file, on=on, draft=draft))
    except Trouble as trouble:
        return Looked(file, [], trouble=trouble)
    plan, took = compiled.plan, time.perf_counter() - began
    if plan is None:
        return Looked(file, compiled.problems, seconds=took)
    return Looked(file, compiled.problems, len(plan.promises), plan.policy, plan.hash, took)


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Trouble("bad-date", f"“{text}” is not a date.", "Write it as 2026-11-22.", exit=2) from None


def _say(one: Looked, plain: bool) -> None:
    name = printing.near(one.file)
    if one.trouble is not None:
        print(f"troth: {one.trouble.sentence}\n  {one.trouble.help}", file=sys.stderr)
        return
    if one.problems:
        print(printing.show_all(one.problems, plain=plain))
    if one.ok:
        blanks = sum(problem.code == "blank" for problem in one.problems)
        said = f"{name} has {counted(blanks, 'blank[s]')} to fill" if blanks else ""
        holds = f"{one.name} holds" + (f": {counted(one.promises, 'promise[s]')}" if one.promises else "")
        print(f"{said or holds}, {one.seconds:.2f} s")
    else:
        errors = sum(problem.severity == "error" for problem in one.problems)
        first = next(problem.code for problem in one.problems if problem.severity == "error")
        print(f"{name}: {counted(errors, 'problem[s]')}, {one.seconds:.2f} s. More of one: troth explain {first}")


def _sarif(looked: list[Looked]) -> str:
    from troth.policy.emit import sarif
    from troth.policy.problem_pages import PAGES

    found = [problem for one in looked for problem in one.problems]
    rules = {code: (page.title, page.why) for code, page in PAGES.items()}
    return sarif.log(found, rules, [one.trouble for one in looked if one.trouble is not None])


def _data(looked: list[Looked]) -> dict[str, Any]:
    return {"command": "check", "ok": all(one.ok for one in looked), "files": [_file_data(one) for one in looked]}


def _file_data(one: Looked) -> dict[str, Any]:
    found: dict[str, Any] = {
        "file": one.file,
        "ok": one.ok,
        "policy": one.name,
        "promises": one.promises,
        "hash": one.hash,
        "problems": msgspec.to_builtins(one.problems),
    }
    return found if one.trouble is None else {**found, "trouble": one.trouble.as_data()}


# -------------------------------------------------------------------------------------------------------- explain


def explain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", default="", help="the name of a problem, as no-end; without it, all names")


def explain(args: argparse.Namespace) -> int:
    from troth.policy.problem_pages import PAGES

    if not args.code:
        names = sorted(PAGES)
        print(json.dumps({"command": "explain", "ok": True, "codes": names}) if args.json else "\n".join(names))
        return 0
    page = PAGES.get(args.code)
    if page is None:
        from troth.policy.reading import suggest

        help = suggest(args.code, PAGES, "Run `troth explain` for all names.")
        raise Trouble("no-such-problem", f"There is no problem called “{args.code}”.", help, exit=2)
    if args.json:
        print(json.dumps({"command": "explain", "ok": True, "code": args.code, **page._asdict()}, ensure_ascii=False))
    else:
        print(page.text(args.code))
    return 0


# --------------------------------------------------------------------------------------------------------- schema


def schema_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Print the JSON Schema of the language, for editors."
    parser.add_argument("--as-written", action="store_true", help="of an old text, and not of a policy")


def schema(args: argparse.Namespace) -> int:
    from troth.policy.emit import schema as emit

    found = emit.schema(old=args.as_written)
    told = {"command": "schema", "ok": True, "schema": found} if args.json else found
    print(json.dumps(told, indent=None if args.json else 2, ensure_ascii=False))
    return 0


# --------------------------------------------------------------------------------------------------------- notice


def notice_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a policy file, or a folder with policy.yaml")
    parser.add_argument("--format", choices=("markdown", "html"), default="markdown", help="markdown (default) or html")
    parser.add_argument("--language", default="en", help="one of the languages of the policy (en)")
    parser.add_argument(
        "--for", dest="reader", default="", metavar="NAME", help="only what concerns these people, or this surface"
    )
    parser.add_argument("--short", action="store_true", help="only what one reads at a glance")
    parser.add_argument("--plain", action="store_true", help="no colour")


def notice(args: argparse.Namespace) -> int:
    from troth.policy.emit import notice as emit

    compiled = policy.there(policy.load(args.file))
    if compiled.plan is None:
        raise Trouble(
            "bad-policy", f"{args.file} has problems.", f"Run `troth check {args.file}` and mend them.", exit=3
        )
    plan = _part(compiled.plan, args.reader)
    if args.language not in plan.languages:
        known = ", ".join(plan.languages)
        raise Trouble(
            "no-language", f"This policy does not speak “{args.language}”.", f"Choose one of: {known}.", exit=2
        )
    text = emit.render(plan, format=args.format, language=args.language, layer="short" if args.short else "full")
    if args.json:
        found = {"command": "notice", "ok": True, "policy": compiled.plan.policy, "format": args.format, "text": text}
        print(json.dumps(found, ensure_ascii=False))
    else:
        print(text)
    return 0


def _part(plan: Plan, reader: str) -> Plan:
    """The plan as far as it concerns a class of people or a surface; '' for all of it."""
    from troth.policy.emit import notice_for

    part = notice_for.narrowed(plan, reader) if reader else plan
    if part is None:
        known = ", ".join([*plan.people, *plan.surfaces])
        raise Trouble("no-reader", f"This policy is not about “{reader}”.", f"Choose one of: {known}.", exit=2)
    return part


# ----------------------------------------------------------------------------------------------------------- diff


THEN = {
    "": "",
    "tell": "Tell the people concerned before it binds their data (Art 13(3), 14(4)).",
    "ask": "Ask again: a yes to the old question does not cover it (Art 4(11), 7).",
}
KINDS = {
    "widened": "More data, uses, recipients or time, or fewer limits and rights",
    "changed": "Changed, to be read by a person",
    "narrowed": "Less data, fewer uses, or more limits and rights: binds at once",
}


def diff_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Say what widened and what narrowed between two policy files, and who must be told or asked."
    parser.add_argument("old", metavar="OLD", help="the policy file as it was")
    parser.add_argument("new", metavar="NEW", help="the policy file as it is to be")
    parser.add_argument("--strict", action="store_true", help="exit with 3 when something widened")
    parser.add_argument("--on", default="", metavar="DATE", help="the day whose law counts for an old text (today)")


def diff(args: argparse.Namespace) -> int:
    found = _differences(args.old, args.new, _day(args.on))
    widened = any(change.kind == "widened" for change in found)
    if args.json:
        data = [{**msgspec.to_builtins(change), "law": THEN[change.then]} for change in found]
        told = {"command": "diff", "ok": not (args.strict and widened), "same": not found, "changes": data}
        print(json.dumps(told, ensure_ascii=False))
    else:
        print("\n".join(_summary(found)))
    return 3 if args.strict and widened else 0


def _differences(old: str, new: str, on: dt.date | None) -> list[Change]:
    """Two policies as plans; an old text as it was written by what its words mean, with what the law said of it on the
    day, or on that of the new file."""
    from troth.policy import changes, compiling, mending
    from troth.policy.law import against
    from troth.policy.law.rules import law

    paths = [_there(file) for file in (old, new)]
    if not any(mending.is_old(path) for path in paths):
        return changes.compare(_plan(old), _plan(new))
    sides, found = [mending.read(path) for path in paths], []
    day = on or compiling.today(sides[1].document)
    for of in sorted(set(sides[1].document.one("law").words("of")) & {"uk", "eu"}) or ["uk"]:
        found += mending.mended(*(against.held(path, law(of, day)).findings for path in paths))
    return [*mending.compare(*sides), *dict.fromkeys(found)]


def _there(file: str) -> Path:
    path = Path(file)
    try:
        reading.source_of(path)
    except OSError as error:
        why = reading.not_opened(path, error)
        raise Trouble(why.code, why.sentence, why.help, where=file) from None
    return path


def _plan(file: str) -> Plan:
    compiled = policy.there(policy.load(file, draft=True))
    if compiled.plan is None:
        raise Trouble("bad-policy", f"{file} has problems.", f"Run `troth check {file}` and mend them.", exit=3)
    return compiled.plan


def _summary(found: list[Change]) -> list[str]:
    if not found:
        return ["Nothing that touches a person differs."]
    objected = [change for change in found if change.path.startswith("law/")]
    differ = [change for change in found if change not in objected]
    lines = [", ".join(f"{sum(one.kind == kind for one in differ)} {kind}" for kind in KINDS) + "."]
    for kind, meaning in KINDS.items():
        mine = [change for change in differ if change.kind == kind]
        lines += ["", f"{kind.upper()}. {meaning}.", *_by_duty(mine)] if mine else []
    if objected:
        lines += ["", "THE LAW. What it objected to in the old text.", *_by_duty(objected)]
    return [visible(line) for line in lines]


def _by_duty(found: list[Change]) -> list[str]:
    lines = []
    for then, duty in THEN.items():
        mine = [change for change in found if change.then == then]
        if mine and duty:
            lines.append(f"  {duty}")
        lines += [f"  - {change.path}: {change.sentence}" for change in mine]
    return lines
