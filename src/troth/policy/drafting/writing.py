"""A policy file written line by line, each with the comment that bears it out."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import Final

from troth.policy.problems import visible

BLANK: Final = "TBC"
WIDTH: Final = 116
EXCERPT: Final = 300  # characters of a sentence that a comment shows; the whole stands at its line
AGAIN: Final = 80  # characters of one that stands above in the same section already
_SAFE: Final = re.compile(r"[A-Za-z0-9][\w .,’&()/+@-]*")
_YAML: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "~"])


class Draft:
    """Lines of a policy. Nothing is said without a comment above it: whence it comes, or that nobody said it."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def section(self, name: str) -> None:
        self._lines += ["", f"{name}:"]

    def note(self, text: str, indent: int = 0) -> None:
        """A comment of its own, wrapped; what could be taken for something else is shown by its code."""
        room = WIDTH - indent - 2
        for line in textwrap.wrap(visible(text), room, break_long_words=False, break_on_hyphens=False):
            self._lines.append(f"{' ' * indent}# {line}")

    def say(self, line: str, indent: int = 2) -> None:
        self._lines.append(f"{' ' * indent}{line}")

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"


def scalar(text: str) -> str:
    """A value as YAML: plain where no program could read it otherwise, else in double quotes."""
    text = visible(" ".join(text.split()))
    plain = _SAFE.fullmatch(text) and text.lower() not in _YAML and text == text.strip()
    return text if plain else json.dumps(text, ensure_ascii=False)


def listed(names: Sequence[str]) -> str:
    shown = [scalar(name) for name in names]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def excerpt(quote: str, phrase: str = "", room: int = EXCERPT) -> str:
    """A sentence as a comment shows it: whole, or the part around the words that counted. ``room`` in characters."""
    if len(quote) <= room:
        return quote
    at = max(0, quote.lower().find(phrase.lower())) if phrase else 0
    begins = max(0, min(at - room // 2, len(quote) - room))
    begins = quote.rfind(" ", 0, begins + 1) + 1 if begins else 0
    ends = quote.find(" ", min(len(quote), begins + room))
    ends = len(quote) if ends < 0 else ends
    return f"{'… ' if begins else ''}{quote[begins:ends]}{' …' if ends < len(quote) else ''}"


def slug(text: str) -> str:
    """A small word for a name: letters, digits and hyphens."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(one))
    words = re.sub(r"[^a-z0-9]+", "-", bare.replace("ß", "ss").replace("œ", "oe").replace("æ", "ae")).strip("-")
    return words if words[:1].isalpha() else ""
