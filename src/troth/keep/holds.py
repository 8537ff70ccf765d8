"""Holds: what must stay although it is due or was asked to go, for a reason the policy names: UK GDPR Art 17(3).

A hold has a ground, an owner and a day on which it is looked at again. One that stops an erasure refuses a part of it:
a second person must agree; in a firm of one it is the same one who looks again on a later day, and the letter says so.
Until then the person is not told that anything stays, and after a week it ends by itself.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from django.db import transaction
from django.utils import timezone

from troth.keep import erasure, staying
from troth.keep.models import Agreement, Erasure, Task
from troth.ledger import entries
from troth.parties import editions, staff
from troth.people import left, standing
from troth.people.standing import Stands
from troth.places.kinds import Kept, Receipt
from troth.policy import decoding, periods
from troth.policy.plan import Span
from troth.policy.problems import Trouble
from troth.work import queue

AFTER: Final = dt.timedelta(days=366)
ALONE: Final = dt.timedelta(days=7)  # so long one person alone can stop an erasure


def place(
    client: str,
    person: int,
    name: str,
    *,
    by: str,
    until: dt.datetime | None = None,
    ground: str = "",
    review: dt.date | None = None,
) -> int:
    """Put a declared hold over a person's data. Sweeps and erasures go around it from now.

    Without a ground of its own it stands for the policy's; without a day, it is looked at again when the policy says.
    """
    declared = editions.in_force(client).plan.holds.get(name)
    if not by:
        raise Trouble("no-staff", "A hold is somebody's.", "Say who answers for it.")
    if declared is not None:
        ground = ground or declared.because
        span = periods.span(declared.review)
        review = review or (_looked_again(client, span) if span else None)
    with transaction.atomic():  # the write lock is ours: the same words of the same owner, sent twice, are one hold
        said = ("hold", name, declared.data if declared is not None else None, by, ground, until, review)
        for one in standing.of(client, person):
            if (one.kind, one.name, one.fields, one.by, one.ground, one.until, one.review) == said:
                return one.id
        return standing.hold(client, person, name, by=by, until=until, ground=ground, review=review)


def _looked_again(client: str, span: Span) -> dt.date:
    plan = editions.in_force(client).plan
    return plan.day(periods.add(span, timezone.now(), zone=plan.zone))


def lift(client: str, person: int, name: str, *, by: str, number: int | None = None) -> int:
    """End a hold: every one of that name over the person, or the one of that number, since two may stand of one name
    with owners of their own. An erasure that it stopped goes on by itself."""
    with transaction.atomic():
        ended = standing.unhold(client, person, name, by=by, standing=number)
        resume(client, person)
    return ended


def resume(client: str, person: int) -> None:
    """A hold over this person ended: what it kept from an erasure goes now, under the same request."""
    for row in Erasure.objects.filter(client=client, step="done"):
        if person in row.persons and any(staying.on_hold(one) for one in _kept(row)):
            _again(row)


def _kept(row: Erasure) -> list[Kept]:
    return decoding.read(bytes(row.kept), list[Kept])


def _again(row: Erasure) -> None:
    """Ask once more where something stayed for the hold, under the same request."""
    with transaction.atomic():
        row.step, row.finished, row.kept = "places", None, b"[]"
        row.save(update_fields=["step", "finished", "kept"])
        for task in row.tasks.all():
            receipt = decoding.read(bytes(task.receipt), Receipt)
            if any(staying.on_hold(one) or one.what == left.MARK.what for one in receipt.kept):
                Task.objects.filter(pk=task.pk).update(state="waiting", again=False)
        queue.add("erase", {"erasure": row.pk}, client=row.client, once=f"erase {row.pk} again")


def declared(client: str) -> dict[str, str]:
    """The holds that the policy knows, each with its reason."""
    return {name: hold.because for name, hold in editions.in_force(client).plan.holds.items()}


# A second person --------------------------------------------------------------------------------------------------


class Alone(msgspec.Struct, frozen=True, kw_only=True):
    """A hold that stops an erasure, and nobody but its owner has agreed yet. ``ends``: when it ends by itself, counted
    from the day on which that was noticed and stood on the desk, so that nothing ends that nobody could see."""

    stands: Stands
    reference: str
    ends: dt.datetime


def alone(client: str) -> list[Alone]:
    """Every hold that stops an erasure on one person's word, the one that ends first first."""
    seen = {one.standing: one for one in Agreement.objects.filter(client=client)}
    holds = [one for one in standing.all_of(client, "hold") if not (one.id in seen and seen[one.id].by)]
    now = timezone.now()
    rows = Erasure.objects.filter(client=client)
    stopped = [row for row in rows if row.step in ("places", "keys") or _is_held(row)]
    found = [
        Alone(stands=one, reference=row.reference, ends=(seen[one.id].at if one.id in seen else now) + ALONE)
        for one in holds
        for row in stopped
        if one.person in row.persons and not _over(one)
    ]
    return sorted(found, key=lambda one: one.ends)


def _over(one: Stands) -> bool:
    return one.until is not None and one.until <= timezone.now()


def _is_held(row: Erasure) -> bool:
    """Also while a place is silent: what the others keep of it is in their receipts, and not yet with the whole."""
    kept = [*_kept(row), *(_receipts_kept(row) if row.step == "again" else [])]
    return any(staying.on_hold(one) for one in kept)


def notice(client: str) -> list[Alone]:
    """From now the week runs in which a second person may agree."""
    found = alone(client)
    for one in found:
        Agreement.objects.get_or_create(client=client, standing=one.stands.id, defaults={"at": timezone.now()})
    return found


def waits(client: str, reference: str) -> bool:
    """Whether something stays of this erasure on one person's word alone."""
    return any(one.reference == reference for one in notice(client))


def unseconded(client: str, reference: str) -> bool:
    """The same, also of an erasure that is still under way, and without starting anybody's week."""
    row = Erasure.objects.filter(client=client, reference=reference).first()
    if row is None or not any(staying.on_hold(one) for one in _receipts_kept(row)):
        return False
    second, holds = agreed(client), standing.all_of(client, "hold")
    return any(one.person in row.persons and one.id not in second and not _over(one) for one in holds)


def _receipts_kept(row: Erasure) -> list[Kept]:
    told = [decoding.read(bytes(one.receipt), Receipt) for one in row.tasks.all() if one.receipt]
    return [kept for receipt in told for kept in receipt.kept]


def agree(client: str, number: int, *, by: str) -> None:
    """A second person agrees that this hold stops an erasure: whoever asked is told now what stays, and why."""
    one = next((one for one in standing.all_of(client, "hold") if one.id == number), None)
    if one is None:
        raise Trouble("no-hold", f"There is no hold {number} here.", "Look at the holds that stand.")
    staff.must_agree(client, one.by, by, one.since, "keeping")
    stopped = {found.reference for found in alone(client) if found.stands.id == number}
    with transaction.atomic():
        if Agreement.objects.filter(standing=number).exclude(by="").exists():
            return
        entry = entries.append("held", client=client, actor=by)
        said = {"client": client, "by": by, "at": timezone.now(), "entry": entry.number}
        Agreement.objects.update_or_create(standing=number, defaults=said)
    for reference in sorted(stopped & _ended(client)):
        if not waits(client, reference):
            erasure.say(client, reference)


def _ended(client: str) -> set[str]:
    """The erasures that have asked every place twice; of one that has not, there is nothing to be told yet."""
    done = Erasure.objects.filter(client=client, step__in=("overwrite", "done"))
    return {row.reference for row in done if _is_held(row)}


def tell(client: str) -> None:
    """Whoever stopped between an agreement and the telling left an erasure of which nobody heard: told twice is once,
    and one on whose hold nobody agreed is still not told."""
    for reference in sorted(_ended(client)):
        erasure.say(client, reference)


def by_one(client: str, reference: str) -> bool:
    """Whether something stays of this erasure for a hold that one person alone placed and looked at again."""
    row = Erasure.objects.filter(client=client, reference=reference).first()
    if row is None or not _is_held(row):
        return False
    second = agreed(client)
    holds = (one for one in standing.all_of(client, "hold") if one.person in row.persons)
    return any(second.get(one.id) == one.by for one in holds)


def agreed(client: str) -> dict[int, str]:
    """By the number of a hold, who agreed to it."""
    return dict(Agreement.objects.filter(client=client).exclude(by="").values_list("standing", "by"))


def lapse(client: str) -> int:
    """Holds that stopped an erasure for a week on one person's word end, and it goes on. Returns how many ended."""
    return sum(
        lift(client, one.stands.person, one.stands.name, by="program", number=one.stands.id)
        for one in notice(client)
        if one.ends <= timezone.now()
    )


def tidy(client: str) -> int:
    """What stood over somebody, and who agreed to it, is kept for a year after it ended, and then forgotten."""
    standing.tidy(client, timezone.now() - AFTER)
    kept = standing.all_of(client, "hold") + standing.ended_holds(client, timezone.now() - AFTER)
    gone = set(Agreement.objects.filter(client=client).values_list("standing", flat=True)) - {one.id for one in kept}
    return sum(Agreement.objects.filter(client=client, standing=one).delete()[0] for one in gone)


def effects() -> list[tuple[int, str]]:
    return [
        (entry, f"agreement {number}")
        for number, entry in Agreement.objects.exclude(entry=0).values_list("pk", "entry")
    ]
