"""The schema for editors: every key says what it is for, the real policies are valid, and mistakes are not."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.policy.spoiling import LARCH, spoilt

from troth import cli
from troth.policy import grammar, words
from troth.policy.emit import schema as emit

FOLDERS = sorted(path.parent for path in (Path(__file__).parents[2] / "policies").glob("*/policy.yaml"))
POLICY, OLD = Draft202012Validator(emit.schema()), Draft202012Validator(emit.schema(old=True))


class Core(yaml.SafeLoader):
    """What an editor reads: the core schema of YAML 1.2, where only these are not text."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", "~nN"),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), list(first))
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
LOADERS = [yaml.BaseLoader, Core]


def wrong(validator: Draft202012Validator, text: str, loader: Any = yaml.BaseLoader) -> list[str]:
    return [f"{one.json_path}: {one.message}"[:200] for one in validator.iter_errors(yaml.load(text, loader))]


def test_it_is_a_schema():
    for validator in (POLICY, OLD):
        Draft202012Validator.check_schema(validator.schema)


@pytest.mark.parametrize("loader", LOADERS, ids=["text", "core"])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_each_of_the_five_is_valid_and_so_is_its_old_text_each_by_its_own_schema(folder, loader):
    policy, old = ((folder / name).read_text("utf-8") for name in ("policy.yaml", "as-written.yaml"))
    assert wrong(POLICY, policy, loader) == []
    assert wrong(OLD, old, loader) == []
    assert wrong(POLICY, old, loader) and wrong(OLD, policy, loader)


def test_the_small_firm_is_valid():
    assert wrong(POLICY, LARCH) == wrong(POLICY, LARCH, Core) == []


MISTAKES = [
    ("collect:\n", "colect:\n"),
    ("regulator: ico", "regulator: ofcom"),
    ("readers in: GB", "readers in: UK"),
    ("date: 2026-11-22", "date: 22.11.2026"),
    ("booking.name: name", "booking.name: naem"),
    ("as: never stored", "as: never storred"),
    ("is: service, basis: contract", "is: service, basis: contrct"),
    ("does: IT,", "does: magic,"),
    ("smallest group: 10", "smallest group: ten"),
    ("identity: link", "identty: link"),
    ("by: {email: consent}", "by: {emial: consent}"),
    ("again after: 24 months", "again after: a while"),
    ("in: GB, contract: mail", "in: England, contract: mail"),
    ("{disclose: booking.email, to: anyone for money}", "{to: anyone for money}"),
    ("within: a case", "within: a storm"),
    ("promises:\n  larch-1: {says:", "promises:\n  larch-1: {say:"),
    ("owner: Ada Larch, until: 2027-11-22}", "until: 2027-11-22}"),
]


@pytest.mark.parametrize(("right", "mistake"), MISTAKES, ids=[mistake for _, mistake in MISTAKES])
def test_a_mistake_is_seen_while_it_is_typed(right, mistake):
    assert wrong(POLICY, spoilt((right, mistake)))


def told(of: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each property of a schema, however deep, by its path."""
    if isinstance(of, list):
        for one in of:
            yield from told(one, path)
    if not isinstance(of, dict):
        return
    for name, one in of.get("properties", {}).items():
        yield f"{path}/{name}", one
        yield from told(one, f"{path}/{name}")
    for one in of.get("patternProperties", {}).values():
        yield from told(one, path)
    for key in ("anyOf", "items", "additionalProperties"):
        yield from told(of.get(key), path)


@pytest.mark.parametrize("old", [False, True])
def test_every_key_says_what_it_is_for_and_every_example_is_one(old):
    seen, examples = 0, 0
    for path, one in told(emit.schema(old=old)):
        seen += 1
        assert one["description"].endswith("."), path
        bare = Draft202012Validator(one)
        for example in one.get("examples", []):
            examples += 1
            assert bare.is_valid(example), (path, example)
    assert seen > 170 and examples > 150


def test_what_a_key_is_for_is_said_of_each_key_and_of_no_other():
    said = {(section, key) for section, keys in emit.meanings().items() for key in keys}
    known = {(name, "") for name in (*grammar.FIRST, grammar.AS_WRITTEN, grammar.SAYS, *grammar.SECTIONS)}

    def keys(section: str, above: str, of: dict[str, grammar.Key]) -> Iterator[tuple[str, str]]:
        for name, key in of.items():
            yield section, above + name
            yield from keys(section, f"{above}{name}/", key.keys)

    for name, section in grammar.SECTIONS.items():
        known |= set(keys(name, "", section.keys))
    assert said == known


def test_closed_words_are_offered_one_by_one():
    sections = emit.schema()["properties"]
    datum = next(iter(sections["data"]["patternProperties"].values()))["anyOf"][0]
    assert datum["anyOf"][0]["enum"] == sorted(words.KINDS)
    recipient = sections["disclose"]["anyOf"][1]["patternProperties"]
    countries = next(iter(recipient.values()))["properties"]["in"]["anyOf"][0]["anyOf"][0]["enum"]
    assert countries == sorted(words.COUNTRIES)


def test_the_command_prints_the_one_and_the_other(capsys):
    assert cli.main(["schema", "--as-written"]) == 0
    assert json.loads(capsys.readouterr().out) == emit.schema(old=True)
    assert cli.main(["schema", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == copy.deepcopy(emit.schema())
