"""Logs: one JSON line each, without personal values, addresses, paths or tokens; control characters are escaped."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, Final

_log: Final = logging.getLogger("troth.server")


class Lines(logging.Formatter):
    """``extra={"facts": {…}}`` becomes the line; a plain message stands under ``says``.

    What somebody else's code says can hold a value: of that the line has only who said it and where.
    """

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.line(record), ensure_ascii=True)

    def line(self, record: logging.LogRecord) -> dict[str, Any]:
        line = {"at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"), "log": record.name, "level": record.levelname}
        if record.name.partition(".")[0] != "troth":
            return line | {"where": f"{record.module}:{record.lineno}", "error": _kind(record)}
        facts: dict[str, Any] = getattr(record, "facts", None) or {"says": record.getMessage()}
        return line | facts


def _kind(record: logging.LogRecord) -> str:
    kind = record.exc_info[0] if record.exc_info else None
    return kind.__name__ if kind is not None else ""


class Text(Lines):
    """The same for an eye: ``at level log key=value``. A value keeps to its line and is quoted where it has a space."""

    def format(self, record: logging.LogRecord) -> str:
        line = self.line(record)
        head = " ".join((line.pop("at"), line.pop("level"), line.pop("log")))
        return " ".join([head, *(f"{key}={_word(value)}" for key, value in line.items())])


def _word(value: object) -> str:
    said = json.dumps(value, ensure_ascii=True)
    plain = said[1:-1]
    bare = isinstance(value, str) and plain and not set(plain) & set(' "=\\')
    return plain if bare else said


def leave_no_traceback() -> None:
    """For a process that serves: what falls out of a thread is told by kind and line, and never printed whole."""

    def fell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        _log.error("", extra={"facts": {"error": kind.__name__, "where": spot(trace)}})

    def thread(args: threading.ExceptHookArgs) -> None:
        fell(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook, threading.excepthook = fell, thread
    sys.unraisablehook = lambda told: fell(told.exc_type, told.exc_value, told.exc_traceback)


def where(error: BaseException) -> str:
    """File and line at which it went wrong, and never the text of the error: that can hold a value."""
    return spot(error.__traceback__)


def spot(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    if not frames:
        return ""
    ours = [frame for frame in frames if "/troth/" in frame.filename] or list(frames)
    return f"{ours[-1].filename.rsplit('/troth/', 1)[-1]}:{ours[-1].lineno}"
