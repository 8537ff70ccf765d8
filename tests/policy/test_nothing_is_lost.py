"""Nothing that a policy says is lost: what people must be told stands in the notice, and what changed is named."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.policy import mutants
from tests.policy.spoiling import DAY, compiled

from troth import policy
from troth.policy import changes, grammar
from troth.policy.emit import dpv, fides, notice, record
from troth.policy.plan import Plan

MANY = 40  # places in which a key is tried before it counts as lost
FEE = "  fee: {number: ZA000001, until: 2027-05-31}\n"
REGULATOR = "  regulator: ico\n"
OFFICER = (REGULATOR, "  officer: {title: The data manager, email: data@larch.example}\n" + REGULATOR)
CHILDREN = ("answer: {by", "children: {least age: 13, control: we ask your age, asked of parent: a yes}\nanswer: {by")


def page(*swaps: tuple[str, str]) -> str:
    return notice.render(compiled(*swaps))


@pytest.mark.parametrize(
    ("swap", "words"),
    [
        (OFFICER, 'The data manager, <a class="bare" href="mailto:data@larch.example">data@larch.example</a>'),
        (
            (REGULATOR, "  representative: {in: EU, name: Oak Ltd, address: 1 Oak St}\n" + REGULATOR),
            "EU: Oak Ltd, 1 Oak St",
        ),
        (("registered in: England and Wales", "registered in: England and Wales, office: 2 Elm Row"), "2 Elm Row"),
        ((FEE, "  fee: {exempt: we only keep paper}\n"), "none is due: we only keep paper"),
        (("{known from: desk}", "{known from: desk, means: The day after the walk}"), "the day after the walk"),
        (CHILDREN, "Of a parent we ask: a yes."),
    ],
    ids=["officer", "representative", "office", "exempt", "moment", "parent"],
)
def test_people_read_what_the_policy_says_of_it(swap, words):
    """Who it is and how to reach them is the law's own list: Art 13(1)(a) and (b)."""
    assert words in page(swap) and words not in page()


def test_a_representative_without_an_email_has_no_comma_at_the_end():
    said = "  representative: {in: EU, name: Oak Ltd, address: 1 Oak St}\n" + REGULATOR
    assert compiled((REGULATOR, said)).who.representatives == ("EU: Oak Ltd, 1 Oak St",)


def test_who_is_not_appointed_is_not_called_a_data_protection_officer():
    helper = (OFFICER[0], OFFICER[1].replace("title:", "appointed: no, title:"))
    for swap, is_one in ((OFFICER, True), (helper, False)):
        plan = compiled(swap)
        assert ("hasDataProtectionOfficer" in str(dpv.document(plan))) is is_one
        assert ("data_protection_officer" in fides.render(plan)) is is_one
        heads = {name for one in record.sheets(plan) for name, _ in one.head}
        assert ("Data protection officer" in heads) is is_one and ("Looks after data protection" in heads) is not is_one


def test_another_instruction_of_a_client_is_named():
    dijuno = Path(__file__).parents[2] / "policies" / "dijuno" / "policy.yaml"
    text = dijuno.read_text("utf-8")
    old = policy.load(dijuno, text=text.encode(), on=DAY).plan
    line = "    policy: the address that the client gave us\n"
    new = policy.load(dijuno, text=text.replace(line, "").encode(), on=DAY).plan
    assert old is not None and new is not None
    (found,) = changes.compare(old, new)
    assert (found.kind, found.path) == ("changed", "clients/every client")


SILENT = {
    ("people", "for"),  # what makes them a client's is the point that takes their data for one
}
"""Keys that say to a reader what follows from another line."""


def places(whole: mutants.Tree, section: str, key: str) -> Iterator[tuple[str, ...]]:
    """Where a key of a section is said in a policy."""
    part = whole.get(section, {})
    named = grammar.SECTIONS[section].named
    for name, entry in part.items() if named and isinstance(part, dict) else [("", part)]:
        if isinstance(entry, dict) and key in entry:
            yield (section, name, key) if named else (section, key)


def test_every_key_that_the_five_say_is_a_problem_or_another_plan_when_it_goes():
    """A key that is read and then lost would be a sentence that nobody keeps. One place that shows it is enough."""
    lost: list[tuple[str, str]] = []
    for section, one in grammar.SECTIONS.items():
        for key in one.keys:
            found = [(name, path) for name in mutants.NAMES for path in places(mutants.tree(name), section, key)]
            if found and not any(is_missed(name, path) for name, path in found[:MANY]):
                lost.append((section, key))
    assert set(lost) == SILENT


def is_missed(name: str, path: tuple[str, ...]) -> bool:
    without = plan_of(name, mutants.Mutant(name, path, "", mutants._drop).text)
    return without is None or without.hash != whole(name).hash


def plan_of(name: str, text: bytes) -> Plan | None:
    return policy.load(mutants.FIVE / name / "policy.yaml", text=text, on=DAY).plan


@cache
def whole(name: str) -> Plan:
    plan = plan_of(name, mutants.written(mutants.tree(name)))
    assert plan is not None
    return plan
