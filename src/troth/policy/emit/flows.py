"""The picture of where data comes from, who holds it and where it goes; and the same as a table.

The boxes are lists in HTML and the lines are their edges, so that words wrap, the picture stands upright on a phone,
and dark pages, forced colours and a strict content policy need nothing of their own. Solid is always, dashed is only
after a yes. What is one kind is one box: a picture of forty boxes shows nothing.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from troth.policy.emit import flows_whole
from troth.policy.emit.blocks import Table, table
from troth.policy.emit.naming import countries, sentence, some, source, terms, touched
from troth.policy.emit.texts import among, named, phrase, say
from troth.policy.plan import Plan

BOXES = 6  # so many recipients stand each in its own box; more are drawn by kind
WORDS = 5  # names in a box; the table under the picture has them all


class Box(NamedTuple):
    name: str
    note: tuple[str, ...] = ()
    tail: str = ""  # where, and whether only after a yes
    asked: bool = False  # only after a yes
    stop: bool = False  # nobody


class Flow(NamedTuple):
    sources: tuple[Box, ...]
    holder: Box
    targets: tuple[Box, ...]


def flow(plan: Plan) -> Flow:
    where = countries(code for place in plan.places.values() for code in place.countries)
    holder = Box(plan.who.trades_as or plan.who.name, tuple(sentence(term) for term in terms(plan)), where)
    nobody = Box(sentence(say("flow.nobody")), stop=True)
    return Flow(tuple(_sources(plan)), holder, (*_targets(plan), nobody))


def _sources(plan: Plan) -> list[Box]:
    """One box for all points that have their data from the same hands in the same place."""
    found: dict[str, frozenset[str]] = {}
    for point in plan.points.values():
        name = source(plan, point)
        found[name] = found.get(name, frozenset()) | point.fields
    return [Box(sentence(name), tuple(touched(plan, fields))) for name, fields in found.items()]


def _targets(plan: Plan) -> list[Box]:
    if len(plan.recipients) <= BOXES:
        return [Box(sentence(named(name)), (), _tail(plan, [name]), asked(plan, name)) for name in plan.recipients]
    kinds: dict[tuple[str, bool], list[str]] = {}
    for name, one in plan.recipients.items():
        kinds.setdefault((one.role, asked(plan, name)), []).append(name)
    return [_kind(plan, role, yes, names) for (role, yes), names in kinds.items()]


def _kind(plan: Plan, role: str, yes: bool, names: list[str]) -> Box:
    if len(names) == 1:
        return Box(sentence(named(names[0])), (), _tail(plan, names), yes)
    who = say(f"flow.role.{role}")
    members = tuple(named(name) for name in names)
    return Box(say("flow.only", who=who) if yes else who, members, _where(plan, names), yes)


def _tail(plan: Plan, names: list[str]) -> str:
    only = say("flow.asked") if asked(plan, names[0]) else ""
    return phrase("; ").join(part for part in (_where(plan, names), only) if part)


def _where(plan: Plan, names: list[str]) -> str:
    return countries(code for name in names for code in plan.recipients[name].countries)


def asked(plan: Plan, name: str) -> bool:
    """Whether nothing goes there without a yes: each way to this recipient waits for one."""
    ways = [way for way in plan.ways.values() if way.recipient == name]
    return bool(ways) and all(way.yes for way in ways)


def same(plan: Plan) -> Table:
    """The same as a table: what is a box there is a row here, with every name."""
    drawn = flow(plan)
    sides = [("from", box) for box in drawn.sources] + [("held", drawn.holder)] + [("to", box) for box in drawn.targets]
    rows = tuple((box.name, say(f"flow.{side}"), _all(side, box)) for side, box in sides)
    return Table(say("flow"), tuple(say(f"flow.{key}") for key in ("name", "side", "note")), rows)


def _all(side: str, box: Box) -> str:
    return ". ".join((box.tail, *box.note)) if side == "held" else _note(among(box.note), box.tail)


def _note(names: str, tail: str) -> str:
    return ". ".join(part for part in (names, tail) if part)


def picture(plan: Plan) -> str:
    """A figure: the boxes, and under them the same as a table."""
    drawn = flow(plan)
    columns = (("from", drawn.sources), ("held", (drawn.holder,)), ("to", drawn.targets))
    boxes = "".join(f"<p>{escape(say(f'flow.{side}'))}</p>{_column(side, some_of)}" for side, some_of in columns)
    return (
        f'<figure class="flow"><figcaption>{escape(say("flow.lead"))}</figcaption><div class="map">{boxes}</div>'
        f"{_whole(plan)}<details><summary>{escape(say('flow.table'))}</summary>{table(same(plan))}</details></figure>"
    )


def _whole(plan: Plan) -> str:
    """What lies between, folded: it can be moved sideways where the window is narrow, by keys too."""
    drawn, name = flows_whole.svg(plan), escape(say("whole"))
    if not drawn:
        return ""
    return (
        f"<details><summary>{name}</summary>"
        f'<div class="scrolls" role="region" tabindex="0" aria-label="{name}">{drawn}</div></details>'
    )


def _column(side: str, boxes: tuple[Box, ...]) -> str:
    return f'<ul class="{side}">{"".join(_box(side, box) for box in boxes)}</ul>'


def _box(side: str, box: Box) -> str:
    kind = ' class="asked"' if box.asked else ' class="stop"' if box.stop else ""
    notes = (box.tail, *box.note) if side == "held" else (_note(some(list(box.note), WORDS), box.tail),)
    spans = "".join(f" <span>{escape(note)}</span>" for note in notes if note)
    return f"<li{kind}><b>{escape(box.name)}</b>{spans}</li>"
