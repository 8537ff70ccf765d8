"""Which pages are walked, how, and what may be connected to: what the policy declares *and* the operator listed.

A policy is untrusted input: it cannot send a browser of ours anywhere that the operator did not write down, nor to an
address inside our own network.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec
from django.conf import settings

from troth.collect import tag
from troth.parties import tenancy
from troth.parties.editions import InForce
from troth.places import approved, http
from troth.places.approved import Service
from troth.policy.plan import Plan, Surface
from troth.policy.problems import Trouble
from troth.prove.scan_seen import Job, Page, Way, origin_of

PAGES: Final = frozenset({"web", "app"})  # kinds of surfaces that a browser can open
TO_BE_NAMED: Final = "given by each client"


class Skipped(msgspec.Struct, frozen=True):
    """A surface that no browser can open; ``counts`` where the register speaks of it all the same."""

    surface: str
    why: str
    counts: bool


class Targets(msgspec.Struct, frozen=True):
    jobs: tuple[Job, ...]
    unanswered: tuple[Page, ...]
    skipped: tuple[Skipped, ...]
    homes: tuple[str, ...]


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def surfaces(plan: Plan) -> list[Surface]:
    """What a browser can open."""
    return [one for one in plan.surfaces.values() if one.kind in PAGES and _origins(one)]


def _origins(surface: Surface) -> list[str]:
    return [found for one in surface.origins if (found := origin_of(one.lower()))]


def skipped(plan: Plan) -> tuple[Skipped, ...]:
    found = []
    for one in plan.surfaces.values():
        if one.kind not in PAGES:
            found.append(Skipped(one.name, f"“{one.name}” is no page ({one.kind}).", False))
        elif not _origins(one):
            given = TO_BE_NAMED in one.origins
            why = "has addresses that each client gives" if given else "names no address of the web"
            found.append(Skipped(one.name, f"“{one.name}” {why}, so that no browser can open it.", True))
    return tuple(found)


def homes(client: str) -> tuple[str, ...]:
    """Origins under which this installation serves the client: the tag comes from one of them."""
    own = origin_of(settings.ORIGIN)
    host = tenancy.client(client).host
    parts = urlsplit(own)
    port = f":{parts.port}" if parts.port else ""
    return (own, f"{parts.scheme}://{host}{port}") if host else (own,)


def of(force: InForce, urls: tuple[str, ...], *, links: int, browser: str) -> Targets:
    """The walks for the pages that are named, or for every surface's start. ``Trouble`` for a page of somebody else."""
    client, plan = force.client, force.plan
    home, listed = homes(client), approved.walked(client)
    named = {one: [url for url in urls if _belongs(url, one, plan, home)] for one in surfaces(plan)}
    if strangers := [url for url in urls if not any(url in found for found in named.values())]:
        raise Trouble(
            "not-a-surface",
            f"{strangers[0]} is on no surface of {client}.",
            "Name a page of one of its surfaces' origins, or add the origin to the policy and publish.",
            where=strangers[0],
        )
    jobs: list[Job] = []
    gone: list[Page] = []
    for surface, pages in named.items():
        if urls and not pages:
            continue
        wanted = pages or _start(client, surface, listed)
        open_, at, why = _open(surface, plan, listed, home)
        missing = [url for url in wanted if origin_of(url) not in open_]
        gone += [
            Page(surface=surface.name, address=url, why=why.get(origin_of(url), _unlisted(url))) for url in missing
        ]
        if walked := tuple(url for url in wanted if url not in missing):
            jobs.append(_job(force, surface, walked, links, open_, at, home, browser))
    return Targets(tuple(jobs), tuple(gone), skipped(plan), home)


def _belongs(url: str, surface: Surface, plan: Plan, home: tuple[str, ...]) -> bool:
    if not origin_of(url) or "@" in urlsplit(url).netloc:
        return False
    if origin_of(url) in _origins(surface):
        return True
    return settings.DEMO and origin_of(url) in home and surface is surfaces(plan)[0]


def _unlisted(url: str) -> str:
    return f'The operator\'s list does not name it: add scan = ["{origin_of(url)}"].'


def _start(client: str, surface: Surface, listed: Iterable[approved.Walked]) -> list[str]:
    """Where a visitor comes in, and what the operator named beside it. In the demonstration its sample page stands for
    each surface: the addresses of its policies lead nowhere."""
    if settings.DEMO:
        return [f"{settings.ORIGIN}/c/{client}/?s={quote(surface.name)}"]
    mine = _origins(surface)
    more = [one.url for one in listed if origin_of(one.url) in mine and urlsplit(one.url).path not in ("", "/")]
    return [*(f"{one}/" for one in mine), *more]


def _open(
    surface: Surface, plan: Plan, listed: Iterable[approved.Walked], home: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[tuple[str, int, str], ...], dict[str, str]]:
    """What may be connected to: origins, where each name leads, and why one that is listed does not open."""
    declared = {origin for one in plan.surfaces.values() for origin in _origins(one)}
    hosts = {host.lower() for row in plan.cookies.values() if row.surface == surface.name for host in row.hosts}
    private = {origin: True for origin in home}
    for one in listed:
        origin = origin_of(one.url)
        if origin in declared or _host(origin) in hosts or (urlsplit(origin).hostname or "") in hosts:
            private.setdefault(origin, one.private)
    at: dict[str, tuple[str, int, str]] = {}
    why: dict[str, str] = {}
    for origin, own in private.items():
        try:
            at[origin] = _looked_up(origin, own)
        except (OSError, UnicodeError) as error:
            why[origin] = _why(error)
    return tuple(at), tuple(dict.fromkeys(at.values())), why


def _why(error: Exception) -> str:
    here = type(error).__module__ == http.__name__
    return f"{error} Write private = true beside it." if here else "Nobody knows where its name leads."


def _host(origin: str) -> str:
    return origin.partition("://")[2]


def _looked_up(origin: str, private: bool) -> tuple[str, int, str]:
    parts = urlsplit(origin)
    host, port = parts.hostname or "", parts.port or _port(parts.scheme)
    service = Service(host=host, port=port, path="/", secure=parts.scheme == "https", key=b"", private=private)
    address = http.address(service)
    return (f"[{host}]" if ":" in host else host), port, str(ipaddress.ip_address(address))


def _job(
    force: InForce,
    surface: Surface,
    pages: tuple[str, ...],
    links: int,
    open_: tuple[str, ...],
    at: tuple[tuple[str, int, str], ...],
    home: tuple[str, ...],
    browser: str,
) -> Job:
    asked: list[dict[str, Any]] = tag.config(force.plan, force.number, surface.name)["asked"]
    return Job(
        surface=surface.name,
        pages=pages,
        links=links,
        open=open_,
        at=at,
        doors=tuple(f"{one}{path}" for one in home for path in (f"/c/{force.client}/e", "/e")),
        client=force.client,
        questions=tuple(one["key"] for one in asked),
        stops=tuple(one["stop"] for one in asked),
        ways=tuple(ways(asked)),
        browser=browser,
    )


def ways(asked: list[dict[str, Any]]) -> list[Way]:
    """Each way in which a visitor may answer, and what is to be seen without an answer."""
    keys = tuple(one["key"] for one in asked)
    found = [Way(name="before any choice", kind="before")]
    if keys:
        found += [
            Way(name="after a no to everything", kind="no", no=keys),
            Way(name="after a yes to everything", kind="all", yes=keys),
        ]
        found += [
            Way(
                name=f"after a yes to “{one['words']}” alone",
                kind="one",
                yes=(one["key"],),
                no=tuple(key for key in keys if key != one["key"]),
            )
            for one in asked
            if one["opens"] and len(keys) > 1
        ]
        found += [
            Way(name="after a yes was taken back", kind="back", no=keys),
            Way(name="typing, after a yes to everything", kind="typed", yes=keys),
        ]
    return [
        *found,
        Way(name="typing, before any choice", kind="typing"),
        Way(name="with Global Privacy Control", kind="signal"),
        Way(name="without JavaScript", kind="plain"),
    ]
