"""How what was stored is read back into its structure, by however many threads at once.

msgspec learns what a class holds at its first use, and lends it to other threads while it is half made: the process
then ends with a fault. So a decoder is made once, one at a time, before anybody uses it.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_one_at_a_time = threading.Lock()
_made: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of a type; the same one each time."""
    found = _made.get(kind)
    if found is None:
        with _one_at_a_time:
            found = _made.get(kind) or msgspec.json.Decoder(kind)
            _made[kind] = found
    return found


def read(said: bytes | str | msgspec.Raw, kind: type[T]) -> T:
    """JSON as a type. ``msgspec.DecodeError`` or ``ValidationError`` where it is none."""
    return decoder(kind).decode(said)


def convert(value: object, kind: type[T], *, strict: bool = True) -> T:
    """Plain values as a type. ``msgspec.ValidationError`` where they do not fit."""
    decoder(kind)
    return msgspec.convert(value, kind, strict=strict)
