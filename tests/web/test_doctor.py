"""The doctor: silent over a healthy house, and for each thing that is wrong a name and a remedy."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from tests.answer.houses import LARCH, empty_database, on_disk, published, shop, walks
from tests.answer.planting import walker

from troth.collect import limits, tag
from troth.keep.models import Sweep
from troth.ledger import copies, entries
from troth.people import indexes, vault
from troth.places import keyfile, master
from troth.policy.problems import Trouble
from troth.web import doctor, server
from troth.work import queue
from troth.work.models import Job

__all__ = ["empty_database", "on_disk", "shop", "walks"]
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def house(walks: str, on_disk: Path, tmp_path: Path, settings: Any, mailbox: Any) -> Path:
    """A healthy installation: code shown, mail alive, a checkpoint outside, nobody else's eyes."""
    settings.CHECKPOINT_FILE = str(tmp_path / "checkpoints")
    vault.ensure_keys()
    vault.note(vault.SHOWN, NOW.isoformat())
    copies.make()
    assert copies.send() == 0
    for one in (on_disk, *on_disk.rglob("*"), master_key(settings)):
        one.chmod(0o700 if one.is_dir() else 0o600)
    return on_disk


def master_key(settings: Any) -> Path:
    return Path(settings.KEY_FILE)


def codes(now: dt.datetime | None = None) -> list[str]:
    found = doctor.examine(now)
    assert all(one.sentence.endswith(".") and one.help.endswith(".") for one in found), found
    return [one.code for one in found]


def test_a_healthy_house_has_no_finding(house):
    assert doctor.examine() == []


def test_what_the_server_takes_away_meanwhile_is_no_finding(house, monkeypatch):
    """Beside a server heads, logs and files of events come and go while the doctor looks."""
    listed = Path.rglob
    gone = [house / "ledger.head.1a2b3c4d", house / "events" / "larch" / "visit" / "2026-11-26.db"]
    monkeypatch.setattr(Path, "rglob", lambda path, glob: [*listed(path, glob), *gone])
    assert doctor.examine() == []


def test_a_ledger_that_grew_on_over_its_cut_end_is_named(house):
    head = (house / "ledger.head").read_text()
    entries.head()
    db = sqlite3.connect(house / "troth.db")
    db.execute("DELETE FROM ledger_entry WHERE number > (SELECT max(number) FROM ledger_entry) - 3")
    db.commit()
    db.close()
    for _ in range(5):
        with transaction.atomic():
            entries.append("asked", client="")
    assert (house / "ledger.head").read_text() == head
    assert "ledger-head" in codes()


def test_a_recovery_code_that_was_never_shown_is_named(house):
    vault.note(vault.SHOWN, "")
    assert codes() == ["recovery-never-shown"]


def test_a_key_file_that_a_group_can_read_is_named(house, settings):
    master_key(settings).chmod(0o640)
    assert codes() == ["key-open"]


def test_a_key_file_inside_the_data_folder_is_named(house, settings):
    shutil.move(settings.KEY_FILE, house / "master.key")
    settings.KEY_FILE = house / "master.key"
    assert codes() == ["key-inside"]


def test_a_key_file_that_is_gone_is_named_and_none_is_made(house, settings):
    master_key(settings).unlink()
    assert "key-missing" in codes()
    assert not master_key(settings).exists()


def test_another_key_than_the_one_that_sealed_is_named_once_however_many_looks_it_stops(house, walks, settings):
    master_key(settings).write_text("ab" * 32)
    assert codes().count("key-wrong") == 1


def test_keys_from_before_a_rotation_are_named_and_no_server_starts_with_them(house, walks):
    walker(walks, "ada@quill.example", "Ada")
    vault.close()
    old = (house / "keys.db").read_bytes()
    indexes.rotate(walks)
    vault.close()
    (house / "keys.db").write_bytes(old)
    assert "keys-older" in codes()
    with pytest.raises(Trouble, match="is older than"):
        server.prepare()


def test_a_file_that_others_can_read_is_named(house, settings):
    (house / "keys.db").chmod(0o644)
    settings.PLACES_FILE.write_text("")
    settings.PLACES_FILE.chmod(0o644)
    (found,) = doctor.examine()
    assert found.code == "files-open"
    assert "keys.db" in found.sentence and f"chmod 600 {settings.PLACES_FILE}" in found.help


def test_a_disk_that_fills_up_is_named_before_events_stop(house, monkeypatch):
    usage = shutil.disk_usage(house)
    (house / "events").mkdir(exist_ok=True)
    with (house / "events" / "large.db").open("wb") as file:
        file.truncate(300 * 2**20)  # an erasure writes it anew, so events leave as much room
    least = limits.least(house)
    for free, said in (
        (least + doctor.ROOM - 1, "555 MB are free on the disk of the data folder"),
        (least - 1, ", and below 364 MB nothing is taken in, no event and no form"),
    ):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        (found,) = doctor.short_of_room()
        assert found.code == "disk-low" and said in found.sentence and "disk-low" in codes()
        assert limits.Floor(house).has_room() is (free >= least), "it says what the door does"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=least + doctor.ROOM))
    assert doctor.short_of_room() == []


def test_a_clock_that_went_back_is_named(house):
    with time_machine.travel(NOW - dt.timedelta(days=2), tick=True):
        assert codes() == ["clock-back"]


def test_a_file_from_a_time_to_come_names_the_clock(house):
    os.utime(house / "keys.db", (time.time() + 3600, time.time() + 3600))
    assert codes() == ["clock-back"]


def test_a_clock_that_leapt_under_a_running_server_is_named(house):
    doctor.note_clock()
    doctor._clock_file().chmod(0o600)
    assert codes() == []
    assert codes(NOW + dt.timedelta(hours=3)) == ["clock-leapt"]


def test_a_mail_server_that_is_dead_or_was_never_named_is_told(house, settings):
    with socket.socket() as silent:  # bound, and nobody listens
        silent.bind(("127.0.0.1", 0))
        settings.SMTP = silent.getsockname()
        assert codes() == ["mail-dead"]
    settings.SMTP = ("127.0.0.1", 0)
    assert codes() == ["mail-unset"]


def test_tables_that_are_not_up_to_date_are_named(house):
    call_command("migrate", "prove", "zero", verbosity=0)
    assert "tables-old" in codes()


@pytest.mark.parametrize("name", ["keys.db", "events/x.db"])
def test_a_broken_database_is_named(house, name):
    file = house / name
    file.parent.mkdir(exist_ok=True, mode=0o700)
    if name != "keys.db":
        db = sqlite3.connect(file)
        db.execute("CREATE TABLE t(x)")
        db.executemany("INSERT INTO t VALUES (?)", [("y" * 3000,)] * 9)
        db.commit()
        db.close()
    file.chmod(0o600)
    keyfile.close()
    raw = bytearray(file.read_bytes())
    raw[4096 : 4096 * 3] = b"\x99" * 8192
    file.write_bytes(bytes(raw))
    (found,) = [one for one in doctor.examine() if one.code == "database-broken"]
    assert name in found.sentence


def test_a_head_of_the_ledger_that_is_gone_or_too_far_is_named(house):
    (house / "ledger.head").unlink()
    assert codes() == ["ledger-head"]


def test_a_checkpoint_that_is_old_or_goes_nowhere_is_named(house, settings):
    with time_machine.travel(NOW + dt.timedelta(days=9)):
        assert "checkpoint-old" in codes()
    settings.CHECKPOINT_MAIL = "watch@larch.example"
    assert codes() == ["checkpoint-waits"]
    settings.CHECKPOINT_MAIL = settings.CHECKPOINT_FILE = ""
    assert codes() == ["checkpoint-nowhere"]


def test_a_sweep_that_did_not_come_or_stopped_is_named(house):
    assert "sweep-overdue" in codes(NOW + dt.timedelta(days=2))
    Sweep.objects.create(client="larch", at=NOW, stopped="share")
    assert codes() == ["sweep-stopped"]
    Sweep.objects.create(client="larch", at=NOW, stopped="clock")
    assert codes() == ["sweep-stopped"]


def test_work_that_waits_for_long_or_fails_again_and_again_is_named(house):
    queue.add("mail", {"number": 1}, client="larch", not_before=NOW - dt.timedelta(hours=2))
    assert codes() == ["work-stuck"]
    Job.objects.update(tries=9, error="OSError")
    assert codes() == ["work-failing"]


def test_a_paper_that_lapses_within_the_month_is_named_with_its_owner(house, tmp_path):
    soon = (NOW + dt.timedelta(days=20)).date().isoformat()
    text = LARCH.replace("owner: Ada Larch, until: 2027-06-30", f"owner: Ada Larch, until: {soon}")
    published("birch", text, tmp_path)
    (found,) = [one for one in doctor.examine() if one.code == "paper-lapses"]
    assert "mail contract" in found.sentence and soon in found.sentence and "Ada Larch" in found.help


def test_a_place_that_no_program_can_open_is_named_with_what_to_do(shop, settings):
    def silent():
        return [one for one in doctor.examine() if one.code == "place-silent"]

    assert silent() == []
    listed = settings.PLACES_FILE.read_text()
    for text, word, help in (
        (listed.replace("shop.sqlite", "gone.sqlite"), "“shop” does not answer", "has the tables"),
        ("", "has not approved", 'shop = "…" under [larch]'),
        ("[larch\n", "cannot be read", "at line 1"),
    ):
        settings.PLACES_FILE.write_text(text)
        (found,) = silent()
        assert word in found.sentence and help in found.help
        assert str(settings.PLACES_FILE) in found.help and "sqlite:" not in found.sentence


def test_t60_a_tag_that_is_not_the_one_of_its_edition_is_named(house, monkeypatch):
    real = tag._squeezed
    monkeypatch.setattr(tag, "_squeezed", lambda name: real(name) + ";fetch('https://evil.example')")
    monkeypatch.setattr(tag, "_made", {})
    (found,) = doctor.examine()
    assert found.code == "tag-differs" and "tag.js website en" in found.sentence and "sbom.json" in found.help


def test_what_cannot_be_looked_at_is_a_finding_and_hides_no_other(house, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: 1 / 0)
    vault.note(vault.SHOWN, "")
    assert codes() == ["recovery-never-shown", "not-looked"]


def test_the_command_says_it_as_text_and_as_data_and_ends_with_three(house, settings):
    env = os.environ | {"TROTH_DATA": str(house), "TROTH_KEY_FILE": str(settings.KEY_FILE), "TROTH_DEMO": "no"}
    env |= {"TROTH_SMTP": "{}:{}".format(*settings.SMTP), "TROTH_CHECKPOINT_FILE": settings.CHECKPOINT_FILE}
    healthy = troth(env, "doctor")
    assert (healthy.returncode, healthy.stdout[:8]) == (0, "Healthy:")
    vault.note(vault.SHOWN, "")
    told = json.loads(troth(env, "doctor", "--json").stdout)
    assert (told["command"], told["ok"], [one["code"] for one in told["findings"]]) == (
        "doctor",
        False,
        ["recovery-never-shown"],
    )
    ill = troth(env, "doctor")
    assert ill.returncode == 3 and "troth key recovery" in ill.stdout
    assert troth(env | {"TROTH_DATA": str(house / "none")}, "doctor").returncode == 1


def test_in_a_demonstration_too_the_key_file_that_is_named_is_looked_at(house, settings):
    (house / "demo").touch(mode=0o600)
    env = os.environ | {"TROTH_DATA": str(house), "TROTH_KEY_FILE": str(house.parent / "no.key")}
    told = json.loads(troth(env, "doctor", "--json").stdout)
    assert "key-missing" in [one["code"] for one in told["findings"]]


def troth(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "troth.cli", *words], env=env, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_a_rotation_that_stopped_half_way_is_named(house):
    key = master.read()
    master._accept(key, b"\x01" * 32)
    assert codes() == ["key-turning"]
