"""What widened and what narrowed between two policies, in words, and who must be told or asked."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
from functools import cache
from pathlib import Path

import msgspec
import pytest
from tests.policy import mutants
from tests.policy.spoiling import compiled

from troth import cli, policy
from troth.policy import changes
from troth.policy import plan as parts
from troth.policy.plan import Plan

DAY = dt.date(2026, 11, 22)
MUTANTS = 200 * int(os.environ.get("TROTH_SOAK", "1"))


def between(*swaps: tuple[str, str]) -> list[changes.Change]:
    return changes.compare(compiled(), compiled(*swaps))


def test_a_policy_does_not_differ_from_itself() -> None:
    assert between() == []


def test_moving_lines_changes_nothing() -> None:
    assert between(("[booking.name, booking.email, booking.walk]", "[booking.walk, booking.email, booking.name]")) == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "path", "then"),
    [
        ("visit.*: 25 months", "visit.*: 26 months", "widened", "keep/visit.*", "tell"),
        ("visit.*: 25 months", "visit.*: 24 months", "narrowed", "keep/visit.*", ""),
        ("in: GB, contract", "in: [GB, IE], contract", "widened", "disclose/Postal Mail Services", "ask"),
        ("least age: 18", "least age: 16", "widened", "people/walker", "tell"),
        ("smallest group: 10", "smallest group: 5", "widened", "use/see which pages help", "tell"),
        ("smallest group: 10", "smallest group: 20", "narrowed", "use/see which pages help", ""),
        ("email, post], identity", "email], identity", "widened", "answer", "tell"),
        ("erasure reaches: key destroyed", "erasure reaches: deleted", "widened", "secure", "tell"),
        ("again after: 24 months", "again after: 36 months", "widened", "use/send you news of walks", "ask"),
        ("staff: guide}", "staff: [guide, helper]}", "widened", "use/run the walk you booked", "tell"),
        ("to: anyone for money", "to: anyone for marketing", "widened", "never/sell your address", "tell"),
    ],
)
def test_each_difference_is_named_with_its_place_and_with_what_is_owed(
    old: str, new: str, kind: str, path: str, then: str
) -> None:
    more = (
        [("guide: Leads walks and answers letters", "guide: Leads walks\n  helper: Helps")] if "helper" in new else []
    )
    found = [(one.kind, one.path, one.then) for one in between((old, new), *more)]
    assert (kind, path, then) in found


def test_what_is_good_to_know_is_quoted_with_its_heading() -> None:
    (change,) = between(('larch.example/privacy"}', 'larch.example/privacy", tells: {links: Others have their own.}}'))
    assert change.sentence.endswith("It now also tells people “links: Others have their own.”.")


def test_another_question_is_asked_again() -> None:
    found = between(
        ("data: [booking.name, booking.email]\n  see", "data: [booking.name, booking.email, booking.walk]\n  see")
    )
    assert ("changed", "use/send you news of walks", "ask") in [(one.kind, one.path, one.then) for one in found]


def test_a_mended_spelling_of_a_question_keeps_the_answers() -> None:
    found = between(("May we email you news of walks?", "May we e-mail you news of walks?"))
    assert [(one.kind, one.path, one.then) for one in found] == [("changed", "use/send you news of walks", "")]


def test_an_end_that_is_gone_widens_even_when_the_other_is_shorter() -> None:
    old = compiled(("visit.*: 25 months", 'visit.*: "25 months, 3 months after walk is over"'))
    new = compiled(("visit.*: 25 months", "visit.*: 24 months"))
    assert [one.kind for one in changes.compare(old, new)] == ["widened"]


def test_every_attribute_of_every_part_of_a_plan_is_compared_or_said_not_to_be() -> None:
    shapes = {name: hint for name, hint in Plan.__annotations__.items() if hint.startswith("dict[str, ")}
    for _, attribute, _, _, table in changes.NAMED:
        shape = getattr(parts, shapes[attribute].removeprefix("dict[str, ").removesuffix("]"))
        assert {field.name for field in msgspec.structs.fields(shape)} == set(table), attribute
    for _, attribute, table in changes.SINGLE:
        shape = getattr(parts, Plan.__annotations__[attribute])
        assert {field.name for field in msgspec.structs.fields(shape)} == set(table), attribute
    assert {field.name for field in msgspec.structs.fields(parts.Rule)} == changes.RULE
    compared = {one[1] for one in changes.NAMED} | {one[1] for one in changes.SINGLE} | set(changes.LOOSE)
    assert {field.name for field in msgspec.structs.fields(Plan)} == compared | changes.APART


def plan_of(name: str, text: bytes) -> Plan | None:
    return policy.load(str(mutants.FIVE / name / "policy.yaml"), text=text, on=DAY).plan


@cache
def whole(name: str) -> Plan | None:
    return plan_of(name, mutants.written(mutants.tree(name)))


def caught(mutant: mutants.Mutant) -> bool:
    """By check, or named by diff as widened or narrowed; “changed” alone is not caught."""
    new, old = plan_of(mutant.policy, mutant.text), whole(mutant.policy)
    assert old is not None
    if new is None:
        return True
    same = msgspec.structs.replace(new, hash=old.hash, source_hash=old.source_hash) == old
    found = [one for one in changes.compare(old, new) if one.kind != "changed"]
    return any(mutants.at(one.path, mutant.path) for one in found) or (same and mutant.path in mutants.SAID_TWICE)


def test_no_harm_to_one_of_the_five_policies_goes_unnoticed() -> None:
    every = [mutant for name in mutants.NAMES for mutant in mutants.of(name)]
    chosen = random.sample(every, min(MUTANTS, len(every)))
    assert len(every) > 900
    assert [(one.policy, one.path, one.harm) for one in chosen if not caught(one)] == []


def test_the_command_reads_as_a_summary_and_as_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = mutants.FIVE / "miomi" / "policy.yaml"
    new = tmp_path / "policy.yaml"
    new.write_text(old.read_text("utf-8").replace("least age: 18", "least age: 16"), "utf-8")
    assert cli.main(["diff", str(old), str(new)]) == 0
    text = capsys.readouterr().out
    assert "1 widened, 0 changed, 0 narrowed." in text
    assert "Tell the people concerned" in text
    assert "people/member: The least age was 18 and is 16." in text
    assert cli.main(["diff", str(old), str(new), "--json", "--strict"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["command"], told["ok"], told["same"]) == ("diff", False, False)
    assert told["changes"][0]["then"] == "tell"
    assert cli.main(["diff", str(old), str(old)]) == 0
    assert capsys.readouterr().out == "Nothing that touches a person differs.\n"


def test_a_changed_paper_is_named_and_a_text_without_a_folder_says_nothing_of_it(tmp_path, capsys) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        shutil.copytree(mutants.FIVE / "clientdata", folder)
    (other / "papers" / "hosting.md").write_text("Somebody else's terms.")
    assert cli.main(["diff", str(one), str(other), "--json", "--strict"]) == 0
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert (change["kind"], change["path"].split("/")[0], change["then"]) == ("changed", "papers", "")
    assert "Somebody" not in change["sentence"]
    text = (one / "policy.yaml").read_bytes()
    bare = policy.load("policy.yaml", text=text).plan
    assert bare is not None and changes.compare(bare, policy.load(other).plan) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("name", mutants.NAMES)
def test_an_old_text_and_its_mended_policy_are_compared_by_what_their_words_mean(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(mutants.FIVE / name / file) for file in ("as-written.yaml", "policy.yaml")]
    assert cli.main(["diff", *files, "--on", "2026-11-22", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["changes"]
    kinds = {kind: [one for one in found if one["kind"] == kind] for kind in ("widened", "narrowed", "changed")}
    assert len(kinds["widened"]) > 5
    assert len(kinds["narrowed"]) > 15
    assert {one["then"] for one in kinds["widened"]} <= {"tell", "ask"}
    assert any(one["path"].startswith("keep/") for one in kinds["narrowed"])
    objected = [one for one in found if one["path"].startswith("law/")]
    assert len(objected) > 10
    assert all(one["sentence"].endswith("Mended.") for one in objected)
    assert cli.main(["diff", *files, "--on", "2026-11-22"]) == 0
    assert "THE LAW. What it objected to in the old text." in capsys.readouterr().out


def test_a_file_that_is_not_there_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["diff", "nowhere.yaml", "nowhere.yaml"]) == 1
    assert "There is no file nowhere.yaml." in capsys.readouterr().err
