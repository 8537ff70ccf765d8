"""What people chose: consent, objection, opt-out. An act of theirs, never made from mere use: UK GDPR Art 4(11), 7(1).

A choice is a row that is only added. It says what was asked (by fingerprint), what was answered, when, under which
edition, and how; the row of facts that the gate reads changes in the same transaction, so a withdrawal stops at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.ledger import entries
from troth.parties import editions
from troth.people import details, standing, vault
from troth.people.binding import Binding
from troth.people.models import Choice
from troth.policy import periods
from troth.policy.deciding import Facts
from troth.policy.plan import Plan, Rule

BROWSER: Final = "browser"  # the kind under which a browser is marked
JOINED: Final = "said before the address was shown"  # how a no came to another person who proved to be the same
ALL_MARKETING: Final = "all marketing"  # the name under which a policy's ways stop for whoever wants none


class Said(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    key: str
    stop: str
    state: bool
    at: dt.datetime
    edition: int
    text_hash: str
    how: str
    entry: int


@transaction.atomic
def record(
    client: str,
    *,
    person: int | None,
    browser: str = "",
    key: str,
    stop: str,
    state: bool,
    edition: int,
    text: str,
    how: str,
) -> int:
    """Write down what somebody said. ``text`` is the question as it was put to them; its hash is the proof of it."""
    no = frozenset[str]() if person is None else standing.facts(client, person).no
    index = vault.Index(client)
    mark = index.blind(BROWSER, browser) if browser else b""
    asked = hashlib.sha256(text.encode()).hexdigest()
    said = _Saying(client, person, mark, index.newest, edition, asked, how, timezone.now())
    number = said.add(key, stop, state)
    if state and ALL_MARKETING in no:
        _narrow(said, key)
    if person is not None:
        standing.rebuild(client, person)
    return number


def _narrow(said: _Saying, key: str) -> None:
    """A yes to one marketing question after a no to all: from now it is a no to all the others."""
    switches = editions.numbered(said.client, said.edition).plan.switches
    if key in switches and switches[key].marketing:
        said.add("", ALL_MARKETING, True)
        for stop in sorted({one.stop for one in switches.values() if one.marketing} - {switches[key].stop}):
            said.add("", stop, False)


class _Saying(msgspec.Struct, frozen=True):
    """One occasion on which somebody said something."""

    client: str
    person: int | None
    browser: bytes
    version: int
    edition: int
    text_hash: str
    how: str
    at: dt.datetime

    def add(self, key: str, stop: str, state: bool) -> int:
        counts = {"yes": int(state), "no": int(not state)}
        row = Choice(
            client_id=self.client,
            person_id=self.person,
            browser=self.browser,
            version=self.version,
            key=key,
            stop=stop,
            state=state,
            at=self.at,
            edition=self.edition,
            text_hash=self.text_hash,
            how=self.how,
        )
        said = details.of_choice(row)
        entry = entries.append("choice", client=self.client, edition=self.edition, counts=counts, details=said)
        row.entry, row.salt = entry.number, entry.salt
        row.save()
        return int(row.pk)


@transaction.atomic
def agree(client: str, persons: Collection[int]) -> int:
    """These persons are one by proof: a no that was said last under one of them holds for all, so that an older yes of
    theirs opens nothing (UK GDPR Art 7(3), 21(3)). A yes is taken from nobody to another. How many noes were added."""
    said = sorted((one for person in persons for one in of(client, person)), key=lambda one: one.entry)
    noes = [one for one in {one.stop: one for one in said}.values() if not one.state]
    added = 0
    for person in sorted(persons) if noes and len(persons) > 1 else ():
        stopped = standing.facts(client, person).no
        for one in noes:
            if one.stop not in stopped:
                saying = _Saying(client, person, b"", 0, one.edition, one.text_hash, JOINED, timezone.now())
                saying.add(one.key, one.stop, False)
                added += 1
        standing.rebuild(client, person)
    return added


def marks(client: str, browser: str) -> list[bytes]:
    """The keyed marks under which a browser's choices may stand, one for each version of the key; none for none."""
    return vault.Index(client).blinds(BROWSER, browser) if browser else []


def of(client: str, person: int) -> list[Said]:
    """Everything a person said, in the order they said it."""
    return [_said(row) for row in Choice.objects.filter(client_id=client, person_id=person).order_by("id")]


def of_browser(client: str, browser: str) -> list[Said]:
    rows = Choice.objects.filter(client_id=client, browser__in=marks(client, browser)).order_by("id")
    return [_said(row) for row in rows]


def facts_of_browser(client: str, browser: str, kinds: frozenset[str] = frozenset()) -> Facts:
    """The facts about a browser that belongs to nobody we know."""
    said = [(one.entry, one.key, one.stop, one.state) for one in of_browser(client, browser)]
    yes, no = standing.added_up(said)
    return Facts(kinds=kinds, yes=yes, no=no)


def rule_of(plan: Plan) -> Rule | None:
    """How long the policy keeps the proof of a choice; None: it declares none, and it goes with the person."""
    names = [field.rule for field in plan.fields.values() if field.kind == "choice"]
    return next((plan.rules[name] for name in names if name in plan.rules), None)


def due(client: str, plan: Plan, as_of: dt.datetime) -> list[int]:
    """The choices whose proof was kept as long as the policy says, and over which no hold stands: for the sweep."""
    proofs = {field.name for field in plan.fields.values() if field.kind == "choice"}
    if rule_of(plan) is None:
        return []
    found, known, binding = [], dict[int | None, dict[str, dt.datetime]](), Binding(client, plan)
    rows = Choice.objects.filter(client_id=client).values_list("id", "person_id", "at", "edition")
    for number, person, at, edition in rows.iterator():
        if person not in known:
            known[person] = standing.moments(client, person) if person else {}
        since = binding.known(person, edition) if person else edition
        rules = [rule for proof in sorted(proofs) for rule in binding.rules(proof, since)]
        ends = (periods.due(rule, standing.clock(known[person], at), zone=plan.zone) for rule in rules)
        if not any(when is not None and when <= as_of for when in ends):
            continue
        if person is None or not proofs & standing.facts(client, person).held:
            found.append(number)
    return found


@transaction.atomic
def drop(client: str, ids: Collection[int]) -> int:
    """Delete choices that are due."""
    rows = Choice.objects.filter(client_id=client, id__in=list(ids))
    persons = {person for person in rows.values_list("person_id", flat=True) if person}
    gone = rows.delete()[0]
    for person in persons:
        standing.rebuild(client, person)
    return gone


def _said(row: Choice) -> Said:
    return Said(
        id=int(row.pk),
        key=row.key,
        stop=row.stop,
        state=row.state,
        at=row.at,
        edition=row.edition,
        text_hash=row.text_hash,
        how=row.how,
        entry=row.entry,
    )
