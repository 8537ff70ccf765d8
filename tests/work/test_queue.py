"""Jobs: done once, never lost, never two at a time."""

import datetime as dt
import os
import threading

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from troth.policy.problems import Trouble
from troth.work import holding, loop, queue
from troth.work.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_our_handlers(monkeypatch):
    monkeypatch.setattr(queue, "_handlers", {})
    monkeypatch.setattr(loop, "_rounds", [])


@pytest.fixture
def done():
    seen = []
    queue.handler("note")(lambda payload: seen.append(payload["id"]))
    return seen


def test_a_job_is_done_when_it_is_due_and_then_gone(done):
    queue.add("note", {"id": 1}, client="larch")
    queue.add("note", {"id": 2}, client="larch", not_before=timezone.now() + dt.timedelta(hours=1))
    assert queue.run_due() == 1
    assert done == [1]
    assert [job[0] for job in queue.waiting("larch")] == ["note"]


def test_a_job_named_once_waits_only_once(done):
    first = queue.add("note", {"id": 1}, client="larch", once="sweep-larch")
    assert queue.add("note", {"id": 2}, client="larch", once="sweep-larch") == first
    assert queue.run_due() == 1


def test_a_job_that_is_asked_for_while_it_is_being_done_is_done_once_more():
    turns = []

    def handle(payload):
        turns.append(payload["id"])
        if len(turns) == 1:
            queue.add("again", {"id": 1}, client="larch", once="one")

    queue.handler("again")(handle)
    queue.add("again", {"id": 1}, client="larch", once="one")
    assert queue.run_due() == 2
    assert turns == [1, 1]
    assert not Job.objects.exists()


def test_a_failing_job_waits_longer_each_time_and_keeps_only_a_code():
    def fail(payload):
        raise Trouble("place-down", "ada@example.org cannot be reached.", "Wait.")

    queue.handler("fail")(fail)
    queue.add("fail", {"id": 1}, client="larch")
    waits = []
    with time_machine.travel(dt.datetime(2026, 11, 25, tzinfo=dt.UTC), tick=False) as clock:
        Job.objects.update(due=timezone.now())
        for _ in range(4):
            assert queue.run_due() == 0
            job = Job.objects.get()
            waits.append((job.due - timezone.now()).total_seconds())
            clock.move_to(job.due)
    assert waits == [2, 4, 8, 16]
    assert (job.error, job.leased_until) == ("place-down", None)


def test_a_job_that_has_failed_for_weeks_is_still_tried_each_hour_and_holds_up_nobody(done):
    """A place that is away for weeks: its job fails each hour, and the number of its tries grows without an end."""

    def handle(payload):
        raise Trouble("place-away", "It is away.", "Wait.")

    queue.handler("far")(handle)
    queue.add("far", {"id": 1}, client="larch")
    Job.objects.update(tries=2000)
    queue.add("note", {"id": 2}, client="larch")
    assert queue.run_due() == 1 and done == [2]
    ((_, due, tries, error),) = queue.waiting("larch")
    assert (tries, error) == (2001, "place-away")
    assert dt.timedelta() < due - timezone.now() <= queue.LONGEST_WAIT


def test_the_job_of_a_killed_process_is_done_when_its_lease_has_run_out(done):
    queue.add("note", {"id": 7}, client="larch")
    assert queue._claim(None) is not None  # and the process that claimed it dies
    assert queue.run_due() == 0
    with time_machine.travel(timezone.now() + queue.LEASE + dt.timedelta(seconds=1)):
        assert queue.run_due() == 1
    assert done == [7]


def test_a_process_takes_over_neither_its_own_jobs_nor_those_of_nobody_knows_whom(done, data_folder):
    queue.add("note", {"id": 1}, client="larch")
    queue.add("note", {"id": 2}, client="larch")
    assert queue._claim(None) is not None
    assert queue._claim(None) is not None
    Job.objects.filter(payload={"id": 2}).update(holder=None)  # taken by an earlier edition
    assert queue.take_over() == 0 == queue.take_over()
    Job.objects.filter(payload={"id": 1}).update(holder=1)  # somebody's byte, that nobody locks
    assert queue.take_over() == 1
    assert queue.run_due() == 1 and done == [1]


def test_where_there_is_no_folder_a_job_is_taken_all_the_same_and_no_file_of_another_is_closed(
    done, data_folder, settings, tmp_path
):
    queue.add("note", {"id": 1}, client="larch")
    assert queue._claim(None) is not None and Job.objects.get().holder is not None
    Job.objects.update(leased_until=None)
    settings.DATA = tmp_path / "gone"
    assert holding.own() is None
    with (tmp_path / "another").open("w") as another:  # has the number that the file of the first folder had
        assert queue.run_due() == 1
        os.fstat(another.fileno())


def test_a_late_failure_does_not_take_the_job_from_the_one_who_has_it_now():
    def fail(payload):
        raise ValueError

    queue.handler("fail")(fail)
    queue.add("fail", {"id": 1}, client="larch")
    slow = queue._claim(None)
    with time_machine.travel(timezone.now() + queue.LEASE + dt.timedelta(seconds=1)):
        assert queue._claim(None).pk == slow.pk
        queue._do(slow)
        assert queue._claim(None) is None


@pytest.mark.django_db(transaction=True)
def test_two_threads_that_claim_at_once_never_get_the_same_job(done):
    for number in range(40):
        queue.add("note", {"id": number}, client="larch")
    troubles = []

    def work():
        try:
            while queue.run_due(limit=1):
                pass
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    queue.run_due()
    assert troubles == []
    assert sorted(done) == list(range(40))


@pytest.mark.django_db(transaction=True)
def test_the_loop_does_jobs_and_rounds_and_outlives_a_round_that_fails():
    job, rounds = threading.Event(), threading.Event()
    queue.handler("wake")(lambda payload: job.set())

    @loop.every(0)
    def failing():
        raise OSError("no space")

    loop.every(0)(rounds.set)
    queue.add("wake", {"id": 1}, client="larch")
    running = loop.Loop()
    running.start()
    assert job.wait(20)
    assert rounds.wait(20)
    running.stop()
    assert not Job.objects.exists()
