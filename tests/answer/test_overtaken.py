"""A decision that is overtaken by what it was about: nobody is told that something was refused which was done."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from tests.answer.planting import Mailbox, walker, work

from troth.answer import access, erase, identity, own, refusing, requests
from troth.keep import erasure, recipients
from troth.people import standing, vault
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
ADA, ONE, TWO = "ada@quill.example", "a" * 16, "b" * 16
WHY = "It is needed for a case."


def proved(client: str, person: int) -> identity.Proved:
    return identity.Proved(purpose="erase", client=client, person=person, persons=frozenset({person}), address=ADA)


def propose(client: str, reference: str, ground: str = "legal claims") -> int:
    return refusing.propose(client, reference, "refuse", ground=ground, because=WHY, by=ONE)


def agree(client: str, number: int) -> str:
    """The code of what is wrong with it, or ''."""
    try:
        refusing.second(client, number, by=TWO, agree=True)
    except Trouble as trouble:
        return trouble.code
    return ""


def state(client: str, reference: str) -> tuple[str, str]:
    found = requests.find(client, reference)
    assert found is not None
    return found.state, found.outcome


def decided(client: str, reference: str) -> list[str]:
    return [one.state for one in refusing.of(client, reference)]


def values(client: str, person: int) -> set[str]:
    return {one.value for one in access.gather(client, person, frozenset({person})).lines}


def test_t33_a_refusal_that_comes_after_the_erasure_began_is_none(patient: str, mailbox: Mailbox) -> None:
    ada = walker(patient, ADA, "Ada")
    reference = erase.confirm(proved(patient, ada))
    number = propose(patient, reference)
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        work()
        assert agree(patient, number) in ("not-open", "erased-already")
        work()
        assert state(patient, reference)[1].startswith("Erased")
        assert not [n for n in range(len(mailbox.letters)) if "We do not do that" in mailbox.text(n)]
        own.tidy()
        assert decided(patient, reference) == ["dropped"]
        assert refusing.of(patient, reference, reasons=True)[0].reasons == "" and refusing.waiting(patient) == []


def test_t33_what_two_refused_is_not_erased_while_the_letter_waits(
    patient: str, settings: Any, mailbox: Mailbox
) -> None:
    there, settings.SMTP = settings.SMTP, ("127.0.0.1", 0)
    ada = walker(patient, ADA, "Ada")
    reference = erase.confirm(proved(patient, ada))
    assert agree(patient, propose(patient, reference)) == ""
    work()
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        work()
        assert "Ada" in values(patient, ada) and standing.facts(patient, ada).restricted
        settings.SMTP = there
    with time_machine.travel(timezone.now() + dt.timedelta(days=9), tick=False):
        work()
        assert state(patient, reference) == ("closed", refusing.REFUSED) and "Ada" in values(patient, ada)
        assert not standing.facts(patient, ada).restricted


def test_t33_who_confirms_what_two_refused_gets_the_letter_and_nothing_is_erased(
    walks: str, settings: Any, mailbox: Mailbox
) -> None:
    there, settings.SMTP = settings.SMTP, ("127.0.0.1", 0)
    ada = walker(walks, ADA, "Ada", letter="a red glove")
    reference, _ = erase.want(walks, ada, frozenset({ada}))
    assert agree(walks, propose(walks, reference)) == ""
    assert erase.confirm(proved(walks, ada)) == reference
    work()
    settings.SMTP = there
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2), tick=False):
        work()
    assert "a red glove" in values(walks, ada)
    assert state(walks, reference) == ("closed", refusing.REFUSED)


def test_a_letter_about_a_request_that_was_answered_meanwhile_does_not_go(
    walks: str, settings: Any, mailbox: Mailbox
) -> None:
    there, settings.SMTP = settings.SMTP, ("127.0.0.1", 0)
    ada = walker(walks, ADA, "Ada")
    reference = requests.open_request(walks, ada, "access").reference
    assert agree(walks, propose(walks, reference, "manifestly excessive")) == ""
    work()
    requests.close(walks, reference, "Answered")
    settings.SMTP = there
    with time_machine.travel(timezone.now() + dt.timedelta(hours=2), tick=False):
        work()
    assert mailbox.letters == [] and decided(walks, reference) == ["dropped"]
    assert state(walks, reference) == ("closed", "Answered")


def test_t07_keys_go_only_when_it_is_certain_that_their_rows_went(
    patient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before the end of the transaction in which an erasure is taken back: the next one finds what it needs."""
    ada = walker(patient, ADA, "Ada")
    reference = erase.confirm(proved(patient, ada))
    number, gone = propose(patient, reference), list[str]()
    monkeypatch.setattr(vault, "destroy", lambda client, person, rules=None: gone.extend(rules or ()))
    with monkeypatch.context() as killed:
        killed.setattr(refusing, "_write_soon", lambda row: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            agree(patient, number)
    assert gone == [] and erasure.whom(patient, reference, actor=ONE) != ()
    assert recipients.of(patient, reference) == [] and decided(patient, reference) == ["waits"]


def test_a_fee_that_is_paid_twice_or_after_the_end_moves_no_clock(walks: str, mailbox: Mailbox) -> None:
    ada = walker(walks, ADA, "Ada")
    reference = requests.open_request(walks, ada, "access").reference
    more = {"ground": "manifestly excessive", "because": WHY, "by": ONE, "pence": 500}
    number = refusing.propose(walks, reference, "fee", **more)  # type: ignore[arg-type]
    refusing.second(walks, number, by=TWO, agree=True)
    work()
    with time_machine.travel(timezone.now() + refusing.UNPAID + dt.timedelta(hours=1), tick=False):
        own.tidy()
        with pytest.raises(Trouble) as found:
            refusing.paid(walks, number, by=ONE, how="late, by bank")
        assert found.value.code == "not-open" and state(walks, reference) == ("closed", refusing.LAPSED)


def test_what_was_written_of_a_refusal_goes_with_an_erasure_and_that_it_was_refused_stays(
    plain: str, mailbox: Mailbox
) -> None:
    ada = walker(plain, ADA, "Ada")
    reference = requests.open_request(plain, ada, "access").reference
    assert agree(plain, propose(plain, reference, "manifestly excessive")) == ""
    work()
    assert refusing.of(plain, reference, reasons=True)[0].reasons == WHY
    erase.confirm(proved(plain, ada))
    work()
    (one,) = refusing.of(plain, reference, reasons=True)
    assert (one.reasons, one.state, one.ground) == ("", "told", "manifestly excessive")
    assert [rule for rule in vault.rules_of(plain, 0) if rule.startswith("decision")] == []
    with pytest.raises(Trouble) as found:
        refusing.letter(plain, one.number)
    assert found.value.code == "no-decision" and not one.written, "no letter without its reasons is shown as the one"


def test_a_fee_that_is_asked_for_when_the_month_is_over_rests_no_clock(walks: str, mailbox: Mailbox) -> None:
    reference = requests.open_request(walks, walker(walks, ADA, "Ada"), "access").reference
    more = {"ground": "manifestly excessive", "because": WHY, "by": ONE, "pence": 500}
    number = refusing.propose(walks, reference, "fee", **more)  # type: ignore[arg-type]
    with time_machine.travel(timezone.now() + dt.timedelta(days=40), tick=False):
        assert agree(walks, number) == "told-too-late"
        assert requests.tally(timezone.now()) == (1, 1)
