"""A guard in every Python process of the tests: a connection that nobody declared is refused and written down (T61).

Python imports this by itself from PYTHONPATH, so that servers and commands that tests start have it, too. Loopback is
this machine; beyond it nothing is declared in the tests, neither an address nor a name to look up. A server may
connect on loopback, too, only to its own port, to its mail and to what the operator's list of places names.

A child that the guard would not reach is not started, and is written down, too: so no starter of the tests can leave
it out by giving its child a path of its own.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

LOG = "SOCKET_GUARD_LOG"
FOLDER = os.path.join("tests", "threats", "guard")
SERVERS = ("cli.py", "troth")
NAMES = frozenset({"localhost", "", "0.0.0.0", "::"})


class Undeclared(ConnectionRefusedError):
    """A connection that no policy and no operator declared."""


class Unguarded(PermissionError):
    """A child that could connect to anybody and nobody would see it."""


def look(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = args[1]
        if isinstance(address, tuple) and not _allowed(str(address[0]), int(address[1])):
            _refuse(f"connect {address[0]} {address[1]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0].decode("latin-1") if isinstance(args[0], bytes) else args[0]
        if host is not None and not _is_ours(str(host)) and not _is_number(str(host)):
            _refuse(f"look up {host}")
    elif event in ("socket.gethostbyaddr", "socket.getnameinfo"):  # a number is asked about, too
        host = str(args[0][0] if isinstance(args[0], tuple) else args[0])
        if not _is_ours(host):
            _refuse(f"look up {host}")
    elif event in ("socket.sendto", "socket.sendmsg"):
        if isinstance(args[1], tuple) and not _is_here(str(args[1][0])):
            _refuse(f"send to {args[1][0]}")
    elif event == "subprocess.Popen":
        _, words, folder, env = args
        _see_child(words if isinstance(words, list | tuple) else [words], folder, env)
    elif event == "os.system":
        _see_child(["/bin/sh", "-c", args[0]], None, None)
    elif event in ("os.exec", "os.posix_spawn"):
        _see_child(args[1], None, args[2])


def _see_child(words: Sequence[Any], folder: Any, env: Mapping[Any, Any] | None) -> None:
    texts = [os.fsdecode(word) for word in words]
    if texts == ["/sbin/ldconfig", "-p"]:
        return  # a driver asks the system where a library lies; that program connects to nothing
    if _serves() and not os.path.basename(texts[0]).startswith("python"):
        _refuse(f"child {' '.join(texts[:4])}")  # of another program nobody would see where it connects to
    around = os.environ if env is None else {os.fsdecode(name): os.fsdecode(value) for name, value in env.items()}
    if LOG in around and _is_first(around.get("PYTHONPATH", ""), folder) and not _ignores_its_path(texts):
        return
    write(f"unguarded child {' '.join(texts[:4])} of {' '.join(sys.argv[:4])}")
    raise Unguarded(f"The guard of the tests would not reach: {' '.join(texts[:4])}")


def _is_first(path: str, folder: Any) -> bool:
    """Whether the first module of this name on a child's path is a guard."""
    for name in filter(None, path.split(os.pathsep)):
        if os.path.exists(os.path.join(folder or ".", name, "sitecustomize.py")):
            return name.endswith(FOLDER)
    return False


def _ignores_its_path(words: Sequence[str]) -> bool:
    """Whether a Python is told to take no path from its surroundings, or to import nothing by itself."""
    left = iter(words[1:] if "python" in os.path.basename(words[0]) else ())
    for word in left:
        if not word.startswith("-") or word in ("-c", "-m"):
            return False
        if word in ("-X", "-W"):
            next(left, None)
        elif not word.startswith(("--", "-X", "-W")) and set(word) & set("IES"):
            return True
    return False


def _allowed(host: str, port: int) -> bool:
    if not _is_here(host):
        return False
    return _is_declared(port) if _serves() else True


def _serves() -> bool:
    program, *words = sys.argv or [""]
    return program.endswith("one_door.py") or (program.endswith(SERVERS) and bool({"serve", "demo"} & set(words)))


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


def _is_ours(host: str) -> bool:
    """This machine, by number or by name: whoever sends mail looks for its own."""
    return _is_here(host) or host == os.uname().nodename


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
