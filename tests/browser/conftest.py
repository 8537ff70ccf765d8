"""A really served demonstration with little data, in a process of its own, and a real Chromium."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from tests.browser.screenshots import ARGS, come_in

CHROMIUM = shutil.which("chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="chromium is not installed"))


class Demo(NamedTuple):
    origin: str
    desk: str
    data: Path


@contextlib.contextmanager
def served(folder: Path, *words: str) -> Iterator[Demo]:
    """Run ``troth demo`` as anybody would, on a free port, and stop it as Ctrl-C would."""
    data = folder / "data"
    env = {name: value for name, value in os.environ.items() if not name.startswith("TROTH_")}
    env["DJANGO_SETTINGS_MODULE"] = "troth.web.settings"
    command = [sys.executable, "-m", "troth.cli", "demo", "--json", "--data", str(data), "--port", "0", *words]
    log = (folder / "log").open("w")
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = process.stdout.readline()
        assert line, (folder / "log").read_text()
        addresses = json.loads(line)["addresses"]
        origin = addresses["The five"].rstrip("/")
        yield Demo(origin, origin.replace("127.0.0.1", "localhost"), data)
    finally:
        process.send_signal(signal.SIGINT)
        left = process.wait(60)
        process.stdout.close()
        log.close()
    assert left == 0, (folder / "log").read_text()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with served(tmp_path_factory.mktemp("demo"), "--few") as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def officer_state() -> dict[str, Any]:
    return {}


@pytest.fixture
def officer(demo: Demo, chromium: Browser, officer_state: dict[str, Any]) -> Any:
    """Cookies of a privacy officer who has come in; a code counts once, so that they are kept for the run."""
    if not officer_state:
        officer_state.update(come_in(chromium, demo.desk))
    return officer_state


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    yield context
    context.close()
