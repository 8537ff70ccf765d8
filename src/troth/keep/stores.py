"""Our own places, asked like any other: the values we sealed, the events, and the tables that other rooms keep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import msgspec

from troth.keep import handed, staying
from troth.parties import editions
from troth.people import own, store
from troth.places import events, ours
from troth.places.kinds import Found, Item, NotAnswered, Receipt, Subject
from troth.places.opening import Pass, check
from troth.places.ours import Own
from troth.policy.plan import Plan

UNREAD: Final = "One of its files cannot be read; somebody must put it back from a backup."
VALUES: Final = "values"  # the table of values is asked through the store, with a pass; the others as they are


class Values:
    """The values that people gave us, each sealed under the person's key for its keep rule."""

    name = "our own store"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def find(self, token: Pass, client: str, subject: Subject) -> Found | NotAnswered:
        items = []
        for person in sorted(subject.persons):
            for held in store.read(token, client, person):
                field = self.plan.fields.get(held.field)
                items.append(
                    Item(
                        field=held.field,
                        label=field.label if field else held.field,
                        value=held.value,
                        source=_source(self.plan, held.point, held.source),
                        when=held.collected_at,
                        rule=held.rule,
                        binds=held.binds,
                        id=f"{person}.{held.id}",
                    )
                )
        return Found(self.name, items + own.told_of_them(client, sorted(subject.persons)))

    def erase(self, token: Pass, client: str, subject: Subject) -> Receipt:
        """Rows go before their keys: this deletes the rows, and the erasure destroys the keys afterwards."""
        check(token, client=client, fields=frozenset(), persons=subject.persons)
        return msgspec.structs.replace(ours.named(VALUES).erase(client, subject), place=self.name)

    def change(self, token: Pass, client: str, subject: Subject, field: str, old: str, new: str) -> Receipt:
        changed = 0
        for person in sorted(subject.persons):
            for held in store.read(token, client, person, frozenset({field})):
                if held.value == old:
                    store.correct(token, client, person, held.id, new)
                    changed += 1
        return Receipt(
            place=self.name,
            state="changed" if changed else "nothing held",
            how="read back by us",
            counts={"changed": changed},
        )


class Events:
    """What a person's own browsers sent, where they showed that the browser is theirs."""

    name = "our event store"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def find(self, token: Pass, client: str, subject: Subject) -> Found | NotAnswered:
        check(token, client=client, fields=frozenset(), persons=frozenset({subject.person}))
        items = []
        try:
            found = events.store().find(client, subject.browsers) if subject.browsers else []
        except events.UNREADABLE:
            return NotAnswered(self.name, UNREAD)
        for number, event in enumerate(sorted(found, key=lambda one: one.at), 1):
            for name, value in sorted(event.values.items()):
                field = self.plan.fields.get(name)
                items.append(
                    Item(
                        field=name,
                        label=field.label if field else name,
                        value=str(value),
                        source=f"your browser, at {event.surface}",
                        when=dt.datetime.fromtimestamp(event.at, dt.UTC),
                        rule=field.rule if field else "",
                        record=number,
                    )
                )
        return Found(self.name, items)

    def erase(self, token: Pass, client: str, subject: Subject) -> Receipt:
        check(token, client=client, fields=frozenset(), persons=frozenset({subject.person}))
        if not subject.browsers:
            return Receipt(place=self.name, state="nothing held", how="read back by us")
        try:
            stays = frozenset(self.plan.fields) - token.fields
            before = events.store().find(client, subject.browsers)
            gone = events.store().erase(client, subject.browsers, stays=stays)
            left = events.store().find(client, subject.browsers)
        except events.UNREADABLE:
            return Receipt(place=self.name, state="not answered", why=UNREAD)
        if any(not one.values or one.values.keys() - stays for one in left):
            return Receipt(place=self.name, state="not answered", why="An event is still there.")
        kept, went = _names(left), gone or _values(left) < _values(before)
        return Receipt(
            place=self.name,
            state="erased" if went else "kept" if left else "nothing held",
            reached=("overwritten" if events.store().overwrite(client) else "deleted") if went else "",
            how="read back by us",
            kept=staying.kept(self.plan, kept, self._on_hold(kept)),
            counts={"events": gone} if gone else {},
        )

    def _on_hold(self, fields: frozenset[str]) -> frozenset[str]:
        """Those of the fields that stay for no law of their own."""
        return frozenset(name for name in fields if not staying.reason(self.plan, self.plan.fields[name]))

    def change(self, token: Pass, client: str, subject: Subject, field: str, old: str, new: str) -> Receipt:
        """What a browser did is not corrected; it can be erased."""
        return Receipt(place=self.name, state="nothing held", how="read back by us")


def fields_in_events(client: str, declared: frozenset[str]) -> frozenset[str]:
    """Those fields of the policy in force, but those ``declared``, of which an event of a client says something."""
    gone = frozenset(editions.in_force(client).plan.fields) - declared if editions.is_published(client) else frozenset()
    return events.store().naming(client, gone) if gone else gone


class OwnTable:
    """A table of one of our rooms."""

    def __init__(self, own: Own) -> None:
        self.own, self.name = own, own.label

    def find(self, token: Pass, client: str, subject: Subject) -> Found | NotAnswered:
        check(token, client=client, fields=frozenset(), persons=subject.persons)
        return Found(self.name, self.own.find(client, subject))

    def erase(self, token: Pass, client: str, subject: Subject) -> Receipt:
        check(token, client=client, fields=frozenset(), persons=subject.persons)
        return msgspec.structs.replace(self.own.erase(client, subject), place=self.name)

    def change(self, token: Pass, client: str, subject: Subject, field: str, old: str, new: str) -> Receipt:
        return Receipt(place=self.name, state="nothing held", how="read back by us")


class Unreachable:
    """A place that the policy names and nobody can ask by program. It never counts as answered."""

    def __init__(self, name: str, why: str, help: str = "") -> None:
        self.name, self.why, self.help = name, why, help

    def find(self, token: Pass, client: str, subject: Subject) -> Found | NotAnswered:
        return NotAnswered(self.name, self.why)

    def erase(self, token: Pass, client: str, subject: Subject) -> Receipt:
        return Receipt(place=self.name, state="not answered", why=self.why)

    def change(self, token: Pass, client: str, subject: Subject, field: str, old: str, new: str) -> Receipt:
        return Receipt(place=self.name, state="not answered", why=self.why)


class ByHand(Unreachable):
    """A place that people look after: they enter what is there, and say when it is done; that they say so, is said."""

    def find(self, token: Pass, client: str, subject: Subject) -> Found | NotAnswered:
        check(token, client=client, fields=frozenset(), persons=subject.persons)
        found = handed.of(client, self.name, subject.persons)
        return NotAnswered(self.name, self.why) if found is None else Found(self.name, found)


def _names(found: Iterable[events.Event]) -> frozenset[str]:
    return frozenset(name for one in found for name in one.values)


def _values(found: Iterable[events.Event]) -> int:
    return sum(len(one.values) for one in found)


def _source(plan: Plan, point: str, source: str) -> str:
    declared = plan.points.get(point)
    if declared is None:
        return source or point
    words = {"given": "You", "observed": "Your browser", "inferred": "We worked it out", "supplied": "Our client"}
    by = words.get(declared.way) or declared.source or source or "Somebody else"
    return f"{by} ({point})"
