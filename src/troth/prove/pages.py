"""The promise pages of the desk: what we promised, what is broken, what nobody has proved yet."""

from __future__ import annotations

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from troth.parties import days, editions, staff, tenancy
from troth.policy.problems import Trouble
from troth.prove import report, scan


def _mine(request: HttpRequest) -> list[str]:
    """The clients this member of staff may see: need to know, one wall a client."""
    return [slug for slug in tenancy.slugs() if staff.may(request.user, slug, "proofs")]


def _checked(request: HttpRequest, client: str) -> str:
    if client not in _mine(request):
        raise Http404("There is no page here.")  # the same answer as for a client that does not exist
    return client


def _called(client: str) -> str:
    who = editions.in_force(client).plan.who
    return who.trades_as or who.name


def _newer(client: str, latest: report.Report | None) -> int:
    """The edition in force, where the latest proof looked at what an earlier one promised; else 0."""
    number = editions.in_force(client).number
    return number if latest is not None and latest.edition != number else 0


@require_safe
@staff.required
def overview(request: HttpRequest) -> HttpResponse:
    rows = [
        (slug, _called(slug), latest := report.latest(slug), _newer(slug, latest), str(days.zone(slug)))
        for slug in _mine(request)
    ]
    firms = [(firm, zone) for _, firm, _, _, zone in rows]
    return render(request, "prove/overview.html", {"rows": rows, "firms": firms, "section": "promises"})


@require_safe
@staff.required
def promises(request: HttpRequest, client: str) -> HttpResponse:
    latest = report.latest(_checked(request, client))
    chapters = latest.chapters() if latest else []
    context = {
        "slug": client,
        "firm": _called(client),
        "report": latest,
        "newer": _newer(client, latest),
        "chapters": [(title, report.worst(findings), findings) for _, title, findings in chapters],
        "section": "promises",
    }
    return render(request, "prove/promises.html", context)


@require_safe
@staff.required
def walked(request: HttpRequest, client: str) -> HttpResponse:
    """What this client's pages did in a browser that the register does not say, from the looks that count."""
    scans = scan.counting(_checked(request, client))
    context = {
        "slug": client,
        "firm": _called(client),
        "scans": scans,
        "found": sum(len(one.findings) for one in scans),
        "silent": any(one.unanswered for one in scans),
        "section": "promises",
    }
    return render(request, "prove/scan.html", context)


@require_POST
@staff.required
def run(request: HttpRequest, client: str) -> HttpResponse:
    report.keep(report.run(_checked(request, client)))
    return redirect("prove:promises", client=client)


@require_safe
@staff.required
def as_json(request: HttpRequest, client: str) -> HttpResponse:
    latest = report.latest(_checked(request, client))
    if latest is None:
        trouble = Trouble("never-proved", "No proof was run yet.", "Run troth prove.")
        return HttpResponse(msgspec.json.encode(trouble.as_data()), status=404, content_type="application/json")
    shown = msgspec.structs.replace(latest, seen=())
    return HttpResponse(msgspec.json.encode(shown), content_type="application/json")
