"""The log: one line each, as JSON or as text, in which nothing steers a terminal and nobody's value stands."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest
from django.test import Client

from troth.policy.problems import Trouble
from troth.web import options, telling

WEAPONS = [
    "\x1b]0;owned\x07",
    "a\nb",
    "a\r\nforged: yes",
    "\u202eevil",
    "\u2066x",
    "\x9b31m",
    "\u2028",
    'a" level="x',
    "\x00",
]
STEERS = {
    chr(one) for one in [*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
}


def line(form: logging.Formatter, name: str, says: str, *args: object, **extra: object) -> str:
    record = logging.LogRecord(name, logging.WARNING, "/x/door.py", 7, says, args, None)
    record.__dict__.update(extra)
    return form.format(record)


@pytest.mark.parametrize("form", [telling.Lines(), telling.Text()], ids=["lines", "text"])
@pytest.mark.parametrize("weapon", WEAPONS)
def test_t41_nothing_that_steers_a_terminal_or_forges_a_line_comes_through(form, weapon):
    for said in (line(form, "troth.x", "%s", weapon), line(form, "troth.x", "", facts={"route": weapon})):
        assert not set(said) & STEERS
        assert said.isascii()


@pytest.mark.parametrize("weapon", WEAPONS)
def test_t41_a_value_keeps_to_its_place_in_the_line(weapon):
    assert json.loads(line(telling.Lines(), "troth.x", "", facts={"route": weapon}))["route"] == weapon
    text = line(telling.Text(), "troth.x", "", facts={"route": weapon, "status": 200})
    assert text.endswith(" status=200")
    assert json.loads(text.partition(" route=")[2].removesuffix(" status=200")) == weapon


def test_t11_of_what_other_code_says_only_the_kind_and_the_place_are_told():
    for form in (telling.Lines(), telling.Text()):
        said = line(form, "asyncio", "Task of ada@quill.example failed: %s", "her letter")
        assert "ada" not in said and "letter" not in said
        assert "asyncio" in said and "door:7" in said


FALLS = """
import logging, sys, threading
import django
django.setup()
from troth.web import telling
telling.leave_no_traceback()
class Bad:
    def __del__(self): raise ValueError("ada@quill.example")
def fall(): raise ValueError("ada@quill.example")
thread = threading.Thread(target=fall); thread.start(); thread.join()
Bad()
logging.getLogger("asyncio").error("ada@quill.example", exc_info=ValueError("ada@quill.example"))
logging.getLogger("troth.server").info("begun")
fall()
"""


@pytest.mark.parametrize("form", ["lines", "text", "nothing"])
def test_t11_what_falls_out_of_a_thread_is_told_without_its_words(tmp_path, form):
    env = os.environ | {"TROTH_LOG": form, "DJANGO_SETTINGS_MODULE": "troth.web.settings"}
    done = subprocess.run([sys.executable, "-c", FALLS], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "ada" not in done.stderr and "Traceback" not in done.stderr
    if form == "nothing":
        assert done.stderr == ""
        return
    assert done.stderr.count("ValueError") == 4 and "begun" in done.stderr
    assert len(done.stderr.splitlines()) == 5
    if form == "lines":
        assert all(json.loads(one)["log"] for one in done.stderr.splitlines())


def test_another_form_than_the_three_is_refused(monkeypatch):
    monkeypatch.setenv("TROTH_LOG", "xml")
    with pytest.raises(Trouble, match="xml"):
        options.choice("TROTH_LOG", ("lines", "text", "nothing"))


def test_t41_what_a_stranger_wrote_in_a_clients_place_stands_in_no_line_of_the_log(larch, monkeypatch):
    """A form without its key and a desk without its sign-in are answered before anybody looks who that client is."""
    lines: list[str] = []
    monkeypatch.setattr(
        logging.getLogger("troth.access"), "info", lambda *_, extra: lines.append(json.dumps(extra["facts"]))
    )
    outside, desk = (Client(enforce_csrf_checks=True, headers={"host": one}) for one in ("127.0.0.1", "localhost"))
    for act in (outside.post, outside.put, outside.get, desk.get, desk.post):
        for path in ("/c/ada-quill/", "/c/ada-quill/you/", "/desk/promises/ada-quill/", "/desk/ada-quill/requests/x/"):
            act(path)
    assert len(lines) == 20 and "ada-quill" not in "".join(lines)
    outside.post("/c/larch/you/")
    assert outside.get("/c/larch/notice/").status_code == 200
    assert [json.loads(one)["client"] for one in lines[-2:]] == ["larch", "larch"]
