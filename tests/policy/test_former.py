"""A datum with another name is the same datum."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.policy.spoiling import LARCH, problems, spoilt

from troth import policy
from troth.policy import changes, former
from troth.policy.emit import dpv, fides, notice, record
from troth.policy.plan import Plan

FIVE = sorted((Path(__file__).parents[2] / "policies").glob("*/policy.yaml"))
WALK = "  booking.walk: purchase\n"
NEEDS = "needs: [booking.name, booking.email, booking.walk]"
ASKED = "needs: [booking.name, booking.email]"


def plan(*swaps: tuple[str, str]) -> Plan:
    text = LARCH
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    found = policy.load(Path(__file__).parents[1] / "policies" / "larch.yaml", text=text.encode())
    assert found.plan is not None, found.problems
    return found.plan


def renamed(old: str, new: str, declared: str) -> Plan:
    return plan((old, new), (f"  {new}: {declared}\n", f"  {new}: {_with(declared, f'was: {old}')}\n"))


def _with(declared: str, more: str) -> str:
    return f"{declared[:-1]}, {more}}}" if declared.startswith("{") else f"{{is: {declared}, {more}}}"


def test_a_rename_changes_nothing_that_a_person_meets():
    before, after = plan(), renamed("booking.email", "booking.mail", "{is: email address, identifies: person}")
    assert changes.compare(before, after) == []
    assert former.renamed(before, after) == {"booking.email": "booking.mail"}
    assert after.switches.keys() == before.switches.keys(), "the yes to it stands"
    for made in (notice.render, dpv.unsaid, fides.unsaid, record.sheets):
        assert str(made(after)).replace("booking.mail", "booking.email") == str(made(before))
    ours = msgspec.json.encode(dpv.document(after)).decode()
    assert "booking.email" not in ours and "booking.mail" in ours


def test_what_a_browser_is_joined_by_may_be_called_otherwise():
    joined = msgspec.structs.replace(plan().fields["visit.page"], joins="booking.email")
    before = msgspec.structs.replace(plan(), fields=plan().fields | {"visit.page": joined})
    after = renamed("booking.email", "booking.mail", "{is: email address, identifies: person}")
    joined = msgspec.structs.replace(joined, joins="booking.mail")
    after = msgspec.structs.replace(after, fields=after.fields | {"visit.page": joined})
    assert changes.compare(before, after) == []


def test_what_stands_under_the_earlier_name_goes_by_all_that_is_said_of_the_new_one():
    after = renamed("booking.walk", "booking.tour", "purchase")
    old, new = after.fields["booking.walk"], after.fields["booking.tour"]
    assert msgspec.structs.replace(old, name=new.name, now="") == new
    assert after.points["booking"].fields == {"booking.name", "booking.email", "booking.tour"}, "nothing comes in by it"
    assert former.with_earlier(after, frozenset({"booking.tour"})) == {"booking.tour", "booking.walk"}


@pytest.mark.parametrize("file", FIVE, ids=lambda file: file.parent.name)
def test_wherever_a_policy_names_a_datum_its_earlier_name_stands_beside_it(file: Path):
    """But for the points, the columns of outside tables, and what a browser is joined by."""
    whole = policy.load(file).plan
    assert whole is not None
    for now in [name for name in whole.fields if not name.startswith("troth.")][::5]:
        both = former.declared(whole, {"was.before": now})
        told = {one for one in _sets(msgspec.to_builtins(both), ()) if now in one[1]}
        assert told
        for path, names in told:
            beside = path[0] not in ("points", "fields") and "tables" not in path
            assert ("was.before" in names) is beside, (path, now)
        assert former.today(both) == whole


def _sets(some: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Every list of words in what a plan is written as, with the way to it."""
    if isinstance(some, dict):
        return [one for key, part in some.items() for one in _sets(part, (*path, str(key)))]
    if isinstance(some, list | tuple | set | frozenset):
        words = tuple(sorted(part for part in some if isinstance(part, str)))
        return [(path, words), *(one for part in some if not isinstance(part, str) for one in _sets(part, path))]
    return []


def test_a_use_that_newly_reaches_a_renamed_datum_is_told_as_any_other():
    both = "data: [booking.name, booking.email]\n  see"
    tour = ("  booking.tour: purchase\n", "  booking.tour: {is: purchase, was: booking.walk}\n")
    wider = plan(("booking.walk", "booking.tour"), tour, (both, both.replace("email]", "email, booking.tour]")))
    (found,) = [one for one in changes.compare(plan(), wider) if one.kind == "widened"]
    assert (found.path, found.then) == ("use/send you news of walks", "ask")
    assert wider.switches.keys() != plan().switches.keys()


def test_two_that_stand_do_not_become_one_by_a_name():
    before = plan()
    merged = plan((WALK, ""), (NEEDS, ASKED), ("booking.name: name", "booking.name: {is: name, was: booking.walk}"))
    assert former.merged(before, merged) == [("booking.walk", "booking.name")]
    assert former.turned(before, merged) == [("booking.walk", "booking.name")]
    assert former.renamed(before, merged) == {}
    tour = (WALK, f"{WALK}  booking.tour: purchase\n")
    old = plan(tour, (NEEDS, NEEDS.replace("walk]", "walk, booking.tour]")))
    trip = (WALK, "  booking.trip: {is: purchase, was: [booking.walk, booking.tour]}\n")
    one = plan(trip, (NEEDS, NEEDS.replace("booking.walk", "booking.trip")))
    assert {was for was, _ in former.merged(old, one)} == {"booking.walk", "booking.tour"}
    assert any("no longer" in one.sentence for one in changes.compare(before, merged)), "it is told as what it is"


@pytest.mark.parametrize(
    ("swaps", "code", "line"),
    [
        ([(WALK, "  booking.walk: {is: purchase, was: booking.name}\n")], "was-declared", "booking.walk: {"),
        ([(WALK, "  booking.walk: {is: purchase, was: Tour}\n")], "bad-name", "booking.walk: {"),
        ([(WALK, "  booking.walk: {is: purchase, was: troth.choices}\n")], "bad-name", "booking.walk: {"),
        ([(WALK, "  booking.walk: {is: purchase, was: a.b}\n"),
          ("booking.name: name", "booking.name: {is: name, was: a.b}")], "was-declared", "booking.walk: {"),
        ([(WALK, "  booking.walk: {is: purchase, was: a.b}\n"), (NEEDS, NEEDS.replace("walk]", "walk, a.b]"))],
         "unknown-data", "needs: ["),
    ],
)  # fmt: skip
def test_each_slip_is_told_once_on_its_line(swaps: list[tuple[str, str]], code: str, line: str):
    text = spoilt(*swaps)
    (found,) = problems(text=text)
    assert found.code == code, found
    assert line in text.splitlines()[found.line - 1]


def test_a_name_that_was_is_told_with_what_it_is_called_now():
    text = spoilt((WALK, "  booking.walk: {is: purchase, was: a.b}\n"), (NEEDS, NEEDS.replace("walk]", "walk, a.b]")))
    assert problems(text=text)[0].help == "It is called booking.walk now."
