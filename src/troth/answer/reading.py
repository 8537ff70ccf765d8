"""That somebody of ours read what was written with a request: written down, and told to whom it is about, once they
showed that it is they. Whoever asks in their name, or has shown nothing yet, wrote of themself."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from troth.answer import access, requests
from troth.ledger import entries
from troth.people import looks

READ: Final = "Somebody of ours read what was written to us"


def noted(asked: requests.Request, known: dict[str, str], through: str, *, actor: str) -> None:
    """``known``: what is sealed with the request; ``through``: '', or who asks for them."""
    with transaction.atomic():
        requests.step(asked.client, asked.reference, READ, actor=actor)
        _looked("read", asked, known, through, actor)


def opened(asked: requests.Request, known: dict[str, str], through: str, *, actor: str) -> None:
    """The same of what we write to them, for a second person who decides: nobody agrees to a letter unread."""
    with transaction.atomic():
        if not _looked("decide", asked, known, through, actor):
            entries.append("value-read", client=asked.client, refs={"request": asked.reference}, actor=actor)


def _looked(does: str, asked: requests.Request, known: dict[str, str], through: str, actor: str) -> bool:
    """Whether it is a look that its person is told of; else it is counted alone."""
    if asked.person and not through and requests.UNSHOWN not in known:
        why, persons = looks.Why(does, asked.reference), frozenset({asked.person})
        access.pass_for(asked.client, "access", requests.WRITTEN, persons, actor=actor, why=why)
        return True
    looks.count(asked.client, actor, str(asked.person or asked.reference))
    return False
