"""What a walk is to do and what it saw, as data: the browser's process and ours speak in these.

No value travels: a cookie is its name, a request is its host, and of what was typed only that it was seen leaving.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import re
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

Kind = Literal["before", "no", "all", "one", "back", "signal", "typing", "typed", "plain"]
Stored = Literal["cookie", "local", "session", "database", "cache", "worker"]
Leak = Literal["typed", "address", "e-mail"]

LONGEST: Final = 80  # characters of a name that a page made up
CALLS: Final = 3000  # requests of one walk that are noted; a page that makes more is looked at no further
FOR_EVER: Final = 1e12  # seconds; what is longer than a number can say would be read as the end of the session
TYPES: Final = 40  # fields of one page that are typed into

_SECONDS: Final = re.compile(r"-?[0-9]+")


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One walk: who walks, and what is answered. ``yes`` are keys of questions; ``questions`` is how they stand."""

    name: str
    kind: Kind
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One surface to be walked. Nothing but ``open`` is ever connected to, at the address that was looked up."""

    surface: str
    pages: tuple[str, ...]
    links: int  # how many pages that the first leads to are walked, too
    open: tuple[str, ...]  # origins
    at: tuple[tuple[str, int, str], ...]  # host, port, address
    doors: tuple[str, ...]  # where the tag sends: answered by the walk itself, so that no event and no yes is made up
    client: str
    questions: tuple[str, ...]  # keys, in the order in which the tag puts them
    stops: tuple[str, ...]  # what a no to each of them stops
    ways: tuple[Way, ...]
    browser: str  # path of the program; '' where Playwright has its own


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Something on the device. ``seconds`` None: it ends with the browser. ``ended``: it was there, and a script took
    it away before the look. The tag does so with what is not allowed, and it was set all the same."""

    kind: Stored
    name: str
    host: str
    page: str
    seconds: float | None = None
    secure: bool = True
    ended: bool = False


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """Requests to one origin of one type. ``cut``: it was noted, and not let out."""

    origin: str
    type: str
    page: str
    times: int = 1
    cut: bool = False
    leaks: tuple[Leak, ...] = ()


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """What one walk saw. ``asked``: the page put its question, where it has one to put."""

    way: Way
    asked: bool
    kept: tuple[Kept, ...]
    called: tuple[Called, ...]
    links: tuple[Called, ...] = ()  # links to elsewhere that carry what was typed
    made_up: bool = False  # the page answered for the visitor, or otherwise than was pressed


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page by origin and path. ``why`` it was not looked at; '' where it was, in every walk."""

    surface: str
    address: str
    why: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One line from the browser's process: a walk, the pages at the end, or what it lacks."""

    walked: Walked | None = None
    pages: tuple[Page, ...] = ()
    lacks: str = ""


def origin_of(url: str) -> str:
    """``scheme://host[:port]``, without the port that the scheme has anyway; '' for what is no address of the web."""
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket that nobody closes
        return ""
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "https") or not parts.hostname:
        return ""
    try:
        port = parts.port
    except ValueError:
        return ""
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{name}" + (f":{port}" if port and port != {"http": 80, "https": 443}[scheme] else "")


def address_of(url: str) -> str:
    """A page without its query: that may name somebody."""
    origin = origin_of(url)
    return origin + (urlsplit(url).path or "/") if origin else ""


def lasting(attributes: str, now: dt.datetime) -> float | None:
    """Seconds that a cookie with these attributes is to last; None until the browser closes (RFC 6265 §5.3)."""
    ends: float | None = None
    for part in attributes.split(";"):
        name, _, value = part.strip().partition("=")
        if name.lower() == "max-age" and _SECONDS.fullmatch(value.strip()):
            return max(-FOR_EVER, min(float(value), FOR_EVER))
        if name.lower() == "expires":
            with contextlib.suppress(ValueError, TypeError, OverflowError):
                when = email.utils.parsedate_to_datetime(value.replace("-", " "))
                ends = (when.replace(tzinfo=when.tzinfo or dt.UTC) - now).total_seconds()
    return ends
