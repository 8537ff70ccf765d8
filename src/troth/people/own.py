"""This room's own tables as places: what a person finds of themself here, and what an erasure takes and leaves.

After an erasure only what the policy names stays, each under its own key and reason: what a hold or a statute keeps,
the proof of choices, and the suppression that stops us from writing again: UK GDPR Art 17(3), 21(3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from troth.ledger.entries import Effect
from troth.parties import editions
from troth.people import choices, details, identities, indexes, left, looks, standing, store, vault
from troth.people.models import Choice, Identity, Person, RefusalRow, Suppression, Value
from troth.places import ours
from troth.places.kinds import Item, Kept, Reached, Receipt, State, Subject
from troth.policy import periods
from troth.policy.emit.naming import day
from troth.policy.emit.texts import again, among, own, phrase
from troth.policy.plan import Plan, Rule

MOMENTS: Final = "troth.moments"


def register() -> None:
    ours.register(ours.Own("choices", "What you chose", find_choices, erase_choices))
    ours.register(ours.Own("identities", "What we know you by", find_identities, erase_identities, scan_identities))
    ours.register(ours.Own("looks", "When our staff looked", find_looks, erase_looks, looks.late))
    ours.register(ours.Own("suppressions", "Who must not be approached", find_suppressions, erase_suppressions))
    ours.register(ours.Own("values", "What you gave us, and what we noted", find_values, erase_values, scan_values))


def _persons(client: str, subject: Subject) -> list[int]:
    wanted = {subject.person, *subject.persons}
    return list(Person.objects.filter(client_id=client, id__in=wanted).order_by("id").values_list("id", flat=True))


def _label(plan: Plan, field: str) -> str:
    return plan.fields[field].label if field in plan.fields else field


def _receipt(place: str, gone: int, kept: list[Kept], reached: Reached, left: int = 0) -> Receipt:
    state: State = "kept" if kept or left else "erased" if gone else "nothing held"
    return Receipt(
        place=place,
        state=state,
        reached=reached if gone else "",
        how="read back by us",
        kept=kept,
        counts={"rows": gone, "left": left},
    )


def _release(client: str, persons: Iterable[int]) -> Reached:
    """Destroy the keys that seal nothing any more; inside somebody's transaction that has to wait, and we say so."""
    if connection.in_atomic_block:
        return "deleted"
    states = [store.release(client, person).state for person in persons]
    return "key destroyed" if all(state == "destroyed" for state in states) else "deleted"


# --- values -----------------------------------------------------------------------------------------------------


def find_values(client: str, subject: Subject) -> list[Item]:
    plan = editions.in_force(client).plan
    keys, found = vault.Keys(client), []
    for row in Value.objects.filter(client_id=client, person__in=_persons(client, subject)).select_related("terms"):
        plain = keys.open(row.person_id, row.field, int(row.pk), bytes(row.sealed))
        found.append(
            Item(
                field=row.field,
                label=_label(plan, row.field),
                value=plain.decode(),
                source=row.terms.source,
                when=row.born,
                rule=row.rule,
                id=str(row.pk),
            )
        )
    return found


def told_of_them(client: str, persons: Iterable[int]) -> list[Item]:
    """What somebody told us that happened to them is theirs to see like any other value."""
    plan = editions.in_force(client).plan
    told = {(moment, plan.day(at)): at for moment, at in standing.told_to_us(client, list(persons))}
    return [Item(field=MOMENTS, label=moment, value=day(on), when=at) for (moment, on), at in told.items()]


def erase_values(client: str, subject: Subject) -> Receipt:
    """Delete what nothing keeps; seal what stays under keys of its own; destroy the rest of the keys; look again."""
    plan, now = editions.in_force(client).plan, timezone.now()
    persons, kept, gone = _persons(client, subject), [], 0
    with transaction.atomic():
        for person in persons:
            stay = _staying(client, plan, person, now)
            kept += [stay[field] for field in sorted(stay)]
            gone += Value.objects.filter(client_id=client, person_id=person).exclude(field__in=stay).delete()[0]
            for field, why in stay.items():
                store.keep_apart(client, person, [field], why.why)
            if not stay:
                standing.forget_moments(client, person)
                standing.purpose_left(client, person, False)
    reached = _release(client, persons)
    return _receipt("values", gone, kept, reached, left=0)


def _staying(client: str, plan: Plan, person: int, now: dt.datetime) -> dict[str, Kept]:
    facts, moments = standing.facts(client, person), standing.moments(client, person)
    rows = Value.objects.filter(client_id=client, person_id=person).values_list("field", "rule", "born")
    stay: dict[str, Kept] = {}
    for field, name, born in rows:
        declared = plan.fields.get(field)  # its rule may have another name than when it came
        rule = plan.rules.get(declared.rule if declared is not None else name)
        why = _why(plan, field, rule, facts.held, standing.clock(moments, born), now)
        if why is not None:
            stay[field] = why
    return stay


def _why(
    plan: Plan, field: str, rule: Rule | None, held: frozenset[str], moments: dict[str, dt.datetime], now: dt.datetime
) -> Kept | None:
    if field in held:
        return Kept(_label(plan, field), "A hold stands over it.", "until the hold ends")
    if rule is None or rule.least is None:
        return None
    least = Rule(name=rule.name, text=rule.text, fields=rule.fields, ends=(rule.least,))
    until = periods.due(least, moments, zone=plan.zone)
    if until is not None and until <= now:
        return None
    say = plan.day(until).isoformat() if until else rule.text
    return Kept(_label(plan, field), f"The law makes us keep it: {rule.law}.", say)


def scan_values(client: str) -> Iterable[str]:
    plan = editions.in_force(client).plan
    for field in Value.objects.filter(client_id=client).values_list("field", flat=True).distinct():
        if field not in plan.fields or plan.fields[field].form == "never stored":
            yield f"“{field}” is stored, and the policy does not say so."
    for table, number in store.without_key(client):
        yield f"Row {number} of {table} has no key: it can never be opened."
    for person in standing.stale(client):
        yield f"The facts of person {person} are not what their choices say."


# --- identities -------------------------------------------------------------------------------------------------


def find_identities(client: str, subject: Subject) -> list[Item]:
    plan, found = editions.in_force(client).plan, []
    for person in _persons(client, subject):
        for known in identities.of(client, person):
            proved = "shown to be yours" if known.verified_at else "typed, not shown to be yours"
            found.append(
                Item(
                    field=known.field,
                    label=_label(plan, known.field),
                    value=known.value,
                    source=proved,
                    when=known.verified_at,
                    id=f"identity {known.id}",
                )
            )
    return found


def erase_identities(client: str, subject: Subject) -> Receipt:
    persons = _persons(client, subject)
    gone = marks = 0
    for person in persons:
        held = standing.facts(client, person).held
        if _something_stays(client, person):
            marks += left.note(client, person)
        else:
            left.forget(client, person)
        rows = Identity.objects.filter(client_id=client, person_id=person)
        fields = frozenset(rows.values_list("field", flat=True)) - held
        gone += identities.forget(client, person, fields)
    here = Identity.objects.filter(client_id=client, person__in=persons).count()
    kept = [Kept("what we know you by", "A hold stands over it.", "until the hold ends")] if here else []
    kept += [left.MARK] if marks else []
    return _receipt("identities", gone, kept, _release(client, persons), here)


def _something_stays(client: str, person: int) -> bool:
    """Whether an erasure leaves what an access answer must name: a value, or the proof of what was said."""
    plan = editions.in_force(client).plan
    proof = choices.rule_of(plan) is not None and Choice.objects.filter(client_id=client, person_id=person).exists()
    return proof or bool(_staying(client, plan, person, timezone.now()))


def scan_identities(client: str) -> Iterable[str]:
    plan = editions.in_force(client).plan
    for field in Identity.objects.filter(client_id=client).values_list("field", flat=True).distinct():
        if field not in plan.fields or not plan.fields[field].identifies:
            yield f"People are known by “{field}”, and the policy does not say so."


# --- choices ----------------------------------------------------------------------------------------------------


def _choices(client: str, subject: Subject) -> QuerySet[Choice]:
    browsers = [mark for browser in subject.browsers for mark in choices.marks(client, browser)]
    theirs = Q(person__in=_persons(client, subject)) | Q(browser__in=browsers)
    return Choice.objects.filter(theirs, client_id=client)


def find_choices(client: str, subject: Subject) -> list[Item]:
    rows = _choices(client, subject).order_by("id")
    return [
        Item(
            field="troth.choices",
            label=row.stop,
            value=again("yes" if row.state else "no"),
            source=row.how,
            when=row.at,
            id=f"choice {row.pk}",
        )
        for row in rows
    ]


def erase_choices(client: str, subject: Subject) -> Receipt:
    """A no outlives the person's rows as a suppression; the choices stay as proof only if the policy keeps them."""
    persons = _persons(client, subject)
    with transaction.atomic():
        for person in persons:
            _suppress(client, person)
        rows = _choices(client, subject)
        keeps = choices.rule_of(editions.in_force(client).plan)
        if keeps is not None:
            left = rows.count()
            kept = (
                [Kept("proof of what you chose", "So that we can show what you said.", periods.say(keeps))]
                if left
                else []
            )
            return _receipt("choices", 0, kept, "", left)
        gone = rows.delete()[0]
        for person in persons:
            standing.rebuild(client, person)
    return _receipt("choices", gone, [], "deleted")


def _suppress(client: str, person: int) -> None:
    no = standing.facts(client, person).no
    rows = Identity.objects.filter(client_id=client, person_id=person) if no else []
    for row in rows:
        found = Suppression.objects.filter(client_id=client, blind__in=indexes.suppression_marks(client, [row]))
        if not no <= frozenset().union(*(one.stops for one in found)):
            standing.suppress_identity(client, row, no)


# --- suppressions -----------------------------------------------------------------------------------------------


def _suppressions(client: str, subject: Subject) -> list[Suppression]:
    plan, index = editions.in_force(client).plan, vault.Index(client)
    rows = Identity.objects.filter(client_id=client, person__in=_persons(client, subject))
    marks = indexes.suppression_marks(client, rows)
    for field, value in subject.identities:
        if field in plan.fields:
            marks += index.suppressions(plan.fields[field].kind, value)
    return list(Suppression.objects.filter(client_id=client, blind__in=marks))


def find_suppressions(client: str, subject: Subject) -> list[Item]:
    return [
        Item(
            field="troth.suppression",
            label="never to be approached for",
            value=", ".join(own(stop) for stop in row.stops),
            when=row.at,
            id=f"suppression {row.pk}",
        )
        for row in _suppressions(client, subject)
    ]


def erase_suppressions(client: str, subject: Subject) -> Receipt:
    here = len(_suppressions(client, subject))
    return _receipt("suppressions", 0, [left.LISTED] if here else [], "", here)


# --- looks ------------------------------------------------------------------------------------------------------


def find_looks(client: str, subject: Subject) -> list[Item]:
    """On which day, for what and at which data our staff looked. Who it was is not said: the days and the purposes are
    the person's to know, and in general not the names (CJEU C-579/21)."""
    plan = editions.in_force(client).plan
    together: dict[tuple[dt.date, str, str, tuple[str, ...]], list[looks.Found]] = {}
    for one in looks.of(client, _persons(client, subject)):
        alike = (plan.day(one.at), one.look.does, one.look.case, tuple(one.look.fields))
        together.setdefault(alike, []).append(one)
    return [_as_item(plan, some) for some in together.values()]


def _as_item(plan: Plan, some: list[looks.Found]) -> Item:
    look, places = some[0].look, among(again(one.look.place) for one in some if one.look.place)
    what = _opened(plan, look.fields) + (phrase(", in {places}, too", places=places) if places else "")
    why = phrase(looks.WHY[look.does], case=look.case)
    value = phrase("{why}: {what}", why=why, what=what)
    return Item(
        field=looks.FIELD, label="when our staff looked", value=value, when=some[0].at, binds=looks.rule_of(plan)
    )


def _opened(plan: Plan, fields: list[str]) -> str:
    if looks.EVERYTHING in fields:
        return phrase("all that we hold about you")
    return among(own(_label(plan, name)) for name in fields) or again("what we know you by")


def erase_looks(client: str, subject: Subject) -> Receipt:
    persons = _persons(client, subject)
    gone = looks.forget(client, persons)
    return _receipt("looks", gone, [], _release(client, persons))


def effects() -> Iterable[tuple[int, str] | Effect]:
    """Every row that an act left, with the number of its ledger entry."""
    yield from details.effects()
    yield from looks.effects()
    for model in (Person, Identity, RefusalRow):
        name = model._meta.model_name
        for entry, number in model._default_manager.values_list("entry", "id").iterator():
            yield entry, f"{name} {number}"
