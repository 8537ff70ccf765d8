"""Cells of a spreadsheet: text for whatever program opens it, never a formula that it would run (T57)."""

from __future__ import annotations

from typing import Final

MARK: Final = "'"  # before a cell that a spreadsheet would run as a formula; taking it away gives the value back
RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain(cell: str) -> str:
    """The cell as text for any spreadsheet: with the mark before it where one would run it."""
    return MARK + cell if cell.startswith((*RISKY, MARK)) else cell
