"""The look at places outside that are to keep something and not use it (UK GDPR Art 18): none is left out or silent.

How many there were each time stands in the ledger, written with the rows; so a row that was lost is missed.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Final

from troth.keep import recipients, unused
from troth.parties import editions
from troth.policy.counting import counted
from troth.policy.plan import Plan
from troth.prove import breaking, looking
from troth.prove.keepers import Scene

SWEPT: Final = dt.timedelta(hours=26)  # a sweep runs each night, and tells places that nobody told
IN_TIME: Final = dt.timedelta(days=3)  # a service that is down for longer may use what it should not


def break_restriction(scene: Scene) -> None:
    """No place outside is told any more; where there is none, every use is open to everybody."""
    if not _outside(scene.plan):
        breaking.open_ways(scene)
    recipients.places = lambda plan, told=(): []


def outside(scene: Scene) -> tuple[int, list[str]]:
    """How many rows and places were looked at, and what is wrong with them."""
    rows, kept = looking.shut(scene.client), looking.known_requests(scene.client)
    told, mine = {name for name, _ in recipients.places(scene.plan)}, _outside(scene.plan)
    breaches = [f"“{name}” would not be told that use is restricted." for name in sorted(mine - told)]
    if lost := _lost(scene.client, kept):
        breaches.append(
            counted(lost, "place[s] outside that [was|were] to be told of a restriction [is|are] told of nowhere.")
        )
    night = scene.now - SWEPT
    if editions.in_force(scene.client).published_at <= night and (never := unused.untold(scene.client, night)):
        breaches.append(counted(never, "place[s] outside [was|were] never told of a restriction in force."))
    if late := sum(_late(scene, one) for one in rows):
        said = "place[s] outside did not answer in time that what [it keeps|they keep] is not used."
        breaches.append(counted(late, said))
    if shut := sum(one.state == "cannot" and one.still for one in rows):
        breaches.append(f"In {counted(shut, 'place[s]')} outside it cannot be marked that use is restricted.")
    return len(rows) + len(mine), breaches


def _outside(plan: Plan) -> set[str]:
    return {one.name for one in plan.places.values() if one.kind not in ("ours", "events")}


def _lost(client: str, kept: set[str]) -> int:
    stand = Counter(one.reference for one in looking.shut(client, recipients.SHUT))
    noted = looking.noted(client, "places").items()
    return sum(max(0, count - stand[reference]) for reference, count in noted if reference in kept)


def _late(scene: Scene, one: looking.Shut) -> bool:
    if one.state != looking.OPEN or not one.still:
        return False
    place = scene.plan.places.get(one.place)
    patience = IN_TIME if place is not None and place.kind == "http" else recipients.BY_HAND
    return scene.now - one.opened > patience
