"""What was seen to be without what is over is not opened again, and nobody but us can say that it was seen."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests.collect.test_event_store import put, row
from tests.keep.test_spells import APART, KEPT, WORDS, house, looked_for, next_edition, swept

from troth import cli
from troth.places import events
from troth.prove import report
from troth.prove.models import Proof

pytestmark = pytest.mark.django_db(transaction=True)
PAST = ("visit.word of {} is past its period, and stands in events.",)
Opened = Callable[[], int]


@pytest.fixture
def thinned(on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two files whose search words ended alone, and went; the pages that were seen stay."""
    monkeypatch.setattr("tests.keep.test_spells.TEXT", WORDS)
    client = house(tmp_path, KEPT)
    for days in (300, 301):
        looked_for(client, days, "b-1", sealed={"visit.page": "/a", "visit.word": "glove"})
    next_edition(client, tmp_path, APART)
    return client


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """How many files were opened since it was asked last."""
    asked, real = list[Path](), events._named

    def named(path: Path, *words: Any) -> frozenset[str]:
        asked.append(path)
        return real(path, *words)

    def number() -> int:
        found = len(asked)
        asked.clear()
        return found

    monkeypatch.setattr(events, "_named", named)
    return number


def proved(client: str) -> tuple[str, ...]:
    """The breaches of the promise about search words, in a proof that is kept."""
    told = report.run(client)
    report.keep(told)
    return next(one for one in told.findings if one.promise == "keep/visit.word").breaches


def files(folder: Path) -> list[Path]:
    return sorted((folder / "events").rglob("*.db"))


def test_a_file_is_opened_once_and_not_again_while_no_byte_of_it_changes(thinned: str, opened: Opened) -> None:
    assert len(proved(thinned)) == 2 and opened() == 2
    assert len(proved(thinned)) == 2 and opened() == 2, "what is past its period is looked at each time"
    swept(thinned)
    assert proved(thinned) == () and opened() == 2
    assert proved(thinned) == () and opened() == 0
    assert proved(thinned) == () and opened() == 0, "what was known is known after that, too"


def test_what_comes_into_a_file_again_is_found_in_it_alone(thinned: str, opened: Opened, on_disk: Path) -> None:
    swept(thinned)
    proved(thinned), proved(thinned), opened()
    when = timezone.now() - dt.timedelta(days=300)
    back = row(when, edition=1, browser="b-2", sealed={"visit.word": "glove"}, clear={})
    put(events.store(), back, now=when, client=thinned)
    assert proved(thinned) == (PAST[0].format(f"{when:%Y-%m-%d}"),) and opened() == 1


def test_t18_the_note_of_a_sweep_is_not_believed_and_another_edition_asks_anew(
    thinned: str, opened: Opened, on_disk: Path
) -> None:
    for file in files(on_disk):
        with closing(sqlite3.connect(file)) as db, db:
            db.execute("INSERT INTO meta VALUES('over 1', ?)", (b'["visit.word"]',))
    assert swept(thinned) == {}, "whoever wrote the note kept the sweep away"
    assert len(proved(thinned)) == 2 and opened() == 2


def test_t18_a_mark_that_we_did_not_sign_opens_every_file_again(thinned: str, opened: Opened, on_disk: Path) -> None:
    swept(thinned)
    proved(thinned), opened()
    row = Proof.objects.latest("pk")
    Proof.objects.filter(pk=row.pk).update(report=bytes(row.report).replace(b'"seen":[', b'"seen":["00",'))
    assert proved(thinned) == () and opened() == 2


def test_a_file_whose_key_is_away_is_not_remembered_as_one_without_it(
    thinned: str, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> bytes:
        raise events.KeyGone

    with monkeypatch.context() as away:
        away.setattr(events.store().sealer, "open", gone, raising=False)
        assert proved(thinned) == ()
    opened()
    assert len(proved(thinned)) == 2 and opened() == 2


def test_the_data_of_a_proof_tells_nothing_of_files(thinned: str, capsys: pytest.CaptureFixture[str]) -> None:
    swept(thinned)
    proved(thinned)
    latest = report.latest(thinned)
    assert latest is not None and len(latest.seen) == 2
    cli.main(["prove", thinned, "--json"])
    said = capsys.readouterr().out
    assert "visit.word" in said and "seen" not in json.loads(said)["reports"][0]
    assert not any(mark in said for mark in latest.seen)
