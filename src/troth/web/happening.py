"""What happened, at the desk: the moments that a period waits for, and which the firm alone knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from troth.answer import happening
from troth.people import looks, standing, store
from troth.policy.problems import Trouble
from troth.web.desk import Client, earliest, mine

_FIELDS = ("which", "address", "on")


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    clients = mine(request)
    if request.method != "POST":
        return _page(request, clients, {"on": earliest(clients).isoformat()})
    typed = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    errors = _told(clients, typed, str(getattr(request.user, "ref", "")), undo="undo" in request.POST)
    return _page(request, clients, typed, errors) if errors else redirect("web:moments")


def _page(
    request: HttpRequest, clients: list[Client], typed: dict[str, str], errors: dict[str, str] | None = None
) -> HttpResponse:
    rows = [(client, one) for client in clients for one in happening.waiting(client.slug)]
    waits = sum(store.without_any_clock(client.slug, client.plan) for client in clients)
    context: dict[str, Any] = {"section": "moments", "rows": rows, "waits": waits, "typed": typed}
    context["alive"] = [row for row in rows if row[1].told or row[1].values]
    context["still"] = [row for row in rows if not (row[1].told or row[1].values)]
    context["errors"] = errors or {}
    return render(request, "web/moments.html", context, status=422 if errors else 200)


def _told(clients: list[Client], typed: dict[str, str], by: str, *, undo: bool) -> dict[str, str]:
    """Write it down, or say what is missing, field by field."""
    slug, _, moment = typed["which"].partition("/")
    client = next((one for one in clients if one.slug == slug), None)
    if client is None or moment not in standing.told_by_us(client.plan):
        return {"which": "Choose one of the moments that a policy waits for."}
    if not typed["address"]:
        return {"address": "Say to whom it happened: type an address or a name by which we know them."}
    field = typed["address"].partition("=")[0]
    named = "=" in typed["address"] and field in ("email", *client.plan.fields)
    identity = typed["address"] if named else f"email={typed['address']}"
    try:
        if not undo:
            happening.tell(slug, identity, moment, typed["on"], by=by)
        elif not happening.take_back(slug, identity, moment, by=by):
            looks.count(slug, by, identity)  # nothing is written down, and that somebody is known here is seen by it
            return {"address": "Nobody had told this of them, so there is nothing to take back."}
    except Trouble as trouble:
        looks.count(slug, by, identity)
        return {"on" if trouble.where == "on" else "address": f"{trouble.sentence} {trouble.help}"}
    return {}
