"""``troth ledger``: verify every entry and effect, both ways; checkpoints to keep elsewhere; proofs of entries."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from troth.ledger import copies, entries, tree
from troth.policy.counting import counted
from troth.policy.problems import Trouble


def ledger_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="find what was changed, dropped, swapped, inserted or cut off")
    verify.add_argument("--checkpoint", metavar="FILE", help="checkpoints kept elsewhere, to hold the ledger against")
    point = actions.add_parser("checkpoint", help="print a signed checkpoint; keep it away from this machine")
    proof = actions.add_parser("proof", help="prove entries to somebody who checks them without troth")
    proof.add_argument("number", nargs="*", type=int, help="numbers of entries, as a receipt names them")
    proof.add_argument("--request", default="", metavar="REFERENCE", help="all entries about this request")
    proof.add_argument("--client", default="", help="whose request")
    proof.add_argument("--under", metavar="FILE", help="prove it under the last checkpoint that stands in this file")
    for action in (verify, point, proof):
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def ledger(args: argparse.Namespace) -> int:
    return {"checkpoint": _checkpoint, "proof": _proof, "verify": _verify}[args.action](args)


def _checkpoint(args: argparse.Namespace) -> int:
    line = tree.checkpoint()
    print(json.dumps({"command": "ledger", "ok": True, "checkpoint": line}) if args.json else line)
    return 0


# --- proofs -----------------------------------------------------------------------------------------------------


def _proof(args: argparse.Namespace) -> int:
    numbers = sorted({*args.number, *(entries.of_request(args.client, args.request) if args.request else [])})
    if not numbers:
        raise Trouble(
            "no-entry",
            "There is no entry to prove.",
            "Name numbers of entries, or --request REFERENCE --client CLIENT.",
            exit=2,
        )
    found: dict[str, object] = msgspec.to_builtins(
        tree.prove(numbers, tree.openings(frozenset(numbers)), under=_last_kept(args.under))
    )
    print(json.dumps(({"command": "ledger", "ok": True} if args.json else {}) | found, indent=None if args.json else 1))
    return 0


def _last_kept(file: str | None) -> str:
    return ([line for line in _kept(Path(file)) if line.strip()] or ["{}"])[-1] if file else ""


# --- verifying --------------------------------------------------------------------------------------------------


def _verify(args: argparse.Namespace) -> int:
    verdict = tree.verify()
    findings = (*verdict.findings, *tree.held_against_all(_outside(args.checkpoint)))
    if copies.lost():
        findings += (tree.Finding("checkpoint", 0, "The file that gathers checkpoints outside is not there."),)
    notes = verdict.notes + (
        (counted(left, "checkpoint[s] wait[s|] to be copied out."),) if (left := copies.waiting()) else ()
    )
    verdict = msgspec.structs.replace(verdict, ok=not findings, findings=findings, notes=notes)
    if args.json:
        print(json.dumps({"command": "ledger", "ok": verdict.ok} | msgspec.to_builtins(verdict)))
    else:
        _print(verdict)
    return 0 if verdict.ok else 3


def _print(verdict: tree.Verdict) -> None:
    for finding in verdict.findings[:50]:
        print(f"{finding.kind}: {finding.sentence}")
    for note in verdict.notes:
        print(note)
    word = "verifies" if verdict.ok else f"does not verify: {counted(len(verdict.findings), 'finding[s]')}"
    print(f"The ledger {word}. {counted(verdict.entries, 'entr[y|ies]')}, {counted(verdict.effects, 'effect[s]')}.")


def _outside(named: str | None) -> Iterator[str]:
    """The checkpoints in the file that was named, and those in the file that the option names."""
    if named:
        yield from [line for line in _kept(Path(named)) if line.strip()] or [""]
    file = copies.outside_file()
    if file is not None and file.exists():
        yield from (line for line in _kept(file) if line)


def _kept(file: Path) -> list[str]:
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Trouble(
            "no-checkpoint", f"The checkpoint file {file} cannot be read.", "Name the file you kept.", where=str(file)
        ) from None
    return [_line(one) for one in text.splitlines()]


def _line(text: str) -> str:
    """A checkpoint as the command printed it, with or without ``--json``."""
    try:
        outer = json.loads(text)
    except (ValueError, RecursionError):
        return text  # what is no checkpoint at all is found to be unsigned
    return str(outer["checkpoint"]) if isinstance(outer, dict) and "checkpoint" in outer else text
