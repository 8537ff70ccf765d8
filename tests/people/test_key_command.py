"""``troth key``: the recovery code brings the key back, and a check opens what is sealed."""

import io
import json

import pytest
from tests.people import making

from troth import cli
from troth.people import commands, indexes, standing, store, vault
from troth.policy.problems import Trouble


def test_a_code_gives_back_the_key_however_it_is_typed():
    key = bytes(range(32))
    code = commands.code_of(key)
    assert commands.key_of(code) == key
    assert commands.key_of(code.lower().replace("-", " ")) == key
    assert commands.key_of(code.replace("O", "0").replace("I", "1")) == key
    assert {len(group) for group in code.split("-")} == {4}


def test_a_code_with_one_letter_wrong_is_seen():
    code = commands.code_of(bytes(range(32)))
    for place, letter in enumerate(code):
        if letter != "-":
            wrong = code[:place] + ("A" if letter != "A" else "C") + code[place + 1 :]
            with pytest.raises(Trouble) as refused:
                commands.key_of(wrong)
            assert refused.value.code == "code-wrong"


def test_t03_the_recovery_code_is_shown_once_and_restores_the_key(larch, settings, capsys):
    person = making.walker(larch)
    assert vault.recovery_shown() == ""
    assert cli.main(["key", "recovery", "--json"]) == 0
    code = json.loads(capsys.readouterr().out)["code"]
    assert vault.recovery_shown()
    assert cli.main(["key", "recovery"]) == 1
    settings.KEY_FILE.unlink()
    vault.close()
    assert cli.main(["key", "check"]) == 1
    assert "troth key restore" in capsys.readouterr().err
    assert cli.main(["key", "restore", code]) == 0
    assert settings.KEY_FILE.stat().st_mode & 0o077 == 0
    assert len(making.values_of(larch, person)) == len(making.BOOKED)


def test_t03_the_code_need_not_stand_in_the_shell_s_history(larch, settings, capsys, monkeypatch):
    code = commands.code_of(bytes.fromhex(settings.KEY_FILE.read_text()))
    settings.KEY_FILE.unlink()
    vault.close()
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert cli.main(["key", "restore"]) == 2
    assert "No recovery code" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(code.lower() + "\n"))
    assert cli.main(["key", "restore"]) == 0
    assert code not in capsys.readouterr().out
    assert settings.KEY_FILE.exists()


def test_a_check_counts_what_opens_and_finds_what_has_no_key(larch, capsys):
    person = making.walker(larch)
    assert cli.main(["key", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["opened"][larch] > 0
    vault.destroy(larch, person)
    assert cli.main(["key", "check"]) == 3
    assert "HAVE NO KEY" in capsys.readouterr().out


def test_one_that_has_no_key_is_one(larch, capsys, monkeypatch):
    making.walker(larch)
    monkeypatch.setattr(store, "without_key", lambda client: [7])
    assert cli.main(["key", "check"]) == 3
    assert "; 1 HAS NO KEY" in capsys.readouterr().out


def test_t02_keys_that_are_older_than_the_rows_are_found_and_nothing_is_served_with_them(larch, data_folder, capsys):
    """Everything opens; but nobody is found, and whoever wanted no mail would be written to."""
    making.walker(larch)
    vault.close()
    old = (data_folder / "keys.db").read_bytes()
    indexes.rotate(larch)
    standing.suppress(larch, "email address", "bob@quill.example", {making.NEWS})
    indexes.must_fit([larch])
    vault.close()
    (data_folder / "keys.db").write_bytes(old)
    assert standing.suppressed(larch, "email address", "bob@quill.example") == frozenset()
    assert cli.main(["key", "check", "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert said["index_lost"] == {larch: [2]} and said["opened"][larch] > 0
    with pytest.raises(Trouble, match="is older than") as refused:
        indexes.must_fit([larch])
    assert refused.value.code == "keys-older"


def test_a_rotation_leaves_every_value_readable(larch, capsys):
    person = making.walker(larch)
    assert cli.main(["key", "rotate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["keys"] >= 1
    assert len(making.values_of(larch, person)) == len(making.BOOKED)


@pytest.mark.parametrize("text", [None, "zzz\n", "0" * 64 + "\n"], ids=["lost", "broken", "another"])
def test_t02_a_key_that_is_not_the_one_is_found_before_anything_is_sealed(larch, settings, capsys, text):
    settings.KEY_FILE.unlink()
    if text is not None:
        settings.KEY_FILE.write_text(text)
    assert cli.main(["key", "check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["trouble"]["code"] == ("key-missing" if text is None else "key-wrong")
