"""Holds, at the desk: what must stay although it is due or was asked to go, who answers for it, until when."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from troth.keep import holds
from troth.parties import days, staff
from troth.people import identities, looks, standing
from troth.policy.problems import Trouble
from troth.web.desk import Client, earliest, mine, number

REVIEW: Final = dt.timedelta(days=182)
NOBODY: Final = "Nobody is known here by that address."
NO_ADDRESS: Final = "Say over whose data: type an address or a name by which we know them."
MOST: Final = 200  # letters of a ground


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One hold as the desk shows it: of whom, it says by number only."""

    firm: Client
    stands: standing.Stands
    because: str
    owner: str
    second: str  # who agreed that it stops an erasure, or ''
    ends: dt.datetime | None  # when it ends by itself, because nobody agreed
    may: bool  # agree to it


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    clients = mine(request)
    if request.method != "POST":
        return _page(request, clients)
    by = str(getattr(request.user, "ref", ""))
    if "lift" in request.POST:
        _lift(clients, request.POST["lift"], by)
        return redirect("web:holds")
    if "agree" in request.POST:
        _agree(clients, request.POST["agree"], by)
        return redirect("web:holds")
    typed = {name: request.POST.get(name, "").strip() for name in ("hold", "address", "ground", "review", "until")}
    errors = _place(clients, typed, by)
    return _page(request, clients, typed, errors) if errors else redirect("web:holds")


def _page(
    request: HttpRequest,
    clients: list[Client],
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    by = str(getattr(request.user, "ref", ""))
    rows = [one for client in clients for one in _held(client, by)]
    declared = [(client, name, hold) for client in clients for name, hold in client.plan.holds.items()]
    typed = typed or {"review": (earliest(clients) + REVIEW).isoformat()}
    context: dict[str, Any] = {"section": "holds", "rows": rows, "declared": declared, "typed": typed}
    context["errors"] = errors or {}
    return render(request, "web/holds.html", context, status=422 if errors else 200)


def _held(client: Client, by: str) -> list[Held]:
    """Every hold of a client. One that stops an erasure needs a second person, and says until when."""
    known = {member.ref: member.email for member in staff.of(client.slug)}
    agreed, alone = holds.agreed(client.slug), {one.stands.id: one.ends for one in holds.alone(client.slug)}
    found = standing.all_of(client.slug, "hold")
    declared = {one.id: client.plan.holds.get(one.name) for one in found}
    return [
        Held(
            firm=client,
            stands=one,
            because=hold.because if (hold := declared[one.id]) else "",
            owner=known.get(one.by, "the program"),
            second=known.get(agreed[one.id], "somebody who left") if one.id in agreed else "",
            ends=alone.get(one.id),
            may=staff.may_agree(client.slug, one.by, by, one.since, "keeping"),
        )
        for one in found
    ]


def _place(clients: list[Client], typed: dict[str, str], by: str) -> dict[str, str]:
    """Place it, or say what is missing, field by field."""
    slug, _, name = typed["hold"].partition("/")
    client = next((one for one in clients if one.slug == slug and name in one.plan.holds), None)
    found = identities.find_any(slug, typed["address"]) if client and typed["address"] else []
    if client and typed["address"]:  # that somebody is known here is seen by it, whatever else is wrong
        looks.count(slug, by, str(min(found)) if found else typed["address"])
    review, until = _day(typed["review"]), _day(typed["until"])
    today = days.today(slug)
    checks = {
        "hold": "Choose one of the holds that a policy declares." if client is None else "",
        "address": "" if found or client is None else NOBODY if typed["address"] else NO_ADDRESS,
        "ground": "" if 0 < len(typed["ground"]) <= MOST else f"Say why, in {MOST} letters at most.",
        "review": "" if review and review > today else "Choose a day to come: a hold is looked at again.",
        "until": "That is no day to come." if typed["until"] and not (until and until > today) else "",
    }
    if errors := {field: error for field, error in checks.items() if error}:
        return errors
    ends = days.at(slug, until) if until else None
    for person in found:
        holds.place(slug, person, name, by=by, until=ends, ground=typed["ground"], review=review)
    return {}


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _lift(clients: list[Client], which: str, by: str) -> None:
    """End one hold of a client that this member of staff may see. Any other id is no hold."""
    slug, _, number = which.partition("/")
    if any(client.slug == slug for client in clients):
        for one in standing.all_of(slug, "hold"):
            if str(one.id) == number:
                holds.lift(slug, one.person, one.name, by=by, number=one.id)


def _agree(clients: list[Client], which: str, by: str) -> None:
    """A second person agrees to a hold. Its owner cannot, and any other id is no hold."""
    slug, _, one = which.partition("/")
    if any(client.slug == slug for client in clients):
        with contextlib.suppress(Trouble):
            holds.agree(slug, number(one), by=by)
