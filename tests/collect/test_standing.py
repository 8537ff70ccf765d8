"""What the door says of an answer that a browser carries: whether it still stands, whoever took it back and where."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.collect.conftest import POLICIES, Asker, Reply

from troth.collect import consent, joining
from troth.parties import editions
from troth.people import choices, identities, standing

pytestmark = pytest.mark.usefixtures("committing")
ADA = "ada@quill.example"
ADVERTS = """  cap adverts:
    is: advertising
    basis: consent
    ask: {words: "May we remember which adverts you saw?", again after: 6 months}
    of: visitor
    data: advert.seen
    yields: statistics
    smallest group: 10
  answer you:
    is: correspondence
    basis: legitimate interests
    interest: to answer people who write to us
    balance: pages balance
    of: visitor
    data: visitor.email
staff:"""
CHANGES = {
    "identifies: browser}": "identifies: browser, joins: visitor.email}\n  advert.seen: advert seen\n"
    "  visitor.email: {is: email address, identifies: person}",
    "  server log: {by: log": "  adverts: {by: tag, at: website, of: visitor, may: advert.seen}\n"
    "  letters: {by: form, at: website, of: visitor, may: visitor.email}\n  server log: {by: log",
    "staff:": ADVERTS,
    "  net.ip: 30 days": "  net.ip: 30 days\n  advert.seen: 30 days\n  visitor.email: 12 months",
    "change: first": "change: small",
}


def stands(asker: Asker, token: str, *carried: str, **headers: str) -> Reply:
    """What a tag asks at each view of a page; ``carried`` is what the browser carries on our own pages."""
    if carried:
        headers["cookie"] = "; ".join(["troth-form=x", *(f"{consent.COOKIE}={one}" for one in carried)])
    return asker.post({"surface": "website", "stands": True, "token": token}, **headers)


def said(token: str) -> consent.Choice:
    choice = consent.read(consent.Choice, "rowan", token)
    assert choice is not None
    return choice


def yes_to(stop: str = "follow a visit from page to page") -> str:
    return next(one.key for one in editions.in_force("rowan").plan.switches.values() if one.stop == stop and one.device)


def answered(asker: Asker, *, token: str = "", no: bool = False, key: str = "") -> str:
    told = {"no" if no else "yes": [key or yes_to()]}
    return str(asker.answer(asker.ask(token), token=token, **told).json()["token"])


def test_an_answer_that_stands_is_told_in_no_words(at_rowan: Asker) -> None:
    token = answered(at_rowan)
    assert stands(at_rowan, token)[::2] == (204, b"")
    assert stands(at_rowan, "")[::2] == (204, b""), "nobody answered yet"
    assert stands(at_rowan, token, token)[::2] == (204, b"")


def test_t34_a_token_from_before_a_withdrawal_comes_back_without_its_yes(at_rowan: Asker) -> None:
    before = answered(at_rowan)
    answered(at_rowan, token=before, no=True)
    after = said(stands(at_rowan, before).json()["token"])
    assert (after.browser, after.yes) == (said(before).browser, frozenset())
    assert after.no == {"follow a visit from page to page"}


@pytest.mark.parametrize("age", [181, 4000])
def test_a_yes_that_lapsed_is_taken_away(at_rowan: Asker, age: int) -> None:
    old = msgspec.structs.replace(said(answered(at_rowan)), at=int(time.time()) - age * 86400)
    assert stands(at_rowan, consent.sign(old)).json() == {"token": ""}


@pytest.mark.parametrize("token", ["made.up", "x" * 9000, "é.è", '{"yes":[]}'])
def test_t34_what_we_did_not_sign_is_taken_away_and_gives_nothing(at_rowan: Asker, token: str) -> None:
    assert stands(at_rowan, token).json() == {"token": ""}
    assert stands(at_rowan, "", token).status == 204
    foreign = msgspec.structs.replace(said(answered(at_rowan)), client="larch")
    assert stands(at_rowan, "", consent.sign(foreign)).status == 204, "another client's"


def test_t34_what_is_said_on_our_own_page_takes_away_and_gives_nothing_to_whoever_answered_on_the_site(
    at_rowan: Asker,
) -> None:
    there = answered(at_rowan)
    here = answered(at_rowan, no=True)
    assert stands(at_rowan, here, there).status == 204, "a no on the site stays one"
    here = answered(at_rowan)
    answered(at_rowan, token=there, no=True)
    assert said(stands(at_rowan, here, there).json()["token"]).yes == frozenset()
    assert said(stands(at_rowan, here, there).json()["token"]).browser == said(here).browser
    again = answered(at_rowan, token=here)
    assert stands(at_rowan, again, there).status == 204, "the newest word counts"


def test_whoever_answered_nothing_on_the_site_has_answered_on_our_own_page(at_rowan: Asker) -> None:
    there = answered(at_rowan)
    assert stands(at_rowan, "", "made.up", there).json() == {"token": there}


def test_an_event_gets_the_same_reply_whatever_its_token_stands_for(at_rowan: Asker) -> None:
    before = answered(at_rowan)
    answered(at_rowan, token=before, no=True)
    replies = [at_rowan.event({"visit.page": "/maps"}, token=one) for one in (before, "made.up", "")]
    assert {(one.status, one.body) for one in replies} == {(204, b"")}


@pytest.mark.parametrize(
    ("host", "origin", "path", "ends"),
    [
        ("privacy.rowan.example", "https://privacy.rowan.example", "/c/rowan/", "Secure"),
        ("www.rowan.example", "https://www.rowan.example", "/", "Secure"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", "/c/rowan/", "SameSite=Lax"),
    ],
)
def test_an_answer_is_kept_for_our_own_pages_and_an_event_or_a_question_sets_nothing(
    at_rowan: Asker, settings: Any, host: str, origin: str, path: str, ends: str
) -> None:
    settings.ORIGIN = origin
    ask = at_rowan.ask()
    reply = at_rowan.answer(ask, yes=[yes_to()], host=host)
    told = reply.headers["set-cookie"].split("; ")
    assert told[0] == f"{consent.COOKIE}={reply.json()['token']}"
    assert (f"Path={path}" in told, "SameSite=Lax" in told, told[-1]) == (True, True, ends)
    for other in (at_rowan.event({"visit.page": "/maps"}), stands(at_rowan, "made.up"), at_rowan.answer("x", yes=[])):
        assert "set-cookie" not in other.headers


def test_another_site_learns_nothing_of_an_answer(at_rowan: Asker) -> None:
    before = answered(at_rowan)
    answered(at_rowan, token=before, no=True)
    reply = stands(at_rowan, before, before, origin="https://evil.example")
    assert (reply.status, reply.body) == (204, b"")
    assert "access-control-allow-credentials" not in reply.headers
    assert stands(at_rowan, before).headers["access-control-allow-origin"] == "https://www.rowan.example"


def test_a_crowd_of_cookies_is_not_looked_at_one_by_one(at_rowan: Asker) -> None:
    there = answered(at_rowan)
    assert stands(at_rowan, "", *(["made.up"] * 50), there).status == 204


# A browser and its person -------------------------------------------------------------------------------------------


@pytest.fixture
def joined(at_rowan: Asker, tmp_path: Path) -> tuple[str, int]:
    """A browser that said yes to adverts and to being followed, and the person whom it joined."""
    text = (POLICIES / "rowan.yaml").read_text()
    for old, new in CHANGES.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (tmp_path / "rowan.yaml").write_text(text)
    editions.publish("rowan", tmp_path / "rowan.yaml", replaces=editions.in_force("rowan").source_hash, by="")
    token = answered(at_rowan, token=answered(at_rowan), key=yes_to("cap adverts"))
    person = identities.make("rowan", {"visitor"})
    identities.attach("rowan", person, "visitor.email", ADA, verified=True)
    mark = joining.asked("rowan", ADA)
    assert joining.join("rowan", person, [person], address=ADA, mark=mark, cookie=token)
    return token, person


def no_marketing(person: int) -> None:
    """As the person's page and a link in a mail write it down."""
    how = {"edition": editions.in_force("rowan").number, "text": "No marketing at all", "how": "mail link"}
    choices.record("rowan", person=person, key="", stop=choices.ALL_MARKETING, state=False, **how)


def test_a_person_who_wants_no_marketing_ends_the_yes_of_their_browser_to_it_and_no_other(
    at_rowan: Asker, joined: tuple[str, int]
) -> None:
    token, person = joined
    assert stands(at_rowan, token).status == 204
    no_marketing(person)
    left = said(stands(at_rowan, token).json()["token"])
    assert (left.yes, left.no) == ({yes_to()}, {"cap adverts"})
    again = answered(at_rowan, token=consent.sign(left), key=yes_to("cap adverts"))
    assert stands(at_rowan, again).status == 204, "what the browser says later is the newer word"


def test_an_address_on_the_list_of_those_who_want_no_marketing_counts_for_its_browser(
    at_rowan: Asker, joined: tuple[str, int]
) -> None:
    token, _ = joined
    standing.suppress("rowan", "email address", ADA, {choices.ALL_MARKETING})
    assert said(stands(at_rowan, token).json()["token"]).yes == {yes_to()}


def test_t22_what_somebody_else_wants_ends_nothing_here(at_rowan: Asker, joined: tuple[str, int]) -> None:
    token, _ = joined
    no_marketing(identities.make("rowan", {"visitor"}))
    assert stands(at_rowan, token).status == 204
