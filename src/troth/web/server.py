"""The server: one process, one port. Events go to the door, everything else to Django in a pool of threads.

The lock on the data folder is taken first and the port is probed after it: two servers can share a port silently, and
two over one folder would lose events.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import gc
import logging
import os
import resource
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from django.db.migrations.loader import MigrationLoader
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from troth.collect.door import Door
from troth.keep import disk, serving
from troth.ledger import signing
from troth.parties import tenancy
from troth.people import indexes, vault
from troth.places import keyfile, master
from troth.policy.problems import Trouble
from troth.web import doctor, hosts, metrics, options, tables, telling
from troth.web.telling import where
from troth.work.loop import Loop

_log = logging.getLogger("troth.server")
Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
MOST_BODY: Final = 1024 * 1024
MOST_HELD: Final = 64 * 1024 * 1024  # bytes of all bodies that have come and are not answered yet
SMALL: Final = 32 * 1024  # what a form of ours sends, and more: it is taken in also when a crowd sends large bodies
MOST_FILES: Final = 8192
PATIENCE: Final = 20.0  # seconds in which a body must have come
TOO_MUCH: Final = "That is more than we take in at once. Go back, and send less."
SHORT: Final = (  # before anybody knows whose page it was: words that a phone shows in a size one can read
    '<!doctype html><html lang="en-GB"><head><meta name="viewport" content="width=device-width">'
    "<title>{says}</title></head><body><main><h1>{says}</h1></main></body></html>\n"
)
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class House:
    """The one ASGI application. The host is looked at before the door and before Django."""

    def __init__(self, door: Door) -> None:
        self.door, self._held = door, 0
        self.pages: Any = WSGIMiddleware(cast(Any, get_wsgi_application()), workers=max(4, settings.THREADS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            await self._serve(scope, receive, send)
        except _Turned as turned:
            await _short(send, turned.status, turned.says)
        except Exception as error:  # nothing of it reaches the visitor, and only its kind and place the log
            _log.error("", extra={"facts": {"error": type(error).__name__, "where": where(error)}})
            raise

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if metrics.serves(scope, headers):
            await metrics.answer(scope, send)
            return
        house = await _house(headers.get("host", ""))
        if house is None:
            raise _Turned(400, "This server does not answer under that name.")
        scope = _declared(scope, headers, house)
        if self.door.serves(scope["path"]) and house != hosts.DESK and hosts.belongs(house, scope["path"]):
            await self.door(scope, functools.partial(_again, receive), send)
            return
        await self._page(scope, _length(scope, headers), receive, send)

    async def _page(self, scope: Scope, length: int, receive: Receive, send: Send) -> None:
        """What all senders together hold is bounded; a small form is let in whoever else sends."""
        held = 0

        def came(size: int) -> None:
            nonlocal held
            held, self._held = held + size, self._held + size
            if held > MOST_BODY:
                raise _Turned(413, TOO_MUCH)
            if self._held > MOST_HELD and length > SMALL:
                raise _Turned(503, "Too much is being sent to us at this moment. Try again in a minute.")

        try:
            await self.pages(scope, await _body(length, receive, came), send)
        finally:
            self._held -= held


class _Turned(Exception):
    def __init__(self, status: int, says: str) -> None:
        super().__init__(status)
        self.status, self.says = status, says


async def _house(header: str) -> str | None:
    name = hosts.name_of(header)
    known = hosts.fixed(name)
    return known or await asyncio.get_running_loop().run_in_executor(None, _look, name)


def _look(name: str) -> str | None:
    close_old_connections()
    return hosts.whose(name)


def _declared(scope: Scope, headers: dict[str, str], house: str) -> Scope:
    """Scheme and sender as we know them ourselves; forwarding headers count only from a declared proxy."""
    origin = settings.DESK_ORIGIN if house == hosts.DESK else settings.ORIGIN
    kept = [
        (name, value)
        for name, value in scope["headers"]
        if b"_" not in name and not name.lower().startswith((b"x-forwarded", b"forwarded"))
    ]
    sender = scope.get("client")
    if sender and sender[0] in settings.PROXIES and (last := headers.get("x-forwarded-for", "").split(",")[-1].strip()):
        sender = (last, 0)
    return dict(scope) | {"scheme": origin.partition(":")[0], "headers": kept, "client": sender, "root_path": ""}


async def _again(receive: Receive) -> Message:
    return await receive()


def _length(scope: Scope, headers: dict[str, str]) -> int:
    """How long the body says it is; 0 for none."""
    if not scope["query_string"].isascii():
        raise _Turned(400, "The address could not be read.")
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers or (length and not (length.isascii() and length.isdigit())):
        raise _Turned(411, "Say how long the body is.")
    if len(length) > len(str(MOST_BODY)) or int(length or 0) > MOST_BODY:
        raise _Turned(413, TOO_MUCH)
    return int(length or 0)


async def _body(length: int, receive: Receive, came: Callable[[int], None]) -> Receive:
    """Take the body in before a thread is given to it, so that a slow sender holds up nobody else."""
    body = b""
    if length:
        try:
            body = await asyncio.wait_for(_whole(receive, came), PATIENCE)
        except TimeoutError:
            raise _Turned(408, "The rest of it did not come. Go back, and send it again.") from None

    async def given() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return given


async def _whole(receive: Receive, came: Callable[[int], None]) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Turned(400, "The rest of it did not come. Go back, and send it again.")
        parts.append(bytes(message.get("body", b"")))
        came(len(parts[-1]))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _short(send: Send, status: int, says: str) -> None:
    body = SHORT.format(says=says).encode()
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers += [(b"cache-control", b"no-store"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


# Starting and stopping --------------------------------------------------------------------------------------------


def prepare() -> None:
    """Make the folder, the key and the tables ready. Safe to repeat, and quick when there is nothing to do."""
    os.umask(0o077)  # what is made from here on is its owner's alone
    folder = Path(settings.DATA)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "tmp").mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        said = f"The data folder {folder} cannot be made: {error.strerror}."
        raise Trouble("data-folder", said, "Set TROTH_DATA to a folder of yours.", where="TROTH_DATA") from error
    master.must_be_ours()
    disk.make_way()  # a start over a full disk, too, writes before it serves
    disk.must_have_room()
    master.ensure()
    vault.ensure_keys()
    settings.SECRET_KEY = options.signing(Path(settings.KEY_FILE))
    with (folder / "prepare.lock").open("w") as alone:  # of several first starts at once, one makes the tables
        fcntl.flock(alone, fcntl.LOCK_EX)
        _refuse_what_is_gone()
        _refuse_what_is_newer()
        call_command("migrate", interactive=False, verbosity=0)
    indexes.must_fit(tenancy.slugs())


def _refuse_what_is_gone() -> None:
    """Beside keys and a ledger no empty database is begun in silence: its first sweep would destroy, as sealing nothing
    any more, each key of what stood in the one that is gone (UK GDPR Art 32(1)(b))."""
    file, head = Path(str(connection.settings_dict["NAME"])), signing.read_head()
    if file.exists() and file.stat().st_size:
        return
    if (head is not None and head[0]) or keyfile.holds_any():
        reached = f"the ledger in it had reached entry {head[0]}" if head else "keys of what it held stand in keys.db"
        raise Trouble(
            "data-lost",
            f"troth.db is gone or empty, and {reached}; none is made in its place.",
            "Put troth.db back from its backup. To begin anew, set TROTH_DATA to another folder.",
            where="troth.db",
        )


def _refuse_what_is_newer() -> None:
    """Nor are tables changed under a server of an older troth, which goes on with those it knows (T63)."""
    found = MigrationLoader(connection)
    applied, known = set(found.applied_migrations or ()), set(found.disk_migrations or ())
    if known - applied and serving.somebody_serves():
        raise Trouble(
            "still-serving",
            "A server of an older troth has this data folder open, and its tables would change under it.",
            "Stop it, then run the command again; it goes on from there.",
            where="TROTH_DATA",
        )
    tables.refuse_newer()


def refuse_demo_in_public() -> None:
    if settings.DEMO and settings.HOST not in LOOPBACK:
        raise Trouble(
            "demo-public",
            "The demonstration has a sign-in that everybody knows, so it binds to loopback only.",
            "Set TROTH_HOST to 127.0.0.1, or TROTH_DEMO to no.",
        )


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Be the one serving process of this data folder."""
    with (Path(settings.DATA) / "serve.lock").open("a+") as lock:
        if not _taken(lock.fileno()):
            raise Trouble(
                "already-serving",
                f"A server has the data folder {settings.DATA} open already.",
                "Stop it, or set DATA (TROTH_DATA) to another.",
            )
        _probe()
        yield


def _taken(lock: int) -> bool:
    """Try for a second: a command that looks whether somebody serves holds it for a moment."""
    for left in reversed(range(10)):
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.1 if left else 0)
    return False


def _probe() -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError as error:
            raise Trouble(
                "port-taken",
                f"Port {settings.PORT} at {settings.HOST} cannot be had: {error.strerror}.",
                "Stop what listens there, or set PORT (TROTH_PORT) to another.",
            ) from error


def run(ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; then finish what is in hand and leave nothing behind."""
    doctor.note_clock()
    metrics.begin()
    telling.leave_no_traceback()
    keeper, door, loop = disk.Keeper(), Door(), Loop()
    keeper.start()
    door.start()
    loop.start()
    set_aside()
    try:
        asyncio.run(_run(door, ready))
    finally:
        loop.stop()
        door.stop()
        keeper.stop()


def set_aside() -> None:
    """What is loaded by now stays to the end. Python's collector would look through all of it about once a second under
    load, and each event that came meanwhile would wait for that: longer than for anything else."""
    gc.collect()
    gc.freeze()


def _connections() -> int:
    """How many connections may stand at once: many, so that no handful of idle ones shuts everybody out, and half of
    the files that we may open, so that no crowd of them keeps the store from its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most // 2


async def _run(door: Door, ready: Callable[[], None]) -> None:
    server: Any = Server(
        House(door),
        address=settings.HOST,
        port=settings.PORT,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # else a connection that says nothing, or begins HTTP/2, is waited for without an end
        log_enabled=False,
        websockets=False,
        backlog=1024,
        backpressure=_connections(),
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
    )
    events = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        events.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(stop.wait())
    telling = asyncio.create_task(_when_listening(ready))
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    telling.cancel()
    waiting.cancel()
    server.stop()
    with contextlib.suppress(asyncio.CancelledError, TimeoutError):
        await asyncio.wait_for(serving, 20)


async def _when_listening(ready: Callable[[], None]) -> None:
    """Say so only when a connection is really taken."""
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection(settings.HOST, settings.PORT)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        ready()
        return
