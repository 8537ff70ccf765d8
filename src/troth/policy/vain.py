"""In vain: what stands in a policy and does nothing. Who reads it takes it for a promise, and no program keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from troth.policy import words
from troth.policy.reading import LONGEST, Entry, Text

if TYPE_CHECKING:
    from troth.policy.checking import Checker

BASES: Final[dict[str, frozenset[str]]] = {
    "interest": frozenset({"legitimate interests"}),
    "balance": frozenset({"legitimate interests", "recognised legitimate interests"}),
    "case": frozenset({"recognised legitimate interests"}),
    "law": frozenset({"legal obligation", "public task", "recognised legitimate interests"}),
    "instructed by": frozenset({"instruction"}),
}
"""Keys that say more of a basis, and the bases of which they do: UK GDPR Art 6(1). A case may rest on a law, too."""
WITHOUT_TASK: Final = ("authority", "purchaser", "public", "members")  # nobody that is given work to do for us


def check(checker: Checker) -> None:
    _answered(checker)
    for section, entries in checker.document.sections.items():
        for entry in entries.values():
            _twice(checker, section, entry)
    for name, entry in checker.section("collect").items():
        _takes(checker, name, entry)
    for name, entry in checker.section("use").items():
        _use(checker, name, entry)
    declared = _declared(checker)
    for section in ("use", "disclose"):
        for entry in checker.section(section).values():
            _except(checker, entry, declared)
    for entry in checker.section("disclose").values():
        role = words.ROLES.get(entry.text("as"))
        if role is not None and role.name in WITHOUT_TASK and entry.has("does") and not entry.broken:
            sentence = f"“{entry.name}” is {role.label}, and does nothing for us."
            checker.bad(entry.at("does"), "said-in-vain", sentence, "Take `does` out, or say what else it is to us.")


def cover(checker: Checker) -> None:
    """What only the whole file can show: a use that claims an exception for devices, and is on none."""
    read = frozenset[str]().union(
        *(
            checker.point_needs[point] | checker.point_may[point]
            for point, entry in checker.section("collect").items()
            if (by := words.BY.get(entry.text("by"))) is None or by.way == "observed"
        )
    )
    cookies = {use for cookie in checker.section("cookies").values() for use in cookie.words("for")}
    for name, entry in checker.section("use").items():
        if entry.has("on device") and name not in cookies and not read & checker.use_data[name]:
            sentence = f"“{name}” claims an exception for devices, and neither its data nor a cookie is on any."
            help = "Take `on device` out, or declare what is stored or read under `cookies`."
            checker.bad(entry.at("on device"), "said-in-vain", sentence, help, "PECR reg 6")


def _answered(checker: Checker) -> None:
    """Where every role is told what it may, one of them answers what people ask."""
    roles = list(checker.section("staff").values())
    said = [one.words("may") for one in roles]
    if roles and all(said) and not any(one.broken or "requests" in one.words("may") for one in roles):
        sentence = "No role of `staff` may answer what people ask."
        help = "Add `requests` to what one of them `may`, or leave `may` out of one that does it all."
        checker.bad(roles[0].at("may"), "nobody-answers", sentence, help, "UK GDPR Art 12(3)")


def _twice(checker: Checker, section: str, entry: Entry) -> None:
    """The second of two equal words in a list is a slip of the pen: another was meant."""
    for key, items in entry.items.items():
        if len(items) > 1:
            for item in _again(items):
                sentence = f"“{item.text}” stands twice in the list of `{section}/{key}`."
                checker.bad(item.mark, "listed-twice", sentence, "Keep one, or write the other that was meant.")


def _again(items: list[Text]) -> Iterator[Text]:
    seen: set[str] = set()
    for item in items:
        if item.text in seen:
            yield item
        seen.add(item.text)


def _takes(checker: Checker, name: str, entry: Entry) -> None:
    if entry.broken:
        return
    if not any(entry.says(key) for key in ("needs", "may", "offers")):
        sentence = f"“{name}” takes nothing in and asks nothing."
        checker.bad(entry.mark, "takes-nothing", sentence, "Add `needs:`, `may:` or `offers:`, or take the point out.")
    needed = set(entry.words("needs"))
    for item in entry.texts("may"):
        if item.text in needed:
            sentence = f"“{item.text}” is needed at “{name}”, and need not be given there."
            checker.bad(item.mark, "listed-twice", sentence, "Keep it under `needs` or under `may`.")


def _use(checker: Checker, name: str, entry: Entry) -> None:
    basis = entry.text("basis")
    if entry.broken or basis not in words.BASES:
        return
    for key, bases in BASES.items():
        if entry.has(key) and basis not in bases:
            sentence = f"“{name}” rests on {basis}, of which `{key}` says nothing."
            help = f"Take `{key}` out, or rest the use on {' or '.join(sorted(bases))}."
            checker.bad(entry.at(key), "said-in-vain", sentence, help, words.BASES[basis].article)
    if entry.says("smallest group") and "statistics" not in (entry.text("yields"), entry.text("on device")):
        sentence = f"“{name}” yields {entry.text('yields') or 'rows'}, in which nobody counts groups."
        checker.bad(entry.at("smallest group"), "said-in-vain", sentence, "Add `yields: statistics`, or take it out.")


def _except(checker: Checker, entry: Entry, declared: set[str]) -> None:
    """What is taken off must have been on: only a star means more than is written."""
    named = set(entry.words("data"))
    if entry.broken or "in its places" in named:
        return
    for item in entry.texts("except"):
        group = item.text.removesuffix(".*")
        if group in declared and named.isdisjoint(_stars(item.text)):
            sentence, help = (
                f"“{item.text}” is meant by no star in `data`.",
                "Take it out, or name the star that means it.",
            )
            if item.text in named:
                sentence, help = (
                    f"“{item.text}” is named in `data` and taken off again.",
                    "Take it out of one or of both.",
                )
            checker.bad(item.mark, "said-in-vain", sentence, help)


def _stars(selector: str) -> Iterator[str]:
    """The stars that can mean a selector: `a.b.c` is meant by `a.*` and `a.b.*`."""
    yield from (f"{selector[:at]}.*" for at, sign in enumerate(selector) if sign == ".")


def _declared(checker: Checker) -> set[str]:
    """Data and their groups: what is neither is told already."""
    names = {name for name in checker.document.names("data") if len(name) <= LONGEST}
    return names | {name[:at] for name in names for at, sign in enumerate(name) if sign == "."}
