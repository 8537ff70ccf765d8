"""A declaration with a slip in its name: told once, where it stands, and not at each place that names it rightly.

Only in a file that has names which lead nowhere is this looked for, so no policy that is clean is ever touched.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from troth.policy.reading import Document, Entry, Reader, meant, slips

TWICE: Final = 2  # who names it once may be the one that slipped
MOST: Final = 20  # names that are looked for: whoever has more mends these first
LARGEST: Final = 1000  # names of a section: in more of them nobody guesses (a file may be made to be slow)


def mend(document: Document, reader: Reader) -> bool:
    """Tell what is misnamed and read it by the name that was meant. True when there was any: then check afresh."""
    if not reader.problems or any(len(entries) > LARGEST for entries in document.sections.values()):
        return False
    spelt = Counter(part for text, times in reader.scalars.items() for part in _parts(text) * times)
    found = []
    for (section, name), times in Counter(reader.astray).most_common(MOST):
        old = meant(name, _unnamed(document, reader, section), ())
        if old and (times >= TWICE or _is_flagged(document, reader, section, old) or _is_misspelt(old, name, spelt)):
            found.append((section, old, name))
    for section, old, name in found:
        sentence = f"Nothing names “{old}”, and what names “{name}” finds nothing under `{section}`."
        _read_as(document, reader, section, old, name, sentence)
    strays = list(_strays(document, reader))
    for old, name in strays:
        sentence = f"“{old}” stands alone in its group, which nothing names."
        _read_as(document, reader, "data", old, name, sentence)
    return bool(found or strays)


def _strays(document: Document, reader: Reader) -> Iterator[tuple[str, str]]:
    """Data alone in a group that is spelt almost like another: what reaches that group by a star misses them."""
    data = document.sections["data"]
    groups = Counter(name.partition(".")[0] for name in data)
    alone = [name for name in _unnamed(document, reader, "data") if groups[name.partition(".")[0]] == 1]
    for name in [one for one in alone if _is_flagged(document, reader, "data", one)][:MOST]:
        group, dot, rest = name.partition(".")
        if dot:
            near = [f"{one}.{rest}" for one in groups if slips(group, one) == 1]
            if len(near) == 1 and near[0] not in data:
                yield name, near[0]


def _is_flagged(document: Document, reader: Reader, section: str, old: str) -> bool:
    """Whether the declaration cannot stand as it is, by itself."""
    mark = document.sections[section][old].mark
    return any((one.line, one.column) == (mark.line, mark.column) for one in reader.problems)


def _is_misspelt(old: str, name: str, spelt: Counter[str]) -> bool:
    """Whether it is the declaration that has a word which stands nowhere else, and not what names it."""
    ours, theirs = set(_parts(old)), set(_parts(name))
    once, often = ours - theirs, theirs - ours
    return bool(once) and all(spelt[one] == 1 for one in once) and all(spelt[one] > 1 for one in often)


def _parts(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _unnamed(document: Document, reader: Reader, section: str) -> Iterator[str]:
    """Declarations of a section whose name stands nowhere else in the file."""
    named = reader.scalars.keys() & {f"{section}/{name}" for name in document.sections.get(section, ())}
    for name in document.sections.get(section, ()):
        if name and reader.scalars[name] == 1 and f"{section}/{name}" not in named:
            yield name


def _read_as(document: Document, reader: Reader, section: str, old: str, name: str, sentence: str) -> None:
    if old not in document.sections[section] or name in document.sections[section]:
        return  # two names were meant by one declaration, or one by two: the first is told
    reader.bad(document.sections[section][old].mark, "misnamed", sentence, f"Did you mean “{name}”?")
    entries: dict[str, Entry] = {}
    for one, entry in document.sections[section].items():
        entries[name if one == old else one] = entry
    entries[name].name = name
    document.sections[section] = entries
