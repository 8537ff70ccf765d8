"""Bodies sent to pages: taken in whole before a thread is given to them, and no more of them than there is room for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from troth.web import hosts, server

SIZE = 1024 * 1024
pytestmark = pytest.mark.django_db


class Pages:
    """Stands in for Django: remembers what came and waits before it answers."""

    def __init__(self) -> None:
        self.came: list[int] = []
        self.go = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.came.append(len((await receive())["body"]))
        await self.go.wait()
        await server._short(send, 200, "taken")


class NoDoor:
    @staticmethod
    def serves(path: str) -> bool:
        return False


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> server.House:
    monkeypatch.setattr(hosts, "fixed", lambda name: hosts.ALL)
    house = server.House(NoDoor())  # type: ignore[arg-type]
    house.pages = Pages()
    return house


async def send(house: server.House, size: int, *, says: str = "") -> int:
    """Send a body in parts, and return the status of the answer."""
    parts = [b"x" * min(65536, size - start) for start in range(0, size, 65536)]
    status: list[int] = []

    async def receive() -> Any:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def answer(message: Any) -> None:
        status.append(message.get("status", 0))

    headers = [(b"host", b"127.0.0.1"), (b"content-length", (says or str(size)).encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers, "client": None}
    await house(scope, receive, answer)
    return status[0]


def test_t36_a_crowd_of_large_bodies_is_turned_away_before_memory_is_full_and_a_form_is_let_in(house):
    async def crowd() -> list[int]:
        large = [asyncio.create_task(send(house, SIZE)) for _ in range(100)]
        for _ in range(3000):
            await asyncio.sleep(0)
        assert sum(house.pages.came) <= server.MOST_HELD
        small = asyncio.create_task(send(house, 2000))
        for _ in range(50):
            await asyncio.sleep(0)
        house.pages.go.set()
        return await asyncio.gather(small, *large)

    small, *large = asyncio.run(crowd())
    assert small == 200
    assert {large.count(200) + large.count(503)} == {100} and large.count(503) >= 36
    assert asyncio.run(send(house, SIZE)) == 200  # what is answered holds nothing any more


@pytest.mark.parametrize(
    ("says", "status"), [("0" * 5000 + "1", 413), ("9" * 30, 413), (str(SIZE + 1), 413), ("²", 411), ("-1", 411)]
)
def test_a_length_that_is_none_or_too_much_is_turned_away_with_words(house, says, status):
    assert asyncio.run(send(house, 1, says=says)) == status


def test_what_turns_somebody_away_can_be_read_on_a_phone_and_says_what_to_do(house):
    sent: list[Any] = []

    async def answer(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "client": None}
    headers = [(b"host", b"127.0.0.1"), (b"content-length", str(SIZE + 1).encode())]
    asyncio.run(house(scope | {"headers": headers}, None, answer))
    start, body = sent[0], sent[1]["body"]
    assert (start["status"], dict(start["headers"])[b"content-type"]) == (413, b"text/html; charset=utf-8")
    assert (
        b"width=device-width" in body
        and b"<h1>That is more than we take in at once. Go back, and send less.</h1>" in body
    )
