"""Asking the whole program for a page, middleware and all, as a stranger without a cookie. Nothing is stored."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse
from django.urls import get_urlconf, set_urlconf

from troth.parties import tenancy


def page(path: str, *, host: str, method: str = "GET") -> HttpResponse:
    """The answer to ``/path`` under this host name."""
    request = HttpRequest()
    request.method, request.path, request.path_info = method, f"/{path}", f"/{path}"
    request.META = {"REQUEST_METHOD": method, "HTTP_HOST": host, "SERVER_NAME": host, "SERVER_PORT": "80"}
    handler = BaseHandler()
    handler.load_middleware()
    addresses = get_urlconf()
    try:
        with _unlogged():
            return handler.get_response(request)  # type: ignore[return-value]
    finally:
        set_urlconf(addresses)  # a client's own host has addresses of its own, and they stay with this thread


def of_client(client: str, path: str) -> HttpResponse | None:
    """A page of a client, under the host name at which its pages are served; None when there is none."""
    host = tenancy.client(client).host or settings.CLIENT_HOST
    return page(f"c/{client}/{path}", host=host) if host else None


@contextmanager
def _unlogged() -> Iterator[None]:
    """Nobody visited: what this thread asks of itself is no line of the access log."""
    me, log = threading.get_ident(), logging.getLogger("troth.access")

    def of_others(record: logging.LogRecord) -> bool:
        return record.thread != me

    log.addFilter(of_others)
    try:
        yield
    finally:
        log.removeFilter(of_others)
