"""Erase everything that may go, in every place, and prove it: UK GDPR Art 17 and 19.

Each step is a row, so that whatever stops half-way is taken up again where it stood. The order is fixed: restricted at
once; rows go before their keys; keys go; every place is asked again; what the disk still holds is overwritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Final, Literal

import msgspec
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from troth import gate
from troth.keep import disk, recipients, serving, staying, where
from troth.keep.models import Erasure, Task
from troth.keep.stores import ByHand
from troth.ledger import entries
from troth.parties import days, editions
from troth.people import standing, store, vault
from troth.people.looks import Why
from troth.places import events
from troth.places.kinds import Found, Kept, PlaceKind, Receipt, Subject
from troth.places.opening import Pass
from troth.policy import decoding
from troth.policy.deciding import Act, Facts
from troth.policy.plan import Plan
from troth.work import queue

NOT_ASKED: Final = "We are asking there now."
RESTRICTED: Final = "erasure asked"  # the ground of the restriction that comes with an erasure, and goes with it alone
NOT_NAMED: Final = "Our policy names this place no more, so somebody must look there by hand."
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
    told: list[recipients.Told]

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
    with transaction.atomic():  # the write lock is ours, so that two who ask at once begin it once
        begun = Erasure.objects.filter(client=client, reference=reference).first()
        if begun is not None:
            return int(begun.pk)
        return _begin(client, person, reference, where.subject(client, person, persons), actor, not_before)


def _begin(
    client: str, person: int, reference: str, subject: Subject, actor: str, not_before: dt.datetime | None
) -> int:
    row = Erasure.objects.create(
        client=client,
        person=person,
        persons=sorted(subject.persons),
        reference=reference,
        opened=timezone.now(),
        begins=not_before,
    )
    held: set[str] = set()
    for one in sorted(subject.persons):
        standing.restrict(client, one, ground=RESTRICTED, by="program")
        held |= store.fields_held(client, one)
    row.subject = _seal_whom(row, subject)
    row.entry = entries.append("request-step", client=client, refs={"request": reference}, actor=actor).number
    row.save(update_fields=["subject", "entry"])
    recipients.note(client, reference, "erase", subject, held)
    if not_before is not None:
        recipients.shut(client, reference, subject)
        transaction.on_commit(lambda: recipients.begin(client, reference, erased=False))
    _tasks(row)
    queue.add("erase", {"erasure": row.pk}, client=client, once=f"erase {row.pk}", not_before=not_before)
    return int(row.pk)


def _tasks(row: Erasure) -> dict[str, Task]:
    """One task for each place, also for one that a later edition named while this waited."""
    known = set(row.tasks.values_list("place", flat=True))
    names = [place.name for place in where.places(row.client)]
    Task.objects.bulk_create([Task(erasure=row, place=name) for name in names if name not in known])
    row.tasks.exclude(place__in=names).exclude(state="answered").update(
        state="not answered",
        receipt=msgspec.json.encode(Receipt(place="", state="not answered", why=NOT_NAMED)),
    )
    return {task.place: task for task in row.tasks.order_by("pk")}


@queue.handler("erase")
def _job(payload: dict[str, str | int]) -> None:
    number = int(payload["erasure"])
    if not run(number):
        row = Erasure.objects.get(pk=number)
        later = max(timezone.now() + AGAIN, row.begins or timezone.now())
        once = f"erase {number} later"  # whoever took it up meanwhile (a sweep, a hand) leaves no second round behind
        queue.add("erase", {"erasure": number}, client=row.client, not_before=later, once=once)


def take_back(client: str, reference: str) -> bool:
    """Within the time that the policy gives, no place was asked yet, and the person may change their mind."""
    with transaction.atomic():
        row = Erasure.objects.filter(client=client, reference=reference, step="places").first()
        if row is None or row.tasks.exclude(state="waiting").exists():
            return False
        rule = _whom_rule(row)
        row.delete()
        recipients.take_back(client, reference)
        # Rows go before their key, and the key when that is certain: a roll-back must find what it needs.
        transaction.on_commit(lambda: vault.destroy(client, 0, [rule]))
    return True


def persons(client: str, reference: str) -> frozenset[int]:
    """Whom an erasure is about."""
    row = Erasure.objects.filter(client=client, reference=reference).first()
    return frozenset(row.persons) if row is not None else frozenset()


def under_way(client: str, persons: Collection[int]) -> bool:
    """Whether an erasure of one of these has begun and is not at its end: nothing of theirs is taken in meanwhile."""
    rows = Erasure.objects.filter(client=client).exclude(step="done").exclude(begins__gt=timezone.now())
    return any(set(row.persons) & set(persons) for row in rows)


def stages(client: str) -> tuple[set[int], set[int]]:
    """Whose erasure has begun, be it at its end, and whose can still be taken back."""
    rows = Erasure.objects.filter(client=client)
    waits = rows.filter(begins__gt=timezone.now())
    begun = rows.exclude(begins__gt=timezone.now())
    return {one for row in begun for one in row.persons}, {one for row in waits for one in row.persons}


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
        if not Erasure.objects.filter(pk=row.pk, step=row.step).update(step=following):
            return False  # somebody else goes on with it, and nothing that they wrote is written over
        row.refresh_from_db()
    return True


def finish(number: int) -> bool:
    """For a command: do it here, or wait while the server that runs over this folder does it. Whatever was silent is
    asked now."""
    with serving.alone() as ours:
        if ours:
            return run(number)
    with transaction.atomic():
        row = Erasure.objects.get(pk=number)
        row.tasks.filter(state="not answered").update(state="waiting")
        if row.step == "done" or (row.begins is not None and row.begins > timezone.now()):
            return row.step == "done"
        job = queue.add("erase", {"erasure": number}, client=row.client, once=f"erase {number}")
    # Before its turn is over places are still to be asked again, and a letter would call them silent.
    return serving.asked("erase", lambda: queue.outcome(job) is not None)


def _ask_places(row: Erasure) -> str:
    """Our own places do not wait for one that is away; the keys do not either. Only the end does."""
    tasks, outside = _tasks(row), _outside(row.client)
    recipients.erasing(row.client, frozenset(row.persons))
    for place in where.places(row.client):
        if tasks[place.name].state != "answered":
            _ask(row, tasks[place.name], place)
    recipients.begin(row.client, row.reference)
    ours = {place.name for place in where.places(row.client)} - outside
    return "places" if row.tasks.exclude(state="answered").filter(place__in=ours).exists() else "keys"


def _outside(client: str) -> set[str]:
    return set(editions.in_force(client).plan.places)


def _ask(row: Erasure, task: Task, place: PlaceKind) -> None:
    before = task.state
    with transaction.atomic():
        token = _pass(row, "erase")
        if not _unanswered(task).update(state="sent"):
            return  # answered to somebody else this moment, or taken back
    if place.name in _outside(row.client):
        _written(row, task, _settled(before, place.erase(token, row.client, _subject(row))))
        return
    with transaction.atomic():  # our rows, the receipt and the entry stand or fall together
        if _unanswered(task).exists():
            _written(row, task, place.erase(token, row.client, _subject(row)))


def _unanswered(task: Task) -> QuerySet[Task]:
    return Task.objects.filter(pk=task.pk).exclude(state="answered")


def _settled(before: str, receipt: Receipt) -> Receipt:
    """Stopped between asking and writing down, we know what the place holds now and not what the first asking took."""
    if before == "sent" and receipt.state == "nothing held":
        return msgspec.structs.replace(receipt, why="We were stopped while asking, asked again, and it holds nothing.")
    return receipt


def _written(row: Erasure, task: Task, receipt: Receipt) -> None:
    answered = receipt.state != "not answered"
    receipt = _added(task, receipt)
    with transaction.atomic():
        written = _unanswered(task).update(
            state="answered" if answered else "not answered",
            receipt=msgspec.json.encode(receipt),
            answered=timezone.now() if answered else None,
        )
        if answered and written:
            entries.append(
                "erased",
                client=row.client,
                place=receipt.place,
                counts=receipt.counts,
                refs={"request": row.reference, "task": str(task.pk)},
            )


def _added(task: Task, receipt: Receipt) -> Receipt:
    """Asked once more for what was kept or came late, a place adds to what it erased the first time."""
    first = decoding.read(bytes(task.receipt), Receipt) if task.receipt else None
    if first is None or first.state not in ("erased", "kept") or receipt.state == "not answered":
        return receipt
    gone = {name: count for name, count in first.counts.items() if name not in ("left", "kept")}
    counts = receipt.counts | {name: count + receipt.counts.get(name, 0) for name, count in gone.items()}
    state = "erased" if receipt.state == "nothing held" and any(gone.values()) else receipt.state
    reached = receipt.reached or first.reached
    return msgspec.structs.replace(receipt, state=state, reached=reached, counts=counts)


def _destroy_keys(row: Erasure) -> str:
    return "again" if _keys_gone(row) else "keys"


def _keys_gone(row: Erasure) -> bool:
    """What a hold keeps gets a key of its own first; then every key goes that seals nothing any more."""
    held = _held(row)
    for person in row.persons:
        if held:
            store.keep_apart(row.client, person, held, "hold")
        if store.release(row.client, person).state != "destroyed":
            return False
    return vault.finish().state == "destroyed"


def _ask_again(row: Erasure) -> str:
    """Every place is asked once more, expecting nothing but what stays."""
    tasks, late = _tasks(row), False
    for place in where.places(row.client):
        if tasks[place.name].state != "answered":
            _ask(row, tasks[place.name], place)
            late = True
    for place in where.places(row.client):
        if row.tasks.filter(place=place.name, state="answered", again=False).exists():
            _look_again(row, place)
    if row.tasks.exclude(state="answered", again=True).exists():
        return "again"
    if late and not _keys_gone(row):  # what was deleted late had keys, too
        return "again"
    return _told(row)


def _look_again(row: Erasure, place: PlaceKind) -> None:
    goes = staying.erasable(editions.in_force(row.client).plan, _held(row))
    with transaction.atomic():
        token = _pass(row, "access")
    found = place.find(token, row.client, _subject(row))
    if isinstance(found, Found):
        clean = not [item for item in found.items if item.field in goes]
        row.tasks.filter(place=place.name).update(again=clean, state="answered" if clean else "waiting")


def _told(row: Erasure) -> str:
    """All have answered twice: we forget whom we asked for, and the room that writes letters is told.

    Only where a hold keeps something is it remembered, sealed, whom to ask for when the hold ends.
    """
    kept = [one for receipt in _receipts(row) for one in receipt.kept]
    held = any(staying.on_hold(one) for one in kept)
    Erasure.objects.filter(pk=row.pk).update(kept=msgspec.json.encode(kept), **({} if held else {"subject": None}))
    if not held:
        vault.destroy(row.client, 0, [_whom_rule(row)])
    say(row.client, row.reference)
    return "overwrite"


def say(client: str, reference: str) -> None:
    """Tell the rooms above that every place was asked again: they write, unless something is still to be decided."""
    for call in _done:
        call(client, reference)


def _overwrite(row: Erasure) -> str:
    if not (disk.overwrite() and events.store().overwrite(row.client)):
        return "overwrite"
    Erasure.objects.filter(pk=row.pk).update(finished=timezone.now())
    return "done"


# By hand ----------------------------------------------------------------------------------------------------------


def by_hand(client: str, reference: str, place: str, *, by: str, evidence: str) -> bool:
    """Somebody erased it where no program can ask, and says how that is known. The receipt says *said by somebody of
    ours*, and no more.

    False: there is no such place to be done by hand, it was said already, or not how it is known.
    """
    if not (by and evidence.strip()):
        return False
    with transaction.atomic():
        row = Erasure.objects.filter(client=client, reference=reference).first()
        task = row.tasks.filter(place=place).exclude(state="answered").first() if row is not None else None
        if row is None or task is None or place not in hands(client, reference):
            return False
        sealed = vault.seal(client, 0, "troth.hand", task.pk, _evidence_rule(row), evidence[:500].encode())
        Task.objects.filter(pk=task.pk).update(by=by, evidence=sealed)
        _written(row, task, Receipt(place=place, state="erased", how="said by somebody of ours"))
        Task.objects.filter(pk=task.pk).update(again=True)
        entries.append("request-step", client=client, refs={"request": reference, "task": str(task.pk)}, actor=by)
        queue.add("erase", {"erasure": row.pk}, client=client, once=f"erase {row.pk}")
    return True


def hands(client: str, reference: str) -> list[str]:
    """The places of this erasure that wait for a hand: no program can ask them, or the policy names them no more."""
    row = Erasure.objects.filter(client=client, reference=reference).exclude(step="done").first()
    if row is None or (row.begins is not None and row.begins > timezone.now()):
        return []
    places = {place.name: place for place in where.places(client)}
    waiting = row.tasks.exclude(state="answered").order_by("pk").values_list("place", flat=True)
    return [name for name in waiting if name not in places or isinstance(places[name], ByHand)]


def whom(client: str, reference: str, *, actor: str) -> tuple[tuple[str, str], ...]:
    """Whom to look for by hand: field and value of each proved identity. Asked of the gate, and written down."""
    row = Erasure.objects.filter(client=client, reference=reference).first()
    if row is None or row.subject is None:
        return ()
    with transaction.atomic():
        _pass(row, "erase", actor=actor, why=Why("erase", reference))
    return _subject(row).identities


def evidence(client: str, reference: str) -> dict[str, str]:
    """What staff wrote down about a place that was done by hand, for the desk."""
    row = Erasure.objects.filter(client=client, reference=reference).first()
    return {
        task.place: vault.open(client, 0, "troth.hand", task.pk, bytes(task.evidence or b"")).decode()
        for task in (row.tasks.exclude(evidence=None) if row is not None else ())
    }


def forget(client: str, reference: str) -> None:
    """The request behind it is as old as the policy lets it be: nothing of the erasure stays."""
    recipients.forget(client, reference)
    row = Erasure.objects.filter(client=client, reference=reference, step="done").first()
    if row is not None:
        rules = [_whom_rule(row), _evidence_rule(row)]
        row.delete()
        vault.destroy(client, 0, rules)


def rules_in_use(client: str) -> set[str]:
    """The keys of erasures that still seal whom to ask for, or how something is known that a hand did."""
    rows = Erasure.objects.filter(client=client)
    whom = {_whom_rule(row) for row in rows.filter(subject__isnull=False)}
    return whom | {_evidence_rule(row) for row in rows.filter(tasks__evidence__isnull=False).distinct()}


def _evidence_rule(row: Erasure) -> str:
    return f"erasure {row.pk} proof"


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
        told=recipients.of(row.client, row.reference),
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
    return [_receipt(row, task) for task in row.tasks.order_by("pk")]


def _receipt(row: Erasure, task: Task) -> Receipt:
    """What a place last said. One in which something was found again, or that is silent now, has not answered."""
    if not task.receipt:
        return Receipt(place=task.place, state="not answered", why=NOT_ASKED)
    said = msgspec.structs.replace(decoding.read(bytes(task.receipt), Receipt), place=task.place)
    if task.by and said.how == "claimed by them":  # as an earlier release wrote it
        said = msgspec.structs.replace(said, how="said by somebody of ours")
    if said.state != "not answered" and task.state != "answered":
        return msgspec.structs.replace(said, state="not answered", why="Something stood there when we asked again.")
    if said.state != "not answered" and row.step == "again" and not task.again:
        return msgspec.structs.replace(said, state="not answered", why="It has not answered yet when asked again.")
    return said


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
    return decoding.read(plain, Subject)


def _held(row: Erasure) -> frozenset[str]:
    return frozenset().union(*(standing.facts(row.client, person).held for person in row.persons))


def _pass(row: Erasure, right: str, *, actor: str = "", why: Why | None = None) -> Pass:
    """For the program; with ``why`` for a hand, which is shown by what they are known and nothing beside."""
    plan: Plan = editions.in_force(row.client).plan
    held = _held(row)
    fields = staying.erasable(plan, held) if right == "erase" else frozenset(plan.fields)
    fields, case = (fields, "") if why is None else (frozenset[str](), why.case)
    act = Act(kind="answer", use=right, fields=fields, day=days.today(row.client), case=case)
    facts = Facts(proved=True, held=held)
    return gate.must(act, client=row.client, persons=row.persons, facts=facts, actor=actor, why=why)
