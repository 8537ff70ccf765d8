"""What may enter the ledger, and what an entry proves."""

import errno
import hashlib
import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from troth import cli
from troth.ledger import entries, signing, tree

MARK = "ada.lovelace@example.org"
pytestmark = pytest.mark.django_db


def dump():
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM ledger_entry")
        return repr(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_refused_outside_the_transaction_of_its_effect(data_folder):
    with pytest.raises(RuntimeError, match="transaction"):
        entries.append("asked", client="larch")


def test_numbers_have_no_gap_and_a_rolled_back_act_leaves_none(data_folder):
    numbers = []
    for fails in (False, True, False):
        try:
            with transaction.atomic():
                numbers.append(entries.append("asked", client="larch").number)
                if fails:
                    raise ValueError
        except ValueError:
            numbers.pop()
    assert numbers == [1, 2]


def test_after_acts_within_acts_each_entry_follows_on_the_last_that_stands(data_folder):
    """Each act has a savepoint of its own; an act that fails takes back what those inside it wrote, too."""
    stands, chance = [], random.Random(20261125)

    def act(depth):
        before = len(stands)
        try:
            with transaction.atomic():
                for _ in range(chance.randint(1, 3)):
                    stands.append(entries.append("asked", client="larch").number)
                    if depth < 4 and chance.random() < 0.6:
                        act(depth + 1)
                if chance.random() < 0.4:
                    raise ValueError
        except ValueError:
            del stands[before:]

    for _ in range(60):
        act(0)
    signing.note_head(entries.head)
    assert stands == [*range(1, len(stands) + 1)] and len(stands) > 60
    assert not [one for one in tree.verify().findings if one.kind != "entry without effect"]


@pytest.mark.django_db(transaction=True)
def test_an_entry_follows_on_what_another_connection_wrote_since(data_folder):
    def add():
        with transaction.atomic():
            return entries.append("asked", client="larch").number

    def elsewhere():
        try:
            return add()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        numbers = [step() for _ in range(5) for step in (add, lambda: other.submit(elsewhere).result())]
    assert numbers == [*range(1, 11)] and tree.verify().ok
    assert signing.read_head() == entries.head()


@pytest.mark.django_db(transaction=True)
def test_t37_nothing_is_written_after_a_full_disk_took_the_transaction_back(data_folder):
    """SQLite then undoes all of it by itself, also what an outer act wrote, while that one believes that it is open."""
    with transaction.atomic():
        entries.append("asked", client="larch")
    engine = connection.connection
    (pages,) = engine.execute("PRAGMA page_count").fetchone()
    try:
        with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
            entries.append("asked", client="larch")
            engine.execute(f"PRAGMA max_page_count = {pages}")
            with pytest.raises(DatabaseError), transaction.atomic():
                for _ in range(5000):
                    entries.append("asked", client="larch")
            assert not engine.in_transaction
            entries.append("asked", client="larch")
    finally:
        engine.execute("PRAGMA max_page_count = 1073741823")
    assert entries.head()[0] == 1 and tree.verify().ok


@pytest.mark.django_db(transaction=True)
def test_t37_on_a_full_disk_an_act_stands_without_its_head_and_leaves_nothing_behind(data_folder, monkeypatch, caplog):
    def full(self, *_):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_text", full)
        with transaction.atomic():
            entries.append("asked", client="larch")
    assert entries.head()[0] == 1
    assert [one.name for one in data_folder.glob("ledger.head*")] == []
    assert [one.getMessage() for one in caplog.records] == ["the signed head could not be written: OSError"]


@pytest.mark.django_db(transaction=True)
def test_t62_an_act_does_not_wait_while_all_of_the_ledger_is_verified(data_folder, monkeypatch):
    """Millions of entries take longer to read than any act may wait for the lock."""
    made = []

    def elsewhere():
        try:
            connection.cursor().execute("PRAGMA busy_timeout = 50")
            with transaction.atomic():
                made.append(entries.append("asked", client="larch").number)
        finally:
            connection.close()

    def meanwhile():
        with ThreadPoolExecutor(1) as other:
            other.submit(elsewhere).result()
        return []

    with transaction.atomic():
        entries.append("asked", client="larch")
    monkeypatch.setattr(entries, "_effects", {"a room": meanwhile})
    verdict = tree.verify()
    assert made == [2] and (verdict.ok, verdict.entries) == (True, 1)
    with transaction.atomic():
        assert entries.append("asked", client="larch").number == 3  # and whoever verified writes as ever


def test_the_commitment_opens_with_its_salt_and_with_nothing_else(data_folder):
    one = entries.append("value-written", client="larch", details=b"what was done")
    two = entries.append("value-written", client="larch", details=b"what was done")
    assert one.commitment == hashlib.sha256(one.salt + b"what was done").hexdigest()
    assert one.commitment != two.commitment


@pytest.mark.parametrize(
    "planted",
    [
        {"act": MARK},
        {"client": MARK},
        {"place": MARK},
        {"actor": MARK},
        {"actor": "Ada Lovelace"},
        {"counts": {MARK: 1}},
        {"counts": {"rows": MARK}},
        {"counts": {"Ada Lovelace": 1}},
        {"refs": {MARK: "1"}},
        {"refs": {"pass": MARK}},
        {"refs": {"pass": "Ada Lovelace"}},
        {"refs": {"pass": "198.51.100.7"}},
    ],
    ids=str,
)
def test_t16_a_personal_value_is_refused_in_every_input_of_an_entry(data_folder, planted):
    with pytest.raises(RuntimeError):
        entries.append(**{"act": "asked", "client": "larch"} | planted)
    assert not entries.Row.objects.exists()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(details=st.binary(min_size=8, max_size=60), act=st.sampled_from(sorted(entries.ACTS)))
def test_t16_details_of_every_act_leave_only_a_salted_commitment(data_folder, details, act):
    entry = entries.append(act, client="larch", details=details)
    seen = dump()
    assert details.hex() not in seen.replace(entries.GENESIS, "")
    assert hashlib.sha256(details).hexdigest() not in seen
    assert entry.salt.hex() not in seen


def test_every_entry_can_be_shown_to_stand_in_its_segment(data_folder):
    with transaction.atomic():
        for _ in range(21):
            entries.append("asked", client="larch")
    key = tree.public_key()
    for number in range(1, 22):
        proofs = tree.prove([number])
        assert tree.check(proofs, key)
        other = msgspec.structs.replace(proofs.proofs[0], entry=proofs.proofs[0].entry + " ")
        assert not tree.check(msgspec.structs.replace(proofs, proofs=(other,)), key)


@pytest.mark.django_db(transaction=True)
def test_the_command_verifies_and_a_kept_checkpoint_holds(data_folder, tmp_path, capsys):
    (data_folder / "troth.db").touch()  # this folder is in use
    with transaction.atomic():
        entries.append("asked", client="larch")
    assert cli.main(["ledger", "checkpoint"]) == 0
    kept = tmp_path / "kept"
    kept.write_text(capsys.readouterr().out)
    assert cli.main(["ledger", "verify", "--checkpoint", str(kept), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    kept.write_text(kept.read_text().replace("chain", "chaim"))
    assert cli.main(["ledger", "verify", "--checkpoint", str(kept)]) == 3
    assert "not signed" in capsys.readouterr().out
    assert cli.main(["ledger", "verify", "--checkpoint", str(tmp_path / "none")]) == 1


@pytest.mark.parametrize(
    "text", ['{"command" }', "", "{}", '{"checkpoint": 7}', "\x1b[2J", '{"body": 1, "signature": 2}']
)
def test_a_file_that_is_no_checkpoint_is_found_and_not_thrown(data_folder, tmp_path, capsys, text):
    kept = tmp_path / "kept"
    kept.write_text(text)
    assert cli.main(["ledger", "verify", "--checkpoint", str(kept), "--json"]) == 3
    assert [one["kind"] for one in json.loads(capsys.readouterr().out)["findings"]] == ["checkpoint"]
