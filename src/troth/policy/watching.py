"""Watching files while somebody edits them: looked at again whenever one has changed, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

EVERY: Final = 0.5  # seconds: as soon as one looks up from the editor
Stamp = tuple[int, int] | None


def watch(files: Iterable[str], look: Callable[[], object], *, wait: Callable[[float], None] = time.sleep) -> int:
    """Look once, and again after each change of any file. A file that goes and comes back is a change, too, and so is a
    paper that is put beside it."""
    paths = [_policy(Path(file)) for file in files]
    seen: list[Stamp] | None = None
    try:
        while True:
            now = [_stamp(part) for path in paths for part in (path, *_folders(path))]
            if now != seen:
                look()
                sys.stdout.flush()
                seen = now
            wait(EVERY)
    except KeyboardInterrupt:
        return 0


def _policy(path: Path) -> Path:
    return path / "policy.yaml" if path.is_dir() else path


def _folders(path: Path) -> list[Path]:
    """The folders beside a policy: where a paper comes or goes, theirs is another time."""
    try:
        return sorted(one for one in path.parent.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError:
        return []


def _stamp(path: Path) -> Stamp:
    """When a file was last written and how long it is; None where it cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
