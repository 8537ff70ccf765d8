"""Breakers at work: break one keeper's promise in a scratch copy, and see that its probe, and no other, turns red.

The copy is a folder of its own with its own database files; a breaker never touches live data. Each breaker has a
new copy and runs in a process of its own, because some of them switch off a guard in the running program.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from django.conf import settings

from troth.keep import disk
from troth.parties import editions
from troth.places import beside
from troth.policy.problems import Trouble
from troth.prove import looking
from troth.prove.keepers import KEEPERS, State
from troth.prove.promises import derive


class Trial(msgspec.Struct, frozen=True):
    """What one breaker did: the promises of its keeper that turned red, and others that should not have."""

    keeper: str
    client: str
    red: int
    strangers: tuple[str, ...]
    ok: bool
    why: str = ""


@contextmanager
def scratch() -> Iterator[Path]:
    """A copy of the data folder, taken file by file with SQLite's own backup, gone afterwards."""
    inside = settings.DATA / "tmp"  # not where other programs look: it holds what the data folder holds
    inside.mkdir(exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="troth-scratch-", dir=inside) as name:
        target = Path(name) / "data"
        _fill(target)
        yield target


def _fill(target: Path) -> None:
    inside = settings.DATA / "tmp"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for file in [one for one in settings.DATA.rglob("*") if inside not in one.parents]:
        with contextlib.suppress(FileNotFoundError), looking.unless_dropped(file):  # by a server at work
            _copy(file, target / file.relative_to(settings.DATA))


def _copy(file: Path, to: Path) -> None:
    if file.is_dir():
        to.mkdir(parents=True, exist_ok=True)
    elif file.suffix == ".db":
        to.parent.mkdir(parents=True, exist_ok=True)
        with beside.read_only(file) as source, sqlite3.connect(to) as target:
            source.backup(target)
        source.close()
        target.close()
    elif file.is_file() and not file.name.endswith(("-wal", "-shm", ".lock", disk.RESERVE)):
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, to)


def try_all(client: str, only: str = "") -> Iterator[Trial]:
    """Run every breaker of this client's keepers, one scratch copy each."""
    used = {line.keeper for line in derive(editions.in_force(client).plan)}
    with _trying(client) as states:
        base = states("")
        for name, keeper in KEEPERS.items():
            if name in used and keeper.breaker is not None and only in ("", name):
                yield _judge(name, client, base, states(name))


def _judge(name: str, client: str, base: dict[str, State], after: dict[str, State]) -> Trial:
    turned = {path for path, state in after.items() if state == "broken" and base.get(path) != "broken"}
    allowed = {name, *KEEPERS[name].with_it}
    strangers = tuple(sorted(path for path in turned if _owner(path) not in allowed))
    red = sum(_owner(path) == name for path in turned)
    own = {state for path, state in base.items() if _owner(path) == name}
    if not red and not strangers and "kept" not in own:
        return Trial(name, client, 0, (), True, "nothing here to break yet")
    return Trial(name, client, red, strangers, red > 0 and not strangers)


def _owner(path: str) -> str:
    return path if path.startswith("always/") else path.partition("/")[0]


def _stuck(client: str, breaker: str, why: str) -> Trouble:
    said = f"The breaker of “{breaker}” could not run" if breaker else "The scratch copy could not be proved"
    return Trouble("self-test", f"{said}: {why}.", "See that the disk has room, and run it again.", where=client)


@contextmanager
def _trying(client: str) -> Iterator[Callable[[str], dict[str, State]]]:
    """What gives, by the name of a breaker ('' for none), the states after it: each in a copy that is taken anew."""
    with scratch() as folder, tempfile.TemporaryFile("w+") as said:
        env = os.environ | {
            "TROTH_DATA": str(folder),
            "TROTH_KEY_FILE": str(settings.KEY_FILE),
            "DJANGO_SETTINGS_MODULE": "troth.web.settings",
            "TROTH_SCRATCH": "yes",
        }
        words = [sys.executable, "-m", "troth.prove.scratch", client]
        pipe = subprocess.PIPE
        with subprocess.Popen(words, env=env, stdin=pipe, stdout=pipe, stderr=said, text=True) as process:

            def states(breaker: str) -> dict[str, State]:
                assert process.stdin and process.stdout
                _fill(folder)
                with contextlib.suppress(BrokenPipeError):  # past the buffer: what stays in it fails again at the end
                    os.write(process.stdin.fileno(), f"{breaker}\n".encode())
                if not (line := process.stdout.readline().strip()):
                    said.seek(0)
                    why = (said.read().strip().splitlines() or ["no word why"])[-1].partition(":")[0]
                    raise _stuck(client, breaker, why)
                found: dict[str, State] = json.loads(line)
                return found

            yield states
