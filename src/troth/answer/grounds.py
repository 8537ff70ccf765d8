"""The closed list of grounds on which a request may be refused, charged for, answered later or answered in part.

Each cites the row of the law that gives it. What is not on the list is no ground: UK GDPR Art 12(4), (5), 12A(3).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, get_args

import msgspec

from troth.answer import complaints
from troth.policy.emit.texts import phrase
from troth.policy.plan import Plan
from troth.policy.problems import Trouble

Kind = Literal["refuse", "withhold", "fee", "extend"]
KINDS: Final[dict[str, Kind]] = {kind: kind for kind in get_args(Kind)}
LAWS: Final = ("uk", "eu")
RIGHTS: Final = frozenset({"access", "port", "erase", "rectify", "restrict", "object"})
SECONDED: Final = frozenset[Kind]({"refuse", "withhold", "fee"})
"""What one person alone does not decide; who charges or refuses bears the proof (Art 12(5))."""


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Why, as we write it to the person; the row of the law; what it allows, for which rights, under which law."""

    words: str
    row: str
    provision: str
    kinds: frozenset[Kind]
    rights: frozenset[str] = RIGHTS
    law: str = ""


_NO, _PART, _LATER = (frozenset[Kind]({kind}) for kind in ("refuse", "withhold", "extend"))
_COST: Final = frozenset[Kind]({"refuse", "fee"})
_COPY: Final = frozenset({"access", "port"})


def _erase(words: str, point: str) -> Ground:
    return Ground(
        words=words, row="gdpr-17-3", provision=f"GDPR Art 17(3)({point})", kinds=_NO, rights=frozenset({"erase"})
    )


def _exempt(words: str) -> Ground:
    return Ground(words=words, row="dpa-sch2", provision="DPA 2018 Sch 2", kinds=_PART, rights=_COPY, law="uk")


def _only(right: str, words: str, row: str, provision: str) -> Ground:
    return Ground(words=words, row=row, provision=provision, kinds=_NO, rights=frozenset({right}))


GROUNDS: Final[dict[str, Ground]] = {
    "manifestly unfounded": Ground(
        words="the request is manifestly unfounded", row="gdpr-12-5", provision="GDPR Art 12(5)", kinds=_COST
    ),
    "manifestly excessive": Ground(
        words="the request is manifestly excessive", row="gdpr-12-5", provision="GDPR Art 12(5)", kinds=_COST
    ),
    "cannot identify": Ground(
        words="we cannot tell which data is yours; tell us more, and we look again",
        row="gdpr-11",
        provision="GDPR Art 11(2), 12(2)",
        kinds=_NO,
    ),
    "rights of others": Ground(
        words="to show it would harm somebody else",
        row="gdpr-15-4",
        provision="GDPR Art 15(4)",
        kinds=_PART,
        rights=_COPY,
    ),
    "legal privilege": _exempt("it is advice or correspondence with our lawyers"),
    "crime and tax": _exempt("to show it would hinder the prevention of crime or the assessment of tax"),
    "negotiations": _exempt("it records our intentions in a negotiation with you, which showing it would harm"),
    "confidential reference": _exempt("it is a reference that was given in confidence"),
    "expression": _erase("it serves freedom of expression and information", "a"),
    "legal obligation": _erase("the law obliges us to keep it", "b"),
    "public health": _erase("it is needed for public health", "c"),
    "archives and research": _erase("it is kept for archives, research or statistics, which this would impair", "d"),
    "legal claims": _erase("it is needed for legal claims", "e"),
    "still needed": _only(
        "erase",
        "it is still needed for what you gave it for, and no case of the law applies",
        "gdpr-17-1",
        "GDPR Art 17(1)",
    ),
    "accurate": _only("rectify", "as far as we can find out it is accurate and complete", "gdpr-16", "GDPR Art 16"),
    "no case to restrict": _only("restrict", "none of the cases of the law applies", "gdpr-18-1", "GDPR Art 18(1)"),
    "compelling grounds": _only(
        "object", "we have a reason that weighs more than your objection", "gdpr-21-1", "GDPR Art 21(1)"
    ),
    "claims weigh more": _only("object", "it is needed for legal claims", "gdpr-21-1", "GDPR Art 21(1)"),
    "not on consent or contract": _only(
        "port", "we do not hold it on your consent or a contract with you", "gdpr-20", "GDPR Art 20(1)"
    ),
    "complex": Ground(
        words="the request is complex", row="uk-12A-3", provision="UK GDPR Art 12A(3)", kinds=_LATER, law="uk"
    ),
    "many requests": Ground(
        words="you made many requests", row="uk-12A-3", provision="UK GDPR Art 12A(3)", kinds=_LATER, law="uk"
    ),
    "complex (EU)": Ground(
        words="the request is complex", row="eu-12-3", provision="GDPR Art 12(3)", kinds=_LATER, law="eu"
    ),
    "many requests (EU)": Ground(
        words="you made many requests", row="eu-12-3", provision="GDPR Art 12(3)", kinds=_LATER, law="eu"
    ),
}


def cited(name: str, laws: Collection[str]) -> str:
    """The provision of a ground as the law of a policy calls it: a policy under UK law alone cites the UK GDPR."""
    provision = GROUNDS[name].provision
    return f"UK {provision}" if provision.startswith("GDPR") and set(laws) == {"uk"} else provision


def of(right: str, laws: Collection[str]) -> dict[str, Ground]:
    """The grounds that there are for a right, under the laws of a policy. An absolute right has none."""
    return {name: one for name, one in GROUNDS.items() if right in one.rights and one.law in ("", *laws)}


def must(name: str, kind: str, right: str, laws: Collection[str]) -> Ground:
    """The ground, or ``Trouble`` *no-ground*: nothing is refused, charged or put off for a reason of one's own."""
    found = of(right, laws).get(name)
    fit = sorted(one for one, ground in of(right, laws).items() if kind in ground.kinds)
    if found is None or kind not in found.kinds:
        known = ", ".join(fit) if fit else "none: the law knows no ground for that here"
        raise Trouble("no-ground", f"“{name}” is no ground to {kind} here.", f"Grounds for it: {known}.", exit=2)
    return found


def routes(plan: Plan) -> str:
    """The three ways that a refusal must name: us, the authority, a court (UK GDPR Art 12(4), DPA 2018 s164A)."""
    return phrase(
        "If you are not content, you can complain to us: write to {email}. You can also complain to {authority}. And"
        " you can go to court.",
        email=plan.who.email,
        authority=complaints.authority(plan),
    )
