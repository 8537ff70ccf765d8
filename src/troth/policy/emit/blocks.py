"""The parts that a page for people is made of, written once and printed twice: as HTML and as Markdown.

One list of blocks has two writers, so that the two forms of a notice cannot say different things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape
from typing import NamedTuple

from troth.policy.emit.texts import phrase

_PAGE = re.compile(r"https://(?:[A-Za-z0-9._~%/+=?#-]|&amp;)*[A-Za-z0-9/]")
_MAIL = re.compile(r"(?<![\w./:+-])[A-Za-z0-9.+_-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


class Pledge(str):
    """A sentence that knows the promises it makes: the paths that the prover has a state for ('use/answer you')."""

    __slots__ = ("paths",)
    paths: tuple[str, ...]

    def __new__(cls, words: str, *paths: str) -> Pledge:
        made = super().__new__(cls, words)
        made.paths = paths
        return made


Beside = Callable[[tuple[str, ...]], str]
"""What stands beside a sentence that makes these promises, as HTML that escapes its own words; '' for nothing."""


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
    """What one opens: the detail of what stands above it. In Markdown and in print it lies open."""

    summary: str
    inside: Table | Items


class Figure(NamedTuple):
    """A picture for those who see it and the same as a table for everyone; Markdown has the table only."""

    html: str  # written by an emitter that escapes its own words
    table: Table


Block = Head | Say | Items | Facts | Table | Fold | Figure


def nothing(paths: tuple[str, ...]) -> str:
    return ""


def html(blocks: Iterable[Block], beside: Beside = nothing, *, opened: bool = False) -> str:
    """A fragment in sections, one for each heading of the second level; every word is escaped here and only here.

    ``opened``: folds lie open, for paper and for browsers that cannot open them when they print.
    """
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Head) and block.level == 2:
            lines += ["</section>"] * bool(lines) + ["<section>"]
        lines.append(_html(block, beside))
    text = "\n".join(lines + ["</section>"] * ("<section>" in lines)) + "\n"
    return text.replace("<details>", "<details open>") if opened else text


def markdown(blocks: Iterable[Block]) -> str:
    return "\n\n".join(_markdown(block) for block in blocks) + "\n"


def _html(block: Block, beside: Beside) -> str:
    match block:
        case Head(words, mark, level):
            name = f' id="{escape(mark)}"' if mark else ""
            return f"<h{level}{name}>{_words(words, beside)}</h{level}>"
        case Say(words, promise):
            kind = ' class="promise"' if promise else ""
            return f"<p{kind}>{_words(words, beside)}</p>"
        case Items():
            return _items(block, beside)
        case Facts(rows, says):
            pairs = "".join(
                f"<div><dt>{escape(name)}</dt><dd>{_words(words, beside)}</dd></div>" for name, words in rows
            )
            kind = "facts says" if says else "facts"
            return f'<dl class="{kind}">{pairs}</dl>'
        case Table():
            return table(block, beside)
        case Fold(summary, inside):
            body = table(inside, beside) if isinstance(inside, Table) else _items(inside, beside)
            return f"<details><summary>{escape(summary)}</summary>{body}</details>"
        case Figure(picture, _):
            return picture


def _items(block: Items, beside: Beside) -> str:
    return "<ul>" + "".join(f"<li>{_words(line, beside)}</li>" for line in block.lines) + "</ul>"


def _words(words: str, beside: Beside) -> str:
    return linked(escape(words)) + (beside(words.paths) if isinstance(words, Pledge) else "")


def linked(text: str) -> str:
    """An address that stands in a text leads there: its words are its target, so that none can lead elsewhere."""
    text = _PAGE.sub(r'<a class="bare" href="\g<0>">\g<0></a>', text)
    return _MAIL.sub(r'<a class="bare" href="mailto:\g<0>">\g<0></a>', text)


def table(block: Table, beside: Beside = nothing) -> str:
    """Roles are said out loud: on a phone a record table is laid out as blocks, which drops what a table means.

    A first cell of two lines is a name and, softer, what belongs to it.
    """
    heads = "".join(f'<th scope="col" role="columnheader">{escape(head)}</th>' for head in block.heads)
    rows = "".join(f'<tr role="row">{_html_cells(block.heads, row, beside)}</tr>' for row in block.rows)
    kind = f"record {block.kind}".strip()
    return (
        f'<table class="{kind}" role="table"><caption class="hidden">{escape(block.caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead><tbody role="rowgroup">{rows}</tbody></table>'
    )


def _html_cells(heads: tuple[str, ...], row: tuple[str, ...], beside: Beside) -> str:
    name, _, more = row[0].partition("\n")
    second = f" <span>{escape(more)}</span>" if more else ""
    state = beside(row[0].paths) if isinstance(row[0], Pledge) else ""
    cells = [f'<th scope="row" role="rowheader">{escape(name)}{second}{state}</th>']
    for head, words in zip(heads[1:], row[1:], strict=True):
        cells.append(f'<td role="cell" data-label="{escape(head)}">{_words(words, beside) or "—"}</td>')
    return "".join(cells)


def _markdown(block: Block) -> str:
    match block:
        case Head(words, _, level):
            return "#" * level + " " + plain(words)
        case Say(words, _):
            return plain(words)
        case Items():
            return _markdown_items(block)
        case Facts(rows, _):
            colon = phrase(": ")
            return "\n".join(f"- **{plain(name)}**{colon}{plain(words)}" for name, words in rows)
        case Table():
            return _markdown_table(block)
        case Fold(summary, inside):
            body = _markdown_table(inside) if isinstance(inside, Table) else _markdown_items(inside)
            return f"{plain(summary)}\n\n{body}"
        case Figure(_, same):
            return _markdown_table(same)


def _markdown_items(block: Items) -> str:
    return "\n".join(f"- {plain(line)}" for line in block.lines)


def _markdown_table(block: Table) -> str:
    colon = phrase(": ")
    rows = [[plain(words.replace("\n", colon) or "—") for words in row] for row in (block.heads, *block.rows)]
    lines = [" | ".join(row) for row in (rows[0], ["---"] * len(block.heads), *rows[1:])]
    return "\n".join(f"| {line} |" for line in lines)


def plain(words: str) -> str:
    """Words of a policy that Markdown must not read as marks of its own: no link, no tag, no new row."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(words.split()))
