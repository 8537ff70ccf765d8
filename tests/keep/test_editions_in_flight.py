"""A shorter period binds older data at once and for good; a longer one only what came after it, or who was told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from tests.answer.houses import LARCH, LAW
from tests.answer.planting import Mailbox, say, walker
from tests.collect.test_event_store import put, row

from troth import gate
from troth.answer import access, changing
from troth.keep import sweep
from troth.parties import editions
from troth.people import own, standing, store
from troth.places import events
from troth.places.kinds import Subject
from troth.policy.deciding import Act

pytestmark = pytest.mark.django_db(transaction=True)
Edit = Callable[..., int]
BOOKING = '  booking.*: "12 months after walk is over"\n'
VISIT = "  visit.*: 25 months\n"
LONG_AGO = dt.datetime(2025, 1, 1, 12, tzinfo=dt.UTC)
PLAIN = LARCH.replace(LAW, "").replace("change: first", "change: substantial")


@pytest.fixture
def edit(plain: str, tmp_path: Path) -> Edit:
    """Puts the next edition in force: each pair is what stood there and what stands there now."""

    def put_in_force(*pairs: tuple[str, str]) -> int:
        text = PLAIN
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "next.yaml"
        file.write_text(text.replace("policy: larch", "policy: plain"))
        return editions.publish("plain", file, replaces=editions.in_force("plain").mark, by="tests").number

    return put_in_force


def kept(months: str) -> tuple[str, str]:
    return BOOKING, f"  booking.*: {months}\n"


def months_kept(client: str, person: int) -> int:
    """Of the name that somebody gave, in whole months."""
    act = Act(kind="answer", use="access", fields=frozenset({"booking.name"}), day=timezone.localdate())
    token = gate.must(act, client=client, persons=[person], facts=gate.Facts(proved=True))
    (held,) = store.read(token, client, person)
    assert held.due is not None
    return round((held.due - held.collected_at) / dt.timedelta(days=30.44))


def test_a_period_that_was_shortened_once_is_not_made_longer_again_for_what_it_bound(plain: str, edit: Edit) -> None:
    edit(kept("12 months"))
    early = walker(plain, "ada@quill.example", "Ada")
    edit(kept("6 months"))
    assert months_kept(plain, early) == 6
    edit(kept("24 months"))
    late = walker(plain, "bo@quill.example", "Bo")
    assert (months_kept(plain, early), months_kept(plain, late)) == (6, 24)


def test_a_longer_period_binds_what_came_before_once_its_person_was_told(plain: str, edit: Edit) -> None:
    edit(kept("12 months"))
    ada, bo = walker(plain, "ada@quill.example", "Ada"), walker(plain, "bo@quill.example", "Bo")
    number = edit(kept("24 months"))
    standing.tell(plain, ada, number)
    assert (months_kept(plain, ada), months_kept(plain, bo)) == (24, 12)


def test_who_was_told_of_a_later_edition_alone_is_not_bound_by_what_the_one_before_it_widened(
    plain: str, edit: Edit, mailbox: Mailbox
) -> None:
    edit(kept("12 months"))
    ada = walker(plain, "ada@quill.example", "Ada")
    longer = edit(kept("24 months"))
    longest = edit(kept("36 months"))
    changing.tell(plain, ada, longest)  # the queue asks nobody which of the two letters goes first
    assert months_kept(plain, ada) == 12
    assert changing.tell(plain, ada, longer) == 1, "and the other one is still owed"
    assert months_kept(plain, ada) == 36


def test_a_use_that_an_edition_dropped_does_not_come_back_for_what_was_there_by_itself(plain: str, edit: Edit) -> None:
    ada = walker(plain, "ada@quill.example", "Ada")
    walk = ('data: "booking.*", staff: guide}', "data: [booking.name, booking.email], staff: guide}")
    other = (
        "  count walks: {is: business planning, basis: legal obligation, law: a law, of: walker, data: booking.walk}\n"
    )
    edit(walk, ("  answer you:", f"{other}  answer you:"))
    edit()
    act = Act(
        kind="use",
        use="run the walk you booked",
        fields=frozenset({"booking.name", "booking.walk"}),
        day=timezone.localdate(),
    )
    token = gate.must(act, client=plain, persons=[ada])
    assert {one.field for one in store.read(token, plain, ada)} == {"booking.name"}


def test_a_statute_keeps_a_value_in_an_erasure_whatever_name_its_rule_had_when_it_came(plain: str, edit: Edit) -> None:
    ada = walker(plain, "ada@quill.example", "Ada")
    each = "".join(
        f'  booking.{one}: "12 months, at least 6 years by \\"Companies Act 2006 s388\\""\n'
        for one in ("name", "email", "walk")
    )
    edit((BOOKING, each))
    receipt = own.erase_values(plain, Subject(person=ada, persons=frozenset({ada})))
    assert sorted(one.what for one in receipt.kept) == ["email address", "name", "purchase"]


def test_the_proof_of_a_choice_is_kept_no_longer_than_when_it_was_made(plain: str, edit: Edit) -> None:
    proof = "  troth.choices: 6 years after last purpose ends\n"
    edit((proof, "  troth.choices: 12 months\n"))
    ada = walker(plain, "ada@quill.example", "Ada")
    say(plain, ada, True)
    edit((proof, "  troth.choices: 36 months\n"))
    say(plain, ada, False)
    (found,) = sweep.sweep(timezone.now() + dt.timedelta(days=400), client=plain)
    assert found.counts.get("choices") == 1


# Events ----------------------------------------------------------------------------------------------------------


def due_in(days: int) -> dict[str, int]:
    (found,) = sweep.sweep(timezone.now() + dt.timedelta(days=days), client="plain")
    return found.counts


def seen(edition: int, when: dt.datetime | None = None) -> None:
    at = when or timezone.now()
    put(events.store(), row(at, edition=edition), now=at, client="plain")


def test_a_period_of_events_that_was_shortened_once_is_not_made_longer_again(plain: str, edit: Edit) -> None:
    seen(1)
    edit((VISIT, "  visit.*: 6 months\n"))
    edit((VISIT, VISIT))
    assert (due_in(150), due_in(200)) == ({}, {"events, visit.*": 1})


# What leaves the policy ------------------------------------------------------------------------------------------

NO_WALK = (
    ("needs: [booking.name, booking.email, booking.walk]", "needs: [booking.name, booking.email]"),
    ('data: "booking.*", staff: guide}', "data: [booking.name, booking.email], staff: guide}"),
)
WALK = "  booking.walk: purchase\n"
VISITS = (
    ("  visit.page: pages seen\n  visit.ip: {is: IP address, as: never stored}\n", ""),
    ('  visit: {by: tag, at: website, of: visitor, may: "visit.*"}\n', ""),
    (VISIT, ""),
)
PAGES = "  see which pages help: {is: statistics"


def without_visits(pages: str = "") -> list[tuple[str, str]]:
    use = next(line for line in PLAIN.splitlines(keepends=True) if line.startswith(PAGES))
    paper = next(line for line in PLAIN.splitlines(keepends=True) if line.startswith("  pages balance:"))
    (data, _), collect, (keep, _) = VISITS
    return [(data, pages), collect, (keep, VISIT if pages else ""), (use, ""), (paper, "")]


def left_behind(edit: Edit, *pairs: tuple[str, str]) -> list[str]:
    with pytest.raises(editions.BadPolicy) as caught:
        edit(*pairs)
    assert {one.code for one in caught.value.problems} == {"data-left-behind"}
    return [one.sentence for one in caught.value.problems]


def test_t52_what_stands_does_not_leave_the_policy_unsaid_and_is_retired(plain: str, edit: Edit) -> None:
    ada = walker(plain, "ada@quill.example", "Ada")
    assert left_behind(edit, *NO_WALK, (WALK, "")) == ["“booking.walk” is gone from the policy, but data of it stands."]
    edit(*NO_WALK, (WALK, "  booking.walk: {is: purchase, retired: yes}\n"))
    assert "booking.walk" in store.fields_held(plain, ada)
    edit(
        *NO_WALK,
        (WALK, "  booking.walk: {is: purchase, retired: yes}\n"),
        (BOOKING, f"{BOOKING}  booking.walk: 1 days\n"),
    )
    (found,) = sweep.sweep(timezone.now() + dt.timedelta(days=2), client=plain)
    assert found.counts == {"values, booking.walk": 1}, "and a shorter period of its own takes it alone"


def test_t52_what_stands_is_not_said_to_be_never_stored(plain: str, edit: Edit) -> None:
    walker(plain, "ada@quill.example", "Ada")
    said = left_behind(edit, (WALK, "  booking.walk: {is: purchase, as: never stored}\n"))
    assert said == ["“booking.walk” is never stored now, but data of it stands."]


def test_t52_events_do_not_leave_the_policy_unsaid_and_are_retired(plain: str, edit: Edit) -> None:
    seen(1, LONG_AGO)
    assert left_behind(edit, *without_visits()) == ["“visit.page” is gone from the policy, but data of it stands."]
    edit(*without_visits("  visit.page: {is: pages seen, retired: yes}\n"))
    assert events.store().spans(plain)[0] != {}
    assert due_in(400) == {"events, visit.*": 1}


def test_nobody_s_act_waits_while_a_publication_looks_into_the_events(
    plain: str, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(1, LONG_AGO)
    real, waits = events.EventStore.naming, list[bool]()

    def naming(*words: Any) -> frozenset[str]:
        waits.append(connection.in_atomic_block)
        return real(*words)

    monkeypatch.setattr(events.EventStore, "naming", naming)
    left_behind(edit, *without_visits())
    assert waits == [False]


def test_nothing_that_is_retired_comes_in_or_is_used_by_a_star(plain: str, edit: Edit) -> None:
    walker(plain, "ada@quill.example", "Ada")
    more = ("needs: [booking.name, booking.email, booking.walk]", 'needs: booking.name\n    may: "booking.*"')
    edit(more, (WALK, "  booking.walk: {is: purchase, retired: yes}\n"))
    plan = editions.in_force(plain).plan
    assert plan.points["booking"].fields == {"booking.name", "booking.email"}
    assert "booking.walk" not in plan.purposes["run the walk you booked"].data
    assert "booking.walk" in plan.rules["booking.*"].fields


def read_of(client: str, person: int) -> list[access.Line]:
    return access.gather(client, person, frozenset({person})).lines


def test_a_person_is_told_the_period_that_binds_their_own_data(plain: str, edit: Edit) -> None:
    edit(kept("12 months"))
    early = walker(plain, "ada@quill.example", "Ada")
    edit(kept("6 months"))
    edit(kept("24 months"))
    late = walker(plain, "bo@quill.example", "Bo")
    said = [{one.how_long for one in read_of(plain, person) if one.field == "booking.name"} for person in (early, late)]
    assert said == [{"for 6 months"}, {"for 24 months"}]


def test_of_two_periods_of_which_no_clock_runs_yet_a_person_is_told_the_shorter(plain: str, edit: Edit) -> None:
    ada = walker(plain, "ada@quill.example", "Ada")
    edit((BOOKING, BOOKING.replace("12 months", "24 months")))
    assert {one.how_long for one in read_of(plain, ada) if one.field == "booking.name"} == {
        "for 12 months after the walk is over"
    }
