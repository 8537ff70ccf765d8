"""What every page knows: whose page it is, and whether this is the demonstration."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from troth.parties import editions, news, speech, staff
from troth.policy.emit import texts
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.web import hosts, rights


def page(request: HttpRequest) -> dict[str, Any]:
    found: dict[str, Any] = {
        "demo": settings.DEMO,
        "desk_origin": settings.DESK_ORIGIN,
        "firm": "troth",
        "home": "/",
        "slug": "",
    }
    if getattr(request, "house", "") == hosts.DESK:
        return found | _desk(request)
    client = getattr(request, "client", None)
    if client is None:
        return found
    try:
        plan = editions.in_force(client.slug).plan
    except (Trouble, DatabaseError):
        return found
    who = plan.who
    home = hosts.home(getattr(request, "house", None), client.slug)
    public = bool({client.slug, "*"} & settings.PUBLIC_PROMISES)
    firm = who.trades_as or who.name
    told = {"slug": client.slug, "firm": firm, "who": who, "home": home, "public_promises": public}
    told |= {"tongue": texts.spoken() if texts.spoken() != texts.BASE else "", "ways": ways(request, plan)}
    return found | told | {"news": news.fresh(client.slug, timezone.now())}


class Way(msgspec.Struct, frozen=True):
    """The same page in another language."""

    language: str
    words: str
    href: str
    here: bool


def ways(request: HttpRequest, plan: Plan) -> list[Way]:
    """Each language of the edition with the address of this page in it; none for what only a form can reach, since
    nobody's typing is to be lost by a click."""
    if len(plan.languages) < 2 or request.method not in ("GET", "HEAD"):
        return []
    asked = {name: value for name, value in request.GET.items() if name != speech.NAME}
    return [
        Way(one, texts.table(one)["language"], "?" + urlencode(asked | {speech.NAME: one}), one == texts.spoken())
        for one in plan.languages
    ]


def _desk(request: HttpRequest) -> dict[str, Any]:
    inside = hasattr(request, "user") and staff.proved(request)
    return {"at_desk": inside, "opens": rights.opens(request) if inside else set()}
