"""An edit of the policy deletes nothing and orphans nothing: a name that is gone is refused while data stands under
it, in the store and in the events, in clear and sealed; the file proposes and the database rules (T52)."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from tests.answer.fixtures import empty_database, on_disk, plain
from tests.answer.houses import LARCH, LAW
from tests.answer.planting import NEWS, WALK, say, walker, write
from tests.collect.test_event_store import put, row

from troth import cli, gate
from troth.answer import access
from troth.keep import sweep
from troth.ledger import verifying
from troth.parties import editions
from troth.people import standing, store
from troth.places import events
from troth.places.opening import Pass
from troth.policy.deciding import Act

__all__ = ["empty_database", "on_disk", "plain"]
pytestmark = pytest.mark.django_db(transaction=True)
MANY = 334  # bookings of three values each
BOOKED = {"booking.name": "Ada", "booking.email": "ada@quill.example", "booking.walk": "Mendip ridge"}
EARLIER = '  earlier: {by: import, from: "our records", of: walker, may: booking.walk, tell people: 28 days}\n'


def proposal(tmp_path: Path, *swaps: tuple[str, str]) -> Path:
    text = LARCH.replace(LAW, "").replace("policy: larch", "policy: plain").replace("change: first", "change: small")
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    file = tmp_path / "proposal.yaml"
    file.write_text(text)
    return file


def refused(file: Path) -> set[str]:
    """What stands under names that the proposal does not have, as publishing and its preview say it alike."""
    force = editions.in_force("plain")
    with pytest.raises(editions.BadPolicy) as caught:
        editions.publish("plain", file, replaces=force.mark, by="tests")
    assert cli.main(["publish", str(file), "--client", "plain", "--preview", "--json"]) == 3
    assert {one.code for one in caught.value.problems} == {"data-left-behind"}
    assert editions.in_force("plain") == force, "nothing was published"
    return {one.sentence.split("”")[0].lstrip("“") for one in caught.value.problems}


def test_t52_a_renamed_field_with_a_thousand_values_is_refused_and_none_is_deleted(
    plain: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction.atomic():
        people = [walker(plain, f"p{number}@quill.example", "Ada") for number in range(10)]
        for number in range(MANY - 10):
            write(plain, people[number % 10], BOOKED, point="booking", use=WALK)
    before = store.count(plain)
    assert sum(before.values()) >= 1000
    renamed = proposal(tmp_path, ("booking.walk", "booking.tour"))
    assert refused(renamed) == {"booking.walk"}
    capsys.readouterr()
    assert [one.counts for one in sweep.sweep(client=plain, confirm=True)] == [{}]
    assert store.count(plain) == before
    both = proposal(tmp_path, ("booking.walk", "booking.tour"),
                    ("  booking.tour: purchase\n", "  booking.tour: purchase\n  booking.walk: purchase\n"),
                    ("collect:\n", f"collect:\n{EARLIER}"))  # fmt: skip
    editions.publish(plain, both, replaces=editions.in_force(plain).mark, by="tests")
    assert [one.counts for one in sweep.sweep(client=plain, confirm=True)] == [{}]
    assert store.count(plain) == before, "what is under the old name stays until its own period is over"


WAS = ("  booking.tour: purchase\n", "  booking.tour: {is: purchase, was: booking.walk}\n")


def test_t52_what_the_file_says_was_called_otherwise_is_found_used_told_and_ended_under_both_names(
    plain: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction.atomic():
        person = walker(plain, "ada@quill.example", "Ada")
        say(plain, person, True)
        for number in range(MANY - 1):
            write(plain, person, BOOKED | {"booking.walk": f"Walk {number}"}, point="booking", use=WALK)
    before = store.count(plain)
    file = proposal(tmp_path, ("booking.walk", "booking.tour"), WAS)
    assert cli.main(["publish", str(file), "--client", plain, "--preview"]) == 0
    assert "renamed  booking.walk is booking.tour now" in capsys.readouterr().out
    editions.publish(plain, file, replaces=editions.in_force(plain).mark, by="tests")
    write(plain, person, {"booking.tour": "Quantock round"}, point="booking", use=WALK)
    assert [one.counts for one in sweep.sweep(client=plain, confirm=True)] == [{}]
    assert sum(store.count(plain).values()) == sum(before.values()) + 1 > 1000

    news = Act(kind="use", use=NEWS, fields=frozenset({"booking.email"}), channel="email", day=timezone.localdate())
    assert isinstance(gate.ask(news, client=plain, persons=[person]), Pass), "the yes stands"
    run = Act(kind="use", use=WALK, fields=frozenset({"booking.tour"}), staff="guide", day=timezone.localdate())
    opened = store.read(gate.must(run, client=plain, persons=[person]), plain, person)
    assert {"Quantock round", "Walk 7", "Mendip ridge"} <= {one.value for one in opened} and len(opened) == MANY + 1
    told = [one for one in access.gather(plain, person, frozenset({person})).lines if one.label == "purchase"]
    assert {one.value for one in told} == {one.value for one in opened}

    standing.happened(plain, person, "walk is over", timezone.now() - dt.timedelta(days=8 * 366))
    with time_machine.travel(timezone.now() + dt.timedelta(days=9 * 366)):
        sweep.sweep(client=plain, confirm=True)
    assert store.fields_held(plain, person) == frozenset(), "and their end is one"
    assert verifying.verify().ok


def test_t52_no_rename_makes_one_of_two_that_stand_or_another_kind_of_one(plain: str, tmp_path: Path) -> None:
    """Else what people gave for the one would serve the other, and nobody was told."""
    mark = editions.in_force(plain).mark
    for code, swaps in (
        ("was-two", [("  booking.walk: purchase\n", ""), (", booking.walk]", "]"),
                     ("booking.name: name", "booking.name: {is: name, was: booking.walk}")]),
        ("was-other", [("booking.walk", "booking.tour"),
                       ("booking.tour: purchase", "booking.tour: {is: preference, was: booking.walk}")]),
    ):  # fmt: skip
        file = proposal(tmp_path, *swaps)
        with pytest.raises(editions.BadPolicy) as caught:
            editions.publish(plain, file, replaces=mark, by="tests")
        assert [one.code for one in caught.value.problems] == [code]
        assert cli.main(["publish", str(file), "--client", plain, "--preview"]) == 3


def test_t52_an_earlier_name_is_given_to_no_other_datum_and_a_rename_can_be_taken_back(
    plain: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else what people gave for a walk would be used as what the new one is for."""
    renamed = proposal(tmp_path, ("booking.walk", "booking.tour"), WAS)
    editions.publish(plain, renamed, replaces=editions.in_force(plain).mark, by="tests")
    mark = editions.in_force(plain).mark
    tour = ("booking.tour: {is: purchase, was: booking.walk}", "booking.tour: purchase\n  booking.walk: preference")
    points = (", booking.tour]", ", booking.tour, booking.walk]")
    anew = proposal(tmp_path, ("booking.walk", "booking.tour"), WAS, tour, points)
    with pytest.raises(editions.BadPolicy) as caught:
        editions.publish(plain, anew, replaces=mark, by="tests")
    assert [one.code for one in caught.value.problems] == ["was-reused"]
    assert cli.main(["publish", str(anew), "--client", plain, "--preview"]) == 3
    assert "was-reused" in capsys.readouterr().err
    back = proposal(tmp_path, ("booking.walk: purchase", "booking.walk: {is: purchase, was: booking.tour}"))
    editions.publish(plain, back, replaces=mark, by="tests")
    assert "booking.walk" in editions.in_force(plain).plan.fields


@pytest.mark.parametrize("stored", ["clear", "sealed"])
def test_t52_a_field_of_which_only_events_say_something_is_not_lost_sight_of(
    plain: str, tmp_path: Path, stored: str, capsys: pytest.CaptureFixture[str]
) -> None:
    renamed = proposal(tmp_path, ("visit.page", "visit.path"))
    said = {"clear": {}, "sealed": {}} | {stored: {"visit.page": "/walks"}}
    one = row(timezone.now(), browser="b-1", **said)
    put(events.store(), one, now=timezone.now(), client=plain)
    assert refused(renamed) == {"visit.page"}
    events.store().erase(plain, ["b-1"])
    editions.publish(plain, renamed, replaces=editions.in_force(plain).mark, by="tests")
    assert "visit.path" in editions.in_force(plain).plan.fields


def test_t52_of_many_who_publish_at_once_one_wins_and_the_others_are_told(plain: str, tmp_path: Path) -> None:
    """Each a process of its own, as commands are; all mean to replace the same edition."""
    mark = editions.in_force(plain).mark
    program = (
        "import sys, json, django; django.setup()\n"
        "from troth.parties import editions\n"
        "from troth.policy.problems import Trouble\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "try: print(editions.publish('plain', sys.argv[1], replaces=sys.argv[2], by='tests').number)\n"
        "except Trouble as no: print(no.code)\n"
    )
    running: list[Any] = []
    for months in (6, 7, 8, 9):
        file = proposal(tmp_path, ("25 months", f"{months} months")).rename(tmp_path / f"{months}.yaml")
        words = [sys.executable, "-c", program, str(file), mark]
        running.append(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENV()))
    for one in running:
        assert one.stdout.readline() == "ready\n"
    for one in running:
        one.stdin.write("\n")
        one.stdin.flush()
    said = sorted(one.communicate(timeout=60)[0].strip() for one in running)
    assert said == ["2", "stale-publish", "stale-publish", "stale-publish"]
    assert len(editions.all_of(plain)) == 2


def ENV() -> dict[str, str]:
    import os

    from django.conf import settings

    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "troth.web.settings",
        "TROTH_DATA": str(settings.DATA),
        "TROTH_KEY_FILE": str(settings.KEY_FILE),
        "TROTH_PLACES_FILE": str(settings.PLACES_FILE),
    }
