"""Which processes hold jobs, and whether they live: each locks one byte of a file, and the kernel lets go when it dies.

A number of a process comes again, a lock does not outlive whoever holds it: not a SIGKILL, not a start of the machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import threading
from pathlib import Path
from typing import Final

from django.conf import settings

_alone: Final = threading.Lock()


class _Held:
    """The file, opened once a process and never a second time: closing any other handle of it would let go, too."""

    def __init__(self, path: Path) -> None:
        self.path, self.process, self.byte = path, os.getpid(), secrets.randbits(62)
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.lockf(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self.byte)


_held: list[_Held] = []


def _ours() -> _Held:
    path = Path(settings.DATA) / "work.lock"
    if not _held or (_held[0].path, _held[0].process) != (path, os.getpid()):
        while _held:
            os.close(_held.pop().handle)  # never twice: the number may be somebody else's by then
        _held.append(_Held(path))
    return _held[0]


def own() -> int | None:
    """The byte that this process locks for as long as it lives, drawn at random; None where there is no such file."""
    with _alone, contextlib.suppress(OSError):
        return _ours().byte
    return None


def lives(byte: int) -> bool:
    """Whether some process locks this byte. What cannot be looked at may live."""
    with _alone, contextlib.suppress(OSError):
        ours = _ours()
        if byte != ours.byte:
            fcntl.lockf(ours.handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            fcntl.lockf(ours.handle, fcntl.LOCK_UN, 1, byte)
            return False
    return True
