"""The reference half of ``docs/language.md``: every section, key and word, made from the grammar itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from troth.policy import grammar, words
from troth.policy.always import ALWAYS
from troth.policy.emit.schema import meaning
from troth.policy.grammar import Key, Section

BEGIN: Final = "<!-- from here on made from the grammar: troth.policy.emit.manual -->"
_TAKES: Final = {
    "text": "text",
    "words": "one or a list",
    "date": "date",
    "number": "number",
    "yes": "yes or no",
    "span": "length of time",
    "period": "period",
    "pairs": "names, or name: value",
    "choice": "word",
    "choices": "word or words",
    "map": "keys",
    "list": "list of keys",
}
_LONG: Final = 10  # words in a list before it is given once, below


def markdown() -> str:
    return "\n\n".join([BEGIN, "## Sections and keys", _head(), *_sections(), *_words()]) + "\n"


def _head() -> str:
    return (
        "`!` must be said. A *selector* is a data name, or a group as `booking.*`.\n\n"
        "The file begins with `troth: 1` (the version of the language) and `policy:` (one small word)."
    )


def _sections() -> Iterator[str]:
    for name, section in grammar.SECTIONS.items():
        yield f"### `{name}`{'!' if section.need else ''}\n\n{meaning(name, '')} {_about(section)}"
        rows = [row for key, said in section.keys.items() for row in _rows(name, key, said)]
        yield "\n".join(["| key | takes | what it is for |", "|---|---|---|", *rows])


def _about(section: Section) -> str:
    said = {"words": "names", "data": "data names", "selectors": "selectors", "small": "clause ids"}[section.names]
    about = f"Entries have {said}." if section.named else "One entry."
    if section.short:
        about += f" A plain value stands for `{section.short}`."
    return about + (" `none` where there is nothing." if section.none else "")


def _rows(section: str, path: str, key: Key) -> Iterator[str]:
    among = sorted(key.among)
    listed = " See below." if len(among) > _LONG else f" One of: {' · '.join(among)}." if among else ""
    none = " (or none)" if key.none else ""
    yield f"| `{path}`{'!' if key.need else ''} | {_TAKES[key.takes]}{none} | {meaning(section, path)}{listed} |"
    for inner, said in key.keys.items():
        yield from _rows(section, f"{path}/{inner}", said)


def _words() -> Iterator[str]:
    functions = words.COOKIE_FUNCTIONS.values()
    yield "## Words"
    yield _table("Kinds of data", ("kind", "stored", "may be stored", ""), map(_kind, words.KINDS.values()))
    yield _table("Purposes", ("purpose", "message"), ((one.name, one.message_class) for one in words.PURPOSES.values()))
    yield _table(
        "Bases",
        ("basis", "needs", "law"),
        ((b.name, ", ".join(b.needs), b.article) for b in words.BASES.values()),
    )
    yield _table(
        "Recipients",
        ("as", "who it is", "needs"),
        ((r.name, r.label, ", ".join(r.needs)) for r in words.ROLES.values()),
    )
    yield _table("Ways in", ("by", "the data is"), ((one.name, one.way) for one in words.BY.values()))
    yield _table(
        "What a cookie does", ("does", "exceptions that cover it"),
        ((one.name, ", ".join(sorted(one.exempt)) or "none: it is asked for") for one in functions),
    )  # fmt: skip
    yield _table("What a role of staff may", ("may", "it opens"), words.DESK.items())
    yield f"### Tasks of a processor\n\n{' · '.join(words.TASKS)}"
    yield _table("What troth always does", ("always/…", "so that"), ALWAYS.items())


def _kind(kind: words.Kind) -> tuple[str, ...]:
    marks = [
        name for name, on in (("special", kind.special), ("secret", kind.secret), ("free text", kind.free_text)) if on
    ]
    marks += [f"identifies a {one}" for one in sorted(kind.identifies)]
    return kind.name, kind.form, ", ".join(sorted(kind.forms - {kind.form})), ", ".join(marks)


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in [heads, ("---",) * len(heads), *rows]]
    return "\n".join([f"### {title}", "", *lines])
