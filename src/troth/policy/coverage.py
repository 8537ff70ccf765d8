"""Coverage: what nobody said. Data without an end, a use or a place; a use whose data nobody takes; a wall crossed.

These rules look at the whole file, so they wait until every entry reads: a slip in one line must not echo in twenty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from troth.policy import words
from troth.policy.reading import Entry, meant
from troth.policy.selecting import winning

if TYPE_CHECKING:
    from troth.policy.checking import Checker

MUST_KEEP: Final = ("troth.choices", "troth.requests")
"""What we keep ourselves to show that we asked and answered: UK GDPR Art 5(2), 7(1)."""


def check(checker: Checker) -> None:
    points = frozenset[str]().union(*checker.point_needs.values(), *checker.point_may.values())
    taken = points | {item.text for one in checker.section("places").values() for item in one.pairs("tables").values()}
    used = frozenset[str]().union(*checker.use_data.values())
    placed = frozenset[str]().union(*checker.place_data.values())
    for name, entry in checker.section("data").items():
        _end(checker, name, entry)
        if not name.startswith("troth."):
            came = points if entry.values.get("retired") is True else taken  # what is retired may lie in a database yet
            _datum(checker, name, entry, taken=name in came, used=name in used, placed=name in placed)
    _ours(checker)
    _idle(checker)
    _instructed(checker)
    whose = {field: checker.people_of({field}) for field in used if not field.startswith("troth.")}
    for name, entry in checker.section("use").items():
        _people(checker, name, entry, whose)
    for name, entry in checker.section("collect").items():
        _tagged(checker, name, entry)
        _wall(checker, name, entry)


def _end(checker: Checker, name: str, entry: Entry) -> None:
    if not winning(checker.section("keep"), name):
        checker.bad(
            entry.mark, "no-end", f"Nobody has said how long “{name}” is kept.",
            f"Add it to `keep`, for example `{name}: 12 months`.", "UK GDPR Art 13(2)(a)",
        )  # fmt: skip


def _datum(checker: Checker, name: str, entry: Entry, *, taken: bool, used: bool, placed: bool) -> None:
    stored = checker.form(name) != "never stored"
    if entry.values.get("retired") is True:
        _retired(checker, name, entry, stored=stored, named=taken or used)
    elif not taken:
        checker.bad(
            entry.mark, "not-collected", f"“{name}” is declared, but nothing takes it in.",
            "Add it to a point of `collect`, or take it out; `retired: yes` if older data of it still stands.",
        )  # fmt: skip
    elif not used and stored:
        checker.bad(
            entry.mark, "no-use", f"“{name}” is collected, but no use needs it.",
            "Remove it, or say what it is for.", "UK GDPR Art 5(1)(c)",
        )  # fmt: skip
    if not placed and stored:
        checker.bad(entry.mark, "no-place", f"Nobody says where “{name}” lives.", "Add it to a place's `holds`.")


def _retired(checker: Checker, name: str, entry: Entry, *, stored: bool, named: bool) -> None:
    """What is retired only lies there until its period ends."""
    if named:
        checker.bad(
            entry.at("retired"), "not-retired", f"“{name}” is retired, and a point takes it in or a use needs it.",
            "Take it out there, or take `retired` out.", "UK GDPR Art 5(1)(b)",
        )  # fmt: skip
    if not stored:
        checker.bad(
            entry.at("retired"), "not-retired", f"“{name}” was never stored, so that nothing of it stands.",
            "Take the datum out, or say how it was stored.",
        )  # fmt: skip


def _ours(checker: Checker) -> None:
    for name in MUST_KEEP:
        if (
            checker.section("people")
            and not winning(checker.section("keep"), name)
            and name not in checker.section("data")
        ):
            kept = checker.section("keep")
            where = kept.get(meant(name, kept, ())) or next(iter(kept.values()), checker.document.one("keep"))
            mark = where.mark  # where it is said with a slip, or where the first rule is
            checker.bad(
                mark, "no-end", f"Nobody has said how long “{name}” is kept: the proof of what people said and asked.",
                f"Add it to `keep`, for example `{name}: 6 years after last purpose ends`.", "UK GDPR Art 5(2)",
            )  # fmt: skip


def _idle(checker: Checker) -> None:
    """A rule that wins nowhere is a slip of the pen more often than a plan."""
    winners = {winning(checker.section("keep"), name) for name in checker.section("data")}
    for name, entry in checker.section("keep").items():
        if name not in winners and not name.startswith("troth."):
            checker.bad(
                entry.mark, "idle-rule", f"“{name}” decides nothing: an exacter rule wins for all of its data.",
                "Remove it, or one of the exacter ones.", severity="warning",
            )  # fmt: skip


def _people(checker: Checker, name: str, entry: Entry, whose: dict[str, set[str]]) -> None:
    """A use may be only about people whose data somebody takes."""
    of = checker.use_people[name]
    lost = sorted(field for field in checker.use_data[name] if (theirs := whose.get(field)) and not theirs & of)
    if lost:
        checker.bad(
            entry.at("of"), "not-of-them",
            f"“{name}” uses {', '.join(lost)} of {', '.join(sorted(of)) or 'nobody'}, but nobody takes that of them.",
            "Name the people whose data it is, or take the data out.",
        )  # fmt: skip


def _tagged(checker: Checker, name: str, entry: Entry) -> None:
    """A tag or a pixel reads somebody's device: only a yes or an exception opens it (PECR reg 6)."""
    by = words.BY.get(entry.text("by"))
    if by is None or not by.on_device:
        return
    opened = frozenset[str]().union(
        *(
            checker.use_data[use]
            for use, one in checker.section("use").items()
            if one.text("basis") == "consent" or checker.exception(one.text("on device"))
        )
    )
    taken = {
        field for field in checker.point_needs[name] | checker.point_may[name] if checker.form(field) != "never stored"
    }
    if shut := sorted(taken - opened):
        checker.bad(
            entry.at("may"), "tag-unasked",
            f"“{name}” would take {', '.join(shut)} from people's devices, and nobody is asked.",
            "Rest its use on consent, or say `on device:` where an exception covers it.", "PECR reg 6",
        )  # fmt: skip


def _wall(checker: Checker, name: str, entry: Entry) -> None:
    """What we hold for clients is used only as they instruct, and their instructions reach nothing of ours."""
    taken = checker.point_needs[name] | checker.point_may[name]
    for use, one in checker.section("use").items():
        theirs = one.text("basis") == "instruction"
        if theirs != entry.has("for") and (hit := checker.use_data[use] & taken):
            whose = "you hold for clients" if entry.has("for") else "is your own"
            checker.bad(
                one.at("basis"), "client-wall", f"“{use}” reaches {', '.join(sorted(hit))}, which {whose} ({name}).",
                "Declare two data and two uses: nothing crosses that wall.", "UK GDPR Art 28(10)",
            )  # fmt: skip


def _instructed(checker: Checker) -> None:
    """Where clients are named, what rests on an instruction is what one of them instructs."""
    clients = checker.section("clients").values()
    given = frozenset[str]().union(*(client.words("instructs") for client in clients))
    for name, entry in checker.section("use").items() if clients else ():
        if entry.text("basis") == "instruction" and name not in given and not entry.has("instructed by"):
            checker.bad(
                entry.at("basis"), "not-instructed", f"“{name}” rests on an instruction that no client gives.",
                "Name it under the client's `instructs`, or take the use out.", "UK GDPR Art 28(3)(a)",
            )  # fmt: skip
