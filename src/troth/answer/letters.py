"""The letter and receipt of an erasure: what went, how far it reached, what stays and why, and where to complain."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from troth.answer import complaints, mail, paper, requests
from troth.keep import erasure, holds, recipients, staying, where
from troth.ledger import entries
from troth.parties import days, editions, speech
from troth.places.kinds import Receipt
from troth.policy.emit import texts
from troth.policy.emit.texts import phrase
from troth.policy.plan import Plan
from troth.policy.problems import Trouble

COUNTED: Final = {  # one of it, more of it
    "values": ("1 value", "{count} values"),
    "rows": ("1 item", "{count} items"),
    "events": ("1 record of use", "{count} records of use"),
    "deleted": ("1 item", "{count} items"),
    "overwritten": ("1 item emptied", "{count} items emptied"),
    "kept": ("1 item kept", "{count} items kept"),
}
HOWS: Final = {
    "read back by us": "checked by us",
    "claimed by them": "claimed by them, not checked by us",
    "said by somebody of ours": "said by somebody of ours, not checked by troth",
}
STATES: Final = {"nothing held": "nothing was held", "kept": "nothing: it stays, as named below"}
HEADINGS: Final = {
    "": "You asked us to erase everything",
    "waits": "Not every place has answered yet",
    "erased": "We have erased what we held about you",
    "partly": "We have erased what we held about you, but for what must stay",
    "stays": "What we hold about you must stay",
    "erasing": "We are erasing what we hold about you",
}
OUTCOMES: Final = {
    "erased": "Erased",
    "partly": "Erased, but for what must stay",
    "stays": "Nothing was erased: it must stay",
}
REACHED: Final = {
    "overwritten": "What went was deleted, the keys that could read it destroyed, and the disk overwritten.",
    "key destroyed, not yet overwritten": (
        "What went was deleted, and the keys that could read it were destroyed. What the disk still holds is "
        "unreadable, and is overwritten next."
    ),
    "not finished": "It is not finished: somebody still reads the file of keys, or a place is still to answer.",
}
THERE: Final = (
    "This is so of what we keep ourselves. In {places} it was deleted: whatever the disks and backups there still hold "
    "of it goes when they are written over."
)


def context(client: str, reference: str) -> dict[str, Any]:
    """All that the letter, its page and its mail are made of. Holds no value of the person."""
    asked, progress = requests.find(client, reference), _progress(client, reference)
    if asked is None:
        raise Trouble("no-request", f"There is no request {reference}.", "Check the reference.")
    plan = editions.in_force(client).plan
    return {
        "firm": plan.who.trades_as or plan.who.name,
        "who": plan.who,
        "asked": asked,
        "now": timezone.now(),
        "last_entry": max(one.entry for one in asked.steps),
        "progress": progress,
        "reached": reached(plan, progress) if progress else "",
        "lines": _lines(progress) if progress else [],
        "regulator": complaints.authority(plan),
        "acknowledged": complaints.acknowledged(plan),
        "tongue": texts.spoken() if texts.spoken() != texts.BASE else "",
        "recipients": progress.told if progress else recipients.of(client, reference),
        "done": progress is not None and progress.said != "not finished" and not progress.open_places,
        "heading": heading(progress),
        "stays": _heading(progress) == "stays",
        "by_one": holds.by_one(client, reference),
        "overtaken": _overtaken(client, reference, progress),
        "back_until": erasure.waits_until(client, reference),
    }


def _lines(progress: erasure.Progress) -> list[tuple[Receipt, str, dt.datetime | None, str]]:
    """Of each place: what it answered, in words, when, and who says so."""
    return [
        (one, erased(one), progress.answered.get(one.place), phrase(HOWS.get(one.how, ""))) for one in progress.receipts
    ]


def _overtaken(client: str, reference: str, progress: erasure.Progress | None) -> list[requests.Request]:
    """What else they had asked, and ended with what it was about."""
    if progress is None:
        return []
    return requests.overtaken(client, erasure.persons(client, reference), progress.opened)


def _progress(client: str, reference: str) -> erasure.Progress | None:
    """How far it is. What stays on one person's word is told to nobody: it is still to be answered (T33)."""
    found = erasure.progress(client, reference)
    if found is None or not holds.unseconded(client, reference):
        return found
    receipts = [
        Receipt(place=one.place, state="not answered") if any(staying.on_hold(kept) for kept in one.kept) else one
        for one in found.receipts
    ]
    kept = [one for one in found.kept if not staying.on_hold(one)]
    return msgspec.structs.replace(found, said="not finished", receipts=receipts, kept=kept)


def must(client: str, reference: str) -> None:
    """``Trouble`` where no letter can be had: nothing is erased, or it waits for a second person (T33)."""
    if erasure.progress(client, reference) is None:
        raise Trouble("no-request", f"Nothing is erased under {reference}.", "Check the reference.")
    if holds.unseconded(client, reference):
        said = f"{reference} waits for a second person: something stays on one person's word."
        raise Trouble("not-seconded", said, "Somebody else agrees to the hold at the desk, or it ends after a week.",
                      exit=3)  # fmt: skip


def heading(progress: erasure.Progress | None) -> str:
    return phrase(HEADINGS[_heading(progress)])


def outcome(progress: erasure.Progress | None) -> str:
    """The same in a few words, for the list of requests: kept in English, and said again in the reader's language."""
    return OUTCOMES[_went(progress) if progress is not None else "erased"]


def _heading(progress: erasure.Progress | None) -> str:
    if progress is None:
        return ""
    if any(one.why != erasure.NOT_ASKED for one in progress.receipts if one.state == "not answered"):
        return "waits"
    if progress.said == "not finished":
        return "erasing"
    return _went(progress)


def _went(progress: erasure.Progress) -> str:
    """Whether all went, some, or nothing: a hold or a law can keep everything. That they asked stays without a name,
    and the links they came by go, whatever becomes of the rest."""
    told = [one for one in progress.receipts if one.place != requests.PLACE]
    if not any(one.kept or one.state == "kept" for one in told):
        return "erased"
    return "partly" if any(one.reached or one.state == "erased" for one in told) else "stays"


def erased(receipt: Receipt) -> str:
    counts = [phrase(COUNTED[name][n != 1], count=n) for name, n in receipt.counts.items() if n and name in COUNTED]
    if receipt.why == erasure.NOT_ASKED:
        return phrase("is being asked now")
    if receipt.state == "not answered":
        return phrase("has not answered yet")
    return ", ".join(counts) or phrase(STATES.get(receipt.state, receipt.state))


def reached(plan: Plan, progress: erasure.Progress) -> str:
    """How far it reached, in the words of what was measured and no further: a database that said *deleted* may hold it
    on its disk, and no key of ours ever sealed it there."""
    said, outside = phrase(REACHED[progress.said]), where.outside(plan)
    there = [texts.again(one.place) for one in progress.receipts if one.state == "erased" and one.place in outside]
    if progress.said == "not finished" or not there:
        return said
    return f"{said} {phrase(THERE, places=texts.among(there))}"


@contextlib.contextmanager
def theirs(client: str, reference: str) -> Iterator[None]:
    """Speak the language in which they asked, while it is known, and on the clocks of the client: it stands sealed with
    the request and goes with it. For staff, who have before them what is written to somebody."""
    known = requests.detail(client, reference).get("language", "")
    with speech.speaking(editions.in_force(client).plan, known) if known else days.within(client):
        yield


def as_html(client: str, reference: str) -> str:
    return render_to_string("answer/letter.html", context(client, reference) | {"sheet": paper.sheet()})


def as_text(client: str, reference: str) -> str:
    return render_to_string("answer/letter.txt", context(client, reference))


def send(client: str, reference: str) -> None:
    """In the language in which they asked."""
    to, plan = requests.detail(client, reference).get("address", ""), editions.in_force(client).plan
    if not to:
        return
    with theirs(client, reference):
        subject = heading(_progress(client, reference)) + phrase(": ") + reference
        page = (f"{reference}.html", as_html(client, reference))
        body = as_text(client, reference)
    mail.send(plan, to, subject, body, attachment=page)
    with transaction.atomic():
        entries.append("sent", client=client, counts={"mails": 1}, refs={"request": reference})
