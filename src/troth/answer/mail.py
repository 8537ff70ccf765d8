"""Writing to a person. The address is known to this room only at the moment of sending, and to no queue."""

from __future__ import annotations

import smtplib
from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMessage

from troth.collect.addresses import on_the_wire
from troth.places import post
from troth.policy.plan import Plan
from troth.policy.problems import Trouble


def send(plan: Plan, to: str, subject: str, body: str, *, attachment: tuple[str, str] | None = None) -> None:
    """Send one message, or raise ``Trouble`` (the queue tries again). Django refuses a line break in any header."""
    if not settings.SMTP[1]:
        raise Trouble("no-mail-server", "No mail server is set, so mail waits.", "Set TROTH_SMTP to HOST:PORT.")
    name = (plan.who.trades_as or plan.who.name).replace('"', "")
    sender = f'"{name}" <{plan.who.email}>'
    message = EmailMessage(subject, body, sender, [on_the_wire(to)], headers={"Auto-Submitted": "auto-generated"})
    if attachment is not None:
        message.attach(attachment[0], attachment[1], "text/html")
    try:
        post.deliver(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:  # Django finds no one mailbox in it: ValueError
        raise Trouble("mail-not-sent", "The mail server did not take the letter.", "It is tried again.") from error


def send_each(plan: Plan, to: Iterable[str], subject: str, body: str) -> int:
    """The same to several mailboxes of one person. How many took it: one that takes nothing keeps it from no other.
    ``Trouble`` where none did."""
    sent, met = 0, None
    for address in to:
        try:
            send(plan, address, subject, body)
            sent += 1
        except Trouble as trouble:
            met = trouble
    if met is not None and not sent:
        raise met
    return sent
