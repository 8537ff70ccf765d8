"""Small harms to a policy, one at a time: what a careless or dishonest hand might do to a file before publishing it."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FIVE = Path(__file__).parents[2] / "policies"
NAMES = ("dianomi", "omono", "miomi", "dijuno", "clientdata")
Tree = dict[str, Any]
PROTECTS = frozenset(
    {"ask", "balance", "basis", "case", "confirms", "contract", "interest", "limit", "needs", "offers", "only while"}
    | {"law", "opt out", "only as", "smallest group", "under", "warns", "why", "until", "least age", "review", "undo"}
    | {"sooner", "acknowledges complaints within", "seals", "backups", "key backups", "drill", "erasure reaches"}
    | {"told of breach within", "tells", "identity", "two needed", "at most", "officer", "regulator", "because"}
    | {"assessment", "instructed by", "new use", "tell people", "licence", "recorded", "the rest", "from", "control"}
    | {"without", "within", "part of", "representative", "phone", "email", "languages", "fee", "evidence kept"}
)
"""Keys that hold us to something: each is taken away in turn."""
WIDENS = {
    "data": "list",
    "in": "list",
    "for": "list",
    "of": "list",
    "staff": "list",
    "may": "list",
    "opened by": "list",
}
"""Keys whose lists are made longer by a word that stands elsewhere in the same place of the same file."""


SAID_TWICE = frozenset({("secure", "seals"), ("data", "visit.ip")})
"""Places in a file of which another line says the same, so that one of the two may go."""


class Mutant(NamedTuple):
    policy: str
    path: tuple[str, ...]  # where in the file
    harm: str
    change: Callable[[Any, str], object]

    @property
    def text(self) -> bytes:
        """The policy with this one harm done to it."""
        other = copy.deepcopy(tree(self.policy))
        inner = other
        for step in self.path[:-1]:
            inner = inner[step]
        self.change(inner, self.path[-1])
        return written(other)


@functools.cache
def tree(name: str) -> Tree:
    loaded = yaml.load((FIVE / name / "policy.yaml").read_text("utf-8"), Loader=yaml.CBaseLoader)
    assert isinstance(loaded, dict)
    return loaded


def written(whole: Tree) -> bytes:
    said = yaml.dump(
        whole, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=100000, default_style='"'
    )
    return said.encode()


def at(place: str, path: tuple[str, ...]) -> bool:
    """Whether a change that is named ``place`` (section/name, or a section) is the one made at ``path``."""
    section, _, name = place.partition("/")
    if section != path[0]:
        return {"children": "people", "secure": "data", "data": "secure", "clients": "people"}.get(section) == path[0]
    return not name or name == path[1] or name.startswith(f"{path[1]} (") or section in ("keep", "cookies")


def of(name: str) -> Iterator[Mutant]:
    """Every mutant of one policy, in the order of the file."""
    whole = tree(name)
    for path, holder, key in _walk(whole, ()):
        yield from (Mutant(name, path, harm, change) for harm, change in _harms(whole, path, holder[key]))


def _walk(part: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    for key, value in part.items() if isinstance(part, dict) else ():
        yield (*path, key), part, key
        yield from _walk(value, (*path, key))


def _harms(whole: Tree, path: tuple[str, ...], value: Any) -> Iterator[tuple[str, Callable[[Any, str], object]]]:
    section, key = path[0], path[-1]
    if section in ("troth", "policy", "edition", "promises", "papers"):
        return
    if section == "never" and len(path) == 2:
        yield "a prohibition is dropped", _drop
    if key in PROTECTS and len(path) > 1:
        yield f"“{key}” is dropped", _drop
    if isinstance(value, str) and re.search(r"\d+ (hours?|days?|weeks?|months?|years?)", value):
        yield "a time is made longer", lambda holder, at: holder.update({at: _longer(holder[at])})
    if section in ("use", "disclose", "places", "data", "staff") and len(path) == 3 and key in WIDENS:
        for word in _others(whole, section, key, value):
            yield (
                f"“{key}” is widened by {word}",
                lambda holder, at, word=word: holder.update({at: [*_list(holder[at]), word]}),
            )
    if section == "disclose" and key == "as" and value == "processor":
        yield "a processor is made a controller", lambda holder, at: holder.update({at: "controller"})
    if section == "data" and isinstance(value, dict) and value.get("as") in ("sealed", "hashed", "truncated"):
        yield "a datum is stored in clear", lambda holder, at: holder[at].update({"as": "clear"})
    if section == "use" and key == "basis" and value == "consent":
        yield "consent is no longer needed", lambda holder, at: holder.update({at: "contract"})


def _drop(holder: Any, at: str) -> None:
    del holder[at]


def _list(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def _longer(text: str) -> str:
    return re.sub(r"\d+", lambda found: str(int(found.group()) * 3 + 1), text, count=1)


def _others(whole: Tree, section: str, key: str, value: Any) -> list[str]:
    """One word that stands under the same key elsewhere, and not here."""
    have = set(_list(value))
    if "everything" in have or any("*" in word for word in have):
        return []
    words = {
        word
        for entry in whole[section].values()
        if isinstance(entry, dict) and key in entry
        for word in _list(entry[key])
    }
    fit = sorted(word for word in words - have if "*" not in word and word not in ("everything", "anyone", "all"))
    return fit[:1]
