"""troth connects to nothing that nobody declared: the guard that all tests run under, and a whole house beneath it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.answer.fixtures import mailbox

__all__ = ["mailbox"]
LARCH = Path(__file__).parents[1] / "policies" / "larch.yaml"
TRIES = {
    "an address": "socket.create_connection(('192.0.2.1', 9), timeout=1)",
    "a name": "socket.getaddrinfo('telemetry.example', 443)",
    "a page": "urllib.request.urlopen('http://updates.example/latest', timeout=1)",
    "a datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.53', 53))",
    "a datagram in parts": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.53', 53))",
    "a name in the old way": "socket.gethostbyname('telemetry.example')",
    "a name and its others": "socket.gethostbyname_ex('telemetry.example')",
    "whose number it is": "socket.gethostbyaddr('192.0.2.1')",
    "whose number and port it is": "socket.getnameinfo(('192.0.2.1', 443), 0)",
    "without waiting": "socket.socket().connect_ex(('192.0.2.1', 9))",
    "the next version of the net": "socket.create_connection(('2001:db8::1', 9), timeout=1)",
}


def told(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize("code", TRIES.values(), ids=TRIES.keys())
def test_t61_the_guard_refuses_what_nobody_declared_and_writes_it_down(tmp_path, code):
    log = tmp_path / "undeclared"
    words = [sys.executable, "-c", f"import socket, urllib.request\n{code}"]
    done = subprocess.run(words, env=os.environ | {"SOCKET_GUARD_LOG": str(log)}, capture_output=True, text=True)
    assert done.returncode == 1 and "guard of the tests" in done.stderr
    assert len(told(log)) == 1


def test_t61_this_very_process_is_guarded(tmp_path, monkeypatch):
    monkeypatch.setenv("SOCKET_GUARD_LOG", str(tmp_path / "undeclared"))
    with pytest.raises(ConnectionRefusedError, match="guard of the tests"):
        socket.create_connection(("192.0.2.1", 9), timeout=1)
    assert len(told(tmp_path / "undeclared")) == 1


def test_t61_a_server_may_not_connect_to_this_machine_either_where_nobody_declared_it(tmp_path):
    program = tmp_path / "cli.py"
    program.write_text(
        "import django, socket, sys\ndjango.setup()\nsocket.create_connection(('127.0.0.1', int(sys.argv[2])))"
    )
    env = os.environ | {
        "SOCKET_GUARD_LOG": str(tmp_path / "undeclared"),
        "DJANGO_SETTINGS_MODULE": "troth.web.settings",
    }
    with socket.create_server(("127.0.0.1", 0)) as trap:
        port = trap.getsockname()[1]
        words = [sys.executable, str(program), "serve", str(port)]
        assert subprocess.run(words, env=env, capture_output=True, check=False).returncode == 1
        assert told(tmp_path / "undeclared") == [f"connect 127.0.0.1 {port} in {program} serve {port}"]
        declared = env | {"TROTH_SMTP": f"127.0.0.1:{port}"}
        assert subprocess.run(words, env=declared, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("call", ["subprocess.run(['curl', '-s', 'http://192.0.2.1'])", "os.system('curl 192.0.2.1')"])
def test_t61_a_server_starts_no_program_that_nobody_looks_into(tmp_path, call):
    """What is no Python has no guard: it could connect to anybody."""
    program = tmp_path / "cli.py"
    program.write_text(f"import os, subprocess\n{call}\n")
    log = tmp_path / "undeclared"
    words = [sys.executable, str(program), "serve"]
    env = os.environ | {"SOCKET_GUARD_LOG": str(log), "PATH": str(tmp_path)}
    assert subprocess.run(words, env=env, capture_output=True, check=False).returncode == 1
    (line,) = told(log)
    assert line.startswith("child ")


PATH = os.environ["PYTHONPATH"]
UNREACHED = {
    "a path of its own": ([], {"PYTHONPATH": os.pathsep.join(["src", "."])}),
    "no path": ([], {"PYTHONPATH": ""}),
    "another's module before it": ([], {"PYTHONPATH": os.pathsep.join(["{other}", PATH])}),
    "nowhere to write": ([], {"SOCKET_GUARD_LOG": None}),
    "alone": (["-I"], {}),
    "deaf to its surroundings": (["-X", "dev", "-bE"], {}),
    "without what is imported by itself": (["-S"], {}),
}


def begun_by_run(words: list[str], env: dict[str, str]) -> int:
    return subprocess.run(words, env=env, check=False).returncode


def begun_beside_the_loop(words: list[str], env: dict[str, str]) -> int:
    async def begin() -> int:
        return await (await asyncio.create_subprocess_exec(*words, env=env)).wait()

    return asyncio.run(begin())


def begun_by_spawn(words: list[str], env: dict[str, str]) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn(words[0], words, env), 0)[1])


@pytest.mark.parametrize("begun", [begun_by_run, begun_beside_the_loop, begun_by_spawn])
@pytest.mark.parametrize(("words", "more"), UNREACHED.values(), ids=UNREACHED.keys())
def test_t61_a_child_that_the_guard_would_not_reach_is_not_started(tmp_path, monkeypatch, begun, words, more):
    monkeypatch.setenv("SOCKET_GUARD_LOG", str(tmp_path / "undeclared"))
    (tmp_path / "sitecustomize.py").touch()
    other = {name: value and value.format(other=tmp_path) for name, value in more.items()}
    env = {name: value for name, value in (os.environ | other).items() if value is not None}
    with pytest.raises(PermissionError, match="would not reach"):
        begun([sys.executable, *words, "-c", ""], env)
    assert len(told(tmp_path / "undeclared")) == 1
    assert begun([sys.executable, "-c", ""], dict(os.environ)) == 0


def test_t61_each_process_of_the_tests_looks_at_the_children_that_it_starts(tmp_path):
    log = tmp_path / "undeclared"
    child = "import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', ''])"
    words = [sys.executable, "-c", child]
    done = subprocess.run(words, env=os.environ | {"SOCKET_GUARD_LOG": str(log)}, capture_output=True, text=True)
    assert done.returncode == 1 and "would not reach" in done.stderr
    assert told(log) == [f"unguarded child {sys.executable} -I -c  of -c"]


class Server:
    """``troth serve`` under the guard, on a free port."""

    def __init__(self, folder: Path, smtp: int) -> None:
        self.log = folder / "undeclared"
        self.env = os.environ | {
            "SOCKET_GUARD_LOG": str(self.log),
            "TROTH_DATA": str(folder / "data"),
            "TROTH_KEY_FILE": str(folder / "master.key"),
            "TROTH_PLACES_FILE": str(folder / "places.toml"),
            "TROTH_SMTP": f"127.0.0.1:{smtp}",
            "TROTH_CHECKPOINT_MAIL": "watch@larch.example",
        }
        self.run("publish", str(LARCH), "--client", "larch", "--new")
        words = [sys.executable, "-m", "troth.cli", "serve", "--json", "--port", "0"]
        self.process = subprocess.Popen(words, env=self.env, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.origin = json.loads(self.process.stdout.readline())["addresses"]["Clients’ pages"].rstrip("/")

    def run(self, *words: str) -> None:
        subprocess.run([sys.executable, "-m", "troth.cli", *words], env=self.env, check=True, stdout=subprocess.DEVNULL)

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(self.origin + path, timeout=20) as answer:
            return answer.status, answer.read().decode()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@pytest.fixture
def server(tmp_path: Path, mailbox: Any, settings: Any) -> Any:
    found = Server(tmp_path, settings.SMTP[1])
    yield found
    if found.process.poll() is None:
        found.stop()


def test_t61_a_house_at_work_connects_to_its_mail_and_to_nothing_else(server, mailbox):
    pages = ["/", "/c/larch/notice/", "/c/larch/choices/", "/c/larch/you/", "/c/larch/tag.js", "/healthz", "/metrics"]
    assert [server.get(path)[0] for path in pages] == [200] * len(pages)
    event = json.dumps({"surface": "website", "events": [{"id": "0" * 32, "fields": {"visit.page": "/"}}]}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{server.origin}/c/larch/e", event), timeout=20).close()
    for _ in range(200):
        if mailbox.letters:
            break
        time.sleep(0.1)
    assert mailbox.letters, "a checkpoint left by mail: what was declared is let through"
    server.run("sweep")
    assert server.stop() == 0
    assert told(server.log) == []
