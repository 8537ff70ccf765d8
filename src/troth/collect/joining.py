"""A browser joins a person only so: the policy says that it may, and one hand held both at once.

One hand: the person proved an address in the very browser that had asked for the link to it. Whoever presses a
button on a link that a stranger sent gives the stranger nothing (T22), and a browser that somebody else joined
before, as in a family or a library, joins nobody else.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator

from django.db import transaction

from troth.collect import consent
from troth.parties import editions
from troth.people import identities, vault
from troth.policy.plan import Field, Plan

MARK_LIFE = 3600  # seconds: longer than any link to an address works
NEVER = "never"
PERSON = "person"  # `joins: person`: whoever proved anything; else the name of the datum that must be proved


def asked(client: str, address: str) -> str:
    """What a browser carries from asking for a link until it uses it: a keyed mark of the address, and no address."""
    return _marks(client, address)[0]


def _marks(client: str, address: str) -> list[str]:
    """The mark under each key that still counts, the newest first."""
    keys = vault.token_keys(f"collect joining {client}", client, MARK_LIFE)
    return [hmac.digest(key, vault.normal(address).encode(), "sha256").hex() for key in keys]


@transaction.atomic
def join(client: str, person: int, persons: Collection[int], *, address: str, mark: str, cookie: str) -> bool:
    """Give a person, who just proved ``address``, the browser in which they did. False: nothing was joined.

    ``mark`` is what ``asked`` gave this browser, ``cookie`` is its choice cookie. The ledger has the join: the
    identity is written and proved in this transaction.
    """
    browser = consent.browser_of(client, cookie)
    if not browser or not any(hmac.compare_digest(mark.encode(), one.encode()) for one in _marks(client, address)):
        return False
    proved = {one.field for other in {person, *persons} for one in identities.of(client, other) if one.verified_at}
    fields = list(_joining(client, proved))
    owners = {identities.find_verified(client, name, browser) for name in fields}
    if not fields or not owners <= {None, person, *persons}:
        return False
    for name in fields:
        identities.attach(client, person, name, browser, verified=True)
    return True


def persons_of(client: str, plan: Plan, browser: str) -> set[int]:
    """Whom a browser joined; nobody, where the policy lets none join."""
    fields = [field.name for field in plan.fields.values() if _is_ours(field) and field.joins != NEVER]
    return {person for name in fields if (person := identities.find_verified(client, name, browser)) is not None}


def _joining(client: str, proved: set[str]) -> Iterator[str]:
    """The browser identifiers that the policy lets join somebody who proved these fields."""
    fields = editions.in_force(client).plan.fields
    today = {fields[name].now or name if name in fields else name for name in proved}
    for name, field in fields.items():
        if _is_ours(field) and not field.now and (field.joins == PERSON or field.joins in today):
            yield name


def _is_ours(field: Field) -> bool:
    return field.identifies == "browser" and field.kind == "browser identifier" and field.form != "never stored"
