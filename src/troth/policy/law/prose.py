"""Prose: what a text of any author says that the law objects to, found by meaning and never by one author's words.

A text is cut into passages: sentences, items of a list and the parts of a long enumeration. Each knows the sentence
that leads into its list, and the passage before it. A rule names meanings of the lexicon that must stand in the
passage (``here``), in it or what leads into its list (``near``), in it or the passage before (``after``), must not
stand in it (``none``), must stand somewhere in the document (``document``) or nowhere in it (``silent``): much of what
is wrong with a notice is what it never says.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from troth.policy.law import likeness, pages
from troth.policy.law.meanings import Text
from troth.policy.law.rules import Finding, Law, Rule, classes

WHOLE: Final = 150  # words: a text with fewer is a part of a notice, and not one that leaves things out
AROUND: Final = 3  # passages before and after, in which an objection may be answered
_PLAIN: Final = str.maketrans("’‘“”–—\u00a0\t\n", "''\"\"--   ")
_MARKER: Final = r"(?:[•·‣▪◦*–—-]|o(?=\s)|\(?(?:[a-z]|[ivx]{1,5}|\d{1,2})\)|\d{1,2}(?:\.\d{1,2})*\.?(?=\s))"
_WRAPPED: Final = re.compile(rf"\n[ \t]*\n|(?<=[.:;!?,])[ \t]*\n|\n(?=\s*{_MARKER}\s)|\s(?=[•·‣]\s)")
_BLOCK: Final = re.compile(r"\n|\s(?=[•·‣]\s)")
_LETTER: Final = r"\((?:[a-h]|i{1,3}|iv|vi?)\)\s"
_CUT: Final = re.compile(
    r"(?<![A-Z]\.[a-z])(?<=[.!?])[\"')\]]*\s+(?=[\"'(]?[A-Z])|;\s+|(?<=:)\s+(?=\()"
    rf"|(?<!and)(?<!or)\s(?=(?:and |or )?{_LETTER})"
)
_ABBREVIATED: Final = re.compile(r"(?:e\.g|i\.e|etc|Ltd|Inc|Co|No|St|cf|vs|Mr|Ms|Dr|Art)\.$")
_ITEM: Final = re.compile(rf"\s*{_MARKER}\s")
_SECTION: Final = re.compile(r"\s*[•·]?\s*\d{1,2}\.\d")
_FAR: Final = 2  # line ends between a question and its answer
_SHORT: Final = 8  # words of a heading
_APART: Final = 6  # the same, where an empty line follows
_BARE: Final = 4  # words of a heading that cannot be the beginning of a sentence
_SPEAKS: Final = re.compile(r"\b(?:may|will|shall|can|is|are|has|have|do|does|you (?:can|may|agree))\b", re.I)
GUARDS: Final = frozenset({"a yes", "asked", "asked first", "denied", "we never", "in every mail"})
"""What a heading can say for all that stands under it: “Only if you say yes”."""
_DENIED_PART: Final = re.compile(
    r"(?:,|;|:| -)(?: and| but| so)? (?:nobody|no one|none|nothing|neither|there (?:is|are) no|(?:we|it|they) never)\b"
    r"(?![^,;]*\b(?:but|except|unless|save|apart|other than)\b)[^,;]*", re.IGNORECASE
)  # fmt: skip
_YEARS: Final = {"day": 1 / 30, "week": 1 / 4, "month": 1.0, "year": 12.0, "decade": 120.0}
_NUMBERS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDED: Final = {word: float(number) for number, word in enumerate(_NUMBERS, 1)} | {"a": 1.0, "half a": 0.5}
_SPAN: Final = re.compile(rf"\b(\d{{1,3}}|{'|'.join(reversed(_WORDED))})[ -](day|week|month|year|decade)s?\b", re.I)
_MONTHS: Final = [month.lower() for month in calendar.month_name[1:]]
_DATED: Final = re.compile(rf"\b({'|'.join(_MONTHS)})[ ,]+(?:\d{{1,2}}(?:st|nd|rd|th)?[ ,]+)?((?:19|20)\d\d)\b", re.I)
_NUMERIC: Final = re.compile(r"\b(?:\d{1,2}[/.-])?(\d{1,2})[/.-]((?:19|20)\d\d)\b|\b((?:19|20)\d\d)-(\d\d)(?:-\d\d)?\b")


class Passage(msgspec.Struct, frozen=True):
    """A part of a text. ``start`` and ``end`` count characters of the whole; ``head`` leads into its list."""

    start: int
    end: int
    text: str
    head: str = ""
    before: str = ""
    topic: str = ""  # the heading it stands under
    beside: str = ""  # the next sentence of the same line


class Said(msgspec.Struct, frozen=True):
    """A text that somebody is told, where it begins in the file, and what its section says already."""

    text: str
    head: str = ""
    where: int = 0  # an opaque number of the caller's, to find the text again


class Hit(msgspec.Struct, frozen=True):
    """A rule that found its passage. ``said`` is the text it stands in."""

    rule: Rule
    said: Said
    passage: Passage


# ------------------------------------------------------------------------------------------------------- passages


def passages(text: str, head: str = "") -> list[Passage]:
    """Cut a text into passages, in order. Spans are exact: ``text[one.start:one.end]`` is the passage as written."""
    found: list[Passage] = []
    lead, before = head, ""
    for start, end in _parts(text, 0, len(text), _WRAPPED if _is_wrapped(text) else _BLOCK):
        item = bool(_ITEM.match(text, start, end))
        lead = lead if item and not _SECTION.match(text, start, end) else head
        inner = lead
        for first, last in _sentences(text, start, end):
            words = text[first:last].translate(_PLAIN)
            if not any(letter.isalpha() for letter in words):
                continue
            found.append(Passage(first, last, words, inner, before))
            if words.endswith(":"):
                lead = inner = f"{head} {words}".strip()
            elif words.endswith((";", ",")) or text[last : last + 2].lstrip()[:1] == "(":
                inner = (
                    inner if inner != lead else f"{lead} {words}".strip()
                )  # what begins an enumeration leads into it
            elif words.endswith((".", "!", "?")):
                inner = lead = lead if item else head
            before = words
    return found


def _is_wrapped(text: str) -> bool:
    """Whether lines end where they are full, so that a new line is no new paragraph."""
    lines = [len(line) for line in text.splitlines() if line.strip()]
    return len(lines) > 5 and max(lines) <= 110


def _parts(text: str, start: int, end: int, at: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The stretches between the cuts, without the white space around them."""
    begins = start
    for cut in [*at.finditer(text, start, end), None]:
        stops = cut.start() if cut else end
        if cut and text[cut.start()] in ";.!?\"')":
            stops = cut.start() + len(cut.group().rstrip())
        if text[begins:stops].strip():
            left = begins + len(text[begins:stops]) - len(text[begins:stops].lstrip())
            yield left, begins + len(text[begins:stops].rstrip())
        begins = cut.end() if cut else end


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Sentences; a cut after an abbreviation is none."""
    held: int | None = None
    for first, last in _parts(text, start, end, _CUT):
        first = first if held is None else held
        if _ABBREVIATED.search(text, first, last) and last < end:
            held = first
            continue
        held = None
        yield first, last
    if held is not None:
        yield held, end


def _answered(parts: list[Passage], text: str) -> list[Passage]:
    """A question and the first sentence of its answer as one passage: neither says anything without the other."""
    found: list[Passage] = []
    for one in parts:
        asked = found[-1] if found else None
        if asked is not None and asked.text.endswith("?") and text[asked.end : one.start].count("\n") <= _FAR:
            found[-1] = msgspec.structs.replace(asked, end=one.end, text=f"{asked.text} {one.text}")
        else:
            found.append(one)
    return found


def _under_headings(parts: list[Passage], text: str) -> list[Passage]:
    """Each passage with its heading and the sentence after it. A heading alone objects to nothing and is left out; a
    list without a sentence that leads into it is led by its heading."""
    found: list[Passage] = []
    marked = plain = ""
    for number, one in enumerate(parts):
        after = parts[number + 1] if number + 1 < len(parts) else None
        if after is not None and _is_heading(text, one, after):
            marked, plain = (one.text, "") if one.text.startswith("#") else (marked, one.text)
            apart = text[one.end : one.end + 2] == "\n\n" and "," not in one.text
            if len(one.text.split()) <= (_APART if apart else _BARE):
                continue
        topic = f"{marked} {plain}".strip()
        led = one.head or (topic if _ITEM.match(text, one.start, one.end) else "")
        beside = after.text if after is not None and "\n" not in text[one.end : after.start] else ""
        found.append(msgspec.structs.replace(one, topic=topic, head=led, beside=beside))
    return found


def _is_heading(text: str, one: Passage, after: Passage) -> bool:
    """A short line of its own, with no stop at its end, over a sentence or a list."""
    if len(one.text.split()) > _SHORT or _SPEAKS.search(one.text):
        return False
    if one.text[-1] in ".;:,!" and not one.text.startswith("#"):
        return False
    alone = not text[text.rfind("\n", 0, one.start) + 1 : one.start].strip() and text[one.end : one.end + 1] == "\n"
    titled = one.text[:1] in "#*" or one.text[:1].isupper() or one.text[:1].isdigit()
    return alone and titled and (after.text[-1] in ".:?!|" or bool(_ITEM.match(text, after.start, after.end)))


# ------------------------------------------------------------------------------------------------------- meanings


_read: Final = functools.lru_cache(maxsize=256)(Text)
"""A sentence is looked at several times, by its rules and by the sentences beside it, and read once."""


def means(name: str, text: str) -> bool:
    """Whether a text speaks of what the lexicon calls ``name``."""
    return _read(text).means(name)


def findings(text: str, law: Law, *, file: str = "") -> list[Finding]:
    """What ``law`` would object to in a plain text or a page of HTML, with line and column of each passage in the file,
    in the order of the text; the same row on the same passage once."""
    page = pages.read(text) if pages.is_page(file, text) else None
    read = page.text if page else text
    told: dict[tuple[int, str], list[Hit]] = {}
    for hit in hits([Said(read)], law.rules):
        told.setdefault((hit.passage.start, hit.rule.family), []).append(hit)
    return [_finding(strongest(many, law), law, text, read, page, file) for many in told.values()]


def strongest(many: list[Hit], law: Law) -> Hit:
    """Of the hits of one class on one passage the one to tell; it names the rows of the others as well."""
    first = min(many, key=lambda hit: (hit.rule.weak, law.rows[law.named(hit.rule)[0]].severity != "error"))
    rows = dict.fromkeys(row for hit in (first, *many) for row in law.named(hit.rule))
    rule = msgspec.structs.replace(first.rule, **{law.of: tuple(rows)})
    return msgspec.structs.replace(first, rule=rule)


def _finding(hit: Hit, law: Law, source: str, read: str, page: pages.Page | None, file: str) -> Finding:
    first, last = hit.passage.start, hit.passage.end
    if page:  # the mark of an item stands in no page
        first = next(at for at in range(first, last) if page.starts[at] < page.ends[at] and not read[at].isspace())
    start, end = (page.starts[first], page.ends[last - 1]) if page else (first, last)
    line, column = _place(source, start)
    return law.finding(hit.rule, file=file, line=line, column=column, quote=" ".join(read[first:last].split()),
                       length=end - start, end=_place(source, end))  # fmt: skip


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def hits(said: Iterable[Said], rules: Iterable[Rule], told: frozenset[str] = frozenset()) -> list[Hit]:
    """Every rule on every passage. ``told`` are meanings that the declarations beside the texts carry already."""
    cut = [(one, _under_headings(_answered(passages(one.text, one.head), one.text), one.text)) for one in said]
    whole = Text("\n".join(passage.text for _, parts in cut for passage in parts))
    done = Text("\n".join(passage.text for _, parts in cut for passage in parts if not means("a denial", passage.text)))
    rules = [rule for rule in rules if rule.look in ("wording", "nowhere") and _document(rule, whole, done, told)]
    wanted = [rule for rule in rules if rule.look == "wording"]
    named = {rule.id: rule for rule in wanted}
    topics = _Topics()
    found = _nowhere(rules, cut, whole) + [
        Hit(rule, one, passage)
        for one, parts in cut
        for at, passage in enumerate(parts)
        for rule in _standing(_alike(_speaking(wanted, passage, topics), passage, named), parts, at, one.text)
        if _measures(rule, passage.text)
    ]
    return _beyond_doubt(found) if _careful(whole, told, found) else found


def _beyond_doubt(found: list[Hit]) -> list[Hit]:
    """Without the weak hits that no other of their class bears out on the same passage."""
    borne = Counter((hit.said.where, hit.passage.start, hit.rule.family) for hit in found)
    return [hit for hit in found if not hit.rule.weak or borne[hit.said.where, hit.passage.start, hit.rule.family] > 1]


def _careful(whole: Text, told: frozenset[str], found: list[Hit]) -> bool:
    """Whether a notice tells what the law of today asks and has hardly a fault that is one beyond doubt: then words
    that lawful notices use as well are no sign of one."""
    care = classes().careful
    faults = {(hit.said.where, hit.passage.start) for hit in found if not hit.rule.weak}
    if len(whole.text.split()) < WHOLE or len(faults) > care.slips:
        return False
    marks = sum(mark in told or whole.means(mark) for mark in care.marks)
    return marks >= (care.enough if len(faults) <= care.faults else care.whole)


def _standing(speaking: list[Rule], parts: list[Passage], at: int, text: str) -> list[Rule]:
    """The rules whose objection is not answered by the sentences around the passage in its paragraph."""
    if not any(rule.mended for rule in speaking):
        return speaking
    near = parts[max(0, at - AROUND) : at + AROUND + 1]
    here = parts[at]
    apart = [text.count("\n\n", min(one.end, here.end), max(one.start, here.start)) for one in near]
    around = Text(" ".join(one.text for one, cuts in zip(near, apart, strict=True) if not cuts))
    return [rule for rule in speaking if not any(around.means(name) for name in rule.mended)]


class _Topics(dict[str, Text]):
    """The headings of a text, each looked at once."""

    def __missing__(self, topic: str) -> Text:
        return self.setdefault(topic, Text(topic))


def _nowhere(rules: list[Rule], cut: list[tuple[Said, list[Passage]]], whole: Text) -> list[Hit]:
    """What a whole notice never says, told at its beginning. A part of one may leave out what stands elsewhere."""
    first = next(((one, parts[0]) for one, parts in cut if parts), None)
    if first is None or len(whole.text.split()) < WHOLE:
        return []
    return [Hit(rule, *first) for rule in rules if rule.look == "nowhere"]


def _document(rule: Rule, whole: Text, done: Text, told: frozenset[str]) -> bool:
    """Whether the document lets a rule speak. What ought to be said elsewhere of a thing ought not where the only word
    of it is that it is not done: ``done`` is the text without its denials."""
    of = done if rule.look == "nowhere" else whole
    if not all(name in told or of.means(name) for name in rule.document):
        return False
    return not any(name in told or whole.means(name) for name in rule.silent)


def _speaking(rules: list[Rule], passage: Passage, topics: _Topics) -> list[Rule]:
    """The rules whose meanings a passage has. A denial (“we never …”) says nothing to rules that look for what is done;
    a row of a table names things and is no sentence."""
    here = _read(passage.text)
    claimed = _claimed(here)
    led = Text(f"{passage.head} {passage.text}") if passage.head else here
    after = functools.cache(lambda: Text(f"{passage.before} {led.text}"))
    topic = topics[passage.topic]
    asked = bool(passage.beside) and means("asked beside it", passage.beside)
    if here.means("a denial"):
        rules = [rule for rule in rules if rule.denial]
    if " | " in passage.text or passage.text.startswith("|"):
        rules = [rule for rule in rules if rule.cell]

    def guarded(name: str) -> bool:
        return here.means(name) or (name in GUARDS and (asked or topic.means(name)))

    return [
        rule
        for rule in rules
        if here.might(rule.looked)
        and all((here if rule.denial else claimed).means(name) for name in rule.here)
        and all(led.means(name) for name in rule.near)
        and all(after().means(name) for name in rule.after)
        and not any(guarded(name) for name in rule.none)
    ]


def _alike(speaking: list[Rule], passage: Passage, named: dict[str, Rule]) -> list[Rule]:
    """The rules that speak, and the one whose fault the passage sounds like, where none of its class knows the words.
    It is weak: a notice that takes care is believed before a likeness is."""
    found = likeness.like(passage.text)
    rule = named.get(found.rule) if found else None
    if rule is None or rule.family in {one.family for one in speaking}:
        return speaking
    here = _read(passage.text)
    table = " | " in passage.text or passage.text.startswith("|")
    if (table and not rule.cell) or (here.means("a denial") and not rule.denial):
        return speaking
    if any(here.means(name) for name in rule.none):
        return speaking
    return [*speaking, msgspec.structs.replace(rule, weak=True)]


def _claimed(here: Text) -> Text:
    """A sentence without those of its parts that say what nobody does: “…, and nobody is followed”."""
    left = _DENIED_PART.sub(" ", here.text)
    return here if left == here.text else Text(left)


# -------------------------------------------------------------------------------------------------------- measures


def _measures(rule: Rule, text: str) -> bool:
    if rule.beyond and not any(months > rule.beyond for months in periods(text)):
        return False
    return not rule.before or any(day < rule.before for day in days(text))


def periods(text: str) -> list[float]:
    """The lengths of time a text names, in months: “2 years” is 24."""
    return [
        (int(number) if number.isdigit() else _WORDED[number.lower()]) * _YEARS[unit.lower()]
        for number, unit in _SPAN.findall(text)
    ]


def days(text: str) -> list[dt.date]:
    """The months a text names with their years, each as its first day: in words, as 12/05/2014, as 2014-05-12."""
    named = [dt.date(int(year), _MONTHS.index(month.lower()) + 1, 1) for month, year in _DATED.findall(text)]
    figures = [(int(a or c), int(b or d)) for b, a, c, d in _NUMERIC.findall(text)]
    return named + [dt.date(year, min(month, 12), 1) for year, month in figures if month]
