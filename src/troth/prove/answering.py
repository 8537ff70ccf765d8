"""Probes of what follows an answer: whoever had the data is told of it: UK GDPR Art 19.

That it was looked up who had it stands in the ledger, written when the rows were; so a row that was lost is missed.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Final

from troth.keep import recipients
from troth.keep.recipients import Had
from troth.policy.plan import Plan
from troth.prove import breaking, looking
from troth.prove.keepers import Looked, Scene, keeper
from troth.prove.promises import Line

IN_TIME: Final = dt.timedelta(days=3)  # a mail server that is down for longer is a promise that waits
BY_HAND: Final = dt.timedelta(days=31)  # without undue delay: as long as the request itself may take, and no longer


def _break_told(scene: Scene) -> None:
    """Nobody is found who had anything, and a correction is called done without looking."""
    breaking.run(
        "INSERT INTO answer_requestrow"
        '(reference, client, person, "right", state, outcome, opened, due, closed, letter, entry)'
        " VALUES('C-2020-9999', %s, 0, 'rectify', 'closed', %s, %s, %s, %s, '', %s)",
        scene.client, looking.CORRECTED, *("2020-01-01 00:00:00",) * 3,
        looking.count("SELECT max(number) FROM ledger_entry"),
    )  # fmt: skip
    recipients.among = lambda plan, had, fields, written_to: []


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
    breaches = [f"{unlooked} answers ended, and nobody looked who had the data."] if unlooked else []
    stand = Counter(one.reference for one in rows)
    lost = sum(max(0, noted.get(reference, 0) - stand[reference]) for reference in done)
    breaches += [f"{lost} recipients that were to be told are told of nowhere."] if lost else []
    late = [one for one in rows if one.reference in done and _late(scene, one)]
    breaches += [f"{len(late)} recipients do not know in time what they should."] if late else []
    missed = sorted(name for name in _had_by(scene.plan) if not _is_found(scene.plan, name))
    breaches += [f"“{name}” would not be told, although it had something." for name in missed]
    count = len(done) + len(rows) + len(_had_by(scene.plan))
    return Looked(count, "answers, recipients to be told, and trials with each recipient", tuple(breaches))


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
