"""Whoever is concerned is told of an edition that takes more, and only then does it reach what they gave before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from tests.answer.houses import LARCH
from tests.answer.planting import NEWS, Mailbox, say, walker

from troth import gate
from troth.answer import amend, changing
from troth.answer.identity import Visitor
from troth.keep import sweep
from troth.parties import editions, news
from troth.people import identities, standing, store
from troth.policy.deciding import Act
from troth.work import queue
from troth.work.models import Job

NEW = "plan next year's walks"
USE = f"""  {NEW}:
    is: statistics
    basis: legitimate interests
    interest: to plan walks that people want
    balance: answering balance
    of: walker
    data: booking.walk
    yields: rows
"""
Publish = Callable[[str], int]


@pytest.fixture
def publish(walks: str) -> Publish:
    """Put Larch's policy with other words in force as the next edition."""

    def put(text: str) -> int:
        old = editions.text_of(walks, editions.in_force(walks).number).decode()
        name = old.partition("policy: ")[2].partition("\n")[0]
        file = Path("tests/policies") / f"{walks}-next.yaml"
        file.write_text(
            text.replace("policy: larch", f"policy: {name}").replace("change: first", "change: substantial")
        )
        try:
            return editions.publish(walks, file, replaces=editions.in_force(walks).source_hash, by="test").number
        finally:
            file.unlink()

    return put


@pytest.fixture
def wider() -> str:
    head, use, tail = LARCH.partition("\nuse:\n")
    assert use
    return head + use + USE + tail


def read(client: str, person: int) -> list[str]:
    act = Act(kind="use", use=NEW, fields=frozenset({"booking.walk"}), day=dt.date(2026, 11, 25))
    token = gate.must(act, client=client, persons=[person])
    return [one.value for one in store.read(token, client, person)]


def work(client: str) -> None:
    while queue.run_due(kinds=frozenset({"tell-changes", "tell-change"})):
        pass


@pytest.mark.django_db(transaction=True)
def test_a_new_use_is_told_by_mail_and_binds_only_from_then(
    walks: str, publish: Publish, wider: str, mailbox: Mailbox
) -> None:
    ada = walker(walks, "ada@quill.example", "Ada")
    stranger = walker(walks, "bo@quill.example", "Bo", verified=False)
    number = publish(wider)
    assert read(walks, ada) == []
    work(walks)
    assert [to for to, _ in mailbox.letters] == [["ada@quill.example"]]
    body = mailbox.text(0)
    assert f"To {NEW}" in body.replace("\n", " ")
    assert "booking." not in body
    assert read(walks, ada) == ["Mendip ridge"]
    assert standing.told(walks, ada) == number
    assert read(walks, stranger) == [], "who could not be told is not reached by what is new"


@pytest.mark.django_db(transaction=True)
def test_who_came_under_the_new_edition_is_not_told_of_it(
    walks: str, publish: Publish, wider: str, mailbox: Mailbox
) -> None:
    publish(wider)
    walker(walks, "ada@quill.example", "Ada")
    work(walks)
    assert mailbox.letters == []


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_twice_and_the_ledger_says_that_they_were(
    walks: str, publish: Publish, wider: str, mailbox: Mailbox
) -> None:
    from troth.ledger import entries

    ada = walker(walks, "ada@quill.example", "Ada")
    number = publish(wider)
    work(walks)
    work(walks)
    assert changing.tell(walks, ada, number) == 0
    assert len(mailbox.letters) == 1
    told = [counts for _, _, act, counts in entries.newest(walks) if act == "sent"]
    assert told == ['{"mails":1,"persons":1}']


@pytest.mark.django_db(transaction=True)
def test_what_narrows_or_changes_nothing_for_people_is_told_to_nobody(
    walks: str, publish: Publish, mailbox: Mailbox
) -> None:
    walker(walks, "ada@quill.example", "Ada")
    number = publish(LARCH.replace("visit.*: 25 months", "visit.*: 13 months"))
    work(walks)
    assert news.of(walks, number) is None
    assert mailbox.letters == []


@pytest.mark.django_db(transaction=True)
def test_who_is_not_concerned_is_not_written_to(walks: str, publish: Publish, wider: str, mailbox: Mailbox) -> None:
    visitor = identities.make(walks, {"visitor"})
    identities.attach(walks, visitor, "booking.email", "cy@quill.example", verified=True)
    publish(wider)
    work(walks)
    assert mailbox.letters == []


@pytest.mark.django_db(transaction=True)
def test_a_yes_to_less_than_what_is_done_now_is_asked_anew_and_counts_for_nothing_until_then(
    walks: str, publish: Publish, mailbox: Mailbox
) -> None:
    ada = walker(walks, "ada@quill.example", "Ada")
    say(walks, ada, True)
    act = Act(kind="use", use=NEWS, fields=frozenset({"booking.email"}), day=dt.date(2026, 11, 25), channel="email")
    assert not isinstance(gate.ask(act, client=walks, persons=[ada]), gate.Refusal)
    narrow = "of: walker\n    data: [booking.name, booking.email]"
    assert narrow in LARCH
    number = publish(LARCH.replace(narrow, narrow.replace("]", ", booking.walk]")))
    told = news.of(walks, number)
    assert told is not None
    assert {one.path for one in told.asked} == {f"use/{NEWS}"}
    refused = gate.ask(act, client=walks, persons=[ada])
    assert isinstance(refused, gate.Refusal)
    assert [one.code for one in refused.reasons] == ["no-consent"]
    work(walks)
    assert "For this we ask you anew" in mailbox.text(0)
    (asked,) = [one for one in amend.switches(walks, frozenset({ada})) if one.words.endswith("news of walks?")]
    assert asked.state is None, "the page shows the question as not answered"
    amend.choose(walks, Visitor(client=walks, person=ada, persons=frozenset({ada})), {asked.key: True})
    assert not isinstance(gate.ask(act, client=walks, persons=[ada]), gate.Refusal)


@pytest.mark.django_db(transaction=True)
def test_the_pages_on_which_one_chooses_say_that_something_changed(
    walks: str, publish: Publish, wider: str, browser: Any
) -> None:
    assert "Our privacy policy changed" not in browser.get(f"/c/{walks}/choices/").content.decode()
    publish(wider)
    for path in ("choices/", "you/"):
        page = browser.get(f"/c/{walks}/{path}").content.decode()
        assert "Our privacy policy changed on" in page
        assert f'href="/c/{walks}/notice/#changed"' in page
    assert 'id="changed"' in browser.get(f"/c/{walks}/notice/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_down_leaves_nobody_untold_and_unlocks_nothing(
    walks: str, publish: Publish, wider: str, settings: Any
) -> None:
    settings.SMTP = ("127.0.0.1", 0)
    ada = walker(walks, "ada@quill.example", "Ada")
    number = publish(wider)
    work(walks)
    assert standing.told(walks, ada) < number
    assert read(walks, ada) == []
    assert "tell-change" in [kind for kind, _, _, _ in queue.waiting(walks)]


@pytest.mark.django_db(transaction=True)
def test_the_probe_finds_whoever_was_not_told_in_time(walks: str, publish: Publish, wider: str, settings: Any) -> None:
    from django.utils import timezone

    from troth.prove.changing import changes_are_told
    from troth.prove.keepers import Scene, state_of
    from troth.prove.promises import derive

    settings.SMTP = ("127.0.0.1", 0)
    walker(walks, "ada@quill.example", "Ada")
    publish(wider)
    plan = editions.in_force(walks).plan
    line = next(one for one in derive(plan) if one.path == "always/changes are told")
    today, later = timezone.now(), timezone.now() + dt.timedelta(days=4)
    assert state_of(changes_are_told(Scene(walks, plan, today), line)) == "kept"
    looked = changes_are_told(Scene(walks, plan, later), line)
    assert looked.breaches == ("1 person was not told of a wider edition in time.",)


@pytest.mark.django_db(transaction=True)
def test_a_mended_spelling_of_a_question_asks_nobody_anew(walks: str, publish: Publish, mailbox: Mailbox) -> None:
    ada = walker(walks, "ada@quill.example", "Ada")
    say(walks, ada, True)
    number = publish(LARCH.replace("May we email you news of walks?", "May we e-mail you news about walks?"))
    assert news.of(walks, number) is None
    act = Act(kind="use", use=NEWS, fields=frozenset({"booking.email"}), day=dt.date(2026, 11, 25), channel="email")
    assert not isinstance(gate.ask(act, client=walks, persons=[ada]), gate.Refusal)


def test_a_publication_that_tells_nobody_turns_the_promise_red(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.policy.test_notice import plan_of

    from troth.prove import changing as probe
    from troth.prove.keepers import Scene
    from troth.prove.promises import derive

    plan = plan_of("larch")
    line = next(one for one in derive(plan) if one.path == "always/changes are told")
    monkeypatch.setattr(editions, "all_of", lambda slug: [])
    scene = Scene("larch", plan, dt.datetime(2026, 11, 25, tzinfo=dt.UTC))
    assert probe.changes_are_told(scene, line).breaches == ()
    monkeypatch.setattr(editions, "_after", list(editions._after))
    probe._break_changes(scene)
    assert probe.changes_are_told(scene, line).breaches == (
        "A wider edition would be published, and nobody would be told.",
    )


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_is_owed_and_for_which_no_job_waits_any_more_is_queued_again_at_night(
    walks: str, publish: Publish, wider: str, mailbox: Mailbox
) -> None:
    """An earlier troth took it for done where the letter of a newer edition had gone first."""
    ada = walker(walks, "ada@quill.example", "Ada")
    walker(walks, "bo@quill.example", "Bo", verified=False)
    first = publish(wider)
    second = publish(wider.replace(USE, USE + USE.replace("next year's", "all")))
    standing.tell(walks, ada, second)
    Job.objects.filter(kind__startswith="tell-change").delete()
    changing.nightly()
    assert not Job.objects.exists(), "at first they are on their way"
    with time_machine.travel(dt.datetime.now(dt.UTC) + 2 * changing.LATE):
        changing.nightly()
        changing.nightly()
        assert Job.objects.count() == 1
        work(walks)
        assert [to for to, _ in mailbox.letters] == [["ada@quill.example"]]
        assert standing.editions_told(walks, ada) == {first, second}
        changing.nightly()
    assert not Job.objects.exists()


def test_what_the_night_queues_again_is_part_of_each_sweep() -> None:
    assert changing.nightly in sweep._also.values()
