"""Entries and attackers, as the tests of this room need them."""

import contextlib

from django.db import connection, transaction

from troth.ledger import entries, signing, tree


def fill(count, **more):
    """Entries with their signed head, as commits leave it."""
    with transaction.atomic():
        made = [
            entries.append("asked", client="larch", counts={"persons": n}, refs={"pass": f"{n:032x}"}, **more)
            for n in range(count)
        ]
    signing.note_head(entries.head)
    return made


def sql(text, *values):
    """What somebody else does, outside of any transaction of an act."""
    connection.run_on_commit = [*connection.run_on_commit]  # as a commit leaves it
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def unguard():
    """An attacker takes the database's own guards away first."""
    for (name,) in sql("SELECT name FROM sqlite_master WHERE type='trigger'"):
        sql(f"DROP TRIGGER {name}")


@contextlib.contextmanager
def taken_back():
    """What is done inside is taken back."""
    with transaction.atomic():
        point = transaction.savepoint()
        yield
        transaction.savepoint_rollback(point)


def found_after(tamper):
    """What verify finds after a tampering that is then taken back."""
    with taken_back():
        tamper()
        return tree.verify().findings


def kinds(findings):
    return {finding.kind for finding in findings}
