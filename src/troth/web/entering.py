"""Coming in to the desk: a one-time link, then a second factor, always. Nobody signs up, and there is no password.

A session holds a mark of the roles it was opened with; when a role is given or taken, it ends (need to know).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from typing import Any, Final

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    validate_totp_code,
    yield_hotp_counters_from_time,
)
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth import get_user_model, login, logout
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from troth.collect import limits
from troth.ledger import entries, rows
from troth.parties import factor as factor_of
from troth.parties import staff, tenancy
from troth.places import master, post
from troth.policy.problems import Trouble
from troth.work import queue

ROLES: Final = "roles at sign-in"
LINKED: Final = "came by link"
SETTING_UP: Final = "second factor to set up"
WRONG: Final = "wrong codes"
MOST_WRONG: Final = 5
PAUSE: Final = 60.0  # seconds between two mails to one address
MOST_ASKED: Final = 100  # addresses in that time
_asked: dict[bytes, float] = {}
links: Final = limits.Flood(0.2, 20)  # of one network: nobody alone keeps the others from their links
HALF: Final = 600  # seconds that a link alone is worth something
MOST_GUESSED: Final = 10  # wrong codes of one member of staff, by whatever links they came
HOUR: Final = 3600.0
_guessed: dict[str, list[float]] = {}
_counting: Final = threading.Lock()


class Factors(DefaultMFAAdapter):
    """Secrets of second factors stand sealed: the key follows from the master key."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(master.derive("second factors")))


def _roles(member: Any) -> str:
    held = [(slug, role) for slug in tenancy.slugs() for role in sorted(staff.roles(member, slug))]
    return hashlib.sha256(repr(held).encode()).hexdigest()


def stands(request: HttpRequest) -> bool:
    """Whether this session may work at the desk: both factors, and the roles are as they were."""
    if not staff.proved(request) or not isinstance(request.user, get_user_model()):
        return False
    if request.session.get(ROLES) == _roles(request.user):
        return True
    logout(request)
    return False


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """The door. It offers nothing to guess: a link comes from whoever runs this installation."""
    if "address" in request.POST:
        if links.lets_in(limits.network(request.META.get("REMOTE_ADDR", "")), time.monotonic()):
            _want_link(request.POST["address"].strip().lower())
        return render(request, "web/enter.html", {"asked": True})
    if request.method == "POST" and settings.DEMO:
        from troth.web import demo

        return redirect(demo.link())
    return render(request, "web/enter.html", {"half": _half(request) is not None, "proved": staff.proved(request)})


def _want_link(address: str) -> None:
    """A fresh link by mail, for staff who have been in before. Known and unknown addresses get the same page and cost
    the same work (T27): who it is shows only when the job is done."""
    now, mark = time.monotonic(), hmac.digest(master.derive("staff links"), address.encode(), "sha256")
    with _counting:
        for old in [one for one, when in _asked.items() if now - when >= PAUSE]:
            del _asked[old]
        if mark in _asked or len(_asked) >= MOST_ASKED:
            return
        _asked[mark] = now
    member = get_user_model().objects.filter(email=address, is_active=True).first()
    queue.add("staff link", {"staff": member.pk if member else 0}, client="")


@queue.handler("staff link")
def send_link(payload: queue.Payload) -> None:
    member = get_user_model().objects.filter(pk=payload["staff"], is_active=True).first()
    if member is None or not any(staff.may_see(member, slug) for slug in tenancy.slugs()):
        return
    if not settings.SMTP[1]:
        raise Trouble("no-mail-server", "No mail server is set, so mail waits.", "Set TROTH_SMTP to HOST:PORT.")
    address = f"{settings.DESK_ORIGIN}/desk/enter/{staff.link(member)}/"
    text = f"This link opens the privacy desk once, within 30 minutes:\n\n{address}\n\nIf you did not ask, do nothing."
    message = EmailMessage("Your link to the privacy desk", text, f"desk@{settings.DESK_HOST}", [member.email])
    post.deliver(message)


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing (mail programs open links); the button redeems the link."""
    if request.method != "POST":
        return render(request, "web/enter-link.html")
    member = staff.redeem(token)
    if member is None:
        return render(request, "web/enter-gone.html", status=410)
    logout(request)
    login(request, member, backend="django.contrib.auth.backends.ModelBackend")
    request.session[LINKED] = time.time()
    return redirect("web:factor")


def _half(request: HttpRequest) -> Any:
    """Who came by a link a moment ago and has not shown the second factor yet."""
    fresh = time.time() - request.session.get(LINKED, 0) < HALF
    return request.user if isinstance(request.user, get_user_model()) and fresh else None


def _totp(member: Any) -> Authenticator | None:
    found: Authenticator | None = Authenticator.objects.filter(user=member, type=Authenticator.Type.TOTP).first()
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def factor(request: HttpRequest) -> HttpResponse:
    """The second factor: set up at the first sign-in, asked for at every one."""
    member = _half(request)
    if member is None:
        return redirect(settings.LOGIN_URL)
    known = _totp(member)
    if request.method != "POST":
        return _ask(request, member, known)
    if request.session.get(WRONG, 0) >= MOST_WRONG or not _may_guess(member.ref):
        logout(request)
        return render(request, "web/enter-gone.html", status=429)
    code = request.POST.get("code", "").replace(" ", "")[:20]
    if not (_right(member, known, code) if known else _set_up(request, member, code)):
        request.session[WRONG] = request.session.get(WRONG, 0) + 1
        return _ask(request, member, known, error="That code does not fit. Wait for the next one and type it in.")
    with _counting:
        _guessed.pop(member.ref, None)
    return _in(request, member, first=known is None)


def _may_guess(ref: str) -> bool:
    """Each try is counted before it is looked at, beside the count in the session: codes that are sent at once, or by
    link after link to a mailbox that somebody took over, are as few."""
    now = time.monotonic()
    with _counting:
        tries = [one for one in _guessed.get(ref, []) if now - one < HOUR]
        if len(tries) < MOST_GUESSED:
            _guessed[ref] = [*tries, now]
        return len(tries) < MOST_GUESSED


def _ask(request: HttpRequest, member: Any, known: Authenticator | None, error: str = "") -> HttpResponse:
    shown = factor_of.present_code(member) if settings.DEMO and known is not None else ""
    context: dict[str, object] = {"known": known is not None, "error": error, "demo_code": shown}
    if known is None:
        secret = request.session.setdefault(SETTING_UP, generate_totp_secret())
        adapter = Factors()
        picture = adapter.build_totp_svg(adapter.build_totp_url(member, secret))
        spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
        context |= {"secret": spaced, "picture": mark_safe(picture)}  # noqa: S308  made of our own address
    return render(request, "web/enter-factor.html", context, status=422 if error else 200)


def _right(member: Any, known: Authenticator, code: str) -> bool:
    if _spent(known, code):
        return True
    spare = Authenticator.objects.filter(user=member, type=Authenticator.Type.RECOVERY_CODES).first()
    with transaction.atomic():  # two that come at once are looked at one after the other
        return bool(spare and RecoveryCodes(spare).validate_code(code))


def _spent(known: Authenticator, code: str) -> bool:
    """Whether it is a code of this device, newer than the last that it showed here: each opens once, by whatever link
    and after whatever restart (RFC 6238, 5.2). A code holds for longer than its own half minute, and so does this."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=known.pk)
        secret, last = Factors().decrypt(row.data["secret"]), row.data.get("last", 0)
        for counter in yield_hotp_counters_from_time():
            shown = format_hotp_value(hotp_value(secret, counter))
            if counter > last and compare_user_code(actual=code, expected=shown):
                row.data["last"] = counter
                row.save(update_fields=["data"])
                return True
    return False


def _set_up(request: HttpRequest, member: Any, code: str) -> bool:
    secret = request.session.get(SETTING_UP, "")
    if not secret or not validate_totp_code(secret, code):
        return False
    _spent(TOTP.activate(member, secret).instance, code)
    RecoveryCodes.activate(member)
    return True


def _in(request: HttpRequest, member: Any, *, first: bool) -> HttpResponse:
    with transaction.atomic():
        clients = [slug for slug in tenancy.slugs() if staff.may_see(member, slug)]
        for slug in clients:
            entries.append("signed-in", client=slug, actor=member.ref)
    request.session.cycle_key()
    for gone in (SETTING_UP, WRONG, LINKED):
        request.session.pop(gone, None)
    request.session[staff.PROVED] = True
    request.session[ROLES] = _roles(member)
    return redirect("web:spare" if first else "web:today")


@require_http_methods(["GET", "HEAD"])
def spare(request: HttpRequest) -> HttpResponse:
    """The spare codes, shown once: right after the second factor was set up."""
    found = Authenticator.objects.filter(user=request.user.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    codes = RecoveryCodes(found) if found else None
    if codes is None or codes.did_view:
        return redirect("web:today")
    if request.method == "GET":  # who asks for the head alone is shown nothing
        codes.mark_as_viewed()
    return render(request, "web/spare.html", {"codes": codes.get_unused_codes()})


def tidy() -> int:
    """Sessions that ended and links that lapsed say when who worked here, and are kept no longer (UK GDPR Art 5(1)(e)).
    Returns how many went."""
    sessions = Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
    oldest = rows.oldest_at()
    return sessions + staff.forget_links() + (staff.forget_who_left(oldest) if oldest else 0)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGIN_URL)
