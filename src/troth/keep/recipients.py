"""Whoever had some of it is told that it was erased, corrected or restricted: UK GDPR Art 19.

What was given to whom is written down by the room that gave it; it registers here. Each recipient is a row of its own:
not told yet, told, or done as they say. Whom it is about is sealed under the row's own key, which goes once they know.
That it was looked up who had it, and how many they were, stands in the ledger: a row that is lost is missed there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Final, Literal, get_args

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.keep.models import Telling
from troth.ledger import entries
from troth.parties import editions
from troth.people import vault
from troth.places import approved
from troth.places.kinds import Subject
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.work import queue

State = Literal["not told yet", "told", "claimed by them"]
STATES: Final[dict[str, State]] = {state: state for state in get_args(State)}
ASKED_THERE: Final = ("erase", "rectify")  # what a place is asked itself
AGAIN: Final = dt.timedelta(hours=1)  # a mail server that is down is asked again by then, as the queue has it
BY_HAND: Final = dt.timedelta(days=7)  # somebody without an address that we may write to: the desk asks for it by then


class Had(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient that had some of it."""

    recipient: str
    does: str
    labels: str
    last: dt.datetime | None
    times: int = 0


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient and how far telling them has come; names no person."""

    number: int
    recipient: str
    labels: str
    state: State
    at: dt.datetime | None
    by: str
    evidence: str
    next: dt.datetime | None = None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is still to be told, for the desk: of which request, since when, when it is tried or asked next."""

    reference: str
    recipient: str
    since: dt.datetime
    next: dt.datetime
    by_hand: bool


class Whom(msgspec.Struct, frozen=True, kw_only=True):
    """What a recipient needs to find the person with them, and what a value should say from now on."""

    identities: tuple[tuple[str, str], ...]
    new: str = ""


_had: dict[str, Callable[[str, frozenset[int]], list[Had]]] = {}


def disclosures(name: str, call: Callable[[str, frozenset[int]], list[Had]]) -> None:
    """A room that hands data on registers what it has handed on."""
    _had[name] = call


def had(client: str, persons: frozenset[int]) -> list[Had]:
    """Who has had some of these persons' data, as far as it was written down."""
    return [one for call in _had.values() for one in call(client, persons)]


def to_tell(client: str, persons: frozenset[int], fields: Collection[str], why: str) -> list[tuple[str, str]]:
    """Recipient and labels: who had it by the record, and whoever the operator wrote an address down for."""
    plan = editions.in_force(client).plan
    asked = why in ASKED_THERE
    return among(plan, had(client, persons), fields, lambda recipient: bool(address(client, recipient)), asked=asked)


def among(
    plan: Plan,
    had: Collection[Had],
    fields: Collection[str],
    written_to: Callable[[str], bool],
    *,
    asked: bool = True,
) -> list[tuple[str, str]]:
    """Recipient and labels of these, for one plan. Who runs one of our places is ``asked`` there like any place, and
    need not be told beside it; but no place outside is asked to keep and not to use, so of that they are told."""
    run = [place for place in plan.places.values() if place.by]
    outside = [] if asked else [place for place in run if place.kind not in ("ours", "events")]
    found = {one.recipient: one.labels for one in had}
    for recipient in plan.recipients.values():
        theirs = recipient.data & set(fields)
        theirs = theirs.union(*(place.holds for place in outside if place.by == recipient.name))
        labels = sorted({plan.fields[name].label for name in theirs if name in plan.fields})
        if labels and recipient.name not in found and written_to(recipient.name):
            found[recipient.name] = ", ".join(labels)
    there = {place.by for place in run} - {place.by for place in outside}
    return sorted((name, labels) for name, labels in found.items() if name not in there)


def address(client: str, recipient: str) -> str:
    """Where the operator approved to write to a recipient, or ''. A policy cannot say it: it is untrusted input."""
    try:
        url = approved.address(client, recipient)
    except Trouble:
        return ""
    return url.removeprefix("mailto:") if url.startswith("mailto:") and "@" in url else ""


def note(client: str, reference: str, why: str, subject: Subject, fields: Collection[str], *, new: str = "") -> int:
    """Write down who is to be told. Runs in the transaction of what they are told of; nobody is told yet.

    ``why``: erase, rectify, restrict, or lifted (of a restriction). Returns how many are to be told.
    """
    due = to_tell(client, subject.persons, fields, why)
    whom = msgspec.json.encode(Whom(identities=subject.identities, new=new))
    for recipient, labels in due:
        row = Telling.objects.create(
            client=client, reference=reference, why=why, recipient=recipient, labels=labels, opened=timezone.now()
        )
        row.whom = vault.seal(client, 0, "troth.telling", row.pk, _rule(row), whom)
        row.save(update_fields=["whom"])
    entries.append("request-step", client=client, refs={"request": reference}, counts={"recipients": len(due)})
    return len(due)


def begin(client: str, reference: str) -> None:
    """From now on it is so: each recipient that can be written to is written to, the others wait for a hand."""
    for row in Telling.objects.filter(client=client, reference=reference, state="not told yet"):
        _try(row)


def again(client: str) -> int:
    """Whoever should know by now and does not is tried anew; nobody is given up. Returns how many they are."""
    late = Telling.objects.filter(client=client, state="not told yet", next__lte=timezone.now())
    return sum(_try(row) for row in late)


def _try(row: Telling) -> bool:
    """Write to them, or wait for a hand. The day by which a hand was to do it does not move: it is late from then."""
    by_hand = not address(row.client, row.recipient)
    if not by_hand:
        queue.add("tell-recipient", {"telling": row.pk}, client=row.client, once=f"tell recipient {row.pk}")
    if row.next is None or not by_hand:
        later = timezone.now() + (BY_HAND if by_hand else AGAIN)
        Telling.objects.filter(pk=row.pk, state="not told yet").update(next=later)
    return not by_hand


def waiting(client: str) -> list[Waiting]:
    """Everybody who should know and does not yet, the longest first: for the desk."""
    rows = Telling.objects.filter(client=client, state="not told yet").order_by("opened", "pk")
    return [
        Waiting(
            reference=row.reference,
            recipient=row.recipient,
            since=row.opened,
            next=row.next,
            by_hand=not address(client, row.recipient),
        )
        for row in rows
        if row.next is not None
    ]


def letter(number: int) -> tuple[str, str, str, str, Whom] | None:
    """(client, reference, why, recipient, whom) of somebody who is still to be told, for the room that writes."""
    row = Telling.objects.filter(pk=number, state="not told yet").first()
    if row is None or row.whom is None:
        return None
    return row.client, row.reference, row.why, row.recipient, _whom(row)


def told(client: str, reference: str, number: int, state: State, *, by: str, evidence: str = "") -> bool:
    """A recipient was told, or says that it is done. We forget whom it was about. False: they are not to be told."""
    with transaction.atomic():
        row = Telling.objects.filter(client=client, reference=reference, pk=number).first()
        if row is None or row.state == "claimed by them" or state == "not told yet":
            return False
        if evidence:
            row.evidence = vault.seal(client, 0, "troth.evidence", row.pk, _proof(row), evidence[:500].encode())
        refs = {"request": reference, "telling": str(row.pk)}
        entry = entries.append("sent" if by == "program" else "request-step", client=client, refs=refs, actor=by)
        row.state, row.at, row.by, row.whom, row.entry = state, timezone.now(), by, None, entry.number
        row.next = None
        row.save()
    vault.destroy(client, 0, [_rule(row)])
    return True


def of(client: str, reference: str, *, evidence: bool = False) -> list[Told]:
    """Every recipient of one request. ``evidence`` opens what staff wrote down: for the desk, not for the receipt."""
    rows = Telling.objects.filter(client=client, reference=reference).order_by("recipient", "pk")
    return [
        Told(
            number=row.pk,
            recipient=row.recipient,
            labels=row.labels,
            state=STATES[row.state],
            at=row.at,
            by=row.by,
            evidence=_evidence(row) if evidence else "",
            next=row.next,
        )
        for row in rows
    ]


def whom(client: str, reference: str, number: int) -> Whom | None:
    """Whom a recipient is to be told of, for the hand that tells them. The caller asked the gate."""
    row = Telling.objects.filter(client=client, reference=reference, pk=number).first()
    return _whom(row) if row is not None and row.whom is not None else None


def forget(client: str, reference: str) -> None:
    """Taken back, or the request is as old as the policy lets it be: rows go before their keys."""
    rows = list(Telling.objects.filter(client=client, reference=reference))
    Telling.objects.filter(pk__in=[row.pk for row in rows]).delete()
    if rows:
        rules = [rule for row in rows for rule in (_rule(row), _proof(row))]
        transaction.on_commit(lambda: vault.destroy(client, 0, rules))


def _whom(row: Telling) -> Whom:
    plain = vault.open(row.client, 0, "troth.telling", row.pk, bytes(row.whom or b""))
    return msgspec.json.decode(plain, type=Whom)


def _evidence(row: Telling) -> str:
    if row.evidence is None:
        return ""
    return vault.open(row.client, 0, "troth.evidence", row.pk, bytes(row.evidence)).decode()


def rules_in_use(client: str) -> set[str]:
    """The keys of tellings that still seal whom it is about, or how it is known that somebody was told."""
    rows = Telling.objects.filter(client=client)
    whom = {_rule(row) for row in rows.filter(whom__isnull=False)}
    return whom | {_proof(row) for row in rows.filter(evidence__isnull=False)}


def _rule(row: Telling) -> str:
    return f"telling {row.pk}"


def _proof(row: Telling) -> str:
    return f"telling {row.pk} proof"
