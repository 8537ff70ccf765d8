"""The picture of where data comes from, who holds it and where it goes; and the same as a table.

The drawing uses the colour of the text around it and no style of its own, so that it follows dark pages, forced
colours and a strict content policy. Solid is always, dashed is only after a yes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from troth.policy.emit.blocks import Table, table
from troth.policy.emit.texts import among, say
from troth.policy.plan import Plan
from troth.policy.words import COUNTRIES

WIDE, COLUMN, MIDDLE, LINE, GAP = 960, 300, 180, 18, 14
LETTERS = 34  # a line of a box; a fifth of the box stays free, since faces differ in width


class Box(NamedTuple):
    name: str
    note: str
    asked: bool = False  # only after a yes
    stop: bool = False  # nobody


class Flow(NamedTuple):
    sources: tuple[Box, ...]
    holder: Box
    targets: tuple[Box, ...]


def flow(plan: Plan) -> Flow:
    where = (code for place in plan.places.values() for code in place.countries)
    sources = (Box(sentence(name), some(labels(plan, point.fields))) for name, point in plan.points.items())
    targets = [Box(name, _target(plan, name), _asked(plan, name)) for name in plan.recipients]
    return Flow(
        tuple(sources),
        Box(plan.who.trades_as or plan.who.name, countries(where)),
        (*targets, Box(sentence(say("flow.nobody")), "", stop=True)),
    )


def _target(plan: Plan, name: str) -> str:
    recipient = plan.recipients[name]
    asked = say("flow.asked") if _asked(plan, name) else ""
    return "; ".join(part for part in (countries(recipient.countries), asked) if part)


def _asked(plan: Plan, name: str) -> bool:
    """Whether nothing goes there without a yes: each way to this recipient waits for one."""
    ways = [way for way in plan.ways.values() if way.recipient == name]
    return bool(ways) and all(way.yes for way in ways)


def same(plan: Plan) -> Table:
    """The same as a table: every source and every recipient, one a row."""
    drawn = flow(plan)
    rows = [(box.name, box.note, say("flow.from")) for box in drawn.sources]
    rows.append((drawn.holder.name, drawn.holder.note, say("flow.held")))
    rows += [(box.name, box.note, say("flow.to")) for box in drawn.targets]
    return Table(
        say("flow"), tuple(say(f"flow.{key}") for key in ("name", "side", "note")), tuple((a, c, b) for a, b, c in rows)
    )


def picture(plan: Plan) -> str:
    """A figure: the drawing in a region that scrolls by keyboard, and under it the same as a table."""
    region = f'<div class="scrolls" role="region" tabindex="0" aria-label="{escape(say("flow"))}">'
    return (
        f'<figure class="flow">{region}{_drawing(plan)}</div>'
        f"<figcaption>{escape(say('flow.lead'))}</figcaption>"
        f"<details><summary>{escape(say('flow.table'))}</summary>{table(same(plan))}</details></figure>"
    )


def _drawing(plan: Plan) -> str:
    drawn = flow(plan)
    left, right = _stack(drawn.sources, 0), _stack(drawn.targets, WIDE - COLUMN)
    height = max(left.height, right.height)
    middle = (WIDE - MIDDLE) // 2
    shapes = [_heads(middle), *left.shapes, *right.shapes, _box(drawn.holder, middle, 30, MIDDLE, height - 30, 20)]
    shapes += [_arrow(COLUMN, middle, y, asked=False) for y in left.middles]
    for box, y in zip(drawn.targets, right.middles, strict=True):
        shapes.append(
            _stopped(middle + MIDDLE, y) if box.stop else _arrow(middle + MIDDLE, WIDE - COLUMN, y, box.asked)
        )
    return (
        f'<svg viewBox="0 0 {WIDE} {height + 2}" width="{WIDE}" height="{height + 2}" role="img" '
        f'aria-label="{escape(say("flow"))}" font-size="14" fill="currentColor">{"".join(shapes)}</svg>'
    )


class Stack(NamedTuple):
    shapes: list[str]
    middles: list[int]
    height: int


def _stack(boxes: tuple[Box, ...], x: int) -> Stack:
    shapes, middles, y = [], [], 30
    for box in boxes:
        tall = LINE * len(_lines(box, LETTERS)) + GAP
        shapes.append(_box(box, x, y, COLUMN, tall, LETTERS))
        middles.append(y + tall // 2)
        y += tall + GAP
    return Stack(shapes, middles, y)


def _lines(box: Box, letters: int) -> list[tuple[str, bool]]:
    names = [(line, True) for line in textwrap.wrap(box.name, letters)]
    return names + [(line, False) for line in textwrap.wrap(box.note, letters)]


def _box(box: Box, x: int, y: int, wide: int, tall: int, letters: int) -> str:
    frame = f'<rect x="{x + 1}" y="{y}" width="{wide - 2}" height="{tall}" fill="none" stroke="currentColor"/>'
    words = []
    for row, (line, strong) in enumerate(_lines(box, letters)):
        weight = ' font-weight="600"' if strong else ""
        words.append(f'<text x="{x + 12}" y="{y + LINE * (row + 1) + 2}"{weight}>{escape(line)}</text>')
    return frame + "".join(words)


def _heads(middle: int) -> str:
    heads = ((1, "flow.from"), (middle, "flow.held"), (WIDE - COLUMN, "flow.to"))
    return "".join(f'<text x="{x}" y="16" font-weight="600">{escape(say(key))}</text>' for x, key in heads)


def _arrow(start: int, end: int, y: int, asked: bool) -> str:
    dashes = ' stroke-dasharray="5 4"' if asked else ""
    tip = f'<path d="M{end - 10} {y - 4} L{end - 3} {y} L{end - 10} {y + 4} Z"/>'
    return f'<path d="M{start + 3} {y} H{end - 10}" stroke="currentColor" fill="none"{dashes}/>{tip}'


def _stopped(start: int, y: int) -> str:
    return (
        f'<path d="M{start + 3} {y} H{start + 16} M{start + 16} {y - 6} V{y + 6}" stroke="currentColor" fill="none"/>'
    )


def labels(plan: Plan, fields: frozenset[str]) -> list[str]:
    """The words for people of some fields, each said once, in the order of the policy."""
    return list(dict.fromkeys(field.label or field.kind for name, field in plan.fields.items() if name in fields))


def some(words: list[str], most: int = 6) -> str:
    """At most so many, and how many more there are: a picture that lists forty kinds of data shows none."""
    return among(words) if len(words) <= most else among([*words[: most - 1], f"{len(words) - most + 1} more"])


def countries(codes: Iterable[str]) -> str:
    return among(COUNTRIES[code].name if code in COUNTRIES else code for code in codes)


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
