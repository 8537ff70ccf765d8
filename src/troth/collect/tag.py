"""The tag a site puts in its pages: one small script with the surface's questions and declared fields in it.

It is worked out from the edition in force, so that a site changes nothing when its policy does.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from troth.collect import consent
from troth.collect.lens import FROM_CONNECTION
from troth.policy.emit import banner
from troth.policy.emit.cookies import Entry, what
from troth.policy.emit.texts import BASE, among, named, own, phrase, speaking, spoken
from troth.policy.plan import Cookie, Field, Opening, Plan, Point, Switch
from troth.policy.problems import Trouble
from troth.policy.words import COUNTRIES

SOURCES: Final = {
    "pages seen": "page",
    "referrer": "referrer",
    "language": "language",
    "screen size": "screen",
}
_STATIC: Final = Path(__file__).parent / "static" / "collect"


class Script(msgspec.Struct, frozen=True):
    body: bytes
    etag: str


_made: dict[tuple[str, int, str, str], Script] = {}


def default_surface(plan: Plan) -> str:
    """The surface a tag without a name stands on: the first that a tag or cookie is declared at."""
    declared = [point.surface for point in plan.points.values() if point.by in ("tag", "pixel") and point.surface]
    declared += [cookie.surface for cookie in plan.cookies.values()]
    return declared[0] if declared else next(iter(plan.surfaces), "")


def script(plan: Plan, edition: int, surface: str, language: str = BASE) -> Script:
    """The tag for a surface of an edition, in one of its languages: each is served alone."""
    if surface not in plan.surfaces:
        raise Trouble("no-surface", "The policy declares no such surface.", "Name one of its surfaces in ?s=.")
    language = language if language in plan.languages else plan.languages[0]
    key = (plan.hash, edition, surface, language)
    if key not in _made:
        if len(_made) > 256:
            _made.clear()
        with speaking(plan, language):
            _made[key] = _script(plan, edition, surface)
    return _made[key]


def _script(plan: Plan, edition: int, surface: str) -> Script:
    told = msgspec.json.encode(packed(config(plan, edition, surface))).decode()[1:-1]
    for mark in "<>\u2028\u2029":  # the JSON stands in a script
        told = told.replace(mark, f"\\u{ord(mark):04x}")
    body = _squeezed("tag.js").replace("__TROTH__", told).encode()
    return Script(body, hashlib.sha256(body).hexdigest()[:24])


_REMARK: Final = re.compile(r"(?m)^ *(?:/\*(?s:.*?)\*/\n)?")
_SQUEEZED: Final = {
    "tag.js": re.compile(r"""("[^"\n]*"|`[^`]*`|(?<=\()/(?:\\.|[^/\n])+/)|\s*([-+*<>=!&|?:;,.(){}\[\]]+)\s*"""),
    "tag.css": re.compile(r"""("[^"\n]*")|\s*([{};,>]+)\s*"""),
}
"""What stays as it is, a text or a pattern; and the signs around which no space is needed."""


@functools.lru_cache(maxsize=2)
def _squeezed(name: str) -> str:
    """A file without its indents, remarks and the space around its signs: every visitor pays for each byte."""
    text = _REMARK.sub("", (_STATIC / name).read_text("utf-8"))
    return _SQUEEZED[name].sub(lambda found: found[1] or found[2], text).replace(";}", "}")


def packed(told: dict[str, Any]) -> list[Any]:
    """The same, as it travels: what the head of the script names, in its order; no words where none is asked."""
    flag = {False: 0, True: 1}
    return [
        told["surface"],
        told["edition"],
        told["life"],
        [[q["key"], q["stop"], flag[q["opens"]], q["words"], q["note"]] for q in told["asked"]],
        told["sale"],
        {name: _openings(point["openings"]) for name, point in told["points"].items()},
        [[name, row["yes"], row["no"]] for name, row in told["blocks"].items() if name != consent.COOKIE],
        _view(told["points"]),
        *(told["say"].values() if told["asked"] else ()),
    ]


def _openings(openings: Iterable[dict[str, Any]]) -> list[list[Any]]:
    """What needs no yes is exempt: that it is told by no sign of its own makes one that is neither a danger."""
    return [[one["fields"], one["yes"], one["no"]] for one in openings if one["exempt"] or one["yes"]]


def _view(points: dict[str, Any]) -> list[str]:
    """The point at which a page is seen, and the field that each source fills there, up to the last that fills one."""
    for name, point in points.items():
        if "page" in point["map"]:
            fields = [point["map"].get(source, "") for source in SOURCES.values()]
            return [name, *fields[: max(at for at, field in enumerate(fields) if field) + 1]]
    return []


@functools.lru_cache(maxsize=1)
def stylesheet() -> Script:
    body = _squeezed("tag.css").encode()
    return Script(body, hashlib.sha256(body).hexdigest()[:24])


def config(plan: Plan, edition: int, surface: str) -> dict[str, Any]:
    """What the script must know, and nothing that it need not."""
    asked = consent.asked(plan, surface)
    return {
        "surface": surface,
        "edition": edition,
        "life": consent.life(plan),
        "asked": [question(plan, switch) for switch in asked],
        "sale": sorted(s.stop for s in plan.switches.values() if not s.opens and (s.marketing or s.recipient)),
        "points": {
            point.name: _point(plan, point)
            for point in plan.points.values()
            if point.by == "tag" and point.surface in (surface, "")
        },
        "blocks": {
            cookie.name: _needs(cookie)
            for cookie in plan.cookies.values()
            if cookie.surface == surface and (cookie.exempt or cookie.switches)
        },
        "say": words(plan, surface),
    }


def _needs(cookie: Cookie) -> dict[str, Any]:
    """What a cookie waits for, told as an opening. What is exempt runs until a no to one of its uses
    (PECR Sch A1 paras 5(1)(d), (e) and 6); what is strictly necessary has none to say no to."""
    free = cookie.exempt in ("statistics", "appearance")
    return {
        "fields": [],
        "yes": [] if cookie.exempt else sorted(cookie.switches),
        "no": sorted(cookie.uses) if free else [],
        "exempt": bool(cookie.exempt),
    }


def _point(plan: Plan, point: Point) -> dict[str, Any]:
    fields = [plan.fields[name] for name in sorted(point.fields) if name in plan.fields]
    sent = {field.name for field in fields if _is_sent(field)}
    return {
        "map": {SOURCES[field.kind]: field.name for field in fields if field.kind in SOURCES and _is_sent(field)},
        "openings": [_opening(opening, sent) for opening in point.openings if opening.fields & sent],
    }


def _is_sent(field: Field) -> bool:
    """What is never stored need not travel, and what the connection says is not said twice."""
    return field.form != "never stored" and field.kind not in FROM_CONNECTION


def _opening(opening: Opening, sent: set[str]) -> dict[str, Any]:
    return {
        "fields": sorted(opening.fields & sent),
        "yes": sorted(opening.yes),
        "no": sorted(opening.no),
        "exempt": bool(opening.exempt),
    }


def question(plan: Plan, switch: Switch) -> dict[str, Any]:
    """One question as banner and page of choices put it."""
    return {
        "key": switch.key,
        "stop": switch.stop,
        "opens": switch.opens,
        "sale": not switch.opens and (switch.marketing or bool(switch.recipient)),
        "words": own(switch.words),
        "note": note(plan, switch),
    }


def suppliers(plan: Plan, switch: Switch) -> list[str]:
    """Who is let in by a yes: whoever the question names, and whoever sets a cookie that waits for it."""
    setters = [cookie.by for cookie in plan.cookies.values() if switch.key in cookie.switches and cookie.by != "us"]
    return list(dict.fromkeys([switch.recipient, *setters] if switch.recipient else setters))


def does(cookies: Iterable[Cookie | Entry]) -> str:
    """What cookies do, each thing once, as a sentence."""
    told = dict.fromkeys(what(name) for cookie in cookies for name in cookie.does)
    said = among(told)
    return said[:1].upper() + said[1:] + "." if said else ""


def note(plan: Plan, switch: Switch) -> str:
    """Who, where and for what: each supplier is named before the question counts (UK GDPR Art 4(11))."""
    if not switch.opens:
        return phrase("The law lets us do this without asking, and lets you say no.")
    told = [phrase("We use it to {use}.", use=own(switch.use))] if switch.use in plan.purposes else []
    return " ".join(told + [_who(plan, name) for name in suppliers(plan, switch)])


def _who(plan: Plan, name: str) -> str:
    recipient = plan.recipients.get(name)
    if recipient is None:
        return phrase("{name} sets it.", name=named(name))
    where = [own(COUNTRIES[code].name) if code in COUNTRIES else code for code in recipient.countries]
    who = ", ".join([named(recipient.name), *where])
    if recipient.role == "processor":
        return phrase("{who}, acts only for us.", who=who)
    return phrase("{who}, decides with or beside us what it does with it.", who=who)


def words(plan: Plan, surface: str) -> dict[str, str]:
    """What the banner says. Two equal answers, and no answer means no."""
    told = banner.layers(plan, surface, spoken())
    uses = [own(s.use) for s in consent.asked(plan, surface) if s.opens]
    mine = phrase("We would use it to {uses}. The site works the same if you refuse.", uses=among(uses))
    return {
        "heading": told.heading if told.questions else phrase("May we remember something on your device?"),
        "text": told.text if told.questions else mine,
        "more": told.details,
        "details": phrase("Your cookie choices"),
        "refuse": told.refuse,
        "accept": told.accept,
        "choose": told.choose,
        "save": phrase("Save my choices"),
        "yes": phrase("Allow"),
        "no": phrase("Refuse"),
        "on": phrase("On"),
        "off": phrase("Off"),
        "saving": phrase("Saving…"),
        "saved": phrase("Your choices are saved."),
        "failed": phrase("Your answer could not be saved, so nothing was switched on. Try again or reload the page."),
        "in": spoken(),
        "at": "choices/" + (f"?in={spoken()}" if len(plan.languages) > 1 else ""),
    }
