"""The steps an event goes through, in order. A ``drop_`` step may end it with a reason; a ``put_`` step adds to it.

What a step may look at is the lens (the policy, worked out for this surface), what came in, and what the
connection says. Nothing else decides.
"""

from __future__ import annotations

import datetime as dt
import hmac
import ipaddress
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import msgspec

from troth.collect.consent import Choice
from troth.collect.reasons import Drop, FieldDrop
from troth.places.events import ACCEPTED, AHEAD, Row, Value

if TYPE_CHECKING:
    from troth.collect.lens import Lens, PointLens, Seen

LONGEST: Final = 2048
LONGEST_AGENT: Final = 512
_ID = re.compile(r"[0-9a-f]{32}\Z")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]+"
)
_EMAIL = re.compile(r"[^\s/@?&=]{1,64}@[^\s/@?&=]{1,255}")
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
    uses: frozenset[str] = frozenset()
    follow: bool = False  # rows may carry the browser
    shaped: dict[str, tuple[bool, Value]] = {}  # field: (sealed, value)
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
    fields = opened.fields
    if it.earlier is not None:
        fields &= it.earlier.opened(it.point.name, it.choice, it.gpc).fields
    if (it.point.fields and not fields) or not it.point.needs <= fields:
        return it.lens.why_shut(it.point.name, it.choice, it.gpc)
    for name in it.values.keys() - fields:
        del it.values[name]
        if name not in it.point.told:
            it.count(FieldDrop.NO_CONSENT)
    it.uses, it.follow = opened.uses, opened.follow and it.choice is not None
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
            it.shaped[name] = (shape.sealed, shaped)


def drop_empty(it: Taking) -> Drop | None:
    """Nothing declared was left to store."""
    return None if it.shaped else Drop.UNDECLARED


def drop_incomplete(it: Taking) -> Drop | None:
    """A point that declares what it needs takes nothing less: half an event is data without its use."""
    assert it.point is not None
    return None if it.point.needs <= it.shaped.keys() else Drop.INCOMPLETE


def put_rows(it: Taking) -> None:
    """One row for each keep rule. A row that follows nobody has a time to the minute and no browser."""
    assert it.point is not None
    by_rule: dict[str, tuple[dict[str, Value], dict[str, Value]]] = {}
    for name, (sealed, value) in it.shaped.items():
        by_rule.setdefault(it.point.fields[name].rule, ({}, {}))[0 if sealed else 1][name] = value
    event, at = bytes.fromhex(it.event.id), int(it.now)
    if not it.follow:
        event, at = _to_the_minute(event), at // 60 * 60
    for number, (rule, (sealed_values, clear)) in enumerate(sorted(by_rule.items())):
        it.rows.append(
            Row(
                rule=rule,
                span=it.lens.spans[rule],
                id=event,
                at=at,
                surface=it.lens.surface,
                point=it.point.name,
                edition=it.lens.edition,
                uses=tuple(sorted(it.uses)),
                first=number == 0,
                browser=it.choice.browser if it.follow and it.choice is not None else "",
                sealed=sealed_values,
                clear=clear,
            )
        )


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
    put_rows,
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
    """A keyed hash: a bare one of an address falls in an hour."""
    return hmac.digest(key, str(value).strip().casefold().encode(), "sha256").hex()[:32]
