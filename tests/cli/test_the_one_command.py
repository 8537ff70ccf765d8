"""The one command: whatever it is given, it says what, where and what to do, and never shows a traceback."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"


@pytest.fixture
def env(tmp_path):
    return os.environ | {
        "TROTH_DATA": str(tmp_path / "data"),
        "TROTH_KEY_FILE": str(tmp_path / "master.key"),
        "TROTH_DEMO": "no",
    }


@pytest.fixture(scope="session")
def begun(tmp_path_factory) -> Path:
    """A folder in which the first edition was published, and its key: begun once, for each test to have a copy."""
    folder = tmp_path_factory.mktemp("begun")
    where = {"TROTH_DATA": str(folder / "data"), "TROTH_KEY_FILE": str(folder / "master.key"), "TROTH_DEMO": "no"}
    assert troth(os.environ | where, "publish", str(LARCH), "--client", "larch", "--new").returncode == 0
    return folder


@pytest.fixture
def house(env, begun):
    shutil.copytree(begun / "data", env["TROTH_DATA"])
    shutil.copy(begun / "master.key", env["TROTH_KEY_FILE"])
    return env


def troth(env, *words: str | bytes) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "troth.cli", *words], env=env, capture_output=True, text=True, timeout=300
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize("words", [[], ["nonsense"], ["check"], ["publish"], ["staff"], ["key", "nope"], ["why"]])
def test_wrong_use_is_told_as_text_and_as_one_object(env, words):
    text, data = troth(env, *words), troth(env, *words, "--json")
    assert (text.returncode, data.returncode) == (2, 2)
    assert text.stderr.startswith("troth: ") and "--help" in text.stderr and text.stdout == ""
    told = json.loads(data.stdout)
    assert (told["ok"], told["trouble"]["code"]) == (False, "wrong-use")
    assert not Path(env["TROTH_DATA"]).exists()


def test_a_word_too_many_leads_to_the_help_of_its_own_command(env):
    told = troth(env, "prove", "--client", "larch")
    assert (told.returncode, "Run troth prove --help." in told.stderr) == (2, True)


def test_json_may_stand_before_the_command_and_after_it(env):
    for words in (["--json", "check", str(LARCH)], ["check", "--json", str(LARCH)], ["check", str(LARCH), "--json"]):
        assert json.loads(troth(env, *words).stdout)["ok"] is True


def test_a_house_without_an_outside_database_waits_for_no_driver_of_one(house):
    """It took a quarter of the start of every command."""
    code = (
        "import sys; from troth.cli import main; main(['prove', 'larch']); main(['sweep']); main(['doctor']);"
        "print([name for name in sys.modules if name.split('.')[0] in ('sqlalchemy', 'playwright')])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=house, capture_output=True, text=True)
    assert "kept" in done.stdout and done.stdout.splitlines()[-1] == "[]"


def test_every_command_answers_with_one_object_that_names_it(house):
    for words in (
        *(["check", str(LARCH)], ["notice", str(LARCH)], ["explain"], ["explain", "no-end"], ["schema"]),
        *(["ledger", "verify"], ["ledger", "checkpoint"], ["key", "check"], ["key", "recovery"]),
        *(["why", "--use", "answer you", "--client", "larch"], ["sweep", "--preview"], ["prove", "--dry"]),
        ["staff", "add", "guide@larch.example", "--client", "larch", "--role", "guide"],
    ):
        told = json.loads(troth(house, *words, "--json").stdout)
        assert (told["command"], type(told["ok"])) == (words[0], bool), words


@pytest.mark.parametrize("words", [["ledger", "verify"], ["prove"], ["key", "check"], ["staff", "add", "a@b.example"]])
def test_a_broken_database_is_told_and_not_thrown(house, words):
    Path(house["TROTH_DATA"], "troth.db").write_text("this is no database")
    more = ["--client", "larch", "--role", "guide"] if words[0] == "staff" else []
    told = troth(house, *words, *more, "--json")
    assert (told.returncode, json.loads(told.stdout)["trouble"]["code"]) == (1, "database-trouble")


def test_an_empty_database_is_told_and_not_thrown(env):
    Path(env["TROTH_DATA"]).mkdir()
    Path(env["TROTH_DATA"], "troth.db").touch()
    told = troth(env, "ledger", "verify")
    assert told.returncode == 1 and "not ready" in told.stderr


@pytest.mark.parametrize("left", [None, b""])
def test_t52_beside_keys_and_a_ledger_no_empty_database_is_begun(house, left):
    """Its first sweep would destroy every key of what the lost one held, and no backup would open any more."""
    lost = Path(house["TROTH_DATA"], "troth.db")
    kept = lost.read_bytes()
    lost.unlink() if left is None else lost.write_bytes(left)
    told = troth(house, "publish", str(LARCH), "--client", "larch", "--new", "--json")
    assert (told.returncode, json.loads(told.stdout)["trouble"]["code"]) == (1, "data-lost")
    assert not lost.exists() or not lost.stat().st_size
    lost.write_bytes(kept)
    assert troth(house, "ledger", "verify").returncode == 0


def test_t62_no_table_changes_under_a_server_that_runs(house):
    """A command of a new edition beside the old one's server: it would go on writing rows of yesterday's shape."""
    file, lock = Path(house["TROTH_DATA"], "troth.db"), Path(house["TROTH_DATA"], "serve.lock")
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute("DELETE FROM django_migrations WHERE app = 'prove' AND name LIKE '0003%'")
        db.execute("DROP TABLE prove_scan")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        told = troth(house, "publish", str(LARCH), "--client", "larch", "--new", "--json")
        assert (told.returncode, json.loads(told.stdout)["trouble"]["code"]) == (1, "still-serving")
    assert troth(house, "publish", str(LARCH), "--client", "larch", "--new").returncode == 0, "and then it goes on"


def test_a_user_without_a_home_is_told_which_option_to_set(env):
    bare = {name: value for name, value in env.items() if name not in ("HOME", "TROTH_KEY_FILE")}
    told = troth(bare | {"TROTH_KEY_FILE": "~nobody-of-this-name/master.key"}, "doctor", "--json")
    assert (told.returncode, json.loads(told.stdout)["trouble"]["code"]) == (1, "option-wrong")
    assert "TROTH_KEY_FILE" in told.stdout


def test_a_folder_where_the_key_should_be_is_told(env):
    Path(env["TROTH_KEY_FILE"]).mkdir()
    told = troth(env, "publish", str(LARCH), "--client", "larch", "--new", "--json")
    assert (told.returncode, json.loads(told.stdout)["trouble"]["code"]) == (1, "file-trouble")
    assert env["TROTH_KEY_FILE"] in told.stdout


def test_a_name_that_no_terminal_can_show_is_told(env):
    told = troth(env | {"PYTHONIOENCODING": "ascii"}, "check", b"walks-\xff\xe2\x80\xae.yaml")
    assert told.returncode == 1 and "walks-" in told.stderr


def test_a_reader_who_leaves_early_is_no_trouble(env):
    words = [sys.executable, "-m", "troth.cli", "schema"]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


@pytest.mark.parametrize(
    "words", [["notice"], ["why", "--use", "x", "--policy"], ["publish", "--client", "c", "--new"]]
)
def test_a_policy_file_that_is_not_there_ends_with_one(env, words):
    told = troth(env, words[0], *words[1:], "no-such.yaml", "--json")
    assert (told.returncode, json.loads(told.stdout)["trouble"]["code"]) == (1, "no-file")


def test_deciding_says_when_nothing_waits_and_when_there_is_no_such_client(house):
    assert troth(house, "decide", "list", "--client", "larch").stdout == "Nothing waits.\n"
    about = troth(house, "decide", "list", "--client", "larch", "--request", "A-2026-0001")
    assert about.stdout == "Nothing was decided about A-2026-0001.\n"
    nobody = troth(house, "decide", "list", "--client", "nobody", "--json")
    assert (nobody.returncode, json.loads(nobody.stdout)["trouble"]["code"]) == (1, "no-client")


def test_a_keeper_that_is_not_there_is_told_with_those_that_are(house):
    told = troth(house, "prove", "--self-test", "--keeper", "always/wals")
    assert (told.returncode, "always/walls" in told.stderr) == (2, True)
    alone = troth(house, "prove", "--keeper", "always/walls")
    assert (alone.returncode, "--self-test" in alone.stderr) == (2, True)


def test_a_file_that_cannot_be_written_is_told_by_the_name_that_was_given(env, tmp_path):
    for out in (tmp_path / "gone" / "x.json", tmp_path):
        told = troth(env, "export", "dpv", str(LARCH), "--out", str(out))
        assert told.returncode == 1
        assert told.stderr.startswith(f"troth: {out} cannot be used")


def test_what_any_command_leaves_in_the_data_folder_is_its_owners_alone(env):
    for words in (["publish", str(LARCH), "--client", "larch", "--new"], ["prove"], ["sweep"], ["ledger", "verify"]):
        troth(env, *words)
    folder = Path(env["TROTH_DATA"])
    assert [path.name for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077] == []
    assert (folder / "ledger.head").exists()


def test_a_link_to_itself_and_a_name_that_commands_a_terminal_are_told_on_one_line(env, tmp_path):
    loop, odd = tmp_path / "loop.yaml", tmp_path / "bad\x1b[31m\nname.yaml"
    loop.symlink_to(loop)
    odd.write_text("troth: 1\n")
    done = troth(env, "check", str(loop), str(odd))
    assert done.returncode == 1 and "mistake of its own" not in done.stderr
    assert "\x1b" not in done.stdout and "bad\\x1b[31m\\nname.yaml" in done.stdout


@pytest.mark.parametrize("port", ["99999", "abc", "-1", "8000.5", "9" * 5000])
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_none_is_wrong_use_of_its_option(env, command, port):
    told = json.loads(troth(env, command, f"--port={port}", "--json").stdout)
    assert told["trouble"]["code"] == "wrong-use" and "--port" in told["trouble"]["sentence"]
    assert not Path(env["TROTH_DATA"]).exists()


def test_a_port_in_the_environment_that_is_none_is_told_by_its_name(env):
    told = json.loads(troth(env | {"TROTH_PORT": "99999"}, "serve", "--json").stdout)
    assert (told["trouble"]["code"], "TROTH_PORT" in told["trouble"]["help"]) == ("option-wrong", True)


@pytest.mark.parametrize("words", [["check", "--law", "uk", "/dev/zero"], ["init", "--from-text", "/proc/self/mem"]])
def test_what_has_no_end_or_cannot_be_read_is_told(env, words):
    done = troth(env, *words, "--json")
    assert done.returncode in (1, 2, 3) and "fault" not in done.stdout


def test_two_forms_of_one_output_are_wrong_use(env):
    assert troth(env, "check", str(LARCH), "--sarif", "--json").returncode == 2


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1"])
def test_t50_no_client_gets_the_host_of_the_desk_or_of_all_clients(env, host):
    words = ["publish", str(LARCH), "--client", "larch", "--new", "--host", host]
    told = json.loads(troth(env, *words, "--json").stdout)
    assert (told["ok"], told["trouble"]["code"]) == (False, "host-taken")
