"""The language as data: files in ``tests/cases`` show what each of the 390 clauses means, and each of them can fail."""

from __future__ import annotations

import csv
from functools import cache

import pytest
import yaml
from tests.policy import showing

POLICIES = ("clientdata", "dianomi", "dijuno", "miomi", "omono")
KEPT = sorted(f"{file.parent.name}/kept" for file in showing.CASES.glob("*/kept.yaml"))
BROKEN = sorted(f"{file.parent.name}/{file.stem}" for file in showing.CASES.glob("*/broken*.yaml"))


@cache
def published() -> dict[str, str]:
    with (showing.CASES / "clauses.tsv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["quote"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


@cache
def case_of(where: str) -> dict:
    return showing.read(showing.CASES / f"{where}.yaml")


def clause_of(where: str) -> tuple[str, str]:
    clause = where.partition("/")[0]
    return clause, clause.partition("-")[0]


def test_every_clause_has_a_case_that_shows_it_kept():
    shown = {where.partition("/")[0] for where in KEPT}
    assert shown == published().keys()
    assert {where.partition("/")[0] for where in BROKEN} <= shown


@pytest.mark.parametrize("where", KEPT + BROKEN)
def test_a_case_says_its_clause_and_nothing_that_the_format_does_not_have(where):
    case, (clause, name) = case_of(where), clause_of(where)
    assert showing.unknown(case, where.partition("/")[2][:6]) == []
    assert (case["clause"], case["says"]) == (clause, published()[clause])
    assert len(case["why"].split()) > 4 and case["why"].endswith(".")
    assert name in POLICIES


@pytest.mark.parametrize("where", KEPT)
def test_what_a_clause_says_holds(where):
    clause, name = clause_of(where)
    assert list(showing.wrong(showing.plan_of(name), clause, case_of(where))) == []


@pytest.mark.parametrize("where", KEPT)
def test_a_case_sees_when_anything_is_gone_that_its_clause_rests_on(where):
    """A case that would pass whatever the policy said shows nothing. The guarantees, the same for every policy, are
    named by the case one by one; all else turns it red by itself when it is taken out of the plan."""
    clause, name = clause_of(where)
    case, rests_on = case_of(where), showing.plan_of(name).promises[clause].rests_on
    assert {f"always/{one}" for one in case.get("always", {})} == {it for it in rests_on if it.startswith("always/")}
    declared = [path for path in rests_on if not path.startswith("always/")]
    unseen = [it for it in declared if not any(showing.wrong(showing.without(name, it), clause, case, lost=it))]
    assert unseen == []


@pytest.mark.parametrize("where", KEPT)
def test_a_case_pins_only_what_its_clause_rests_on(where):
    clause, name = clause_of(where)
    rests_on = showing.plan_of(name).promises[clause].rests_on
    assert [path for path in case_of(where).get("plan", {}) if not showing.rests(path, rests_on)] == []


@pytest.mark.parametrize("where", BROKEN)
def test_who_breaks_a_clause_is_refused_or_changes_what_it_shows(where):
    """Each line that a broken case shows is true of the changed policy and untrue of the published one."""
    clause, name = clause_of(where)
    case = case_of(where)
    compiled, errors = showing.changed(name, clause, case["change"])
    stated = {(code, at) for code, ats in case.get("problems", {}).items() for at in showing.listed(ats)}
    assert stated <= set(errors)
    shows = {part: case[part] for part in showing.SHOWS & case.keys()}
    if not shows:
        assert stated
        return
    assert compiled.plan is not None, errors
    assert list(showing.wrong(compiled.plan, clause, shows)) == []
    for line in showing.lines(shows):
        assert any(showing.wrong(showing.plan_of(name), clause, line)), line


def test_a_case_with_a_key_twice_is_a_mistake_and_not_the_second_one(tmp_path):
    file = tmp_path / "twice.yaml"
    file.write_text("why: One.\nwhy: Two.\n", encoding="utf-8")
    with pytest.raises(yaml.YAMLError, match="said twice"):
        showing.read(file)


def test_a_key_that_the_format_does_not_have_is_named_with_its_place():
    case = {"why": "So.", "problem": {}, "acts": [{"use": "answer you", "answers": "allowed"}]}
    assert showing.unknown(case, "kept") == ["problem", "acts: answers"]
