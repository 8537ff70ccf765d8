"""Write requirements.lock and requirements-test.lock: every package that troth and its tests need, by version and hash.

    python .ci/lock.py            resolve anew, with the newest releases that pyproject.toml allows
    python .ci/lock.py --keep     the versions that stand there, with their hashes looked up again

pip itself resolves and says what it would install (``--report``), once for this machine and once more for each of
TARGETS: what holds code of a machine has a file, and so a hash, for each. The lock names no registry.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
RUN, TEST = ROOT / "requirements.lock", ROOT / "requirements-test.lock"
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS: Final = (
    *(["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_12_x86_64"],),
    *(["manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"],),
    *(["macosx_14_0_arm64", "macosx_11_0_arm64", "macosx_11_0_universal2", "macosx_10_13_universal2"],),
    *(["macosx_11_0_x86_64", "macosx_10_13_x86_64", "macosx_10_12_x86_64", "macosx_10_9_x86_64"],),
)
HEAD: Final = """\
# Every package that {what}, by version and by the hashes of its files; made by .ci/lock.py from pyproject.toml.
# pip install --require-hashes -r {name}
"""


def main(words: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    run = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["demo"]]
    run += project["build-system"]["requires"]
    test = [*run, *project["project"]["optional-dependencies"]["test"]]
    keep = pinned(TEST) if "--keep" in words else {}
    everything = resolved([*test, *(f"{name}=={version}" for name, version in keep.items())])
    versions = {name: version for name, (version, _) in everything.items()}
    needed = set(resolved(run, versions)) & set(versions)
    hashes = {name: {hash} for name, (_, hash) in everything.items()}
    for name, found in elsewhere({name: versions[name] for name in versions if bound(everything[name])}).items():
        hashes[name] |= found
    RUN.write_text(text("troth runs on", RUN.name, {name: versions[name] for name in needed}, hashes))
    TEST.write_text(text("troth and its tests need", TEST.name, versions, hashes))
    print(f"{RUN.name}: {len(needed)} packages; {TEST.name}: {len(versions)}")


def pinned(file: Path) -> dict[str, str]:
    """Versions by name, as a lock has them."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", file.read_text("utf-8"), re.M))


def resolved(wanted: list[str], versions: dict[str, str] | None = None) -> dict[str, tuple[str, str]]:
    """(version, 'sha256:…' with the file's name before it) by name, as pip would install them here."""
    held = [f"{name}=={version}" for name, version in (versions or {}).items()]
    with_these = ["--constraint", constraints(held)] if held else []
    report = pip("--only-binary=:all:", *with_these, *wanted)
    return {name(one): (one["metadata"]["version"], file_and_hash(one)) for one in report}


def constraints(held: list[str]) -> str:
    file = ROOT / ".venv" / "lock-constraints.txt"
    file.write_text("\n".join(held) + "\n")
    return str(file)


def pip(*words: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    found: list[dict[str, Any]] = json.loads(done.stdout)["install"]
    return found


def name(one: dict[str, Any]) -> str:
    return re.sub(r"[-_.]+", "-", one["metadata"]["name"]).lower()


def file_and_hash(one: dict[str, Any]) -> str:
    info = one["download_info"]
    return info["url"].rpartition("/")[2] + " sha256:" + info["archive_info"]["hashes"]["sha256"]


def bound(found: tuple[str, str]) -> bool:
    """Whether a file holds code of one machine: then other machines have others."""
    return not found[1].partition(" ")[0].endswith("-any.whl")


def elsewhere(versions: dict[str, str]) -> dict[str, set[str]]:
    """Files and hashes of the same releases for other machines. A release without a file there is left out for it."""
    found: dict[str, set[str]] = {one: set() for one in versions}
    for python in PYTHONS:
        for platforms in PLATFORMS:
            there = [word for platform in platforms for word in ("--platform", platform)]
            wanted = dict(versions)
            while wanted:
                try:
                    exact = [f"{one}=={version}" for one, version in wanted.items()]
                    report = pip("--target", ".", "--no-deps", "--only-binary=:all:", "--python-version", python,
                                 *there, *exact)  # fmt: skip
                except SystemExit as none:
                    missing = re.search(r"No matching distribution found for ([\w.-]+)==", str(none))
                    if missing is None:
                        raise
                    del wanted[re.sub(r"[-_.]+", "-", missing[1]).lower()]
                    continue
                for one in report:
                    found[name(one)].add(file_and_hash(one))
                break
    return found


def text(what: str, file: str, versions: dict[str, str], hashes: dict[str, set[str]]) -> str:
    lines = [HEAD.format(what=what, name=file)]
    for one, version in sorted(versions.items()):
        known = sorted({hash.partition(" ")[2] for hash in hashes[one]})
        lines.append(" \\\n".join([f"{one}=={version}", *(f"    --hash={hash}" for hash in known)]) + "\n")
    return "".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
