"""The door: a bare asynchronous function that takes events in, beside Django on the same port.

What the policy does not let in gets the very reply of what it does: a sender learns nothing of somebody's choices.
No address is stored; the limit on floods counts by network, in memory.
"""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from troth.collect import choosing, consent, steps
from troth.collect.buffer import Buffer
from troth.collect.lens import Seen, origin
from troth.collect.reasons import Drop
from troth.collect.sites import Site, Sites
from troth.places import events as event_store
from troth.places.events import Lot, Row

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
REMEMBERED: Final = 60.0  # seconds for which a token is not looked up again
MOST_REMEMBERED: Final = 10_000
MOST_BYTES: Final = 64 * 1024
MOST_EVENTS: Final = 50
MOST_NESTED: Final = 400  # brackets in a body; a body of ours has a handful
_PATH = re.compile(r"(?:/c/([a-z0-9][a-z0-9-]{0,62}))?/e\Z")


class Answers(msgspec.Struct, frozen=True):
    """What somebody answered, with the ask token of the question."""

    ask: str
    yes: list[str] = []
    no: list[str] = []


class Body(msgspec.Struct):
    """What the tag sends. Keys that are not here are not looked at."""

    surface: str
    edition: int = 0
    token: str = ""
    gpc: bool = False
    events: list[steps.Event] = []
    hello: bool = False
    choice: Answers | None = None


class Refused(Exception):
    """The request is answered with this status and nothing is stored."""

    def __init__(self, status: int, reason: Drop | None = None) -> None:
        super().__init__(status)
        self.status, self.reason = status, reason


_decoder = msgspec.json.Decoder(Body)


class Flood:
    """Token buckets by truncated network: /24 or /48, in memory, the least recent forgotten first."""

    def __init__(self, rate: float, burst: float, most: int = 20_000) -> None:
        self.rate, self.burst, self.most = rate, burst, most
        self._buckets: collections.OrderedDict[str, tuple[float, float]] = collections.OrderedDict()

    def lets_in(self, network: str, now: float) -> bool:
        left, then = self._buckets.pop(network, (self.burst, now))
        left = min(self.burst, left + (now - then) * self.rate)
        self._buckets[network] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > self.most:
            self._buckets.popitem(last=False)
        return left >= 1


class Door:
    """The ASGI callable for ``/e`` and ``/c/<client>/e``."""

    def __init__(self, *, rate: float | None = None, burst: float | None = None, floor: int | None = None) -> None:
        self._rate = rate if rate is not None else float(getattr(settings, "EVENT_RATE", 200))
        self._flood = Flood(self._rate, burst if burst is not None else self._rate * 10)
        self._floor = floor
        self._buffer: Buffer | None = None
        self._threads: concurrent.futures.ThreadPoolExecutor | None = None
        self._sites = Sites()
        self._choices: dict[tuple[str, str], tuple[float, consent.Choice | None]] = {}

    def start(self) -> None:
        extra = {} if self._floor is None else {"floor": self._floor}
        self._buffer = Buffer(event_store.store(), **extra)
        self._buffer.start()
        self._threads = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="troth-door")
        choosing.on_settled(self._said_anew)

    def stop(self) -> None:
        if self._buffer is not None:
            choosing.forget(self._said_anew)
            self._buffer.stop()
        if self._threads is not None:
            self._threads.shutdown()

    @property
    def buffer(self) -> Buffer:
        assert self._buffer is not None, "the door was not started"
        return self._buffer

    @staticmethod
    def serves(path: str) -> bool:
        """Whether a path is the door's; the server sends everything else to the pages."""
        return _PATH.match(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        site: Site | None = None
        try:
            site = await self._site(scope["path"], headers)
            status, answer = await self._serve(site, scope, headers, receive)
        except Refused as refused:
            status, answer = refused.status, b""
            if site is not None and refused.reason is not None:
                self.buffer.note(site.client, refused.reason)
        await _reply(send, status, answer, _cors(site, headers))

    async def _site(self, path: str, headers: dict[str, str]) -> Site:
        found = _PATH.match(path)
        if found is None:
            raise Refused(404)
        key = found[1] or "//" + headers.get("host", "").rsplit(":", 1)[0].lower()
        site = self._sites.fresh(key)
        if site is None:
            site = await self._in_thread(self._sites.look, key)
        if site is None:
            raise Refused(404)
        return site

    async def _in_thread(self, act: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, act, *args)

    async def _serve(self, site: Site, scope: Scope, headers: dict[str, str], receive: Receive) -> tuple[int, bytes]:
        if scope["method"] == "OPTIONS":
            return 204, b""
        if scope["method"] != "POST":
            raise Refused(405)
        address = (scope.get("client") or ("", 0))[0]
        if not self._flood.lets_in(_network(address), time.monotonic()):
            raise Refused(429, Drop.FLOOD)
        body = _decode(await _read(headers, receive))
        if body.hello or body.choice is not None:
            return await self._choose(site, body, headers)
        choice = await self._choice(site.client, body.token)
        lot = self._take(site, body, headers, address, choice)
        if not await self.buffer.put(lot):
            raise Refused(503)
        return 204, b""

    def _take(
        self, site: Site, body: Body, headers: dict[str, str], address: str, choice: consent.Choice | None
    ) -> Lot:
        now = time.time()
        counts: dict[str, int] = {}
        lens = site.lens(body.surface)
        if lens is None:
            return Lot(client=site.client, rows=[], counts={Drop.UNDECLARED: max(1, len(body.events))})
        if body.token and choice is None:
            counts[Drop.FORGED] = 1
        seen = Seen(origin=_origin(headers), address=address, agent=headers.get("user-agent", ""))
        gpc = body.gpc or headers.get("sec-gpc") == "1"
        earlier = site.earlier(body.surface, body.edition)
        rows: list[Row] = []
        for event in body.events:
            rows += lens.take(event, seen=seen, now=now, counts=counts, choice=choice, gpc=gpc, earlier=earlier)
        return Lot(client=site.client, rows=rows, counts=counts)

    async def _choice(self, client: str, token: str) -> consent.Choice | None:
        """What a token stands for, remembered for a minute, or until its browser says something else."""
        if not token:
            return None
        key, now = (client, token), time.time()
        looked, choice = self._choices.get(key, (0.0, None))
        if now - looked > REMEMBERED:
            if len(self._choices) > MOST_REMEMBERED:
                self._choices.clear()
            choice = await self._in_thread(choosing.standing_choice, client, token, now)
            self._choices[key] = (now, choice)
        return choice

    def _said_anew(self, client: str, browser: str) -> None:
        """A browser answered: what its older tokens stood for is looked up again."""
        for key, (_, choice) in list(self._choices.items()):
            if choice is not None and (choice.client, choice.browser) == (client, browser):
                self._choices.pop(key, None)

    async def _choose(self, site: Site, body: Body, headers: dict[str, str]) -> tuple[int, bytes]:
        """Hand out the token that a question needs, or take the answer to it."""
        lens = site.lens(body.surface)
        if lens is None or _origin(headers) not in lens.origins:
            raise Refused(204, Drop.WRONG_ORIGIN)
        now = time.time()
        if body.choice is None:
            browser = consent.browser_of(site.client, body.token)
            token = consent.ask(site.client, site.plan, body.surface, site.edition, browser, now)
            return 200, msgspec.json.encode({"ask": token})
        answer = choosing.Answer(
            ask=body.choice.ask,
            yes=body.choice.yes,
            no=body.choice.no,
            gpc=body.gpc or headers.get("sec-gpc") == "1",
            token=body.token,
            how="banner",
            now=now,
        )
        settled = await self._in_thread(choosing.settle_in_thread, site.client, site.edition, site.plan, answer)
        if settled is None:
            raise Refused(409, Drop.FORGED)
        return 200, msgspec.json.encode({"token": settled.token})


def _network(address: str) -> str:
    """The network that floods are counted by: the common case without parsing."""
    if address.count(".") == 3 and ":" not in address:
        return address.rpartition(".")[0]
    return steps.truncated(address) or "unknown"


async def _read(headers: dict[str, str], receive: Receive) -> bytes:
    length = headers.get("content-length", "")
    if not length.isdigit():
        raise Refused(411)
    if int(length) > MOST_BYTES:
        raise Refused(413, Drop.OVERSIZED)
    if headers.get("content-encoding", "identity") != "identity":
        raise Refused(415, Drop.MALFORMED)  # nothing is unpacked here, so nothing can be a bomb
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, Drop.MALFORMED)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise Refused(413, Drop.OVERSIZED)
        if not message.get("more_body", False):
            return b"".join(parts)


def _decode(raw: bytes) -> Body:
    if raw.count(b"[") + raw.count(b"{") > MOST_NESTED:
        raise Refused(400, Drop.MALFORMED)
    try:
        body = _decoder.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise Refused(400, Drop.MALFORMED) from None
    if len(body.events) > MOST_EVENTS:
        raise Refused(413, Drop.OVERSIZED)
    return body


def _origin(headers: dict[str, str]) -> str:
    """Where the sender says it is; browsers set this and pages cannot."""
    if (given := headers.get("origin", "")) and given != "null":
        return given.lower()
    referer = headers.get("referer", "")
    return origin(referer) if urlsplit(referer).netloc else ""


def _cors(site: Site | None, headers: dict[str, str]) -> Iterable[tuple[bytes, bytes]]:
    """Only a declared origin may read our answers."""
    asked = headers.get("origin", "")
    if site is None or asked.lower() not in site.origins:
        return ()
    return (
        (b"access-control-allow-origin", asked.encode("latin-1")),
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-max-age", b"600"),
        (b"vary", b"origin"),
    )


async def _reply(send: Send, status: int, body: bytes, extra: Iterable[tuple[bytes, bytes]]) -> None:
    headers = [(b"cache-control", b"no-store"), *extra]
    if status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    if body:
        headers.append((b"content-type", b"application/json"))
    if status in (429, 503):
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
