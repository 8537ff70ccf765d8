"""Files that are no logs, or are made to do harm: told clearly, nothing half taken in, memory flat."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import os
import re
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from tests.collect.test_logs import line, now

from troth import cli
from troth.collect import consent, door, limits, logs, steps
from troth.collect.lens import Seen
from troth.places import events
from troth.policy.problems import Trouble

pytestmark = pytest.mark.django_db
GOOD = line(dt.datetime.now(dt.UTC)).encode() + b"\n"


@pytest.fixture
def log(tmp_path: Path, data_folder: Path, rowan: str) -> Iterator[Path]:
    (data_folder / "troth.db").touch()  # a folder in use, to the command
    yield tmp_path / "access.log"
    events.store().close()


def stored() -> list[events.Event]:
    far = dt.timedelta(days=9999)
    return list(events.store().rows("rowan", since=now() - far, until=now() + far))


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as one:
        one.writestr("access.log", data)
    return out.getvalue()


def tarred(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as one:
        member = tarfile.TarInfo("access.log")
        member.size = len(data)
        one.addfile(member, io.BytesIO(data))
    return out.getvalue()


def times_packed(data: bytes, times: int) -> bytes:
    for _ in range(times):
        data = gzip.compress(data)
    return data


STAMPS = [
    "01/Jan/0001:00:00:00 +2359",
    "31/Dec/9999:23:59:59 -2359",
    "30/Feb/2026:00:00:00 +0000",
    "01/Jan/1960:00:00:00 +0000",
    "01/Jan/2026:25:00:00 +0000",
    "01/Jan/2026:00:00:00 +9999",
]
NO_LOGS: dict[str, bytes] = {
    "random": bytes(range(256)) * 40,
    "zip": zipped(GOOD * 50),
    "tar in gzip that is cut": gzip.compress(tarred(GOOD * 50))[:-20],
    "torn gzip": gzip.compress(GOOD * 3000)[:-30],
    "gzip with a wrong sum": gzip.compress(GOOD * 9)[:-8] + b"\0" * 8,
    "gzip with rubbish in it": gzip.compress(GOOD * 3000)[:40] + b"\xff" * 400,
    "gzip of a gzip": times_packed(GOOD * 9, 2),
    "gzip head alone": b"\x1f\x8b",
    "json lines": b'{"ip": "203.0.113.7", "page": "/"}\n' * 9,
    "html": b"<html><script>alert(1)</script></html>\n",
    "utf-16": GOOD.decode().encode("utf-16"),
    "utf-32": GOOD.decode().encode("utf-32"),
    "one endless line": b"a" * 3_000_000,
    "quotes": b'"' * 100_000,
    "brackets": b"[" * 100_000,
    "nul": b"\0" * 100_000,
    "csv formula": b"=cmd|' /C calc'!A0\n",
    "common format with a word for a size": GOOD.replace(b" 5123 ", b" much "),
    "escapes": b"\x1b]0;owned\x07\x1b[2J\n" * 9,
    **{f"time {stamp}": f'1.2.3.4 - - [{stamp}] "GET / HTTP/1.1" 200 1\n'.encode() for stamp in STAMPS},
}


@pytest.mark.parametrize("name", NO_LOGS)
def test_t58_what_is_no_log_is_told_and_nothing_of_it_is_taken_in(
    log: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    log.write_bytes(NO_LOGS[name])
    assert cli.main(["collect", "log", str(log), "--client", "rowan", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["trouble"]["code"] == "log-unreadable"
    assert stored() == []


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_t58_what_is_no_file_is_not_opened(log: Path, make: Callable[[Path], None]) -> None:
    make(log)
    with pytest.raises(Trouble) as trouble:
        logs.import_log(log, "rowan")
    assert trouble.value.code == "log-unreadable"


def test_t58_a_bomb_is_put_down_before_it_goes_off(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "SMALL", 2**20)
    log.write_bytes(gzip.compress(GOOD + (b"\0" * 1000 + b"\n") * 20_000))
    read: list[int] = []
    real = logs.read_line
    monkeypatch.setattr(logs, "read_line", lambda text: read.append(1) or real(text))
    with pytest.raises(Trouble) as trouble:
        logs.import_log(log, "rowan")
    assert "far more" in trouble.value.sentence
    assert len(read) < 10_000
    assert stored() == []


def test_t58_memory_stays_flat_however_long_the_log(log: Path) -> None:
    log.write_bytes(GOOD + b"x" * 20_000_000 + b"\n" + GOOD)
    tracemalloc.start()
    try:
        logs.survey(log)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 2_000_000


def test_t58_the_end_of_an_overlong_line_is_no_line_of_its_own(log: Path) -> None:
    hidden = line(now(), page="/forged").encode()
    for length in range(logs.LONGEST_LINE - 2, logs.LONGEST_LINE + 4):
        log.write_bytes(GOOD + b"x" * length + hidden + b"\n" + GOOD)
        assert logs.import_log(log, "rowan").lines == 3
    assert "/forged" not in [event.values["log.page"] for event in stored()]


def test_t58_a_line_from_a_time_to_come_would_outlive_its_promise_and_is_not_taken_in(log: Path) -> None:
    log.write_text(line(now() + dt.timedelta(days=400)) + "\n" + line(now()) + "\n")
    assert logs.import_log(log, "rowan").counts == {"stale": 1, "stored": 1}


def test_a_sample_s_times_are_moved_by_its_last_line_that_can_be(log: Path) -> None:
    old = dt.datetime(2015, 5, 17, 10, 5, tzinfo=dt.UTC)
    log.write_text(line(old) + "\n" + line(dt.datetime(2090, 1, 1, tzinfo=dt.UTC)) + "\n")
    assert logs.import_log(log, "rowan", ends=now()).counts == {"stored": 1, "stale": 1}


def test_a_quote_that_a_server_escaped_is_part_of_the_line(log: Path) -> None:
    log.write_text(line(now(), page='/a\\"b', agent='A \\"quoted\\" browser') + "\n")
    assert logs.import_log(log, "rowan").counts == {"stored": 1}


def test_t37_an_import_stops_at_the_floor_of_free_space(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_floor", lambda folder: limits.Floor(folder, 2**62))
    log.write_bytes(GOOD)
    with pytest.raises(Trouble) as trouble:
        logs.import_log(log, "rowan")
    assert trouble.value.code == "busy"
    assert stored() == []


MARKS = ["\x1b[2J", "\x1b]0;owned\x07", "\r", "\x08", "\x9b31m", "\u202e", "\u2066", "\u200f", "\u061c", "\u2028"]


@pytest.mark.parametrize("mark", MARKS, ids=[f"U+{ord(mark[0]):04X}" for mark in MARKS])
def test_t41_nothing_that_steers_a_terminal_or_turns_writing_comes_out_of_an_import(
    log: Path, capsys: pytest.CaptureFixture[str], mark: str
) -> None:
    log.write_bytes(f"{line(now(), page=f'/a{mark}b', agent=f'x{mark}y')}\n{mark} no line\n".encode())
    assert cli.main(["collect", "log", str(log), "--client", "rowan"]) == 0
    told = capsys.readouterr()
    out = told.out + told.err + "".join(str(value) for event in stored() for value in event.values.values())
    assert mark not in out
    assert not any(ord(sign) < 32 and sign != "\n" for sign in out)


WORST = [
    '"' * 16_000,
    "[" * 16_000,
    "a " * 8_000,
    "1.2.3.4 - - [" + "x" * 16_000,
    '1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "' + "\\" * 15_000,
    '1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "' + '\\"' * 4_000,
    '1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 1' + " " * 15_000 + "x",
    " " * 16_000,
]


@pytest.mark.parametrize("bad", WORST, ids=range(len(WORST)))
def test_t42_the_worst_lines_are_turned_away(bad: str) -> None:
    assert logs.read_line(bad) is None


def patterns() -> list[re.Pattern[str]]:
    rooms = (steps, logs, door, consent)
    return [one for room in rooms for one in vars(room).values() if isinstance(one, re.Pattern)]


def repeats_within(tree: Any, inside: bool = False) -> bool:
    """Whether a repetition without a small bound stands in another: what lets a search go back over itself."""
    for sort, what in tree:
        again = sort in (_constants.MAX_REPEAT, _constants.MIN_REPEAT) and what[1] > 100
        if again and inside:
            return True
        if any(repeats_within(one, inside or again) for one in parts_of(sort, what)):
            return True
    return False


def parts_of(sort: Any, what: Any) -> list[Any]:
    if sort is _constants.BRANCH:
        return list(what[1])
    return [what[-1]] if sort in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.SUBPATTERN) else []


def test_t42_no_pattern_of_this_room_repeats_a_repetition() -> None:
    assert repeats_within(_parser.parse("(a+)+b"))
    assert len(patterns()) > 8
    assert [one.pattern for one in patterns() if repeats_within(_parser.parse(one.pattern))] == []


def test_t42_what_a_pattern_is_run_over_is_capped_first() -> None:
    assert logs.read_line("x" * (logs.LONGEST_LINE + 1)) is None
    assert steps.plain("x" * (steps.LONGEST + 1)) is None
    agent = Seen(agent="Browser/1.0 " * 1000).says("agent", "", 0.0)
    assert len(agent) == steps.LONGEST_AGENT == 512
