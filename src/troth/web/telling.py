"""Logs: one JSON line each, without personal values, addresses, paths or tokens; control characters are escaped."""

from __future__ import annotations

import json
import logging
import traceback
from types import TracebackType


class Lines(logging.Formatter):
    """``extra={"facts": {…}}`` becomes the line; a plain message stands under ``says``."""

    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", None) or {"says": record.getMessage()}
        line = {"at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"), "log": record.name, "level": record.levelname}
        return json.dumps(line | facts, ensure_ascii=True)


def where(error: BaseException) -> str:
    """File and line at which it went wrong, and never the text of the error: that can hold a value."""
    return spot(error.__traceback__)


def spot(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    if not frames:
        return ""
    ours = [frame for frame in frames if "/troth/" in frame.filename] or list(frames)
    return f"{ours[-1].filename.rsplit('/troth/', 1)[-1]}:{ours[-1].lineno}"
