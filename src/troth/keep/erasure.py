"""Erase everything that may go, in every place, and prove it: UK GDPR Art 17 and 19.

Each step is a row, so that whatever stops half-way is taken up again where it stood. The order is fixed: restricted at
once; rows go before their keys; keys go; every place is asked again; what the disk still holds is overwritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Final, Literal

import msgspec
from django.db import transaction
from django.utils import timezone

from troth import gate
from troth.keep import disk, serving, staying, where
from troth.keep.models import Erasure, Task
from troth.ledger import entries
from troth.parties import editions
from troth.people import standing, store, vault
from troth.places.kinds import Found, Kept, PlaceKind, Receipt, Subject
from troth.places.opening import Pass
from troth.policy.deciding import Act, Facts
from troth.policy.plan import Plan
from troth.work import queue

NOT_ASKED: Final = "We are asking there now."
AGAIN: Final = dt.timedelta(minutes=10)
Said = Literal["not finished", "key destroyed, not yet overwritten", "overwritten"]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an erasure is, for the page, the letter and the command."""

    number: int
    reference: str
    said: Said
    opened: dt.datetime
    finished: dt.datetime | None
    receipts: list[Receipt]
    answered: dict[str, dt.datetime | None]
    kept: list[Kept]
    entry: int

    @property
    def open_places(self) -> list[str]:
        return [one.place for one in self.receipts if one.state == "not answered"]


_done: list[Callable[[str, str], None]] = []


def when_done(call: Callable[[str, str], None]) -> None:
    """A room above asks to be told (client, reference) when the keys are gone and every place was asked again."""
    if call not in _done:
        _done.append(call)


# Beginning --------------------------------------------------------------------------------------------------------


def erase(
    client: str,
    person: int,
    reference: str,
    *,
    persons: frozenset[int] = frozenset(),
    actor: str = "",
    not_before: dt.datetime | None = None,
) -> int:
    """Restrict at once, write down every place to be asked, and leave the rest to the queue. Returns its number."""
    begun = Erasure.objects.filter(client=client, reference=reference).first()
    if begun is not None:
        return int(begun.pk)
    subject = where.subject(client, person, persons)
    with transaction.atomic():
        row = Erasure.objects.create(
            client=client,
            person=person,
            persons=sorted(subject.persons),
            reference=reference,
            opened=timezone.now(),
            begins=not_before,
        )
        for one in sorted(subject.persons):
            standing.restrict(client, one, ground="erasure asked", by="program")
        row.subject = _seal_whom(row, subject)
        row.entry = entries.append("request-step", client=client, refs={"request": reference}, actor=actor).number
        row.save(update_fields=["subject", "entry"])
        Task.objects.bulk_create([Task(erasure=row, place=place.name) for place in where.places(client)])
        queue.add("erase", {"erasure": row.pk}, client=client, once=f"erase {row.pk}", not_before=not_before)
    return int(row.pk)


@queue.handler("erase")
def _job(payload: dict[str, str | int]) -> None:
    number = int(payload["erasure"])
    if not run(number):
        row = Erasure.objects.get(pk=number)
        later = max(timezone.now() + AGAIN, row.begins or timezone.now())
        queue.add("erase", {"erasure": number}, client=row.client, not_before=later)


def take_back(client: str, reference: str) -> bool:
    """Within the time that the policy gives, no place was asked yet, and the person may change their mind."""
    with transaction.atomic():
        row = Erasure.objects.filter(client=client, reference=reference, step="places").first()
        if row is None or row.tasks.exclude(state="waiting").exists():
            return False
        vault.destroy(client, 0, [_whom_rule(row)])
        row.delete()
    return True


def waits_until(client: str, reference: str) -> dt.datetime | None:
    """Until when it can be taken back, or None."""
    row = Erasure.objects.filter(client=client, reference=reference, step="places", begins__gt=timezone.now()).first()
    return row.begins if row is not None else None


# Going on ---------------------------------------------------------------------------------------------------------


def run(number: int) -> bool:
    """Do what can be done now. True when nothing is left to do. Calling it again is always harmless."""
    row = Erasure.objects.filter(pk=number).first()
    if row is None or (row.begins is not None and row.begins > timezone.now()):
        return row is None  # taken back, or not begun
    steps: dict[str, Callable[[Erasure], str]] = {
        "places": _ask_places,
        "keys": _destroy_keys,
        "again": _ask_again,
        "overwrite": _overwrite,
    }
    while row.step != "done":
        following = steps[row.step](row)
        if following == row.step:
            return False
        row.step = following
        row.save(update_fields=["step", "finished", "subject", "kept"])
    return True


def finish(number: int) -> bool:
    """For a command: do it here, or wait while the server that runs over this folder does it."""
    if not serving.somebody_serves():
        return run(number)
    return serving.wait(lambda: _at_rest(Erasure.objects.get(pk=number)))


def _at_rest(row: Erasure) -> bool:
    tried = not row.tasks.filter(state__in=("waiting", "sent")).exists()
    return row.step == "done" or (row.step == "again" and tried and row.tasks.filter(state="not answered").exists())


def _ask_places(row: Erasure) -> str:
    """Our own places do not wait for one that is away; the keys do not either. Only the end does."""
    by_name = {place.name: place for place in where.places(row.client)}
    for task in row.tasks.exclude(state="answered").order_by("pk"):
        if place := by_name.get(task.place):
            _ask(row, task, place)
    ours = {place.name for place in by_name.values() if place.name not in _outside(row.client)}
    return "places" if row.tasks.exclude(state="answered").filter(place__in=ours).exists() else "keys"


def _outside(client: str) -> set[str]:
    return set(editions.in_force(client).plan.places)


def _ask(row: Erasure, task: Task, place: PlaceKind) -> None:
    before = task.state
    with transaction.atomic():
        token = _pass(row, "erase")
        Task.objects.filter(pk=task.pk).update(state="sent")
    if place.name in _outside(row.client):
        _written(row, task, _settled(before, place.erase(token, row.client, _subject(row))))
        return
    with transaction.atomic():  # our rows, the receipt and the entry stand or fall together
        _written(row, task, place.erase(token, row.client, _subject(row)))


def _settled(before: str, receipt: Receipt) -> Receipt:
    """Stopped between asking and writing it down, the second answer is 'nothing held': it was erased by the first."""
    if before == "sent" and receipt.state == "nothing held":
        return msgspec.structs.replace(receipt, state="erased", reached="deleted", why="asked twice")
    return receipt


def _written(row: Erasure, task: Task, receipt: Receipt) -> None:
    answered = receipt.state != "not answered"
    with transaction.atomic():
        task.state = "answered" if answered else "not answered"
        task.receipt = msgspec.json.encode(receipt)
        task.answered = timezone.now() if answered else None
        task.save()
        if answered:
            entries.append(
                "erased",
                client=row.client,
                place=receipt.place,
                counts=receipt.counts,
                refs={"request": row.reference, "task": str(task.pk)},
            )


def _destroy_keys(row: Erasure) -> str:
    """What a hold keeps gets a key of its own first; then every key goes that seals nothing any more."""
    held = _held(row)
    for person in row.persons:
        if held:
            store.keep_apart(row.client, person, held, "hold")
        if store.release(row.client, person).state != "destroyed":
            return "keys"
    return "again" if vault.finish().state == "destroyed" else "keys"


def _ask_again(row: Erasure) -> str:
    """Every place is asked once more, expecting nothing but what stays."""
    goes = staying.erasable(editions.in_force(row.client).plan, _held(row))
    subject = _subject(row)
    tasks = {task.place: task for task in row.tasks.all()}
    late = [place for place in where.places(row.client) if tasks[place.name].state != "answered"]
    for place in late:
        _ask(row, tasks[place.name], place)
    for place in where.places(row.client):
        task = row.tasks.get(place=place.name)
        if task.again or task.state != "answered":
            continue
        with transaction.atomic():
            token = _pass(row, "access")
        found = place.find(token, row.client, subject)
        if isinstance(found, Found):
            clean = not [item for item in found.items if item.field in goes]
            row.tasks.filter(pk=task.pk).update(again=clean, state="answered" if clean else "waiting")
    if row.tasks.exclude(state="answered", again=True).exists():
        return "again"
    return _told(row)


def _told(row: Erasure) -> str:
    """All have answered twice: we forget whom we asked for, and the room that writes letters is told."""
    row.kept = msgspec.json.encode([one for receipt in _receipts(row) for one in receipt.kept])
    row.subject = None
    row.save(update_fields=["kept", "subject"])
    vault.destroy(row.client, 0, [_whom_rule(row)])
    for call in _done:
        call(row.client, row.reference)
    return "overwrite"


def _overwrite(row: Erasure) -> str:
    if not disk.overwrite():
        return "overwrite"
    row.finished = timezone.now()
    return "done"


# What is known ----------------------------------------------------------------------------------------------------


def progress(client: str, reference: str) -> Progress | None:
    row = Erasure.objects.filter(client=client, reference=reference).first()
    return _progress(row) if row is not None else None


def _progress(row: Erasure) -> Progress:
    receipts = _receipts(row)
    return Progress(
        number=row.pk,
        reference=row.reference,
        said=_said(row),
        opened=row.opened,
        finished=row.finished,
        receipts=receipts,
        answered={task.place: task.answered for task in row.tasks.all()},
        kept=_once(one for receipt in receipts for one in receipt.kept),
        entry=row.entry,
    )


def _once(kept: Iterable[Kept]) -> list[Kept]:
    """What several places keep for one reason is told once."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in kept:
        why = one.why.rstrip(".")
        groups.setdefault((why[:1].lower() + why[1:], _said_date(one.until)), []).append(one.what)
    return [Kept(", ".join(dict.fromkeys(what)), why, until) for (why, until), what in groups.items()]


def _said_date(until: str) -> str:
    try:
        return f"until {dt.date.fromisoformat(until):%-d %B %Y}"
    except ValueError:
        return until


def _said(row: Erasure) -> Said:
    if row.step == "done":
        return "overwritten"
    return "key destroyed, not yet overwritten" if row.step in ("again", "overwrite") else "not finished"


def _receipts(row: Erasure) -> list[Receipt]:
    return [
        msgspec.json.decode(bytes(task.receipt), type=Receipt)
        if task.receipt
        else Receipt(place=task.place, state="not answered", why=NOT_ASKED)
        for task in row.tasks.order_by("pk")
    ]


def unfinished() -> list[int]:
    """Every erasure that has not come to its end: the sweep takes them up again."""
    return list(Erasure.objects.exclude(step="done").values_list("pk", flat=True))


def _seal_whom(row: Erasure, subject: Subject) -> bytes:
    # A key of the erasure's own: the person's keys go before a place that is away can be asked.
    return vault.seal(row.client, 0, "troth.erasure", row.pk, _whom_rule(row), msgspec.json.encode(subject))


def _whom_rule(row: Erasure) -> str:
    return f"erasure {row.pk}"


def _subject(row: Erasure) -> Subject:
    if row.subject is None:
        return Subject(person=row.person, persons=frozenset(row.persons))
    plain = vault.open(row.client, 0, "troth.erasure", row.pk, bytes(row.subject))
    return msgspec.json.decode(plain, type=Subject)


def _held(row: Erasure) -> frozenset[str]:
    return frozenset().union(*(standing.facts(row.client, person).held for person in row.persons))


def _pass(row: Erasure, right: str) -> Pass:
    plan: Plan = editions.in_force(row.client).plan
    held = _held(row)
    fields = staying.erasable(plan, held) if right == "erase" else frozenset(plan.fields)
    act = Act(kind="answer", use=right, fields=fields, day=timezone.localdate())
    facts = Facts(proved=True, held=held)
    return gate.must(act, client=row.client, persons=row.persons, facts=facts)
