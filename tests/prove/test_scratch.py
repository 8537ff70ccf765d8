"""The scratch copy in which a keeper is broken: what the data folder holds, and not what it keeps free."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

from troth.keep import disk
from troth.policy.problems import Trouble
from troth.prove import breakers

pytestmark = pytest.mark.django_db(transaction=True)


def test_t37_a_scratch_copy_takes_no_room_for_a_reserve_of_its_own(data_folder) -> None:
    (settings.DATA / "reserve").write_bytes(b"\0" * 1000)
    (settings.DATA / "note").write_bytes(b"kept")
    assert disk.reserve().held == 1000
    with breakers.scratch() as folder:
        copied = {one.name for one in folder.iterdir()}
        assert "note" in copied and "reserve" not in copied


def test_why_a_copy_could_not_be_proved_is_told_by_its_kind(data_folder) -> None:
    with breakers._trying("larch") as states, pytest.raises(Trouble) as told:
        states("")  # there is no database in it
    assert (told.value.code, told.value.where) == ("self-test", "larch")
    assert "The scratch copy could not be proved: django.db.utils.OperationalError." in told.value.sentence


def test_a_breaker_that_does_not_end_or_that_fails_leaves_the_next_ones_to_run(data_folder) -> None:
    code = (
        "import time; from troth.prove import scratch; scratch.LONGEST = 1;"
        "does = {'slow': lambda: time.sleep(60), 'bad': lambda: 1 / 0, 'good': lambda: 'seen'};"
        "scratch._states = lambda client, breaker: does[breaker]();"
        "scratch.main('larch')"
    )
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "troth.web.settings",
        "TROTH_DATA": str(data_folder),
        "TROTH_KEY_FILE": str(settings.KEY_FILE),
        "TROTH_SCRATCH": "yes",
    }
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, env=env, input="slow\nbad\ngood\n", capture_output=True, text=True, timeout=300)
    assert done.stdout == "\n\nseen\n"
    assert done.stderr.startswith("it took longer than five minutes\n") and "ZeroDivisionError" in done.stderr
    refused = subprocess.run(run, env=env | {"TROTH_SCRATCH": ""}, capture_output=True, text=True, timeout=300)
    assert (refused.returncode, refused.stderr) == (1, "a breaker runs only in a scratch copy\n")


def test_a_process_of_breakers_that_was_ended_meanwhile_is_told_and_not_thrown(data_folder, monkeypatch) -> None:
    begun, real = list[subprocess.Popen[str]](), subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *words, **more: begun.append(real(*words, **more)) or begun[-1])
    with pytest.raises(Trouble) as told, breakers._trying("larch") as states:
        begun[0].kill()
        begun[0].wait()
        states("always/walls")
    assert told.value.code == "self-test" and "always/walls" in told.value.sentence
