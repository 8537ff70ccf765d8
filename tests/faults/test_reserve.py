"""Something else fills the disk to its last byte. Events stop; an erasure, an access, a choice and the desk still end.

A real small disk (tmpfs) under a real server. What fills it is not ours, so nobody makes room in time.
"""

from __future__ import annotations

import datetime as dt
import http.client
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.collect.conftest import ORIGIN, made_id
from tests.people.test_processes import environment, run

from troth import policy
from troth.keep import disk
from troth.policy.problems import Trouble
from troth.web import doctor, server

HOST = "127.0.0.1"
ROWAN = Path(__file__).parents[1] / "collect" / "policies" / "rowan.yaml"
GUIDE = "guide@larch.example"
BY = ("--by", GUIDE, "--because", "came in person")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, where we may have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=200m,mode=700", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class House:
    """``troth serve`` over a folder on the small disk, and commands beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.env = environment(folder) | {"TROTH_RESERVE_MB": "16", "TROTH_LOG": "nothing"}
        self.server: subprocess.Popen[str] | None = None

    def troth(self, *words: str) -> dict[str, Any]:
        line = [sys.executable, "-m", "troth.cli", *words, "--json"]
        done = subprocess.run(line, env=self.env, capture_output=True, text=True, timeout=120, check=False)
        return json.loads(done.stdout) | {"status": done.returncode}

    def serve(self) -> None:
        words = [sys.executable, "-m", "troth.cli", "serve", "--json", "--port", "0"]
        self.server = subprocess.Popen(words, env=self.env, stdout=subprocess.PIPE, text=True)
        assert self.server.stdout is not None
        self.origin = json.loads(self.server.stdout.readline())["addresses"]["Clients’ pages"].rstrip("/")
        self.port = int(self.origin.rpartition(":")[2])

    def stop(self) -> None:
        if self.server is not None and self.server.stdout is not None:
            self.server.terminate()
            assert self.server.wait(60) == 0
            self.server.stdout.close()

    def ask(
        self, method: str, path: str, body: bytes = b"", host: str = HOST, **headers: str
    ) -> tuple[int, str, http.client.HTTPMessage]:
        line = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items() if value}
            line.request(method, path, body or None, {"Host": f"{host}:{self.port}"} | named)
            answer = line.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            line.close()

    def says(self, body: dict[str, Any], client: str) -> tuple[int, dict[str, Any]]:
        """What a page of the client's site sends to the door."""
        raw = json.dumps({"surface": "website"} | body).encode()
        status, text, _ = self.ask("POST", f"/c/{client}/e", raw, Origin=ORIGIN[client])
        return status, json.loads(text) if text.startswith("{") else {}

    def event(self) -> int:
        return self.says({"events": [{"id": made_id(), "fields": {"visit.page": "/"}}]}, "larch")[0]

    def kept(self) -> int:
        return (self.data / "reserve").stat().st_size if (self.data / "reserve").exists() else 0


@pytest.fixture
def house(small: Path) -> Iterator[House]:
    run(small, "begin")
    run(small, "fill")
    made = House(small)
    assert made.troth("publish", str(ROWAN), "--client", "rowan", "--new")["ok"]
    yield made
    made.stop()


def until(true: Callable[[], bool]) -> None:
    for _ in range(300):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("never")


def fill(small: Path) -> Path:
    """A file of somebody else's that takes all there is, until nothing more can be written."""
    ballast = small / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"\0" * 2**20)
    return ballast


class Desk:
    """A member of staff, with a browser: cookies, and the key that each form carries."""

    def __init__(self, house: House) -> None:
        self.house, self.cookies = house, dict[str, str]()

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        form = "application/x-www-form-urlencoded" if body else ""
        origin = f"http://localhost:{self.house.port}" if body else ""
        status, page, headers = self.house.ask(
            method, path, body, "localhost", Cookie=cookie, Content_Type=form, Origin=origin
        )
        for line in headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return status, page, headers.get("Location", "")

    def fill_in(self, path: str, **fields: str) -> tuple[int, str, str]:
        status, page, _ = self.ask("GET", path)
        hidden = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert hidden, (status, page)
        return self.ask("POST", path, urllib.parse.urlencode({"csrfmiddlewaretoken": hidden[0]} | fields).encode())

    def come_in(self, link: str) -> str:
        """By a first link and a new second factor. Returns where it leads."""
        from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

        status, _, factor = self.fill_in(urllib.parse.urlsplit(link).path)
        assert status == 302, status
        secret = re.findall(r"<code>([A-Z2-7 ]{16,})</code>", self.ask("GET", factor)[1])[0].replace(" ", "")
        code = format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))
        status, _, where = self.fill_in(factor, code=code)
        assert status == 302, status
        return where


def test_t37_on_a_disk_filled_to_the_last_byte_events_stop_and_all_that_people_may_ask_still_ends(
    house: House, small: Path
) -> None:
    house.serve()
    until(lambda: house.kept() > 16 * 2**20)
    reserve = house.kept()
    switches = policy.load(ROWAN).plan.switches
    yes = [key for key, switch in switches.items() if switch.device and switch.opens]
    token = house.says({"choice": {"ask": house.says({"hello": True}, "rowan")[1]["ask"], "yes": yes}}, "rowan")[1]
    assert house.event() == 204
    ballast = fill(small)
    until(lambda: house.event() == 503)
    until(lambda: shutil.disk_usage(small).free > 0)

    told = house.troth("staff", "add", GUIDE, "--client", "larch", "--role", "guide")
    assert told["ok"], told
    where = Desk(house).come_in(told["links"][0])
    assert where.startswith("/desk/")
    told = house.troth("answer", "access", "--client", "larch", "--identity", "email=walker-1@quill.example", *BY)
    assert told["status"] == 0, told
    told = house.troth("answer", "erase", "--client", "larch", "--identity", "email=walker-0@quill.example", *BY)
    assert told["status"] == 0, told
    gone = house.troth("answer", "access", "--client", "larch", "--identity", "email=walker-0@quill.example", *BY)
    named = {one["field"] for one in gone["held"]}
    assert named == {"booking.email", "troth.requests", "troth.left"}, "what a statute keeps, and none of its values"
    again = house.says({"hello": True, "token": token["token"]}, "rowan")[1]["ask"]
    status, said = house.says({"token": token["token"], "choice": {"ask": again, "no": yes}}, "rowan")
    assert status == 200 and said["token"] != token["token"]
    assert house.event() == 503, "what is left is not for events"
    assert 0 < house.kept() < reserve, "not more of it was given up than was needed"

    assert "reserve-used" not in {one["code"] for one in house.troth("doctor")["findings"]}
    metrics = house.ask("GET", "/metrics")[1]
    assert int(re.findall(r"^troth_reserve_bytes (\d+)$", metrics, re.MULTILINE)[0]) == house.kept()
    ballast.unlink()
    until(lambda: house.event() == 204)
    until(lambda: house.kept() >= reserve)


@pytest.fixture
def full(data_folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """A filled reserve, and a disk that has a mebibyte beside what is given up of it. Says what the reserve holds."""
    settings.RESERVE_MB = 16
    assert disk.fill()
    whole = disk.reserve().held
    monkeypatch.setattr(disk, "_free", lambda: 2**20 + whole - disk.reserve().held)
    return lambda: disk.reserve().held


def test_t37_no_more_of_the_reserve_is_given_up_than_is_needed_and_a_full_disk_is_filled_no_further(
    full: Callable[[], int],
) -> None:
    whole = full()
    assert whole == 16 * 2**20
    assert disk.make_way(2**20) == 0
    assert disk.make_way() == disk.MARGIN - 2**20 == whole - full()
    assert disk.make_way() == 0
    assert not disk.fill() and full() == whole - 3 * 2**20
    assert disk.make_way(2**40) == whole - 3 * 2**20, "all there is, when more is needed"
    assert full() == 0 and disk.make_way(2**40) == 0


def test_t37_for_a_database_that_would_not_fit_all_the_same_nothing_is_given_up(
    full: Callable[[], int], tmp_path: Path
) -> None:
    whole, database = full(), tmp_path / "large.db"
    for size, given in ((2**40, 0), (2**21, disk.MARGIN + 2**20)):
        with database.open("wb") as file:
            file.truncate(size)
        assert disk.make_way_for(database) == given
        assert full() == whole - given


def test_the_reserve_grows_with_the_largest_database_and_is_none_where_none_is_wanted(
    data_folder: Path, settings: Any
) -> None:
    settings.RESERVE_MB = 1
    (data_folder / "events").mkdir()
    (data_folder / "events" / "a.db").write_bytes(b"x" * 5000)
    (data_folder / "b.db").write_bytes(b"x" * 3000)
    assert disk.fill()
    assert disk.reserve() == disk.Reserve(wanted=2**20 + 5000, held=2**20 + 5000)
    assert (data_folder / "reserve").stat().st_blocks * 512 >= 2**20, "the blocks are taken and not only named"
    settings.RESERVE_MB = 0
    assert disk.fill() and disk.reserve() == disk.Reserve(wanted=0, held=0)


def test_the_doctor_names_a_reserve_that_was_given_up(full: Callable[[], int]) -> None:
    def named() -> list[str]:
        return [one.code for one in doctor._reserve(dt.datetime.now(dt.UTC))]

    assert named() == []
    disk.make_way(10 * 2**20)
    assert "reserve-used" in named()


def test_a_disk_without_any_room_stops_a_start_with_a_word(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_free", lambda: disk.LEAST - 1)
    with pytest.raises(Trouble) as stopped:
        server.prepare()
    assert stopped.value.code == "database-trouble" and str(data_folder) in stopped.value.sentence
    assert "Make room" in stopped.value.help
    assert [one.code for one in doctor.examine()] == ["disk-low"], "which opens nothing either"


def test_a_demonstration_without_room_says_so_and_a_later_start_fills_it(small: Path) -> None:
    env = environment(small) | {"TROTH_LOG": "nothing", "TROTH_KEY_FILE": str(small / "five.key")}
    words = [sys.executable, "-m", "troth.cli", "demo", "--few", "--json", "--port", "0", "--data", str(small / "five")]

    def begun(kept: int) -> tuple[list[str], list[str]]:
        """Start it beside a file of so many bytes: what it finds amiss, and whom it filled."""
        (small / "ballast").write_bytes(b"x" * kept)
        with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            assert server.stdout is not None
            said = json.loads(server.stdout.readline())
            server.terminate()
        return [one["sentence"] for one in said["findings"]], (small / "five" / "demo").read_text().split()

    (told,), filled = begun(150 * 2**20)
    assert "no event and no form" in told and filled == []
    (told,), filled = begun(0)
    assert ", and below" not in told and len(filled) == 5
