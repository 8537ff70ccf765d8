"""The porter looks at the host and writes the log; the walls see that a page is shown in its own house only."""

from __future__ import annotations

import contextvars
import logging
import time
from collections.abc import Callable
from typing import Any, Final, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from troth.parties import days, speech, tenancy
from troth.policy.problems import Trouble
from troth.web import entering, failing, hosts, rights, urls

Next = Callable[[HttpRequest], HttpResponse]
POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_log = logging.getLogger("troth.access")


class Porter:
    """First in, last out. An unknown host gets 400 and nothing else; a log line holds the route, never the path."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        since = time.monotonic()
        house = hosts.whose(hosts.name_of(request.META.get("HTTP_HOST", "")))
        request.house = house  # type: ignore[attr-defined]
        if house is None:
            return failing.unknown_host()
        if house.startswith("client:"):
            request.urlconf = cast(Any, urls.own(house[7:]))  # its pages stand at the root there
        _vouched(request)
        response = contextvars.copy_context().run(self._answered, request, house)  # a language is one request's
        _guard(response)
        _tell(request, response, house, time.monotonic() - since)
        return response

    def _answered(self, request: HttpRequest, house: str) -> HttpResponse:
        response = self.get_response(request) if hosts.belongs(house, request.path_info) else failing.missing(request)
        if response.status_code == 405 and not response.content:  # the framework's own has no words
            response = failing.not_this_way(request, response["Allow"])
        return response


def _vouched(request: HttpRequest) -> None:
    """Under ``no-referrer`` a browser names no origin when it sends our own form. It does say, where no page can change
    it, that the form was ours: then the origin is."""
    if request.META.get("HTTP_ORIGIN") == "null" and request.META.get("HTTP_SEC_FETCH_SITE") == "same-origin":
        request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"


def _guard(response: HttpResponseBase) -> None:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()")
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Frame-Options", "DENY")


def _tell(request: HttpRequest, response: HttpResponse, house: str, took: float) -> None:
    match = request.resolver_match
    facts = {
        "house": "clients" if house != hosts.DESK else house,
        "method": request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS") else "other",
        "route": match.route if match else "",
        "status": response.status_code,
        "ms": round(took * 1000, 1),
    }
    if match and response.status_code != 404:
        known = getattr(request, "client", None)  # what merely stands in its place was typed by a stranger
        facts["client"] = known.slug if known is not None else ""
    _log.info("", extra={"facts": facts})


class Walls:
    """Before a view runs: its client exists, is of this house, and at the desk is one that this person may see."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if language := getattr(request, "language", ""):
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ["Accept-Language"])
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        if getattr(request, "house", None) == hosts.DESK and (refused := _at_the_desk(request)):
            return refused
        slug = kwargs.get("client")
        if getattr(request, "house", None) == hosts.DESK:
            _within_their_part(request, slug)
        if slug is None:
            return None
        try:
            request.client = tenancy.client(slug)  # type: ignore[attr-defined]
        except Trouble as trouble:
            raise Http404("There is no page here.") from trouble
        timezone.activate(days.zone(slug))  # to the end of this context, which is one request's
        if getattr(request, "house", None) != hosts.DESK:  # the desk speaks English
            speech.of_request(request, slug)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return failing.troubled(request, error) if isinstance(error, Trouble) else None


def _within_their_part(request: HttpRequest, slug: str | None) -> None:
    """A page that their role does not open is to them as one that does not exist, and so is another client's."""
    part = rights.part_of(request)
    if part is None or ((part or slug) and not rights.may(request, part, slug)):
        raise Http404("There is no page here.")
    request.part = part  # type: ignore[attr-defined]


def _at_the_desk(request: HttpRequest) -> HttpResponse | None:
    """Every page of the desk but the door itself asks for both factors, and for roles that stand unchanged."""
    path = request.path_info
    if path.startswith(("/desk/enter/", "/static/")) or path in ("/", "/favicon.ico"):
        return None
    if not entering.stands(request):
        return redirect(settings.LOGIN_URL)
    return None
