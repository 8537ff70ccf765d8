"""The choices page and the forms, as a browser without JavaScript uses them."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from troth import policy
from troth.collect import consent, forms, intake, limits, pages
from troth.collect.models import Submission
from troth.parties import editions
from troth.people import choices, identities, standing
from troth.places import events
from troth.policy.emit import cookies
from troth.policy.plan import Point

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


def test_what_one_can_say_no_to_is_not_called_always_on(client: Client, rowan: str) -> None:
    always, _, refusable = get(client, CHOICES).partition("Always on")[2].partition("</fieldset>")
    assert "<code>troth_choice</code>" in always
    assert "<code>_count</code>" not in always
    question = refusable.partition("</fieldset>")[0]
    assert "<code>_count</code>" in question
    assert "<span>Off</span>" in question


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
    assert "This has changed:" in first and "<strong>Refused</strong>" in first
    again = client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "no"}).content.decode()
    assert "Nothing is otherwise than it was." in again


def test_refuse_all_is_one_press_and_takes_a_yes_back(client: Client, rowan: str) -> None:
    client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "yes"})
    client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "no"})
    choice = consent.read(consent.Choice, "rowan", client.cookies[consent.COOKIE].value)
    assert choice is not None
    assert the_key() not in choice.yes


@pytest.mark.parametrize(("host", "path"), [("www.rowan.example", "/"), ("privacy.rowan.example", "/c/rowan/")])
def test_where_the_site_stands_on_our_host_its_tag_reads_the_answer(
    rowan: str, settings: Any, host: str, path: str
) -> None:
    """On a host of many clients the answer stays with the pages of the one."""
    settings.CLIENT_HOST = host
    browser = Client(HTTP_HOST=host)
    browser.post(CHOICES, {"ask": hidden(get(browser, CHOICES), "ask"), "all": "no"})
    assert browser.cookies[consent.COOKIE]["path"] == path


def test_the_page_leads_to_what_a_browser_keeps_on_a_site_of_another_host_and_in_the_demonstration_nowhere(
    client: Client, rowan: str, settings: Any
) -> None:
    there = 'href="https://www.rowan.example/#troth-choices"'
    assert there in get(client, CHOICES)
    settings.CLIENT_HOST = "www.rowan.example"
    assert there not in get(Client(HTTP_HOST="www.rowan.example"), CHOICES)
    settings.CLIENT_HOST, settings.DEMO = "127.0.0.1", True
    assert there not in get(client, CHOICES)


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


# What somebody may try -----------------------------------------------------------------------------------------------

LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"
ROWAN = Path(__file__).parent / "policies" / "rowan.yaml"


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    yield
    limits.forms.clear()
    limits.answers.clear()


def publish(slug: str, old: str, new: str, tmp_path: Path) -> None:
    """A new edition of a policy in which some words are others."""
    text = editions.in_force(slug)
    source = {"larch": LARCH, "rowan": ROWAN}[slug].read_text()
    changed = tmp_path / f"{slug}.yaml"
    assert old in source
    changed.write_text(source.replace(old, new))
    editions.publish(slug, changed, replaces=text.source_hash, by="")


def test_a_form_sent_again_with_other_words_is_told_so_and_loses_nothing(client: Client, larch: str) -> None:
    typed = booking(client)
    client.post(FORM, typed)
    again = client.post(FORM, typed | {"booking.walk": "The short one"})
    html = again.content.decode()
    assert again.status_code == 422
    assert "You sent this form before with other words" in html
    assert 'value="The short one"' in html
    assert client.post(FORM, typed | {"booking.walk": "The short one", "once": hidden(html, "once")}).status_code == 302
    assert len(people("larch")) == 2


def test_no_bare_hash_of_what_was_typed_is_kept(client: Client, larch: str) -> None:
    typed = booking(client)
    client.post(FORM, typed)
    (row,) = Submission.objects.filter(client="larch")
    content = repr([(name, typed[name]) for name in ("booking.name", "booking.email", "booking.walk")])
    assert not hashlib.sha256(content.encode()).hexdigest().startswith(row.digest)


def test_a_form_that_shows_an_older_edition_is_shown_anew_with_what_was_typed(
    client: Client, larch: str, tmp_path: Path
) -> None:
    typed = booking(client)
    publish("larch", "visit.*: 25 months", "visit.*: 24 months", tmp_path)
    response = client.post(FORM, typed)
    assert response.status_code == 422
    assert "out of date" in response.content.decode()
    assert 'value="Ada Fell"' in response.content.decode()
    assert people("larch") == []


def test_what_cannot_take_its_declared_form_is_told_and_not_dropped_unseen(
    client: Client, larch: str, tmp_path: Path
) -> None:
    publish("larch", "booking.walk: purchase", "booking.walk: postcode", tmp_path)
    response = client.post(FORM, booking(client, **{"booking.walk": "somewhere nice"}))
    assert response.status_code == 422
    assert "We cannot read that postcode." in response.content.decode()
    assert client.post(FORM, booking(client, **{"booking.walk": "BA1 1AA"})).status_code == 302


def test_a_long_text_is_stored_in_its_declared_form_too(client: Client, larch: str, tmp_path: Path) -> None:
    publish("larch", "booking.walk: purchase", "booking.walk: search words", tmp_path)
    shown = forms.blank("larch", 2, editions.in_force("larch").plan, point("booking"), time.time())
    shown.boxes[2].type = "textarea"
    typed = booking(client, **{"booking.walk": "Hut 3\nask ada@post.example\u202e"})
    filled = forms.filled(shown, "larch", editions.in_force("larch").plan, typed, time.time())
    values = forms._in_form("larch", editions.in_force("larch").plan, filled)
    assert values["booking.walk"] == "Hut 3 ask …"


def test_t41_nothing_that_steers_a_terminal_or_turns_writing_is_kept_of_a_text(client: Client, larch: str) -> None:
    shown = forms.blank("larch", 1, editions.in_force("larch").plan, point("booking"), time.time())
    shown.boxes[2].type = "textarea"
    typed = booking(client, **{"booking.walk": "one\x1b[2J\u202e\u200f\ntwo\x00"})
    filled = forms.filled(shown, "larch", editions.in_force("larch").plan, typed, time.time())
    assert forms._in_form("larch", editions.in_force("larch").plan, filled)["booking.walk"] == "one [2J\ntwo"


def point(name: str) -> Point:
    return editions.in_force("larch").plan.points[name]


def test_t36_forms_from_one_network_come_slowly(client: Client, larch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "forms", limits.Flood(0.001, 2))
    typed = [booking(client) for _ in range(3)]
    assert [client.post(FORM, one).status_code for one in typed] == [302, 302, 429]
    assert len(people("larch")) == 2


def test_t37_on_a_full_disk_a_form_is_not_taken_in_and_says_so(
    client: Client, larch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = booking(client)
    monkeypatch.setattr(limits, "_floor", lambda folder: limits.Floor(folder, 2**62))
    response = client.post(FORM, typed)
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert people("larch") == []


def test_t37_on_a_full_disk_a_yes_can_still_be_taken_back(
    client: Client, rowan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "yes"})
    monkeypatch.setattr(limits, "_floor", lambda folder: limits.Floor(folder, 2**62))
    assert client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "no"}).status_code == 200
    stranger = Client(HTTP_HOST="127.0.0.1")
    assert stranger.post(CHOICES, {"ask": hidden(get(stranger, CHOICES), "ask"), "all": "yes"}).status_code == 503


def test_t34_the_page_answers_for_its_own_browser_only(client: Client, rowan: str) -> None:
    stranger = Client(HTTP_HOST="127.0.0.1")
    stranger.post(CHOICES, {"ask": hidden(get(stranger, CHOICES), "ask"), "all": "yes"})
    theirs = hidden(get(stranger, CHOICES), "ask")
    client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "no"})
    assert client.post(CHOICES, {"ask": theirs, "all": "yes"}).status_code == 409


def test_t34_an_old_cookie_shows_what_stands_and_not_what_it_once_said(client: Client, rowan: str) -> None:
    client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "yes"})
    old = client.cookies[consent.COOKIE].value
    client.post(CHOICES, {"ask": hidden(get(client, CHOICES), "ask"), "all": "no"})
    client.cookies[consent.COOKIE] = old
    assert not re.search(rf'name="q {re.escape(the_key())}" value="yes" checked', get(client, CHOICES))


@pytest.mark.parametrize("page", [CHOICES, FORM])
def test_a_browser_that_knows_no_fetch_metadata_may_tell_our_own_site_where_a_form_came_from(
    client: Client, rowan: str, larch: str, page: str
) -> None:
    assert client.get(page)["Referrer-Policy"] == "same-origin"


PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "{{7*7}}{% debug %}",
    "</textarea><svg onload=alert(1)>",
    "<!--<img src=x>-->",
    "\u003cscript\u003e",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t40_marks_typed_into_a_form_come_back_as_text_and_run_nowhere(
    client: Client, larch: str, payload: str
) -> None:
    response = client.post(FORM, booking(client, **{"booking.name": payload, "booking.email": payload}))
    html = response.content.decode()
    assert response.status_code == 422
    assert f'value="{escape(payload)}"' in html
    assert payload not in html.replace(escape(payload), "") or payload == "javascript:alert(1)"
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("slug", ["rowan", "larch"])
def test_every_cookie_that_our_own_pages_set_is_in_the_notice_and_on_the_page_of_choices(
    client: Client, rowan: str, larch: str, slug: str
) -> None:
    plan = editions.in_force(slug).plan
    home = f"/c/{slug}/"
    asked = get(client, home + "choices/")
    client.post(home + "choices/", {"ask": hidden(asked, "ask"), "all": "no"})
    get(client, home + "form/booking/") if slug == "larch" else None
    get(client, home + "you/")
    client.post(home + "you/", {"address": "ada@post.example"})
    names = {name.removesuffix(f"-{slug}").removeprefix("__Host-") for name in client.cookies}
    assert {"troth_choice", "troth-form", "troth-asked"} <= names
    told = {entry.name for entry in (*cookies.register(plan), *cookies.ours(plan))}
    assert names <= told
    notice = get(client, home + "notice/")
    for name in names:
        assert name in notice
        assert f"<code>{name}</code>" in asked


def test_what_is_set_on_several_surfaces_alike_is_listed_once(larch: str) -> None:
    plan = policy.load("policies/omono/policy.yaml").plan
    assert plan is not None
    rows = pages._listed(plan, plan.cookies.values())
    names = [one.name for one in rows]
    assert len(plan.cookies) > len(rows) == len(set(rows)) and names.count("troth_choice") == 1
