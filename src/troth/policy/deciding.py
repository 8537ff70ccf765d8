"""Deciding: a pure and total function of a plan, an act and the facts. No clock, no I/O.

The happy path is one look-up and a few set comparisons; reasons are worked out only when the answer is no.
``decide`` says ``Allowed``; only ``troth.gate.ask`` makes a ``Pass`` of it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

import msgspec

from troth.policy.plan import Plan, Way

KEEP: Final = "keep no longer than promised"  # what a sweep asks the gate for

RIGHTS = frozenset({"access", "rectify", "erase", "restrict", "object", "port", "withdraw", "complain"})


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What someone wants to do. ``use`` is a purpose's name, or the name of a right when ``kind`` is ``answer``."""

    kind: Literal["collect", "use", "disclose", "keep", "answer"]
    use: str
    fields: frozenset[str]
    day: dt.date
    recipient: str = ""
    staff: str = ""  # role of the hand that acts; '' is the program itself
    channel: str = ""
    case: str = ""  # resolved reference of an open case
    for_money: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one person when an act is decided. Holds no value of theirs."""

    kinds: frozenset[str] = frozenset()
    yes: frozenset[str] = frozenset()  # switch keys
    no: frozenset[str] = frozenset()  # stop names
    restricted: bool = False
    renewed: frozenset[str] = frozenset()  # switch keys: a yes of theirs, shown to be theirs, after every restriction
    contested: frozenset[str] = frozenset()  # fields they say are wrong: used for nothing while they are restricted
    held: frozenset[str] = frozenset()  # fields on hold
    live: frozenset[str] = frozenset({"contract is live", "signed in"})
    underage: bool = False
    proved: bool = False  # the person's identity was proved in this session (rights only)


class Allowed(msgspec.Struct, frozen=True):
    act: Act
    use: str
    recipient: str
    fields: frozenset[str]


class Reason(msgspec.Struct, frozen=True):
    code: str
    sentence: str
    law: str = ""


class Refusal(msgspec.Struct, frozen=True):
    act: Act
    reasons: tuple[Reason, ...]


def decide(plan: Plan, act: Act, facts: Facts) -> Allowed | Refusal:
    """Decide one act of one person. Never raises; whatever is not declared is refused (closed world)."""
    if act.kind == "answer":
        return _decide_right(plan, act, facts)
    if act.kind == "keep":
        return _decide_keep(plan, act, facts)
    way = plan.ways.get(act.use + "|" + act.recipient)
    if way is not None and _open(way, act, facts) and not _forbidden(plan, act):
        return Allowed(act, act.use, act.recipient, act.fields)
    return Refusal(act, tuple(_reasons(plan, way, act, facts)))


def _open(way: Way, act: Act, facts: Facts) -> bool:
    return (
        act.fields <= way.data
        and way.yes <= facts.yes
        and way.no.isdisjoint(facts.no)
        and not way.of.isdisjoint(facts.kinds)
        and (not facts.restricted or way.through_restriction or _anew(way, act, facts))
        and not facts.underage
        and (not act.staff or act.staff in way.staff)
        and (not act.channel or act.channel in way.channels)
        and (not way.case or act.case != "")
        and (not way.only_while or way.only_while in facts.live)
        and (way.until is None or act.day <= way.until)
    )


def _anew(way: Way, act: Act, facts: Facts) -> bool:
    """What rests on a yes goes on while use is restricted if that yes came after it: UK GDPR Art 18(2). It says nothing
    of whether a value is right: one that is contested is not used, whatever for (Art 5(1)(d))."""
    return bool(way.yes) and way.yes <= facts.renewed and act.fields.isdisjoint(facts.contested)


def anew(plan: Plan, act: Act, facts: Facts) -> bool:
    """Whether an act that is allowed is so by a new yes alone, though use is restricted."""
    way = plan.ways.get(act.use + "|" + act.recipient) if act.kind not in ("answer", "keep") else None
    return way is not None and facts.restricted and not way.through_restriction


def _forbidden(plan: Plan, act: Act) -> bool:
    return act.for_money and any(
        never.verb == "disclose" and ("for money", "yes") in never.limits and act.fields & never.fields
        for never in plan.nevers.values()
    )


def _decide_right(plan: Plan, act: Act, facts: Facts) -> Allowed | Refusal:
    # A right needs no purpose and no basis; it needs the right person: UK GDPR Art 12(2), 12(6).
    reasons = []
    if act.use not in RIGHTS:
        reasons.append(Reason("no-such-right", f"“{act.use}” is not a right this policy can answer."))
    if not facts.proved:
        reasons.append(Reason("not-proved", "Nobody has shown yet that they are this person.", "UK GDPR Art 12(6)"))
    if unknown := act.fields - plan.fields.keys():
        reasons.append(Reason("undeclared", f"The policy declares no {_list(unknown)}."))
    if act.use == "erase" and (held := act.fields & facts.held):
        reasons.append(Reason("held", f"A hold stands over {_list(held)}.", "UK GDPR Art 17(3)"))
    return Refusal(act, tuple(reasons)) if reasons else Allowed(act, act.use, "", act.fields)


def _decide_keep(plan: Plan, act: Act, facts: Facts) -> Allowed | Refusal:
    reasons = []
    if act.use != KEEP:
        reasons.append(Reason("no-purpose", f"What is kept is only ever asked to “{KEEP}”.", "UK GDPR Art 5(1)(e)"))
    if unknown := act.fields - plan.fields.keys():
        reasons.append(Reason("undeclared", f"The policy declares no {_list(unknown)}."))
    if held := act.fields & facts.held:
        reasons.append(Reason("held", f"A hold stands over {_list(held)}.", "UK GDPR Art 17(3)"))
    return Refusal(act, tuple(reasons)) if reasons else Allowed(act, act.use, "", act.fields)


def _list(names: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(names))


def _reasons(plan: Plan, way: Way | None, act: Act, facts: Facts) -> list[Reason]:
    to = f" to {act.recipient}" if act.recipient else ""
    if way is None:
        return [_no_way(plan, act)]
    found: list[Reason] = []

    def no(code: str, sentence: str, law: str = "") -> None:
        found.append(Reason(code, sentence, law))

    if extra := act.fields - way.data:
        no("fields", f"“{act.use}”{to} may not have {_list(extra)}.", "UK GDPR Art 5(1)(b)")
    for key in sorted(way.yes - facts.yes):
        no("no-consent", f"Nobody said yes to “{plan.switches[key].words}”.", "UK GDPR Art 7(1)")
    for stop in sorted(way.no & facts.no):
        no("objected", f"This person said no to “{stop}”.", "UK GDPR Art 21")
    if way.of.isdisjoint(facts.kinds):
        no("people", f"“{act.use}” is about {_list(way.of)}, and this person is none of them.")
    if facts.restricted and not way.through_restriction and not _anew(way, act, facts):
        no("restricted", f"The use of this person’s data is restricted{_though(way, act, facts)}.", "UK GDPR Art 18")
    if facts.underage:
        no("underage", "This person is younger than the policy allows.")
    if act.staff and act.staff not in way.staff:
        no("role", f"The role “{act.staff}” has no part in “{act.use}”.")
    if act.channel and act.channel not in way.channels:
        no("channel", f"“{act.use}” may not go by {act.channel}.", "PECR reg 22")
    if way.case and not act.case:
        no("case", f"“{act.use}” needs an open case.")
    if way.only_while and way.only_while not in facts.live:
        no("not-live", f"“{act.use}” is allowed only while {way.only_while}.")
    if way.until is not None and act.day > way.until:
        no("lapsed", f"The paper behind “{act.use}”{to} ran out on {way.until.isoformat()}.")
    if _forbidden(plan, act):
        no("never", "The policy promises never to do this for money.")
    return found


def _though(way: Way, act: Act, facts: Facts) -> str:
    """Why a yes does not open it all the same: UK GDPR Art 18(2)."""
    if not way.yes or not way.yes <= facts.yes:
        return ""
    if not way.yes <= facts.renewed:
        return ", and their yes to this was not given after that, on their page"
    return f", and they say that {_list(act.fields & facts.contested)} is wrong"


def _no_way(plan: Plan, act: Act) -> Reason:
    if act.use not in plan.purposes:
        return Reason("no-purpose", f"The policy declares no use “{act.use}”.", "UK GDPR Art 5(1)(b)")
    if act.recipient and act.recipient not in plan.recipients:
        return Reason("no-recipient", f"The policy names no recipient “{act.recipient}”.", "UK GDPR Art 13(1)(e)")
    return Reason("no-way", f"“{act.recipient or 'us'}” has no part in “{act.use}”.", "UK GDPR Art 5(1)(b)")
