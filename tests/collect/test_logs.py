"""Access logs come in through the policy, or not at all."""

from __future__ import annotations

import datetime as dt
import fcntl
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from troth import cli
from troth.collect import logs, steps
from troth.parties import editions, tenancy
from troth.places import events
from troth.policy.problems import Trouble
from troth.work import queue

pytestmark = pytest.mark.django_db
POLICIES = Path(__file__).parents[2] / "policies"


def line(when: dt.datetime, *, page: str = "/maps", address: str = "203.0.113.77", agent: str = "Browser/1.0") -> str:
    stamp = when.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{address} - - [{stamp}] "GET {page} HTTP/1.1" 200 5123 "https://a.example/x?y" "{agent}"'


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.fixture
def log(tmp_path: Path, data_folder: Path, rowan: str) -> Iterator[Path]:
    (data_folder / "troth.db").touch()  # a folder in use, to the command
    yield tmp_path / "access.log"
    events.store().close()


def stored(client: str = "rowan") -> list[events.Event]:
    far = dt.timedelta(days=9999)
    return list(events.store().rows(client, since=now() - far, until=now() + far))


def test_lines_are_stored_with_declared_fields_in_their_forms(log: Path) -> None:
    log.write_text(line(now() - dt.timedelta(hours=2)) + "\n" + line(now(), address="2001:db8:1:2::3") + "\n")
    done = logs.import_log(log, "rowan")
    assert (done.lines, done.counts) == (2, {"stored": 2})
    assert [event.values for event in stored()] == [
        {"log.page": "/maps", "log.ip": "203.0.113.0/24"},
        {"log.page": "/maps", "log.ip": "2001:db8:1::/48"},
    ]


def test_importing_a_log_again_adds_nothing_and_twin_lines_are_two(log: Path) -> None:
    twin = line(now())
    log.write_text(f"{twin}\n{twin}\n")
    assert logs.import_log(log, "rowan").counts == {"stored": 2}
    assert logs.import_log(log, "rowan").counts == {"replay": 2}
    assert sum(event.count for event in stored()) == 2


def test_a_line_whose_period_is_over_is_not_taken_in(log: Path) -> None:
    log.write_text(line(now() - dt.timedelta(days=40)) + "\n" + line(now() - dt.timedelta(days=20)) + "\n")
    assert logs.import_log(log, "rowan").counts == {"stale": 1, "stored": 1}
    day = (now() - dt.timedelta(days=20)).date().isoformat()
    assert events.store().spans("rowan")[0] == {"log.*": {day: 1}}


def test_a_sample_can_be_moved_so_that_it_ends_now(log: Path) -> None:
    old = dt.datetime(2015, 5, 17, 10, 5, tzinfo=dt.UTC)
    log.write_text(line(old) + "\n" + line(old + dt.timedelta(hours=1)) + "\n")
    assert logs.import_log(log, "rowan", ends=now()).counts == {"stored": 2}


def test_malformed_lines_are_counted_with_their_numbers_and_their_text_goes_nowhere(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.write_text(f"{line(now())}\n\x1b[31mnot a line ada@post.example\n{line(now(), page='/b')}\n{'x' * 40_000}\n")
    assert cli.main(["collect", "log", str(log), "--client", "rowan"]) == 0
    told = capsys.readouterr()
    assert "lines 2, 4" in told.err
    assert "ada@" not in told.out + told.err
    assert "\x1b" not in told.out + told.err


def test_control_characters_in_agents_and_paths_are_not_stored(log: Path) -> None:
    log.write_text(line(now(), page="/a\x1b[2Jb\u202e") + "\n")
    logs.import_log(log, "rowan")
    (event,) = stored()
    assert not re.search(r"[\x00-\x1f\u202e]", str(event.values["log.page"]))


def test_of_what_a_browser_says_of_itself_only_programs_and_systems_with_their_versions_are_stored(
    log: Path,
) -> None:
    said = (
        "Mozilla/5.0 (Linux; Android 16; SM-X710; ada@example.com; de-DE) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/140.0.7339.207 Toolbar-99887766 Safari/537.36"
    )
    assert steps.software(said) == "Mozilla/5.0 AppleWebKit/537.36 Chrome/140.0 Safari/537.36 (Linux; Android 16)"
    tenancy.add("miomi")
    editions.publish("miomi", POLICIES / "miomi", replaces=None, by="test")
    log.write_text(line(now(), agent=said) + "\n")
    logs.import_log(log, "miomi")
    assert steps.software(said) in {event.values.get("log.software") for event in stored("miomi")}


def test_a_packed_log_is_read_and_a_torn_one_is_trouble(log: Path) -> None:
    packed = gzip.compress((line(now()) + "\n").encode() * 3)
    log.write_bytes(packed)
    assert logs.import_log(log, "rowan").lines == 3
    log.write_bytes(packed[:-12])
    with pytest.raises(Trouble) as trouble:
        logs.import_log(log, "rowan")
    assert trouble.value.code == "log-unreadable"


def test_a_policy_without_a_log_point_takes_no_log(log: Path, larch: str) -> None:
    log.write_text(line(now()) + "\n")
    with pytest.raises(Trouble) as trouble:
        logs.import_log(log, "larch")
    assert trouble.value.code == "no-log-point"


def test_the_import_stands_in_the_ledger_with_counts_only(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from troth.ledger import entries

    log.write_text(line(now()) + "\n")
    assert cli.main(["collect", "log", str(log), "--client", "rowan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"stored": 1}
    ((_, _, act, counts),) = [row for row in entries.newest("rowan") if row[2] == "imported"]
    assert (act, json.loads(counts)) == ("imported", {"lines": 1, "stored": 1})


def test_while_a_server_runs_a_command_leaves_event_files_to_it_and_waits(
    log: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looked: list[bool] = []

    def server_s_turn(seconds: float) -> None:
        looked.append((data_folder / "events").exists())
        queue.run_due()

    monkeypatch.setattr("troth.keep.serving.time.sleep", server_s_turn)
    log.write_text(line(now()) + "\n")
    with (data_folder / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert cli.main(["collect", "log", str(log), "--client", "rowan"]) == 0
        assert cli.main(["collect", "log", str(log) + ".gone", "--client", "rowan"]) == 1
    assert looked[0] is False
    assert "1 line of the log" in capsys.readouterr().out


@pytest.mark.parametrize("bad", ['"' * 9000, "[" * 9000, "a " * 5000, "1.2.3.4 - - [" + "x" * 5000])
def test_the_worst_lines_are_turned_away_without_backtracking(bad: str) -> None:
    assert logs.read_line(bad) is None


def test_while_the_server_imports_a_long_log_whatever_else_is_due_is_done(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "TOGETHER", 2)
    log.write_text("".join(line(now(), page=f"/{number}") + "\n" for number in range(6)))
    stored_by_then: list[int] = []
    monkeypatch.setitem(queue._handlers, "a mail", lambda payload: stored_by_then.append(len(stored())))
    ref = logs.by_server(log, "rowan", surface="", ends=None)
    queue.add("a mail", {}, client="rowan", not_before=now() + dt.timedelta(seconds=-1))
    queue.run_due(limit=1, kinds=frozenset({"collect log"}))
    assert stored_by_then == [2] and len(stored()) == 6
    told = logs.outcome(ref)
    assert told is not None and told.counts == {"stored": 6}


def test_a_mark_before_the_first_line_makes_no_other_line_of_it(log: Path) -> None:
    text = line(now()) + "\n"
    log.write_text(text)
    logs.import_log(log, "rowan")
    log.write_text(text, encoding="utf-8-sig")
    assert logs.import_log(log, "rowan").counts == {"replay": 1}


def test_a_log_that_waits_for_a_server_that_ends_or_never_was_one_is_imported_all_the_same(
    log: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("troth.keep.serving.LOOK", 0.1)
    log.write_text(line(now()) + "\n")
    with (data_folder / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        monkeypatch.setattr("troth.keep.serving.time.sleep", lambda seconds: fcntl.flock(lock, fcntl.LOCK_UN))
        assert cli.main(["collect", "log", str(log), "--client", "rowan"]) == 0
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert cli.main(["collect", "log", str(log) + ".gone", "--client", "rowan"]) == 1
    assert "1  stored" in capsys.readouterr().out
