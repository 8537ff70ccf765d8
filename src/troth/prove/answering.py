"""Probes of what follows an answer: whoever had the data is told of it (UK GDPR Art 19), and whoever is refused is told
why and where to complain (Art 12(4)).

That it was looked up who had it stands in the ledger, written when the rows were; so a row that was lost is missed.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Final

from troth.answer import complaints, grounds, refusing, weighing
from troth.keep import holds, recipients
from troth.keep.recipients import Had
from troth.policy.counting import counted
from troth.policy.plan import Plan
from troth.policy.problems import Trouble
from troth.prove import breaking, looking
from troth.prove.keepers import Looked, Scene, keeper
from troth.prove.promises import Line

IN_TIME: Final = dt.timedelta(days=3)  # a mail server that is down for longer is a promise that waits
BY_HAND: Final = dt.timedelta(days=31)  # without undue delay: as long as the request itself may take, and no longer


def _break_told(scene: Scene) -> None:
    """Nobody is found who had anything, and a correction is called done without looking."""
    now = scene.now
    breaking.request(
        scene.client, "C-2020-9999", "rectify", opened=now, due=now, closed=now, outcome=looking.CORRECTED
    )  # fmt: skip
    recipients.among = lambda plan, had, fields, written_to, *, asked=True: []


@keeper(
    "always/recipients are told",
    code="keep.recipients, answer.telling",
    how="With each erasure, correction and restriction it is looked up who had the data; each is a row that is written"
    " to, or put before a hand, until they know.",
    breaker=_break_told,
)
def recipients_are_told(scene: Scene, line: Line) -> Looked:
    done, noted = looking.to_be_told(scene.client), looking.noted(scene.client)
    rows = looking.tellings(scene.client)
    unlooked = sum(reference not in noted for reference in done)
    breaches = [counted(unlooked, "answer[s] ended, and nobody looked who had the data.")] if unlooked else []
    stand = Counter(one.reference for one in rows)
    lost = sum(max(0, noted.get(reference, 0) - stand[reference]) for reference in done)
    breaches += [counted(lost, "recipient[s] that [was|were] to be told [is|are] told of nowhere.")] if lost else []
    late = [one for one in rows if one.reference in done and _late(scene, one)]
    breaches += [counted(len(late), "recipient[s] [does|do] not know in time what they should.")] if late else []
    missed = sorted(name for name in _had_by(scene.plan) if not _is_found(scene.plan, name))
    breaches += [f"“{name}” would not be told, although it had something." for name in missed]
    count = len(done) + len(rows) + len(_had_by(scene.plan))
    what = "[answer, recipient to be told or trial|answers, recipients to be told, and trials with each recipient]"
    return Looked(count, what, tuple(breaches))


def _late(scene: Scene, one: looking.ToTell) -> bool:
    """Somebody whom we may write to is written to within days; a hand may take as long as an answer may."""
    if one.known:
        return False
    written = bool(recipients.address(scene.client, one.recipient))
    return one.next is None or scene.now - one.opened > (IN_TIME if written else BY_HAND)


def _had_by(plan: Plan) -> list[str]:
    """Recipients that run no place of ours: those are asked there, like any place."""
    asked = {place.by for place in plan.places.values() if place.by}
    return [name for name in plan.recipients if name not in asked]


def _is_found(plan: Plan, name: str) -> bool:
    """A recipient that had something by the record is among those to be told: tried, and nothing is written."""
    record = [Had(recipient=name, does="", labels="something", last=None)]
    return name in {recipient for recipient, _ in recipients.among(plan, record, (), lambda recipient: False)}


# --- refusals, fees, delays ---------------------------------------------------------------------------------------


def _break_refusals(scene: Scene) -> None:
    """A request is refused without a word of why, and letters forget where to complain."""
    now = scene.now
    breaking.request(
        scene.client, "A-2020-9999", "access", opened=now, due=now, closed=now, outcome=refusing.REFUSED
    )  # fmt: skip
    grounds.routes = lambda plan: ""


@keeper(
    "always/refusals name their ground",
    code="answer.refusing, answer.grounds, keep.holds",
    how="Only a ground of the closed list refuses, charges or puts off; a second person agrees, and whoever asked gets"
    " a letter with the reasons and where to complain.",
    breaker=_break_refusals,
)
def refusals_name_their_ground(scene: Scene, line: Line) -> Looked:
    rows = looking.decisions(scene.client)
    breaches = [counted(count, said) for said, count in Counter(_wrong(scene, rows)).items()]
    silent = [kind for kind in grounds.KINDS.values() if not _names_everything(scene.plan, kind)]
    breaches += [f"A letter to {kind} would not say its ground and where to complain." for kind in silent]
    breaches += [
        f"“{kind}” would be decided without a ground." for kind in grounds.KINDS.values() if _loose(scene, kind)
    ]
    late = sum(one.ends < scene.now - IN_TIME for one in holds.alone(scene.client))
    breaches += [counted(late, "hold[s] stop[s|] an erasure for too long on one person's word.")] if late else []
    refused = looking.refused(scene.client, (refusing.REFUSED, weighing.LIFTED["object"]))
    bare = refused - {one.reference for one in rows if one.kind == "refuse" and one.told}
    breaches += [counted(len(bare), "request[s] [was|were] refused without a decision that was told.")] if bare else []
    count = len(rows) + len(refused) + 2 * len(grounds.KINDS)
    what = "[decision, refused request or trial|decisions, refused requests, and trials of letters and grounds]"
    return Looked(count, what, tuple(breaches))


def _is_alone(scene: Scene, one: looking.Decided, looked_again: dict[str, dt.datetime]) -> bool:
    """Nobody looked a second time: not another person, nor, in a firm of one, the same on a later day."""
    day = looked_again.get(one.reference, one.opened)
    again = one.second == one.by and scene.plan.day(day) > scene.plan.day(one.opened)
    return one.kind in grounds.SECONDED and not again and one.second in ("", one.by)


def _wrong(scene: Scene, rows: list[looking.Decided]) -> Iterator[str]:
    looked_again = looking.stepped(scene.client, refusing.AGAIN)
    for one in rows:
        if one.ground not in grounds.of(one.right, grounds.LAWS) or one.kind not in grounds.GROUNDS[one.ground].kinds:
            yield "decision[s] rest[s|] on no ground of the law."
        if _is_alone(scene, one, looked_again):
            yield "decision[s] [was|were] made by one person alone."
        if one.told is None and scene.now - one.opened > IN_TIME and scene.now > one.due:
            yield "decision[s] [was|were] not told in time."
        if one.kind == "refuse" and one.told is not None and one.told > one.due:
            yield "refusal[s] [was|were] told after [its|their] day."


def _names_everything(plan: Plan, kind: grounds.Kind) -> bool:
    """A letter that is written for trial says the ground, its provision, the reasons and the three ways to complain."""
    mine = {name: one for name, one in grounds.GROUNDS.items() if kind in one.kinds and one.law in ("", *plan.law)}
    trials = ((name, one, refusing.trial(plan, kind, name, "a reason of its own")) for name, one in mine.items())
    ways = (plan.who.email, complaints.authority(plan), "court", "a reason of its own")
    return all(all(words in text for words in (one.words, one.provision, *ways)) for _, one, text in trials)


def _loose(scene: Scene, kind: grounds.Kind) -> bool:
    try:
        grounds.must("because we like to", kind, "access", scene.plan.law)
    except Trouble:
        return False
    return True
