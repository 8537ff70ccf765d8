"""The privacy notice: a plan in plain English, as UK GDPR Articles 12 to 14 ask, that a person reads to the end.

Nothing is said here that the plan does not hold, and everything that the plan holds about people is said.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from troth.policy import periods
from troth.policy.emit import blocks, flows
from troth.policy.emit.blocks import Block, Facts, Figure, Head, Items, Say, Table
from troth.policy.emit.cookies import register
from troth.policy.emit.flows import countries, labels, sentence, some
from troth.policy.emit.texts import among, number, say
from troth.policy.plan import Field, Plan, Purpose, Recipient
from troth.policy.words import BY, FORMS, MECHANISMS, PURPOSES, REGULATORS, RIGHTS, ROLES


def render(plan: Plan, *, format: Literal["html", "markdown"] = "html") -> str:
    """The whole notice: HTML as the body of a page that has its own first heading, or Markdown."""
    page = _page(plan)
    return blocks.html(page) if format == "html" else blocks.markdown(page)


def _page(plan: Plan) -> list[Block]:
    chapters = (_glance, _flow, _who, _people, _collect, _use, _share, _never, _keep, _cookies)
    duties = (_rights, _complaints, _secure, _children, _changes)
    return [block for chapter in (*chapters, *duties) for block in chapter(plan)]


def _glance(plan: Plan) -> list[Block]:
    choices = "glance.choices.client" if not _rights_of(plan) else "glance.choices.says"
    rights = among(RIGHTS[name].label for name in RIGHTS if name in _rights_of(plan))
    uses = [f"to {use.name}" for use in plan.purposes.values()]
    rows = (
        (say("glance.what"), f"{sentence(some(labels(plan, frozenset(plan.fields)), 9))}. {say('glance.nothing')}"),
        (say("glance.why"), f"{sentence(some(uses, 5))}."),
        (say("glance.who"), _how_many(plan)),
        (say("glance.long"), f"{_longest(plan)}."),
        (say("glance.choices"), say(choices, rights=rights)),
    )
    return [Head(say("glance"), "glance"), Facts(rows, says=True)]


def _how_many(plan: Plan) -> str:
    if not plan.recipients:
        return say("glance.who.none")
    asked = sum(box.asked for box in flows.flow(plan).targets)
    count = number(len(plan.recipients))
    if asked:
        return say("glance.who.asked", count=count, asked=number(asked))
    return say("glance.who.says", count=count)


def _longest(plan: Plan) -> str:
    kept = [
        f"{some(labels(plan, rule.fields), 3)}: {periods.say(rule)}"
        for rule in plan.rules.values()
        if rule.fields and not any(end.shape == "never stored" for end in rule.ends)
    ]
    return sentence("; ".join(kept[:3]))


def _flow(plan: Plan) -> list[Block]:
    return [Head(say("flow"), "flow"), Figure(flows.picture(plan), flows.same(plan))]


def _who(plan: Plan) -> list[Block]:
    who = plan.who
    role = "both" if len(who.roles) > 1 else who.roles[0]
    rows = [
        ("who.name", who.name),
        ("who.trades", who.trades_as),
        ("who.address", who.address),
        ("who.email", who.email),
        ("who.phone", who.phone),
        ("who.officer", who.officer),
        ("who.company", _company(plan)),
        ("who.fee", who.fee_number),
    ]
    known = tuple((say(key), words) for key, words in rows if words)
    return [Head(say("who"), "who"), Say(say(f"who.{role}", name=who.name)), Facts(known)]


def _company(plan: Plan) -> str:
    who = plan.who
    return say("who.company.says", number=who.company_number, where=who.registered_in) if who.company_number else ""


def _people(plan: Plan) -> list[Block]:
    rows = tuple((sentence(person.name), person.means) for person in plan.people.values())
    return [Head(say("people"), "people"), Facts(rows)]


def _collect(plan: Plan) -> list[Block]:
    """Each group of data with where it comes from; then what must be given, and what happens if it is not."""
    said: list[Block] = [Head(say("collect"), "collect")]
    names = {"troth": say("collect.troth"), **dict(plan.labels)}
    for group in dict.fromkeys(field.group for field in plan.fields.values()):
        rows = tuple(_datum(plan, field) for field in plan.fields.values() if field.group == group)
        title = sentence(names.get(group, group))
        heads = (say("collect.data"), say("collect.form"), say("collect.from"))
        said += [Head(title, f"collect-{group}", 3), Table(title, heads, rows)]
    notes = [note for point in plan.points.values() for note in _notes(plan, point.name)]
    return said + ([Items(tuple(notes))] if notes else [])


def _datum(plan: Plan, field: Field) -> tuple[str, str, str]:
    form = FORMS[field.form].says if field.form in FORMS else field.form
    sources = [_source(plan, name) for name, point in plan.points.items() if field.name in point.fields]
    return sentence(field.label or field.kind), sentence(form), sentence(among(sources) or say("collect.us"))


def _source(plan: Plan, name: str) -> str:
    point = plan.points[name]
    if point.way == "obtained":
        return point.source or name
    at = plan.surfaces[point.surface].name if point.surface else BY[point.by].name
    return say(f"collect.{point.way}", by=f"our {at}" if point.way == "observed" else name, source=point.source)


def _notes(plan: Plan, name: str) -> list[str]:
    point = plan.points[name]
    notes = []
    if point.needs and point.why:
        needs = among(labels(plan, point.needs))
        notes.append(f"{sentence(name)}. {say('collect.needs', data=needs, why=point.why.rstrip('.'))}")
    if point.warns:
        notes.append(f"{sentence(name)}. {say('collect.warns', warns=point.warns.rstrip('.'))}")
    return notes


def _use(plan: Plan) -> list[Block]:
    said: list[Block] = [Head(say("use"), "use")]
    for use in plan.purposes.values():
        key = "use.client" if use.for_client else "use.says"
        said.append(Say(say(key, data=among(labels(plan, use.data)), use=use.name), promise=True))
        said.append(Say(" ".join(_reasons(use))))
    return said


def _reasons(use: Purpose) -> list[str]:
    asked = use.ask.words if use.ask else use.name
    said = [say(f"basis.{use.basis}", words=asked, interest=use.interest, law=use.law, case=use.case)]
    if use.yields == "statistics":
        said.append(say("use.statistics", count=str(use.smallest_group)))
    if PURPOSES[use.is_].special_notice:
        said.append(say("use.marketing"))  # apart and plain: UK GDPR Art 21(4)
    if use.without:
        said.append(say("use.without", without=use.without))
    if use.decides:
        said.append(say("use.decides", decides=use.decides))
    return said


def _share(plan: Plan) -> list[Block]:
    if not plan.recipients:
        return [Head(say("share"), "share"), Say(say("share.none"))]
    heads = tuple(say(f"share.{key}") for key in ("name", "why", "data", "where", "safe"))
    rows = tuple(_recipient(plan, one) for one in plan.recipients.values())
    return [Head(say("share"), "share"), Table(say("share"), heads, rows)]


def _recipient(plan: Plan, one: Recipient) -> tuple[str, ...]:
    role = ROLES[one.role].label
    members = f": {among(one.members)}" if one.members else ""
    uses = among(f"to {name}" for name in plan.purposes if name in one.purposes)
    paid = f" {say('share.money')}" if one.for_money else ""
    safe = MECHANISMS[one.mechanism].label if one.mechanism in MECHANISMS else one.mechanism or say("share.home")
    return (
        f"{sentence(one.name)} ({role}){members}",
        f"{sentence(uses)}.{paid}",
        sentence(among(labels(plan, one.data))),
        countries(one.countries),
        sentence(safe),
    )


def _never(plan: Plan) -> list[Block]:
    if not plan.nevers:
        return []
    lines = tuple(f"We never {one.name}." for one in plan.nevers.values())
    return [Head(say("never"), "never"), Items(lines)]


def _keep(plan: Plan) -> list[Block]:
    rows = tuple(
        (sentence(among(labels(plan, rule.fields))), sentence(periods.say(rule)))
        for rule in plan.rules.values()
        if rule.fields
    )
    said: list[Block] = [Head(say("keep"), "keep"), Table(say("keep"), (say("keep.data"), say("keep.long")), rows)]
    if plan.holds:
        holds = (say("keep.hold", because=one.because.rstrip("."), review=one.review) for one in plan.holds.values())
        said += [Say(say("keep.holds")), Items(tuple(holds))]
    return said


def _cookies(plan: Plan) -> list[Block]:
    if not plan.cookies:
        return [Head(say("cookies"), "cookies"), Say(say("cookies.none"))]
    heads = tuple(say(f"cookies.{key}") for key in ("name", "by", "does", "for", "lasts", "when"))
    rows = tuple(
        (f"{one.name} ({one.surface})", one.by, among(one.does), among(one.uses), one.lasts, one.when)
        for one in register(plan)
    )
    return [Head(say("cookies"), "cookies"), Say(say("cookies.lead")), Table(say("cookies"), heads, rows)]


def _rights_of(plan: Plan) -> frozenset[str]:
    return frozenset(right for use in plan.purposes.values() for right in use.rights)


def _rights(plan: Plan) -> list[Block]:
    """Only the rights that the bases give, each with the uses it goes for: UK GDPR Art 13(2)(b) to (d)."""
    said: list[Block] = [Head(say("rights"), "rights")]
    if any(use.for_client for use in plan.purposes.values()):
        said.append(Say(say("rights.client")))
    if not _rights_of(plan):
        return said
    lines = tuple(f"{say(f'right.{name}')} {_scope(plan, name)}" for name in RIGHTS if name in _rights_of(plan))
    return [*said, Items(lines), Say(say("rights.how", email=plan.who.email)), Say(say("rights.longer"))]


def _scope(plan: Plan, right: str) -> str:
    ours = [use for use in plan.purposes.values() if not use.for_client]
    uses = [f"to {use.name}" for use in ours if right in use.rights]
    return say("right.everything") if len(uses) == len(ours) else say("right.basis", uses=among(uses))


def _complaints(plan: Plan) -> list[Block]:
    regulator = REGULATORS[plan.who.regulator]
    names = ("complaints.name", "who.address", "who.phone", "complaints.page")
    rows = tuple((say(key), words) for key, words in zip(names, regulator, strict=False) if words)
    return [
        Head(say("complaints"), "complaints"),
        Say(say("complaints.us", email=plan.who.email)),
        Say(say("complaints.regulator")),
        Facts(rows),
    ]


def _secure(plan: Plan) -> list[Block]:
    lines = [say("secure.seals", data=among(labels(plan, plan.seals)))] if plan.seals else []
    lines += [say(f"secure.reach.{plan.erasure_reaches}")] if plan.erasure_reaches else []
    staff = among(role.name for role in plan.staff.values() if role.uses)
    lines += [say("secure.staff", staff=staff)] if staff else []
    return [Head(say("secure"), "secure"), Items((*lines, say("secure.limits")))]


def _children(plan: Plan) -> list[Block]:
    ages = [f"{sentence(one.name)}: {one.least_age} or older." for one in plan.people.values() if one.least_age]
    said = ([plan.children] if plan.children else []) + ages
    return [Head(say("children"), "children"), Items(tuple(said))] if said else []


def _changes(plan: Plan) -> list[Block]:
    edition = plan.edition
    lead = say("changes.date", date=day(edition.date), because=edition.because.rstrip("."))
    past = tuple(say("changes.past", date=date, because=because) for date, because in edition.history)
    said: list[Block] = [Head(say("changes"), "changes"), Say(lead), Say(say("changes.says"))]
    return said + ([Items(past)] if past else [])


def day(date: dt.date) -> str:
    return f"{date.day} {date:%B %Y}"
