"""A process that writes and erases persons without end, to be killed. Run by test_processes.py.

``begin`` makes the installation; ``fill`` takes some people in; ``toil`` says each act on a line once it is done;
``look`` reports what stands; ``turn`` rotates every key, ``visit`` reads and writes meanwhile; ``converse`` does what
it is told, a word a line; ``attend`` does the other acts, each in a child of its own that can be killed.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from tests.people import making  # noqa: E402

from troth import gate  # noqa: E402
from troth.parties import editions, tenancy  # noqa: E402
from troth.people import identities, indexes, standing, store, vault  # noqa: E402
from troth.people.models import Value  # noqa: E402
from troth.places import master  # noqa: E402
from troth.policy.problems import Trouble  # noqa: E402

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


batch = [5000]
TURNS = (
    lambda: vault.rotate(batch=batch[0]),
    lambda: indexes.rotate(CLIENT),
    lambda: vault.rotate_tokens(CLIENT),
    master.rotate,
)


def toil():
    batch[0] = 3  # so that many a kill falls between two of its commits
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
        if turn % 5 == 0:
            TURNS[person % len(TURNS)]()
            print("turned", turn, flush=True)


def turn():
    for _ in range(3):
        for one in TURNS:
            one()


def visit():
    """Take people in, find and read them, until told to stop: beside a process that rotates every key."""
    over, done = threading.Event(), 0
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    while not over.is_set() or done < 20:
        email = f"{making.mark()}@quill.example"
        person = making.walker(CLIENT, email=email)
        assert identities.find(CLIENT, "booking.email", email) == person
        assert len(making.values_of(CLIENT, person)) == 3
        done += 1
    print(done, flush=True)


def look():
    held = {person: len(store.fields_held(CLIENT, person)) for person in identities.persons(CLIENT)}
    opened = store.sample(CLIENT, most=10**6)
    keys = sorted(vault.persons_with_keys(CLIENT))
    found = {"without": store.without_key(CLIENT), "held": held, "opened": opened, "keys": keys}
    found["stale"] = standing.stale(CLIENT)
    for turn in TURNS:
        turn()
    found["opened_again"] = store.sample(CLIENT, most=10**6)
    found["released"] = store.release_all(CLIENT)
    found["keys_left"] = sorted(vault.persons_with_keys(CLIENT))
    print(json.dumps(found))


def opened(person, number, sealed):
    try:
        return vault.open(CLIENT, person, "booking.name", number, bytes(sealed)).decode()
    except Trouble as no:
        return no.code


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
        elif word == "hold":
            sealed = Value.objects.filter(person_id=person, field="booking.name").values_list("id", "sealed").get()
            print(opened(person, *sealed), flush=True)
        elif word == "open":
            print(opened(person, *sealed), flush=True)
        elif word == "shred":
            store.delete(CLIENT, person, None, making.right(CLIENT, person, "erase", making.BOOKED))
            identities.forget(CLIENT, person)
            print(store.release(CLIENT, person).state, flush=True)
        elif word == "restrict":
            print(standing.restrict(CLIENT, person, ground="contested"), flush=True)
        else:
            act = making.act("use", making.NEWS, ["booking.email"], channel="email")
            print(type(gate.ask(act, client=CLIENT, persons=[person])).__name__, flush=True)


def attend():
    """A JSON object a line, ``{"do", "kill"}``, and what the child said for each. The framework is loaded once; the
    child alone is killed, so many seconds after its first word."""
    for line in sys.stdin:
        print(json.dumps(child(**json.loads(line))), flush=True)


def child(do, kill=None):
    reading, writing = os.pipe()
    number = os.fork()
    if not number:
        os.dup2(writing, sys.stdout.fileno())
        status = 1
        try:
            named(do)()
            vault.close()
            sys.stdout.flush()
            status = 0
        except Exception:
            traceback.print_exc()
        os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as out:
        said = out.readline()  # it is at work
        if kill is not None:
            time.sleep(kill)
            os.kill(number, signal.SIGKILL)
        said += out.read()
    return {"said": said, "ended": os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])}


def named(name):
    return next(act for act in (attend, begin, converse, fill, toil, look, turn, visit) if act.__name__ == name)


named(sys.argv[1])()
vault.close()
