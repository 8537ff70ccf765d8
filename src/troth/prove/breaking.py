"""What breakers do their work with. Only a process in a scratch copy calls it (``troth.prove.scratch``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.apps import apps
from django.db import connection

from troth import policy
from troth.parties import editions
from troth.people import standing
from troth.policy import deciding
from troth.policy.plan import Plan
from troth.prove import looking
from troth.prove.keepers import Scene


def run(sql: str, *parameters: str | int | bytes | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def request(
    client: str,
    reference: str,
    right: str,
    *,
    opened: dt.datetime,
    due: dt.datetime,
    closed: dt.datetime | None = None,
    outcome: str = "",
) -> None:
    """A request that nobody made, of nobody; its entry is the newest of the ledger."""
    run(
        "INSERT INTO answer_requestrow"
        '(reference, client, person, "right", state, outcome, opened, due, closed, letter, waits, entry, sworn)'
        " VALUES(%s, %s, 0, %s, %s, %s, %s, %s, %s, '', '', %s, 0)",
        reference, client, right, "closed" if closed else "open", outcome,
        stored(opened), stored(due), stored(closed) if closed else None,
        looking.count("SELECT max(number) FROM ledger_entry"),
    )  # fmt: skip


def stored(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def break_ways(to_recipients: bool) -> None:
    """The gate's guard off for one kind of act."""
    real = deciding._open

    def guard_off(way: object, act: deciding.Act, facts: deciding.Facts) -> bool:
        return True if bool(act.recipient) == to_recipients else real(way, act, facts)  # type: ignore[arg-type]

    deciding._open = guard_off


def open_ways(scene: Scene) -> None:
    """Every use of our own is open to everybody."""
    break_ways(False)


def exchange(scene: Scene, plan: Plan) -> None:
    """Another plan stands where the compiled one stood."""
    number = editions.in_force(scene.client).number
    run(
        "UPDATE parties_edition SET plan=%s WHERE client_id=%s AND number=%s",
        policy.encode(plan), scene.client, number,
    )  # fmt: skip
    editions.forget_cache()
    looking.plan_of.cache_clear()


def age(client: str, value: int, moments: Iterable[str]) -> None:
    """One value is as old as it can be, and so is whatever its period waits for."""
    long_ago = dt.datetime(1926, 1, 1, tzinfo=dt.UTC)
    row = apps.get_model("people", "Value").objects.get(pk=value)
    known = standing.told_by_us(editions.in_force(client).plan)
    for moment in moments:
        (standing.happened if moment in known else standing._note)(client, row.person_id, moment, long_ago)
    type(row).objects.filter(pk=value).update(born=long_ago)
