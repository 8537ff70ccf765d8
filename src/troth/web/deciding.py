"""To refuse, to charge, to put off or to leave something out, at the desk: one proposes, a second agrees, and whoever
asked is written to. The reasons are read on request, and that is written down."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from troth.answer import grounds, heard, reading, refusing
from troth.answer import requests as asked
from troth.parties import editions, staff
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.web.desk import Client, number

WORDS: Final = {
    "refuse": "Refuse it",
    "withhold": "Leave something out of what they see",
    "fee": "Charge for it",
    "extend": "Answer up to two months later",
}
BOXES: Final = {"no-reasons": "because", "no-amount": "amount", "no-fields": "fields"}
STATES: Final = {
    "waits": "waits for a second person",
    "dropped": "was not agreed to",
    "decided": "is decided; its letter has not gone yet",
    "told": "is told",
    "paid": "is paid",
    "ended": "has ended",
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One decision as the page has it."""

    one: refusing.Decided
    what: str
    state: str
    owner: str
    mine: bool
    may: bool  # agree to it, or not
    by_post: bool
    wrong: str  # what was wrong with what was just sent of it


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, client: str, reference: str) -> HttpResponse:
    found = asked.find(client, reference)
    if found is None:
        raise Http404("There is no page here.")
    by = str(getattr(request.user, "ref", ""))
    if request.method != "POST":
        return _page(request, found, by)
    try:
        if request.POST.get("act") == "read":
            return _page(request, found, by, letter=_letter(found, _number(request), by))
        _act(request, found, by)
    except Trouble as trouble:
        said, box = f"{trouble.sentence} {trouble.help}", _box(request, found, trouble.code)
        return _page(request, found, by, error=said, box=box, typed=request.POST)
    return redirect("web:decide", client=client, reference=reference)


def _box(request: HttpRequest, found: asked.Request, code: str) -> str:
    """The name of the field or of the decision beside which a mistake is told, so that it is found where it is mended
    (WCAG 3.3.1)."""
    if request.POST.get("act") == "propose":
        return BOXES.get(code, "what")
    here = _number(request) in {one.number for one in refusing.of(found.client, found.reference)}
    return f"decision-{_number(request)}" if here else ""


def _number(request: HttpRequest) -> int:
    return number(request.POST.get("decision", ""))


def _act(request: HttpRequest, found: asked.Request, by: str) -> None:
    act, how, which = (request.POST.get(name, "").strip() for name in ("act", "how", "decision"))
    if act == "propose":
        _propose(request, found, by)
        return
    mine = {one.number for one in refusing.of(found.client, found.reference)}
    if _number(request) not in mine:
        raise Trouble("no-decision", f"There is no decision {which[:20]} here.", "Look at the list.")
    if act in ("agree", "not"):
        refusing.second(found.client, _number(request), by=by, agree=act == "agree")
    elif act == "paid":
        refusing.paid(found.client, _number(request), by=by, how=how)
    elif act == "posted":
        refusing.by_hand(found.client, _number(request), by=by, how=how)
    elif act == "end":
        refusing.end(found.client, _number(request), by=by)


def _propose(request: HttpRequest, found: asked.Request, by: str) -> None:
    kind, _, ground = request.POST.get("what", "").partition("/")
    if not kind:  # none stands there already, or a refusal would be what comes of not choosing
        raise Trouble("no-ground", "Nothing was chosen.", "Choose what, and on which ground.", exit=2)
    refusing.propose(
        found.client,
        found.reference,
        kind,
        ground=ground,
        because=request.POST.get("because", ""),
        by=by,
        fields=request.POST.getlist("fields") if kind == "withhold" else (),
        pence=refusing.pence(request.POST.get("amount", "")) if kind == "fee" else 0,
    )


def _letter(found: asked.Request, which: int, by: str) -> str:
    """What is written to them, with the reasons: that somebody read it is written down."""
    if which not in {one.number for one in refusing.of(found.client, found.reference)}:
        raise Http404("There is no page here.")
    came, known = heard.of(found.client, found.reference), asked.detail(found.client, found.reference)
    reading.opened(found, known, came.through if came is not None else "", actor=by)
    return refusing.letter(found.client, which)[1]


def _page(
    request: HttpRequest,
    found: asked.Request,
    by: str,
    *,
    error: str = "",
    box: str = "",
    letter: str = "",
    typed: Any = None,
) -> HttpResponse:
    plan = editions.in_force(found.client).plan
    owners, errors = {member.ref: member.email for member in staff.of(found.client)}, {box: error}
    context = {
        "section": "requests",
        "one": found,
        "firm": Client(found.client, plan.who.trades_as or plan.who.name, plan),
        "decisions": [
            _shown(found.client, one, owners, by, errors.get(f"decision-{one.number}", ""))
            for one in refusing.of(found.client, found.reference)
        ],
        "choices": _choices(found, plan),
        "fields": sorted((field.label, name) for name, field in plan.fields.items()),
        "error": error,
        "box": box,
        "errors": errors,
        "letter": letter,
        "typed": typed or {},
        "picked": typed.getlist("fields") if typed else [],
    }
    return render(request, "web/decide.html", context, status=422 if error else 200)


def _shown(client: str, one: refusing.Decided, owners: dict[str, str], by: str, wrong: str) -> Shown:
    return Shown(
        one=one,
        what=WORDS[one.kind],
        state=STATES[one.state],
        owner=owners.get(one.by, "somebody who left"),
        mine=one.by == by,
        may=staff.may_agree(client, one.by, by, one.opened, "requests"),
        by_post=refusing.waits_for_hand(client, one.number),
        wrong=wrong,
    )


def _choices(found: asked.Request, plan: Plan) -> list[tuple[str, list[tuple[str, str]]]]:
    """What may be decided about this request, each with the grounds that the law has for it."""
    mine = grounds.of(found.right, plan.law)
    kinds = [kind for kind in grounds.KINDS.values() if found.state == "open" or kind == "withhold"]
    words = {name: f"{name} ({grounds.cited(name, plan.law)})" for name in mine}
    groups = [
        (WORDS[kind], [(f"{kind}/{name}", words[name]) for name, one in mine.items() if kind in one.kinds])
        for kind in kinds
    ]
    return [(title, options) for title, options in groups if options]
