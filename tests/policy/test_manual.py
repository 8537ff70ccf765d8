"""The page of the language and the schema follow the grammar; nothing in them is kept by hand twice."""

from __future__ import annotations

from pathlib import Path

from troth.policy import grammar
from troth.policy.emit import manual
from troth.policy.emit.schema import schema

LANGUAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text("utf-8")


def test_the_reference_of_the_language_is_made_from_the_grammar():
    assert LANGUAGE[LANGUAGE.index(manual.BEGIN) :] == manual.markdown()


def test_the_schema_has_every_section_and_key_and_the_short_forms():
    sections = schema()["properties"]
    assert sections.keys() == {*grammar.FIRST, grammar.AS_WRITTEN, *grammar.SECTIONS}
    (named,) = sections["data"]["patternProperties"].values()
    assert sorted(named["anyOf"][0]) == ["anyOf", "description", "examples"], "a kind alone stands for a datum"
    assert {"const": "none"} in sections["cookies"]["anyOf"]
    use = next(iter(sections["use"]["patternProperties"].values()))
    assert use["properties"].keys() == grammar.SECTIONS["use"].keys.keys()
    assert set(use["required"]) == {"is", "basis", "data"}
