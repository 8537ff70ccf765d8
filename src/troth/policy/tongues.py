"""Languages: an edition is published in each that it names, or not at all. What its notice would say in English is a
problem each, found by writing that notice: a reader is told in words they read, or was not told (UK GDPR Art 12(1))."""

from __future__ import annotations

from typing import Final

from troth.policy.plan import Plan
from troth.policy.problems import Problem
from troth.policy.reading import Document, Reader

BASE: Final = "en"  # what policies are written in
LAW: Final = "UK GDPR Art 12(1)"


def check(plan: Plan, document: Document, reader: Reader) -> list[Problem]:
    """The problems of the languages of a plan; one that is in English alone has none and costs nothing."""
    notice = document.one("notice")
    if plan.languages == (BASE,) and not notice.has("in"):
        return []
    before = len(reader.problems)
    from troth.policy.emit import texts
    from troth.policy.emit.notice import untranslated

    known = texts.languages()
    for item in notice.texts("languages"):
        if item.text not in known:
            help = f"Choose one of: {', '.join(known)}; or write the table of its sentences."
            reader.bad(item.mark, "unknown-language", f"There are no sentences in “{item.text}”.", help)
        elif item.text != BASE:
            for words in untranslated(plan, item.text):
                help = f"Say under `notice: in: {item.text}:` what it is there."
                reader.bad(item.mark, "untranslated", f"“{words}” has no words in “{item.text}”.", help, LAW)
    for path, said in notice.pairs("in").items():
        if (language := path.partition("\t")[0]) not in plan.languages:
            help = "Add it to `languages`, or take the words out."
            reader.bad(said.mark, "language-unsaid", f"“{language}” is no language of this notice.", help)
    return reader.problems[before:]
