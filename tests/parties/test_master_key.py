"""The master key is made once, kept outside, and never made anew beside sealed values (T01, T02)."""

from __future__ import annotations

import os

import pytest
from django.conf import settings

from troth.places import master
from troth.policy.problems import Trouble


def test_the_first_start_makes_a_key_that_only_its_owner_reads(data_folder):
    assert settings.KEY_FILE.stat().st_mode & 0o777 == 0o600
    assert len(master.read()) == 32


def test_t02_a_missing_key_beside_its_fingerprint_stops_the_start_and_makes_nothing(data_folder):
    settings.KEY_FILE.unlink()
    with pytest.raises(Trouble) as caught:
        master.ensure()
    assert caught.value.code == "key-missing"
    assert "recovery" in caught.value.help
    assert not settings.KEY_FILE.exists()


def test_root_leaves_nothing_in_the_folder_of_another_user(data_folder, monkeypatch):
    """A head or a lock of root's would shut the server out that runs as somebody else."""
    (data_folder / "troth.db").touch()
    before = sorted(path.name for path in data_folder.iterdir())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(master, "_owner", lambda file: 4_000_000)
    with pytest.raises(Trouble) as refused:
        master.ensure()
    assert refused.value.code == "not-yours" and "#4000000" in refused.value.args[0]
    assert sorted(path.name for path in data_folder.iterdir()) == before
    monkeypatch.setattr(master, "_owner", lambda file: 0)
    master.ensure()


def test_t02_another_key_is_told_from_the_right_one(data_folder):
    settings.KEY_FILE.write_text("ab" * 32)
    with pytest.raises(Trouble) as caught:
        master.ensure()
    assert caught.value.code == "key-wrong"


def test_t01_a_key_inside_the_data_folder_is_refused(data_folder, settings):
    settings.KEY_FILE = data_folder / "master.key"
    with pytest.raises(Trouble) as caught:
        master.ensure()
    assert caught.value.code == "key-inside"


def test_derived_keys_differ_by_label(data_folder):
    assert master.derive("one") != master.derive("two")
    assert len(master.derive("one", 16)) == 16
