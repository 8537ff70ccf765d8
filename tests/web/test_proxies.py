"""Who sent a request is who connected, unless a proxy that the operator declared says otherwise (T26)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from troth.web import hosts, server

PROXY, SENDER = "10.1.2.3", "203.0.113.77"
pytestmark = pytest.mark.django_db
FORWARDING = {
    "x-forwarded-for": "198.51.100.9, 203.0.113.77",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "gopher",
    "x-forwarded-port": "666",
    "x-forwarded-prefix": "//evil.example",
    "forwarded": "for=198.51.100.9;host=evil.example;proto=gopher",
    "x_forwarded_for": "198.51.100.9",
}


class Listener:
    """Stands in for the door and for Django: remembers what it was told of the sender."""

    def __init__(self, path: str = "") -> None:
        self.path, self.told = path, list[Any]()

    def serves(self, path: str) -> bool:
        return path == self.path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.told.append(scope)
        await server._short(send, 200, "heard")


def told(monkeypatch: pytest.MonkeyPatch, path: str, sender: str, **more: str) -> Any:
    """What the door or a page learns of a request under these headers."""
    monkeypatch.setattr(hosts, "fixed", lambda name: hosts.ALL)
    door, pages = Listener("/c/larch/e"), Listener()
    house = server.House(door)  # type: ignore[arg-type]
    house.pages = pages

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None: ...

    named = {"host": "127.0.0.1"} | {name.replace("_", "-"): value for name, value in more.items()} | FORWARDING
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    asyncio.run(house(scope | {"client": (sender, 4711), "scheme": "http"}, receive, send))
    (heard,) = door.told + pages.told
    return heard


@pytest.mark.parametrize("path", ["/c/larch/e", "/c/larch/you/"])
@pytest.mark.parametrize(("proxies", "sender", "whose"), [
    ((), PROXY, PROXY), ((PROXY,), PROXY, SENDER), ((PROXY,), "10.1.2.4", "10.1.2.4"), (("10.1.2",), PROXY, PROXY),
])  # fmt: skip
def test_t26_a_forwarding_header_counts_from_a_declared_proxy_alone_and_tells_no_more_than_the_sender(
    monkeypatch: pytest.MonkeyPatch, settings: Any, path: str, proxies: tuple[str, ...], sender: str, whose: str
) -> None:
    """What stands before the last comma was written by whoever came to the proxy: by anybody."""
    settings.PROXIES = proxies
    heard = told(monkeypatch, path, sender)
    assert (heard["client"][0], heard["scheme"], heard["root_path"]) == (whose, "http", "")
    assert [name for name, _ in heard["headers"] if b"forwarded" in name.lower()] == []


def test_t26_a_declared_proxy_that_says_nothing_is_itself_the_sender(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PROXIES = (PROXY,)
    monkeypatch.setitem(FORWARDING, "x-forwarded-for", " , ")
    assert told(monkeypatch, "/c/larch/you/", PROXY)["client"][0] == PROXY
