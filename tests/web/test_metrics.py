"""Health for anybody, metrics for who may see them; counts and nothing of a person."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from typing import Any

import pytest
from django.db import transaction
from tests.answer.houses import empty_database, on_disk, walks
from tests.answer.planting import walker

from troth import gate
from troth.answer import requests
from troth.ledger import entries
from troth.policy.deciding import Act
from troth.policy.problems import Trouble
from troth.web import metrics, options

__all__ = ["empty_database", "on_disk", "walks"]
LINE = re.compile(r'troth_\w+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?\d+')


def asked(path: str, *, method: str = "GET", peer: str = "127.0.0.1", **headers: str) -> bool:
    scope = {"method": method, "path": path, "client": (peer, 5)}
    given = {"host": "127.0.0.1:8000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return metrics.serves(scope, given)


@pytest.fixture
def tally(walks: str) -> metrics.Tally:
    return metrics.Tally()


def wrote(counts: dict[str, int]) -> None:
    with transaction.atomic():
        entries.append("events", client="larch", counts=counts)


def told(tally: metrics.Tally) -> dict[str, int]:
    lines = [line for line in metrics.text(metrics.samples(tally)).splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in lines}


def test_every_line_is_one_that_prometheus_reads_and_has_its_type(tally):
    wrote({"stored": 5, "no-consent": 2})
    lines = metrics.text(metrics.samples(tally)).splitlines()
    assert all(LINE.fullmatch(line) or line.startswith(("# HELP troth_", "# TYPE troth_")) for line in lines)
    kinds = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(kinds) == len(set(kinds))
    assert {line.partition("{")[0].split()[0] for line in lines if line[0] != "#"} == set(kinds)


def test_events_refusals_and_acts_are_counted_as_the_ledger_has_them(tally):
    wrote({"stored": 5, "no-consent": 2})
    wrote({"stored": 1})
    with pytest.raises(Trouble):
        gate.must(
            Act(kind="use", use="send you news of walks", fields=frozenset({"booking.email"}), day=dt.date.today()),
            client="larch",
            persons=[walker("larch", "ada@quill.example", "Ada")],
        )
    seen = told(tally)
    assert seen['troth_events_total{client="larch",reason="stored"}'] == 6
    assert seen['troth_events_total{client="larch",reason="no-consent"}'] == 2
    assert seen['troth_acts_total{act="events"}'] == 2
    assert sum(count for name, count in seen.items() if name.startswith("troth_refusals_total")) >= 1
    assert seen["troth_ledger_entries"] == entries.head()[0]


def test_what_is_open_and_overdue_is_counted_in_the_whole_house(tally):
    person = walker("larch", "ada@quill.example", "Ada Quill")
    requests.open_request("larch", person, "access")
    seen = told(tally)
    assert (seen["troth_requests_open"], seen["troth_requests_overdue"]) == (1, 0)
    assert seen["troth_process_resident_bytes"] > 10**6


def test_t16_no_value_name_or_reference_of_a_person_stands_in_the_metrics(tally):
    person = walker("larch", "ada@quill.example", "Ada Quill", letter="a secret of Ada’s")
    request = requests.open_request("larch", person, "access", detail={"words": "please"})
    said = metrics.text(metrics.samples(tally))
    assert "troth_acts_total" in said
    for word in ("ada", "Ada", "quill", "secret", "please", request.reference, "access"):
        assert word not in said, word


def test_a_tampered_entry_stops_no_counting(tally):
    assert metrics._read('{"stored": "x"}') == metrics._read("no json") == metrics._read(None) == {}
    for odd in ("[5]", "5", '{"stored": true}', b"\xff"):
        assert metrics._read(odd) == {}


def test_metrics_are_for_this_machine_alone_where_no_token_is_set():
    assert asked("/metrics") and asked("/metrics", peer="::1", host="[::1]:8000") and asked("/metrics", method="HEAD")
    assert not asked("/metrics", peer="192.0.2.7")
    assert not asked("/metrics", host="privacy.larch.example")
    assert not asked("/metrics", method="POST")
    for passed in ("x_forwarded_for", "x_forwarded_host", "forwarded", "via", "x_real_ip"):
        assert not asked("/metrics", **{passed: "127.0.0.1"}), passed
    assert not asked("/metrics/")


def test_with_a_token_only_who_bears_it_sees_them(settings):
    settings.METRICS_TOKEN = "a-token-that-is-long-enough"
    assert not asked("/metrics")
    assert not asked("/metrics", authorization="Bearer a-token-that-is-long-enougH")
    assert asked("/metrics", peer="192.0.2.7", authorization="Bearer a-token-that-is-long-enough")


@pytest.mark.parametrize("word", ["short", "with a space and long enough", "ünlike ascii, long enough……"])
def test_a_token_that_can_be_guessed_or_typed_wrong_is_refused(monkeypatch, word):
    monkeypatch.setenv("TROTH_METRICS_TOKEN", word)
    with pytest.raises(Trouble, match="can be guessed"):
        options.token("TROTH_METRICS_TOKEN")


def served(path: str) -> tuple[int, bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(metrics.answer({"path": path, "method": "GET"}, send))
    return sent[0]["status"], sent[1]["body"]


def test_health_is_for_anybody_and_says_no_more_than_yes_or_not_now(walks, monkeypatch):
    assert asked("/healthz", peer="192.0.2.7", host="elsewhere.example")
    assert metrics._look_well() == (200, b"ok\n")
    monkeypatch.setattr(metrics, "connection", None)
    assert metrics._look_well() == (503, b"not now\n")


def test_a_crowd_that_asks_is_answered_by_one_look():
    looks = []
    held = metrics._Held(lambda: (200, str(looks.append(1)).encode()))
    assert {held() for _ in range(100)} == {(200, b"None")}
    assert len(looks) == 1
