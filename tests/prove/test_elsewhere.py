"""What is kept in somebody else's database is looked at there: our own store says nothing of it."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import time_machine
from django.utils import timezone
from sqlalchemy import event
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import walker

from troth.keep import chores, holds, sweep
from troth.keep.models import Chore
from troth.parties import editions
from troth.people import standing
from troth.places import sql
from troth.policy.plan import End, Span
from troth.prove import clauses, elsewhere, probes, report
from troth.prove.keepers import KEEPERS, Looked, Scene, state_of
from troth.prove.promises import Line

pytestmark = pytest.mark.django_db(transaction=True)
LEAST = 'at least 6 years after {} by \\"Companies Act 2006 s388\\""'
TOTAL = 'shop.total: "{}, ' + LEAST
HELD = "holds:\n  a court case: {data: shop.*, needs: matter, review: 6 months, because: A court asked}\ncookies: none"
LUIS = "luisg@embraer.com.br"


def looked(line: str) -> Looked:
    scene = Scene("larch", editions.in_force("larch").plan, timezone.now())
    return probes.keep(scene, Line(f"keep/{line}", "", "keep"))


def state(line: str) -> str:
    return state_of(looked(line))


def sell(shop: Path, age: dt.timedelta, *invoices: int) -> None:
    """These were sold so long ago, and all others today."""
    now = timezone.now()
    with closing(sqlite3.connect(shop)) as db, db:
        db.execute("UPDATE Invoice SET InvoiceDate=?", (f"{now:%Y-%m-%d %H:%M:%S}",))
        then = f"{now - age:%Y-%m-%d %H:%M:%S}"
        db.executemany("UPDATE Invoice SET InvoiceDate=? WHERE InvoiceId=?", [(then, one) for one in invoices])


@pytest.fixture
def dated(shop: Path, tmp_path: Path) -> Path:
    """What was sold is kept for six years after the date in its row, and a court may ask for it."""
    file = tmp_path / "larch.yaml"
    text, sold = file.read_text(), "  sold: {known from: shop.Invoice.InvoiceDate}"
    swaps = [
        (TOTAL.format("12 months after walk is over", "walk is over"), TOTAL.format("6 years after sold", "sold")),
        ("  walk is over: {known from: desk}", f"  walk is over: {{known from: desk}}\n{sold}"),
        ("cookies: none", HELD),
    ]
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text)
    editions.publish("larch", file, replaces=editions.in_force("larch").source_hash, by="")
    sell(shop, dt.timedelta(0))
    return shop


YEARS = dt.timedelta(days=6 * 365 + 1)


def test_a_row_that_is_past_its_period_in_an_outside_database_breaks_the_promise_until_it_went(dated: Path) -> None:
    assert state("shop.total") == "kept" and looked("shop.total").count == 412
    sell(dated, YEARS + dt.timedelta(hours=12), 98)
    assert state("shop.total") == "kept", "the night that takes it is still to come"
    sell(dated, YEARS + dt.timedelta(days=3), 98, 121)
    assert looked("shop.total").breaches == ("2 rows of “shop” are past their period.",)
    assert state("shop.email") == "kept", "another period of the same place"
    told = {one.promise: one for one in report.run("larch").findings}
    assert told["keep/shop.total"].state == "broken"
    sweep.sweep(client="larch", confirm=True)
    assert state("shop.total") == "kept"


def test_t18_the_breaker_is_seen_where_all_that_is_kept_lies_in_a_database(
    dated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And somebody else's rows stand as they stood: a breaker breaks its own copy."""
    monkeypatch.setattr(sql.SqlPlace, "past", sql.SqlPlace.past)  # put back afterwards
    before, breaker = dated.read_bytes(), KEEPERS["keep"].breaker
    assert breaker is not None and state("shop.total") == "kept"
    breaker(Scene("larch", editions.in_force("larch").plan, timezone.now()))
    assert state("shop.total") == "broken" and dated.read_bytes() == before


def test_a_place_that_does_not_answer_makes_the_promise_not_proved_and_is_named(dated: Path, settings: Any) -> None:
    dated.rename(dated.with_suffix(".away"))
    assert state("shop.total") == state("shop.email") == "not-proved"
    assert looked("shop.total").unproved == "“shop” has not answered. There is no file."
    assert state("booking.*") != "not-proved", "nothing of it lies there"
    dated.with_suffix(".away").rename(dated)
    settings.PLACES_FILE.write_text("")
    assert state("shop.total") == "not-proved" and "“shop”" in looked("shop.total").unproved


def test_what_a_hold_stands_over_outside_breaks_no_promise(dated: Path) -> None:
    person = walker("larch", LUIS, "Luís")
    sell(dated, YEARS + dt.timedelta(days=3), 98, 121)
    with closing(sqlite3.connect(dated)) as db:
        owners = db.execute("SELECT CustomerId FROM Invoice WHERE InvoiceId IN (98, 121)").fetchall()
    assert owners == [(1,), (1,)]
    holds.place("larch", person, "a court case", by="0" * 16)
    assert state("shop.total") == "kept"


def test_what_a_moment_of_a_person_ended_is_looked_for_among_their_rows(shop: Path) -> None:
    person = walker("larch", LUIS, "Luís")
    standing.happened("larch", person, "walk is over", timezone.now() - dt.timedelta(days=100))
    assert state("shop.name") == "kept"
    standing.happened("larch", person, "walk is over", timezone.now() - dt.timedelta(days=900))
    assert looked("shop.name").breaches == ("What “shop” holds of 1 person is past its period.",)
    assert state("shop.total") == "kept", "the law asks for six years"
    sweep.sweep(client="larch", confirm=True)
    assert state("shop.name") == "kept"


def test_rows_whose_period_counts_from_a_day_that_nobody_knows_are_not_called_on_time(shop: Path) -> None:
    """An edition of before may say so: `troth check` tells it today."""
    plan = editions.in_force("larch").plan
    rule, since = plan.rules["shop.name"], Scene("larch", plan, timezone.now())
    for end in (End(span=Span(count=12, unit="months")), End(shape="last purpose ends")):
        (said,) = elsewhere.past(since, msgspec.structs.replace(rule, ends=(end,)), since.now).silent
        assert "“shop” does not say when" in said
    for ends in (rule.ends, (End(shape="for ever, minimised"),)):
        assert elsewhere.past(since, msgspec.structs.replace(rule, ends=ends), since.now).silent == ()


def test_a_database_is_read_through_once_for_all_promises_and_all_people(
    dated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for email in (LUIS, "leonekohler@surfeu.de", "ftremblay@gmail.com"):
        person = walker("larch", email, "Somebody")
        standing.happened("larch", person, "walk is over", timezone.now() - dt.timedelta(days=900))
    asked, real = list[str](), sql._engine

    def listened(url: Any) -> Any:
        engine = real(url)
        event.listen(engine, "before_cursor_execute", lambda *words: asked.append(words[2]))
        return engine

    monkeypatch.setattr(sql, "_engine", listened)
    found = {one.promise: one for one in report.run("larch").findings}
    assert found["keep/shop.name"].breaches == ("What “shop” holds of 3 people is past its period.",)
    assert found["keep/shop.total"].state == "kept"
    read = [one for one in asked if "troth_fold" in one or 'Invoice"."InvoiceDate' in one]
    assert len([one for one in read if 'FROM "Invoice"' in one]) == 1
    assert len([one for one in read if "troth_fold" in one]) <= 2, "one question for each table that names people"


def test_what_is_due_and_cannot_go_by_itself_is_past_its_period(dated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = sql.Due(counts={}, rows=0, of=9, stuck="Invoice.Total")
    monkeypatch.setattr(sql.SqlPlace, "_due", lambda *_: (stuck, []))
    assert (state("shop.total"), state("shop.name")) == ("broken", "kept")


CUPBOARD = '  cupboard: {kind: by hand, holds: "letter.*", in: GB}\npapers:\n'


def test_what_no_program_looks_into_is_attested_while_somebody_speaks_for_it_and_never_kept(
    on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published("larch", LARCH.replace(LAW, "").replace("papers:\n", CUPBOARD, 1), tmp_path)
    walker("larch", "ada@quill.example", "Ada", letter="a red glove")
    with time_machine.travel(dt.datetime(2026, 12, 7, 9, tzinfo=dt.UTC), tick=False) as clock:
        assert state("letter.*") == "not-proved", "nobody was asked yet"
        assert state("booking.*") == "kept", "nothing of it lies there"
        sweep.sweep(client="larch", confirm=True)
        assert looked("letter.*").unproved == (
            "“cupboard” is not looked into, and nobody has said lately that what was due there went."
        )
        (one,) = chores.waiting("larch")
        chores.done("larch", one.number, by="0" * 16, evidence="looked through, slip 9")
        assert state("letter.*") == "attested"
        assert looked("letter.*").attested == (
            "“cupboard” is not looked into: somebody said on 7 December 2026 that what was due there went."
        )
        monkeypatch.setattr(chores.vault, "open", lambda *_: pytest.fail("how somebody knows it is opened to nobody"))
        assert state("letter.*") == "attested"
        monkeypatch.undo()
        clock.move_to(dt.datetime(2027, 1, 31, 9, tzinfo=dt.UTC))
        assert state("letter.*") == "attested", "of the month before, and nobody was asked again"
        sweep.sweep(client="larch", confirm=True)
        assert state("letter.*") == "not-proved", "what is due this month waits for somebody"
        Chore.objects.filter(done=None).update(done=timezone.now(), by="0" * 16)
        assert state("letter.*") == "not-proved", "somebody wrote it into the table, and the ledger knows nothing of it"
        Chore.objects.filter(entry=0).delete()
        clock.move_to(dt.datetime(2027, 2, 1, 9, tzinfo=dt.UTC))
        assert state("letter.*") == "not-proved", "what was said is too long ago"


def test_a_clause_that_rests_on_what_lies_where_nobody_looks_is_not_called_kept(on_disk: Path, tmp_path: Path) -> None:
    said = 'promises:\n  larch-1: {says: "We keep letters for two years.", rests on: "keep/letter.*"}\n'
    text = LARCH[: LARCH.index("\npromises:") + 1].replace(LAW, "").replace("papers:\n", CUPBOARD, 1) + said
    published("larch", text, tmp_path)
    proof = report.run("larch")
    (found,) = clauses.of(proof, editions.in_force("larch").plan)
    assert found.state == "not-proved" and "“cupboard” is not looked into" in found.why[0]
    said = next(one.why for one in proof.findings if one.promise == "places/cupboard")
    assert said == "What it answers is said by somebody of ours: no program of ours can look there."
    sweep.sweep(client="larch", confirm=True)
    (one,) = chores.waiting("larch")
    chores.done("larch", one.number, by="0" * 16, evidence="looked through, slip 9")
    (found,) = clauses.of(report.run("larch"), editions.in_force("larch").plan)
    assert found.state == "attested" and "somebody said on" in found.why[0]
