"""Who looked: what staff did at each client, as the ledger has it. It names staff and no person."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from troth.ledger import acting
from troth.parties import staff
from troth.web import crowds
from troth.web.desk import Client, clocks, mine, sheet

MOST: Final = 200
WORDS: Final = {
    "signed-in": "came in to the desk",
    "asked": "opened a person’s data, through the gate",
    "refused": "asked for a person’s data, and was refused by the gate",
    "value-read": "read a person’s data",
    "held": "placed a hold",
    "unheld": "lifted a hold",
    "restricted": "had data kept unused",
    "happened": "said what happened",
    "not-happened": "took back what had been said to have happened",
    "unrestricted": "had data used again",
    "request-opened": "wrote a request down",
    "request-step": "took a request a step on",
    "request-closed": "answered a request",
    "erased": "had data erased",
    "published": "put an edition of the policy in force",
}


MACHINE: Final = {"machine": "the machine’s own account"}  # whoever had a shell there, and gave no name


class Look(msgspec.Struct, frozen=True):
    at: dt.datetime
    who: str
    what: str
    firm: Client
    entry: int
    case: str = ""


def _looks(request: HttpRequest, most: int | None = None) -> list[Look]:
    found = []
    for client in mine(request):
        known = {member.ref: member.email for member in staff.ever(client.slug)} | MACHINE
        found += [
            Look(one.at, known[one.actor], WORDS.get(one.act, one.act), client, one.number, one.case)
            for one in acting.by(client.slug, known, most)
        ]
    return sorted(found, key=lambda look: look.entry, reverse=True)


def _together(looks: list[Look]) -> list[tuple[Look, list[str]]]:
    """One act that concerns several clients (coming in) is one row that names them all."""
    rows: list[tuple[Look, list[str]]] = []
    for look in looks:
        last = rows[-1][0] if rows else None
        if last and look.what == last.what == WORDS["signed-in"] and look.who == last.who and _near(look, last):
            rows[-1][1].insert(0, look.firm.name)
        else:
            rows.append((look, [look.firm.name]))
    return rows


def _near(one: Look, other: Look) -> bool:
    return abs(one.at - other.at) < dt.timedelta(seconds=5)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    looks = _looks(request, MOST + 1)  # one more, to know whether there are more
    opened = sum(look.what in (WORDS["asked"], WORDS["value-read"]) for look in looks)
    context = {"section": "looks", "rows": _together(looks[:MOST]), "more": len(looks) > MOST, "opened": opened}
    clients = mine(request)
    context |= {
        "crowds": crowds.of({client.slug: client.name for client in clients}),
        "firms": clocks(clients),
    }
    return render(request, "web/looks.html", context)


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    head = ["when", "who", "what", "client", "case", "entry"]
    rows = [
        [
            look.at.astimezone(ZoneInfo(look.firm.plan.zone)).isoformat(timespec="seconds"),
            look.who,
            look.what,
            look.firm.slug,
            look.case,
            str(look.entry),
        ]
        for look in _looks(request)
    ]
    return sheet("looks", [head, *rows])
