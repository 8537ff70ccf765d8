"""A client with questions to ask, and a door that is asked without a network."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from django.db import connection
from django.test import Client

from troth.collect.door import Door
from troth.parties import editions, tenancy
from troth.places import events

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from tests.collect.a_page import Site

POLICIES = Path(__file__).parent / "policies"
ORIGIN = {"larch": "https://www.larch.example", "rowan": "https://www.rowan.example"}


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def made_id(ago: float = 0.0) -> str:
    return f"{int((time.time() - ago) * 1000):012x}{secrets.token_hex(10)}"


class Asker:
    """Sends requests to a door as a browser on a client's site would."""

    def __init__(self, door: Door, client: str) -> None:
        self.door, self.client = door, client

    def post(
        self, body: object, *, path: str = "", method: str = "POST", address: str = "203.0.113.77", **headers: str
    ) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"host": "door.example", "origin": ORIGIN[self.client], "content-length": str(len(raw))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "method": method,
            "path": path or f"/c/{self.client}/e",
            "client": (address, 4711),
            "headers": [(k.encode(), v.encode()) for k, v in given.items() if v],
        }
        return asyncio.run(_ask(self.door, scope, raw))

    def event(self, fields: dict[str, object], *, id: str = "", token: str = "", **more: str) -> Reply:
        event = {"id": id or made_id(), "fields": fields}
        return self.post({"surface": "website", "token": token, "events": [event]}, **more)

    def ask(self, token: str = "") -> str:
        return str(self.post({"surface": "website", "hello": True, "token": token}).json()["ask"])

    def answer(
        self,
        ask: str,
        *,
        yes: list[str] = [],  # noqa: B006
        no: list[str] = [],  # noqa: B006
        token: str = "",
        **more: str,
    ) -> Reply:
        told = {"surface": "website", "token": token, "choice": {"ask": ask, "yes": yes, "no": no}}
        return self.post(told, **more)


async def _ask(door: Door, scope: dict[str, Any], raw: bytes) -> Reply:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await door(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.fixture
def flushable(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Rows that are only ever added could not be flushed after a test that commits: their triggers rest meanwhile."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type='trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for _, sql in triggers:
            cursor.execute(sql)


@pytest.fixture
def committing(flushable: None, transactional_db: None) -> None:
    """For what other threads must see."""


@pytest.fixture
def rowan(data_folder: Path, db: None) -> str:
    """A client whose policy asks for a consent."""
    editions.forget_cache()
    tenancy.add("rowan")
    editions.publish("rowan", POLICIES / "rowan.yaml", replaces=None, by="")
    return "rowan"


@pytest.fixture
def client() -> Client:
    """A browser at the clients' host: the wrong host has no pages."""
    return Client(HTTP_HOST="127.0.0.1")


@pytest.fixture
def door(committing: None, data_folder: Path) -> Iterator[Door]:
    made = Door(rate=1000)
    made.start()
    yield made
    made.stop()
    events.store().close()


@pytest.fixture
def at_rowan(door: Door, rowan: str) -> Asker:
    return Asker(door, rowan)


@pytest.fixture
def at_larch(door: Door, larch: str) -> Asker:
    return Asker(door, "larch")


@pytest.fixture
def counted() -> Callable[[str], dict[str, int]]:
    """What the event store counted for a client and the ledger has not taken up yet."""

    def count(client: str) -> dict[str, int]:
        total: dict[str, int] = {}
        for taken in events.store().untaken():
            if taken.client == client:
                for name, number in taken.counts.items():
                    total[name] = total.get(name, 0) + number
        return total

    return count


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The driver keeps an event loop in this thread, which Django would otherwise take for an asynchronous view."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(chromium: Browser, at_rowan: Asker, settings: Any) -> Iterator[Site]:
    from tests.collect import a_page

    settings.CLIENT_HOST = a_page.TROTH.split("/")[2]
    context = a_page.visitor(chromium)
    made = a_page.Site(context, at_rowan)
    yield made
    context.close()
    assert made.wrong == []
