"""An old policy as it lies on somebody's disk: plain text, Markdown or a page of HTML, with the lines of the file."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Final

import msgspec

from troth.policy.problems import Trouble

LIMIT: Final = 1_000_000  # bytes, as for a policy
CELLS: Final = 30  # parts of a row: with more it is a page that was laid out as a table
PROSE: Final = 150_000  # characters: fifteen times what firms write
WRAPPED: Final = 140  # characters: where the longest line is longer, lines end where paragraphs do
_ITEM: Final = re.compile(r"\s*(?:#|[•·▪◦*–-] |\(?(?:[a-z]|[ivx]{1,4}|\d{1,2})[.)] )")
_LINK: Final = re.compile(r"!?\[{1,2}([^\[\]\n]{0,300})\]{1,2}\([^()\n]{0,500}\)")
_STRUCK: Final = re.compile(r"~~(?=\S)[^~\n]{1,500}~~")  # what somebody took back is no longer said
_BOLD: Final = re.compile(r"\*\*|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|`")
_UNDER: Final = re.compile(  # around words; _ga is a name and no pair
    r"(?<!\w)(__?)(?=\S)((?:[^_\n]|(?<=\w)_(?=\w)){1,300})(?<=\S)\1(?!\w)"
)
_ESCAPE: Final = re.compile(r"\\([.\-_*#()\[\]])")
_BLOCKS: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "address article aside blockquote br dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr li "
        "main nav ol option p pre section table tbody td tfoot th thead title tr ul",
    )
)
_SETEXT: Final = re.compile(
    r"^(?=[A-Z])(.{1,110})(?=\n(?:={3,}|-{3,})[ \t]*$)", re.M
)  # a heading by what stands below it
_ALONE: Final = re.compile(r"(?<=\n[•·▪◦*–-])\n(?=\w)")  # a mark that stands on a line of its own, before its item
_IN_CELLS: Final = frozenset({"p", "div", "br", "ul", "ol", "li"})
_SILENT: Final = frozenset(
    {"script", "style", "template", "noscript", "svg", "select", "textarea", "s", "del", "strike"}
)
_COMMON: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "the and to of we you your our for is are that this with or in any by be may will not",
    )
)
_KINDS: Final = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a Word or other packed file",
    b"\xd0\xcf\x11\xe0": "an old Word file",
    b"{\\rtf": "a file with typesetting (RTF)",
}
_TAG: Final = re.compile(
    r"(?:<\?xml[^>]{0,200}>\s*|<!--.{0,300}?-->\s*)?<(?:!doctype html|html|head|body|div|"
    r"main|section|article|h[1-6]|p|table|ul)\b",
    re.S,
)


class Prose(msgspec.Struct, frozen=True):
    """A text and, for each of its lines, the line of the file it comes from. ``whole`` has the same characters with
    its lines joined to paragraphs where they only end because they were full."""

    text: str
    lines: tuple[int, ...]
    whole: str = ""
    page: bool = False  # HTML, which marks its headings

    def line(self, at: int) -> int:
        """The line of the file on which a character of the text stands, from 1."""
        number = self.text.count("\n", 0, at)
        return self.lines[number] if number < len(self.lines) else 1


def _joined(text: str) -> str:
    """The text with a space for each line end inside a paragraph; as long as it was, so that places stay."""
    lines = text.split("\n")
    full = sorted(len(line) for line in lines if line.strip())
    if len(full) < 6 or full[-1] > WRAPPED or full[len(full) // 2] < 40:
        return _ALONE.sub(" ", text)
    joined = [lines[0]]
    for before, line in pairwise(lines):
        room = len(before) + 1 + len(line.lstrip().split(" ")[0]) > full[-1] - 12
        ends = (
            not line.strip()
            or not before.strip()
            or _ITEM.match(line)
            or line.startswith("|")
            or before.startswith("#")
            or before.isupper()
        )
        joined.append("\n" if ends or not (room or line[:1].islower()) else " ")
        joined.append(line)
    return _ALONE.sub(" ", "".join(joined))


def read(name: str, raw: bytes) -> Prose:
    """The prose of a file. ``Trouble`` *too-big*, *not-text*, *empty-file* or *not-a-notice*."""
    if len(raw) > LIMIT:
        raise _refused("too-big", f"{name} has {len(raw):,} bytes; a privacy policy is a text that people read.", name)
    text = _decoded(name, raw)
    if _is_page(name, text):
        found = _Page.of(text)
    else:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n").split("\n")
        text = _SETEXT.sub(r"## \1", "\n".join(_plain(line) for line in lines))
        found = Prose(text, tuple(range(1, len(lines) + 1)), _joined(text))
    if len(found.text) > PROSE:
        raise _refused("too-big", f"{name} is longer than any privacy policy.", name)
    if not found.text.strip():
        raise _refused("empty-file", f"{name} holds no text.", name)
    return found


def _refused(code: str, sentence: str, where: str) -> Trouble:
    return Trouble(code, sentence, "Name the file with the text of your privacy policy.", where=where, exit=3)


def _decoded(name: str, raw: bytes) -> str:
    """UTF-8, or what an old web page was saved as. A file that is no text is refused, and told what it is."""
    for begins, kind in _KINDS.items():
        if raw.lstrip()[:8].startswith(begins):
            raise Trouble(
                "not-text",
                f"{name} is {kind}, not a text.",
                "Open it, save it as plain text or as a web page, and name that file.",
                where=name,
                exit=3,
            )
    for encoding in _encodings(raw):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(character < " " and character not in "\t\n\r\x0c" for character in text)
        if "\x00" not in text and odd <= 9 + len(text) // 1000:
            return text
        break
    raise _refused("not-text", f"{name} is not a text.", name)


def _encodings(raw: bytes) -> tuple[str, ...]:
    """What a file may be written in. UTF-16 that does not say so is known by the zeros beside its letters."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("utf-16",)
    some = raw[:2000]
    for encoding, zeros in (("utf-16-le", some[1::2]), ("utf-16-be", some[::2])):
        if len(zeros) > 9 and zeros.count(0) > len(zeros) * 0.8 and some.count(0) < len(some) * 0.6:
            return (encoding,)
    return ("utf-8-sig", "cp1252")


def is_english(text: str) -> bool:
    """Whether the rules, which know only English, can read a text at all."""
    words = re.findall(r"\w+", text.lower())
    return len(words) < 20 or sum(word in _COMMON for word in words) > len(words) * 0.12


def _is_page(name: str, text: str) -> bool:
    begins = text.lstrip()[:400].lower()
    return name.lower().endswith((".html", ".htm", ".xhtml")) or _TAG.match(begins) is not None


def _plain(line: str) -> str:
    """A line without the marks of Markdown, and without what is struck out."""
    line = _STRUCK.sub("", line) if "~~" in line else line
    line = _ESCAPE.sub(r"\1", _LINK.sub(r"\1", line)) if "[" in line or "\\" in line else line
    line = _UNDER.sub(r"\2", line) if "_" in line else line
    return _BOLD.sub("", line.removeprefix("> "))


class _Page(HTMLParser):
    """The words of a page, a block a line; in ``texts`` a block has the lines that it has in the file."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.whole: list[str] = []
        self.lines: list[int] = []
        self.open: list[tuple[int, str]] = []
        self.silent = 0
        self.rows = False  # inside a row, which stays one line whatever stands in its cells

    @classmethod
    def of(cls, text: str) -> Prose:
        page = cls()
        page.feed(text)
        page.close()
        page.ends()
        return Prose("\n".join(page.texts), tuple(page.lines), "\n".join(page.whole), page=True)

    def ends(self, mark: str = "") -> None:
        by_line: dict[int, str] = {}
        for first, said in self.open:
            for number, part in enumerate(said.split("\n"), first):
                by_line[number] = by_line.get(number, "") + part
        read = {number: " ".join(said.split()) for number, said in by_line.items()}
        if "".join(read.values()).strip("•# |"):
            read = {number: said for number, said in read.items() if said}
            self.texts += read.values()
            self.whole.append(" ".join(read.values()))
            self.lines += read
        self.open = [(self.getpos()[0], mark)] if mark else []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag in ("td", "th"):  # a row reads as one sentence
            self.open += [(self.getpos()[0], " | ")] if any(part.strip() for _, part in self.open) else []
        elif tag in _BLOCKS and not (self.rows and tag in _IN_CELLS and len(self.open) < CELLS):
            level = int(tag[1:]) if tag[0] == "h" and tag[1:].isdigit() else 0
            self.ends("• " if tag == "li" else f"{'#' * level} " if level else "")
            self.rows = tag == "tr"
        elif tag in _BLOCKS:
            self.open.append((self.getpos()[0], ", " if tag in ("li", "br") else " "))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in _BLOCKS and tag not in ("td", "th") and not (self.rows and tag in _IN_CELLS):
            self.ends()
            self.rows = False

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.open.append((self.getpos()[0], data))
