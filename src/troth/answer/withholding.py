"""What is left out of an answer, and the ground that the person reads in its place: GDPR Art 15(4), DPA 2018 Sch 2."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from troth.answer.grounds import GROUNDS, cited
from troth.answer.models import Decision
from troth.parties import editions
from troth.people import identities
from troth.policy.emit.texts import phrase

IN_FORCE: Final = ("decided", "told")


def of(client: str, persons: Collection[int]) -> dict[str, str]:
    """By field, what stands in place of its values for these persons: decided by two, and not ended since."""
    rows = Decision.objects.filter(client=client, person__in=persons, kind="withhold", state__in=IN_FORCE)
    laws = editions.in_force(client).plan.law
    return {field: said(row.ground, laws) for row in rows.order_by("pk") for field in row.fields}


def stands(client: str, reference: str) -> bool:
    """Whether an answer to whoever made this request would still leave something out. Then it is not over: forgotten,
    the next answer would show what the ground forbids, and nobody would have said so."""
    rows = Decision.objects.filter(client=client, reference=reference, kind="withhold", state__in=IN_FORCE)
    return any(_known(client, row.person) for row in rows)


def _known(client: str, person: int) -> bool:
    """After an erasure nobody can show any more that it is they, so that there is no later answer."""
    return any(identities.of(client, one) for one in identities.reach(client, person) | {person})


def said(ground: str, laws: Collection[str]) -> str:
    why = f"{phrase(GROUNDS[ground].words)} ({cited(ground, laws)})"
    return "[" + phrase("not shown: {why}", why=why) + "]"
