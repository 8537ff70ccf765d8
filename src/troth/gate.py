"""Nothing happens to your data that you were not told of: every act is asked here first, and written down.

The pure decider says *allowed*; only this module makes a pass of it. It decides for every person of the act, with
the plan in force and the facts as they stand this moment, inside the caller's transaction: UK GDPR Art 5(1)(b), 5(2).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.ledger import entries
from troth.parties import editions
from troth.people import looks, standing
from troth.people import refusals as book
from troth.places.opening import Pass, mint
from troth.policy import former
from troth.policy.deciding import RIGHTS, Act, Facts, Reason, Refusal, anew, decide
from troth.policy.plan import Plan
from troth.policy.problems import Trouble

KINDS: Final = frozenset({"collect", "use", "disclose", "keep", "answer"})
OURS: Final = frozenset({"", "program", "person"})  # actors that are no hand of ours
WORDS: Final = {
    "fields": "It asked for data that this use may not have.",
    "no-consent": "Somebody it is about had not said yes.",
    "objected": "Somebody it is about had said no.",
    "people": "It is not about these people.",
    "restricted": "The use of this person’s data is restricted.",
    "underage": "Somebody it is about is younger than the policy allows.",
    "role": "The hand that acted has no part in this use.",
    "channel": "It may not go by this channel.",
    "case": "It needs an open case.",
    "not-live": "It is allowed only while something holds that does not.",
    "lapsed": "The paper behind it ran out.",
    "never": "The policy promises never to do this.",
    "no-purpose": "The policy declares no such use.",
    "no-recipient": "The policy names no such recipient.",
    "no-way": "This recipient has no part in this use.",
    "no-such-right": "That is not a right the policy can answer.",
    "not-proved": "Nobody had shown that they are this person.",
    "undeclared": "The policy declares no such data.",
    "held": "A hold stands over it.",
    "no-person": "There is no such person at this client.",
}
"""What each reason says on the desk, where the names that a stranger sent must not appear."""


class Refused(Trouble):
    """An act was refused. Holds the refusal, with its reasons in the words of the policy and the law."""

    def __init__(self, refusal: Refusal) -> None:
        said = " ".join(reason.sentence for reason in refusal.reasons)
        super().__init__("refused", said, "Run `troth why` to see what would open it.", exit=3)
        self.refusal = refusal


def ask(
    act: Act,
    *,
    client: str,
    persons: Iterable[int],
    actor: str = "",
    facts: Facts | None = None,
    why: looks.Why | None = None,
) -> Pass | Refusal:
    """Decide an act for every person it is about; a pass only when none is refused. Both are written down.

    ``facts`` adds what the caller knows beside the store (identity proved in this session, a browser's choices).
    It can open what a yes opens and narrow everything else; it can lift no restriction, hold or no that stands.
    ``why``: for what a hand acts. Without a case none looks at anybody's data, and each look is theirs to know (T54).
    """
    with transaction.atomic():
        force = editions.in_force(client)
        people = frozenset(persons)
        if act.kind in ("use", "disclose"):  # whoever asks for a datum means what stands under its earlier names, too
            act = msgspec.structs.replace(act, fields=former.with_earlier(force.plan, act.fields))
        reasons, renewed = _reasons(force.plan, act, client, people, facts)
        hand = actor not in OURS
        if hand and (why is None or not why.case):
            reasons["case", ""] = Reason("case", "Nobody opens people’s data by hand without a case.")
        if reasons:
            return _refuse(force.plan, force.number, act, client, people, actor, reasons)
        token = mint(
            client=client,
            edition=force.number,
            kind=act.kind,
            use=act.use,
            recipient=act.recipient,
            fields=act.fields,
            persons=people,
        )
        counts = {"persons": len(people), "fields": len(act.fields)} | ({"renewed": renewed} if renewed else {})
        said = looks.said(force.plan, token, why, actor) if hand and why is not None else b""
        entry = entries.append(
            "asked",
            client=client,
            edition=force.number,
            counts=counts,
            refs={"pass": token.id} | ({"request": why.case} if said and why is not None else {}),
            actor=actor,
            details=said,
        )
        if said:
            looks.note(token, said, entry, actor)
        return token


def must(
    act: Act,
    *,
    client: str,
    persons: Iterable[int],
    actor: str = "",
    facts: Facts | None = None,
    why: looks.Why | None = None,
) -> Pass:
    """``ask``, or raise ``Refused``. Asked inside a transaction, raising undoes what was written."""
    answer = ask(act, client=client, persons=persons, actor=actor, facts=facts, why=why)
    if isinstance(answer, Refusal):
        raise Refused(answer)
    return answer


def _reasons(
    plan: Plan, act: Act, client: str, people: frozenset[int], given: Facts | None
) -> tuple[dict[tuple[str, str], Reason], int]:
    """The reasons to refuse; and for how many persons a new yes opens what a restriction shuts (UK GDPR Art 18(2))."""
    found: dict[tuple[str, str], Reason] = {}
    renewed = 0
    about: list[int] | list[None] = sorted(people) or [None]
    for person in about:
        try:
            facts = _facts(plan, client, person, given)
        except Trouble as stranger:
            found[stranger.code, ""] = Reason(stranger.code, stranger.args[0])
            continue
        answer = decide(plan, act, facts)
        if isinstance(answer, Refusal):
            found |= {(reason.code, reason.sentence): reason for reason in answer.reasons}
        elif facts.restricted:
            renewed += anew(plan, act, facts)
    return found, renewed


def _facts(plan: Plan, client: str, person: int | None, given: Facts | None) -> Facts:
    if person is None:
        return given or Facts()
    stored = standing.facts(client, person)
    if given is None:
        return stored
    # What a browser still says does not bring back a yes that the person took back.
    taken_back = {switch.key for switch in plan.switches.values() if switch.stop in stored.no}
    return Facts(
        kinds=stored.kinds | given.kinds,
        yes=stored.yes | (given.yes - taken_back),
        no=stored.no | given.no,
        restricted=stored.restricted or given.restricted,
        renewed=stored.renewed,  # said on the person's page, and nowhere that a caller could speak of
        contested=stored.contested | given.contested,
        held=stored.held | given.held,
        live=stored.live & given.live,
        underage=stored.underage or given.underage,
        proved=given.proved,
    )


def _refuse(
    plan: Plan,
    edition: int,
    act: Act,
    client: str,
    people: frozenset[int],
    actor: str,
    reasons: dict[tuple[str, str], Reason],
) -> Refusal:
    codes = tuple(sorted({code for code, _ in reasons}))
    counts = {"persons": len(people)} | {f"reason {code}": 1 for code in codes}
    entry = entries.append("refused", client=client, edition=edition, counts=counts, actor=actor)
    # Only names that the policy declares are written: a name that a stranger sent is a value too.
    row = book.Refused(
        at=timezone.now(),
        kind=act.kind if act.kind in KINDS else "",
        use=act.use if act.use in (RIGHTS if act.kind == "answer" else plan.purposes) else "",
        recipient=act.recipient if act.recipient in plan.recipients else "",
        codes=codes,
        persons=len(people),
        actor=actor,
        entry=entry.number,
    )
    book.record(client, row)
    return Refusal(act, tuple(reasons.values()))


class Line(msgspec.Struct, frozen=True):
    """One refusal as the desk shows it."""

    refused: book.Refused
    reasons: tuple[str, ...]


def refusals(client: str, limit: int = 50) -> list[Line]:
    """The newest refusals, each with its reasons in words."""
    return [Line(one, tuple(WORDS.get(code, code) for code in one.codes)) for one in book.of(client, limit)]
