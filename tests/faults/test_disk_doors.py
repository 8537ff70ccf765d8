"""Nothing that is sent lies in clear on the disk, whichever door it came to and however it failed there (T11).

A real server; marks through every door, most of them so that they fail; then every file that the server could have
written is read: its folder, its temporary folder, what it said, the mail it sent, and files it deleted but holds open.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.people.test_processes import environment, run
from tests.scanner import scanner

HOST, BOOKING = "127.0.0.1", "/c/larch/form/booking/"
Answer = tuple[int, str, http.client.HTTPMessage]


class Server:
    """``troth serve`` over a folder, with a temporary folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.temporary, self.said = folder, folder / "temporary", folder / "said"
        self.temporary.mkdir(exist_ok=True)
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = int(free.getsockname()[1])
        words = [sys.executable, "-m", "troth.cli", "serve", "--json"]
        env = environment(folder) | {"TROTH_PORT": str(self.port), "TMPDIR": str(self.temporary)}
        self.out = self.said.open("ab")
        self.child = subprocess.Popen(words, env=env, stdout=self.out, stderr=self.out, cwd=self.temporary)

    def ready(self) -> Server:
        until = time.monotonic() + 60
        while self.child.poll() is None and time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
                return self
            time.sleep(0.1)
        raise AssertionError(self.said.read_text())

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        line = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            line.request(method, path, body or None, {"Host": f"{HOST}:{self.port}"} | named)
            answer = line.getresponse()
            return answer.status, answer.read().decode(errors="replace"), answer.headers
        finally:
            line.close()

    def raw(self, text: bytes) -> None:
        """Send bytes and hang up, whatever comes back."""
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=10) as line:
            line.sendall(text)
            line.settimeout(2)
            with contextlib.suppress(OSError):
                line.recv(65536)

    def deleted(self) -> dict[str, bytes]:
        """What the server deleted and still holds open."""
        found = {}
        for handle in Path(f"/proc/{self.child.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(handle).endswith("(deleted)"):
                    found[os.readlink(handle)] = handle.read_bytes()
        return found

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.child.send_signal(number)
        code = self.child.wait(60)
        self.out.close()
        return code


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    run(tmp_path, "begin")
    one = Server(tmp_path).ready()
    yield one
    if one.child.poll() is None:
        one.stop()


def mark() -> str:
    return f"mark{secrets.token_hex(8)}"


def form(server: Server, fields: dict[str, str], *, path: str = BOOKING, broken: bool = False) -> int:
    """Fill in a form as a browser does; ``broken``: without what the page hid in it."""
    status, page, headers = server.ask("GET", path)
    assert status == 200
    cookie = headers.get("Set-Cookie", "").partition(";")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    assert hidden
    body = "&".join(f"{name}={value}" for name, value in ((hidden if not broken else {}) | fields).items()).encode()
    kind = "application/x-www-form-urlencoded"
    origin = f"http://{HOST}:{server.port}"
    return server.ask("POST", path, body, Cookie=cookie, Content_Type=kind, Origin=origin)[0]


def upload(server: Server, path: str, name: str, inside: str, size: int) -> int:
    """A file in parts, as a form sends it; it can be larger than what is held in memory."""
    line = "line-of-parts"
    head = f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = head + (inside.encode() + b" ") * (size // (len(inside) + 1)) + f"\r\n--{line}--\r\n".encode()
    with contextlib.suppress(OSError):
        return server.ask("POST", path, body, Content_Type=f"multipart/form-data; boundary={line}")[0]
    return 0


def plant(server: Server) -> list[str]:
    """A mark through every door, most of them so that they fail."""
    marks = [mark() for _ in range(30)]
    left = iter(marks)
    name, address = next(left), f"{next(left)}@quill.example"
    full = {"booking.name": name, "booking.email": address, "booking.walk": next(left)}
    assert form(server, full) in (200, 302, 303)
    form(server, {"booking.name": next(left)})  # something is missing
    form(server, {**full, "booking.name": next(left), "undeclared": next(left)})
    form(server, {"booking.name": next(left)}, broken=True)  # without its key
    form(server, {**full, "booking.email": next(left)})  # no address at all
    assert form(server, {"address": f"{marks[11]}@quill.example"}, path="/c/larch/you/") < 400  # a letter waits
    for size in (2000, 600_000, 3_000_000):
        for path in (BOOKING, "/c/larch/you/", "/c/larch/e"):
            upload(server, path, marks[12], marks[13], size)
    origin = "https://www.larch.example"
    for fields in ({"visit.page": 5, marks[14]: marks[15]}, {"visit.ip": marks[16]}):
        event = {"surface": "website", "events": [{"id": "x" * 32, "fields": fields}]}
        server.ask("POST", "/c/larch/e", json.dumps(event).encode(), Origin=origin, User_Agent=marks[17])
    torn = f'{{"surface": "{marks[18]}'.encode()
    server.ask("POST", "/c/larch/e", torn, Origin=origin, Referer=f"https://{marks[19]}/")
    cookie = f"troth_choice={marks[23]}"
    server.ask("GET", f"/c/larch/{marks[20]}?q={marks[21]}", X_Forwarded_For=marks[22], Cookie=cookie)
    server.ask("GET", f"/c/larch/you/link/{marks[24]}/")
    server.ask("POST", "/desk/enter/", f"email={marks[25]}".encode())
    head = f"POST /c/larch/you/ HTTP/1.1\r\nHost: {HOST}:{server.port}\r\n"
    server.raw(f"{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{marks[26]}\r\n".encode())
    server.raw(f"{head}Content-Length: 400\r\n\r\naddress={marks[27]}".encode())  # and hangs up
    server.raw(f"{marks[28]} / HTTP/9\r\n\r\n".encode())
    return marks


def test_t11_no_mark_lies_in_clear_in_any_file_whichever_door_it_was_sent_to(server: Server) -> None:
    marks = plant(server)
    notes = {f"{one} as {coat}": seen.hex() for one in marks for coat, seen in scanner.coats(one).items()}
    held = b"".join(server.deleted().values())
    server.folder.joinpath("held").write_bytes(held)
    assert scanner.look(notes, server.folder) == {}, "while it serves"
    assert server.stop() == 0
    assert scanner.look(notes, server.folder) == {}, "after it stopped"
    assert list(server.temporary.iterdir()) == []
    scanned = scanner.look({"a page was asked for": b"troth.access".hex()}, server.folder)
    assert scanned, "the program reads what the server said, so it would find a mark there"


def test_t11_a_server_that_falls_leaves_no_image_of_its_memory(server: Server) -> None:
    limits = Path(f"/proc/{server.child.pid}/limits").read_text()
    assert re.search(r"Max core file size\s+0\s+0\s", limits)
    plant(server)
    assert server.stop(signal.SIGABRT) == -signal.SIGABRT
    assert [path.name for path in server.temporary.iterdir() if "core" in path.name] == []


def test_t11_sqlite_writes_no_temporary_file(tmp_path: Path) -> None:
    """A sort that fits no page cache is done in memory in both databases; in a file it would lie there in clear."""
    from django.conf import settings

    from troth.places import keyfile

    options = settings.DATABASES["default"]["OPTIONS"]["init_command"]
    assert "temp_store=MEMORY" in options and "secure_delete=ON" in options
    assert {"temp_store=MEMORY", "secure_delete=ON"} <= set(keyfile._PRAGMAS)
    assert settings.FILE_UPLOAD_TEMP_DIR == settings.DATA / "tmp"


def test_t62_a_second_server_over_the_same_folder_is_refused_and_the_first_goes_on(server: Server) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "troth.cli", "serve", "--json"],
        env=environment(server.folder) | {"TROTH_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert json.loads(second.stdout)["trouble"]["code"] == "already-serving"
    assert server.ask("GET", "/c/larch/notice/")[0] == 200
    server.stop(signal.SIGKILL)
    after = Server(server.folder).ready()  # who was killed holds no lock
    assert after.ask("GET", "/c/larch/notice/")[0] == 200
    assert after.stop() == 0
