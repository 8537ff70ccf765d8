"""A second person agrees to a hold: nothing is said to be erased before it was, and nothing ends but what nobody
agreed to (UK GDPR Art 12(3), 17(3))."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import Mailbox, walker, work

from troth.answer import erase, identity, letters, refusing, requests
from troth.cli import main
from troth.keep import erasure, holds, sweep
from troth.parties import staff
from troth.people import standing
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
ADA, ONE, TWO = "ada@quill.example", "a" * 16, "b" * 16
HOLD = "holds:\n  a court case: {data: letter.*, needs: matter, review: 6 months, because: A court asked}\n"


@pytest.fixture
def slow(on_disk: Path, tmp_path: Path) -> str:
    """Letters can be put on hold, and an erasure can be taken back for seven days."""
    text = LARCH.replace(LAW, "").replace("undo: none", "undo: 7 days")
    return published("slow", text.replace("cookies: none", HOLD + "cookies: none"), tmp_path)


@pytest.fixture
def ada(slow: str) -> int:
    return walker(slow, ADA, "Ada", letter="a red glove")


def confirmed(client: str, person: int) -> str:
    of = identity.Proved(purpose="erase", client=client, person=person, persons=frozenset({person}), address=ADA)
    return erase.confirm(of)


def state(client: str, reference: str) -> str:
    found = requests.find(client, reference)
    assert found is not None
    return found.state


def test_t33_agreeing_to_a_hold_says_nothing_of_an_erasure_that_has_not_begun(
    slow: str, ada: int, mailbox: Mailbox
) -> None:
    number = holds.place(slow, ada, "a court case", by=ONE)
    reference = confirmed(slow, ada)
    holds.agree(slow, number, by=TWO)
    work()
    assert state(slow, reference) == "open" and mailbox.letters == []
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        work()
        assert state(slow, reference) == "closed" and "a hold stands over it" in mailbox.text()


def test_t33_an_erasure_whose_end_was_not_told_when_the_second_agreed_is_told_by_the_sweep(
    slow: str, ada: int, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two: it was agreed, and nobody was told."""
    number = holds.place(slow, ada, "a court case", by=ONE)
    reference = confirmed(slow, ada)
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        work()
        with monkeypatch.context() as killed:
            killed.setattr(erasure, "say", lambda client, reference: None)
            holds.agree(slow, number, by=TWO)
        assert state(slow, reference) == "open"
        sweep.sweep(client=slow, confirm=True)
        work()
        assert state(slow, reference) == "closed" and len(mailbox.letters) == 1
        sweep.sweep(client=slow, confirm=True)
        work()
        assert len(mailbox.letters) == 1


def test_t33_a_hold_that_lapses_ends_no_other_of_its_name(slow: str, ada: int, mailbox: Mailbox) -> None:
    agreed = holds.place(slow, ada, "a court case", by=ONE, ground="the first court")
    holds.place(slow, ada, "a court case", by=TWO, ground="another court")
    confirmed(slow, ada)
    holds.agree(slow, agreed, by=TWO)
    holds.lapse(slow)
    with time_machine.travel(timezone.now() + holds.ALONE + dt.timedelta(hours=1), tick=False):
        assert holds.lapse(slow) == 1
        stand = [one for one in standing.of(slow, ada) if one.kind == "hold"]
        assert [one.ground for one in stand] == ["the first court"]


def test_t33_in_a_firm_of_one_a_hold_is_looked_at_again_on_a_later_day_and_the_letter_says_so(
    slow: str, ada: int, mailbox: Mailbox
) -> None:
    staff.add("one@larch.example", slow, "privacy desk")
    me = staff.ref_of("one@larch.example", slow)
    number = holds.place(slow, ada, "a court case", by=me)
    reference = confirmed(slow, ada)
    with pytest.raises(Trouble) as found:
        holds.agree(slow, number, by=me)
    assert "on a later day" in found.value.help
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        work()
        holds.agree(slow, number, by=me)
        work()
        assert state(slow, reference) == "closed" and refusing.BY_ONE in mailbox.text()
        assert refusing.BY_ONE in letters.as_html(slow, reference)


EVERYTHING = HOLD.replace("letter.*", '["booking.*", "letter.*"]')


@pytest.mark.parametrize(
    ("before", "heading", "outcome"),
    [
        ("", "We have erased what we held about you", "Erased"),
        (HOLD, "We have erased what we held about you, but for what must stay", "Erased, but for what must stay"),
        (EVERYTHING, "What we hold about you must stay", "Nothing was erased: it must stay"),
    ],
)
def test_the_letter_its_heading_and_the_list_of_requests_say_no_more_than_was_erased(
    on_disk: Path, tmp_path: Path, mailbox: Mailbox, before: str, heading: str, outcome: str
) -> None:
    text = LARCH.replace(LAW, "").replace("cookies: none", before + "cookies: none")
    client = published("kept", text, tmp_path)
    person = walker(client, ADA, "Ada", letter="a red glove")
    if before:
        holds.agree(client, holds.place(client, person, "a court case", by=ONE), by=TWO)
    reference = confirmed(client, person)
    work()
    assert state(client, reference) == "closed" and letters.context(client, reference)["heading"] == heading
    asked = requests.find(client, reference)
    assert asked is not None and asked.outcome == asked.steps[-1].what == outcome
    page, mail = letters.as_html(client, reference), mailbox.text().replace("\r\n", "\n")
    assert f"<h1>{heading}</h1>" in page and f"\n{heading}\n" in mail
    none = "None of it could go: it is named below, with the reasons."
    assert (none in page, none in mail) == (before == EVERYTHING, before == EVERYTHING)
    assert "It is done" not in page or before != EVERYTHING


def test_t33_what_two_people_hold_is_said_of_no_one_alone(slow: str, ada: int, mailbox: Mailbox) -> None:
    number = holds.place(slow, ada, "a court case", by=ONE)
    reference = confirmed(slow, ada)
    holds.agree(slow, number, by=TWO)
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        work()
        assert "a hold stands over it" in mailbox.text() and refusing.BY_ONE not in letters.as_text(slow, reference)


def test_who_agreed_to_a_hold_is_forgotten_a_year_after_it_ended(slow: str, ada: int) -> None:
    first = holds.place(slow, ada, "a court case", by=ONE)
    holds.agree(slow, first, by=TWO)
    with time_machine.travel(timezone.now() + dt.timedelta(days=900), tick=False) as clock:
        assert holds.tidy(slow) == 0, "it stands"
        holds.lift(slow, ada, "a court case", by=ONE)
        clock.shift(dt.timedelta(days=300))
        assert holds.tidy(slow) == 0
        clock.shift(dt.timedelta(days=100))
        assert holds.tidy(slow) == 1 and holds.agreed(slow) == {}


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = main(["answer", "erase", "--client", "held", "--by", "one@larch.example", "--json", *words])
    return code, dict(json.loads(capsys.readouterr().out))


def test_t33_the_command_writes_no_letter_of_what_stays_on_one_word_and_has_it_when_a_second_agreed(
    held: str, tmp_path: Path, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    for who in ("one@larch.example", "two@larch.example"):
        staff.add(who, held, "privacy desk")
    person = walker(held, ADA, "Ada", letter="a red glove")
    number = holds.place(held, person, "a court case", by=staff.ref_of("one@larch.example", held))
    out = tmp_path / "out"
    known = ("--identity", f"email={ADA}", "--because", "passport", "--out", str(out))
    code, data = command(capsys, *known)
    assert (code, data["ok"], data["waits_for"], data["files"]) == (3, False, "a second person", [])
    reference = data["reference"]
    assert state(held, reference) == "open" and list(out.iterdir()) == []
    with pytest.raises(Trouble) as found:
        letters.must(held, reference)
    assert found.value.exit == 3 and "a second person" in found.value.sentence
    for page in (letters.as_text(held, reference), letters.as_html(held, reference)):
        assert "hold" not in page.replace("held", "") and "It is not done yet" in page
    assert command(capsys, "--request", reference, "--out", str(out))[0] == 3
    holds.agree(held, number, by=staff.ref_of("two@larch.example", held))
    code, data = command(capsys, "--request", reference, "--out", str(out))
    assert (code, data["waits_for"]) == (0, "") and state(held, reference) == "closed"
    assert "a hold stands over it" in next(out.glob("*-letter.txt")).read_text()


@pytest.mark.parametrize("words", [("--request", "E-1999-0001"), ("--identity", f"email={ADA}"), ("--because", "x")])
def test_an_answer_that_lacks_whom_or_how_or_names_no_erasure_says_so(
    held: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    staff.add("one@larch.example", held, "privacy desk")
    walker(held, ADA, "Ada")
    code, data = command(capsys, *words)
    assert code == 2 and data["trouble"]["help"] and requests.of_client(held) == []
