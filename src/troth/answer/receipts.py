"""Receipts for what somebody chose: one for each question, as ISO/IEC TS 27560 has it (UK GDPR Art 7(1), 15)."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable

from django.urls import reverse

from troth.parties import editions
from troth.people import choices
from troth.people.choices import ALL_MARKETING, Said
from troth.policy.emit import consent_record
from troth.policy.emit.consent_record import Event
from troth.policy.emit.dpv import Node
from troth.policy.plan import Plan, Switch


def of(client: str, persons: Iterable[int], at: dt.datetime) -> list[Node]:
    """A receipt for each question that these persons, who are one, answered; in the order of their last answers."""
    everybody = sorted(persons)
    said = sorted((one for person in everybody for one in choices.of(client, person)), key=lambda one: one.entry)
    subject = _subject(client, everybody)
    found = [(plan, switch, _events(switch, said)) for plan, switch in _asked(client, said)]
    return [
        consent_record.receipt(
            plan, switch, events, subject=subject, issued=at, withdraw_at=_here(client, plan.notice_at)
        )
        for plan, switch, events in found
    ]


def as_jsonld(receipts: list[Node]) -> str:
    return json.dumps(consent_record.document(receipts), ensure_ascii=False, indent=2) + "\n"


def _asked(client: str, said: list[Said]) -> list[tuple[Plan, Switch]]:
    """Each question with the edition under which it was last answered. An objection is no consent, and has none."""
    last = {one.key: one.edition for one in said}
    found = []
    for key, edition in last.items():
        plan = editions.numbered(client, edition).plan
        if (switch := plan.switches.get(key)) is not None and switch.opens:
            found.append((plan, switch))
    return found


def _events(switch: Switch, said: list[Said]) -> list[Event]:
    """What was said to a question, and every no that stopped what it had opened."""
    stops = {switch.stop} | ({ALL_MARKETING} if switch.marketing else set())
    mine = [one for one in said if one.key == switch.key or (not one.state and one.stop in stops)]
    return [Event(one.state, one.at, one.how, one.edition, one.text_hash, one.entry) for one in mine]


def _subject(client: str, persons: list[int]) -> str:
    """A name for the person that says nothing, and is the same on each of their receipts."""
    return hashlib.sha256(f"{client}:{persons}".encode()).hexdigest()[:16]


def _here(client: str, notice: str) -> str:
    """Where a yes is taken back: the person's own page, at the host of the notice."""
    page = reverse("answer:you", kwargs={"client": client})
    host = "/".join(notice.split("/", 3)[:3]) if "://" in notice else ""
    return f"{host}{page}"
