"""In which language a page or a mail speaks: one that the edition in force carries (UK GDPR Art 12(1)).

A page speaks what its address names (``?in=fr``), else what the browser likes best. Which language somebody reads is
written down nowhere about them: addresses carry it, and with it links, forms and the answers to what was asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation

from troth.parties import editions
from troth.policy import periods, tongues
from troth.policy.emit import naming, texts
from troth.policy.plan import Plan
from troth.policy.problems import Trouble

MOST: Final = 200  # editions whose periods are remembered
NAME: Final = "in"  # of the part of an address that names a language
_named: ContextVar[str] = ContextVar("named in the address", default="")


def begin(plan: Plan, asked: str, accepts: str) -> str:
    """Speak from here to the end of this context, which is one request's. ``asked``: what its address names."""
    language = tongues.chosen(plan.languages, asked, accepts)
    texts.speak(plan, language, _periods(plan, language))
    _named.set(asked if asked == language else "")
    if language != texts.BASE:
        translation.activate(language)  # Django writes the days and months
    return language


def of_request(request: HttpRequest, slug: str) -> None:
    """A page of a client speaks a language of its edition in force."""
    try:
        plan = editions.in_force(slug).plan
    except Trouble:  # nothing is published yet: its pages say so
        return
    if plan.languages != (texts.BASE,):
        accepts = request.headers.get("Accept-Language", "")
        request.language = begin(plan, request.GET.get(NAME, ""), accepts)  # type: ignore[attr-defined]


@contextlib.contextmanager
def speaking(plan: Plan, language: str) -> Iterator[None]:
    """Speak inside of this, on the clocks of the policy, for a mail or another edition than the one in force; what
    nobody carries is the first."""
    known = language if language in plan.languages else plan.languages[0]
    also, days = _periods(plan, known), known if known != texts.BASE else settings.LANGUAGE_CODE
    with texts.speaking(plan, known, also), translation.override(days), timezone.override(plan.zone):
        yield


_said: dict[tuple[str, str], dict[str, str]] = {}


def _periods(plan: Plan, language: str) -> dict[str, str]:
    """How long each rule keeps, English to theirs: a receipt that was written in English is read in either."""
    if language == texts.BASE:
        return {}
    if (plan.hash, language) not in _said:
        if len(_said) > MOST:
            _said.clear()
        with texts.speaking(plan, language):
            found = {periods.say(rule): naming.period(rule) for rule in plan.rules.values()}
        _said[plan.hash, language] = found
    return _said[plan.hash, language]


def each(plan: Plan) -> Iterator[str]:
    """Speak every language of an edition, one after the other: what is written to somebody unasked says it in each,
    because we do not keep which of them they read."""
    for language in plan.languages:
        with speaking(plan, language):
            yield language


def carried() -> str:
    """What our own links and forms carry on: ``?in=fr`` where the address named a language, else nothing."""
    return f"?{NAME}={_named.get()}" if _named.get() else ""


def carry(address: str) -> str:
    """An address of ours with what it carries on."""
    return address + carried().replace("?", "&" if "?" in address else "?")


def way(plan: Plan) -> str:
    """What a link in a mail names, so that its page speaks as the mail does; nothing where there is one language."""
    return f"?{NAME}={texts.spoken()}" if len(plan.languages) > 1 else ""
