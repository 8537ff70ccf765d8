"""A count with the words that go with it, in English. What people read in their own language is in its table."""

from __future__ import annotations

import re
from typing import Final

_BENT: Final = re.compile(r"\[([^\[\]|]*)(?:\|([^\[\]]*))?\]")


def bent(count: int, words: str) -> str:
    """Words as one or many have them: “value[s] [is|are] gone” is “value is gone” of one, else “values are gone”. No
    name of a policy has a bracket."""
    one = count == 1
    return _BENT.sub(lambda met: ("" if one else met[1]) if met[2] is None else met[1] if one else met[2], words)


def counted(count: int, words: str) -> str:
    """The same after the count: ``counted(1, "value[s]")`` is “1 value”."""
    return f"{count:,} {bent(count, words)}"
