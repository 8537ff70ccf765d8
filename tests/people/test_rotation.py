"""Keys of look-ups and tokens have versions: nobody is lost when they change; what cannot be marked anew still hits."""

import json

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from tests.people import making

from troth import cli
from troth.collect import consent
from troth.people import choices, identities, indexes, own, standing, store, vault
from troth.people.models import Choice, Identity, Suppression
from troth.places import keyfile, master
from troth.places.kinds import Subject
from troth.policy.problems import Trouble

EMAIL = "ada@quill.example"


def versions(client):
    with keyfile.opened() as db:
        return [version for version, _, _ in master.versions(db, f"index {client}")]


def test_t10_after_a_rotation_everybody_is_found_under_the_new_key_and_the_old_one_is_gone(larch):
    person = making.walker(larch)
    old = bytes(Identity.objects.get(person_id=person).blind)
    turned = indexes.rotate(larch)
    assert (turned.rows, turned.destroyed, turned.kept) == (1, [1], [])
    assert identities.find(larch, "booking.email", EMAIL.upper()) == person
    assert bytes(Identity.objects.get(person_id=person).blind) != old
    assert versions(larch) == [2]
    assert identities.attach(larch, person, "booking.email", EMAIL, verified=True)
    assert Identity.objects.filter(person_id=person).count() == 1


def test_t10_a_suppression_of_somebody_erased_hits_after_every_rotation_and_keeps_its_key(larch):
    standing.suppress(larch, "email address", EMAIL, {making.NEWS})
    for _ in range(3):
        indexes.rotate(larch)
    assert versions(larch) == [4, 1]
    assert standing.suppressed(larch, "email address", EMAIL) == {making.NEWS}
    person = making.walker(larch)
    assert making.NEWS in standing.facts(larch, person).no
    subject = Subject(person=person, persons=frozenset({person}))
    assert [item.value for item in own.find_suppressions(larch, subject)] == [making.NEWS]
    standing.suppress(larch, "email address", EMAIL, {"all marketing"})
    assert Suppression.objects.get().version == 1  # one row, as it was made
    Suppression.objects.all().delete()
    assert indexes.rotate(larch).destroyed == [4, 1]


def test_t10_the_no_of_a_browser_is_found_after_a_rotation(larch):
    making.say(larch, None, False, browser="b-1")
    indexes.rotate(larch)
    making.say(larch, None, True, browser="b-1")
    assert [one.state for one in choices.of_browser(larch, "b-1")] == [False, True]
    assert sorted(Choice.objects.values_list("version", flat=True)) == [1, 2]
    assert own.find_choices(larch, Subject(person=0, persons=frozenset(), browsers=("b-1",)))


def test_t10_half_way_through_a_rotation_everybody_is_found_and_joined(larch, monkeypatch):
    monkeypatch.setattr(indexes, "BATCH", 1)
    ada, again, bob = making.walker(larch), making.walker(larch), making.walker(larch, email="bob@quill.example")
    vault.new_index(larch)
    assert indexes._move(larch, 2) == 1
    assert identities.find_any(larch, EMAIL) == [ada, again]
    assert identities.reach(larch, ada) == identities.reach(larch, again) == {ada, again}
    assert identities.find_any(larch, "bob@quill.example") == [bob]
    assert indexes.rotate(larch).version == 2  # goes on, and begins no other


def test_a_rotation_of_one_client_leaves_the_others_keys(larch, birch):
    making.walker(larch)
    other = making.walker(birch)
    before = bytes(Identity.objects.get(person_id=other).blind)
    indexes.rotate(larch)
    assert bytes(Identity.objects.get(person_id=other).blind) == before
    assert versions(birch) == [1]


def test_t63_rows_of_the_first_edition_are_found_and_put_under_a_key_that_can_be_destroyed(larch):
    """The first edition derived its index keys from the master key: version 0."""
    person = making.walker(larch)
    standing.suppress(larch, "email address", "eve@quill.example", {making.NEWS})
    as_the_first_edition_made_them(larch, person)
    assert vault.Index(larch).versions == (0,)
    assert identities.find(larch, "booking.email", EMAIL) == person
    assert standing.suppressed(larch, "email address", "eve@quill.example") == {making.NEWS}
    assert indexes.rotate(larch).kept == [0]
    assert identities.find(larch, "booking.email", EMAIL) == person
    assert standing.suppressed(larch, "email address", "eve@quill.example") == {making.NEWS}
    Suppression.objects.all().delete()
    indexes.rotate(larch)
    assert 0 not in vault.Index(larch).versions


def as_the_first_edition_made_them(client, person):
    with keyfile.opened() as db:
        db.execute("DELETE FROM secret")
    vault.stands_under_the_first_edition(client)
    index, row = vault.Index(client), Identity.objects.get(person_id=person)
    keys, old = vault.Keys(client), bytes(row.blind)
    plain = keys.open(person, row.field, indexes.bound(old), bytes(row.sealed))
    row.blind, row.version = index.blind(row.kind, EMAIL, 0), 0
    row.sealed = keys.seal(person, row.field, indexes.bound(row.blind), row.rule, plain)
    row.save()
    listed = Suppression.objects.get()
    listed.blind = index.suppression(index.blind(listed.kind, "eve@quill.example", 0), 0)
    listed.version = 0
    listed.save()


def test_t63_keys_that_the_first_edition_wrapped_open_and_are_wrapped_anew(larch):
    person = making.walker(larch)
    with keyfile.opened() as db:
        number, wrapped = db.execute("SELECT id, wrapped FROM epoch").fetchone()
        plain = master.open_epoch(db, master.read(), number, wrapped)
        old = keyfile.wrap(master.epoch_wrapping(master.read()), plain, f"epoch {number}")
        with keyfile.writing(db):
            db.execute("UPDATE epoch SET wrapped = ?", (old,))
            db.execute("DROP TABLE secret")
            db.execute("DELETE FROM note")
    vault.close()
    keyfile._mark().unlink()
    assert master.fits(master.read())
    vault.stands_under_the_first_edition(larch)
    assert len(making.values_of(larch, person)) == 3
    vault.rotate()
    assert len(making.values_of(larch, person)) == 3


def test_t63_a_value_sealed_by_a_newer_edition_is_refused_by_its_number(larch):
    person = making.walker(larch)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_value SET sealed = CAST(x'02' || substr(sealed, 2) AS BLOB)")
    with pytest.raises(Trouble) as refused:
        making.values_of(larch, person)
    assert refused.value.code == "value-newer"


# --- tokens -----------------------------------------------------------------------------------------------------


def token(client):
    return consent.sign(consent.Choice(client, "c" * 32, frozenset(), frozenset(), frozenset(), False, 1))


def counts(client, text):
    return consent.read(consent.Choice, client, text) is not None


def test_t10_a_token_goes_on_counting_after_a_rotation_until_it_would_have_lapsed(larch):
    first = token(larch)
    vault.rotate_tokens(larch)
    second = token(larch)
    assert first.partition(".")[0] != second.partition(".")[0]
    vault.rotate_tokens(larch)
    assert counts(larch, first) and counts(larch, second) and counts(larch, token(larch))
    with time_machine.travel(timezone.now() + timezone.timedelta(seconds=consent.CHOICE_LIFE + 60), tick=False):
        assert not counts(larch, first) and not counts(larch, second)


def test_t10_rotated_at_once_every_old_token_is_dead_and_its_key_destroyed(larch, birch):
    tokens = [token(larch)]
    vault.rotate_tokens(larch)
    tokens.append(token(larch))
    others = token(birch)
    assert vault.rotate_tokens(larch, at_once=True) == (2, [1])
    assert [counts(larch, one) for one in tokens] == [False, False]
    assert counts(larch, token(larch)) and counts(birch, others)


# --- the master key ---------------------------------------------------------------------------------------------


def test_t10_a_new_master_key_opens_everything_and_the_old_one_nothing(larch, settings, capsys):
    person, old = making.walker(larch), settings.KEY_FILE.read_text()
    signature, shown = master.derive("ledger signature"), token(larch)
    assert cli.main(["key", "recovery", "--json"]) == 0
    code = json.loads(capsys.readouterr().out)["code"]
    assert cli.main(["key", "rotate", "master", "--json"]) == 0
    rotated = json.loads(capsys.readouterr().out)["rotated"]
    assert [one["what"] for one in rotated] == ["master", "epoch"]
    assert settings.KEY_FILE.read_text() != old and settings.KEY_FILE.stat().st_mode & 0o077 == 0
    assert len(making.values_of(larch, person)) == 3
    assert identities.find(larch, "booking.email", EMAIL) == person
    assert master.derive("ledger signature") == signature and counts(larch, shown)
    assert vault.recovery_shown() == ""  # the desk reminds again
    settings.KEY_FILE.unlink()
    assert cli.main(["key", "restore", code]) == 1
    assert "not the one of this data folder" in capsys.readouterr().err
    settings.KEY_FILE.write_text(old)
    with pytest.raises(Trouble) as refused:
        master.ensure()
    assert refused.value.code == "key-wrong"


def test_a_second_rotation_of_the_master_key_at_once_is_refused(larch):
    with master._alone(), pytest.raises(Trouble) as refused:
        master.rotate()
    assert refused.value.code == "key-turning"


def test_t10_a_key_made_while_the_master_key_is_rotated_opens_afterwards(larch, monkeypatch):
    look, made = master._not_for, []

    def late(db, new):
        made.append(vault._new_epoch(db)[0])
        master.add(db, "index late", 1, b"k" * 32, 0)
        return look(db, new)

    monkeypatch.setattr(master, "_not_for", late)
    master.rotate()
    with keyfile.opened() as db:
        assert master.versions(db, "index late")[0][1] == b"k" * 32
        rows = db.execute("SELECT id, wrapped FROM epoch").fetchall()
        assert made[0] in [number for number, _ in rows]
        assert all(master.open_epoch(db, master.read(), *row) for row in rows)


# --- wrong use --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [["keys"], ["index", "token"], ["master", "--client", "larch"], ["epoch", "--at-once"], ["index", "--at-once"]],
)
def test_a_rotation_of_no_such_key_is_wrong_use(larch, capsys, words):
    assert cli.main(["key", "rotate", *words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["trouble"]["code"] == "wrong-use"


def test_a_rotation_for_nobody_we_know_names_those_we_know(larch, capsys):
    assert cli.main(["key", "rotate", "index", "--client", "lurch", "--json"]) == 1
    assert "larch" in json.loads(capsys.readouterr().out)["trouble"]["help"]


def test_every_rotation_says_what_it_did(larch, capsys):
    making.walker(larch)
    making.say(larch, None, False, browser="b-1")
    for what in ("master", "epoch", "index", "token"):
        assert cli.main(["key", "rotate", what]) == 0
    said = capsys.readouterr().out
    for sentence in ("old recovery code is void", "old epoch key is gone", "1 identity is under index key 2"):
        assert sentence in said
    assert "Kept for what nobody can mark anew: version 1" in said and "token key 1 is in force" in said
    assert store.without_key(larch) == []
