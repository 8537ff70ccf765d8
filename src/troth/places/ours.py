"""Our own tables are a place too. Each room registers the tables in which it keeps personal data, and troth asks
them like any other place: requests, sessions and logs obey the policy that they serve."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from troth.places.kinds import Item, Receipt, Subject


class Own(msgspec.Struct, frozen=True):
    name: str
    label: str
    find: Callable[[str, Subject], list[Item]]
    erase: Callable[[str, Subject], Receipt]
    scan: Callable[[str], Iterable[str]] | None = None  # sentences about what stands there against the policy


_owns: dict[str, Own] = {}


def register(own: Own) -> None:
    """Called from a room's ``apps.py``; twice with one name is the same table once."""
    _owns[own.name] = own


def all_of() -> list[Own]:
    return [_owns[name] for name in sorted(_owns)]


def named(name: str) -> Own:
    return _owns[name]
