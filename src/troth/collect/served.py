"""What of ours runs on the pages of firms, by its hash: it stands in the edition that it is served under."""

from __future__ import annotations

import hashlib

from troth.collect import tag
from troth.policy.plan import Plan


def hashes(plan: Plan, edition: int) -> dict[str, str]:
    """SHA-256 (hex) of the tag of each surface in each language, and of its style sheet, as the door serves them."""
    found = {"tag.css": hashlib.sha256(tag.stylesheet().body).hexdigest()}
    for surface in plan.surfaces:
        for language in plan.languages:
            body = tag.script(plan, edition, surface, language).body
            found[f"tag.js {surface} {language}"] = hashlib.sha256(body).hexdigest()
    return found
