"""The sample papers of a first policy: what each kind of paper has to say, to be replaced by the real one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_NAMED: Final = re.compile(r"^  (.+): \{kind: (\w+), file: (papers/sample-[a-z0-9-]+\.md),", re.M)
_SAYS: Final = {
    "balance": (
        "A balancing test (UK GDPR Art 6(1)(f)). Answer in your own words, then put your name and the day under it.",
        "Purpose: what do you want to achieve, and who gains by it?",
        "Necessity: can it be done with less data, or without?",
        "Balance: what do people expect, what could harm them, and what do you do against that?",
        "Outcome: does it go on, and with what safeguards?",
    ),
    "contract": (
        "The contract with this processor (UK GDPR Art 28(3)). Put the signed one here. It must say:",
        "what is processed, for how long, what for, which data, of whom;",
        "only on your instructions; who works with it keeps it secret; it is kept safe;",
        "who else works for them only by your leave; they help with rights, breaches and assessments;",
        "the data goes back or away at the end; you may look.",
    ),
    "safeguard": (
        "The safeguard for a transfer (UK GDPR Art 46), with the assessment of the risk there. Put it here, signed.",
        "Which data goes to which country, to whom, and what for?",
        "What may the state there do with it, and what stands against that?",
    ),
}


def samples(draft: str) -> dict[str, str]:
    """The sample papers that a draft names: path beneath its folder, and what stands in it."""
    found = {}
    union = re.search(r"^(?:law: \{|  )of: eu\b", draft, re.M)
    for name, kind, file in _NAMED.findall(draft):
        head, *questions = _SAYS.get(kind, ("Put the real paper here.",))
        lines = [f"# Sample: {name}", "", head.replace("UK GDPR", "GDPR") if union else head, ""]
        found[file] = "\n".join([*lines, *(f"- {one}" for one in questions), ""])
    return found


def lay(draft: str, beside: Path) -> list[str]:
    """Write the samples that are not there yet beside a policy file, and name them."""
    laid = []
    for file, text in samples(draft).items():
        path = beside.parent / file
        path.parent.mkdir(exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as stream:
                stream.write(text)
        except FileExistsError:
            continue
        laid.append(file)
    return laid
