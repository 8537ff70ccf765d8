"""Reading: every scalar is text until its place types it, and nothing that cannot be read aloud is read."""

from __future__ import annotations

import random

import pytest
from tests.policy.spoiling import LARCH, codes, compiled, problems

from troth import policy

NAME = "name: Larch Walks Ltd"
TRAPS = [
    "NO", "yes", "on", "off", "True", "null", "~", "01234567", "0o17", "0x1F", "12:30", "1_000", "1e3", ".inf", "1.10",
    "2026-11-22", "2026-11-22T10:00:00Z", "=", "-7", "+44 1225 1", "Ünïcödé", "it's", "a  b".replace("  ", " "),
]  # fmt: skip


def test_a_list_that_says_nothing_is_told_wherever_it_stands():
    assert codes(("by: {email: consent}", "by: []")) == ["empty-value"]


@pytest.mark.parametrize("said", TRAPS)
def test_a_name_that_yaml_would_turn_into_something_else_stays_as_it_was_written(said):
    assert compiled((NAME, f"name: {said}")).who.name == said


def test_a_company_number_keeps_its_zero_and_norway_stays_a_country():
    assert compiled().who.company_number == "01234567"
    assert compiled(("in: GB, contract", "in: NO, contract")).recipients["Postal Mail Services"].countries == ("NO",)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (NAME, "name: &a Larch", "alias"),
        (NAME, "name: *a", "alias"),
        (NAME, "name: !!str Larch", "tag"),
        (NAME, "name: !!python/object/apply:os.system [ls]", "tag"),
        (NAME, "<<: {name: Larch}", "merge"),
        ("surfaces:", "---\nsurfaces:", "second-document"),
        (NAME, f"{NAME}\n  name: Birch", "said-twice"),
        (NAME, "name: Note: this", "unreadable"),
        (NAME, "name: 'Larch", "unreadable"),
        (NAME, "\tname: Larch", "unreadable"),
        (NAME, "name: @larch", "unreadable"),
        (NAME, "name: %larch", "unreadable"),
        (NAME, "name: We are #1 in walks", None),
        (NAME, "name: Larch #1", "cut-sentence"),
        (NAME, "name: #1", "cut-sentence"),
        (NAME, "name: “Larch”", "curly-quote"),
        (NAME, "name:", "empty-value"),
        (NAME, 'name: ""', "empty-value"),
        (NAME, "name: [Larch, Birch]", "not-one-value"),
        (NAME, "name: {a: b}", "not-one-value"),
        (NAME, "name: TBC", "blank"),
        (NAME, "name: La\u202erch", "hidden-character"),
        ("says: \"We never sell your address.\"", "says: We will not, sell, it", "cut-sentence"),
        ("troth: 1", "troth: 2", "language-version"),
        ("policy: larch", "policy: Larch Walks", "bad-name"),
        ("surfaces:", "surface:", "unknown-section"),
        ("  visitor: Any", "  on: Any", "yaml-word"),
        ("date: 2026-11-22", "date: next spring", "not-a-date"),
        ("least age: 18", "least age: old", "not-a-number"),
        ("who:\n", "who: Larch\nwho2:\n", "unknown-section"),
    ],
)  # fmt: skip
def test_what_a_naive_reader_would_swallow_is_a_problem(old, new, code):
    found = codes((old, new))
    assert (code is None and found) or code in found


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("  address: 1", "   address: 1", (11, 4), "begins neither where the others do that began on line 7"),
        ("  email: privacy", "email: privacy", (13, 12), "is read as a part of line 12"),
        ("  email: privacy", "  - email: privacy", (12, 3), "A dash begins a list"),
        ("  email: privacy", "  email:privacy", (12, 3), "No colon with a space after it"),
        ("surfaces:\n", "surfaces\n", (14, 1), "No colon with a space after it"),
        ("  email: privacy", " \u00a0email: privacy", (12, 2), "looks like a space"),
        (NAME, "\tname: Larch", (7, 3), "A tab"),
        (NAME, "name: @larch", (7, 9), "No value begins with “@”"),
        (NAME, "name: * larch", (7, 9), "a sign that YAML reads as its own"),
        (NAME, "name: Larch: Walks", (7, 14), "a second colon"),
        (NAME, 'name: "Larch" Walks', (7, 17), "behind a closing quote"),
        (NAME, "name: 'Larch", (7, 9), "The “'” that opens here is not closed: all to the end of the file"),
        ("readers in: GB}", "readers in: GB", (4, 6), "The “{” that opens here is not closed: all up to line 6"),
        ("booking.walk]\n", "booking.walk\n", (35, 12), "The “[” that opens here is not closed"),
        ("Wales, readers", "Wales; readers", (4, 52), "A comma or a closing bracket or quote is missing"),
    ],
)
def test_a_line_that_cannot_be_read_says_why_where_that_begins(old, new, where, said):
    (found,) = problems((old, new))
    assert found.code == "unreadable" and (found.line, found.column) == where
    assert said in found.sentence and found.help.endswith(".")


def test_what_is_cut_anywhere_is_told_and_never_falls():
    """Each policy that ends in the middle, and each with one sign too many, has a problem or holds."""
    for at in range(0, len(LARCH), 97):
        for text in (LARCH[:at], *(LARCH[:at] + sign + LARCH[at:] for sign in "\t{}[]\"'*&%@:-\n")):
            assert all(one.sentence and one.help and one.line for one in problems(text=text))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2 yrs", "2 years"), ("25months", "25 months"), ("2 Years", "2 years"), ("01 yr.", "1 year"),
        ("6 mths after walk is over", "6 months after walk is over"), ("24 hrs", "24 hours"), ("10d", "10 days"),
    ],
)  # fmt: skip
def test_a_unit_that_is_cut_short_is_told_with_the_period_that_was_meant(said, meant):
    found = next(one for one in problems(("visit.*: 25 months", f"visit.*: {said}")) if one.code == "not-a-period")
    assert found.help == f"Did you mean “{meant}”?"


def test_of_a_length_of_time_no_period_is_meant():
    for said, help in (("2 yrs", "Did you mean “2 years”?"), ("2 yrs after answered", "Say for example “2 years”.")):
        (found,) = problems(("again after: 24 months", f"again after: {said}"))
        assert found.help == help
    (found,) = problems(("undo: none", "undo: 3days"))
    assert found.help == "Did you mean “3 days”?"


def test_a_byte_that_is_no_text_is_told_with_its_place():
    source = b"\xef\xbb\xbf" + LARCH.replace("Lane", "L\u00e4ne", 1).encode().replace("\u00e4".encode(), b"\xe4")
    (found,) = policy.load("larch.yaml", text=source).problems
    assert (found.code, found.line, found.column) == ("not-text", 11, 21)


def test_a_bomb_of_aliases_stays_as_small_as_it_was_written():
    bomb = "a: &a [x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n" for i in range(20)
    )
    assert codes(text=bomb) == ["alias"]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_a_deep_nest_is_refused_and_does_not_end_the_program(opening):
    assert codes(text="troth: " + opening * 50_000)[0] in ("too-deep", "unreadable")


def test_a_large_file_is_not_even_parsed():
    assert codes(text=LARCH + "#" * 1_000_000) == ["too-big"]


def test_bytes_that_are_no_text_are_told_with_their_line():
    (found,) = policy.load("x.yaml", text=b"troth: 1\npolicy: caf\xe9\n").problems
    assert (found.code, found.line) == ("not-text", 2)


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    source = b"\xef\xbb\xbf" + LARCH.replace("\n", "\r\n").encode()
    assert policy.load("x.yaml", text=source).problems == []


def test_a_problem_names_its_line_column_and_the_help_begins_with_a_verb_or_a_guess():
    (found,) = problems(("booking.name, booking.email, booking.walk", "booking.name, booking.emial, booking.walk"))
    assert (found.line, found.column, found.length) == (35, 27, len("booking.emial"))
    assert found.source.strip().startswith("needs:")
    assert "booking.emial" in found.sentence
    assert found.help == "Did you mean “booking.email”?"


def test_any_letter_may_be_missing_and_nothing_raises():
    for at in random.Random(7).sample(range(len(LARCH)), 250):
        found = policy.load("larch.yaml", text=(LARCH[:at] + LARCH[at + 1 :]).encode())
        assert (found.plan is None) == any(one.severity == "error" for one in found.problems), at


def test_any_line_may_be_missing_and_nothing_raises():
    lines = LARCH.splitlines(keepends=True)
    for at in range(len(lines)):
        found = policy.load("larch.yaml", text="".join(lines[:at] + lines[at + 1 :]).encode())
        assert (found.plan is None) == any(one.severity == "error" for one in found.problems), lines[at]


def test_a_draft_with_blanks_lists_them_and_has_no_plan():
    swap = ("in: GB, contract", "in: TBC, contract")
    (found,) = problems(swap, draft=True)
    assert (found.code, found.severity) == ("blank", "warning")
    (found,) = problems(swap)
    assert (found.code, found.severity) == ("blank", "error")


@pytest.mark.parametrize(
    ("said", "left", "wanted"),
    [
        ("erasure reaches: key destroyed", "erasure reaches: TBC", "One of: backups, deleted, hidden, key destroyed"),
        (
            "  visit.*: 25 months",
            "  visit.*: TBC",
            "keep/visit.*/limit. The period; the earliest of its ends counts. For",
        ),
        ("registered in: England and Wales", "registered in: TBC", "Where it is registered. For example: "),
        ("  letters: {by: mail", "  letters: {by: TBC", "collect/letters/by. How it comes in. For example: “form”."),
    ],
)
def test_a_blank_says_what_stands_there(said, left, wanted):
    found = next(one for one in problems((said, left)) if one.code == "blank")
    assert wanted in found.sentence


def test_what_a_blank_lacks_in_a_table_of_names_of_its_own_is_left_unsaid():
    column = (
        "papers:\n",
        "  shop: {kind: sql, secret: shop, in: GB, holds: booking.name, tables: {A: TBC}}\npapers:\n",
    )
    found = next(one for one in problems(column) if one.code == "blank")
    assert found.sentence.startswith("Still to be said: places/shop/tables")
