"""Other people in an answer: what somebody wrote may name a third person, whose address is not the asker's to have
(UK GDPR Art 15(4)). What is not shown is said to be not shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from troth.people.vault import normal
from troth.policy.plan import Field

HIDDEN: Final = "[somebody else’s address, not shown]"
_ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_DAY: Final = r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
_NUMBER: Final = re.compile(rf"(?<![\w+])(?!{_DAY})(?:\+\d|\(?0)(?:[ ().-]{{0,2}}\d){{8,14}}(?!\w)")


def masked(field: Field | None, value: str, mine: Iterable[str]) -> str:
    """A text with the addresses and numbers of other people hidden. ``mine``: what the asker is known by."""
    if field is None or not (field.free_text or field.kind == "correspondence"):
        return value
    own = {normal(one) for one in mine}
    digits = {_digits(one) for one in own if _digits(one)}
    text = _ADDRESS.sub(lambda found: found[0] if normal(found[0].rstrip(".")) in own else HIDDEN, value)
    return _NUMBER.sub(lambda found: found[0] if _digits(found[0]) in digits else HIDDEN, text)


def _digits(text: str) -> str:
    """The end of a telephone number, which is the same with and without the code of its country."""
    return re.sub(r"\D", "", text)[-9:]
