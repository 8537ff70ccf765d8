"""Probes of what must not happen: prohibitions, foreign pages, hands without a part, a client's data for our own ends.

They look for a way that would do it, and ask the very deciders at work to do it.
"""

from __future__ import annotations

import fnmatch
import os
import time
from collections.abc import Iterator

import msgspec
from django.conf import settings

from troth.collect import lens, steps
from troth.parties import editions
from troth.policy import deciding, words
from troth.policy.plan import Never, Place, Plan, Way
from troth.prove import acts, breaking, together
from troth.prove.keepers import WAYS, WRITTEN, Looked, Scene, keeper
from troth.prove.promises import Line

ANYONE = ("anyone", "anyone for money", "anyone for marketing", "anywhere abroad")
STRANGER = "https://somebody-else.example"


# --- never ------------------------------------------------------------------------------------------------------


def _break_never(scene: Scene) -> None:
    """An edition slips in whose prohibitions its own declarations break."""
    some = next(iter(scene.plan.ways.values()))
    nevers = {
        name: msgspec.structs.replace(one, verb="use", fields=frozenset(some.data), limits=(("for", some.use),))
        for name, one in scene.plan.nevers.items()
    }
    breaking.exchange(scene, msgspec.structs.replace(scene.plan, nevers=nevers))


@keeper(
    "never",
    code="policy.checking, gate",
    how="A policy whose declarations break a prohibition does not compile, and the gate refuses what it forbids.",
    breaker=_break_never,
    with_it=("always/one source", *WRITTEN),
)
def never(scene: Scene, line: Line) -> Looked:
    one = scene.plan.nevers[line.name]
    if one.verb == "join":
        return _never_joined(scene.plan, one)
    if lost := _limits(one) - _words(scene.plan, one.verb):
        return Looked(0, "way[s] of the plan", unproved=f"No probe can look for “{min(lost)}” yet.")
    if one.verb == "collect":
        return _never_collected(scene, one)
    hits = [way for way in scene.plan.ways.values() if _does(scene.plan, one, way)]
    breaches = [f"{_said(way)} does it." for way in hits if not _excused(scene, one, way)]
    if one.verb == "transfer":
        breaches += [f"“{place.name}” lies abroad." for place in _abroad(scene.plan, one)]
    return Looked(len(scene.plan.ways), "way[s] of the plan", tuple(sorted(set(breaches))))


def _limits(one: Never) -> set[str]:
    return {word for key, word in one.limits if key in ("for", "to")}


def _unless(one: Never) -> str:
    return next((word for key, word in one.limits if key == "unless"), "")


def _said(way: Way) -> str:
    return f"“{way.use}” to {way.recipient}" if way.recipient else f"“{way.use}”"


def _words(plan: Plan, verb: str) -> set[str]:
    """Every word by which this probe would know what is forbidden."""
    uses = plan.purposes.keys() | words.PURPOSES.keys() | {"marketing"}
    if verb == "use":
        return set(uses)
    if verb == "collect":
        return uses | plan.points.keys() | plan.people.keys() | words.BY.keys()
    return uses | plan.recipients.keys() | words.ROLES.keys() | words.COUNTRIES.keys() | set(ANYONE)


def _does(plan: Plan, one: Never, way: Way) -> bool:
    """Whether this way is what was forbidden, by any word that the prohibition may have meant."""
    if not one.fields & way.data or bool(way.recipient) != (one.verb != "use"):
        return False
    limits = _limits(one)
    return not limits or bool(limits & (_meant(plan, way) if way.recipient else _purpose(plan, way.use)))


def _purpose(plan: Plan, use: str) -> set[str]:
    word = words.PURPOSES[plan.purposes[use].is_]
    return {use, word.name} | ({"marketing"} if word.marketing else set())


def _meant(plan: Plan, way: Way) -> set[str]:
    """Whoever works for us acts as us, and so is no “anyone” (UK GDPR Art 4(10))."""
    one = plan.recipients[way.recipient]
    meant = {one.name, one.role, *one.countries}
    if {code for code in one.countries if code != "GB"}:
        meant.add("anywhere abroad")
    if words.ROLES[one.role].for_itself:
        purpose = _purpose(plan, way.use)
        meant |= {"anyone", *purpose} | ({"anyone for marketing"} if "marketing" in purpose else set())
    return meant | ({"anyone for money"} if one.for_money else set())


def _abroad(plan: Plan, one: Never) -> Iterator[Place]:
    """Places outside the country that hold what was never to leave it: UK GDPR Art 44A."""
    limits = _limits(one)
    for place in plan.places.values():
        codes = {code for code in place.countries if code != "GB"}
        guarded = place.by in plan.recipients and _guarded(plan, place.by)
        meant = not limits or bool(limits & {"anywhere abroad", *codes})
        if codes and place.holds & one.fields and meant and not (guarded and _unless(one) == "safeguard"):
            yield place


def _guarded(plan: Plan, recipient: str) -> bool:
    """A derogation is no safeguard: it lets one transfer through and protects nothing (UK GDPR Art 49)."""
    return plan.recipients[recipient].mechanism not in ("", *words.UNGUARDED)


def _excused(scene: Scene, one: Never, way: Way) -> bool:
    """What the prohibition lets through, and whether the gate holds that line: no yes, no disclosure."""
    purpose, unless = scene.plan.purposes[way.use], _unless(one)
    if unless == "consent":
        shut = [t for t in acts.tries(way, scene.today) if t.why == "refuses without a yes"]
        open_ = [t for t in shut if isinstance(deciding.decide(scene.plan, t.act, t.facts), deciding.Allowed)]
        return purpose.basis == "consent" and bool(way.yes) and not open_
    if unless == "statistics":
        return way.statistics or purpose.yields == "statistics"
    if unless == "safeguard":
        return bool(way.recipient) and _guarded(scene.plan, way.recipient)
    return unless == "client instruction" and purpose.basis == "instruction"


def _never_collected(scene: Scene, one: Never) -> Looked:
    """Nothing of it stands anywhere; with limits, nothing of it stands where a limit names the way in."""
    plan, limits = scene.plan, _limits(one)
    points = {name for name in plan.points if not limits or limits & _ways_in(plan, name)}
    seen, breaches = 0, set()
    for value in together.values(scene):
        seen += value.number
        if value.field in one.fields and (not limits or value.point in points):
            breaches.add(f"A value of “{value.field}” is stored.")
    for name in points:
        stored = {field for field in plan.points[name].fields & one.fields if plan.fields[field].form != "never stored"}
        breaches |= {f"“{name}” takes in “{field}”." for field in stored}
    return Looked(seen + len(plan.points), "way[ in or stored value|s in and stored values]", tuple(sorted(breaches)))


def _ways_in(plan: Plan, name: str) -> set[str]:
    point = plan.points[name]
    uses = [use for use in plan.purposes.values() if use.data & point.fields]
    return {name, point.by, *point.of}.union(*(_purpose(plan, use.name) for use in uses))


def _never_joined(plan: Plan, one: Never) -> Looked:
    """A browser joins a person only where its datum says so."""
    to = _limits(one)
    joins = {plan.fields[name].joins for name in one.fields if name in plan.fields} - {"", "never"}
    met = sorted(name for name in joins if not to or any(fnmatch.fnmatchcase(name, word) for word in to))
    return Looked(len(one.fields), "kind[s] of data", tuple(f"It is joined to “{name}”." for name in met))


# --- surfaces ---------------------------------------------------------------------------------------------------


def _break_surfaces(scene: Scene) -> None:
    """The door no longer looks where an event comes from."""
    defaults = lens.Lens.take.__kwdefaults__ or {}
    walk = tuple(step for step in steps.STEPS if step is not steps.drop_wrong_origin)
    lens.Lens.take.__kwdefaults__ = defaults | {"walk": walk}


@keeper(
    "surfaces",
    code="collect.lens, collect.steps",
    how="The door takes an event only from the origins that the policy names for its surface.",
    breaker=_break_surfaces,
)
def surfaces(scene: Scene, line: Line) -> Looked:
    surface = scene.plan.surfaces[line.name]
    number = editions.in_force(scene.client).number
    ours = frozenset({lens.origin(settings.ORIGIN)})
    at = lens.Lens(scene.client, number, scene.plan, line.name, ours=ours)
    stray = at.origins - ours - {lens.origin(one) for one in surface.origins}
    breaches = {f"It takes events of {one}." for one in stray}
    for name in at.points:
        counts: dict[str, int] = {}
        rows = at.take(_event(name), seen=lens.Seen(origin=STRANGER), now=time.time(), counts=counts)
        if rows or "wrong-origin" not in counts:
            breaches.add(f"“{name}” takes an event from a page that the policy does not name.")
    told = len(surface.origins) + len(at.points)
    what = "declared origin[ or event|s, and events] from a foreign page, [|each ]refused"
    return Looked(told, what, tuple(sorted(breaches)))


def _event(point: str) -> steps.Event:
    made = int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10)
    return steps.Event(id=made.hex(), point=point, fields={acts.NOBODY: "x"})


# --- staff, clients ---------------------------------------------------------------------------------------------


@keeper(
    "staff",
    code="policy.deciding",
    how="A hand opens only what its role has a part in; every other use refuses it.",
    breaker=breaking.open_ways,
    with_it=WAYS,
)
def staff(scene: Scene, line: Line) -> Looked:
    tried, breaches = 0, set()
    for way in scene.plan.ways.values():
        if way.recipient:
            continue
        fits = next(acts.tries(way, scene.today))
        act = msgspec.structs.replace(fits.act, staff=line.name)
        allowed = isinstance(deciding.decide(scene.plan, act, fits.facts), deciding.Allowed)
        tried += 1
        if allowed and line.name not in scene.plan.purposes[way.use].staff:
            breaches.add(f"“{line.name}” may {way.use}, and has no part in it.")
    return Looked(tried, "use[s] that this role asked for", tuple(sorted(breaches)))


def _break_clients(scene: Scene) -> None:
    """A use of our own reads what a client gave us."""
    given = frozenset().union(*(point.fields for point in scene.plan.points.values() if point.for_client))
    purposes = {
        name: one if one.for_client else msgspec.structs.replace(one, data=one.data | given)
        for name, one in scene.plan.purposes.items()
    }
    breaking.exchange(scene, msgspec.structs.replace(scene.plan, purposes=purposes))


@keeper(
    "clients",
    code="policy.coverage, gate",
    how="What comes in for a client opens only to uses that rest on its instruction; our own uses cannot read it.",
    breaker=_break_clients,
    with_it=("always/one source", *WRITTEN),
)
def clients(scene: Scene, line: Line) -> Looked:
    plan = scene.plan
    given = frozenset[str]().union(*(point.fields for point in plan.points.values() if point.for_client))
    ours = [one for one in plan.purposes.values() if one.basis != "instruction"]
    kept = {"suppression", "legal compliance", "rights"}  # what the law asks of us whoever instructs
    met = {f"“{one.name}” reads a client's data." for one in ours if one.is_ not in kept and one.data & given}
    return Looked(len(plan.purposes), "use[s] of the plan", tuple(sorted(met)))
