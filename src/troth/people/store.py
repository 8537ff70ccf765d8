"""Our own store of values: each sealed under its person's key, under terms held by reference, read with a pass.

Nothing comes in, goes out or changes here without a pass that the gate gave for exactly these fields and persons. When
a value is due is worked out from the fact its period counts from, so that a shorter promise binds at once.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

import msgspec
from django.db import connection, transaction
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from troth.ledger import entries, signing
from troth.parties import editions
from troth.people import choices, details, indexes, purposes, standing, vault
from troth.people.binding import Binding
from troth.people.models import Identity, Look, Moment, Person, Terms, Value
from troth.places.opening import Pass, check, spend
from troth.policy import periods
from troth.policy.changes import longer
from troth.policy.plan import Plan, Rule
from troth.policy.problems import Trouble

_log = logging.getLogger("troth.people")
READERS: Final = frozenset({"use", "disclose", "answer", "keep"})
MENDERS: Final = frozenset({"answer", "keep"})


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One value as its reader gets it. ``due`` None: the clock that ends it has not started."""

    id: int
    field: str
    value: str
    point: str
    source: str
    channel: str
    edition: int
    collected_at: dt.datetime
    due: dt.datetime | None
    rule: str
    terms: int
    binds: Rule | None = None  # the rule by which it is due: of the editions that bind it, the strictest


class Due(msgspec.Struct, frozen=True, kw_only=True):
    rule: str
    person: int
    value_id: int
    field: str
    due: dt.datetime


# --- writing ----------------------------------------------------------------------------------------------------


@transaction.atomic
def write(
    token: Pass,
    client: str,
    person: int,
    values: Mapping[str, str],
    *,
    point: str,
    source: str,
    edition: int,
    collected_at: dt.datetime,
) -> list[int]:
    """Store what was collected, for one pass of kind *collect*. Returns the ids of the values."""
    _kind(token, frozenset({"collect"}))
    spend(token, client=client, fields=frozenset(values), persons=frozenset({person}))
    standing.person(client, person)
    plan = editions.numbered(client, edition).plan
    _storable(plan, point, values)
    terms = _terms(client, person, plan, edition, point, source)
    numbered = enumerate(values, start=_next_id())
    said = details.of_values((number, field, terms.content, collected_at) for number, field in numbered)
    counts, refs = {"values": len(values)}, {"pass": token.id}
    entry = entries.append("value-written", client=client, edition=edition, counts=counts, refs=refs, details=said)
    Value.objects.bulk_create(rows := list(_rows(plan, person, values, terms, collected_at, entry)))
    standing.purpose_left(client, person, True)
    return [int(row.pk) for row in rows]


def _rows(
    plan: Plan, person: int, values: Mapping[str, str], terms: Terms, born: dt.datetime, entry: entries.Entry
) -> Iterator[Value]:
    """Each value sealed under its rule's key, bound to the id that its row will have."""
    keys, now = vault.Keys(terms.client_id), timezone.now()
    for number, (field, value) in enumerate(values.items(), start=_next_id()):
        rule = plan.fields[field].rule
        yield Value(
            id=number,
            client_id=terms.client_id,
            person_id=person,
            field=field,
            terms=terms,
            rule=rule,
            born=born,
            sealed=keys.seal(person, field, number, rule, value.encode()),
            written_at=now,
            entry=entry.number,
            salt=entry.salt,
        )


def _kind(token: Pass, kinds: frozenset[str]) -> None:
    if not isinstance(token, Pass) or token.kind not in kinds:
        raise Trouble(
            "pass-refused",
            f"This pass does not open this place. It is not to {' or to '.join(sorted(kinds))}.",
            "Ask the gate for a pass for this act.",
        )


def _storable(plan: Plan, point: str, values: Collection[str]) -> None:
    taken = plan.points[point].fields if point in plan.points else frozenset()
    for field in values:
        if field not in plan.fields or plan.fields[field].form in ("never stored", "counted"):
            raise Trouble(
                "not-stored", "The policy says that this is never stored.", "Leave the field out.", where=field
            )
        if field not in taken:
            said = f"“{point}” takes in no {field}."
            raise Trouble("not-taken", said, "Leave the field out, or name the point that takes it in.", where=field)


def _next_id() -> int:
    """The next id of a value: it is bound into the seal, so it must be known first. The write lock is ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'people_value'")
        row = cursor.fetchone()
    return int(row[0]) + 1 if row else 1


def _terms(client: str, person: int, plan: Plan, edition: int, point: str, source: str) -> Terms:
    declared = plan.points.get(point)
    channel = declared.by if declared else ""
    facts = standing.facts(client, person)
    openings = declared.openings if declared else ()
    opened = sorted({one.use for one in openings if one.yes <= facts.yes and one.no.isdisjoint(facts.no)})
    content = details.of_terms(client, edition, point, source, channel, opened)
    return Terms.objects.get_or_create(
        content=content,
        defaults={
            "client_id": client,
            "edition": edition,
            "point": point,
            "source": source,
            "channel": channel,
            "opened": opened,
        },
    )[0]


# --- reading ----------------------------------------------------------------------------------------------------


@transaction.atomic
def read(token: Pass, client: str, person: int, fields: Collection[str] | None = None) -> list[Held]:
    """What the pass opens of one person. The pass is checked, not spent: one act may read several places with it. A
    value whose key was destroyed was erased, and came back with an older troth.db: it says nothing."""
    _kind(token, READERS)
    wanted = token.fields if fields is None else frozenset(fields)
    check(token, client=client, fields=wanted, persons=frozenset({person}))
    found = list(_values(client, person, wanted).select_related("terms").order_by("id"))
    binding = Binding(client, number=token.edition)
    rows = [row for row in found if _open_under_its_terms(token, row, binding)]
    counts = {"values": len(rows), "withheld": len(found) - len(rows)}
    entries.append("value-read", client=client, counts=counts, refs={"pass": token.id})
    keys, clock = vault.Keys(client), Clock(client)
    opened = [(row, _unless_gone(keys, row)) for row in rows]
    return [_held(row, plain.decode(), clock) for row, plain in opened if plain is not None]


def _open_under_its_terms(token: Pass, row: Value, binding: Binding) -> bool:
    """A use that came later binds only what was collected after it, or once the person was told: UK GDPR Art 13(3).
    One that an edition dropped stays dropped for what came before it, though a later one has it again.

    A use that waits for a yes needs no more: nobody said yes to what they were not asked.
    """
    if token.kind not in ("use", "disclose"):
        return True
    now = binding.plan(token.edition).way(token.use, token.recipient)
    if now is not None and now.yes:
        return True
    known = binding.known(row.person_id, row.terms.edition)
    return binding.way_opens(token.use, token.recipient, row.field, known)


def _values(client: str, person: int, fields: Collection[str] | None) -> QuerySet[Value]:
    rows = Value.objects.filter(client_id=client, person_id=person)
    return rows if fields is None else rows.filter(field__in=fields)


def _held(row: Value, value: str, clock: Clock) -> Held:
    return Held(
        id=int(row.pk),
        field=row.field,
        value=value,
        point=row.terms.point,
        source=row.terms.source,
        channel=row.terms.channel,
        edition=row.terms.edition,
        collected_at=row.born,
        due=clock.due(row.person_id, row.field, row.terms.edition, row.born),
        rule=row.rule,
        terms=int(row.terms.pk),
        binds=clock.strictest(row.person_id, row.field, row.terms.edition, row.born),
    )


# --- mending ----------------------------------------------------------------------------------------------------


@transaction.atomic
def correct(token: Pass, client: str, person: int, value_id: int, new: str) -> None:
    """Put a value right: UK GDPR Art 16. Its terms and its clock stay what they were."""
    _kind(token, MENDERS)
    row = _values(client, person, None).filter(id=value_id).first()
    if row is None:
        raise Trouble("no-value", "There is no such value of this person.", "Look the person's values up again.")
    check(token, client=client, fields=frozenset({row.field}), persons=frozenset({person}))
    said = details.of_values([(value_id, row.field, row.terms.content, row.born)])
    refs = {"pass": token.id}
    entry = entries.append("value-corrected", client=client, counts={"values": 1}, refs=refs, details=said)
    row.sealed = vault.seal(client, person, row.field, value_id, row.rule, new.encode())
    row.entry, row.salt, row.written_at = entry.number, entry.salt, timezone.now()
    row.save(update_fields=["sealed", "entry", "salt", "written_at"])


@transaction.atomic
def delete(client: str, person: int, fields: Collection[str] | None, token: Pass) -> int:
    """Delete a person's values of these fields (None: all the pass names). Their keys go after: ``release``."""
    wanted = token.fields if fields is None else frozenset(fields)
    _kind(token, MENDERS)
    check(token, client=client, fields=wanted, persons=frozenset({person}))
    gone = _values(client, person, wanted).delete()[0]
    _aged(client, {person})
    return gone


def _aged(client: str, persons: Collection[int]) -> None:
    left = set(Value.objects.filter(client_id=client, person__in=persons).values_list("person_id", flat=True))
    for person in set(persons) - left:
        standing.purpose_left(client, person, False)


@transaction.atomic
def delete_values(token: Pass, client: str, ids: Collection[int]) -> int:
    """Delete exactly these values: what a sweep found due."""
    _kind(token, MENDERS)
    rows = Value.objects.filter(client_id=client, id__in=list(ids))
    found = list(rows.values_list("person_id", "field"))
    check(token, client=client, fields=frozenset(f for _, f in found), persons=frozenset(p for p, _ in found))
    gone = rows.delete()[0]
    _aged(client, {person for person, _ in found})
    return gone


@transaction.atomic
def keep_apart(client: str, person: int, fields: Collection[str], why: str) -> int:
    """Seal what a hold or a statute keeps under keys of its own, before the old key goes (T06): a key for each field,
    since each may be kept for another time. What the person is known by is a datum of its field, too, and else it would
    keep the key of all that went.

    Returns how many rows stay as they are because their key was destroyed: an older troth.db was put back, and they say
    nothing to anybody. They keep nothing else from being sealed.
    """
    keys, gone = vault.Keys(client), 0
    for row in _values(client, person, fields):
        plain = _unless_gone(keys, row)
        if plain is None:
            gone += 1
            continue
        row.sealed = keys.seal(person, row.field, int(row.pk), _apart_rule(row.field, why), plain)
        row.save(update_fields=["sealed"])
    for one in Identity.objects.filter(client_id=client, person_id=person, field__in=list(fields)):
        plain = _unless_gone(keys, one)
        if plain is None:
            gone += 1
            continue
        one.sealed = keys.seal(person, one.field, indexes.bound(bytes(one.blind)), _apart_rule(one.field, why), plain)
        one.save(update_fields=["sealed"])
    return gone


def _unless_gone(keys: vault.Keys, row: Value | Identity) -> bytes | None:
    try:
        if isinstance(row, Identity):
            return indexes.value_of(row, keys).encode()
        return keys.open(row.person_id, row.field, int(row.pk), bytes(row.sealed))
    except Trouble as trouble:
        if trouble.code != "key-gone":
            raise
        return None


def _apart_rule(field: str, why: str) -> str:
    return f"kept {field}: {why}"


def release(client: str, person: int) -> vault.Destroyed:
    """Destroy the keys of a person that seal nothing any more. Rows went before, in a transaction already committed.

    Holds the write lock, so that nobody seals a new value under a key that is about to go (T07).
    """
    with transaction.atomic(durable=True):
        return vault.destroy_unused(client, _keys_in_use(client, person), person)


_apart: dict[str, Callable[[str], Collection[str]]] = {}


def sealed_apart(kind: str, call: Callable[[str], Collection[str]]) -> None:
    """A room that seals rows under keys of their own, which are nobody's, registers which rules of a kind (their first
    word) still seal something at a client. Such a key is made in the transaction of its row."""
    _apart[kind] = call


def release_all(client: str) -> int:
    """Go on where a crash stopped: destroy every key that seals nothing. Returns how many went.

    Over a database that is older than its ledger's head none goes: what it seals may stand in the one that is to be
    put back (UK GDPR Art 32(1)(c)).
    """
    if signing.is_behind():
        _log.warning("no key was destroyed: the ledger does not reach as far as its signed head")
        return 0
    with transaction.atomic(durable=True):  # the write lock is ours: no row is half written
        gone = sum(vault.destroy_apart(client, kind, call(client)) for kind, call in _apart.items())
        return gone + vault.destroy_unused(client, _keys_in_use(client)).keys


def _keys_in_use(client: str, person: int | None = None) -> set[int]:
    used = set()
    for model in (Value, Identity, Look):
        rows = model._default_manager.filter(client_id=client)
        mine = rows if person is None else rows.filter(person_id=person)
        used |= {vault.key_id(bytes(sealed)) for sealed in mine.values_list("sealed", flat=True).iterator()}
    return used


def without_key(client: str) -> list[tuple[str, int]]:
    """Values and identities whose key is not alive, as (table, id): for the probe. Must be none."""
    alive = vault.key_ids(client)
    found = []
    for model in (Value, Identity):
        for number, sealed in model._default_manager.filter(client_id=client).values_list("id", "sealed").iterator():
            if vault.key_id(bytes(sealed)) not in alive:
                found.append((model._meta.db_table, int(number)))
    return found


def destroyed(client: str, now: dt.datetime) -> list[Due]:
    """Values whose key this keys.db had and destroyed. They were erased, and stand here because an older troth.db was
    put back: nothing can open them, and they go with the next sweep that is told so (UK GDPR Art 17)."""
    alive, last = vault.key_ids(client), vault.last_key()
    rows = Value.objects.filter(client_id=client).order_by("rule", "person_id", "id")
    return [
        Due(rule=rule, person=person, value_id=number, field=field, due=now)
        for number, person, field, rule, sealed in rows.values_list(
            "id", "person_id", "field", "rule", "sealed"
        ).iterator()
        if vault.was_destroyed(vault.key_id(bytes(sealed)), alive, last)
    ]


def sample(client: str, most: int = 20) -> tuple[int, int]:
    """Open the newest and oldest values and identities of a client, to see that the keys fit: how many opened, and how
    many do not belong where they stand. What has no key is counted by ``without_key``."""
    keys, alive = vault.Keys(client), vault.key_ids(client)
    opened = moved = 0
    for model in (Value, Identity):
        rows = model._default_manager.filter(client_id=client)
        ends = {row.pk: row for order in ("id", "-id") for row in rows.order_by(order)[:most]}
        sealed = [row for row in ends.values() if vault.key_id(bytes(row.sealed)) in alive]
        fine = sum(_opens(row, keys) for row in sealed)
        opened, moved = opened + fine, moved + len(sealed) - fine
    return opened, moved


def _opens(row: Value | Identity, keys: vault.Keys) -> bool:
    try:
        if isinstance(row, Identity):
            indexes.value_of(row, keys)
        else:
            keys.open(row.person_id, row.field, int(row.pk), bytes(row.sealed))
    except Trouble as trouble:
        if trouble.code != "value-moved":
            raise
        return False
    return True


def fields_held(client: str, person: int) -> frozenset[str]:
    """The names of the fields of which something is held about a person: no value is opened."""
    return frozenset(_values(client, person, None).values_list("field", flat=True).distinct())


def oldest_edition(client: str, person: int) -> int:
    """The number of the oldest edition under which something that stands of this person was taken in; 0 for nothing."""
    found = Value.objects.filter(client_id=client, person_id=person).aggregate(oldest=Min("terms__edition"))["oldest"]
    return int(found or 0)


def untold(client: str, edition: int, kinds: frozenset[str], fields: Collection[str]) -> list[int]:
    """People of these kinds who gave us something before an edition, proved one of these fields (an address), and were
    not told of it; no canaries."""
    mine = {"client_id": client, "person_id": OuterRef("pk")}
    rows = Person.objects.filter(
        Exists(Value.objects.filter(**mine, terms__edition__lt=edition)),
        Exists(Identity.objects.filter(**mine, field__in=list(fields), verified_at__isnull=False)),
        ~Exists(Moment.objects.filter(**mine, moment=f"{standing.TOLD}{edition}")),
        client_id=client,
        canary=False,
    )
    found = rows.order_by("id").values_list("id", "kinds")
    return [number for number, some in found.iterator() if not kinds.isdisjoint(some)]


def fields_standing(client: str, declared: frozenset[str] = frozenset()) -> frozenset[str]:
    """The fields, but those ``declared``, of which anything stands at a client: a policy may not drop them unsaid."""
    values = Value.objects.filter(client_id=client).values_list("field", flat=True).distinct()
    known = Identity.objects.filter(client_id=client).values_list("field", flat=True).distinct()
    return frozenset({*values, *known}) - declared


def count(client: str) -> dict[str, int]:
    """How many values stand under each keep rule."""
    counts: dict[str, int] = {}
    for rule in Value.objects.filter(client_id=client).values_list("rule", flat=True).iterator():
        counts[rule] = counts.get(rule, 0) + 1
    return counts


def waiting_for(client: str, plan: Plan, moment: str) -> tuple[int, int]:
    """How many people have how many values for which no clock runs before this moment is told: (people, values)."""
    return _waiting(client, [rule for rule in plan.rules.values() if moment in _moments_of(rule)])


def without_any_clock(client: str, plan: Plan) -> int:
    """How many values wait for any moment that nobody has told."""
    return _waiting(client, list(plan.rules.values()))[1]


def without_clock(client: str, rule: Rule) -> int:
    """How many values under a rule wait for a moment that nobody has told."""
    return _waiting(client, [rule])[1]


def _waiting(client: str, rules: Collection[Rule]) -> tuple[int, int]:
    waits = Q()
    for rule in rules:
        if names := _moments_of(rule):
            told = Moment.objects.filter(client_id=client, moment__in=names)
            waits |= Q(field__in=rule.fields) & ~Q(person__in=told.values("person"))
    if not waits:
        return 0, 0
    rows = Value.objects.filter(waits, client_id=client)
    found = rows.aggregate(people=Count("person", distinct=True), values=Count("id"))
    return found["people"], found["values"]


def _moments_of(rule: Rule) -> set[str]:
    """The moments for one of which all of a rule waits; none where a clock runs from the first day."""
    names = {end.after for end in rule.ends if end.shape == "period"}
    runs = rule.refreshed or periods.COLLECTED in names or any(end.shape != "period" for end in rule.ends)
    return set() if runs else names


# --- the clock --------------------------------------------------------------------------------------------------


class Clock:
    """When values are due: under the plan in force and every edition that binds them, whichever is soonest."""

    def __init__(self, client: str, plan: Plan | None = None) -> None:
        self.client = client
        self.plan = plan or editions.in_force(client).plan
        self._binding = Binding(client, self.plan)
        self._moments: dict[int, dict[str, dt.datetime]] = {}
        self._said: dict[int, tuple[list[choices.Said], frozenset[str]]] = {}

    def due(self, person: int, field: str, edition: int, born: dt.datetime) -> dt.datetime | None:
        dates = [date for date, _ in self._dates(person, field, edition, born)]
        return min((date for date in dates if date is not None), default=None)

    def strictest(self, person: int, field: str, edition: int, born: dt.datetime) -> Rule | None:
        """The rule that ends a value first; where no clock runs yet, one that keeps it no longer than the others."""
        found = self._dates(person, field, edition, born)
        ended = [(date, number) for number, (date, _) in enumerate(found) if date is not None]
        if ended:
            return found[min(ended)[1]][1]
        best = found[-1][1] if found else None
        for _, rule in found:
            best = rule if best is None or longer(rule, best) else best
        return best

    def _dates(self, person: int, field: str, edition: int, born: dt.datetime) -> list[tuple[dt.datetime | None, Rule]]:
        """When each rule that binds a value ends it."""
        rules = self._binding.rules(field, self._binding.known(person, edition))
        facts = standing.clock(self._known(person), born)
        if any(purposes.counts_from_it(one) for one in rules):
            facts |= self._last_purpose(person, field, born)
        return [(periods.due(one, facts, zone=self.plan.zone), one) for one in rules]

    def _last_purpose(self, person: int, field: str, born: dt.datetime) -> dict[str, dt.datetime]:
        """A value's own last purpose ends while the value stands; that of a person's choices, with their last value."""
        if person not in self._said:
            said = choices.of(self.client, person)
            self._said[person] = (said, standing.facts(self.client, person).kinds)
        said, kinds = self._said[person]
        end = purposes.ended(self.plan, field, born, said, self._known(person), kinds)
        return {standing.LAST_PURPOSE_ENDS: end} if end is not None else {}

    def _known(self, person: int) -> dict[str, dt.datetime]:
        if person not in self._moments:
            self._moments[person] = standing.moments(self.client, person)
        return self._moments[person]


def due(client: str, plan: Plan, as_of: dt.datetime) -> Iterator[Due]:
    """Every value that is due at a moment, rule by rule: for the sweep. Holds are the gate's to say."""
    clock = Clock(client, plan)
    rows = Value.objects.filter(client_id=client, born__lte=as_of).order_by("rule", "person_id", "id")
    columns = rows.values_list("id", "person_id", "field", "rule", "born", "terms__edition")
    for number, person, field, rule, born, edition in columns.iterator():
        when = clock.due(person, field, edition, born)
        if when is not None and when <= as_of:
            rule = plan.fields[field].rule if field in plan.fields else rule  # by the name that it has now
            yield Due(rule=rule, person=person, value_id=number, field=field, due=when)


def planted(client: str) -> Iterator[tuple[int, str, str]]:
    """Every value of the canaries, opened: for the prover's walk over the live system, and for nobody else's data."""
    keys = vault.Keys(client)
    canaries = Person.objects.filter(client_id=client, canary=True)
    for row in Value.objects.filter(client_id=client, person__in=canaries):
        yield row.person_id, row.field, keys.open(row.person_id, row.field, int(row.pk), bytes(row.sealed)).decode()
