"""Selectors: the one place where stars are expanded. A star never reaches a secret or a special category (ruling 8)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Sequence
from typing import Final

from troth.policy import former, words
from troth.policy.reading import Document, Entry, Reader, Text, suggest

EVERYTHING: Final = "everything"
GUARDED_ELSEWHERE: Final = frozenset({"keep", "holds", "places", "secure", "never", "collect"})
"""Sections where a star reaches all: they hold, guard or forget data and open it to nobody."""

OPENING: Final = frozenset({"collect", "use", "disclose"})
"""Sections where a star reaches nothing retired: it is taken in, used and given away no more."""


class Selecting:
    """Expands selectors against the ``data`` section, and says what is wrong with them where they stand."""

    def __init__(self, document: Document, reader: Reader) -> None:
        self._reader, self._document = reader, document
        self.data = document.sections["data"]
        self.known = document.names("data")
        self.special = {name for name, entry in self.data.items() if _guarded(entry)}
        self.former = former.names(self.data)
        self.retired = {name for name, entry in self.data.items() if entry.values.get("retired") is True}
        self._in_order, self._known_in_order = sorted(self.data), sorted(self.known)
        self._groups = {name.partition(".")[0] + ".*" for name in self.known}

    @property
    def is_lost(self) -> bool:
        """Whether the whole section is missing: then nothing that names data can be judged."""
        return "data" in self._document.lost

    def expand(self, section: str, items: Iterable[Text], *, stars: bool = True) -> frozenset[str]:
        found: set[str] = set()
        for item in items:
            found |= self._one(section, item, stars)
        return frozenset(found)

    def _one(self, section: str, item: Text, stars: bool) -> set[str]:
        if item.text == EVERYTHING and section in ("places", "holds", "never"):
            return set(self.data)
        if "*" not in item.text:
            return self._exact(item)
        if not item.text.endswith(".*") or item.text.count("*") > 1:
            self._bad(
                item,
                "star-misplaced",
                f"“{item.text}”: a star stands only at the end, after a dot.",
                "Write it as account.*",
            )
            return set()
        if not stars:
            self._bad(
                item, "star-disclosed", f"Who acts for itself gets its data named one by one, not as “{item.text}”.",
                f"It would get: {', '.join(sorted(self._under(item.text)))}.",
            )  # fmt: skip
            return set()
        return self._star(section, item)

    def _exact(self, item: Text) -> set[str]:
        if item.text in self.data:
            return {item.text}
        if item.text not in self.known and not self.is_lost:
            help = suggest(item.text, self.known, "Declare it under `data`.")
            if now := self.former.get(item.text):
                help = f"It is called {now} now."
            self._reader.astray.append(("data", item.text))
            self._bad(item, "unknown-data", f"Nobody declares “{item.text}”.", help)
        return set()

    def _star(self, section: str, item: Text) -> set[str]:
        under = self._under(item.text)
        if not under and not self.is_lost and not _beginning(self._known_in_order, item.text[:-1]):
            help = suggest(item.text, self._groups, "Name data that is declared.")
            self._bad(item, "star-empty", f"“{item.text}” matches nothing.", help)
        if section not in GUARDED_ELSEWHERE:
            under -= self.special
        return under - self.retired if section in OPENING else under

    def _under(self, star: str) -> set[str]:
        return set(_beginning(self._in_order, star[:-1]))

    def _bad(self, item: Text, code: str, sentence: str, help: str) -> None:
        self._reader.bad(item.mark, code, sentence, help)


def _beginning(names: Sequence[str], start: str) -> Sequence[str]:
    """Of names in order, those that begin so: they stand beside each other."""
    first = bisect_left(names, start)
    return names[first : bisect_right(names, start, first, key=lambda name: name[: len(start)])]


def _guarded(entry: Entry) -> bool:
    kind = words.KINDS.get(entry.text("is"))
    return kind is not None and (kind.secret or kind.special)


def winning(rules: Container[str], field: str) -> str:
    """The keep rule of a field: the exact name, else the longest star; '' when there is none."""
    if field in rules:
        return field
    parts = field.split(".")
    stars = (".".join([*parts[:end], "*"]) for end in range(len(parts) - 1, 0, -1))
    return next((star for star in stars if star in rules), "")
