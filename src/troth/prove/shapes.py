"""What a value in clear looks like in its declared form, written apart from the code that puts it into that form."""

from __future__ import annotations

import re
from typing import Final

FORMS: Final = {
    "truncated": re.compile(r"(?:\d{1,3}\.){3}0/24|[0-9a-f:]*::/48|-?\d{1,3}\.\d,-?\d{1,3}\.\d"),
    "outward half": re.compile(r"[A-Z]{1,2}\d[A-Z\d]?"),
    "hour": re.compile(r"\d{4}-\d\d-\d\dT\d\d"),
    "site only": re.compile(r"[^\s/?#@]+"),
    "counted": re.compile(r"\d+"),
}
NAMES_SOMEBODY: Final = re.compile(r"\d{5,}|[^\s/@?&=]@[^\s/@?&=]")


def misshapen(form: str, value: object) -> bool:
    """Whether more stands there than the form lets through. A form without a shape, and nothing at all, never is."""
    text = str(value)
    if form == "no identifiers":
        return NAMES_SOMEBODY.search(text) is not None
    shape = FORMS.get(form)
    return bool(text) and shape is not None and shape.fullmatch(text) is None
