"""A page that stands open while an edition is published is judged by both editions, the stricter of the two."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from tests.collect.conftest import Asker, made_id
from tests.collect.test_attacks_on_the_door import the_yes

from troth.collect import lens, sites
from troth.keep import sweep
from troth.parties import editions
from troth.places import events

LARCH = (Path(__file__).parents[1] / "policies" / "larch.yaml").read_text()
ROWAN = Path(__file__).parent / "policies" / "rowan.yaml"
PAGE = "  visit.page: pages seen\n"
Counted = Callable[[str], dict[str, int]]
Edit = Callable[..., int]


@pytest.fixture
def edit(at_larch: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Puts the next edition in force: each pair is what stood there and what stands there now."""
    monkeypatch.setattr(sites, "FRESH", 0.0)
    done = []

    def put_in_force(*pairs: tuple[str, str]) -> int:
        text = LARCH
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        done.append(1)
        file = tmp_path / "larch.yaml"
        file.write_text(text.replace("First edition under troth", f"Edition {len(done) + 1}"))
        return editions.publish("larch", file, replaces=editions.in_force("larch").mark, by="").number

    return put_in_force


def send(at_larch: Asker, edition: int, page: str = "/walks/1234567") -> None:
    event = {"id": made_id(), "fields": {"visit.page": page}}
    assert at_larch.post({"surface": "website", "edition": edition, "events": [event]}).status == 204


def stored() -> list[tuple[object, int]]:
    now = timezone.now()
    found = events.store().rows("larch", since=now - dt.timedelta(days=1), until=now + dt.timedelta(days=1))
    return [(one.values["visit.page"], one.edition) for one in found]


def test_a_form_that_says_more_binds_no_page_that_was_opened_before_it(at_larch: Asker, edit: Edit) -> None:
    narrow = edit((PAGE, "  visit.page: {is: pages seen, as: no identifiers}\n"))
    wide = edit()
    send(at_larch, narrow)
    send(at_larch, wide)
    assert stored() == [("/walks/…", narrow), ("/walks/1234567", wide)]


def test_what_its_own_edition_sealed_is_counted_in_no_cell(at_larch: Asker, edit: Edit, counted: Counted) -> None:
    closed = edit((PAGE, "  visit.page: {is: pages seen, as: sealed}\n"))
    open_ = edit()
    send(at_larch, closed)
    send(at_larch, open_)
    assert stored() == [("/walks/1234567", open_)]
    assert counted("larch") == {"undeclared": 1, "stored": 1}
    files = (settings.DATA / "events" / "larch").glob("*/*.db")
    rows = [row for file in files for row in sqlite3.connect(file).execute("SELECT edition, clear FROM event")]
    assert [edition for edition, clear in rows if "1234567" in clear] == [open_]


def test_of_two_forms_that_nobody_can_put_in_order_neither_is_stored(
    at_larch: Asker, edit: Edit, counted: Counted
) -> None:
    edit((PAGE, "  visit.page: {is: pages seen, as: site only}\n"))
    edit((PAGE, "  visit.page: {is: pages seen, as: no identifiers}\n"))
    send(at_larch, 2)
    assert (stored(), counted("larch")["undeclared"]) == ([], 1)


def test_what_a_connection_says_is_left_out_too_where_its_two_forms_have_no_order(
    at_rowan: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites, "FRESH", 0.0)
    short, keyed = "net.ip: {is: IP address, as: truncated}", "net.ip: {is: IP address, as: hashed}"
    text = ROWAN.read_text().replace(short, keyed).replace("First edition under troth", "Edition 2")
    file = tmp_path / "rowan.yaml"
    file.write_text(text)
    shutil.copytree(ROWAN.parent / "papers", tmp_path / "papers", dirs_exist_ok=True)
    editions.publish("rowan", file, replaces=editions.in_force("rowan").mark, by="")
    token = at_rowan.answer(at_rowan.ask(), yes=the_yes("rowan")).json()["token"]
    event = {"id": made_id(), "fields": {"visit.referrer": "https://a.example/"}}
    body = {"surface": "website", "edition": 1, "token": token, "events": [event]}
    assert at_rowan.post(body).status == 204
    now = timezone.now()
    found = events.store().rows("rowan", since=now - dt.timedelta(days=1), until=now + dt.timedelta(days=1))
    (names,) = [one.values.keys() for one in found]
    assert "visit.referrer" in names and "net.ip" not in names


def test_a_longer_period_binds_no_page_that_was_opened_before_it(at_larch: Asker, edit: Edit) -> None:
    edit(("visit.*: 25 months", "visit.*: 6 months"))
    edit()
    send(at_larch, 2)
    (found,) = sweep.sweep(timezone.now() + dt.timedelta(days=200), client="larch")
    assert found.counts == {"events, visit.*": 1}


def test_a_page_whose_own_edition_kept_its_events_for_less_than_13_months_is_kept_no_day_longer(
    at_larch: Asker, edit: Edit
) -> None:
    edit(("visit.*: 25 months", "visit.*: 6 months"))
    edit()
    with time_machine.travel(dt.datetime(2026, 11, 3, 12, tzinfo=dt.UTC), tick=False):
        send(at_larch, 2)
        send(at_larch, 3)
    assert sorted(events.store().spans("larch")[0]["visit.*"].items()) == [("2026-11", 1), ("2026-11-03", 1)]
    (found,) = sweep.sweep(dt.datetime(2027, 5, 4, 1, tzinfo=dt.UTC), client="larch")
    assert found.counts == {"events, visit.*": 1}


def test_a_use_that_is_new_takes_nothing_from_a_page_that_never_named_it(
    at_larch: Asker, edit: Edit, counted: Counted
) -> None:
    edit(("  see which pages help: {", "  count what is looked at: {"))
    send(at_larch, 1)
    send(at_larch, 2)
    assert [number for _, number in stored()] == [2]
    assert counted("larch") == {"no-consent": 1, "stored": 1}


def test_a_page_is_judged_by_its_own_edition_though_several_came_since_and_is_too_old_at_last(
    at_larch: Asker, edit: Edit, counted: Counted
) -> None:
    narrow = edit((PAGE, "  visit.page: {is: pages seen, as: no identifiers}\n"))
    for _ in range(sites.REMEMBERED):
        edit()
    send(at_larch, narrow)
    assert stored() == [("/walks/…", narrow)]
    edit()
    send(at_larch, narrow)
    assert len(stored()) == 1
    assert counted("larch") == {"stored": 1, "stale": 1}


@pytest.mark.parametrize(
    ("now", "then", "narrower"),
    [
        ("clear", "clear", "clear"),
        ("clear", "sealed", "clear"),
        ("clear", "hour", "hour"),
        ("hour", "clear", "hour"),
        ("never stored", "hour", "never stored"),
        ("hour", "never stored", "never stored"),
        ("clear", "never stored", "never stored"),
        ("hour", "counted", None),
    ],
)
def test_the_narrower_of_two_forms(now: str, then: str, narrower: str | None) -> None:
    one, other = (
        lens.Shape(rule=form, sealed=form == "sealed", make=lambda value: value, form=form) for form in (now, then)
    )
    found = one.narrower(other)
    assert (found.form if found is not None else None) == narrower
    assert found is None or (found.rule, found.sealed) == (now, "sealed" in (now, then))
