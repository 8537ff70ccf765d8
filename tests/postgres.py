"""A real PostgreSQL server of the tests' own: made new, on loopback alone, and gone with them."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, insert, select
from sqlalchemy.exc import OperationalError

CHINOOK = Path(__file__).parents[1] / "samples" / "chinook.sqlite"
BIN = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name), default=None)
SETTINGS = {"fsync": "off", "autovacuum": "off", "unix_socket_directories": "", "listen_addresses": "127.0.0.1"}
LONG = 60  # seconds for a start; a busy machine is slow


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    if BIN is None:
        pytest.skip("PostgreSQL is not installed")
    with server() as made:
        yield made


class Server:
    """``address(name)`` is a database's address; ``copy()`` makes a fresh copy of Chinook and returns its own."""

    def __init__(self, folder: Path, port: int, user: dict[str, Any]) -> None:
        self.folder, self.port, self._user = folder, port, user

    def start(self) -> None:
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        words = [BIN / "postgres", "-D", self.folder / "data", "-p", str(self.port), *options]  # type: ignore[operator]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(words, cwd=self.folder, stdout=log, stderr=log, **self._user)
        self._wait()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)  # whoever is connected is sent away
        self.process.wait(LONG)

    def _wait(self) -> None:
        until = time.monotonic() + LONG
        while True:
            try:
                self.run("SELECT 1")
                return
            except OperationalError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def address(self, name: str) -> str:
        return f"postgresql://troth@127.0.0.1:{self.port}/{name}"

    def copy(self) -> str:
        name = f"shop_{secrets.token_hex(4)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE chinook")
        return self.address(name)

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        return run(self.address("postgres"), statement)


def run(address: str, statement: str) -> list[tuple[Any, ...]]:
    """One statement by a connection of its own; the rows, if there are any."""
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            done = connection.exec_driver_sql(statement)
            return [tuple(row) for row in done] if done.returns_rows else []
    finally:
        engine.dispose()


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Started and stopped as somebody who is not root, because it refuses root."""
    assert BIN is not None
    folder = Path(tempfile.mkdtemp(prefix="troth-postgres-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(folder, "nobody", "nogroup")
    quiet: dict[str, Any] = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL, **user}
    words = ["-A", "trust", "-U", "troth", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run([BIN / "initdb", "-D", folder / "data", *words], **quiet)
    made = Server(folder, port, user)
    try:
        made.start()
        made.run("CREATE DATABASE chinook")
        _fill(made.address("chinook"))
        yield made
        made.stop()
    finally:
        made.process.kill()
        made.process.wait(LONG)
        shutil.rmtree(folder, ignore_errors=True)


def _fill(address: str) -> None:
    """The same tables, keys and rows as the file has."""
    file, there = create_engine(f"sqlite:///{CHINOOK}"), create_engine(address)
    meta = MetaData()
    meta.reflect(file)
    for table in meta.tables.values():
        for column in table.columns:
            column.type = column.type.as_generic()
    meta.create_all(there)
    with file.connect() as source, there.begin() as target:
        for table in meta.sorted_tables:
            if rows := [dict(row._mapping) for row in source.execute(select(table))]:
                target.execute(insert(table), rows)
    file.dispose()
    there.dispose()
