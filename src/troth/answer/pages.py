"""The person's pages. Each parses, calls one act and renders; all work without JavaScript.

GET and HEAD never change anything: whoever prefetches every link of a mail has done nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from troth.answer import (
    access,
    amend,
    asking,
    closing,
    complaining,
    complaints,
    erase,
    exporting,
    hands,
    identity,
    letters,
    limits,
    receipts,
    requests,
    stepping,
    telling,
)
from troth.collect import addresses, consent, forms, joining
from troth.keep import erasure, recipients
from troth.parties import editions, speech
from troth.places.kinds import Receipt
from troth.policy.emit import texts
from troth.policy.emit.texts import again as again_in
from troth.policy.emit.texts import phrase

COOKIE: Final = "troth-you"
ASKED: Final = "troth-asked"  # a keyed mark of the address for which this browser asked a link
View = Callable[..., HttpResponse]


def _page(request: HttpRequest, client: str, name: str, status: int = 200, **context: Any) -> HttpResponse:
    plan = editions.in_force(client).plan
    here = "complain" if name.startswith("complain") else "you"
    context |= {"client": client, "plan": plan, "here": here, "nav": here}
    context |= {"acknowledged": complaints.acknowledged(plan)}
    return _private(render(request, f"answer/{name}.html", context, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _to(client: str, name: str, **parts: str) -> HttpResponse:
    return _private(redirect(speech.carry(reverse(f"answer:{name}", kwargs={"client": client, **parts}))))


def _visitor(request: HttpRequest, client: str) -> identity.Visitor | None:
    return identity.visitor(client, request.COOKIES.get(_named(COOKIE, client), ""))


def _anybody(request: HttpRequest, client: str) -> identity.Visitor | None:
    """Also who came in half: by an address that was last shown to be theirs long ago."""
    return identity.anybody(client, request.COOKIES.get(_named(COOKIE, client), ""))


def _sign_in(response: HttpResponse, client: str, raw: str) -> HttpResponse:
    return _carry(response, client, _named(COOKIE, client), raw)


def _carry(response: HttpResponse, client: str, name: str, value: str) -> HttpResponse:
    response.set_cookie(
        name,
        value,
        max_age=int(identity.LIFE.total_seconds()),
        path=_reach(client),
        secure=_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def _secure() -> bool:
    return settings.ORIGIN.startswith("https:")


def _named(name: str, client: str) -> str:
    """``__Host-``: no page on a neighbouring host of the firm can set it, and so bring a person into a session that is
    another's (T26). It asks for TLS and for the whole host."""
    return f"__Host-{name}-{client}" if _secure() else f"{name}-{client}"


def _reach(client: str) -> str:
    return "/" if _secure() else reverse("answer:you", kwargs={"client": client})


def signed_in(view: View) -> View:
    """Only with a short session that no erasure has ended; without one, the page that asks for an address."""

    @wraps(view)
    def inner(request: HttpRequest, client: str, **parts: str) -> HttpResponse:
        visitor = _visitor(request, client)
        if visitor is None or erase.over(visitor):
            return _to(client, "you")
        return view(request, client, visitor, **parts)

    return inner


def also_after(view: View) -> View:
    """What a session still reaches when everything was erased: its request, the letter and the proof."""

    @wraps(view)
    def inner(request: HttpRequest, client: str, **parts: str) -> HttpResponse:
        visitor = _visitor(request, client)
        return _to(client, "you") if visitor is None else view(request, client, visitor, **parts)

    return inner


# Coming in --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def you(request: HttpRequest, client: str) -> HttpResponse:
    visitor = _visitor(request, client)
    if request.method == "POST":
        return _asked(request, client)
    if visitor is None:
        return _page(request, client, "ask")
    if reference := erase.over(visitor):
        return _page(request, client, "erased", **letters.context(client, reference))
    answer = access.gather(client, visitor.person, visitor.persons)
    lines = access.each_once(answer.lines)
    switches = amend.switches(client, visitor.persons)
    unused = amend.unused(client, visitor.persons | {visitor.person}, switches)
    mine = requests.of_persons(client, visitor.persons)
    return _page(
        request,
        client,
        "you",
        answer=answer,
        lines=lines,
        shown_of=len({line.place for line in lines}),
        rows=access.together(lines),
        switches=switches,
        asked=amend.wording(switches, unused),
        unused=unused,
        requests=mine,
        unconfirmed={one.reference for one in mine if _unconfirmed(client, one)},
        signed_in_as=identity.shown(client, visitor.person),
        authority=complaints.authority(editions.in_force(client).plan),
        told=phrase(TOLD.get(request.GET.get("done", ""), "")),
        closes=closing.of(client, editions.in_force(client).plan, visitor.persons),
        by_hand=asking.missing(client, visitor.persons | {visitor.person}),
    )


TOLD: Final = {
    "choices": "Your choices are saved. They hold from now.",
    "asked-anew": (
        "What we ask, or what a yes opens, has changed since you opened the page. Each no holds; look at the rest, and "
        "save again."
    ),
    "corrected": "The value is corrected.",
    "closed": "That is written down. Each thing goes when its period has run.",
    "object": "We have stopped.",
    "restrict": "We keep your data and do not use it.",
    "by-hand": "Somebody of ours corrects it there by hand, and we write to you. We wrote your request down.",
    "not-corrected": "Nothing was changed there yet: that place did not answer, or does not take what you wrote. "
    "We wrote your request down.",
    "other": "Nothing was changed: it does not say any more what you wanted put right. Look at what it says now.",
}


NO_ADDRESS: Final = "That is not an email address. Check for a missing @, and for accents before it."


def _asked(request: HttpRequest, client: str) -> HttpResponse:
    address = request.POST.get("address", "").strip()
    if not addresses.looks_like_email(address):
        return _page(request, client, "ask", 422, error=phrase(NO_ADDRESS), address=address)
    public = identity.ask(client, address, limits.network(request.META.get("REMOTE_ADDR", "")))
    response = _page(request, client, "sent", asking=public, purpose="see")
    return _carry(response, client, _named(ASKED, client), joining.asked(client, address))


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, client: str, token: str) -> HttpResponse:
    if request.method != "POST":
        purpose = identity.waiting(client, token)
        return _page(request, client, "link" if purpose else "no-link", 200 if purpose else 410, purpose=purpose)
    proved = identity.by_link(client, token, _anybody(request, client))
    return _in(request, client, proved) if proved else _page(request, client, "no-link", 410)


@require_POST
def code(request: HttpRequest, client: str) -> HttpResponse:
    asking = request.POST.get("asking", "")
    proved = identity.by_code(client, asking, request.POST.get("code", ""), _anybody(request, client))
    if proved is not None:
        return _in(request, client, proved)
    error = phrase("That code does not fit, or it has ended. Check the last mail, or ask for a new one.")
    return _page(request, client, "sent", 422, asking=asking, error=error, purpose=request.POST.get("purpose", "see"))


def _in(request: HttpRequest, client: str, proved: identity.Proved) -> HttpResponse:
    """The link is exchanged for a short session and a clean address."""
    if proved.long_ago:
        response = _page(request, client, "long-ago", **stepping.ask(proved))
        return _sign_in(response, client, identity.open_session(proved))
    joining.join(
        client,
        proved.person,
        proved.persons,
        address=proved.address,
        mark=request.COOKIES.get(_named(ASKED, client), ""),
        cookie=request.COOKIES.get(consent.COOKIE, ""),
    )
    closing.came_in(client, proved.persons | {proved.person})
    if proved.purpose == "beside":
        stepping.shown(proved)
    if proved.purpose == "undo":
        erase.take_back(proved)
        response = _to(client, "request", reference=proved.reference)
    elif proved.purpose == "erase":
        response = _to(client, "request", reference=erase.confirm(proved))
    elif proved.purpose == "change":
        response = _page(request, client, "sent", asking=amend.ask_new(proved), purpose="confirm")
    elif proved.purpose == "confirm" and proved.reference:
        response = _corrected(client, amend.readdress(proved))
    else:
        response = _to(client, "you")
    return _sign_in(response, client, identity.open_session(proved))


@require_POST
def beside(request: HttpRequest, client: str) -> HttpResponse:
    """Another address of theirs, shown in this session, opens what it reaches beside the first (T21)."""
    visitor = _anybody(request, client)
    if visitor is None:
        return _to(client, "you")
    address = request.POST.get("address", "").strip()
    if not addresses.looks_like_email(address):
        return _page(request, client, "beside", 422, error=phrase(NO_ADDRESS), address=address)
    return _page(request, client, "sent", asking=identity.ask_beside(visitor, address), purpose="beside")


@require_POST
def sign_out(request: HttpRequest, client: str) -> HttpResponse:
    identity.close_session(client, request.COOKIES.get(_named(COOKIE, client), ""))
    response = _to(client, "you")
    response.set_cookie(
        _named(COOKIE, client), max_age=0, path=_reach(client), secure=_secure(), httponly=True, samesite="Lax"
    )
    return response


# Rights -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD"])
@signed_in
def download(request: HttpRequest, client: str, visitor: identity.Visitor, form: str) -> HttpResponse:
    if not visitor.fresh:
        return _page(request, client, "again", 403)
    if request.method == "GET" and limits.too_soon(client, visitor.person, form[:9]):
        response = _page(request, client, "soon", 429)
        response["Retry-After"] = str(int(limits.SOON))
        return response
    if form == "receipts":
        return _receipts(request, client, visitor)
    makers: dict[str, tuple[Callable[[access.Answer], str], str]] = {
        "json": (lambda found: _with_receipts(client, visitor, found), "application/json"),
        "html": (exporting.as_html, "text/html; charset=utf-8"),
        "csv": (exporting.as_csv, "text/csv; charset=utf-8"),
    }
    made = makers.get(form)
    if made is None:
        raise Http404
    if request.method == "HEAD":  # it asks no place, writes nothing down, and is told to nobody
        return _taken(request, client, visitor, "", made[1], f"what-we-hold.{form}")
    body = made[0](access.gather(client, visitor.person, visitor.persons, right="port" if form == "json" else "access"))
    return _taken(request, client, visitor, body, made[1], f"what-we-hold.{form}")


def _with_receipts(client: str, visitor: identity.Visitor, found: access.Answer) -> str:
    return exporting.as_json(found, receipts.of(client, visitor.persons, found.at))


def _receipts(request: HttpRequest, client: str, visitor: identity.Visitor) -> HttpResponse:
    if request.method == "HEAD":
        return _taken(request, client, visitor, "", "application/ld+json", "receipts.jsonld")
    access.pass_for(client, "access", frozenset({"troth.choices"}), visitor.persons)
    body = receipts.as_jsonld(receipts.of(client, visitor.persons, timezone.now()))
    return _taken(request, client, visitor, body, "application/ld+json", "receipts.jsonld")


def _taken(
    request: HttpRequest, client: str, visitor: identity.Visitor, body: str, kind: str, name: str
) -> HttpResponse:
    """A file to keep: never shown as a page of ours, and told to its person."""
    if request.method == "GET":
        telling.tell(client, visitor.person, "exported")
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return _private(response)


@require_POST
@signed_in
def ask_there(request: HttpRequest, client: str, visitor: identity.Visitor) -> HttpResponse:
    """Where no program can ask, somebody of ours looks: from now the clock runs."""
    asked = asking.ask(client, visitor.person, visitor.persons)
    return _to(client, "you") if asked is None else _to(client, "request", reference=asked.reference)


@require_POST
@signed_in
def again(request: HttpRequest, client: str, visitor: identity.Visitor) -> HttpResponse:
    """A fresh code, for what an open session alone may not do."""
    return _page(request, client, "sent", asking=identity.ask_again(client, visitor.person, "see"), purpose="again")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def correct(request: HttpRequest, client: str, visitor: identity.Visitor) -> HttpResponse:
    fields = request.POST if request.method == "POST" else request.GET
    said = {name: fields.get(name, "").strip() for name in ("which", "new")}
    line = amend.line(client, visitor, fields.get("id", ""), _typed(fields.get("is", "")), **said)
    if line is None:
        raise Http404
    shown: dict[str, Any] = {
        "line": line,
        "by_hand": line.place in asking.places(client),
        "lines": amend.has_lines(client, line),
    }
    if request.method != "POST":
        return _page(request, client, "correct", new=line.value, **shown)
    typed = request.POST.get("new", "")
    new, wrong = amend.declared(client, line, typed)
    if not wrong and new == _typed(request.POST.get("is", "")):
        wrong = phrase("It says that already. Write what it should say, or leave it as it is.")
    if wrong:
        return _page(request, client, "correct", 422, new=typed, error=wrong, **shown)
    if amend.address_field(client, line):
        return _page(request, client, "sent", asking=amend.change_address(client, visitor, line, new), purpose="change")
    return _corrected(client, amend.correct(client, visitor, line, new))


def _typed(text: str) -> str:
    """What a form sends back: a browser ends each line in its own way."""
    return text.replace("\r\n", "\n")


def _corrected(client: str, receipt: Receipt) -> HttpResponse:
    silent = "by-hand" if receipt.why == hands.WHY else "not-corrected"
    return _done(client, {"changed": "corrected", "nothing held": "other"}.get(receipt.state, silent))


@require_POST
@signed_in
def choices(request: HttpRequest, client: str, visitor: identity.Visitor) -> HttpResponse:
    said = {key: value == "yes" for key, value in request.POST.items() if value in ("yes", "no")}
    all_ = amend.answered(client, visitor, said, request.POST.get("asked", ""))
    return _done(client, "choices" if all_ else "asked-anew")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def stop(request: HttpRequest, client: str, visitor: identity.Visitor, right: str) -> HttpResponse:
    if right not in ("object", "restrict"):
        raise Http404
    if request.method != "POST":
        return _page(request, client, "stop", right=right)
    asked = amend.stop(client, visitor, right, request.POST.get("why", "")[:4000])
    return _to(client, "request", reference=asked.reference)


@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest, client: str) -> HttpResponse:
    """A complaint, from whoever is signed in or from anybody: DPA 2018 s164A(2). It looks nobody up."""
    visitor = _visitor(request, client)
    visitor = None if visitor is not None and erase.over(visitor) else visitor
    authority = complaints.authority(editions.in_force(client).plan)
    shown = identity.shown(client, visitor.person) if visitor is not None else ""
    context: dict[str, Any] = {"signed_in_as": shown, "authority": authority, "trap": forms.TRAP}
    if request.method != "POST":
        return _page(request, client, "complain", **context)
    typed = {name: request.POST.get(name, "").strip() for name in ("why", "address", "post")}
    if errors := _unfinished(typed, bool(shown)):
        return _page(request, client, "complain", 422, typed=typed, errors=errors, **context)
    network, who = limits.network(request.META.get("REMOTE_ADDR", "")), typed["address"].casefold() or typed["post"]
    who = f"person {visitor.person}" if visitor is not None else who  # nobody's flood shuts out who is somebody else
    if request.POST.get(forms.TRAP) or not limits.allowed(client, f"complaint {who}", network):
        errors = {"all": phrase(FLOOD)}
        return _page(request, client, "complain", 429, typed=typed, errors=errors, **context)
    reference = complaining.open_one(
        client,
        visitor.person if visitor is not None else 0,
        {"why": typed["why"], "address": complaining.address_of(visitor, typed["address"]), "post": typed["post"]}
        | {"language": texts.spoken()},
        source="page",
    )
    return _page(request, client, "complained", reference=reference, **context)


FLOOD: Final = "Too much came from here within the hour. Write to us by mail, or try again in an hour."


def _unfinished(typed: dict[str, str], known: bool) -> dict[str, str]:
    """What is missing or cannot be read, box by box."""
    found = {}
    if not 0 < len(typed["why"]) <= complaining.MOST:
        found["why"] = phrase("Write what is wrong.")
    if typed["address"] and not addresses.looks_like_email(typed["address"]):
        found["address"] = phrase(NO_ADDRESS)
    elif not (known or typed["address"] or typed["post"]):
        found["address"] = phrase("Say where we can answer you.")
    return found


def _done(client: str, what: str) -> HttpResponse:
    return _private(redirect(speech.carry(f"{reverse('answer:you', kwargs={'client': client})}?done={what}")))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def close(request: HttpRequest, client: str, visitor: identity.Visitor, which: int) -> HttpResponse:
    """An account or a membership ends, where the policy says that this page tells it."""
    plan = editions.in_force(client).plan
    found = next((one for one in closing.of(client, plan, visitor.persons) if one.number == which), None)
    if found is None:
        return _to(client, "you")
    if request.method != "POST":
        goes = closing.goes(plan, found, access.gather(client, visitor.person, visitor.persons).lines)
        return _page(request, client, "close", one=found, goes=goes)
    if request.POST.get("moment") != found.moment:  # another edition came in between: it is shown anew
        return _to(client, "close", which=str(which))
    closing.close(client, visitor, found)
    return _done(client, "closed")


# Erasing ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def erase_page(request: HttpRequest, client: str, visitor: identity.Visitor) -> HttpResponse:
    if request.method != "POST":
        told = erase.tell(client, visitor.person, visitor.persons)
        return _page(request, client, "erase", told=told, address=identity.shown(client, visitor.person))
    _, asking = erase.want(client, visitor.person, visitor.persons)
    return _page(request, client, "sent", asking=asking, purpose="erase")


@require_POST
@signed_in
def take_back(request: HttpRequest, client: str, visitor: identity.Visitor, reference: str) -> HttpResponse:
    asked = _mine(client, visitor, reference)
    return _page(request, client, "sent", asking=erase.regret(client, asked.person, reference), purpose="undo")


erase_confirm = code  # the code typed on the page where the erasure was asked for


@require_http_methods(["GET", "HEAD"])
@also_after
def request_page(request: HttpRequest, client: str, visitor: identity.Visitor, reference: str) -> HttpResponse:
    asked = _mine(client, visitor, reference)
    unsure = _unconfirmed(client, asked)
    if asked.right == "erase":
        context = letters.context(client, reference) | {"places": recipients.in_places(client, reference)}
        return _page(request, client, "request", unconfirmed=unsure, **context)
    more: dict[str, Any] = {"recipients": recipients.of(client, reference)}
    more["places"] = recipients.in_places(client, reference)
    if asked.right == complaining.RIGHT:
        heading = phrase("You complained")
    else:
        heading = phrase("You asked us to {act}", act=again_in(asked.words))
    return _page(request, client, "request", asked=asked, heading=heading, unconfirmed=unsure, **more)


@require_http_methods(["GET", "HEAD"])
@also_after
def letter(request: HttpRequest, client: str, visitor: identity.Visitor, reference: str) -> HttpResponse:
    _mine(client, visitor, reference)
    if erasure.progress(client, reference) is None:
        raise Http404
    response = HttpResponse(letters.as_html(client, reference))
    response["Content-Disposition"] = f'attachment; filename="{reference}.html"'
    return _private(response)


@require_http_methods(["GET", "HEAD"])
@also_after
def proof(request: HttpRequest, client: str, visitor: identity.Visitor, reference: str) -> HttpResponse:
    """What proves the receipt: checked with docs/verify_receipt.py, which knows nothing of us."""
    _mine(client, visitor, reference)
    body = msgspec.json.encode(requests.proofs(client, reference))
    response = HttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{reference}-proof.json"'
    return _private(response)


def _unconfirmed(client: str, asked: requests.Request) -> bool:
    """Whether nothing goes on before they say yes from a mailbox: by which day we answer is no day for it."""
    return erase.unconfirmed(client, asked) or amend.unconfirmed(client, asked)


def _mine(client: str, visitor: identity.Visitor, reference: str) -> requests.Request:
    asked = requests.find(client, reference)
    if asked is None or asked.person not in visitor.persons | {visitor.person}:
        raise Http404
    return asked
