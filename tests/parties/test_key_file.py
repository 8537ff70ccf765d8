"""The key file is written whole or not at all, and a moved server without it stops (T02)."""

import os

import pytest
from django.conf import settings

from troth import cli
from troth.people import vault
from troth.places import master
from troth.policy.problems import Trouble


def test_t02_no_key_is_made_beside_sealed_keys_even_when_the_fingerprint_is_gone(data_folder):
    (data_folder / "keys.db").write_bytes(b"wrapped keys")
    (data_folder / "key.fingerprint").unlink()
    settings.KEY_FILE.unlink()
    with pytest.raises(Trouble) as caught:
        master.ensure()
    assert caught.value.code == "key-missing"
    assert not settings.KEY_FILE.exists()


def test_a_start_killed_before_the_key_was_whole_leaves_no_key_and_the_next_one_makes_it(data_folder, monkeypatch):
    settings.KEY_FILE.unlink()
    (data_folder / "key.fingerprint").unlink()

    def killed(*_paths):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(os, "link", killed)
        with pytest.raises(KeyboardInterrupt):
            master.ensure()
    assert not settings.KEY_FILE.exists()
    master.ensure()
    assert len(master.read()) == 32


def test_two_first_starts_at_once_agree_on_one_key(data_folder):
    first = master.read()
    master._make(settings.KEY_FILE)
    assert master.read() == first


@pytest.mark.django_db(transaction=True)
def test_t02_a_command_without_the_key_ends_with_one_and_the_help_line(data_folder, capsys):
    settings.KEY_FILE.unlink()
    (data_folder / "troth.db").touch()  # this folder is in use
    before = sorted(path.name for path in data_folder.iterdir())
    assert cli.main(["ledger", "verify"]) == 1
    assert "troth key recovery" in capsys.readouterr().err
    assert sorted(path.name for path in data_folder.iterdir()) == before


@pytest.mark.parametrize(("name", "code"), [("key.fingerprint", "key-wrong"), ("keys.mark", "keys-lost")])
def test_t02_what_a_broken_disk_left_of_a_mark_stops_the_start_with_words(data_folder, name, code):
    vault.ensure_keys()
    vault.close()
    (data_folder / name).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Trouble) as caught:
        master.ensure()
        vault.ensure_keys()
    assert caught.value.code == code
