"""Probes of the policy as a whole: nothing in it was left unsaid, and the law of the day objects to nothing."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import msgspec

from troth import policy
from troth.parties import editions
from troth.policy.law import against, rules
from troth.prove import breaking
from troth.prove.keepers import WRITTEN, Looked, Scene, keeper
from troth.prove.promises import Line

MUST_BE_SAID: Final = (
    "basis", "is", "as", "in", "of", "lasts", "owner", "regulator", "address", "interest", "law", "nation", "contract",
)  # fmt: skip


def _break_unsaid(scene: Scene) -> None:
    """The checker no longer minds what is missing."""
    real = policy.load

    def careless(path: Path | str, **more: Any) -> policy.Compiled:
        return msgspec.structs.replace(real(path, **more), problems=[])

    policy.load = careless


@keeper(
    "always/nothing left unsaid",
    code="policy.checking, policy.coverage",
    how="Every use says its basis, every datum its end, every recipient its role and country, or nothing is published.",
    breaker=_break_unsaid,
)
def nothing_left_unsaid(scene: Scene, line: Line) -> Looked:
    """Take one thing out of the published file at a time: it must not compile."""
    text = editions.text_of(scene.client, editions.in_force(scene.client).number).decode()
    cut = {what: _without(text, what) for what in MUST_BE_SAID}
    tried = {what: less for what, less in cut.items() if less != text}
    whole = _errors(text)
    through = [what for what, less in tried.items() if not _errors(less) - whole]
    return Looked(len(tried), "thing[s] taken out of the file", tuple(f"“{what}” may be left out." for what in through))


def _without(text: str, key: str) -> str:
    """The file without the first ``key: value`` of that name, on a line of its own or inside braces."""
    if key == "contract":  # only of a processor is it asked
        mark = r"(as: processor(?:(?!\n  \S).)*?)(?:\n +contract: [^\n]+|, contract: [^,}\n]+)"
        return re.sub(mark, r"\1", text, count=1, flags=re.S)
    whole, value = (r"[^\n\[{|>&][^\n]*", r"[^,}\n\[{|>&]+") if key != "as" else ("(?:controller|processor)",) * 2
    own_line, inside = rf"^ +{key}: {whole}\n", rf"(?:(?<=\{{)|(?<=, )){key}: {value}(?:, |(?=}}))"
    return re.sub(f"{own_line}|{inside}", "", text, count=1, flags=re.M)


def _errors(text: str) -> Counter[str]:
    """The mistakes that the checker finds in what it could read, by code."""
    found = policy.load("policy.yaml", text=text.encode()).problems
    return Counter(one.code for one in found if one.severity == "error" and one.code != "unreadable")


def _break_law(scene: Scene) -> None:
    """The published file says what the law no longer lets anybody say."""
    number = editions.in_force(scene.client).number
    text = editions.text_of(scene.client, number).decode()
    worse = re.sub(r"\b(why|interest|without): [^,}\n]+", r"\1: By using our website you consent to this", text)
    breaking.run(
        "UPDATE parties_edition SET text=%s WHERE client_id=%s AND number=%s", worse.encode(), scene.client, number
    )


@keeper(
    "always/the law is asked",
    code="policy.law",
    how="The file and the notice made of it are held against the rules of each law that the policy names, on this day.",
    breaker=_break_law,
    with_it=("always/one source", "always/editions stay readable", *WRITTEN),
)
def the_law_is_asked(scene: Scene, line: Line) -> Looked:
    text = editions.text_of(scene.client, editions.in_force(scene.client).number)
    seen, breaches = 0, set()
    for of in scene.plan.law:
        asked = rules.law(of, scene.today)
        seen += len(asked.rules)
        found = against.held(Path("policy.yaml"), asked, text=text).findings
        breaches |= {f"{one.source}: {one.reason}" for one in found if one.severity == "error"}
    return Looked(seen, "rule[s] of the law of this day", tuple(sorted(breaches)))
