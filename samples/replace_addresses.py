"""Make ``access.log.gz`` from a public access log: every visitor's address becomes one of the range that is set aside
for measurements (198.18.0.0/15, RFC 2544), the same visitor always the same one, in an order that says nothing.

    python samples/replace_addresses.py access.log samples/access.log.gz
"""

from __future__ import annotations

import gzip
import ipaddress
import random
import re
import sys
from pathlib import Path

RANGE = int(ipaddress.ip_address("198.18.0.1"))
ADDRESS = re.compile(r"\b\d{1,3}(?:[.-]\d{1,3}){3}\b|\b[\w.-]+@[\w-]+\.[\w.]+\b")


def main(source: str, target: str) -> None:
    lines = Path(source).read_text("utf-8", "replace").splitlines()
    visitors = sorted({line.split(" ", 1)[0] for line in lines})
    numbers = random.SystemRandom().sample(range(130_000), len(visitors))
    pairs = zip(visitors, numbers, strict=True)
    made = {visitor: str(ipaddress.ip_address(RANGE + number)) for visitor, number in pairs}
    with gzip.GzipFile(target, "wb", mtime=0) as out:
        for line in lines:
            visitor, rest = line.split(" ", 1)
            out.write(f"{made[visitor]} {ADDRESS.sub('replaced', rest)}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:3])
