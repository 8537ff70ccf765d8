"""Whom staff mean: by an identity that they were told, in our own store and in the places outside.

That somebody is found says nothing to whoever asked: it is for staff, who then see that it is they (UK GDPR Art 12(6)).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import transaction

from troth.answer import identity
from troth.keep import where
from troth.parties import editions
from troth.people import choices, identities
from troth.people.vault import normal
from troth.policy.problems import Trouble

AGAIN: Final = "`troth doctor` says why a place does not answer."


def persons(client: str, text: str, *, shown: bool, outside: bool = True) -> list[int]:
    """Everybody whom ``FIELD=VALUE`` names (``email=`` looks in every address field); the first is first.

    ``shown``: staff saw that it is theirs, so that one known only to an outside place counts as proved from now on.
    ``outside``: look for whom only an outside place knows, too.
    ``Trouble`` *wrong-identity* for what names nobody at all.
    """
    field, found, value = text.partition("=")
    if not found or not value.strip():
        raise Trouble("wrong-identity", f"“{text}” names nobody.", "Write it as email=ADDRESS.", exit=2)
    plan, value = editions.in_force(client).plan, value.strip()
    if field == "email":
        return identity.theirs(client, value) or (_outside(client, value, shown) if outside else [])
    if field in plan.fields and plan.fields[field].identifies:
        known = _known(client, value, [field])
        return known or (_outside(client, value, shown, field) if outside else [])
    said = f"“{field}” identifies nobody in this policy."
    others = ", ".join(name for name, one in plan.fields.items() if one.identifies == "person")
    raise Trouble("wrong-identity", said, f"Use email=, or one of: {others}.", exit=2)


def stands(client: str, text: str) -> bool:
    """Whether somebody is known by it, here or in an outside place; nobody is taken down for it."""
    field, _, value = text.partition("=")
    mail, value = field == "email", value.strip()
    known = identity.theirs(client, value) if mail else _known(client, value, [field])
    return bool(known or where.knows(client, value, "" if mail else field))


def nobody(client: str, help: str, *, outside: bool = True) -> Trouble:
    """What staff are told who find nobody: not that nobody is known, while a place that may know them is silent."""
    unsure = unknown(client) if outside else None
    return unsure or Trouble("nobody-found", "Nobody is known by that.", help, where="identity")


def unknown(client: str) -> Trouble | None:
    """That whoever we do not know may stand in a place that is silent; None where every place answers."""
    if not (silent := where.silent(client)):
        return None
    said = f"We do not know that name, and {' and '.join(silent)} did not answer: they may stand there."
    return Trouble("not-answered", said, f"{AGAIN} Then ask again.", where="identity", exit=3)


def everybody(client: str, found: list[int]) -> frozenset[int]:
    """They, and whoever is the same by proof."""
    return frozenset().union(*(identities.reach(client, one) for one in found), found)


def trust(client: str, found: frozenset[int], text: str) -> None:
    """Staff saw who it is, and say how: the identity they name counts as shown from now on."""
    field, _, value = text.partition("=")
    plan = editions.in_force(client).plan
    for person in sorted(found):
        for name in where.address_fields(plan) if field == "email" else [field]:
            identities.verify(client, person, name, value.strip())
    choices.agree(client, found)


def _known(client: str, value: str, fields: Collection[str]) -> list[int]:
    """Whom we know by a value under one of these names."""

    def knows(person: int) -> bool:
        known = identities.of(client, person)
        return any(one.field in fields and normal(one.value) == normal(value) for one in known)

    return [one for one in identity.theirs(client, value) if knows(one)]


def _outside(client: str, value: str, shown: bool, field: str = "") -> list[int]:
    """Known only to an outside place, or only there under this field: from now on we know whom it is about."""
    field = where.knows(client, value, field)
    if not field:
        return []
    plan = editions.in_force(client).plan
    addresses = where.address_fields(plan)
    # A mailbox is the same under every name; a number is whose it is there, and may be another's here.
    known = _known(client, value, addresses) if field in addresses else []
    with transaction.atomic():
        person = known[0] if known else identities.make(client, set(plan.fields[field].of))
        identities.attach(client, person, field, value, verified=shown)
    return known or [person]
