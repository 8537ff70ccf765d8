"""A file held against the law of one place and day: its words, its declarations, and the notice made of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from troth.policy import Compiled, compiling, grammar, words, zones
from troth.policy.law import facts, prose
from troth.policy.law.prose import Said
from troth.policy.law.rules import Finding, Law, Rule
from troth.policy.problems import Problem, Trouble
from troth.policy.reading import LARGEST, PROSE, Document, Entry, Mark, Reader, Text, not_opened, source_of

PAGES: Final = frozenset({".html", ".htm", ".xhtml"})
FOREIGN: Final = 5  # of so many bytes one may be beyond ASCII in an old English text
LEADS: Final = {
    "use": "We use your personal information to:",
    "disclose": "We disclose your personal information to:",
    "keep": "How long we keep your information:",
    "cookies": "We use cookies:",
}
"""What a section says already of each text that is quoted in it."""
_PUBLISHED: Final = ("why", "warns", "confirms", "recorded", "interest", "without", "instead")
_TOLD: Final = (
    ("use", "basis", "a basis"),
    ("keep", "limit", "a period"),
    ("answer", "acknowledges complaints within", "complaints clocked"),
    ("who", "regulator", "the regulator"),
    ("who", "company", "a company number"),
)


class Held(msgspec.Struct, frozen=True):
    """What came of one file: findings in its order, and the mistakes that kept it from being read."""

    file: str
    findings: list[Finding]
    on: dt.date  # the day of the law
    problems: list[Problem] = []
    remark: str = ""  # what is to be known of how the file was read
    lines: tuple[str, ...] = ()  # the file as it was read, where it was no UTF-8


def held(path: Path, law: Law, *, text: bytes | None = None) -> Held:
    """Hold a policy (or a text: .txt, .md) against a law. ``Trouble`` *no-file* when there is no such file. A policy
    that is handed in as ``text`` has no folder: its papers are not looked at."""
    try:
        if text is None and path.suffix.lower() in PROSE | PAGES and path.is_file():
            read, remark = _plain(path)
            lines = tuple(read.split("\n")) if remark else ()
            return Held(str(path), prose.findings(read, law, file=str(path)), law.on, remark=remark, lines=lines)
        source, name = source_of(path) if text is None else (text, str(path))
    except OSError as error:
        why = not_opened(path, error)
        raise Trouble(why.code, why.sentence, why.help, where=str(path)) from None
    reader = Reader(name, source)
    document = reader.read()
    found = [*_declared(reader, document, law), *_words(reader, document, law)]
    if document.as_written:
        return Held(name, _sorted(found), law.on, reader.problems)
    compiled = compiling.load(path, text=text, on=law.on, draft=False)
    mistakes = [one for one in compiled.problems if one.severity == "error"]
    return Held(name, _sorted([*found, *_made(compiled, name, law)]), law.on, mistakes)


def today(path: Path, of: str) -> dt.date:
    """The day that it is where a file speaks: on a policy's own clocks, else where the law ``of`` that is asked is at
    home. A file that cannot be opened is told of when it is held."""
    try:
        if path.suffix.lower() not in PROSE | PAGES:
            source, name = source_of(path)
            return compiling.today(Reader(name, source).read())
    except OSError:
        pass
    return zones.today("", (of,), "")


def _plain(path: Path) -> tuple[str, str]:
    """The text of a file, and a remark where it had to be read otherwise than as UTF-8."""
    with path.open("rb") as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Trouble(
            "too-big",
            f"{path.name} is larger than 1 MB.",
            "Hold its parts against the law one by one.",
            where=str(path),
        )
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    if (old := _western(data)) is None:
        raise Trouble("not-text", f"{path.name} is not UTF-8 text.", "Save the file as UTF-8.", where=str(path))
    return old, f"{path.name} is not UTF-8; it was read as Windows-1252, as old pages are saved."


def _western(data: bytes) -> str | None:
    """A text that an old program saved in Windows-1252: nearly all of it plain letters, and no controls."""
    foreign = sum(byte > 0x7F for byte in data)
    if foreign * FOREIGN > len(data) or any(byte < 0x20 and byte not in b"\t\n\r\f" for byte in data):
        return None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return None


def _sorted(found: list[Finding]) -> list[Finding]:
    """In file order; the same row on the same quote once."""
    seen: dict[tuple[int, int, str], Finding] = {}
    for one in found:
        seen.setdefault((one.line, one.column, one.law), one)
    return sorted(seen.values(), key=lambda one: (one.line, one.column))


# ----------------------------------------------------------------------------------------------------------- words


def _words(reader: Reader, document: Document, law: Law) -> list[Finding]:
    """Quoted words of an old text are held against every rule. In a policy that runs the declarations say what the
    words leave out, so that only words which nothing can mend are looked for there."""
    texts = list(_texts(document))
    said = [Said(text.text, head, number) for number, (text, head) in enumerate(texts)]
    rules = law.rules if document.as_written else [rule for rule in law.rules if rule.void]
    found = []
    for hit in prose.hits(said, rules, _told(document)):
        text, _ = texts[hit.said.where]
        line, column = locate(reader.lines, text, hit.passage.start)
        quote = text.text[hit.passage.start : hit.passage.end]
        end = _end(reader.lines, text, hit.passage.end)
        found.append(law.finding(hit.rule, file=document.file, line=line, column=column, quote=quote, end=end))
    return found


def _texts(document: Document) -> Iterator[tuple[Text, str]]:
    for section, entries in document.sections.items():
        head = LEADS.get(section, "")
        for entry in entries.values():
            if document.as_written or section != "promises":
                yield from ((text, head) for text in entry.texts(grammar.SAYS))
            for key in _spoken(section, entry):
                value = entry.values.get(key)
                if isinstance(value, Text):
                    yield value, ""
            if (ask := entry.entry("ask")) and isinstance(words_ := ask.values.get("words"), Text):
                yield words_, ""
            yield from ((text, "") for text in entry.pairs("tells").values())


def _spoken(section: str, entry: Entry) -> tuple[str, ...]:
    """The keys whose text people read. A promise that was mended says `instead`; its old words are a citation."""
    if section == "promises":
        return ("instead",) if entry.has("instead") else ("says",)
    return tuple(key for key in _PUBLISHED if entry.has(key))


def _told(document: Document) -> frozenset[str]:
    """What the declarations tell, so that no text need say it: bases when every use has one, and so on."""
    told = set()
    for section, key, meaning in _TOLD:
        entries = document.sections[section].values()
        if entries and all(entry.has(key) for entry in entries):
            told.add(meaning)
    return frozenset(told)


def locate(lines: list[str], text: Text, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character of a text: its words are followed through the file, because a text that
    runs over lines was folded when it was read."""
    row, column = text.mark.line - 1, text.mark.column - 1
    passed = text.text[:offset].split()
    for number, word in enumerate([*passed, text.text[offset:].split(maxsplit=1)[0]]):
        found = _next(lines, row, column, word)
        if found is None:
            return text.mark.line, text.mark.column
        row, column = found
        if number < len(passed):
            column += len(word)
    return row + 1, column + 1


def _end(lines: list[str], text: Text, offset: int) -> tuple[int, int]:
    """Line and column just after the word that ends before ``offset``."""
    word = text.text[:offset].split()[-1]
    line, column = locate(lines, text, text.text[:offset].rindex(word))
    rest = lines[line - 1][column - 1 :]
    return line, column + next((len(one) for one in _written(word) if rest.startswith(one)), len(word))


def _written(word: str) -> tuple[str, ...]:
    """A word as it may stand in the file."""
    return word, word.replace('"', '\\"'), word.replace("'", "''")


def _next(lines: list[str], row: int, column: int, word: str) -> tuple[int, int] | None:
    for line in range(row, min(row + 3, len(lines))):
        for written in _written(word):
            at = lines[line].find(written, column if line == row else 0)
            if at >= 0:
                return line, at
    return None


# ---------------------------------------------------------------------------------------------------- declarations


def _declared(reader: Reader, document: Document, law: Law) -> list[Finding]:
    found = []
    for rule in law.rules:
        look = MATCHERS.get(rule.look)
        for entry, mark in look(rule, document, law) if look else ():
            found.append(_at(reader, document, law, rule, entry, mark))
    return found


def _at(reader: Reader, document: Document, law: Law, rule: Rule, entry: Entry, mark: Mark) -> Finding:
    """A finding at a declaration; the old text's own words, where it has some, are the quote."""
    says = entry.texts(grammar.SAYS) if document.as_written else []
    if says:
        line, column = locate(reader.lines, says[0], 0)
        end = _end(reader.lines, says[0], len(says[0].text))
        return law.finding(rule, file=document.file, line=line, column=column, quote=says[0].text, end=end)
    source = reader.lines[mark.line - 1] if 0 < mark.line <= len(reader.lines) else ""
    quote = source[mark.column - 1 : mark.column - 1 + mark.length] or entry.name
    return law.finding(rule, file=document.file, line=mark.line, column=mark.column, quote=quote)


Found = Iterator[tuple[Entry, Mark]]


def _entries(rule: Rule, document: Document) -> Iterator[Entry]:
    for entry in document.sections[rule.section].values():
        if all(_has(entry, key, among) for key, among in rule.when.items()):
            yield entry


def _has(entry: Entry, key: str, among: tuple[str, ...]) -> bool:
    return entry.has(key) and (among == ("*",) or bool({entry.text(key), *entry.words(key)} & set(among)))


def _missing(rule: Rule, document: Document, law: Law) -> Found:
    if not document.as_written:
        return
    for entry in _entries(rule, document):
        if not entry.has(rule.key) and not any(entry.has(key) for key in rule.beside):
            yield entry, entry.mark


def _unsaid(rule: Rule, document: Document, law: Law) -> Found:
    """What the law asks of some: nobody need say it in a policy, and whoever must is told."""
    for entry in _entries(rule, document):
        last = entry.text("name").rstrip(".").rpartition(" ")[2].casefold()
        if rule.ends and last not in {one.casefold() for one in rule.ends}:
            continue
        if not any(_says(entry, path) for path in (rule.key, *rule.beside)):
            yield entry, entry.at("name")


def _says(entry: Entry, path: str) -> bool:
    outer, _, inner = path.rpartition("/")
    holder = entry.entry(outer) if outer else entry
    return holder is not None and holder.has(inner)


def _word(rule: Rule, document: Document, law: Law) -> Found:
    outer, _, inner = rule.key.rpartition("/")
    for entry in _entries(rule, document):
        holder = entry.entry(outer) if outer else entry
        if holder is not None and _has(holder, inner, rule.among):
            yield entry, holder.at(inner)


def _unkept(rule: Rule, document: Document, law: Law) -> Found:
    if not document.as_written:
        return
    kept = document.sections["keep"]
    for name, entry in document.sections["data"].items():
        if not any(rule == name or (rule.endswith(".*") and name.startswith(rule[:-1])) for rule in kept):
            yield entry, entry.mark


def _unlicensed(rule: Rule, document: Document, law: Law) -> Found:
    """Points that read a device in a text where no use has an exception for that, and none asks."""
    uses = document.sections["use"].values()
    if document.as_written and not any(use.has("on device") or use.has("ask") for use in uses):
        for entry in _entries(rule, document):
            yield entry, entry.mark


def _abroad(rule: Rule, document: Document, law: Law) -> Found:
    """Countries that the law of that day has not approved, and no other safeguard beside them."""
    approved = _approved(law)
    for entry in _entries(rule, document):
        under = entry.entry("under")
        if under is not None and under.text("mechanism") != "adequacy":
            continue
        for country in entry.texts(rule.key):
            if country.text in words.COUNTRIES and country.text not in approved:
                yield entry, country.mark


def _approved(law: Law) -> set[str]:
    home = {"GB"} if law.of == "uk" else {code for code, country in words.COUNTRIES.items() if country.eea}
    rows = facts.on(facts.of("uk" if law.of == "uk" else "eu").adequate, law.on)
    return home.union(*(row.countries for row in rows))


def _age(rule: Rule, document: Document, law: Law) -> Found:
    readers = document.one("law").words("readers in")
    if law.of == "uk":
        least = facts.age("uk", "GB", law.on)
    else:
        inside = [code for code in readers if code in words.COUNTRIES and words.COUNTRIES[code].eea]
        least = max((facts.age("eu", code, law.on) for code in inside), default=16)
    for entry in _entries(rule, document):
        if entry.has(rule.key) and entry.number(rule.key) < least and not entry.has("asked of parent"):
            yield entry, entry.at(rule.key)


MATCHERS: Final[dict[str, Callable[[Rule, Document, Law], Found]]] = {
    "missing": _missing,
    "unsaid": _unsaid,
    "word": _word,
    "unkept": _unkept,
    "unlicensed": _unlicensed,
    "abroad": _abroad,
    "age": _age,
}


# --------------------------------------------------------------------------------------------------------- the notice


def _made(compiled: Compiled, file: str, law: Law) -> list[Finding]:
    """What the notice that is made of a policy leaves unsaid. Without a plan there is no notice to look at."""
    rules = [rule for rule in law.rules if rule.look == "notice"]
    if compiled.plan is None or not rules:
        return []
    from troth.policy.emit import notice

    text = notice.render(compiled.plan, format="markdown")
    return [
        law.finding(rule, file=file, line=1, column=1, quote="")
        for rule in rules
        if not all(prose.means(name, text) for name in rule.here)
    ]
