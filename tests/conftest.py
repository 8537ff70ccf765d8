"""Every test gets a data folder and a master key of its own; nothing touches the user's."""

from __future__ import annotations

import gc
import os
import random
import runpy
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.papers import lay

_BASE = Path(tempfile.mkdtemp(prefix="troth-tests-"))
os.environ["TROTH_DATA"] = str(_BASE / "data")
os.environ["TROTH_KEY_FILE"] = str(_BASE / "master.key")
os.environ["TROTH_PLACES_FILE"] = str(_BASE / "places.toml")
os.environ.setdefault("TROTH_DEMO", "no")
os.environ["TROTH_RESERVE_MB"] = "0"  # a reserve in each of many folders would fill a disk
GUARD = Path(__file__).parent / "threats" / "guard"  # every process of the tests refuses what nobody declared (T61)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), os.environ.get("PYTHONPATH", "")]))
os.environ["SOCKET_GUARD_LOG"] = str(_BASE / "undeclared")
runpy.run_path(str(GUARD / "sitecustomize.py"))
(_BASE / "data" / "tmp").mkdir(parents=True)
SEED = int(os.environ.get("TROTH_SEED", "20261125"))
LARCH = Path(__file__).parent / "policies" / "larch.yaml"


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # the tests themselves stay to the end: no later collection need look through them


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"seed {SEED} (TROTH_SEED chooses another)")


@pytest.fixture(autouse=True)
def seeded() -> None:
    """What a test leaves to chance is the same in each run, unless another seed is asked for."""
    random.seed(SEED)


@pytest.fixture(autouse=True)
def papers(request: pytest.FixtureRequest) -> None:
    """A test that writes a policy into its folder finds the papers of it there."""
    if "tmp_path" in request.fixturenames:
        lay(request.getfixturevalue("tmp_path"))


@pytest.fixture(scope="session", autouse=True)
def nothing_phones_out() -> Iterator[None]:
    """At the end of a run: no process of it tried a connection that no policy and no operator declared."""
    yield
    log = _BASE / "undeclared"
    tried = log.read_text().splitlines() if log.exists() else []
    assert tried == [], f"{len(tried)} undeclared connections: {sorted(set(tried))[:10]}"


def pytest_sessionfinish() -> None:
    shutil.rmtree(_BASE, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """The test database is a real file in WAL mode, so that threads meet as they do in life."""
    from django.conf import settings

    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(_BASE / "test.db")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Beside it a copy with every table and no row, which a test can have for itself."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(_BASE / "test.db", _BASE / "empty.db")


@pytest.fixture(scope="session", autouse=True)
def flushed_without_a_new_start() -> Iterator[None]:
    """After a test that commits its rows go. The names of tables that the migrations wrote stay, and are not written
    once more after each such test: Django takes ten times as long for that as for the rows."""
    from django.core.management.commands import flush

    with pytest.MonkeyPatch.context() as patch:
        every = flush.sql_flush
        patch.setattr(flush, "sql_flush", lambda *args, **more: [*filter(_is_of_rows, every(*args, **more))])
        patch.setattr(flush, "emit_post_migrate_signal", lambda *args, **more: None)
        yield


def _is_of_rows(statement: str) -> bool:
    return not statement.startswith(('DELETE FROM "django_content_type"', 'DELETE FROM "auth_permission"'))


@pytest.fixture
def data_folder(tmp_path: Path, settings: object) -> Iterator[Path]:
    """A fresh data folder with its key beside it; the database is pytest-django's own."""
    from troth.places import master

    folder = tmp_path / "data"
    (folder / "tmp").mkdir(parents=True)
    settings.DATA = folder  # type: ignore[attr-defined]
    settings.KEY_FILE = tmp_path / "master.key"  # type: ignore[attr-defined]
    settings.PLACES_FILE = tmp_path / "places.toml"  # type: ignore[attr-defined]
    master.ensure()
    yield folder


@pytest.fixture
def larch(data_folder: Path, db: None) -> str:
    """A client whose policy is the small firm of the language's own page."""
    from troth.parties import editions, tenancy

    editions.forget_cache()
    tenancy.add("larch")
    editions.publish("larch", LARCH, replaces=None, by="test")
    return "larch"
