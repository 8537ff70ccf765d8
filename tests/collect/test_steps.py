"""The forms that values take on their way in."""

from __future__ import annotations

import time

import pytest

from troth.collect import steps
from troth.collect.limits import Flood


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:5678::9", "2001:db8:1234::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("51.38123, -2.36011", "51.4,-2.4"),
        ("not an address", None),
    ],
)
def test_an_address_is_cut_to_its_network_or_not_stored_at_all(given: str, stored: str | None) -> None:
    assert steps.truncated(given) == stored


@pytest.mark.parametrize(
    ("given", "stored"), [("BA1 1AA", "BA1"), ("sw1a2aa", "SW1A"), ("M1 1AE", "M1"), ("12345", None)]
)
def test_of_a_postcode_only_the_first_half_is_kept(given: str, stored: str | None) -> None:
    assert steps.outward_half(given) == stored


def test_of_a_referrer_only_the_site_is_kept() -> None:
    assert steps.site_only("https://search.example/find?q=my+illness") == "search.example"
    assert steps.site_only("javascript:alert(1)") is None


def test_what_names_somebody_is_taken_out_of_a_path() -> None:
    assert steps.no_identifiers("/u/ada@post.example/orders/123456?token=x#y") == "/u/…/orders/…"
    assert steps.no_identifiers("/walks/2026/long-way") == "/walks/2026/long-way"


def test_a_time_is_kept_to_the_hour() -> None:
    assert steps.hour("2026-11-24T10:41:22Z") == "2026-11-24T10"
    assert steps.hour("yesterday") is None


def test_control_characters_and_turned_writing_never_reach_the_store() -> None:
    assert steps.plain("\x1b[31m/a\r\nb\u202e") == "[31m/a b"
    assert steps.plain("x" * 3000) is None


def test_a_keyed_hash_depends_on_its_key_and_not_on_case() -> None:
    assert steps.hashed(b"a", "Ada@Post.Example ") == steps.hashed(b"a", "ada@post.example")
    assert steps.hashed(b"a", "ada") != steps.hashed(b"b", "ada")
    assert steps.hashed(b"a", "ada@straße.example") != steps.hashed(b"a", "ada@strasse.example")


def test_a_flood_from_one_network_stops_that_network_and_no_other() -> None:
    flood, now = Flood(rate=1, burst=3), time.monotonic()
    assert [flood.lets_in("203.0.113.0/24", now) for _ in range(5)] == [True, True, True, False, False]
    assert flood.lets_in("198.51.100.0/24", now)
    assert flood.lets_in("203.0.113.0/24", now + 1.5)


def test_the_flood_s_memory_stays_flat() -> None:
    flood = Flood(rate=1, burst=3, most=100)
    for number in range(5000):
        flood.lets_in(f"net {number}", 0.0)
    assert len(flood._buckets) <= 101
