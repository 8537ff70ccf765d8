"""Probes: for each keeper, the read-only look that shows whether its promises are kept, and the breaker beside it.

A probe never trusts the code that keeps: it reads what lies there, or asks the very decider that the gate asks. A
breaker works in a scratch copy only (``troth.prove.breakers``).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from django.apps import apps
from django.conf import settings
from django.urls import NoReverseMatch, reverse

from troth.answer import reckoning, requests
from troth.collect import tag
from troth.collect.lens import Lens, Opened
from troth.keep import outside, spells, where
from troth.keep.stores import Unreachable
from troth.ledger import entries, tree
from troth.parties import editions, tenancy
from troth.people import identities, looks, standing, store, vault
from troth.places import events, master
from troth.places.kinds import NotAnswered
from troth.policy import compiling, deciding, former, words
from troth.policy.always import RIGHTS
from troth.policy.counting import counted
from troth.policy.emit.naming import day
from troth.policy.emit.texts import among
from troth.policy.plan import Plan, Rule
from troth.policy.problems import Trouble
from troth.prove import acts, breaking, elsewhere, looking, remembering, together, unused
from troth.prove.keepers import WAYS, WRITTEN, Looked, Scene, keeper
from troth.prove.promises import Line

PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "access": ("download", {"form": "json"}),
    "port": ("download", {"form": "json"}),
    "rectify": ("correct", {}),
    "erase": ("erase", {}),
    "restrict": ("stop", {"right": "restrict"}),
    "object": ("stop", {"right": "object"}),
    "withdraw": ("choices", {}),
}
MANY = 1000  # findings of a ruined ledger that are looked at
SWEEP_GRACE = dt.timedelta(hours=26)  # a sweep runs each night; later than this is late
NAMING = frozenset({"effect without entry", "entry without effect", "effect changed"})  # what is wrong with the ledger
CLEAR_FORMS = frozenset({"clear", "truncated", "outward half", "hour", "site only", "no identifiers", "counted"})


# --- collect and data -------------------------------------------------------------------------------------------


LOST = "Some of it came in under an edition that is not here, so nobody sees what was declared then."


def _fields_at(scene: Scene, point: str, edition: int) -> frozenset[str]:
    """What a point took then: nothing where there was no such point. ``Trouble``: there is no such edition."""
    found = looking.plan_of(scene.client, edition).points.get(point)
    return found.fields if found else frozenset()


def _break_collect(scene: Scene) -> None:
    """A value of another point slips in: what was declared elsewhere stands under this one."""
    for point in scene.plan.points.values():
        other = sorted(scene.plan.fields.keys() - point.fields)
        if other and looking.count(
            "SELECT count(*) FROM people_terms WHERE client_id=%s AND point=%s", scene.client, point.name
        ):
            breaking.run(
                "UPDATE people_value SET field=%s WHERE id IN (SELECT v.id FROM people_value v JOIN people_terms t"
                " ON t.id=v.terms_id WHERE v.client_id=%s AND t.point=%s LIMIT 1)",
                other[0], scene.client, point.name,
            )  # fmt: skip
            return
    _break_event(scene, lambda clear: {**clear, "undeclared.field": "x"})


@keeper(
    "collect",
    code="collect.door, collect.forms",
    how="The door and the forms store declared fields only; what is not declared is dropped and counted.",
    breaker=_break_collect,
    with_it=("always/nothing undeclared", *WRITTEN),
)
def collect(scene: Scene, line: Line) -> Looked:
    breaches, lost = set(), ""
    values = [one for one in together.values(scene) if one.point == line.name]
    happened = {said: number for said, number in together.said(scene).items() if said.point == line.name}
    for edition in {one.edition for one in values} | {one.edition for one in happened}:
        try:
            takes = _fields_at(scene, line.name, edition)
        except Trouble:  # what is wrong under another edition is told all the same
            lost = LOST
            continue
        strays = {one.field for one in values if one.edition == edition} - takes
        breaches |= {f"A value of “{field}” stands under this point, which does not take it." for field in strays}
        for said in [one for one in happened if one.edition == edition]:
            if extra := said.names - takes:
                breaches.add(f"Events hold {counted(len(extra), 'field[s] that [was|were]')} not declared.")
    seen = sum(one.number for one in values) + sum(happened.values())
    return Looked(seen, "value[ or event|s and events] taken in here", tuple(sorted(breaches)), unproved=lost)


def _break_data(scene: Scene) -> None:
    breaking.run(
        "UPDATE people_value SET sealed=%s WHERE id=(SELECT min(id) FROM people_value WHERE client_id=%s)",
        b"in clear", scene.client,
    )  # fmt: skip


@keeper(
    "data",
    code="people.store, collect.lens",
    how="Each value is put into its declared form before anything is written; values of a person are sealed.",
    breaker=_break_data,
    with_it=("secure", "always/sealed", *WRITTEN),
)
def data(scene: Scene, line: Line) -> Looked:
    seen, breaches = 0, set()
    form = scene.plan.fields[line.name].form
    names = former.with_earlier(scene.plan, frozenset({line.name}))
    bare = 0
    for value in together.values(scene):
        if value.field in names:
            seen += value.number
            if form == "never stored":
                breaches.add("It is stored, although it never may be.")
            bare += 0 if value.marked and value.whole else value.number
    breaches |= {counted(bare, "value[s] [is|are] not sealed.")} if bare else set()
    for said, number in together.said(scene).items():
        for name in names & said.names:
            seen += number
            if form not in CLEAR_FORMS:
                breaches.add(f"Events hold it in clear, although it is to be {form}.")
            if name in said.wide:
                declared = looking.plan_of(scene.client, said.edition).fields[name].form
                breaches.add(f"Events hold more of it than {declared}.")
    if form == "never stored" and not seen:
        seen = 1  # looked everywhere, and it stands nowhere: that is what was promised
    return Looked(seen, "stored value[s] of it", tuple(sorted(breaches)))


# --- use, disclose ---------------------------------------------------------------------------------------


@keeper(
    "use",
    code="gate, policy.deciding",
    how="Nothing reads a value without a pass, and the gate gives one only for a declared use that is open.",
    breaker=breaking.open_ways,
    with_it=WAYS,
)
def use(scene: Scene, line: Line) -> Looked:
    way = scene.plan.way(line.name)
    if way is None:
        return Looked(0, "acts", ("The plan has no way for this use.",))
    tried, breaches = acts.wrong(scene.plan, way, scene.today)
    return Looked(tried, "act[s] that the gate was asked", breaches)


@keeper(
    "disclose",
    code="gate, policy.deciding",
    how="The gate gives a pass only for a named recipient, its declared data and uses, while its papers hold.",
    breaker=lambda scene: breaking.break_ways(True),
    with_it=("never",),
)
def disclose(scene: Scene, line: Line) -> Looked:
    tried, breaches = 0, set()
    for way in scene.plan.ways.values():
        if way.recipient == line.name:
            count, wrong = acts.wrong(scene.plan, way, scene.today)
            tried += count
            breaches |= set(wrong)
    return Looked(tried, "act[s] that the gate was asked", tuple(sorted(breaches)))


# --- keep -------------------------------------------------------------------------------------------------------


def _break_keep(scene: Scene) -> None:
    """A value stays that should have gone a century ago, whatever its period counts from."""
    for rule in scene.plan.rules.values():
        values = [] if rule.least else [one for one in looking.values(scene.client) if one.rule == rule.name]
        ends = {end.after for end in rule.ends if end.shape == "period"}
        if values and ends:
            breaking.age(scene.client, min(one.first for one in values), ends - {"collected"})
            return
    for file in looking.event_files(scene.client):
        if file.rule in scene.plan.rules:
            file.path.rename(file.path.with_name("1926-01-01.db" if len(file.span) == 10 else "1926-01.db"))
            return
    elsewhere.age()


@keeper(
    "keep",
    code="keep.sweep",
    how="Each night what is due by its fact and period is deleted: values, files of events, days and data in them.",
    breaker=_break_keep,
    with_it=WRITTEN,
)
def keep(scene: Scene, line: Line) -> Looked:
    rule = scene.plan.rules[line.name]
    seen = looking.values_of(scene.client, rule.fields)
    late = together.once(scene, "late", lambda: _late(scene))[rule.name]
    breaches = [counted(late, "value[s] [is|are] past [its|their] period.")] if late else []
    stays = together.once(scene, "stays", lambda: outside.staying(scene.client, scene.plan))
    moved = together.once(scene, "moved", lambda: set(_moved(scene)))
    for file, under, binds in together.once(scene, "binding", lambda: list(_binding(scene))):
        if rule in [one for spell in binds.values() for one in spell.now] or file.rule == rule.name:
            seen += file.events
            if not file.reads:
                breaches.append(f"The events of {file.span} cannot be read: nobody can find or erase what is in them.")
            elif file.path in moved:
                breaches.append(f"The events of {file.span} lie under another day or period than theirs.")
            elif (due := _late_editions(scene, file, under, binds)) and not _is_held(scene, file, due, stays):
                breaches.append(f"The events of {file.span} are past their period.")
            elif parts := _over_alone(scene, file, binds, rule, stays):
                breaches.append(f"{', '.join(sorted(parts))} of {file.span} is past its period, and stands in events.")
    if looks.FIELD in rule.fields:  # they are rows of their own
        seen += looks.number(scene.client)
        breaches += looks.late(scene.client)
    waits = store.without_clock(scene.client, rule)
    untold = f"; for {waits} of them no clock runs until a moment is told" if waits else ""
    there = elsewhere.past(scene, rule, scene.now - SWEEP_GRACE)
    rows = among(f"“{name}”" for name in there.asked)
    what = f"value[, event or row|s, events and rows] of {rows}" if there.asked else "value[ or event|s and events]"
    by_hand = elsewhere.told(scene, rule)
    return Looked(
        seen + there.rows,
        f"{what} under this period{untold}",
        (*breaches, *there.breaches),
        unproved=" ".join((*there.silent, *by_hand.unsaid)),
        attested=" ".join(by_hand.said),
    )


def _over_alone(
    scene: Scene, file: looking.EventFile, binds: dict[int, spells.Spell], rule: Rule, stays: events.Stays
) -> frozenset[str]:
    """What stands in events though its own period is over, which a later edition made shorter than its neighbours'.
    What a hold stands over is left out, and the same of everybody else is not."""
    ends, found = _ends(file.span), frozenset[str]()
    if ends is None:
        return found
    for edition, spell in binds.items():
        over = spell.over(*ends, scene.now - SWEEP_GRACE)
        if mine := {field: until for field, until in over.items() if field in rule.fields}:
            found |= _named(scene, file, events.cuts(file.span, mine), edition, stays)
    return found


def _named(
    scene: Scene, file: looking.EventFile, over: events.Over, edition: int, stays: events.Stays
) -> frozenset[str]:
    """Which of these fields stand in a file though they are over; one that has not changed by a byte since it
    had none is not opened."""
    seen: remembering.Memory = scene.once.setdefault("seen", remembering.Memory())
    question = (file.path, scene.client, edition, over, stays)
    if seen.is_known(mark := seen.mark(*question)):
        return frozenset()
    found = events.store().naming_in(file.path, scene.client, over, edition, stays=stays)
    if found is not None and not found and seen.mark(*question) == mark:  # else somebody wrote meanwhile
        seen.met.add(mark)
    return found or frozenset()


def _late(scene: Scene) -> Counter[str]:
    """By rule, how many values are past their period, and no hold stands over them."""
    due = store.due(scene.client, editions.in_force(scene.client).plan, scene.now - SWEEP_GRACE)
    return Counter(one.rule for one in due if one.field not in standing.facts(scene.client, one.person).held)


def _moved(scene: Scene) -> Iterator[Path]:
    """Files that lie under another name than that for which their key was made, or say another period than their folder
    is named for: no sweep would drop them in time, and no look for a person finds them."""
    for file in [one for one in together.files(scene) if one.reads]:
        with looking.unless_dropped(file.path):
            if not _is_at_home(file) or events.store().is_moved(file.path, scene.client):
                yield file.path


Under = dict[int, dt.datetime]  # by edition, when the first of its events came


def _binding(scene: Scene) -> Iterator[tuple[looking.EventFile, Under, dict[int, spells.Spell]]]:
    """Each file, and what binds its events by the edition under which they came in."""
    for one in together.files(scene):
        file = one if _is_at_home(one) else msgspec.structs.replace(one, rule=_rule_of(scene, one))
        with looking.unless_dropped(file.path):
            under = (looking.editions_of(file) if file.reads else {}) or {events.NO_EVENT: scene.now}
            binds = {edition: spells.of(scene.client, scene.plan, file.rule, edition) for edition in under}
            yield file, under, binds


def _is_at_home(file: looking.EventFile) -> bool:
    return events.slug(file.rule) == file.path.parent.name


def _rule_of(scene: Scene, file: looking.EventFile) -> str:
    """The rule for which a file's folder is named, of whatever edition; '' of none."""
    plans = (editions.numbered(scene.client, one.number).plan for one in editions.all_of(scene.client))
    names = (name for plan in plans for name in plan.rules)
    return next((name for name in names if events.slug(name) == file.path.parent.name), "")


def _late_editions(
    scene: Scene, file: looking.EventFile, under: Under, binds: dict[int, spells.Spell]
) -> dict[int, dt.datetime]:
    """The editions of which events stand in a file past their period, each with the moment before which those came: of
    a month's file the first days, where less than 13 months bind it."""
    ends, late = _ends(file.span), dict[int, dt.datetime]()
    if ends is None:
        return late
    for edition, first in under.items():
        until = binds[edition].until(*ends, scene.now - SWEEP_GRACE)
        if until is not None and (until == ends[1] or first < until):
            late[edition] = until
    return late


def _is_held(scene: Scene, file: looking.EventFile, due: dict[int, dt.datetime], stays: events.Stays) -> bool:
    """Whether a hold stands over all that is late in a file."""
    under = {edition: int(until.timestamp()) for edition, until in due.items()}
    return bool(stays) and events.store().is_all_held(file.path, scene.client, under, stays=stays)


def _ends(span: str) -> tuple[dt.datetime, dt.datetime] | None:
    """The first moment of a file's span and the first after it; None where its name says none."""
    try:
        return events.span_start(span), events.span_end(span)
    except ValueError:
        return None


# --- cookies ----------------------------------------------------------------------------------------------------


def _break_cookies(scene: Scene) -> None:
    """The tag forgets which suppliers wait for a yes, and what no answer was needed for now needs one."""
    real = tag.config
    for name, function in words.COOKIE_FUNCTIONS.items():
        words.COOKIE_FUNCTIONS[name] = function._replace(exempt=frozenset())

    def leaky(plan: Plan, edition: int, surface: str) -> dict[str, object]:
        told = real(plan, edition, surface)
        free = {"yes": [], "no": [], "exempt": True}
        return told | {"blocks": {name: waits | free for name, waits in told["blocks"].items()}}

    tag.config = leaky


@keeper(
    "cookies",
    code="collect.tag",
    how="The tag holds back every supplier and cookie that is not exempt until a yes; what is exempt ends with a no.",
    breaker=_break_cookies,
    with_it=("always/refusing costs nothing",),
)
def cookies(scene: Scene, line: Line) -> Looked:
    cookie = scene.plan.cookies[line.name]
    told = tag.config(scene.plan, editions.in_force(scene.client).number, cookie.surface)
    waits = told["blocks"].get(cookie.name)
    breaches = []
    if cookie.switches and not cookie.exempt and not (waits and _waits_for(waits, cookie.switches)):
        breaches.append("The tag lets it in before a yes.")
    if waits and cookie.exempt in ("statistics", "appearance") and not set(waits["no"]) >= cookie.uses:
        breaches.append("It goes on after a no.")  # PECR Sch A1 paras 5(1)(e), 6
    if not cookie.exempt and not cookie.switches:
        breaches.append("Nothing asks for it.")
    wide = [one for one in cookie.does if cookie.exempt and cookie.exempt not in words.COOKIE_FUNCTIONS[one].exempt]
    breaches += [f"It is set without asking, and no exception covers {one}." for one in wide]
    return Looked(1, "tag as it is served", tuple(breaches))


def _waits_for(waits: dict[str, Any], switches: frozenset[str]) -> bool:
    return not waits["exempt"] and set(waits["yes"]) >= switches


# --- answer, places, papers -------------------------------------------------------------------------------------


def _break_answer(scene: Scene) -> None:
    opened, due = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2020, 2, 1, tzinfo=dt.UTC)
    for right in RIGHTS:
        breaking.request(scene.client, f"late-{right}", right, opened=opened, due=due)


@keeper(
    "answer",
    code="answer.requests, answer.pages",
    how="Whoever proved who they are may use it, on a page of their own; each request has its legal clock.",
    breaker=_break_answer,
    with_it=("always/recipients are told",),
)
def answer(scene: Scene, line: Line) -> Looked:
    mine = [one for one in requests.of_client(scene.client) if one.right == line.name]
    late = requests.late(scene.client, line.name, scene.now)
    put_off = [one for one in mine if one.state == "open" and _is_put_off(scene.client, one)]
    total = looking.count(
        'SELECT count(*) FROM answer_requestrow WHERE client=%s AND "right"=%s', scene.client, line.name
    )
    act = deciding.Act(kind="answer", use=line.name, fields=frozenset(scene.plan.fields), day=scene.today)
    breaches = ["A request is late."] if late else []
    breaches += ["A request has a later day than the law gives it."] if put_off else []
    breaches += together.vanished(scene, line.name, "request[s]")
    for proved in (True, False):
        allowed = isinstance(deciding.decide(scene.plan, act, deciding.Facts(proved=proved)), deciding.Allowed)
        if allowed != proved:
            breaches.append("Somebody unproved is answered." if allowed else "Somebody proved is refused.")
    if not _has_page(line.name):
        breaches.append("There is no page for it.")
    return Looked(total, "request[s]", tuple(breaches))


def _is_put_off(client: str, one: requests.Request) -> bool:
    due, rests = reckoning.due(client, one)
    return one.due > due + dt.timedelta(days=1) or bool(one.waits and one.waits != rests)


def _has_page(right: str) -> bool:
    name, more = PAGES[right]
    try:
        return bool(reverse(f"answer:{name}", kwargs={"client": "somebody", **more}))
    except NoReverseMatch:
        return False


def _break_places(scene: Scene) -> None:
    """Somebody makes a copy on the side."""
    breaking.run("CREATE TABLE copy_for_later AS SELECT * FROM people_identity")


@keeper(
    "places",
    code="places.kinds, places.ours",
    how="Every table of ours belongs to a declared room; other people's databases are read by their declared columns.",
    breaker=_break_places,
)
def places(scene: Scene, line: Line) -> Looked:
    place = scene.plan.places[line.name]
    if place.kind == "ours":
        return _our_tables()
    if place.kind == "events":
        return _our_files(scene, place.holds)
    if place.kind in ("http", "files", "by hand"):
        whose = "claimed by them" if place.kind == "http" else "said by somebody of ours"
        return Looked(0, "answers", unproved=f"What it answers is {whose}: no program of ours can look there.")
    found = next((one for one in where.places(scene.client) if one.name == place.name), None)
    if found is None or not where.is_sql(found):
        why = found.why if isinstance(found, Unreachable) else "It is not on the operator's list."
        return Looked(0, "columns", unproved=f"It has not answered. {why}")
    try:
        seen = found.look()
    except Trouble as trouble:
        return Looked(1, "schema", (trouble.sentence,))
    if isinstance(seen, NotAnswered):
        return Looked(0, "columns", unproved=f"It has not answered. {seen.why}")
    return Looked(seen, "declared column[s] found in its schema")


def _our_tables() -> Looked:
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    strays = {name for name in looking.tables() - known if not name.startswith(("sqlite_", "django_migrations"))}
    return Looked(len(known), "table[s]", tuple(f"A table “{name}” belongs to no room." for name in sorted(strays)))


def _our_files(scene: Scene, holds: frozenset[str]) -> Looked:
    extra = frozenset[str]().union(*(said.names for said in together.said(scene))) - holds
    said = [f"Events hold “{name}”." for name in sorted(extra)]
    dark = sum(not one.reads for one in together.files(scene))
    said += [counted(dark, "event file[s] cannot be read.")] if dark else []
    return Looked(len(together.files(scene)), "event file[s]", tuple(said))


def _break_papers(scene: Scene) -> None:
    lapsed = {
        name: msgspec.structs.replace(paper, until=dt.date(2000, 1, 1)) for name, paper in scene.plan.papers.items()
    }
    breaking.exchange(scene, msgspec.structs.replace(scene.plan, papers=lapsed))


@keeper(
    "papers",
    code="policy.checking",
    how="A policy that rests on a lapsed paper does not compile; the gate closes what a lapsed contract opened.",
    breaker=_break_papers,
    with_it=("always/one source", *WRITTEN),
)
def papers(scene: Scene, line: Line) -> Looked:
    paper = scene.plan.papers[line.name]
    if paper.until < scene.today:
        return Looked(1, "paper", (f"It ran out on {day(paper.until)}.",))
    if paper.kind == "attestation":
        return Looked(1, "paper", attested=f"Stated by {paper.owner} until {day(paper.until)}.")
    return Looked(1, f"paper, in force until {day(paper.until)}")


# --- standing guarantees ----------------------------------------------------------------------------------------


def _break_refusing(scene: Scene) -> None:
    """Whatever the browser says, everything opens."""
    _break_cookies(scene)

    def deaf(self: Lens, point: str, choice: object, gpc: bool) -> Opened:
        uses = frozenset(one.use for one in self.points[point].openings)
        return Opened(frozenset(self.points[point].fields), uses, True)

    Lens.opened = deaf  # type: ignore[method-assign]


def _break_event(scene: Scene, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    for file in looking.event_files(scene.client):
        with sqlite3.connect(file.path) as db:
            row = db.execute("SELECT rowid, clear FROM event ORDER BY rowid DESC LIMIT 1").fetchone()
            if row:
                changed = change(json.loads(row[1]))
                db.execute("UPDATE event SET clear=? WHERE rowid=?", (json.dumps(changed), row[0]))
        db.close()
        if row:
            return
    breaking.run(
        "UPDATE people_value SET field='undeclared.field'"
        " WHERE id=(SELECT min(id) FROM people_value WHERE client_id=%s)",
        scene.client,
    )


@keeper(
    "always/nothing undeclared",
    code="collect.lens, people.store",
    how="Only declared names are stored.",
    breaker=lambda scene: _break_event(scene, lambda clear: {**clear, "undeclared.field": "x"}),
    with_it=("collect", "places", *WRITTEN),
)
def nothing_undeclared(scene: Scene, line: Line) -> Looked:
    names = list(_names(scene))
    strays, lost = set(), ""
    for edition in {one for one, _, _ in names}:
        try:
            declared = looking.plan_of(scene.client, edition).fields.keys()
        except Trouble:  # what is wrong under another edition is told all the same
            lost = LOST
            continue
        for name in {name for one, name, _ in names if one == edition} - declared:
            strays.add(f"“{name}” is stored and not declared." if "." in name else "A name nobody declared is stored.")
    return Looked(sum(many for _, _, many in names), "stored name[s]", tuple(sorted(strays)), unproved=lost)


def _names(scene: Scene) -> Iterator[tuple[int, str, int]]:
    for value in together.values(scene):
        yield value.edition, value.field, value.number
    for said, number in together.said(scene).items():
        yield from ((said.edition, name, number) for name in said.names)


@keeper(
    "always/closed world",
    code="policy.deciding",
    how="What has no way in the plan is refused.",
    breaker=breaking.open_ways,
    with_it=WAYS,
)
def closed_world(scene: Scene, line: Line) -> Looked:
    return _refused(scene, "not declared", "not named", "hand")


@keeper(
    "always/restriction stops use",
    code="gate, people.standing, keep.unused",
    how="A restriction is a fact that the gate reads at every act; each place outside is told of it, by program or by a"
    " hand that says how it knows.",
    breaker=unused.break_restriction,
    with_it=WAYS,
)
def restriction(scene: Scene, line: Line) -> Looked:
    looked, (seen, breaches) = _refused(scene, "restricted"), unused.outside(scene)
    what = f"{looked.what}, places outside that were told, and trials with each" if seen else looked.what
    if lost := len(looking.ended_unwritten(scene.client, "restriction")):
        breaches.append(counted(lost, "restriction[s] ended, and nobody wrote down by whom."))
    return Looked(looked.count + seen, what, (*looked.breaches, *breaches))


@keeper(
    "always/use is not consent",
    code="people.choices",
    how="A use on consent is shut until there is a recorded yes; nothing but an answer records one.",
    breaker=breaking.open_ways,
    with_it=WAYS,
)
def use_is_not_consent(scene: Scene, line: Line) -> Looked:
    looked = _refused(scene, "without a yes")
    hows = looking.count("SELECT count(*) FROM people_choice WHERE client_id=%s AND state AND how=''", scene.client)
    more = (counted(hows, "yes[ does|es do] not say how [it was|they were] given."),) if hows else ()
    return Looked(looked.count, looked.what, looked.breaches + more)


def _refused(scene: Scene, *kinds: str) -> Looked:
    seen, breaches = acts.let_through(scene.plan, scene.today, *kinds)
    return Looked(seen, "act[s] that the gate must refuse", tuple(sorted(breaches)))


def _break_ledger(scene: Scene) -> None:
    breaking.run("DROP TRIGGER IF EXISTS ledger_entry_no_update")
    breaking.run(
        "UPDATE ledger_entry SET counts='{}' WHERE number=(SELECT max(number) FROM ledger_entry WHERE counts<>'{}')"
    )


@keeper(
    "always/every act is written down",
    code="ledger.entries, ledger.tree",
    how="One entry for each act in the transaction of its effect, chained, its head signed.",
    breaker=_break_ledger,
)
def written_down(scene: Scene, line: Line) -> Looked:
    verdict = tree.verify()
    told = dict.fromkeys(_of_this_wall(scene, verdict.findings))
    return Looked(verdict.entries, "entr[y|ies]", tuple(told)[:5])


def _of_this_wall(scene: Scene, findings: tuple[tree.Finding, ...]) -> list[str]:
    """What is wrong with the one ledger of all clients, this client's own first. What another one's rows are called,
    such as a request, is not for who looks at this one; `troth ledger verify` says it to whoever runs all."""
    if len(tenancy.slugs()) < 2:
        return [one.sentence for one in findings]
    some = findings[:MANY]
    about = entries.clients_of({one.entry for one in some})
    own = [one.sentence for one in some if one.kind not in NAMING or about.get(one.entry) == scene.client]
    elsewhere_too = "What an act left is not what was written down: `troth ledger verify` says which."
    return own if len(own) == len(some) else [*own[:4], elsewhere_too]


@keeper(
    "always/sealed",
    code="people.vault",
    how="Each value is sealed under a key of its person and period; a value without its key opens for nobody.",
    breaker=_break_data,
    with_it=("data", "secure", *WRITTEN),
)
def sealed(scene: Scene, line: Line) -> Looked:
    seen = opened = 0
    for value in together.values(scene):
        seen += value.number
        opened += 0 if value.marked else value.number
    loose = len(store.without_key(scene.client)) if not opened else 0
    breaches = [counted(opened, "value[s] [is|are] not sealed.")] if opened else []
    breaches += [counted(loose, "value[s] stand[s|] without a key.")] if loose else []
    beside, bare = looking.sealed_beside(scene.client)
    said = "letter[ or other word|s or other words] of people [is|are] not sealed."
    breaches += [counted(bare, said)] if bare else []
    return Looked(seen + beside, "value[ or letter|s and letters]", tuple(breaches))


def _break_walls(scene: Scene) -> None:
    """A value lands under another client's person."""
    others = [slug for slug in tenancy.slugs() if slug != scene.client] or [tenancy.add("somebody-else").slug]
    breaking.run(
        "UPDATE people_value SET client_id=%s WHERE id=(SELECT max(id) FROM people_value WHERE client_id=%s)",
        others[0], scene.client,
    )  # fmt: skip


@keeper(
    "always/walls",
    code="parties.tenancy",
    how="The client stands in every row, key and file name, and in what each value is sealed with.",
    breaker=_break_walls,
    with_it=WRITTEN,
)
def walls(scene: Scene, line: Line) -> Looked:
    total, crossing = looking.of_people(scene.client)
    wrong = (counted(crossing, "row[s] stand[s|] on the wrong side."),) if crossing else ()
    return Looked(total, "row[s] about its people", wrong)


def _break_key(scene: Scene) -> None:
    settings.DEMO = False
    settings.KEY_FILE = Path(settings.DATA) / "master.key"


@keeper(
    "always/secrets stay secret",
    code="places.master, people.vault",
    how="The master key is a file outside the data folder; person keys lie wrapped in a file of their own.",
    breaker=_break_key,
)
def secrets(scene: Scene, line: Line) -> Looked:
    inside = Path(settings.DATA).resolve() in Path(settings.KEY_FILE).resolve().parents
    loose = [] if inside else ["The key file can be read by others than its owner."] if _others_read() else []
    if inside:
        return Looked(1, "key file", ("The master key lies inside the data folder.",))
    loose += ["A copy of the master key lies inside the data folder."] if _is_copied() else []
    return Looked(1 + len(vault.key_ids(scene.client)), "key[s]", tuple(loose))


def _is_copied() -> bool:
    """Whether a small file of the data folder holds what the key file holds: each backup would carry it away."""
    key, small = Path(settings.KEY_FILE).read_bytes().strip(), 4096
    for file in Path(settings.DATA).rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # somebody dropped it just now
            if file.is_file() and file.stat().st_size <= small and key in file.read_bytes():
                return True
    return False


def _others_read() -> bool:
    master.read()
    return bool(Path(settings.KEY_FILE).stat().st_mode & 0o077)


def _break_editions(scene: Scene) -> None:
    breaking.run("UPDATE parties_edition SET text=%s WHERE client_id=%s", b"", scene.client)


@keeper(
    "always/editions stay readable",
    code="parties.editions",
    how="Rows of editions are only added; each is served at its own address.",
    breaker=_break_editions,
    with_it=("always/one source", *WRITTEN),
)
def readable(scene: Scene, line: Line) -> Looked:
    all_ = editions.all_of(scene.client)
    texts = {one.number: editions.text_of(scene.client, one.number) for one in all_}
    bad = [f"Edition {one.number} cannot be read." for one in all_ if not texts[one.number]]
    other = [one for one in all_ if texts[one.number] and _hash(texts[one.number]) != one.source_hash]
    bad += [f"Edition {one.number} is not read as it was published." for one in other]
    return Looked(len(all_), "edition[s]", tuple(bad))


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


@keeper(
    "always/one source",
    code="policy, parties.editions",
    how="Notice, question, door and gate are worked out from the plan of the edition in force.",
    breaker=_break_editions,
    with_it=("always/editions stay readable", *WRITTEN),
)
def one_source(scene: Scene, line: Line) -> Looked:
    force = editions.in_force(scene.client)
    same = _hash(editions.text_of(scene.client, force.number)) == force.source_hash
    breaches = [] if same else ["The text is not the one that was compiled."]
    if force.plan.source_hash != force.source_hash or not compiling.is_as_compiled(force.plan):
        breaches.append("The plan is not the one that was compiled from it.")
    return Looked(1, "edition compared with its text and its plan", tuple(breaches))


def _break_facts(scene: Scene) -> None:
    breaking.run("UPDATE people_person SET facts=x'' WHERE client_id=%s", scene.client)
    breaking.run(
        "UPDATE people_person SET facts=(SELECT facts FROM people_person p2 WHERE p2.id<>people_person.id LIMIT 1)"
        " WHERE client_id=%s", scene.client,
    )  # fmt: skip


@keeper(
    "always/no is sticky",
    code="people.standing",
    how="What the gate reads of a person is worked out from the rows of what they said, and compared with them.",
    breaker=_break_facts,
)
def sticky(scene: Scene, line: Line) -> Looked:
    total = looking.count("SELECT count(*) FROM people_person WHERE client_id=%s", scene.client)
    stale = len(standing.stale(scene.client))
    differs = f"What the gate reads of {counted(stale, '[person|people]')} differs from what they said."
    return Looked(total, "[person|people]", (differs,) if stale else ())


@keeper(
    "always/refusing costs nothing",
    code="collect.tag",
    how="Three equal buttons; the site waits for no answer, and none, or the browser's own signal, means no.",
    breaker=_break_refusing,
    with_it=("cookies",),
)
def refusing(scene: Scene, line: Line) -> Looked:
    number = editions.in_force(scene.client).number
    seen, breaches = 0, []
    for surface in scene.plan.surfaces:
        told = tag.config(scene.plan, number, surface)
        opens = {c.name for c in scene.plan.cookies.values() if c.surface == surface and not c.exempt}
        seen += len(opens)
        if any(name in opens and (waits["exempt"] or not waits["yes"]) for name, waits in told["blocks"].items()):
            breaches.append(f"On the {surface} something loads before an answer.")
        waits, taken = _against_the_signal(scene, number, surface)
        seen += waits
        breaches += taken
    return Looked(seen, "[cookie, tool or use|cookies, tools and uses] that may be refused", tuple(breaches))


def _against_the_signal(scene: Scene, edition: int, surface: str) -> tuple[int, list[str]]:
    """How many uses here wait for an answer, and which points open one to a browser that says no for its owner
    (Global Privacy Control)."""
    lens = Lens(scene.client, edition, scene.plan, surface)
    free = {one.use for point in scene.plan.points.values() for one in point.openings if one.exempt}
    waits = sum(one.use not in free for point in lens.points.values() for one in point.openings)
    wide = [name for name in lens.points if lens.opened(name, None, gpc=True).uses - free]
    return waits, [f"“{name}” takes data against the browser's signal." for name in wide]


def _break_yes(scene: Scene) -> None:
    breaking.run("DROP TRIGGER IF EXISTS people_choice_only_added")
    breaking.run("UPDATE people_choice SET key='0000000000000000' WHERE client_id=%s AND state", scene.client)


@keeper(
    "always/yes is exact",
    code="people.choices, policy.compiling",
    how="A yes is kept under a fingerprint of what was asked; a wider use has another fingerprint, and asks again.",
    breaker=_break_yes,
    with_it=("always/no is sticky", *WRITTEN),
)
def yes_is_exact(scene: Scene, line: Line) -> Looked:
    seen = stray = 0
    for edition, key in looking.yeses(scene.client):
        seen += 1
        stray += key not in looking.plan_of(scene.client, edition).switches
    said = counted(stray, "yes[ is|es are] to something [its|their] edition did not ask.")
    return Looked(seen, "yes[|es]", (said,) if stray else ())


def _break_joined(scene: Scene) -> None:
    """Two strangers type the same address, and whoever typed it is taken for the same person."""
    names = sorted(name for name, field in scene.plan.fields.items() if field.identifies == "person")
    kinds = frozenset(sorted(scene.plan.people)[:1])
    for one in [identities.make(scene.client, kinds) for _ in range(2) if names]:
        identities.attach(scene.client, one, names[0], "nobody@troth.invalid", verified=False)

    def careless(client: str, person: int) -> set[int]:
        typed = [(who, blind) for who, _, blind, _ in looking.identities(client)]
        known = {blind for who, blind in typed if who == person}
        return {person} | {who for who, blind in typed if blind in known}

    identities.reach = careless


@keeper(
    "always/joined only by proof",
    code="people.identities",
    how="An address that somebody typed joins nothing until its mailbox has answered; only proved keys are joined.",
    breaker=_break_joined,
)
def joined_only_by_proof(scene: Scene, line: Line) -> Looked:
    rows = list(looking.identities(scene.client))
    proved: dict[bytes, set[int]] = {}
    for person, field, blind, verified in rows:
        one = scene.plan.fields.get(field)
        if verified and one is not None and (one.identifies == "person" or one.joins != "never"):
            proved.setdefault(blind, set()).add(person)
    typed = {person for person, _, _, verified in rows if not verified}
    people = sorted({row[0] for row in rows}, key=lambda person: (person not in typed, -person))[: looking.PEOPLE]
    wrong = sum(bool(identities.reach(scene.client, person) - _joined(person, proved)) for person in people)
    said = counted(wrong, "[person reaches|people reach] data of somebody they did not prove to be.")
    claimed = looking.claimed(scene.client)
    more = (counted(claimed, "key[s] [is|are] called proved, and nobody wrote down a proof of [it|them]."),)
    breaches = (*((said,) if wrong else ()), *(more if claimed else ()))
    return Looked(len(people), "[person|people] with what they are known by", breaches)


def _joined(person: int, proved: dict[bytes, set[int]]) -> set[int]:
    """Everybody joined to a person by proofs, worked out from the rows alone."""
    found, grown = {person}, True
    while grown:
        more = set[int]().union(found, *(group for group in proved.values() if group & found))
        found, grown = more, more != found
    return found
