"""Probes of requests that came another way than the page: each has its day, its clock and a fitting check, and who
complains is told that we have it, how it goes on and what came of it (UK GDPR Art 12, 12A; DPA 2018 s164A)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from troth.answer import complaining, complaints, heard, reckoning, requests
from troth.parties import days, editions
from troth.policy.counting import counted
from troth.policy.law import clocks
from troth.policy.problems import Trouble
from troth.prove import breaking, looking, together
from troth.prove.keepers import Looked, Scene, keeper
from troth.prove.promises import Line

BY_HAND: Final = dt.timedelta(days=31)  # without undue delay: a letter that is ready is posted within a month
LONGEST: Final = dt.timedelta(days=62)  # a question that nobody answers keeps no request open for longer
TRIED: Final = dt.date(2026, 9, 3)  # a day of the past with a known month after it


def _break_heard(scene: Scene) -> None:
    """A letter's month is counted from the day on which somebody had time to write it down, and agents need nothing."""
    came = scene.now - dt.timedelta(days=20)
    late = scene.now + dt.timedelta(days=40)
    breaking.request(scene.client, "A-2020-9998", "access", opened=scene.now, due=late)
    breaking.run(
        "INSERT INTO answer_heard(client, reference, way, through, came, registered, \"by\", once)"
        " VALUES(%s, 'A-2020-9998', 'post', '', %s, %s, 'x', 'x')",
        scene.client, f"{scene.plan.day(came):%Y-%m-%d}", breaking.stored(scene.now),
    )  # fmt: skip
    heard.lacks = lambda *, person, row, open_: ""


@keeper(
    "always/every channel is heard",
    code="answer.heard, answer.questions, answer.acting",
    how="Staff write a request down with the day on which it arrived, and the clock runs from there; nothing is done"
    " before it was seen who they are and that somebody may ask for them.",
    breaker=_break_heard,
    with_it=("answer",),
)
def every_channel_is_heard(scene: Scene, line: Line) -> Looked:
    rows = looking.heard(scene.client)
    breaches = [counted(count, said) for said, count in Counter(_wrong(scene, rows)).items()]
    trials = _trials()
    loose = [why for why, passes in trials.items() if passes]
    breaches += [f"Something would be done for {why}." for why in loose]
    breaches += ["A request could be written down for a day that is not yet."] if _takes_any_day(scene) else []
    breaches += [f"By {way} no request is taken." for way in heard.WAYS if not _takes(scene, way)]
    count = len(rows) + len(trials) + 1 + len(heard.WAYS)
    what = "request[ or trial|s] that came another way[|, and trials of checks, days and ways]"
    return Looked(count, what, tuple(breaches))


def _wrong(scene: Scene, rows: list[looking.Heard]) -> Iterator[str]:
    zones = days.zones(scene.client)
    for one in rows:
        asked = requests.find(scene.client, one.reference)
        if asked is None:
            yield "request[s] [was|were] written down and [is|are] gone."
            continue
        if one.came not in {asked.opened.astimezone(zone).date() for zone in zones} or not _says(asked, one):
            yield "request[s] [is|are] not counted from the day on which [it|they] came."
        if asked.state == "open":
            due, rests = reckoning.due(scene.client, asked)
            if asked.due > due + dt.timedelta(days=1) or (asked.waits and asked.waits != rests):
                yield "request[s] [has|have] a later day than the law gives [it|them]."
            if not asked.waits and asked.due < scene.now:
                yield "request[s] [is|are] late."
            if any(scene.today - q.asked > LONGEST for q in reckoning.waits(scene.client, one.reference)):
                yield "request[s] rest[s|] on a question that nobody answered for two months."
        elif one.sealed and asked.closed is not None and scene.now - asked.closed > BY_HAND:
            yield "answer[s] [is|are] ready, and nobody posted [it|them]."
        if asked.state == "closed" and one.made and (not one.shown or (one.through and not one.may)):
            yield "request[s] [was|were] answered before it was seen who asks."


def _says(asked: requests.Request, one: looking.Heard) -> bool:
    """The first step, to which the ledger commits, names the day on which it came."""
    return bool(asked.steps) and heard.in_english(one.came) in asked.steps[0].what


def _trials() -> dict[str, bool]:
    """Whom something would be done for, tried with requests about nobody."""
    now = timezone.now()
    agent, seen = _came("agent", shown=now), _came("", shown=now)
    asked = reckoning.Asked(1, "identity", TRIED, None)
    return {
        "somebody whom nobody found": not heard.lacks(person=0, row=seen, open_=[]),
        "somebody who did not show who they are": not heard.lacks(person=1, row=_came(""), open_=[]),
        "an agent who did not show that they may": not heard.lacks(person=1, row=agent, open_=[]),
        "somebody who was asked and has not answered": not heard.lacks(person=1, row=seen, open_=[asked]),
    }


def _came(through: str, *, shown: dt.datetime | None = None) -> heard.Came:
    return heard.Came(
        reference="A-0000-0000", way="post", through=through, came=TRIED, by="x", shown=shown, may=None,
        acknowledged=None, made=None,
    )  # fmt: skip


def _takes(scene: Scene, way: str, *, came: dt.date | None = None) -> bool:
    """Whether a request would be written down; nothing is."""
    day = came or scene.today - dt.timedelta(days=21)
    said = heard.Entered(right="access", way=way, came=day, asker="somebody", post="at the door")
    try:
        heard.whole(said, "x", scene.plan)
    except Trouble:
        return False
    due = requests.due(scene.client, "access", heard.arrived(scene.client, day))
    law = clocks.answer_by(
        "access",
        heard.arrived(scene.client, day),
        laws=scene.plan.law,
        nation=scene.plan.nation,
        zone=scene.plan.zone,
    )
    return due <= law


def _takes_any_day(scene: Scene) -> bool:
    return _takes(scene, "post", came=scene.today + dt.timedelta(days=7))


# --- complaints -------------------------------------------------------------------------------------------------


def _break_complaints(scene: Scene) -> None:
    """A complaint lies for two months, another is closed without a word, and the letters forget the authority."""
    long_ago, until = scene.now - dt.timedelta(days=70), scene.now - dt.timedelta(days=40)
    for reference, closed in (("Q-2020-9997", None), ("Q-2020-9998", long_ago)):
        breaking.request(scene.client, reference, "complain", opened=long_ago, due=until, closed=closed)
        breaking.run(
            "INSERT INTO answer_complaint(client, reference, source, by_day, heard, outcome)"
            " VALUES(%s, %s, 'page', %s, %s, '')",
            scene.client, reference, breaking.stored(until), breaking.stored(long_ago),
        )  # fmt: skip
    complaining.words = lambda plan, asked, what, outcome, text: ("", "")


@keeper(
    "always/complaints are clocked",
    code="answer.complaining",
    how="A mail acknowledges a complaint at once, or a hand does by its day; nobody waits longer than thirty days for"
    " word of us, and it ends only when they were told what came of it, and where else to complain.",
    breaker=_break_complaints,
)
def complaints_are_clocked(scene: Scene, line: Line) -> Looked:
    rows = looking.complaints(scene.client)
    breaches = [counted(count, said) for said, count in Counter(_unheard(scene, rows)).items()]
    breaches += together.vanished(scene, "complain", "complaint[s]")
    breaches += [f"A letter ({what}) would not say where else to complain." for what in _silent_letters(scene)]
    breaches += [] if _has_form(scene.client) else ["There is no form to complain with."]
    least = scene.now + dt.timedelta(days=40)
    breaches += ["The law's days are not kept."] if complaining.by_day(scene.client, scene.now) > least else []
    count = len(rows) + len(complaining.TOLD) + 2
    return Looked(count, "complaint[ or trial|s, and trials] of letters, the form and the day", tuple(breaches))


def _unheard(scene: Scene, rows: list[looking.Complained]) -> Iterator[str]:
    for one in rows:
        if one.by_day is None or one.heard is None:
            yield "complaint[s] [has|have] no clock."
            continue
        if one.by_day > complaining.by_day(scene.client, one.opened) and one.opened > _in_force_since(scene):
            yield "complaint[s] [has|have] a later day than was promised."
        if (one.acknowledged or scene.now) > one.by_day:
            yield "complaint[s] [was|were] not acknowledged in time."
        if one.closed and one.told is None:
            yield "complaint[s] [was|were] closed, and nobody was told what came of it."
        if not one.closed and one.acknowledged and scene.now - one.heard > complaining.SILENT + dt.timedelta(days=1):
            yield "[person|people] who complained [has|have] heard nothing for thirty days."


def _in_force_since(scene: Scene) -> dt.datetime:
    """What came under an earlier edition was promised by that one."""
    return editions.in_force(scene.client).published_at


def _silent_letters(scene: Scene) -> list[str]:
    """Letters that forget a way to complain, or the reasons; one that only says that we have it gives none."""
    ways, reasons = (scene.plan.who.email, complaints.authority(scene.plan)), "a reason of its own"
    letters = {what: complaining.trial(scene.plan, what, reasons) for what in complaining.TOLD}
    return [
        what
        for what, letter in letters.items()
        if not all(way in letter for way in ways) or (reasons in letter) == (what == "had")
    ]


def _has_form(client: str) -> bool:
    try:
        return bool(reverse("answer:complain", kwargs={"client": client}))
    except NoReverseMatch:
        return False
