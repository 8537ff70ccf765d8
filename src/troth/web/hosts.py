"""Whose house a host name is: the desk's, all clients' (path mode), or one client's. Anything else is turned away
before anybody looks at the request: no link, cookie or page is ever built from a name that we do not know."""

from __future__ import annotations

import threading
import time
from typing import Final

from django.conf import settings

from troth.parties import tenancy

DESK: Final = "desk"
ALL: Final = "all clients"
FRESH: Final = 1.0
_known: tuple[float, dict[str, str]] = (0.0, {})
_lock = threading.Lock()


def name_of(header: str) -> str:
    """The host name of a Host header, without its port."""
    host = header.strip().lower()
    return host.rsplit(":", 1)[0] if ":" in host and not host.endswith("]") else host


def fixed(name: str) -> str | None:
    """What needs no look into the database."""
    if not name:
        return None
    if name == settings.DESK_HOST:
        return DESK
    return ALL if name == settings.CLIENT_HOST else None


def whose(name: str) -> str | None:
    """DESK, ALL, ``client:<slug>`` or None. Looks at the clients' hosts at most once a second."""
    return fixed(name) or (_clients().get(name) if name else None)


def _clients() -> dict[str, str]:
    global _known
    with _lock:
        looked, hosts = _known
        if looked and time.monotonic() - looked < FRESH:
            return hosts
        hosts = {host: f"client:{tenancy.by_host(host)}" for host in tenancy.hosts()}
        _known = (time.monotonic(), hosts)
        return hosts


def belongs(house: str, path: str) -> bool:
    """Whether a path may exist in this house: clients' pages never on the desk's host, and the desk on no other."""
    desk = path == "/desk" or path.startswith("/desk/")
    if house == DESK:
        return desk or path in ("/", "/favicon.ico") or path.startswith("/static/")
    return not desk and (house == ALL or not path.startswith("/c/") or path.startswith(f"/c/{house[7:]}/"))


def home(house: str | None, slug: str) -> str:
    """The path at which a client's pages begin: the root of its own host, ``/c/<client>/`` elsewhere."""
    return "/" if house == f"client:{slug}" else f"/c/{slug}/"


def forget() -> None:
    """For a process whose clients were exchanged under it (tests)."""
    global _known
    _known = (0.0, {})
