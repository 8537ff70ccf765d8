"""Whether what was typed, or the page's own address, is in what leaves: in clear, in the usual coats, or hashed.

A hash of an address names its owner as the address does: it is personal data (UK GDPR Art 4(1), (5)).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import secrets
import zlib
from typing import Final
from urllib.parse import quote, unquote_to_bytes

import msgspec

from troth.prove.scan_seen import Leak

LARGEST: Final = 1 << 18  # bytes of a body that are looked into
ADDRESS: Final = re.compile(rb"(?<![/\w.+-])[\w.+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)
PACKED: Final = (zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS)  # gzip, zlib, and bare


class Marks(msgspec.Struct, frozen=True):
    """What is typed in one walk. Nobody is called so, and no mail reaches ``.invalid`` (RFC 2606)."""

    word: str
    number: str
    address: str  # in the query of the page's address

    @property
    def email(self) -> str:
        return f"{self.word}@troth.invalid"


def marks() -> Marks:
    return Marks(
        f"trothwalk{secrets.token_hex(6)}",
        f"7{secrets.randbelow(10**11):011d}",
        f"trothpage{secrets.token_hex(6)}",
    )


def coats(text: str) -> set[bytes]:
    """A text as it may travel, in lower case where case says nothing."""
    plain = text.encode()
    found = {plain, quote(text, safe="").encode(), plain.hex().encode(), plain.decode().encode("utf-16-le")}
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + plain)
        cut = whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]
        found |= {cut, cut.replace(b"+", b"-").replace(b"/", b"_")}
    return {coat for coat in found if len(coat) >= 8}


def hashes(text: str) -> set[bytes]:
    """Of the text as suppliers hash it: trimmed and in lower case."""
    made = [hash(text.encode(), usedforsecurity=False) for hash in (hashlib.md5, hashlib.sha1, hashlib.sha256)]
    return {one.hexdigest().encode() for one in made} | {base64.b64encode(one.digest())[:20] for one in made}


class Finder:
    """Looks for the marks of one walk. A walk that types nothing and adds nothing looks for addresses alone."""

    def __init__(self, marks: Marks | None) -> None:
        self._typed: set[bytes] = set()
        self._address: set[bytes] = set()
        if marks is not None:
            self._typed = coats(marks.word) | coats(marks.number) | hashes(marks.word) | hashes(marks.email)
            self._address = coats(marks.address)

    def leaks(self, url: str, headers: str, body: bytes | None) -> tuple[Leak, ...]:
        """What of the walk is in a request."""
        texts, raws = list(_readings(url.encode() + b"\n" + headers.encode())), _unpacked(body or b"")
        for raw in raws:
            texts += _readings(raw)
        found: list[Leak] = []
        if any(mark in text for mark in self._typed for text in texts):
            found.append("typed")
        if any(mark in text for mark in self._address for text in texts):
            found.append("address")
        told = (url.partition("?")[2].encode(), *raws)
        if not found and any(ADDRESS.search(text) for raw in told for text in _readings(raw)):
            found.append("e-mail")
        return tuple(found)


def _readings(raw: bytes) -> tuple[bytes, ...]:
    """As it stands, with its percents read, and both in lower case."""
    read = unquote_to_bytes(raw.replace(b"+", b" "))
    return raw, read, raw.lower(), read.lower()


def _unpacked(body: bytes) -> tuple[bytes, ...]:
    """A body as it stands, and as it was before it was packed; no more of either than is looked into."""
    body = body[:LARGEST]
    for bits in PACKED:
        with contextlib.suppress(zlib.error):
            return body, zlib.decompressobj(bits).decompress(body, LARGEST)
    return (body,)
