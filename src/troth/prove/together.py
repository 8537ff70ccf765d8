"""What many probes look at, looked at once in a proof: each judges it by itself.

A year of events is some hundred files, and a policy makes some hundred promises: a pass for each promise would open
every file a hundred times.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import TypeVar, cast

import msgspec

from troth.answer import requests
from troth.policy.counting import counted
from troth.policy.plan import Field
from troth.policy.problems import Trouble
from troth.prove import looking, shapes
from troth.prove.keepers import Scene

T = TypeVar("T")


class Said(msgspec.Struct, frozen=True):
    """Events that are alike: where they came in, under which edition, what they say in clear, and of what they say more
    than its form lets through. No value stands in it."""

    point: str
    edition: int
    names: frozenset[str]
    wide: frozenset[str]


def values(scene: Scene) -> list[looking.Stored]:
    """What stands in our own store."""
    return once(scene, "values", lambda: looking.values(scene.client))


def files(scene: Scene) -> list[looking.EventFile]:
    return once(scene, "files", lambda: list(looking.event_files(scene.client)))


def vanished(scene: Scene, right: str, what: str) -> list[str]:
    """What is wrong with requests that began and never ended, as the ledger has it, though their rows say otherwise."""
    gone, ended = once(scene, "unended", lambda: looking.unended(scene.client))
    lost, unwritten = sum(requests.RIGHTS_OF.get(one[:1]) == right for one in gone), ended.count(right)
    said = [counted(lost, f"{what} that nobody answered [is|are] gone.")] if lost else []
    return said + ([counted(unwritten, f"{what} ended, and nobody wrote down how.")] if unwritten else [])


def said(scene: Scene) -> collections.Counter[Said]:
    """How many of the newest events of each file are alike."""
    return once(scene, "said", lambda: _said(scene))


def _said(scene: Scene) -> collections.Counter[Said]:
    found = collections.Counter[Said]()
    for file in [one for one in files(scene) if one.reads]:
        with looking.unless_dropped(file.path):
            for point, edition, clear in looking.clear_fields(file):
                declared = _declared(scene, edition)
                wide = {name for name in clear.keys() & declared if shapes.misshapen(declared[name].form, clear[name])}
                found[Said(point, edition, frozenset(clear), frozenset(wide))] += 1
    return found


def _declared(scene: Scene, edition: int) -> dict[str, Field]:
    try:
        return looking.plan_of(scene.client, edition).fields
    except Trouble:  # there is no such edition: whoever asks what it declared is told so
        return {}


def once(scene: Scene, name: str, look: Callable[[], T]) -> T:
    """What a look finds, the first time; afterwards the same again, for as long as the proof lasts."""
    if name not in scene.once:
        scene.once[name] = look()
    return cast(T, scene.once[name])
