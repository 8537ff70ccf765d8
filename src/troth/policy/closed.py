"""Closed words: names and words of a policy that something must be able to read, and that no other rule looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from troth.policy import periods, words
from troth.policy.plan import Span
from troth.policy.reading import Entry, Mark, suggest

if TYPE_CHECKING:
    from troth.policy.checking import Checker

APART: Final = "quarantined "
JOINED: Final = ("never", "person")
"""When a browser is joined to its person: never, by any proof; else by the proof of the datum that is named."""


def check(checker: Checker) -> None:
    for entry in checker.section("data").values():
        _joins(checker, entry)
    for entry in checker.section("collect").values():
        _rest(checker, entry)
    for name, entry in checker.section("keep").items():
        _own(checker, name, entry)
    told: set[str] = set()
    for name, entry in checker.section("use").items():
        _permissions(checker, name, entry)
        _part(checker, name, entry, told)


def _own(checker: Checker, name: str, entry: Entry) -> None:
    """What troth keeps itself has names of its own: a rule for another one would decide nothing."""
    if not name.startswith("troth.") or name.endswith("*") or name in words.BUILT_IN:
        return
    if name not in checker.document.names("data"):
        help = suggest(name, words.BUILT_IN, f"Choose one of: {', '.join(words.BUILT_IN)}.")
        checker.bad(entry.mark, "unknown-data", f"Nothing that troth itself keeps is called “{name}”.", help)


def _joins(checker: Checker, entry: Entry) -> None:
    said = entry.text("joins")
    if not said or said in JOINED or "data" in checker.document.lost:
        return
    if said not in (known := checker.document.names("data")):
        sentence = f"Nobody declares “{said}”, by whose proof a browser would be joined."
        help = suggest(said, [*known, *JOINED], "Name a datum, or write `person` or `never`.")
        checker.reader.astray.append(("data", said))
        checker.bad(entry.at("joins"), "unknown-data", sentence, help)


def _rest(checker: Checker, entry: Entry) -> None:
    """What nobody asked for is set apart, and goes: Art 5(1)(c)."""
    said, mark = entry.text("the rest"), entry.at("the rest")
    if not said:
        return
    if not said.startswith(APART):
        sentence = f"“{said}” does not say when what was not asked for goes."
        checker.bad(mark, "unknown-word", sentence, "Write for example `quarantined 30 days`.", "UK GDPR Art 5(1)(c)")
    elif (length := periods.span(said.removeprefix(APART))) is None:
        sentence = f"“{said.removeprefix(APART)}” is not a length of time."
        checker.bad(mark, "not-a-period", sentence, "Write for example `quarantined 30 days`.")
    else:
        within(checker, length, 1, mark, "What was not asked for")


def within(checker: Checker, length: Span | None, years: int, mark: Mark, what: str) -> None:
    """Whether a length of time is one that somebody means."""
    if length is not None and periods.years(length) > years:
        most = "a year" if years == 1 else f"{years} years"
        sentence = f"{what}: {periods.say_span(length)} is longer than anybody plans for."
        checker.bad(mark, "too-long", sentence, f"Choose {most} or less.", "UK GDPR Art 5(1)(e)")


def _permissions(checker: Checker, name: str, entry: Entry) -> None:
    """What allows a message is a word of the list, also where nothing is marketing (of which another rule speaks)."""
    purpose = words.PURPOSES.get(entry.text("is"))
    if purpose is None or purpose.message_class == "marketing":
        return
    for channel, permission in entry.pairs("by").items():
        if channel in words.CHANNELS and permission.text and permission.text not in words.PERMISSIONS:
            known = sorted(words.CHANNELS[channel].permissions)
            sentence = f"“{name}” goes by {channel} with “{permission.text}”, which allows nothing."
            help = suggest(permission.text, known, f"Take it out, or choose one of: {', '.join(known)}.")
            checker.bad(permission.mark, "unknown-permission", sentence, help, "PECR reg 22")


def _part(checker: Checker, name: str, entry: Entry, told: set[str]) -> None:
    """A use is listed under another one, and never under itself, be it through others."""
    whole, uses = entry.text("part of"), checker.document.names("use")
    if not whole or "use" in checker.document.lost:
        return
    if whole not in uses:
        help = suggest(whole, uses, "Declare it under `use`, or take it out.")
        checker.reader.astray.append(("use", whole))
        checker.bad(entry.at("part of"), "unknown-use", f"Nobody declares “{whole}” under `use`.", help)
        return
    way = [name]
    while whole and whole not in way:
        way.append(whole)
        above = checker.section("use").get(whole)
        whole = above.text("part of") if above else ""
    if whole == name and told.isdisjoint(way):
        sentence = f"“{name}” would be listed under itself: {' → '.join([*way, name])}."
        checker.bad(entry.at("part of"), "part-of-itself", sentence, "Name the use that is the whole.")
        told.update(way)
