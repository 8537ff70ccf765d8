"""Several processes, and killed ones: no value without its key, no "gone" with a key, no yes that was taken back."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KILLS = 4 * int(os.environ.get("TROTH_SOAK", "1"))


def environment(folder):
    (folder / "data" / "tmp").mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "TROTH_DATA": str(folder / "data"),
        "TROTH_KEY_FILE": str(folder / "master.key"),
        "DJANGO_SETTINGS_MODULE": "troth.web.settings",
        "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], str(ROOT / "src"), str(ROOT)]),
    }


def run(folder, what):
    words = [sys.executable, str(ROOT / "tests" / "people" / "toiling.py"), what]
    done = subprocess.run(words, env=environment(folder), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextlib.contextmanager
def attendant(folder):
    """Asks for an act in a process of its own, killed so many seconds after its first word, or left to its end."""
    words = [sys.executable, str(ROOT / "tests" / "people" / "toiling.py"), "attend"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **pipes, env=environment(folder)) as attending:

        def ask(do, kill=None):
            told = json.loads(talk(attending, json.dumps({"do": do, "kill": kill})))
            assert told["ended"] == (0 if kill is None else -signal.SIGKILL)
            return told["said"]

        yield ask
        attending.stdin.close()


def toil_until_killed(ask, after):
    said = [line.split() for line in ask("toil", after).splitlines()]
    said = [(words[0], int(words[1])) for words in said if len(words) == 2 and words[1].isdigit()]
    return {number for word, number in said if word == "made"}, {number for word, number in said if word == "gone"}


def test_t07_killed_at_any_moment_no_value_is_without_a_key_and_nothing_gone_has_one(tmp_path):
    run(tmp_path, "begin")
    made, gone = set(), set()
    with attendant(tmp_path) as ask:
        for _ in range(KILLS):
            more, fewer = toil_until_killed(ask, random.uniform(0.01, 0.6))
            made, gone = made | more, gone | fewer
            found = json.loads(ask("look"))
            held = {int(person): count for person, count in found["held"].items()}
            assert found["without"] == found["stale"] == []
            assert found["opened"] == found["opened_again"]
            assert not gone & set(found["keys"])
            assert all(held[person] == 0 for person in gone)
            assert all(held[person] in (0, 3) for person in made)
            assert set(found["keys_left"]) >= {person for person, count in held.items() if count}
    assert made
    assert gone


def talk(process, word):
    process.stdin.write(word + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_t14_what_one_process_wrote_stops_another_at_once(tmp_path):
    run(tmp_path, "begin")
    words = [sys.executable, str(ROOT / "tests" / "people" / "toiling.py"), "converse"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment(tmp_path)}
    with subprocess.Popen(words, **pipes) as one, subprocess.Popen(words, **pipes) as other:
        person = talk(one, "make")
        assert talk(other, f"ask {person}") == "Refusal"
        for _ in range(5):
            assert int(talk(one, f"yes {person}"))
            assert talk(other, "ask") == "Pass"
            assert int(talk(one, "no"))
            assert talk(other, "ask") == "Refusal"
        assert int(talk(one, "yes"))
        assert int(talk(one, "restrict"))
        assert talk(other, "ask") == "Refusal"
        one.stdin.close()
        other.stdin.close()


def test_t14_a_key_that_one_process_destroyed_opens_nothing_in_another_that_had_used_it(tmp_path):
    """It kept what it read sealed, and no key: neither a copy of its own nor the file as it was when it was opened."""
    run(tmp_path, "begin")
    words = [sys.executable, str(ROOT / "tests" / "people" / "toiling.py"), "converse"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment(tmp_path)}
    with subprocess.Popen(words, **pipes) as one, subprocess.Popen(words, **pipes) as other:
        person = talk(one, "make")
        assert talk(other, f"hold {person}") == talk(other, "open") == "Ada Quillfeather"
        assert talk(one, f"shred {person}") == "destroyed"
        assert talk(other, "open") == "key-gone"
        one.stdin.close()
        other.stdin.close()


def test_t10_while_every_key_is_rotated_a_process_at_work_finds_and_reads_everybody(tmp_path):
    run(tmp_path, "begin")
    words = [sys.executable, str(ROOT / "tests" / "people" / "toiling.py"), "visit"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **pipes, env=environment(tmp_path)) as visitor:
        for _ in range(2):
            run(tmp_path, "turn")
        done, told = visitor.communicate(timeout=60)
    assert (visitor.returncode, told) == (0, "")
    assert int(done) >= 20
