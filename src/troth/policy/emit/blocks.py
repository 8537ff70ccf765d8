"""The parts that a page for people is made of, written once and printed twice: as HTML and as Markdown.

One list of blocks has two writers, so that the two forms of a notice cannot say different things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import NamedTuple


class Head(NamedTuple):
    words: str
    id: str = ""
    level: int = 2


class Say(NamedTuple):
    """A paragraph. ``promise``: the firm is speaking, not the program."""

    words: str
    promise: bool = False


class Items(NamedTuple):
    lines: tuple[str, ...]


class Facts(NamedTuple):
    rows: tuple[tuple[str, str], ...]
    says: bool = False


class Table(NamedTuple):
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: str = ""  # "long": the first cell holds most of the words


class Fold(NamedTuple):
    """A table that one opens: evidence for a sentence that stands above it. In Markdown it lies open."""

    summary: str
    table: Table


class Figure(NamedTuple):
    """A picture for those who see it and the same as a table for everyone; Markdown has the table only."""

    html: str  # written by an emitter that escapes its own words
    table: Table


Block = Head | Say | Items | Facts | Table | Fold | Figure


def html(blocks: Iterable[Block]) -> str:
    """A fragment in sections, one for each heading of the second level; every word is escaped here and only here."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Head) and block.level == 2:
            lines += ["</section>"] * bool(lines) + ["<section>"]
        lines.append(_html(block))
    return "\n".join(lines + ["</section>"] * ("<section>" in lines)) + "\n"


def markdown(blocks: Iterable[Block]) -> str:
    return "\n\n".join(_markdown(block) for block in blocks) + "\n"


def _html(block: Block) -> str:
    match block:
        case Head(words, mark, level):
            name = f' id="{escape(mark)}"' if mark else ""
            return f"<h{level}{name}>{escape(words)}</h{level}>"
        case Say(words, promise):
            return f'<p class="promise">{escape(words)}</p>' if promise else f"<p>{escape(words)}</p>"
        case Items(lines):
            return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
        case Facts(rows, says):
            pairs = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(words)}</dd></div>" for name, words in rows)
            kind = "facts says" if says else "facts"
            return f'<dl class="{kind}">{pairs}</dl>'
        case Table():
            return table(block)
        case Fold(summary, inside):
            return f"<details><summary>{escape(summary)}</summary>{table(inside)}</details>"
        case Figure(picture, _):
            return picture


def table(block: Table) -> str:
    """Roles are said out loud: on a phone a record table is laid out as blocks, which drops what a table means.

    A first cell of two lines is a name and, softer, what belongs to it.
    """
    heads = "".join(f'<th scope="col" role="columnheader">{escape(head)}</th>' for head in block.heads)
    rows = "".join(f'<tr role="row">{_html_cells(block.heads, row)}</tr>' for row in block.rows)
    kind = f"record {block.kind}".strip()
    return (
        f'<table class="{kind}" role="table"><caption class="hidden">{escape(block.caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table>'
    )


def _html_cells(heads: tuple[str, ...], row: tuple[str, ...]) -> str:
    name, _, more = row[0].partition("\n")
    second = f" <span>{escape(more)}</span>" if more else ""
    cells = [f'<th scope="row" role="rowheader">{escape(name)}{second}</th>']
    for head, words in zip(heads[1:], row[1:], strict=True):
        cells.append(f'<td role="cell" data-label="{escape(head)}">{escape(words or "—")}</td>')
    return "".join(cells)


def _markdown(block: Block) -> str:
    match block:
        case Head(words, _, level):
            return "#" * level + " " + plain(words)
        case Say(words, _):
            return plain(words)
        case Items(lines):
            return "\n".join(f"- {plain(line)}" for line in lines)
        case Facts(rows, _):
            return "\n".join(f"- **{plain(name)}**: {plain(words)}" for name, words in rows)
        case Table():
            return _markdown_table(block)
        case Fold(summary, inside):
            return f"{plain(summary)}\n\n{_markdown_table(inside)}"
        case Figure(_, same):
            return _markdown_table(same)


def _markdown_table(block: Table) -> str:
    rows = [[plain(words.replace("\n", ": ") or "—") for words in row] for row in (block.heads, *block.rows)]
    lines = [" | ".join(row) for row in (rows[0], ["---"] * len(block.heads), *rows[1:])]
    return "\n".join(f"| {line} |" for line in lines)


def plain(words: str) -> str:
    """Words of a policy that Markdown must not read as marks of its own: no link, no tag, no new row."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(words.split()))
