"""The passages of an old policy: each with what leads into its list, the headings above it, and in one voice.

Firms write "we", "I" or "the Club"; their lists have marks or none; their headings have marks, numbers, lines below
them, or only stand alone. Here all that is made the same, so that one set of phrases reads them all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from troth.policy.drafting.texts import WRAPPED, Prose
from troth.policy.law import prose

LONG: Final = 900  # characters of a passage that are looked at in one go
_LONG_LINE: Final = "\n" + "." * (WRAPPED + 1)  # so that a line that ends here is not taken for a full one again
_BULLET: Final = re.compile(r"^[•·▪◦#*–-]+ ")
_HEADING: Final = re.compile(r"(?:#{1,6} |[•*] )?(?:(?:section )?\d{1,2}(?:\.\d{1,2})?[.):]? +|[a-z][.)] +)?", re.I)
_SPEAKS: Final = re.compile(r"(?:We|You|I|They|It|This) (?!need|want)\w+ ")
_TITLE: Final = re.compile(
    r"(?:\d{1,2}[.)]? +)?(?:(?:who|what|where|how|why|when)\b.{0,80}\b(?:we|you|your|us|information|data|"
    r"to complain)\b.{0,40}|"
    r"(?:our |the )?(?:lawful|legal) bas[ei]s.{0,60}|contact (?:details|us)|last updated|others we share.{0,40}|"
    r"(?:your |data protection )+rights.{0,30}|cookies|(?:data )?retention|(?:data )?security|changes.{0,40}|"
    r"(?:international |data )?transfers.{0,40}|sharing .{0,50}|complaints?|definitions|introduction)",
    re.I,
)
_SUBJECT: Final = re.compile(
    r"\b(?:we|you|your|us|our|who|what|why|how|when|where|cookies?|rights?|retention|security|transfers?|shar\w+|"
    r"disclos\w+|contact|children|changes?|collect\w*|us(?:e|es|ing)|purposes?|basis|bases|keep\w*|storage|links?|"
    r"complain\w*|law|legal|polic\w+|notice|gdpr|marketing|third|recipients?|international|data|information)\b",
    re.I,
)
_RUN_IN: Final = re.compile(  # a heading that stands at the beginning of its paragraph: "Legal Process. When …"
    r"(?:\(?(?:[A-Za-z]|[ivxIVX]{1,4}|\d{1,2}(?:\.\d{1,2})*)[.)] ?)?[A-Z][\w’'-]*(?: (?:[A-Z][\w’'-]*|and|or|"
    r"of|for|to|the|with|in|from|by|on|&)){0,6}[.:]"
)
_ANSWERS: Final = re.compile(r"(?:Yes|No|None|Never|Nothing|Plenty|Sure|Gladly|Of course|Certainly)\b")
_MARKED: Final = re.compile(r"^#{1,6} ", re.M)
_ROW: Final = re.compile(r"^[^\n|]{0,400}\|[^\n]{0,800}$", re.M)
_COLUMNS: Final = re.compile(
    r"\b(?:why|what|how|purpose|data|information|basis|who|when|kept|period|category|"
    r"name)\b",
    re.I,
)
_APART: Final = re.compile(r"(?<=[a-z,])[ \t]*\n[ \t]*\n[ \t]*(?=[a-z])")  # a sentence with an empty line in its midst
_BACK: Final = re.compile(
    r"(?:These|This|They|Those|That|It|Such|For (?:example|instance)|Some|Both|In (?:this|that|these))\b"
)
_ASKS: Final = re.compile(r"^[ \t]*(?:[#*•-]+ )?(?:Q|A|Question|Answer)(?:[.:)]|\d{1,2}[.:)]?) (?=\S)", re.M)
_ENDS: Final = re.compile(r"[.?!\n]")
_CLAUSE: Final = re.compile(r"(?<=[.;]) (?=\d{1,2}\.\d{1,2} [A-Z])")  # numbered clauses that run on in one line
_WE: Final = re.compile(r"\b(?:[Ww]e|[Oo]ur)\b")
_QUESTION: Final = 24  # words of a question that stands alone, as a heading does
_OWN: Final = re.compile(r"(?<=[a-z])'s\b")
_I: Final = re.compile(r"\bI(?= [a-z]|'(?:ll|ve|m) )")
_MY: Final = re.compile(r"\b[Mm]y\b")
_ME: Final = re.compile(r"\bme\b")
_ITSELF: Final = re.compile(
    r"\b[Tt]he (?:[Cc]ompany|[Cc]lub|[Ss]chool|[Tt]rust|[Cc]harity|[Pp]ractice|[Ss]ociety|[Aa]ssociation|"
    r"[Cc]ouncil|[Cc]ollege|"
    r"[Aa]cademy|[Ss]urgery|[Cc]linic|[Hh]ospital|[Hh]ospice|[Ff]irm|[Cc]redit [Uu]nion|[Oo]rganisation|"
    r"[Bb]usiness|[Cc]hurch|"
    r"[Mm]useum|[Uu]niversity)"
    r"(?= (?:also |only |never )?(?:will|may|can|must|shall|does|needs?|requires?|collects?|holds?|keeps?|"
    r"uses?|process(?:es)?|"
    r"shares?|stores?|retains?|obtains?|receives?|asks?|records?|takes?|sends?|never|has to|relies)\b)"
)
_VERBS: Final = (
    "will|may|can|must|shall|does|needs?|requires?|collects?|holds?|keeps?|uses?|process(?:es)?|shares?|stores?|"
    "retains?|obtains?|receives?|asks?|records?|takes?|sends?|never|has to|relies|maintains?|acts|discloses?|is|are"
)
_SHORT: Final = re.compile(
    r"(?:Limited|Ltd|LLP|Inc\.?|plc|PLC|CIC|Trust|Club|School|Association|Society|Charity|Group|"
    r"Company)\W{0,2} ?\((?:the )?[\"“]"
    r"(?!we\b|us\b|our\b|Client|Customer|User|Service|Site|Data|Polic)([A-Z][\w &.-]{1,30})[\"”]"
)
_DOES: Final = re.compile(
    r"\b(?!This |These |They |The |That |It |You |Your |Who |What |Personal |Data |If |Where |Cookies |Google |"
    r"Stripe |Users |Clients? |Customers |"
    r"Parents |Workers? |Members |Staff |Information )([A-Z][\w&'-]{2,20}(?: [A-Z][\w&'-]{2,20}){0,3}) "
    r"(?:collects?|holds?|uses|keeps?|retains?|stores|will|may|maintains|processes)\b"
)


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
    columns: str = ""  # the first row of the table, of which this is another row
    about: frozenset[str] = frozenset()  # sections that most of what stands below its heading speaks of

    @property
    def led(self) -> str:
        return f"{self.head} {self.before} {self.text}"

    def cells(self) -> list[tuple[str, str]]:
        """Each cell of a row under what stands above its column; nothing where this is no row."""
        if not self.columns or self.heading:
            return []
        return list(zip(_cells(self.columns), _cells(self.text), strict=False))


def sentences(text: Prose) -> list[Sentence]:
    """Every passage of a text in order, each under the heading it stands below; a heading is a passage, too."""
    return _Reader(text).read()


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("| ").split("|")]


class _Reader:
    """Reads passages one after the other, and remembers what the next one stands below."""

    def __init__(self, text: Prose) -> None:
        self.text = text
        self.marked = len(_MARKED.findall(text.text)) > 1
        self.whole = _CLAUSE.sub("\n", _ASKS.sub(_blank, text.whole))
        self.parts = prose.passages(_ROW.sub(_in_one, _APART.sub(_near, self.whole)) + _LONG_LINE)
        self.short = [_is_heading(self.whole, one, self.marked) for one in self.parts]
        self.speaks = _speaker(text.whole)
        self.topics = _Topics()
        self.lead = ""  # what ends in a colon, and so leads into the lines below it
        self.spent = ""  # what led into a list that a heading ended
        self.columns = ""  # the first row of the table
        self.under = ""  # the topic of a paragraph that begins with its own heading

    def read(self) -> list[Sentence]:
        found: list[Sentence] = []
        number, counted = 1, 0
        for place, one in enumerate(self.parts):
            number += self.text.text.count("\n", counted, one.start)
            counted = one.start
            line = self.text.lines[number - 1] if number <= len(self.text.lines) else number
            found += self._passage(place, one, line)
        return found

    def _passage(self, place: int, one: prose.Passage, line: int) -> list[Sentence]:
        text = self.speaks(" ".join(one.text.split()))
        quote = _BULLET.sub("", " ".join(self.text.text[one.start : one.end].split()))
        led = self._is_led(place, text, one)
        heading = self._is_topic(place, text, one, led)
        topic = self.topics.below(one.text) if heading else self.topics.topic
        if not self._continues(place):
            runs_in = _RUN_IN.fullmatch(text) is not None and not _ANSWERS.match(text) and self._continues(place + 1)
            self.under = f"{topic} / {text}" if runs_in else ""
            heading = heading or runs_in
        self.columns = "" if "|" not in text else self.columns or text
        heading = heading or (text == self.columns and _COLUMNS.search(text) is not None)
        head, before = self._head(text, one, heading, led), self._before(place, text, one)
        columns = self.columns if self.columns not in ("", text) and len(text) < LONG else ""
        return [  # what nobody would write in one breath is looked at in pieces
            Sentence(
                text[start : start + LONG], head[-LONG:], self.under or topic, quote, line, heading, before, columns
            )
            for start in range(0, len(text), LONG)
        ]

    def _continues(self, place: int) -> bool:
        """Whether a passage stands in the paragraph of the one before it."""
        if not 0 < place < len(self.parts):
            return False
        return "\n" not in self.whole[self.parts[place - 1].end : self.parts[place].start]

    def _is_title(self, place: int, text: str) -> bool:
        return self.short[place] and _TITLE.fullmatch(text.strip("#• ")) is not None

    def _is_led(self, place: int, text: str, one: prose.Passage) -> bool:
        """Whether a line without a mark belongs to the list that a colon began."""
        plain = text[0] != "#" and not self._mark(one)[:1].isdigit() and len(text) < WRAPPED and text[-1] not in ".?!:"
        led = bool(self.lead) and plain and not self._is_title(place, text)
        self.lead = text if text.endswith(":") and not one.head else self.lead if led else ""
        return led

    def _is_topic(self, place: int, text: str, one: prose.Passage, led: bool) -> bool:
        """Whether a short line is a heading. Of several short lines only the last is: the others are a list."""
        if not self.short[place] or self.marked or self._is_title(place, text):
            return self.short[place]
        follows = place + 1 < len(self.parts) and self.short[place + 1]
        digits = place > 0 and text[:1].isdigit() and self.parts[place - 1].text[:1].isdigit()
        numbered = self._mark(one)[:1].isdigit() or text.startswith("#")
        item = led or (bool(one.head) and not numbered)
        return not (follows or (digits and self.short[place - 1]) or item)

    def _mark(self, one: prose.Passage) -> str:
        """The number or letter that a line begins with, and its first words."""
        begins = self.whole.rfind("\n", 0, one.start) + 1
        return self.whole[begins : one.end].lstrip("#*•- ")

    def _head(self, text: str, one: prose.Passage, heading: bool, led: bool) -> str:
        if heading:
            self.spent = one.head
        elif one.head != self.spent:
            self.spent = ""
        if self.columns and text != self.columns:
            return self.columns
        own = "" if one.head == self.spent else self.speaks(" ".join(one.head.split()))
        return own or (self.lead if led else "")

    def _before(self, place: int, text: str, one: prose.Passage) -> str:
        back = _BACK.match(text) is not None or one.before.endswith("?") or "cookie" in one.before.lower()
        return self.speaks(" ".join(one.before.split()))[-LONG:] if back and self._continues(place) else ""


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
    if (
        not words
        or len(words.split()) > (_QUESTION if words[-1] == "?" else 12)
        or words[-1] in ";,:"
        or "|" in words
        or "e.g." in words
        or not words[0].isupper()
        or _SPEAKS.match(words)
    ):
        return False
    marked = (
        whole.startswith("#")
        or whole[:1].isdigit()
        or re.match(r"• \d", whole) is not None
        or (len(words) != len(whole) and whole[0] not in "•*")
    )
    return words[-1] not in "." or (marked and len(words.split()) < 7)


def _speaker(text: str) -> Callable[[str], str]:
    """What makes a writer who says "I", or "the Club", say "we", so that one set of phrases reads them all."""
    told = [said for said in _I.finditer(text) if not _asks(text, said.end())]  # it is the reader who asks "can I …?"
    alone = len(told) > max(1, len(_WE.findall(text)))
    own = _itself(text)

    def speaks(said: str) -> str:
        said = _ITSELF.sub("we", _OWN.sub("s", own.sub("we", said) if own else said))
        if alone:
            said = (
                _I.sub("we", _MY.sub("our", _ME.sub("us", said)))
                .replace("we am ", "we are ")
                .replace("we'm ", "we are ")
            )
        return said

    return speaks


def _asks(text: str, at: int) -> bool:
    ends = _ENDS.search(text, at, at + LONG)
    return ends is not None and ends.group() == "?"


def _itself(text: str) -> re.Pattern[str] | None:
    """The name by which a firm speaks of itself: what it is called for short, or what does all that is told."""
    short = _SHORT.search(text[:3000])
    doing = Counter(_DOES.findall(text[: WRAPPED * 200])).most_common(1)
    name = short[1] if short else doing[0][0] if doing and doing[0][1] > 2 else ""
    return re.compile(rf"\b{re.escape(name)}(?= (?:also |only |never |always )?(?:{_VERBS})\b)") if name else None


def _near(apart: re.Match[str]) -> str:
    """One sentence again, unless what stands above is a heading."""
    begins = apart.string.rfind("\n", 0, apart.start()) + 1
    return apart.group() if apart.string[begins] == "#" else " " * len(apart.group())


def _blank(mark: re.Match[str]) -> str:
    return " " * len(mark.group())


def _in_one(row: re.Match[str]) -> str:
    """A row of a table with nothing in it that would end a sentence, so that it is read as one."""
    return re.sub(r"[;.:!?](?=\s)", ",", row.group())
