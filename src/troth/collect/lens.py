"""The lens: the gate worked out beforehand for one client, surface and edition, so that an event costs microseconds.

It holds the declared fields of each point, the form each takes, and which fields are open for a set of yes and no.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from troth.collect import steps
from troth.collect.consent import Choice
from troth.collect.reasons import Drop
from troth.places import master
from troth.places.events import Row, Value, span_of
from troth.policy.plan import Field, Opening, Plan, Point

Make = Callable[[Value], Value | None]
Before = Callable[[str], str]  # the page that was seen: the page before it in that visit, '' on entry
FROM_CONNECTION: Final = {
    "IP address": "address",
    "device description": "agent",
    "browser identifier": "browser",
    "time": "time",
}
_MEMO: Final = 512
WHOLE: Final = ("clear", "sealed")  # forms that say all of a value
NOTHING: Final = "never stored"


class Shape(msgspec.Struct, frozen=True):
    """How one field is stored. ``make`` gives '' for what is never stored and None for what cannot take the form."""

    rule: str
    sealed: bool
    make: Make
    form: str = "clear"
    kind: str = ""
    is_plain: bool = True  # stored as it came, but for what no one can see

    def narrower(self, other: Shape) -> Shape | None:
        """This form or another, whichever says less, under this rule; sealed where one of them is."""
        if other.form not in (self.form, *WHOLE):
            if self.form not in WHOLE and NOTHING not in (self.form, other.form):
                return None
            if self.form in WHOLE or other.form == NOTHING:
                return msgspec.structs.replace(other, rule=self.rule, sealed=self.sealed or other.sealed)
        return msgspec.structs.replace(self, sealed=self.sealed or other.sealed)


class PointLens(msgspec.Struct, frozen=True):
    name: str
    fields: dict[str, Shape]
    told: dict[str, str]  # fields that the connection fills in, and with what
    openings: tuple[Opening, ...]
    on_device: bool
    needs: frozenset[str]  # without these, and what is never stored aside, there is no event

    def within(self, other: PointLens | None) -> PointLens:
        """Each field in the narrower of two forms; one whose two forms cannot be put in order is left out."""
        fields = {}
        for name, shape in self.fields.items():
            then = other.fields.get(name) if other is not None else None
            if then is not None and (narrower := shape.narrower(then)) is not None:
                fields[name] = narrower
        told = {name: source for name, source in self.told.items() if name in fields}
        return msgspec.structs.replace(self, fields=fields, told=told)


class Opened(msgspec.Struct, frozen=True):
    """What is open. Exempt statistics stand apart: what they count is never in a row with anything else."""

    fields: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    follow: bool = False
    counted: frozenset[str] = frozenset()
    counting: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return self.fields | self.counted

    def within(self, other: Opened) -> Opened:
        """What both open, each for a use of both. Where one counts and follows nobody, nobody is followed."""
        uses, counting = self.uses & (other.uses | other.counting), self.counting & (other.uses | other.counting)
        return Opened(
            fields=self.fields & other.fields if uses else frozenset(),
            uses=uses,
            follow=self.follow and other.follow,
            counted=self.counted & other.all if counting else frozenset(),
            counting=counting,
        )


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection says about itself. Never stored as it is."""

    origin: str = ""
    address: str = ""
    agent: str = ""

    def says(self, kind: str, browser: str, now: float) -> str:
        if kind == "time":
            return dt.datetime.fromtimestamp(now, dt.UTC).isoformat(timespec="minutes")
        return {"address": self.address, "agent": self.agent[: steps.LONGEST_AGENT], "browser": browser}[kind]


class Lens:
    """One surface of one edition of one client's policy."""

    def __init__(
        self,
        client: str,
        edition: int,
        plan: Plan,
        surface: str,
        *,
        ours: frozenset[str] = frozenset(),
        by: frozenset[str] = frozenset({"tag", "pixel"}),
    ) -> None:
        self.client, self.edition, self.plan, self.surface = client, edition, plan, surface
        self.origins = frozenset(map(origin, plan.surfaces[surface].origins)) | ours if surface else ours
        points = [p for p in plan.points.values() if p.by in by and p.surface in (surface, "")]
        self._points = {point.name: _point(client, plan, point) for point in points}
        self.spans: dict[str, Literal["day", "month"]] = {name: span_of(rule) for name, rule in plan.rules.items()}
        self._gpc = frozenset(s.stop for s in plan.switches.values() if not s.opens and (s.marketing or s.recipient))
        self._known = frozenset(plan.switches)
        self._memo: dict[tuple[str, frozenset[str], frozenset[str], bool], Opened] = {}

    def point(self, name: str) -> PointLens | None:
        """The point of that name; without a name, the surface's first."""
        return self._points.get(name) if name else next(iter(self._points.values()), None)

    @property
    def points(self) -> Mapping[str, PointLens]:
        return self._points

    def opened(self, point: str, choice: Choice | None, gpc: bool) -> Opened:
        """The fields and uses that are open. Unknown points are shut."""
        yes, no, gpc = self._said(choice, gpc)
        key = (point, yes, no, gpc)
        if key not in self._memo:
            if len(self._memo) >= _MEMO:
                self._memo.clear()
            self._memo[key] = self._open(point, yes, no, gpc)
        return self._memo[key]

    def _said(self, choice: Choice | None, gpc: bool) -> tuple[frozenset[str], frozenset[str], bool]:
        """A signal stands until the person answered in its presence: then their own answer is the clearer one."""
        if choice is None:
            return frozenset(), frozenset(), gpc
        return choice.yes & self._known, choice.no, gpc and not choice.gpc

    def _open(self, point: str, yes: frozenset[str], no: frozenset[str], gpc: bool) -> Opened:
        found = self._points.get(point)
        if found is None:
            return Opened()
        stops = no | self._gpc if gpc else no
        openings = [o for o in found.openings if _is_open(found, o, yes, stops, gpc)]
        counting = [o for o in openings if o.exempt == "statistics"]
        others = [o for o in openings if o.exempt != "statistics"]
        counted = {name for name in _fields(found, counting) if not found.fields[name].sealed}
        return Opened(
            fields=_fields(found, others) | (_fields(found, counting) - counted),
            uses=frozenset(o.use for o in others),
            follow=any(self._follows(o) for o in others),
            counted=frozenset(counted),
            counting=frozenset(o.use for o in counting),
        )

    def _follows(self, opening: Opening) -> bool:
        """Exempt statistics follow nobody, and neither does a use that yields statistics only."""
        use = self.plan.purposes.get(opening.use)
        return not opening.exempt and use is not None and use.yields != "statistics"

    def why_shut(self, point: str, choice: Choice | None, gpc: bool) -> Drop:
        """The reason to count: the signal, an objection, or that nobody said yes."""
        yes, no, signal = self._said(choice, gpc)
        if signal and (self._open(point, yes, no, False).all or choice is None):
            return Drop.GPC
        return Drop.OBJECTED if no and self._open(point, yes, frozenset(), False).all else Drop.NO_CONSENT

    def take(
        self,
        event: steps.Event,
        *,
        seen: Seen,
        now: float,
        counts: dict[str, int],
        choice: Choice | None = None,
        gpc: bool = False,
        earlier: Lens | None = None,
        before: Before | None = None,
        walk: tuple[steps.Step, ...] = steps.STEPS,
    ) -> list[Row]:
        """Take one event through the steps. What was dropped is added to ``counts``; ``before`` knows visits."""
        it = steps.Taking(
            lens=self,
            earlier=earlier,
            event=event,
            choice=choice,
            gpc=gpc,
            seen=seen,
            now=now,
            counts=counts,
            before=before,
        )
        for step in walk:
            if (reason := step(it)) is not None:
                it.count(reason)
                return []
        return it.rows


def _fields(point: PointLens, openings: list[Opening]) -> frozenset[str]:
    return frozenset[str]().union(*(opening.fields for opening in openings)) & point.fields.keys()


def _is_open(point: PointLens, opening: Opening, yes: frozenset[str], no: frozenset[str], gpc: bool) -> bool:
    if not opening.no.isdisjoint(no):
        return False
    if opening.exempt:
        return True
    if point.on_device and not opening.yes:
        return False  # PECR reg 6: on somebody's device nothing is open without a yes or an exemption
    return opening.yes <= yes and not (gpc and opening.yes)


def origin(address: str) -> str:
    """The origin of an address as browsers write it; '' where it is no address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def _point(client: str, plan: Plan, point: Point) -> PointLens:
    fields = {name: plan.fields[name] for name in sorted(point.fields) if name in plan.fields}
    return PointLens(
        name=point.name,
        fields={name: shape(client, plan, field) for name, field in fields.items()},
        told={name: FROM_CONNECTION[field.kind] for name, field in fields.items() if field.kind in FROM_CONNECTION},
        openings=point.openings,
        on_device=point.by in ("tag", "pixel"),
        needs=frozenset(name for name in point.needs & fields.keys() if fields[name].form != "never stored"),
    )


def shape(client: str, plan: Plan, field: Field) -> Shape:
    """How one field is stored, wherever its value comes from."""
    sealed = bool(field.identifies) or field.form in ("sealed", "hashed") or field.name in plan.seals or field.special
    make = _maker(client, field)
    plain = make is steps.plain
    return Shape(rule=field.rule, sealed=sealed, make=make, form=field.form, kind=field.kind, is_plain=plain)


def _maker(client: str, field: Field) -> Make:
    forms: dict[str, Make] = {
        "truncated": steps.truncated,
        "outward half": steps.outward_half,
        "hour": steps.hour,
        "site only": steps.site_only,
        "no identifiers": steps.no_identifiers,
        "counted": lambda value: 1,
        "never stored": lambda value: "",
    }
    if field.form == "hashed":
        key = master.derive(f"collect hashed {client} {field.name}")
        return lambda value: steps.hashed(key, value)
    form = forms.get(field.form)
    if form is None:
        return steps.software if field.kind == "device description" else steps.plain
    made: Make = form

    def shaped(value: Value) -> Value | None:
        clean = steps.plain(value)
        return None if clean is None else made(clean)

    return shaped
