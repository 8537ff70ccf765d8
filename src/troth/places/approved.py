"""The operator's list of outside places. A policy names a secret; only this file says what it opens.

A policy is untrusted input: it cannot make troth connect anywhere that the operator did not write here.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from troth.policy.problems import Trouble


def address(client: str, secret: str) -> str:
    """The address that this client's secret stands for, or ``Trouble``. It never reaches an error text."""
    found = _listed().get(client, {})
    url = found.get(secret) if isinstance(found, dict) else None
    if not isinstance(url, str):
        raise Trouble(
            "place-not-approved",
            f"The operator has not approved a place under the name “{secret}” for {client}.",
            f'Add the line {secret} = "…" under [{client}] in the file of approved places.',
        )
    return url


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A place that answers over the web, as the operator wrote it down. Its key stands in no policy."""

    host: str
    port: int
    path: str
    secure: bool
    key: bytes
    private: bool = False  # may stand in our own network


def service(client: str, secret: str) -> Service:
    """The service that this client's secret stands for, or ``Trouble``.

    Its line: ``name = {url = "https://…", key = "64 hex digits", private = true}``.
    """
    found = _listed().get(client, {})
    line = found.get(secret) if isinstance(found, dict) else None
    if not isinstance(line, dict):
        raise Trouble(
            "place-not-approved",
            f"The operator has not approved a service under the name “{secret}” for {client}.",
            f'Add the line {secret} = {{url = "…", key = "…"}} under [{client}] in the file of approved places.',
        )
    url, key, private = line.get("url"), line.get("key"), line.get("private", False)
    if not isinstance(url, str) or not isinstance(key, str) or not isinstance(private, bool):
        raise _refused("A service needs a url and a key.")
    if len(key) < 64 or len(key) % 2 or set(key.lower()) - set("0123456789abcdef"):
        raise _refused("The key of a service must have 64 hexadecimal digits or more.")
    return _service(url, bytes.fromhex(key), private)


def _service(url: str, key: bytes, private: bool) -> Service:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("The address of a service is not one.") from None
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refused("The address of a service must begin with https:// and hold plain letters only.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("The address of a service may hold no name, password or fragment.")
    if parts.scheme == "http" and not private:
        raise _refused("A service outside our own network must be asked over https.")
    return Service(
        host=parts.hostname,
        port=port or (443 if parts.scheme == "https" else 80),
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        secure=parts.scheme == "https",
        key=key,
        private=private,
    )


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """An address of the web that this client's pages may be walked at, as the operator wrote it down."""

    url: str
    private: bool = False


def walked(client: str) -> tuple[Walked, ...]:
    """What ``troth scan`` may open for this client. Its line: ``scan = ["https://…", {url = "…", private = true}]``."""
    found = _listed().get(client, {})
    lines = found.get("scan", []) if isinstance(found, dict) else []
    if not isinstance(lines, list):
        raise _refused("The line `scan` of the operator's list is a list of addresses.")
    return tuple(_one_walked(line) for line in lines)


def _one_walked(line: object) -> Walked:
    url, private = (line.get("url"), line.get("private", False)) if isinstance(line, dict) else (line, False)
    if not isinstance(url, str) or not isinstance(private, bool):
        raise _refused("Each address of the line `scan` is a text, or a url with private = true.")
    service = _service(url, b"", private=True)  # http is looked at, too: what is served there is what people get
    if service.path.partition("?")[2]:
        raise _refused("An address to be walked holds no query.")
    return Walked(url=url, private=private)


def _refused(why: str) -> Trouble:
    return Trouble("place-refused", why, "The operator must list another place.")


def _listed() -> dict[str, object]:
    path = Path(settings.PLACES_FILE)
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        _, at, position = str(error).rpartition("(at ")
        line = f" (at {position}" if at and isinstance(error, tomllib.TOMLDecodeError) else ""
        help = f"Mend {path}{line}: it is TOML, one table a client."
        raise Trouble("places-unreadable", "The file of approved places cannot be read.", help) from error


def inside_our_house(path: Path) -> bool:
    """Whether a file is one of troth's own: reached by its path, by a link, or by a second name."""
    real = path.resolve()
    data = Path(settings.DATA).resolve()
    if real == data or data in real.parents or real == Path(settings.KEY_FILE).resolve():
        return True
    return any(_same(real, own) for own in (data / "troth.db", data / "keys.db", Path(settings.KEY_FILE)))


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
