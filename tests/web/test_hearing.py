"""At the desk a request is written down that came another way, asked back, acted upon and answered."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, empty_database, on_disk, published
from tests.answer.planting import say, walker, work

from troth.answer import acting, requests
from troth.answer.models import RequestRow
from troth.parties import editions, tenancy
from troth.people import standing

__all__ = ["empty_database", "on_disk"]
pytestmark = pytest.mark.django_db(transaction=True)
ADA, NEW = "ada@quill.example", "/desk/requests/register/"


@pytest.fixture
def larch(on_disk, tmp_path) -> str:
    return published("larch", LARCH.replace(LAW, ""), tmp_path)


@pytest.fixture
def ada(larch) -> int:
    return walker(larch, ADA, "Ada", letter="a red glove")


def form(**more):
    first = {"client": "larch", "right": "access", "way": "post", "came": timezone.localdate().isoformat()}
    return first | {"asker": "A. Quill", "known": ADA, "post": "12 Mill Lane", "why": "What do you hold?"} | more


def written_down(officer, **more) -> str:
    answer = officer.post(NEW, form(**more))
    assert answer.status_code == 302, answer.text
    return answer["Location"]


def shown(officer, page: str) -> str:
    assert officer.post(page, {"act": "show", "what": "who", "how": "called back"})["Location"] == page
    return page


def test_a_letter_of_three_weeks_ago_is_written_down_and_its_day_stands_in_the_list(officer, ada):
    assert NEW in officer.get("/desk/requests/").text and "Write it down" in officer.get(NEW).text
    came = timezone.localdate() - dt.timedelta(days=21)
    page = written_down(officer, came=came.isoformat())
    asked = requests.find("larch", page.split("/")[4])
    assert asked.opened.date() == came and (asked.due - asked.opened).days < 35
    assert "it was not seen yet who they are" in officer.get(page).text
    assert "It was not seen yet who they are" in officer.get("/desk/").text
    assert page in officer.get(page.replace("heard/", "")).text


@pytest.mark.parametrize(
    ("sent", "box"),
    [
        ({"act": "show", "what": "who", "how": "  "}, "how"),
        ({"act": "find", "field": "booking.walk", "known": "Quantock"}, "known"),
        ({"act": "ask", "what": "identity", "words": "", "doubt": "no name"}, "words"),
        ({"act": "ask", "what": "identity", "words": "Who?", "doubt": " "}, "doubt"),
        ({"act": "ask", "what": "identity", "words": "Who?", "doubt": "no name", "on": "2999-01-01"}, "on"),
        ({"act": "ask", "what": "identity", "words": "Who?", "doubt": "no name"}, "on"),
    ],
)
def test_what_a_step_lacks_is_told_beside_its_own_box(officer, ada, sent, box):
    page = written_down(officer)
    answer = officer.post(page, sent)
    assert answer.status_code == 422 and f'<a href="#{box}">' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1 and f'id="{box}-error"' in answer.text
    assert all(text in answer.text for name, text in sent.items() if name in ("words", "doubt", "known"))


def test_a_correction_that_lacks_something_keeps_its_list_and_what_was_typed(officer, ada):
    page = shown(officer, written_down(officer, right="rectify"))
    answer = officer.post(page, {"act": "correct", "line": "none", "new": "Adah of the mill"})
    assert answer.status_code == 422 and 'id="new-error"' in answer.text
    assert ">Adah of the mill</textarea>" in answer.text and "name: Ada" in answer.text


def test_one_that_we_promise_sooner_names_both_days(officer, ada, tmp_path):
    file = tmp_path / "sooner.yaml"
    file.write_text(LARCH.replace(LAW, "").replace("undo: none", "undo: none, sooner: {access: 5 days}"))
    editions.publish("larch", file, replaces=editions.in_force("larch").mark, by="tests")
    page = officer.get(written_down(officer)).text
    assert "We promise " in page and "The law sets " in page


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"came": "2999-01-01"}, "a day that is not yet"),
        ({"came": "yesterday"}, "is no day"),
        ({"asker": ""}, "Somebody asked"),
        ({"through": "agent"}, "Say for whom"),
        ({"client": "nobody"}, "Choose at whom"),
        ({"post": ""}, "They are to be answered"),
        ({"right": "x" * 99}, "is no right"),
        ({"field": "booking.walk"}, "identifies nobody"),
    ],
)
def test_what_lacks_something_is_not_written_down_and_nothing_typed_is_lost(officer, ada, more, said):
    answer = officer.post(NEW, form(**more))
    assert answer.status_code == 422 and said in answer.text and "What do you hold?" in answer.text
    boxes = not more.keys() & {"client", "right"}
    assert answer.text.count('aria-invalid="true"') == boxes, "the mistake stands beside its own box and no other"
    assert not RequestRow.objects.exists()


def test_the_same_form_sent_twice_is_one_request(officer, ada):
    assert written_down(officer, once="a" * 32) == written_down(officer, once="a" * 32)
    assert RequestRow.objects.count() == 1


def test_t50_another_clients_request_and_form_do_not_open_here(officer, ada, tmp_path):
    published("plain", LARCH, tmp_path)
    editions.forget_cache()
    assert {"larch", "plain"} <= set(tenancy.slugs())
    answer = officer.post(NEW, form(client="plain"))
    assert answer.status_code == 422 and "Choose at whom" in answer.text
    page = written_down(officer)
    assert officer.get(page.replace("/larch/", "/plain/")).status_code == 404
    assert officer.post(page.replace("/larch/", "/plain/"), {"act": "erase"}).status_code == 404


def test_nobody_who_is_not_staff_writes_anything_down(at_desk, ada):
    assert at_desk.post(NEW, form()).status_code == 302 and not RequestRow.objects.exists()


def test_what_they_wrote_is_read_on_request_and_the_reading_is_written_down(officer, ada):
    page = written_down(officer)
    assert "What do you hold?" not in officer.get(page).text and "Mill Lane" not in officer.get(page).text
    read = officer.post(page, {"act": "read"}).text
    assert "What do you hold?" in read and "12 Mill Lane" in read
    assert "Somebody of ours read" in officer.get(page.replace("heard/", "")).text


def test_an_answer_by_post_is_put_together_once_it_was_seen_who_they_are(officer, ada, mailbox):
    page = written_down(officer)
    assert officer.post(page, {"act": "file", "form": "html"}).status_code == 422
    file = officer.post(shown(officer, page), {"act": "file", "form": "html"})
    assert "a red glove" in file.text and "attachment" in file["Content-Disposition"]
    assert file["Cache-Control"] == "no-store" and "sandbox" in file["Content-Security-Policy"]
    assert officer.post(page, {"act": "went", "way": "post"})["Location"] == page
    assert "It is closed" in officer.get(page).text
    assert requests.detail("larch", page.split("/")[4]) == {}


def test_they_are_asked_back_by_mail_and_the_clock_rests_until_they_answer(officer, ada, mailbox):
    page = written_down(officer, address="reed@reed.example", through="agent", whom="Ada")
    work()
    assert "for somebody else, the request to" in mailbox.text()
    asks = {"act": "ask", "what": "authority", "words": "Send us her signed authority.", "doubt": "A stranger asks."}
    officer.post(page, asks)
    work()
    assert mailbox.letters[-1][0] == ["reed@reed.example"] and "signed authority" in mailbox.text()
    shown_page = officer.get(page).text
    assert "The clock rests" in shown_page and "A stranger asks." not in shown_page
    assert "The clock rests" in officer.get(page.replace("heard/", "")).text
    assert "Wait for their answer: authority" in officer.get("/desk/").text
    officer.post(page, {"act": "answered", "what": "authority", "on": timezone.localdate().isoformat()})
    officer.post(page, {"act": "may", "how-may": "signed by her, compared"})
    assert "may ask for them" in officer.get(shown(officer, page)).text
    assert "Put it together" in officer.get(page).text


@pytest.mark.parametrize("right", ["object", "restrict"])
def test_use_stops_at_the_press_of_a_button(officer, ada, right):
    page = shown(officer, written_down(officer, right=right, way="telephone"))
    officer.post(page, {"act": "stop"})
    assert standing.facts("larch", ada).restricted and "and answer" in officer.get("/desk/").text


def test_a_value_is_corrected_and_a_choice_withdrawn(officer, ada):
    say("larch", ada, True)
    page = shown(officer, written_down(officer, right="rectify"))
    listed = officer.post(page, {"act": "lines"}).text
    line = listed.split('<option value="')
    which = next(one.split('"')[0] for one in line if ">name: Ada" in one or "name: Ada" in one)
    officer.post(page, {"act": "correct", "line": which, "new": "Adah"})
    assert "Adah" in officer.post(page, {"act": "lines"}).text
    page = shown(officer, written_down(officer, right="withdraw"))
    options = officer.get(page).text.split('name="choices"')[1].split("</select>")[0].split('value="')[1:]
    officer.post(page, {"act": "withdraw", "choices": [one.split('"')[0] for one in options]})
    officer.post(page, {"act": "went", "way": "post"})
    assert "Your choice is changed" not in officer.get("/desk/requests/").text, "staff read it of them"
    assert "Their choice is changed" in officer.get("/desk/requests/").text


def test_everything_is_erased_and_the_letter_posted(officer, ada, mailbox):
    page = shown(officer, written_down(officer, right="erase"))
    officer.post(page, {"act": "erase"})
    work()
    assert "The answer has not gone yet" in officer.get(page).text
    officer.post(page, {"act": "went", "way": "post"})
    assert "The answer has not gone yet" not in officer.get(page).text


def test_nobody_found_gets_a_letter_by_hand(officer, ada):
    page = written_down(officer, known="nobody@quill.example")
    assert "Nobody is known by what they named" in officer.get(page).text
    assert "nothing that we can tell" in officer.post(page, {"act": "letter", "what": "nothing"}).text
    officer.post(page, {"act": "nothing", "way": "post"})
    assert "It is closed" in officer.get(page).text


def test_whoever_sends_the_letter_that_nothing_was_found_reads_that_it_is_on_its_way(officer, ada, mailbox):
    """Until the mail is gone the page is no invitation to press the button again."""
    page = written_down(officer, known="nobody@quill.example", address="nobody@quill.example")
    for _ in range(2):
        officer.post(page, {"act": "nothing"})
    text = officer.get(page).text
    assert "on its way to them, and closes it" in text and "We found nothing of theirs" not in text
    (one,) = requests.of_client("larch")
    assert [step.what for step in one.steps].count(acting.LOOKED) == 1
    work()
    assert "It is closed" in officer.get(page).text


@pytest.mark.parametrize("act", ["", "delete", "answered", "correct", "withdraw", "went", "nothing", "find", "show"])
def test_a_button_that_nobody_made_does_nothing_and_says_so(officer, ada, act):
    page = written_down(officer)
    answer = officer.post(page, {"act": act})
    assert answer.status_code in (404, 422) and "Nothing was done" in answer.text


def test_a_page_of_a_request_from_the_page_is_none_of_these(officer, ada, visitor: Client):
    asked = requests.open_request("larch", ada, "access")
    assert officer.get(f"/desk/larch/requests/{asked.reference}/heard/").status_code == 404
