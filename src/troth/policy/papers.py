"""Papers: the files that a policy rests on, opened as what an untrusted file names (UK GDPR Art 5(2), 32).

A paper is a plain file inside the policy's own folder. Each step of its path is opened beneath the step before and
follows no link, so that nobody can exchange a folder for a link between the look and the opening. What is read of it is
its SHA-256: not one byte of a paper reaches a plan, a problem or an export.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from pathlib import Path
from typing import Final

LARGEST: Final = 10_000_000  # bytes of one paper
TOGETHER: Final = 100_000_000  # bytes of all papers of a policy
_CHUNK: Final = 1 << 20
_PLAIN: Final = re.compile(r"(?!\.)[^/\\:\x00-\x1f\x7f\ud800-\udfff]+(/(?!\.)[^/\\:\x00-\x1f\x7f\ud800-\udfff]+)*")
_STREAMS: Final = ("/dev/", "/proc/")


class Refused(Exception):
    """A paper that is not taken. ``code`` is the problem; the sentence finishes “papers/x.md” …."""

    def __init__(self, code: str, sentence: str, help: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.help = code, sentence, help


def is_plain(file: str) -> bool:
    """Whether a path is relative and goes only downwards, by names that are not hidden."""
    return _PLAIN.fullmatch(file) is not None


def folder_of(path: Path) -> Path | None:
    """Where the papers of a policy lie: in its own folder. What comes as a stream (a pipe, standard input, a
    descriptor) has none, and its papers are not looked at."""
    if path.is_dir():
        return path
    return path.parent if path.is_file() and not str(path.absolute()).startswith(_STREAMS) else None


class Folder:
    """The papers of one policy. Each is read once, whoever names it."""

    def __init__(self, path: Path) -> None:
        self._path, self._left = path, TOGETHER
        self._known: dict[str, str | Refused] = {}

    def sha256(self, file: str) -> str:
        """The SHA-256 of a paper, in hex, or ``Refused``."""
        if file not in self._known:
            try:
                self._known[file] = self._read(file)
            except Refused as refused:
                self._known[file] = refused
        found = self._known[file]
        if isinstance(found, Refused):
            raise found
        return found

    def _read(self, file: str) -> str:
        """A letter with an accent may be one sign or two in a name on disk, and nobody can see which."""
        for form in dict.fromkeys((file, unicodedata.normalize("NFC", file), unicodedata.normalize("NFD", file))):
            if found := self._tried(form):
                return found
        raise Refused("missing-paper", "is not there", "Put the paper there, or name the file that it is.")

    def _tried(self, file: str) -> str:
        """The SHA-256, or '' where no file has that name."""
        try:
            return self._opened(file)
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except PermissionError:
            raise Refused(
                "unreadable-paper", "may not be read", "Give who runs troth leave to read it, as with chmod u+r."
            ) from None
        except (OSError, ValueError):
            raise Refused("unreadable-paper", "cannot be opened", "Name a plain file.") from None

    def _opened(self, file: str) -> str:
        *folders, name = file.split("/")
        at = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for folder in folders:
                _no_link(os.stat(folder, dir_fd=at, follow_symlinks=False))
                below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
                os.close(at)
                at = below
            _is_file(os.stat(name, dir_fd=at, follow_symlinks=False))  # to open a device can set something going
            return self._digest(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at))
        finally:
            os.close(at)

    def _digest(self, descriptor: int) -> str:
        """The hash of what was opened, whatever stands under its name by now; no more of it than is allowed."""
        with os.fdopen(descriptor, "rb", buffering=0) as stream:
            _is_file(os.fstat(descriptor))
            hash, size = hashlib.sha256(), 0
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                self._left -= len(chunk)
                if size > LARGEST:
                    raise Refused("big-paper", "is larger than 10 MB", "Make it smaller, or split it.")
                if self._left < 0:
                    raise Refused("big-paper", "makes all papers larger than 100 MB", "Make the papers smaller.")
                hash.update(chunk)
        if not size:
            raise Refused("unreadable-paper", "is empty", "Write the paper, or name another file.")
        return hash.hexdigest()


def _no_link(found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise Refused("outside-file", "goes by a link", "Put the file itself there; a policy follows no link.")


def _is_file(found: os.stat_result) -> None:
    """A second name (a hard link) may be one outside the folder, so it is a link like any other."""
    _no_link(found)
    if not stat.S_ISREG(found.st_mode):
        raise Refused("unreadable-paper", "is no file but a folder or a device", "Name a plain file.")
    if found.st_nlink > 1:
        raise Refused("outside-file", "has a second name (a hard link)", "Put a copy of the file there.")
