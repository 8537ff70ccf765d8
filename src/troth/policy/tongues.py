"""Languages: an edition is published in each that it names, or not at all. What its notice would say in English is a
problem each, found by writing that notice: a reader is told in words they read, or was not told (UK GDPR Art 12(1))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from troth.policy.plan import Plan
from troth.policy.problems import Problem
from troth.policy.reading import Document, Entry, Reader, Text, meant, slip, suggest

BASE: Final = "en"  # what policies are written in
LAW: Final = "UK GDPR Art 12(1)"
LONGEST: Final = 400  # characters of a header that anybody sends
_WEIGHT: Final = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def check(plan: Plan, document: Document, reader: Reader) -> list[Problem]:
    """The problems of the languages of a plan; one that is in English alone has none and costs nothing."""
    notice = document.one("notice")
    if plan.languages == (BASE,) and not notice.has("in"):
        return []
    before = len(reader.problems)
    from troth.policy.emit import texts
    from troth.policy.emit.notice import untranslated

    known = texts.languages()
    unsaid = {path.partition("\t")[0] for path in notice.pairs("in")} - set(plan.languages)
    for item in notice.texts("languages"):
        if item.text not in known:
            help = f"Choose one of: {', '.join(known)}; or write the table of its sentences."
            reader.bad(item.mark, "unknown-language", f"There are no sentences in “{item.text}”.", help)
        elif item.text != BASE and not any(slip(one, item.text) for one in unsaid):  # else that tells it
            _untranslated(item, list(untranslated(plan, item.text)), notice, reader)
    for language in sorted(unsaid):
        mark = reader.key_marks.get(f"notice/in/{language}", notice.at("in"))
        help = suggest(language, plan.languages, "Add it to `languages`, or take the words out.")
        reader.bad(mark, "language-unsaid", f"“{language}” is no language of this notice.", help)
    return reader.problems[before:]


def _untranslated(language: Text, left: list[str], notice: Entry, reader: Reader) -> None:
    """Each on its own; where a language has no words at all, that is one thing."""
    said = {path.partition("\t")[2] for path in notice.pairs("in") if path.startswith(f"{language.text}\t")}
    help = f"Say under `notice: in: {language.text}:` what it is there."
    if left and not said:
        sentence = f"“{left[0]}” and {len(left) - 1} more have no words in “{language.text}”."
        rest = f" The others: {', '.join(f'“{one}”' for one in left[1:])}." if left[1:] else ""
        reader.bad(language.mark, "untranslated", sentence, help + rest, LAW)
        return
    for words in left:
        wrong = meant(words, said, ())  # said there, with a slip
        mark = reader.key_marks.get(f"notice/in/{language.text}/{wrong}", language.mark)
        reader.bad(mark, "untranslated", f"“{words}” has no words in “{language.text}”.", help, LAW)


def chosen(languages: Sequence[str], asked: str, accepts: str) -> str:
    """The language to speak, of those that an edition carries: what the address names, else what a browser likes best
    (``accepts`` is its ``Accept-Language``: ``fr-CH, fr;q=0.9, en;q=0.5``), else the first."""
    if asked in languages:
        return asked
    liked = sorted(_weighed(accepts), key=lambda one: -one[1])
    known = (name.partition("-")[0] for name, weight in liked if weight > 0)
    return next((name for name in known if name in languages), languages[0])


def _weighed(accepts: str) -> Iterator[tuple[str, float]]:
    """Each language with its weight; what cannot be read weighs nothing."""
    for part in accepts[:LONGEST].split(","):
        name, _, weight = part.partition(";")
        found = _WEIGHT.fullmatch(weight.replace(" ", "") or "q=1")
        yield name.strip().lower(), float(found[1]) if found else 0.0
