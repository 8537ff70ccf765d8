"""What people chose: consent, objection, opt-out. An act of theirs, never made from mere use: UK GDPR Art 4(11), 7(1).

A choice is a row that is only added. It says what was asked (by fingerprint), what was answered, when, under which
edition, and how; the row of facts that the gate reads changes in the same transaction, so a withdrawal stops at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.ledger import entries
from troth.people import standing, vault
from troth.people.models import Choice
from troth.policy.deciding import Facts


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
    at: dt.datetime | None = None,
) -> int:
    """Write down what somebody said. ``text`` is the question as it was put to them; its hash is the proof of it."""
    if person is not None:
        standing.person(client, person)
    entry = entries.append("choice", client=client, edition=edition, counts={"yes": int(state), "no": int(not state)})
    row = Choice.objects.create(
        client_id=client,
        person_id=person,
        browser=mark(client, browser),
        key=key,
        stop=stop,
        state=state,
        at=at or timezone.now(),
        edition=edition,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        how=how,
        entry=entry.number,
    )
    if person is not None:
        standing.rebuild(client, person)
    return int(row.pk)


def mark(client: str, browser: str) -> bytes:
    """The keyed mark under which a browser's choices stand; empty for none."""
    return vault.blind(client, "browser", browser) if browser else b""


def of(client: str, person: int) -> list[Said]:
    """Everything a person said, in the order they said it."""
    return [_said(row) for row in Choice.objects.filter(client_id=client, person_id=person).order_by("id")]


def of_browser(client: str, browser: str) -> list[Said]:
    rows = Choice.objects.filter(client_id=client, browser=mark(client, browser)).order_by("id") if browser else []
    return [_said(row) for row in rows]


def facts_of_browser(client: str, browser: str, kinds: frozenset[str] = frozenset()) -> Facts:
    """The facts about a browser that belongs to nobody we know."""
    said = [(one.at, one.key, one.stop, one.state) for one in of_browser(client, browser)]
    yes, no = standing.added_up(said)
    return Facts(kinds=kinds, yes=yes, no=no)


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
