"""What is left out of an answer, and the ground that the person reads in its place: GDPR Art 15(4), DPA 2018 Sch 2."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from troth.answer.grounds import GROUNDS
from troth.answer.models import Decision
from troth.policy.emit.texts import phrase

IN_FORCE: Final = ("decided", "told")


def of(client: str, persons: Collection[int]) -> dict[str, str]:
    """By field, what stands in place of its values for these persons: decided by two, and not ended since."""
    rows = Decision.objects.filter(client=client, person__in=persons, kind="withhold", state__in=IN_FORCE)
    return {field: said(row.ground) for row in rows.order_by("pk") for field in row.fields}


def said(ground: str) -> str:
    one = GROUNDS[ground]
    why = f"{phrase(one.words)} ({one.provision})"
    return "[" + phrase("not shown: {why}", why=why) + "]"
