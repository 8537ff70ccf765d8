"""Reading: YAML to nodes, nodes to entries, every scalar text until its place types it. All problems at once.

A policy is untrusted input. Nothing here resolves a tag, follows an alias, merges a key or guesses a type, so that
``NO`` stays Norway, ``08447591`` keeps its zero and 294 bytes of aliases stay 294 bytes.
"""

from __future__ import annotations

import codecs
import datetime as dt
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Final

import msgspec
import yaml

from troth.policy import grammar, periods
from troth.policy.grammar import Key, Section
from troth.policy.plan import Span
from troth.policy.problems import Problem

LARGEST: Final = 1_000_000  # bytes
GUESSES: Final = 50_000
"""With how many names the words of one file are compared to guess what was meant (about a second): a thousand slips in
a file of fifty names. A file made to be slow gets its problems without a guess."""
DEEPEST: Final = 20
LONGEST: Final = 200  # characters of a name
WIDEST: Final = 2000  # characters of a line that is shown; of a longer one its place is told
FEW: Final = 12  # words that a sentence may list
BLANK: Final = "TBC"
PROSE: Final = frozenset({".txt", ".md", ".text"})  # how the name of a text ends that people read
BOOLEANS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"})
_NAME: Final = re.compile(r"\w[\w '’&().+/-]*")
DATA_NAME: Final = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+|troth\.[a-z]+")
_SELECTOR: Final = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*(\.\*)?")
_SMALL: Final = re.compile(r"[A-Za-z0-9][\w .-]*")
_HIDDEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_BREAK: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")  # where YAML begins a line
_guesses: ContextVar[int] = ContextVar("guesses", default=GUESSES)
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Mark(msgspec.Struct, frozen=True):
    """Where something stands: line and column from 1, and how many characters to underline."""

    line: int
    column: int
    length: int = 1


class Text(msgspec.Struct, frozen=True):
    """A scalar as written, with its place."""

    text: str
    mark: Mark


class Entry:
    """One entry as read: typed values by key, a mark for each. What did not read is simply not there."""

    def __init__(self, name: str, mark: Mark) -> None:
        self.name, self.mark = name, mark
        self.values: dict[str, Value] = {}
        self.marks: dict[str, Mark] = {}
        self.items: dict[str, list[Text]] = {}
        self.broken = False

    def has(self, key: str) -> bool:
        return key in self.values

    def says(self, key: str) -> bool:
        """Whether it stands there at all, read or not: what did not read is told once."""
        return key in self.values or key in self.marks

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return value.text if isinstance(value, Text) else ""

    def words(self, key: str) -> tuple[str, ...]:
        return tuple(item.text for item in self.items.get(key, ()))

    def texts(self, key: str) -> list[Text]:
        return self.items.get(key, [])

    def date(self, key: str) -> dt.date | None:
        value = self.values.get(key)
        return value if isinstance(value, dt.date) else None

    def number(self, key: str) -> int:
        value = self.values.get(key)
        return value if isinstance(value, int) else 0

    def span(self, key: str) -> Span | None:
        value = self.values.get(key)
        return value if isinstance(value, Span) else None

    def pairs(self, key: str) -> dict[str, Text]:
        value = self.values.get(key)
        return value if isinstance(value, dict) else {}

    def entry(self, key: str) -> Entry | None:
        value = self.values.get(key)
        return value if isinstance(value, Entry) else None

    def entries(self, key: str) -> list[Entry]:
        value = self.values.get(key)
        return [one for one in value if isinstance(one, Entry)] if isinstance(value, list) else []

    def at(self, key: str) -> Mark:
        return self.marks.get(key, self.mark)


Value = Text | list[Text] | dt.date | int | bool | Span | dict[str, Text] | Entry | list[Entry] | None


class Document:
    """A policy file as read. ``sections`` hold entries by name; an unnamed section has one entry called ''."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.head: dict[str, Text] = {}
        self.sections: dict[str, dict[str, Entry]] = {name: {} for name in grammar.SECTIONS}
        self.none: set[str] = set()
        self.as_written: Mark | None = None  # an old text, held against the law and never published: it may lack parts
        self.blanks = 0  # TBC: what is still to be said
        self.poisoned: set[tuple[str, str]] = set()  # names whose entry did not read: references to them stay quiet
        self.lost: set[str] = set()  # sections that are missing or no sections: any reference to them stays quiet

    def one(self, section: str) -> Entry:
        return self.sections[section].get("") or Entry("", Mark(1, 1))

    def names(self, section: str) -> set[str]:
        return set(self.sections[section]) | {name for where, name in self.poisoned if where == section}

    @property
    def unread(self) -> bool:
        return bool(self.poisoned or self.lost)


class Reader:
    """Reads one file into a ``Document`` and a list of problems."""

    def __init__(self, file: str, source: bytes) -> None:
        self.problems: list[Problem] = []
        self.document = Document(file)
        self._source = source
        self.lines: list[str] = []
        self.scalars: Counter[str] = Counter()  # every key and value, and how often it stands there
        self.key_marks: dict[str, Mark] = {}  # of the author's own names in a map, by path
        self.astray: list[tuple[str, str]] = []  # each time that a section's name led nowhere
        _guesses.set(GUESSES)

    def bad(self, mark: Mark, code: str, sentence: str, help: str, law: str = "", severity: str = "error") -> None:
        line = self.lines[mark.line - 1] if 0 < mark.line <= len(self.lines) else ""
        line = line if len(line) <= WIDEST else ""  # a file made to be slow has thousands of problems in one
        self.problems.append(
            Problem(
                code=code, sentence=sentence, help=help, file=self.document.file, line=mark.line, column=mark.column,
                length=mark.length, source=line, law=law, severity=severity,  # type: ignore[arg-type]
            )
        )  # fmt: skip

    def read(self) -> Document:
        text = self._text()
        root = self._compose(text) if text is not None else None
        if isinstance(root, yaml.MappingNode):
            self._file(root)
        elif root is not None:
            self.bad(_mark(root), "not-a-map", "A policy is a list of sections.", "Begin with: troth: 1")
        return self.document

    # --- bytes to nodes -----------------------------------------------------------------------------------------

    def _text(self) -> str | None:
        start = Mark(1, 1)
        if len(self._source) > LARGEST:
            self.bad(
                start, "too-big", "The file is larger than 1 MB.", "Make it smaller; a policy is a text people read."
            )
            return None
        plain = self._source.removeprefix(codecs.BOM_UTF8)
        try:
            text = plain.decode("utf-8")
        except UnicodeDecodeError as error:
            *lines, last = plain[: error.start].decode("utf-8").split("\n")
            self.bad(
                Mark(len(lines) + 1, len(last) + 1), "not-text", "This is not UTF-8 text.", "Save the file as UTF-8."
            )
            return None
        self.lines = _BREAK.split(text.rstrip("\r\n"))
        for number, line in enumerate(self.lines, 1):
            if found := _HIDDEN.search(line):
                self._hidden(Mark(number, found.start() + 1))
                return None
        return text

    def _hidden(self, mark: Mark) -> None:
        self.bad(mark, "hidden-character", "A character stands here that nobody can see.", "Remove it.")

    def _compose(self, text: str) -> yaml.Node | None:
        loader = _Loader(text)
        try:
            if not self._events(text):
                return None
            node: yaml.Node | None = loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            self._scan_error(error)
            return None
        except (yaml.YAMLError, RecursionError):
            self.bad(Mark(1, 1), "unreadable", "The file cannot be read as YAML.", "Look at its brackets and quotes.")
            return None
        finally:
            loader.dispose()
        if node is None:
            self.bad(Mark(1, 1), "empty-file", "The file is empty.", "Begin with: troth: 1")
        return node

    def _events(self, text: str) -> bool:
        """Look at the events first: depth, aliases, anchors, tags and a second document never reach the composer."""
        depth, documents = 0, 0
        for event in yaml.parse(text, Loader=_Loader):
            start = event.start_mark
            mark = Mark(start.line + 1, start.column + 1) if start is not None else Mark(1, 1)
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    self.bad(mark, "too-deep", "This is nested deeper than anyone can follow.", "Flatten it.")
                    return False
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.bad(
                        mark,
                        "second-document",
                        "A second document begins here.",
                        "Keep one policy in one file, and take the dashes out.",
                    )
                    return False
            elif isinstance(event, yaml.ScalarEvent):
                self.scalars[event.value] += 1
            if (trick := _trick(event)) is not None:
                self.bad(mark, *trick)
                return False
        return True

    def _scan_error(self, error: yaml.MarkedYAMLError) -> None:
        from troth.policy import unread  # read only where something cannot be read

        found = unread.why(error, self.lines)
        self.bad(Mark(found.line, found.column), "unreadable", found.sentence, found.cure)

    # --- nodes to entries ---------------------------------------------------------------------------------------

    def _file(self, root: yaml.MappingNode) -> None:
        known = {*grammar.FIRST, *grammar.SECTIONS, grammar.AS_WRITTEN}
        said = _said(root)
        self._as_written(root)
        for key, key_mark, node in self._pairs(root):
            name = self._meant("unknown-section", f"There is no section “{key}”.", key, key_mark, known, said)
            if name in grammar.FIRST:
                if (text := self._scalar(node, name)) is not None:
                    self.document.head[name] = text
            elif name in grammar.SECTIONS:
                self._section(name, grammar.SECTIONS[name], node)
        self._head(_mark(root))
        unread = self.document.none | self.document.lost | {where for where, _ in self.document.poisoned}
        for name, section in grammar.SECTIONS.items() if not self.document.as_written else ():
            if section.need and not self.document.sections[name] and name not in unread:
                self.bad(_mark(root), "missing-section", f"The section “{name}” is missing.", f"Add `{name}:`.")
                self.document.lost.add(name)

    def _meant(self, code: str, sentence: str, word: str, mark: Mark, known: Collection[str], said: set[str]) -> str:
        """A name that is known, or the one that a misspelt one stands for: it is told, and read as that. So what
        stands there is looked at like the rest, and nothing seems to be missing that only has a slip in its name."""
        if word in known:
            return word
        name = meant(word, known, said)
        said.add(name)
        self.bad(mark, code, sentence, f"Did you mean “{name}”?" if name else suggest(word, known, "Take it out."))
        return name

    def _as_written(self, root: yaml.MappingNode) -> None:
        """Look for the mark of an old text first: it decides what may be missing further down."""
        for key, node in root.value:
            if key.value == grammar.AS_WRITTEN or (isinstance(key.value, str) and slip(key.value, grammar.AS_WRITTEN)):
                text = self._scalar(node, grammar.AS_WRITTEN)
                if text is not None and self._typed(Key("yes"), text, grammar.AS_WRITTEN):
                    self.document.as_written = _mark(key)

    def _head(self, mark: Mark) -> None:
        version, name = self.document.head.get("troth"), self.document.head.get("policy")
        if version is None:
            self.bad(mark, "missing-key", "Nobody says which version of the language this is.", "Begin with: troth: 1")
        elif version.text != "1":
            self.bad(version.mark, "language-version", f"This is language {version.text}.", "Write troth: 1")
        if name is None:
            self.bad(mark, "missing-key", "The policy has no name.", "Add `policy:` and one small word.")
        elif not re.fullmatch(r"[a-z][a-z0-9-]*", name.text):
            self.bad(name.mark, "bad-name", f"“{name.text}” is no small word.", "Use letters, digits and hyphens.")

    def _section(self, name: str, section: Section, node: yaml.Node) -> None:
        if isinstance(node, yaml.ScalarNode) and node.value == "none" and section.none:
            self.document.none.add(name)
            return
        if not isinstance(node, yaml.MappingNode):
            self.bad(_mark(node), "not-a-map", f"“{name}” holds no entries.", f"Write its entries under `{name}:`.")
            self.document.lost.add(name)
            return
        if not section.named:
            self.document.sections[name][""] = self._entry(name, "", section, node, _mark(node))
            return
        for key, mark, value in self._pairs(node):
            if not self._named_well(section, key, mark):
                self.document.poisoned.add((name, key))
                continue
            entry = self._entry(name, key, section, value, mark)
            if entry.broken:
                self.document.poisoned.add((name, key))
            self.document.sections[name][key] = entry

    def _named_well(self, section: Section, name: str, mark: Mark) -> bool:
        if name.lower() in BOOLEANS:
            self.bad(mark, "yaml-word", f"“{name}” means yes or no to other programs.", "Choose another name.")
            return False
        if len(name) > LONGEST:
            self.bad(mark, "bad-name", f"“{name[:40]}…” is too long for a name.", f"Use at most {LONGEST} characters.")
            return False
        pattern, help = {
            "words": (_NAME, "Use letters, digits, spaces and ' & ( ) . + -"),
            "data": (DATA_NAME, "Use two or more small words joined by dots, as account.email."),
            "selectors": (_SELECTOR, "Name a datum, or a group as account.*"),
            "small": (_SMALL, "Use the clause's id, as omono-1.1"),
        }[section.names]
        if pattern.fullmatch(name):
            return True
        code = "star-misplaced" if "*" in name else "bad-name"
        self.bad(mark, code, f"“{name}” cannot be a name here.", help)
        return False

    def _entry(self, where: str, name: str, section: Section, node: yaml.Node, mark: Mark) -> Entry:
        if section.short and not isinstance(node, yaml.MappingNode):
            entry = Entry(name, mark)
            self._take(entry, section.short, section.keys[section.short], node, f"{where}/{name}")
            return entry
        return self._map(f"{where}/{name}" if name else where, name, section.keys, node, mark)

    def _map(self, path: str, name: str, keys: dict[str, Key], node: yaml.Node, mark: Mark) -> Entry:
        entry = Entry(name, mark)
        if self.document.as_written:
            keys = {grammar.SAYS: Key("words"), **keys}
        if not isinstance(node, yaml.MappingNode):
            self.bad(
                _mark(node), "not-a-map", f"“{path}” is one value where keys are expected.", "Write {key: value, …}."
            )
            entry.broken = True
            return entry
        said, strange = _said(node), []
        for written, key_mark, value in self._pairs(node):
            key = written if written in keys else self._unknown_key(path, written, key_mark, value, keys, said)
            if not key:
                strange.append(written)
                entry.broken = True
                continue
            entry.marks[key] = key_mark
            self._take(entry, key, keys[key], value, path)
        for key, rule in keys.items():
            if rule.need and key not in entry.marks and not self.document.as_written:
                entry.broken = True
                if any(slip(word, key) for word in strange):
                    continue  # it may be the one that is told already
                self.bad(mark, "missing-key", f"“{path}” does not say `{key}`.", f"Add `{key}:`.")
        return entry

    def _unknown_key(
        self, path: str, key: str, mark: Mark, node: yaml.Node, keys: Collection[str], said: set[str]
    ) -> str:
        """The key that was meant, or '' when nobody can know."""
        if isinstance(node, yaml.ScalarNode) and node.value == "" and not node.style:
            self.bad(
                mark, "cut-sentence", f"A comma cut a sentence in two at “{key}”.", "Put the sentence in double quotes."
            )
            return ""
        return self._meant("unknown-key", f"“{path}” has no key “{key}”.", key, mark, keys, said)

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, Mark, yaml.Node]]:
        seen: dict[str, int] = {}
        for key_node, value in node.value:
            mark = _mark(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self.bad(mark, "not-text", "A key is not a word here.", "Write `name: value`.")
                continue
            if _HIDDEN.search(key_node.value):  # by an escape
                self._hidden(mark)
                continue
            key = " ".join(key_node.value.split())
            if key in seen:
                first = f"(first on line {seen[key]})"
                self.bad(mark, "said-twice", f"“{key}” is said twice {first}.", "Keep one of them.")
                continue
            seen[key] = mark.line
            yield key, mark, value

    # --- values -------------------------------------------------------------------------------------------------

    def _scalar(self, node: yaml.Node, path: str) -> Text | None:
        if not isinstance(node, yaml.ScalarNode):
            self.bad(_mark(node), "not-one-value", f"“{path}” takes one value.", "Write a single word or sentence.")
            return None
        if _HIDDEN.search(node.value):  # by an escape
            self._hidden(_mark(node))
            return None
        text = " ".join(node.value.split())
        if not text:
            help = "Put the whole sentence in double quotes." if self._hash_follows(node) else "Say it, or say none."
            code = "cut-sentence" if self._hash_follows(node) else "empty-value"
            self.bad(_mark(node), code, f"“{path}” has no value.", help)
            return None
        if self._cut(node, text):
            return None
        if text == BLANK:
            self.document.blanks += 1
            self.bad(
                _mark(node),
                "blank",
                f"Still to be said: {path}.{_wanted(path)}",
                "Replace TBC. A policy with a blank cannot be published.",
            )
            return None
        return Text(text, _mark(node))

    def _cut(self, node: yaml.ScalarNode, text: str) -> bool:
        """Is this only the first half of what its author wrote, or in quotes that only a word processor knows?"""
        if not node.style and self._hash_follows(node):
            self.bad(
                _mark(node), "cut-sentence", f"The sentence is cut at “#”: only “{text}” was read.",
                "Put the whole sentence in double quotes.",
            )  # fmt: skip
            return True
        if not node.style and text[0] in "“”‘":
            self.bad(_mark(node), "curly-quote", "These quotes come from a word processor.", 'Use straight ones: "')
            return True
        return False

    def _hash_follows(self, node: yaml.Node) -> bool:
        line = self.lines[node.end_mark.line] if node.end_mark.line < len(self.lines) else ""
        return bool(re.match(r"\s+#\S", line[node.end_mark.column :]))

    def _take(self, entry: Entry, key: str, rule: Key, node: yaml.Node, path: str) -> None:
        before = len(self.problems)
        value = self._value(entry, key, rule, node, f"{path}/{key}")
        entry.marks.setdefault(key, _mark(node))
        if len(self.problems) > before and value is None:
            entry.broken = True
        if value is not None:
            entry.values[key] = value
            entry.marks[key] = _mark(node)

    def _value(self, entry: Entry, key: str, rule: Key, node: yaml.Node, path: str) -> Value:
        if rule.takes in ("words", "choices"):
            return self._words(entry, key, rule, node, path)
        if rule.takes == "map":
            return self._map(path, key, rule.keys, node, _mark(node))
        if rule.takes == "list":
            return self._list(rule, node, path)
        if rule.takes == "pairs":
            return self._free(node, path)
        text = self._scalar(node, path)
        if text is None:
            return None
        if rule.none and text.text == "none":
            return None
        return self._typed(rule, text, path)

    def _words(self, entry: Entry, key: str, rule: Key, node: yaml.Node, path: str) -> Value:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found = [text for one in nodes if (text := self._scalar(one, path)) is not None]
        if isinstance(node, yaml.SequenceNode) and not nodes:
            self._empty_list(node, path)
            return None
        if rule.among:
            found = [text for text in found if self._typed(rule._replace(takes="choice"), text, path) is not None]
        entry.items[key] = found
        return found or None

    def _empty_list(self, node: yaml.Node, path: str) -> None:
        self.bad(_mark(node), "empty-value", f"“{path}” is an empty list.", "Say what belongs there, or leave it out.")

    def _list(self, rule: Key, node: yaml.Node, path: str) -> Value:
        if not isinstance(node, yaml.SequenceNode):
            self.bad(
                _mark(node), "not-a-list", f"“{path}” is a list.", "Write each on a line of its own, after a dash."
            )
            return None
        return [self._map(path, "", rule.keys, one, _mark(one)) for one in node.value]

    def _free(self, node: yaml.Node, path: str) -> Value:
        """A map of the author's own names to one value, or to a map that is written out as 'key.sub'; or one word."""
        if isinstance(node, yaml.ScalarNode):
            text = self._scalar(node, path)
            return {text.text: Text("", text.mark)} if text else None
        if isinstance(node, yaml.SequenceNode):
            return self._bare(node, path)
        found: dict[str, Text] = {}
        assert isinstance(node, yaml.MappingNode)
        for key, mark, value in self._pairs(node):
            self.key_marks[f"{path}/{key}"] = mark
            if isinstance(value, yaml.MappingNode):
                inner = self._free(value, f"{path}/{key}")
                found |= {f"{key}\t{sub}": text for sub, text in inner.items()} if isinstance(inner, dict) else {}
            elif (text := self._scalar(value, f"{path}/{key}")) is not None:
                found[key] = text
        return found

    def _bare(self, node: yaml.SequenceNode, path: str) -> Value:
        if not node.value:
            self._empty_list(node, path)
            return None
        found: dict[str, Text] = {}
        for text in (self._scalar(one, path) for one in node.value):
            if text is not None and text.text in found:
                sentence = f"“{text.text}” stands twice in the list of `{path}`."
                self.bad(text.mark, "listed-twice", sentence, "Keep one, or write the other that was meant.")
            elif text is not None:
                found[text.text] = Text("", text.mark)
        return found

    def _typed(self, rule: Key, text: Text, path: str) -> Value:
        if rule.takes == "choice":
            if text.text in rule.among:
                return text
            help = suggest(text.text, rule.among, f"Choose one of: {', '.join(sorted(rule.among)[:12])}.")
            self.bad(text.mark, "unknown-word", f"“{text.text}” is no word for “{path}”.", help)
            return None
        if rule.takes == "date":
            return self._date(text)
        if rule.takes == "number":
            if re.fullmatch(r"[0-9]{1,6}", text.text):
                return int(text.text)
            self.bad(text.mark, "not-a-number", f"“{text.text}” is not a whole number.", "Write digits only.")
            return None
        if rule.takes == "yes":
            if text.text in ("yes", "no"):
                return text.text == "yes"
            self.bad(text.mark, "not-yes-or-no", f"“{text.text}” is neither yes nor no.", "Write yes or no.")
            return None
        return self._length(rule, text)

    def _length(self, rule: Key, text: Text) -> Value:
        if rule.takes == "span":
            if (length := periods.span(text.text)) is not None:
                return length
        elif rule.takes != "period" or periods.read(text.text) is not None:
            return text
        moments = ", “12 months after contract ends” or “until answered”" if rule.takes == "period" else ""
        near = periods.near(text.text, periods.read if moments else periods.span)
        help = f"Did you mean “{near}”?" if near else f"Say for example “2 years”{moments}."
        self.bad(text.mark, "not-a-period", f"“{text.text}” is not a period.", help, "UK GDPR Art 13(2)(a)")
        return None

    def _date(self, text: Text) -> dt.date | None:
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text.text):
                return dt.date.fromisoformat(text.text)
        except ValueError:
            pass
        self.bad(text.mark, "not-a-date", f"“{text.text}” is not a date.", "Write year, month and day, as 2026-11-22.")
        return None


def _trick(event: yaml.Event) -> tuple[str, str, str] | None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return (
            "alias",
            "Anchors and aliases are not read.",
            "Write it out. Where the sign itself is meant, put the value in double quotes.",
        )
    if getattr(event, "tag", None) is not None and not isinstance(event, yaml.DocumentStartEvent):
        return "tag", "Tags are not read.", "Remove the word that begins with “!”."
    if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.style in (None, ""):
        return "merge", "Merge keys are not read.", "Write it out."
    return None


def _mark(node: yaml.Node) -> Mark:
    start, end = node.start_mark, node.end_mark
    one_line = isinstance(node, yaml.ScalarNode) and start.line == end.line
    return Mark(start.line + 1, start.column + 1, max(1, end.column - start.column) if one_line else 1)


def _said(node: yaml.MappingNode) -> set[str]:
    """The keys as they are written in a map."""
    return {" ".join(key.value.split()) for key, _ in node.value if isinstance(key, yaml.ScalarNode)}


def meant(word: str, known: Iterable[str], said: Collection[str]) -> str:
    """The one name that a misspelt word can stand for: the nearest that is not said beside it; '' if there is none."""
    near = sorted((slips(word, name), name) for name in known if name not in said and slip(word, name))
    return near[0][1] if near and (len(near) == 1 or near[0][0] < near[1][0]) else ""


def slip(word: str, name: str) -> bool:
    """Whether a word is a name with one slip of the pen (two in a long name)."""
    allowed = 1 if len(name) <= 5 else 2
    return abs(len(word) - len(name)) <= allowed and slips(word, name) <= allowed


def slips(word: str, name: str) -> int:
    """How many slips make a name a word: a letter more, less, other, or two swapped. Capitals are none."""
    one, other = word.casefold(), name.casefold()
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        next_ = [i]
        for j, b in enumerate(other, 1):
            cost = min(row[j] + 1, next_[-1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            next_.append(cost)
        before, row = row, next_
    return row[-1]


def suggest(word: str, known: Iterable[str], otherwise: str) -> str:
    """'Did you mean …?', worked out only for a problem that is shown, and while the file has guesses left."""
    import difflib

    names = list(known)
    _guesses.set(_guesses.get() - len(names))
    if _guesses.get() < 0:
        return otherwise
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f"Did you mean “{close[0]}”?" if close else otherwise


def not_opened(path: Path, error: OSError) -> Problem:
    """Why a policy file could not be opened, which part of its path is in the way, and what to do."""
    if isinstance(error, PermissionError):
        way = path / "policy.yaml" if os.path.isdir(path) else path
        shut = next((one for one in reversed(way.parents) if not os.path.exists(f"{one}/.")), way)
        what, leave = ("folder", "u+rx") if shut != way else ("file", "u+r")
        sentence = f"The {what} {shut} may not be read by the user that runs troth."
        help = f"Give leave, as with chmod {leave}, or run troth as its owner."
        return Problem(code="no-leave", sentence=sentence, help=help, file=str(path))
    if os.path.isdir(path):
        sentence = f"The folder {path.name or path.resolve()} has no policy.yaml."
    elif isinstance(error, FileNotFoundError):
        sentence = f"There is no file {path.name}."
    else:
        sentence = f"{path.name} cannot be opened: {error.strerror}."
    return Problem(code="no-file", sentence=sentence, help="Name a policy file.", file=str(path))


def source_of(path: Path) -> tuple[bytes, str]:
    """The bytes of a policy file (or of a folder's ``policy.yaml``) and how to call it."""
    file = path / "policy.yaml" if path.is_dir() else path
    with file.open("rb") as stream:
        return stream.read(LARGEST + 1), str(file)


def _wanted(path: str) -> str:
    """What stands at such a place, and of which words it is one; '' where nobody could say."""
    from troth.policy.emit import schema  # read only where something is blank

    name, _, rest = path.partition("/")
    section = grammar.SECTIONS.get(name)
    if section is None:
        return ""
    rest = (rest.partition("/")[2] or section.short) if section.named else rest
    said = schema.meanings()[name].get(rest) if rest else None
    if said is None:
        return ""
    first, *inner = rest.split("/")
    key = section.keys[first]
    for one in inner:
        key = key.keys[one]
    among = f" One of: {', '.join(sorted(key.among))}." if 0 < len(key.among) <= FEW else ""
    example = f" For example: “{said[1]}”." if not among and said[1:] and isinstance(said[1], str) else ""
    return f" {said[0]}{among}{example}"
