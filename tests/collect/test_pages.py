"""The choices page and the forms, as a browser without JavaScript uses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from troth.collect import consent, intake
from troth.parties import editions
from troth.people import choices, identities, standing
from troth.places import events

pytestmark = pytest.mark.django_db
Counted = Callable[[str], dict[str, int]]
CHOICES = "/c/rowan/choices/"
FORM = "/c/larch/form/booking/"


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None
    return found[1]


def the_key() -> str:
    (key,) = [s.key for s in editions.in_force("rowan").plan.switches.values() if s.device and s.opens]
    return key


def get(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def booking(client: Client, **more: str) -> dict[str, str]:
    html = get(client, FORM)
    given = {"booking.name": "Ada Fell", "booking.email": "ada@post.example", "booking.walk": "Long way round"}
    return {"once": hidden(html, "once")} | given | more


def people(slug: str) -> list[int]:
    return identities.persons(slug)


def test_nothing_is_chosen_for_the_person(client: Client, rowan: str) -> None:
    html = get(client, CHOICES)
    assert "Your cookie choices" in html
    assert f'value="yes" name="q {the_key()}"' not in html
    assert not re.search(r'name="q [^"]+" value="(yes|no)" checked', html.split("Without asking")[-1].split("<h2>")[-1])


def test_a_choice_made_without_javascript_is_recorded_carried_and_shown_again(client: Client, rowan: str) -> None:
    ask = hidden(get(client, CHOICES), "ask")
    response = client.post(CHOICES, {"ask": ask, f"q {the_key()}": "yes"})
    assert response.status_code == 200
    assert "Your choices are saved." in response.content.decode()
    token = response.cookies[consent.COOKIE].value
    (said,) = choices.of_browser("rowan", consent.browser_of("rowan", token))
    assert (said.state, said.how) == (True, "choices page")
    assert re.search(rf'name="q {re.escape(the_key())}" value="yes" checked', get(client, CHOICES))


def test_after_saving_the_page_says_what_changed_and_only_that(client: Client, rowan: str) -> None:
    first = client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "no"}).content.decode()
    assert "This has changed:" in first
    again = client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "no"}).content.decode()
    assert "Nothing is otherwise than it was." in again


def test_refuse_all_is_one_press_and_takes_a_yes_back(client: Client, rowan: str) -> None:
    client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "yes"})
    client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "no"})
    choice = consent.read(consent.Choice, "rowan", client.cookies[consent.COOKIE].value)
    assert choice is not None
    assert the_key() not in choice.yes


def test_an_answer_to_a_page_that_we_did_not_make_is_not_saved(client: Client, rowan: str) -> None:
    response = client.post(CHOICES, {"ask": "made.up", "all": "yes"})
    assert response.status_code == 409
    assert consent.COOKIE not in response.cookies


def test_the_page_says_that_it_heard_the_privacy_signal(client: Client, rowan: str) -> None:
    html = get(client, CHOICES, **{"Sec-GPC": "1"})
    assert "Global Privacy Control" in html
    assert "Answered by your browser’s signal." in html


def test_a_form_takes_in_what_is_declared_and_makes_a_person_whom_nobody_has_verified(
    client: Client, larch: str
) -> None:
    response = client.post(FORM, booking(client))
    assert (response.status_code, response["Location"]) == (302, FORM + "?done")
    (person,) = people("larch")
    (known,) = identities.of("larch", person)
    assert (known.field, known.value, known.verified_at) == ("booking.email", "ada@post.example", None)
    assert standing.facts("larch", person).yes == frozenset()


def test_what_a_form_does_not_declare_is_counted_and_not_kept(client: Client, larch: str, counted: Counted) -> None:
    client.post(FORM, booking(client, religion="none of your business"))
    assert len(people("larch")) == 1
    assert counted("larch") == {"undeclared field": 1}
    events.store().close()


def test_an_offer_left_open_is_no_answer_and_a_yes_is_recorded_with_its_words(client: Client, larch: str) -> None:
    plan = editions.in_force("larch").plan
    (offer,) = [s for s in plan.switches.values() if s.use == "send you news of walks" and s.opens]
    client.post(FORM, booking(client))
    client.post(FORM, booking(client, **{f"offer {offer.key}": "yes"}))
    first, second = people("larch")
    assert choices.of("larch", first) == []
    assert [(one.key, one.state) for one in choices.of("larch", second)] == [(offer.key, True)]
    assert offer.key in standing.facts("larch", second).yes


def test_a_form_sent_twice_is_taken_once(client: Client, larch: str) -> None:
    typed = booking(client)
    assert [client.post(FORM, typed).status_code for _ in range(2)] == [302, 302]
    assert len(people("larch")) == 1


def test_every_mistake_is_told_at_once_and_nothing_typed_is_lost(client: Client, larch: str) -> None:
    response = client.post(FORM, booking(client, **{"booking.name": "", "booking.email": "ada at post"}))
    html = response.content.decode()
    assert response.status_code == 422
    assert "Enter your name." in html
    assert "That is not an email address." in html
    assert 'value="ada at post"' in html
    assert people("larch") == []


def test_a_program_that_fills_everything_in_learns_nothing_and_leaves_nothing(client: Client, larch: str) -> None:
    response = client.post(FORM, booking(client, leave_this_empty="https://spam.example"))
    assert response.status_code == 302
    assert people("larch") == []


def test_a_form_confirms_through_whoever_registered_to_write(client: Client, larch: str) -> None:
    told: list[tuple[str, int, str]] = []
    intake.confirmations.append(lambda slug, person, point: told.append((slug, person, point)))
    try:
        client.post(FORM, booking(client))
    finally:
        intake.confirmations.pop()
    assert told == [("larch", people("larch")[0], "booking")]


def test_marks_typed_into_a_form_come_back_as_text(client: Client, larch: str) -> None:
    response = client.post(FORM, booking(client, **{"booking.name": "<script>alert(1)</script>", "booking.email": ""}))
    assert "<script>alert(1)" not in response.content.decode()


def test_only_forms_have_a_form_page(client: Client, larch: str) -> None:
    assert client.get("/c/larch/form/visit/").status_code == 404
    assert client.get("/c/larch/form/letters/").status_code == 404


def test_the_tag_is_public_cached_for_minutes_and_known_again(client: Client, rowan: str) -> None:
    response = client.get("/c/rowan/tag.js")
    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=300"
    again = client.get("/c/rowan/tag.js", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    assert client.get("/c/rowan/tag.js?s=nowhere").status_code == 404


def test_the_tag_holds_no_way_out_of_its_script(client: Client, rowan: str, tmp_path: Path) -> None:
    body = client.get("/c/rowan/tag.js").content
    assert b"</" not in body.split(b"})(", 1)[-1]
