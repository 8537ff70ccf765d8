"""The demonstration says what it is on every page, and cannot be reached from elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.web.walking import parameters, routes

MARK = "This is a demonstration"


def test_t64_every_page_of_the_demonstration_says_what_it_is(officer, visitor, larch, settings):
    settings.DEMO = True
    seen = 0
    for route in routes():
        if parameters(route) - {"client"}:
            continue
        browser = officer if route.startswith("desk/") else visitor
        answer = browser.get("/" + route.replace("<slug:client>", larch))
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.status_code != 302:
            assert MARK in answer.content.decode(), route
            seen += 1
    for browser in (officer, visitor):
        assert MARK in browser.get("/desk/nothing/at-all/").content.decode()
    assert seen >= 10


def test_outside_the_demonstration_no_page_calls_itself_one(officer, visitor, larch):
    for browser, path in ((officer, "/desk/"), (visitor, f"/c/{larch}/notice/"), (visitor, "/")):
        assert MARK not in browser.get(path).content.decode()


def test_a_firms_page_of_the_demonstration_leads_to_its_mail_and_back(visitor, larch, settings):
    """Whoever reads there that a link is on its way finds it."""
    ways = ('<a href="/mailbox/">', '<a href="/">')
    assert not any(one in visitor.get(f"/c/{larch}/you/").text for one in ways)
    settings.DEMO = True
    assert all(one in visitor.get(f"/c/{larch}/you/").text for one in ways)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "demo.example"])
def test_t55_a_demonstration_that_anybody_could_reach_does_not_start(settings, host):
    from troth.policy.problems import Trouble
    from troth.web import server

    settings.DEMO, settings.HOST = True, host
    with pytest.raises(Trouble) as refused:
        server.refuse_demo_in_public()
    assert refused.value.code == "demo-public"
    settings.HOST = "127.0.0.1"
    server.refuse_demo_in_public()


@pytest.mark.parametrize("words", [["demo", "--few", "--port", "0"], ["serve"]])
def test_t55_neither_command_serves_a_demonstration_to_everybody(tmp_path, words):
    env = os.environ | {"TROTH_DEMO": "yes", "TROTH_HOST": "0.0.0.0", "TROTH_PORT": "0"}
    env |= {"TROTH_DATA": str(tmp_path / "data"), "TROTH_KEY_FILE": str(tmp_path / "key")}
    command = [sys.executable, "-m", "troth.cli", *words, *(["--data", str(tmp_path / "data")] * (words[0] == "demo"))]
    said = subprocess.run([*command, "--json"], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (said.returncode, json.loads(said.stdout)["trouble"]["code"]) == (1, "demo-public")
    assert not (tmp_path / "data" / "troth.db").exists(), "nothing was made, and no account of a demonstration"


def test_t64_the_mark_is_printed_too():
    from pathlib import Path

    printed = Path("src/troth/web/static/web/troth.css").read_text().partition("@media print")[2]
    assert "display:none" in printed
    assert ".demo" not in printed


@pytest.fixture
def elsewhere(settings, tmp_path):
    """A data folder that is not there yet, with its key and its list of places beside it."""
    settings.DATA = tmp_path / "folder"
    settings.KEY_FILE, settings.PLACES_FILE = tmp_path / "folder.key", tmp_path / "folder.places.toml"
    return settings.DATA


@pytest.mark.parametrize("as_json", [False, True])
def test_a_disk_on_which_no_event_is_taken_in_is_said_at_the_start(larch, settings, monkeypatch, capsys, as_json):
    import shutil

    from troth.web import commands

    usage = shutil.disk_usage(settings.DATA)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=40 * 2**20))
    commands._say(as_json, "demo", {"The five": "http://127.0.0.1/"}, commands._short_of_room())
    out, err = capsys.readouterr()
    assert "disk-low: 40 MB are free" in err and "no event and no form" in err and "larger disk" in err
    if as_json:
        assert [one["code"] for one in json.loads(out)["findings"]] == ["disk-low"]


@pytest.mark.parametrize("flags", [[], ["--fresh"]])
def test_somebody_elses_folder_is_neither_filled_nor_emptied_by_a_demonstration(tmp_path, flags):
    mine = tmp_path / "letters"
    mine.mkdir()
    (mine / "mine.txt").write_text("keep me")
    command = [sys.executable, "-m", "troth.cli", "demo", "--data", str(mine), "--port", "0", "--few", *flags]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 1
    assert "not made by a demonstration" in said.stderr
    assert [path.name for path in mine.rglob("*")] == ["mine.txt"]
    assert not Path(f"{mine}.key").exists()


def test_a_start_over_takes_away_what_a_demonstration_made_and_nothing_else(elsewhere):
    from troth.web import demo

    demo.claim()
    (elsewhere / "demo").write_text("larch\n")
    (elsewhere / "events" / "larch").mkdir(parents=True)
    for name in ("troth.db", "keys.db", "events/larch/2026-11.db", "notes.txt"):
        (elsewhere / name).write_text("x")
    demo.forget()
    demo.claim()
    assert sorted(path.name for path in elsewhere.iterdir()) == ["demo", "notes.txt"]
    assert (elsewhere / "demo").read_text() == ""


def test_a_folder_by_another_name_is_not_followed_when_a_demonstration_starts_over(elsewhere, tmp_path):
    from troth.web import demo

    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "mine.txt").write_text("keep me")
    demo.claim()
    (elsewhere / "events").symlink_to(tmp_path / "outside")
    demo.forget()
    assert not (elsewhere / "events").is_symlink()
    assert (tmp_path / "outside" / "mine.txt").read_text() == "keep me"


def test_the_command_that_shows_the_code_names_the_folder_where_it_is_another(tmp_path, monkeypatch):
    from troth.web import commands

    monkeypatch.chdir(tmp_path)
    assert commands._elsewhere(commands._folder(".data")) == ""
    assert commands._elsewhere(commands._folder("my demo")) == f"TROTH_DATA='{tmp_path}/my demo' "
