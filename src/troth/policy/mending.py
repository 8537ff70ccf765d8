"""An old text beside the policy that mends it: their names differ, so they are compared by what the words mean.

An old text (`as written: yes`) may lack what a plan must have, so there is no plan of it. Two documents are compared
as they were read: kinds of data, purposes, what recipients are, how long what is kept. What one does not say is said
to be not said, never guessed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import msgspec

from troth.policy import periods, words
from troth.policy.changes import Change, Kind, Then, longer
from troth.policy.law.rules import Finding
from troth.policy.plan import Rule
from troth.policy.reading import Document, Entry, Reader, Text, source_of
from troth.policy.selecting import Selecting


class Side(msgspec.Struct, frozen=True):
    """One of the two: its document, and how its selectors expand."""

    document: Document
    selecting: Selecting

    def section(self, name: str) -> dict[str, Entry]:
        return self.document.sections[name]

    def kind(self, field: str) -> str:
        return self.section("data")[field].text("is")

    def kinds(self, section: str, entry: Entry) -> frozenset[str]:
        return frozenset(self.kind(one) for one in self.selecting.expand(section, entry.texts("data")))


def read(path: Path) -> Side:
    """A file as it stands, old text or policy. ``OSError`` when it is not there."""
    source, name = source_of(path)
    reader = Reader(name, source)
    document = reader.read()
    return Side(document, Selecting(document, reader))


def is_old(path: Path) -> bool:
    """Whether this file says of itself that it is an old text, as it was written."""
    return read(path).document.as_written is not None


def compare(old: Side, new: Side) -> list[Change]:
    """What the new one does more or less than the old text said, widened first."""
    found = [*_data(old, new), *_uses(old, new), *_recipients(old, new), *_periods(old, new), *_limits(old, new)]
    order = {"widened": 0, "changed": 1, "narrowed": 2}
    return sorted(dict.fromkeys(found), key=lambda change: (order[change.kind], change.path))


def mended(old: list[Finding], new: list[Finding]) -> list[Change]:
    """What the law objected to in the old text, and whether it still would."""
    still = {finding.rule for finding in new}
    return [
        Change(
            "changed",
            f"law/{rule}",
            f"{found[0].reason} ({len(found)} times, {found[0].source}.) "
            + ("It still does." if rule in still else "Mended."),
        )
        for rule, found in _by_rule(old)
    ]


def _by_rule(found: list[Finding]) -> list[tuple[str, list[Finding]]]:
    ordered = sorted(found, key=lambda finding: finding.rule)
    return [(rule, list(group)) for rule, group in itertools.groupby(ordered, key=lambda finding: finding.rule)]


def _sets(section: str, before: set[str], after: set[str], gain: str, loss: str, then: Then) -> Iterator[Change]:
    yield from (Change("widened", f"{section}/{name}", gain, then) for name in sorted(after - before))
    yield from (Change("narrowed", f"{section}/{name}", loss) for name in sorted(before - after))


def _data(old: Side, new: Side) -> Iterator[Change]:
    before, after = ({entry.text("is") for entry in side.section("data").values()} for side in (old, new))
    yield from _sets(
        "data", before, after, "The old text took no such data.", "No such data is taken any more.", "tell"
    )
    forms = {entry.text("is"): entry.text("as") for entry in old.section("data").values()}
    for entry in new.section("data").values():
        kind, form = entry.text("is"), entry.text("as") or words.KINDS[entry.text("is")].form
        if kind in forms and form != "clear" and forms[kind] != form:
            was = f"as {forms[kind]}" if forms[kind] else "in no form that the old text named"
            yield Change("narrowed", f"data/{kind}", f"It was stored {was}; now {words.FORMS[form].says}.")


def _uses(old: Side, new: Side) -> Iterator[Change]:
    before, after = _grouped(old, "use", "is"), _grouped(new, "use", "is")
    for word in sorted(after.keys() - before.keys()):
        names = ", ".join(sorted(entry.name for entry in after[word]))
        asked = all(entry.text("basis") == "consent" for entry in after[word])
        yield Change(
            "widened", f"use/{word}", f"The old text had no such purpose: {names}.", "ask" if asked else "tell"
        )
    for word in sorted(before.keys() - after.keys()):
        names = ", ".join(sorted(entry.name for entry in before[word]))
        yield Change("narrowed", f"use/{word}", f"This purpose is gone: {names}.")
    for word in sorted(before.keys() & after.keys()):
        yield from _one_use(old, new, word, before[word], after[word])


def _one_use(old: Side, new: Side, word: str, before: list[Entry], after: list[Entry]) -> Iterator[Change]:
    was, now = _said(before, "basis"), _said(after, "basis")
    if was != now:
        kind: Kind = "narrowed" if "consent" in now or not was else "changed"
        yield Change(kind, f"use/{word}", f"Its basis was {_list(was)} and is {_list(now)}.")
    yield from _more(
        f"use/{word}",
        _kinds(old, "use", before),
        _kinds(new, "use", after),
        "uses",
        "ask" if now == {"consent"} else "tell",
    )


def _recipients(old: Side, new: Side) -> Iterator[Change]:
    before, after = _grouped(old, "disclose", "as"), _grouped(new, "disclose", "as")
    for role in sorted(after.keys() - before.keys()):
        names = ", ".join(sorted(entry.name for entry in after[role]))
        said = f"The old text told of nobody in this part ({_role(role)}): {names}."
        yield Change("widened", f"disclose/{role}", said, "tell")
    for role in sorted(before.keys() - after.keys()):
        names = ", ".join(sorted(entry.name for entry in before[role]))
        yield Change("narrowed", f"disclose/{role or 'anyone'}", f"Nobody gets data in this part any more: {names}.")
    for role in sorted(before.keys() & after.keys()):
        named = ", ".join(sorted(entry.name for entry in after[role]))
        yield Change("narrowed", f"disclose/{role}", f"They are named now, and nobody else is one: {named}.")
        path = f"disclose/{role}"
        yield from _more(
            path, _kinds(old, "disclose", before[role]), _kinds(new, "disclose", after[role]), "get", "tell"
        )
        countries = (_said(before[role], "in"), _said(after[role], "in"))
        if not countries[0]:
            yield Change(
                "narrowed", path, f"Their countries were not said; now they are in {_list(countries[1])} alone."
            )
        else:
            yield from _more(path, *countries, "are in", "tell")


def _periods(old: Side, new: Side) -> Iterator[Change]:
    before, after = _kept(old), _kept(new)
    for kind in sorted(after):
        was, now = before.get(kind), after[kind]
        if was is None:
            said = "The old text said no end" if kind in {e.text("is") for e in old.section("data").values()} else ""
            if said:
                yield Change("narrowed", f"keep/{kind}", f"{said}; now it is kept {now.text}.")
        elif was.text != now.text:
            wider = longer(was, now)
            yield Change(
                "widened" if wider else "narrowed",
                f"keep/{kind}",
                f"It was kept {was.text}, now {now.text}.",
                "tell" if wider else "",
            )


def _kept(side: Side) -> dict[str, Rule]:
    """The rule of each kind of data; where several fields of one kind differ, the longest."""
    found: dict[str, Rule] = {}
    for entry in side.section("keep").values():
        rule = periods.read(entry.text("limit"))
        for field in side.selecting.expand("keep", [Text(entry.name, entry.mark)]) if rule else ():
            kind = side.kind(field)
            if rule and (kind not in found or longer(found[kind], rule)):
                found[kind] = rule
    return found


def _limits(old: Side, new: Side) -> Iterator[Change]:
    for name in sorted(set(new.section("never")) - set(old.section("never"))):
        yield Change("narrowed", f"never/{name}", "This is ruled out, in a form that a program keeps.")
    was, now = set(old.section("cookies")), set(new.section("cookies"))
    if now and was != now:
        yield Change(
            "narrowed", "cookies", f"Each is listed by name, setter, use and end: {_list(now)}; nothing else is set."
        )
    ages = [
        min((e.number("least age") for e in side.section("people").values() if e.number("least age")), default=0)
        for side in (old, new)
    ]
    if ages[0] != ages[1]:
        kind: Kind = "narrowed" if ages[1] > ages[0] else "widened"
        yield Change(
            kind,
            "people",
            f"The least age was {ages[0] or 'not said'} and is {ages[1] or 'not said'}.",
            "tell" if kind == "widened" else "",
        )


def _grouped(side: Side, section: str, key: str) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in side.section(section).values():
        found.setdefault(entry.text(key), []).append(entry)
    return found


def _said(entries: list[Entry], key: str) -> set[str]:
    return {word for entry in entries for word in entry.words(key) or ([entry.text(key)] if entry.text(key) else [])}


def _kinds(side: Side, section: str, entries: list[Entry]) -> set[str]:
    return {kind for entry in entries for kind in side.kinds(section, entry)}


def _more(path: str, before: set[str], after: set[str], verb: str, then: Then) -> Iterator[Change]:
    if extra := after - before:
        yield Change(
            "widened",
            path,
            f"It also {verb} {_list(extra)}." if verb == "uses" else f"They also {verb} {_list(extra)}.",
            then,
        )
    if less := before - after:
        yield Change(
            "narrowed",
            path,
            f"It no longer {verb} {_list(less)}." if verb == "uses" else f"They no longer {verb} {_list(less)}.",
        )


def _role(role: str) -> str:
    return words.ROLES[role].label if role in words.ROLES else "is not named"


def _list(found: set[str]) -> str:
    return ", ".join(sorted(found)) or "not said"
