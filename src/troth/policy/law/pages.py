"""A page of HTML as the text that people read, each of its characters with the place in the file that it comes from."""

from __future__ import annotations

import html
import re
from typing import Final

import msgspec

_TAG: Final = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]{0,30})")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_BEGINS: Final = re.compile(r"\s*(?:<\?xml|<!doctype html|<html)\b", re.IGNORECASE)
_SILENT: Final = frozenset({"script", "style", "template", "noscript", "svg", "select", "textarea", "head"})
_BEFORE: Final = {"li": "\n• ", **{f"h{level}": f"\n{'#' * level} " for level in range(1, 7)}}
_BLOCKS: Final = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body br caption dd div dl dt fieldset figcaption footer form h1 h2 h3 h4 h5 "
        "h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul",
    )
)


class Page(msgspec.Struct, frozen=True):
    """``text`` is read; its character number n stands in the file from ``starts[n]`` to before ``ends[n]``."""

    text: str
    starts: list[int]
    ends: list[int]


def is_page(name: str, text: str) -> bool:
    """Whether a file is a page of HTML, by how its name ends or how it begins."""
    return name.lower().endswith((".html", ".htm", ".xhtml")) or bool(_BEGINS.match(text[:500]))


def read(source: str) -> Page:
    """The words of a page, a block a line. Comments, scripts and styles say nothing; a character written as its code
    (``&amp;``) is one character. One pass, however the page is broken."""
    found = _Found()
    at, silent = 0, ""
    while at < len(source):
        cut = source.find("<", at)
        cut = len(source) if cut < 0 else cut
        if not silent:
            found.words(source, at, cut)
        at = cut
        if at >= len(source):
            break
        if source.startswith("<!--", at):
            at = _after(source, "-->", at)
            continue
        tag = _TAG.match(source, at)
        if tag is None and source[at + 1 : at + 2] not in ("!", "?"):
            if not silent:
                found.add("<", at, at + 1)
            at += 1
            continue
        end = _after(source, ">", at)
        name = tag[1].lower() if tag else ""
        if name in _SILENT:
            opens, closes = source[at + 1] != "/", silent == name and source[at + 1] == "/"
            silent = name if opens and not silent and source[end - 2] != "/" else "" if closes else silent
        elif name in _BLOCKS and not silent:
            found.add(_BEFORE.get(name, "\n") if source[at + 1] != "/" else "\n", at, at)
        at = end
    return Page("".join(found.chars), found.starts, found.ends)


def _after(source: str, mark: str, at: int) -> int:
    end = source.find(mark, at)
    return len(source) if end < 0 else end + len(mark)


class _Found:
    """The characters of a page so far."""

    def __init__(self) -> None:
        self.chars: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, text: str, start: int, end: int) -> None:
        for char in text:
            self.chars.append(char)
            self.starts.append(start)
            self.ends.append(end)

    def words(self, source: str, start: int, end: int) -> None:
        """A stretch without tags; a line end in it is only a space."""
        at = start
        while at < end:
            code = _ENTITY.match(source, at, end) if source[at] == "&" else None
            if code:
                self.add(html.unescape(code.group()), at, code.end())
            else:
                self.add(" " if source[at] in "\r\n\t" else source[at], at, at + 1)
            at = code.end() if code else at + 1
