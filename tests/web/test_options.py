"""The options: a command over a demonstration's folder finds what the demonstration keeps beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from troth.web import options

BESIDE = ("TROTH_KEY_FILE", "TROTH_PLACES_FILE", "TROTH_DEMO")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TROTH_DATA", str(tmp_path / "data"))
    for name in BESIDE:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "data").mkdir()
    return tmp_path


def test_a_command_over_a_demonstrations_folder_finds_the_key_beside_it(folder: Path) -> None:
    (folder / "data" / "demo").write_text("larch\n")
    assert options.path("TROTH_KEY_FILE") == (folder / "data.key").resolve()
    assert options.path("TROTH_PLACES_FILE") == (folder / "data.places.toml").resolve()
    assert options.yes("TROTH_DEMO")


def test_what_the_environment_names_goes_before_what_lies_beside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "data" / "demo").write_text("larch\n")
    monkeypatch.setenv("TROTH_KEY_FILE", str(folder / "other.key"))
    assert options.path("TROTH_KEY_FILE") == (folder / "other.key").resolve()


def test_any_other_folder_has_nothing_beside_it(folder: Path) -> None:
    assert options.path("TROTH_KEY_FILE") == Path("~/.config/troth/master.key").expanduser().resolve()
    assert not options.yes("TROTH_DEMO")


def test_t25_the_recipes_of_proxies_write_no_path_down_and_lay_no_body_into_a_file() -> None:
    """Tried with both: while troth is away, each writes the address of a request, token and all, into its error log."""
    page = (Path(__file__).parents[2] / "docs" / "operate.md").read_text()
    nginx, caddy = (
        page.partition("```nginx")[2].partition("```")[0],
        page.partition("```caddyfile")[2].partition("```")[0],
    )
    kept = ("access_log off;", "emerg;", "client_body_buffer_size 1m;", "proxy_max_temp_file_size 0;")
    assert [line for line in kept if line not in nginx] == []
    assert "exclude http.log.error" in caddy


@pytest.mark.parametrize(
    "said", [{"TROTH_DESK_HOST": "Privacy.Firm.example"}, {"TROTH_DESK_HOST": "desk.firm.example:8443"}]
)
def test_t51_the_desk_never_stands_on_the_host_of_clients_pages_and_a_host_has_no_port(
    folder: Path, said: dict[str, str]
) -> None:
    """By the command itself: the settings are read once a process."""
    more = {"TROTH_CLIENT_HOST": "privacy.firm.example", "TROTH_KEY_FILE": str(folder / "key"), **said}
    command = [sys.executable, "-m", "troth.cli", "serve"]
    done = subprocess.run(command, env=os.environ | more, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("troth: TROTH_") and "Traceback" not in done.stderr
    assert list((folder / "data").iterdir()) == []
