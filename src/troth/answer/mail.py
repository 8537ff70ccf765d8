"""Writing to a person. The address is known to this room only at the moment of sending, and to no queue."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from troth.policy.plan import Plan
from troth.policy.problems import Trouble


def send(plan: Plan, to: str, subject: str, body: str, *, attachment: tuple[str, str] | None = None) -> None:
    """Send one message, or raise ``Trouble`` (the queue tries again). Django refuses a line break in any header."""
    host, port = settings.SMTP
    if not port:
        raise Trouble("no-mail-server", "No mail server is set, so mail waits.", "Set TROTH_SMTP to HOST:PORT.")
    name = (plan.who.trades_as or plan.who.name).replace('"', "")
    sender = f'"{name}" <{plan.who.email}>'
    message = EmailMessage(subject, body, sender, [to], headers={"Auto-Submitted": "auto-generated"})
    if attachment is not None:
        message.attach(attachment[0], attachment[1], "text/html")
    backend = EmailBackend(host=host, port=port, timeout=10)
    try:
        backend.send_messages([message])
    except (OSError, smtplib.SMTPException) as error:
        raise Trouble("mail-not-sent", "The mail server did not take the letter.", "It is tried again.") from error
