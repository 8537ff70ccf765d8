"""A complaint is acknowledged in time, looked into, and its outcome told, whichever way it came (DPA 2018 s164A)."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.houses import LARCH, published
from tests.answer.planting import LETTER, Mailbox, walker, work, write

from troth.answer import acting, complaining, heard, limits, own, questions, requests
from troth.answer.models import Complaint, RequestRow
from troth.cli import main
from troth.parties import editions, staff
from troth.people import identities
from troth.policy.problems import Trouble
from troth.prove import report

pytestmark = pytest.mark.django_db(transaction=True)
ADA, BEN, ONE = "ada@quill.example", "ben@reed.example", "a" * 16
PAGE = "/c/larch/complain/"


@pytest.fixture
def ada(walks: str) -> int:
    return walker(walks, ADA, "Ada")


def opened(client: str = "larch", **more: str) -> str:
    return complaining.open_one(client, 0, {"why": "You sold my umbrella.", "address": BEN} | more, source="page")


def by_hand() -> str:
    return complaining.open_one("larch", 0, {"why": "No.", "post": "12 Mill Lane"}, source="page")


def state(reference: str, client: str = "larch") -> complaining.State:
    found = complaining.of(client, reference)
    assert found is not None
    return found


def asked(reference: str) -> requests.Request:
    found = requests.find("larch", reference)
    assert found is not None
    return found


def broken(client: str = "larch") -> str:
    found = {one.promise: " ".join(one.breaches) for one in report.run(client).findings if one.state == "broken"}
    return found.get("always/complaints are clocked", "")


# Its day ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("promised", "until"), [("", "2026-07-20"), ("14 days", "2026-07-03")])
def test_it_is_acknowledged_within_the_laws_thirty_days_or_sooner_where_that_is_promised(
    on_disk: Path, tmp_path: Path, promised: str, until: str
) -> None:
    more = f", acknowledges complaints within: {promised}" if promised else ""
    client = published("larch", LARCH.replace("undo: none", f"undo: none{more}"), tmp_path)
    with time_machine.travel(dt.datetime(2026, 6, 19, 15, tzinfo=dt.UTC), tick=False):
        day = timezone.localtime(state(opened(client), client).by_day).date()
    assert day == dt.date.fromisoformat(until), "law.md, vector 26"


def test_what_came_three_weeks_ago_is_to_be_acknowledged_by_its_own_day(ada: int, mailbox: Mailbox) -> None:
    came = timezone.localdate() - dt.timedelta(days=21)
    said = heard.Entered(right="complain", way="post", came=came, asker="A. Quill", post="12 Mill Lane")
    reference = heard.register("larch", said, by=ONE)
    assert state(reference).source == "desk" and asked(reference).due == state(reference).by_day
    assert (timezone.localtime(state(reference).by_day).date() - came).days <= 33
    with time_machine.travel(timezone.now() + dt.timedelta(days=30), tick=False):
        assert "not acknowledged in time" in broken()
        assert requests.tally(timezone.now()) == (1, 1), "it stands among what is late"


def test_a_mail_acknowledges_it_at_once_and_names_the_authority(walks: str, mailbox: Mailbox) -> None:
    reference = opened()
    assert state(reference).acknowledged is None
    work()
    assert mailbox.letters[-1][0] == [BEN] and reference in mailbox.text()
    assert "Information Commissioner" in mailbox.text() and "umbrella" not in mailbox.text()
    assert state(reference).acknowledged is not None and broken() == ""
    work()
    assert len(mailbox.letters) == 1


def test_a_mail_server_that_is_down_acknowledges_nothing(walks: str, settings: Any) -> None:
    settings.SMTP = ("127.0.0.1", 0)
    reference = opened()
    work()
    assert state(reference).acknowledged is None and broken() == ""
    with time_machine.travel(timezone.now() + dt.timedelta(days=40), tick=False):
        assert "not acknowledged in time" in broken()


# Looked into, and told --------------------------------------------------------------------------------------------


def test_it_ends_when_they_were_told_what_came_of_it_and_what_was_written_is_forgotten(
    walks: str, mailbox: Mailbox
) -> None:
    reference = opened()
    work()
    complaining.look("larch", reference, "The umbrella was never ours.", by=ONE)
    complaining.say("larch", reference, "We ask the depot.", by=ONE)
    work()
    assert "We ask the depot." in mailbox.text()
    assert dict(complaining.read("larch", reference, actor=ONE))["what we found"].endswith("never ours.")
    complaining.decide("larch", reference, "in part", "We should have said so sooner.", by=ONE)
    assert asked(reference).state == "open", "nothing ends before they were told"
    work()
    text = mailbox.text()
    assert "You were right in part." in text and "said so sooner" in text and "never ours" not in text
    assert "Information Commissioner" in text and "go to court" in text
    assert (asked(reference).state, asked(reference).outcome) == ("closed", complaining.OUTCOMES["in part"])
    assert requests.detail("larch", reference) == {} and broken() == ""


def test_who_has_no_address_is_told_by_hand_each_time(walks: str, mailbox: Mailbox) -> None:
    reference = by_hand()
    work()
    assert mailbox.letters == [] and state(reference).waits == "had"
    with pytest.raises(Trouble):
        complaining.went("larch", reference, "outcome", by=ONE)
    complaining.went("larch", reference, "had", by=ONE)
    complaining.decide("larch", reference, "upheld", "It is mended.", by=ONE)
    assert state(reference).waits == "outcome" and asked(reference).state == "open"
    assert "It is mended." in complaining.letter("larch", reference, "outcome")[1]
    complaining.went("larch", reference, "outcome", by=ONE)
    assert asked(reference).state == "closed" and state(reference).told is not None and broken() == ""


def test_an_outcome_within_the_days_needs_no_acknowledgement_beside(walks: str, mailbox: Mailbox) -> None:
    reference = by_hand()
    complaining.decide("larch", reference, "not ours", "Ask the bus company.", by=ONE)
    complaining.went("larch", reference, "outcome", by=ONE)
    assert state(reference).acknowledged is not None and broken() == ""


def test_nobody_hears_nothing_for_longer_than_thirty_days(walks: str, mailbox: Mailbox) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        reference = opened()
        work()
        clock.shift(dt.timedelta(days=29))
        complaining.say("larch", reference, "Still at it.", by=ONE)
        work()
        clock.shift(dt.timedelta(days=29))
        assert broken() == "" and asked(reference).due > timezone.now()
        clock.shift(dt.timedelta(days=3))
        assert "heard nothing" in broken() and asked(reference).due < timezone.now()


def test_a_complaint_closed_without_a_word_or_without_its_clock_is_found(walks: str, mailbox: Mailbox) -> None:
    first, second = by_hand(), opened()
    work()
    RequestRow.objects.filter(reference=second).update(state="closed")
    assert "nobody was told" in broken()
    Complaint.objects.filter(reference=first).delete()
    assert "has no clock" in broken()


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda one: complaining.decide("larch", one, "sorry", "Why.", by=ONE), "no-outcome"),
        (lambda one: complaining.decide("larch", one, "upheld", " ", by=ONE), "no-reasons"),
        (lambda one: complaining.look("larch", one, "x" * 4001, by=ONE), "no-reasons"),
        (lambda one: complaining.say("larch", one, "So.", by=""), "no-staff"),
        (lambda one: complaining.say("larch", "Q-2020-0001", "So.", by=ONE), "not-open"),
        (lambda one: complaining.say("plain", one, "So.", by=ONE), "not-open"),
        (lambda one: questions.ask("larch", one, "identity", words="Who?", doubt="?", by=ONE), "no-question"),
        (lambda one: acting.went("larch", one, "post", by=ONE), "no-way"),
    ],
)
def test_what_lacks_something_changes_nothing_and_says_what(walks: str, act: Any, code: str) -> None:
    reference = opened()
    with pytest.raises(Trouble) as no:
        act(reference)
    assert no.value.code == code and no.value.help and asked(reference).state == "open"


def test_t14_what_was_written_stands_sealed(walks: str, data_folder: Path) -> None:
    opened()
    rows = b"".join(bytes(row.detail or b"") for row in RequestRow.objects.all())
    assert b"umbrella" not in rows and BEN.encode() not in rows
    for file in data_folder.glob("troth.db*"):
        assert b"umbrella" not in file.read_bytes()


def test_its_clock_goes_with_its_request(walks: str, mailbox: Mailbox) -> None:
    reference = by_hand()
    complaining.decide("larch", reference, "upheld", "Yes.", by=ONE)
    complaining.went("larch", reference, "outcome", by=ONE)
    with time_machine.travel(timezone.now() + dt.timedelta(days=365 * 8), tick=False):
        own.tidy()
    assert not Complaint.objects.exists()


# The form ---------------------------------------------------------------------------------------------------------


def test_anybody_complains_on_a_page_without_signing_in(walks: str, browser: Client, mailbox: Mailbox) -> None:
    assert PAGE in browser.get("/c/larch/you/").text and "/complain/" in browser.get("/c/larch/notice/").text
    page = browser.post(PAGE, {"why": "You sold my umbrella.", "address": BEN})
    (row,) = RequestRow.objects.all()
    assert page.status_code == 200 and row.reference in page.text and row.person == 0
    work()
    assert mailbox.letters[-1][0] == [BEN]


def test_whoever_complains_from_their_own_page_is_known_there_and_types_no_address(
    ada: int, browser: Client, mailbox: Mailbox
) -> None:
    browser.post("/c/larch/you/", {"address": ADA})
    work()
    page = browser.post(mailbox.link(), follow=True).text
    (way,) = re.findall(r'href="([^"]+)">Tell us what is wrong<', page)
    assert way.startswith(browser.cookies["troth-you-larch"]["path"]), "a browser would not say who comes"
    assert 'name="address"' not in browser.get(way).text
    assert browser.post(way, {"why": "You sold my umbrella."}).status_code == 200
    row = RequestRow.objects.get()
    assert row.person == ada
    for page in ("/c/larch/you/", f"/c/larch/you/request/{row.reference}/"):
        shown = browser.get(page).text
        assert "You hear from us by" in shown and "We answer by" not in shown, page


def test_the_regulator_and_our_address_can_be_followed_from_where_somebody_complains(
    walks: str, browser: Client
) -> None:
    sent = browser.post(PAGE, {"why": "You sold my umbrella.", "address": BEN}).text
    for page in (browser.get(PAGE).text, sent):
        assert '<a class="bare" href="https://ico.org.uk/make-a-complaint/">' in page
        assert '<a class="bare" href="mailto:' in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"why": " ", "address": BEN}, "Write what is wrong"),
        ({"why": "x" * 4001, "address": BEN}, "Write what is wrong"),
        ({"why": "No.", "address": "ben"}, "missing @"),
        ({"why": "No."}, "Say where we can answer"),
    ],
)
def test_a_form_that_lacks_something_says_what_and_keeps_what_was_typed(
    walks: str, browser: Client, typed: dict[str, str], said: str
) -> None:
    page = browser.post(PAGE, typed)
    assert page.status_code == 422 and said in page.text and typed["why"].strip()[:9] in page.text
    assert not RequestRow.objects.exists()


def test_two_faults_are_listed_first_and_each_leads_to_its_box(walks: str, browser: Client) -> None:
    page = browser.post(PAGE, {"why": " "}).text
    first = page.partition('role="alert"')[2].partition("</div>")[0]
    assert "2 things to put right" in first
    assert '<a href="#why">Write what is wrong' in first and '<a href="#address">Say where we can answer' in first
    assert 'id="why"' in page and 'id="address"' in page
    assert 'role="alert"' not in browser.post(PAGE, {"why": "No."}).text


def test_t30_a_flood_of_complaints_is_told_to_write_and_is_no_flood_of_mails(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    codes = [browser.post(PAGE, {"why": f"No {one}.", "address": BEN}).status_code for one in range(5)]
    work()
    assert codes == [200, 200, 200, 429, 429] and len(mailbox.letters) == limits.PER_ADDRESS


def test_t30_a_complaint_that_is_sent_twice_is_one_and_is_acknowledged_once(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    said = [{"why": "Wrong.", "address": BEN}, {"why": "Wrong.", "address": BEN}, {"why": "Another.", "address": BEN}]
    pages = [browser.post(PAGE, one).text for one in said]
    work()
    assert pages[0] == pages[1] != pages[2] and len(mailbox.letters) == len(requests.of_client(walks)) == 2


def test_t30_a_flood_without_an_address_shuts_out_nobody_who_is_reached_another_way(
    ada: int, browser: Client, mailbox: Mailbox
) -> None:
    flood = [browser.post(PAGE, {"why": f"No {one}.", "post": "12 Mill Lane"}).status_code for one in range(5)]
    assert flood == [200, 200, 200, 429, 429]
    assert browser.post(PAGE, {"why": "Mine.", "post": "4 Larch Lane"}).status_code == 200
    browser.post("/c/larch/you/", {"address": ADA})
    work()
    browser.post(mailbox.link(), follow=True)
    assert browser.post(PAGE, {"why": "Mine, too."}).status_code == 200


def test_t30_one_persons_second_complaint_is_added_to_the_open_one(ada: int, mailbox: Mailbox) -> None:
    first = complaining.open_one("larch", ada, {"why": "One.", "address": ADA}, source="page")
    assert complaining.open_one("larch", ada, {"why": "Two.", "address": ADA}, source="page") == first
    assert dict(complaining.read("larch", first, actor=ONE))["what they wrote"] == "One.\n\nTwo."


def test_a_form_of_the_policy_that_takes_a_complaint_opens_one(on_disk: Path, tmp_path: Path) -> None:
    taken = LARCH.replace("letter.body: {is: correspondence", "letter.body: {is: complaint")
    client = published("larch", taken, tmp_path)
    assert editions.in_force(client).plan.fields["letter.body"].kind == "complaint"
    person = identities.make(client, {"walker"})
    write(client, person, {"letter.body": "You lost my glove."}, point="letters", use=LETTER)
    complaining.came_by_form(client, person, "booking")
    assert not RequestRow.objects.exists(), "the form of bookings takes none"
    complaining.came_by_form(client, person, "letters")
    (row,) = RequestRow.objects.all()
    assert (row.right, row.person, state(row.reference).source) == ("complain", person, "form")


def test_the_command_looks_into_it_and_decides_it(
    walks: str, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    staff.add("clerk@larch.example", "larch", "privacy desk")

    def hear(act: str, *more: str) -> tuple[int, dict[str, Any]]:
        code = main(["hear", act, "--client", "larch", "--by", "clerk@larch.example", *more, "--json"])
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return code, told

    about = ("--request", by_hand())
    assert hear("list")[1]["requests"][0]["waits"] == "had"
    assert hear("told", *about)[1]["requests"][0]["waits"] == ""
    assert hear("read", *about)[1]["written"]["what they wrote"] == "No."
    hear("look", *about, "--because", "The depot says no.")
    hear("decide", *about, "--outcome", "not upheld", "--words", "All was well.")
    assert hear("told", *about)[1]["requests"][0]["state"] == "closed"
    code, told = hear("erase", *about)
    assert (code, told["trouble"]["code"]) == (2, "no-act")
