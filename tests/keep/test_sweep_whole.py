"""A sweep reaches everything that is due, and one person's hold or one client's trouble stops nobody else's."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import time_machine
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import NEWS, say, walker, write
from tests.collect.test_event_store import put, row
from tests.keep.test_sweep import LONG_AGO, old_walker

from troth import cli, gate
from troth.keep import holds, outside, staying, stores, sweep
from troth.ledger import entries
from troth.parties import editions, tenancy
from troth.people import identities, standing, store
from troth.places import events, opening, sql
from troth.places.kinds import NotAnswered, Receipt, Subject
from troth.places.opening import Pass
from troth.policy.deciding import Act, Facts
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_hold_over_one_person_keeps_nobody_elses_data(held: str) -> None:
    ada, bo = old_walker(held, 1), old_walker(held, 2)
    holds.place(held, ada, "a court case", by="staff")
    sweep.sweep(client=held)
    assert store.fields_held(held, ada) == {"letter.body"}
    assert store.fields_held(held, bo) == frozenset()


def test_more_than_a_statement_takes_goes_in_parts(plain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MANY", 3)
    people = [old_walker(plain, number) for number in range(5)]
    sweep.sweep(client=plain)
    assert not any(store.fields_held(plain, one) for one in people)


def test_what_takes_longer_than_a_pass_lives_goes_all_the_same(plain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        old_walker(plain, number)
    delete, hours = store.delete_values, []

    def slowly(token: Pass, client: str, ids: list[int]) -> int:
        gone = delete(token, client, ids)
        hours.append(3600)
        return gone

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + sum(hours))
    monkeypatch.setattr(sweep, "MANY", 2)
    monkeypatch.setattr(store, "delete_values", slowly)
    monkeypatch.setattr(opening, "time", clock)
    sweep.sweep(client=plain, confirm=True)
    assert len(hours) > 2 and store.count(plain) == {}


def test_one_clients_trouble_keeps_nobody_elses_data(
    plain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published("apart", LARCH.replace(LAW, ""), tmp_path)
    tenancy.add("empty")
    person, real = old_walker(plain), sweep._due_values

    def broken(client: str, *words: Any) -> Any:
        if client == "apart":
            raise Trouble("broken", "Broken.", "Mend it.")
        return real(client, *words)

    monkeypatch.setattr(sweep, "_due_values", broken)
    with pytest.raises(Trouble):
        sweep.sweep()
    assert store.fields_held(plain, person) == frozenset()
    bo = old_walker(plain, 2)
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False), pytest.raises(Trouble):
        sweep.sweep(confirm=True)
    assert store.fields_held(plain, bo) == frozenset()


def test_a_broken_file_of_events_has_not_answered_and_all_else_goes_on_time(plain: str, on_disk: Path) -> None:
    """Neither a sweep nor an erasure of what is well waits for what a broken disk left of something else."""
    broken = on_disk / "events" / plain / "any" / "2026-11-26.db"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no database" * 1000)
    person, lately = old_walker(plain), timezone.now()
    for when in (lately - dt.timedelta(days=900), lately):
        put(events.store(), row(when), now=when, client=plain)
    (found,) = sweep.sweep(client=plain, confirm=True)
    assert found.not_answered == ["our event store"]
    assert events.store().spans(plain) == ({"visit.*": {f"{lately.astimezone(dt.UTC):%Y-%m-%d}": 1}}, 1)
    assert store.fields_held(plain, person) == frozenset()
    everything = Act(kind="answer", use="access", fields=frozenset(), day=timezone.localdate())
    whom = Subject(person=person, persons=frozenset({person}), browsers=("b-1",))
    place = stores.Events(editions.in_force(plain).plan)
    token = gate.must(everything, client=plain, persons=[person], facts=Facts(proved=True))
    assert isinstance(place.find(token, plain, whom), NotAnswered)
    assert place.erase(token, plain, whom).state == "not answered"
    broken.unlink()
    assert place.erase(token, plain, whom).state == "nothing held"


VISITS = 'holds:\n  a court case: {data: "visit.*", needs: matter, review: 6 months, because: A court asked}\n'


def test_a_hold_over_what_a_browser_sent_is_gone_around_by_an_erasure(on_disk: Path, tmp_path: Path) -> None:
    held = published("held", LARCH.replace(LAW, "").replace("cookies: none", f"{VISITS}cookies: none"), tmp_path)
    person, plan = old_walker(held), editions.in_force(held).plan
    rows = [row(timezone.now(), browser="b-1"), row(timezone.now(), browser="b-1", rule="other", clear={"x": "y"})]
    put(events.store(), *rows, now=timezone.now(), client=held)
    whom = Subject(person=person, persons=frozenset({person}), browsers=("b-1",))
    act = Act(
        kind="answer",
        use="erase",
        fields=staying.erasable(plan, plan.holds["a court case"].data),
        day=timezone.localdate(),
    )
    token = gate.must(act, client=held, persons=[person], facts=Facts(proved=True))
    receipt = stores.Events(plan).erase(token, held, whom)
    assert (receipt.state, receipt.counts) == ("erased", {"events": 1})
    assert [staying.on_hold(one) for one in receipt.kept] == [True]
    assert [one.values for one in events.store().find(held, ["b-1"])] == [{"visit.page": "/walks"}]
    act = msgspec.structs.replace(act, fields=staying.erasable(plan, frozenset()))
    token = gate.must(act, client=held, persons=[person], facts=Facts(proved=True))
    assert stores.Events(plan).erase(token, held, whom).counts == {"events": 1}, "and when the hold ends, it goes"
    assert events.store().find(held, ["b-1"]) == []


def test_a_client_without_a_policy_stops_no_sweep(plain: str) -> None:
    tenancy.add("empty")
    assert [one.client for one in sweep.sweep()] == [plain]


def test_t22_an_address_that_was_only_typed_lapses_and_one_beside_a_value_does_not(plain: str) -> None:
    ada = walker(plain, "ada@quill.example", "Ada", verified=False)
    eve = identities.make(plain, {"walker"})
    identities.attach(plain, eve, "booking.email", "ada@quill.example", verified=False)
    with time_machine.travel(timezone.now() + sweep.UNSHOWN - dt.timedelta(hours=1), tick=False):
        assert sweep.sweep(client=plain, confirm=True)[0].counts == {}
    with time_machine.travel(timezone.now() + sweep.UNSHOWN + dt.timedelta(hours=1), tick=False):
        assert sweep.sweep(client=plain, confirm=True)[0].counts == {"identities": 1}
    assert [one.person for one in identities.of(plain, ada)] == [ada]
    assert identities.of(plain, eve) == []


# Until the last purpose ends -----------------------------------------------------------------------------------------


@pytest.fixture
def news(on_disk: Path, tmp_path: Path) -> str:
    """What news is sent with is kept until nobody wants it for anything."""
    text = LARCH.replace(LAW, "").replace("  booking.walk: purchase\n", "  booking.walk: purchase\n  news.name: name\n")
    text = text.replace("offers: send you news of walks\n", "may: news.name\n    offers: send you news of walks\n")
    text = text.replace("data: [booking.name, booking.email]\n  see", "data: [booking.email, news.name]\n  see")
    text = text.replace("  letter.*: 24", "  news.*: until last purpose ends\n  letter.*: 24")
    return published("news", text, tmp_path)


def reader(client: str) -> int:
    person = walker(client, "ada@quill.example", "Ada")
    say(client, person, True)
    write(client, person, {"news.name": "Ada"}, point="booking", use=NEWS)
    return person


def test_a_value_goes_when_the_last_thing_it_was_for_is_over_though_others_stay(news: str) -> None:
    person = reader(news)
    sweep.sweep(client=news)
    assert "news.name" in store.fields_held(news, person), "they still say yes"
    say(news, person, False)
    sweep.sweep(client=news)
    assert store.fields_held(news, person) == {"booking.name", "booking.email", "booking.walk"}


def test_a_new_yes_goes_on(news: str) -> None:
    person = reader(news)
    say(news, person, False)
    say(news, person, True)
    sweep.sweep(client=news)
    assert "news.name" in store.fields_held(news, person)


# Outside -------------------------------------------------------------------------------------------------------------


def test_an_outside_place_forgets_by_its_own_dates_and_goes_around_holds(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    text = (tmp_path / "larch.yaml").read_text()
    text = text.replace(
        "  walk is over: {known from: desk}",
        "  walk is over: {known from: desk}\n  sold: {known from: shop.Invoice.InvoiceDate}",
    )
    old = 'shop.total: "12 months after walk is over, at least 6 years after walk is over '
    old += 'by \\"Companies Act 2006 s388\\""'
    assert old in text
    text = text.replace(
        old, 'shop.total: "6 years after sold, at least 6 years after sold by \\"Companies Act 2006 s388\\""'
    )
    (tmp_path / "larch.yaml").write_text(text)
    editions.publish("larch", tmp_path / "larch.yaml", replaces=editions.in_force("larch").source_hash, by="")
    db = sqlite3.connect(shop)
    total = db.execute("SELECT count(*) FROM Invoice WHERE Total <> 0").fetchone()[0]
    db.execute("UPDATE Invoice SET InvoiceDate = '2009-01-01 00:00:00' WHERE InvoiceId IN (98, 121)")
    db.commit()
    db.close()
    found = sweep.sweep(client="larch")[0]
    assert found.counts == {"shop, shop.total": 2} and not found.not_answered
    db = sqlite3.connect(shop)
    assert db.execute("SELECT count(*) FROM Invoice WHERE Total <> 0").fetchone()[0] == total - 2
    db.close()
    assert sweep.sweep(client="larch")[0].counts == {}
    listed = settings.PLACES_FILE.read_text()
    settings.PLACES_FILE.write_text("")  # nobody knows what is due where the operator opens nothing
    assert cli.main(["sweep", "--client", "larch", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["sweeps"][0]["not_answered"] == ["shop"]
    settings.PLACES_FILE.write_text(listed)
    shop.rename(shop.with_suffix(".away"))
    assert cli.main(["sweep", "--client", "larch", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["sweeps"][0]["not_answered"] == ["shop"]


def test_a_place_in_which_something_due_cannot_go_is_named_and_all_else_of_it_goes(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = sql.Due(counts={"shop.*": 2}, rows=1, of=9, stuck="Customer.Email")
    monkeypatch.setattr(sql.SqlPlace, "due", lambda *_: stuck)
    monkeypatch.setattr(sql.SqlPlace, "sweep", lambda *_: stuck)
    written = entries.head()[0]
    assert sweep.sweep(client="larch", preview=True)[0].not_answered == ["shop"]
    assert sweep.sweep(client="larch")[0].not_answered == ["shop"]
    acts = [act for _, _, act, _ in entries.newest("larch", entries.head()[0] - written)]
    assert "erased" in acts, "what went is written down"


def test_what_went_of_one_person_is_written_down_though_the_place_fell_silent_then(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Receipt(place="shop", state="not answered", why="It is locked.", counts={"deleted": 2, "kept": 1})
    monkeypatch.setattr(sql.SqlPlace, "erase_due", lambda *_: gone)
    person, written = identities.make("larch", {"walker"}), entries.head()[0]
    due = outside.Outside(persons=[("shop", person, frozenset({"shop.name"}))])
    assert outside.erase("larch", timezone.now(), due) == ["shop"]
    said = [(act, json.loads(counts)) for _, _, act, counts in entries.newest("larch", entries.head()[0] - written)]
    assert ("erased", {"rows": 2}) in said


def test_a_moment_of_a_person_reaches_their_rows_outside(shop: Path, tmp_path: Path) -> None:
    text = (tmp_path / "larch.yaml").read_text()
    text = text.replace("  shop.email: 12 months after walk is over\n", "  shop.email: 12 months after shop closes\n")
    text = text.replace("moments:\n", "moments:\n  shop closes: {known from: desk}\n")
    (tmp_path / "larch.yaml").write_text(text)
    editions.publish("larch", tmp_path / "larch.yaml", replaces=editions.in_force("larch").source_hash, by="")
    person = walker("larch", "luisg@embraer.com.br", "Luís")
    standing.happened("larch", person, "walk is over", LONG_AGO)
    sweep.sweep(client="larch", confirm=True)
    db = sqlite3.connect(shop)
    row = db.execute("SELECT FirstName, Email FROM Customer WHERE CustomerId = 1").fetchone()
    db.close()
    assert row == ("", "luisg@embraer.com.br"), "what is due goes, and nothing else of them"
    written = entries.head()[0]
    assert sweep.sweep(client="larch")[0].counts == {}, "nor is what had to become a nought due again each night"
    assert "erased" not in [act for _, _, act, _ in entries.newest("larch", entries.head()[0] - written)]


def test_a_place_that_falls_silent_over_what_a_moment_ended_is_named(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = walker("larch", "luisg@embraer.com.br", "Luís")
    standing.happened("larch", person, "walk is over", LONG_AGO)
    monkeypatch.setattr(sql.SqlPlace, "standing", lambda *_: NotAnswered("shop", "It is locked."))
    assert sweep.sweep(client="larch", confirm=True)[0].not_answered == ["shop"]
