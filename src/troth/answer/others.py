"""Other people in an answer: what somebody wrote may name a third person, whose address is not the asker's to have
(UK GDPR Art 15(4)). What is not shown is said to be not shown.

A program knows an address and a number when it sees one. A name it does not: a hand marks it before it is entered, or
two people decide to leave a field out (``answer.withholding``)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from troth.people.vault import normal
from troth.places.kinds import NOT_YOURS
from troth.policy.emit.texts import phrase
from troth.policy.plan import Field
from troth.policy.problems import Trouble

WRITTEN: Final = "troth.written"  # by somebody, with a request of theirs
NOTED: Final = "troth.noted"  # what staff wrote about somebody is theirs to read, too: UK GDPR Art 15(1)
HIDDEN: Final = "[somebody else’s address, not shown]"
MARKED: Final = "[about somebody else, not shown]"
_MARK: Final = "[[]]"  # what is left of it where a hand marked something: what stood there is kept nowhere
_MARKS: Final = re.compile(r"\[\[(?:(?!\[\[|\]\]).)*\]\]")
_ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_DAY: Final = r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
_NUMBER: Final = re.compile(rf"(?<![\w+])(?!{_DAY})(?:\+\d|\(?0)(?:[ ().-]{{0,2}}\d){{8,14}}(?!\w)")


def taken_out(text: str) -> str:
    """What a hand enters, without what it set in [[double brackets]] because it is about somebody else; ``ValueError``
    where a bracket has no other: then nobody can tell what was meant to go."""
    left = _MARKS.sub(_MARK, text)
    rest = left.replace(_MARK, "")
    if "[[" in rest or "]]" in rest:
        raise ValueError("a double bracket stands alone")
    return left


def marked(text: str, *, where: str, said: str = "A double bracket stands without its other.") -> str:
    """``taken_out``, with a ``Trouble`` for whoever typed it."""
    try:
        return taken_out(text)
    except ValueError:
        help = "Set what is about somebody else in [[…]], each on one line."
        raise Trouble("no-fields", said, help, where=where, exit=2) from None


def masked(field: Field | None, value: str, mine: Iterable[str], *, noted: bool = False) -> str:
    """A text with the addresses and numbers of other people hidden, and what a hand marked; said in the language that
    is spoken. ``mine``: what the asker is known by. ``noted``: it is no value of a field, but what staff wrote."""
    if value == NOT_YOURS:
        return phrase(NOT_YOURS)
    value = value.replace(_MARK, phrase(MARKED))
    if not (noted or (field and (field.free_text or field.kind == "correspondence"))):
        return value
    own = {normal(one) for one in mine}
    digits = {_digits(one) for one in own if _digits(one)}
    hidden = phrase(HIDDEN)
    text = _ADDRESS.sub(lambda found: found[0] if normal(found[0].rstrip(".")) in own else hidden, value)
    return _NUMBER.sub(lambda found: found[0] if _digits(found[0]) in digits else hidden, text)


def _digits(text: str) -> str:
    """The end of a telephone number, which is the same with and without the code of its country."""
    return re.sub(r"\D", "", text)[-9:]
