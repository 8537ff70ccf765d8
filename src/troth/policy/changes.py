"""What changed between two plans, read as a lawyer reads it: what widened, what narrowed, who must be told or asked.

Plans are compared as sets after stars are expanded, so that moving lines changes nothing. *Widened* means more data,
people, uses, recipients, countries or time for us, or fewer duties, limits and rights. Where two things cannot be told
apart by size, the new one counts as widened: nobody is told too little for that (Art 13(3), Art 5(1)(a)).

Every attribute of every part of a plan stands in one of the tables below, if only as not compared, and says why there.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from troth.policy import former
from troth.policy import plan as parts
from troth.policy.plan import End, Plan, Rule, Span
from troth.policy.words import DESK, REACHES

Kind = Literal["widened", "narrowed", "changed"]
Then = Literal["", "tell", "ask"]
Found = Iterator[tuple[Kind, str]]
Way = Callable[[Any, Any], Found]


class Change(msgspec.Struct, frozen=True):
    """One difference. ``path`` is section/name; ``then`` what is owed to the people it concerns before it may bind
    their data: nothing, to be told (Art 13(3), 14(4)), or to be asked again (Art 4(11), 7)."""

    kind: Kind
    path: str
    sentence: str
    then: Then = ""


def compare(old: Plan, new: Plan) -> list[Change]:
    """Every difference that touches a person, widened first. A datum that has another name is the same datum."""
    old, new = former.as_now(old, new), former.today(new)
    found = [*_named(old, new), *_single(old, new), *_periods(old, new), *_questions(old, new)]
    order = {"widened": 0, "changed": 1, "narrowed": 2}
    owed = [_with_duty(new, change) for change in dict.fromkeys(found)]
    return sorted(owed, key=lambda change: (order[change.kind], change.path))


def _with_duty(new: Plan, change: Change) -> Change:
    """Consent covers what was asked and no more; everything else that widens is told before it begins."""
    if change.kind != "widened" or change.then:
        return change
    section, _, name = change.path.partition("/")
    uses = {name} if section == "use" else set[str]()
    if section == "disclose" and name in new.recipients:
        uses = set(new.recipients[name].purposes)
    if section == "cookies" and name in new.cookies and not new.cookies[name].exempt:
        uses = set(new.cookies[name].uses)
    asked = any(new.purposes[use].basis == "consent" for use in uses if use in new.purposes)
    return msgspec.structs.replace(change, then="ask" if asked else "tell")


# ------------------------------------------------------------------------------------------- ways of comparing


_OTHER: Final[dict[Kind, Kind]] = {"widened": "narrowed", "narrowed": "widened", "changed": "changed"}


def more(verb: str) -> Way:
    """Sets where more is wider."""

    def way(before: Any, after: Any) -> Found:
        if extra := set(after) - set(before):
            yield "widened", f"It now also {verb} {_names(extra)}."
        if less := set(before) - set(after):
            yield "narrowed", f"It no longer {verb} {_names(less)}."

    return way


def fewer(verb: str) -> Way:
    """Sets of duties and limits, where fewer is wider."""
    gains = more(verb)

    def way(before: Any, after: Any) -> Found:
        yield from ((_OTHER[kind], sentence) for kind, sentence in gains(before, after))

    return way


def bound(what: str) -> Way:
    """A limit or a duty in words: losing it widens, and so does another one in its place."""

    def way(before: Any, after: Any) -> Found:
        if before and not after:
            yield "widened", f"It no longer has {what} ({before})."
        elif after and not before:
            yield "narrowed", f"It now has {what}: {after}."
        elif before != after:
            yield "widened", f"It has another {what.removeprefix('a ').removeprefix('an ')}: {after} (was {before})."

    return way


def freedom(what: str) -> Way:
    """Something that lets us do more when it is said."""

    def way(before: Any, after: Any) -> Found:
        if before and not after:
            yield "narrowed", f"It no longer has {what} ({before})."
        elif before != after:
            yield (
                "widened",
                f"Its {what.removeprefix('a ').removeprefix('an ')} is {after}, and was {before or 'none'}.",
            )

    return way


def ranked(what: str, *order: str) -> Way:
    """Words in an order, the narrowest first; one that is not in it is the widest."""

    def way(before: Any, after: Any) -> Found:
        if before != after:
            place = [order.index(word) if word in order else len(order) for word in (before, after)]
            kind: Kind = "narrowed" if place[1] < place[0] else "widened"
            yield kind, f"{what} was {before or 'not said'} and is {after or 'not said'}."

    return way


def least(what: str) -> Way:
    """A number or a length that protects: less of it is wider, none the widest."""

    def way(before: Any, after: Any) -> Found:
        if before != after:
            kind: Kind = "widened" if _size(after) < _size(before) else "narrowed"
            yield kind, f"{what} was {_said(before)} and is {_said(after)}."

    return way


def most(what: str, *, none: float = float("inf")) -> Way:
    """A length in which we may act: more of it is wider. ``none`` is what it means that none is said."""

    def way(before: Any, after: Any) -> Found:
        if before != after:
            kind: Kind = "widened" if _size(after, none) > _size(before, none) else "narrowed"
            yield kind, f"{what} was {_said(before)} and is {_said(after)}."

    return way


def said(what: str) -> Way:
    """A text that people read, where only a reader can tell wide from narrow."""

    def way(before: Any, after: Any) -> Found:
        if before != after:
            yield "changed", f"{what} was “{_said(before)}” and is “{_said(after)}”."

    return way


def apart(_before: Any, _after: Any) -> Found:
    """Worked out from what is compared elsewhere, or of no meaning to a person."""
    yield from ()


def _rights(before: Any, after: Any) -> Found:
    if lost := before - after:
        yield "widened", f"People lose the right to {_names(lost)}."
    if gained := after - before:
        yield "narrowed", f"People gain the right to {_names(gained)}."


def _inside(before: str, after: str) -> Found:
    """A paper by its hash. Where only a text was read, nobody looked at its papers, and nothing is said of them."""
    if before and after and before != after:
        yield "changed", "What stands in its file is not what stood there."


def _role(before: str, after: str) -> Found:
    """Who only works for us is bound to our word (Art 28); everyone else decides for itself."""
    if before != after:
        yield ("narrowed" if after == "processor" else "widened"), f"It was {before} and is {after}."


def _basis(before: str, after: str) -> Found:
    """Only consent waits for a person's act: to leave it widens, to come to it narrows."""
    if before != after:
        yield ("narrowed" if after == "consent" else "widened"), f"Its basis was {before} and is {after}."


def _channels(before: Any, after: Any) -> Found:
    yield from more("goes by")({" ".join(pair) for pair in before}, {" ".join(pair) for pair in after})


def _ask(before: parts.Ask | None, after: parts.Ask | None) -> Found:
    if before and after:
        yield from most("The time after which it is asked again")(before.again_after, after.again_after)
        yield from said("The question")(before.words, after.words)


def _opens(before: Any, after: Any) -> Found:
    """Without a word a role opens the whole desk."""
    yield from more("opens at the desk")(before or DESK, after or DESK)


def _sooner(before: Any, after: Any) -> Found:
    was, now = dict(before), dict(after)
    for right in sorted(was.keys() | now.keys()):
        yield from most(f"The time in which we answer to {right}")(was.get(right), now.get(right))


def _pairs(verb: str) -> Way:
    def way(before: Any, after: Any) -> Found:
        yield from fewer(verb)({" ".join(pair) for pair in before}, {" ".join(pair) for pair in after})

    return way


def _tells(before: Any, after: Any) -> Found:
    told = ({f"“{heading}: {words}”" for heading, words in side} for side in (before, after))
    yield from fewer("tells people")(*told)


def _tables(before: Any, after: Any) -> Found:
    def columns(tables: Any) -> set[str]:
        return {f"{one.name}.{column} as {field}" for one in tables for column, field in one.columns}

    yield from more("reads")(columns(before), columns(after))
    yield from fewer("finds people by")(
        {f"{t.name}: {t.person_by}" for t in before}, {f"{t.name}: {t.person_by}" for t in after}
    )


def _names(words: Any) -> str:
    return ", ".join(sorted(str(word) for word in words))


def _said(value: Any) -> str:
    if isinstance(value, Span):
        return f"{value.count} {value.unit}"
    if isinstance(value, tuple | frozenset | set):
        return _names(value) or "none"
    return str(value) if value not in (None, "", 0) else "none"


_DAYS: Final = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30.436875, "year": 365.2425}


def _size(value: Any, none: float = 0.0) -> float:
    """How long or large something is, in days where it is a time; only to tell more from less."""
    if value in (None, ""):
        return none
    if isinstance(value, dt.date):
        return value.toordinal()
    if isinstance(value, Span):
        return value.count * _DAYS[value.unit.rstrip("s")]
    if isinstance(value, int | float):
        return value
    words = str(value).replace(",", " ").split()
    found = [
        float(count) * _DAYS[unit.rstrip("s")]
        for count, unit in itertools.pairwise(words)
        if count.isdigit() and unit.rstrip("s") in _DAYS
    ]
    if "browser" in words or "session" in words:
        return 0.0
    return max(found, default=none)


def _retired(before: Any, after: Any) -> Found:
    yield ("narrowed", "It is not taken in any more.") if after else ("widened", "It is taken in again.")


# --------------------------------------------------------------------------------------------------- the tables

FORMS: Final = ("never stored", "counted", "site only", "outward half", "hour", "truncated", "hashed", "sealed")
Table = Mapping[str, Way]
NAMED: Final[tuple[tuple[str, str, str, Kind, Table], ...]] = (
    # section of the policy, attribute of the plan, what one is called, what a new one does, its attributes
    ("data", "fields", "This datum", "widened", {
        "name": apart, "label": apart, "dpv": apart, "group": apart,  # names for reading
        "rule": apart,  # compared as periods
        "special": apart, "secret": apart, "free_text": apart, "portable": apart,  # follow from the kind
        "kind": freedom("a kind"),
        "form": ranked("It is stored in a form that", *FORMS, "no identifiers", "clear"),
        "of": more("is about"),
        "identifies": freedom("a power to identify"),
        "joins": ranked("What it joins", "never", ""),
        "may_hold": ranked("What it may hold", "none"),
        "opened_by": more("is opened by"),
        "retired": _retired,
        "now": apart,
    }),
    ("collect", "points", "This way in", "widened", {
        "name": apart, "openings": apart, "way": apart,  # follow from uses and from by
        "by": freedom("a way to collect"),
        "surface": freedom("a surface"),
        "of": more("takes in data of"),
        "needs": more("asks for"), "may": more("may take in"),
        "offers": fewer("offers"),
        "why": said("Why we ask"), "warns": bound("a warning"), "confirms": bound("a confirmation"),
        "source": freedom("a source"), "rest": bound("a rule for the rest"),
        "for_client": apart,  # the client's instruction is compared as a use
        "public": freedom("a public source"), "tell_people": bound("a word to the people concerned"),
        "licence": bound("a licence"), "recorded": bound("a rule for recording"),
    }),
    ("use", "purposes", "This use", "widened", {
        "name": apart, "dpv": apart, "message_class": apart, "fingerprint": apart,
        "is_": freedom("a purpose"), "basis": _basis, "rights": _rights,
        "data": more("uses"), "of": more("is about"),
        "interest": said("The interest"), "balance": bound("a balancing test"), "law": bound("a law behind it"),
        "case": bound("a case"), "ask": _ask, "channels": _channels,
        "yields": ranked("What it gives", "statistics", "pseudonyms", "rows"),
        "smallest_group": least("The smallest group"),
        "on_device": ranked("Its exception on a device", ""),
        "within": freedom("a service that it stands in"),
        "only_while": bound("a condition"), "until": most("How long it goes on"), "limit": bound("a limit"),
        "part_of": said("What it is part of"), "staff": more("is done by"),
        "decides": freedom("a decision about people"), "without": bound("a way without it"),
        "new_use": freedom("a compatible new use"), "for_client": apart,
        "assessment": bound("an impact assessment"), "instructed_by": bound("an instruction"),
    }),
    ("disclose", "recipients", "This recipient", "widened", {
        "name": apart, "policy": said("Its own policy"), "tells": bound("a duty to tell"), "does": freedom("a task"),
        "role": _role, "purposes": more("gets data to"), "data": more("gets"), "countries": more("is in"),
        "mechanism": bound("a safeguard for transfers"), "mechanism_paper": bound("a paper for transfers"),
        "contract": bound("a contract"), "members": more("has as members"), "only_as": bound("a limit to shape"),
        "for_money": freedom("a sale for money"), "opt_out": bound("a way out"),
    }),
    ("never", "nevers", "This prohibition", "narrowed", {
        "name": apart, "verb": freedom("a verb"), "fields": fewer("forbids it of"), "limits": _pairs("forbids"),
        "sentence": said("What it says"),
    }),
    ("holds", "holds", "This ground for a hold", "widened", {
        "name": apart, "data": more("holds"), "needs": fewer("needs"), "review": most("The time to its review"),
        "because": said("Its reason"),
    }),
    ("moments", "moments", "This moment", "changed", {
        "name": apart, "known_from": freedom("a source"), "means": said("What it means"),
    }),
    ("clients", "principals", "What is agreed with this client", "changed", {  # whether it is one: ``clients``
        "name": apart, "means": said("Who it is"), "policy": said("Its own policy"), "contract": bound("a contract"),
        "instructs": more("instructs"), "origins": more("works at"),
    }),
    ("cookies", "cookies", "This cookie", "widened", {
        "name": apart, "surface": apart, "switches": apart,  # part of its name; follow from its uses
        "by": freedom("a setter"), "does": more("does"), "uses": more("serves"), "lasts": most("How long it lasts"),
        "kind": freedom("a kind"), "hosts": more("is read by"),
        "exempt": ranked("The exception that spares the question", ""),
    }),
    ("people", "people", "This class of people", "widened", {
        "name": apart, "means": said("Who they are"), "least_age": least("The least age"),
        "party_to": freedom("a contract"), "acts_for": said("For whom they act"),
        "subscriber": ranked("What PECR calls them", "individual"),
    }),
    ("staff", "staff", "This role of staff", "widened", {
        "name": apart, "means": said("What it does"), "uses": more("may"), "sees": more("sees"),
        "at_most": most("How long it may look"), "two_needed": bound("a second pair of eyes"), "may": _opens,
    }),
    ("surfaces", "surfaces", "This surface", "widened", {
        "name": apart, "kind": freedom("a kind"), "origins": more("lives at"), "sends_as": freedom("a sender"),
        "people": more("is for"),
    }),
    ("places", "places", "This place", "widened", {
        "name": apart, "kind": freedom("a kind"), "holds": more("holds"), "countries": more("is in"),
        "by": freedom("a keeper"), "secret": apart, "speaks": said("How it is spoken to"), "tables": _tables,
        "canary": freedom("a made-up person"),
    }),
    ("papers", "papers", "This paper", "narrowed", {
        "name": apart, "kind": freedom("a kind"), "file": said("Its file"), "owner": said("Its owner"),
        "until": most("The day until which it stands"), "covers": said("What it covers"),
        "sha256": _inside,
    }),
    ("promises", "promises", "This promise", "narrowed", {
        "id": apart, "says": said("What it says"), "rests_on": fewer("rests on"), "instead": said("What we say now"),
        "because": said("Why"), "attested": freedom("only a paper"),
    }),
)  # fmt: skip
"""Each named thing of a plan, and how each of its attributes is compared."""
SINGLE: Final[tuple[tuple[str, str, Table], ...]] = (
    ("who", "who", {
        "name": freedom("a name"), "trades_as": said("The trading name"), "roles": more("acts as"),
        "address": bound("an address"), "email": bound("an e-mail address"), "phone": bound("a telephone"),
        "company_number": said("The company number"), "registered_in": said("Where it is registered"),
        "office": said("The registered office"), "fee_exempt": said("Why no fee is due"),
        "appointed": said("Whether that officer is appointed under Art 37"),
        "fee_number": bound("a data protection fee"), "fee_until": bound("a day until which the fee is paid"),
        "officer": bound("a data protection officer"), "officer_email": bound("an address of that officer"),
        "representatives": fewer("is represented by"), "regulator": bound("a regulator"),
        "authority": said("The authority to complain to"),
    }),
    ("answer", "answer", {
        "by": fewer("answers by"), "identity": bound("a way to know who asks"), "undo": least("The time to undo"),
        "evidence_kept": most("How long evidence is kept", none=0.0),
        "acknowledges_within": most("The time in which a complaint is acknowledged"), "sooner": _sooner,
    }),
)  # fmt: skip
LOOSE: Final[Mapping[str, tuple[str, Way]]] = {
    "law": ("law", fewer("is under")), "nation": ("law", said("The nation")),
    "time_zone": ("law", said("The time zone")),
    "readers_in": ("law", said("Where its readers live")),
    "seals": ("secure", fewer("seals")),
    "erasure_reaches": ("secure", ranked("How far an erasure reaches", *reversed(REACHES))),
    "backups": ("secure", most("How long backups are kept", none=0.0)),
    "key_backups": ("secure", most("How long backups of keys are kept", none=0.0)),
    "drill": ("secure", most("The time between two drills")),
    "told_of_breach_within": ("secure", most("The time in which people hear of a breach")),
    "children": ("children", bound("a rule for children")),
    "asked_of_parent": ("children", bound("a question to a parent")),
    "notice_at": ("notice", said("Where the notice stands")), "notice_tells": ("notice", _tells),
    "languages": ("notice", fewer("speaks")), "clients": ("clients", more("works for")),
}  # fmt: skip
APART: Final = frozenset({"policy", "language", "edition", "ways", "switches", "fields", "rules", "labels", "hash"}) | {
    "translations",
    "source_hash",
}
"""Attributes of a plan that are compared as something else (ways, switches, rules) or mean nothing to a person."""


def _named(old: Plan, new: Plan) -> Iterator[Change]:
    for section, attribute, noun, gain, table in NAMED:
        before, after = getattr(old, attribute), getattr(new, attribute)
        loss = _OTHER[gain]
        yield from (
            Change(gain, f"{section}/{name}", f"{noun} is new.") for name in sorted(after.keys() - before.keys())
        )
        yield from (
            Change(loss, f"{section}/{name}", f"{noun} is gone.") for name in sorted(before.keys() - after.keys())
        )
        for name in sorted(before.keys() & after.keys()):
            yield from _attributes(f"{section}/{name}", table, before[name], after[name])


def _single(old: Plan, new: Plan) -> Iterator[Change]:
    for section, attribute, table in SINGLE:
        yield from _attributes(section, table, getattr(old, attribute), getattr(new, attribute))
    for attribute, (section, way) in LOOSE.items():
        for kind, sentence in way(getattr(old, attribute), getattr(new, attribute)):
            yield Change(kind, section, sentence)


def _attributes(path: str, table: Table, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    for attribute, way in table.items():
        was, now = getattr(before, attribute), getattr(after, attribute)
        if was != now:
            yield from (Change(kind, path, sentence) for kind, sentence in way(was, now))


# ------------------------------------------------------------------------------------------- periods and questions


def _periods(old: Plan, new: Plan) -> Iterator[Change]:
    """Each datum's own period, whatever rule it comes from, said once for each pair of rules."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for name in sorted(old.fields.keys() & new.fields.keys()):
        before, after = old.rules.get(old.fields[name].rule), new.rules.get(new.fields[name].rule)
        if before and after and not _same(before, after):
            pairs.setdefault((before.name, after.name), []).append(name)
    for (was, now), names in pairs.items():
        before, after = old.rules[was], new.rules[now]
        kind: Kind = "widened" if longer(before, after) else "narrowed"
        path = f"keep/{now}" if len(names) > 1 or now == names[0] else f"keep/{names[0]}"
        yield Change(kind, path, f"{_names(names)}: kept {_period(before)}, now {_period(after)}.")


def _same(before: Rule, after: Rule) -> bool:
    return all(getattr(before, name) == getattr(after, name) for name in _OF_A_PERIOD)


_OF_A_PERIOD: Final = ("ends", "least", "law", "refreshed", "unless_agreed")
RULE: Final = frozenset({"name", "text", "fields", *_OF_A_PERIOD})
"""All attributes of a rule: its name, words and fields are not compared, the others are."""


def _period(rule: Rule) -> str:
    more_ = [f"as {rule.law} asks"] if rule.law and rule.law not in rule.text else []
    more_ += ["or longer where agreed"] if rule.unless_agreed else []
    return ", ".join([rule.text, *more_])


def longer(before: Rule, after: Rule) -> bool:
    """Whether some history exists in which the new rule keeps a value longer than the old one did."""
    if after.unless_agreed and not before.unless_agreed:
        return True
    if _size(after.refreshed) > _size(before.refreshed) or (after.refreshed and not before.refreshed):
        return True
    if _end(after.least, 0.0) > _end(before.least, 0.0) or (after.least and not before.least):
        return True
    ends = {_clock(end): _end(end) for end in after.ends}
    return any(_clock(end) not in ends or ends[_clock(end)] > _end(end) for end in before.ends)


def _clock(end: End) -> tuple[str, str]:
    return ("", end.after) if end.shape == "period" else (end.shape, "")


def _end(end: End | None, none: float = float("inf")) -> float:
    return none if end is None else _size(end.span)


def _questions(old: Plan, new: Plan) -> Iterator[Change]:
    """A yes is to the question that was asked: another question is asked again (Art 4(11), 7(1))."""
    before = {(one.use, one.recipient, one.surface): one for one in old.switches.values() if one.opens}
    after = {(one.use, one.recipient, one.surface): one for one in new.switches.values() if one.opens}
    for at in sorted(before.keys() & after.keys()):
        if before[at].key != after[at].key:
            to = f" to pass it to {at[1]}" if at[1] else ""
            sentence = f"What people were asked{to} is another question now, so a yes to the old one no longer counts."
            yield Change("changed", f"use/{at[0]}", sentence, "ask")
