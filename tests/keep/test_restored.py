"""An older troth.db beside the newest keys: what was erased since has no key, says nothing, and goes again."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from tests.answer.planting import walker

from troth import cli
from troth.keep import erasure, sweep
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
