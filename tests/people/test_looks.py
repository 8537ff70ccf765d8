"""That somebody of ours opened a person's data: sealed under the person's key, told, ended, and counted (T54)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from tests.people import making

from troth import gate
from troth.answer import access
from troth.keep import where
from troth.ledger import tree
from troth.parties import editions
from troth.people import identities, looks, own, store, vault
from troth.people.models import Look, Seen
from troth.places import ours
from troth.policy.deciding import Act, Refusal
from troth.prove import report

pytestmark = pytest.mark.django_db
ONE, TWO = "0123456789abcdef", "fedcba9876543210"
CASE = "A-2026-0001"


def opened(person: int, *, by: str = ONE, does: str = "answer", fields: Any = None, place: str = "") -> None:
    some = frozenset(editions.in_force("larch").plan.fields) if fields is None else frozenset(fields)
    why = looks.Why(does, CASE, place)
    access.pass_for("larch", "access", some, frozenset({person}), actor=by, why=why)


def state(client: str) -> tuple[str, int]:
    """Of the promise that looks are told no longer than the policy says: how it stands, and of how many."""
    found = report.run(client).findings
    return next((one.state, one.count) for one in found if one.promise == f"keep/{looks.FIELD}")


def told(person: int) -> list[str]:
    return [one.value for one in own.find_looks("larch", where.subject("larch", person, frozenset({person})))]


def test_t54_what_was_opened_and_why_is_told_once_a_day_and_nobody_of_ours_is_named(larch: str) -> None:
    ada, bea = making.walker(larch), making.walker(larch, email="bea@quill.example")
    opened(ada)
    opened(ada, by=TWO, place="the booking files")
    opened(ada, does="read", fields={"troth.requests"})
    opened(ada, does="find", fields=())
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False):
        opened(ada, does="mend", fields={"booking.name"})
    assert told(ada) == [
        f"To answer what you asked, {CASE}: all that we hold about you, in the booking files, too",
        f"To read what you wrote to us, {CASE}: what you asked of us under your rights",
        f"To look for you where no program can, {CASE}: what we know you by",
        f"To correct something where no program can, {CASE}: name",
    ]
    assert told(bea) == []


def test_t54_no_hand_opens_data_without_a_case(larch: str) -> None:
    ada = making.walker(larch)
    act = Act(kind="answer", use="access", fields=frozenset(), day=timezone.localdate())
    for why in (None, looks.Why("answer", "")):
        with pytest.raises(gate.Refused, match="without a case"):
            access.pass_for(larch, "access", frozenset(), frozenset({ada}), actor=ONE, why=why)
        answer = gate.ask(act, client=larch, persons=[ada], actor=ONE, why=why)
        assert isinstance(answer, Refusal) and "case" in {reason.code for reason in answer.reasons}
    assert told(ada) == [] and not Seen.objects.exists()
    access.pass_for(larch, "access", frozenset(), frozenset({ada}))
    assert told(ada) == [], "what the program and the person open is no look of ours"


def test_t54_a_look_stands_sealed_and_goes_with_the_key_of_its_person(larch: str, settings: Any) -> None:
    ada, bea = making.walker(larch), making.walker(larch, email="bea@quill.example")
    opened(ada)
    opened(bea)
    for text in (CASE, ONE, "answer"):
        assert not any(text.encode() in bytes(one.sealed) for one in Look.objects.all())
    row = Look.objects.get(person_id=ada)
    sealed, key = bytes(row.sealed), vault.key_id(bytes(row.sealed))
    store.release_all(larch)
    assert key in vault.key_ids(larch) and len(told(ada)) == 1, "a key in use is not released"
    receipt = ours.named("looks").erase(larch, where.subject(larch, ada, frozenset({ada})))
    store.release_all(larch)
    assert receipt.state == "erased" and key not in vault.key_ids(larch)
    assert told(ada) == [] and len(told(bea)) == 1
    Look.objects.create(client_id=larch, person_id=ada, at=row.at, sealed=sealed, entry=row.entry)  # an older troth.db
    assert told(ada) == [] and wrong() == []
    looks.tidy(larch)
    assert not Look.objects.filter(person_id=ada).exists() and len(told(bea)) == 1


@pytest.mark.parametrize(("line", "days", "said"), [("", 731, "24 months"), ("troth.looks: 30 days", 31, "30 days")])
def test_t54_a_look_is_told_for_as_long_as_the_policy_says_or_two_years(
    larch: str, tmp_path: Path, line: str, days: int, said: str
) -> None:
    if line:
        text = (
            Path("tests/policies/larch.yaml").read_text().replace("  troth.requests:", f"  {line}\n  troth.requests:")
        )
        (tmp_path / "larch.yaml").write_text(text)
        for name in Path("tests/policies/papers").iterdir():
            (tmp_path / "papers").mkdir(exist_ok=True)
            (tmp_path / "papers" / name.name).write_bytes(name.read_bytes())
        hash_ = editions.in_force(larch).source_hash
        editions.publish(larch, tmp_path / "larch.yaml", replaces=hash_, by="test")
    ada = making.walker(larch)
    opened(ada)
    (one,) = access.gather(larch, ada, frozenset({ada})).looked
    assert said in one.how_long
    with time_machine.travel(timezone.now() + dt.timedelta(days=days - 3), tick=False):
        assert looks.tidy(larch) == 0 and list(looks.late(larch)) == []
    with time_machine.travel(timezone.now() + dt.timedelta(days=days + 1), tick=False):
        assert list(looks.late(larch)) != []
        if line:
            assert state(larch) == ("broken", 1)
        assert looks.tidy(larch) == 1 and told(ada) == [] and list(looks.late(larch)) == []


def test_t54_a_look_goes_with_the_last_by_which_its_person_could_show_who_they_are(larch: str) -> None:
    """Stopped between the erasure of the one and of the other, or held for a while: nobody could ever be told of it."""
    ada, bea = making.walker(larch), making.walker(larch, email="bea@quill.example")
    opened(ada)
    opened(bea)
    identities.forget(larch, ada, frozenset({"booking.email"}))
    assert looks.tidy(larch) == 1 and [one.person_id for one in Look.objects.all()] == [bea]
    opened(ada)
    assert [one.person_id for one in Look.objects.all()] == [bea] and wrong() == []
    assert many() == {ONE: 2}, "it is counted all the same"


def test_t54_a_look_that_somebody_swaps_or_writes_over_is_found(larch: str) -> None:
    ada = making.walker(larch)
    opened(ada)
    opened(ada, does="read")
    assert wrong() == []
    first, second = Look.objects.order_by("entry")
    keys = vault.Keys(larch)
    plain = keys.open(ada, looks.FIELD, first.entry, bytes(first.sealed))
    forged = keys.seal(ada, looks.FIELD, second.entry, looks.FIELD, plain)
    Look.objects.filter(pk=second.pk).update(sealed=forged)
    assert wrong() == ["effect changed"]
    Look.objects.filter(pk=second.pk).update(sealed=bytes(second.sealed), entry=10**9)
    assert wrong() == ["effect without entry"]
    Look.objects.filter(pk=second.pk).update(sealed=bytes(first.sealed), entry=second.entry)
    assert wrong() == ["effect changed"]


def wrong() -> list[str]:
    """What verifying finds, but that a test that was not committed has no signed head."""
    return [one.kind for one in tree.verify().findings if one.kind != "head unsigned"]


def many(day: Any = None) -> dict[str, int]:
    found = looks.a_day("larch", [ONE, TWO], timezone.localdate() - dt.timedelta(days=7))
    return {who: people for who, on, people in found if on == (day or timezone.localdate())}


def test_t54_people_are_counted_by_day_and_member_of_staff_and_not_how_often_one_was_opened(larch: str) -> None:
    people = [making.walker(larch, email=f"p{one}@quill.example") for one in range(4)]
    for place in ("", "the booking files", "a cupboard"):
        for _ in range(5):
            opened(people[0], place=place)
    assert many() == {ONE: 1}
    for one in people:
        opened(one)
    opened(people[0], by=TWO)
    assert many() == {ONE: 4, TWO: 1}
    looks.forget(larch, people)
    assert many() == {ONE: 4, TWO: 1}, "to erase whom one looked at hides nothing"
    today, marks = timezone.localdate(), {bytes(one.mark) for one in Seen.objects.all()}
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False):
        opened(people[0])
        assert many() == {ONE: 1} and many(today) == {ONE: 4, TWO: 1}
        assert {bytes(one.mark) for one in Seen.objects.exclude(day=today)}.isdisjoint(marks), "a mark is of one day"
    with time_machine.travel(timezone.now() + dt.timedelta(days=looks.DAYS + 2), tick=False):
        looks.tidy(larch)
        assert not Seen.objects.exists(), "kept for a week and no longer"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_look")
        assert cursor.fetchone() == (1,)
