"""The architecture's own tests: the contracts of the house that import-linter cannot say."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, ManyToManyField
from tests.house.commands import PAGE, markdown, parsers, told

from troth import cli
from troth.cli import COMMANDS

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "troth"
FILES = sorted(file for file in SRC.rglob("*.py") if "migrations" not in file.parts)
HEIGHT = {
    name: height
    for height, line in enumerate(
        [
            "policy",
            "places",
            "parties",
            "ledger work",
            "people",
            "gate",
            "keep",
            "collect use disclose",
            "answer",
            "prove",
            "web",
        ]
    )
    for name in line.split()
}


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def test_every_room_says_in_one_sentence_which_promise_it_makes_true():
    for room in HEIGHT.keys() - {"gate"}:
        doc = ast.get_docstring(tree(SRC / room / "__init__.py"))
        assert doc, room
        assert re.match(r"(We|Everything|What|You) ", doc), (room, doc)


def test_every_module_has_a_docstring():
    bare = [str(file.relative_to(SRC)) for file in FILES if not ast.get_docstring(tree(file))]
    assert bare == []


def test_foreign_keys_point_only_downwards():
    wrong = []
    for model in apps.get_models():
        room = model._meta.app_label
        if room not in HEIGHT:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey | ManyToManyField):
                target = field.related_model._meta.app_label
                if target in HEIGHT and target != room and HEIGHT[target] >= HEIGHT[room]:
                    wrong.append(f"{model.__name__}.{field.name} -> {target}")
    assert wrong == []


def test_nobody_imports_another_rooms_models():
    wrong = []
    for file in FILES:
        room = file.relative_to(SRC).parts[0]
        for found in re.findall(
            r"from troth\.(\w+)\.models import|import troth\.(\w+)\.models|from troth\.(\w+) import models",
            file.read_text(),
        ):
            other = next(name for name in found if name)
            if other != room:
                wrong.append(f"{file.relative_to(SRC)} imports {other}.models")
    assert wrong == []


def test_the_admin_is_not_installed_and_not_imported():
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
    assert [file for file in FILES if "django.contrib.admin" in file.read_text()] == []


def test_no_page_is_an_asynchronous_function():
    pages = [file for file in FILES if file.name in ("pages.py", "views.py")]
    found = [
        f"{file}:{node.lineno}"
        for file in pages
        for node in ast.walk(tree(file))
        if isinstance(node, ast.AsyncFunctionDef)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "base", "core", "manager", "service"])
def test_no_file_has_a_name_that_says_nothing(name):
    assert [file for file in FILES if file.stem == name] == []


def test_only_the_gate_mints_a_pass():
    callers = {str(file.relative_to(SRC)) for file in FILES if re.search(r"\bmint\(", file.read_text())}
    assert callers == {"gate.py", "places/opening.py"}


def test_every_option_is_documented():
    from troth.web.options import OPTIONS

    text = (ROOT / "docs" / "operate.md").read_text()
    assert [option.name for option in OPTIONS if option.name not in text] == []


def test_every_command_is_documented():
    text = "".join(file.read_text() for file in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    assert [name for name in COMMANDS if f"troth {name}" not in text] == []


def test_every_option_of_every_command_has_a_help_and_stands_in_the_documents():
    every = {(typed, one): means for name in COMMANDS for typed, _, sub in parsers(name) for one, means in told(sub)}
    assert len(every) > 150 and [one for one, means in every.items() if not means.removesuffix(" (needed)")] == []
    assert PAGE.read_text("utf-8") == markdown(), "python tests/house/commands.py writes it anew"


def command_lines() -> list[tuple[str, str]]:
    """What the documents say can be typed: all of a console, and each span that gives two options their values."""
    found = []
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = file.read_text("utf-8") if file.name != "problems.md" else ""  # which shows what is wrong
        shown = "\n".join(re.findall(r"(?ms)^```\w*\n(.*?)^```", text)).replace("\\\n", " ")
        beside = re.sub(r"(?ms)^```.*?^```", "", text)
        spans = [re.sub(r"\s+", " ", one) for one in re.findall(r"`(?:[A-Z_]+=\S+ )*(troth [^`]+)`", beside)]
        lines = re.findall(r"(?m)^(?:\$ )?(?:[A-Z_]+=\S+ )*(troth .*)$", shown)
        whole = [one for one in spans if len(re.findall(r" --[\w-]+ [^- ]", one)) > 1 and " … " not in one]
        found += [(file.name, one) for one in (*lines, *whole)]
    return found


@pytest.mark.parametrize(("file", "line"), sorted(set(command_lines())))
def test_every_command_line_of_the_documents_can_be_typed(file, line):
    words = [one for one in shlex.split(line, comments=True)[1:] if one != "--json"]
    cli.build(words[0]).parse_args(words)


def test_templates_hold_no_raw_colour_size_or_inline_style():
    templates = list(SRC.rglob("templates/**/*.html"))
    assert templates
    wrong = [
        f"{file.relative_to(SRC)}: {found}"
        for file in templates
        for found in re.findall(
            r"\bstyle=|<style|<script(?![^>]*\bsrc=)|\bon(?:click|load|submit)=|\d+px", file.read_text()
        )
    ]
    assert wrong == []


def test_what_is_committed_names_no_machine_path():
    wrong = []
    for file in ROOT.rglob("*"):
        inside = file.relative_to(ROOT).parts
        if (
            (inside[0].startswith(".") and inside[0] not in (".ci", ".gitignore"))
            or "__pycache__" in inside
            or not file.is_file()
        ):
            continue
        if file.suffix in (".py", ".md", ".yaml", ".toml", ".html", ".js", ".css", "") and file != Path(__file__):
            text = file.read_text("utf-8", errors="replace")
            wrong += [
                f"{file.relative_to(ROOT)}: {hit}" for hit in re.findall(r"(?<![\w.])/(?:work|root|farm)/\w+", text)
            ]
    assert wrong == []


def test_no_day_is_worked_out_on_the_clocks_of_the_installation():
    """Each client has its own: `parties.days` and `Plan.day` ask whose day it is."""
    ambient = re.compile(
        r"\b(localdate|localtime|make_aware|make_naive|date\.today|get_current_timezone)\b\(|now\(\)\.date"
    )
    wrong = [
        f"{file.relative_to(SRC)}: {line.strip()}"
        for file in FILES
        for line in file.read_text("utf-8").splitlines()
        if ambient.search(line)
    ]
    assert wrong == []


def test_what_was_stored_is_read_in_one_way():
    """`policy.decoding` makes each decoder before two threads can meet in it. A browser's walk has a process alone."""
    direct = re.compile(r"msgspec\.(json\.decode\(.*type=|convert\(|json\.Decoder\()")
    apart = {SRC / "policy" / "decoding.py", SRC / "prove" / "scan_browser.py"}
    wrong = [
        f"{file.relative_to(SRC)}: {line.strip()}"
        for file in FILES
        if file not in apart
        for line in file.read_text("utf-8").splitlines()
        if direct.search(line)
    ]
    assert wrong == []
