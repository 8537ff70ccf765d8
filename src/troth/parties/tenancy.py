"""Clients and their walls: a host name belongs to one client, a slug names it in paths, keys and files."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from troth.parties.models import Client
from troth.policy.problems import Trouble

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,39}")
_HOST = re.compile(r"(?=.{1,200}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_on_add: list[Callable[[str], None]] = []


class ClientInfo(msgspec.Struct, frozen=True):
    slug: str
    host: str


def on_add(note: Callable[[str], None]) -> None:
    """Register what happens in the same transaction when a client is added (its ledger entry)."""
    _on_add.append(note)


def client(slug: str) -> ClientInfo:
    """The client of this name, or ``Trouble`` *no-client*."""
    row = Client.objects.filter(slug=slug).first()
    if row is None:
        help = "Name a client that is published here; `troth publish FILE --client NAME --new` adds one."
        raise Trouble("no-client", f"There is no client “{slug}”.", help, where=slug)
    return ClientInfo(row.slug, row.host)


def by_host(host: str) -> str | None:
    """Whose host name this is; a port after it does not count."""
    name = host.rsplit(":", 1)[0].lower() if ":" in host and not host.endswith("]") else host.lower()
    return Client.objects.filter(host=name).exclude(host="").values_list("slug", flat=True).first()


def hosts() -> frozenset[str]:
    return frozenset(Client.objects.exclude(host="").values_list("host", flat=True))


def slugs() -> list[str]:
    return list(Client.objects.order_by("created", "slug").values_list("slug", flat=True))


@transaction.atomic
def add(slug: str, host: str = "") -> ClientInfo:
    """Put up a new wall. A host name can belong to one client only."""
    if not _SLUG.fullmatch(slug):
        raise Trouble(
            "client-name", f"“{slug}” is no name for a client.", "Use a small word: letters, digits, hyphens."
        )
    if Client.objects.filter(slug=slug).exists():
        raise Trouble("client-there", f"There is a client “{slug}” already.", "Publish without --new.")
    if host and not _HOST.fullmatch(host.lower()):
        raise Trouble("host-name", f"“{host}” is no host name.", "Write it as privacy.larch.example, without a port.")
    if host and host.lower() in (settings.DESK_HOST, settings.CLIENT_HOST):
        said = f"“{host}” is the host of the desk, or of all clients together."
        raise Trouble("host-taken", said, "Choose a host name that is this client's alone.")
    if host and by_host(host):
        raise Trouble("host-taken", f"“{host}” belongs to another client.", "Choose another host name.")
    Client.objects.create(slug=slug, host=host.lower(), created=timezone.now())
    for note in _on_add:
        note(slug)
    return ClientInfo(slug, host.lower())
