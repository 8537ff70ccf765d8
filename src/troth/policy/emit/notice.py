"""The privacy notice: a plan in plain English, as UK GDPR Articles 12 to 14 ask, that a person reads to the end.

Nothing is said here that the plan does not hold, and everything that the plan holds about people is said.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Final, Literal

from troth.policy import periods
from troth.policy.emit import blocks, flows
from troth.policy.emit.blocks import Block, Facts, Figure, Fold, Head, Items, Say, Table
from troth.policy.emit.cookies import Entry, merged, ours
from troth.policy.emit.naming import countries, folded, group, groups, label, labels, largest, sentence, source, terms
from troth.policy.emit.texts import among, number, say
from troth.policy.plan import Field, Person, Plan, Point, Purpose, Recipient
from troth.policy.words import MECHANISMS, PURPOSES, REGULATORS, RIGHTS, ROLES

BASES: Final = (  # in the order in which a person meets them
    "contract",
    "consent",
    "legitimate interests",
    "recognised legitimate interests",
    "legal obligation",
    "public task",
    "vital interests",
    "instruction",
)
SAID: Final = ("consent", "legitimate interests", "recognised legitimate interests")  # a sentence of their own
KINDS: Final = ("service", "delivery", "correspondence", "statistics", "marketing", "security")  # for a glance


def render(plan: Plan, *, format: Literal["html", "markdown"] = "html") -> str:
    """The whole notice: HTML as the body of a page that has its own first heading, or Markdown."""
    page = _page(plan)
    return blocks.html(page) if format == "html" else blocks.markdown(page)


def _page(plan: Plan) -> list[Block]:
    chapters = (_glance, _flow, _who, _people, _collect, _use, _share, _never, _keep, _cookies)
    duties = (_rights, _complaints, _secure, _children, _tells, _changes)
    return [block for chapter in (*chapters, *duties) for block in chapter(plan)]


def _glance(plan: Plan) -> list[Block]:
    choices = "glance.choices.client" if not _rights_of(plan) else "glance.choices.says"
    rights = among(say(f"glance.right.{name}") for name in RIGHTS if name in _rights_of(plan))
    rows = (
        (say("glance.what"), f"{sentence(_kinds(plan))}. {say('glance.nothing')}"),
        (say("glance.why"), f"{sentence(_whys(plan))}."),
        (say("glance.who"), _how_many(plan)),
        (say("glance.long"), f"{sentence('; '.join(terms(plan)))}. {say('glance.long.rest')}"),
        (say("glance.choices"), say(choices, rights=rights)),
    )
    return [Head(say("glance"), "glance"), Facts(rows, says=True)]


def _kinds(plan: Plan) -> str:
    said = [group(plan, name) for name in largest(plan, 7)]
    left = len(groups(plan)) - len(said)
    return among([*said, say("glance.kinds", count=str(left))] if left else said)


def _whys(plan: Plan) -> str:
    """One use of each kind, as many as one reads at a glance; then how many more there are."""
    first: dict[str, str] = {}
    for basis in BASES:
        for use in plan.purposes.values():
            if use.basis == basis:
                first.setdefault(use.is_, f"to {use.name}")
    said = [first[kind] for kind in sorted(first, key=lambda kind: KINDS.index(kind) if kind in KINDS else 99)][:4]
    left = len(plan.purposes) - len(said)
    return among([*said, say("glance.rest", count=str(left))] if left else said)


def _how_many(plan: Plan) -> str:
    if not plan.recipients:
        return say("glance.who.none")
    asked = sum(flows.asked(plan, name) for name in plan.recipients)
    paid = sum(one.for_money for one in plan.recipients.values())
    money = say("glance.who.money", count=str(paid)) if paid else say("glance.who.unpaid")
    key = "glance.who.asked" if asked else "glance.who.says"
    return f"{say(key, count=number(len(plan.recipients)), asked=number(asked))} {money}"


def _flow(plan: Plan) -> list[Block]:
    return [Head(say("flow"), "flow"), Figure(flows.picture(plan), flows.same(plan))]


def _who(plan: Plan) -> list[Block]:
    who = plan.who
    role = "both" if len(who.roles) > 1 else who.roles[0]
    rows = [
        ("who.trades", who.trades_as),
        ("who.address", who.address),
        ("who.email", who.email),
        ("who.phone", who.phone),
        ("who.officer", who.officer),
        ("who.company", _company(plan)),
        ("who.fee", say("who.fee.says", number=who.fee_number) if who.fee_number else ""),
    ]
    known = tuple((say(key), words) for key, words in rows if words)
    return [Head(say("who"), "who"), Say(say(f"who.{role}", name=who.name)), Facts(known)]


def _company(plan: Plan) -> str:
    who = plan.who
    return say("who.company.says", number=who.company_number, where=who.registered_in) if who.company_number else ""


def _people(plan: Plan) -> list[Block]:
    lines = tuple(f"{sentence(person.name)}: {_means(person)}" for person in plan.people.values())
    return [Head(say("people"), "people"), Items(lines)]


def _means(person: Person) -> str:
    means = person.means[:1].lower() + person.means[1:].rstrip(".")
    return say("people.age", means=means, age=str(person.least_age)) if person.least_age else f"{means}."


def _collect(plan: Plan) -> list[Block]:
    """One row for what comes from the same hands and stays as long; then what must be given, and why."""
    rows: dict[tuple[str, str], list[Field]] = {}
    for field in plan.fields.values():
        rows.setdefault((_sources(plan, field), _period(plan, field)), []).append(field)
    lines = tuple(
        (_what(plan, fields), sentence(source), sentence(period)) for (source, period), fields in rows.items()
    )
    heads = (say("collect.data"), say("collect.from"), say("collect.long"))
    notes = tuple(note for point in plan.points.values() for note in _notes(plan, point))
    what = Table(say("collect"), heads, lines, "long")
    return [Head(say("collect"), "collect"), what, *([Items(notes)] if notes else [])]


def _what(plan: Plan, fields: list[Field]) -> str:
    """The groups of a row as its name, and softer what belongs to them; a group of one has said it with its name."""
    found = groups(plan)
    names = [group(plan, it.group) if len(found[it.group]) > 1 else _datum(it) for it in fields]
    data = [_datum(it) for it in fields if len(found[it.group]) > 1]
    return "\n".join(part for part in (sentence(among(names)), among(data)) if part)


def _datum(field: Field) -> str:
    """A kind of data, and in which form we have it where that is not simply as it came."""
    if field.form in ("clear", "sealed"):  # what is sealed stands in the chapter on safety
        return label(field)
    return say("collect.form", data=label(field), form=say(f"form.{field.form}"))


def _sources(plan: Plan, field: Field) -> str:
    points = [point for point in plan.points.values() if field.name in point.fields]
    return among(source(plan, point) for point in points) or say("collect.ours")


def _period(plan: Plan, field: Field) -> str:
    if field.form == "never stored" or field.rule not in plan.rules:
        return say("collect.gone")
    return periods.say(plan.rules[field.rule]).removeprefix("for ")


def _notes(plan: Plan, point: Point) -> list[str]:
    notes = []
    if point.needs and point.why:
        data = among(labels(plan, point.needs))
        notes.append(say("collect.needs", point=point.name, data=data, why=point.why.rstrip(".")))
    if point.warns:
        notes.append(say("collect.warns", point=point.name, warns=point.warns.rstrip(".")))
    return notes


def _use(plan: Plan) -> list[Block]:
    """Uses by what allows them, one sentence each; the data of each stands in one table that one opens."""
    said: list[Block] = [Head(say("use"), "use")]
    for basis in BASES:
        uses = [use for use in plan.purposes.values() if use.basis == basis]
        if uses:
            said += [Head(say(f"basis.{basis}"), "", 3), *_basis(basis, uses)]
    rows = tuple((sentence(use.name), sentence(among(folded(plan, use.data)))) for use in plan.purposes.values())
    heads = (say("use.for"), say("use.data"))
    return [*said, Fold(say("use.table"), Table(say("use.table"), heads, rows))]


def _basis(basis: str, uses: list[Purpose]) -> list[Block]:
    """What goes for all of them, with those that need no sentence of their own; then one line each."""
    plain = [_short(use) for use in uses if _is_plain(use)]
    lines = list(_parts([use for use in uses if not _is_plain(use)]))
    first = [f"{sentence(among(plain))}."] if plain else [lines.pop()] if len(lines) == 1 else []
    paragraph = " ".join(words for words in (*first, say(f"basis.{basis}.lead")) if words)
    return [*([Say(paragraph)] if paragraph else []), *([Items(tuple(lines))] if lines else [])]


def _parts(uses: list[Purpose]) -> tuple[str, ...]:
    """One line a use; uses that are part of one thing share a line."""
    lines: dict[str, list[str]] = {}
    for use in uses:
        lines.setdefault(use.part_of or f"use {use.name}", []).append(" ".join(_reasons(use)))
    return tuple(
        " ".join(words) if name.startswith("use ") else say("use.part", part=sentence(name), uses=" ".join(words))
        for name, words in lines.items()
    )


def _is_plain(use: Purpose) -> bool:
    more = use.part_of or use.without or use.decides or use.yields == "statistics"
    return not (more or use.basis in SAID or PURPOSES[use.is_].special_notice)


def _short(use: Purpose) -> str:
    return say("use.law" if use.law else "use.short", use=use.name, law=use.law)


def _reasons(use: Purpose) -> list[str]:
    said = [_reason(use)]
    if use.yields == "statistics":
        said.append(say("use.statistics", count=str(use.smallest_group)))
    if PURPOSES[use.is_].special_notice:
        said.append(say("use.marketing"))  # apart and plain: UK GDPR Art 21(4)
    if use.without:
        said.append(say("use.without", without=use.without))
    if use.decides:
        said.append(say("use.decides", decides=use.decides))
    return said


def _reason(use: Purpose) -> str:
    if use.basis not in SAID:
        return f"{sentence(_short(use))}."
    words = use.ask.words if use.ask else use.name
    return say(f"use.{use.basis}", use=use.name, words=words, interest=use.interest, case=use.case)


def _share(plan: Plan) -> list[Block]:
    """One row each, and what data each gets in one table that one opens."""
    if not plan.recipients:
        return [Head(say("share"), "share"), Say(say("share.none"))]
    heads = tuple(say(f"share.{key}") for key in ("name", "why", "where"))
    rows = tuple(_recipient(plan, one) for one in plan.recipients.values())
    gets = tuple((sentence(one.name), sentence(among(folded(plan, one.data)))) for one in plan.recipients.values())
    data = Table(say("share.table"), (say("share.name"), say("share.data")), gets)
    said: list[Block] = [Head(say("share"), "share"), Table(say("share"), heads, rows), Fold(say("share.table"), data)]
    own = tuple(line for one in plan.recipients.values() if (line := _their_own(one)))
    return [*said, Items(own)] if own else said


def _recipient(plan: Plan, one: Recipient) -> tuple[str, ...]:
    role = ROLES[one.role].label
    who = say("share.who", does=one.does, role=role) if one.does else role
    members = f": {among(one.members)}" if one.members else ""
    uses = among(f"to {name}" for name in plan.purposes if name in one.purposes)
    only = f" {say('share.only', only=one.only_as)}" if one.only_as else ""
    paid = f" {say('share.money')}" if one.for_money else ""
    return f"{sentence(one.name)}\n{who}{members}", f"{sentence(uses)}.{only}{paid}", _place(one)


def _their_own(one: Recipient) -> str:
    """Where a recipient says what it does itself, and where it is told to stop."""
    lines = [say("share.policy", name=sentence(one.name), policy=one.policy)] if one.policy else []
    lines += [say("share.stop", name=sentence(one.name), stop=one.opt_out)] if one.opt_out else []
    return " ".join(lines)


def _place(one: Recipient) -> str:
    """Where it goes, and what protects it there where that is not the law here."""
    where = countries(one.countries)
    if not one.mechanism:
        return where or sentence(say("share.home"))
    safe = MECHANISMS[one.mechanism].label if one.mechanism in MECHANISMS else one.mechanism
    return say("share.place", where=where, safe=safe) if where else sentence(safe)


def _never(plan: Plan) -> list[Block]:
    if not plan.nevers:
        return []
    lines = tuple(f"We never {one.name}." for one in plan.nevers.values())
    return [Head(say("never"), "never"), Items(lines)]


def _keep(plan: Plan) -> list[Block]:
    backups = [say("keep.backups", backups=plan.backups)] if plan.backups else []
    said: list[Block] = [Head(say("keep"), "keep"), Say(" ".join([say("keep.says"), *backups]))]
    if plan.holds:
        holds = (say("keep.hold", because=one.because.rstrip("."), review=one.review) for one in plan.holds.values())
        said += [Say(say("keep.holds")), Items(tuple(holds))]
    return said


def _cookies(plan: Plan) -> list[Block]:
    if not plan.cookies:
        return [Head(say("cookies"), "cookies"), Say(say("cookies.none")), *_own_cookies(plan)]
    found = merged(plan)
    kinds = Counter(entry.exempt or "asked" for entry, _ in found)
    counts = among(say(f"cookies.count.{kind}", count=number(count).lower()) for kind, count in kinds.items())
    lead = Say(say("cookies.lead", count=number(len(found)).lower(), kinds=counts))
    return [Head(say("cookies"), "cookies"), lead, _cookie_table("cookies.table", found), *_own_cookies(plan)]


def _own_cookies(plan: Plan) -> list[Block]:
    """PECR reg 6(2)(a): clear information, of those that need no yes too."""
    found = [(entry, list[str]()) for entry in ours(plan)]
    return [Say(say("cookies.ours", count=number(len(found)).lower())), _cookie_table("cookies.ours.table", found)]


def _cookie_table(title: str, found: list[tuple[Entry, list[str]]]) -> Fold:
    heads = tuple(say(f"cookies.{key}") for key in ("name", "by", "does", "lasts", "when"))
    rows = tuple(_cookie(entry, surfaces) for entry, surfaces in found)
    return Fold(say(title), Table(say("cookies"), heads, rows))


def _cookie(one: Entry, surfaces: list[str]) -> tuple[str, ...]:
    lasts = say("cookies.browser") if "browser closes" in one.lasts else one.lasts
    what = say("cookies.what", does=among(one.does), uses=among(one.uses))
    return f"{one.name}\n{among(surfaces)}".strip(), one.by, what, lasts, one.when


def _rights_of(plan: Plan) -> frozenset[str]:
    return frozenset(right for use in plan.purposes.values() for right in use.rights)


def _rights(plan: Plan) -> list[Block]:
    """Only the rights that the bases give, each with the uses it goes for: UK GDPR Art 13(2)(b) to (d)."""
    said: list[Block] = [Head(say("rights"), "rights")]
    if any(use.for_client for use in plan.purposes.values()):
        said.append(Say(say("rights.client")))
    if not _rights_of(plan):
        return said
    lines = tuple(f"{say(f'right.{name}')} {_scope(plan, name)}".strip() for name in RIGHTS if name in _rights_of(plan))
    return [*said, Items(lines), Say(say("rights.how", email=plan.who.email)), Say(say("rights.longer"))]


def _scope(plan: Plan, right: str) -> str:
    """What a right goes for, by what allows the use; nothing is said when it goes for all of them."""
    ours = [use for use in plan.purposes.values() if not use.for_client]
    if all(right in use.rights for use in ours):
        return ""
    whole = [basis for basis in BASES if all(right in use.rights for use in ours if use.basis == basis)]
    bases = [say(f"rests.{basis}") for basis in whole if any(use.basis == basis for use in ours)]
    left = [use for use in ours if right in use.rights and use.basis not in whole]
    uses = among(say("right.marketing") if PURPOSES[use.is_].marketing else f"to {use.name}" for use in left)
    key = "right.both" if bases and left else "right.basis" if bases else "right.uses"
    return say(key, bases=among(bases), uses=uses)


def _complaints(plan: Plan) -> list[Block]:
    regulator = REGULATORS[plan.who.regulator]
    where = ", ".join(words for words in regulator if words)
    within = plan.answer.acknowledges_within or "30 days"  # the law's own term: DPA 2018 s164A
    ours = say("complaints.us", email=plan.who.email, within=within)
    return [Head(say("complaints"), "complaints"), Say(ours), Say(say("complaints.regulator", where=where))]


def _secure(plan: Plan) -> list[Block]:
    lines = [say("secure.seals", data=among(folded(plan, plan.seals)))] if plan.seals else []
    lines += [say(f"secure.reach.{plan.erasure_reaches}")] if plan.erasure_reaches else []
    staff = among(role.name for role in plan.staff.values() if role.uses)
    lines += [say("secure.staff", staff=staff)] if staff else []
    return [Head(say("secure"), "secure"), Items((*lines, say("secure.limits")))]


def _children(plan: Plan) -> list[Block]:
    return [Head(say("children"), "children"), Say(f"{plan.children.rstrip('.')}.")] if plan.children else []


def _tells(plan: Plan) -> list[Block]:
    lines = tuple(f"{sentence(name)}. {words}" for name, words in plan.notice_tells)
    return [Head(say("tells"), "tells"), Items(lines)] if lines else []


def _changes(plan: Plan) -> list[Block]:
    edition = plan.edition
    lead = say("changes.date", date=day(edition.date), because=edition.because.rstrip("."))
    past = tuple(say("changes.past", date=date, because=because) for date, because in edition.history)
    said: list[Block] = [Head(say("changes"), "changes"), Say(lead), Say(say("changes.says"))]
    return said + ([Items(past)] if past else [])


def day(date: dt.date) -> str:
    return f"{date.day} {date:%B %Y}"
