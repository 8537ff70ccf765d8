"""A refusal, a fee, a delay, what is left out: a ground of the closed list, two people, a letter in time (Art 12)."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from tests.answer.houses import LARCH, published
from tests.answer.planting import Mailbox, walker, work

from troth.answer import access, amend, erase, grounds, identity, own, reckoning, refusing, requests, weighing
from troth.answer.models import Decision, RequestStep
from troth.cli import main
from troth.keep import erasure
from troth.parties import editions, staff
from troth.people import identities, standing
from troth.policy.emit import texts
from troth.policy.problems import Trouble
from troth.prove import report

pytestmark = pytest.mark.django_db(transaction=True)
ADA, ONE, TWO = "ada@quill.example", "a" * 16, "b" * 16
WHY = "You asked for the same forty times this month."
COURT = ("complain to us", "Information Commissioner", "go to court")


@pytest.fixture
def person(walks: str) -> int:
    return walker(walks, ADA, "Ada", letter="a red glove")


def visitor(person: int) -> identity.Visitor:
    return identity.Visitor(client="larch", person=person, persons=frozenset({person}))


def asked(person: int, right: str = "access") -> str:
    return requests.open_request("larch", person, right).reference


def propose(reference: str, kind: str = "refuse", ground: str = "manifestly excessive", **more: Any) -> int:
    return refusing.propose("larch", reference, kind, **({"ground": ground, "because": WHY, "by": ONE} | more))


def decided(reference: str, *words: str, **more: Any) -> int:
    number = propose(reference, *words, **more)
    refusing.second("larch", number, by=TWO, agree=True)
    work()
    return number


def state(reference: str) -> tuple[str, str]:
    found = requests.find("larch", reference)
    assert found is not None
    return found.state, found.outcome


def broken() -> str:
    found = {one.promise: " ".join(one.breaches) for one in report.run("larch").findings if one.state == "broken"}
    return found.get("always/refusals name their ground", "")


@pytest.mark.parametrize(
    ("right", "kind", "more", "code"),
    [
        ("access", "refuse", {"ground": "too much work"}, "no-ground"),
        ("access", "refuse", {"ground": ""}, "no-ground"),
        ("access", "fee", {"ground": "complex", "pence": 1000}, "no-ground"),
        ("access", "refuse", {"ground": "legal claims"}, "no-ground"),
        ("withdraw", "refuse", {}, "no-ground"),
        ("access", "refuse", {"because": "  "}, "no-reasons"),
        ("access", "refuse", {"because": "x" * 2001}, "no-reasons"),
        ("access", "refuse", {"by": ""}, "no-staff"),
        ("access", "fee", {}, "no-amount"),
        ("access", "withhold", {"ground": "rights of others"}, "no-fields"),
        ("access", "withhold", {"ground": "rights of others", "fields": ["their.name"]}, "no-fields"),
        ("access", "delete", {}, "no-ground"),
    ],
)
def test_what_lacks_a_ground_reasons_or_an_owner_is_no_decision(
    person: int, right: str, kind: str, more: dict[str, Any], code: str
) -> None:
    reference = asked(person, right)
    with pytest.raises(Trouble) as found:
        propose(reference, kind, **more)
    assert found.value.code == code and found.value.help
    assert refusing.of("larch", reference) == [] and state(reference)[0] == "open"


def test_t33_nobody_refuses_alone_and_nothing_is_refused_before_a_second_agreed(person: int, mailbox: Mailbox) -> None:
    reference = asked(person)
    number = propose(reference)
    work()
    assert mailbox.letters == [] and state(reference)[0] == "open"
    for alone in (ONE, ""):
        with pytest.raises(Trouble) as found:
            refusing.second("larch", number, by=alone, agree=True)
        assert found.value.code == "same-person"
    refusing.second("larch", number, by=TWO, agree=False)
    work()
    assert mailbox.letters == [] and state(reference)[0] == "open"
    assert [(one.state, one.second) for one in refusing.of("larch", reference, reasons=True)] == [("dropped", TWO)]
    assert refusing.of("larch", reference, reasons=True)[0].reasons == "", "what was not agreed to is forgotten"


def test_t33_a_refusal_is_told_with_its_ground_its_reasons_and_where_to_complain_and_then_it_is_closed(
    person: int, mailbox: Mailbox
) -> None:
    reference = asked(person)
    decided(reference)
    letter = mailbox.text()
    assert mailbox.letters[-1][0] == [ADA] and WHY in letter and reference in letter
    assert "manifestly excessive (UK GDPR Art 12(5))" in letter and all(way in letter for way in COURT)
    assert state(reference) == ("closed", refusing.REFUSED)
    (one,) = refusing.of("larch", reference)
    found = requests.find("larch", reference)
    assert found is not None and one.told is not None and one.told <= found.due
    assert broken() == ""


def test_t33_in_a_firm_of_one_the_same_person_looks_again_on_a_later_day_and_the_letter_says_so(
    person: int, mailbox: Mailbox
) -> None:
    staff.add("one@larch.example", "larch", "privacy desk")
    me = staff.ref_of("one@larch.example", "larch")
    reference = asked(person)
    number = propose(reference, by=me)

    def look_again() -> str:
        try:
            refusing.second("larch", number, by=me, agree=True)
        except Trouble as trouble:
            return trouble.help
        return "agreed"

    assert look_again() == "You work alone here: look at it again on a later day."
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False):
        staff.add("two@larch.example", "larch", "privacy desk")
        assert look_again() == "Ask a second member of staff.", "where there is another, they are asked"
        staff.Staff.objects.filter(email="two@larch.example").update(is_active=False)
        assert look_again() == "agreed"
        work()
        assert refusing.BY_ONE in mailbox.text() and state(reference)[0] == "closed" and broken() == ""
        found = requests.find("larch", reference)
        assert found is not None and refusing.AGAIN in [step.what for step in found.steps]
        RequestStep.objects.filter(what=refusing.AGAIN).update(at=timezone.now() - dt.timedelta(days=1))
        assert "one person alone" in broken(), "on the same day it was no second look"


def test_t33_a_letter_that_does_not_go_leaves_the_request_open_and_late_is_a_broken_promise(
    person: int, settings: Any, mailbox: Mailbox
) -> None:
    settings.SMTP = ("127.0.0.1", 0)
    reference = asked(person)
    decided(reference)
    assert state(reference)[0] == "open" and broken() == ""
    with time_machine.travel(timezone.now() + dt.timedelta(days=40), tick=False):
        assert "not told in time" in broken()


def test_who_has_no_address_is_written_to_by_hand(walks: str, mailbox: Mailbox) -> None:
    unproved = walker(walks, ADA, "Ada", verified=False)
    reference = asked(unproved)
    number = decided(reference)
    assert mailbox.letters == [] and refusing.waits_for_hand(walks, number)
    subject, body = refusing.letter(walks, number)
    assert reference in subject and all(way in body for way in COURT)
    with pytest.raises(Trouble):
        refusing.by_hand(walks, number, by=ONE, how=" ")
    refusing.by_hand(walks, number, by=ONE, how="posted, signed for")
    assert state(reference) == ("closed", refusing.REFUSED)


def test_a_refused_objection_goes_on_only_after_two_agreed_and_marketing_stays_off(
    person: int, mailbox: Mailbox
) -> None:
    reference = amend.stop("larch", visitor(person), "object", "No.").reference
    said = {one.stop: one.state for one in amend.switches("larch", frozenset({person}))}
    decided(reference, "refuse", "compelling grounds")
    assert "weighs more than your objection (UK GDPR Art 21(1))" in mailbox.text()
    assert not standing.facts("larch", person).restricted
    assert {one.stop: one.state for one in amend.switches("larch", frozenset({person}))} == said
    assert requests.detail("larch", reference) == {}


def test_a_refused_erasure_erases_nothing_and_the_data_can_be_used_again(person: int, mailbox: Mailbox) -> None:
    reference, _ = erase.want("larch", person, frozenset({person}))
    assert standing.facts("larch", person).restricted
    decided(reference, "refuse", "legal claims")
    assert "needed for legal claims (UK GDPR Art 17(3)(e))" in mailbox.text()
    assert not standing.facts("larch", person).restricted and state(reference) == ("closed", refusing.REFUSED)
    assert "a red glove" in {one.value for one in access.gather("larch", person, frozenset({person})).lines}


def test_an_erasure_that_has_begun_is_not_refused_any_more(person: int) -> None:
    reference = asked(person, "erase")
    erasure.erase("larch", person, reference)
    work()
    requests.RequestRow.objects.filter(reference=reference).update(state="open")
    with pytest.raises(Trouble) as found:
        propose(reference, "refuse", "legal claims")
    assert found.value.code == "erased-already"


def test_an_erasure_that_can_still_be_taken_back_can_be_refused(patient: str, mailbox: Mailbox) -> None:
    one = walker(patient, ADA, "Ada")
    proved = identity.Proved(purpose="erase", client=patient, person=one, persons=frozenset({one}), address=ADA)
    reference = erase.confirm(proved)
    number = refusing.propose(patient, reference, "refuse", ground="legal claims", because=WHY, by=ONE)
    refusing.second(patient, number, by=TWO, agree=True)
    work()
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        work()
    assert erasure.progress(patient, reference) is None and not standing.facts(patient, one).restricted


# The clock --------------------------------------------------------------------------------------------------------


def test_an_extension_is_told_with_its_reasons_within_the_month_and_adds_two(person: int, mailbox: Mailbox) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC), tick=False) as clock:
        reference = asked(person)
        propose(reference, "extend", "complex")
        work()
        found = requests.find("larch", reference)
        assert found is not None and found.due.date() == dt.date(2027, 3, 1), "law.md, vector 16"
        assert "by 1 March 2027 and not by 30 December 2026" in mailbox.text() and WHY in mailbox.text()
        assert all(way in mailbox.text() for way in COURT)
        with pytest.raises(Trouble) as twice:
            propose(reference, "extend", "complex")
        assert twice.value.code == "decided-already"
        late = asked(person, "erase")
        clock.shift(dt.timedelta(days=33))
        with pytest.raises(Trouble) as over:
            propose(late, "extend", "complex")
        assert over.value.code == "told-too-late"


def test_a_fee_rests_the_clock_until_it_is_paid_and_the_month_begins_anew(person: int, mailbox: Mailbox) -> None:
    with time_machine.travel(dt.datetime(2026, 9, 4, 9, tzinfo=dt.UTC), tick=False) as clock:
        reference = asked(person)
        number = decided(reference, "fee", "manifestly excessive", pence=1250)
        found = requests.find("larch", reference)
        assert found is not None and found.waits == "fee"
        assert "12.50" in mailbox.text() and "Art 12(5)" in mailbox.text() and all(w in mailbox.text() for w in COURT)
        clock.shift(dt.timedelta(days=14))
        refusing.paid("larch", number, by=ONE, how="bank, 18 September")
        found = requests.find("larch", reference)
        assert found is not None and found.waits == ""
        assert found.due.date() == dt.date(2026, 10, 19), "law.md, vector 21: counted from 18 September"
        with pytest.raises(Trouble):
            refusing.paid("larch", number, by=ONE, how="twice")


@pytest.mark.parametrize(("kind", "ground"), [("fee", "manifestly excessive"), ("extend", "complex")])
def test_what_was_decided_in_time_and_could_not_be_told_by_its_day_is_not_told_and_puts_nothing_off(
    person: int, settings: Any, mailbox: Mailbox, kind: str, ground: str
) -> None:
    """Its letter would say that the request ends unless it is paid, or that the answer has more time: neither is so."""
    there, settings.SMTP = settings.SMTP, ("127.0.0.1", 0)
    reference = asked(person)
    number = propose(reference, kind, ground, pence=1250)
    if kind == "fee":
        refusing.second("larch", number, by=TWO, agree=True)
    first = requests.find("larch", reference)
    work()
    settings.SMTP = there
    with time_machine.travel(timezone.now() + dt.timedelta(days=40), tick=False):
        work()
        found = requests.find("larch", reference)
        assert first is not None and found is not None and (found.due, found.waits) == (first.due, "")
        assert mailbox.letters == [] and requests.tally(timezone.now()) == (1, 1)
        assert refusing.LATE in [step.what for step in found.steps]
        assert [one.state for one in refusing.of("larch", reference)] == ["dropped"]
        with pytest.raises(Trouble):
            refusing.by_hand("larch", number, by=ONE, how="posted today")


def test_a_fee_that_a_hand_tells_after_the_day_is_none_and_the_hand_reads_why(person: int) -> None:
    reference = asked(person)
    number = propose(reference, "fee", pence=1250)
    refusing.second("larch", number, by=TWO, agree=True)
    with time_machine.travel(timezone.now() + dt.timedelta(days=40), tick=False):
        with pytest.raises(Trouble) as found:
            refusing.by_hand("larch", number, by=ONE, how="posted today")
        assert found.value.code == "told-too-late" and state(reference)[0] == "open"
        assert [one.state for one in refusing.of("larch", reference)] == ["dropped"]


def test_a_fee_that_was_told_after_the_day_rests_no_clock_and_ends_no_request(person: int, mailbox: Mailbox) -> None:
    reference = asked(person)
    number = decided(reference, "fee", "manifestly excessive", pence=1250)
    late = timezone.now() + dt.timedelta(days=40)
    Decision.objects.filter(pk=number).update(told=late)  # as one that was told late by an earlier edition of ours
    with time_machine.travel(late, tick=False) as clock:
        reckoning.reckon("larch", reference)
        found = requests.find("larch", reference)
        assert found is not None and found.waits == "" and requests.tally(timezone.now()) == (1, 1)
        clock.shift(refusing.UNPAID + dt.timedelta(hours=1))
        assert refusing.lapse("larch") == 0 and state(reference) == ("open", "")
        refusing.paid("larch", number, by=ONE, how="by bank")
        after = requests.find("larch", reference)
        assert after is not None and (after.due, after.waits) == (found.due, ""), "what was late stays late"


def test_a_fee_stops_no_clock_of_the_european_law(on_disk: Path, tmp_path: Path, mailbox: Mailbox) -> None:
    asks = 'basis: consent, ask: {words: "May we count visits?", again after: 24 months}, of: visitor'
    rests = "basis: legitimate interests, interest: to see which pages help, balance: pages balance, of: visitor"
    text = LARCH.replace("law: {of: uk,", "law: {of: [uk, eu],").replace(rests, asks)
    client = published("abroad", text.replace(", on device: statistics", ""), tmp_path)
    assert set(editions.in_force(client).plan.law) == {"uk", "eu"}
    person = walker(client, ADA, "Ada")
    reference = requests.open_request(client, person, "access").reference
    before = requests.find(client, reference)
    number = refusing.propose(client, reference, "fee", ground="manifestly excessive", because=WHY, by=ONE, pence=1000)
    refusing.second(client, number, by=TWO, agree=True)
    work()
    after = requests.find(client, reference)
    assert before is not None and after is not None and (after.due, after.waits) == (before.due, "")


def test_a_request_whose_fee_stays_unpaid_ends_as_its_letter_said(person: int, mailbox: Mailbox) -> None:
    reference = asked(person)
    decided(reference, "fee", "manifestly unfounded", pence=500)
    with time_machine.travel(timezone.now() + refusing.UNPAID + dt.timedelta(hours=1), tick=False):
        assert broken() == "" and requests.tally(timezone.now()) == (1, 0), "a clock that rests is not late"
        own.tidy()
    assert state(reference) == ("closed", refusing.LAPSED)


# What is left out -------------------------------------------------------------------------------------------------


def test_what_is_left_out_is_named_with_its_ground_in_every_form_and_comes_back(person: int, mailbox: Mailbox) -> None:
    reference = asked(person)
    number = propose(reference, "withhold", "rights of others", fields=["letter.body"])
    shown = [one.value for one in access.gather("larch", person, frozenset({person})).lines]
    assert "a red glove" in shown, "one person alone hides nothing"
    refusing.second("larch", number, by=TWO, agree=True)
    lines = [one for one in access.gather("larch", person, frozenset({person})).lines if one.field == "letter.body"]
    assert [(one.value, one.can_correct) for one in lines] == [
        ("[not shown: to show it would harm somebody else (UK GDPR Art 15(4))]", False)
    ]
    work()
    assert "We leave this out of the answer" in mailbox.text() and state(reference)[0] == "open"
    refusing.end("larch", number, by=ONE)
    assert "a red glove" in [one.value for one in access.gather("larch", person, frozenset({person})).lines]


def test_what_is_left_out_stays_left_out_when_its_request_is_outlived_and_ends_at_the_desk(
    person: int, mailbox: Mailbox
) -> None:
    reference = asked(person)
    number = decided(reference, "withhold", "rights of others", fields=["letter.body"])
    requests.close("larch", reference, "Answered")
    with time_machine.travel(timezone.now() + dt.timedelta(days=365 * 3 + 40), tick=False):
        own.tidy()
        assert "a red glove" not in [one.value for one in access.gather("larch", person, frozenset({person})).lines]
        refusing.end("larch", number, by=ONE)
        own.tidy()
        assert requests.find("larch", reference) is None and refusing.of("larch", reference) == []


def test_what_was_left_out_of_answers_to_somebody_who_is_gone_goes_with_its_request(
    plain: str, mailbox: Mailbox
) -> None:
    ada = walker(plain, ADA, "Ada", letter="a red glove")
    reference = requests.open_request(plain, ada, "access").reference
    more = {"ground": "rights of others", "because": WHY, "by": ONE, "fields": ["letter.body"]}
    refusing.second(plain, refusing.propose(plain, reference, "withhold", **more), by=TWO, agree=True)
    requests.close(plain, reference, "Answered")
    erasure.erase(plain, ada, requests.open_request(plain, ada, "erase").reference)
    work()
    with time_machine.travel(timezone.now() + dt.timedelta(days=365 * 8), tick=False):
        own.tidy()
        assert requests.find(plain, reference) is None and refusing.of(plain, reference) == []


def test_t23_a_refusal_goes_to_the_address_that_was_shown_last_by_whoever_is_the_same(
    person: int, mailbox: Mailbox
) -> None:
    """An address of long ago may be somebody else's by now, also where the newer one came with another account."""
    with time_machine.travel(timezone.now() + dt.timedelta(days=400), tick=False) as clock:
        other = walker("larch", ADA, "Ada")
        clock.shift(dt.timedelta(days=1))
        identities.attach("larch", other, "booking.email", "ada@new.example", verified=True)
        decided(asked(person))
    assert mailbox.letters[-1][0] == ["ada@new.example"]


# What is promised -------------------------------------------------------------------------------------------------


def test_every_ground_stands_in_the_law_and_no_absolute_right_has_one() -> None:
    import tomllib

    folder = Path(grounds.__file__).parents[1] / "policy" / "law"
    known = {row for law in ("gdpr", "uk", "eu") for row in tomllib.loads((folder / f"{law}.toml").read_text("utf-8"))}
    assert {one.row for one in grounds.GROUNDS.values()} <= known
    assert grounds.of("withdraw", ("uk", "eu")) == grounds.of("complain", ("uk", "eu")) == {}


def test_a_ground_is_cited_by_the_name_of_the_law_of_the_policy() -> None:
    assert grounds.cited("legal claims", ("uk",)) == "UK GDPR Art 17(3)(e)"
    assert grounds.cited("legal claims", ("uk", "eu")) == grounds.cited("legal claims", ("eu",)) == "GDPR Art 17(3)(e)"
    assert grounds.cited("legal privilege", ("uk",)) == "DPA 2018 Sch 2"


def test_every_ground_and_every_step_is_said_in_each_language() -> None:
    steps = [*refusing.PROPOSED.values(), *refusing.AGREED.values(), *refusing.TOLD.values()]
    steps += [refusing.REFUSED, refusing.LAPSED, refusing.LATE, refusing.NOT_AGREED, refusing.AGAIN]
    assert refusing.BY_ONE in texts.pages("fr")
    assert [one for one in steps if one not in texts.written("fr") or len(one) > 60] == []
    assert [one.words for one in grounds.GROUNDS.values() if one.words not in texts.pages("fr")] == []
    assert [one for pair in weighing.SAYS.values() for one in pair if one and one not in texts.pages("fr")] == []


def test_a_request_that_was_refused_by_a_hand_in_the_database_is_found(person: int) -> None:
    reference = asked(person)
    requests.close("larch", reference, refusing.REFUSED)
    assert "without a decision" in broken()


def test_a_decision_that_one_person_forced_through_is_found(person: int, mailbox: Mailbox) -> None:
    reference = asked(person)
    decided(reference)
    refusing.Decision.objects.update(second=ONE)
    assert "one person alone" in broken()
    refusing.Decision.objects.update(second=TWO, ground="we like to")
    assert "no ground" in broken()


def test_a_decision_goes_with_its_request(person: int, mailbox: Mailbox) -> None:
    reference = asked(person)
    decided(reference)
    with time_machine.travel(timezone.now() + dt.timedelta(days=365 * 8), tick=False):
        own.tidy()
    assert requests.find("larch", reference) is None and refusing.of("larch", reference) == []


def test_the_command_does_what_the_desk_does(person: int, mailbox: Mailbox, capsys: Any) -> None:
    for who in ("one@larch.example", "two@larch.example"):
        staff.add(who, "larch", "privacy desk")
    reference = asked(person)
    about = ["decide", "propose", "--client", "larch", "--request", reference, "--what", "refuse"]
    about += ["--because", WHY, "--by", "one@larch.example", "--json"]
    assert main([*about, "--ground", "we like to"]) == 2
    assert "manifestly excessive" in json.loads(capsys.readouterr().out)["trouble"]["help"]
    assert main([*about, "--ground", "manifestly excessive"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["decisions"]
    assert (one["request"], one["state"]) == (reference, "waits")
    agree = ["decide", "agree", "--client", "larch", "--number", str(one["number"]), "--json", "--by"]
    assert main([*agree, "one@larch.example"]) == 2
    capsys.readouterr()
    assert main([*agree, "two@larch.example"]) == 0
    work()
    assert state(reference)[0] == "closed"
    capsys.readouterr()
    assert main(["decide", "list", "--client", "larch", "--request", reference]) == 0
    assert f"{reference}, refuse, manifestly excessive: told" in capsys.readouterr().out


def test_the_list_of_decisions_says_which_letter_goes_by_hand(walks: str, mailbox: Mailbox, capsys: Any) -> None:
    reference = asked(walker(walks, ADA, "Ada", verified=False))
    number = decided(reference)
    assert main(["decide", "list", "--client", walks]) == 0
    assert "decided, and its letter goes by hand" in capsys.readouterr().out
    assert main(["decide", "list", "--client", walks, "--json"]) == 0
    assert [one["by_hand"] for one in json.loads(capsys.readouterr().out)["decisions"]] == [True]
    refusing.by_hand(walks, number, by=ONE, how="posted, signed for")
    assert main(["decide", "list", "--client", walks, "--request", reference]) == 0
    assert capsys.readouterr().out.rstrip().endswith(": told")


def test_asked_again_it_is_the_same_request(person: int) -> None:
    first = amend.stop("larch", visitor(person), "restrict", "It is wrong.")
    again = amend.stop("larch", visitor(person), "restrict", "It is still wrong.")
    assert first.reference == again.reference
    assert requests.detail("larch", first.reference)["why"] == "It is still wrong."
