"""A request by post, by telephone or through somebody else: its day, its clock, a fitting check (Art 12, 12A)."""

from __future__ import annotations

import datetime as dt
import json
import threading
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.utils import timezone
from tests.answer.houses import LARCH, published
from tests.answer.planting import Mailbox, say, walker, work

from troth.answer import acting, amend, erase, heard, own, questions, reading, reckoning, refusing, requests
from troth.answer.models import Heard, RequestRow
from troth.cli import main
from troth.keep import erasure
from troth.parties import staff
from troth.people import choices, standing
from troth.policy.problems import Trouble
from troth.prove import report

pytestmark = pytest.mark.django_db(transaction=True)
ADA, BEN, ONE, TWO = "ada@quill.example", "ben@reed.example", "a" * 16, "b" * 16
POST = "12 Mill Lane, Wells"


@pytest.fixture
def ada(walks: str) -> int:
    return walker(walks, ADA, "Ada", letter="a red glove")


def entered(**more: Any) -> heard.Entered:
    first: dict[str, Any] = {"right": "access", "way": "post", "came": timezone.localdate(), "asker": "A. Quill"}
    return heard.Entered(**(first | {"known": f"email={ADA}", "post": POST} | more))


def registered(client: str = "larch", **more: Any) -> str:
    return heard.register(client, entered(**more), by=ONE)


def found(reference: str) -> requests.Request:
    one = requests.find("larch", reference)
    assert one is not None
    return one


def due(reference: str) -> dt.date:
    return timezone.localtime(found(reference).due).date()


def shown(reference: str) -> str:
    heard.show("larch", reference, "who", how="called back on the number that we hold", by=ONE)
    return reference


def broken() -> str:
    found = {one.promise: " ".join(one.breaches) for one in report.run("larch").findings if one.state == "broken"}
    return found.get("always/every channel is heard", "")


def raw() -> bytes:
    rows = [bytes(row.detail or b"") for row in RequestRow.objects.all()]
    return b"".join(rows) + repr([*RequestRow.objects.values_list(), *Heard.objects.values_list()]).encode()


# The day and the clock --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "came", "questions_", "answer_by"),
    [
        ("access", "2026-11-22", [], "2026-12-22"),
        ("erase", "2026-01-31", [], "2026-03-02"),
        ("access", "2026-12-01", [], "2027-01-04"),
        ("access", "2026-09-03", [("scope", "2026-09-07", "2026-09-10")], "2026-10-07"),
        ("access", "2026-09-03", [("scope", "2026-09-03", "2026-09-05")], "2026-10-05"),
        ("access", "2026-09-03", [("scope", "2026-09-07", "2026-09-10"), ("scope", "2026-09-09", "2026-09-14")], ""),
        ("access", "2026-09-03", [("identity", "2026-09-04", "2026-09-18")], "2026-10-19"),
        ("erase", "2026-09-03", [("authority", "2026-09-04", "2026-09-18")], "2026-10-19"),
    ],
)
def test_the_laws_vectors_hold_for_what_came_another_way(
    ada: int, right: str, came: str, questions_: list[tuple[str, str, str]], answer_by: str
) -> None:
    day = dt.date.fromisoformat(came)
    with time_machine.travel(dt.datetime.combine(day, dt.time(15), dt.UTC), tick=False) as clock:
        reference = registered(right=right, came=day, through="solicitor", whom="Ada Quill")
        for what, asked, answered in questions_:
            first, last = dt.date.fromisoformat(asked), dt.date.fromisoformat(answered)
            if any(one.what == what and one.answered is None for one in reckoning.of("larch", reference)):
                continue
            clock.move_to(dt.datetime.combine(last, dt.time(12), dt.UTC))
            questions.ask("larch", reference, what, words="Which?", doubt="Much is held.", by=ONE, on=first)
            questions.answered("larch", reference, what, on=last, by=ONE)
        assert due(reference) == dt.date.fromisoformat(answer_by or "2026-10-12"), "law.md §4"


def test_an_erasure_is_not_paused_by_a_question_what_is_wanted(ada: int) -> None:
    reference = registered(right="erase")
    with pytest.raises(Trouble) as no:
        questions.ask("larch", reference, "scope", words="Which?", doubt="Much.", by=ONE, on=timezone.localdate())
    assert no.value.code == "no-question", "law.md, vector 24"


def test_what_came_three_weeks_ago_has_a_clock_that_runs_since_then(ada: int) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False) as clock:
        reference = registered(came=dt.date(2026, 11, 3), way="email")
        assert due(reference) == dt.date(2026, 12, 3) and found(reference).opened.date() == dt.date(2026, 11, 3)
        assert found(reference).steps[0].what == "You asked; it came on 3 November 2026 (email)"
        assert requests.tally(timezone.now()) == (1, 0)
        clock.move_to(dt.datetime(2026, 12, 4, 9, tzinfo=dt.UTC))
        assert requests.tally(timezone.now()) == (1, 1), "overdue from the day on which it came"


def test_while_proof_is_awaited_the_clock_rests_and_then_begins_anew(ada: int) -> None:
    with time_machine.travel(dt.datetime(2026, 9, 4, 9, tzinfo=dt.UTC), tick=False) as clock:
        reference = registered(came=dt.date(2026, 9, 3))
        questions.ask(
            "larch", reference, "identity", words="Who?", doubt="Another name.", by=ONE, on=dt.date(2026, 9, 4)
        )
        assert found(reference).waits == "proof" and due(reference) == dt.date(2026, 10, 5)
        clock.move_to(dt.datetime(2026, 9, 18, 9, tzinfo=dt.UTC))
        questions.answered("larch", reference, "identity", on=dt.date(2026, 9, 18), by=ONE)
        assert found(reference).waits == "" and due(reference) == dt.date(2026, 10, 19)


@pytest.mark.parametrize("what", ["identity", "scope"])
def test_a_question_that_goes_out_when_the_month_is_over_rests_no_clock_and_its_letter_says_nothing_else(
    ada: int, mailbox: Mailbox, what: str
) -> None:
    with time_machine.travel(dt.datetime(2026, 9, 3, 9, tzinfo=dt.UTC), tick=False) as clock:
        reference = registered(address=ADA)
        first = due(reference)
        clock.shift(dt.timedelta(days=45))
        questions.ask("larch", reference, what, words="Which walk?", doubt="Two Adas.", by=ONE)
        work()
        assert (due(reference), found(reference).waits) == (first, "") and requests.tally(timezone.now()) == (1, 1)
        assert "Which walk?" in mailbox.text()
        assert "month begins" not in mailbox.text() and "do not count" not in mailbox.text()
        clock.shift(dt.timedelta(days=2))
        questions.answered("larch", reference, what, on=timezone.localdate(), by=ONE)
        assert due(reference) == first, "law.md: what is asked when the time is over changes nothing"


def test_who_never_showed_that_they_may_ask_for_another_gets_the_letter_that_says_nothing(ada: int) -> None:
    reference = shown(registered(through="solicitor", whom="Ada"))
    today = timezone.localdate()
    with pytest.raises(Trouble):
        acting.nothing_went("larch", reference, "post", by=ONE)
    questions.ask("larch", reference, "authority", words="Are you theirs?", doubt="Unsigned.", by=ONE, on=today)
    with time_machine.travel(timezone.now() + reckoning.UNANSWERED + dt.timedelta(days=1), tick=False):
        acting.nothing_went("larch", reference, "post", by=ONE)
    assert found(reference).outcome == heard.NOTHING and requests.detail("larch", reference) == {}
    both = shown(registered(through="solicitor", whom="Ada", another=True))
    heard.show("larch", both, "may", how="signed authority", by=ONE)
    with pytest.raises(Trouble):
        acting.nothing_went("larch", both, "post", by=ONE)


def test_under_european_law_no_question_stops_the_clock(on_disk: Path, tmp_path: Path) -> None:
    asks = 'basis: consent, ask: {words: "May we count visits?", again after: 24 months}, of: visitor'
    rests = "basis: legitimate interests, interest: to see which pages help, balance: pages balance, of: visitor"
    text = LARCH.replace("law: {of: uk,", "law: {of: [uk, eu],").replace(rests, asks)
    client = published("abroad", text.replace(", on device: statistics", ""), tmp_path)
    walker(client, ADA, "Ada")
    reference = registered(client)
    before = requests.find(client, reference)
    questions.ask(client, reference, "identity", words="Who?", doubt="Another name.", by=ONE, on=timezone.localdate())
    after = requests.find(client, reference)
    assert before is not None and after is not None and (after.due, after.waits) == (before.due, "")
    assert "The month begins" not in questions.letter(client, reference, "identity")[1]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"came": "tomorrow"}, "wrong-day"),
        ({"came": "long ago"}, "wrong-day"),
        ({"right": "forget"}, "no-right"),
        ({"way": "pigeon"}, "no-way"),
        ({"through": "neighbour"}, "no-way"),
        ({"through": "agent"}, "no-asker"),
        ({"asker": "  "}, "no-asker"),
        ({"address": "not an address"}, "no-address"),
        ({"post": ""}, "no-address"),
        ({"why": "x" * 4001}, "too-long"),
        ({"known": "Ada"}, "wrong-identity"),
        ({"known": "booking.walk=Mendip"}, "wrong-identity"),
        ({"language": "tlh"}, "no-language"),
    ],
)
def test_what_lacks_a_day_a_way_or_an_asker_is_not_written_down_and_says_what(
    ada: int, more: dict[str, Any], code: str
) -> None:
    days = {"tomorrow": timezone.localdate() + dt.timedelta(days=1), "long ago": dt.date(2020, 1, 1)}
    more = more | ({"came": days[more["came"]]} if "came" in more else {})
    with pytest.raises(Trouble) as no:
        registered(**more)
    assert no.value.code == code and no.value.help and not RequestRow.objects.exists()


@pytest.mark.parametrize(("asked", "answered"), [(-5, 0), (1, 1), (0, -1), (0, 1)])
def test_a_question_is_asked_after_the_request_and_answered_after_the_question(
    ada: int, asked: int, answered: int
) -> None:
    today, day = timezone.localdate(), dt.timedelta(days=1)
    reference = registered(came=today - day)
    with pytest.raises(Trouble) as no:
        questions.ask("larch", reference, "identity", words="Who?", doubt="Why.", by=ONE, on=today + asked * day)
        questions.answered("larch", reference, "identity", on=today + answered * day, by=ONE)
    assert no.value.code == "wrong-day"


# Registering ------------------------------------------------------------------------------------------------------


def test_t14_what_staff_typed_is_sealed_and_in_no_row_and_no_entry(ada: int) -> None:
    reference = registered(asker="Zebedee Quill", why="the blue umbrella", whom="Ada", through="agent")
    from troth.ledger.models import Entry

    everything = raw() + repr(list(Entry.objects.values_list())).encode()
    for text in ("Zebedee", "umbrella", "Mill Lane", ADA):
        assert text.encode() not in everything, text
    assert dict(heard.written("larch", reference, actor=ONE))["what they wrote"] == "the blue umbrella"
    assert found(reference).steps[-1].what == reading.READ, "that it was read is written down"


def test_t29_a_form_of_one_client_is_no_form_of_another_whatever_it_calls_itself(larch: str, tmp_path: Path) -> None:
    other = published("rowan", LARCH, tmp_path)
    first = heard.register(other, entered(known=""), by=ONE, once="same")
    mine = [heard.register(larch, entered(known=""), by=ONE, once="same") for _ in range(2)]
    assert mine[0] == mine[1] != first
    assert requests.find(larch, mine[0]) is not None and requests.find(larch, first) is None


def test_two_clerks_who_register_at_once_get_two_references_and_one_form_sent_twice_is_one(larch: str) -> None:
    got: list[str] = []
    start = threading.Barrier(4)

    def clerk(once: str) -> None:
        start.wait(10)
        got.append(heard.register(larch, entered(known="", asker=once), by=ONE, once=once))
        connections.close_all()

    threads = [threading.Thread(target=clerk, args=(once,)) for once in ("one", "two", "same", "same")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(got) == 4 and len(set(got)) == 3 and RequestRow.objects.count() == Heard.objects.count() == 3


def test_t30_who_asked_for_the_same_before_is_not_given_a_second_one_unawares(ada: int) -> None:
    first = registered()
    with pytest.raises(Trouble) as no:
        registered()
    assert no.value.code == "asked-already" and first in no.value.sentence
    assert registered(another=True) != first


def test_t50_the_other_clients_person_is_nobody_here(ada: int, tmp_path: Path) -> None:
    published("plain", LARCH, tmp_path)
    reference = registered("plain")
    one = requests.find("plain", reference)
    assert one is not None and one.person == 0
    assert heard.of("larch", reference) is None and requests.find("larch", reference) is None


# Nothing before it was seen who it is -----------------------------------------------------------------------------


@pytest.mark.parametrize("right", heard.RIGHTS[:-1])
def test_t21_nothing_is_done_before_it_was_seen_who_they_are(ada: int, right: str) -> None:
    reference = registered(right=right)
    acts = (
        lambda: acting.answer("larch", reference, "html", by=ONE),
        lambda: acting.lines("larch", reference, by=ONE),
        lambda: acting.erase("larch", reference, by=ONE),
        lambda: acting.stop("larch", reference, by=ONE),
        lambda: acting.withdraw("larch", reference, ["x"], by=ONE),
        lambda: acting.went("larch", reference, "post", by=ONE),
    )
    for act in acts:
        with pytest.raises(Trouble) as no:
            act()
        assert no.value.code in ("not-shown", "not-done")
    assert found(reference).state == "open" and not standing.facts("larch", ada).restricted
    assert erasure.progress("larch", reference) is None


def test_who_asks_for_another_shows_that_they_may(ada: int) -> None:
    reference = shown(registered(through="parent", whom="Ada"))
    assert "may ask for them" in heard.missing("larch", reference)
    heard.show("larch", reference, "may", how="birth certificate, seen and given back", by=ONE)
    assert heard.missing("larch", reference) == ""
    assert "a red glove" in acting.answer("larch", reference, "html", by=ONE)[0]


def test_an_open_question_who_it_is_stops_every_act(ada: int) -> None:
    reference = shown(registered())
    questions.ask("larch", reference, "identity", words="Who?", doubt="Two Adas.", by=ONE, on=timezone.localdate())
    assert "have not answered" in heard.missing("larch", reference)
    questions.answered("larch", reference, "identity", on=timezone.localdate(), by=ONE)
    assert heard.missing("larch", reference) == ""


def test_t24_what_we_write_is_the_same_whether_somebody_is_known_or_not(ada: int, mailbox: Mailbox) -> None:
    known, unknown = (all_that_is_written(mailbox, f"email={who}") for who in (ADA, "nobody@quill.example"))
    assert len(known) == 3 and known == unknown


def all_that_is_written(mailbox: Mailbox, known: str) -> list[str]:
    """Every letter to somebody who names an address and never shows who they are, without its reference."""
    mailbox.letters.clear()
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False) as clock:
        reference = registered(known=known, address=BEN, post="")
        work()
        questions.ask("larch", reference, "identity", words="Which walk did you book?", doubt="No proof.", by=ONE)
        work()
        with pytest.raises(Trouble) as early:
            acting.nothing("larch", reference, by=ONE)
        assert early.value.code == "not-asked"
        clock.shift(dt.timedelta(days=31))
        acting.nothing("larch", reference, by=ONE)
        work()
    assert all(to == [BEN] for to, _ in mailbox.letters), "nobody else is written to"
    assert found(reference).outcome == heard.NOTHING and requests.detail("larch", reference) == {}
    return [f"{one['Subject']}\n{one.get_content()}".replace(reference, "REFERENCE") for _, one in mailbox.letters]


def test_t24_a_refusal_says_nothing_of_somebody_who_was_not_shown_to_be_the_asker(ada: int, mailbox: Mailbox) -> None:
    reference = registered(right="erase", address=BEN, post="")
    propose = {"because": "It is not enough.", "by": ONE}
    with pytest.raises(Trouble) as no:
        refusing.propose("larch", reference, "refuse", ground="legal claims", **propose)
    assert no.value.code == "not-shown"
    number = refusing.propose("larch", reference, "refuse", ground="cannot identify", **propose)
    refusing.second("larch", number, by=TWO, agree=True)
    work()
    assert all(to == [BEN] for to, _ in mailbox.letters) and found(reference).outcome == refusing.REFUSED


def test_nobody_found_is_a_request_with_a_clock_that_ends_with_nothing(walks: str) -> None:
    reference = registered(known="", asker="unknown")
    assert found(reference).person == 0 and found(reference).state == "open"
    assert not heard.find("larch", reference, "email=nobody@quill.example", by=ONE)
    with pytest.raises(Trouble) as no:
        acting.nothing("larch", reference, by=ONE)
    assert no.value.code == "no-address"
    acting.nothing_went("larch", reference, "post", by=ONE)
    assert (found(reference).state, found(reference).outcome) == ("closed", heard.NOTHING)


def test_somebody_is_found_later_by_what_they_named(ada: int) -> None:
    reference = registered(known="")
    assert heard.find("larch", reference, f"email={ADA}", by=ONE) and found(reference).person == ada


# The same acts as on the page -------------------------------------------------------------------------------------


def test_an_answer_by_post_is_read_through_the_gate_and_what_was_written_is_forgotten(
    ada: int, mailbox: Mailbox
) -> None:
    reference = shown(registered())
    with pytest.raises(Trouble) as early:
        acting.went("larch", reference, "post", by=ONE)
    assert early.value.code == "not-done"
    body, silent = acting.answer("larch", reference, "html", by=ONE)
    work()
    assert "a red glove" in body and silent == []
    assert "in your name and not on your page" in mailbox.text() and mailbox.letters[-1][0] == [ADA]
    acting.went("larch", reference, "post", by=ONE)
    assert (found(reference).state, found(reference).outcome) == ("closed", "Answered")
    assert requests.detail("larch", reference) == {}


def test_an_erasure_that_was_asked_by_post_goes_through_every_place_and_waits_for_its_letter_to_be_posted(
    ada: int, mailbox: Mailbox
) -> None:
    reference = shown(registered(right="erase"))
    acting.erase("larch", reference, by=ONE)
    assert standing.facts("larch", ada).restricted
    assert "asked, in your name and not on your page, to erase" in mailbox.text()
    work()
    assert found(reference).state == "closed" and requests.detail("larch", reference)["post"] == POST
    acting.went("larch", reference, "post", by=ONE)
    assert requests.detail("larch", reference) == {}


def test_an_erasure_that_was_asked_by_email_sends_its_letter_by_itself(ada: int, mailbox: Mailbox) -> None:
    reference = shown(registered(right="erase", address=ADA, post=""))
    acting.erase("larch", reference, by=ONE)
    work()
    assert "erased" in mailbox.letters[-1][1]["Subject"] and mailbox.letters[-1][0] == [ADA]
    assert requests.detail("larch", reference) == {}


def test_an_erasure_by_post_is_not_ended_because_nobody_confirmed_it_on_the_page(ada: int) -> None:
    reference = registered(right="erase", came=timezone.localdate() - dt.timedelta(days=20))
    assert erase.lapse("larch") == 0 and own.tidy() >= 0 and found(reference).state == "open"


def test_a_value_is_corrected_where_it_lives(ada: int) -> None:
    reference = shown(registered(right="rectify"))
    lines = acting.lines("larch", reference, by=ONE)
    assert lines and not any(one.field == "booking.email" for one in lines)
    name = next(one for one in lines if one.field == "booking.name")
    assert acting.correct("larch", reference, name.id, "Adah", by=ONE).state == "changed"
    assert "Adah" in {one.value for one in acting.lines("larch", reference, by=ONE)}
    acting.went("larch", reference, "telephone", by=ONE)
    assert found(reference).state == "closed"


def test_who_asks_on_their_page_to_be_erased_while_a_letter_of_theirs_waits_is_not_used_from_then(
    ada: int, mailbox: Mailbox
) -> None:
    """The letter may be of somebody else, and ends in its own way: what the page shut would stay shut for good."""
    letter = registered(right="erase")
    reference, _ = erase.want("larch", ada, frozenset({ada}))
    assert standing.facts("larch", ada).restricted and erase.unconfirmed("larch", found(reference))
    assert erase.want("larch", ada, frozenset({ada}))[0] == reference
    with time_machine.travel(timezone.now() + erase.UNCONFIRMED + dt.timedelta(hours=1), tick=False):
        erase.lapse("larch")
    assert not standing.facts("larch", ada).restricted and found(reference).state == "closed"
    acting.erase("larch", shown(letter), by=ONE)
    assert erase.want("larch", ada, frozenset({ada}))[0] == letter, "which a hand has begun: it is not begun twice"


@pytest.mark.parametrize("right", ["object", "restrict"])
def test_an_objection_by_telephone_stops_the_use_at_once_and_is_weighed(ada: int, mailbox: Mailbox, right: str) -> None:
    reference = shown(registered(right=right, way="telephone", why="No more."))
    acting.stop("larch", reference, by=ONE)
    assert {one.how for one in choices.of("larch", ada)} == ({amend.ANOTHER_WAY} if right == "object" else set())
    assert standing.facts("larch", ada).restricted
    acting.went("larch", reference, "telephone", by=ONE)
    assert found(reference).state == "closed" and standing.facts("larch", ada).restricted


def test_a_choice_is_withdrawn_by_post(ada: int) -> None:
    say("larch", ada, True)
    reference = shown(registered(right="withdraw"))
    keys = [one.key for one in acting.choices("larch", reference) if one.state]
    assert acting.withdraw("larch", reference, keys, by=ONE) == len(keys) > 0
    assert not [one for one in amend.switches("larch", frozenset({ada})) if one.state and one.opens]
    acting.went("larch", reference, "post", by=ONE)
    assert found(reference).outcome == "Your choice is changed"


def test_with_its_request_goes_what_was_noted_of_it(ada: int) -> None:
    reference = registered(known="")
    acting.nothing_went("larch", reference, "post", by=ONE)
    with time_machine.travel(timezone.now() + dt.timedelta(days=365 * 8), tick=False):
        own.tidy()
    assert not Heard.objects.exists() and not reckoning.of("larch", reference)


# The promise ------------------------------------------------------------------------------------------------------


def test_the_promise_is_kept_while_every_request_has_its_day_and_broken_when_it_is_late(ada: int) -> None:
    assert broken() == ""
    reference = registered(came=timezone.localdate() - dt.timedelta(days=21))
    assert broken() == ""
    with time_machine.travel(timezone.now() + dt.timedelta(days=20), tick=False):
        assert "late" in broken()
    acting.answer("larch", shown(reference), "html", by=ONE)
    acting.went("larch", reference, "post", by=ONE)
    assert broken() == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"opened": timezone.now()}, "not counted from the day"),
        ({"due": timezone.now() + dt.timedelta(days=90)}, "later day than the law"),
        ({"waits": "proof"}, "later day than the law"),
    ],
)
def test_a_day_that_was_moved_behind_the_clock_is_found(ada: int, change: dict[str, Any], said: str) -> None:
    reference = registered(came=timezone.localdate() - dt.timedelta(days=9))
    RequestRow.objects.filter(reference=reference).update(**change)
    assert said in broken()


def test_an_answer_that_nobody_posts_and_a_question_that_nobody_answers_are_found(ada: int, mailbox: Mailbox) -> None:
    erased = shown(registered(right="erase"))
    acting.erase("larch", erased, by=ONE)
    work()
    asked = registered(right="access", known="")
    questions.ask("larch", asked, "identity", words="Who?", doubt="No name.", by=ONE, on=timezone.localdate())
    assert broken() == ""
    with time_machine.travel(timezone.now() + dt.timedelta(days=70), tick=False):
        assert "nobody posted it" in broken() and "nobody answered for two months" in broken()


def test_an_answer_before_anybody_looked_who_asks_is_found(ada: int) -> None:
    reference = shown(registered())
    acting.answer("larch", reference, "html", by=ONE)
    acting.went("larch", reference, "post", by=ONE)
    assert broken() == ""
    Heard.objects.update(shown=None)
    assert "before it was seen who asks" in broken()


# troth hear -------------------------------------------------------------------------------------------------------


def command(capsys: pytest.CaptureFixture[str], act: str, *more: str) -> tuple[int, dict[str, Any]]:
    code = main(["hear", act, "--client", "larch", "--by", "clerk@larch.example", *more, "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, told


def test_the_command_does_what_the_desk_does(
    ada: int, mailbox: Mailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    staff.add("clerk@larch.example", "larch", "privacy desk")
    day = (timezone.localdate() - dt.timedelta(days=21)).isoformat()
    typed = ("--right", "access", "--way", "post", "--on", day, "--asker", "A. Quill", "--post", POST)
    code, told = command(capsys, "register", *typed, "--identity", f"email={ADA}", "--wrote", "What do you hold?")
    (one,) = told["requests"]
    assert (code, told["command"], one["came"], one["waits"]) == (0, "hear", day, "it was not seen yet who they are")
    about = ("--request", one["request"])
    assert command(capsys, "read", *about)[1]["written"]["what they wrote"] == "What do you hold?"
    assert command(capsys, "file", *about)[1]["trouble"]["code"] == "not-shown"
    command(capsys, "ask", *about, "--what", "identity", "--words", "Who?", "--because", "No name.", "--on", day)
    command(capsys, "answered", *about, "--what", "identity", "--on", day)
    command(capsys, "shown", *about, "--because", "called back")
    code, told = command(capsys, "file", *about, "--out", str(tmp_path / "out"))
    assert (code, told["not_answered"]) == (0, [])
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == f"{one['request']}-answer.html" and "a red glove" in file.read_text()
    assert main(["hear", "read", "--client", "larch", "--by", "clerk@larch.example", *about]) == 0
    read = capsys.readouterr().out
    assert "  written: what they wrote: What do you hold?\n" in read and "{" not in read
    assert command(capsys, "went", *about, "--way", "post")[1]["requests"][0]["state"] == "closed"
    assert command(capsys, "list")[1]["requests"] == []


@pytest.mark.parametrize(
    ("act", "more", "code"),
    [
        ("register", ("--right", "access", "--way", "post", "--on", "soon", "--asker", "A"), "wrong-day"),
        ("went", ("--request", "A-2020-0001", "--way", "post"), "no-request"),
        ("read", (), "no-request"),
    ],
)
def test_the_command_says_what_is_wrong(
    ada: int, act: str, more: tuple[str, ...], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    staff.add("clerk@larch.example", "larch", "privacy desk")
    status, told = command(capsys, act, *more)
    assert (status, told["trouble"]["code"]) == (2, code)
