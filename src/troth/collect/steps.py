"""The steps an event goes through, in order. A ``drop_`` step may end it with a reason; a ``put_`` step adds to it.

What a step may look at is the lens (the policy, worked out for this surface), what came in, and what the
connection says. Nothing else decides.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlsplit

import msgspec

from troth.collect.consent import Choice
from troth.collect.reasons import Drop, FieldDrop
from troth.places.events import ACCEPTED, AHEAD, Row, Value

if TYPE_CHECKING:
    from troth.collect.lens import Before, Lens, Opened, PointLens, Seen

LONGEST: Final = 2048
LONGEST_AGENT: Final = 512
TELLING: Final = frozenset({"IP address", "browser identifier", "screen size"})  # of no cell, whatever its form
_ID = re.compile(r"[0-9a-f]{32}\Z")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]+"
)
_COMMENT: Final = re.compile(r"\([^()]*\)?")
_PROGRAM: Final = re.compile(r"(?<!\S)[A-Za-z][A-Za-z-]{0,30}(?:/\d{1,4}(?:\.\d{1,4})?)?(?![^\s./])")
_SYSTEM: Final = re.compile(
    r"Windows(?: NT \d{1,2}\.\d)?|Mac OS X(?: \d{1,2}[._]\d{1,2})?|iPhone(?: OS \d{1,2})?|iPad|Android(?: \d{1,2})?"
    r"|Linux|CrOS|Tablet|[A-Za-z]{0,30}(?:[Bb]ot|[Cc]rawler|[Ss]pider)"
)
_EMAIL = re.compile(r"[^\s/@?&=]{1,64}@[^\s/@?&=]{1,255}")
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_QUAD = re.compile(rf"((?:{_OCTET}\.){{3}}){_OCTET}\Z")
_PLACE = re.compile(r"(-?\d{1,3}\.\d{1,9}), ?(-?\d{1,3}\.\d{1,9})\Z")
_DIGITS = re.compile(r"\d{5,}")
_HEX = re.compile(r"(?i)\b[0-9a-f-]{16,}\b")


class Event(msgspec.Struct, kw_only=True):
    """One event as it comes in. ``id``: 12 hex digits of milliseconds, 20 of randomness, made by the sender."""

    id: str
    point: str = ""
    fields: dict[str, Value | None] = {}


class Taking(msgspec.Struct, kw_only=True):
    """An event on its way in."""

    lens: Lens
    earlier: Lens | None  # of the edition the sender's tag was made under: the stricter of the two decides
    event: Event
    choice: Choice | None
    gpc: bool
    seen: Seen
    now: float
    counts: dict[str, int]
    point: PointLens | None = None
    values: dict[str, Value] = {}
    follow: bool = False  # rows may carry the browser
    opened: Opened | None = None
    before: Before | None = None
    shaped: dict[str, Value] = {}
    rows: list[Row] = []

    def count(self, reason: Drop | FieldDrop) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1


def drop_wrong_origin(it: Taking) -> Drop | None:
    return None if it.seen.origin in it.lens.origins else Drop.WRONG_ORIGIN


def drop_malformed(it: Taking) -> Drop | None:
    return None if _ID.match(it.event.id) else Drop.MALFORMED


def drop_stale(it: Taking) -> Drop | None:
    made = int(it.event.id[:12], 16) / 1000
    return None if it.now - ACCEPTED <= made <= it.now + AHEAD else Drop.STALE


def drop_undeclared(it: Taking) -> Drop | None:
    """No such point here: the world is closed."""
    it.point = it.lens.point(it.event.point)
    if it.point is not None and it.earlier is not None:
        it.point = it.point.within(it.earlier.point(it.point.name))
    return None if it.point is not None else Drop.UNDECLARED


def put_declared(it: Taking) -> None:
    """Keep what is declared; count, and forget, what is not."""
    assert it.point is not None
    for name, value in it.event.fields.items():
        if name not in it.point.fields:
            it.count(FieldDrop.UNDECLARED)
        elif value is not None and value != "":
            it.values[name] = value


def put_what_the_connection_says(it: Taking) -> None:
    """An address, the browser's description: only where a declared field is of that kind."""
    assert it.point is not None
    for name, kind in it.point.told.items():
        value = it.seen.says(kind, it.choice.browser if it.choice is not None else "", it.now)
        if value:
            it.values[name] = value
        else:
            it.values.pop(name, None)


def drop_without_yes(it: Taking) -> Drop | None:
    """Only fields that an exemption, or this browser's own signed yes, opens."""
    assert it.point is not None
    opened = it.lens.opened(it.point.name, it.choice, it.gpc)
    if it.earlier is not None:
        opened = opened.within(it.earlier.opened(it.point.name, it.choice, it.gpc))
    fields = opened.all
    if (it.point.fields and not fields) or not it.point.needs <= fields:
        return it.lens.why_shut(it.point.name, it.choice, it.gpc)
    for name in it.values.keys() - fields:
        del it.values[name]
        if name not in it.point.told:
            it.count(FieldDrop.NO_CONSENT)
    it.opened, it.follow = opened, opened.follow and it.choice is not None
    return None


def put_forms(it: Taking) -> None:
    """Each value in its declared form; what cannot take that form is not stored in another."""
    assert it.point is not None
    for name, value in it.values.items():
        shape = it.point.fields[name]
        shaped = shape.make(value)
        if shaped is None:
            it.count(FieldDrop.SHAPELESS)
        elif shaped != "":
            it.shaped[name] = shaped


def drop_empty(it: Taking) -> Drop | None:
    """Nothing declared was left to store."""
    return None if it.shaped else Drop.UNDECLARED


def drop_incomplete(it: Taking) -> Drop | None:
    """A point that declares what it needs takes nothing less: half an event is data without its use."""
    assert it.point is not None
    return None if it.point.needs <= it.shaped.keys() else Drop.INCOMPLETE


def put_cells(it: Taking) -> None:
    """What exempt statistics count: a minute, a page, the page before and the like, and nobody (T43)."""
    assert it.opened is not None
    for rule, values in _by_rule(it, it.opened.counted).items():
        clear = {name: less for name, value in values.items() if (less := _less(it, name, value)) is not None}
        if clear:
            it.rows.append(_row(it, rule, it.opened.counting, clear=clear | _step(it, clear)))


def put_rows(it: Taking) -> None:
    """One row for each keep rule. A row that follows nobody has a time to the minute and no browser."""
    assert it.point is not None and it.opened is not None
    counted = bool(it.rows)
    browser = it.choice.browser if it.follow and it.choice is not None else ""
    for rule, values in _by_rule(it, it.opened.fields).items():
        sealed = {name: value for name, value in values.items() if it.point.fields[name].sealed}
        clear = {name: value for name, value in values.items() if name not in sealed}
        row = _row(it, rule, it.opened.uses, browser=browser, sealed=sealed, clear=clear)
        it.rows.append(msgspec.structs.replace(row, id=_apart(row.id)) if counted and row.is_cell else row)


def drop_nothing(it: Taking) -> Drop | None:
    """Of what was open nothing may stand in a row."""
    return None if it.rows else Drop.UNDECLARED


def _by_rule(it: Taking, names: frozenset[str]) -> dict[str, dict[str, Value]]:
    """What was shaped of these fields, for each keep rule."""
    assert it.point is not None
    found: dict[str, dict[str, Value]] = {}
    for rule, name in sorted((it.point.fields[name].rule, name) for name in it.shaped.keys() & names):
        found.setdefault(rule, {})[name] = it.shaped[name]
    return found


def _row(
    it: Taking,
    rule: str,
    uses: frozenset[str],
    *,
    clear: dict[str, Value],
    browser: str = "",
    sealed: dict[str, Value] | None = None,
) -> Row:
    assert it.point is not None
    event, at = bytes.fromhex(it.event.id), int(it.now)
    if not browser:
        event, at = _to_the_minute(event), at // 60 * 60
    return Row(
        rule=rule,
        span=_span(it, rule, {*clear, *(sealed or {})}),
        id=event,
        at=at,
        surface=it.lens.surface,
        point=it.point.name,
        edition=it.lens.edition if it.earlier is None else it.earlier.edition,  # whose periods bind it, too
        uses=tuple(sorted(uses)),
        first=not it.rows,
        browser=browser,
        sealed=sealed or {},
        clear=clear,
    )


def _span(it: Taking, rule: str, names: Collection[str]) -> Literal["day", "month"]:
    """A day where either edition's period is under 13 months: in a month's file the shorter one would be outlived."""
    if it.earlier is None or it.point is None or (then := it.earlier.point(it.point.name)) is None:
        return it.lens.spans[rule]
    rules = {then.fields[name].rule for name in names if name in then.fields}
    days = any(it.earlier.spans.get(one) == "day" for one in rules)
    return "day" if days else it.lens.spans[rule]


def _less(it: Taking, name: str, value: Value) -> Value | None:
    """A value as a cell may hold it: nothing that tells one visitor from another, nor what either edition seals."""
    assert it.point is not None
    kind, sealed = it.point.fields[name].kind, it.point.fields[name].sealed
    if kind in TELLING or sealed:
        return None
    if kind == "device description":
        return device_class(str(value))
    if kind == "pages seen":
        return re.split(r"[?#]", str(value), maxsplit=1)[0]
    return site_only(value) if kind == "referrer" and "/" in str(value) else value


def _step(it: Taking, clear: dict[str, Value]) -> dict[str, Value]:
    """One step of a visit, where the cell has a page: which page was before, or that there was none."""
    assert it.point is not None
    page = next((str(clear[name]) for name in clear if it.point.fields[name].kind == "pages seen"), "")
    if not page or it.before is None:
        return {}
    before = it.before(page)
    return {"entry": False, "page before": before} if before else {"entry": True}


def _apart(event: bytes) -> bytes:
    """Another id of the same event, the same each time: in one file an id stands for one cell."""
    return event[:6] + hashlib.blake2b(event, digest_size=10).digest()


def _to_the_minute(event: bytes) -> bytes:
    """An id whose time is cut to the minute: milliseconds in a row of exempt statistics would tell visits apart."""
    made = int.from_bytes(event[:6], "big")
    return (made // 60_000 * 60_000).to_bytes(6, "big") + event[6:]


Step = Callable[[Taking], Drop | None]
STEPS: Final[tuple[Step, ...]] = (
    drop_wrong_origin,
    drop_malformed,
    drop_stale,
    drop_undeclared,
    put_declared,
    put_what_the_connection_says,
    drop_without_yes,
    put_forms,
    drop_empty,
    drop_incomplete,
    put_cells,
    put_rows,
    drop_nothing,
)


def plain(value: Value) -> Value | None:
    """A value without control characters, or None if it is longer than anything declared is."""
    if not isinstance(value, str):
        return value
    return None if len(value) > LONGEST else visible(value)


def visible(text: str) -> str:
    """Without what steers a terminal or turns the writing around (T41)."""
    return _CONTROL.sub(" ", text).strip()


def truncated(value: Value) -> str | None:
    """An address without its last part (/24 for IPv4, /48 for IPv6), or a place to a tenth of a degree."""
    if (quad := _QUAD.match(str(value))) is not None:  # what most addresses are, ten times sooner than by parsing
        return f"{quad[1]}0/24"
    if (place := _PLACE.match(str(value).strip())) is not None:
        return f"{float(place[1]):.1f},{float(place[2]):.1f}"
    try:
        address = ipaddress.ip_address(str(value).strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def outward_half(value: Value) -> str | None:
    """The first half of a UK postcode."""
    code = re.sub(r"\s+", "", str(value).upper())
    return code[:-3] if re.fullmatch(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}", code) else None


def device_class(agent: str) -> str:
    """What sort of thing a browser runs on: all that a cell says of it."""
    told = agent[:LONGEST_AGENT].lower()
    if any(word in told for word in ("bot", "crawl", "spider", "curl/", "python")):
        return "program"
    if "ipad" in told or "tablet" in told or ("android" in told and "mobi" not in told):
        return "tablet"
    return "phone" if "mobi" in told or "iphone" in told else "computer"


def software(value: Value) -> str:
    """Browser and system, each with its version, of what a browser says of itself: no model, no build, no add-ons. The
    whole line would often tell one browser from all others, and nobody said that it is kept (Art 5(1)(c))."""
    told = _CONTROL.sub(" ", str(value)[:LONGEST_AGENT])
    systems = "; ".join(dict.fromkeys(_SYSTEM.findall(told)))
    programs = " ".join(_PROGRAM.findall(_COMMENT.sub(" ", told)))
    return f"{programs} ({systems})".strip() if systems else programs


def hour(value: Value) -> str | None:
    try:
        moment = dt.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.strftime("%Y-%m-%dT%H")


def site_only(value: Value) -> str | None:
    """The host a link came from, without the page."""
    try:
        parts = urlsplit(str(value))
    except ValueError:
        return None
    return parts.hostname if parts.scheme in ("http", "https") and parts.hostname else None


def no_identifiers(value: Value) -> str:
    """A path or text without query, addresses and long numbers: those tend to name somebody, spelt with % or not."""
    text = _CONTROL.sub(" ", unquote(re.split(r"[?#]", str(value), maxsplit=1)[0]))
    for pattern in (_EMAIL, _HEX, _DIGITS):
        text = pattern.sub("…", text)
    return text


def hashed(key: bytes, value: Value) -> str:
    """A keyed hash: a bare one of an address falls in an hour. In small letters only: “ß” is not “ss” (T21)."""
    return hmac.digest(key, str(value).strip().lower().encode(), "sha256").hex()[:32]
