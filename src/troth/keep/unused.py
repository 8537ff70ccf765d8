"""Each place outside that holds somebody is told that use of it is restricted, and when that is over: UK GDPR Art 18.

A service over the web is asked in its own messages. A database has no word for it: a program looks whether they stand
there at all, and a hand marks them. What nobody answered for stands as not answered yet, and is asked again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

from django.db import transaction

from troth import gate
from troth.keep import erasure, recipients, where
from troth.keep.recipients import State, Whom
from troth.parties import days, editions
from troth.people import identities, standing, store
from troth.places.http import HttpPlace
from troth.places.kinds import UNNAMED, NotAnswered, Subject
from troth.places.opening import Pass
from troth.policy.deciding import Act, Facts
from troth.work import queue


@queue.handler("tell-place")
def _tell(payload: queue.Payload) -> None:
    number = int(payload["telling"])
    found = recipients.to_ask(number)
    if found is None:
        return
    client, reference, why, place, whom = found
    state = _asked(client, place, whom, over=why == "lifted")
    if state == "not told yet":
        later = recipients.silent(number)
        queue.add("tell-place", payload, client=client, not_before=later, once=f"tell place {number}")
    elif state is not None:
        recipients.told(client, reference, number, state, by="program")


def _asked(client: str, name: str, whom: Whom, *, over: bool) -> State | None:
    """What a place answers; None: only a hand can do it there, for they stand there or nobody could ask for them."""
    place = next((one for one in where.places(client) if one.name == name), None)
    if place is None or not whom.identities:
        return None
    if isinstance(place, HttpPlace):
        receipt = place.restrict(_pass(client, whom), client, _subject(whom), over=over)
        states: dict[str, State] = {"changed": "claimed by them", "nothing held": "nothing held"}
        return states.get(receipt.state, "not told yet")
    if where.is_sql(place):
        found = place.find(_pass(client, whom), client, _subject(whom))
        if isinstance(found, NotAnswered):
            return "not told yet"
        return None if found.items or found.why == UNNAMED else "nothing held"
    kind = editions.in_force(client).plan.places[name].kind
    return "not told yet" if kind in recipients.BY_PROGRAM else None  # the operator's list does not open it


def overlooked(client: str) -> int:
    """A place may have come with a later edition, or an earlier troth told none: whatever restricts use and stands is
    told there, too. Returns how many are told."""
    told = 0
    for subject, held in _restricted(client):
        reference, due = recipients.untold(client, subject, held)
        if due:
            recipients.tell_places(client, reference, subject, due)
        told += len(due)
    return told


def untold(client: str, since: dt.datetime) -> int:
    """How many places were never told of what restricted use by then, and does to this day: for the prover."""
    return sum(len(recipients.untold(client, subject, held)[1]) for subject, held in _restricted(client, since))


def _restricted(client: str, since: dt.datetime | None = None) -> Iterator[tuple[Subject, Collection[str] | None]]:
    """Everybody use of whose data is restricted (and was by then, with what they had shown by then), with the fields
    that are held of them; None where an erasure that waits is the reason. What is being erased nobody marks any more,
    nor for an erasure that nobody has confirmed yet."""
    if not recipients.places(editions.in_force(client).plan):
        return
    begun, waiting = erasure.stages(client)
    grounds: dict[int, set[str]] = {}
    for one in standing.all_of(client, "restriction"):
        if since is None or one.since <= since:
            grounds.setdefault(one.person, set()).add(one.ground)
    for person, why in sorted(grounds.items()):
        persons = frozenset(identities.reach(client, person) | {person})
        to_erase = why == {erasure.RESTRICTED}
        if persons & begun or (to_erase and not persons & waiting):
            continue
        held = None if to_erase else set[str]().union(*(store.fields_held(client, one) for one in persons))
        yield where.subject(client, person, persons, by=since), held


def _subject(whom: Whom) -> Subject:
    return Subject(person=min(whom.persons), persons=whom.persons, identities=whom.identities)


def _pass(client: str, whom: Whom) -> Pass:
    fields = frozenset(editions.in_force(client).plan.fields)
    act = Act(kind="answer", use="restrict", fields=fields, day=days.today(client))
    with transaction.atomic():
        return gate.must(act, client=client, persons=whom.persons, facts=Facts(proved=True))
