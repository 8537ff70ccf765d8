"""``troth prove``: look at every promise, write the proof down, exit 3 when one is broken.

``troth scan``: walk the pages in a real browser, write down what was seen, exit 3 when it is not as declared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter

import msgspec

from troth import policy
from troth.parties import editions, tenancy
from troth.policy.counting import counted
from troth.policy.plan import Plan
from troth.policy.problems import Trouble, visible
from troth.prove import breakers, clauses, report, scan_judging
from troth.prove import scan as pages
from troth.prove.keepers import KEEPERS, STATES

MARKS = {
    "kept": "kept",
    "kept-empty": "kept, nothing yet to keep",
    "broken": "BROKEN",
    "not-proved": "not proved",
    "attested": "attested",
}


def prove_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("client", nargs="*", help="clients to prove; all when none is named")
    parser.add_argument("--strict", action="store_true", help="exit 3 also for what is not proved")
    parser.add_argument("--all", action="store_true", dest="every", help="print every promise, kept ones too")
    parser.add_argument("--dry", action="store_true", help="look, but write no proof down")
    parser.add_argument("--clauses", action="store_true", help="the published sentences, each with its state")
    parser.add_argument("--file", nargs="+", default=[], help="with --clauses: policy files, published or not")
    parser.add_argument("--self-test", action="store_true", help="break each keeper in a scratch copy; expect red")
    parser.add_argument("--keeper", default="", help="with --self-test: only this keeper")


def prove(args: argparse.Namespace) -> int:
    if args.file:
        return _clauses(args, [one for file in args.file for one in clauses.unseen(_plan(file))])
    known = tenancy.slugs()
    if unknown := [name for name in args.client if name not in known]:
        raise Trouble(
            "no-client", f"There is no client “{unknown[0]}”.", f"Name one of: {', '.join(known) or 'none yet'}."
        )
    clients = args.client or known
    if not clients:
        raise Trouble(
            "no-client",
            "Nothing is published here yet.",
            "Publish a policy first: troth publish FILE --client NAME --new.",
        )
    if args.keeper and not args.self_test:
        raise Trouble("wrong-use", "--keeper says which keeper to break.", "Add --self-test.", exit=2)
    return _self_test(args, clients) if args.self_test else _prove(args, clients)


def _prove(args: argparse.Namespace, clients: list[str]) -> int:
    reports = []
    for client in clients:
        if sys.stderr.isatty():  # looking takes some seconds a client, so whoever waits is told what is looked at
            print(visible(f"Looking at every promise of {client} …"), file=sys.stderr, flush=True)
        reports += report.run_all([client], write=not args.dry)
    if args.clauses:
        return _clauses(args, [one for each in reports for one in clauses.of(each, _in_force(each))])
    ok = all(one.holds and not (args.strict and one.counts["not-proved"]) for one in reports)
    if args.json:
        print(json.dumps({"command": "prove", "ok": ok, "reports": [_data(one) for one in reports]}))
    else:
        for one in reports:
            _print(one, args.every)
    return 0 if ok else 3


def _in_force(one: report.Report) -> Plan:
    return editions.numbered(one.client, one.edition).plan


def _plan(file: str) -> Plan:
    compiled = policy.there(policy.load(file))
    if compiled.plan is None:
        raise Trouble("bad-policy", f"{file} does not compile.", f"Run `troth check {file}`.", where=file)
    return compiled.plan


def _clauses(args: argparse.Namespace, found: list[clauses.Clause]) -> int:
    """One line a clause, then how many in each state; as data a bare list, one object a clause."""
    if args.json:
        print(json.dumps([msgspec.to_builtins(one) for one in found]))
    else:
        for name in dict.fromkeys(one.policy for one in found):
            _print_clauses(name, [one for one in found if one.policy == name], args.every)
        if not found:
            print("No policy quotes a published sentence: there is nothing under `promises`. See troth prove.")
    bad = {"broken", "not-proved"} if args.strict else {"broken"}
    return 3 if any(one.state in bad for one in found) else 0


def _print_clauses(name: str, found: list[clauses.Clause], every: bool) -> None:
    counts = Counter(one.state for one in found)
    totals = "; ".join(f"{counts[state]} {MARKS[state].lower()}" for state in STATES if counts[state])
    print(visible(f"{name}: {counted(len(found), 'clause[s]')}: {totals or 'none'}"))
    for one in found:
        print(visible(f"  {MARKS[one.state]:<26} {one.clause:<20} {one.instead or one.says}"))
        for said in one.breaches[:5] + (one.why if every or one.state == "not-proved" else ()):
            print(visible(f"    {said}"))


def _data(one: report.Report) -> dict[str, object]:
    data: dict[str, object] = msgspec.to_builtins(msgspec.structs.replace(one, seen=()))
    del data["seen"]
    return data | {"counts": one.counts, "headline": one.headline, "promises": data.pop("findings")}


def _print(one: report.Report, every: bool) -> None:
    print(f"{one.client}, edition {one.edition}: {one.headline}")
    for found in one.findings:
        if every or found.state in ("broken", "not-proved"):
            print(visible(f"  {MARKS[found.state]:<26} {found.promise}  ({found.looked_at})"))
            for breach in found.breaches[:5]:
                print(visible(f"    {breach}"))
            if found.why:
                print(f"    {found.why}")
    totals = "; ".join(f"{n} {MARKS[state].lower()}" for state, n in one.counts.items() if n)
    print(f"  {totals}; {sum(found.seconds for found in one.findings):.2f} s")


def _self_test(args: argparse.Namespace, clients: list[str]) -> int:
    if args.keeper and args.keeper not in KEEPERS:
        known = ", ".join(name for name, one in KEEPERS.items() if one.breaker is not None)
        raise Trouble("no-keeper", f"There is no keeper “{args.keeper}”.", f"Name one of: {known}.", exit=2)
    trials = []
    for client in clients:
        for trial in breakers.try_all(client, args.keeper):
            trials.append(trial)
            if not args.json:
                word = trial.why or (f"turned red ({trial.red})" if trial.ok else "DID NOT turn red alone")
                print(f"{client}: {trial.keeper:<34} {word} {', '.join(trial.strangers[:3])}", flush=True)
    ok = bool(trials) and all(trial.ok for trial in trials)
    if not trials and not args.json:
        print(f"No policy of {', '.join(clients)} uses this keeper, so that nothing was broken.")
    if args.json:
        print(json.dumps({"command": "prove", "ok": ok, "trials": msgspec.to_builtins(trials)}))
    return 0 if ok else 3


def scan_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--client", required=True, help="whose pages")
    parser.add_argument("url", nargs="*", help="pages of its surfaces; the start of each surface when none is named")
    parser.add_argument("--links", type=int, default=pages.LINKS, help="pages that a start page leads to, walked too")
    parser.add_argument("--dry", action="store_true", help="look, but write nothing down")


def scan(args: argparse.Namespace) -> int:
    """0 where every page was walked and is as declared, 3 with findings, 1 where a page did not answer."""
    if not 0 <= args.links <= 50:
        raise Trouble("wrong-use", f"--links is {args.links}.", "Name a number from 0 to 50.", exit=2)
    if args.client not in (known := tenancy.slugs()):
        raise Trouble(
            "no-client", f"There is no client “{args.client}”.", f"Name one of: {', '.join(known) or 'none yet'}."
        )
    found = pages.scan(args.client, tuple(args.url), links=args.links, tell=_walking)
    if not args.dry:
        pages.keep(found)
    ok = not found.findings and not found.unanswered
    if args.json:
        print(json.dumps({"command": "scan", "ok": ok, **msgspec.to_builtins(found)}))
    else:
        _print_scan(found)
    return 3 if found.findings else 0 if ok else 1


def _walking(words: str) -> None:
    if sys.stderr.isatty():
        print(visible(f"{words} …"), file=sys.stderr, flush=True)


def _print_scan(found: pages.Scan) -> None:
    total = f"{counted(len(found.looked), 'page[s]')}, {counted(len(found.walks), 'walk[s]')}, {found.seconds:.0f} s"
    said = "as the register says" if not found.findings else f"{len(found.findings)} not as the register says"
    print(visible(f"{found.client}, edition {found.edition}: {said if found.looked else 'no page was seen'} ({total})"))
    for one in found.findings:
        _print_found("NOT AS SAID", one)
    for page in found.unanswered:
        print(visible(f"  not answered  {page.address or page.surface}\n    {page.why}"))
    for one in found.remarks:
        _print_found("remark", one)
    for left in found.skipped:
        print(visible(f"  not walked  {left.why}"))


def _print_found(mark: str, one: scan_judging.Finding) -> None:
    walks = f" ({', '.join(one.walks)})" if any(one.walks) else ""
    print(visible(f"  {mark}  {one.says}{walks}"))
    print(visible(f"    {one.surface} {one.page}  {one.line}\n    {one.remedy}"))
