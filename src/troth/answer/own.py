"""This room's own tables: what a person finds of themself here, what goes with them, and what lapses by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final

from django.db import transaction
from django.utils import timezone

from troth.answer import amend, complaining, erase, heard, others, refusing, requests, sworn, withholding
from troth.answer.models import Decision, LinkToken, PersonSession, RequestRow, RequestStep
from troth.keep import erasure, left, staying
from troth.ledger.entries import Effect
from troth.parties import editions, tenancy
from troth.places.kinds import Item, Kept, Receipt, Subject
from troth.places.ours import Own
from troth.policy import periods
from troth.policy.emit.texts import again

FIELD: Final = requests.FIELD
SAID: Final = {
    "why": "what you wrote to us",
    "address": "where we answer you",
    "post": "where we answer you",
}
OURS: Final = {"found": "what we noted while we looked into it", "how who": "how we saw that it is you"}


def find(client: str, subject: Subject) -> list[Item]:
    """What they asked, and what they wrote with it and we noted of it while that is kept: until it is answered, and not
    by a rule."""
    found = []
    for one in requests.of_persons(client, subject.persons):
        asked = f"{again(one.words)} ({one.reference})"
        found.append(Item(field=FIELD, label="what you asked us", value=asked, source="You", when=one.opened, id=""))
        for field, names, whose in ((others.WRITTEN, SAID, "You"), (others.NOTED, OURS, "Our own records")):
            source = f"{whose} ({one.reference})"
            found += [
                Item(field=field, label=names[name], value=text, source=source, when=one.opened, id="")
                for name, text in _theirs(client, one, names).items()
            ]
    for one in requests.of_persons(client, frozenset(left.persons(client, subject))):
        asked, rule = f"{again(one.words)} ({one.reference})", _kept_by(client)
        found.append(Item(field=left.FIELD, label="what you asked us", value=asked, when=one.opened, rule=rule))
    return found


def _kept_by(client: str) -> str:
    rule = staying.rule_of(editions.in_force(client).plan, FIELD)
    return rule.name if rule is not None else ""


def _theirs(client: str, asked: requests.Request, names: Collection[str] = tuple(SAID)) -> dict[str, str]:
    """Their own words, or others of these names. Whoever asked in their name, or did not show yet that it is they,
    wrote of themself."""
    known, row = requests.detail(client, asked.reference), heard.of(client, asked.reference)
    if requests.UNSHOWN in known or (row is not None and row.through):
        return {}
    return {name: known[name] for name in names if known.get(name)}


def forget(client: str, subject: Subject) -> Receipt:
    """Links go, and every closed request forgets what was written. That somebody asked stays, without their name."""
    gone = LinkToken.objects.filter(client=client, person__in=subject.persons).delete()[0]
    closed = RequestRow.objects.filter(client=client, person__in=subject.persons, state="closed", detail__isnull=False)
    references = list(closed.values_list("reference", flat=True))
    gone += closed.update(detail=None) + refusing.erased(client, subject.persons)
    if references:  # rows first, and their keys when that is certain
        transaction.on_commit(lambda: requests.keys_gone(client, references))
    left = RequestRow.objects.filter(client=client, person__in=subject.persons).exists()
    plan = editions.in_force(client).plan
    rule = staying.rule_of(plan, FIELD)
    what, why = "that you asked us, when, and the outcome, without your name", staying.proof(plan, FIELD)
    kept = [Kept(what, why, staying.until_of(rule))] if left else []
    kept += complaining.stays(client, subject.persons)
    return Receipt(
        place="requests",
        state="erased" if gone else "kept" if kept else "nothing held",
        reached="deleted" if gone else "",
        how="read back by us",
        kept=kept,
        counts={"rows": gone} if gone else {},
    )


OWN = Own("requests", requests.PLACE, find, forget)


def tidy() -> int:
    """What lapses by itself: links, sessions, and an erasure that nobody confirmed."""
    now = timezone.now()
    gone = (
        LinkToken.objects.filter(expires__lt=now).delete()[0]
        + PersonSession.objects.filter(expires__lt=now).delete()[0]
    )
    published = [client for client in tenancy.slugs() if editions.is_published(client)]
    return gone + sum(_lapsed(client) + _outlived(client, now) for client in published)


def _lapsed(client: str) -> int:
    return erase.lapse(client) + amend.lapse(client) + refusing.lapse(client)


def _outlived(client: str, now: dt.datetime) -> int:
    """Requests that have been answered for as long as the policy keeps them. An open one is never too old, and one is
    not over while something is left out of what its person sees."""
    plan = editions.in_force(client).plan
    rule = staying.rule_of(plan, FIELD)
    if rule is None:
        return 0
    gone = 0
    for row in RequestRow.objects.filter(client=client, state="closed"):
        facts = {"collected": row.opened, "answered": row.closed or row.opened}
        due = periods.due(rule, facts, zone=plan.zone)
        if due is not None and due <= now and not withholding.stands(client, row.reference):
            requests.forget(client, row.reference)
            erasure.forget(client, row.reference)
            refusing.forget(client, row.reference)
            heard.forget(client, row.reference)
            complaining.forget(client, row.reference)
            row.delete()
            gone += 1
    return gone


def effects() -> Iterable[tuple[int, str] | Effect]:
    """Every row that an act left, with the number of its ledger entry."""
    for reference, entry in RequestRow.objects.values_list("reference", "entry").iterator():
        yield entry, f"request {reference}"
    yield from sworn.effects()
    for number, entry in Decision.objects.values_list("pk", "entry").iterator():
        yield entry, f"decision {number}"
    steps = RequestStep.objects.values_list("pk", "entry", "salt", "what", "at")
    for number, entry, salt, what, at in steps.iterator():
        yield Effect(entry, f"step {number}", salt, requests.details(what, at))
