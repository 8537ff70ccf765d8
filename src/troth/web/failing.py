"""What a person reads when something did not go as it should. No page tells a visitor what went on inside."""

from __future__ import annotations

import contextlib
import errno
import logging
import secrets
import sqlite3
import sys
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from troth.parties import speech, tenancy
from troth.policy.emit.texts import again, phrase
from troth.policy.problems import Trouble
from troth.web import hosts
from troth.web.telling import where

_log = logging.getLogger("troth.failing")
DRAINED = ("stopped", "closed", "busy", "draining", "not-serving")
KEYS = ("key-", "keys-", "value-")  # of keys and sealed values the operator must know, not a visitor


def _page(request: HttpRequest, status: int, said: str, why: str, **more: Any) -> HttpResponse:
    at_desk = getattr(request, "house", "") == hosts.DESK
    frame = "web/desk.html" if at_desk else "web/page.html"
    context = {"said": said, "why": why, "title": said.rstrip("."), "links": _likeliest(request), "frame": frame} | more
    response = render(request, "web/trouble.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _likeliest(request: HttpRequest) -> list[tuple[str, str]]:
    if getattr(request, "house", "") == hosts.DESK:
        return [("/desk/", "What is due today")]
    client = getattr(request, "client", None)
    if client is None:
        return [("/", phrase("The front page"))]
    home = hosts.home(getattr(request, "house", None), client.slug)
    likely = (("notice/", "Privacy notice"), ("choices/", "Your choices"), ("you/", "Your page"))
    return [(speech.carry(home + path), phrase(words)) for path, words in likely]


def unknown_host() -> HttpResponse:
    return HttpResponse("This server does not answer under that name.\n", status=400, content_type="text/plain")


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    house = str(getattr(request, "house", ""))  # where all clients live, nobody learns here which of them exist
    _whose(request, house[7:] if house.startswith("client:") else "")
    return _page(request, 404, phrase("There is no page here."), phrase("The address may be old, or mistyped."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    why = "Your roles do not open this page. Whoever added you to the desk can give you the role that does."
    return _page(request, 403, "This is not yours to open.", why)


def bad(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400, phrase("We could not read that request."), phrase("Go back and send it again."))


def not_this_way(request: HttpRequest, allow: str) -> HttpResponse:
    """A page that is only read, or an act that is only sent by its form."""
    said, why = phrase("That cannot be done at this address."), phrase("Go back, and use the button on the page.")
    response = _page(request, 405, said, why)
    response["Allow"] = allow
    return response


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    _whose(request, str(request.resolver_match.kwargs.get("client", "")) if request.resolver_match else "")
    why = "The form came without its key, so nothing was changed. Allow our own cookie, go back, and send it again."
    return _page(request, 403, phrase("That form has gone stale."), phrase(why))


def _whose(request: HttpRequest, slug: str) -> None:
    """Whose page it was, where nobody looked at that yet: the firm speaks, and in the reader's language."""
    if slug and not hasattr(request, "client") and getattr(request, "house", "") != hosts.DESK:
        with contextlib.suppress(Trouble, DatabaseError):
            request.client = tenancy.client(slug)  # type: ignore[attr-defined]
            speech.of_request(request, slug)


def slow_down(request: HttpRequest, why: str) -> HttpResponse:
    response = _page(request, 429, phrase("That was often, in a short time."), why)
    response["Retry-After"] = "600"
    return response


def away(request: HttpRequest) -> HttpResponse:
    why = "Our store takes nothing in at this moment, and nothing of what you sent was kept. Try again in a minute."
    response = _page(request, 503, phrase("We cannot do that just now."), phrase(why))
    response["Retry-After"] = "60"
    return response


def broken(request: HttpRequest) -> HttpResponse:
    """The last resort. A locked or full store is 503, so that a program tries again; anything else is ours to mend."""
    error = sys.exc_info()[1]
    reference = secrets.token_hex(4)
    facts = {"reference": reference, "error": type(error).__name__, "where": where(error) if error else ""}
    _log.error("", extra={"facts": facts})
    try:
        if unable(error):
            return away(request)
        why = "Somebody of ours must look at it. Try again later; if you write to us, name the reference below."
        said, why = phrase("Something went wrong on our side."), phrase(why)
        return _page(request, 500, said, why, reference=reference)
    except Exception:  # the page itself needs the store
        plain = "We cannot do that just now. Try again in a minute.\n"
        return HttpResponse(plain, status=503, content_type="text/plain", headers={"Retry-After": "60"})


def unable(error: BaseException | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
    return isinstance(error, DatabaseError | sqlite3.OperationalError)


def troubled(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    """A refusal with words of its own. What does not exist is always the same page."""
    if trouble.code.startswith(("no-", "nothing-")):
        return missing(request)
    if trouble.code in DRAINED or trouble.code.startswith(KEYS):
        _log.error("", extra={"facts": {"trouble": trouble.code}})
        return away(request)
    if trouble.code.startswith("too-"):
        return slow_down(request, trouble.help)
    return _page(request, 409, again(trouble.sentence), again(trouble.help))
