"""Checkpoints are copied outside once a day, to a file and by mail, and what waits is said."""

import datetime as dt
import errno
import json
import os

import pytest
import time_machine
from django.core.mail.backends import locmem
from tests.answer.planting import Mailbox
from tests.ledger.filling import fill, sql

from troth import cli
from troth.keep import upkeep
from troth.ledger import copies, entries, signing, tree
from troth.places import post
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db


@pytest.fixture
def outside(tmp_path, settings, data_folder):
    settings.CHECKPOINT_FILE = str(tmp_path / "elsewhere" / "checkpoints")
    (tmp_path / "elsewhere").mkdir()
    fill(5)
    return tmp_path / "elsewhere" / "checkpoints"


def test_each_day_one_line_goes_to_a_file_outside_and_holds(outside):
    upkeep.look_after_the_ledger()
    upkeep.look_after_the_ledger()
    (line,) = outside.read_text().splitlines()
    assert tree.held_against(line) == []
    assert outside.stat().st_mode & 0o777 == 0o600
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=1, minutes=1)):
        fill(3)
        upkeep.look_after_the_ledger()
    assert [json.loads(json.loads(one)["body"])["number"] for one in outside.read_text().splitlines()] == [5, 9]


def test_a_ledger_in_which_nothing_happened_makes_no_checkpoint_of_its_checkpoint(outside):
    upkeep.look_after_the_ledger()
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=2)):
        upkeep.look_after_the_ledger()
    assert len(outside.read_text().splitlines()) == 1
    assert entries.head()[0] == 6


def test_t12_a_clock_that_leapt_for_an_hour_ends_no_checkpoints_for_years(outside):
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=3653)):
        upkeep.look_after_the_ledger()
    fill(3)
    upkeep.look_after_the_ledger()
    upkeep.look_after_the_ledger()
    assert [json.loads(json.loads(one)["body"])["number"] for one in outside.read_text().splitlines()] == [5, 9]


def test_t15_a_cut_tail_is_found_against_the_copies_that_the_option_names(outside, data_folder, capsys):
    (data_folder / "troth.db").touch()  # this folder is in use
    fill(5)
    copies.make()
    copies.send()
    sql("DELETE FROM ledger_entry WHERE number > 6")
    sql("DELETE FROM ledger_checkpoint")
    tree.head_file().unlink()
    signing.note_head(entries.head)
    assert tree.verify().ok  # the attack works on the data folder alone
    assert cli.main(["ledger", "verify", "--json"]) == 3
    assert [one["kind"] for one in json.loads(capsys.readouterr().out)["findings"]] == ["cut off"]


def test_t15_a_cut_is_found_against_the_checkpoints_kept_here_too(outside):
    copies.make()
    fill(2)
    sql("DELETE FROM ledger_entry WHERE number > 3")
    tree.head_file().unlink()
    signing.note_head(entries.head)
    assert {one.kind for one in tree.verify().findings} == {"checkpoint"}


def test_a_checkpoint_goes_by_mail_and_one_that_cannot_go_waits(data_folder, settings, monkeypatch, mailoutbox, capsys):
    settings.CHECKPOINT_MAIL, settings.SMTP = "auditor@larch.example", ("127.0.0.1", 0)
    (data_folder / "troth.db").touch()  # this folder is in use
    fill(5)
    line = copies.make()
    assert copies.send() == 1
    assert cli.main(["ledger", "verify"]) == 0
    assert "1 checkpoint waits to be copied out." in capsys.readouterr().out
    settings.SMTP = ("127.0.0.1", 2525)
    monkeypatch.setattr(post, "EmailBackend", lambda **_: locmem.EmailBackend())
    assert (copies.send(), copies.send()) == (0, 0)
    (mail,) = mailoutbox
    assert mail.to == ["auditor@larch.example"]
    assert tree.held_against(mail.attachments[0][1]) == []
    assert json.loads(line) == json.loads(mail.attachments[0][1])


def test_an_address_that_is_no_mailbox_keeps_no_copy_from_the_file_and_repeats_none(outside, settings):
    box = Mailbox()
    settings.CHECKPOINT_MAIL, settings.SMTP = "auditor@larch.example, second@larch.example", box.open()
    try:
        copies.make()
        assert (copies.send(), copies.send()) == (1, 1)
    finally:
        box.close()
    assert len(outside.read_text().splitlines()) == 1 and copies.waiting() == 1 and box.letters == []


@pytest.mark.parametrize("grows_only", [False, True])
def test_t15_half_a_line_of_a_full_disk_does_not_look_like_a_forged_one(outside, monkeypatch, grows_only):
    """It would make every later look cry wolf, and the line after it would be lost with it."""
    outside.touch()
    whole, written = os.write, []

    def full(handle, text):
        written.append(whole(handle, text[:40]) if not written else None)
        if written[-1] is None:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written[-1]

    def refused(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    copies.make()
    with monkeypatch.context() as away:
        away.setattr(os, "write", full)
        if grows_only:
            away.setattr(os, "ftruncate", refused)
        assert copies.send() == 1
        assert outside.stat().st_size == (40 if grows_only else 0)
        away.setattr(os, "write", whole)
        assert copies.send() == 0
    assert tree.held_against(outside.read_text().splitlines()[-1]) == []
    assert len(outside.read_text().splitlines()) == 1 + grows_only


def test_half_a_line_of_whoever_died_while_writing_is_taken_back(outside):
    copies.make()
    copies.send()
    line = outside.read_text()
    outside.write_text(line + line[:50])
    fill(3)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=1, minutes=1)):
        copies.make()
        assert copies.send() == 0
    first, second = outside.read_text().splitlines()
    assert tree.held_against_all([first, second]) == [] and first + "\n" == line


def test_t15_copies_that_are_gone_are_missed_and_none_is_begun_in_their_place(outside, data_folder, capsys):
    """A mount that is away leaves an empty folder: what is written there stays on this machine."""
    (data_folder / "troth.db").touch()  # this folder is in use
    copies.make()
    copies.send()
    outside.rename(outside.with_name("away"))
    assert cli.main(["ledger", "verify"]) == 3
    assert "is not there" in capsys.readouterr().out
    fill(3)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=1, minutes=1)):
        copies.make()
        assert copies.send() == 1 and not outside.exists()
        outside.with_name("away").rename(outside)
        assert copies.send() == 0
    assert len(outside.read_text().splitlines()) == 2
    assert cli.main(["ledger", "verify"]) == 0


def test_a_file_inside_the_data_folder_is_refused(data_folder, settings):
    settings.CHECKPOINT_FILE = str(data_folder / "checkpoints")
    fill(2)
    copies.make()
    with pytest.raises(Trouble) as refused:
        copies.send()
    assert refused.value.code == "checkpoint-inside"
