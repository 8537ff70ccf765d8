"""An older troth.db beside the newest keys: what was erased since has no key, says nothing, and goes again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests.answer.planting import walker
from tests.keep.test_held_keys import firm

from troth import cli
from troth.keep import erasure, holds, sweep
from troth.people import identities, standing, store, vault
from troth.people.models import Identity, Moment, Value
from troth.places import keyfile
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
ADA, BO = "ada@quill.example", "bo@rye.example"


@pytest.fixture
def restored(shop: Any) -> tuple[int, int]:
    """Ada was erased, and her rows came back with an older troth.db; Bo is as before."""
    ada, bo = walker("larch", ADA, "Ada", letter="hers"), walker("larch", BO, "Bo")
    standing.happened("larch", ada, "walk is over", timezone.now())
    kept = {model: list(model.objects.filter(person_id=ada).values()) for model in (Value, Identity, Moment)}
    erasure.finish(erasure.erase("larch", ada, "E-2026-0001"))
    for model, rows in kept.items():
        model.objects.filter(pk__in=[row["id"] for row in rows]).delete()
        model.objects.bulk_create([model(**row) for row in rows])
    assert store.without_key("larch")
    return ada, bo


def test_what_was_erased_since_stops_no_sweep_and_goes_with_one_that_is_told_of_the_restore(
    restored: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    ada, bo = restored
    assert identities.of("larch", ada) == [] and [one.value for one in identities.of("larch", bo)] == [BO]
    assert not sweep.sweep(client="larch")[0].not_answered and store.fields_held("larch", ada)
    assert cli.main(["key", "check"]) == 3 and "Run troth sweep --restored" in capsys.readouterr().out
    assert cli.main(["sweep", "--restored", "--client", "larch"]) == 0
    assert store.without_key("larch") == [] and not store.fields_held("larch", ada)
    assert store.fields_held("larch", bo) == {"booking.name", "booking.email", "booking.walk"}
    assert cli.main(["key", "check"]) == 0 and cli.main(["ledger", "verify"]) == 0


def test_what_never_had_a_key_here_is_not_taken_for_erased(restored: tuple[int, int], capsys: Any) -> None:
    """The keys are older than the rows: the newest keys.db may open them yet."""
    with keyfile.opened() as db, keyfile.writing(db):
        db.execute("DELETE FROM key")
        db.execute("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'key'")
    assert vault.last_key() == 0 and store.destroyed("larch", timezone.now()) == []
    assert cli.main(["key", "check"]) == 3 and "Put the newest keys.db back" in capsys.readouterr().out
    before = len(store.without_key("larch"))
    cli.main(["sweep", "--restored", "--client", "larch"])
    assert len(store.without_key("larch")) == before
    with pytest.raises(Trouble, match=r"keys\.db is older"):
        identities.of("larch", restored[1])


@pytest.fixture
def keyless(on_disk: Path, tmp_path: Path) -> tuple[str, int, int]:
    """A hold stands over Ada's letter, whose key was destroyed; all else of hers, and of Bo's, is over."""
    client = firm(tmp_path, court="letter.body")
    born = timezone.now() - dt.timedelta(days=900)
    ada, bo = walker(client, ADA, "Ada", letter="hers", at=born), walker(client, BO, "Bo", at=born)
    for person in (ada, bo):
        standing.happened(client, person, "walk is over", born)
    (letter,) = Value.objects.filter(person_id=ada, field="letter.body").values_list("rule", flat=True)
    vault.destroy(client, ada, [letter])
    holds.place(client, ada, "court", by="0" * 16)
    return client, ada, bo


def test_what_a_hold_keeps_without_a_key_is_said_and_ends_nobody_else_s_night(keyless: tuple[str, int, int]) -> None:
    client, ada, bo = keyless
    (found,) = sweep.sweep(client=client, confirm=True)
    assert found.not_answered == ["our own store"] and not found.stopped
    assert store.fields_held(client, ada) == {"letter.body"} and store.fields_held(client, bo) == frozenset()
    assert vault.rules_of(client, ada) == vault.rules_of(client, bo) == set()
    assert sweep.sweep(client=client)[0].not_answered == [], "nothing is left to be done"


def test_what_a_hold_keeps_without_a_key_keeps_no_erasure_from_its_end(keyless: tuple[str, int, int]) -> None:
    client, ada, _ = keyless
    assert erasure.finish(erasure.erase(client, ada, "E-2026-0001"))
    assert store.fields_held(client, ada) == {"letter.body"} and vault.rules_of(client, ada) == set()


def test_what_somebody_moved_under_a_hold_is_said_and_ends_nobody_else_s_night(keyless: tuple[str, int, int]) -> None:
    client, ada, bo = keyless
    row = Value.objects.filter(person_id=bo).first()
    Value.objects.filter(person_id=ada, field="letter.body").update(sealed=row.sealed)
    (found,) = sweep.sweep(client=client, confirm=True)
    assert found.not_answered == ["our own store"]
    assert store.fields_held(client, bo) == frozenset() and vault.rules_of(client, ada) == set()
