"""T14: what one process withdraws, no other process goes on using, because no process remembers."""

import os
import subprocess
import sys
import time

import pytest
from django.db import connection
from tests.people import making

from troth import gate
from troth.places.opening import Pass

WITHDRAW = """
import sys, django
django.setup()
from tests.people import making
sys.stdin.readline()
making.say("larch", int(sys.argv[1]), False)
print("withdrawn", flush=True)
sys.stdin.readline()
"""


def ask(client, person):
    act = making.act("use", making.NEWS, ["booking.email"], channel="email")
    return gate.ask(act, client=client, persons=[person])


@pytest.fixture
def other_process(data_folder, settings):
    """Another process over the same files, which does one thing when it is told to."""
    running = []

    def start(*words):
        env = os.environ | {
            "TROTH_DATA": str(data_folder),
            "TROTH_KEY_FILE": str(settings.KEY_FILE),
            "DJANGO_SETTINGS_MODULE": "tests.gate.over_the_test_database",
            "TEST_DATABASE": str(connection.settings_dict["NAME"]),
            "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], "src", "."]),
        }
        one = subprocess.Popen(
            [sys.executable, "-c", WITHDRAW, *words], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        running.append(one)
        return one

    yield start
    for one in running:
        one.kill()
        one.wait(20)
        one.stdin.close()
        one.stdout.close()


@pytest.mark.django_db(transaction=True)
def test_t14_what_is_withdrawn_in_one_process_is_refused_in_another_at_once(larch, other_process):
    person = making.walker(larch)
    making.say(larch, person, True)
    other = other_process(str(person))
    assert isinstance(ask(larch, person), Pass)  # whatever this process remembers, it remembers now
    other.stdin.write("now\n")
    other.stdin.flush()
    assert other.stdout.readline() == "withdrawn\n"
    begun = time.perf_counter()
    answer = ask(larch, person)
    assert not isinstance(answer, Pass), f"asked {time.perf_counter() - begun:.4f} s after"
    assert {reason.code for reason in answer.reasons} >= {"no-consent"}
