"""A name with one slip, wherever in a policy it stands, is one problem on its own line."""

import random
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tests.policy.spoiling import problems, spoilt

from troth import policy

FIVE = sorted(Path("policies").glob("*/policy.yaml"))
ELSEWHERE = ("never-broken", "not-art-28", "untranslated", "rests-nowhere", "unknown-", "silent-moment")
"""Two lines contradict each other, each said once: either may be the wrong one."""


def swapped(written: str) -> str:
    """The two letters in the middle in each other's place; '' where there are none."""
    pairs = [i for i in range(len(written) - 1) if written[i : i + 2].isalpha() and written[i] != written[i + 1]]
    if not pairs:
        return ""
    at = pairs[len(pairs) // 2]
    return written[:at] + written[at + 1] + written[at] + written[at + 2 :]


def scalars(node: yaml.Node) -> list[yaml.ScalarNode]:
    """Every key and every value, in file order."""
    if isinstance(node, yaml.ScalarNode):
        return [node]
    parts = [one for pair in node.value for one in pair] if isinstance(node, yaml.MappingNode) else node.value
    return [found for one in parts for found in scalars(one)]


@pytest.mark.parametrize("file", FIVE, ids=lambda path: path.parent.name)
def test_two_letters_swapped_anywhere_in_a_policy_are_at_most_one_problem_on_their_line(file, tmp_path):
    shutil.copytree(file.parent, tmp_path / "firm")
    text, told = file.read_text("utf-8"), Counter[str]()
    written = [(one, text[one.start_mark.index : one.end_mark.index]) for one in scalars(yaml.compose(text))]
    for node, was in random.sample([one for one in written if swapped(one[1])], 60):
        start, end = node.start_mark, node.end_mark
        changed = (text[: start.index] + swapped(was) + text[end.index :]).encode()
        (tmp_path / "firm" / "policy.yaml").write_bytes(changed)
        found = policy.load(tmp_path / "firm" / "policy.yaml").problems
        assert len(found) <= 1, (was, [(one.line, one.code) for one in found])
        for one in found:
            assert one.line == start.line + 1 or one.code.startswith(ELSEWHERE), (was, one)
            told[one.code] += 1
    assert told.total() > 15


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("  booking.name: name", "  boking.name: name"), ("  walker: {", "  wakler: {"),
        ("  website: {", "  webiste: {"), ("  guide: Leads", "  giude: Leads"),
        ("  pages balance: {kind", "  pages blaance: {kind"), ("  visit.page: pages seen", "  vsit.page: pages seen"),
    ],
)  # fmt: skip
def test_a_declaration_with_a_slip_is_told_where_it_stands_and_not_where_it_is_named(right, wrong):
    found = problems(text=spoilt((right, wrong)))
    assert [(one.code, one.help) for one in found] == [("misnamed", f"Did you mean “{right.strip().split(':')[0]}”?")]


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("smallest group: 10", "smallest group: ten", "not-a-number"),
        ("for: [run the walk you booked,", "for: [run the walk you boked,", "unknown-use"),
        ("website: {kind: web,", "website: {kind: web, sends as: hello,", "bad-address"),
        ("email: privacy@larch.example", "email: privacy at larch", "bad-address"),
        ("contract: mail contract}", 'contract: mail contract, policy: "htps:/mail"}', "bad-web-address"),
        ("contract: mail contract}", "contract: mail contract, opt out: www.mail.example}", "bad-web-address"),
    ],
)
def test_what_did_not_read_is_told_once_and_by_its_name(right, wrong, code):
    assert [one.code for one in problems(text=spoilt((right, wrong)))] == [code]


def test_an_offer_to_people_who_are_misspelt_is_told_once_where_they_are():
    """The five policies: two letters swapped in the people of a use that a form offers."""
    text = Path("policies/miomi/policy.yaml").read_text("utf-8")
    before, use, after = text.partition("  see whether our emails are opened:\n")
    wrong = before + use + after.replace("    of: [member, subscriber]\n", "    of: [mebmer, subscriber]\n", 1)
    assert use and wrong != text
    was, now = (Counter(one.code for one in policy.load("x.yaml", text=one.encode()).problems) for one in (text, wrong))
    assert now - was == Counter({"unknown-people": 1})


def test_who_says_in_words_where_a_policy_is_need_not_give_an_address():
    said = "contract: mail contract, policy: the address that the client gave us}"
    assert problems(text=spoilt(("contract: mail contract}", said))) == []


def test_a_host_is_a_host_alone():
    text = Path("policies/miomi/policy.yaml").read_text("utf-8")
    wrong = re.sub(r'(hosts: ")([a-z.-]+)"', r'\1https://\2/pixel"', text, count=1)
    assert wrong != text
    was, now = (
        {one.code for one in policy.load(Path("policy.yaml"), text=one.encode()).problems} for one in (text, wrong)
    )
    assert now - was == {"bad-host"}


def test_one_slip_that_two_names_could_have_meant_is_told_without_a_breakdown():
    twice = 'data: ["booking.*", booking.walkq, booking.walkq, booking.walkz, booking.walkz]'
    found = problems(text=spoilt(("booking.walk: purchase", "booking.walkx: purchase"), ('data: "booking.*"', twice)))
    assert {one.code for one in found} >= {"misnamed", "unknown-data"}
