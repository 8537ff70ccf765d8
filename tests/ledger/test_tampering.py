"""Whoever can write the database file: each way of tampering is found, wherever it is done (T15, T17)."""

import os
import random

import pytest
from django.db import DatabaseError, connection, transaction

from troth.ledger import entries, rows, signing, tree

LENGTH = 24
SAMPLE = 12 * int(os.environ.get("TROTH_SOAK", "1"))
SEED = int(os.environ.get("TROTH_SEED", "20261125"))
COLUMNS = ["act", "client", "edition", "place", "counts", "refs", "actor", "commitment", "at"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def chance():
    print(f"seed {SEED}")
    return random.Random(SEED)


@pytest.fixture
def chain(data_folder, django_capture_on_commit_callbacks):
    """A ledger with its signed head, and the database without its own guard, as an attacker has it."""
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        for number in range(LENGTH):
            entries.append("asked", client="larch", counts={"persons": number}, refs={"pass": f"{number:032x}"})
    unguard()
    assert tree.verify().ok


def sql(text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def unguard():
    """An attacker takes the database's own guards away first."""
    for (name,) in sql("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='ledger_entry'"):
        sql(f"DROP TRIGGER {name}")


def found_after(tamper):
    """What verify finds after a tampering that is then taken back."""
    with transaction.atomic():
        point = transaction.savepoint()
        tamper()
        findings = tree.verify().findings
        transaction.savepoint_rollback(point)
    return findings


def everywhere(chance, tamper):
    for _ in range(SAMPLE):
        place = chance.randint(1, LENGTH)
        assert found_after(lambda place=place: tamper(place)), place
    assert tree.verify().ok


def test_t15_a_changed_entry_is_found_whichever_of_its_columns_changed(chain, chance):
    for column in COLUMNS:
        place = chance.randint(1, LENGTH)
        value = 9 if column == "edition" else "other"
        text = f"UPDATE ledger_entry SET {column}=%s WHERE number=%s"
        findings = found_after(lambda text=text, value=value, place=place: sql(text, value, place))
        assert [finding.entry for finding in findings if finding.kind == "changed"] == [place]
    everywhere(chance, lambda n: sql("UPDATE ledger_entry SET counts='{}' WHERE number=%s", n))


def test_t15_a_dropped_entry_is_found(chain, chance):
    everywhere(chance, lambda n: sql("DELETE FROM ledger_entry WHERE number=%s", n))


def test_t15_a_dropped_entry_is_found_when_the_others_close_the_gap(chain, chance):
    def drop(number):
        sql("DELETE FROM ledger_entry WHERE number=%s", number)
        for later in range(number + 1, LENGTH + 1):
            sql("UPDATE ledger_entry SET number=%s WHERE number=%s", later - 1, later)

    everywhere(chance, drop)


def test_t15_swapped_entries_are_found(chain, chance):
    def swap(number):
        other = number % LENGTH + 1
        sql("UPDATE ledger_entry SET number=-1 WHERE number=%s", number)
        sql("UPDATE ledger_entry SET number=%s WHERE number=%s", number, other)
        sql("UPDATE ledger_entry SET number=%s WHERE number=-1", other)

    everywhere(chance, swap)


def test_t15_an_inserted_entry_is_found_even_at_the_end(chain, chance):
    def insert(number):
        for later in range(LENGTH, number, -1):
            sql("UPDATE ledger_entry SET number=%s WHERE number=%s", later + 1, later)
        columns = "at, act, client, edition, place, counts, refs, actor, commitment, previous, chain"
        sql(f"INSERT INTO ledger_entry (number, {columns}) SELECT number+1, {columns} FROM ledger_entry"
            " WHERE number=%s", number)  # fmt: skip
        sql("UPDATE ledger_entry SET previous=(SELECT chain FROM ledger_entry WHERE number=%s) WHERE number=%s",
            number, number + 1)  # fmt: skip

    everywhere(chance, insert)
    assert found_after(lambda: insert(LENGTH))


def test_t15_a_cut_tail_is_found(chain, chance):
    everywhere(chance, lambda n: sql("DELETE FROM ledger_entry WHERE number>=%s", n))


def test_t15_who_has_no_master_key_cannot_chain_the_entries_anew(chain):
    def rewrite():
        sql("UPDATE ledger_entry SET counts='{}' WHERE number=%s", LENGTH)
        row = entries.Row.objects.get(number=LENGTH)
        sql("UPDATE ledger_entry SET chain=%s WHERE number=%s", rows.link(row.previous, b"guessed", b"guessed"), LENGTH)

    assert "changed" in {finding.kind for finding in found_after(rewrite)}


def test_t15_a_tail_cut_together_with_its_head_is_found_against_a_kept_checkpoint(chain):
    kept = tree.checkpoint()
    assert tree.held_against(kept) == []
    sql("DELETE FROM ledger_entry WHERE number>%s", LENGTH - 3)
    tree.head_file().unlink()
    signing.note_head(entries.head)
    assert tree.verify().ok  # the attack works on the data folder alone
    assert [finding.kind for finding in tree.held_against(kept)] == ["cut off"]


def test_t15_a_checkpoint_that_was_made_up_is_not_believed(chain):
    kept = tree.checkpoint().replace(f'\\"number\\": {LENGTH}', '\\"number\\": 1')
    assert [finding.kind for finding in tree.held_against(kept)] == ["checkpoint"]
    assert [finding.kind for finding in tree.held_against("not json")] == ["checkpoint"]


def test_t15_a_head_that_is_not_signed_by_us_is_found(chain):
    tree.head_file().write_text('{"body": "{}", "signature": "00"}')
    assert [finding.kind for finding in tree.verify().findings] == ["head unsigned"]


def test_the_database_itself_refuses_to_change_an_entry(data_folder, db):
    with transaction.atomic():
        entries.append("asked", client="larch")
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        sql("UPDATE ledger_entry SET act='sent'")


def test_t17_an_effect_without_its_entry_and_an_entry_without_its_effect_are_found(larch):
    assert {finding.kind for finding in tree.verify().findings} <= {"head unsigned"}
    entry = sql("SELECT entry FROM parties_edition")[0][0]
    unguard()
    without_row = found_after(lambda: sql("DELETE FROM parties_edition"))
    without_entry = found_after(lambda: sql("DELETE FROM ledger_entry WHERE number=%s", entry))
    assert ("entry without effect", entry) in {(finding.kind, finding.entry) for finding in without_row}
    assert ("effect without entry", entry) in {(finding.kind, finding.entry) for finding in without_entry}


@pytest.mark.parametrize("column", ["previous", *COLUMNS])
def test_t15_bytes_in_the_place_of_text_are_found_and_stop_no_verifying(chain, column):
    findings = found_after(lambda: sql(f"UPDATE ledger_entry SET {column}=x'ff' WHERE number=7"))
    assert 7 in [finding.entry for finding in findings if finding.kind == "changed"]
