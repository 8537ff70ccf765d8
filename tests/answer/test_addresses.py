"""Which address is whose: two that look alike are two, and one of work is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import Mailbox, walker, work

from troth.answer import access, identity, limits, mail, requests, telling
from troth.collect import addresses
from troth.parties import editions
from troth.people import identities
from troth.policy.problems import Trouble
from troth.work.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
SHARP, PLAIN, ADA, GONE = "ada@straße.example", "ada@strasse.example", "ada@quill.example", "ada@gone.example"


def ask(browser: Client, client: str, address: str) -> None:
    limits.clear()
    browser.post(f"/c/{client}/you/", {"address": address})
    work()


def test_t21_a_domain_that_folds_to_the_same_letters_is_somebody_elses(
    walks: str, browser: Client, mailbox: Mailbox
) -> None:
    ada = walker("larch", SHARP, "Ada")
    ask(browser, "larch", PLAIN)
    assert mailbox.letters == []
    other = walker("larch", PLAIN, "Another Ada")
    assert identities.reach("larch", ada) == {ada} and identities.reach("larch", other) == {other}
    ask(browser, "larch", "Ada@STRAßE.example")
    assert "Another Ada" not in browser.post(mailbox.link(), follow=True).text


@pytest.mark.parametrize(
    ("typed", "goes"),
    [
        (SHARP, "ada@xn--strae-oqa.example"),
        ("ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example"),
        ("ada@ｑuill.example", ADA),
        (ADA, ADA),
    ],
)
def test_a_mail_goes_to_the_host_that_the_letters_name_today(
    walks: str, mailbox: Mailbox, typed: str, goes: str
) -> None:
    mail.send(editions.in_force("larch").plan, typed, "Subject", "Body")
    assert mailbox.letters[-1][0] == [goes]


@pytest.mark.parametrize(
    "typed",
    [
        "a@@b.example", "a@b.example,c@d.example", "a,c@d.example", "a@b.example;c@d.example", "<a@b.example>",
        "a@b.example>", "a(c)@b.example", '"a b"@c.example', "a@b..example", "a@b.example.", ".a@b.example",
        "a..c@b.example", "a@-b.example", "a@[127.0.0.1]", "a@127.0.0.1", "a:b@c.example", f"a@{'b' * 64}.example",
        f"{'a' * 65}@b.example", "jürgen@b.example", f"a@{'ü' * 60}.example", "a@b.example\u202e",
    ],
)  # fmt: skip
def test_what_a_mail_server_reads_otherwise_than_a_person_is_no_address(typed: str) -> None:
    assert not addresses.looks_like_email(typed)


@pytest.mark.parametrize("typed", [ADA, SHARP, "o'brien+news@b.co.uk", "a_b-c.d@x-y.example", "ada@münchen.example"])
def test_what_a_mail_server_takes_is_one(typed: str) -> None:
    assert addresses.looks_like_email(typed)


def test_the_number_of_a_mail_names_the_firm_and_no_machine_of_its(walks: str, mailbox: Mailbox) -> None:
    plan = editions.in_force("larch").plan
    mail.send(plan, ADA, "Subject", "Body")
    assert str(mailbox.letters[-1][1]["Message-ID"]).endswith(f"@{plan.who.email.rpartition('@')[2]}>")


def test_a_mail_that_can_go_nowhere_is_told_as_such_and_is_no_crash_of_the_queue(walks: str, mailbox: Mailbox) -> None:
    with pytest.raises(Trouble) as met:
        mail.send(editions.in_force("larch").plan, "ada@@quill.example", "Subject", "Body")
    assert met.value.code == "mail-not-sent"


def test_one_mailbox_that_takes_nothing_keeps_no_note_from_another_and_has_nobody_told_twice(
    walks: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = walker("larch", ADA, "Ada")
    identities.attach("larch", ada, "booking.email", GONE, verified=True)
    really = mail.send

    def send(plan: Any, to: str, *said: Any, **more: Any) -> None:
        if to == GONE:
            raise Trouble("mail-not-sent", "No such mailbox.", "It is tried again.")
        really(plan, to, *said, **more)

    monkeypatch.setattr(mail, "send", send)
    telling.tell("larch", ada, "exported")
    for _ in range(4):
        work()
        Job.objects.update(due=timezone.now())
    assert [to for to, _ in mailbox.letters] == [[ADA]]
    assert [kind for kind in Job.objects.values_list("kind", flat=True)] == ["answer-tell"]
    assert telling.now("larch", ada, "erasing by us") == 1


def test_whoever_is_known_by_an_address_of_work_confirms_it_sees_their_page_and_can_have_all_erased(
    on_disk: Path, tmp_path: Path, browser: Client, mailbox: Mailbox
) -> None:
    work_one = "booking.email: {is: work email address"
    text = LARCH.replace(LAW, "").replace("booking.email: {is: email address", work_one)
    client = published("office", text, tmp_path)
    ada = walker(client, ADA, "Ada", verified=False, letter=f"Answer me at {ADA}.")
    identity.confirm_address(client, ada, "booking")
    work()
    assert "confirm that this address is yours" in mailbox.text()
    browser.post(mailbox.link())
    assert [one.verified_at is not None for one in identities.of(client, ada)] == [True]
    told = [one.value for one in access.gather(client, ada, frozenset({ada})).lines if one.field == "letter.body"]
    assert told == [f"Answer me at {ADA}."]
    limits.clear()
    browser.post(f"/c/{client}/you/erase/")
    work()
    browser.post(mailbox.link())
    work()
    assert [one.outcome for one in requests.of_client(client, state="closed")] == ["Erased"]


def test_a_host_of_thousands_of_letters_is_none_and_is_never_written_out(monkeypatch):
    """Punycode takes the square of their number: one form would hold the server for an hour."""
    monkeypatch.setattr(addresses, "_ascii", lambda label: pytest.fail("it was written out"))
    assert not addresses.looks_like_email("a@" + "漢" * 170_000 + ".example")
    assert addresses.on_the_wire("a@" + "漢" * 170_000 + ".example").startswith("a@漢")
