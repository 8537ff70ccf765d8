"""An erasure that is stopped, doubled, overtaken by a new edition or held is told as what it is."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import walker, work

from troth.keep import erasure, holds, sweep, where
from troth.keep.models import Erasure, Task
from troth.keep.stores import ByHand, Values
from troth.parties import editions
from troth.people import store
from troth.places.kinds import Found, Item, NotAnswered, Receipt
from troth.work import queue

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"
STAFF = "5ec0ffee00000001"  # as the ledger knows them
HAND = "  cupboard: {kind: by hand, holds: booking.name, in: GB}\n"


@pytest.fixture
def cupboard(on_disk: Path, tmp_path: Path) -> str:
    """There is a cupboard that no program can open."""
    return published("larch", LARCH.replace(LAW, "").replace("papers:\n", HAND + "papers:\n", 1), tmp_path)


def edition(name: str, text: str, folder: Path) -> None:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    editions.publish(name, path, replaces=editions.in_force(name).source_hash, by="")


def begun(client: str, letter: str = "a red glove") -> tuple[int, int]:
    person = walker(client, ADA, "Ada", letter=letter)
    return person, erasure.erase(client, person, "E-2026-0001")


def state(client: str) -> erasure.Progress:
    progress = erasure.progress(client, "E-2026-0001")
    assert progress is not None
    return progress


def test_a_cupboard_waits_for_a_hand_and_the_receipt_says_who_claims_it(cupboard: str) -> None:
    person, _ = begun(cupboard)
    work()
    assert store.fields_held(cupboard, person) == frozenset()
    assert state(cupboard).open_places == ["cupboard"] == erasure.hands(cupboard, "E-2026-0001")
    assert erasure.whom(cupboard, "E-2026-0001", actor=STAFF) == (("booking.email", ADA),)
    assert erasure.by_hand(cupboard, "E-2026-0001", "cupboard", by=STAFF, evidence="shredded, slip 7")
    work()
    said = {one.place: one for one in state(cupboard).receipts}["cupboard"]
    assert (said.state, said.how) == ("erased", "said by somebody of ours")
    assert state(cupboard).said == "overwritten" and not state(cupboard).open_places
    assert erasure.evidence(cupboard, "E-2026-0001") == {"cupboard": "shredded, slip 7"}
    assert erasure.whom(cupboard, "E-2026-0001", actor=STAFF) == ()


def test_t33_a_second_person_may_agree_while_a_place_is_silent(on_disk: Path, tmp_path: Path) -> None:
    """The request leads to the holds, and there it is: a silent place may be silent for weeks."""
    hold = "holds:\n  a court case: {data: letter.*, needs: matter, review: 6 months, because: A court asked}\n"
    text = (
        LARCH.replace(LAW, "")
        .replace("papers:\n", HAND + "papers:\n", 1)
        .replace("cookies: none", f"{hold}cookies: none")
    )
    client = published("larch", text, tmp_path)
    person = walker(client, ADA, "Ada", letter="a red glove")
    number = holds.place(client, person, "a court case", by=STAFF)
    erasure.erase(client, person, "E-2026-0001")
    work()
    assert state(client).open_places == ["cupboard"] and holds.unseconded(client, "E-2026-0001")
    assert [(one.stands.id, one.reference) for one in holds.alone(client)] == [(number, "E-2026-0001")]
    holds.agree(client, number, by="5ec0ffee00000002")
    assert holds.alone(client) == [] and not holds.unseconded(client, "E-2026-0001")


def test_a_command_beside_the_server_waits_until_every_place_was_asked_again(
    cupboard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter that is written between the two askings would call each of our own places silent."""
    _, number = begun(cupboard)
    row, looked = Erasure.objects.get(pk=number), list[bool]()

    def elsewhere(kind: str, done: Callable[[], bool], patience: float = 0) -> bool:
        """The server stands just before it asks again, with a place that has not answered; then it ends its turn."""
        Erasure.objects.filter(pk=number).update(step=erasure._ask_places(row))
        Erasure.objects.filter(pk=number).update(step=erasure._destroy_keys(row))
        looked.append(done())
        queue.run_due(kinds=frozenset({kind}))
        looked.append(done())
        return done()

    monkeypatch.setattr(erasure.serving, "alone", lambda: contextlib.nullcontext(False))
    monkeypatch.setattr(erasure.serving, "asked", elsewhere)
    assert erasure.finish(number) and looked == [False, True]
    assert state(cupboard).open_places == ["cupboard"]


def test_an_erasure_that_waits_for_weeks_asks_no_oftener_for_every_night_that_goes_by(cupboard: str) -> None:
    """Each night's sweep takes it up again; that may not leave one more round of asking behind it."""
    _, number = begun(cupboard)
    for night in range(5):
        with time_machine.travel(timezone.now() + dt.timedelta(days=night)):
            sweep.sweep(client=cupboard, confirm=True)
            work()
    assert [kind for kind, *_ in queue.waiting(cupboard)].count("erase") == 1
    assert erasure.by_hand(cupboard, "E-2026-0001", "cupboard", by=STAFF, evidence="shredded")
    work()  # and what a hand did is not waited for
    assert number not in erasure.unfinished()


def test_a_hand_cannot_say_done_for_what_a_program_asks_nor_twice(cupboard: str) -> None:
    begun(cupboard)
    assert not erasure.by_hand(cupboard, "E-2026-0001", "our own store", by=STAFF, evidence="slip 7")
    assert not erasure.by_hand(cupboard, "E-2026-0009", "cupboard", by=STAFF, evidence="slip 7")
    assert not erasure.by_hand(cupboard, "E-2026-0001", "cupboard", by=STAFF, evidence=" "), "how do they know?"
    assert erasure.by_hand(cupboard, "E-2026-0001", "cupboard", by=STAFF, evidence="slip 7")
    assert not erasure.by_hand(cupboard, "E-2026-0001", "cupboard", by=STAFF, evidence="slip 7")


def test_what_staff_wrote_of_a_hand_goes_with_the_request(cupboard: str, settings: Any) -> None:
    begun(cupboard)
    erasure.by_hand(cupboard, "E-2026-0001", "cupboard", by=STAFF, evidence="slip 7")
    work()
    erasure.forget(cupboard, "E-2026-0001")
    assert erasure.progress(cupboard, "E-2026-0001") is None and not Task.objects.exists()


def test_a_place_that_a_later_edition_names_is_asked_too(plain: str, tmp_path: Path) -> None:
    person, number = begun(plain)
    text = (tmp_path / "plain.yaml").read_text()
    edition(plain, text.replace("papers:\n", HAND + "papers:\n", 1), tmp_path)
    assert erasure.run(number) is False
    assert state(plain).open_places == ["cupboard"]
    assert store.fields_held(plain, person) == frozenset()


def test_a_place_that_a_later_edition_drops_waits_for_a_hand_and_is_never_called_done(
    cupboard: str, tmp_path: Path
) -> None:
    _, number = begun(cupboard)
    edition(cupboard, (tmp_path / "larch.yaml").read_text().replace(HAND, ""), tmp_path)
    assert erasure.run(number) is False
    assert [one.why for one in state(cupboard).receipts if one.place == "cupboard"] == [erasure.NOT_NAMED]
    erasure.by_hand(cupboard, "E-2026-0001", "cupboard", by=STAFF, evidence="empty")
    assert erasure.run(number)


def test_two_who_run_it_at_once_do_not_undo_each_other(plain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes to its end while the first is still asking; the first then writes over nothing."""
    _, number = begun(plain)
    real, seen = erasure._ask_places, list[int]()

    def overtaken(row: erasure.Erasure) -> str:
        if not seen:
            seen.append(1)
            assert erasure.run(number)
        return real(row)

    told: list[str] = []
    monkeypatch.setattr(erasure, "_done", [lambda client, reference: told.append(reference)])
    monkeypatch.setattr(erasure, "_ask_places", overtaken)
    assert erasure.run(number) is False, "somebody else went on with it"
    assert told == ["E-2026-0001"]
    assert state(plain).said == "overwritten"
    counts = {one.place: one.counts for one in state(plain).receipts}
    assert counts["our own store"] == {"rows": 4, "left": 0}


def test_what_is_taken_back_while_a_runner_holds_it_is_not_erased(
    patient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, number = begun(patient)
    real = erasure._pass

    def meanwhile(row: erasure.Erasure, right: str, **more: Any) -> Any:
        token = real(row, right, **more)
        erasure.take_back(patient, "E-2026-0001")
        return token

    monkeypatch.setattr(erasure, "_pass", meanwhile)
    row = erasure.Erasure.objects.get(pk=number)
    place = next(one for one in where.places(patient) if one.name == where.OURS)
    erasure._ask(row, row.tasks.get(place=where.OURS), place)
    assert len(store.fields_held(patient, person)) == 4


def test_what_is_taken_back_while_a_runner_holds_it_is_not_asked_of_an_outside_place(
    cupboard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, number = begun(cupboard)
    real, asked = erasure._pass, list[str]()

    class Outside(ByHand):
        def erase(self, token: Any, client: str, subject: Any) -> Receipt:
            asked.append(self.name)
            return super().erase(token, client, subject)

    def meanwhile(row: erasure.Erasure, right: str, **more: Any) -> Any:
        token = real(row, right, **more)
        assert erasure.take_back(cupboard, "E-2026-0001")
        return token

    monkeypatch.setattr(erasure, "_pass", meanwhile)
    row = erasure.Erasure.objects.get(pk=number)
    erasure._ask(row, row.tasks.get(place="cupboard"), Outside("cupboard", ""))
    assert asked == []


@pytest.mark.parametrize("silent", [True, False])
def test_a_place_that_is_silent_or_not_clean_when_asked_again_is_open(
    silent: bool, plain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, number = begun(plain)
    item = Item(field="booking.name", label="name", value="Ada")
    answer = NotAnswered(Values.name, "Locked.") if silent else Found(Values.name, [item])
    with monkeypatch.context() as patch:
        patch.setattr(Values, "find", lambda *_: answer)
        assert erasure.run(number) is False
        assert Values.name in state(plain).open_places
    assert erasure.run(number)
    assert {one.place: one.state for one in state(plain).receipts}[Values.name] == "erased"


def test_the_label_household_is_no_hold(plain: str) -> None:
    person, number = begun(plain)
    assert erasure.run(number)
    erasure.Erasure.objects.update(kept=b'[{"what":"household","why":"the law makes us keep it","until":""}]')
    holds.resume(plain, person)
    assert state(plain).said == "overwritten"


def test_where_a_hold_keeps_something_outside_we_still_know_whom_to_ask_for_when_it_ends(
    held: str, on_disk: Path
) -> None:
    person = walker(held, ADA, "Ada", letter="a red glove")
    holds.place(held, person, "a court case", by="staff")
    number = erasure.erase(held, person, "E-2026-0001")
    assert erasure.run(number)
    assert erasure.Erasure.objects.get(pk=number).subject is not None
    holds.lift(held, person, "a court case", by="staff")
    work()
    assert erasure.Erasure.objects.get(pk=number).subject is None
    counts = {one.place: one.counts for one in state(held).receipts}
    assert counts["our own store"] == {"rows": 4, "left": 0}


def test_t33_a_hold_that_lapses_at_night_lets_the_erasure_finish_without_a_hand(held: str) -> None:
    person = walker(held, ADA, "Ada", letter="a red glove")
    holds.place(held, person, "a court case", by="staff", until=timezone.now() + dt.timedelta(hours=10))
    erasure.erase(held, person, "E-2026-0001")
    work()
    assert store.fields_held(held, person) == {"letter.body"}
    assert "hold" in str(state(held).kept)
    sweep.sweep(client=held)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=20), tick=False):
        sweep.sweep(client=held)
        work()
    assert store.fields_held(held, person) == frozenset()
    assert state(held).said == "overwritten" and not state(held).kept
