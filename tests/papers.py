"""The papers that the policies of the tests rest on, to be laid beside a policy that is written elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

HERE = Path(__file__).parent
FOLDERS = (HERE / "policies" / "papers", HERE / "collect" / "policies" / "papers")


def lay(folder: Path) -> None:
    """Into a folder, where a policy is to find them."""
    for papers in FOLDERS:
        shutil.copytree(papers, folder / "papers", dirs_exist_ok=True)
