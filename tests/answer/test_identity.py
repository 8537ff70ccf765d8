"""What a link proves, and what it does not."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.answer.planting import Mailbox, walker, work

from troth.answer import erase, identity, limits, own, requests
from troth.answer.models import LinkToken, RequestRow
from troth.collect import addresses
from troth.people import identities, standing

pytestmark = pytest.mark.django_db(transaction=True)
ADA, EVE, EVE_TOO = "ada@quill.example", "eve@evil.example", "eve.too@evil.example"


def typed(person: int, address: str) -> None:
    identities.attach("larch", person, "booking.email", address, verified=False)
    limits.clear()
    identity.confirm_address("larch", person, "person's page")


def proved(person: int) -> set[str]:
    return {one.value for one in identities.of("larch", person) if one.verified_at}


def test_t22_a_link_sent_to_one_mailbox_never_proves_an_address_typed_later(walks: str, mailbox: Mailbox) -> None:
    walker("larch", ADA, "Ada", letter="hers alone")
    eve = walker("larch", EVE, "Eve")
    visitor = identity.Visitor(client="larch", person=eve, persons=frozenset({eve}))
    typed(eve, EVE_TOO)
    work()
    limits.clear()
    identity.confirm_address("larch", eve, "person's page")
    work()
    assert [to for to, _ in mailbox.letters] == [[EVE_TOO], [EVE_TOO]]
    identities.attach("larch", eve, "booking.email", ADA, verified=False)
    for number in (0, 1):
        identity.by_link("larch", mailbox.link(number).split("/")[-2], visitor)
    assert proved(eve) == {EVE, EVE_TOO}
    assert identities.reach("larch", eve) == {eve}


def test_the_newest_typed_address_is_asked_and_not_an_older_one(walks: str, mailbox: Mailbox) -> None:
    eve = walker("larch", EVE, "Eve")
    typed(eve, "first@evil.example")
    typed(eve, "second@evil.example")
    work()
    assert [to for to, _ in mailbox.letters] == [["first@evil.example"], ["second@evil.example"]]


def test_t28_one_persons_many_askings_leave_the_others_theirs(walks: str, mailbox: Mailbox) -> None:
    for number in range(12):
        person = walker("larch", f"crowd{number}@quill.example", "Crowd")
        for _ in range(4):
            identity.ask_again("larch", person, "erase")
    ada = walker("larch", ADA, "Ada")
    before = LinkToken.objects.count()
    identity.ask_again("larch", ada, "erase")
    assert (before, LinkToken.objects.count()) == (36, 37)


def test_shown_again_an_address_is_verified_from_that_day(walks: str, browser: Client, mailbox: Mailbox) -> None:
    ada = walker("larch", ADA, "Ada")
    first = identities.of("larch", ada)[0].verified_at
    browser.post("/c/larch/you/", {"address": ADA})
    work()
    browser.post(mailbox.link())
    again = identities.of("larch", ada)[0].verified_at
    assert first is not None and again is not None and again > first


def test_t30_a_thousand_wishes_to_be_erased_are_one_request(walks: str, mailbox: Mailbox) -> None:
    ada = walker("larch", ADA, "Ada")
    for _ in range(50):
        erase.want("larch", ada, frozenset({ada}))
    assert RequestRow.objects.filter(right="erase").count() == 1


def test_taking_an_erasure_back_leaves_the_restriction_of_an_objection(patient: str, mailbox: Mailbox) -> None:
    ada = walker(patient, ADA, "Ada")
    standing.restrict(patient, ada, ground="objection", by="person")
    told = identity.Proved(purpose="erase", client=patient, person=ada, persons=frozenset({ada}), address=ADA)
    reference = erase.confirm(told)
    undo = identity.Proved(
        purpose="undo", client=patient, person=ada, persons=frozenset({ada}), address=ADA, reference=reference
    )
    assert erase.take_back(undo)
    assert [one.ground for one in standing.of(patient, ada)] == ["objection"]


def test_a_request_that_waits_for_its_person_says_so_to_them_until_they_confirmed_it(
    patient: str, browser: Client, mailbox: Mailbox
) -> None:
    walker(patient, ADA, "Ada")
    browser.post(f"/c/{patient}/you/", {"address": ADA})
    work()
    browser.post(mailbox.link())
    browser.post(f"/c/{patient}/you/erase/")
    (asked,) = requests.of_client(patient)
    pages, day = (
        (f"/c/{patient}/you/request/{asked.reference}/", f"/c/{patient}/you/"),
        ("We answer by", "day on which"),
    )
    for page in pages:
        text = browser.get(page).text
        assert "It waits for your yes" in text and not any(one in text for one in day), "else a day that is none"
    work()
    browser.post(mailbox.link())
    for page in pages:
        text = browser.get(page).text
        assert "It waits for your yes" not in text and any(one in text for one in day)


def test_an_erasure_nobody_confirmed_ends_and_frees_everybody_it_restricted(walks: str, mailbox: Mailbox) -> None:
    ada = walker("larch", ADA, "Ada")
    twin = walker("larch", ADA, "Ada")
    standing.restrict("larch", ada, ground="asked for by the person", by="person")
    reference, _ = erase.want("larch", ada, frozenset({ada, twin}))
    assert standing.facts("larch", twin).restricted
    row = RequestRow.objects.get(reference=reference)
    row.opened -= 2 * erase.UNCONFIRMED
    row.save()
    own.tidy()
    assert requests.find("larch", reference).state == "closed"  # type: ignore[union-attr]
    assert not standing.facts("larch", twin).restricted
    assert [one.ground for one in standing.of("larch", ada)] == ["asked for by the person"]


@pytest.mark.parametrize("typed", ["ada@quill", "ada @quill.example", "@quill.example", f"{'a' * 250}@quill.example"])
@pytest.mark.parametrize("path", ["you/", "complain/"])
def test_every_page_that_asks_for_an_address_looks_at_it_as_the_forms_do(
    walks: str, browser: Client, typed: str, path: str
) -> None:
    answer = browser.post(f"/c/larch/{path}", {"address": typed, "why": "It is wrong."})
    assert answer.status_code == 422 and "That is not an email address" in answer.text
    assert not addresses.looks_like_email(typed)
