"""The public pages of this room: the front, a sample page for each firm, the notice and its editions."""

from __future__ import annotations

import collections
from collections.abc import Set
from typing import Final
from urllib.parse import quote

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from troth.collect import pages as collecting
from troth.parties import editions, tenancy
from troth.policy.emit import notice_points
from troth.policy.emit.texts import phrase
from troth.policy.problems import Trouble
from troth.web import hosts, notices, samples

gpc = collecting.gpc


class Firm(msgspec.Struct, frozen=True):
    slug: str
    name: str
    says: str
    roles: str
    total: int
    states: list[tuple[str, str, int]]  # mark, word, count


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The demonstration's five; in an installation of one's own, the clients in path mode. Of the desk's host it is the
    desk: the pages of clients, to which the front leads, are not there."""
    if getattr(request, "house", "") == hosts.DESK:
        return redirect("web:today")
    firms = [firm for slug in tenancy.slugs() if (firm := _firm(slug))]
    number = NUMBERS[len(firms)] if len(firms) < len(NUMBERS) else str(len(firms))
    context = {"firms": firms, "number": number, "desk": settings.DESK_ORIGIN, "nav": "front"}
    return render(request, "web/front.html", context)


def _firm(slug: str) -> Firm | None:
    try:
        who = editions.in_force(slug).plan.who
    except Trouble:
        return None
    sample = samples.SAMPLES.get(slug)
    states = _states(slug) if settings.DEMO else []  # elsewhere the front is no map of weaknesses (T19)
    total = sum(count for _, _, count in states)
    return Firm(slug, who.trades_as or who.name, sample.says if sample else "", " and ".join(who.roles), total, states)


NUMBERS: Final = ("none", "one", "two", "three", "four", "five", "six", "seven")
WORDS: Final = (
    ("kept", "kept", "kept"),
    ("kept-empty", "empty", "with nothing yet to keep"),
    ("attested", "kept", "attested"),
    ("broken", "broken", "broken"),
    ("not-proved", "open", "not proved"),
)


def _states(slug: str) -> list[tuple[str, str, int]]:
    """Mark, word and count of each state in the latest proof; none when nothing was proved yet."""
    from troth.prove import report

    latest = report.latest(slug)
    if latest is None:
        return []
    counts = collections.Counter[str](found.state for found in latest.findings)
    return [(mark, word, counts[state]) for state, mark, word in WORDS if counts.get(state)]


@require_safe
def sample(request: HttpRequest, client: str) -> HttpResponse:
    """A page in the spirit of the firm, with its tag live. Only in the demonstration; else the notice."""
    plan = editions.in_force(client).plan
    if not settings.DEMO:
        return notice(request, client)
    points = [point for point in plan.points.values() if point.by == "form"]
    forms = [(point.name, notice_points.needed(plan, point)) for point in points]
    surface = next((s.name for s in plan.surfaces.values() if s.kind == "web"), "")
    surface = asked if (asked := request.GET.get("s", "")) in plan.surfaces else surface  # it stands for each of them
    home = hosts.home(getattr(request, "house", None), client)
    tag = f"{home}tag.js" + (f"?s={quote(surface)}" if surface else "")
    context = {"nav": "sample", "plan": plan, "sample": samples.of(client, plan), "forms": forms, "tag": tag}
    return render(request, "web/sample.html", context)


@require_safe
def notice(request: HttpRequest, client: str) -> HttpResponse:
    return notices.page(request, editions.in_force(client))


@require_safe
def edition(request: HttpRequest, client: str, number: int) -> HttpResponse:
    return notices.page(request, editions.numbered(client, number))


@require_safe
def promises(request: HttpRequest, client: str) -> HttpResponse:
    """What we promised and whether it is kept: only where the operator opted in, and then state and date alone. No
    figure, no reason, and no name of a place: for an attacker the page would be a map (T19)."""
    from troth.prove import report

    if not {client, "*"} & settings.PUBLIC_PROMISES:
        raise Http404("There is no page here.")
    latest, plan = report.latest(client), editions.in_force(client).plan
    told = notices.told(latest.chapters(), plan) if latest else []
    chapters = [(title, report.worst(findings), findings) for title, findings in told]
    states = {found.state for found in latest.findings} if latest else set()  # of those not told here, too
    stale = latest is not None and latest.edition != editions.in_force(client).number
    context = {"nav": "promises", "latest": latest, "stale": stale, "chapters": chapters}
    context["heading"] = _in_a_sentence(states)
    return render(request, "web/promises.html", context)


def _in_a_sentence(states: Set[str]) -> str:
    if not states:
        return phrase("What we promised is not proved yet")
    if "broken" in states:
        return phrase("Not every promise is kept")
    if states <= {"kept", "attested"}:
        return phrase("Every promise is kept" if states == {"kept"} else "Every promise is kept or attested")
    return phrase("No promise is known to be broken")


@require_safe
def source(request: HttpRequest, client: str) -> HttpResponse:
    """The policy file in force, byte for byte as it was published; in the demonstration, so that one can read it."""
    if not settings.DEMO:
        raise Http404("There is no page here.")
    text = editions.text_of(client, editions.in_force(client).number)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
def parts(request: HttpRequest) -> HttpResponse:
    """Every component with its states, for whoever changes the look."""
    return render(request, "web/parts.html", {"marks": samples.MARKS, "nav": "parts"})
