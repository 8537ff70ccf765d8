"""Every place where a client's data lives, as one list: our store, our events, our own tables, and the outside ones."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Final, TypeGuard
from urllib.parse import urlsplit

from django.conf import settings

from troth.keep.stores import VALUES, ByHand, Events, OwnTable, Unreachable, Values
from troth.parties import editions, tenancy
from troth.people import identities, left
from troth.places import approved, ours
from troth.places.http import HttpPlace
from troth.places.kinds import NotAnswered, PlaceKind, Subject
from troth.policy.plan import OWN, Place, Plan
from troth.policy.problems import Trouble
from troth.policy.words import KINDS

if TYPE_CHECKING:
    from troth.places.sql import SqlPlace

OURS: Final = Values.name


def places(client: str) -> list[PlaceKind]:
    """Outside places first: they are asked while we still know whom to ask for."""
    plan = editions.in_force(client).plan
    others = [_outside(client, plan, place) for name, place in plan.places.items() if name in outside(plan)]
    own: list[PlaceKind] = [OwnTable(own) for own in ours.all_of() if own.name != VALUES]
    return [*others, Events(plan), *own, Values(plan)]


def outside(plan: Plan) -> frozenset[str]:
    """The places that are not troth's own: there no key is destroyed and no disk overwritten by us."""
    return frozenset(name for name, place in plan.places.items() if place.kind not in OWN)


def _outside(client: str, plan: Plan, place: Place) -> PlaceKind:
    if place.kind not in ("sql", "http"):
        return ByHand(place.name, "We ask there by hand.")
    try:
        if place.kind == "http":
            return HttpPlace(plan, place.name, approved.service(client, place.secret))
        from troth.places.sql import SqlPlace

        return SqlPlace(plan, place.name, approved.address(client, place.secret))
    except Trouble as trouble:
        return Unreachable(place.name, trouble.sentence, trouble.help)


def is_sql(place: PlaceKind) -> TypeGuard[SqlPlace]:
    """Whether it is somebody's SQL database. Loads nothing: its driver takes as long to start as half of troth, and
    where it was not loaded no such place was opened."""
    driver = sys.modules.get("troth.places.sql")
    return driver is not None and isinstance(place, driver.SqlPlace)


def subject(client: str, person: int, persons: frozenset[int], *, by: dt.datetime | None = None) -> Subject:
    """Whom to ask for: verified identities only, so that nobody reaches another's data by typing an address. ``by``:
    what was shown by then."""
    plan = editions.in_force(client).plan
    all_ = [one for other in sorted(persons | {person}) for one in identities.of(client, other)]
    known = [one for one in all_ if one.verified_at and (by is None or one.verified_at <= by)]
    browser = {name for name, field in plan.fields.items() if field.identifies == "browser"}
    return Subject(
        person=person,
        persons=persons | {person},
        identities=tuple((one.field, one.value) for one in known if one.field not in browser),
        browsers=tuple(one.value for one in known if one.field in browser),
    )


def address_fields(plan: Plan) -> list[str]:
    """The fields by which a person can be written to and shown to be who they are."""
    return sorted(
        name
        for name, field in plan.fields.items()
        if field.identifies == "person" and field.kind in KINDS and KINDS[field.kind].channel == "email"
    )


def knows(client: str, value: str, field: str = "") -> str:
    """The field under which an outside place names this address, or under which something stayed of it when it was
    erased here; '' for none. With ``field`` that one alone, whatever kind of name it is. Opens nothing: yes or no."""
    for place in places(client):
        if is_sql(place) and (found := place.knows(value, field)):
            return found
    addresses = address_fields(editions.in_force(client).plan)
    return left.knows(client, [one for one in addresses if field in ("", one)], value)


def silent(client: str) -> list[str]:
    """The databases that do not answer now: whom nobody finds may stand there all the same (UK GDPR Art 12(1), 15(1)).
    Opens no value."""
    plan = editions.in_force(client).plan
    sql = [one for one in places(client) if one.name in outside(plan) and plan.places[one.name].kind == "sql"]
    return [one.name for one in sql if not is_sql(one) or isinstance(one.look(), NotAnswered)]


def link(client: str, path: str) -> str:
    """An address on the client's pages, built from the declared origin only and never from a request."""
    host, origin = tenancy.client(client).host, urlsplit(settings.ORIGIN)
    if not host:
        return f"{settings.ORIGIN.rstrip('/')}/c/{client}/{path}"
    port = f":{origin.port}" if origin.port else ""
    return f"{origin.scheme}://{host}{port}/{path}"
