"""A made-up second language: every word of a policy's own stands in brackets, so that one that stays bare shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec

from troth import policy
from troth.policy.emit import notice
from troth.policy.plan import Plan


def words_of(plan: Plan) -> list[str]:
    """All of a policy's own words that somebody meets."""
    return notice.untranslated(msgspec.structs.replace(plan, languages=("en", "fr"), translations=()), "fr")


def mark(words: str) -> str:
    return f"⟦{words}⟧"


def bilingual(source: Path, folder: Path) -> Path:
    """The policy at ``source`` with French, as a file in ``folder`` beside its papers."""
    compiled = policy.load(source)
    plan = compiled.plan
    assert plan is not None, compiled.problems
    lines = "".join(f"      {quoted(words)}: {quoted(mark(words))}\n" for words in words_of(plan))
    text, count = re.subn(
        r"notice: \{at: (\S+)\}",
        rf"notice:\n  at: \1\n  languages: [en, fr]\n  in:\n    fr:\n{lines}",
        source.read_text(),
    )
    assert count == 1
    folder.mkdir()
    shutil.copytree(source.parent / "papers", folder / "papers")
    path = folder / source.name
    path.write_text(text)
    return path


def quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
