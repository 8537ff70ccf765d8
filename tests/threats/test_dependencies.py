"""What troth is made of: pinned by hash, listed, few; and the script on other people's pages is the recorded one."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-test.lock"]
STATIC = ROOT / "src" / "troth" / "collect" / "static" / "collect"
PIN = re.compile(r"([a-z0-9-]+)==([0-9][\w.]*)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pins(lock: Path) -> dict[str, str]:
    return {name: version for name, version, _ in PIN.findall(lock.read_text("utf-8"))}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_t60_every_package_is_pinned_by_version_and_hash_and_no_registry_is_named(lock):
    text = lock.read_text("utf-8")
    left = PIN.sub("", re.sub(r"(?m)^#.*\n", "", text))
    assert left == "", left
    assert "://" not in text and "index" not in text
    assert len(pins(lock)) > 15


def test_t60_what_the_project_asks_for_stands_in_the_lock_and_little_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [re.split(r"[\[<>=~!; ]", one)[0].lower() for one in project["dependencies"]]
    assert set(named) <= set(pins(LOCKS[0]))
    assert len(pins(LOCKS[0])) <= 30
    assert pins(LOCKS[0]).items() <= pins(LOCKS[1]).items()


def test_t60_without_its_hash_nothing_is_installed(tmp_path):
    wheel = tmp_path / "larch-1.0-py3-none-any.whl"
    wheel.write_bytes(b"PK\x05\x06" + b"\x00" * 18)
    good = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for said, known in ((good, True), ("0" * 64, False)):
        (tmp_path / "x.lock").write_text(f"larch==1.0 \\\n    --hash=sha256:{said}\n")
        words = ["install", "--dry-run", "--no-index", "--no-deps", "--find-links", str(tmp_path), "--require-hashes"]
        done = subprocess.run(
            [sys.executable, "-m", "pip", *words, "-r", str(tmp_path / "x.lock"), "--target", str(tmp_path / "to")],
            capture_output=True,
            text=True,
            env=os.environ | {"PIP_CONFIG_FILE": os.devnull},
        )
        assert done.returncode != 0  # it is no real package; what is asked is only why
        assert ("DO NOT MATCH" in done.stderr) is not known, done.stderr


def test_t60_the_makefile_installs_with_hashes_and_builds_with_nothing_else():
    text = (ROOT / "Makefile").read_text("utf-8")
    assert "LOCK ?= yes" in text and "sh .ci/install $(BIN)/pip" in text
    script = (ROOT / ".ci" / "install").read_text()
    assert '--require-hashes -r "$2"' in script and "--no-deps --no-build-isolation" in script


def test_t60_a_file_with_another_hash_stops_the_installation_and_one_that_is_not_to_be_had_is_said(tmp_path):
    pip = tmp_path / "pip"
    for said, code, asked in (
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", 1, 1),
        ("ERROR: No matching distribution found for one==1.0", 0, 2),
        ("ERROR: Could not install packages due to an OSError", 1, 1),
    ):
        calls = tmp_path / f"calls-{code}-{len(said)}"
        pip.write_text(
            f'#!/bin/sh\necho x >> {calls}\ncase "$*" in *require-hashes*) echo "{said}" >&2; exit 1;; esac\n'
        )
        pip.chmod(0o755)
        words = ["sh", str(ROOT / ".ci" / "install"), str(pip), "requirements.lock", "demo"]
        done = subprocess.run(
            words, capture_output=True, text=True, env=os.environ | {"PATH": "/usr/bin:/bin", "LOCK": "yes"}
        )
        assert (done.returncode, calls.read_text().count("x")) == (code, asked), said
        assert said in done.stderr


@pytest.mark.parametrize(
    ("ci", "lock", "local"), [("true", "yes", True), ("", "yes", False), ("true", "no", False), ("", "local", True)]
)
def test_t60_without_a_network_only_a_test_run_or_who_asks_installs_what_the_machine_itself_holds(
    tmp_path, ci, lock, local
):
    pip, calls = tmp_path / "pip", tmp_path / "calls"
    pip.write_text(
        f'#!/bin/sh\necho "$*" >> {calls}\ncase "$*" in *require-hashes*) '
        'echo "WARNING: Failed to establish a new connection" >&2; echo "ERROR: DO NOT MATCH THE HASHES" >&2; exit 1;;'
        f' *no-index*) for one; do :; done; cp "$one" {tmp_path}/asked;; esac\n'
    )
    pip.chmod(0o755)
    done = subprocess.run(
        ["sh", str(ROOT / ".ci" / "install"), str(pip), str(LOCKS[1]), "test"],
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": "/usr/bin:/bin", "LOCK": lock, "CI": ci},
    )
    assert ("--no-index" in calls.read_text()) is local
    assert (done.returncode == 0) is (local or lock == "no")
    if local:
        assert "hashes are NOT looked at" in done.stderr
        assert (tmp_path / "asked").read_text().split() == [f"{name}=={one}" for name, one in pins(LOCKS[1]).items()]


def test_t60_an_index_that_cannot_be_reached_is_called_so_and_nothing_newer_is_tried(tmp_path):
    pip, calls = tmp_path / "pip", tmp_path / "calls"
    pip.write_text(f'#!/bin/sh\necho x >> {calls}\nexec {sys.executable} -m pip "$@"\n')
    pip.chmod(0o755)
    nowhere = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    plain = {name: said for name, said in os.environ.items() if not name.startswith("PIP_") and name != "CI"}
    (tmp_path / "x.lock").write_text(f"larch==1.0 --hash=sha256:{'0' * 64}\n")
    words = ["sh", str(ROOT / ".ci" / "install"), str(pip), str(tmp_path / "x.lock"), "demo"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env=plain | {"LOCK": "yes"} | nowhere)
    assert (done.returncode, calls.read_text().count("x")) == (1, 1), done.stderr
    assert "index cannot be reached" in done.stderr and "PIP_INDEX_URL" in done.stderr


def test_t60_what_a_lock_says_beside_a_version_is_asked_for_without_a_network_too(tmp_path):
    pip, lock = tmp_path / "pip", tmp_path / "x.lock"
    pip.write_text(f'#!/bin/sh\ncase "$*" in *no-index*) for one; do :; done; cp "$one" {tmp_path}/asked;; esac\n')
    pip.chmod(0o755)
    hashes = f" \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\n"
    wanted = [
        "larch==1.0",
        "psycopg[binary]==3.2.1",
        'colour==0.4.6 ; sys_platform == "win32"',
        "birch==2.0; python_version < '3.13'",
    ]
    lock.write_text(
        "# made by hand\n" + "".join(one + hashes for one in wanted) + f"elm==3.0 --hash=sha256:{'2' * 64}\n"
    )
    words = ["sh", str(ROOT / ".ci" / "install"), str(pip), str(lock), "test"]
    subprocess.run(words, check=True, capture_output=True, env=os.environ | {"PATH": "/usr/bin:/bin", "LOCK": "local"})
    assert (tmp_path / "asked").read_text().splitlines() == [*wanted, "elm==3.0"]


def test_t60_the_list_of_parts_is_the_one_of_the_lock():
    parts = json.loads((ROOT / "sbom.json").read_text("utf-8"))
    assert (parts["bomFormat"], parts["specVersion"]) == ("CycloneDX", "1.6")
    libraries = {one["name"]: one["version"] for one in parts["components"] if one["type"] == "library"}
    assert libraries == pins(LOCKS[0])
    assert all(one["licenses"] for one in parts["components"] if one["type"] == "library")


def test_t60_the_list_of_parts_can_be_made_anew_and_is_the_same():
    assert script("sbom").sbom() == json.loads((ROOT / "sbom.json").read_text("utf-8")), "run python .ci/sbom.py"


@pytest.mark.parametrize("name", ["tag.js", "tag.css"])
def test_t60_what_runs_on_other_people_s_pages_has_the_recorded_hash(name):
    parts = json.loads((ROOT / "sbom.json").read_text("utf-8"))
    (recorded,) = [one["hashes"][0]["content"] for one in parts["components"] if one["name"] == name]
    found = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    assert found == recorded, f"{name} was changed: look at the change, then run python .ci/sbom.py"


MAKES = """
import django, hashlib
from pathlib import Path
django.setup()
from troth import policy
from troth.collect import tag
for name in ("tests/policies/larch.yaml", "tests/collect/policies/rowan.yaml"):
    plan = policy.load(Path(name)).plan
    for surface in plan.surfaces:
        print(name, surface, hashlib.sha256(tag.script(plan, 1, surface).body).hexdigest())
"""


def test_t60_the_tag_is_the_same_bytes_whoever_makes_it():
    made = set()
    for seed in ("1", "2", "3"):
        env = os.environ | {"PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "troth.web.settings"}
        done = subprocess.run([sys.executable, "-c", MAKES], env=env, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        made.add(done.stdout)
    assert len(made) == 1 and made.pop().count("\n") >= 2
