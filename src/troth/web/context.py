"""What every page knows: whose page it is, and whether this is the demonstration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from troth.parties import editions, news, staff
from troth.policy.problems import Trouble
from troth.web import hosts


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
    return found | told | {"news": news.fresh(client.slug, timezone.now())}


def _desk(request: HttpRequest) -> dict[str, Any]:
    return {"at_desk": hasattr(request, "user") and staff.proved(request)}
