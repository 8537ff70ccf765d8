"""Email addresses: what mail can go to, and how the name of a host is written on its way there."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 254  # letters: no mail server takes more
_LOCAL: Final = re.compile(r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LABEL: Final = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?\Z")
MOST: Final = 64  # letters before the @, and one more than in a part of a host


def looks_like_email(value: str) -> bool:
    """Whether mail could go there, and to one mailbox alone. Only the mail itself shows that it does.

    What a mail server reads otherwise than a person is none: two addresses, a comment, a quote, dots that stand double.
    """
    if len(value) > LONGEST:
        return False
    name, _, host = value.rpartition("@")
    labels = on_the_wire(value).rpartition("@")[2].split(".")
    if not (_LOCAL.match(name) and len(name) <= MOST and len(on_the_wire(value)) <= LONGEST and value.isprintable()):
        return False
    named = all(_LABEL.match(label) and len(label) < MOST for label in labels)
    return named and len(labels) > 1 and not labels[-1].isdigit() and "@" not in host


def on_the_wire(address: str) -> str:
    """An address whose host is written in ASCII as IDNA 2008 has it. The older way, which Django and Python still go,
    writes straße.example as strasse.example: somebody else's, who would get the mail (UK GDPR Art 32)."""
    name, at, host = address.rpartition("@")
    if host.isascii() or len(address) > LONGEST:  # none that is longer is an address, and to write it takes long
        return address
    plain = unicodedata.normalize("NFKC", host).lower().replace("。", ".")
    return name + at + ".".join(_ascii(label) for label in plain.split("."))


def _ascii(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
