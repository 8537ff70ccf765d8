"""The grammar: every section, its keys, what each key takes, and which must be said. The reader, the JSON Schema and
the language's own page are all made from this one table."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from troth.policy import words

Takes = Literal["text", "words", "date", "number", "yes", "choice", "choices", "span", "period", "map", "list", "pairs"]


class Key(NamedTuple):
    takes: Takes
    need: bool = False
    among: frozenset[str] = frozenset()
    keys: dict[str, Key] = {}
    none: bool = False  # the word "none" may stand here


class Section(NamedTuple):
    keys: dict[str, Key]
    named: bool = True  # entries have names of their own
    need: bool = False
    short: str = ""  # the key that a plain value stands for
    none: bool = False  # "none" may be said instead of entries
    names: Literal["words", "data", "selectors", "small"] = "words"


def _text(need: bool = False) -> Key:
    return Key("text", need)


def _among(names: object, need: bool = False, *, many: bool = False) -> Key:
    return Key("choices" if many else "choice", need, frozenset(names))  # type: ignore[call-overload]


TEXT, TEXT_ = _text(), _text(True)
WORDS, WORDS_ = Key("words"), Key("words", True)
DATE, DATE_ = Key("date"), Key("date", True)

SECTIONS: Final[dict[str, Section]] = {
    "edition": Section(
        {
            "date": DATE_,
            "change": _among(words.CHANGES, True),
            "because": TEXT_,
            "in force": DATE,
            "history": Key("list", keys={"date": TEXT_, "because": TEXT_}),
        },
        named=False,
        need=True,
    ),
    "law": Section(
        {"of": _among(words.LAWS, True, many=True), "nation": TEXT_, "time zone": TEXT, "readers in": WORDS},
        named=False,
        need=True,
    ),
    "who": Section(
        {
            "name": TEXT_,
            "trades as": TEXT,
            "as": _among(("controller", "processor"), True, many=True),
            "company": Key("map", keys={"number": TEXT_, "registered in": TEXT_, "office": TEXT}),
            "fee": Key("map", keys={"number": TEXT, "until": DATE, "exempt": TEXT}),
            "address": TEXT_,
            "email": TEXT_,
            "phone": TEXT,
            "officer": Key("map", keys={"title": TEXT_, "appointed": Key("yes"), "email": TEXT}),
            "representative": Key("map", keys={"in": TEXT_, "name": TEXT_, "address": TEXT_, "email": TEXT}),
            "regulator": _among((*words.REGULATORS, words.OTHER), True),
            "authority": Key("map", keys={"name": TEXT_, "address": TEXT_, "phone": TEXT, "page": TEXT_}),
        },
        named=False,
        need=True,
    ),
    "surfaces": Section(
        {"kind": _among(words.SURFACE_KINDS, True), "origins": WORDS, "sends as": TEXT, "for": WORDS}, need=True
    ),
    "people": Section(
        {
            "means": TEXT_,
            "least age": Key("number"),
            "subscriber": _among(("individual", "corporate")),
            "party to": TEXT,
            "acts for": TEXT,
            "for": TEXT,
        },
        need=True,
        short="means",
    ),
    "staff": Section(
        {
            "means": TEXT_,
            "may": _among(words.DESK, many=True),
            "at most": Key("span"),
            "two needed": Key("yes"),
        },
        short="means",
    ),
    "clients": Section(
        {"policy": TEXT, "contract": TEXT, "instructs": WORDS, "origins": WORDS, "means": TEXT}, short="means"
    ),
    "data": Section(
        {
            "is": _among(words.KINDS, True),
            "of": WORDS,
            "as": _among(words.FORMS),
            "identifies": _among(words.IDENTIFIES),
            "joins": TEXT,
            "may hold": _among(words.MAY_HOLD),
            "opened by": WORDS,
            "label": TEXT,
            "was": WORDS,
            "retired": Key("yes"),
        },
        need=True,
        short="is",
        names="data",
    ),
    "collect": Section(
        {
            "by": _among(words.BY, True),
            "at": TEXT,
            "of": WORDS_,
            "needs": WORDS,
            "may": WORDS,
            "offers": WORDS,
            "why": TEXT,
            "warns": TEXT,
            "confirms": TEXT,
            "from": TEXT,
            "public": Key("yes"),
            "tell people": TEXT,
            "licence": TEXT,
            "recorded": TEXT,
            "the rest": TEXT,
            "for": TEXT,
        },
        need=True,
    ),
    "use": Section(
        {
            "is": _among(words.PURPOSES, True),
            "basis": _among(words.BASES, True),
            "data": WORDS_,
            "except": WORDS,
            "of": WORDS,
            "interest": TEXT,
            "balance": TEXT,
            "law": TEXT,
            "case": TEXT,
            "ask": Key("map", keys={"words": TEXT_, "again after": Key("span")}),
            "by": Key("pairs"),
            "yields": _among(words.YIELDS),
            "smallest group": Key("number"),
            "on device": _among(words.ON_DEVICE),
            "within": TEXT,
            "only while": TEXT,
            "until": Key("span"),
            "limit": TEXT,
            "part of": TEXT,
            "staff": WORDS,
            "decides": TEXT,
            "assessment": TEXT,
            "new use": TEXT,
            "without": TEXT,
            "instructed by": TEXT,
        },
        need=True,
    ),
    "disclose": Section(
        {
            "as": _among(words.ROLES, True),
            "does": TEXT,
            "for": WORDS_,
            "data": WORDS_,
            "except": WORDS,
            "in": WORDS_,
            "under": Key("map", keys={"mechanism": _among(words.MECHANISMS, True), "paper": TEXT}),
            "contract": TEXT,
            "members": WORDS,
            "only as": _among(("masked", "statistics")),
            "for money": Key("yes"),
            "opt out": TEXT,
            "policy": TEXT,
            "tells": TEXT,
        },
        need=True,
        none=True,
    ),
    "never": Section(
        {
            "collect": WORDS,
            "use": WORDS,
            "disclose": WORDS,
            "transfer": WORDS,
            "join": WORDS,
            "for": WORDS,
            "to": WORDS,
            "unless": TEXT,
            "means": TEXT,
        }
    ),
    "keep": Section(
        {"limit": Key("period", True), "by law": TEXT, "unless agreed": Key("yes")},
        need=True,
        short="limit",
        names="selectors",
    ),
    "moments": Section({"known from": TEXT_, "means": TEXT}, short="known from"),
    "holds": Section(
        {
            "data": WORDS_,
            "needs": _among(words.HOLD_NEEDS, True, many=True),
            "review": Key("span", True),
            "because": TEXT_,
        }
    ),
    "cookies": Section(
        {
            "at": WORDS_,
            "by": TEXT_,
            "does": _among(words.COOKIE_FUNCTIONS, True, many=True),
            "for": WORDS_,
            "lasts": TEXT_,
            "kind": _among(words.COOKIE_KINDS),
            "hosts": WORDS,
        },
        need=True,
        none=True,
    ),
    "children": Section({"least age": Key("number", True), "control": TEXT_, "asked of parent": TEXT}, named=False),
    "answer": Section(
        {
            "by": _among(words.ASKED_BY, many=True),
            "identity": TEXT,
            "undo": Key("span", True, none=True),
            "evidence kept": TEXT,
            "sooner": Key("pairs"),
            "acknowledges complaints within": TEXT,
        },
        named=False,
        need=True,
    ),
    "secure": Section(
        {
            "seals": WORDS,
            "backups": TEXT,
            "key backups": TEXT,
            "drill": TEXT,
            "erasure reaches": _among(words.REACHES, True),
            "told of breach within": TEXT,
        },
        named=False,
        need=True,
    ),
    "places": Section(
        {
            "kind": _among(words.PLACE_KINDS, True),
            "holds": WORDS_,
            "in": WORDS_,
            "by": TEXT,
            "secret": TEXT,
            "speaks": _among(words.SPOKEN),
            "tables": Key("pairs"),
            "canary": Key("yes"),
        },
        need=True,
    ),
    "papers": Section(
        {
            "kind": _among(words.PAPER_KINDS, True),
            "file": TEXT_,
            "owner": TEXT_,
            "until": DATE_,
            "covers": TEXT,
        }
    ),
    "notice": Section({"at": TEXT_, "tells": Key("pairs"), "languages": WORDS, "in": Key("pairs")}, named=False),
    "promises": Section(
        {"says": TEXT_, "rests on": WORDS_, "instead": TEXT, "because": TEXT, "attested": TEXT}, names="small"
    ),
}
FIRST: Final = ("troth", "policy")
AS_WRITTEN: Final = "as written"
"""`as written: yes` marks the text of an old policy: every entry may quote it (`says`), and what it lacks is no mistake
in the file but, with `troth check --law`, a finding of law. It is never compiled."""
SAYS: Final = "says"
SEEN: Final = frozenset({"answered", "decided", "case closes"})
"""Moments that troth itself sees come: a request answered, a decision given, a case closed."""
EVENTS: Final = SEEN | {"collected", "last purpose ends"}
"""Moments that need no declaration. Every other one a policy waits for must say where it is known from."""
