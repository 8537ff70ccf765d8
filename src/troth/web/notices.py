"""The page of the notice: for whom, in which language, and, for those who want it, with each sentence's state.

All of it is in the address and works without JavaScript: ``?for=`` a class of people or a surface, ``?in=`` a language,
``?proof=1`` the states as the public page of promises has them, ``?print=1`` with nothing folded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import slugify
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from troth.parties import editions, speech
from troth.parties.editions import EditionInfo, InForce
from troth.policy import changes, tongues
from troth.policy.emit import blocks, notice, notice_for, texts
from troth.policy.emit.blocks import Beside
from troth.policy.emit.naming import day, sentence
from troth.policy.plan import Plan
from troth.web import hosts
from troth.web.context import ways

if TYPE_CHECKING:
    from troth.prove.report import Report

HIDDEN: Final = frozenset({"places", "secure", "staff", "papers"})  # how we are built and guarded: the desk's alone


class Way(msgspec.Struct, frozen=True):
    """A link to the same notice in another shape."""

    words: str
    href: str
    here: bool


def page(request: HttpRequest, force: InForce) -> HttpResponse:
    earlier = editions.all_of(force.client)
    newest = earlier[0].number == force.number
    public = newest and is_public(force.client)  # what is proved today is what the edition in force promises
    asked = _asked(request, force, public)
    plan = force.plan if not asked["for"] else notice_for.narrowed(force.plan, asked["for"])
    if plan is None:
        raise Http404("There is no page here.")
    language = tongues.chosen(force.plan.languages, asked["in"], request.headers.get("Accept-Language", ""))
    proving = asked["proof"] == "1"
    with speech.speaking(force.plan, language):
        beside = _beside(request, force) if proving else blocks.nothing
    text = notice.render(plan, language=language, opened=asked["print"] == "1", beside=beside)
    glance, flow, body = _parted(text)
    with speech.speaking(force.plan, language):
        context = {
            "nav": "notice",
            "plan": force.plan,
            "glance": mark_safe(glance),  # noqa: S308  our own emitter; every word of the policy is escaped there
            "flow": mark_safe(flow),  # noqa: S308
            "body": mark_safe(body),  # noqa: S308
            "contents": _contents(body),
            "editions": earlier,
            "newest": newest,
            "changes": _changes(force, earlier),
            "tongue": language if language != texts.BASE else "",
            "words": _words(force, asked["for"]),
            "proof": _way("page.proof.off" if proving else "page.proof.on", asked, proof="" if proving else "1"),
            "public": public,
            "unproved": proving and _proof(force) is None,
            "ways": ways(request, force.plan),
            "readers": _readers(force.plan, asked),
        }
        return render(request, "web/notice.html", context)


def is_public(client: str) -> bool:
    """Whether the operator opted in to telling states to everybody (T19)."""
    return bool({client, "*"} & settings.PUBLIC_PROMISES)


def _proof(force: InForce) -> Report | None:
    """The latest proof, if it is one of this edition: an earlier one looked at what other sentences promised."""
    from troth.prove import report

    latest = report.latest(force.client)
    return latest if latest is not None and latest.edition == force.number else None


def _asked(request: HttpRequest, force: InForce, public: bool) -> dict[str, str]:
    """What the address asks for. A language that this edition does not carry is not asked for: who follows an old link
    reads the notice in one that it does."""
    asked = {name: request.GET.get(name, "") for name in ("for", "in", "proof", "print")}
    if asked["in"] not in force.plan.languages:
        asked["in"] = ""
    return asked if public else asked | {"proof": ""}


def _words(force: InForce, reader: str) -> dict[str, str]:
    who = force.plan.who
    words = {name: texts.say(f"page.{name}") for name in _PAGE}
    words["edition"] = texts.say("page.edition", date=day(force.plan.edition.date))
    words["lead"] = texts.say("page.lead", firm=who.trades_as or who.name)
    words["only"] = texts.say("page.only", reader=texts.own(reader)) if reader else ""
    return words


_PAGE: Final = (
    *("title", "changed", "earlier", "all", "old", "new", "contents", "what_changed", "editions", "readers"),
    *("people", "surfaces", "print", "whole", "unproved"),
)


def _way(key: str, asked: dict[str, str], **changed: str) -> Way:
    return Way(texts.say(key), _href(asked, changed), False)


def _href(asked: dict[str, str], changed: dict[str, str]) -> str:
    said = {name: value for name, value in (asked | changed).items() if value and name != "print"}
    return "?" + urlencode(said) if said else "?"


def _readers(plan: Plan, asked: dict[str, str]) -> dict[str, list[Way]]:
    people, surfaces = notice_for.readers(plan)
    return {
        key: [Way(sentence(texts.own(name)), _href(asked, {"for": name}), name == asked["for"]) for name in names]
        for key, names in (("people", people), ("surfaces", surfaces))
    }


def _parted(text: str) -> tuple[str, str, str]:
    """What one reads at a glance and the picture stand first, over the whole width; the text beside its contents."""
    sections = re.split(r"(?=<section>)", text)
    glance, flow = (
        "".join(part for part in sections if re.match(rf'<section>\s*<h2 id="{mark}"', part))
        for mark in ("glance", "flow")
    )
    return glance, flow, "".join(part for part in sections if part not in (glance, flow))


def _contents(body: str) -> list[tuple[str, str]]:
    return [(mark, re.sub(r"<[^>]+>", "", words)) for mark, words in re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', body)]


def _changes(force: InForce, all_of: list[EditionInfo]) -> list[Any]:
    if force.number <= 1:
        return []
    return list(changes.compare(editions.numbered(force.client, force.number - 1).plan, force.plan))


# --- the states ---------------------------------------------------------------------------------------------------


def told(chapters: list[Any], plan: Plan) -> list[tuple[str, list[Any]]]:
    """The chapters that are told to everybody, without the sentences that name a place."""
    names = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in plan.places) or r"(?!)", re.IGNORECASE)
    found = [
        (title, [one for one in findings if not names.search(one.sentence)])
        for key, title, findings in chapters
        if key not in HIDDEN
    ]
    return [chapter for chapter in found if chapter[1]]


def _beside(request: HttpRequest, force: InForce) -> Beside:
    """The worst state among the promises of a sentence, and the way to the promise: what everybody may know of it."""
    from troth.prove import keepers

    latest = _proof(force)
    chapters = told(latest.chapters(), force.plan) if latest else []
    states = {one.promise: one.state for _, findings in chapters for one in findings}
    marks = {state: render_to_string("prove/mark.html", {"state": state}) for state in keepers.STATES}
    home = hosts.home(getattr(request, "house", None), force.client)

    def beside(paths: tuple[str, ...]) -> str:
        known = [path for path in paths if path in states]
        if not known:
            return ""
        worst = min(known, key=lambda path: keepers.STATES.index(states[path]))
        way = speech.carry(f"{home}promises/") + f"#{slugify(worst)}"
        return f' <a class="state" href="{way}">{marks[states[worst]].strip()}</a>'

    return beside
