"""Two members of staff answer the same person in the same moment; and one of them is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.answer.planting import walker

from troth.answer.models import RequestRow
from troth.keep import erasure
from troth.keep.models import Erasure
from troth.parties import staff
from troth.people import store, vault

pytestmark = pytest.mark.django_db(transaction=True)
ADA = "ada@quill.example"


def command(settings: Any, right: str) -> subprocess.Popen[str]:
    env = {**os.environ, "TROTH_DATA": str(settings.DATA), "TROTH_KEY_FILE": str(settings.KEY_FILE)}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    words = [sys.executable, "-c", "import sys; from troth.cli import main; sys.exit(main(sys.argv[1:]))"]
    words += ["answer", right, "--client", "larch", "--identity", f"email={ADA}", "--by", "officer@larch.example"]
    words += ["--because", "came in person", "--json"]
    return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def planted(walks: str, on_disk: Path) -> int:
    staff.add("officer@larch.example", walks, "officer")
    return walker(walks, ADA, "Ada", letter="a red glove")


def test_two_at_once_erase_once_and_neither_says_what_is_not_so(planted: int, settings: Any) -> None:
    vault.close()
    both = [command(settings, "erase") for _ in range(2)]
    said = [(one.communicate(timeout=120)[0], one.returncode) for one in both]
    for text, status in said:
        assert status in (0, 1, 3), said
        data = json.loads(text)
        assert data["ok"] is (status == 0)
        if status == 1:
            assert data["trouble"]["code"] in ("nobody-found", "busy", "store-busy"), data
    assert any(status in (0, 3) for _, status in said)
    for number in erasure.unfinished():
        assert erasure.run(number)
    assert "letter.body" not in store.fields_held("larch", planted)
    assert {one.step for one in Erasure.objects.all()} == {"done"}


def test_killed_in_the_middle_the_next_command_is_the_same_request_and_ends_it(planted: int, settings: Any) -> None:
    vault.close()
    first = command(settings, "erase")
    while not RequestRow.objects.exists() and first.poll() is None:
        pass
    first.kill()
    first.communicate(timeout=60)
    again = command(settings, "erase")
    text, _ = again.communicate(timeout=120)
    said = json.loads(text)
    assert again.returncode in (0, 1), text
    if again.returncode == 1:  # killed after the last row had gone: nobody is known by that any more
        assert said["trouble"]["code"] == "nobody-found"
    for number in erasure.unfinished():
        assert erasure.run(number)
    assert "letter.body" not in store.fields_held("larch", planted)
    assert RequestRow.objects.count() == 1
