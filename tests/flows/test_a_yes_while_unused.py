"""What a person reads and can say while their data is kept and not used: UK GDPR Art 18(2)."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.answer.houses import standing_in
from tests.answer.planting import LETTER, NEWS, say
from tests.flows.by_hand import YOU, ada, here, larch

from troth import gate
from troth.answer import amend, receipts
from troth.answer.amend import RESTS
from troth.parties import editions
from troth.people import choices, standing
from troth.places.opening import Pass
from troth.policy.deciding import Act

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["ada", "here", "larch"]


def may(person: int, use: str, field: str, channel: str = "") -> bool:
    day = timezone.localdate()
    act = Act(kind="use", use=use, fields=frozenset({field}), channel=channel, day=day)
    return isinstance(gate.ask(act, client="larch", persons=[person]), Pass)


def save(here: Client, page: str, **changed: str) -> str:
    """Send the form of choices as it stands, but for what is changed."""
    asked = re.findall(r'name="asked" value="([^"]+)"', page)[0]
    stand = dict(re.findall(r'type="radio" name="([^"]+)" value="([^"]+)" checked', page))
    return here.post(YOU + "choices/", {"asked": asked} | stand | changed, follow=True).text


def news() -> str:
    return next(one.key for one in editions.in_force("larch").plan.switches.values() if one.use == NEWS)


def test_an_older_yes_rests_a_page_that_is_saved_renews_nothing_and_a_new_yes_opens_its_use_alone(
    here: Client, ada: int
) -> None:
    say("larch", ada, True)
    assert "do not use it" not in here.get(YOU).text
    ends = "What reaches the end of its period still goes."
    assert ends in here.get(YOU + "stop/restrict/").text and ends not in here.get(YOU + "stop/object/").text
    here.post(YOU + "stop/restrict/", {"why": "I look into it."})
    page = here.get(YOU).text
    assert ends in page
    assert "We keep your data and do not use it, since" in page and "You asked us to." in page
    assert RESTS in page and "lets us do what that question says, and nothing else" in page
    save(here, page)
    assert not may(ada, NEWS, "booking.email", "email"), "a box that we had ticked for them is no yes"
    words = editions.in_force("larch").plan.switches[news()].words
    page = save(here, page, **{news(): "yes"})
    assert f"You said yes anew to: {words}" in page and RESTS not in page
    assert may(ada, NEWS, "booking.email", "email")
    assert not may(ada, "run the walk you booked", "booking.walk")
    assert [one.how for one in choices.of("larch", ada)][-1] == standing.ANEW
    save(here, page)
    assert may(ada, NEWS, "booking.email", "email") and len(choices.of("larch", ada)) == 2
    assert standing.ANEW in receipts.as_jsonld(receipts.of("larch", [ada], timezone.now()))
    save(here, page, **{news(): "no"})
    assert not may(ada, NEWS, "booking.email", "email")


def test_a_page_that_was_opened_before_use_was_restricted_says_yes_to_nothing_anew(here: Client, ada: int) -> None:
    """With two of them open: what stands ticked on the one was said before, and nobody read there what it opens now."""
    say("larch", ada, True)
    before = here.get(YOU).text
    here.post(YOU + "stop/restrict/", {"why": "I look into it."})
    assert "What we ask, or what a yes opens, has changed since you opened the page." in save(here, before)
    assert not may(ada, NEWS, "booking.email", "email") and len(choices.of("larch", ada)) == 1
    between = save(here, here.get(YOU).text, **{news(): "yes"})
    assert may(ada, NEWS, "booking.email", "email")
    standing.restrict("larch", ada, ground="objection")
    save(here, between)
    assert not may(ada, NEWS, "booking.email", "email"), "nor one of before the last of several"
    save(here, between, **{news(): "no"})
    assert choices.of("larch", ada)[-1].state is False, "a no counts from any page"


def test_a_restriction_that_comes_in_the_moment_in_which_a_page_is_saved_makes_no_yes_of_it_anew(
    here: Client, ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, threads, here_too = amend.counting, list[threading.Thread](), Path(connection.settings_dict["NAME"])

    def restrict() -> None:
        with standing_in(here_too):
            standing.restrict("larch", ada, ground="objection")

    def at_once(*about: Any) -> dict[str, bool]:
        found = counts(*about)
        threads.append(threading.Thread(target=restrict))
        threads[0].start()
        threads[0].join(1)
        return found

    monkeypatch.setattr(amend, "counting", at_once)
    save(here, here.get(YOU).text, **{news(): "yes"})
    threads[0].join(30)
    assert choices.of("larch", ada)[-1].state and standing.facts("larch", ada).restricted
    assert not may(ada, NEWS, "booking.email", "email"), "nobody read on it what a yes opens now"


def test_what_waits_for_no_yes_rests_and_no_page_says_that_one_brings_it_back(here: Client, ada: int) -> None:
    plan = editions.in_force("larch").plan
    answer = next(one.key for one in plan.switches.values() if one.use == LETTER)
    for state in ("no", "yes"):
        save(here, here.get(YOU).text, **{answer: state})
    here.post(YOU + "stop/restrict/", {"why": "I look into it."})
    page = here.get(YOU).text
    assert RESTS not in page and "lets us do what that question says" in page
    page = save(here, save(here, page, **{answer: "no"}), **{answer: "yes"})
    assert "You said yes anew" not in page and not may(ada, LETTER, "letter.body")
    (asked,) = [one for one in amend.switches("larch", frozenset({ada})) if one.key == answer]
    only = amend.unused("larch", frozenset({ada}), [asked])
    assert only is not None and not only.asks


def test_what_they_contest_stands_on_their_page_and_is_used_on_no_yes(here: Client, ada: int) -> None:
    standing.restrict("larch", ada, ground=standing.CONTESTED, fields={"booking.email"})
    page = here.get(YOU).text
    assert "What you say is wrong is used for nothing: email address." in page
    save(here, page, **{news(): "yes"})
    assert standing.facts("larch", ada).renewed and not may(ada, NEWS, "booking.email", "email")
