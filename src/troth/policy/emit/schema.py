"""The JSON Schema of the language, for editors: made from the one grammar and from what its page says of each key.

It says which words and keys there are. What a name refers to, what a period means and what the law asks for is said by
``troth check`` alone, because a schema cannot look elsewhere in the file. An old text as it was written has a schema of
its own: it may quote itself anywhere, and need not say what a policy must.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from troth.policy import bounds, grammar, nevers, words
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
_COUNTRIES: Final = tuple(words.COUNTRIES)
_CLOSED: Final[dict[str, Collection[str]]] = {
    "law/readers in": _COUNTRIES,
    "disclose/in": _COUNTRIES,
    "places/in": _COUNTRIES,
    "disclose/does": words.TASKS,
    "use/case": words.CASES,
    "use/within": bounds.WITHIN,
    "use/only while": bounds.STATES,
    "never/unless": nevers.UNLESS,
}
"""Keys that take a text in the grammar, and of which `troth check` knows every word."""


def schema(*, old: bool = False) -> Schema:
    """JSON Schema 2020-12 of a policy file, or of an ``old`` text as it was written."""
    made = _Schema(old)
    sections = {name: made.section(name, section) for name, section in grammar.SECTIONS.items()}
    needed = [] if old else [name for name, section in grammar.SECTIONS.items() if section.need]
    mark: Schema = {"enum": ["yes", True] if old else ["no", False]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An old privacy policy, as it was written" if old else "A privacy policy that runs",
        "type": "object",
        "properties": {
            "troth": _told("troth", "", {"enum": ["1", 1]}),
            "policy": _told("policy", "", {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}),
            grammar.AS_WRITTEN: _told(grammar.AS_WRITTEN, "", mark),
            **sections,
        },
        "required": [*grammar.FIRST, *([grammar.AS_WRITTEN] if old else needed)],
        "additionalProperties": False,
    }


@functools.cache
def meanings() -> dict[str, dict[str, list[Any]]]:
    """What each section ("") and key is for, by its path: a sentence, then examples."""
    return tomllib.loads((Path(__file__).parent / "meanings.toml").read_text("utf-8"))


def meaning(section: str, key: str) -> str:
    return str(meanings()[section][key][0])


def _told(section: str, key: str, of: Schema) -> Schema:
    """A schema with the sentence that its key has in the language, and the examples."""
    said, *examples = meanings()[section][key]
    return {"description": said, **({"examples": examples} if examples else {}), **of}


class _Schema:
    """The parts of one schema: of a policy, or of an old text."""

    def __init__(self, old: bool) -> None:
        self.old = old

    def section(self, name: str, section: Section) -> Schema:
        return _told(name, "", self._entries(name, section))

    def _entries(self, name: str, section: Section) -> Schema:
        entry = self._map(f"{name}/", section.keys)
        if not section.named:
            return entry
        if section.short:
            entry = {"anyOf": [self._key(f"{name}/{section.short}", section.keys[section.short]), entry]}
        entries: Schema = {
            "type": "object",
            "patternProperties": {_NAMES[section.names]: entry},
            "additionalProperties": False,
        }
        return {"anyOf": [{"const": "none"}, entries]} if section.none else entries

    def _map(self, above: str, keys: dict[str, Key]) -> Schema:
        section = above.partition("/")[0]
        found = {name: self._key(f"{above}{name}", key) for name, key in keys.items()}
        if self.old and grammar.SAYS not in keys:
            found[grammar.SAYS] = _told(grammar.SAYS, "", _many(_TEXT))
        made: Schema = {"type": "object", "properties": found, "additionalProperties": False}
        needed = [name for name, key in keys.items() if key.need and not self.old]
        if section == "never" and not self.old:
            made["anyOf"] = [{"required": [verb]} for verb in nevers.VERBS]
        return made | ({"required": needed} if needed else {})

    def _key(self, path: str, key: Key) -> Schema:
        section, _, name = path.partition("/")
        said = self._takes(path, key)
        return _told(section, name, {"anyOf": [{"const": "none"}, said]} if key.none else said)

    def _takes(self, path: str, key: Key) -> Schema:
        if key.takes == "map":
            return self._map(f"{path}/", key.keys)
        if key.takes == "list":
            return {"type": "array", "items": self._map(f"{path}/", key.keys)}
        if key.takes == "pairs":
            return _PAIRS.get(path, {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}, {"type": "object"}]})
        among = key.among or (() if self.old else _CLOSED.get(path, ()))
        word: Schema = {"anyOf": [{"enum": sorted(among)}, _BLANK]} if among else _TEXT
        if key.takes in ("words", "choices"):
            return _many(word)
        plain: dict[str, Schema] = {
            "date": {"anyOf": [_DATE, _BLANK]},
            "span": {"anyOf": [_SPAN, _BLANK]},
            "number": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+$"}, _BLANK]},
            "yes": {"anyOf": [_YES, _BLANK]},
        }
        return plain.get(key.takes, word)


def _many(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _pairs(keys: Collection[str], value: Schema) -> Schema:
    return {"type": "object", "propertyNames": {"enum": sorted(keys)}, "additionalProperties": value}


_CHANNEL: Final[Schema] = {"enum": sorted(words.CHANNELS)}
_TABLE: Final[Schema] = {
    "type": "object",
    "properties": {
        "person by": _TEXT | {"description": "The column that finds a person, or another table's by way of one."},
        "columns": {
            "type": "object",
            "additionalProperties": _TEXT,
            "description": "Which datum stands in which column.",
        },
    },
    "additionalProperties": False,
}
_PAIRS: Final[dict[str, Schema]] = {
    # what allows a message is a closed word only in marketing: an editor offers it, and troth check insists
    "use/by": {
        "anyOf": [*_many(_CHANNEL)["anyOf"], _pairs(words.CHANNELS, {"anyOf": [{"enum": [*words.PERMISSIONS]}, _TEXT]})]
    },
    "answer/sooner": _pairs(words.RIGHTS, {"anyOf": [_SPAN, _BLANK]}),
    "places/tables": {"type": "object", "additionalProperties": _TABLE},
    "notice/in": {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z]{2,3}$"},
        "additionalProperties": {"type": "object", "additionalProperties": _TEXT},
    },
}
