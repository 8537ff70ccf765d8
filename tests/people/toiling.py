"""A process that writes and erases persons without end, to be killed. Run by test_processes.py.

``begin`` makes the installation; ``fill`` takes some people in; ``toil`` says each act on a line once it is done;
``look`` reports what stands; ``converse`` does what it is told, a word a line.
"""

import json
import sys
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from tests.people import making  # noqa: E402

from troth import gate  # noqa: E402
from troth.parties import editions, tenancy  # noqa: E402
from troth.people import identities, standing, store, vault  # noqa: E402
from troth.places import master  # noqa: E402

CLIENT = "larch"
POLICY = Path(__file__).parents[1] / "policies" / "larch.yaml"


def begin():
    call_command("migrate", verbosity=0)
    master.ensure()
    vault.ensure_keys()
    tenancy.add(CLIENT)
    editions.publish(CLIENT, POLICY, replaces=None, by="test")


def fill():
    for turn in range(12):
        making.walker(CLIENT, email=f"walker-{turn}@quill.example")
    vault.close()


def toil():
    turn = 0
    while True:
        turn += 1
        person = making.walker(CLIENT, email=f"{making.mark()}@quill.example")
        print("made", person, flush=True)
        if turn % 3 == 0:
            store.delete(CLIENT, person, None, making.right(CLIENT, person, "erase", making.BOOKED))
            identities.forget(CLIENT, person)
            if store.release(CLIENT, person).state == "destroyed":
                print("gone", person, flush=True)
        if turn % 7 == 0:
            vault.rotate(batch=3)
            print("turned", turn, flush=True)


def look():
    held = {person: len(store.fields_held(CLIENT, person)) for person in identities.persons(CLIENT)}
    opened = store.sample(CLIENT, most=10**6)
    keys = sorted(vault.persons_with_keys(CLIENT))
    found = {"without": store.without_key(CLIENT), "held": held, "opened": opened, "keys": keys}
    found["stale"] = standing.stale(CLIENT)
    vault.rotate()
    found["opened_again"] = store.sample(CLIENT, most=10**6)
    found["released"] = store.release_all(CLIENT)
    found["keys_left"] = sorted(vault.persons_with_keys(CLIENT))
    print(json.dumps(found))


def converse():
    """Answer one word a line: what another process did a moment ago must count here."""
    person = None
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        person = int(number) if number else person
        if word == "make":
            print(making.walker(CLIENT), flush=True)
        elif word in ("yes", "no"):
            print(making.say(CLIENT, person, word == "yes"), flush=True)
        elif word == "restrict":
            print(standing.restrict(CLIENT, person, ground="contested"), flush=True)
        else:
            act = making.act("use", making.NEWS, ["booking.email"], channel="email")
            print(type(gate.ask(act, client=CLIENT, persons=[person])).__name__, flush=True)


{"begin": begin, "converse": converse, "fill": fill, "toil": toil, "look": look}[sys.argv[1]]()
vault.close()
