"""Every problem that a policy can have has a page, and every page is of a problem that can be had."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from troth.policy import words
from troth.policy.problem_pages import PAGES, markdown

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "src" / "troth" / "policy"
FILES = [file for file in POLICY.rglob("*.py") if file.name not in ("problem_pages.py", "words.py")]
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
AT = {"bad": 1, "_bad": 1, "Trouble": 0}  # where the code stands among the arguments


def raised() -> set[str]:
    found: set[str] = set()
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                found |= {constant.value for constant in _codes(node) if CODE.fullmatch(constant.value)}
    return found | {f"no-{key}" for basis in words.BASES.values() for key in basis.needs} | {"blank"}


def _codes(call: ast.Call) -> list[ast.Constant]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    places = [call.args[AT[name]]] if name in AT and len(call.args) > AT[name] else []
    places += [word.value for word in call.keywords if word.arg == "code"]
    return [one for one in places if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def test_every_problem_that_is_raised_has_a_page():
    assert raised() - PAGES.keys() == set()


@pytest.mark.parametrize("code", PAGES)
def test_a_page_says_what_why_and_how_to_cure_it(code):
    page = PAGES[code]
    assert CODE.fullmatch(code)
    assert page.title and page.why.endswith((".", ")")) and page.cure
    assert page.cure.split()[0][0].isupper()
    assert code in page.text(code)


def test_the_page_of_problems_is_made_from_them():
    assert (ROOT / "docs" / "problems.md").read_text("utf-8") == markdown()
