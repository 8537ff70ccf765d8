"""A process that rotates keys and dies at the n-th thing it does to a file. Run by test_key_rotation.py.

It reads orders, a JSON object a line, and answers each with one: ``{"folder", "do", "words", "at"}``. For each it
forks, so that the framework is loaded once; the child alone is killed, with SIGKILL, before a statement of SQLite (of
troth.db or keys.db) or before a file is renamed, linked or removed.

``begin`` fills a folder; ``key`` runs ``troth key WORDS``; ``collect`` takes somebody in; ``erase`` lets
somebody go; ``upgrade`` makes the folder ready for this edition; ``look`` says what can be read and found.
"""

import io
import json
import os
import signal
import sqlite3
import sys
from contextlib import redirect_stdout
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, connections  # noqa: E402
from django.db.backends.signals import connection_created  # noqa: E402
from tests.people import making  # noqa: E402

from troth import cli  # noqa: E402
from troth.answer import access  # noqa: E402
from troth.collect import consent  # noqa: E402
from troth.ledger import tree  # noqa: E402
from troth.parties import editions, tenancy  # noqa: E402
from troth.people import choices, identities, indexes, looks, standing, store, vault  # noqa: E402
from troth.people.models import Identity, Suppression  # noqa: E402
from troth.places import keyfile, master  # noqa: E402
from troth.web import server  # noqa: E402

CLIENT = "larch"
POLICY = Path(__file__).parents[1] / "policies" / "larch.yaml"
ADDRESSES = [f"{name}@quill.example" for name in ("ada", "bea", "cyd", "dov")]
GONE = "eve@quill.example"  # erased, and never to be approached again
TOKEN = consent.Choice(CLIENT, "c" * 32, frozenset({"website"}), frozenset(), frozenset(), False, 1)


NAMING = ("os.rename", "os.link", "os.remove")


class Killer:
    """Kills this very process before the n-th thing it does; 0: only counts."""

    def __init__(self, at):
        self.at, self.done, self.renamed = at, 0, []

    def __call__(self, *_):
        self.done += 1
        if self.done == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self):
        real = keyfile._connect

        def connect(file):
            db = real(file)
            db.set_trace_callback(self)
            return db

        keyfile._connect = connect
        connection_created.connect(self._opened, weak=False)
        sys.addaudithook(lambda event, named: self._names(named) if event in NAMING else None)

    def _names(self, named):
        self()
        if "key" in str(named):
            self.renamed.append(self.done)

    def _opened(self, connection, **_):
        connection.connection.set_trace_callback(self)


def begin():
    master.ensure()
    call_command("migrate", verbosity=0)
    tenancy.add(CLIENT)
    editions.publish(CLIENT, POLICY, replaces=None, by="test")
    for address in ADDRESSES:
        making.walker(CLIENT, email=address)
    making.say(CLIENT, None, False, browser="b-1")
    standing.suppress(CLIENT, "email address", GONE, {making.NEWS})
    indexes.rotate(CLIENT)  # so that an older version is there, kept for the suppression and the browser
    making.walker(CLIENT, email=ADDRESSES[0], verified=False)
    return {"token": consent.sign(TOKEN)}


def command(words):
    with redirect_stdout(io.StringIO()) as said:
        status = cli.main(["key", *words, "--json"])
    return {"status": status, "said": json.loads(said.getvalue())}


def upgrade():
    """What every start does first."""
    server.prepare()
    return {}


def opened():
    """A member of staff opens somebody's data, and it is told to them."""
    person, why = min(identities.persons(CLIENT)), looks.Why("answer", "A-2026-0001")
    fields = frozenset(editions.in_force(CLIENT).plan.fields)
    access.pass_for(CLIENT, "access", fields, frozenset({person}), actor="0123456789abcdef", why=why)
    return {"told": [one.look.case for one in looks.of(CLIENT, [person])]}


def collect():
    return {"person": making.walker(CLIENT, email="fay@quill.example")}


def forget():
    """The rows of somebody, and not yet their key."""
    person = min(identities.persons(CLIENT))
    if store.fields_held(CLIENT, person):
        store.delete(CLIENT, person, None, making.right(CLIENT, person, "erase", making.BOOKED))
    identities.forget(CLIENT, person)
    return {"person": person}


def erase():
    """Rows, then key, as every erasure goes; a second call goes on where the first was killed."""
    person = forget()["person"]
    return {"person": person, "state": store.release(CLIENT, person).state}


def look(token):
    persons = identities.persons(CLIENT)
    with keyfile.opened() as db:
        masters = {row[0] for row in db.execute("SELECT DISTINCT master FROM secret")}
        epochs = [row[0] for row in db.execute("SELECT id FROM epoch")]
        indexed = [row[0] for row in master.versions(db, f"index {CLIENT}")]
        tokens = [row[0] for row in master.versions(db, f"token {CLIENT}")]
    return {
        "values": sorted(one.value for person in persons for one in making.values_of(CLIENT, person)),
        "known": sorted(known.value for person in persons for known in identities.of(CLIENT, person)),
        "found": [len(identities.find_any(CLIENT, address.upper())) for address in ADDRESSES],
        "reached": len(identities.reach(CLIENT, persons[0])),
        "suppressed": sorted(standing.suppressed(CLIENT, "email address", GONE)),
        "browser": [one.state for one in choices.of_browser(CLIENT, "b-1")],
        "token": consent.read(consent.Choice, CLIENT, token) == TOKEN,
        "ledger": tree.verify().ok,
        "stale": standing.stale(CLIENT),
        "without": store.without_key(CLIENT),
        "held": {person: len(store.fields_held(CLIENT, person)) for person in persons},
        "keyed": sorted(vault.persons_with_keys(CLIENT)),
        "half": master.under_way(),
        "masters": len(masters),
        "epochs": epochs,
        "indexed": indexed,
        "of_rows": sorted(set(Identity.objects.values_list("version", flat=True))),
        "of_suppressions": sorted(set(Suppression.objects.values_list("version", flat=True))),
        "tokens": tokens,
        "shown": vault.recovery_shown(),
    }


def serve(order):
    folder = Path(order["folder"])
    settings.DATA, settings.KEY_FILE = folder / "data", folder / "master.key"
    connections.databases["default"]["NAME"] = connections["default"].settings_dict["NAME"] = settings.DATA / "troth.db"
    killer = Killer(order.get("at", 0))
    killer.watch()
    try:
        return act(order) | {"done": killer.done, "renamed": killer.renamed}
    except (OSError, DatabaseError, sqlite3.Error) as error:  # a disk that is full: told, and nothing else
        return {"failed": f"{type(error).__name__}: {error}"}


def act(order):
    for one in (begin, collect, forget, erase, upgrade, opened):
        if one.__name__ == order["do"]:
            return one()
    return command(order["words"]) if order["do"] == "key" else look(order["token"])


def fork(order):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            out.write(json.dumps(serve(order)))
            out.flush()
            keyfile.close()
            connections.close_all()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {"ended": ended} | (json.loads(text) if text else {})


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(fork(json.loads(line))), flush=True)
