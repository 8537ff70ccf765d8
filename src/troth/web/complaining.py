"""Complaints, at the desk: what is to be told by when, what was found, and the outcome."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from troth.answer import complaining
from troth.answer import requests as asked
from troth.parties import editions
from troth.policy.problems import Trouble
from troth.web.desk import Client

SOURCES: Final = {"page": "on our page", "form": "by a form", "desk": "another way"}
WAITS: Final = {
    "had": "that you have it",
    "progress": "how it goes on",
    "outcome": "what came of it",
}


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, client: str, reference: str) -> HttpResponse:
    found, state = asked.find(client, reference), complaining.of(client, reference)
    if found is None or state is None:
        raise Http404("There is no page here.")
    if request.method != "POST":
        return _page(request, found)
    by, act = str(getattr(request.user, "ref", "")), request.POST.get("act", "")
    try:
        if act == "read":
            return _page(request, found, whom=complaining.read(client, reference, actor=by))
        if act == "letter":
            return _page(request, found, letter=complaining.letter(client, reference, request.POST.get("what", "")))
        _act(request, client, reference, act, by)
    except Trouble as trouble:
        said = f"{trouble.sentence} {trouble.help}"
        box = "outcome" if trouble.code == "no-outcome" else act if act in ("look", "say", "decide") else ""
        return _page(request, found, error=said, box=box, errors={box: said}, typed=request.POST)
    return redirect("web:complaint", client=client, reference=reference)


def _act(request: HttpRequest, client: str, reference: str, act: str, by: str) -> None:
    text, what = request.POST.get("text", ""), request.POST.get("what", "")
    if act == "look":
        complaining.look(client, reference, text, by=by)
    elif act == "say":
        complaining.say(client, reference, text, by=by)
    elif act == "decide":
        complaining.decide(client, reference, request.POST.get("outcome", ""), text, by=by)
    elif act == "went":
        complaining.went(client, reference, what, by=by)
    else:
        raise Trouble("no-act", "Nothing was done.", "Press one of the buttons.", exit=2)


def _page(request: HttpRequest, found: asked.Request, **more: Any) -> HttpResponse:
    plan, state = editions.in_force(found.client).plan, complaining.of(found.client, found.reference)
    assert state is not None
    context = {
        "section": "requests",
        "one": asked.find(found.client, found.reference) or found,
        "state": state,
        "source": SOURCES.get(state.source, ""),
        "waits": WAITS.get(state.waits, "") if not state.by_mail else "",
        "firm": Client(found.client, plan.who.trades_as or plan.who.name, plan),
        "outcomes": list(complaining.FOUND.items()),
        "typed": {},
    }
    return render(request, "web/complaint.html", context | more, status=422 if more.get("error") else 200)
