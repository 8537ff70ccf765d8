"""A proof is checked by a script that knows nothing of troth; what it opens to lives no longer than the effect."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.ledger.filling import fill, sql
from tests.people import making

from troth import cli
from troth.answer import requests
from troth.ledger import merkle, tree
from troth.people import store
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db
SCRIPT = Path(__file__).parents[2] / "docs" / "verify_receipt.py"


def said_by_the_script(folder, proofs, *words):
    file = folder / "proof.json"
    file.write_bytes(proofs if isinstance(proofs, bytes) else msgspec.json.encode(proofs))
    done = subprocess.run([sys.executable, str(SCRIPT), str(file), *words], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_the_script_is_short_and_shares_no_code_with_us():
    text = SCRIPT.read_text()
    assert len(text.splitlines()) <= 100
    assert "import troth" not in text and "from troth" not in text


def test_a_person_checks_the_entries_of_their_request_with_the_script_alone(larch, tmp_path):
    person = making.walker(larch)
    asked = requests.open_request(larch, person, "erase")
    requests.step(larch, asked.reference, "You confirmed it from your address")
    requests.close(larch, asked.reference, "Erased")
    proofs = requests.proofs(larch, asked.reference)
    acts = ["request-opened", "request-written", "request-step", "request-written", "request-closed"]
    assert [json.loads(one.entry)[2] for one in proofs.proofs] == acts
    status, out = said_by_the_script(tmp_path, proofs, "--key", tree.public_key().hex())
    assert (status, out.splitlines()[-1]) == (0, "HOLDS")
    assert "You confirmed it from your address" in out and '"closed", "Erased"' in out.replace('","', '", "')


@pytest.mark.parametrize("size", [1, 2, 3, 63, 64, 65, 127, 128, 129, 300])
def test_every_entry_of_a_ledger_of_any_size_is_proved(data_folder, size):
    fill(size)
    proofs = tree.prove(range(1, size + 1))
    assert tree.check(proofs, tree.public_key())
    assert merkle.Tree(size).root() == plain_root([merkle.leaf(one.entry.encode()) for one in proofs.proofs])


def plain_root(leaves):
    """As RFC 9162 section 2.1 says it, without anything stored."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return merkle.parent(plain_root(leaves[:half]), plain_root(leaves[half:]))


def _damaged(proofs):
    """Each way in which a proof can be false."""
    first, line = proofs.proofs[0], json.loads(proofs.checkpoint)
    body = json.loads(line["body"])
    other = msgspec.structs.replace
    yield "another entry", other(proofs, proofs=(other(first, entry=first.entry.replace("asked", "erased")),))
    yield "another number", other(proofs, proofs=(other(first, number=first.number + 1),))
    yield "another path", other(proofs, proofs=(other(first, path=first.path[:-1]),))
    yield "another opening", other(proofs, proofs=(other(first, salt="00" * 16, details="[]"),))
    line["body"] = json.dumps(body | {"root": "00" * 32})
    yield "another root", other(proofs, checkpoint=json.dumps(line))
    yield "another key", other(proofs, key="11" * 32)


def test_t15_a_proof_that_is_false_in_any_part_is_refused_by_the_script(data_folder, tmp_path):
    fill(70)
    proofs = tree.prove([7])
    assert said_by_the_script(tmp_path, proofs)[0] == 0
    for what, damaged in _damaged(proofs):
        status, out = said_by_the_script(tmp_path, damaged)
        assert (status, out[:13]) == (1, "DOES NOT HOLD"), what
    for text in (b"", b"{}", b"[]", b'{"key": 7, "proofs": 1, "checkpoint": null}'):
        assert said_by_the_script(tmp_path, text)[0] == 1


def test_t15_two_ledgers_shown_to_two_people_are_found_when_they_compare(data_folder, tmp_path):
    fill(20)
    (tmp_path / "kept").write_text(tree.checkpoint() + "\n")
    assert said_by_the_script(tmp_path, tree.prove([3]), "--checkpoint", str(tmp_path / "kept"))[0] == 0
    sql("DELETE FROM ledger_entry WHERE number > 15")
    fill(5)
    status, out = said_by_the_script(tmp_path, tree.prove([3]), "--checkpoint", str(tmp_path / "kept"))
    assert status == 1 and "different things" in out


def test_t15_a_ledger_that_the_firm_wrote_anew_gives_no_proof_under_what_somebody_kept(data_folder, tmp_path, capsys):
    """A checkpoint of another length says nothing: a proof under the kept one itself does."""
    (data_folder / "troth.db").touch()
    fill(70)
    kept = tmp_path / "kept"
    kept.write_text(tree.checkpoint() + "\n\n")
    fill(30)
    status, out = said_by_the_script(tmp_path, tree.prove([7]), "--checkpoint", str(kept))
    assert status == 0 and "NOT COMPARED" in out
    proofs = tree.prove([7], under=kept.read_text().strip())
    status, out = said_by_the_script(tmp_path, proofs, "--checkpoint", str(kept))
    assert status == 0 and "NOT COMPARED" not in out
    assert cli.main(["ledger", "proof", "7", "--under", str(kept)]) == 0
    assert json.loads(capsys.readouterr().out)["checkpoint"] == kept.read_text().strip()
    assert cli.main(["ledger", "proof", "71", "--under", str(kept)]) == 1
    sql("DELETE FROM ledger_entry WHERE number > 60")
    sql("DELETE FROM ledger_node")
    fill(40)  # with the firm's own key
    assert cli.main(["ledger", "proof", "7", "--under", str(kept)]) == 3
    sql("DELETE FROM ledger_entry WHERE number > 60")
    assert cli.main(["ledger", "proof", "7", "--under", str(kept)]) == 1
    kept.write_text("nothing of ours")
    assert cli.main(["ledger", "proof", "7", "--under", str(kept)]) == 1


def test_a_file_that_proves_nothing_or_compares_with_nothing_does_not_hold(data_folder, tmp_path):
    fill(3)
    nothing = msgspec.structs.replace(tree.prove([1]), proofs=())
    assert said_by_the_script(tmp_path, nothing)[0] == 1
    (tmp_path / "kept").write_text("\n")
    assert said_by_the_script(tmp_path, tree.prove([1]), "--checkpoint", str(tmp_path / "kept"))[0] == 1
    deep = b'{"key": "00", "checkpoint": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert said_by_the_script(tmp_path, deep)[0] == 1


def test_a_commitment_opens_while_its_effect_stands_and_never_after_its_erasure(larch):
    person = making.walker(larch)
    (number,) = sql("SELECT entry FROM people_value LIMIT 1")[0]
    proofs = tree.prove([number], tree.openings({number}))
    assert "booking.name" in proofs.proofs[0].details
    assert making.BOOKED["booking.name"] not in proofs.proofs[0].details
    assert tree.check(proofs, tree.public_key())
    store.delete(larch, person, None, making.right(larch, person, "erase", tuple(making.BOOKED)))
    assert tree.openings({number}) == {}
    assert tree.prove([number]).proofs[0].salt == ""
    salt = bytes.fromhex(proofs.proofs[0].salt)
    tables = [name for (name,) in sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert [name for name in tables for row in sql(f'SELECT * FROM "{name}"') if salt in row] == []


@pytest.mark.django_db(transaction=True)
def test_the_command_proves_entries_and_says_which_it_does_not_have(data_folder, tmp_path, capsys):
    (data_folder / "troth.db").touch()  # this folder is in use
    fill(5)
    assert cli.main(["ledger", "proof", "2", "4"]) == 0
    assert said_by_the_script(tmp_path, capsys.readouterr().out.encode())[0] == 0
    assert cli.main(["ledger", "proof", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["proofs"][0]["number"] == 2
    assert cli.main(["ledger", "proof", "9", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["trouble"]["code"] == "no-entry"
    assert cli.main(["ledger", "proof", "--request", "E-2026-0001", "--client", "larch"]) == 2


def test_a_number_that_is_not_there_is_no_proof(data_folder):
    fill(3)
    for number in (0, -1, 4):
        with pytest.raises(Trouble) as refused:
            tree.prove([number])
        assert refused.value.code == "no-entry"


def test_the_tree_is_the_same_however_it_grew(data_folder):
    for count in (1, 63, 64, 300, 572):
        fill(count)
        merkle.grow()
    grown = sql("SELECT id, hash FROM ledger_node ORDER BY id")
    assert len(grown) == 15 + 7 + 3 + 1
    sql("DELETE FROM ledger_node")
    merkle.grow()
    assert sql("SELECT id, hash FROM ledger_node ORDER BY id") == grown
