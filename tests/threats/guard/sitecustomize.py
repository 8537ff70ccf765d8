"""A guard in every Python process of the tests: a connection that nobody declared is refused and written down (T61).

Python imports this by itself from PYTHONPATH, so that servers and commands that tests start have it, too. Loopback is
this machine; beyond it nothing is declared in the tests, neither an address nor a name to look up. A server may
connect on loopback, too, only to its own port, to its mail and to what the operator's list of places names.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from typing import Any

LOG = "SOCKET_GUARD_LOG"
NAMES = frozenset({"localhost", "", "0.0.0.0", "::"})


class Undeclared(ConnectionRefusedError):
    """A connection that no policy and no operator declared."""


def look(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = args[1]
        if isinstance(address, tuple) and not _allowed(str(address[0]), int(address[1])):
            _refuse(f"connect {address[0]} {address[1]}")
    elif event == "socket.getaddrinfo":
        host = args[0].decode("latin-1") if isinstance(args[0], bytes) else args[0]
        if host is not None and not _is_here(str(host)) and not _is_number(str(host)):
            _refuse(f"look up {host}")
    elif event == "socket.sendto" and isinstance(args[1], tuple) and not _is_here(str(args[1][0])):
        _refuse(f"send to {args[1][0]}")


def _allowed(host: str, port: int) -> bool:
    if not _is_here(host):
        return False
    serves = sys.argv and sys.argv[0].endswith(("cli.py", "troth")) and {"serve", "demo"} & set(sys.argv)
    return _is_declared(port) if serves else True


def _is_declared(port: int) -> bool:
    """In a server: mail, itself, and what the operator's list of places names."""
    from django.conf import settings

    if port in (settings.PORT, settings.SMTP[1]):
        return True
    try:
        return f":{port}" in settings.PLACES_FILE.read_text("utf-8")
    except OSError:
        return False


def _is_here(host: str) -> bool:
    if host in NAMES:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_number(host: str) -> bool:
    """Whether it is an address already, in any of its writings: then nobody is asked what it means."""
    import socket

    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            socket.inet_aton(host.rstrip("."))
        except (OSError, ValueError):
            return False
    return True


def _refuse(what: str) -> None:
    write(f"{what} in {' '.join(sys.argv[:4])}")
    raise Undeclared(f"The guard of the tests refused: {what}")


def write(line: str) -> None:
    if file := os.environ.get(LOG):
        with open(file, "a") as log:
            log.write(line + "\n")


sys.addaudithook(look)
