"""The JSON Schema of the language, for editors: made from the one grammar, short forms included.

It says which words and keys there are. What a name refers to, what a period means and what the law asks for is said by
``troth check`` alone, because a schema cannot look elsewhere in the file.
"""

from __future__ import annotations

from typing import Any, Final

from troth.policy import grammar
from troth.policy.grammar import Key, Section

Schema = dict[str, Any]
_TEXT: Final[Schema] = {"type": ["string", "number"], "minLength": 1}
_BLANK: Final[Schema] = {"const": "TBC"}
_DATE: Final[Schema] = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
_SPAN: Final[Schema] = {"type": "string", "pattern": r"^[1-9][0-9]* (hour|day|week|month|year)s?$"}
# An editor's YAML may read `yes` as a boolean (1.1) or as a word (1.2): both are right.
_YES: Final[Schema] = {"enum": ["yes", "no", True, False]}
_NAMES: Final = {
    "words": r"^\w[^:*#\[\]{}\",]*$",
    "data": r"^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$",
    "selectors": r"^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*(\.\*)?$",
    "small": r"^[A-Za-z0-9][\w .-]*$",
}


def schema() -> Schema:
    """JSON Schema 2020-12 of a policy file."""
    sections = {name: _section(section) for name, section in grammar.SECTIONS.items()}
    needed = [*grammar.FIRST, *(name for name, section in grammar.SECTIONS.items() if section.need)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A privacy policy that runs",
        "type": "object",
        "properties": {
            "troth": {"enum": ["1", 1], "description": "version of the language"},
            "policy": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$", "description": "one small word"},
            **sections,
        },
        "required": needed,
        "additionalProperties": False,
    }


def _section(section: Section) -> Schema:
    if not section.named:
        return _map(section.keys)
    entry = _map(section.keys)
    if section.short:
        entry = {"anyOf": [_key(section.keys[section.short]), entry]}
    entries: Schema = {
        "type": "object",
        "patternProperties": {_NAMES[section.names]: entry},
        "additionalProperties": False,
    }
    return {"anyOf": [{"const": "none"}, entries]} if section.none else entries


def _map(keys: dict[str, Key]) -> Schema:
    found: Schema = {
        "type": "object",
        "properties": {name: _key(key) for name, key in keys.items()},
        "additionalProperties": False,
    }
    if needed := [name for name, key in keys.items() if key.need]:
        found["required"] = needed
    return found


def _key(key: Key) -> Schema:
    said = _takes(key)
    return {"anyOf": [{"const": "none"}, said]} if key.none else said


def _takes(key: Key) -> Schema:
    word: Schema = {"anyOf": [{"enum": sorted(key.among)}, _BLANK]}
    if key.takes in ("words", "choices"):
        one = word if key.among else _TEXT
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
    if key.takes == "map":
        return _map(key.keys)
    if key.takes == "list":
        return {"type": "array", "items": _map(key.keys)}
    if key.takes == "pairs":
        return {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}, {"type": "object"}]}
    plain: dict[str, Schema] = {
        "choice": word,
        "date": {"anyOf": [_DATE, _BLANK]},
        "span": {"anyOf": [_SPAN, _BLANK]},
        "number": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+$"}, _BLANK]},
        "yes": {"anyOf": [_YES, _BLANK]},
    }
    return plain.get(key.takes, _TEXT)
