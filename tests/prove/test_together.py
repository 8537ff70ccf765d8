"""What many promises look at is looked at once, and a file that is dropped meanwhile stops nobody's look."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.answer.planting import walker
from tests.keep.test_spells import KEPT, house, looked_for

from troth.places import beside, events
from troth.prove import looking, report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(on_disk: Path, tmp_path: Path) -> str:
    """Three files of events."""
    found = house(tmp_path, KEPT)
    for days in (3, 4, 5):
        looked_for(found, days, "b-1", clear={"visit.page": "/a"})
    return found


def states(client: str) -> dict[str, tuple[str, int]]:
    return {one.promise: (one.state, one.count) for one in report.run(client).findings}


def test_a_proof_opens_each_file_of_events_a_few_times_however_many_promises_there_are(
    client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, real = collections.Counter[Path](), beside.read_only

    def counted(path: Path, **more: Any) -> Any:
        opened[path] += 1
        return real(path, **more)

    monkeypatch.setattr(beside, "read_only", counted)
    found = states(client)
    files = [path for path in opened if "events" in path.parts]
    assert len(files) == 3 and max(opened[path] for path in files) <= 4
    assert len(found) > 30 and found["data/visit.page"] == ("kept", 3)


def test_a_proof_reads_the_values_of_our_store_once(larch: str) -> None:
    walker(larch, "ada@quill.example", "Ada")
    with CaptureQueriesContext(connection) as asked:
        assert states(larch)["data/booking.name"] == ("kept", 1)
    assert sum("AS marked" in one["sql"] for one in asked.captured_queries) == 1
    assert sum('"people_value"."born" <=' in one["sql"] for one in asked.captured_queries) == 1


def test_a_file_that_a_sweep_drops_while_somebody_looks_leaves_the_rest_proved(
    client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = looking.event_files

    def dropping(client: str) -> Iterator[looking.EventFile]:
        first, *rest = real(client)
        first.path.unlink()
        yield from (first, *rest)

    monkeypatch.setattr(looking, "event_files", dropping)
    found = states(client)
    assert found["data/visit.page"] == ("kept", 2)
    assert {found[one][0] for one in found if one.startswith(("collect/", "keep/", "secure"))} <= {"kept", "kept-empty"}


def test_an_event_of_an_edition_that_never_was_hides_nothing_else(client: str, on_disk: Path) -> None:
    for path in (on_disk / "events").rglob("*.db"):
        with events.sqlite3.connect(path) as db:
            db.execute("UPDATE event SET edition = 99")
        db.close()
    found = states(client)
    assert found["collect/visit"][0] == "not-proved"
    assert found["secure"] == ("kept", 3)
