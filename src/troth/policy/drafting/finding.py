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

from troth.policy.drafting.texts import Prose, Sentence, sentences
from troth.policy.periods import span
from troth.policy.problems import visible

HERE: Final = Path(__file__).parent
SECTIONS: Final = ("surfaces", "people", "collect", "data", "use", "basis", "disclose", "transfers", "keep", "cookies",
                   "children", "answer", "secure", "never", "edition")  # fmt: skip
DENIABLE: Final = frozenset({"data", "use", "disclose", "collect", "transfers", "surfaces"})
_NOT: Final = re.compile(
    r"\b(?:not(?! only| limited)|never|nor|neither|cannot|without|no (?:\w+ )?(?:data|information|details)|"
    r"nothing|nobody|no[ -]one|there (?:is|are) no|no (?:firm|company|third))\b|n't\b",
    re.I,
)
_AFTER: Final = re.compile(
    r"(?: \w+){0,3} (?:never|not)\b.{0,20}\b(?:stor|kept|keep|reach|collect|held|shar|disclos|record|sold|seen|pass)",
    re.I,
)
_TURN: Final = re.compile(
    r"[;.)]|\b(?:but|however|unless|except|although|though|as well as|so that|which may|if you|when you|only|and (?:we|you|they))\b", re.I
)
_IF: Final = re.compile(
    r"\b(?:if|whether|when|where|should) (?:you|we|they|it|this)? ?(?:do|does|did)?(?: not|n't)", re.I
)
_NUMBERS: Final = re.findall(r"\w+",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen"
)  # fmt: skip
_WORDED: Final = {word: number for number, word in enumerate(_NUMBERS, 1)}
_KINDS_OF_YEAR: Final = "tax|financial|full|calendar|further|complete|school|academic|more|whole|working"
_LENGTH: Final = re.compile(
    rf"\b(\d{{1,3}}|{'|'.join(_NUMBERS)})(?: \(\d{{1,3}}\))?[ -](?:(?:{_KINDS_OF_YEAR}) )?(day|week|month|year)s?\b", re.I
)
_A_LENGTH: Final = re.compile(
    r"\ba(?: further| single)? (day|week|month|year|fortnight)\b(?= after| from| later|[,.;|]|$)|\bafter a (day|week|month|year)\b", re.I
)
_AGE: Final = re.compile(
    r"(?:under|below|younger than|less than|at least|over|aged?|than)\b(?: \w+){0,5}? "
    rf"\(?(1\d|{'|'.join(_NUMBERS[9:])})\b"
    r"|\b(?:over|under)-(1\d)s?\b|\b(?:teach|accept|take|admit)\w* (?:\w+ )?from (1\d)\b"
    r"|\b(1\d) (?:years )?(?:or|and) (?:over|older|above)", re.I,
)  # fmt: skip
_SIGHT: Final = 160  # characters that a "not" reaches


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
    for file in ("practices.toml", "fitting.toml"):
        found |= tomllib.loads((HERE / file).read_text("utf-8"))
    return found


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(phrases) + r")(?!\w)", re.IGNORECASE)


@functools.cache
def _words(section: str) -> tuple[_Word, ...]:
    return tuple(_Word(word, _pattern(phrases)) for word, phrases in lexicon()[section].items())


@functools.cache
def _listed(section: str) -> tuple[_Word, ...]:
    listed = lexicon()["listed"].get(section, {})
    return tuple(_Word(word, _pattern(phrases)) for word, phrases in listed.items())


def _bare(section: str, one: Sentence) -> tuple[_Word, ...]:
    """Nouns and verbs that alone say too little ("e-mails", "the police"), for a list of just such things."""
    asked = _ASKED.get(section)
    if section == "answer" and _MAY.search(one.led):
        return _listed(section)
    if section == "data" and re.match(r"\W*(?:\d+\W+)?(?:for|to|with|as|when)\b", one.text, re.I):
        return ()
    last = one.topic.rpartition(" / ")[2]
    if section in _HEADED and _HEADED[section].search(last) and not (section == "use" and _means("about rights", one.text)):
        return _listed(section)
    item = one.head or one.text[:1] in "•*-–"
    if asked is None or not (item or (_NAMES.match(one.text) and not _SAYS.search(one.text))):
        return ()
    return _listed(section) if asked.search(one.head or one.topic) else ()


@functools.cache
def _meaning(name: str) -> re.Pattern[str]:
    return _pattern(lexicon()["meaning"][name])


def _means(name: str, text: str) -> bool:
    return bool(_meaning(name).search(text))


# ----------------------------------------------------------------------------------------- where a section is spoken of


_POLICY: Final = re.compile(
    r"\b(?:chang|amend|updat|modif|revis)\w*\b.{0,80}\b(?:polic(?:y|ies)|notice|statement)\b"
    r"|\b(?:polic(?:y|ies)|notice|statement)\b.{0,80}\b(?:chang|amend|updat|modif|revis|archiv)\w*|forms a part of",
    re.I,
)  # fmt: skip
_ASIDE: Final = re.compile(
    r"disclos|shar|whom|who (?:else|sees|gets)|secur|links?\b|other (?:web)?sites|complain", re.I
)
_INDIRECT: Final = re.compile(
    r"\bindirectly\b|\bfrom (?:\w+ ){0,3}(?:sources|third parties|others|other people)\b|\bother sources\b", re.I
)
_GIVEN: Final = re.compile(r"\W*if\b|.{0,40}\byou (?:may |can |will )?(?:give|provide|share|send|submit)", re.I)
_KEEPS: Final = re.compile(r"how long|retention|retain|keep|storage|erasure|\bstore\b", re.I)
_LISTS: Final = re.compile(r",.*,|\|", re.S)  # a list of data with their periods, as in a table
_ABROAD: Final = re.compile(
    r"outside|transfer|abroad|overseas|countr|international|\beea\b|border|united states|\bus\b|shield|clauses", re.I
)
_PASSES: Final = re.compile(r"\b(?:shar|disclos|pass(?!word)|provid|transfer|send|sent|giv|hosted)\w*", re.I)
_ASKS_US: Final = re.compile(  # whom to ask about the text itself, by which nothing is taken in
    r"\b(?:questions?|quer(?:y|ies)|concerns)\b.{0,80}\b(?:polic|notice|statement|privacy|practices)|"
    r"\b(?:questions?|quer(?:y|ies)|more (?:details|information)|further information)\b.{0,100}\b(?:please|can|may|should)\b.{0,20}"
    r"\b(?:contact|ask|call|e-?mail|write)\b",
    re.I,
)
_ENTITLED: Final = re.compile(r"\byou (?:also )?have (?:a|the|an) (?:\w+ )?rights?\b", re.I)
_GROUND: Final = re.compile(r"\W*(?:\d{1,2}\W+)?(?:for|with|to (?:perform|comply|meet)|because|where)\b", re.I)
_RIGHT: Final = re.compile(r"\W*(?:\d{1,2}\W*)?(?:the |your )?rights? (?:to|of|in)\b", re.I)
_DEEDS: Final = frozenset({"complaint", "correspondence", "opinion", "purchase", "payment", "invoice", "answer"})
_DEALS: Final = re.compile(
    r"\b(?:deal\w*|handl\w+|respond\w*|repl\w+|answer\w*|resolv\w+|investigat\w+|manag\w+|seek\w*|canvas\w*|fulfil\w*|"
    r"complet(?:e|ing)|process(?:ing)?|tak(?:e|ing)|mak(?:e|ing)|deliver\w*|send\w*|issu\w+|monitor\w*)\b[^.;|]{0,60}$", re.I
)
_PURPOSES: Final = re.compile(
    r"^(?!.*following (?:information|data|personal|categor|details)).*(?:\bpurposes?\b|\bus(?:e|ed|es|ing)\b(?!.{0,20}following).{0,80}"
    r"\b(?:to|for|so|in order)\b)", re.I
)  # fmt: skip
_BROWSERS: Final = re.compile(
    r"\b(?:most|all|some|your|modern) (?:web )?browsers? (?:\w+ ){0,2}(?:allow|accept|let|will|can|settings?|provide|offer)|"
    r"\b(?:block|reject|refus|disabl|delet)\w* (?:\w+ ){0,3}cookies|^(?:A|The) (?:cookie|web beacon) (?:is|consists)",
    re.I,
)  # what everybody knows of cookies is no practice
_SOMEBODY: Final = re.compile(  # who opens an account, so that it is no use of ours
    r"\b(?:by|when|if|you|who|parents?|users?|guardian|customers?|members?|they)\b(?: \w+){0,4} ?$", re.I
)
_SHARES: Final = re.compile(r"\bshar|disclos|\bwho\b|recipient|third part|whom", re.I)
_HAVE_ACCESS: Final = re.compile(
    r"\b(?:ha(?:s|ve|d)|permission to|gain|limit\w*|restrict\w*|unauthori[sz]ed|grant\w*|giv\w+|staff|only|prevent\w*|against|who) "
    r"(?:\w+ ){0,3}$", re.I
)  # of others, who are no subjects of the data
_LEGAL: Final = frozenset({"authorities", "legal compliance", "legal obligation"})
_CHOOSES: Final = re.compile(r"\brights?\b|opt-?out|your (?:choices?|controls?)\b|complain", re.I)
_OTHERS: Final = re.compile(
    r"\b(?:these|those|other|third[- ]party|external|linked|such|their) (?:\w+ )?(?:web ?)?(?:sites?|privacy (?:polic|noti))\w*"
    r"(?: \w+){0,6}? (?:may|will|can|have|has|use|collect|set|behave|are|is|do)\b"
    r"|\bresponsible for (?:the )?(?:\w+ ){0,4}(?:content|privacy|practices|polic)",
    re.I,
)  # other people's pages, of which the text only warns
_FOREWORD: Final = re.compile(
    r"\b(?:polic(?:y|ies)|notice|statement|document|section)s? (?:also |below |will )?"
    r"(?:explains?|describes?|sets? out|tells? you|covers?|outlines?|applies|details|informs?|gives?|aims?)\b",
    re.I,
)  # what the text is about is not yet what it says
_FROM_FOREWORD: Final = frozenset({"data", "use", "basis", "disclose", "transfers", "keep", "secure", "answer"})
_OF_OTHERS: Final = frozenset({"data", "collect", "use", "basis", "disclose", "transfers", "keep", "cookies", "secure"})
_SWITCHES: Final = frozenset({"object", "withdraw"})  # what can be done about a cookie
_DOING: Final = re.compile(r"\W*(?:to )?\w+(?:ing|e)\b")
_BRIEF: Final = 6  # words: an item of a list of recipients, which is no use of its own
_MINOR: Final = frozenset({"supplier", "employee", "client"})


def _of_data(one: Sentence) -> bool:
    if _means("taking in", f"{one.topic} {one.led}"):
        return not _KEEPS.search(one.topic) or _LISTS.search(one.text) is not None
    return not (_means("reaching us", one.text) or _POLICY.search(one.text) or _ASIDE.search(one.topic))


def _of_disclose(one: Sentence) -> bool:
    if _KEEPS.search(one.topic) and not _PASSES.search(one.led):
        return False
    if re.match(r"\W*(?:\w+ ){0,2}(?:from|between) ", one.text, re.I) or (
        re.search(r"\b(?:sent|referred|told|gave|sends?|refers?|tells?|gives?) (?:you|us)\b", one.text, re.I)
        and not re.search(r"\bwe (?:\w+ ){0,3}(?:shar|pass|giv|tell|send|disclos)", one.text, re.I)
    ):
        return False  # what others give us
    return _means("about sharing", f"{one.topic} {one.led}")


def _of_people(one: Sentence) -> bool:
    return not (_POLICY.search(one.text) or _ASKS_US.search(one.text))


def _of_answer(one: Sentence) -> bool:
    return _means("about rights", f"{one.topic} {one.led}")


def _of_edition(one: Sentence) -> bool:
    if one.head and re.match(r"\W*(?:\d+\W+)?to (?:send|notify|inform|tell)", one.text, re.I):
        return False
    if re.search(r"\b(?:regulations?|act|gdpr|directive)\b", one.text, re.I) and not _POLICY.search(one.text):
        return False
    return bool(
        re.search(
            r"chang|polic|notice|statement|practices|version|document|dated|updated|review|revis|effective|page|privacy",
            one.topic + one.text,
            re.I,
        )
    )


def _of_collect(one: Sentence) -> bool:
    if _POLICY.search(one.text):
        return False
    taking = _means("taking in", f"{one.topic} {one.led}")
    if _ASKS_US.search(one.text):
        return False
    talk = _means("reaching us", one.text) and not taking and not _GIVEN.match(one.text)
    return not talk and not re.search(r"\brights\b|contact us|how to contact|correct|delet", one.topic, re.I)


def _of_use(one: Sentence) -> bool:
    kept = _KEEPS.search(one.topic) and _means("about keeping", one.led) and "suppress" not in one.text
    if re.search(r"(?:collect|receiv|obtain)\w*\b.{0,60}\b(?:when|if)\b", one.head, re.I):
        return False
    if _CHOOSES.search(one.topic) or kept or re.match(r"\W*(?:stop|opt|object|withdraw|unsubscribe)", one.text, re.I):
        return False
    if _ASIDE.search(one.topic) and len(one.text.split()) < _BRIEF and not _DOING.match(one.text):
        return False
    if _POLICY.search(one.text) and not re.search(r"\bterms\b|\b(?:inform|notif|tell)", one.text, re.I):
        return False
    return not re.search(r"\bright(s)? (to (?!rent|work)|of)\b|\byou have the right", one.text, re.I)


def _of_basis(one: Sentence) -> bool:
    """Whether a basis is told. Why something is kept for longer than usual is none, nor what never happens."""
    kept = _KEEPS.search(one.topic) and _means("about keeping", one.led)
    if re.search(r"\bright to withdraw|withdraw\w* (?:your|this|that|any) consent", one.text, re.I):
        return re.search(r"\b(?:rely|basis|based|where|if|when)\b|^with your", one.text, re.I) is not None
    return not kept and not re.search(r"\b(?:never|not)\b.*\bwithout (?:\w+ ){0,3}(?:consent|permission)", one.text, re.I)


def _gate(name: str, *, topic: bool = True) -> Callable[[Sentence], bool]:
    def spoken(one: Sentence) -> bool:
        return _means(name, f"{one.topic} {one.led}" if topic else one.led)

    return spoken


_GATES: Final[dict[str, Callable[[Sentence], bool]]] = {
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
_TOPICS: Final[dict[str, str]] = {
    "data": r"collect|what .*(data|information)|information|data",
    "collect": r"collect|how .*(get|obtain)|sources?",
    "use": r"us(e|es|ing)\b|why|purpose|process",
    "basis": r"legal|lawful|basis|bases|why",
    "disclose": r"shar|disclos|who (else|sees)|third part|recipient|whom",
    "transfers": r"transfer|abroad|international|overseas|where",
    "keep": r"keep|retain|retention|how long|storage|stor",
    "cookies": r"cookie|beacon|analytics|track",
    "children": r"child|minor|young",
    "answer": r"right|access|correct|delet|choice|control|complain",
    "secure": r"secur|safe|protect",
    "edition": r"chang|updat|amend",
}


_ASKED: Final[dict[str, re.Pattern[str]]] = {
    section: re.compile(asked, re.I)
    for section, asked in {
        "data": r"^(?!.*\bhow\b).*(?:collect|process|hold|gather|keep|have|need|record|stor)\w*\b.{0,60}(?:information|data|details)"
        r"|^(?!.*\bhow\b).*(?:information|data|details)\b.{0,40}\b(?:we|collect|includ)\w*|kinds? of|categor",
        "collect": r"^(?!.*following (?:information|data|personal|categor|types)).*(?:\bhow\b.{0,30}(?:collect|get|obtain|receive)|where\b.{0,30}(?:from|get)|\bsources?\b"
        r"|(?:collect|obtain|gather|receiv)\w*\b.{0,60}\b(?:through|by|from(?! your (?:device|browser|phone))|via|when|ways|means)\b)",
        "use": r"^(?!.*following (?:information|data|personal|categor|details)).*(?:\bus(?:e|ed|es|ing)\b.{0,60}\b(?:to|for)\b|\bhow\b.{0,40}\bus(?:e|ed|es|ing)\b|purpose|\bwhy\b|process\w*\b.{0,40}\b(?:to|for)\b)",
        "disclose": r"(?:shar|disclos|pass|provid|transfer|giv|send|sent|access)\w*\b.{0,80}\b(?:with|to|by)\b"
        r"|\bwho\b|recipients?|^(?!.*collect).*\bshar\w+|disclos\w+|third part",
        "answer": r"\brights?\b|you (?:can|may)\b|(?:can|may|able to|entitled to)\b.{0,20}(?:ask|request)|at a glance",
    }.items()
}


_HEADED: Final[dict[str, re.Pattern[str]]] = {
    section: re.compile(asked, re.I)
    for section, asked in {
        "collect": r"where\b.*\bfrom|how\b.*\b(?:collect|get|obtain)|\bsources?\b",
        "use": r"^\W*(?:\d+\W+)?why\W*$|\bwhy we\b(?!.*collect)|what\b.*\bdo with\b",
        "disclose": r"\bwho\b.*\b(?:else|see|get|share|give|pass|has|have)|shar(?:e|ing)|disclos|recipient|hand\b|whom",
        "answer": r"\brights?\b|your (?:say|choices|position|control)|you can|can I|ask (?:us|of us)",
    }.items()
}
_FOR_THIS: Final = re.compile(
    r"\bwe (?:\w+ ){0,2}(?:use|need)\b (?!cookies|analytics)(?!(?:\w+ ){0,6}(?:know|check|verify|make sure|ensure|protect))"
    r"(?:[\w'’,-]+ ){1,8}to (?!you|us|the|our|your|be |know)\w+(?: \w+){0,4}|^so (?:that )?we can \w+(?: \w+){0,3}", re.I
)
_NAMES: Final = re.compile(r"(?=.{1,200}$)[•·▪◦*–-]?\s*[A-Z\d][^.!?]*\.?$", re.S)
_MAY: Final = re.compile(
    r"\byou (?:may|can|could|are (?:entitled|free)|have (?:the|a) right)\b(?! (?:be|need|not|receive|find|give|provide|choose to|also provide))|\bask (?:us |them )?to\b|\bask for (?:a|your)\b|\btell us (?:to|not|that)\b|"
    r"\b(?:may|can) be (?:requested|sought|exercised|asked|made|revoked|declined|taken)\b", re.I
)
_SAYS: Final = re.compile(r"\b(?:we|you|they|it|this|these|which|must|should|is|are|was|were)\b", re.I)  # a whole sentence


def denied(text: str, at: int, ends: int) -> bool:
    """Whether what stands at a place of a sentence is said not to be so."""
    begins = max(0, at - _SIGHT)
    turns = [turn.end() for turn in _TURN.finditer(text, begins, at)]
    begins = turns[-1] if turns else begins
    for found in _NOT.finditer(text, begins, at):
        doubt = _IF.search(text, max(0, found.start() - 30), found.end())
        if doubt is None:
            return True
    return _AFTER.match(text, ends) is not None


# ----------------------------------------------------------------------------------------------------------- finding


def find(text: Prose) -> list[Practice]:
    """Every practice of a text, in the order of the sections and of the text; each word once a sentence."""
    from troth.policy.drafting import naming

    parts = sentences(text)
    schooling = re.search(r"\b(?:pupil|student|school|nursery|teacher|college)", text.text, re.I) is not None
    found = naming.who(text, parts)
    for section in SECTIONS:
        seen: set[tuple[str, int]] = set()
        for one in parts:
            for practice in _spoken(section, one):
                key = (practice.word, practice.line if len(practice.quote) > 400 else hash(practice.quote))
                if practice.word == "education" and practice.phrase.startswith("attendance") and not schooling:
                    continue
                if key not in seen:
                    seen.add(key)
                    found.append(practice)
    return found + naming.companies(parts)


def _spoken(section: str, one: Sentence) -> Iterator[Practice]:
    gate = _GATES.get(section)
    if one.heading and section not in ("surfaces", "people", "edition") and not (
        (section == "answer" and _RIGHT.match(one.text)) or (section == "basis" and _GROUND.match(one.text))
    ):
        return
    if section in _FROM_FOREWORD and _FOREWORD.search(one.text):
        return
    if section in ("data", "collect", "use", "disclose", "cookies") and _BROWSERS.search(one.text):
        return
    if section in ("data", "collect", "keep", "secure") and _ENTITLED.search(one.text):
        return
    if section in _OF_OTHERS and _OTHERS.search(one.text) and not re.search(r"\bwe\b", one.text, re.I):
        return
    if gate is not None and not gate(one):
        return
    sure = 0.9 if section in _TOPICS and re.search(_TOPICS[section], one.topic, re.I) else 0.7
    if section == "keep" and _lasts(one):
        return
    if section == "keep":
        yield from _lengths(one, sure)
    if section == "collect" and one.head and _INDIRECT.search(one.head) and not one.head.endswith(one.text):
        yield _practice(section, "import", one, sure)
    spoken = False
    for entry in (*_words(section), *_bare(section, one)):
        for hit in entry.pattern.finditer(one.text):
            if _by_the_way(section, entry.word, hit, one) or (section == "data" and _handled(entry.word, hit, one)):
                continue
            ends = len(one.text) if section == "surfaces" else hit.end()
            if section in DENIABLE and denied(one.text, hit.start(), ends):
                continue
            word = entry.word
            if section == "children" and word == "least age":
                word = _age(one.text) or ""
            if section == "answer" and word not in _SWITCHES and _means("about cookies", one.text):
                word = ""
            if section == "people" and word in _MINOR and not _whose(one):
                word = ""
            if word:
                spoken = True
                doubt = 0.3 if section == "data" and hit.group().lower().startswith("contact ") else 0.0
                yield _practice(section, word, one, sure - doubt, phrase=hit.group())
            break
    if section == "use" and not spoken and (hit_ := _FOR_THIS.search(one.text)) and not denied(one.text, *hit_.span()):
        yield _practice(section, "service", one, 0.5, phrase=hit_.group())  # used, and for nothing that has another word


def _whose(one: Sentence) -> bool:
    """Whether somebody who could also be a recipient is spoken of as one whose data it is."""
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
    return _means("about cookies", f"{one.topic} {one.text}") and not re.search(
        r"\bkeep\b|\bkept\b|retain|delete|stored? for", one.text, re.I
    )


def _lengths(one: Sentence, sure: float) -> Iterator[Practice]:
    """The periods a sentence names, as the language writes them."""
    if re.search(r"\b(?:respon[ds]|answer|repl(?:y|ies)|request)", one.text, re.I) and not re.search(
        r"\b(?:keep|kept|retain|store|delet|destroy|erase|held|hold)", one.text, re.I
    ):
        return  # how soon somebody is answered
    one_of = [("1", unit or other) for unit, other in _A_LENGTH.findall(one.text)]
    for number, unit in [*_LENGTH.findall(one.text), *one_of]:
        number, unit = ("2", "week") if unit.lower() == "fortnight" else (number, unit)
        count = int(number) if number.isdigit() else _WORDED[number.lower()]
        said = f"{count} {unit.lower()}{'' if count == 1 else 's'}"
        if span(said) is not None and not re.search(rf"\b{number} {unit}s? (?:old|of age)\b", one.text, re.I):
            yield _practice("keep", said, one, sure, phrase=f"{number} {unit}")


def _handled(word: str, hit: re.Match[str], one: Sentence) -> bool:
    """Whether it is no datum but what is done: to deal with complaints, to seek views, to take a payment."""
    before = one.text[: hit.start()]
    if word == "complaint" and re.search(r"commissioner|\bico\b|ombudsman|regulator|authority", one.text, re.I):
        return True
    if word == "relation to us" and re.search(r"\b(?:maintain|manag|build|keep)\w* (?:\w+ ){0,2}$", before):
        return True
    if word in _DEEDS and not re.search(r"details|information|histor|record|numbers?$", hit.group(), re.I):
        return _DEALS.search(before) is not None
    listed = _PURPOSES.search(one.head) and "|" not in one.head
    return bool(listed) and not re.search(r"\b(?:your|their|such as|including) (?:\w+,? ){0,3}$", before)


def _by_the_way(section: str, word: str, hit: re.Match[str], one: Sentence) -> bool:
    """Whether a phrase only qualifies something else: consent "where required by law", the same level of comfort."""
    if section == "use" and word == "accounts" and _SOMEBODY.search(one.text[: hit.start()]):
        return True
    if section == "use" and word == "succession" and _SHARES.search(f"{one.topic} {one.head}"):
        return True
    if section == "answer" and word == "not be judged by a machine" and denied(one.text, hit.start(), hit.end()):
        return True
    if section == "answer" and word == "identity":
        return re.search(r"right|request|exercis|access|acting|instruct|subject to|evidence|\bask", f"{one.topic} {one.led}", re.I) is None
    if section == "answer" and word == "access" and _HAVE_ACCESS.search(one.text[: hit.start()].replace("right", ".")):
        return True
    if section in ("use", "basis") and word in _LEGAL and _PASSES.search(one.head) and "compl" not in hit.group():
        return True
    if section == "secure" and "safeguard" in hit.group().lower() and _ABROAD.search(one.led):
        return True
    if section == "transfers" and word == "safeguard":
        return _ABROAD.search(f"{one.topic} {one.led}") is None
    if word in _LEGAL and re.search(r"\blaws?$|required", hit.group(), re.I):
        if section == "disclose":
            return _PASSES.search(one.led) is None
        return bool(re.search(r"\b(?:where|as|unless|when|otherwise|not|than)\W+(?:\w+ ){0,3}$|permitted $",
                              one.text[: hit.start()], re.I))  # fmt: skip
    return False


def _age(text: str) -> str | None:
    found = _AGE.search(text)
    if found is None:
        return None
    said = next(age for age in found.groups() if age).lower()
    return said if said.isdigit() else str(_WORDED[said])
