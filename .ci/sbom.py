"""Write sbom.json: what troth is made of when it runs (CycloneDX 1.6), from the lock and from what is installed.

    python .ci/sbom.py

Each package with its version, licence and the hashes of its files; and each file of ours that runs in somebody else's
browser, with the hash that a fresh copy must have. Nothing in it depends on the day or the machine.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
LOCK, SBOM = ROOT / "requirements.lock", ROOT / "sbom.json"
SENT: Final = ("tag.js", "tag.css")  # to browsers on pages of firms: src/troth/collect/static/collect
NAMES: Final = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def sbom() -> dict[str, Any]:
    """The whole document, in an order that never changes."""
    made = importlib.metadata.metadata("troth")
    parts = [*packages(), *files()]
    about = {"type": "application", "bom-ref": "troth", "name": "troth", "version": made["Version"]}
    about["licenses"] = licences(made)
    content = json.dumps(parts, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {"component": about},
        "components": parts,
    }


def packages() -> Iterator[dict[str, Any]]:
    for name, version, hashes in locked():
        yield {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "licenses": licences(importlib.metadata.metadata(name)),
            "properties": [{"name": "troth:file-sha256", "value": hash} for hash in hashes],
        }


def locked() -> Iterator[tuple[str, str, list[str]]]:
    """(name, version, SHA-256 of each of its files) as the lock has them."""
    for found in re.finditer(r"^([a-z0-9-]+)==(\S+)((?: \\\n +--hash=\S+)+)", LOCK.read_text("utf-8"), re.M):
        yield found[1], found[2], re.findall(r"sha256:([0-9a-f]{64})", found[3])


def licences(of: Any) -> list[dict[str, Any]]:
    """As its own metadata say: an expression, else the classifiers, else the word that stands there."""
    if said := of.get("License-Expression"):
        return [{"expression": said}]
    found = [one.rpartition(" :: ")[2] for one in of.get_all("Classifier") or [] if one.startswith("License :: ")]
    known = sorted({NAMES[one] for one in found if one in NAMES})
    if known:
        return [{"license": {"id": one}} for one in known]
    return [{"license": {"name": (of.get("License") or "unknown").splitlines()[0][:80]}}]


def files() -> Iterator[dict[str, Any]]:
    for name in SENT:
        file = ROOT / "src" / "troth" / "collect" / "static" / "collect" / name
        hash = hashlib.sha256(file.read_bytes()).hexdigest()
        yield {"type": "file", "bom-ref": name, "name": name, "hashes": [{"alg": "SHA-256", "content": hash}]}


if __name__ == "__main__":
    SBOM.write_text(json.dumps(sbom(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{SBOM.name}: {len(sbom()['components'])} components")
