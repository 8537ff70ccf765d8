"""Keys that are nobody's: killed between a row and its key, the next sweep destroys the key, and no other one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.answer.houses import LARCH, LAW, published
from tests.answer.planting import Mailbox, walker, work

from troth.answer import refusing, requests
from troth.answer.models import Decision
from troth.keep import chores, erasure, handed, recipients
from troth.keep.models import Handed
from troth.people import store, vault

pytestmark = pytest.mark.django_db(transaction=True)
ADA, ONE = "ada@quill.example", "a" * 16
HAND = '  cupboard: {kind: by hand, holds: "booking.*", in: GB}\n'


@pytest.fixture
def larch(on_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    had = recipients.Had(recipient="The Post", does="carries letters", labels="name", last=None)
    monkeypatch.setattr(recipients, "_had", {"tests": lambda client, persons: [had]})
    return published("larch", LARCH.replace(LAW, "").replace("papers:\n", HAND + "papers:\n", 1), tmp_path)


def everything(person: int) -> str:
    """A row of each kind that is sealed under a key of its own. The reference of the erasure."""
    handed.enter("larch", "cupboard", person, [("booking.name", "Ada Q.")], by=ONE)
    asked = requests.open_request("larch", person, "access", detail={"why": "I want to know."}).reference
    refusing.propose("larch", asked, "refuse", ground="manifestly excessive", because="Forty times.", by=ONE)
    chores.open_month("larch")
    chores.done("larch", chores.waiting("larch")[0].number, by=ONE, evidence="Ben looked")
    reference = requests.open_request("larch", person, "erase").reference
    erasure.erase("larch", person, reference)
    return reference


def kinds() -> set[str]:
    return {rule.split(" ")[0] for rule in vault.rules_of("larch", 0)} - {"event", "events"}


def test_t07_a_sweep_leaves_every_key_that_still_seals_something(larch: str, mailbox: Mailbox) -> None:
    person = walker(larch, ADA, "Ada")
    reference = everything(person)
    before = vault.rules_of(larch, 0)
    assert {"handed", "request", "decision", "chore", "erasure", "telling"} <= kinds()
    assert store.release_all(larch) == 0 and vault.rules_of(larch, 0) == before
    (told,) = recipients.of(larch, reference)
    assert recipients.whom(larch, reference, told.number) is not None
    assert erasure.whom(larch, reference, actor=ONE) != () and handed.of(larch, "cupboard", {person}) is not None
    assert [one.evidence for one in chores.said(larch)] == ["Ben looked"]


def test_t07_killed_between_a_row_and_its_key_the_next_sweep_destroys_the_key(
    larch: str, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = walker(larch, ADA, "Ada")
    reference = everything(person)
    with monkeypatch.context() as killed:
        killed.setattr(vault, "destroy", lambda *words: None)
        work()
        erasure.by_hand(larch, reference, "cupboard", by=ONE, evidence="shredded")
        (one,) = recipients.of(larch, reference)
        recipients.told(larch, reference, one.number, "told", by=ONE, evidence="telephoned")
        work()
        for asked in requests.of_persons(larch, frozenset({person})):
            requests.forget(larch, asked.reference)
            erasure.forget(larch, asked.reference)
            refusing.forget(larch, asked.reference)
        chores.Chore.objects.all().delete()
        assert {"handed", "request", "decision", "chore", "erasure", "telling"} <= kinds(), "the kill left them"
    assert store.release_all(larch) > 0
    assert kinds() == set()


def test_what_staff_wrote_of_a_person_and_what_hands_found_stands_in_no_file_after_an_erasure(
    larch: str, on_disk: Path, mailbox: Mailbox
) -> None:
    """Neither the sealed bytes nor the keys that could open them, looked for in the raw files."""
    person = walker(larch, ADA, "Ada")
    handed.enter(larch, "cupboard", person, [("booking.name", "Ada Q.")], by=ONE)
    asked = requests.open_request(larch, person, "access", detail={"why": "I want to know."}).reference
    number = refusing.propose(larch, asked, "refuse", ground="manifestly excessive", because="Forty times.", by=ONE)
    refusing.second(larch, number, by="b" * 16, agree=True)
    work()
    noted = [bytes(Handed.objects.get().found or b""), bytes(Decision.objects.get().reasons or b"")]
    kinds = ("handed", "decision")
    with sqlite3.connect(on_disk / "keys.db") as db:
        keys = db.execute("SELECT rule, wrapped FROM key WHERE person = 0").fetchall()
    db.close()
    noted += [wrapped for rule, wrapped in keys if rule.split(" ")[0] in kinds]
    assert len(noted) == 4 and all(standing_in_files(on_disk, one) for one in noted), "each stands there first"
    reference = requests.open_request(larch, person, "erase").reference
    erasure.erase(larch, person, reference)
    work()
    erasure.by_hand(larch, reference, "cupboard", by=ONE, evidence="shredded")
    work()
    found = erasure.progress(larch, reference)
    assert found is not None and found.said == "overwritten"
    assert [one for one in noted if standing_in_files(on_disk, one)] == []


def standing_in_files(folder: Path, what: bytes) -> bool:
    return any(what in file.read_bytes() for file in folder.rglob("*") if file.is_file())
