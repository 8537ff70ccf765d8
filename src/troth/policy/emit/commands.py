"""``troth export``: a policy in the formats of the field. Needs nothing but the file; no framework is imported here."""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from troth import policy
from troth.policy.plan import Plan
from troth.policy.problems import Trouble, visible


class Made(NamedTuple):
    """What came of a policy in one format: files by name, and what the format has no words for."""

    files: dict[str, bytes]
    unsaid: list[str]


def export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", choices=tuple(FORMATS), metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("file", metavar="FILE", help="a policy file, or a folder with policy.yaml")
    parser.add_argument("--out", default="", metavar="PATH", help="write there; a record ending in .xlsx is a workbook")
    parser.add_argument("--role", choices=("controller", "processor"), default="", help="whose record, as CSV")


def export(args: argparse.Namespace) -> int:
    if args.role and args.format != "record":
        raise Trouble("wrong-use", "Only a record is kept for a role.", "Leave --role out.", exit=2)
    made = FORMATS[args.format](_plan(args.file), args)
    if args.out:
        ((_, content),) = made.files.items()
        _write(Path(args.out), content)
    if args.json:
        print(json.dumps(_data(args, made), ensure_ascii=False))
        return 0
    if args.out:
        print(f"Written to {visible(args.out)}.")
    else:
        sys.stdout.write("\n".join(content.decode("utf-8") for content in made.files.values()))
    for line in made.unsaid:
        print(visible(f"not said: {line}"), file=sys.stderr)
    return 0


def _plan(file: str) -> Plan:
    compiled = policy.there(policy.load(file))
    if compiled.plan is None:
        raise Trouble("bad-policy", f"{file} has problems.", f"Run `troth check {file}` and mend them.", exit=3)
    return compiled.plan


def _data(args: argparse.Namespace, made: Made) -> dict[str, Any]:
    files = [{"name": name, **_content(content)} for name, content in made.files.items()]
    return {"command": "export", "ok": True, "files": files, "format": args.format, "unsaid": made.unsaid}


def _content(content: bytes) -> dict[str, str]:
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode("ascii")}


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: what stands there is replaced in one step."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:  # of the file that was named: nobody knows of the one beside it
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        beside.unlink(missing_ok=True)


# The formats --------------------------------------------------------------------------------------------------------


def _record(plan: Plan, args: argparse.Namespace) -> Made:
    from troth.policy.emit import record

    sheets = record.sheets(plan)
    if args.out.endswith(".xlsx"):
        return Made({f"{plan.policy}.xlsx": record.as_workbook(sheets)}, [])
    if args.role:
        sheets = [sheet for sheet in sheets if sheet.name.lower() == args.role]
        if not sheets:
            sentence, help = f"{plan.who.name} is no {args.role} in this policy.", "Leave --role out."
            raise Trouble("no-role", sentence, help, where=args.file)
    elif args.out and len(sheets) > 1:
        help = "Choose one with --role controller or --role processor, or write a workbook: --out record.xlsx."
        raise Trouble("two-records", "This policy has two records, and a CSV holds one.", help, where=args.out, exit=2)
    return Made({f"{sheet.name.lower()}.csv": record.as_csv(sheet).encode() for sheet in sheets}, [])


def _storage(plan: Plan, args: argparse.Namespace) -> Made:
    from troth.policy.emit import storage

    found, unsaid = storage.disclosure(plan)
    return Made({"deviceStorage.json": _json(found)}, unsaid)


def _dpv(plan: Plan, args: argparse.Namespace) -> Made:
    from troth.policy.emit import dpv

    return Made({f"{plan.policy}.jsonld": _json(dpv.document(plan))}, dpv.unsaid(plan))


def _fides(plan: Plan, args: argparse.Namespace) -> Made:
    from troth.policy.emit import fides

    return Made({f"{plan.policy}.fides.yml": fides.render(plan).encode()}, fides.unsaid(plan))


def _json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()


FORMATS: Final[dict[str, Callable[[Plan, argparse.Namespace], Made]]] = {
    "record": _record,
    "dpv": _dpv,
    "fides": _fides,
    "storage": _storage,
}
