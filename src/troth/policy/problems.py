"""Problems: what is wrong with a policy file, and Trouble: what is wrong with anything else.

Both name what, where and what to do, as text for people and as data for programs.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in a policy file. Lines and columns count from 1."""

    code: str  # small words with hyphens, stable: 'no-end'
    sentence: str
    help: str  # begins with a verb
    file: str = ""
    line: int = 0
    column: int = 0
    length: int = 1
    source: str = ""  # the line itself
    law: str = ""
    severity: Literal["error", "warning"] = "error"


class Trouble(Exception):
    """Something could not be done. ``code`` is stable, for programs; one that a policy file can cause has a page
    (``troth explain CODE``). ``exit`` is the command's status."""

    def __init__(self, code: str, sentence: str, help: str, *, where: str = "", exit: int = 1) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.help, self.where, self.exit = code, sentence, help, where, exit

    def as_data(self) -> dict[str, str]:
        return {"code": self.code, "sentence": self.sentence, "help": self.help, "where": self.where}


def visible(text: str) -> str:
    """Text for a terminal: what would command it (escapes, bidirectional marks) is shown as its code, not obeyed."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp", "Cs"):
        return character
    return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"
