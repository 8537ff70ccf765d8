"""``troth ledger verify``: look at every entry and every effect, both ways."""

from __future__ import annotations

import argparse
import json

import msgspec

from troth.ledger import tree


def ledger_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("verify", help="find what was changed, dropped, swapped, inserted or cut off")


def ledger(args: argparse.Namespace) -> int:
    verdict = tree.verify()
    if args.json:
        print(json.dumps({"command": "ledger", "ok": verdict.ok} | msgspec.to_builtins(verdict)))
    else:
        for finding in verdict.findings[:50]:
            print(f"{finding.kind}: {finding.sentence}")
        word = "verifies" if verdict.ok else f"does not verify: {len(verdict.findings)} findings"
        print(f"The ledger {word}. {verdict.entries} entries, {verdict.effects} effects.")
    return 0 if verdict.ok else 3
