"""When everything was erased, no session that was open then shows anything but what was done, what stays and why."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import Mailbox, say, walker, work

from troth.answer import (
    acting,
    amend,
    asking,
    complaining,
    hands,
    heard,
    letters,
    limits,
    own,
    questions,
    reading,
    refusing,
    requests,
    telling,
    weighing,
)
from troth.answer.erase import UNCONFIRMED, unconfirmed
from troth.answer.models import RequestRow, RequestStep
from troth.answer.requests import OVERTAKEN
from troth.keep import erasure, holds
from troth.keep.models import Handed, Telling
from troth.parties import editions
from troth.people import identities, left, standing
from troth.policy.emit import texts
from troth.policy.problems import Trouble
from troth.work import queue

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"
ASKED = 'basis: consent, ask: {words: "May we count visits?", again after: 24 months}, of: visitor'
HAND = "  cupboard: {kind: by hand, holds: booking.name, in: GB}\n"
IRISH = (
    LARCH.replace(LAW, "")
    .replace(
        "law: {of: uk, nation: England and Wales, readers in: GB}", "law: {of: eu, nation: Ireland, readers in: IE}"
    )
    .replace("regulator: ico", "regulator: dpc")
    .replace(
        "basis: legitimate interests, interest: to see which pages help, balance: pages balance, of: visitor", ASKED
    )
    .replace(", on device: statistics", "")
)
SHUT = ("download/json/", "download/html/", "correct/", "stop/object/", "erase/")


def enter(mailbox: Mailbox, client: str, address: str = ADA) -> Client:
    browser = Client(headers={"host": "127.0.0.1:8000"})
    limits.clear()
    browser.post(f"/c/{client}/you/", {"address": address})
    work()
    browser.post(mailbox.link(), follow=True)
    return browser


def erase(browser: Client, mailbox: Mailbox, client: str) -> str:
    """Ask and confirm on the page, and let it run. The reference."""
    limits.clear()
    browser.post(f"/c/{client}/you/erase/")
    work()
    number = next(n for n, (_, one) in enumerate(mailbox.letters) if "Confirm" in one["Subject"])
    browser.post(mailbox.link(number), follow=True)
    work()
    return next(
        one.reference
        for state in ("closed", "open")
        for one in requests.of_client(client, state=state)
        if one.right == "erase"
    )


def test_the_page_says_that_it_is_done_what_stays_and_why_and_opens_nothing_else(walks: str, mailbox: Mailbox) -> None:
    """A statute keeps the bookings: they stay, and no session shows them as if all were as before."""
    walker(walks, ADA, "Ada Quill", letter="a red glove")
    browser, elsewhere = enter(mailbox, walks), enter(mailbox, walks)
    reference = erase(browser, mailbox, walks)
    for one in (browser, elsewhere):
        page = one.get(f"/c/{walks}/you/").text
        assert "It is done" in page and "Companies Act 2006 s388" in page and reference in page
        assert "Ada Quill" not in page and ADA not in page and "Your choices" not in page
        for path in SHUT:
            assert one.get(f"/c/{walks}/you/{path}")["Location"] == f"/c/{walks}/you/", path
        assert one.post(f"/c/{walks}/you/choices/", {})["Location"] == f"/c/{walks}/you/"
        for path in ("", "letter/", "proof/"):
            assert one.get(f"/c/{walks}/you/request/{reference}/{path}").status_code == 200


def test_while_a_place_is_silent_the_page_says_so_and_shows_nothing_more(
    on_disk: Path, tmp_path: Path, mailbox: Mailbox
) -> None:
    client = published("larch", LARCH.replace(LAW, "").replace("papers:\n", HAND + "papers:\n", 1), tmp_path)
    walker(client, ADA, "Ada Quill")
    browser = enter(mailbox, client)
    reference = erase(browser, mailbox, client)
    page = browser.get(f"/c/{client}/you/").text
    assert "Cupboard has not answered yet" in page and "Not every place has answered yet" in page
    assert "Ada Quill" not in page and "It is done" not in page
    assert erasure.by_hand(client, reference, "cupboard", by="staff", evidence="shredded")
    work()
    assert "It is done" in browser.get(f"/c/{client}/you/").text


def test_an_erasure_that_can_still_be_taken_back_shuts_nothing(patient: str, mailbox: Mailbox) -> None:
    walker(patient, ADA, "Ada Quill")
    browser = enter(mailbox, patient)
    erase(browser, mailbox, patient)
    assert "Ada Quill" in browser.get(f"/c/{patient}/you/").text


def test_who_comes_back_later_begins_anew(plain: str, mailbox: Mailbox) -> None:
    walker(plain, ADA, "Ada Quill")
    erase(enter(mailbox, plain), mailbox, plain)
    walker(plain, ADA, "Ada Quill", letter="a blue hat")
    page = enter(mailbox, plain).get(f"/c/{plain}/you/").text
    assert "a blue hat" in page and "It is done" not in page


def test_an_objection_and_a_restriction_end_with_what_they_were_about(walks: str, mailbox: Mailbox) -> None:
    """Nobody at the desk has to settle what is about data that is gone; what a statute keeps serves nothing else."""
    person = walker(walks, ADA, "Ada Quill")
    browser = enter(mailbox, walks)
    asked = [requests.open_request(walks, person, right, detail={"for": ADA}) for right in ("object", "restrict")]
    erase(browser, mailbox, walks)
    assert requests.of_client(walks) == []
    for one in asked:
        found = requests.find(walks, one.reference)
        assert found is not None and found.outcome == OVERTAKEN[found.right]
        assert requests.detail(walks, one.reference) == {}


def test_while_a_hold_stands_an_objection_waits_for_a_person(held: str, mailbox: Mailbox) -> None:
    person = walker(held, ADA, "Ada Quill", letter="a red glove")
    browser = enter(mailbox, held)
    asked = requests.open_request(held, person, "object", detail={"for": ADA})
    number = holds.place(held, person, "a court case", by="a" * 16)
    holds.agree(held, number, by="b" * 16)
    reference = erase(browser, mailbox, held)
    found = requests.find(held, reference)
    assert found is not None and found.state == "closed"
    assert [one.reference for one in requests.of_client(held)] == [asked.reference]


def test_a_request_to_see_it_ends_with_the_data_so_that_nobody_enters_it_again(
    on_disk: Path, tmp_path: Path, mailbox: Mailbox
) -> None:
    client = published("larch", LARCH.replace(LAW, "").replace("papers:\n", HAND + "papers:\n", 1), tmp_path)
    person = walker(client, ADA, "Ada Quill")
    asked = asking.ask(client, person, frozenset({person}))
    assert asked is not None and asking.waits(client, asked) == ["cupboard"]
    browser = enter(mailbox, client)
    limits.clear()
    browser.post(f"/c/{client}/you/erase/")
    work()
    browser.post(mailbox.link(), follow=True)
    work()
    (reference,) = [one.reference for one in requests.of_client(client) if one.right == "erase"]
    with pytest.raises(Trouble):
        asking.entered(client, asked.reference, "cupboard", "booking.name: Ada Quill", by="staff")
    assert erasure.by_hand(client, reference, "cupboard", by="staff", evidence="shredded")
    work()
    found = requests.find(client, asked.reference)
    assert found is not None and (found.state, found.outcome) == ("closed", OVERTAKEN["access"])
    assert Handed.objects.count() == 0


def test_a_wish_to_erase_that_lapsed_before_it_was_confirmed_is_confirmed_as_a_new_one(
    plain: str, mailbox: Mailbox
) -> None:
    """Else everything would be erased under a request that says that nothing was."""
    walker(plain, ADA, "Ada Quill")
    browser = enter(mailbox, plain)
    first = requests.open_request(plain, 1, "erase", letter=True).reference
    limits.clear()
    browser.post(f"/c/{plain}/you/erase/")
    work()
    number = next(n for n, (_, one) in enumerate(mailbox.letters) if "Confirm" in one["Subject"])
    RequestRow.objects.update(opened=timezone.now() - UNCONFIRMED)
    own.tidy()
    browser.post(mailbox.link(number), follow=True)
    work()
    found = {one.reference: one.outcome for one in requests.of_client(plain, state="closed")}
    assert found.pop(first) == "You did not confirm it, so nothing was erased" and len(found) == 1
    assert next(iter(found.values())).startswith("Erased")


def test_killed_while_they_confirm_an_erasure_it_waits_for_their_yes_as_before(
    plain: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be called confirmed, nobody would go on with it, and it would not lapse."""
    walker(plain, ADA, "Ada Quill")
    browser = enter(mailbox, plain)
    browser.post(f"/c/{plain}/you/erase/")
    work()
    number = next(n for n, (_, one) in enumerate(mailbox.letters) if "Confirm" in one["Subject"])
    with monkeypatch.context() as killed, pytest.raises(ZeroDivisionError):
        killed.setattr(erasure, "erase", lambda *about, **more: 1 // 0)
        browser.post(mailbox.link(number))
    (asked,) = requests.of_client(plain)
    assert unconfirmed(plain, asked) and [one.what for one in asked.steps] == ["You asked"]
    RequestRow.objects.update(opened=timezone.now() - UNCONFIRMED)
    own.tidy()
    assert requests.of_client(plain) == []


@pytest.mark.parametrize("no", [True, False])
def test_a_mark_that_a_no_leaves_is_told_before_everything_is_erased_and_not_on_the_receipt_alone(
    plain: str, mailbox: Mailbox, no: bool
) -> None:
    person = walker(plain, ADA, "Ada Quill")
    if no:
        say(plain, person, False)
    browser = enter(mailbox, plain)
    told = browser.get(f"/c/{plain}/you/erase/").text
    done = browser.get(f"/c/{plain}/you/request/{erase(browser, mailbox, plain)}/").text
    assert (left.LISTED.why in told) is (left.LISTED.why in done) is no


def test_no_mark_of_ours_is_promised_where_somebody_elses_database_alone_keeps_something(
    shop: Path, mailbox: Mailbox
) -> None:
    luis = "luisg@embraer.com.br"
    browser = enter(mailbox, "larch", luis)
    told = browser.get("/c/larch/you/erase/").text
    done = browser.get(f"/c/larch/you/request/{erase(browser, mailbox, 'larch')}/").text
    for page in (told, done):
        assert "Companies Act 2006 s388" in page and left.MARK.why not in page


def test_what_stays_for_whoever_said_no_is_told_in_french_too() -> None:
    known = texts.written("fr")
    for one in (left.MARK, left.LISTED):
        assert {one.what, one.why, one.until} <= known.keys()


def wrong(client: str, person: int, place: str, field: str = "booking.name") -> str:
    """They asked for a value to be corrected, and the place is silent. The reference."""
    detail = {"field": field, "place": place, "old": "Ada Quill", "new": "Ada Q.", "persons": f"[{person}]"}
    reference = requests.open_request(client, person, "rectify", detail=detail).reference
    amend.again(client, reference)
    assert {one.ground for one in standing.of(client, person)} == {amend.CONTESTED}
    return reference


def test_to_refuse_one_correction_brings_nothing_back_into_use_while_another_value_is_contested(
    walks: str, mailbox: Mailbox
) -> None:
    person, away = walker(walks, ADA, "Ada Quill"), "a place that is away"
    first, last = wrong(walks, person, away), wrong(walks, person, away, "booking.walk")
    for reference, contested in ((first, {"booking.name", "booking.walk"}), (last, set[str]())):
        number = refusing.propose(walks, reference, "refuse", ground="accurate", because="It is right.", by="a" * 16)
        refusing.second(walks, number, by="b" * 16, agree=True)
        work()
        found = requests.find(walks, reference)
        assert found is not None and found.state == "closed"
        assert standing.facts(walks, person).contested == contested


def test_what_is_said_to_be_wrong_while_they_are_told_of_the_last_is_not_used(
    walks: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, away = walker(walks, ADA, "Ada Quill"), "a place that is away"
    first = wrong(walks, person, away)
    requests.close(walks, first, "Corrected")
    queue.add("answer-used-again", {"client": walks, "person": person, "reference": first}, client=walks)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(telling, "now", lambda client, who, what: len(wrong(client, who, away)))
        work()
    assert [one.ground for one in standing.of(walks, person)] == [amend.CONTESTED]


def test_a_correction_that_waits_ends_with_the_value_and_the_letter_says_so(walks: str, mailbox: Mailbox) -> None:
    person = walker(walks, ADA, "Ada Quill", letter="a red glove")
    browser = enter(mailbox, walks)
    rest = [requests.open_request(walks, person, right, detail={"why": "theirs"}) for right in ("withdraw", "complain")]
    waits = [wrong(walks, person, "a place that is away"), *(one.reference for one in rest)]
    limits.clear()
    reference = erase(browser, mailbox, walks)
    ended = [requests.find(walks, one) for one in waits]
    assert [(one.right, one.outcome) for one in ended if one] == [
        ("rectify", OVERTAKEN["rectify"]), ("withdraw", OVERTAKEN["withdraw"]), ("complain", ""),
    ]  # fmt: skip
    assert requests.detail(walks, waits[0]) == {} and [one.right for one in requests.of_client(walks)] == ["complain"]
    text, page = letters.as_text(walks, reference), letters.as_html(walks, reference)
    who = editions.in_force(walks).plan.who
    assert text.startswith(f"{who.name}\n{who.address}\n"), "a firm that trades under its own name is named once"
    for said in (text, page):
        assert "checked by us" in said and "read back" not in said and " rows" not in said
        assert waits[0] in said and OVERTAKEN["rectify"] in said and waits[-1] not in said
    assert waits[0] in browser.get(f"/c/{walks}/you/request/{reference}/").text
    before = standing.of(walks, person)
    amend.again(walks, waits[0])
    assert standing.of(walks, person) == before and identities.of(walks, person) == []


def test_another_request_to_erase_ends_with_the_one_that_was_done(plain: str) -> None:
    person = walker(plain, ADA, "Ada Quill")
    done, other = (requests.open_request(plain, person, "erase").reference for _ in range(2))
    erasure.erase(plain, person, done)
    work()
    found = requests.find(plain, other)
    assert found is not None and found.outcome == OVERTAKEN["erase"] and other in letters.as_text(plain, done)


def test_while_everything_is_erased_a_correction_that_waits_writes_nothing_of_them_anew(
    on_disk: Path, tmp_path: Path, mailbox: Mailbox
) -> None:
    client = published("larch", LARCH.replace(LAW, "").replace("papers:\n", HAND + "papers:\n", 1), tmp_path)
    person = walker(client, ADA, "Ada Quill")
    waits = wrong(client, person, "a place that is away")
    begun = requests.open_request(client, person, "erase").reference
    erasure.erase(client, person, begun)
    work()
    before = (len(standing.of(client, person)), Telling.objects.count())
    assert amend.again(client, waits).why == amend.GOING
    assert (len(standing.of(client, person)), Telling.objects.count()) == before
    assert erasure.by_hand(client, begun, "cupboard", by="staff", evidence="shredded")
    work()
    found = requests.find(client, waits)
    assert found is not None and found.outcome == OVERTAKEN["rectify"]


def test_every_end_of_what_an_erasure_overtook_is_said_in_each_language() -> None:
    assert [one for one in OVERTAKEN.values() if one not in texts.written("fr")] == []


def test_every_outcome_and_every_step_has_room_in_its_column() -> None:
    """SQLite does not say when one has not, and a larger database refuses it."""
    tables = (OVERTAKEN, acting.OUTCOMES, complaining.OUTCOMES, weighing.LIFTED, weighing.STAYS)
    ends = [one for table in tables for one in table.values()]
    ends += [weighing.UNREACHED, heard.NOTHING, refusing.REFUSED, refusing.LAPSED, asking.ANSWERED]
    ends += ["You did not confirm it, so nothing was erased", "You took it back, so nothing was erased"]
    ends += ["You showed a second address, and saw your page", "You did not confirm it, so nothing changed"]
    told = (questions.ASKED, questions.ANSWERED, heard.SHOWN, complaining.TOLD)
    steps = [*ends, *(one for table in told for one in table.values()), reading.READ, hands.PARTLY, hands.SAID]
    steps += [complaining.AGAIN, complaining.LOOKED, refusing.LATE]
    steps += [f"Asked for you; it came on {heard.in_english(dt.date(2026, 9, 30))} ({way})" for way in heard.WAYS]
    room = [RequestRow._meta.get_field("outcome").max_length, RequestStep._meta.get_field("what").max_length]
    assert [one for one in ends if len(one) > room[0]] == [] and [one for one in steps if len(one) > room[1]] == []


def test_every_place_of_ours_in_a_receipt_says_how_it_is_known_also_where_nothing_was_held(plain: str) -> None:
    person = walker(plain, ADA, "Ada Quill")
    reference = requests.open_request(plain, person, "erase").reference
    erasure.erase(plain, person, reference)
    work()
    found = erasure.progress(plain, reference)
    assert found is not None and any(one.state == "nothing held" for one in found.receipts)
    assert {one.how for one in found.receipts} == {"read back by us"}


def test_a_complaint_that_is_still_to_be_answered_is_named_before_it_and_in_the_letter(
    plain: str, mailbox: Mailbox
) -> None:
    """Its words and the address stay until it is answered: nobody is told that nothing of them stays."""
    person = walker(plain, ADA, "Ada Quill")
    complaint = complaining.open_one(plain, person, {"why": "You wrote twice", "address": ADA}, source="page")
    browser = enter(mailbox, plain)
    limits.clear()
    said = "complained of, and where we answer you"
    assert said in browser.post(f"/c/{plain}/you/erase/").text or said in browser.get(f"/c/{plain}/you/erase/").text
    reference = erase(browser, mailbox, plain)
    assert requests.detail(plain, complaint)["why"] == "You wrote twice"
    letter = letters.as_text(plain, reference)
    assert "- What you complained of, and where we answer you: to answer it, until we have answered you" in letter


def test_whoever_asks_for_an_erasure_is_not_told_that_nothing_is_left_to_do(plain: str, mailbox: Mailbox) -> None:
    """The note goes to each address, also to the one to which the last step is sent."""
    walker(plain, ADA, "Ada Quill")
    browser = enter(mailbox, plain)
    limits.clear()
    browser.post(f"/c/{plain}/you/erase/")
    work()
    notes = [mailbox.text(n) for n in range(len(mailbox.letters)) if "asked us to erase" in mailbox.text(n)]
    assert notes and all("nothing to do" not in one and "is the last step" in one for one in notes)


def test_a_policy_under_the_law_of_the_union_cites_no_law_of_the_kingdom(
    on_disk: Path, tmp_path: Path, mailbox: Mailbox
) -> None:
    """Neither to its people nor to who had their data of it."""
    client = published("dublin", IRISH, tmp_path)
    walker(client, ADA, "Ada Quill")
    reference = erase(enter(mailbox, client), mailbox, client)
    letter = letters.as_text(client, reference)
    assert "to show that we answered you (GDPR Art 5(2))" in letter and "UK" not in letter
    assert "https://www.dataprotection.ie/; also to the authority of the country where you live or work" in letter
