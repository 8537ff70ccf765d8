"""How people are found under keys that have versions, and how a client's index is put under a new key.

An identity is held with its value, so its index is made anew. Behind a suppression, a trace or a browser's choice
stands no value any more: such a row keeps the version it was made with, is looked for under it, and keeps it alive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
from django.db import transaction
from django.db.models import Model, QuerySet

from troth.ledger import entries
from troth.people import vault
from troth.people.models import Choice, Identity, Suppression, Trace
from troth.policy.problems import Trouble

SHARP: Final = "ss"  # what “ß” was folded into: of letters of ASCII only these come from another
BATCH = 500  # identities in one transaction: others wait for no longer


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation did. ``rows``: how many were put under the new key; ``kept``: older versions that rows need."""

    what: str
    client: str = ""
    version: int = 0
    rows: int = 0
    destroyed: list[int] = []
    kept: list[int] = []


def bound(blind: bytes) -> str:
    """What an identity's value is sealed to: it belongs under its index and nowhere else."""
    return "i" + blind.hex()


def value_of(row: Identity, keys: vault.Keys | None = None) -> str:
    keys = keys or vault.Keys(row.client_id)
    return keys.open(row.person_id, row.field, bound(bytes(row.blind)), bytes(row.sealed)).decode()


def every_blind(client: str, rows: Iterable[Identity]) -> list[bytes]:
    """The indexes of identities under every version: while the keys are rotated, half of the rows wait. What is found
    by those of an earlier edition may be another's, see ``same``."""
    index, blinds = vault.Index(client), list[bytes]()
    for row in rows:
        value = "" if _alone(index, row) else opened(row)
        blinds += looked_for(index, row.kind, value) if value else [bytes(row.blind)]
    return blinds


def looked_for(index: vault.Index, kind: str, value: str) -> list[bytes]:
    """Every index under which a value may stand."""
    return index.blinds(kind, value) + index.old_blinds(kind, value)


def _alone(index: vault.Index, row: Identity) -> bool:
    """Whether its own index is the only one, and says exactly which value it is."""
    return index.versions == (row.version,) and not index.is_old(row.version)


def same(index: vault.Index, found: Iterable[Identity], wanted: Collection[tuple[str, str]]) -> list[Identity]:
    """Those of the rows found that stand for one of these (kind, value). Earlier editions gave straße and strasse one
    index, so a row of theirs is believed only by its own value (T21); most values fold from no other, and open none."""
    compared = {(kind, vault.normal(value)) for kind, value in wanted}
    doubtful = any(SHARP in value or not value.isascii() for _, value in compared)
    return [row for row in found if not (doubtful and index.is_old(row.version)) or _compared(row) in compared]


def owners(client: str, rows: Iterable[Identity], among: QuerySet[Identity]) -> set[int]:
    """The persons among whose identities one of these stands."""
    index, mine = vault.Index(client), list(rows)
    found = among.filter(blind__in=every_blind(client, mine)) if mine else among.none()
    if not any(index.is_old(version) for version in index.versions):
        return set(found.values_list("person_id", flat=True))
    return {row.person_id for row in same(index, found, [(row.kind, opened(row)) for row in mine])}


def _compared(row: Identity) -> tuple[str, str]:
    return row.kind, vault.normal(opened(row))


def opened(row: Identity) -> str:
    """The value, or '' where nobody can open it any more."""
    try:
        return value_of(row)
    except Trouble as trouble:
        if trouble.code != "key-gone":
            raise
        return ""


def suppression_marks(client: str, rows: Iterable[Identity], *, exactly: bool = False) -> list[bytes]:
    """Under what the suppression list may hold these identities, whenever they were put on it. ``exactly``: without the
    marks of earlier editions, which another address may share."""
    return [mark for _, mark in marks_of_persons(client, rows, exactly=exactly)]


def marks_of_persons(client: str, rows: Iterable[Identity], *, exactly: bool = False) -> Iterator[tuple[int, bytes]]:
    """As ``suppression_marks``, each with the person it is a mark of."""
    index = vault.Index(client)
    for row in rows:
        yield row.person_id, index.suppression(bytes(row.blind), row.version)
        if not _alone(index, row):
            yield from ((row.person_id, mark) for mark in _older_marks(index, row, exactly))


def _older_marks(index: vault.Index, row: Identity, exactly: bool) -> list[bytes]:
    value = opened(row)  # whose address nobody can open can be written to by nobody
    return index.suppressions(row.kind, value, exactly=exactly) if value else []


# --- a new key --------------------------------------------------------------------------------------------------


def rotate(client: str) -> Turned:
    """Put every identity of a client under a new index key and destroy the old keys that nothing needs.

    Stopped anywhere, the next call goes on: identities under an older version say that it did. One that an earlier
    edition began is begun anew: what that put under its new key is folded.
    """
    index = vault.Index(client)
    if index.is_old(index.newest) or not _waiting(client, index.newest).exists():
        vault.new_index(client)
    version, rows = vault.Index(client).newest, 0
    while moved := _move(client, version):
        rows += moved
    with transaction.atomic(durable=True):  # nobody makes a row under a key that is about to go
        used = _used(client)
        destroyed = vault.drop_index(client, used)
        entries.append("key-rotated", client=client, counts={"rows": rows, "keys": len(destroyed)})
    kept = sorted(used - {version})
    return Turned(what="index", client=client, version=version, rows=rows, destroyed=destroyed, kept=kept)


def _waiting(client: str, version: int) -> QuerySet[Identity]:
    return Identity.objects.filter(client_id=client).exclude(version=version)


@transaction.atomic
def _move(client: str, version: int) -> int:
    index, keys = vault.Index(client), vault.Keys(client)
    rows = list(_waiting(client, version).order_by("id")[:BATCH])
    for row in rows:
        value = value_of(row, keys)
        row.blind, row.version = index.blind(row.kind, value, version), version
        row.sealed = keys.seal(row.person_id, row.field, bound(row.blind), row.rule, value.encode())
    Identity.objects.bulk_update(rows, ["blind", "version", "sealed"])
    return len(rows)


def without_key(client: str) -> list[int]:
    """The versions under which rows stand and that keys.db does not hold: it is older than they are. Must be none, for
    nobody is found under them, neither to be answered nor to be left in peace (UK GDPR Art 21(3))."""
    return sorted(_used(client) - set(vault.Index(client).versions))


def must_fit(clients: Iterable[str]) -> None:
    """Nothing is served from keys that came before the rows: raises ``Trouble`` *keys-older*."""
    if older := [client for client in clients if without_key(client)]:
        raise Trouble(
            "keys-older",
            f"keys.db is older than troth.db: it has no key by which people of “{older[0]}” are found.",
            "Put the newest keys.db back from the copy you keep apart.",
            where="keys.db",
        )


def _used(client: str) -> set[int]:
    models: tuple[type[Model], ...] = (Identity, Choice, Suppression, Trace)
    used = set()
    for model in models:
        rows = model._default_manager.filter(client_id=client)
        rows = rows.exclude(browser=b"") if model is Choice else rows
        used |= set(rows.values_list("version", flat=True).distinct())
    return used
