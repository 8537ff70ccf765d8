"""Whoever can write the database file: each way of tampering is found, wherever it is done (T15, T17)."""

import base64
import os
import random

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django.utils import timezone
from tests.ledger.filling import fill, found_after, kinds, sql, taken_back, unguard
from tests.people import making

from troth import cli, gate
from troth.answer import refusing, requests
from troth.keep import erasure, sweep
from troth.ledger import entries, rows, signing, tree
from troth.parties import staff
from troth.people import standing
from troth.policy.problems import Trouble
from troth.prove import report

LENGTH = 24
SAMPLE = 12 * int(os.environ.get("TROTH_SOAK", "1"))  # 834 for the ten thousand of a soak
SEED = int(os.environ.get("TROTH_SEED", "20261125"))
COLUMNS = ["act", "client", "edition", "place", "counts", "refs", "actor", "commitment", "at"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def chance():
    print(f"seed {SEED}")
    return random.Random(SEED)


@pytest.fixture
def chain(data_folder):
    """A ledger with its signed head, and the database without its own guard, as an attacker has it."""
    fill(LENGTH)
    unguard()
    assert tree.verify().ok


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


def test_t15_who_has_no_master_key_can_chain_no_entry_not_even_at_the_end(chain):
    def add():
        row, previous = (LENGTH + 1, *rows.some(LENGTH, LENGTH)[0][1:10]), rows.last()[1]
        rows.add((*row, previous, rows.link(previous, rows.body_of(row), b"guessed")))

    assert [(one.kind, one.entry) for one in found_after(add)] == [("changed", LENGTH + 1)]


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


@pytest.mark.parametrize("column", ["previous", "chain", *COLUMNS])
@pytest.mark.parametrize("written", ["CAST(x'c328' AS TEXT)", "NULL", "1.5", "'\ud83d'", "char(27) || '[2J'"])
def test_t15_what_is_no_text_or_another_type_is_found_and_stops_no_verifying(chain, column, written):
    sql("PRAGMA ignore_check_constraints=ON")
    rebuilt = "CREATE TABLE other AS SELECT * FROM ledger_entry"  # a copy without NOT NULL, as an attacker makes one
    for text in (rebuilt, "DROP TABLE ledger_entry", "ALTER TABLE other RENAME TO ledger_entry"):
        sql(text)
    sql(f"UPDATE ledger_entry SET {column}={written.encode('utf-8', 'replace').decode()} WHERE number=7")
    findings = tree.verify().findings
    assert 7 in [finding.entry for finding in findings if finding.kind in ("changed", "out of place")]
    assert all(finding.sentence.isprintable() for finding in findings)


def test_t15_an_entry_under_a_number_that_none_has_is_found(chain):
    columns = "at, act, client, edition, place, counts, refs, actor, commitment, previous, chain"
    for number in (0, -5, LENGTH + 7):
        text = f"INSERT INTO ledger_entry (number, {columns}) SELECT {number}, {columns} FROM ledger_entry LIMIT 1"
        assert kinds(found_after(lambda text=text: sql(text))) & {"out of place", "missing"}, number


def test_t15_base64_of_the_text_in_the_place_of_the_text_is_found(chain):
    """The encoder writes bytes as base64: bytes that read like the text they replace are no such text."""
    assert kinds(found_after(lambda: sql("UPDATE ledger_entry SET act=x'6ac92c' WHERE number=7"))) == {"changed"}
    value = base64.b64decode(entries.Row.objects.get(number=7).commitment)
    assert kinds(found_after(lambda: sql("UPDATE ledger_entry SET commitment=%s WHERE number=7", value))) == {"changed"}


def test_t15_a_stored_node_of_the_tree_that_was_changed_is_found(data_folder):
    fill(200)
    tree.checkpoint()
    assert tree.verify().ok
    (first,) = sql("SELECT min(id) FROM ledger_node")[0]
    assert kinds(found_after(lambda: sql("UPDATE ledger_node SET hash=%s WHERE id=%s", b"x" * 32, first))) == {"tree"}


def test_t15_nothing_is_signed_over_an_entry_that_was_changed(data_folder):
    fill(100)
    unguard()
    sql("UPDATE ledger_entry SET counts='{}', actor='person' WHERE number=70")
    for act in (tree.checkpoint, lambda: tree.prove([70])):
        with pytest.raises(Trouble) as refused:
            act()
        assert refused.value.code == "ledger-broken"


def test_t15_an_older_copy_of_the_whole_folder_is_found_against_a_published_checkpoint(chain):
    """Database and head together, as a backup of yesterday has them: only what stands elsewhere tells."""
    yesterday = sql("SELECT * FROM ledger_entry"), tree.head_file().read_text()
    fill(5)
    kept = tree.checkpoint()
    sql("DELETE FROM ledger_entry WHERE number>%s", len(yesterday[0]))
    tree.head_file().write_text(yesterday[1])
    assert tree.verify().ok
    assert [finding.kind for finding in tree.held_against(kept)] == ["cut off"]


def test_t15_an_older_copy_that_went_on_is_found_against_a_published_checkpoint(chain):
    fill(5)
    kept = tree.checkpoint()
    sql("DELETE FROM ledger_entry WHERE number>%s", LENGTH)
    tree.head_file().unlink()
    fill(9)
    assert tree.verify().ok
    assert [finding.kind for finding in tree.held_against(kept)] == ["changed"]


def test_t15_the_head_never_goes_back_over_the_evidence_of_a_cut(chain):
    sql("DELETE FROM ledger_entry WHERE number>%s", LENGTH - 3)
    fill(1)
    assert "cut off" in kinds(tree.verify().findings)


def test_t15_a_new_end_that_grew_over_a_cut_one_is_found_for_ever(chain):
    """The server goes on writing over what somebody cut off: the old head stays, because nothing follows on it."""
    sql("DELETE FROM ledger_entry WHERE number>%s", LENGTH - 3)
    for _ in range(3):
        fill(5)
    assert entries.head()[0] > LENGTH
    assert [(one.kind, one.entry) for one in tree.verify().findings] == [("changed", LENGTH)]


def test_t17_a_grant_and_a_proof_without_their_entry_and_entries_without_theirs_are_found(larch):
    staff.add("officer@larch.example", larch, "privacy officer")
    unguard()
    (entry,) = sql("SELECT entry FROM parties_staffgrant")[0]
    gone = found_after(lambda: sql("DELETE FROM parties_staffgrant"))
    assert ("entry without effect", entry) in {(one.kind, one.entry) for one in gone}
    loose = found_after(lambda: sql("UPDATE parties_staffgrant SET entry=4711"))
    assert ("effect without entry", 4711) in {(one.kind, one.entry) for one in loose}


MADE = {  # an effect in each table that keeps one, and its entry
    "people_person": "entry", "people_identity": "entry", "people_value": "entry", "people_choice": "entry",
    "people_standing": "entry", "people_suppression": "entry", "people_refusalrow": "entry",
    "answer_requestrow": "entry", "answer_decision": "entry", "answer_requeststep": "entry",
    "keep_erasure": "entry", "keep_sweep": "entry",
    "parties_edition": "entry", "parties_staffgrant": "entry", "prove_proof": "entry", "collect_takenup": "entry",
}  # fmt: skip


@pytest.fixture
def lived(larch):
    """Something of everything that leaves a row with the number of its entry."""
    person = making.walker(larch)
    making.say(larch, person, True)
    standing.restrict(larch, person, ground="accuracy contested")
    standing.suppress(larch, "email address", "eve@quill.example", ["all marketing"])
    staff.add("officer@larch.example", larch, "privacy officer")
    gate.ask(making.act("use", making.NEWS, ["booking.email"]), client=larch, persons=[person])
    asked = requests.open_request(larch, person, "erase")
    why = {"ground": "manifestly excessive", "because": "The tenth this week.", "by": "00000000000000a1"}
    refusing.propose(larch, requests.open_request(larch, person, "access").reference, "refuse", **why)
    erasure.erase(larch, person, asked.reference)
    sweep.sweep(client=larch)
    report.keep(report.run(larch))
    with transaction.atomic():
        counts = {"stored": 3}
        entry = entries.append("events", client=larch, place="events", counts=counts)
        row = {"client": larch, "file": "visits-0a1b2c_2026-11-25", "first": 1, "last": 1, "counts": counts}
        apps.get_model("collect", "TakenUp").objects.create(**row, entry=entry.number, at=timezone.now())
    signing.note_head(entries.head)
    unguard()
    assert tree.verify().findings == ()
    return larch


def test_t17_an_effect_of_any_room_whose_entry_is_not_there_is_found(lived):
    for table, column in MADE.items():
        assert sql(f"SELECT count(*) FROM {table}")[0][0], table
        findings = found_after(lambda t=table, c=column: sql(f"UPDATE {t} SET {c}={c}+100000"))
        assert "effect without entry" in kinds(findings), table


@pytest.mark.parametrize("table", ["parties_edition", "parties_staffgrant", "prove_proof", "collect_takenup"])
def test_t17_a_lasting_entry_whose_effect_was_deleted_is_found(lived, table):
    assert "entry without effect" in kinds(found_after(lambda: sql(f"DELETE FROM {table}")))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("people_choice", "state = NOT state"),
        ("people_choice", "text_hash = 'other'"),
        ("people_value", "field = 'booking.walk' WHERE field = 'booking.name'"),
        ("people_standing", "kind = 'hold'"),
        ("answer_requeststep", "what = 'We answered'"),
        ("people_choice", "salt = x'00'"),
        ("people_choice", "salt = 'text'"),
        ("parties_edition", "plan = CAST(plan || ' ' AS BLOB)"),
        ("parties_edition", "text = CAST(text || ' ' AS BLOB), plan_hash = 'other'"),
        ("parties_edition", "served = '{}', salt = NULL"),
        ("parties_staffgrant", "role = 'another'"),
        ("parties_staff", "email = 'eve@quill.example'"),
        ("people_choice", "salt = NULL, state = NOT state"),
        ("people_value", "salt = NULL, field = 'booking.walk' WHERE field = 'booking.name'"),
        ("people_standing", "salt = NULL, kind = 'hold'"),
        ("answer_requeststep", "salt = NULL, what = 'We answered'"),
        ("people_suppression", "stops = '[]'"),
        ("people_suppression", "salt = NULL, at = '2020-01-01'"),
        ("answer_requestrow", "due = '2030-01-01'"),
        ("answer_requestrow", "state = 'closed', outcome = 'We answered'"),
        ("answer_requestrow", "salt = NULL, sworn = 0, person = person + 1"),
        ("answer_decision", "ground = 'repeated'"),
        ("answer_decision", "second = 'another', sworn = 0, salt = NULL"),
        ("prove_proof", "salt = NULL, report = CAST(CAST(report AS TEXT) || ' ' AS BLOB)"),
    ],
)
def test_t17_an_effect_that_differs_from_what_its_entry_committed_to_is_found(lived, table, change):
    assert kinds(found_after(lambda: sql(f"UPDATE {table} SET {change}"))) == {"effect changed"}


def test_t17_a_row_that_is_put_back_as_it_stood_earlier_is_found(lived):
    """Its own entry committed to it, salt and all; a later one speaks of another."""
    asked = requests.open_request(lived, 0, "complain").reference
    before = sql("SELECT due, sworn, salt FROM answer_requestrow WHERE reference=%s", asked)[0]
    requests.put_off(lived, asked, timezone.now())
    signing.note_head(entries.head)
    assert tree.verify().findings == ()
    back = "UPDATE answer_requestrow SET due=%s, sworn=%s, salt=%s WHERE reference=%s"
    assert kinds(found_after(lambda: sql(back, *before, asked))) == {"effect changed"}


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("people_choice", "at = 'yesterday'"),
        ("people_standing", "fields = CAST(x'c328' AS TEXT)"),
        ("answer_requeststep", "what = CAST(x'c328' AS TEXT)"),
        ("parties_edition", "entry = x'ff'"),
        ("people_value", "entry = 'none'"),
    ],
)
def test_t17_an_effect_that_cannot_be_read_is_found_and_stops_no_verifying(lived, table, change):
    findings = found_after(lambda: unchecked(f"UPDATE {table} SET {change}"))
    assert kinds(findings) & {"unreadable", "effect without entry"}
    assert all(finding.sentence.isprintable() for finding in findings)


def unchecked(statement: str) -> None:
    """As somebody does it who asks no table for its own rules."""
    sql("PRAGMA ignore_check_constraints = 1")
    try:
        sql(statement)
    finally:
        sql("PRAGMA ignore_check_constraints = 0")


def test_tables_that_wait_for_an_upgrade_are_told_as_that_and_not_as_tampering(lived):
    with taken_back(), pytest.raises(DatabaseError, match="no such column"):
        sql("ALTER TABLE parties_staffgrant RENAME COLUMN salt TO was")
        tree.verify()


def test_t41_what_an_attacker_wrote_does_not_command_the_terminal(lived, data_folder, capsys):
    (data_folder / "troth.db").touch()  # this folder is in use
    sql("UPDATE collect_takenup SET entry=4711, file=char(27) || '[2J' || char(8238)")
    assert cli.main(["ledger", "verify"]) == 3
    shown = capsys.readouterr().out
    assert "4711" in shown
    assert all(line.isprintable() for line in shown.splitlines())
