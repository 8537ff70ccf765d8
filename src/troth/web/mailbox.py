"""The demonstration's mail: every message stays on this computer, in memory, and can be read on one page."""

from __future__ import annotations

import collections
import datetime as dt
import email
import email.policy
import socket
from typing import Any, Final

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

MOST: Final = 200
_received: collections.deque[Mail] = collections.deque(maxlen=MOST)


class Mail(msgspec.Struct, frozen=True):
    to: str
    sender: str
    subject: str
    text: str
    at: dt.datetime
    link: str


class Sink:
    """Takes every mail and sends none on."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        part = message.get_body(("plain",))
        text = str(part.get_content()) if part else ""
        sender, subject = str(message["From"] or ""), str(message["Subject"] or "")
        to, now = ", ".join(envelope.rcpt_tos), dt.datetime.now(dt.UTC)
        _received.appendleft(Mail(to, sender, subject, text, now, _link(text)))
        return "250 taken"


def _link(text: str) -> str:
    """The link that a mail was sent for, used once; addresses that a mail only names are no link of it."""
    ours = (word for word in text.split() if word.startswith(settings.ORIGIN + "/"))
    return next((word for word in ours if "/you/link/" in word), "")


class Box:
    """The sink on a free port of loopback; all mail of this process is pointed to it."""

    def __init__(self) -> None:
        from aiosmtpd.controller import Controller

        settings.SMTP = ("127.0.0.1", _free_port())  # declared first: the sink connects to itself when it starts
        self._controller = Controller(Sink(), hostname="127.0.0.1", port=settings.SMTP[1])
        self._controller.start()

    def close(self) -> None:
        self._controller.stop()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404("There is no page here.")
    return render(request, "web/mailbox.html", {"mails": list(_received), "nav": "mailbox"})
