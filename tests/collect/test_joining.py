"""A browser joins the person who proved an address in it, where the policy says so, and nobody otherwise."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.collect.conftest import POLICIES, Asker

from troth.collect import consent, joining
from troth.keep import where
from troth.ledger import tree
from troth.parties import editions
from troth.people import identities
from troth.places import events

pytestmark = pytest.mark.usefixtures("committing")
ADA = "ada@quill.example"
IDENTIFIER = "visit.id: {is: browser identifier, identifies: browser"


def allow(joins: str, tmp_path: Path) -> None:
    changed = tmp_path / "rowan.yaml"
    changed.write_text((POLICIES / "rowan.yaml").read_text().replace(IDENTIFIER, f"{IDENTIFIER}, joins: {joins}"))
    editions.publish("rowan", changed, replaces=editions.in_force("rowan").source_hash, by="")


def browse(asker: Asker) -> str:
    """Somebody allows being followed and looks at a page. Returns what their browser carries."""
    yes = [key for key, switch in editions.in_force("rowan").plan.switches.items() if switch.opens]
    token = str(asker.answer(asker.ask(), yes=yes).json()["token"])
    asker.event({"visit.page": "/maps"}, token=token)
    return token


def join(person: int, cookie: str, address: str = ADA, asked: str = ADA) -> bool:
    mark = joining.asked("rowan", asked)
    return joining.join("rowan", person, [person], address=address, mark=mark, cookie=cookie)


def pages_of(person: int) -> list[object]:
    subject = where.subject("rowan", person, frozenset({person}))
    found = events.store().find("rowan", subject.browsers)
    return [event.values["visit.page"] for event in found if "visit.page" in event.values]


def visitor() -> int:
    return identities.make("rowan", {"visitor"})


def test_a_persons_own_consented_page_views_are_found_once_they_proved_who_they_are(
    at_rowan: Asker, tmp_path: Path
) -> None:
    allow("person", tmp_path)
    cookie, person = browse(at_rowan), visitor()
    assert pages_of(person) == []
    assert join(person, cookie)
    assert pages_of(person) == ["/maps"]
    assert tree.verify().ok


def test_a_policy_that_does_not_say_joins_joins_nothing(at_rowan: Asker) -> None:
    cookie, person = browse(at_rowan), visitor()
    assert not join(person, cookie)
    assert identities.of("rowan", person) == []


def test_a_browser_joins_only_who_proved_the_datum_that_the_policy_names(at_rowan: Asker, tmp_path: Path) -> None:
    allow("visit.id", tmp_path)
    cookie, person = browse(at_rowan), visitor()
    assert not join(person, cookie)
    identities.attach("rowan", person, "visit.id", consent.new_browser(), verified=False)
    assert not join(person, cookie)
    identities.attach("rowan", person, "visit.id", consent.new_browser(), verified=True)
    assert join(person, cookie)


def test_t22_a_link_that_a_stranger_asked_for_joins_nobodys_browser_to_the_stranger(
    at_rowan: Asker, tmp_path: Path
) -> None:
    allow("person", tmp_path)
    cookie, stranger = browse(at_rowan), visitor()
    assert not join(stranger, cookie, address="eve@quill.example", asked=ADA)
    assert not joining.join("rowan", stranger, [], address=ADA, mark="", cookie=cookie)
    assert pages_of(stranger) == []


def test_t22_a_browser_that_two_people_share_joins_the_first_and_never_the_two(at_rowan: Asker, tmp_path: Path) -> None:
    allow("person", tmp_path)
    cookie, first, second = browse(at_rowan), visitor(), visitor()
    assert join(first, cookie)
    assert not join(second, cookie)
    assert join(first, cookie), "once more is harmless"
    assert identities.reach("rowan", second) == {second}


def test_t22_a_cookie_that_we_did_not_sign_is_no_browser(at_rowan: Asker, tmp_path: Path) -> None:
    allow("person", tmp_path)
    head, _, body = browse(at_rowan).partition(".")
    person = visitor()
    for cookie in ("", "x", f"{head[:-2]}AA.{body}"):
        assert not join(person, cookie)


def test_erasing_a_person_takes_the_page_views_of_their_browser_along(at_rowan: Asker, tmp_path: Path) -> None:
    allow("person", tmp_path)
    cookie, person = browse(at_rowan), visitor()
    join(person, cookie)
    subject = where.subject("rowan", person, frozenset({person}))
    assert events.store().erase("rowan", subject.browsers) > 0
    assert pages_of(person) == []
    year = dt.timedelta(days=365)
    now = dt.datetime.now(dt.UTC)
    left = events.store().rows("rowan", since=now - year, until=now + year)
    assert {event.uses for event in left} == {("see which pages help",)}, "counts that follow nobody"
