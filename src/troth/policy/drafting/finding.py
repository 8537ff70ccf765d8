"""Practices: what a text says that its authors do, each with the sentence that says it. Rules come first and last.

A phrase of ``practices.toml`` counts where its section is spoken of: in the passage, in what leads into its list, or
in the heading above. What a sentence denies ("we do not sell") is no practice but a promise, and is looked for apart.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from troth.policy.drafting import cues
from troth.policy.drafting.passages import Sentence, sentences
from troth.policy.drafting.texts import Prose
from troth.policy.periods import span
from troth.policy.problems import visible

HERE: Final = Path(__file__).parent
SECTIONS: Final = ("surfaces", "people", "collect", "data", "use", "basis", "disclose", "transfers", "keep", "cookies",
                   "children", "answer", "secure", "never", "edition")  # fmt: skip
DENIABLE: Final = frozenset({"data", "use", "disclose", "collect", "transfers", "surfaces", "cookies"})


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a text says: the section and word of the language it belongs to, the sentence, and its line from 1.
    ``name`` is what the text names, '' where the word says it all; ``confidence`` is between 0 and 1."""

    section: str
    word: str
    quote: str
    line: int
    name: str = ""
    phrase: str = ""  # the words that counted
    confidence: float = 0.7


class _Word(msgspec.Struct, frozen=True):
    word: str
    pattern: re.Pattern[str]


@functools.cache
def lexicon() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for file in ("practices.toml", "everyday.toml", "families.toml", "fitting.toml"):
        _add(found, tomllib.loads((HERE / file).read_text("utf-8")))
    return found


def _add(found: dict[str, Any], more: dict[str, Any]) -> None:
    """Puts the phrases of one file after those of another, word by word."""
    for name, said in more.items():
        if isinstance(said, dict):
            _add(found.setdefault(name, {}), said)
        elif isinstance(said, list) and name in found:
            found[name] = [*found[name], *said]
        else:
            found[name] = said


def _pattern(phrases: list[str], before: str = r"(?<!\w)", after: str = r"(?!\w)") -> re.Pattern[str]:
    return re.compile(f"{before}(?:{'|'.join(phrases)}){after}", re.IGNORECASE)


@functools.cache
def _words(section: str) -> tuple[_Word, ...]:
    return tuple(_Word(word, _pattern(phrases)) for word, phrases in lexicon()[section].items())


@functools.cache
def _listed(section: str) -> tuple[_Word, ...]:
    listed = lexicon()["listed"].get(section, {})
    return tuple(_Word(word, _pattern(phrases)) for word, phrases in listed.items())


@functools.cache
def _parts(section: str) -> tuple[_Word, ...]:
    """What counts in a list, where it is the whole of a part of an enumeration: "we hold grades, hobbies …"."""
    listed = lexicon()["listed"].get(section, {})
    return tuple(_Word(word, _pattern(phrases, *cues.WHOLE_PART)) for word, phrases in listed.items())


def _bare(section: str, one: Sentence) -> tuple[_Word, ...]:
    """Nouns and verbs that alone say too little ("e-mails", "the police"), for a list of just such things."""
    asked = cues.ASKED.get(section)
    if cues.SAID_IN.get(section, cues.NEVER).search(one.columns):
        return _listed(section)
    if section == "answer" and cues.MAY.search(one.led):
        return _listed(section)
    if section == "data" and re.match(r"\W*(?:\d+\W+)?(?:for|to|with|as|when)\b", one.text, re.I):
        return ()
    if _headed(section, one) and not (section == "use" and _means("about rights", one.text)):
        return _listed(section)
    item = one.head or one.text[:1] in "•*-–"
    if asked is None or not (item or (cues.NAMES.match(one.text) and not cues.SAYS.search(one.text))):
        return ()
    return _listed(section) if asked.search(one.head or one.topic) else ()


def _enumeration(section: str, one: Sentence) -> tuple[int, int]:
    """Where a sentence names several things of a section one after the other, and where it turns to something else."""
    begins = cues.ENUMERATES.get(section, cues.NEVER).search(one.text)
    if begins is None or one.text.find(",", begins.end()) < 0:
        return 0, 0
    ends = cues.ENUMERATED.search(one.text, begins.end())
    return begins.end(), ends.start() if ends else len(one.text)


def _headed(section: str, one: Sentence) -> bool:
    """Whether the heading just above is that of a section, so that what stands below it needs to say less."""
    if section in one.about:
        return True
    return section in cues.HEADED and cues.HEADED[section].search(one.topic.rpartition(" / ")[2]) is not None


def _told_about(parts: list[Sentence]) -> list[Sentence]:
    """The passages, each with the sections that most of what stands below its heading speaks of, however that reads."""
    below: dict[str, list[str]] = {}
    for one in parts:
        if not one.heading and not one.columns:
            below.setdefault(one.topic, []).append(one.text)
    about = {topic: frozenset(_mostly(said)) for topic, said in below.items()}
    return [msgspec.structs.replace(one, about=about[one.topic]) if about.get(one.topic) else one for one in parts]


def _mostly(said: list[str]) -> Iterator[str]:
    for section, (words, least) in cues.SPEAKS_OF.items():
        many = sum(words.search(text) is not None for text in said)
        asking = section != "answer" or sum(cues.MAY_ASK.search(text) is not None for text in said) >= least
        if many >= max(least, len(said) * 0.5) and asking:
            yield section


@functools.cache
def _meaning(name: str) -> re.Pattern[str]:
    return _pattern(lexicon()["meaning"][name])


@functools.lru_cache(2048)  # the same passage is asked by several sections
def _means(name: str, text: str) -> bool:
    return bool(_meaning(name).search(text))


# ----------------------------------------------------------------------------------------- where a section is spoken of


def _only_kept(topic: str) -> bool:
    """Whether a heading speaks of how long data is kept, and not first of what and why."""
    if cues.KEEPS.search(topic) is None:
        return False
    return not any(cues.WHAT_FIRST.match(heading) for heading in topic.split(" / "))


def _of_data(one: Sentence) -> bool:
    if cues.SUPPRESSES.search(one.text):
        return True
    if cues.SALE.search(one.text):
        return False
    if re.search(r"\bsafe|secur|\bprotect(?:ed|ing)? (?:it|your)", one.topic, re.I) or (
        not one.columns and (_headed("secure", one) or _headed("answer", one))
    ):
        return False
    if _means("taking in", f"{one.topic} {one.led}"):
        return not _only_kept(one.topic) or cues.LISTS.search(one.text) is not None
    return not (_means("reaching us", one.text) or cues.POLICY.search(one.text) or cues.ASIDE.search(one.topic))


def _of_disclose(one: Sentence) -> bool:
    if _only_kept(one.topic) and not cues.PASSES.search(one.led):
        return False
    if re.match(r"\W*(?!apart|aside)(?:\w+ ){0,2}(?:from|between) ", one.text, re.I) or (
        re.search(r"\b(?:sent|referred|told|gave|sends?|refers?|tells?|gives?) (?:you|us)\b", one.text, re.I)
        and not re.search(r"\bwe (?:\w+ ){0,3}(?:shar|pass|giv|tell|send|disclos|refer)", one.text, re.I)
    ):
        return False  # what others give us
    return _means("about sharing", f"{one.topic} {one.led}")


def _of_people(one: Sentence) -> bool:
    return not (cues.POLICY.search(one.text) or cues.ASKS_US.search(one.text))


def _of_answer(one: Sentence) -> bool:
    return _means("about rights", f"{one.topic} {one.led}")


def _of_edition(one: Sentence) -> bool:
    if one.head and re.match(r"\W*(?:\d+\W+)?to (?:send|notify|inform|tell)", one.text, re.I):
        return False
    if re.search(r"\b(?:regulations?|act|gdpr|directive)\b", one.text, re.I) and not cues.POLICY.search(one.text):
        return False
    return bool(
        re.search(
            r"chang|polic|notice|statement|practices|version|document|dated|updated|review|revis|effective|"
            r"page|privacy|agreed|adopted|approved|written|drawn up|issued|edition|"
            r"leaflet|sheet|\btext\b|\blast \w+ (?:over|on|in|at)\b",
            f"{one.topic} {one.text}",
            re.I,
        )
    )


def _of_collect(one: Sentence) -> bool:
    if _only_kept(one.topic) and _means("about keeping", one.text):
        return False
    if cues.POLICY.search(one.text):
        return False
    taking = _means("taking in", f"{one.topic} {one.led}")
    if cues.ASKS_US.search(one.text):
        return False
    talk = _means("reaching us", one.text) and not taking and not cues.GIVEN.match(one.text)
    return not talk and not re.search(r"\brights\b|contact us|how to contact|correct|delet", one.topic, re.I)


def _of_use(one: Sentence) -> bool:
    kept = _only_kept(one.topic) and _means("about keeping", one.led) and "suppress" not in one.text
    if cues.SUPPRESSES.search(one.text):
        return True
    if re.search(r"(?:collect|receiv|obtain)\w*\b.{0,60}\b(?:when|if)\b", one.head, re.I):
        return False
    if (
        cues.CHOOSES.search(one.topic)
        or kept
        or (not one.columns and (_headed("answer", one) or _headed("secure", one)))
        or re.match(r"\W*(?:stop|opt|object|withdraw|unsubscribe)", one.text, re.I)
    ):
        return False
    if cues.ASIDE.search(one.topic) and len(one.text.split()) < cues.BRIEF and not cues.DOING.match(one.text):
        return False
    if cues.POLICY.search(one.text) and not re.search(r"\bterms\b|\bservices?\b", one.text, re.I):
        return False
    return not re.search(r"\bright(s)? (to (?!rent|work)|of)\b|\byou have the right", one.text, re.I)


def _of_basis(one: Sentence) -> bool:
    """Whether a basis is told. Why something is kept for longer than usual is none, nor what never happens."""
    kept = _only_kept(one.topic) and _means("about keeping", one.led)
    if re.search(r"\bright to withdraw|withdraw\w* (?:your|this|that|any) consent", one.text, re.I):
        return re.search(r"\b(?:rely|basis|based|where|if|when)\b|^with your", one.text, re.I) is not None
    return not kept and not re.search(
        r"\b(?:never|not)\b.*\bwithout (?:\w+ ){0,3}(?:consent|permission)", one.text, re.I
    )


def _gate(name: str, *, topic: bool = True) -> Callable[[Sentence], bool]:
    def spoken(one: Sentence) -> bool:
        return _means(name, f"{one.topic} {one.led}" if topic else one.led)

    return spoken


def _of_never(one: Sentence) -> bool:
    return cues.MIGHT_DENY.search(one.led) is not None


_GATES: Final[dict[str, Callable[[Sentence], bool]]] = {
    "never": _of_never,
    "data": _of_data,
    "collect": _of_collect,
    "use": _of_use,
    "disclose": _of_disclose,
    "transfers": _gate("about abroad"),
    "keep": _gate("about keeping"),
    "cookies": _gate("about cookies"),
    "children": _gate("about children", topic=False),
    "answer": _of_answer,
    "basis": _of_basis,
    "people": _of_people,
    "edition": _of_edition,
    "secure": _gate("about security"),
}


def denied(text: str, at: int, ends: int) -> bool:
    """Whether what stands at a place of a sentence is said not to be so."""
    begins = max(0, at - cues.SIGHT)
    turns = [turn.end() for turn in cues.TURN.finditer(text, begins, at)]
    begins = turns[-1] if turns else begins
    for found in cues.NOT.finditer(text, begins, ends):
        if found.start() >= at:
            break
        doubt = cues.IF.search(text, max(0, found.start() - 40), found.end())
        if doubt is None:
            return True
    return cues.AFTER.match(text, ends) is not None


# ----------------------------------------------------------------------------------------------------------- finding


def find(text: Prose) -> list[Practice]:
    """Every practice of a text, in the order of the sections and of the text; each word once a sentence."""
    from troth.policy.drafting import naming

    parts = _told_about(sentences(text))
    schooling = re.search(r"\b(?:pupil|student|school|nursery|teacher|college)", text.text, re.I) is not None
    found = naming.who(text, parts)
    for section in SECTIONS:
        seen: set[tuple[str, int]] = set()
        for one in parts:
            for practice in (*_in_cells(section, one), *_spoken(section, one)):
                key = (practice.word, practice.line if len(practice.quote) > 400 else hash(practice.quote))
                if practice.word == "education" and practice.phrase.startswith("attendance") and not schooling:
                    continue
                if key not in seen:
                    seen.add(key)
                    found.append(practice)
    return found + naming.companies(parts) + naming.countries(parts)


def _spoken(section: str, one: Sentence) -> Iterator[Practice]:
    gate = _GATES.get(section)
    if section in cues.OF_CELLS and any(said for _, said in _cells(section, one)):
        return
    if _silent(section, one) or not (gate is None or gate(one) or (section in cues.OPEN and _headed(section, one))):
        return
    sure = 0.9 if section in cues.TOPICS and re.search(cues.TOPICS[section], one.topic, re.I) else 0.7
    if section == "keep":
        yield from _lengths(one, sure)
    if section == "collect" and one.head and cues.INDIRECT.search(one.head) and not one.head.endswith(one.text):
        yield _practice(section, "import", one, sure)
    if section == "never" and cues.DENYING.search(one.head):
        one = msgspec.structs.replace(one, text=f"{one.head.rstrip(':')} {one.text.lstrip('•*–- ')}")
    if section == "never" and one.before.endswith("?"):
        one = msgspec.structs.replace(one, text=f"{one.before} {one.text}")
    spoken = False
    begins, ends = _enumeration(section, one)
    several = [(entry, begins, ends) for entry in (_parts(section) if ends else ())]
    for entry, start, stop in [*((e, 0, len(one.text)) for e in (*_words(section), *_bare(section, one))), *several]:
        hits = entry.pattern.finditer(one.text, start, stop)
        hit = next((hit for hit in hits if _counts(section, entry.word, hit, one)), None)
        word = _meant(section, entry.word, one) if hit else ""
        if hit and word:
            spoken = True
            doubt = 0.3 if section == "data" and hit.group().lower().startswith("contact ") else 0.0
            yield _practice(section, word, one, sure - doubt, phrase=hit.group())
    if section == "use" and not spoken:
        yield from _some_use(one)


def _cells(section: str, one: Sentence) -> list[tuple[str, str]]:
    """The cells of a row that stand below a column of a section."""
    asked = cues.COLUMNS.get(section, cues.NEVER)
    return [(column, said) for column, said in one.cells() if asked.search(column)]


def _in_cells(section: str, one: Sentence) -> Iterator[Practice]:
    """What the cells of a row say below a column of just that section, be it named for no more than what it is."""
    for column, said in _cells(section, one):
        if not said:
            continue
        cell = Sentence(said, column, one.topic, one.quote, one.line)
        found = list(_lengths(cell, 0.8)) if section == "keep" and not _lasts(one) else []
        for entry in (*_words(section), *_listed(section)):
            hit = next((hit for hit in entry.pattern.finditer(said) if _counts(section, entry.word, hit, cell)), None)
            if hit and _meant(section, entry.word, cell):
                found.append(_practice(section, entry.word, one, 0.8, phrase=hit.group()))
        if section == "use" and not found and not _means("about cookies", f"{one.topic} {one.columns}"):
            found = [_practice("use", "service", one, 0.5, phrase=said)]
        yield from found


def _silent(section: str, one: Sentence) -> bool:
    """Whether a passage says nothing to a section, whatever its words."""
    ours = re.search(r"\bwe\b", one.text, re.I) is not None
    told = section in ("surfaces", "people", "edition") or (
        cues.RIGHT if section == "answer" else cues.GROUND if section == "basis" else cues.NEVER
    ).match(one.text)
    return bool(
        (one.heading and not told)
        or (section in cues.OF_OTHERS and one.text.endswith("?"))
        or (section in cues.FROM_FOREWORD and cues.FOREWORD.search(one.text))
        or (section in cues.OF_BROWSERS and cues.BROWSERS.search(one.text))
        or (section in cues.OF_RIGHTS and cues.ENTITLED.search(one.text))
        or (section in cues.OF_OTHERS and cues.OTHERS.search(one.text) and not ours)
        or (section == "keep" and _lasts(one))
    )


def _counts(section: str, word: str, hit: re.Match[str], one: Sentence) -> bool:
    if _by_the_way(section, word, hit, one) or (section == "data" and _handled(word, hit, one)):
        return False
    if section in cues.TAKEN and cues.NOT.search(hit.group()):
        return False
    if section in DENIABLE and cues.DENYING.search(one.head):
        return False
    ends = len(one.text) if section == "surfaces" else hit.end()
    return section not in DENIABLE or not denied(one.text, hit.start(), ends)


def _meant(section: str, word: str, one: Sentence) -> str:
    """The word of the language that is meant, '' where none is."""
    if section == "children" and word == "least age":
        return _age(one.text) or ""
    if section == "answer" and word not in cues.SWITCHES and _means("about cookies", one.text):
        return ""
    minor = section == "people" and word in cues.MINOR and not cues.FOR_US.search(one.text)
    return "" if minor and not _whose(one) else word


def _some_use(one: Sentence) -> Iterator[Practice]:
    """What data is used for where that has no word of its own: it is what people came for."""
    hit = cues.FOR_THIS.search(one.text)
    if hit is not None and not denied(one.text, hit.start(), hit.end()):
        yield _practice("use", "service", one, 0.5, phrase=hit.group())


def _whose(one: Sentence) -> bool:
    """Whether somebody who could also be a recipient is spoken of as one whose data it is."""
    if cues.ASKED["people"].search(one.head or one.topic.rpartition(" / ")[2]):
        return True
    told = re.search(
        r"disclos|shar|\bto (?:our|any|your|their|other)\b|access|engage|retain other|request", one.text, re.I
    )
    return _means("taking in", one.led) and told is None


def _practice(section: str, word: str, one: Sentence, sure: float, name: str = "", phrase: str = "") -> Practice:
    return Practice(
        section=section, word=word, quote=visible(one.quote), line=one.line, name=visible(name), phrase=phrase,
        confidence=round(sure, 2),
    )  # fmt: skip


def _lasts(one: Sentence) -> bool:
    """Whether it is a cookie that lasts, which is no period for which data is kept."""
    return _means("about cookies", f"{one.topic} {one.head} {one.text}") and not re.search(
        r"\bkeep\b|\bkept\b|retain|delete|stored? for", one.text, re.I
    )


def _lengths(one: Sentence, sure: float) -> Iterator[Practice]:
    """The periods a sentence names, as the language writes them."""
    if cues.SOON.search(one.text) and not cues.PUT_BY.search(one.text):
        return  # how soon somebody is answered, or told
    for phrase, count, unit in periods(one.text):
        said = f"{count} {unit}{'' if count == 1 else 's'}"
        if span(said) is not None and not re.search(rf"\b{re.escape(phrase)}s? (?:old|of age)\b", one.text, re.I):
            yield _practice("keep", said, one, sure, phrase=phrase)


def periods(text: str) -> list[tuple[str, int, str]]:
    """Each length of time a text names: as it says it, how many, and of what. How often something is done is none."""
    found = []
    for hit in cues.LENGTH.finditer(text):
        if not cues.EVERY.search(text, max(0, hit.start() - cues.NEAR), hit.start()):
            number = hit[1].lower().replace("-", " ").split()
            count = sum(int(part) if part.isdigit() else cues.WORDED[part] for part in number)
            found.append((hit.group(), count, hit[2].lower()))
    found += [(unit or other, 1, (unit or other).lower()) for unit, other in cues.A_LENGTH.findall(text)]
    said = [(hit.group(), *cues.CALLED[hit.group().lower()]) for hit in cues.CALLED_SO.finditer(text)]
    return [*found, *said]


def _handled(word: str, hit: re.Match[str], one: Sentence) -> bool:
    """Whether it is no datum but what is done: to deal with complaints, to seek views, to take a payment."""
    before = one.text[: hit.start()]
    if word == "complaint" and re.search(r"commissioner|\bico\b|ombudsman|regulator|authority", one.text, re.I):
        return True
    if word == "postal address" and re.search(r"\b(?:mac|ip|network|internet|e-?mail) $", before, re.I):
        return True
    if word == "family" and re.search(r"\bchildrens? (?:information|data)", hit.group(), re.I):
        return True
    if word == "agreement" and cues.TERMS.search(one.text):
        return True
    if word == "health" and re.search(r"\brights,? (?:\w+,? ){0,3}$", before, re.I):
        return True
    if word == "relation to us" and re.search(r"\b(?:maintain|manag|build|keep)\w* (?:\w+ ){0,2}$", before):
        return True
    if word in cues.DEEDS and not re.search(r"details|information|histor|record|numbers?$", hit.group(), re.I):
        return cues.DEALS.search(before) is not None
    takes = cues.TAKES_IN.search(one.text) is not None
    if (
        cues.DOES.match(one.text)
        and not takes
        and not one.columns
        and (word in cues.MADE or not cues.THEIRS.search(before))
    ):
        return True
    listed = cues.PURPOSES.search(one.head) and "|" not in one.head
    return bool(listed) and not re.search(r"\b(?:your|their|such as|including) (?:\w+,? ){0,3}$", before)


def _by_the_way(section: str, word: str, hit: re.Match[str], one: Sentence) -> bool:
    """Whether a phrase only qualifies something else: consent "where required by law", the same level of comfort."""
    before, said = one.text[: hit.start()], hit.group()
    if section == "use":
        return _no_use(word, before, said, one)
    if section == "answer":
        return _no_right(word, before, hit, one)
    if section == "children":
        return word == "deleted" and cues.YOUNG.search(f"{one.topic} {one.led}") is None
    if section == "secure" and word == "breach told":
        return cues.BREACH.search(f"{one.topic} {one.led}") is None
    if section == "secure" and word == "confidential" and re.search(r"performance of|enter", one.text, re.I):
        return "contract" in said.lower()
    if section == "secure":
        return "safeguard" in said.lower() and cues.ABROAD.search(one.led) is not None
    if section == "never" and word == "machine decides" and (cues.NOT_TO_BE.search(one.led) or _headed("answer", one)):
        return re.search(r"\bright|not to be|^\W*not", one.led, re.I) is not None
    if section == "never":
        return cues.PLEASE.search(one.text) is not None or re.search(r"not (?:apply|responsib)", said, re.I) is not None
    if section == "transfers":
        return word == "safeguard" and cues.ABROAD.search(f"{one.topic} {one.led}") is None
    if section == "disclose":
        return _no_recipient(word, hit, one)
    if section == "keep":
        return _no_keeping(word, before, said, one)
    if section == "collect":
        return _no_way(word, one)
    if section == "people":
        return _nobody(word, before, hit, one)
    if section == "edition":
        return _no_change(word, one)
    if section == "basis" and word == "instruction":
        return denied(one.text, hit.start(), hit.end())
    if section == "basis" and word == "contract" and re.search(r"contracts? with us\b", one.text, re.I):
        return "your" not in one.text
    return section == "basis" and _no_duty(word, before, said, one)


def _no_use(word: str, before: str, said: str, one: Sentence) -> bool:
    if word == "accounts":
        return cues.SOMEBODY.search(before) is not None
    if word == "rights":
        return cues.CHOOSES.search(one.topic) is not None or cues.MUST_PROVE.search(one.text) is not None
    if word == "legal compliance" and re.search(r"\b(?:legal|lawful) (?:grounds?|bas[ei]s)\b", one.text, re.I):
        return True
    if word == "legal compliance" and cues.PRIVACY_LAW.search(f"{before[-40:]}{said}"):
        return True
    if word == "personalisation" and cues.OF_CHOICES.search(one.text):
        return True
    if word == "security" and "children safe" in said:
        return True
    return _no_duty(word, before, said, one)


def _no_recipient(word: str, hit: re.Match[str], one: Sentence) -> bool:
    """Whether somebody is named to whom nothing is given: of whom data is, who gives it, or to whom one complains."""
    if word in cues.LEGAL and cues.BY_LAW.search(hit.group()) is not None and cues.PASSES.search(one.led) is None:
        return True
    if word in ("authorities", "clients") and (
        re.search(r"\b(?:complain\w*|concerns?|unhappy)\b.{0,60}\b(?:to|with|by)\b", one.led, re.I)
        or re.search(r"\byou (?:\w+ )?be $", one.text[: hit.start()])
    ):
        return True
    if word in ("other members", "group") and cues.OF_GROUP.match(one.text, hit.end()) is not None:
        return word == "other members"
    if word == "other third parties" and cues.OUT_OF.search(one.text, 0, hit.start()):
        return True
    if (
        word == "family"
        and re.search(r"\bunder (?:thirteen|1\d)|child", f"{one.topic} {one.text}", re.I)
        and not _headed("disclose", one)
    ):
        return True
    said = f"{one.topic} {one.led}"
    taken = cues.TAKES_IN.search(one.text) is not None and cues.GIVES_ON.search(one.text) is None
    return taken or cues.GIVES.search(said) is None


def _no_keeping(word: str, before: str, said: str, one: Sentence) -> bool:
    """Whether it is not told how long something is kept, but a period that stands before it, or something else."""
    if word == "not stored" and re.search(r"card|password", one.text, re.I):
        return True
    if word == "by law" and (
        cues.PRIVACY_LAW.search(f"{before[-40:]}{said}") or (one.columns and said.lower() in cues.DUTIES)
    ):
        return True
    if word == "as long as needed" and re.search(r"(?:(?:day|week|month|year)s? |\blaw\b.*)$", f"{before}", re.I):
        return True
    if word == "forever":
        return not _means("about keeping", one.text) and not _only_kept(one.topic)
    return (
        cues.PUT_BY.search(one.text) is None
        and not _only_kept(one.topic)
        and not (cues.KEEPS.search(one.head) or cues.COLUMNS["keep"].search(one.head))
    )


def _no_way(word: str, one: Sentence) -> bool:
    """Whether a way of writing is one to people, by which nothing is taken in."""
    if one.columns:
        return False
    if word in ("mail", "post", "phone") and not _headed("collect", one) and cues.TO_YOU.search(one.text):
        return cues.GIVEN.match(one.text) is None or word == "post"
    return word == "post" and cues.LOCKED.search(one.text) is not None


def _nobody(word: str, before: str, hit: re.Match[str], one: Sentence) -> bool:
    """Whether a word for people means others: a member of a group of firms, a parent company, who is written to."""
    after = one.text[hit.end() : hit.end() + cues.NEAR]
    if word == "customer":
        return re.match(r" of (?:all|our|the|any|us)\b", after) is not None and hit.group().lower().startswith(
            "purchaser"
        )
    if word == "member":
        return cues.OF_GROUP.match(one.text, hit.end()) is not None
    if word == "parent":
        return re.match(r",? (?:compan|organi|undertak)", after) is not None or "aldicott" in before[-cues.NEAR :]
    if word == "pupil" and hit.group().lower().startswith("child"):
        return cues.TAUGHT.search(f"{one.topic} {one.text}") is None
    if word == "supporter":
        return re.search(r"information (?:that )?(?:you|we) $", before) is not None
    return word == "writer" and (cues.CHOOSES.search(one.topic) is not None or cues.TO_YOU.match(one.text) is not None)


def _no_change(word: str, one: Sentence) -> bool:
    """Whether no change of the text is promised: of something else, or one that was made already."""
    below = re.search(r"\bchang|updat|amend|revis", one.topic, re.I) is not None
    if word == "told of changes":
        return not (below or cues.CHANGES.search(one.text)) or cues.OF_OTHER.search(one.text) is not None
    if cues.OF_OTHER.search(one.text):
        return True
    return word == "may change" and cues.DONE.search(one.text) is not None and cues.MAY_BE.search(one.text) is None


def _no_duty(word: str, before: str, said: str, one: Sentence) -> bool:
    """Whether the law is only named as what others may ask for, or as the limit of something else."""
    if word not in cues.LEGAL:
        return False
    if word == "legal obligation" and re.search(r"data protection|gdpr", said, re.I):
        return True
    passed = cues.PASSES.search(one.head) is not None and "compl" not in said
    return passed or (cues.BY_LAW.search(said) is not None and cues.WHERE.search(before) is not None)


def _no_right(word: str, before: str, hit: re.Match[str], one: Sentence) -> bool:
    if cues.BROWSERS.search(one.text) or re.search(r"\buntil you $", before, re.I):
        return True
    if word == "complain" and not _headed("answer", one):
        return cues.COMPLAINS.search(one.led) is None
    if word == "not be judged by a machine":
        return denied(one.text, hit.start(), hit.end()) and cues.NOT_TO_BE.search(one.led) is None
    if word == "identity":
        asked = cues.MUST_PROVE.search(one.text) and cues.ASKED_WHO.search(f"{one.topic} {one.led}")
        return not (asked or _headed("answer", one))
    if word == "time" and cues.SOON.search(one.led) is None:
        return cues.PUT_BY.search(one.text) is not None
    return word == "access" and cues.HAVE_ACCESS.search(before.replace("right", ".")) is not None


def _age(text: str) -> str | None:
    found = cues.AGE.search(text)
    if found is None:
        return None
    said = next(age for age in found.groups() if age).lower()
    return said if said.isdigit() else str(cues.WORDED[said])
