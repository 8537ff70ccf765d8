"""Forgetting on time: UK GDPR Art 5(1)(e). What is due is worked out from facts each time, never read from a date
that somebody stored. A clock that leapt, or more falling due at once than is usual, stops the sweep until a person
says yes; a moment that has not come is only ever previewed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec
from django.db import transaction
from django.utils import timezone

from troth import gate
from troth.keep import chores, disk, erasure, handed, holds, outside, recipients, serving, spells, unused, where
from troth.keep.models import Erasure, Sweep
from troth.keep.stores import Events
from troth.ledger import entries
from troth.parties import days, editions, tenancy
from troth.people import choices, identities, left, looks, standing, store
from troth.people.binding import Binding
from troth.places import events
from troth.policy import periods
from troth.policy.deciding import KEEP, Act
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.work import loop, queue

LEAP: Final = dt.timedelta(days=1, hours=6)  # a nightly sweep may be late by some hours
HOLDS_LOOKED_BACK: Final = dt.timedelta(days=40)  # a hold that ended by itself is noticed, however late the sweep
NIGHT: Final = range(2, 6)
SWEPT: Final = dt.timedelta(hours=5)  # no shorter, or a night has two sweeps; no longer, or one by day takes its own
UNSHOWN: Final = dt.timedelta(days=30)  # an address that somebody typed, beside no value, and nobody showed
MANY: Final = 5_000  # values deleted by one statement: a database takes only so many names at once
SHARE, FEW = 0.30, 100  # of a place, and never for fewer rows than this


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What one sweep of one client took, or would take."""

    client: str
    as_of: dt.datetime
    preview: bool
    counts: dict[str, int]  # place and rule: how many
    held: int = 0
    stopped: str = ""  # why, in a sentence
    not_answered: list[str] = []  # outside places that were silent: what is due there still stands


_also: dict[str, Callable[[], int]] = {}


def also(name: str, call: Callable[[], int]) -> None:
    """A room above registers what lapses in its own tables; it answers how many rows went."""
    _also[name] = call


def sweep(
    as_of: dt.date | None = None,
    *,
    client: str = "",
    preview: bool = False,
    confirm: bool = False,
    restored: bool = False,
    most: int | None = None,
) -> list[Swept]:
    """Sweep one client or all, as of now, of a moment, or of a day: then of its end on each client's own clocks, and
    where that has not come it only previews. ``confirm`` is a person's yes to what stopped the last one. ``restored``:
    an older troth.db was put back, and what was erased since goes again. ``most``: for a page, which waits: so many
    events are opened to see whether they would lose a part, and of the others is said that they are looked into on the
    night."""
    now = timezone.now()
    swept, failed = [], list[Exception]()
    for one in [client] if client else _published():
        when = moment(one, as_of) if as_of else now
        only_look, stands = preview or when > now, False
        if not only_look:  # what a night that was stopped left, whatever becomes of this one
            stands = not events.store().overwrite(one)
        try:
            swept.append(_sweep(one, when, only_look, confirm, restored, most, stands))
        except Exception as error:  # one client's trouble keeps nobody else's data for longer than was promised
            failed.append(error)
    if done := [one for one in swept if not one.preview and not one.stopped]:
        _finish(done)
    if failed:
        raise failed[0]
    return swept


def moment(client: str, as_of: dt.date) -> dt.datetime:
    """A moment itself; of a day, its end for a client."""
    return as_of if isinstance(as_of, dt.datetime) else days.at(client, as_of, dt.time.max)


def has_come(client: str, as_of: dt.date) -> bool:
    """Whether it has, for one client or for any of all."""
    return any(moment(one, as_of) <= timezone.now() for one in ([client] if client else _published()))


def _published() -> list[str]:
    """Clients with a policy in force: without one nothing was ever taken in."""
    return [slug for slug in tenancy.slugs() if editions.is_published(slug)]


def ask_server(client: str, confirm: bool, as_of: dt.date | None = None) -> bool:
    """For a command beside a running server: leave the sweep to it and wait. False when it takes too long."""
    clients = [client] if client else tenancy.slugs()
    if not clients:
        return True
    day = as_of.isoformat() if as_of else ""
    job = queue.add("sweep", {"client": client, "confirm": int(confirm), "as_of": day}, client=clients[0])
    return serving.asked("sweep", lambda: queue.outcome(job) is not None) and queue.outcome(job) == ""


def _finish(swept: list[Swept]) -> None:
    for call in _also.values():
        call()
    for number in erasure.unfinished():
        row = Erasure.objects.get(pk=number)
        queue.add("erase", {"erasure": number}, client=row.client, once=f"erase {number}")
    for one in swept:
        holds.lapse(one.client)
        holds.tell(one.client)
        holds.tidy(one.client)
        handed.tidy(one.client)
        chores.tidy(one.client)
        left.tidy(one.client)
        looks.tidy(one.client)
        for ended in standing.ended_holds(one.client, timezone.now() - HOLDS_LOOKED_BACK):
            holds.resume(one.client, ended.person)
        unused.overlooked(one.client)
        recipients.again(one.client)
        store.release_all(one.client)
    # Also where nothing was due: what went by other acts, or while somebody read, stands there yet.
    queue.add("overwrite", {}, client=swept[0].client, once="overwrite")
    queue.run_due(kinds=frozenset({"overwrite"}))


def _sweep(
    client: str,
    when: dt.datetime,
    only_look: bool,
    confirm: bool,
    restored: bool,
    most: int | None,
    stands: bool,
) -> Swept:
    """``stands``: what went of events before could not be overwritten."""
    plan = editions.in_force(client).plan
    values, held = _due_values(client, plan, when)
    values += _destroyed(client, plan, when, {one.value_id for one in values}) if restored else []
    stored, broken = events.store().editions(client)  # of a file that cannot be read all stands; all else goes on time
    said = choices.due(client, plan, when)
    spans = _due_spans(client, plan, stored, when)
    stays = outside.staying(client, plan) if spans else {}
    spans, over, unread = _around(client, stored, spans, stays)
    counts = Counter({f"values, {one.rule}": 0 for one in values})
    counts.update(f"values, {one.rule}" for one in values)
    counts.update({f"events, {rule}": n for rule, (_, n) in spans.items() if n})
    counts["choices"] = len(said)
    parts = _over_alone(client, plan, stored, when)
    stays = stays or (outside.staying(client, plan) if parts else {})
    lose = _losing(client, parts, stays, most if only_look else None)
    for one, lost in zip(parts, lose, strict=True):
        counts[f"parts of events, {one.rule}"] += lost.events
        counts[f"events to look into, {one.rule}"] += lost.later
        unread |= lost.unread
    alone = _due_identities(client, plan, when)
    alone += [one for one in identities.destroyed(client) if one not in alone] if restored else []
    counts["identities"] = len(alone)
    beyond = outside.due(client, plan, when, few=FEW, share=SHARE)
    total = {name: n for name, n in (counts | Counter(beyond.counts)).items() if n}
    leapt = _leapt(client, timezone.now())  # a day that somebody names is no clock that went back
    much = _too_much(client, len(values), spans, stored, sum(lost.events for lost in lose)) or beyond.much
    why = "" if confirm else leapt or much
    silent, sealed = beyond.silent, True
    if not only_look and not why:
        done = [events.store().strip(client, *one, stays=stays) for one in parts]
        unread |= any(one.unread for one in done)
        went, sealed = _erase(client, values, spans, stays, said, total, sum(one.events for one in done))
        unread |= went < sum(n for _, n in spans.values()) and _is_left(client, plan, when, stays)
        _forget(client, alone)
        silent = outside.erase(client, when, beyond)
        chores.open_month(client)
    elif why and not only_look:
        _stop(client, why, total)
    ours = [*([Events.name] if broken or unread or stands else []), *([] if sealed else [where.OURS])]
    return Swept(
        client=client,
        as_of=when,
        preview=only_look,
        counts=total,
        held=held + over,
        stopped="" if only_look else why,
        not_answered=sorted({*silent, *chores.silent(client), *ours}),
    )


# What is due ------------------------------------------------------------------------------------------------------


def _due_values(client: str, plan: Plan, when: dt.datetime) -> tuple[list[store.Due], int]:
    """The values that are due, without those a hold stands over (they are counted)."""
    due, held, over = [], 0, dict[int, frozenset[str]]()
    for one in store.due(client, plan, when):
        if one.person not in over:
            over[one.person] = standing.facts(client, one.person).held
        if one.field in over[one.person]:
            held += 1
        else:
            due.append(one)
    return due, held


def _destroyed(client: str, plan: Plan, when: dt.datetime, due: set[int]) -> list[store.Due]:
    """What was erased, and came back with an older troth.db. What a hold stands over goes when that ends."""
    again = (one for one in store.destroyed(client, when) if one.value_id not in due and one.field in plan.fields)
    return [one for one in again if one.field not in standing.facts(client, one.person).held]


def _due_identities(client: str, plan: Plan, when: dt.datetime) -> list[identities.Alone]:
    """Identities beside which no value stands. One that was only typed and never shown lapses soon (T22); the others
    end by their own rule."""
    found, binding = [], Binding(client, plan)
    for one in identities.alone(client):
        known = binding.known(one.person, binding.at(one.made))
        facts = standing.clock(standing.moments(client, one.person), one.made)
        ends = [periods.due(rule, facts, zone=plan.zone) for rule in binding.rules(one.field, known)]
        ends += [one.made + UNSHOWN] if one.verified_at is None else []
        if any(_is_due(end, when) for end in ends) and one.field not in standing.facts(client, one.person).held:
            found.append(one)
    return found


_Spans = dict[str, dict[str, dict[int, int]]]  # by rule: each span, and how many events came in under which edition
_Due = dict[str, tuple[dict[int, dt.datetime], int]]  # by rule: up to when each edition's are due, how many events go


def _due_spans(client: str, plan: Plan, stored: _Spans, when: dt.datetime) -> _Due:
    """For each rule, by edition, up to when what came in is due, and how many events stand of it."""
    found = _Due()
    for rule, spans in stored.items():
        due, count = dict[int, dt.datetime](), 0
        under = {edition for counts in spans.values() for edition in counts}
        binds = {edition: spells.of(client, plan, rule, edition) for edition in under}
        for span, edition in ((span, edition) for span, counts in spans.items() for edition in counts):
            end = events.span_end(span)
            if (until := binds[edition].until(events.span_start(span), end, when)) is not None:
                due[edition] = max(until, due.get(edition, until))
                count += _number(client, rule, span, spans[span], {edition: until}) or 0
        if due:
            found[rule] = (due, count)
    return found


class _Part(NamedTuple):
    """What is over alone: fields whose own period is, of events that came in under an edition and go later."""

    rule: str
    span: str
    edition: int
    over: events.Over
    since: int  # the second (UTC) before which the events of the file go whole this night


def _over_alone(client: str, plan: Plan, stored: _Spans, when: dt.datetime) -> list[_Part]:
    """A shorter period that a later edition gave some of what came in together binds at once."""
    found = list[_Part]()
    for rule, spans in stored.items():
        under = {edition for counts in spans.values() for edition in counts} - {events.NO_EVENT}
        binds = {edition: spells.of(client, plan, rule, edition) for edition in under}
        for span, edition in ((span, edition) for span, counts in spans.items() for edition in counts):
            if (spell := binds.get(edition)) is None:
                continue
            began, end = events.span_start(span), events.span_end(span)
            if (whole := spell.until(began, end, when)) == end:
                continue
            if over := events.cuts(span, spell.over(began, end, when)):
                found.append(_Part(rule, span, edition, over, int(whole.timestamp()) if whole is not None else 0))
    return found


def _losing(client: str, parts: list[_Part], stays: events.Stays, most: int | None) -> list[events.Lost]:
    """What would be taken out of events, with no more than ``most`` of them opened in all."""
    found, left = list[events.Lost](), most
    for one in parts:
        found.append(events.store().losing(client, *one, stays=stays, most=left))
        left = None if left is None else left - found[-1].read
    return found


def _around(client: str, stored: _Spans, spans: _Due, stays: events.Stays) -> tuple[_Due, int, bool]:
    """What goes of the events that are due, how many stay for a hold (UK GDPR Art 17(3)(e)), and whether the events
    of a file could not be read: that file stands, and all else goes on time."""
    if not stays:
        return spans, 0, False
    goes, over, unread = _Due(), 0, False
    for rule, (before, _) in spans.items():
        went = events.store().drop_due(client, rule, before, stays=stays, preview=True)
        due = {span: _number(client, rule, span, counts, before) for span, counts in stored.get(rule, {}).items()}
        goes[rule] = (before, sum(went.values()))
        over += sum((n or 0) - went[span] for span, n in due.items() if span in went)
        unread |= any(n is not None and span not in went for span, n in due.items())
    return goes, over, unread


def _number(client: str, rule: str, span: str, counts: dict[int, int], before: dict[int, dt.datetime]) -> int | None:
    """How many events of a span are due, or None where none is."""
    cuts = {one: end for one, end in events.cuts(span, before).items() if one in counts}
    some = {one: end for one, end in cuts.items() if end is not None}
    part = events.store().number(client, rule, span, some) if some else 0
    return sum(counts[one] for one in cuts.keys() - some.keys()) + part if cuts.keys() - some.keys() or part else None


def _is_left(client: str, plan: Plan, when: dt.datetime, stays: events.Stays) -> bool:
    """Whether events that are due still stand: fewer went than were due, and no other sweep took them."""
    stored, broken = events.store().editions(client)
    goes, _, unread = _around(client, stored, _due_spans(client, plan, stored, when), stays)
    return bool(broken or unread or any(n for _, n in goes.values()))


def _is_due(due: dt.datetime | None, when: dt.datetime) -> bool:
    return due is not None and due <= when


# What stops it ----------------------------------------------------------------------------------------------------


def _leapt(client: str, when: dt.datetime) -> str:
    last = Sweep.objects.filter(client=client).order_by("-at", "-pk").first()
    if last is None or last.stopped == "clock":
        return "" if last is None else "The clock leapt before the last sweep, and nobody has confirmed it."
    said = f"The last sweep was on {days.local(client, last.at):%-d %B %Y}"
    if when - last.at > LEAP:
        return f"{said}: the clock has leapt, or no sweep ran for more than a day."
    if when < last.at - LEAP:
        return f"{said}, which is later than now: the clock went back."
    return ""


def in_time() -> bool:
    """Whether clients are swept, each of late, and no clock leapt: what else ends by the clock waits until it is so."""
    now, clients = timezone.now(), _published()
    return bool(clients) and all(newest(client) is not None and not _leapt(client, now) for client in clients)


def _too_much(client: str, values: int, spans: _Due, stored: _Spans, parts: int) -> str:
    total = sum(store.count(client).values())
    if values > FEW and values > SHARE * total:
        return f"{values:,} of {total:,} values are due at once, more than {SHARE:.0%}."
    every = sum(n for one in stored.values() for counts in one.values() for n in counts.values())
    due = sum(count for _, count in spans.values()) + parts
    if due > FEW and due > SHARE * every:
        return f"{due:,} of {every:,} events are due at once, more than {SHARE:.0%}."
    return ""


def _stop(client: str, why: str, counts: dict[str, int]) -> None:
    kind = "share" if "due at once" in why else "clock"
    last = Sweep.objects.filter(client=client).order_by("-at", "-pk").first()
    if last is not None and last.stopped == kind:
        return  # one alert is enough
    with transaction.atomic():
        entry = entries.append("sweep-stopped", client=client, counts={"due": sum(counts.values())})
        at = last.at if last is not None and kind == "clock" else timezone.now()
        Sweep.objects.create(client=client, at=at, counts=counts, stopped=kind, entry=entry.number)


# Erasing what is due ----------------------------------------------------------------------------------------------


def _erase(
    client: str,
    values: list[store.Due],
    spans: _Due,
    stays: events.Stays,
    said: list[int],
    counts: dict[str, int],
    stripped: int,
) -> tuple[int, bool]:
    """Returns how many events went, and whether nothing kept the key of what went. ``stripped``: how many events lost a
    part before."""
    persons = frozenset(one.person for one in values)
    dropped = 0  # another sweep may have been first: what is written down went, and by this one
    for rule, (before, _) in spans.items():
        dropped += sum(events.store().drop_due(client, rule, before, stays=stays).values())
    sealed = all([_keep_apart(client, person) for person in sorted(persons)])
    with transaction.atomic():
        gone = _erase_values(client, values, persons) if values else 0  # another sweep may have been first
        totals = {"values": gone, "events": dropped, "choices": choices.drop(client, said)}
        totals |= {"changed": stripped} if stripped else {}
        entry = entries.append("swept", client=client, counts=totals)
        Sweep.objects.create(client=client, at=timezone.now(), counts=counts, entry=entry.number)
        queue.add("overwrite", {}, client=client, once="overwrite")  # whoever is stopped now leaves it to be taken up
    for person in sorted(persons):
        store.release(client, person)
    return dropped, sealed


def _keep_apart(client: str, person: int) -> bool:
    """What a hold keeps does not keep the key of what goes: whoever is stopped after this leaves a key that seals
    nothing, and it goes the next night. False where something of it could not be sealed anew: it is said, and nobody
    else's night ends with it."""
    held = standing.facts(client, person).held
    try:
        return not held or store.keep_apart(client, person, held, "hold") == 0
    except Trouble:  # the newest keys are to be put back, or somebody moved it
        return False


def _erase_values(client: str, values: list[store.Due], persons: frozenset[int]) -> int:
    deleted = 0
    # A hold over one person is about that person alone: the gate is asked for them apart, and keeps nobody else's.
    for group in _apart(client, persons):
        mine = [one for one in values if one.person in group]
        for start in range(0, len(mine), MANY):  # a pass each: it lives for seconds, and very many take longer
            part = mine[start : start + MANY]
            act = Act(kind="keep", use=KEEP, fields=frozenset(one.field for one in part), day=days.today(client))
            token = gate.must(act, client=client, persons=frozenset(one.person for one in part))
            deleted += store.delete_values(token, client, [one.value_id for one in part])
    gone: dict[int, set[str]] = {}
    for one in values:
        gone.setdefault(one.person, set()).add(one.field)
    for person, fields_gone in gone.items():
        if over := fields_gone - store.fields_held(client, person):
            left.note_proof(client, person)
            identities.forget(client, person, frozenset(over))
    return deleted


def _apart(client: str, persons: frozenset[int]) -> list[frozenset[int]]:
    """Everybody without a hold together, and each of the others alone."""
    held = frozenset(one for one in persons if standing.facts(client, one).held)
    return [group for group in (persons - held, *(frozenset({one}) for one in sorted(held))) if group]


def _forget(client: str, alone: list[identities.Alone]) -> None:
    for one in alone:
        left.note_proof(client, one.person)
        identities.drop_one(client, one.person, one.id)
        store.release(client, one.person)


def stopped(client: str) -> str:
    """Why the last sweep of a client stopped ('clock', 'share'), or ''. For the desk."""
    last = Sweep.objects.filter(client=client).order_by("-pk").first()
    return last.stopped if last is not None else ""


def newest(client: str) -> dt.datetime | None:
    """When a client was swept last, or None. A sweep that stopped counts: it was looked at."""
    return Sweep.objects.filter(client=client).order_by("-pk").values_list("at", flat=True).first()


def effects() -> Iterable[tuple[int, str]]:
    """Every row that an act left, with the number of its ledger entry."""
    for number, entry in Sweep.objects.values_list("pk", "entry").iterator():
        yield entry, f"sweep {number}"
    for number, entry in Erasure.objects.values_list("pk", "entry").iterator():
        yield entry, f"erasure {number}"
    yield from (*holds.effects(), *handed.effects(), *chores.effects())


@loop.every(300)
def nightly() -> None:
    """Once a night, in the small hours of each client; a server that slept through them sweeps when it wakes."""
    now = timezone.now()
    failed = list[Exception]()
    for client in _published():
        last = Sweep.objects.filter(client=client).order_by("-pk").values_list("at", flat=True).first()
        night = days.local(client, now).hour in NIGHT and (last is None or now - last > SWEPT)
        if night or (last is not None and now - last > LEAP):
            try:
                sweep(client=client)
            except Exception as error:  # the next client's night is theirs
                failed.append(error)
    if failed:
        raise failed[0]


@queue.handler("overwrite")
def _overwrite(payload: dict[str, str | int]) -> None:
    if not disk.overwrite():
        raise Trouble("still-read", "Somebody still reads what is to be overwritten.", "It is tried again by itself.")


@queue.handler("sweep")
def _job(payload: dict[str, str | int]) -> None:
    day = str(payload.get("as_of", ""))
    when = (dt.datetime if len(day) > len("2026-11-26") else dt.date).fromisoformat(day) if day else None
    sweep(when, client=str(payload.get("client", "")), confirm=bool(payload.get("confirm", 0)))
