"""``troth why``: why an act is allowed or refused, in the words of the policy. A file and flags are enough."""

from __future__ import annotations

import argparse
import json
from typing import Final, Literal

import msgspec
from django.utils import timezone

from troth import policy
from troth.parties import editions
from troth.people import identities, standing
from troth.policy.deciding import KEEP, RIGHTS, Act, Facts, Reason, Refusal, anew, decide
from troth.policy.plan import Plan, Switch, Way
from troth.policy.problems import Trouble

Kind = Literal["collect", "use", "disclose", "keep", "answer"]
KINDS: Final = ("collect", "use", "disclose", "keep", "answer")


def why_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", default="", metavar="FILE", help="ask this file instead of the edition in force")
    parser.add_argument("--client", default="", help="whose policy is asked")
    parser.add_argument(
        "--use", required=True, help=f"a use of the policy; a right for --kind answer; “{KEEP}” for --kind keep"
    )
    parser.add_argument("--recipient", default="", help="to whom; left out: we ourselves")
    parser.add_argument("--fields", default="", help="names of data, with commas; left out: all the use may have")
    kinds = f"{', '.join(KINDS)}; left out: use, or disclose with --recipient"
    parser.add_argument("--kind", default="", choices=("", *KINDS), metavar="KIND", help=kinds)
    parser.add_argument("--identity", default="", metavar="FIELD=VALUE", help="ask about this person of the client")
    parser.add_argument("--of", default="", help="kinds of people, with commas; left out: those the use is about")
    parser.add_argument("--yes", action="append", default=[], metavar="KEY", help="said yes to: a use, a stop or a key")
    parser.add_argument("--no", action="append", default=[], metavar="STOP", help="said no to: a use or a stop")
    parser.add_argument("--staff", default="", metavar="ROLE", help="the hand that acts")
    parser.add_argument("--channel", default="", help="how it goes: email, phone, …")
    parser.add_argument("--case", default="", help="the reference of an open case")
    parser.add_argument("--proved", action="store_true", help="the person showed who they are")
    parser.add_argument("--for-money", action="store_true", help="for money")


def why(args: argparse.Namespace) -> int:
    plan = _plan(args)
    act = _act(plan, args)
    way = plan.way(act.use, act.recipient) if act.kind not in ("answer", "keep") else None
    facts = _facts(plan, way, args)
    answer = decide(plan, act, facts)
    refused = answer.reasons if isinstance(answer, Refusal) else ()
    if args.json:
        data = _data(refused, way) | {"renewed": not refused and anew(plan, act, facts)}
        print(json.dumps(data, ensure_ascii=False))
    else:
        _print(plan, act, way, refused, facts)
    return 3 if refused else 0


def _plan(args: argparse.Namespace) -> Plan:
    if args.policy:
        compiled = policy.there(policy.load(args.policy))
        if compiled.plan is None:
            raise Trouble(
                "bad-policy", f"{args.policy} has problems.", f"Run `troth check {args.policy}` and mend them.", exit=3
            )
        return compiled.plan
    if not args.client:
        raise Trouble("no-client", "Whose policy should be asked?", "Name --client CLIENT or --policy FILE.", exit=2)
    return editions.in_force(args.client).plan


def _act(plan: Plan, args: argparse.Namespace) -> Act:
    kind: Kind = args.kind or ("answer" if args.use in RIGHTS else "disclose" if args.recipient else "use")
    way = plan.way(args.use, args.recipient)
    purpose = plan.purposes.get(args.use)
    default = way.data if way else purpose.data if purpose else frozenset[str]()
    return Act(
        kind=kind,
        use=args.use,
        recipient=args.recipient,
        fields=_names(args.fields) or default,
        day=plan.day(timezone.now()),
        staff=args.staff,
        channel=args.channel,
        case=args.case,
        for_money=args.for_money,
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(",") if word.strip())


def _facts(plan: Plan, way: Way | None, args: argparse.Namespace) -> Facts:
    stored = _stored(plan, args) if args.identity else Facts(kinds=_names(args.of) or (way.of if way else frozenset()))
    yes = {switch.key for word in args.yes for switch in _switches(plan, word)}
    no = {stop for word in args.no for stop in _stops(plan, word)}
    void = {switch.key for switch in plan.switches.values() if switch.stop in no}
    return msgspec.structs.replace(
        stored,
        kinds=stored.kinds | _names(args.of),
        yes=(stored.yes | yes) - void,
        no=stored.no | no,
        proved=args.proved,
    )


def _switches(plan: Plan, word: str) -> list[Switch]:
    found = [one for one in plan.switches.values() if word in (one.key, one.stop, one.use)]
    if not found:
        known = ", ".join(sorted({one.use for one in plan.switches.values()})) or "nothing"
        raise Trouble("no-switch", f"The policy asks nobody about “{word}”.", f"It asks about: {known}.", exit=2)
    return found


def _stops(plan: Plan, word: str) -> set[str]:
    known = {stop for way in plan.ways.values() for stop in way.no}
    return {word} if word in known else {switch.stop for switch in _switches(plan, word)}


def _stored(plan: Plan, args: argparse.Namespace) -> Facts:
    name, _, value = args.identity.partition("=")
    if not args.client or not value:
        raise Trouble(
            "no-person", "No person can be looked up like this.", "Say --client C --identity FIELD=VALUE.", exit=2
        )
    fields = [
        one.name
        for one in plan.fields.values()
        if one.identifies and (one.name == name or one.name.endswith("." + name))
    ]
    for field in fields:
        person = identities.find(args.client, field, value)
        if person is not None:
            return standing.facts(args.client, person)
    raise standing.no_person()


def _data(reasons: tuple[Reason, ...], way: Way | None) -> dict[str, object]:
    return {
        "command": "why",
        "ok": not reasons,
        "allowed": not reasons,
        "reasons": msgspec.to_builtins(reasons),
        "way": _sorted(msgspec.to_builtins(way)) if way else None,
    }


def _sorted(way: dict[str, object]) -> dict[str, object]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in way.items()}


def _print(plan: Plan, act: Act, way: Way | None, reasons: tuple[Reason, ...], facts: Facts) -> None:
    to = f" to {act.recipient}" if act.recipient else ""
    if not reasons:
        print(f"Yes: {act.kind} for “{act.use}”{to}.")
        for sentence in _because(plan, act, way, facts):
            print(f"  {sentence}")
        return
    print(f"No: {act.kind} for “{act.use}”{to}.")
    for reason in reasons:
        print(f"  {reason.sentence}" + (f" ({reason.law})" if reason.law else "") + f" [{reason.code}]")


def _because(plan: Plan, act: Act, way: Way | None, facts: Facts) -> list[str]:
    if act.kind == "answer":
        return ["It is a right of the person, and they showed who they are."]
    if act.kind == "keep" or way is None:
        return ["No hold stands over it."]
    purpose = plan.purposes[act.use]
    said = [f"The policy declares it, on the basis of {purpose.basis}, with {', '.join(sorted(act.fields))}."]
    said += [f"The person said yes to “{plan.switches[key].words}”." for key in sorted(way.yes)]
    if anew(plan, act, facts):
        said.append("Use is restricted, and they said that yes after it, on their page (UK GDPR Art 18(2)).")
    if way.no:
        said.append(f"The person did not say no to {', '.join(f'“{stop}”' for stop in sorted(way.no))}.")
    if way.until:
        said.append(f"The paper behind it is in force until {way.until.isoformat()}.")
    return said
