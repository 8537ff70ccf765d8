"""The whole way of data as one picture: sources, kinds of data, why, who gets it, in which country. An SVG that says
what it shows (title, description), takes its colours from the page, and never stands without the same in words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from troth.policy import former
from troth.policy.emit.naming import countries, group, sentence, source
from troth.policy.emit.texts import among, named, say
from troth.policy.plan import Plan

WIDE: Final = 176  # a box
HIGH: Final = 42
APART: Final = 56  # from one column to the next
STEP: Final = WIDE + APART
LETTERS: Final = 21  # that fit a line of a box in the widest of the system faces
TOP: Final = 30
FEW: Final = 6  # recipients that stand one by one; more are drawn by kind


class Line(NamedTuple):
    column: int
    start: str
    end: str
    asked: bool = False  # runs only after a yes


class Whole(NamedTuple):
    columns: tuple[tuple[str, ...], ...]
    lines: tuple[Line, ...]


def whole(plan: Plan) -> Whole:
    """Five columns of names, and the lines between neighbours."""
    plan = former.today(plan)
    lines = tuple(dict.fromkeys(_lines(plan)))
    columns: list[dict[str, None]] = [{} for _ in range(5)]
    for line in lines:
        columns[line.column].setdefault(line.start)
        columns[line.column + 1].setdefault(line.end)
    always = {(one.column, one.start, one.end) for one in lines if not one.asked}
    kept = tuple(one for one in lines if not (one.asked and one[:3] in always))
    return Whole(tuple(tuple(column) for column in columns), kept)


def _lines(plan: Plan) -> Iterator[Line]:
    for point in plan.points.values():
        for name, field in plan.fields.items():
            if name in point.fields:
                yield Line(0, sentence(source(plan, point)), sentence(group(plan, field.group)))
    for use in plan.purposes.values():
        for name, field in plan.fields.items():
            if name in use.data:
                asked = use.basis == "consent"
                yield Line(1, sentence(group(plan, field.group)), say(f"basis.{use.basis}"), asked)
    for one in plan.recipients.values():
        who = sentence(named(one.name)) if len(plan.recipients) <= FEW else say(f"flow.role.{one.role}")
        for use in plan.purposes.values():
            if use.name in one.purposes:
                yield Line(2, say(f"basis.{use.basis}"), who, use.basis == "consent")
        for code in one.countries:
            yield Line(3, who, countries([code]))


def svg(plan: Plan) -> str:
    """The picture, or '' where nothing goes on to anybody: then the small one shows it all."""
    drawn = whole(plan)
    if not drawn.columns[3]:
        return ""
    most = max(len(column) for column in drawn.columns)
    high, wide = TOP + most * (HIGH + 10), STEP * 4 + WIDE
    at = {
        (i, name): _at(i, j, len(column), most)
        for i, column in enumerate(drawn.columns)
        for j, name in enumerate(column)
    }
    edges = "".join(_edge(at, line) for line in drawn.lines)
    boxes = "".join(_box(name, *at[i, name]) for i, column in enumerate(drawn.columns) for name in column)
    heads = "".join(f'<text class="top" x="{i * STEP}" y="14">{escape(head)}</text>' for i, head in enumerate(_heads()))
    return (
        f'<svg class="whole" viewBox="-1 0 {wide + 2} {high}" role="img" aria-labelledby="whole-name whole-says">'
        f'<title id="whole-name">{escape(say("whole"))}</title>'
        f'<desc id="whole-says">{escape(says(drawn))}</desc>{heads}{edges}{boxes}</svg>'
    )


def _heads() -> tuple[str, ...]:
    return say("flow.from"), say("collect.data"), say("share.why"), say("flow.to"), say("whole.where")


def says(drawn: Whole) -> str:
    """The picture in words: each column, in the order in which data runs."""
    columns = zip(_heads(), drawn.columns, strict=True)
    return " ".join(f"{say('fold', kind=head, names=among(names))}." for head, names in columns)


def _at(column: int, row: int, count: int, most: int) -> tuple[int, int]:
    """The upper left corner; a short column is spread over the height of the longest."""
    room = most * (HIGH + 10) // count
    return column * STEP, TOP + row * room + (room - HIGH) // 2


def _edge(at: dict[tuple[int, str], tuple[int, int]], line: Line) -> str:
    (x, y), (u, v) = at[line.column, line.start], at[line.column + 1, line.end]
    x, y, v = x + WIDE, y + HIGH // 2, v + HIGH // 2
    kind = ' class="asked"' if line.asked else ""
    return f'<path{kind} d="M{x} {y}C{x + APART // 2} {y} {u - APART // 2} {v} {u} {v}"/>'


def _box(name: str, x: int, y: int) -> str:
    lines = textwrap.wrap(name, LETTERS, max_lines=2, placeholder=" …", break_long_words=True) or [name]
    first = y + HIGH // 2 + (5 if len(lines) == 1 else -3)
    words = "".join(f'<text x="{x + 8}" y="{first + 16 * i}">{escape(line)}</text>' for i, line in enumerate(lines))
    return f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="4"/>{words}'
