"""Persons, passes and choices as the tests of these rooms need them, made through the same acts as in life."""

import datetime as dt
import random

from django.utils import timezone

from troth import gate
from troth.parties import editions
from troth.people import choices, identities, store
from troth.policy.deciding import Act, Facts

BOOKED = {"booking.name": "Ada Quillfeather", "booking.email": "ada@quill.example", "booking.walk": "Mendip ridge"}
WALK = "run the walk you booked"
NEWS = "send you news of walks"


def act(kind, use, fields, **more):
    return Act(kind=kind, use=use, fields=frozenset(fields), day=timezone.localdate(), **more)


def mark():
    return f"mark-{random.SystemRandom().getrandbits(96):024x}"


def write(client, person, values, *, at=None, point="booking", use=WALK, case=""):
    token = gate.must(act("collect", use, values, case=case), client=client, persons=[person])
    edition = editions.in_force(client).number
    at = at or timezone.now()
    return store.write(token, client, person, values, point=point, source="form", edition=edition, collected_at=at)


def walker(client, *, email="ada@quill.example", verified=True, at=None, **values):
    """Somebody who booked a walk, as the form intake makes them."""
    person = identities.make(client, {"walker"})
    identities.attach(client, person, "booking.email", email, verified=verified)
    write(client, person, BOOKED | {"booking.email": email} | values, at=at)
    return person


def right(client, person, name, fields):
    return gate.must(act("answer", name, fields), client=client, persons=[person], facts=Facts(proved=True))


def values_of(client, person, fields=tuple(BOOKED)):
    return store.read(right(client, person, "access", fields), client, person)


def say(client, person, state, use=NEWS, browser="", how="page"):
    plan = editions.in_force(client).plan
    switch = next(one for one in plan.switches.values() if one.use == use)
    return choices.record(
        client,
        person=person,
        browser=browser,
        key=switch.key,
        stop=switch.stop,
        state=state,
        edition=editions.in_force(client).number,
        text=switch.words,
        how=how,
    )


def stop(client, person, name):
    """A no to a name that no question asks about: all marketing."""
    edition = editions.in_force(client).number
    choices.record(client, person=person, key="", stop=name, state=False, edition=edition, text=name, how="page")


LONG_AGO = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)
