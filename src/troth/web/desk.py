"""The privacy desk: what is due, by when; what was turned away; what the sweeps take. It shows no person's values:
those are read on request, for a purpose, through the gate."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from troth.answer import (
    amend,
    asking,
    complaining,
    erase,
    exporting,
    grounds,
    hands,
    heard,
    letters,
    reckoning,
    refusing,
    weighing,
)
from troth.answer import requests as asked
from troth.answer import telling as answering
from troth.collect import intake
from troth.keep import chores, erasure, recipients, staying, sweep
from troth.keep import holds as holding
from troth.parties import days, editions, staff, tenancy
from troth.people import refusals, standing, vault
from troth.policy.counting import counted
from troth.policy.emit import naming
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.prove import report
from troth.web import crowds

SOON: Final = dt.timedelta(days=90)
NEXT: Final = {
    "erase": "Nothing to do: it closes when every place has answered",
    "object": "Weigh what they wrote, and answer",
    "restrict": "Settle it with them, and answer",
    "rectify": "Look at the place that did not answer",
}
UNSURE: Final = "Nothing to do: they must confirm it from their address, or it ends by itself"
STOPPED: Final = {
    "clock": "the clock leapt, or no sweep ran for more than a day",
    "share": f"more than {sweep.SHARE:.0%} of a place was due at once",
}
LOOKED_INTO: Final = 10_000  # events that a page opens to count what they lose; of more it is said on the night
GOES: Final = {
    "values": ("value", "values"),
    "events": ("event", "events"),
    "parts of events": ("event that loses a part of it", "events that lose a part of them"),
    "events to look into": (
        "event that is looked into on the night, and loses what is over in it",
        "events that are looked into on the night, and lose what is over in them",
    ),
    "choices": ("old choice", "old choices"),
    "identities": ("address or name with nothing beside it", "addresses or names with nothing beside them"),
}
WORDS: Final = {
    "undeclared": "events that no policy declares",
    "no-consent": "events that nobody had said yes to",
    "incomplete": "events that lacked what their point needs",
    "objected": "events of somebody who said no",
    "gpc": "events of a browser that signals Global Privacy Control",
    "wrong-origin": "events from a page that is not ours",
    "replay": "events sent twice",
    "stale": "events too old to be believed",
    "malformed": "requests that made no sense",
    "oversized": "requests too large",
    "flood": "requests too fast",
    "forged-choice": "choices that we did not sign",
    "undeclared field": "fields that no policy declares",
    "field without a yes": "fields that nobody had said yes to",
    "shapeless field": "fields that were not what they said",
}


class Client(msgspec.Struct, frozen=True):
    slug: str
    name: str
    plan: Plan

    @property
    def zone(self) -> str:
        return self.plan.zone


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the list of work."""

    day: str
    left: str
    law: str  # the day that the law sets, where we promise an earlier one
    late: bool
    what: str
    firm: Client
    reference: str
    received: dt.datetime
    stage: str
    step: str


class Group(msgspec.Struct, frozen=True):
    title: str
    rows: list[Due]


def number(text: str) -> int:
    """The number of a row, as a form has it; 0, which is the number of none, for whatever is no such number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


def mine(request: HttpRequest, part: str | None = None) -> list[Client]:
    """The clients at which this member of staff works in a part of the desk, with their plans; None: in the part of
    the page that is asked for, which has their time zone where they share one."""
    found, whole = list[Client](), part is None
    part = getattr(request, "part", "") if part is None else part
    for slug in tenancy.slugs():
        if not staff.may(request.user, slug, part):
            continue
        try:
            plan = editions.in_force(slug).plan
        except Trouble:
            continue
        found.append(Client(slug, plan.who.trades_as or plan.who.name, plan))
    if whole and len(zones := {client.zone for client in found}) == 1:
        timezone.activate(zones.pop())
    return found


def clocks(clients: list[Client]) -> list[tuple[str, str]]:
    """On whose clocks what stands on a page happened."""
    return [(client.name, client.zone) for client in clients]


def earliest(clients: list[Client]) -> dt.date:
    """The day that a form for all of them proposes as today: one that has come at each."""
    now = timezone.now()
    return min((client.plan.day(now) for client in clients), default=now.date())


# Today ------------------------------------------------------------------------------------------------------------


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    clients, asks, keeps = mine(request), mine(request, "requests"), mine(request, "keeping")
    groups = _groups(asks, now)
    context = {
        "section": "today",
        "now": now,
        "one_clock": len({client.zone for client in clients}) < 2,  # else an hour would be nobody's
        "day": earliest(clients),
        "headline": _headline(groups) if asks or not clients else "Your part of the desk",
        "lead": _lead(groups, asks) if asks or not clients else "Your role opens what stands above, and nothing else.",
        "groups": [group for group in groups if group.rows],
        "ending": sorted(_papers(mine(request, "proofs"), now) + _holds(keeps, now)),
        "stopped": _stopped(keeps),
        "crowds": crowds.of({client.slug: client.name for client in clients}),
        "untold": [(client, one) for client in asks for one in recipients.waiting(client.slug)],
        "clients": clients,
        "firms": clocks(clients),
        "unsaved": not settings.DEMO and not vault.recovery_shown(),
    }
    return render(request, "web/today.html", context)


def _groups(clients: list[Client], now: dt.datetime) -> list[Group]:
    late, due, week, later = (Group(title, []) for title in ("Late", "Today", "Within seven days", "Later"))
    rows = [(_last(firm.slug, one), firm, one) for firm, one in _open(clients)]
    for last, firm, one in sorted(rows, key=lambda row: row[0]):
        away = firm.plan.day(last) - firm.plan.day(now)
        group = later if away.days > 7 else week if away.days > 0 else due if last >= now else late
        group.rows.append(_row(firm, one, now))
    return [late, due, week, later]


def _last(client: str, one: asked.Request) -> dt.datetime:
    """By when something must have come of it: what waits for their own yes may be promised sooner than it ends."""
    waits = erase.unconfirmed(client, one)
    return max(one.due, one.opened + erase.UNCONFIRMED) if waits else one.due


def _open(clients: list[Client]) -> Iterable[tuple[Client, asked.Request]]:
    return ((client, one) for client in clients for one in asked.of_client(client.slug))


def _stopped(clients: list[Client]) -> list[tuple[Client, str]]:
    """Where nothing is forgotten until somebody says yes, and why the sweep stopped there."""
    return [(client, STOPPED[why]) for client in clients if (why := sweep.stopped(client.slug))]


def _row(firm: Client, one: asked.Request, now: dt.datetime) -> Due:
    zone = ZoneInfo(firm.plan.zone)
    last = _last(firm.slug, one)
    due, law, today = last.astimezone(zone), asked.by_law(one).astimezone(zone), firm.plan.day(now)
    return Due(
        day=f"{due:%H:%M}" if due.date() == today else f"{due:%a %-d %b}",
        left=_left(last - now),
        law=f"{law:%a %-d %b}" if law.date() > due.date() else "",
        late=due.date() <= today,
        what=_of_them(one.words[:1].upper() + one.words[1:]),
        firm=firm,
        reference=one.reference,
        received=one.opened,
        stage=_of_them(one.steps[-1].what) if one.steps else "new",
        step=_next(firm.slug, one),
    )


THEIRS: Final = {"you": "they", "your": "their", "yours": "theirs"}


def _of_them(words: str) -> str:
    """What the person reads of themselves, as staff read it of them."""

    def other(found: re.Match[str]) -> str:
        word = THEIRS[found[2].lower()]
        word = "them" if found[1] and word == "they" else word
        return found[1] + (word.capitalize() if found[2][0].isupper() else word)

    turned = r"(\b(?:with|to|of|for|from|about|told|asked) |)\b(you|your|yours)\b"
    return re.sub(turned, other, words, flags=re.IGNORECASE)


SECOND: Final = "See the hold that stops it: a second person agrees to it under Holds, or it is lifted, or it ends"


def _next(client: str, one: asked.Request) -> str:
    if one.waits == "fee":
        return "Wait for their fee: the clock rests until it is paid"
    if (state := complaining.of(client, one.reference)) is not None:
        return _of_complaint(state)
    if unanswered := reckoning.waits(client, one.reference):
        return f"Wait for their answer: {', '.join(q.what for q in unanswered)}"
    if open_ := [found for found in refusing.of(client, one.reference) if found.state in ("waits", "decided")]:
        waits = open_[0].state == "waits"
        return f"A second person decides: {open_[0].kind}" if waits else "See that its letter goes"
    if lack := heard.missing(client, one.reference):
        return f"{lack.capitalize()}: see what they sent"
    if one.right == "erase" and (places := erasure.hands(client, one.reference)):
        return f"Erase it by hand in {', '.join(places)}, and say so"
    if one.right == "erase" and holding.unseconded(client, one.reference):
        return SECOND
    if places := hands.waiting(client, one):
        return f"Correct it by hand in {', '.join(places)}, and say so"
    if looks := asking.waits(client, one):
        return f"Look in {', '.join(looks)} by hand, and enter what is there"
    if erase.unconfirmed(client, one) or amend.unconfirmed(client, one):
        return UNSURE
    if weighing.decided(client, one):
        return "Nothing to do: its letter is on its way"
    if one.right == "access" and "because" in asked.detail(client, one.reference):
        return "Send the answer: troth answer access, once more"
    return NEXT.get(one.right, "Nothing to do")


def _of_complaint(state: complaining.State) -> str:
    if state.waits == "had":
        return "A mail goes that we have it" if state.by_mail else "Tell them by hand that you have it"
    if state.waits:
        return "See that its letter goes"
    return "Look into it, and tell them what came of it"


def _left(left: dt.timedelta) -> str:
    """Date first, distance second; under two days in hours."""
    if left < dt.timedelta():
        return f"Late by {_long(-left, dt.timedelta(days=1))}"
    long = dt.timedelta(days=2)
    return f"{_long(left, long)} left" if left < long else _long(left, long)


def _long(time: dt.timedelta, days: dt.timedelta) -> str:
    """In days from so many on, else by the clock: a promise may be of hours, and ends in the middle of a day."""
    minutes = int(time.total_seconds() // 60)
    return counted(time.days, "day[s]") if time >= days else f"{minutes // 60} h {minutes % 60} min"


NUMBERS: Final = ("Nothing", "One thing", "Two things", "Three things", "Four things", "Five things", "Six things")


def _things(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else counted(count, "thing[s]")


def _headline(groups: list[Group]) -> str:
    late, due = len(groups[0].rows), len(groups[1].rows)
    if late:
        return f"{_things(late)} {'is' if late == 1 else 'are'} late"
    if due:
        return f"{_things(due)} must leave today"
    return "Nothing is due today" if any(group.rows for group in groups) else "Nothing is due"


def _lead(groups: list[Group], clients: list[Client]) -> str:
    week, later = len(groups[2].rows), len(groups[3].rows)
    if not clients:
        return "You have no role at any client yet. Whoever added you can give you one."
    if not any(group.rows for group in groups):
        return "Nobody’s request is open."
    said = [f"{_things(week)} within seven days" if week else "", f"{_things(later).lower()} later" if later else ""]
    end = "" if groups[0].rows else " Nothing is late."
    return f"{', '.join(word for word in said if word).capitalize() or 'Nothing is due later'}.{end}"


def _papers(clients: list[Client], now: dt.datetime) -> list[tuple[dt.date, str, str]]:
    """Papers that run out within three months: a promise or a recipient rests on them."""
    return [
        (paper.until, f"{paper.kind.capitalize()} “{paper.name}”, owner {paper.owner}", client.name)
        for client in clients
        for paper in client.plan.papers.values()
        if paper.until <= client.plan.day(now) + SOON
    ]


def _holds(clients: list[Client], now: dt.datetime) -> list[tuple[dt.date, str, str]]:
    """Holds that end within three months."""
    holds = ((client, hold) for client in clients for hold in standing.all_of(client.slug, "hold"))
    found = [
        (client.plan.day(hold.until), f"Hold “{hold.name}”", client.name)
        for client, hold in holds
        if hold.until and hold.until <= now + SOON
    ]
    found += [
        (client.plan.day(one.ends), f"Hold “{one.stands.name}”, unless a second person agrees", client.name)
        for client in clients
        for one in holding.alone(client.slug)
    ]
    return found


# Requests ---------------------------------------------------------------------------------------------------------


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """Every request, open first; closed ones stay as a reference, the right, dates and the outcome."""
    clients = mine(request)
    closed = [(client, one) for client in clients for one in asked.of_client(client.slug, state="closed")]
    closed.sort(key=lambda pair: pair[1].opened, reverse=True)
    now = timezone.now()
    rows = [row for group in _groups(clients, now) for row in group.rows]
    shown = [(client, one, _of_them(one.words), _of_them(one.outcome)) for client, one in closed[:50]]
    context = {"section": "requests", "rows": rows, "closed": shown, "more": max(0, len(closed) - 50)}
    return render(request, "web/requests.html", context)


@require_safe
def requests_csv(request: HttpRequest) -> HttpResponse:
    """Every request as a spreadsheet: reference, right and dates, and in which time zone these are days; no person, no
    value."""
    head = ["client", "reference", "what", "state", "received", "due", "due by law", "closed", "outcome", "time zone"]
    found = [
        [client.slug, one.reference, _of_them(one.words), one.state, *_days(client.plan, one), _of_them(one.outcome),
         client.plan.zone]
        for client in mine(request)
        for state in ("open", "closed")
        for one in asked.of_client(client.slug, state=state)
    ]  # fmt: skip
    return sheet("requests", [head, *found])


def _days(plan: Plan, one: asked.Request) -> list[str]:
    moments = (one.opened, one.due, asked.by_law(one), one.closed)
    return [plan.day(moment).isoformat() if moment else "" for moment in moments]


def sheet(name: str, rows: list[list[str]]) -> HttpResponse:
    """A spreadsheet to keep. A cell that a spreadsheet would run as a formula gets a mark before it (T57)."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([[exporting.plain(cell) for cell in row] for row in rows])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def promises_csv(request: HttpRequest, client: str) -> HttpResponse:
    """The latest proof as a spreadsheet."""
    latest = report.latest(client)
    if latest is None:
        raise Http404("There is no page here.")
    head = ["promise", "sentence", "state", "looked at", "why", "keeper", "proved"]
    day = days.local(client, latest.at).isoformat(timespec="seconds")
    found = [[f.promise, f.sentence, f.state, f.looked_at, f.why, f.keeper, day] for f in latest.findings]
    return sheet(f"promises-{client}", [head, *found])


WEIGHED: Final = {
    "object": ("We stop", ""),
    "restrict": ("It stays unused", "It is settled: use it again"),
}


SAYS_HOW: Final[dict[str, recipients.State]] = {  # what closes something, and what it is then
    "done": "claimed by them",
    "corrected": "claimed by them",
    "told": "told",
    "claimed": "claimed by them",
    "marked": "claimed by them",
    "empty": "nothing held",
    "cannot": "cannot",
}
"""Whoever presses one of these says how they know: nobody is told of a thing done on a bare press of a button."""


class Unsaid(Trouble):
    """What somebody pressed a button for is not written down yet: something beside it is missing."""


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, client: str, reference: str) -> HttpResponse:
    found = asked.find(client, reference)
    if found is None:
        raise Http404("There is no page here.")
    letter, wrong = _letter(client, found) if request.POST.get("act") == "letter" else "", ""
    try:
        whom = _hand(request, client, reference) if request.method == "POST" and not letter else None
    except Unsaid as trouble:
        whom, wrong = None, f"{trouble.sentence} {trouble.help}"
    if request.method == "POST" and whom is None and not letter and not wrong:
        return redirect("web:request", client=client, reference=reference)
    plan = editions.in_force(client).plan
    firm = Client(client, plan.who.trades_as or plan.who.name, plan)
    progress = erasure.progress(client, reference) if found.right == "erase" else None
    receipts = progress.receipts if progress else []
    decided = refusing.of(client, reference)
    context = {
        "section": "requests",
        "one": found,
        "firm": firm,
        "steps": [(step.at, _of_them(step.what), step.entry) for step in found.steps],
        "outcome": _of_them(found.outcome),
        "row": _row(firm, found, timezone.now()),
        "law": asked.by_law(found),
        "unconfirmed": erase.unconfirmed(client, found) or amend.unconfirmed(client, found),
        "ends": found.opened + erase.UNCONFIRMED,
        "progress": progress,
        "second": SECOND if progress and found.state == "open" and holding.unseconded(client, reference) else "",
        "places": [(receipt, progress.answered.get(receipt.place)) for receipt in receipts if progress],
        "hands": erasure.hands(client, reference) if progress else [],
        "mends": hands.waiting(client, found),
        "evidence": sorted(erasure.evidence(client, reference).items())
        if progress
        else hands.evidence(client, reference),
        "told": [(one, _who(client, one.by)) for one in recipients.of(client, reference, evidence=True)],
        "shut": [(one, _who(client, one.by)) for one in recipients.in_places(client, reference, evidence=True)],
        "whom": whom,
        "letter": letter,
        "wrong": wrong,
        "typed": request.POST,
        "came": heard.of(client, reference),
        "complaint": complaining.of(client, reference),
        "decisions": [one for one in decided if one.state in ("waits", "decided")],
        "gdpr": staying.gdpr(plan),
        "decidable": found.state == "open" or decided or _left_out(found, plan),
        "asked_by_hand": [(name, sorted(plan.places[name].holds)) for name in asking.waits(client, found)],
        "weighed": found.state == "open" and WEIGHED.get(found.right),
        "goes": weighing.decided(client, found),
    }
    return render(request, "web/request.html", context, status=422 if wrong else 200)


def _left_out(found: asked.Request, plan: Plan) -> bool:
    """Whether something can be left out of what they see, when it was answered, too."""
    return any("withhold" in one.kinds for one in grounds.of(found.right, plan.law).values())


def _who(client: str, by: str) -> str:
    """Who of the staff wrote it down, for the desk."""
    return next((one.email for one in staff.ever(client) if one.ref == by), "")


def _letter(client: str, found: asked.Request) -> str:
    """What is written to who asked for everything to be erased; or why there is no letter yet. It holds no value."""
    try:
        letters.must(client, found.reference)
    except Trouble as trouble:
        return f"{trouble.sentence} {trouble.help}"
    with letters.theirs(client, found.reference):
        return letters.as_text(client, found.reference)


def _hand(request: HttpRequest, client: str, reference: str) -> list[tuple[str, str]] | None:
    """What somebody did where no program can: a place that was emptied, a recipient who was told. A list: whom to look
    for, read through the gate because they asked; it is shown once and kept nowhere."""
    by, said = str(getattr(request.user, "ref", "")), request.POST.get("evidence", "").strip()[:500]
    recipient = request.POST.get("recipient", "")
    if request.POST.get("act") == "written":
        if heard.of(client, reference) is not None:  # who may have shown nothing yet, or be unknown here
            return heard.written(client, reference, actor=by)
        text = weighing.written(client, reference, actor=by)
        return [("they wrote", text or "nothing beside the request itself")]
    if request.POST.get("act") in (*SAYS_HOW, "stays", "lift") and not said:
        weighed = request.POST["act"] in ("stays", "lift")
        lacks = "Say why, as we write it to them." if weighed else "Say how you know that it is done."
        raise Unsaid("no-reasons", lacks, "Then press the button again.")
    if request.POST.get("act") in ("stays", "lift"):
        weighing.settle(client, reference, lift=request.POST["act"] == "lift", because=said, actor=by)
        return None
    if request.POST.get("act") in ("found", "nothing"):
        return _found(request, client, reference, by)
    if request.POST.get("act") == "look" and (looked := asked.find(client, reference)) is not None:
        return asking.whom(client, looked, actor=by)
    if request.POST.get("act") == "wrong" and (wanted := asked.find(client, reference)) is not None:
        return hands.whom(client, wanted, actor=by)
    if request.POST.get("act") == "corrected":
        amend.by_hand(client, reference, request.POST.get("place", ""), by=by, evidence=said)
        return None
    if request.POST.get("act") == "whom":
        if not recipient:
            return list(erasure.whom(client, reference, actor=by)) if erasure.hands(client, reference) else []
        shown = answering.whom(client, reference, number(recipient), actor=by)
        return [*shown.identities, *([("it should say", shown.new)] if shown.new else [])] if shown else []
    if recipient:
        if state := SAYS_HOW.get(request.POST.get("act", "")):
            recipients.told(client, reference, number(recipient), state, by=by, evidence=said)
    elif request.POST.get("act") == "done":
        erasure.by_hand(client, reference, request.POST.get("place", ""), by=by, evidence=said)
    return None


def _found(request: HttpRequest, client: str, reference: str, by: str) -> list[tuple[str, str]] | None:
    """What somebody found of a person where no program can ask."""
    text = request.POST.get("found", "") if request.POST["act"] == "found" else ""
    if request.POST["act"] == "found" and not text.strip():
        raise Unsaid("no-fields", "The box is empty.", "Write what was found, or say that nothing is held.")
    try:
        asking.entered(client, reference, request.POST.get("place", ""), text, by=by)
    except Trouble as trouble:
        raise Unsaid(trouble.code, trouble.sentence, trouble.help) from None
    return None


# Sweeps, and what was turned away ---------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def sweeps(request: HttpRequest) -> HttpResponse:
    """What the next sweep would take, looked at and not done; and what a hand must forget where no sweep reaches."""
    wrong = _by_hand(request) if request.method == "POST" else ""
    if request.method == "POST" and not wrong:
        return redirect("web:sweeps")
    clients = mine(request)
    tonight = [(client, swept, _goes(client.plan, swept)) for client in clients if (swept := _preview(client.slug))]
    going = any(swept.counts for _, swept, _ in tonight)
    context = {"section": "sweeps", "tonight": tonight, "any": going, "stopped": _stopped(clients)}
    context |= {"wrong": wrong, "which": request.POST.get("chore", ""), "firms": clocks(clients)}
    context["chores"] = [
        (client, one, f"{client.slug}/{one.number}") for client in mine(request) for one in chores.waiting(client.slug)
    ]
    context["said"] = [(client, one) for client in mine(request) for one in chores.said(client.slug)]
    return render(request, "web/sweeps.html", context, status=422 if wrong else 200)


def _by_hand(request: HttpRequest) -> str:
    """What is missing, where somebody forgot what was due at a place and does not say how that is known."""
    slug, _, which = request.POST.get("chore", "").partition("/")
    if any(client.slug == slug for client in mine(request)):
        try:
            by = str(getattr(request.user, "ref", ""))
            chores.done(slug, number(which), by=by, evidence=request.POST.get("evidence", ""))
        except Trouble as trouble:  # done already: the page shows what still waits
            return f"{trouble.sentence} {trouble.help}" if trouble.code == "no-evidence" else ""
    return ""


def _goes(plan: Plan, swept: sweep.Swept) -> list[tuple[int, str, str]]:
    """How many, of what, and which data: a period is written down under the name that the policy file gives it."""
    found = []
    for name, count in swept.counts.items():
        kind, _, rule = name.partition(", ")
        single, many = GOES.get(kind, (f"in {kind}", f"in {kind}"))
        fields = plan.rules[rule].fields if rule in plan.rules else frozenset()
        labels = [one.label for one in plan.fields.values() if one.name in fields]
        found.append((count, single if count == 1 else many, naming.some(labels)))
    return found


def _preview(slug: str) -> sweep.Swept | None:
    night = days.at(slug, days.today(slug) + dt.timedelta(days=1), dt.time(sweep.NIGHT.start))
    found = sweep.sweep(night, client=slug, preview=True, most=LOOKED_INTO)
    return found[0] if found else None


@require_safe
def refused(request: HttpRequest) -> HttpResponse:
    """What the door dropped and what the gate refused, as counts and codes: no person, no value."""
    shown = [Away(client, *_counted(client.slug), refusals.of(client.slug, 20)) for client in mine(request)]
    dropped = sum(count for one in shown for _, count in one.dropped)
    context = {"section": "refused", "shown": shown, "dropped": dropped}
    context["firms"] = clocks([one.client for one in shown])
    return render(request, "web/refused.html", context)


class Away(msgspec.Struct, frozen=True):
    client: Client
    stored: int
    dropped: list[tuple[str, int]]
    refused: list[Any]


def _counted(slug: str) -> tuple[int, list[tuple[str, int]]]:
    """What was taken in, and each reason for which something was not."""
    counts = intake.counters(slug)
    return counts.get("stored", 0), [(words, counts[reason]) for reason, words in WORDS.items() if counts.get(reason)]
