"""Handing a message to the operator's mail server, the one way in which anything leaves by mail."""

from __future__ import annotations

from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

WAITS = 10  # seconds for an answer of the server


def deliver(message: EmailMessage) -> None:
    """Whatever the mail server answers amiss is raised: ``OSError``, ``SMTPException``, or ``ValueError`` for an
    address that is no one mailbox. Its number names the sender's domain: Django's would name this machine."""
    host, port = settings.SMTP
    domain = parseaddr(message.from_email)[1].rpartition("@")[2]
    plain = domain if domain and domain.isascii() else "localhost"
    message.extra_headers.setdefault("Message-ID", make_msgid(domain=plain))
    EmailBackend(host=host, port=port, timeout=WAITS).send_messages([message])
