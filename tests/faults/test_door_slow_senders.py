"""The whole server, its real connections and a crowd that holds them open."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

LARCH = Path(__file__).resolve().parents[1] / "policies" / "larch.yaml"
CROWD = 200


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    env = os.environ | {"TROTH_DATA": str(tmp_path / "data"), "TROTH_KEY_FILE": str(tmp_path / "master.key")}
    env |= {"TROTH_PORT": str(number), "TROTH_CLIENT_HOST": "127.0.0.1", "PORT": str(number)}
    troth = [sys.executable, "-m", "troth.cli"]
    subprocess.run([*troth, "publish", str(LARCH), "--client", "larch", "--new"], env=env, check=True)
    server = subprocess.Popen([*troth, "serve"], env=env, stdout=subprocess.DEVNULL)
    try:
        _wait(number, server)
        yield number
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("the server did not listen")


def ask(port: int, head: str) -> str:
    """The first line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(head.encode())
        return one.recv(100).decode().split("\r\n")[0]


def test_t36_a_crowd_that_sends_half_of_its_bodies_shuts_nobody_out(port: int) -> None:
    host = f"Host: 127.0.0.1:{port}\r\n"
    half = f"POST /c/larch/e HTTP/1.1\r\n{host}Content-Length: 60000\r\n\r\n" + "x" * 100
    with contextlib.ExitStack() as crowd:
        for _ in range(CROWD):
            one = crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            one.sendall(half.encode())
        assert ask(port, f"GET /c/larch/choices/ HTTP/1.1\r\n{host}\r\n") == "HTTP/1.1 200 OK"
        assert ask(port, f"POST /c/larch/e HTTP/1.1\r\n{host}Content-Length: 1\r\n\r\n{{").startswith("HTTP/1.1 400")


@pytest.mark.parametrize(
    "says", [b"", b"GET / HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"]
)
def test_t36_a_connection_that_asks_nothing_is_closed_and_holds_no_place(port: int, says: bytes) -> None:
    """Some thousands of them, from one machine, would shut everybody out for as long as they like."""
    with socket.create_connection(("127.0.0.1", port), timeout=40) as one:
        one.sendall(says)
        with contextlib.suppress(ConnectionResetError):
            while one.recv(1000):
                pass
