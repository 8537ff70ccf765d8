"""The privacy notice: a plan in plain words, as UK GDPR Articles 12 to 14 ask, that a person reads to the end.

Nothing is said here that the plan does not hold, and everything that the plan holds about people is said. It comes in
layers: at a glance, the chapters, and in each chapter the detail that one opens. Each sentence knows its promise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

from troth.policy import former
from troth.policy.always import RIGHTS as ANSWERED
from troth.policy.emit import blocks, flows, notice_sources
from troth.policy.emit.blocks import Beside, Block, Facts, Figure, Fold, Head, Items, Pledge, Say, Table
from troth.policy.emit.cookies import Entry, merged, ours, until, what
from troth.policy.emit.naming import (
    countries,
    dated,
    day,
    folded,
    group,
    groups,
    label,
    largest,
    lasting,
    period,
    sentence,
    terms,
)
from troth.policy.emit.texts import BASE, Tongue, among, more, named, number, own, phrase, say, speaking
from troth.policy.plan import Never, Person, Plan, Purpose, Recipient
from troth.policy.words import MECHANISMS, PURPOSES, RIGHTS, ROLES, regulator

__all__ = ["BASES", "day", "render", "untranslated"]
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
OBJECTED: Final = ("legitimate interests", "recognised legitimate interests", "public task")  # UK GDPR Art 21(1)
KINDS: Final = ("service", "delivery", "correspondence", "statistics", "marketing", "security")  # for a glance
MOST: Final = 5  # lines of one kind that one reads through; more are one line that opens
Layer = Literal["full", "short"]


def render(
    plan: Plan,
    *,
    format: Literal["html", "markdown"] = "html",
    language: str = BASE,
    layer: Layer = "full",
    beside: Beside = blocks.nothing,
    opened: bool = False,
) -> str:
    """The notice: HTML as the body of a page that has its own first heading, or Markdown.

    ``short`` is what one reads at a glance. ``beside`` says what stands beside a sentence that makes promises (HTML
    only), ``opened`` leaves no detail folded.
    """
    plan = former.today(plan)
    with speaking(plan, language):
        page = _glance(plan) if layer == "short" else _page(plan)
        return blocks.html(page, beside, opened=opened) if format == "html" else blocks.markdown(page)


def untranslated(plan: Plan, language: str) -> list[str]:
    """The policy's own words that its notice would say in English, in the order in which a reader meets them."""
    from troth.policy.emit import banner, notice_points

    found: dict[str, None] = {}

    def note(tongue: Tongue) -> None:
        found.update(tongue.missing)

    with speaking(plan, language) as tongue:
        _page(plan)
        for surface in plan.surfaces:
            banner._layers(plan, surface)
        for point in plan.points.values():
            notice_points.said(plan, point)
        _met(plan)
        note(tongue)
    return list(found)


def _met(plan: Plan) -> None:
    """What else of a policy's own words somebody meets: on a form, on the page of choices, on their own page."""
    for point in plan.points.values():
        for words in (point.name, point.why, point.warns, point.confirms):
            own(words)
    for switch in plan.switches.values():
        own(switch.words)
        own(switch.use)
        named(switch.recipient)
    for field in plan.fields.values():
        label(field)
    for rule in plan.rules.values():
        period(rule)
    for one in plan.recipients.values():
        named(one.name)
        own(one.does)


def _page(plan: Plan) -> list[Block]:
    chapters = (_glance, _flow, _who, _people, notice_sources.collect, _use, _share, _never, _keep, _cookies)
    duties = (_rights, _complaints, _secure, _children, _tells, _changes)
    return [block for chapter in (*chapters, *duties) for block in chapter(plan)]


def _glance(plan: Plan) -> list[Block]:
    choices = "glance.choices.client" if not _rights_of(plan) else "glance.choices.says"
    rights = among(say(f"glance.right.{name}") for name in RIGHTS if name in _rights_of(plan))
    rows = (
        (say("glance.what"), f"{sentence(_kinds(plan))}. {say('glance.nothing')}"),
        (say("glance.why"), f"{sentence(_whys(plan))}."),
        (say("glance.who"), _how_many(plan)),
        (say("glance.long"), f"{sentence(phrase('; ').join(terms(plan)))}. {say('glance.long.rest')}"),
        (say("glance.choices"), say(choices, rights=rights)),
    )
    return [Head(say("glance"), "glance"), Facts(rows, says=True)]


def _kinds(plan: Plan) -> str:
    said = [group(plan, name) for name in largest(plan, 7)]
    left = len(groups(plan)) - len(said)
    return among([*said, more("glance.kinds", left)] if left else said)


def _whys(plan: Plan) -> str:
    """One use of each kind, as many as one reads at a glance; then how many more there are."""
    first: dict[str, str] = {}
    for basis in BASES:
        for use in plan.purposes.values():
            if use.basis == basis:
                first.setdefault(use.is_, _to(use.name))
    said = [first[kind] for kind in sorted(first, key=lambda kind: KINDS.index(kind) if kind in KINDS else 99)][:4]
    left = len(plan.purposes) - len(said)
    return among([*said, more("glance.rest", left)] if left else said)


def _to(use: str) -> str:
    return say("to", use=own(use))


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
        ("who.officer", ", ".join(filter(None, (named(who.officer), who.officer_email)))),
        ("who.representative", phrase("; ").join(who.representatives)),
        ("who.company", _company(plan)),
        ("who.fee", _fee(plan)),
    ]
    known = tuple((say(key), words) for key, words in rows if words)
    return [Head(say("who"), "who"), Say(Pledge(say(f"who.{role}", name=who.name), "who")), Facts(known)]


def _company(plan: Plan) -> str:
    who = plan.who
    if not who.company_number:
        return ""
    said = say("who.company.says", number=who.company_number, where=named(who.registered_in))
    return say("who.company.office", company=said, office=who.office) if who.office else said


def _fee(plan: Plan) -> str:
    if plan.who.fee_number:
        return say("who.fee.says", number=plan.who.fee_number)
    return say("who.fee.exempt", why=own(plan.who.fee_exempt).rstrip(".")) if plan.who.fee_exempt else ""


def _people(plan: Plan) -> list[Block]:
    lines = tuple(
        Pledge(say("people.says", name=sentence(own(person.name)), means=_means(person)), f"people/{person.name}")
        for person in plan.people.values()
    )
    return [Head(say("people"), "people"), Items(lines)]


def _means(person: Person) -> str:
    words = own(person.means)
    means = _ended(words).rstrip(".")
    return say("people.age", means=means, age=str(person.least_age)) if person.least_age else f"{means}."


def _use(plan: Plan) -> list[Block]:
    """Uses by what allows them, one sentence each; the data of each stands in one table that one opens."""
    said: list[Block] = [Head(say("use"), "use")]
    for basis in BASES:
        uses = [use for use in plan.purposes.values() if use.basis == basis]
        if uses:
            said += [Head(say(f"basis.{basis}"), "", 3), *_basis(basis, uses)]
    rows = tuple((sentence(own(use.name)), sentence(among(folded(plan, use.data)))) for use in plan.purposes.values())
    heads = (say("use.for"), say("use.data"))
    return [*said, Fold(say("use.table"), Table(say("use.table"), heads, rows))]


def _basis(basis: str, uses: list[Purpose]) -> list[Block]:
    """What goes for all of them, with those that need no sentence of their own; then one line each."""
    plain = [use for use in uses if _is_plain(use)]
    lines = list(_parts([use for use in uses if not _is_plain(use)]))
    all_of = f"{sentence(among(_short(use) for use in plain))}."
    first = [(all_of, _paths(plain))] if plain else [(lines[0], lines.pop().paths)] if len(lines) == 1 else []
    words = " ".join(words for words in (*(one for one, _ in first), _lead(basis, len(uses))) if words)
    said: list[Block] = [Say(Pledge(words, *(path for _, paths in first for path in paths)))] if words else []
    if len(lines) > MOST:
        return [*said, Fold(say("use.each", count=number(len(lines)).lower()), Items(tuple(lines)))]
    return [*said, Items(tuple(lines))] if lines else said


def _lead(basis: str, count: int) -> str:
    """What goes for all uses of a basis: one alone is not called each of these."""
    return say(f"basis.{basis}.lead.one" if count == 1 and basis in OBJECTED else f"basis.{basis}.lead")


def _paths(uses: Sequence[Purpose]) -> tuple[str, ...]:
    return tuple(f"use/{use.name}" for use in uses)


def _parts(uses: list[Purpose]) -> tuple[Pledge, ...]:
    """One line a use; uses that are part of one thing share a line."""
    lines: dict[str, list[Purpose]] = {}
    for use in uses:
        lines.setdefault(use.part_of or f"use {use.name}", []).append(use)
    return tuple(Pledge(_line(name, mine), *_paths(mine)) for name, mine in lines.items())


def _line(name: str, uses: list[Purpose]) -> str:
    words = " ".join(reason for use in uses for reason in _reasons(use))
    return words if name.startswith("use ") else say("use.part", part=sentence(own(name)), uses=words)


def _is_plain(use: Purpose) -> bool:
    more = use.part_of or use.without or use.limit or use.decides or use.yields == "statistics"
    return not (more or use.basis in SAID or PURPOSES[use.is_].special_notice)


def _short(use: Purpose) -> str:
    return say("use.law" if use.law else "use.short", use=own(use.name), law=named(use.law))


def _reasons(use: Purpose) -> list[str]:
    said = [_reason(use)]
    if use.yields == "statistics":
        said.append(say("use.statistics", count=str(use.smallest_group)))
    if PURPOSES[use.is_].special_notice:
        said.append(say("use.marketing"))  # apart and plain: UK GDPR Art 21(4)
    if use.limit:
        said.append(say("use.limit", limit=own(use.limit)))
    if use.without:
        said.append(say("use.without", without=own(use.without)))
    if use.decides:
        said.append(say("use.decides", decides=own(use.decides)))
    return said


def _reason(use: Purpose) -> str:
    if use.basis not in SAID:
        return f"{sentence(_short(use))}."
    words = own(use.ask.words) if use.ask else own(use.name)
    return say(f"use.{use.basis}", use=own(use.name), words=words, interest=own(use.interest), case=own(use.case))


def _share(plan: Plan) -> list[Block]:
    """One row each, by what they are to us where there are many; what data each gets stands in a table one opens."""
    if not plan.recipients:
        return [Head(say("share"), "share"), Say(Pledge(say("share.none"), "notice"))]
    everybody = list(plan.recipients.values())
    gets = tuple((sentence(named(one.name)), sentence(among(folded(plan, one.data)))) for one in everybody)
    data = Table(say("share.table"), (say("share.name"), say("share.data")), gets)
    said: list[Block] = [Head(say("share"), "share"), *_recipients(plan, everybody), Fold(say("share.table"), data)]
    lines = tuple(line for one in everybody if (line := _their_own(one)))
    if len(lines) > MOST:
        return [*said, Fold(say("share.own"), Items(lines))]
    return [*said, Items(lines)] if lines else said


def _recipients(plan: Plan, everybody: list[Recipient]) -> list[Block]:
    if len(everybody) <= MOST + 1:
        return [_recipient_table(plan, say("share"), everybody)]
    kinds: dict[str, list[Recipient]] = {}
    for one in everybody:
        kinds.setdefault(one.role, []).append(one)
    return [
        Fold(_all_of(say(f"flow.role.{role}"), [named(one.name) for one in mine]), _recipient_table(plan, "", mine))
        for role, mine in kinds.items()
    ]


def _all_of(kind: str, names: list[str]) -> str:
    """The kind and who is of it: one that is called as its kind is said once, and no name is torn by our ‘and’."""
    if [name.casefold() for name in names] == [kind.casefold()]:
        return kind
    joined = f" {say('and')} "
    return say("fold", kind=kind, names=", ".join(names) if any(joined in name for name in names) else among(names))


def _recipient_table(plan: Plan, caption: str, some_of: list[Recipient]) -> Table:
    heads = tuple(say(f"share.{key}") for key in ("name", "why", "where"))
    return Table(caption or say("share"), heads, tuple(_recipient(plan, one) for one in some_of))


def _recipient(plan: Plan, one: Recipient) -> tuple[str, ...]:
    role = own(ROLES[one.role].label)
    who = say("share.who", does=own(one.does), role=role) if one.does else role
    members = phrase(": ") + among(named(name) for name in one.members) if one.members else ""
    said = "" if who.casefold() == named(one.name).casefold() and not members else f"\n{who}{members}"
    uses = among(_to(name) for name in plan.purposes if name in one.purposes)
    only = f" {_only(one)}" if one.only_as else ""
    paid = f" {say('share.money')}" if one.for_money else ""
    name = Pledge(f"{sentence(named(one.name))}{said}", f"disclose/{one.name}")
    return name, f"{sentence(uses)}.{only}{paid}", _place(one)


def _only(one: Recipient) -> str:
    return say("share.only.masked") if one.only_as == "masked" else say("share.only", only=own(one.only_as))


def _their_own(one: Recipient) -> str:
    """Where a recipient says what it does itself, and where it is told to stop."""
    name = named(one.name)
    lines = [say("share.policy", name=name, policy=one.policy)] if one.policy else []
    lines += [say("share.stop", name=name, stop=named(one.opt_out))] if one.opt_out else []
    return " ".join(lines)


def _place(one: Recipient) -> str:
    """Where it goes, and what protects it there where that is not the law here."""
    where = countries(one.countries)
    if not one.mechanism:
        return where or sentence(say("share.home"))
    safe = own(MECHANISMS[one.mechanism].label) if one.mechanism in MECHANISMS else one.mechanism
    return say("share.place", where=where, safe=safe) if where else sentence(safe)


def _never(plan: Plan) -> list[Block]:
    if not plan.nevers:
        return []
    lines = tuple(Pledge(_promised(one), f"never/{one.name}") for one in plan.nevers.values())
    return [Head(say("never"), "never"), Items(lines)]


def _promised(one: Never) -> str:
    """What never happens, in the policy's own words (`means`) where it has some, else made from its name."""
    return own(one.sentence) if one.sentence != f"We never {one.name}." else say("never.says", never=own(one.name))


def _keep(plan: Plan) -> list[Block]:
    backups = [say("keep.backups", backups=lasting(plan.backups))] if plan.backups else []
    clocks = [say("keep.zone", zone=plan.time_zone)] if plan.time_zone else []
    said: list[Block] = [Head(say("keep"), "keep"), Say(" ".join([say("keep.says"), *backups, *clocks]))]
    if plan.holds:
        holds = (
            Pledge(
                say("keep.hold", because=own(one.because).rstrip("."), review=lasting(one.review)), f"holds/{one.name}"
            )
            for one in plan.holds.values()
        )
        said += [Say(say("keep.holds")), Items(tuple(holds))]
    return said + _moments(plan)


def _moments(plan: Plan) -> list[Block]:
    """What the moments are that the periods wait for, where the policy says more than their names."""
    lines = tuple(
        say("people.says", name=sentence(own(one.name)), means=_ended(own(one.means)))
        for one in plan.moments.values()
        if one.means
    )
    return [Say(say("keep.moments")), Items(lines)] if lines else []


def _ended(words: str) -> str:
    return f"{words[:1].lower()}{words[1:].rstrip('.')}."


def _cookies(plan: Plan) -> list[Block]:
    if not plan.cookies:
        return [Head(say("cookies"), "cookies"), Say(say("cookies.none")), *_own_cookies(plan)]
    found = merged(plan)
    kinds = Counter(entry.exempt or "asked" for entry, _ in found)
    counts = among(say(f"cookies.count.{kind}", count=number(count).lower()) for kind, count in kinds.items())
    lead = say("cookies.lead", count=number(len(found)).lower(), kinds=counts)
    if len(found) == 1:
        lead = say("cookies.lead.1", kinds=counts)
    paths = tuple(f"cookies/{name}" for name in plan.cookies)
    table = _cookie_table("cookies.table", found)
    return [Head(say("cookies"), "cookies"), Say(Pledge(lead, *paths)), table, *_own_cookies(plan)]


def _own_cookies(plan: Plan) -> list[Block]:
    """PECR reg 6(2)(a): clear information, of those that need no yes too."""
    found = [(entry, list[str]()) for entry in ours(plan)]
    return [Say(say("cookies.ours", count=number(len(found)).lower())), _cookie_table("cookies.ours.table", found)]


def _cookie_table(title: str, found: list[tuple[Entry, list[str]]]) -> Fold:
    heads = tuple(say(f"cookies.{key}") for key in ("name", "by", "does", "lasts", "when"))
    rows = tuple(_cookie(entry, surfaces) for entry, surfaces in found)
    return Fold(say(title), Table(say("cookies"), heads, rows))


def _cookie(one: Entry, surfaces: list[str]) -> tuple[str, ...]:
    lasts = until(one)
    said = say("cookies.what", does=among(what(name) for name in one.does), uses=among(one.uses))
    return f"{one.name}\n{among(own(name) for name in surfaces)}".strip(), one.by, said, lasts, one.when


def _rights_of(plan: Plan) -> frozenset[str]:
    return frozenset(right for use in plan.purposes.values() for right in use.rights)


def _rights(plan: Plan) -> list[Block]:
    """Only the rights that the bases give, each with the uses it goes for: UK GDPR Art 13(2)(b) to (d)."""
    said: list[Block] = [Head(say("rights"), "rights")]
    if any(use.for_client for use in plan.purposes.values()):
        said.append(Say(say("rights.client")))
    if not _rights_of(plan):
        return said
    lines = tuple(
        Pledge(f"{say(f'right.{name}')} {_scope(plan, name)}".strip(), *_path_of(name))
        for name in RIGHTS
        if name in _rights_of(plan)
    )
    how = [say("rights.how", email=plan.who.email), *_sooner(plan)]
    return [*said, Items(lines), Say(" ".join(how)), Say(say("rights.longer"))]


def _sooner(plan: Plan) -> list[str]:
    """What we promise beyond the month of the law: the clock of a request runs by it, so it is said."""
    told = [(right, lasting(within)) for right, within in plan.answer.sooner if right in RIGHTS]
    return [say("rights.sooner", right=say(f"glance.right.{right}"), within=within) for right, within in told]


def _path_of(right: str) -> tuple[str, ...]:
    return (f"answer/{right}",) if right in ANSWERED else ()


def _scope(plan: Plan, right: str) -> str:
    """What a right goes for, by what allows the use; nothing is said when it goes for all of them."""
    mine = [use for use in plan.purposes.values() if not use.for_client]
    if all(right in use.rights for use in mine):
        return ""
    whole = [basis for basis in BASES if all(right in use.rights for use in mine if use.basis == basis)]
    bases = [say(f"rests.{basis}") for basis in whole if any(use.basis == basis for use in mine)]
    left = [use for use in mine if right in use.rights and use.basis not in whole]
    uses = among(say("right.marketing") if PURPOSES[use.is_].marketing else _to(use.name) for use in left)
    key = "right.both" if bases and left else "right.basis" if bases else "right.uses"
    return say(key, bases=among(bases), uses=uses)


def _complaints(plan: Plan) -> list[Block]:
    where = ", ".join(words for words in regulator(plan.who.regulator, plan.who.authority) or () if words)
    within = lasting(plan.answer.acknowledges_within or "30 days")  # the law's own term: DPA 2018 s164A
    us = say("complaints.us", email=plan.who.email, within=within)
    return [Head(say("complaints"), "complaints"), Say(us), Say(say("complaints.regulator", where=where))]


def _secure(plan: Plan) -> list[Block]:
    sealed = frozenset(name for name in plan.seals if plan.with_us(name))
    elsewhere = frozenset(name for name in plan.seals if plan.elsewhere(name))
    lines = [say("secure.seals", data=among(folded(plan, sealed)))] if sealed else []
    lines += [say("secure.elsewhere", data=among(folded(plan, elsewhere)))] if elsewhere else []
    lines += [say(f"secure.reach.{plan.erasure_reaches}")] if plan.erasure_reaches else []
    staff = among(own(role.name) for role in plan.staff.values() if role.uses)
    lines += [say("secure.staff", staff=staff)] if staff else []
    return [Head(say("secure"), "secure"), Items((*lines, say("secure.limits")))]


def rule_for_children(plan: Plan) -> tuple[str, str]:
    """The least age, and the policy's own sentence on it."""
    age, _, control = plan.children.partition(": ")
    return age, control


def _children(plan: Plan) -> list[Block]:
    if not plan.children:
        return []
    asked = [say("children.parent", asked=own(plan.asked_of_parent).rstrip("."))] if plan.asked_of_parent else []
    age, control = rule_for_children(plan)
    rule = own(control).rstrip(".")
    said = " ".join([f"{rule}." if not age or age in rule else say("children.age", age=age, control=rule), *asked])
    return [Head(say("children"), "children"), Say(Pledge(said, "children"))]


def _tells(plan: Plan) -> list[Block]:
    lines = tuple(f"{sentence(own(name))}. {own(words)}" for name, words in plan.notice_tells)
    return [Head(say("tells"), "tells"), Items(lines)] if lines else []


def _changes(plan: Plan) -> list[Block]:
    edition = plan.edition
    lead = say("changes.date", date=day(edition.date), because=own(edition.because).rstrip("."))
    past = tuple(say("changes.past", date=dated(date), because=own(because)) for date, because in edition.history)
    said: list[Block] = [Head(say("changes"), "changes"), Say(Pledge(lead, "edition")), Say(say("changes.says"))]
    return said + ([Items(past)] if past else [])
