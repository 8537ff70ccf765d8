"""The probe of change notices: an edition that takes more queues telling, and whoever can be told of it is told."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from troth.answer import changing
from troth.parties import editions, news
from troth.policy.counting import counted
from troth.prove import looking
from troth.prove.keepers import Looked, Scene, keeper
from troth.prove.promises import Line

IN_TIME: Final = dt.timedelta(days=3)  # a mail server that is down for longer is a promise that waits


def _break_changes(scene: Scene) -> None:
    """Publishing sets nothing going any more."""
    editions._after.clear()


@keeper(
    "always/changes are told",
    code="answer.changing, parties.news, people.store",
    how="Two editions are compared when one is published; who is concerned gets a letter, and only from then does what"
    " is new reach what they gave us before.",
    breaker=_break_changes,
)
def changes_are_told(scene: Scene, line: Line) -> Looked:
    """What was published is looked at, and what would happen if this policy came to take more than it does."""
    breaches = [] if _is_noticed(scene) else ["A use that is new would be published as if it were not."]
    if changing.published not in editions._after:
        breaches.append("A wider edition would be published, and nobody would be told.")
    people = late = 0
    for info in editions.all_of(scene.client):
        told = news.of(scene.client, info.number)
        if told is not None:
            older = looking.persons_before(scene.client, told.number)
            due = [one for one in _reached(scene, told) if one in older]
            people += len(due)
            late += sum(changing.owed(scene.client, one, told) for one in due)
    if late:
        breaches.append(counted(late, "[person was|people were] not told of a wider edition in time."))
    return Looked(1 + people, "trial[s] of a wider edition[|, and people to be told]", tuple(breaches))


def _is_noticed(scene: Scene) -> bool:
    """This policy beside one that lacks its first use: the use is new, and something is owed for it."""
    first = next(iter(scene.plan.purposes))
    less = {name: one for name, one in scene.plan.purposes.items() if name != first}
    owed = news.owed(msgspec.structs.replace(scene.plan, purposes=less), scene.plan)
    return any(one.path == f"use/{first}" for one in owed)


def _reached(scene: Scene, told: news.News) -> list[int]:
    """Those who had proved an address when the edition came, if the time for their letter has passed."""
    if scene.now - told.published_at < IN_TIME:
        return []
    fields = {name for name, one in scene.plan.fields.items() if "email" in one.kind and one.identifies == "person"}
    proved = looking.proved_before(scene.client, told.published_at)
    return sorted({person for person, field in proved if field in fields})[: looking.PEOPLE]
