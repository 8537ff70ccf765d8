"""Checkpoints outside: once a day a signed line goes to a file away from the data folder, and by mail.

Who can write the data folder can put an older copy of all of it in place. Against a line that somebody else holds,
that is found, too.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import smtplib
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from troth.ledger import entries, rows, signing, tree
from troth.ledger.models import Checkpoint
from troth.places import post
from troth.policy.problems import Trouble

EACH: Final = dt.timedelta(days=1)
TAIL: Final = 8192  # bytes; a line is under one thousand
WORDS: Final = (
    "This is a signed checkpoint of the ledger. Keep this message: who changes what was written before it, or cuts it "
    "off, cannot make a ledger that fits it. To check, save the attachment and run "
    "`troth ledger verify --checkpoint FILE`."
)


def ways() -> frozenset[str]:
    """Where checkpoints go, as the options say: 'file', 'mail'."""
    return frozenset(["file"] * bool(settings.CHECKPOINT_FILE) + ["mail"] * bool(settings.CHECKPOINT_MAIL))


def make(now: dt.datetime | None = None) -> str:
    """A checkpoint that is kept here, too, and written down; '' when it is not time or nothing was added. One that a
    clock which leapt has dated years ahead is none to wait for."""
    last = Checkpoint.objects.order_by("-number").first()
    before = signing.opened(last.line) if last is not None else None
    at = now or dt.datetime.now(dt.UTC)
    if before is not None and abs(at - dt.datetime.fromisoformat(before["at"])) < EACH:
        return ""
    head = rows.last()[0]
    if not head or (last is not None and head <= last.number + 1):  # one more: the entry that told of the last one
        return ""
    line = tree.checkpoint()
    with transaction.atomic():
        number = signing.opened(line)["number"]  # type: ignore[index]
        Checkpoint.objects.create(number=number, line=line)
        entries.append("checkpoint", client="", refs={"upto": str(number)})
    return line


def send() -> int:
    """Copy out what has not been: the oldest first. Returns how many copies still wait; the next round tries again."""
    left = 0
    for row in Checkpoint.objects.order_by("number"):
        done = set(row.outside.split())
        for way in sorted(ways() - done):
            try:
                _to_file(row.line) if way == "file" else _by_mail(row.number, row.line)
                done.add(way)
            except (OSError, smtplib.SMTPException, ValueError):  # as ``post`` raises; what went elsewhere has gone
                left += 1
        if done != set(row.outside.split()):
            row.outside = " ".join(sorted(done))
            row.save(update_fields=["outside"])
    return left


def waiting() -> int:
    """How many checkpoints have not reached every place that the options name."""
    return sum(1 for outside in Checkpoint.objects.values_list("outside", flat=True) if ways() - set(outside.split()))


def newest() -> dt.datetime | None:
    """When the newest checkpoint was made, or None."""
    last = Checkpoint.objects.order_by("-number").first()
    said = signing.opened(last.line) if last is not None else None
    return dt.datetime.fromisoformat(said["at"]) if said else None


def _to_file(line: str) -> None:
    file = outside_file()
    if file is None:
        return
    if lost():
        raise FileNotFoundError("a mount that is away, or somebody took it: none is begun in its place")
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        _append(handle, line.encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def _append(handle: int, text: bytes) -> None:
    """A whole line or none: half of one, on a full disk, would look for ever like one that somebody changed."""
    size = os.fstat(handle).st_size
    tail = os.pread(handle, TAIL, max(0, size - TAIL))
    whole = size - len(tail) + tail.rfind(b"\n") + 1
    if whole < size:  # half a line of whoever died while writing it
        with contextlib.suppress(PermissionError):  # a file that may only grow keeps it, on a line of its own
            os.ftruncate(handle, whole)
        text = b"\n" * (os.fstat(handle).st_size > whole) + text
    try:
        while text:
            text = text[os.write(handle, text) :]
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(handle, whole)
        raise


def lost() -> bool:
    """Whether the file that gathers checkpoints had some once, and is not there: what it would show is not seen."""
    file = outside_file()
    if file is None or file.exists():
        return False
    return any("file" in outside.split() for outside in Checkpoint.objects.values_list("outside", flat=True))


def outside_file() -> Path | None:
    """The file that gathers checkpoints, or None. Inside the data folder it would prove nothing: ``Trouble``."""
    if not settings.CHECKPOINT_FILE:
        return None
    file = Path(settings.CHECKPOINT_FILE).expanduser().resolve()
    if Path(settings.DATA).resolve() in file.parents:
        raise Trouble(
            "checkpoint-inside",
            "The file for checkpoints lies inside the data folder, where who changes the ledger can change it, too.",
            "Set TROTH_CHECKPOINT_FILE to a path outside TROTH_DATA; best on another machine.",
            where="TROTH_CHECKPOINT_FILE",
        )
    return file


def _by_mail(number: int, line: str) -> None:
    if not settings.SMTP[1]:
        raise ConnectionError("no mail server is set")
    to = settings.CHECKPOINT_MAIL
    message = EmailMessage(f"Checkpoint of the ledger: entry {number}", WORDS, to, [to])
    message.attach(f"checkpoint-{number}.json", json.dumps(json.loads(line)), "application/json")
    post.deliver(message)
