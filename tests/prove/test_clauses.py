"""A clause is what its parts are: kept only when all are, and not proved while one waits for its keeper."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from troth import cli
from troth.policy.always import PLANNED, STANDING
from troth.policy.emit.naming import day
from troth.policy.plan import Plan, Promise
from troth.prove import clauses, report
from troth.prove.keepers import KEEPERS
from troth.prove.promises import CHAPTERS, derive
from troth.prove.report import Finding, Report

LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"


def clause(plan: Plan, rests: tuple[str, ...], states: dict[str, str], attested: str = "") -> clauses.Clause:
    findings = tuple(
        Finding(
            line.path, line.sentence, states.get(line.path, "kept"), "room", "probe", 1, "1 thing", (), "", 0.1, True
        )
        for line in derive(plan)
    )
    one = Promise(id="larch-1", says="Words.", rests_on=rests, attested=attested)
    told = Report("larch", 1, plan.hash, dt.datetime.now(dt.UTC), findings)
    (found,) = clauses.of(told, msgspec.structs.replace(plan, promises={"larch-1": one}))
    return found


@pytest.mark.parametrize("worst", ["broken", "not-proved", "kept-empty"])
def test_the_worst_of_its_parts_decides(plan, worst):
    rests = ("keep/visit.*", "use/answer you", "always/walls")
    assert clause(plan, rests, {}).state == "kept"
    assert clause(plan, rests, {"use/answer you": worst}).state == worst
    assert clause(plan, rests, {"use/answer you": worst, "always/walls": "broken"}).state == "broken"


def test_a_section_means_all_of_it_and_a_star_all_that_match(plan):
    assert clause(plan, ("answer",), {"answer/erase": "not-proved"}).state == "not-proved"
    assert clause(plan, ("use/see *",), {"use/answer you": "broken"}).state == "kept"
    assert clause(plan, ("use/see *",), {"use/see which pages help": "broken"}).state == "broken"


def test_a_path_that_names_nothing_is_not_proved_whatever_stands_beside_it(plan):
    found = clause(plan, ("use/answer you", "cookies/none"), {})
    assert (found.state, found.why) == ("not-proved", ("Nothing of this policy answers to “cookies/none”.",))


def test_what_a_person_states_is_attested_only_while_the_rest_and_its_paper_hold(plan):
    paper = "mail contract"
    assert clause(plan, ("use/answer you",), {}, attested=paper).state == "attested"
    assert clause(plan, ("use/answer you",), {"use/answer you": "not-proved"}, attested=paper).state == "not-proved"
    assert clause(plan, ("use/answer you",), {f"papers/{paper}": "broken"}, attested=paper).state == "broken"


def test_the_clauses_of_a_file_that_is_published_nowhere_are_all_not_proved(plan):
    found = clauses.unseen(plan)
    assert [one.clause for one in found] == list(plan.promises)
    assert {one.state for one in found} == {"not-proved"}


def test_a_policy_that_quotes_nothing_is_told_to_have_no_clauses_and_is_not_silent(tmp_path, capsys):
    text = LARCH.read_text()
    (tmp_path / "policy.yaml").write_text(text[: text.index("\npromises:")] + "\n")
    assert cli.main(["prove", "--clauses", "--file", str(tmp_path / "policy.yaml")]) == 0
    assert "No policy quotes a published sentence" in capsys.readouterr().out


@pytest.mark.usefixtures("db")
def test_a_guarantee_has_a_keeper_or_is_planned_and_never_both():
    kept = {name.removeprefix("always/") for name in KEEPERS if name.startswith("always/")}
    assert kept == set(STANDING)
    assert not kept & PLANNED.keys()
    assert {name for name in KEEPERS if "/" not in name} == CHAPTERS.keys() - {"always"}


def test_a_planned_guarantee_says_since_when(plan):
    for line in derive(plan):
        if line.name in PLANNED and line.chapter == "always":
            assert day(PLANNED[line.name].since) in report._planned(line)


def test_every_promise_stands_in_a_chapter_of_the_page(plan):
    lines = derive(plan)
    findings = tuple(
        Finding(line.path, line.sentence, "kept", "room", "probe", 1, "one", (), "", 0.1, True) for line in lines
    )
    told = Report("larch", 1, plan.hash, dt.datetime.now(dt.UTC), findings)
    shown = [found.promise for _, _, chapter in told.chapters() for found in chapter]
    assert sorted(shown) == sorted(line.path for line in lines)
