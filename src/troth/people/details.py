"""What the entries of this room commit to: which datum, said under which words, and never the datum itself.

A row that has its salt shows that its entry speaks of it, to whoever holds the row; when it is erased, the salt goes
with it and the entry says nothing any more. The salts stand in clear, so nothing that could be guessed is committed
to: a value stands sealed, and only its number, field and terms are said.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby

from troth.ledger import entries
from troth.ledger.entries import Effect
from troth.people.models import Choice, Moment, Standing, Suppression, Terms, Value

_VALUE = ("entry", "id", "field", "terms_id", "born", "salt")
Said = tuple[int, str, str, dt.datetime]  # number, field, content of the terms, the fact its clock counts from


def of_choice(row: Choice) -> bytes:
    return entries.details(row.key, row.stop, bool(row.state), _iso(row.at), row.edition, row.text_hash, row.how)


def of_values(values: Iterable[Said]) -> bytes:
    return entries.details(*(f"{number} {field} {content} {_iso(born)}" for number, field, content, born in values))


def of_terms(client: str, edition: int, point: str, source: str, channel: str, opened: Iterable[str]) -> str:
    """A mark of the terms' own words: no value is among them."""
    return hashlib.sha256("\x1f".join([client, str(edition), point, source, channel, *opened]).encode()).hexdigest()


def of_standing(kind: str, name: str, fields: Iterable[str], since: dt.datetime) -> bytes:
    """Without the ground: it is free text."""
    return entries.details(kind, name, _iso(since), *sorted(fields))


def of_moment(moment: str, at: dt.datetime) -> bytes:
    return entries.details(moment, _iso(at))


def of_suppression(row: Suppression) -> bytes:
    """The mark is under a key: who may not be approached is not said."""
    return entries.details(row.kind, bytes(row.blind).hex(), row.version, _iso(row.at), *sorted(row.stops))


def _iso(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def effects() -> Iterator[Effect]:
    """The rows whose details their entries committed to, those of one entry together."""
    for choice in Choice.objects.iterator():
        yield Effect(choice.entry, f"choice {choice.pk}", choice.salt, of_choice(choice))
    for one in Standing.objects.iterator():
        said = of_standing(one.kind, one.name, one.fields, one.since)
        yield Effect(one.entry, f"standing {one.pk}", one.salt, said)
        if one.end_entry:
            yield Effect(one.end_entry, f"end of standing {one.pk}")
    for told in Moment.objects.exclude(entry=0).iterator():
        yield Effect(told.entry, f"moment {told.pk}", told.salt, of_moment(told.moment, told.at))
    for listed in Suppression.objects.iterator():
        yield Effect(listed.entry, f"suppression {listed.pk}", listed.salt, of_suppression(listed))
    terms = {one.pk: _of_terms(one) for one in Terms.objects.iterator()}
    rows = Value.objects.order_by("entry", "id").values_list(*_VALUE).iterator()
    for entry, together in groupby(rows, key=lambda row: row[0]):
        some = list(together)
        said = of_values([(number, field, terms[under], born) for _, number, field, under, born, _ in some])
        yield Effect(entry, f"value {some[0][1]}", some[0][5], said, len(some))


def _of_terms(one: Terms) -> str:
    """Worked out of the row as it stands, and not read from it: a use that somebody wrote in changes it."""
    return of_terms(one.client_id, one.edition, one.point, one.source, one.channel, one.opened)
