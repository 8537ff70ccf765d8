"""Addressing: names that are words of the language already, and addresses that lead nowhere or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from troth.policy import words, zones
from troth.policy.reading import FEW, Entry, Text, suggest

if TYPE_CHECKING:
    from troth.policy.checking import Checker

GIVEN: Final = "given by each client"
BROWSERS: Final[dict[str, frozenset[str]]] = {
    "web": frozenset(words.COOKIE_KINDS),
    "app": frozenset(words.COOKIE_KINDS),
    "mail": frozenset({"pixel"}),
}
"""What can be set or loaded where: a letter and a telephone have no browser, and a mail loads pictures alone."""
SERVED: Final = frozenset({"web", "app", "api"})  # kinds of surface that have an origin
PEOPLE: Final = frozenset({"us", "ours", "none", "anyone", "everyone", "everything"})
RECIPIENTS: Final = (PEOPLE - {"everyone"}) | {"anyone for money", "anyone for marketing", "anywhere abroad"}
"""A recipient may be everyone: what is published goes there, and no key of recipients means another."""
USES: Final = PEOPLE | {"marketing", "all marketing"}
APART: Final[dict[str, tuple[str, Collection[str], str]]] = {
    "use": ("is", words.PURPOSES, "a purpose"),
    "disclose": ("as", words.ROLES, "a role"),
}
"""A name that is a word of the vocabulary says of itself what it is: `never` would mean both by it."""
FITTING: Final[dict[str, str]] = {"ico": "uk", "dpc": "eu", "cnil": "eu", words.OTHER: "eu"}
SIDES: Final[dict[str, str]] = {"uk": "the United Kingdom", "eu": "the European Union"}
_ORIGIN: Final = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE)
_WEB: Final = re.compile(
    r"https?://(?:[\w-]+(?:\.[\w-]+)+|localhost)(?::(?P<port>[0-9]{1,5}))?(?:[/?#]\S*)?", re.IGNORECASE
)
_SCHEME: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*:(?=\S)|(?:javascript|vbscript|data|file)\s*:)", re.IGNORECASE)
_UNMAILED: Final = re.compile(r"[<>()\[\]\\,;:\"]")  # in no address that is written plainly (RFC 5322 s3.2.3)
_PORTS: Final = range(1, 65536)


def check(checker: Checker) -> None:
    _names(checker)
    _origins(checker)
    _pages(checker)
    _cookies(checker)
    _law(checker)
    _fee(checker)
    _who(checker)


def _names(checker: Checker) -> None:
    """Elsewhere in a policy the name would be read as the word."""
    own = {checker.document.one("who").text(key).casefold() for key in ("name", "trades as")} - {""}
    for section, taken in (("people", PEOPLE), ("disclose", RECIPIENTS), ("use", USES)):
        for name, entry in checker.section(section).items():
            if name.casefold() in taken or (section == "disclose" and name in words.COUNTRIES):
                sentence = f"“{name}” is a word of the language, so nobody could tell it from this name."
                checker.bad(entry.mark, "reserved-name", sentence, _rename(section))
            elif section == "disclose" and name.casefold() in own:
                sentence = f"“{name}” is who you are yourself (`who`): nothing is disclosed to it."
                checker.bad(entry.mark, "reserved-name", sentence, "Name who else gets the data, or take it out.")
            elif section in APART and name in APART[section][1] and entry.text(APART[section][0]) not in ("", name):
                key, _, what = APART[section]
                sentence = f"“{name}” is {what} of the vocabulary, and this one is said to be {entry.text(key)}."
                checker.bad(entry.mark, "reserved-name", sentence, _rename(section))


def _rename(section: str) -> str:
    return {
        "people": "Name the people by what they are to you, as visitor.",
        "disclose": "Name the recipient by its full name.",
        "use": "Finish “We use it to …”, as send you news of walks.",
    }[section]


def _origins(checker: Checker) -> None:
    """A browser tells one origin from another by scheme, host and port: each leads to one surface."""
    first: dict[str, str] = {}
    for name, entry in checker.section("surfaces").items():
        kind = entry.text("kind")
        if entry.has("origins") and kind and kind not in SERVED:
            sentence = f"“{name}” is {words.SURFACE_KINDS[kind]}, which no browser opens by an address."
            checker.bad(entry.at("origins"), "said-in-vain", sentence, "Take the origins out, or say which kind it is.")
            continue
        for item in entry.texts("origins"):
            if item.text == GIVEN:
                continue
            if not _is_web(_ORIGIN, item.text):
                _no_origin(checker, item)
            elif (other := first.setdefault(_same(item.text), name)) != name:
                sentence = f"“{item.text}” is “{other}” already: what comes from there could be either."
                checker.bad(
                    item.mark, "twin-origin", sentence, "Give each surface origins of its own, or make them one."
                )
    for entry in checker.section("clients").values():
        for item in entry.texts("origins"):
            if not _is_web(_ORIGIN, item.text):
                _no_origin(checker, item)


def _no_origin(checker: Checker, item: Text) -> None:
    sentence = f"“{item.text}” is not how a browser names a site."
    checker.bad(item.mark, "bad-origin", sentence, "Write scheme and host only, as https://www.larch.example")


def _same(origin: str) -> str:
    scheme, _, host = origin.casefold().partition("://")
    return f"{scheme}://{host.removesuffix(':443' if scheme == 'https' else ':80')}"


def _is_web(pattern: re.Pattern[str], text: str) -> bool:
    found = pattern.fullmatch(text)
    return found is not None and (found["port"] is None or int(found["port"]) in _PORTS)


def _pages(checker: Checker) -> None:
    """What people are sent to opens in a browser: no script, no file, no half of an address."""
    _page(checker, checker.document.one("notice"), "at", in_words=False)
    if (authority := checker.document.one("who").entry("authority")) is not None:
        _page(checker, authority, "page", in_words=False)
    for client in checker.section("clients").values():
        _page(checker, client, "policy", in_words=True)
    for recipient in checker.section("disclose").values():
        for key in ("policy", "opt out"):
            _page(checker, recipient, key, in_words=True)


def _page(checker: Checker, entry: Entry, key: str, *, in_words: bool) -> None:
    """``in_words``: where it stands may be said in a sentence instead, as “the address that the client gave us”."""
    text = entry.text(key)
    if not text or _is_web(_WEB, text) or (in_words and " " in text and not _SCHEME.match(text)):
        return
    sentence = f"“{text}” is no address on the web."
    checker.bad(entry.at(key), "bad-web-address", sentence, "Write it whole, as https://www.larch.example/privacy")


def _cookies(checker: Checker) -> None:
    surfaces = checker.section("surfaces")
    for name, entry in checker.section("cookies").items():
        what = entry.text("kind") or "cookie"
        for item in entry.texts("at"):
            kind = surfaces[item.text].text("kind") if item.text in surfaces else ""
            if kind and what not in BROWSERS.get(kind, ()) and not entry.broken:
                sentence = f"“{name}” is a {what} at “{item.text}”, and {words.SURFACE_KINDS[kind]} cannot have one."
                checker.bad(item.mark, "no-browser", sentence, "Name a surface of kind web or app, or take it out.")


def _law(checker: Checker) -> None:
    """Under the law of one side the regulator and the nation of the other have no say (UK and EU GDPR Art 51, 77)."""
    law, who = checker.document.one("law"), checker.document.one("who")
    of, regulator = law.words("of"), who.text("regulator")
    if law.broken or not of:
        return
    if regulator in FITTING and FITTING[regulator] not in of:
        named = words.REGULATORS.get(regulator)
        name = f"The {named.name}" if named else "An authority of the European Union"
        sentence = f"{name} does not look after the law of {SIDES[of[0]]}."
        help = "Name the regulator of the law that the policy stands under, or add that law to `law/of`."
        checker.bad(who.at("regulator"), "wrong-regulator", sentence, help, "UK GDPR Art 77")
    other = who.entry("authority")
    if regulator == words.OTHER and other is None:
        sentence = "Nobody says to which authority people can complain."
        help = "Add `authority:` with its name, address and page."
        checker.bad(who.at("regulator"), "unnamed-regulator", sentence, help, "GDPR Art 13(2)(d)")
    elif other is not None and regulator in words.REGULATORS:
        sentence = f"The authority is said twice: the regulator is “{regulator}” already."
        checker.bad(who.at("authority"), "said-in-vain", sentence, "Take `authority` out, or say `regulator: other`.")
    nation = law.text("nation")
    if nation and "uk" not in of and nation not in _nations():
        near = {country.name for country in words.COUNTRIES.values() if country.eea}
        help = suggest(nation, near, "Write the country in English, as Ireland.")
        checker.bad(law.at("nation"), "unknown-nation", f"“{nation}” is no country.", help)
    elif nation and not law.has("time zone") and not zones.unsaid(of, nation):
        sentence = f"Nobody says on which clocks the days of {nation} are counted, so they are those of London."
        checker.bad(law.at("nation"), "zone-unsaid", sentence, _zone_there(nation), severity="warning")
    zone = law.text("time zone")
    if zone and zone not in zones.known():
        meant = zones.near(zone)
        help = f"Did you mean “{meant}”?" if meant else "Name region and city, as Pacific/Auckland."
        checker.bad(law.at("time zone"), "unknown-zone", f"“{zone}” is no time zone.", help)


def _zone_there(nation: str) -> str:
    found = next((zones.there(one.code) for one in words.COUNTRIES.values() if nation in (one.code, one.name)), [])
    if 1 < len(found) <= FEW:
        return f"Add `time zone:` beside it, and one of: {', '.join(found)}."
    return f"Add `time zone: {found[0]}` beside it." if len(found) == 1 else "Add `time zone:`, as Pacific/Auckland."


def _nations() -> set[str]:
    return {part for country in words.COUNTRIES.values() for part in (country.code, country.name)} | {*words.NATIONS}


def _fee(checker: Checker) -> None:
    fee = checker.document.one("who").entry("fee")
    if fee is None or fee.broken:
        return
    said = {"number": fee.has("number"), "exempt": fee.has("exempt")}
    if not any(said.values()):
        sentence = "The fee to the regulator has no number, and no reason why none is due."
        checker.bad(
            fee.mark, "empty-fee", sentence, "Add `number:` or `exempt:`, or take the fee out.", "SI 2018/480 reg 2"
        )
    elif all(said.values()):
        sentence = "The fee is said to be paid, and to be not due."
        checker.bad(fee.at("exempt"), "empty-fee", sentence, "Take one of the two out.", "SI 2018/480 reg 2")


def _who(checker: Checker) -> None:
    """What people write to or call is an address, or a number."""
    who = checker.document.one("who")
    for entry, key in _mailed(checker, who):
        text = entry.text(key)
        if _UNMAILED.search(text) and re.fullmatch(r"[^@\s]+@[^@\s]+", text):
            help = "Write the address that people can write to."
            checker.bad(entry.at(key), "bad-address", f"“{text}” is no email address.", help)
    if who.text("phone") and not re.search(r"(?:[0-9]\D{0,3}){3}", who.text("phone")):
        sentence = f"“{who.text('phone')}” is no telephone number."
        checker.bad(who.at("phone"), "bad-address", sentence, "Write the number that people can call, as 01225 000001.")


def _mailed(checker: Checker, who: Entry) -> Iterator[tuple[Entry, str]]:
    for one in (who, who.entry("officer"), who.entry("representative")):
        if one is not None:
            yield one, "email"
    yield from ((one, "sends as") for one in checker.section("surfaces").values())
