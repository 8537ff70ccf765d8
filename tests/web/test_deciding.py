"""At the desk one proposes to refuse, to charge or to put off, and a second agrees; so with a hold that stops."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, empty_database, on_disk, published
from tests.answer.planting import walker, work
from tests.web.conftest import DESK, code_of, enter

from troth.answer import heard, letters, refusing, requests
from troth.keep import erasure, holds, sweep
from troth.keep.models import Agreement
from troth.ledger import acting
from troth.parties import staff
from troth.people import looks, standing
from troth.policy.problems import Trouble
from troth.prove import report

__all__ = ["empty_database", "on_disk"]
pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"
NEVER = dt.date(2026, 1, 1)
HOLD = "holds:\n  a court case: {data: letter.*, needs: matter, review: 6 months, because: A court asked}\n"


@pytest.fixture
def larch(on_disk, tmp_path) -> str:
    return published("larch", LARCH.replace(LAW, "").replace("cookies: none", HOLD + "cookies: none"), tmp_path)


@pytest.fixture
def second(officer) -> Client:
    """Another member of staff, in a browser of their own."""
    browser = Client(headers={"host": DESK})
    enter(browser, staff.add("second@larch.example", "larch", "privacy desk"))
    browser.get("/desk/enter/factor/")
    browser.post("/desk/enter/factor/", {"code": code_of(browser)})
    return browser


@pytest.fixture
def ada(larch) -> int:
    return walker(larch, ADA, "Ada", letter="a red glove")


def of_access(person: int) -> str:
    return requests.open_request("larch", person, "access").reference


def test_a_request_that_is_over_leads_nowhere_where_nothing_can_be_decided(officer, ada):
    mended = requests.open_request("larch", ada, "rectify").reference
    seen = of_access(ada)
    for reference in (mended, seen):
        page = f"/desk/larch/requests/{reference}/"
        assert "decide/" in officer.get(page).text
        requests.close("larch", reference, "Answered")
        nothing = "There is nothing to decide" in officer.get(page + "decide/").text
        assert ("decide/" in officer.get(page).text) is not nothing, page
        assert nothing is (reference == mended)


def test_of_a_request_that_restricts_nothing_the_desk_does_not_say_that_it_does(officer, ada):
    for right, unused in (("access", False), ("object", True), ("restrict", True)):
        reference = requests.open_request("larch", ada, right).reference
        page = officer.get(f"/desk/larch/requests/{reference}/").text
        assert ("Their data is kept and not used until this is answered" in page) is unused, right


PROPOSED = {"act": "propose", "what": "refuse/manifestly excessive", "because": "Forty times the same."}


def test_no_decision_stands_there_already_and_none_that_was_not_chosen_is_proposed(officer, ada):
    """What is sent without choosing is no refusal of somebody's right."""
    reference = requests.open_request("larch", ada, "access").reference
    page = f"/desk/larch/requests/{reference}/decide/"
    first = re.search(r'<select id="what"[^>]*>.*?<option value="([^"]*)"', officer.get(page).text, re.S)
    assert first is not None and first[1] == ""
    sent = officer.post(page, {**PROPOSED, "what": ""}, follow=True).text
    assert "Choose what, and on which ground." in sent and refusing.of("larch", reference) == []


def test_t33_one_proposes_another_agrees_and_the_person_is_written_to(officer, second, ada, mailbox):
    reference = of_access(ada)
    page = f"/desk/larch/requests/{reference}/decide/"
    assert page in officer.get(f"/desk/larch/requests/{reference}/").text
    assert "There is no other ground than these" in officer.get(page).text
    assert officer.post(page, PROPOSED)["Location"] == page
    shown = officer.get(page).text
    assert "You proposed it, so somebody else agrees" in shown and "I agree" not in shown
    assert "Forty times" not in shown, "the reasons are read on request"
    assert "Forty times" in second.post(page, {"act": "read", "decision": "1"}).text
    assert "A second person decides: refuse" in officer.get("/desk/").text
    assert "cannot agree" in officer.post(page, {"act": "agree", "decision": "1"}).text
    assert mailbox.letters == []
    second.post(page, {"act": "agree", "decision": "1"})
    work()
    assert mailbox.letters[-1][0] == [ADA] and "Forty times the same." in mailbox.text()
    assert "There is nothing to decide" not in second.get(page).text, "something can still be left out"
    assert requests.find("larch", reference).state == "closed"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"what": "refuse/too much work"}, "is no ground to refuse"),
        ({"what": "delete/everything"}, "nothing that can be decided"),
        ({"because": ""}, "Say why"),
        ({"what": "fee/manifestly excessive"}, "A fee has an amount"),
        ({"what": "fee/manifestly excessive", "amount": "ten"}, "A fee has an amount"),
        ({"what": "fee/manifestly excessive", "amount": "-5"}, "A fee has an amount"),
        ({"what": "fee/manifestly excessive", "amount": "1e9"}, "A fee has an amount"),
        ({"what": "fee/manifestly excessive", "amount": "1e999999999"}, "A fee has an amount"),
        ({"what": "fee/manifestly excessive", "amount": "sNaN"}, "A fee has an amount"),
        ({"what": "withhold/rights of others"}, "which fields"),
        ({"act": "agree", "decision": "77"}, "no decision 77"),
        ({"act": "agree", "decision": "x" * 90}, "no decision"),
    ],
)
def test_what_lacks_something_is_not_decided_and_says_what(officer, ada, typed, said):
    reference = of_access(ada)
    answer = officer.post(f"/desk/larch/requests/{reference}/decide/", PROPOSED | typed)
    assert answer.status_code == 422 and said in answer.text and "Nothing was decided" in answer.text
    assert refusing.of("larch", reference) == []


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ({"what": "refuse/too much work"}, "what"),
        ({"because": " "}, "because"),
        ({"what": "fee/manifestly excessive", "amount": "ten"}, "amount"),
        ({"what": "withhold/rights of others"}, "fields"),
    ],
)
def test_what_a_decision_lacks_is_told_beside_its_own_box_and_nothing_typed_is_lost(officer, ada, typed, box):
    sent = PROPOSED | typed
    answer = officer.post(f"/desk/larch/requests/{of_access(ada)}/decide/", sent).text
    assert f'<a href="#{box}">' in answer and f'<p class="error" id="{box}-error">' in answer
    assert f'aria-describedby="{box}-hint {box}-error" aria-invalid="true"' in answer
    assert answer.count('aria-invalid="true"') == 1 and f'id="{box}"' in answer
    assert sent["because"] in answer and sent.get("amount", "") in answer


def test_a_step_of_a_decision_that_lacks_something_is_told_at_that_decision(officer, second, ada, mailbox):
    page = f"/desk/larch/requests/{of_access(ada)}/decide/"
    officer.post(page, PROPOSED | {"what": "fee/manifestly excessive", "amount": "12.50"})
    answer = officer.post(page, {"act": "agree", "decision": "1"}).text
    assert '<a href="#decision-1">' in answer and 'id="decision-1-error"' in answer.split('id="decision-1"')[1]
    second.post(page, {"act": "agree", "decision": "1"})
    work()
    answer = officer.post(page, {"act": "paid", "decision": "1", "how": " "}).text
    assert 'aria-invalid="true" aria-describedby="decision-1-error"' in answer
    assert "#decision-" not in officer.post(page, {"act": "paid", "decision": "77"}).text


def test_a_fee_is_asked_for_paid_and_written_down_at_the_desk(officer, second, ada, mailbox):
    reference = of_access(ada)
    page = f"/desk/larch/requests/{reference}/decide/"
    officer.post(page, PROPOSED | {"what": "fee/manifestly excessive", "amount": "12.50"})
    second.post(page, {"act": "agree", "decision": "1"})
    work()
    assert "It costs 12.50" in mailbox.text()
    assert "The clock rests" in officer.get(f"/desk/larch/requests/{reference}/").text
    assert officer.post(page, {"act": "paid", "decision": "1", "how": ""}).status_code == 422
    officer.post(page, {"act": "paid", "decision": "1", "how": "by bank"})
    assert "The law sets" in officer.get(f"/desk/larch/requests/{reference}/").text


def test_t50_a_decision_of_another_request_is_none_here(officer, second, ada, mailbox):
    first, other = of_access(ada), requests.open_request("larch", ada, "erase").reference
    officer.post(f"/desk/larch/requests/{first}/decide/", PROPOSED)
    at = second.post(f"/desk/larch/requests/{other}/decide/", {"act": "agree", "decision": "1"})
    assert at.status_code == 422 and refusing.of("larch", first)[0].state == "waits"


def by_post(known: str = "") -> str:
    """Somebody wrote that nobody has shown to be who they say."""
    said = heard.Entered(
        right="object",
        way="post",
        came=timezone.now().date(),
        asker="Ada",
        known=known,
        post="12 Mill Lane",
        why="Stop it.",
    )
    return heard.register("larch", said, by="a" * 16)


@pytest.mark.parametrize("known", ["", f"email={ADA}"])
def test_t33_who_agrees_reads_the_letter_first_also_where_nobody_has_shown_who_they_are(officer, second, ada, known):
    reference = by_post(known)
    page = f"/desk/larch/requests/{reference}/decide/"
    officer.post(page, PROPOSED | {"what": "refuse/manifestly unfounded"})
    answer = second.post(page, {"act": "read", "decision": "1"})
    assert answer.status_code == 200 and "Forty times the same." in answer.text
    assert looks.of("larch", [ada]) == [], "it may have been somebody else who wrote: Ada is told of no look"
    ref = staff.ref_of("second@larch.example", "larch")
    read = next(one for one in acting.by("larch", [ref], 5) if one.act == "value-read")
    assert read.case == reference and [(who, many) for who, _, many in looks.a_day("larch", [ref], NEVER)] == [(ref, 1)]


@pytest.mark.parametrize("known", ["", f"email={ADA}"])
def test_what_came_by_post_is_read_where_it_is_weighed(officer, ada, known):
    page = f"/desk/larch/requests/{by_post(known)}/"
    answer = officer.post(page, {"act": "written"})
    assert answer.status_code == 200 and "Stop it." in answer.text
    assert looks.of("larch", [ada]) == []


@pytest.mark.parametrize("number", ["²", "9" * 5000, "-1", "1x"])
def test_what_is_no_number_is_none_and_breaks_nothing(officer, ada, number):
    reference = of_access(ada)
    for page, typed in (
        (f"/desk/larch/requests/{reference}/", {"act": "told", "recipient": number}),
        (f"/desk/larch/requests/{reference}/", {"act": "whom", "recipient": number}),
        (f"/desk/larch/requests/{reference}/decide/", {"act": "agree", "decision": number}),
        ("/desk/holds/", {"agree": f"larch/{number}"}),
        ("/desk/holds/", {"lift": f"larch/{number}"}),
        ("/desk/sweeps/", {"chore": f"larch/{number}", "evidence": "seen"}),
    ):
        assert officer.post(page, typed).status_code in (200, 302, 422), page


# Holds ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def erased(officer, ada) -> str:
    """A hold of one person stops a part of an erasure."""
    ref = staff.ref_of("officer@larch.example", "larch")
    holds.place("larch", ada, "a court case", by=ref)
    reference = requests.open_request("larch", ada, "erase", letter=True).reference
    requests.remember("larch", reference, {"address": ADA})
    erasure.erase("larch", ada, reference)
    work()
    return reference


def over(person: int) -> list[standing.Stands]:
    return [one for one in standing.of("larch", person) if one.kind == "hold"]


def test_t33_what_stays_on_one_persons_word_is_not_told_until_a_second_agreed(officer, second, ada, erased, mailbox):
    (one,) = over(ada)
    assert one.ground == "A court asked" and one.review is not None, "a hold has a ground and a day to look again"
    assert mailbox.letters == [] and requests.find("larch", erased).state == "open"
    assert "unless a second person agrees" in officer.get("/desk/").text
    page = officer.get("/desk/holds/").text
    assert "It stops an erasure" in page and "I agree" not in page
    with pytest.raises(Trouble):
        holds.agree("larch", one.id, by=one.by)
    officer.post("/desk/holds/", {"agree": f"larch/{one.id}"})
    work()
    assert mailbox.letters == [], "who placed it does not agree to it"
    assert "I agree" in second.get("/desk/holds/").text
    second.post("/desk/holds/", {"agree": f"larch/{one.id}"})
    work()
    assert "agreed: second@larch.example" in officer.get("/desk/holds/").text
    assert requests.find("larch", erased).state == "closed"
    letter = mailbox.text()
    assert "a hold stands over it" in letter and "Information Commissioner" in letter and "court" in letter


def test_t33_a_hold_to_which_nobody_agrees_ends_by_itself_and_the_erasure_is_done_without_a_hand(
    officer, ada, erased, mailbox
):
    with time_machine.travel(timezone.now() + holds.ALONE - dt.timedelta(hours=1), tick=False):
        sweep.sweep(client="larch", confirm=True)
        work()
        assert over(ada) != [] and mailbox.letters == []
    with time_machine.travel(timezone.now() + holds.ALONE + dt.timedelta(hours=1), tick=False):
        sweep.sweep(client="larch", confirm=True)
        work()
        found = requests.find("larch", erased)
        assert (found.state, found.closed < found.due) == ("closed", True)
        assert over(ada) == [] and not [one for one in erasure.progress("larch", erased).kept if "hold" in one.why]
    assert "a hold" not in mailbox.text() and "a hold" not in letters.as_text("larch", erased)


def test_a_hold_from_before_anybody_was_asked_gets_its_week_too(officer, ada, erased, mailbox):
    """An installation that is made newer finds old holds: none ends on the night that the rule begins."""
    Agreement.objects.all().delete()
    with time_machine.travel(timezone.now() + dt.timedelta(days=300), tick=False) as clock:
        sweep.sweep(client="larch", confirm=True)
        assert len(over(ada)) == 1
        clock.shift(holds.ALONE + dt.timedelta(hours=1))
        sweep.sweep(client="larch", confirm=True)
        assert over(ada) == []


def test_a_hold_that_stops_an_erasure_alone_for_too_long_is_a_broken_promise(officer, ada, erased):
    def state(promise: str) -> str:
        return next(one.state for one in report.run("larch").findings if one.promise == promise)

    assert state("always/refusals name their ground") == "kept"
    with time_machine.travel(timezone.now() + dt.timedelta(days=12), tick=False):
        assert state("always/refusals name their ground") == "broken"


def test_t33_the_desk_shows_the_letter_of_an_erasure_and_none_before_a_second_agreed(officer, ada, mailbox):
    number = holds.place("larch", ada, "a court case", by="a" * 16)
    reference = requests.open_request("larch", ada, "erase").reference
    erasure.erase("larch", ada, reference)
    work()
    page = f"/desk/larch/requests/{reference}/"
    assert "Show me the letter" in officer.get(page).text
    shown = officer.post(page, {"act": "letter"}).text
    assert "waits for a second person" in shown and "It is done" not in shown
    holds.agree("larch", number, by="b" * 16)
    work()
    shown = officer.post(page, {"act": "letter"}).text
    assert "It is done, except for what is named below" in shown and "a hold stands over it" in shown


def test_what_was_written_of_a_decision_and_forgotten_with_an_erasure_is_not_shown_empty(officer, second, ada, mailbox):
    reference = of_access(ada)
    page = f"/desk/larch/requests/{reference}/decide/"
    officer.post(page, PROPOSED)
    second.post(page, {"act": "agree", "decision": "1"})
    work()
    assert "Show me the letter" in officer.get(page).text
    erasure.erase("larch", ada, requests.open_request("larch", ada, "erase").reference)
    work()
    assert "Show me the letter" not in officer.get(page).text
    assert "is forgotten" in officer.post(page, {"act": "read", "decision": "1"}).text


def test_a_ground_says_for_what_it_is_also_when_the_list_is_shut(officer, ada):
    """The same ground may refuse or charge: a list that is shut shows the choice, and not the group it stands in."""
    page = officer.get(f"/desk/larch/requests/{of_access(ada)}/decide/").text
    for what in ("Refuse it", "Charge for it"):
        assert f"{what}: manifestly excessive (UK GDPR Art 12(5))</option>" in page
