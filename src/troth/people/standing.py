"""What stands over a person's data, and the one row of facts that the gate reads.

Restriction (UK GDPR Art 18), holds (Art 17(3)) and suppression (Art 21(3)) are facts here, so that the gate alone
decides. The row of facts is written in the same transaction as whatever changes it, and never read from memory (T14).
"""

from __future__ import annotations

import collections
import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal

import msgspec
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from troth.ledger import entries
from troth.parties import editions
from troth.people import details, indexes, vault
from troth.people.models import Choice, Identity, Moment, Person, Standing, Suppression, Value
from troth.policy import decoding, periods
from troth.policy.deciding import Facts
from troth.policy.plan import Plan
from troth.policy.problems import Trouble

CONTRACT_ENDS: Final = frozenset({"contract ends", "account closes", "customer leaves", "membership ends"})
AT_ONCE: Final = 300  # persons whose facts are read together
TOLD: Final = "told of edition "
LAST_PURPOSE_ENDS: Final = "last purpose ends"
CONTESTED: Final = "accuracy contested"  # the ground of a restriction over what a person says is wrong: Art 18(1)(a)
ANEW: Final = "person's page, while restricted"  # how a yes was said that goes on through a restriction: Art 18(2)
_LIVE: Final = Facts().live
_SQL: Final = "SELECT facts FROM people_person WHERE id = %s AND client_id = %s"


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is stored: the facts, and the holds that end by themselves."""

    kinds: frozenset[str] = frozenset()
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    restricted: bool = False
    renewed: frozenset[str] = frozenset()
    contested: frozenset[str] = frozenset()
    underage: bool = False
    held: frozenset[str] = frozenset()
    held_until: tuple[tuple[dt.datetime, frozenset[str]], ...] = ()
    ended: bool = False  # the contract


class Stands(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stands, or stood, over a person's data."""

    id: int
    person: int
    kind: Literal["restriction", "hold"]
    name: str
    fields: frozenset[str]
    ground: str
    by: str
    since: dt.datetime
    until: dt.datetime | None
    review: dt.date | None
    ended: dt.datetime | None


Said = tuple[int, str, str, bool]  # ledger entry, key, stop, state: entries count up though a clock may go back
Knowing = set[int]  # the entries of each yes that was said in view of a restriction
_decoder = decoding.decoder(Row)
_encode = msgspec.json.Encoder().encode


def facts(client: str, person: int) -> Facts:
    """The facts about one person, read anew each time. Asked under another client, the person does not exist."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, (person, client))
        found = cursor.fetchone()
    if found is None:
        raise no_person()
    return _facts(_decoder.decode(found[0] or b"{}"))


def _facts(row: Row) -> Facts:
    held = row.held
    if row.held_until:
        now = timezone.now()
        held = held.union(*(fields for until, fields in row.held_until if until > now))
    return Facts(
        kinds=row.kinds,
        yes=row.yes,
        no=row.no,
        restricted=row.restricted,
        renewed=row.renewed,
        contested=row.contested,
        held=held,
        underage=row.underage,
        live=_LIVE - {"contract is live"} if row.ended else _LIVE,
    )


def no_person() -> Trouble:
    return Trouble("no-person", "There is no such person here.", "Look the person up by an identity first.")


def person(client: str, number: int) -> Person:
    """The person's row behind the client's wall."""
    found = Person.objects.filter(client_id=client, id=number).first()
    if found is None:
        raise no_person()
    return found


def rebuild(client: str, number: int) -> Facts:
    """Write the row of facts anew from what it stands for. Runs in the transaction of the change."""
    row = compute(client, number)
    Person.objects.filter(client_id=client, id=number).update(facts=_encode(row))
    return _facts(row)


def stale(client: str) -> list[int]:
    """Persons whose row of facts is not what their choices and standings say: for the probe. Must be none."""
    rows = Person.objects.filter(client_id=client).order_by("id").values_list("id", "facts").iterator()
    found: list[int] = []
    while some := dict(itertools.islice(rows, AT_ONCE)):
        told = _computed(client, list(some))
        found += [number for number, stored in some.items() if _decoder.decode(bytes(stored) or b"{}") != told[number]]
    return found


def compute(client: str, number: int) -> Row:
    """The facts from the beginning: every choice in its order, every suppression, everything that stands."""
    found = _computed(client, [number])
    if number not in found:
        raise no_person()
    return found[number]


def _computed(client: str, numbers: Collection[int]) -> dict[int, Row]:
    said, stand = _said(client, numbers), collections.defaultdict[int, list[Standing]](list)
    rows = Choice.objects.filter(client_id=client, person_id__in=numbers, state=True, how=ANEW)
    anew = set(rows.values_list("entry", flat=True))
    for row in Standing.objects.filter(client_id=client, person_id__in=numbers, ended=None):
        stand[row.person_id].append(row)
    moments = Moment.objects.filter(client_id=client, person_id__in=numbers, moment__in=CONTRACT_ENDS)
    ended = set(moments.values_list("person_id", flat=True))
    people = Person.objects.filter(client_id=client, id__in=numbers)
    return {one.pk: _row(one, said[one.pk], stand[one.pk], one.pk in ended, anew) for one in people}


def _row(one: Person, said: list[Said], stand: list[Standing], ended: bool, anew: Knowing) -> Row:
    yes, no = added_up(said)
    holds = [(row.until, frozenset(row.fields)) for row in stand if row.kind == "hold"]
    shut = [row for row in stand if row.kind == "restriction"]
    return Row(
        kinds=frozenset(one.kinds),
        yes=yes,
        no=no,
        restricted=bool(shut),
        renewed=_renewed(shut, said, anew),
        contested=frozenset().union(*(row.fields for row in shut)),
        underage=one.underage,
        held=frozenset().union(*(fields for until, fields in holds if until is None)),
        held_until=tuple((until, fields) for until, fields in holds if until is not None),
        ended=ended,
    )


def _renewed(shut: list[Standing], said: list[Said], anew: Knowing) -> frozenset[str]:
    """What they said yes to after the last restriction, knowing of it, and did not take back: a yes that came after
    that no another way brings nothing back. Where nobody wrote down which value is contested, none of them can be told
    from it, and no yes opens anything."""
    last = max((row.entry for row in shut), default=None)
    if last is None or any(row.ground == CONTESTED and not row.fields for row in shut):
        return frozenset()
    return added_up(one for one in said if not one[3] or (one[0] in anew and one[0] > last))[0]


def added_up(said: Iterable[Said]) -> tuple[frozenset[str], frozenset[str]]:
    """Yes is to what exactly was asked; no is to the name and voids every earlier yes under it, until a new yes."""
    given: dict[str, set[str]] = {}
    stopped: set[str] = set()
    for _, key, stop, state in sorted(said, key=lambda one: one[0]):
        if state:
            stopped.discard(stop)
            given.setdefault(stop, set()).update({key} - {""})
        else:
            stopped.add(stop)
            given.pop(stop, None)
    return frozenset().union(*given.values()), frozenset(stopped)


def _said(client: str, numbers: Collection[int]) -> dict[int, list[Said]]:
    """By person: what each said, and what the suppression list says of them."""
    said = collections.defaultdict[int, list[Said]](list)
    rows = Choice.objects.filter(client_id=client, person_id__in=numbers)
    for number, entry, key, stop, state in rows.values_list("person_id", "entry", "key", "stop", "state"):
        said[number].append((entry, key, stop, state))
    marks = list(indexes.marks_of_persons(client, Identity.objects.filter(client_id=client, person_id__in=numbers)))
    listed = Suppression.objects.filter(client_id=client, blind__in={mark for _, mark in marks}) if marks else []
    stops = {bytes(row.blind): [(row.entry, "", stop, False) for stop in row.stops] for row in listed}
    for number, mark in marks:
        said[number] += stops.get(mark, [])
    return said


# --- restriction and hold ---------------------------------------------------------------------------------------


@transaction.atomic
def restrict(client: str, person: int, *, ground: str, by: str = "", fields: Collection[str] = ()) -> int:
    """Restrict at once: from now the gate lets through only storage, claims, the protection of another, and what the
    person says yes to after this (UK GDPR Art 18(2)); of that nothing which touches ``fields``, which are contested."""
    return _stand(client, person, "restricted", "restriction", fields=fields, ground=ground, by=by)


@transaction.atomic
def unrestrict(client: str, person: int, *, by: str = "", standing: int | None = None, ground: str = "") -> int:
    """Lift restrictions (all, one, or those of one ground). The caller told the person first: UK GDPR Art 18(3)."""
    rows = Standing.objects.filter(client_id=client, person_id=person, kind="restriction", ended=None)
    rows = rows.filter(ground=ground) if ground else rows
    return _end(client, person, "unrestricted", rows if standing is None else rows.filter(id=standing), by)


@transaction.atomic
def hold(
    client: str,
    person: int,
    name: str,
    *,
    by: str,
    ground: str = "",
    fields: Collection[str] | None = None,
    until: dt.datetime | None = None,
    review: dt.date | None = None,
) -> int:
    """Keep what a declared hold names from erasure and sweep, until it is lifted or ends."""
    declared = editions.in_force(client).plan.holds.get(name)
    if declared is None:
        raise Trouble("no-hold", "The policy declares no such hold.", "Name a hold from the policy's `holds`.")
    over = declared.data if fields is None else declared.data & frozenset(fields)
    return _stand(client, person, "held", "hold", name, over, ground, by, until, review)


@transaction.atomic
def unhold(client: str, person: int, name: str, *, by: str = "", standing: int | None = None) -> int:
    """End the holds of one name over a person, or one of them."""
    rows = Standing.objects.filter(client_id=client, person_id=person, kind="hold", name=name, ended=None)
    return _end(client, person, "unheld", rows if standing is None else rows.filter(id=standing), by)


def _stand(
    client: str,
    number: int,
    act: str,
    kind: str,
    name: str = "",
    fields: Collection[str] = (),
    ground: str = "",
    by: str = "",
    until: dt.datetime | None = None,
    review: dt.date | None = None,
) -> int:
    person(client, number)
    since = timezone.now()
    said = details.of_standing(kind, name, fields, since)
    entry = entries.append(act, client=client, counts={"fields": len(fields)}, actor=by, details=said)
    row = Standing.objects.create(
        client_id=client,
        person_id=number,
        kind=kind,
        name=name,
        fields=sorted(fields),
        ground=ground,
        by=by,
        since=since,
        until=until,
        review=review,
        entry=entry.number,
        salt=entry.salt,
    )
    rebuild(client, number)
    return int(row.pk)


def _end(client: str, number: int, act: str, rows: Iterable[Standing], by: str) -> int:
    ended = list(rows)
    for row in ended:
        entry = entries.append(act, client=client, refs={"of": str(row.entry)}, actor=by)
        row.ended, row.end_entry = timezone.now(), entry.number
        row.save(update_fields=["ended", "end_entry"])
    if ended:
        rebuild(client, number)
    return len(ended)


@transaction.atomic
def tidy(client: str, before: dt.datetime) -> int:
    """What stood and was over before a moment is forgotten. Why a hold was placed is free text, and goes as soon as it
    is over and nothing is known of its person any more (UK GDPR Art 5(1)(e)). Returns how many rows went."""
    rows, now = Standing.objects.filter(client_id=client), timezone.now()
    over = rows.filter(Q(ended__lt=before) | Q(ended=None, until__lt=before))
    persons = set(over.values_list("person_id", flat=True))
    gone = int(over.delete()[0])
    for person in persons:
        rebuild(client, person)
    known = [Exists(one.objects.filter(client_id=client, person=OuterRef("person"))) for one in (Identity, Value)]
    said = rows.filter(Q(ended__isnull=False) | Q(until__lte=now), *(~one for one in known), kind="hold")
    said.exclude(ground="").update(ground="")
    return gone


def of(client: str, person: int, *, past: bool = False) -> list[Stands]:
    rows = Standing.objects.filter(client_id=client, person_id=person).order_by("id")
    return [_stands(row) for row in (rows if past else rows.filter(ended=None))]


def all_of(client: str, kind: str = "") -> list[Stands]:
    """All that stands at a client, newest first: for the desk."""
    rows = Standing.objects.filter(client_id=client, ended=None).order_by("-id")
    return [_stands(row) for row in (rows.filter(kind=kind) if kind else rows)]


def ended_holds(client: str, since: dt.datetime) -> list[Stands]:
    """Holds that ended after ``since``: a pending erasure goes on by itself when its hold ends."""
    over = Q(ended__gt=since) | Q(ended=None, until__gt=since, until__lte=timezone.now())
    return [_stands(row) for row in Standing.objects.filter(over, client_id=client, kind="hold")]


def _stands(row: Standing) -> Stands:
    return Stands(
        id=int(row.pk),
        person=row.person_id,
        kind="hold" if row.kind == "hold" else "restriction",
        name=row.name,
        fields=frozenset(row.fields),
        ground=row.ground,
        by=row.by,
        since=row.since,
        until=row.until,
        review=row.review,
        ended=row.ended,
    )


# --- moments, age, suppression ----------------------------------------------------------------------------------


def told_by_us(plan: Plan) -> dict[str, str]:
    """The moments that somebody has to tell, each with what it means: what a place tells by a column is left out."""
    told = {one.name: one.means for one in plan.moments.values() if "." not in one.known_from}
    if any(rule.refreshed for rule in plan.rules.values()):
        told[periods.REFRESHED] = "Somebody looked whether what is kept of this person is still right"
    return told


@transaction.atomic
def happened(client: str, number: int, moment: str, at: dt.datetime | None = None, *, by: str = "") -> None:
    """Something happened that starts a clock: a moment that the policy declares. Told again, it moves the clock.

    ``at`` is when it happened, now or before; ``by`` who told it. Raises ``Trouble``: no such moment, a day to come.
    """
    known, when = told_by_us(editions.in_force(client).plan), at or timezone.now()
    if moment not in known:
        help = f"Name one of: {', '.join(sorted(known)) or 'none, for no period of the policy waits for one'}."
        raise Trouble("no-moment", "The policy declares no such moment that somebody could tell.", help)
    if when > timezone.now():
        raise Trouble("not-yet", "That day has not come.", "Tell it when it has happened.")
    person(client, number)
    entry = entries.append("happened", client=client, actor=by, details=details.of_moment(moment, when))
    _note(client, number, moment, when, entry.number, entry.salt)


@transaction.atomic
def not_happened(client: str, number: int, moment: str, *, by: str = "") -> bool:
    """It was told by mistake, or it was undone (a contract goes on): its clock stops. False: nobody had told it."""
    row = Moment.objects.filter(client_id=client, person_id=number, moment=moment).exclude(entry=0).first()
    if row is None:
        return False
    entries.append("not-happened", client=client, refs={"of": str(row.entry)}, actor=by)
    row.delete()
    rebuild(client, number)
    return True


@transaction.atomic
def _note(client: str, number: int, moment: str, at: dt.datetime, entry: int = 0, salt: bytes | None = None) -> None:
    person(client, number)
    said = {"at": at, "entry": entry, "salt": salt}
    Moment.objects.update_or_create(client_id=client, person_id=number, moment=moment, defaults=said)
    rebuild(client, number)


def clock(moments: Mapping[str, dt.datetime], born: dt.datetime) -> dict[str, dt.datetime]:
    """The moments as they count for one value. What happened before it came counts from the day on which it came: a
    second letter is not as old as the answer to the first."""
    return {name: max(at, born) for name, at in moments.items()} | {periods.COLLECTED: born}


def moments(client: str, number: int) -> dict[str, dt.datetime]:
    return dict(Moment.objects.filter(client_id=client, person_id=number).values_list("moment", "at"))


def with_moments(client: str) -> list[int]:
    """Everybody for whom some clock was started."""
    return sorted(set(Moment.objects.filter(client_id=client).values_list("person_id", flat=True)))


def told_to_us(client: str, numbers: Collection[int]) -> list[tuple[str, dt.datetime]]:
    """What somebody told us that happened to these persons: the moment, and when."""
    rows = Moment.objects.filter(client_id=client, person_id__in=list(numbers)).exclude(entry=0)
    return list(rows.order_by("id").values_list("moment", "at"))


def told_of(client: str) -> dict[str, int]:
    """Of how many people each moment was told."""
    rows = Moment.objects.filter(client_id=client).exclude(entry=0).values_list("moment").annotate(Count("id"))
    return dict(rows)


def tell(client: str, number: int, edition: int) -> None:
    """The person was told of an edition (a message sent, a page read): from now what it widened binds older data."""
    _note(client, number, f"{TOLD}{edition}", timezone.now())


def editions_told(client: str, number: int) -> frozenset[int]:
    """The editions the person was told of."""
    names = Moment.objects.filter(client_id=client, person_id=number, moment__startswith=TOLD)
    return frozenset(int(name.removeprefix(TOLD)) for name in names.values_list("moment", flat=True))


def told(client: str, number: int) -> int:
    """The last edition the person was told of; 0: none."""
    return max(editions_told(client, number), default=0)


def purpose_left(client: str, number: int, left: bool) -> None:
    """With a person's last value their last purpose ends, and the proof of their choices starts to age."""
    rows = Moment.objects.filter(client_id=client, person_id=number, moment=LAST_PURPOSE_ENDS)
    if left:
        rows.delete()
    elif not rows.exists():
        Moment.objects.create(client_id=client, person_id=number, moment=LAST_PURPOSE_ENDS, at=timezone.now())


def forget_moments(client: str, number: int) -> None:
    """The clocks of values that are gone go with them."""
    Moment.objects.filter(client_id=client, person_id=number).exclude(moment=LAST_PURPOSE_ENDS).delete()
    rebuild(client, number)


@transaction.atomic
def underage(client: str, number: int, yes: bool) -> None:
    one = person(client, number)
    one.underage = yes
    one.save(update_fields=["underage"])
    rebuild(client, number)


@transaction.atomic
def suppress(client: str, kind: str, value: str, stops: Collection[str], *, by: str = "") -> int:
    """Never approach whoever this is again, known to us or not: UK GDPR Art 21(3). ``kind``: 'email address'."""
    index = vault.Index(client)
    marks = index.suppressions(kind, value, exactly=True)  # a row of somebody else's is theirs
    mark = index.suppression(index.blind(kind, value), index.newest)
    number = _put_on_the_list(client, kind, marks, mark, index.newest, stops, by)
    _rebuild_known(client, indexes.looked_for(index, kind, value))
    return number


@transaction.atomic
def suppress_identity(client: str, row: Identity, stops: Collection[str], *, by: str = "") -> int:
    """As ``suppress``, of an identity that is at hand."""
    marks = indexes.suppression_marks(client, [row], exactly=True)
    number = _put_on_the_list(client, row.kind, marks, marks[0], row.version, stops, by)
    _rebuild_known(client, indexes.every_blind(client, [row]))
    return number


def _put_on_the_list(
    client: str, kind: str, marks: list[bytes], mark: bytes, version: int, stops: Collection[str], by: str
) -> int:
    """A row that stands already keeps its mark and the version it was made with."""
    found = Suppression.objects.filter(client_id=client, blind__in=marks).first()
    row = found or Suppression(client_id=client, kind=kind, blind=mark, version=version)
    row.stops, row.at = sorted({*row.stops, *stops}), timezone.now()
    said = details.of_suppression(row)
    entry = entries.append("choice", client=client, counts={"suppressed": len(stops)}, actor=by, details=said)
    row.entry, row.salt = entry.number, entry.salt
    row.save()
    return int(row.pk)


def _rebuild_known(client: str, blinds: list[bytes]) -> None:
    for number in Identity.objects.filter(client_id=client, blind__in=blinds).values_list("person_id", flat=True):
        rebuild(client, number)


def suppressed(client: str, kind: str, value: str) -> frozenset[str]:
    """The stops that stand against an address, for somebody who is no person here: at import, at a first contact."""
    marks = vault.Index(client).suppressions(kind, value)
    rows = Suppression.objects.filter(client_id=client, blind__in=marks)
    return frozenset().union(*(row.stops for row in rows))
