"""The look of a document that leaves us: a letter, an export. It stands alone, so it carries its own style."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe


@cache
def sheet() -> SafeString:
    text = (Path(__file__).parent / "static" / "answer" / "paper.css").read_text("utf-8")
    return mark_safe(f"<style>\n{text}</style>")  # noqa: S308 (our own file, no value in it)
