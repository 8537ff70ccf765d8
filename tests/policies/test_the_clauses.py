"""The 390 sentences that the five policies published: each is a promise here, word for word, and none is invented."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from troth import policy
from troth.policy.always import PLANNED, STANDING
from troth.policy.plan import Plan, Promise
from troth.prove import clauses
from troth.prove.promises import derive

ROOT = Path(__file__).parents[2]
COUNTS = {"dianomi": 73, "omono": 85, "miomi": 88, "dijuno": 109, "clientdata": 35}

each = pytest.mark.parametrize("name", COUNTS)


@cache
def published() -> dict[str, str]:
    with (ROOT / "tests" / "cases" / "clauses.tsv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["quote"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def of(name: str) -> dict[str, str]:
    return {clause: quote for clause, quote in published().items() if clause.startswith(f"{name}-")}


@cache
def plan_of(name: str) -> Plan:
    compiled = policy.load(ROOT / "policies" / name / "policy.yaml")
    assert compiled.plan is not None, [problem.sentence for problem in compiled.problems]
    return compiled.plan


def promises(name: str) -> dict[str, Promise]:
    return plan_of(name).promises


def test_the_list_has_every_clause_of_the_five():
    assert {name: len(of(name)) for name in COUNTS} == COUNTS
    assert len(published()) == 390


@each
def test_every_clause_is_a_promise_and_none_is_invented(name):
    assert sorted(promises(name)) == sorted(of(name))


@pytest.mark.parametrize("name", COUNTS)
def test_a_promise_quotes_its_clause_word_for_word(name):
    said = {clause: one.says for clause, one in promises(name).items() if clause in published()}
    assert said == {clause: of(name)[clause] for clause in said}


@each
def test_everything_that_a_promise_rests_on_is_there_to_be_looked_at(name):
    """No path of a promise may name something of which the prover derives no line."""
    lost = {one.clause: [why for why in one.why if why.startswith("Nothing")] for one in clauses.unseen(plan_of(name))}
    nothing = {c: [why for why in said if "answers to" in why] for c, said in lost.items()}
    assert {clause: said for clause, said in nothing.items() if said} == {}


@each
def test_what_is_said_instead_cites_the_law_that_forbids_the_old_words(name):
    for one in promises(name).values():
        assert bool(one.instead) == bool(one.because), one.id


def test_at_most_fourteen_are_attested_and_each_sample_says_so():
    attested = [(name, one) for name in COUNTS for one in promises(name).values() if one.attested]
    assert len(attested) <= 14
    for name, one in attested:
        paper = plan_of(name).papers[one.attested]
        assert paper.kind == "attestation", one.id
        assert "sample" in (ROOT / "policies" / name / paper.file).read_text("utf-8").lower(), one.id


def test_planned_guarantees_are_few_and_dated_and_none_is_called_standing():
    assert not PLANNED.keys() & STANDING.keys()
    assert len(PLANNED) <= 25
    assert all(one.since.year >= 2026 and one.sentence.endswith(".") for one in PLANNED.values())


@each
def test_no_promise_rests_on_everything_alike(name):
    """A promise that rests on a whole section says little of its own words; few may."""
    wide = Counter(path for one in promises(name).values() for path in one.rests_on if "/" not in path)
    lines = {line.path for line in derive(plan_of(name))}
    assert {path: n for path, n in wide.items() if path not in lines and n > 2} == {}


@pytest.mark.parametrize("name", COUNTS)
def test_the_law_that_a_promise_cites_is_in_the_rules(name):
    laws = [ROOT / "src" / "troth" / "policy" / "law" / f"{law}.toml" for law in ("gdpr", "uk", "eu")]
    known = {row for law in laws for row in tomllib.loads(law.read_text("utf-8"))}
    assert {one.because for one in promises(name).values() if one.because} <= known
