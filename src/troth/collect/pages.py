"""The pages on which a person chooses and tells us things. All of them work without JavaScript."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from troth.collect import choosing, consent, forms, limits, tag
from troth.parties import editions, speech
from troth.parties.editions import InForce
from troth.policy.emit import cookies, naming, notice_points, texts
from troth.policy.emit.texts import among, phrase
from troth.policy.plan import Cookie, Plan, Switch
from troth.policy.problems import Trouble


class Kept(msgspec.Struct, frozen=True):
    """What is kept on a device, as the page shows it."""

    name: str
    by: str
    does: str
    lasts: str


class Question(msgspec.Struct, kw_only=True):
    """One choice as the page shows it."""

    switch: Switch
    words: str
    note: str
    cookies: list[Kept]
    state: str  # yes, no, '' where nobody answered
    by_signal: bool
    changed: bool = False


class Group(msgspec.Struct):
    title: str
    questions: list[Question]


def _signal(request: HttpRequest) -> bool:
    return request.headers.get("Sec-GPC") == "1"


def _carried(request: HttpRequest, force: InForce) -> consent.Choice | None:
    """What this browser said, as far as it still stands."""
    token = request.COOKIES.get(consent.COOKIE, "")
    return choosing.standing(force.client, force.plan, token, time.time())


def _slowly(request: HttpRequest, flood: limits.Flood) -> None:
    """Each of these is a row for years, so nobody sends them by the thousand."""
    if not flood.lets_in(limits.network(request.META.get("REMOTE_ADDR", "")), time.monotonic()):
        wait = phrase("Wait a minute, then send it again.")
        raise Trouble("too-often", "That was often, in a short time.", wait)


@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest, client: str) -> HttpResponse:
    """Your cookie choices: everything a browser can say, on one page, changed as easily as given (UK GDPR Art 7(3))."""
    force = editions.in_force(client)
    if request.method != "POST":
        return _choices(request, force, _carried(request, force), {})
    _slowly(request, limits.answers)
    before = _carried(request, force)
    if before is None:
        limits.room()  # whoever answered before may take a yes back on the fullest disk
    settled = choosing.settle(client, force.number, force.plan, _answer(request, force.plan))
    if settled is None:
        return _choices(request, force, before, {}, stale=True, status=409)
    response = _choices(request, force, settled.choice, _changed(force.plan, settled.said, before), saved=True)
    response.set_cookie(
        consent.COOKIE,
        settled.token,
        max_age=consent.life(force.plan),
        path=consent.path(force.plan, request.get_host(), request.path.removesuffix("choices/")),
        secure=request.is_secure(),
        samesite="Lax",
    )
    return response


def _elsewhere(request: HttpRequest, plan: Plan) -> list[tuple[str, str]]:
    """The sites on other hosts, by name and by where the tag opens its questions. What was answered there a browser
    keeps there, and may not show us here. In the demonstration these addresses lead nowhere."""
    sites = {} if settings.DEMO else consent.sites(plan)
    return [(host, f"{one}/#troth-choices") for host, one in sites.items() if host != request.get_host().lower()]


def _changed(plan: Plan, said: dict[str, bool], before: consent.Choice | None) -> dict[str, bool]:
    """What is otherwise than it was."""
    return {
        key: state for key, state in said.items() if _state(plan.switches[key], before) != ("yes" if state else "no")
    }


def _answer(request: HttpRequest, plan: Plan) -> choosing.Answer:
    """Both whole answers are one button each; otherwise each question by itself."""
    asked = consent.asked(plan, "")
    whole = request.POST.get("all", "")
    said = {switch.key: whole or request.POST.get(f"q {switch.key}", "") for switch in asked}
    return choosing.Answer(
        ask=request.POST.get("ask", ""),
        yes=[key for key, state in said.items() if state == "yes"],
        no=[key for key, state in said.items() if state == "no"],
        gpc=_signal(request),
        token=request.COOKIES.get(consent.COOKIE, ""),
        how="choices page",
        now=time.time(),
    )


def _choices(
    request: HttpRequest,
    force: InForce,
    choice: consent.Choice | None,
    said: dict[str, bool],
    *,
    saved: bool = False,
    stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    plan = force.plan
    questions = [_question(plan, s, choice, _signal(request), said) for s in consent.asked(plan, "")]
    browser = choice.browser if choice else ""
    asked = [one.switch for one in questions]
    exempt = [one for one in plan.cookies.values() if one.exempt and not any(_under(one, switch) for switch in asked)]
    context = {
        "client": request.client,  # type: ignore[attr-defined]
        "plan": plan,
        "nav": "choices",
        "signal": _signal(request),
        "stale": stale,
        "saved": saved,
        "changed": [one for one in questions if one.changed],
        "exempt": [*_listed(plan, exempt), *_own(plan)],
        "exempt_does": tag.does([*exempt, *cookies.plain(plan)]),
        "objections": [one for one in questions if not one.switch.opens],
        "groups": _groups(plan, [one for one in questions if one.switch.opens]),
        "asked": bool(questions),
        "elsewhere": _elsewhere(request, plan) if questions else [],
        "months": max(1, consent.life(plan) // 86400 // 30),
        "answered_at": choice.at if choice else None,
        "ask": consent.ask(force.client, plan, "", force.number, browser, time.time()),
    }
    return _private(render(request, "collect/choices.html", context, status=status))


def _groups(plan: Plan, questions: list[Question]) -> list[Group]:
    """Consents, surface by surface."""
    found = []
    for surface in plan.surfaces.values():
        here = [one for one in questions if one.switch.surface == surface.name]
        if here:
            where = "In {surface}" if surface.kind == "app" else "On {surface}"
            found.append(Group(phrase(where, surface=naming.at(surface.name)), here))
    rest = [one for one in questions if one.switch.surface not in plan.surfaces]
    return [*found, Group(phrase("Everywhere"), rest)] if rest else found


def _listed(plan: Plan, found: Iterable[Cookie]) -> list[Kept]:
    """Each once: what is set on several surfaces alike reads as one."""
    return list(dict.fromkeys(_kept(plan, cookie) for cookie in found))


def _kept(plan: Plan, cookie: Cookie) -> Kept:
    by = plan.who.name if cookie.by == "us" else texts.named(cookie.by)
    return Kept(cookies.name_of(cookie), by, tag.does([cookie]), cookies.lasting_of(cookie.lasts))


def _under(cookie: Cookie, switch: Switch) -> bool:
    """Whether this answer opens or stops it: what one can say no to is never called always on (PECR Sch A1)."""
    refusable = cookie.exempt in ("statistics", "appearance") and not switch.opens
    return switch.key in cookie.switches or (refusable and switch.use in cookie.uses)


def _own(plan: Plan) -> list[Kept]:
    """Those of these very pages: what each is for says more than what kind it is."""
    entries = cookies.ours(plan)
    return [Kept(one.name, plan.who.name, naming.sentence(among(one.uses)), cookies.until(one)) for one in entries]


def _question(
    plan: Plan, switch: Switch, choice: consent.Choice | None, signal: bool, said: dict[str, bool]
) -> Question:
    own = _state(switch, choice)
    overruled = signal and not (choice and choice.gpc) and (switch.opens or switch.marketing or bool(switch.recipient))
    state = "no" if overruled else own
    return Question(
        switch=switch,
        words=texts.own(switch.words),
        note=tag.note(plan, switch),
        cookies=_listed(plan, (cookie for cookie in plan.cookies.values() if _under(cookie, switch))),
        state=state if switch.opens or state else "yes",
        by_signal=overruled,
        changed=switch.key in said,
    )


def _state(switch: Switch, choice: consent.Choice | None) -> str:
    if choice is None:
        return ""
    if switch.stop in choice.no:
        return "no"
    return "yes" if switch.key in choice.yes else ""


@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, client: str, point: str) -> HttpResponse:
    """A form of the policy: its own fields, why they are asked, and what may be said yes or no to beside it."""
    force = editions.in_force(client)
    declared = force.plan.points.get(point)
    if declared is None or declared.by != "form":
        raise Http404("There is no page here.")
    shown = forms.blank(client, force.number, force.plan, declared, time.time())
    if request.method != "POST":
        return _form(request, force, shown, done="done" in request.GET)
    _slowly(request, limits.forms)
    typed, done = {name: str(value) for name, value in request.POST.items()}, speech.carry(request.path + "?done")
    if typed.get(forms.TRAP):
        return redirect(done)  # a program filled the trap in: it learns nothing, nothing is kept
    shown = forms.filled(shown, client, force.plan, typed, time.time())
    forms.count(client, forms.undeclared(shown, typed))
    if shown.problems:
        return _form(request, force, shown, status=422)
    try:
        forms.submit(shown, client, force.number, force.plan)
    except Trouble as trouble:
        if trouble.code == "busy":
            raise
        shown.once = forms.blank(client, force.number, force.plan, declared, time.time()).once
        shown.problems.append(("", f"{trouble.sentence} {trouble.help}"))
        return _form(request, force, shown, status=422)
    return redirect(done)


def _whole(words: str) -> str:
    """A sentence of the policy's as it stands alone: it ends."""
    return words if words.endswith((".", "!", "?", "…")) or not words else f"{words}."


def _form(
    request: HttpRequest, force: InForce, shown: forms.Form, *, done: bool = False, status: int = 200
) -> HttpResponse:
    context = {
        "client": request.client,  # type: ignore[attr-defined]
        "plan": force.plan,
        "nav": "form",
        "form": shown,
        "done": done,
        "trap": forms.TRAP,
        "keeps": _keeps(force.plan, shown),
        "told": notice_points.said(force.plan, shown.point),
        "heading": naming.sentence(texts.own(shown.point.name)),
        "needed": notice_points.needed(force.plan, shown.point),
        "warns": _whole(texts.own(shown.point.warns)),
    }
    return _private(render(request, "collect/form.html", context, status=status))


def _keeps(plan: Plan, shown: forms.Form) -> list[dict[str, Any]]:
    """How long each group of these fields is kept, in the words of the policy."""
    rules: dict[str, list[str]] = {}
    for box in shown.boxes:
        rules.setdefault(plan.fields[box.name].rule, []).append(box.label)
    return [
        {"fields": labels, "text": naming.period(plan.rules[rule])}
        for rule, labels in rules.items()
        if rule in plan.rules
    ]


def _private(response: HttpResponse) -> HttpResponse:
    """These addresses hold no secret. Our own site may be told where a form was sent from: a browser that says nothing
    else of itself would under ``no-referrer`` call the origin of our own form ``null``, and be refused."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    return response


@require_safe
def script(request: HttpRequest, client: str) -> HttpResponse:
    """The tag. Public and the same for everybody, so it may be cached for a few minutes."""
    force = editions.in_force(client)
    try:
        surface = request.GET.get("s") or tag.default_surface(force.plan)
        made = tag.script(force.plan, force.number, surface, texts.spoken())
    except Trouble as trouble:
        raise Http404(trouble.sentence) from trouble
    return _file(request, made, "text/javascript; charset=utf-8", 300)


@require_safe
def stylesheet(request: HttpRequest, client: str) -> HttpResponse:
    return _file(request, tag.stylesheet(), "text/css; charset=utf-8", 86400)


def _file(request: HttpRequest, made: tag.Script, content_type: str, age: int) -> HttpResponse:
    etag = f'"{made.etag}"'
    same = request.headers.get("If-None-Match", "") == etag
    response = HttpResponseNotModified() if same else HttpResponse(made.body, content_type=content_type)
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={age}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def gpc(request: HttpRequest) -> JsonResponse:
    """We honour Global Privacy Control, and say so where programs look (W3C draft, /.well-known/gpc.json)."""
    return JsonResponse({"gpc": True, "lastUpdate": "2026-11-22"})
