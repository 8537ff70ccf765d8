from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from troth.parties import editions, tenancy

LARCH = (Path(__file__).parents[1] / "policies" / "larch.yaml").read_text()
LAW = ', at least 6 years by \\"Companies Act 2006 s388\\"'


def published(name: str, text: str, folder: Path) -> str:
    """A policy like Larch's with something else in it, put in force."""
    path = folder / f"{name}.yaml"
    path.write_text(text.replace("policy: larch", f"policy: {name}"))
    papers = Path(__file__).parents[1] / "policies" / "papers"
    if papers.exists():
        (folder / "papers").symlink_to(papers)
    tenancy.add(name)
    editions.publish(name, path, replaces=None, by="tests")
    return name


@pytest.fixture
def plain(data_folder: Any, transactional_db: Any, tmp_path: Path) -> str:
    """No statute keeps anything."""
    assert LAW in LARCH
    return published("plain", LARCH.replace(LAW, ""), tmp_path)


@pytest.fixture
def held(data_folder: Any, transactional_db: Any, tmp_path: Path) -> str:
    """Letters can be put on hold."""
    hold = "holds:\n  a court case: {data: letter.*, needs: matter, review: 6 months, because: A court asked}\n"
    return published("held", LARCH.replace(LAW, "").replace("cookies: none", hold + "cookies: none"), tmp_path)
