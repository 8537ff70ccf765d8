"""The table of threats, and the tests that carry its ids. Run it (``python tests/house/threats.py``) when tests were
added or renamed: it writes the list of tests at the end of ``docs/threats.md`` anew."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "threats.md"
LIST: Final = "## The tests of each row\n"
STATES: Final = ("held", "in part", "to come")
_NAME: Final = re.compile(r"test((?:_t\d\d)+)_")
_LISTED: Final = re.compile(r"^  - `(tests/[^`]+)`: `(\w+)`$", re.M)


class Threat(NamedTuple):
    """One row: who would do what, what stops it, which piece of work lands it, how far that is."""

    id: str
    who: str
    abuse: str
    design: str
    lands: str
    state: str

    @property
    def is_foundation(self) -> bool:
        return "foundations" in self.lands


def threats() -> list[Threat]:
    """The rows as the page has them, in its order."""
    found = []
    for line in PAGE.read_text("utf-8").splitlines():
        if re.match(r"\| T\d\d \|", line):
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            found.append(Threat(*cells))
    return found


def tests() -> dict[str, list[tuple[str, str]]]:
    """(file, name) of every test by the ids it carries; one that carries two stands under both."""
    found: dict[str, list[tuple[str, str]]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (match := _NAME.match(node.name)):
                for threat in match[1].upper().split("_")[1:]:
                    found.setdefault(threat, []).append((str(file.relative_to(ROOT)), node.name))
    return found


def listed() -> list[tuple[str, str]]:
    """(file, name) as the end of the page has them."""
    return _LISTED.findall(PAGE.read_text("utf-8").partition(LIST)[2])


def written() -> str:
    """The page, with the list of tests as the tree has them now."""
    page, having = PAGE.read_text("utf-8").partition(LIST)[0], tests()
    lines = [LIST, "This list is made from the tests: `python tests/house/threats.py` writes it anew.\n"]
    for threat in threats():
        lines.append(f"- **{threat.id}**" + ("" if threat.id in having else " none yet"))
        lines += [f"  - `{file}`: `{name}`" for file, name in having.get(threat.id, ())]
    return page + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
    having = tests()
    print(f"{len(threats())} rows, {sum(map(len, having.values()))} tests")
    bare = [one.id for one in threats() if one.is_foundation and one.id not in having]
    print("foundations without a test:", ", ".join(bare) or "none")
    sys.exit(0)
