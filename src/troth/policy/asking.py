"""Asking: a yes is specific, so the question names whoever else will rely on it (Art 4(11), 7; EDPB 05/2020 para 65).

Whoever acts for itself gets what the yes opens and decides what becomes of it. Who reads the question must find it
there, in each language in which it is asked. In third-party marketing with more than one such recipient nothing need
be said: each is asked for by itself, and its name stands behind the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from troth.policy.reading import Entry

if TYPE_CHECKING:
    from troth.policy.checking import Checker

RELYING: Final = ("controller", "joint", "group")
"""Who takes over what a yes opens and answers for it. An authority comes with a ground of its own, and everyone who
looks relies on nothing."""
LAW: Final = "UK GDPR Art 4(11), 7(1)"
_FORM: Final = re.compile(
    r",?\s+(?:ltd|limited|plc|llp|llc|inc|cic|cyf|cyfyngedig|gmbh|ag|s\.?a\.?|sarl|sas|b\.?v\.?)\.?$", re.I
)
"""The legal form behind a name, which a question may leave out."""


def check(checker: Checker) -> None:
    for use, entry in checker.section("use").items():
        ask = entry.entry("ask")
        if entry.text("basis") == "consent" and ask is not None and not ask.broken and not entry.broken:
            _question(checker, use, entry, ask.text("words"))


def _question(checker: Checker, use: str, entry: Entry, words: str) -> None:
    relying = {
        name: one
        for name, one in checker.section("disclose").items()
        if one.text("as") in RELYING and use in one.words("for") and not one.broken
    }
    by_itself = entry.text("is") == "third party marketing" and len(relying) > 1
    for name, one in relying.items():
        if members := one.words("members"):
            missing = [who for who in members if _is_unnamed(checker, who, words)]
        else:
            missing = [] if by_itself else [name] * _is_unnamed(checker, name, words)
        if missing:
            mark = next(item.mark for item in one.texts("for") if item.text == use)
            checker.bad(
                mark, "recipient-unasked",
                f"“{name}” would rely on a yes to “{use}”, and the question does not name {' and '.join(missing)}.",
                f"Name it in `use/{use}/ask`, or give it nothing for that use.", LAW,
            )  # fmt: skip


def _is_unnamed(checker: Checker, name: str, words: str) -> bool:
    """Whether a question keeps a name back in one of the languages in which it is asked."""
    return not all(_names(asked, names) for asked, names in _in_each_language(checker, words, name))


def _in_each_language(checker: Checker, words: str, name: str) -> Iterator[tuple[str, str]]:
    yield words, name
    notice = checker.document.one("notice")
    said = notice.pairs("in")
    for language in dict.fromkeys(notice.words("languages")):
        if asked := said.get(f"{language}\t{words}"):
            other = said.get(f"{language}\t{name}")
            yield asked.text, other.text if other else name


def _names(asked: str, name: str) -> bool:
    short = _FORM.sub("", name).casefold()
    return re.search(rf"(?<!\w){re.escape(short)}(?!\w)", asked.casefold()) is not None
