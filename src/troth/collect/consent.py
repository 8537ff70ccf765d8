"""Choices as a browser carries them: tokens that we signed, and nothing else counts as a yes.

Two tokens. *Ask*: short-lived, made when a question is shown, for one browser, surface, edition and wording.
*Choice*: what the person answered, made by us from an ask and kept by the browser in ``troth_choice``.
A yes is never inferred: UK GDPR Art 4(11), 7(1); PECR reg 6.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from troth.people import vault
from troth.places import master
from troth.policy import decoding
from troth.policy.emit.texts import BASE, own, speaking, spoken
from troth.policy.plan import Plan, Switch

COOKIE: Final = "troth_choice"
LONGEST: Final = 8192  # characters of a token
ASK_LIFE: Final = 30 * 60
CHOICE_LIFE: Final = 180 * 86400  # asked again after six months, of which some have 181 days
_DAYS: Final = {"hours": 1 / 24, "days": 1, "weeks": 7, "months": 30, "years": 365}
_BROWSER = re.compile(r"[0-9a-f]{32}\Z")


class Ask(msgspec.Struct, frozen=True, array_like=True):
    client: str
    browser: str  # '': whichever answers, since the one that asked carried no choice yet
    surface: str
    edition: int
    words: str  # hash of what is asked, so that an answer to other words counts for nothing
    at: int
    nonce: str
    language: str = BASE  # in which it was asked: what is written down is the hash of the words that were read


class Choice(msgspec.Struct, frozen=True, array_like=True):
    client: str
    browser: str
    surfaces: frozenset[str]  # where the question was answered
    yes: frozenset[str]
    no: frozenset[str]
    gpc: bool  # the browser sent Global Privacy Control when the person answered, so the answer overrides it
    at: int


Token = TypeVar("Token", Ask, Choice)


def _keys(sort: str, client: str) -> list[bytes]:
    """The first signs; a token that an earlier one signed counts until it lapses."""
    lives = ASK_LIFE if sort == Ask.__name__ else CHOICE_LIFE
    return vault.token_keys(f"collect {sort} {client}", client, lives)


def sign(token: Ask | Choice) -> str:
    """``seal.body``, both in URL-safe base64; the body is JSON in ASCII alone, so that the tag can read what was
    answered: a script decodes base64 by bytes, and would take “l’été” for another name."""
    body = json.dumps(msgspec.to_builtins(token, order="deterministic"), separators=(",", ":")).encode()
    return f"{_text(_seal(_keys(type(token).__name__, token.client)[0], body))}.{_text(body)}"


def read(sort: type[Token], client: str, text: str) -> Token | None:
    """The token, or None if we did not make it for this client."""
    seal, dot, body = text.partition(".")
    if not dot or len(text) > LONGEST:
        return None
    try:
        raw = _bytes(body)
        given = _bytes(seal)
        if not any(hmac.compare_digest(given, _seal(key, raw)) for key in _keys(sort.__name__, client)):
            return None
        found = decoding.read(raw, sort)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    return found if found.client == client else None


def _seal(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")[:20]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def life(plan: Plan) -> int:
    """Seconds for which an answer holds: as long as the policy says of the question that is asked again soonest."""
    spans = (switch.again_after for switch in plan.switches.values() if switch.device and switch.opens)
    return min([CHOICE_LIFE, *(int(span.count * _DAYS[span.unit] * 86400) for span in spans if span is not None)])


def live(choice: Choice | None, now: float, seconds: int = CHOICE_LIFE) -> Choice | None:
    """A choice lapses, and then the question is asked again."""
    return choice if choice is not None and choice.at - 3600 <= now <= choice.at + seconds else None


def new_browser() -> str:
    return secrets.token_hex(16)


def named_by(ask: Ask) -> str:
    """The name of a browser that had none: always the same for one question, so that a retry makes no second one."""
    return hmac.digest(master.derive(f"collect browser {ask.client}"), ask.nonce.encode(), "sha256").hex()[:32]


def browser_of(client: str, cookie: str) -> str:
    """The browser that a choice cookie was given to; '' where the cookie is not ours."""
    choice = read(Choice, client, cookie)
    return choice.browser if choice is not None and _BROWSER.match(choice.browser) else ""


def asked(plan: Plan, surface: str) -> list[Switch]:
    """What a browser can answer on a surface ('' is all of them): consents first, in the order of the policy."""
    found = [s for s in plan.switches.values() if s.device and (not surface or _is_here(plan, surface, s))]
    return sorted(found, key=lambda switch: not switch.opens)


def _is_here(plan: Plan, surface: str, switch: Switch) -> bool:
    """A question without a surface of its own belongs where a cookie or a point waits for its answer."""
    if switch.surface or not switch.opens:
        return switch.surface in (surface, "")
    cookies = (cookie.switches for cookie in plan.cookies.values() if cookie.surface == surface)
    points = (point for point in plan.points.values() if point.surface == surface)
    openings = (opening.yes for point in points for opening in point.openings)
    return any(switch.key in keys for keys in (*cookies, *openings))


def sites(plan: Plan) -> dict[str, str]:
    """Where the tag puts its questions: origins by host."""
    asking = [surface for surface in plan.surfaces.values() if asked(plan, surface.name)]
    origins = [one.rstrip("/") for surface in asking for one in surface.origins]
    return {host: one for one in origins if (host := urlsplit(one).netloc.lower())}


def path(plan: Plan, host: str, home: str) -> str:
    """How far an answer is carried on a host of ours: over the whole of it where the site itself stands on it, so that
    the tag reads the answer there; else to our pages at ``home``, since another client's may stand beside them."""
    return "/" if host.lower() in sites(plan) else home


def words_hash(switches: Iterable[Switch]) -> str:
    """A fingerprint of the wording in the language that is spoken, so that a yes belongs to what was read."""
    told = "\n".join(f"{switch.key} {own(switch.words)}" for switch in switches)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def ask(client: str, plan: Plan, surface: str, edition: int, browser: str, now: float, language: str = "") -> str:
    """The token of a question in a language of the edition; by itself in the one that is spoken, else in its first."""
    language = next((one for one in (language, spoken()) if one in plan.languages), plan.languages[0])
    with speaking(plan, language):
        words = words_hash(asked(plan, surface))
    return sign(Ask(client, browser, surface, edition, words, int(now), secrets.token_hex(16), language))
