"""A correction is looked at as a form looks at what is typed: it keeps no more than the policy declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import WALK, Mailbox, work, write

from troth.answer import access, acting, finding, heard, limits
from troth.answer.models import RequestRow
from troth.people import identities
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
ADA, CLIENT, PHONE = "ada@quill.example", "shaped", "07946 123000"
MORE = """  booking.walk: purchase
  booking.postcode: {is: postcode, as: outward half}
  booking.age: age
  booking.address: postal address
  booking.phone: {is: phone number, identifies: person}
"""
NEEDS = "needs: [booking.name, booking.email, booking.walk]"
MAY = f"{NEEDS}\n    may: [booking.postcode, booking.age, booking.address, booking.phone]"
HELD = {"name": "Ada", "email": ADA, "postcode": "BA1", "age": "46", "address": "1 Mill Lane\nWells", "phone": PHONE}


@pytest.fixture
def ada(on_disk: Path, tmp_path: Path) -> int:
    text = LARCH.replace(LAW, "").replace("  booking.walk: purchase\n", MORE)
    published(CLIENT, text.replace(NEEDS, MAY), tmp_path)
    person = identities.make(CLIENT, {"walker"})
    identities.attach(CLIENT, person, "booking.email", ADA, verified=True)
    identities.attach(CLIENT, person, "booking.phone", PHONE, verified=False)
    write(CLIENT, person, {f"booking.{name}": value for name, value in HELD.items()}, point="booking", use=WALK)
    return person


def said(person: int, field: str) -> access.Line:
    lines = access.gather(CLIENT, person, frozenset({person})).lines
    return next(one for one in lines if one.field == f"booking.{field}" and one.can_correct)


def come_in(browser: Client, mailbox: Mailbox) -> None:
    limits.clear()
    browser.post(f"/c/{CLIENT}/you/", {"address": ADA})
    work()
    browser.post(mailbox.link())


def corrected(browser: Client, line: access.Line, typed: str) -> Any:
    """What the page answers to a correction of this line."""
    return browser.post(f"/c/{CLIENT}/you/correct/", {"id": line.id, "is": line.value, "new": typed})


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("postcode", " bs40 7xy ", "BS40"),
        ("age", "47", "47"),
        ("name", "Ada\x1b[2J \u202equill", "Ada [2J  quill"),
        ("address", "2 Mill Lane\r\nWells", "2 Mill Lane\nWells"),
    ],
)
def test_t41_what_is_corrected_takes_its_declared_form_and_carries_nothing_that_no_one_can_see(
    ada: int, browser: Client, mailbox: Mailbox, field: str, typed: str, kept: str
) -> None:
    come_in(browser, mailbox)
    answer = corrected(browser, said(ada, field), typed)
    assert (answer.status_code, said(ada, field).value) == (302, kept)


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("postcode", "nowhere", "We cannot read that postcode"),
        ("age", "-5", "in whole years"),
        ("name", "A" * 2001, "longer than we can take"),
        ("name", "  ", "Enter your name."),
    ],
)
def test_what_cannot_take_its_form_is_told_changes_nothing_and_stays_in_the_box(
    ada: int, browser: Client, mailbox: Mailbox, field: str, typed: str, why: str
) -> None:
    come_in(browser, mailbox)
    answer = corrected(browser, said(ada, field), typed)
    assert answer.status_code == 422 and why in answer.text and f'value="{typed}"' in answer.text
    assert said(ada, field).value == HELD[field]


@pytest.mark.parametrize("field", ["name", "email"])
def test_what_says_so_already_is_no_correction_and_opens_no_request(
    ada: int, browser: Client, mailbox: Mailbox, field: str
) -> None:
    come_in(browser, mailbox)
    before = len(mailbox.letters)
    answer = corrected(browser, said(ada, field), said(ada, field).value)
    work()
    assert answer.status_code == 422 and "It says that already." in answer.text
    assert not RequestRow.objects.exists() and len(mailbox.letters) == before


def test_a_value_of_several_lines_is_corrected_in_a_box_that_keeps_them(
    ada: int, browser: Client, mailbox: Mailbox
) -> None:
    come_in(browser, mailbox)
    page = browser.get(f"/c/{CLIENT}/you/correct/", {"id": said(ada, "address").id}).text
    assert "<textarea" in page and ">\n1 Mill Lane\nWells</textarea>" in page
    assert "<textarea" not in browser.get(f"/c/{CLIENT}/you/correct/", {"id": said(ada, "name").id}).text


def test_staff_who_correct_for_somebody_keep_no_more_than_the_person_could(ada: int, mailbox: Mailbox) -> None:
    entered = heard.Entered("rectify", "post", heard.timezone.localdate(), "Ada", known=f"email={ADA}", post="Wells")
    reference = heard.register(CLIENT, entered, by="staff")
    heard.show(CLIENT, reference, "who", how="her passport", by="staff")
    acting.correct(CLIENT, reference, said(ada, "postcode").id, "BS40 7XY", by="staff")
    assert said(ada, "postcode").value == "BS40"
    with pytest.raises(Trouble) as refused:
        acting.correct(CLIENT, reference, said(ada, "age").id, "old", by="staff")
    assert refused.value.code == "no-value" and finding.persons(CLIENT, f"email={ADA}", shown=False) == [ada]


def totals(person: int) -> list[access.Line]:
    lines = access.gather("larch", person, frozenset({person})).lines
    return [one for one in lines if one.field == "shop.total" and one.can_correct]


def test_of_several_rows_the_one_that_was_chosen_is_shown_and_corrected_and_no_other(
    shop: Path, browser: Client, mailbox: Mailbox
) -> None:
    limits.clear()
    browser.post("/c/larch/you/", {"address": "luisg@embraer.com.br"})
    work()
    page = browser.post(mailbox.link(), follow=True).text
    person = identities.find("larch", "shop.email", "luisg@embraer.com.br") or 0
    first, *_, last = totals(person)
    assert first.id == last.id and first.value != last.value
    way = f"/c/larch/you/correct/?id={quote(last.id, safe='')}&amp;which={last.which}"
    assert way in page and last.value not in way
    assert f"Now it says: {last.value}" in browser.get(way.replace("&amp;", "&")).text
    sent, before = {"id": last.id, "is": last.value, "new": "7.77"}, sorted(one.value for one in totals(person))
    for _ in range(2):  # as a button that is pressed twice
        assert browser.post("/c/larch/you/correct/", sent).status_code == 302
    after = sorted(one.value for one in totals(person))
    assert after.count("7.77") == before.count(last.value)
    assert [one for one in after if one != "7.77"] == [one for one in before if one != last.value]
    assert browser.post("/c/larch/you/correct/", sent | {"is": "9.99", "new": "1.00"}).status_code == 404


def test_staff_name_the_row_that_they_correct(shop: Path, mailbox: Mailbox) -> None:
    known = "email=luisg@embraer.com.br"
    entered = heard.Entered("rectify", "post", heard.timezone.localdate(), "Luís", known=known, post="Bath")
    reference = heard.register("larch", entered, by="staff")
    heard.show("larch", reference, "who", how="his passport", by="staff")
    person = finding.persons("larch", known, shown=False)[0]
    last, rest = totals(person)[-1], [one.value for one in totals(person)]
    with pytest.raises(Trouble):
        acting.correct("larch", reference, last.id, "7.77", by="staff")
    acting.correct("larch", reference, last.name, "7.77", by="staff")
    assert sorted(one.value for one in totals(person)) == sorted("7.77" if one == last.value else one for one in rest)


def test_a_number_by_which_we_know_somebody_stands_nowhere_any_more_when_it_is_corrected(
    ada: int, browser: Client, mailbox: Mailbox
) -> None:
    come_in(browser, mailbox)
    line = said(ada, "phone")
    browser.post(f"/c/{CLIENT}/you/correct/", {"id": line.id, "is": line.value, "new": "07946 999000"})
    held = [one.value for one in access.gather(CLIENT, ada, frozenset({ada})).lines if one.field == "booking.phone"]
    assert held == ["07946 999000", "07946 999000"]
    assert identities.find(CLIENT, "booking.phone", PHONE) is None
    assert [one.verified_at for one in identities.of(CLIENT, ada) if one.field == "booking.phone"] == [None]
