"""Never: a negative promise is a declaration, held against every positive one. One of the two must go.

A prohibition that could never match anything would be a promise that nobody keeps, so every word of it must be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from troth.policy import words
from troth.policy.reading import Entry, Mark, Text, suggest

if TYPE_CHECKING:
    from troth.policy.checking import Checker

VERBS: Final = ("collect", "use", "disclose", "transfer", "join")
ANYONE: Final = "anyone"
FOR_MONEY: Final = "anyone for money"
FOR_MARKETING: Final = "anyone for marketing"
UNLESS: Final = ("consent", "statistics", "safeguard", "client instruction")
ABROAD: Final = "anywhere abroad"
NAMING: Final = frozenset({"data", "collect", "use", "disclose", "people"})
"""The sections in whose names a prohibition speaks."""


class Positive(msgspec.Struct, frozen=True):
    """What a declaration does, as a prohibition sees it: the data, and every word by which it could be meant."""

    path: str
    data: frozenset[str]
    meant: frozenset[str]
    mark: Mark
    excused: frozenset[str] = frozenset()


def check(checker: Checker) -> None:
    for name, entry in checker.section("never").items():
        verbs = [verb for verb in VERBS if entry.has(verb)]
        if len(verbs) == 1:
            _one(checker, name, entry, verbs[0])
        elif not entry.broken:
            checker.bad(
                entry.mark, "no-verb", f"“never/{name}” does not say what never happens.",
                f"Write one of {', '.join(VERBS)}.",
            )  # fmt: skip


def _one(checker: Checker, name: str, entry: Entry, verb: str) -> None:
    fields = _fields(checker, entry, verb)
    checker.never_data[name] = fields
    if not _known(checker, name, entry, verb):
        return
    if checker.document.lost & NAMING:
        return  # what a positive declaration does cannot be seen
    limits = frozenset(entry.words("for")) | (frozenset() if verb == "join" else frozenset(entry.words("to")))
    for positive in _positives(checker, verb, entry):
        hit = fields & positive.data
        if not hit or (limits and not limits & positive.meant) or entry.text("unless") in positive.excused:
            continue
        checker.bad(
            positive.mark, "never-broken",
            f"“{positive.path}” takes {', '.join(sorted(hit))}, but you promised never to (never/{name}).",
            "Remove one of the two: both cannot be true.",
        )  # fmt: skip


def _fields(checker: Checker, entry: Entry, verb: str) -> frozenset[str]:
    kinds = {item.text for item in entry.texts(verb)} & words.KINDS.keys()
    plain = [item for item in entry.texts(verb) if item.text not in kinds]
    meant = {name for name, one in checker.section("data").items() if one.text("is") in kinds}
    return checker.select.expand("never", plain) | meant


def _known(checker: Checker, name: str, entry: Entry, verb: str) -> bool:
    """Is every limit a word that could match something? Else the prohibition would hold nothing back."""
    known = _words(checker, verb)
    lost = [item for key in ("for", "to") for item in entry.texts(key) if item.text not in known]
    if verb == "join":
        checker.select.expand("never", entry.texts("to"))
    if verb == "join" or checker.document.lost & NAMING:
        lost = []
    for item in lost:
        checker.reader.astray += [(section, item.text) for section in ("disclose", "use", "collect", "people")]
        help = suggest(item.text, known, "Name a use, a recipient, a role, a country or “anyone”.")
        checker.bad(item.mark, "unknown-limit", f"“never/{name}” speaks of “{item.text}”, which is nothing here.", help)
    unless = Text(entry.text("unless"), entry.at("unless"))
    if unless.text and unless.text not in UNLESS:
        help = suggest(unless.text, UNLESS, f"Choose one of: {', '.join(UNLESS)}.")
        checker.bad(unless.mark, "unknown-limit", f"“{unless.text}” excuses nothing.", help)
        return False
    return not lost


def _words(checker: Checker, verb: str) -> set[str]:
    names = checker.document.names
    if verb in ("disclose", "transfer"):
        roles = set(words.ROLES) | {ANYONE, FOR_MONEY, FOR_MARKETING, ABROAD}
        return names("disclose") | roles | set(words.COUNTRIES) | names("use") | set(words.PURPOSES)
    if verb == "use":
        return names("use") | set(words.PURPOSES)
    return names("collect") | set(words.BY) | names("people") | names("use") | set(words.PURPOSES)


def _positives(checker: Checker, verb: str, entry: Entry) -> Iterator[Positive]:
    if verb == "collect":
        yield from _collected(checker)
    elif verb == "use":
        yield from _used(checker)
    elif verb == "join":
        yield from _joined(checker, entry)
    else:
        yield from _disclosed(checker)
    if verb == "transfer":
        yield from _housed(checker)


def _read(checker: Checker, section: str) -> Iterator[tuple[str, Entry]]:
    """What one that did not read would do cannot be seen, and is told once."""
    for name, entry in checker.section(section).items():
        uses = [checker.section("use").get(use) for use in entry.words("for")] if section == "disclose" else []
        if not entry.broken and all(use is not None and not use.broken for use in uses):
            yield name, entry


def _stored(checker: Checker, point: str) -> frozenset[str]:
    taken = checker.point_needs[point] | checker.point_may[point]
    return frozenset(field for field in taken if checker.form(field) != "never stored")


def _collected(checker: Checker) -> Iterator[Positive]:
    for name, entry in _read(checker, "collect"):
        stored = _stored(checker, name)
        uses = [use for use, data in checker.use_data.items() if data & stored]
        purposes = {checker.section("use")[use].text("is") for use in uses}
        meant = frozenset({entry.text("by"), name, *entry.words("of"), *uses, *purposes})
        yield Positive(f"collect/{name}", stored, meant, entry.mark)


def _used(checker: Checker) -> Iterator[Positive]:
    for name, entry in _read(checker, "use"):
        meant = {name, entry.text("is")} | ({"marketing"} if _markets(entry) else set())
        yield Positive(f"use/{name}", checker.use_data[name], frozenset(meant), entry.mark, _excused(entry))


def _disclosed(checker: Checker) -> Iterator[Positive]:
    """Whoever works for us acts as us, and so breaks no promise about others unless it is named."""
    for name, entry in _read(checker, "disclose"):
        role, uses = words.ROLES.get(entry.text("as")), _uses_of(checker, entry)
        meant = {name, entry.text("as"), *entry.words("in")}
        if {code for code in entry.words("in") if code != "GB"}:
            meant.add(ABROAD)
        if role is not None and role.for_itself:
            meant |= {ANYONE, *entry.words("for"), *(use.text("is") for use in uses)}
            meant |= {FOR_MARKETING} if any(_markets(use) for use in uses) else set()
        if entry.values.get("for money") is True:
            meant.add(FOR_MONEY)
        excused = {"safeguard"} if _safeguarded(entry) else set()
        excused |= {"statistics"} if entry.text("only as") == "statistics" else set()
        if uses and all(use.text("basis") == "consent" for use in uses):
            excused.add("consent")
        if uses and all(use.text("basis") == "instruction" for use in uses):
            excused.add("client instruction")
        data = checker.recipient_data[name]
        yield Positive(f"disclose/{name}", data, frozenset(meant), entry.mark, frozenset(excused))


def _housed(checker: Checker) -> Iterator[Positive]:
    """A place abroad is a transfer too, whoever runs it: UK GDPR Art 44A."""
    for name, entry in checker.section("places").items():
        if abroad := {code for code in entry.words("in") if code != "GB"}:
            runner = checker.section("disclose").get(entry.text("by"))
            excused = frozenset({"safeguard"} if runner is not None and _safeguarded(runner) else set())
            yield Positive(
                f"places/{name}", checker.place_data[name], frozenset({ABROAD, *abroad}), entry.mark, excused
            )


def _safeguarded(recipient: Entry) -> bool:
    """A derogation lets one transfer through without protecting anything: UK GDPR Art 49 is no safeguard."""
    under = recipient.entry("under")
    return under is not None and under.text("mechanism") not in words.UNGUARDED


def _joined(checker: Checker, never: Entry) -> Iterator[Positive]:
    """A browser joins a person only where its datum says so; what one point takes at once stands side by side."""
    to = checker.select.expand("never", never.texts("to"))
    for name, entry in checker.section("data").items():
        joins = entry.text("joins")
        if joins and joins != "never" and (not to or joins in to):
            yield Positive(f"data/{name}", frozenset({name}), frozenset({joins}), entry.mark)
    for name, entry in _read(checker, "collect"):
        if to & (stored := _stored(checker, name)):
            yield Positive(f"collect/{name}", stored - to, frozenset({name}), entry.mark)


def _uses_of(checker: Checker, entry: Entry) -> list[Entry]:
    return [checker.section("use")[use] for use in entry.words("for") if use in checker.section("use")]


def _markets(use: Entry) -> bool:
    word = words.PURPOSES.get(use.text("is"))
    return word is not None and word.marketing


def _excused(use: Entry) -> frozenset[str]:
    excused = {"consent"} if use.text("basis") == "consent" else set()
    excused |= {"statistics"} if use.text("yields") == "statistics" else set()
    return frozenset(excused | ({"client instruction"} if use.text("basis") == "instruction" else set()))
