"""An old policy as it lies on somebody's disk: plain text, Markdown or a page of HTML, with the lines of the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from typing import Final

import msgspec

from troth.policy.law import prose
from troth.policy.problems import Trouble

LIMIT: Final = 1_000_000  # bytes, as for a policy
PROSE: Final = 150_000  # characters: fifteen times what firms write
WRAPPED: Final = 140  # characters: where the longest line is longer, lines end where paragraphs do
LONG: Final = 900  # characters of a passage that are looked at in one go
_LONG_LINE: Final = "\n" + "." * (WRAPPED + 1)  # so that a line that ends here is not taken for a full one again
_HEADING: Final = re.compile(r"(?:#{1,6} |[•*] )?(?:(?:section )?\d{1,2}(?:\.\d{1,2})?[.):]? +|[a-z][.)] +)?", re.I)
_ITEM: Final = re.compile(r"\s*(?:#|[•·▪◦*–-] |\(?(?:[a-z]|[ivx]{1,4}|\d{1,2})[.)] )")
_SPEAKS: Final = re.compile(r"(?:We|You|I|They|It|This) (?!need|want)\w+ ")
_BULLET: Final = re.compile(r"^[•·▪◦#*–-]+ ")
_LINK: Final = re.compile(r"!?\[{1,2}([^\[\]\n]{0,300})\]{1,2}\([^()\n]{0,500}\)")
_BOLD: Final = re.compile(r"\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|`")
_ESCAPE: Final = re.compile(r"\\([.\-_*#()\[\]])")
_BLOCKS: Final = frozenset(
    re.findall(
        r"[\w-]+",
        "address article aside blockquote br dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr li "
        "main nav ol option p pre section table tbody td tfoot th thead title tr ul",
    )
)
_RUN_IN: Final = re.compile(  # a heading that stands at the beginning of its paragraph: "Legal Process. When …"
    r"(?:\(?(?:[A-Za-z]|[ivxIVX]{1,4}|\d{1,2}(?:\.\d{1,2})*)[.)] ?)?[A-Z][\w’'-]*(?: (?:[A-Z][\w’'-]*|and|or|of|for|to|the|with|in|from|by|on|&)){0,6}[.:]"
)
_APART: Final = re.compile(r"(?<=[a-z,])[ \t]*\n[ \t]*\n[ \t]*(?=[a-z])")  # a sentence with an empty line in its midst
_OWN: Final = re.compile(r"(?<=[a-z])'s\b")
_VERBS: Final = (
    "will|may|can|must|shall|does|needs?|requires?|collects?|holds?|keeps?|uses?|process(?:es)?|shares?|stores?|"
    "retains?|obtains?|receives?|asks?|records?|takes?|sends?|never|has to|relies|maintains?|acts|discloses?|is|are"
)
_SHORT: Final = re.compile(
    r"(?:Limited|Ltd|LLP|Inc\.?|plc|PLC|CIC|Trust|Club|School|Association|Society|Charity|Group|Company)\W{0,2} ?\((?:the )?[\"“]"
    r"(?!we\b|us\b|our\b|Client|Customer|User|Service|Site|Data|Polic)([A-Z][\w &.-]{1,30})[\"”]"
)
_DOES: Final = re.compile(
    r"\b(?!This |These |They |The |That |It |You |Your |Who |What |Personal |Data |If |Where |Cookies |Google |Stripe |Users |Clients? |Customers |"
    r"Parents |Workers? |Members |Staff |Information )([A-Z][\w&'-]{2,20}(?: [A-Z][\w&'-]{2,20}){0,3}) "
    r"(?:collects?|holds?|uses|keeps?|retains?|stores|will|may|maintains|processes)\b"
)
_I: Final = re.compile(r"\bI(?= [a-z]|'(?:ll|ve|m) )")
_MY: Final = re.compile(r"\b[Mm]y\b")
_ME: Final = re.compile(r"\bme\b")
_ITSELF: Final = re.compile(
    r"\b[Tt]he (?:[Cc]ompany|[Cc]lub|[Ss]chool|[Tt]rust|[Cc]harity|[Pp]ractice|[Ss]ociety|[Aa]ssociation|[Cc]ouncil|[Cc]ollege|"
    r"[Aa]cademy|[Ss]urgery|[Cc]linic|[Hh]ospital|[Hh]ospice|[Ff]irm|[Cc]redit [Uu]nion|[Oo]rganisation|[Bb]usiness|[Cc]hurch|"
    r"[Mm]useum|[Uu]niversity)"
    r"(?= (?:also |only |never )?(?:will|may|can|must|shall|does|needs?|requires?|collects?|holds?|keeps?|uses?|process(?:es)?|"
    r"shares?|stores?|retains?|obtains?|receives?|asks?|records?|takes?|sends?|never|has to|relies)\b)"
)
_SETEXT: Final = re.compile(r"^(?=[A-Z])(.{1,110})(?=\n(?:={3,}|-{3,})[ \t]*$)", re.M)  # a heading by what stands below it
_TITLE: Final = re.compile(
    r"(?:\d{1,2}[.)]? +)?(?:(?:who|what|where|how|why|when)\b.{0,80}\b(?:we|you|your|us|information|data|to complain)\b.{0,40}|"
    r"(?:our |the )?(?:lawful|legal) bas[ei]s.{0,60}|contact (?:details|us)|last updated|others we share.{0,40}|"
    r"(?:your |data protection )+rights.{0,30}|cookies|(?:data )?retention|(?:data )?security|changes.{0,40}|"
    r"(?:international |data )?transfers.{0,40}|sharing .{0,50}|complaints?|definitions|introduction)",
    re.I,
)
_ROW: Final = re.compile(r"^[^\n|]{0,400}\|[^\n]{0,800}$", re.M)
_COLUMNS: Final = re.compile(r"\b(?:why|what|how|purpose|data|information|basis|who|when|kept|period|category|name)\b", re.I)
_ALONE: Final = re.compile(r"(?<=\n[•·▪◦*–-])\n(?=\w)")  # a mark that stands on a line of its own, before its item
_MARKED: Final = re.compile(r"^#{1,6} ", re.M)
_BACK: Final = re.compile(
    r"(?:These|This|They|Those|That|It|Such|For (?:example|instance)|Some|Both|In (?:this|that|these))\b"
)
_SUBJECT: Final = re.compile(
    r"\b(?:we|you|your|us|our|who|what|why|how|when|where|cookies?|rights?|retention|security|transfers?|shar\w+|"
    r"disclos\w+|contact|children|changes?|collect\w*|us(?:e|es|ing)|purposes?|basis|bases|keep\w*|storage|links?|"
    r"complain\w*|law|legal|polic\w+|notice|gdpr|marketing|third|recipients?|international|data|information)\b",
    re.I,
)
_IN_CELLS: Final = frozenset({"p", "div", "br", "ul", "ol", "li"})
_SILENT: Final = frozenset({"script", "style", "template", "noscript", "svg", "select", "textarea"})
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
_TAG: Final = re.compile(r"(?:<\?xml[^>]{0,200}>\s*|<!--.{0,300}?-->\s*)?<(?:!doctype html|html|head|body|div|main|section|article|h[1-6]|p|table|ul)\b", re.S)


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
        ends = not line.strip() or not before.strip() or _ITEM.match(line) or before.startswith("#") or before.isupper()
        joined.append("\n" if ends or not (room or line[:1].islower()) else " ")
        joined.append(line)
    return _ALONE.sub(" ", "".join(joined))


class Sentence(msgspec.Struct, frozen=True):
    """A passage with what leads into its list, and the heading it stands under. ``before`` is the sentence of the same
    paragraph that it points back to ("This helps us …"), '' where it speaks for itself."""

    text: str
    head: str
    topic: str
    quote: str
    line: int
    heading: bool = False
    before: str = ""

    @property
    def led(self) -> str:
        return f"{self.head} {self.before} {self.text}"


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
            raise Trouble("not-text", f"{name} is {kind}, not a text.",
                          "Open it, save it as plain text or as a web page, and name that file.", where=name, exit=3)  # fmt: skip
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
    """A line without the marks of Markdown."""
    line = _ESCAPE.sub(r"\1", _LINK.sub(r"\1", line)) if "[" in line or "\\" in line else line
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
        elif tag in _BLOCKS and not (self.rows and tag in _IN_CELLS and len(self.open) < LONG // 30):
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


def sentences(prose_: Prose) -> list[Sentence]:
    """Every passage of a text in order, each under the heading it stands below; a heading is a passage, too."""
    found: list[Sentence] = []
    topics, number, counted = _Topics(), 1, 0
    marked = len(_MARKED.findall(prose_.text)) > 1
    parts = prose.passages(_ROW.sub(_in_one, _APART.sub(_near, prose_.whole)) + _LONG_LINE)
    speaks = _speaker(prose_.whole)
    short = [_is_heading(prose_.whole, one, marked) for one in parts]
    columns, under, ends, lead, spent = "", "", 0, "", ""
    for place, one in enumerate(parts):
        number += prose_.text.count("\n", counted, one.start)
        counted = one.start
        line = prose_.lines[number - 1] if number <= len(prose_.lines) else number
        text = speaks(" ".join(one.text.split()))
        quote = _BULLET.sub("", " ".join(prose_.text[one.start : one.end].split()))
        follows = place + 1 < len(parts) and short[place + 1]  # the last of several short lines: the others are a list
        listed = place > 0 and short[place - 1] and one.text[:1].isdigit() and parts[place - 1].text[:1].isdigit()
        title = short[place] and _TITLE.fullmatch(text.strip("#• ")) is not None
        led = bool(lead) and not title and not text.startswith("#") and len(text) < WRAPPED and text[-1] not in ".?!:"
        lead = text if text.endswith(":") and not one.head else lead if led else ""
        numbered = text[:1].isdigit() or text.startswith(("#", "• 1", "• 2"))
        heading = short[place] and (marked or title or not (follows or listed or led or (one.head and not numbered)))
        topic = topics.below(one.text) if heading else topics.topic
        if "\n" in prose_.whole[ends : one.start] or not place:
            under = ""
            if _RUN_IN.fullmatch(text) and "\n" not in prose_.whole[one.start : _next(parts, place)]:
                under, heading = f"{topic} / {text}", True
        topic, ends = under or topic, one.end
        columns = "" if "|" not in text else columns or text
        heading = heading or (text == columns and _COLUMNS.search(text) is not None)
        spent = one.head if heading else spent if one.head == spent else ""  # a heading ends the list above it
        over = "" if one.head == spent else speaks(" ".join(one.head.split()))
        head = columns if columns and text != columns else over or (lead if led else "")
        back = bool(_BACK.match(text) or "cookie" in one.before.lower()) and place > 0 and "\n" not in prose_.whole[parts[place - 1].end : one.start]
        before = speaks(" ".join(one.before.split()))[-LONG:] if back else ""
        found += [  # what nobody would write in one breath is looked at in pieces
            Sentence(text[start : start + LONG], head[-LONG:], topic, quote, line, heading, before)
            for start in range(0, len(text), LONG)
        ]
    return found


def _near(apart: re.Match[str]) -> str:
    return " " * len(apart.group())


def _speaker(text: str) -> Callable[[str], str]:
    """What makes a writer who says "I", or "the Club", say "we", so that one set of phrases reads them all."""
    alone = len(_I.findall(text)) > 1
    own = _itself(text)

    def speaks(said: str) -> str:
        said = _ITSELF.sub("we", _OWN.sub("s", own.sub("we", said) if own else said))
        if alone:
            said = _I.sub("we", _MY.sub("our", _ME.sub("us", said))).replace("we am ", "we are ").replace("we'm ", "we are ")
        return said

    return speaks


def _itself(text: str) -> re.Pattern[str] | None:
    """The name by which a firm speaks of itself: what it is called for short, or what does all that is told."""
    short = _SHORT.search(text[:3000])
    doing = Counter(_DOES.findall(text[:WRAPPED * 200])).most_common(1)
    name = short[1] if short else doing[0][0] if doing and doing[0][1] > 2 else ""
    return re.compile(rf"\b{re.escape(name)}(?= (?:also |only |never |always )?(?:{_VERBS})\b)") if name else None


def _next(parts: list[prose.Passage], place: int) -> int:
    return parts[place + 1].start if place + 1 < len(parts) else parts[place].end


def _in_one(row: re.Match[str]) -> str:
    """A row of a table with nothing in it that would end a sentence, so that it is read as one."""
    return re.sub(r"[;.:!?](?=\s)", ",", row.group())


class _Topics:
    """The heading a passage stands under, after the headings above that: by their marks, and where there are none by
    what they speak of, for "Payment" below "What we collect" is a part of it."""

    def __init__(self) -> None:
        self.topic = self._speaks = ""
        self._levels: dict[int, str] = {}

    def below(self, heading: str) -> str:
        level = len(heading) - len(heading.lstrip("#"))
        if level:
            self._levels = {other: above for other, above in self._levels.items() if other < level}
            self._levels[level] = heading
            self.topic = " / ".join(above for other, above in self._levels.items() if other > 1 or other == level)
        elif _SUBJECT.search(heading):
            self.topic = self._speaks = heading
        else:
            self.topic = f"{self._speaks} / {heading}" if self._speaks else heading
        return self.topic


def _is_heading(text: str, one: prose.Passage, marked: bool) -> bool:
    """A short line of its own that does not end as a sentence does. Where headings are ``marked``, only those are."""
    begins, ends = text.rfind("\n", 0, one.start) + 1, text.find("\n", one.end)
    whole = text[begins : len(text) if ends < 0 else ends].strip() if one.end - one.start < 120 else ""
    if len(whole) > one.end - one.start + 8 or (marked and not whole.startswith("#")):
        return False
    if re.match(r"[•·▪◦*–-] +\D", whole):
        return False  # an item, and were it the last of its list
    words = whole[_HEADING.match(whole).end() :] if whole else ""  # type: ignore[union-attr]
    if not words or len(words.split()) > 12 or words[-1] in ";,:" or "|" in words or "e.g." in words or not words[0].isupper() or _SPEAKS.match(words):
        return False
    marked = (
        whole.startswith("#")
        or whole[:1].isdigit()
        or re.match(r"• \d", whole) is not None
        or (len(words) != len(whole) and whole[0] not in "•*")
    )
    return words[-1] not in "." or (marked and len(words.split()) < 7)
