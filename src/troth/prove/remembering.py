"""What was looked at and found without what is over, so that no night opens every event again.

The note that a sweep leaves in a file of events is not believed: whoever can write there could write it. Ours is bound
to every byte of the file under a key that stands apart, and stands in the proof that we signed; a file that changed in
one byte is opened and looked through again.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from troth.places import events, master

LENGTH = 16  # bytes of a mark


class Memory:
    """The marks of the last proof, and those that this look has met: what is gone or changed is remembered no more.
    Neither they nor the key are looked for before something is asked: a look at the key itself must not end with it."""

    def __init__(self, last: Callable[[], Iterable[str]] = tuple) -> None:
        self._last, self.met = last, set[str]()

    @functools.cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self._last())

    @functools.cached_property
    def _key(self) -> bytes:
        return master.derive("troth prove seen")

    def mark(self, path: Path, client: str, edition: int, over: events.Over, stays: events.Stays) -> str:
        """Of one question, and of all that the file says: which of these fields stand in its events of an edition."""
        held = ((browser, sorted(over.keys() & fields)) for browser, fields in stays.items())
        kept = sorted((browser, fields) for browser, fields in held if fields)
        where = (client, path.parent.name, path.name)
        said = msgspec.json.encode((*where, edition, sorted(over.items()), kept, _bytes(path), _bytes(_log(path))))
        return hmac.digest(self._key, said, "sha256")[:LENGTH].hex()

    def is_known(self, mark: str) -> bool:
        if mark in self.known:
            self.met.add(mark)
        return mark in self.met


def _log(path: Path) -> Path:
    return Path(f"{path}-wal")


def _bytes(path: Path) -> str:
    """A digest of a file as it lies there; an empty one is as good as none."""
    if not path.exists() or not path.stat().st_size:
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
