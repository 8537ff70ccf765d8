"""The door: a bare asynchronous function that takes events in, beside Django on the same port.

What the policy does not let in gets the very reply of what it does: a sender learns nothing of somebody's choices.
No address is stored; the limit on floods counts by network, in memory.
"""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from django.conf import settings
from django.db import DatabaseError

from troth.collect import choosing, consent, limits, steps
from troth.collect.buffer import Buffer
from troth.collect.lens import Seen, origin
from troth.collect.limits import Flood, network
from troth.collect.reasons import Drop
from troth.collect.sites import Site, Sites
from troth.collect.visits import Back, Visits
from troth.places import events as event_store
from troth.places.events import Lot, Row
from troth.policy import decoding
from troth.policy.deciding import Facts
from troth.policy.plan import Plan
from troth.policy.problems import Trouble

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_log = logging.getLogger("troth.collect")
REMEMBERED: Final = 60.0  # seconds for which what a browser said is not looked up again
MOST_REMEMBERED: Final = 10_000
MOST_BYTES: Final = 64 * 1024
MOST_EVENTS: Final = 50
MOST_HELD: Final = 64 * 2**20  # bytes of bodies that are not answered yet
MOST_SETTLING: Final = 200  # answers that wait for the one thread that writes them down
PATIENCE: Final = 20.0  # seconds in which a body must have come
MOST_CARRIED: Final = 4  # choices of one browser that are looked at
MOST_NESTED: Final = 400  # brackets in a body; a body of ours has a handful
Key = TypeVar("Key")
Kept = TypeVar("Kept")
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
    stands: bool = False  # whether what was answered still stands
    language: str = msgspec.field(default="", name="in")  # in which the question is asked
    choice: Answers | None = None


class Reply(NamedTuple):
    """``cookie``: what the browser is to carry on our own pages, where it lets us set one."""

    status: int
    body: bytes = b""
    cookie: str = ""


class Refused(Exception):
    """The request is answered with this status and nothing is stored."""

    def __init__(self, status: int, reason: Drop | None = None) -> None:
        super().__init__(status)
        self.status, self.reason = status, reason


_decoder = decoding.decoder(Body)


class Door:
    """The ASGI callable for ``/e`` and ``/c/<client>/e``."""

    def __init__(self, *, rate: float | None = None, burst: float | None = None, floor: int | None = None) -> None:
        self._rate = rate if rate is not None else limits.RATE
        self._flood = Flood(self._rate, burst if burst is not None else self._rate * 10)
        self._floor = floor
        self._buffer: Buffer | None = None
        self._lookers: concurrent.futures.ThreadPoolExecutor | None = None
        self._settler: concurrent.futures.ThreadPoolExecutor | None = None  # a slow write keeps no look-up waiting
        self._settling = self._held = 0
        self._sites = Sites()
        self._visits = Visits()
        self._tokens: collections.OrderedDict[tuple[str, str], tuple[float, consent.Choice]] = collections.OrderedDict()
        self._heard: collections.OrderedDict[tuple[str, str], tuple[float, Facts]] = collections.OrderedDict()
        self._answers = 0  # how often any browser said anything: what was read before the last time is not kept

    def start(self) -> None:
        extra = {} if self._floor is None else {"floor": self._floor}
        self._buffer = Buffer(event_store.store(), **extra)
        self._buffer.start()
        self._lookers = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="troth-door")
        self._settler = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="troth-answers")
        choosing.on_settled(self._said_anew)

    def stop(self) -> None:
        if self._buffer is not None:
            choosing.forget(self._said_anew)
            self._buffer.stop()
        for threads in (self._lookers, self._settler):
            if threads is not None:
                threads.shutdown()

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
        key = _key(scope["path"], headers)
        try:
            reply = await self._serve(key, scope, headers, receive)
        except Refused as refused:
            reply = Reply(refused.status)
            if refused.reason is not None and (site := self._sites.known(key)) is not None:
                self.buffer.note(site.client, refused.reason)
        except (DatabaseError, Trouble) as error:  # locked, full or without its key: nothing was taken in
            _log.error("the door could not look: %s", type(error).__name__)  # its words could carry values
            reply = Reply(503)
        await _send(send, reply, _cors(self._sites.known(key), headers))

    async def _serve(self, key: str, scope: Scope, headers: dict[str, str], receive: Receive) -> Reply:
        """Who comes too often is turned away before anything is looked up or read for them."""
        address = (scope.get("client") or ("", 0))[0]
        if not self._flood.lets_in(network(address), time.monotonic()):
            raise Refused(429, Drop.FLOOD)
        site = await self._site(key)
        if scope["method"] == "OPTIONS":
            return Reply(204)
        if scope["method"] != "POST":
            raise Refused(405)
        held = [0]
        try:
            body = _decode(await self._read(headers, receive, held))
            return await self._answer(site, body, headers, address, scope["path"])
        finally:
            self._held -= held[0]

    async def _site(self, key: str) -> Site:
        site = self._sites.fresh(key)
        if site is None and key and not self._sites.is_nobody(key):
            site = await self._look_up(self._sites.look, key)
        if site is None:
            raise Refused(404)
        return site

    async def _look_up(self, act: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._lookers, act, *args)

    async def _read(self, headers: dict[str, str], receive: Receive, held: list[int]) -> bytes:
        """A body that is as long as it says, and no longer than we take; what all senders together hold is bounded."""
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused(411)
        if len(length) > 9 or int(length) > MOST_BYTES:
            raise Refused(413, Drop.OVERSIZED)
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Refused(415, Drop.MALFORMED)  # nothing is unpacked here, so nothing can be a bomb
        parts = []
        try:
            async with asyncio.timeout(PATIENCE):
                async for part in _parts(receive):
                    parts.append(part)
                    held[0] += len(part)
                    self._held += len(part)
                    if held[0] > MOST_BYTES:
                        raise Refused(413, Drop.OVERSIZED)
                    if self._held > MOST_HELD:
                        raise Refused(503)
        except TimeoutError:
            raise Refused(408, Drop.MALFORMED) from None
        return b"".join(parts)

    async def _answer(self, site: Site, body: Body, headers: dict[str, str], address: str, path: str) -> Reply:
        if body.hello or body.choice is not None:
            return await self._choose(site, body, headers, address, path)
        if body.stands:
            return await self._tell(site, body, headers)
        counts: dict[str, int] = {}
        signed = self._signed(site.client, body.token) if body.token else None
        if body.token and signed is None:
            counts[Drop.FORGED] = 1
        choice = await self._standing(site.plan, consent.live(signed, time.time(), consent.life(site.plan)))
        back: Back = []
        if not await self.buffer.put(self._take(site, body, headers, address, choice, counts, back)):
            self._visits.undo(back)
            raise Refused(503)
        return Reply(204)

    def _take(
        self,
        site: Site,
        body: Body,
        headers: dict[str, str],
        address: str,
        choice: consent.Choice | None,
        counts: dict[str, int],
        back: Back,
    ) -> Lot:
        now = time.time()
        lens = site.lens(body.surface)
        if lens is None:
            return Lot(client=site.client, rows=[], counts={Drop.UNDECLARED: max(1, len(body.events))})
        if site.is_too_old(body.surface, body.edition):
            return Lot(client=site.client, rows=[], counts={Drop.STALE: max(1, len(body.events))})
        seen = Seen(origin=_origin(headers), address=address, agent=headers.get("user-agent", ""))
        gpc = body.gpc or headers.get("sec-gpc") == "1"
        earlier = site.earlier(body.surface, body.edition)
        whose = (site.client, body.surface, address, seen.agent[: steps.LONGEST_AGENT])
        rows: list[Row] = []
        for event in body.events:
            rows += lens.take(
                event,
                seen=seen,
                now=now,
                counts=counts,
                choice=choice,
                gpc=gpc,
                earlier=earlier,
                before=lambda page: self._visits.step(whose, page, now, back),
            )
        return Lot(client=site.client, rows=rows, counts=counts)

    def _signed(self, client: str, token: str) -> consent.Choice | None:
        """What a token of ours says, kept for a minute: to look for its key costs more than all else."""
        key, now = (client, token), time.monotonic()
        read, choice = self._tokens.get(key, (float("-inf"), None))
        if now - read > REMEMBERED:
            choice = consent.read(consent.Choice, client, token)
            if choice is not None:
                _keep(self._tokens, key, (now, choice))
        return choice

    async def _standing(self, plan: Plan, choice: consent.Choice | None) -> consent.Choice | None:
        """What a token stands for by its browser's own rows: kept for a minute, or until that browser says more."""
        if choice is None:
            return None
        key, now = (choice.client, choice.browser), time.monotonic()
        looked, facts = self._heard.get(key, (float("-inf"), None))
        if facts is None or now - looked > REMEMBERED:
            answers = self._answers
            facts = await self._look_up(choosing.facts_in_thread, choice.client, plan, choice.browser)
            if answers == self._answers:  # else it may be what stood before an answer that came meanwhile
                _keep(self._heard, key, (now, facts))
        return choosing.narrowed(choice, facts)

    def _said_anew(self, client: str, browser: str) -> None:
        """A browser answered (told by whichever thread took the answer): what it said is read again."""
        self._answers += 1
        self._heard.pop((client, browser), None)

    async def _tell(self, site: Site, body: Body, headers: dict[str, str]) -> Reply:
        """What a browser carries from now on, where it is not what it carries: read anew at each view of a page, since
        a yes may have been taken back where the tag is not. It is the sender's own token that is asked about."""
        lens = site.lens(body.surface)
        if lens is None or _origin(headers) not in lens.origins:
            raise Refused(204, Drop.WRONG_ORIGIN)
        others = [token for token in _carried(headers) if token != body.token]
        if not body.token and not others:
            return Reply(204)
        told = site.client, site.plan, body.token, others, time.time()
        token = await self._look_up(choosing.stands_in_thread, *told)
        if token is None:
            return Reply(204)
        self._said_anew(site.client, consent.browser_of(site.client, token))
        return Reply(200, msgspec.json.encode({"token": token}))

    async def _choose(self, site: Site, body: Body, headers: dict[str, str], address: str, path: str) -> Reply:
        """Hand out the token that a question needs, or take the answer to it."""
        lens = site.lens(body.surface)
        if lens is None or _origin(headers) not in lens.origins:
            raise Refused(204, Drop.WRONG_ORIGIN)
        now, browser = time.time(), consent.browser_of(site.client, body.token)
        if body.choice is None:
            if not site.asks_alike(body.surface, body.edition, body.language):
                raise Refused(409)  # the page shows an older edition's question, and an answer is to what was read
            token = consent.ask(site.client, site.plan, body.surface, site.edition, browser, now, body.language)
            return Reply(200, msgspec.json.encode({"ask": token}))
        if not limits.answers.lets_in(network(address), time.monotonic()):
            raise Refused(429, Drop.FLOOD)
        if self._settling >= MOST_SETTLING or not (browser or self.buffer.floor.has_room()):
            raise Refused(503)  # whoever answered before may take a yes back on the fullest disk
        answer = choosing.Answer(
            ask=body.choice.ask,
            yes=body.choice.yes,
            no=body.choice.no,
            gpc=body.gpc or headers.get("sec-gpc") == "1",
            token=body.token,
            how="banner",
            now=now,
        )
        self._settling += 1
        try:
            settled = await asyncio.get_running_loop().run_in_executor(
                self._settler, choosing.settle_in_thread, site.client, site.edition, site.plan, answer
            )
        finally:
            self._settling -= 1
        if settled is None:
            raise Refused(409, Drop.FORGED)
        told = msgspec.json.encode({"token": settled.token})
        return Reply(200, told, _cookie(site.plan, headers.get("host", ""), path, settled.token))


def _keep(memory: collections.OrderedDict[Key, Kept], key: Key, kept: Kept) -> None:
    memory[key] = kept
    if len(memory) > MOST_REMEMBERED:
        memory.popitem(last=False)


def _key(path: str, headers: dict[str, str]) -> str:
    """The name of a site: its client, or the host that is its own. '' where the path is none of ours."""
    if (found := _PATH.match(path)) is None:
        return ""
    return found[1] or "//" + headers.get("host", "").rsplit(":", 1)[0].lower()


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, Drop.MALFORMED)
        yield bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return


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
    """Where the sender says it is; browsers set this and pages cannot. A sandboxed frame is ``null``, and nowhere."""
    given = headers.get("origin", "").lower()
    return given if given else origin(headers.get("referer", ""))


def _carried(headers: dict[str, str]) -> list[str]:
    """The choices that our own pages set: a browser sends them where the page is of the same site, and never else."""
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    return [value for name, _, value in pairs if name == consent.COOKIE and value][:MOST_CARRIED]


def _cors(site: Site | None, headers: dict[str, str]) -> Iterable[tuple[bytes, bytes]]:
    """Only a declared origin may read our answers."""
    asked = headers.get("origin", "")
    if site is None or asked.lower() not in site.origins:
        return ()
    return (
        (b"access-control-allow-origin", asked.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-max-age", b"600"),
        (b"vary", b"origin"),
    )


def _cookie(plan: Plan, host: str, path: str, token: str) -> str:
    """What was answered on a site, for our own pages and for that site's other hosts: it is shown and can be taken back
    there, too. Where the site is another firm's, a browser does not keep it (SameSite)."""
    ours = consent.path(plan, host, path.removesuffix("e"))
    secure = "; Secure" if settings.ORIGIN.startswith("https:") else ""
    return f"{consent.COOKIE}={token}; Max-Age={consent.life(plan)}; Path={ours}; SameSite=Lax{secure}"


async def _send(send: Send, reply: Reply, extra: Iterable[tuple[bytes, bytes]]) -> None:
    status, body, cookie = reply
    headers = [(b"cache-control", b"no-store"), *extra]
    if cookie:
        headers.append((b"set-cookie", cookie.encode()))
    if status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    if body:
        headers.append((b"content-type", b"application/json"))
    if status in (429, 503):  # the tag comes again by itself
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
