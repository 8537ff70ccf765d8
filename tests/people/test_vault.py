"""The vault: keys for each person and rule, destroyed for good; nothing opens that was moved."""

import sqlite3

import pytest

from troth.people import vault
from troth.policy.problems import Trouble


def stored_bytes(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def wrapped_keys(folder):
    with sqlite3.connect(folder / "keys.db") as db:
        rows = [row[0] for row in db.execute("SELECT wrapped FROM key")]
    db.close()
    return rows


def test_a_sealed_value_opens_for_its_own_person_field_and_id(data_folder):
    sealed = vault.seal("larch", 1, "booking.name", 7, "booking.*", b"Ada")
    assert vault.open("larch", 1, "booking.name", 7, sealed) == b"Ada"
    assert sealed[:1] == b"\x01"
    assert len(sealed) == 3 + vault.OVERHEAD
    assert vault.key_ids("larch") == {vault.key_id(sealed)}


@pytest.mark.parametrize(
    ("client", "person", "field", "number"),
    [
        ("birch", 1, "booking.name", 7),
        ("larch", 2, "booking.name", 7),
        ("larch", 1, "booking.email", 7),
        ("larch", 1, "booking.name", 8),
    ],
)
def test_t08_a_sealed_value_opens_nowhere_else(data_folder, client, person, field, number):
    sealed = vault.seal("larch", 1, "booking.name", 7, "booking.*", b"Ada")
    vault.seal(client, person, field, number, "booking.*", b"Bob")
    with pytest.raises(Trouble) as refused:
        vault.open(client, person, field, number, sealed)
    assert refused.value.code == "value-moved"


def test_a_person_has_one_key_for_each_rule(data_folder):
    first = vault.seal("larch", 1, "booking.name", 1, "booking.*", b"x")
    again = vault.seal("larch", 1, "booking.email", 2, "booking.*", b"y")
    other = vault.seal("larch", 1, "letter.body", 3, "letter.*", b"z")
    assert vault.key_id(first) == vault.key_id(again) != vault.key_id(other)
    vault.destroy("larch", 1, ["booking.*"])
    assert vault.open("larch", 1, "letter.body", 3, other) == b"z"
    with pytest.raises(Trouble) as gone:
        vault.open("larch", 1, "booking.name", 1, first)
    assert gone.value.code == "key-gone"


def test_t05_a_destroyed_key_is_in_no_file_any_more(data_folder):
    for person in range(1, 100):
        vault.seal("larch", person, "booking.name", person, "booking.*", b"x")
    planted = wrapped_keys(data_folder)
    assert all(mark in stored_bytes(data_folder) for mark in planted)
    done = [vault.destroy("larch", person) for person in range(1, 100)]
    assert {one.state for one in done} == {"destroyed"}
    assert done[-1].overwritten
    with sqlite3.connect(data_folder / "keys.db") as db:
        assert db.execute("PRAGMA freelist_count").fetchone() == (0,), "rewritten whole, no page left over"
    db.close()
    left = stored_bytes(data_folder)
    assert [mark for mark in planted if mark in left] == []


def test_t05_an_open_reader_makes_a_destruction_not_finished_until_it_leaves(data_folder):
    vault.seal("larch", 1, "booking.name", 1, "booking.*", b"x")
    mark = wrapped_keys(data_folder)[0]
    reader = sqlite3.connect(data_folder / "keys.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM key").fetchone()
    destroyed = vault.destroy("larch", 1)
    assert destroyed.state == "not finished"
    assert not destroyed.overwritten
    assert mark in stored_bytes(data_folder)
    assert vault.finish().state == "not finished"
    reader.execute("COMMIT")
    reader.close()
    assert vault.finish() == vault.Destroyed("destroyed", 0, overwritten=True)
    assert mark not in stored_bytes(data_folder)


def test_t10_rotation_wraps_every_key_anew_and_the_old_epoch_is_gone(data_folder):
    sealed = {n: vault.seal("larch", n, "booking.name", n, "booking.*", str(n).encode()) for n in range(1, 30)}
    before = wrapped_keys(data_folder)
    assert vault.rotate(batch=10) == 29
    left = stored_bytes(data_folder)
    assert [mark for mark in before if mark in left] == []
    assert {n: vault.open("larch", n, "booking.name", n, one) for n, one in sealed.items()} == {
        n: str(n).encode() for n in sealed
    }


def test_t10_a_rotation_that_stopped_half_way_goes_on(data_folder, monkeypatch):
    sealed = {n: vault.seal("larch", n, "booking.name", n, "booking.*", str(n).encode()) for n in range(1, 30)}
    real, calls = vault._rewrap, []

    def stops(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(vault, "_rewrap", stops)
    with pytest.raises(KeyboardInterrupt):
        vault.rotate(batch=10)
    monkeypatch.setattr(vault, "_rewrap", real)
    late = vault.seal("larch", 99, "booking.name", 99, "booking.*", b"late")
    assert vault.rotate(batch=10) == 19
    assert vault.open("larch", 99, "booking.name", 99, late) == b"late"
    assert all(vault.open("larch", n, "booking.name", n, one) == str(n).encode() for n, one in sealed.items())


def test_t07_another_file_in_the_place_of_the_open_one_is_refused_and_no_value_is_sealed_into_the_void(data_folder):
    vault.seal("larch", 7, "booking.name", 1, "for a year", b"Ada")
    vault.finish()  # what is in the log is in the file
    (data_folder / "copy").write_bytes((data_folder / "keys.db").read_bytes())
    (data_folder / "copy").replace(data_folder / "keys.db")
    for _ in range(2):
        with pytest.raises(Trouble, match="in the place of the one that is open"):
            vault.seal("larch", 8, "booking.name", 2, "for a year", b"Bob")
    vault.close()  # as a start does
    sealed = vault.seal("larch", 8, "booking.name", 2, "for a year", b"Bob")
    vault.close()
    assert vault.open("larch", 8, "booking.name", 2, sealed) == b"Bob"


def test_t02_another_master_key_opens_nothing_and_says_so(data_folder, settings):
    sealed = vault.seal("larch", 1, "booking.name", 1, "booking.*", b"x")
    settings.KEY_FILE.write_text("ab" * 32)
    (data_folder / "key.fingerprint").unlink()
    with pytest.raises(Trouble) as wrong:
        vault.open("larch", 1, "booking.name", 1, sealed)
    assert wrong.value.code == "key-wrong"


def test_t09_a_blind_index_differs_for_each_client_kind_and_key_and_forgives_case(data_folder):
    one = vault.blind("larch", "email address", " Ada@Quill.Example ")
    assert one == vault.blind("larch", "email address", "ada@quill.example")
    assert one != vault.blind("birch", "email address", "ada@quill.example")
    assert one != vault.blind("larch", "account number", "ada@quill.example")
    vault.new_index("larch")
    assert one != vault.blind("larch", "email address", "ada@quill.example")
    assert one in vault.Index("larch").blinds("email address", "ada@quill.example")


def test_only_the_owner_may_read_the_file_of_keys(data_folder):
    vault.ensure_keys()
    assert (data_folder / "keys.db").stat().st_mode & 0o077 == 0
