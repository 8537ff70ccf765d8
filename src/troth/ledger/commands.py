"""``troth ledger``: verify every entry and effect, both ways; print a signed checkpoint to keep elsewhere."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec

from troth.ledger import tree
from troth.policy.problems import Trouble


def ledger_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="find what was changed, dropped, swapped, inserted or cut off")
    verify.add_argument("--checkpoint", metavar="FILE", help="a checkpoint kept elsewhere, to hold the ledger against")
    point = actions.add_parser("checkpoint", help="print a signed checkpoint; keep it away from this machine")
    for action in (verify, point):
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def ledger(args: argparse.Namespace) -> int:
    return _checkpoint(args) if args.action == "checkpoint" else _verify(args)


def _checkpoint(args: argparse.Namespace) -> int:
    line = tree.checkpoint()
    print(json.dumps({"command": "ledger", "ok": True, "checkpoint": line}) if args.json else line)
    return 0


def _verify(args: argparse.Namespace) -> int:
    verdict = tree.verify()
    if args.checkpoint:
        findings = (*verdict.findings, *tree.held_against(_kept(args.checkpoint)))
        verdict = msgspec.structs.replace(verdict, ok=not findings, findings=findings)
    if args.json:
        print(json.dumps({"command": "ledger", "ok": verdict.ok} | msgspec.to_builtins(verdict)))
    else:
        for finding in verdict.findings[:50]:
            print(f"{finding.kind}: {finding.sentence}")
        word = "verifies" if verdict.ok else f"does not verify: {len(verdict.findings)} findings"
        print(f"The ledger {word}. {verdict.entries} entries, {verdict.effects} effects.")
    return 0 if verdict.ok else 3


def _kept(file: str) -> str:
    try:
        text = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Trouble("no-checkpoint", "The checkpoint file cannot be read.", "Name the file you kept.") from None
    try:
        outer = json.loads(text)
    except ValueError:
        return text  # what is no checkpoint at all is found to be unsigned
    return str(outer["checkpoint"]) if isinstance(outer, dict) and "checkpoint" in outer else text
