"""Make ``access.log.gz`` from a public access log, so that no address in it leads to anybody.

Each address becomes one inside 10.0.0.0/8 under a random key that is never written down. Addresses that share a
network (their first 16 or 24 bits) still share one afterwards, so that what is learned about networks from the sample
stays true. The same is done to addresses elsewhere in a line: in a request, a referrer, the reverse name of a crawler.
A version with four numbers looks like an address and is replaced as well; a mail address is taken out whole.

    python samples/make_access_log.py access.log samples/access.log.gz
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import hmac
import re
import secrets
import sys
from pathlib import Path

QUAD = re.compile(r"(?<![\d.])(\d{1,3})([.-])(\d{1,3})\2(\d{1,3})\2(\d{1,3})(?!\d)")
SIX = re.compile(
    r"(?<![\w:.])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])|(?<![\w:.])(?:[0-9a-f]{1,4}:)+:[0-9a-f:]*", re.I
)
MAIL = re.compile(r"\b[\w.+-]+(?:@|%40)[\w-]+\.[\w.]+\b")


def mapped(key: bytes, octets: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """10, then one number for each of the first 16, 24 and 32 bits, each worked out from all bits before it."""
    first = hmac.digest(key, bytes(octets[:2]), hashlib.sha256)[0]
    return 10, first, shuffled(key, bytes(octets[:2]))[octets[2]], shuffled(key, bytes(octets[:3]))[octets[3]]


@functools.cache
def shuffled(key: bytes, prefix: bytes) -> list[int]:
    """The 256 numbers under one prefix in a keyed order, so that two neighbours never become one."""
    return sorted(range(256), key=lambda number: hmac.digest(key, prefix + b"." + bytes([number]), hashlib.sha256))


def replaced(key: bytes, line: str) -> str:
    """One line of the log with every address replaced; all else stays as it was."""

    def quad(found: re.Match[str]) -> str:
        numbers = tuple(int(found[group]) for group in (1, 3, 4, 5))
        if max(numbers) > 255:
            return found[0]
        return found[2].join(map(str, mapped(key, numbers)))  # type: ignore[arg-type]

    return SIX.sub("replaced", QUAD.sub(quad, MAIL.sub("replaced", line)))


def main(source: str, target: str) -> None:
    key = secrets.token_bytes(32)
    lines = Path(source).read_text("utf-8", "replace").splitlines()
    with gzip.GzipFile(target, "wb", mtime=0) as out:
        for line in lines:
            out.write(f"{replaced(key, line)}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:3])
