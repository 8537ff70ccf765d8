"""Requests that came another way than the page, at the desk: written down, asked back, acted upon, answered."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from troth.answer import acting, heard, questions, reckoning
from troth.answer import requests as asked
from troth.keep import erasure
from troth.parties import days, editions, staff
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.web.desk import Client, _of_them, earliest, mine

QUESTIONS: Final = {
    "identity": "Who they are",
    "authority": "Whether they may act for somebody",
    "scope": "Which data they want",
}
NAMES: Final = ("right", "way", "came", "asker", "through", "whom", "known", "address", "post", "why", "language")


BOXES: Final = {"no-asker": "asker", "wrong-day": "came", "no-address": "address", "wrong-identity": "known"}
"""Beside which box a mistake is told."""
ACTS: Final = {"find": "known", "show": "how", "may": "how-may", "correct": "new", "withdraw": "choices"}
"""The same, by what was to be done."""
ASKS: Final = {"no-reasons": "words", "wrong-day": "on", "no-address": "on"}
"""The same, of a question that is asked back."""

# Writing one down -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    clients = mine(request)
    if request.method != "POST":
        return _page(request, clients, {"came": earliest(clients).isoformat(), "once": secrets.token_hex(16)})
    typed = {name: request.POST.get(name, "").strip() for name in (*NAMES, "client", "field", "another", "once")}
    client = next((one for one in clients if one.slug == typed["client"]), None)
    try:
        if client is None:
            raise Trouble("no-client", "Choose at whom they asked.", "Choose one of the list.")
        by = str(getattr(request.user, "ref", ""))
        reference = heard.register(client.slug, _entered(typed), by=by, once=typed["once"][:32])
    except Trouble as trouble:
        box = "whom" if trouble.code == "no-asker" and typed["asker"] else BOXES.get(trouble.code, "")
        return _page(request, clients, typed, error=f"{trouble.sentence} {trouble.help}", box=box)
    return redirect("web:heard", client=client.slug, reference=reference)


def _entered(typed: dict[str, str]) -> heard.Entered:
    words = {name: typed[name] for name in NAMES if name not in ("came", "known")}
    known = f"{typed['field'] or 'email'}={typed['known']}" if typed["known"] else ""
    return heard.Entered(**words, came=_day(typed["came"]), known=known, another=bool(typed["another"]))


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Trouble("wrong-day", f"“{text[:20]}” is no day.", "Write it as 2026-11-03.", exit=2) from None


def _page(
    request: HttpRequest, clients: list[Client], typed: dict[str, str], *, error: str = "", box: str = ""
) -> HttpResponse:
    context = {
        "section": "requests",
        "clients": clients,
        "rights": [(name, _of_them(asked.IN_WORDS[name])) for name in heard.RIGHTS],
        "ways": heard.WAYS,
        "through": list(heard.THROUGH.items()),
        "fields": sorted({name for one in clients for name in _fields(one.plan)}),
        "languages": sorted({name for one in clients for name in one.plan.languages}),
        "typed": typed,
        "error": error,
        "errors": {box: error},
    }
    return render(request, "web/hear.html", context, status=422 if error else 200)


def _fields(plan: Plan) -> list[str]:
    return [name for name, field in plan.fields.items() if field.identifies == "person"]


# One of them ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, client: str, reference: str) -> HttpResponse:
    found, row = asked.find(client, reference), heard.of(client, reference)
    if found is None or row is None:
        raise Http404("There is no page here.")
    if found.right == "complain":
        return redirect("web:complaint", client=client, reference=reference)
    if request.method != "POST":
        return _one(request, found, row)
    by = str(getattr(request.user, "ref", ""))
    try:
        shown = _shown(request, client, reference, by)
        if isinstance(shown, HttpResponse):
            return shown
        if shown is None:
            _act(request, client, reference, by)
            return redirect("web:heard", client=client, reference=reference)
    except Trouble as trouble:
        said, act = f"{trouble.sentence} {trouble.help}", request.POST.get("act", "")
        box = _asked_box(request, trouble.code) if act == "ask" else ACTS.get(act, "")
        more: dict[str, Any] = {"typed": request.POST, "may_how": request.POST.get("how-may", "")}
        if act == "correct":
            with contextlib.suppress(Trouble):  # the list stands there still, with what was typed
                more["lines"] = acting.lines(client, reference, by=by)
        return _one(request, found, row, error=said, box=box, errors={box.replace("-", "_"): said}, **more)
    return _one(request, found, row, **shown)


def _asked_box(request: HttpRequest, code: str) -> str:
    box = ASKS.get(code, "what")
    return "doubt" if box == "words" and 0 < len(request.POST.get("words", "").strip()) <= questions.MOST else box


def _shown(request: HttpRequest, client: str, reference: str, by: str) -> HttpResponse | dict[str, Any] | None:
    """What is read, once, and kept nowhere: what they wrote, a letter to post, the values to choose from, a file."""
    act, what = request.POST.get("act", ""), request.POST.get("what", "")
    if act == "read":
        return {"whom": heard.written(client, reference, actor=by)}
    if act == "letter":
        makers = {"had": heard.letter, "nothing": acting.nothing_letter}
        made = makers[what](client, reference) if what in makers else questions.letter(client, reference, what)
        return {"letter": made}
    if act == "lines":
        return {"lines": acting.lines(client, reference, by=by)}
    if act == "file":
        return _file(client, reference, request.POST.get("form", ""), by)
    return None


def _file(client: str, reference: str, form: str, by: str) -> HttpResponse:
    body, silent = acting.answer(client, reference, form, by=by)
    response = HttpResponse(body, content_type=acting.FORMS[form][1])
    response["Content-Disposition"] = f'attachment; filename="{reference}{"-incomplete" if silent else ""}.{form}"'
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _act(request: HttpRequest, client: str, reference: str, by: str) -> None:
    said = {name: request.POST.get(name, "").strip() for name in ("act", "what", "how", "words", "doubt", "on", "way")}
    act = said["act"]
    if act == "find":
        field = request.POST.get("field", "") or "email"
        heard.find(client, reference, f"{field}={request.POST.get('known', '').strip()[:300]}", by=by)
    elif act == "ask":
        on = _day(said["on"]) if said["on"] else None
        questions.ask(client, reference, said["what"], words=said["words"], doubt=said["doubt"], by=by, on=on)
    elif act == "answered":
        questions.answered(client, reference, said["what"], on=_day(said["on"]), by=by)
    elif act == "show":
        heard.show(client, reference, said["what"], how=said["how"], by=by)
    elif act == "may":
        heard.show(client, reference, "may", how=request.POST.get("how-may", ""), by=by)
    elif act == "told":
        heard.acknowledged(client, reference, by=by)
    elif act == "correct":
        acting.correct(client, reference, request.POST.get("line", ""), request.POST.get("new", ""), by=by)
    elif act == "erase":
        acting.erase(client, reference, by=by)
    elif act == "stop":
        acting.stop(client, reference, by=by)
    elif act == "withdraw":
        acting.withdraw(client, reference, request.POST.getlist("choices"), by=by)
    elif act == "went":
        acting.went(client, reference, said["way"], by=by)
    elif act == "nothing":
        if said["way"]:
            acting.nothing_went(client, reference, said["way"], by=by)
        else:
            acting.nothing(client, reference, by=by)
    else:
        raise Trouble("no-act", "Nothing was done.", "Press one of the buttons.", exit=2)


def _one(request: HttpRequest, found: asked.Request, row: heard.Came, **more: Any) -> HttpResponse:
    plan = editions.in_force(found.client).plan
    found, row = asked.find(found.client, found.reference) or found, heard.of(found.client, found.reference) or row
    owners = {member.ref: member.email for member in staff.of(found.client)}
    known = asked.detail(found.client, found.reference)
    lack = heard.missing(found.client, found.reference)
    ready = found.state == "open" and not lack
    context = {
        "section": "requests",
        "one": found,
        "row": row,
        "law": _later(found),
        "words": _of_them(found.words),
        "firm": Client(found.client, plan.who.trades_as or plan.who.name, plan),
        "owner": owners.get(row.by, "somebody who left"),
        "through": heard.THROUGH.get(row.through, ""),
        "questions": [(QUESTIONS[q.what], q) for q in reckoning.of(found.client, found.reference)],
        "askable": [(name, said) for name, said in QUESTIONS.items() if _may_ask(name, found, row)],
        "lack": lack,
        "going": acting.going(found),
        "ready": ready,
        "seen": row.shown and (row.may or not row.through),
        "by_mail": "address" in known,
        "sealed": bool(known),
        "fields": _fields(plan),
        "choices": acting.choices(found.client, found.reference) if ready and found.right == "withdraw" else [],
        "erasing": found.right == "erase" and erasure.progress(found.client, found.reference) is not None,
        "ways": heard.WAYS,
        "today": days.today(found.client).isoformat(),
        "typed": {},
    }
    return render(request, "web/heard.html", context | more, status=422 if more.get("error") else 200)


def _later(found: asked.Request) -> dt.datetime | None:
    """The law's own day, where we promise an earlier one."""
    law, due = (days.local(found.client, day) for day in (asked.by_law(found), found.due))
    return law if law.date() > due.date() else None


def _may_ask(what: str, found: asked.Request, row: heard.Came) -> bool:
    return {"identity": True, "authority": bool(row.through), "scope": found.right == "access"}[what]
