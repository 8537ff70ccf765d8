"""What a policy's names are called where people read them: fields by label, groups by a word, points by what you do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from troth.policy import periods
from troth.policy.emit.texts import BASE, among, group_word, named, nth, own, say, spoken
from troth.policy.plan import End, Field, Plan, Point, Rule, Span
from troth.policy.words import COUNTRIES


def labels(plan: Plan, fields: frozenset[str]) -> list[str]:
    """The words for people of some fields, each said once, in the order of the policy."""
    return list(dict.fromkeys(label(field) for name, field in plan.fields.items() if name in fields))


def label(field: Field) -> str:
    return own(field.label or field.kind)


OURS: Final = "troth"
"""The group of what troth itself keeps of people: choices, requests, looks."""


def group(plan: Plan, name: str) -> str:
    """A policy's own word for a group, or ours, or the group as it stands; a group of one is its one field."""
    members = groups(plan).get(name, [])
    said = own(dict(plan.labels).get(name, "")) or (label(members[0]) if len(members) == 1 else "")
    return said or group_word(name)


def groups(plan: Plan) -> dict[str, list[Field]]:
    found: dict[str, list[Field]] = {}
    for field in plan.fields.values():
        found.setdefault(field.group, []).append(field)
    return found


def folded(plan: Plan, fields: frozenset[str]) -> list[str]:
    """Some fields in few words: a group of which all are there by its name, others by their labels."""
    said: list[str] = []
    for name, members in groups(plan).items():
        there = [field for field in members if field.name in fields]
        whole = len(there) == len(members) > 1
        said += [group(plan, name)] if whole else [label(field) for field in there]
    return list(dict.fromkeys(said))


def touched(plan: Plan, fields: frozenset[str]) -> list[str]:
    """The groups that some fields belong to: what a picture has room for."""
    return list(dict.fromkeys(group(plan, field.group) for name, field in plan.fields.items() if name in fields))


def largest(plan: Plan, most: int) -> list[str]:
    """The groups of most fields, those that people would miss first, in the order of the policy. What we keep because
    of these comes last."""
    found = groups(plan)
    chosen = sorted(found, key=lambda name: (name == OURS, -len(found[name])))[:most]
    return [name for name in found if name in chosen]


def terms(plan: Plan, most: int = 3) -> list[str]:
    """How long the largest groups are kept: each by the rule that has most of its fields."""
    said = []
    for name in largest(plan, most):
        rules = [plan.rules[field.rule] for field in groups(plan)[name] if field.rule in plan.rules]
        if rules:
            said.append(say("term", what=group(plan, name), period=period(max(rules, key=rules.count))))
    return said


def source(plan: Plan, point: Point) -> str:
    """Where a point has its data from, as it finishes 'It comes from …'; points of one kind and place read the same."""
    if point.way == "obtained":
        return named(point.source or point.name)
    surface = plan.surfaces.get(point.surface)
    if surface is None or surface.kind == "phone":
        return say(f"from.{point.by if point.way == 'given' else point.way}")
    if point.way == "given" and surface.kind == "app":  # one is on a website, and in an application
        return say("from.given.in", at=at(surface.name))
    kind = "opened" if point.way == "observed" and surface.kind == "mail" else point.way
    return say(f"from.{kind}.at", at=at(surface.name))


def at(name: str) -> str:
    """A surface, as it finishes 'you, on …'. In another language its translation says all of it."""
    if name.startswith("our ") or spoken() != BASE:
        return own(name)
    return say("at.client" if name.startswith("client") else "at", at=name)


def some(words: list[str], most: int = 6) -> str:
    """At most so many, and how many more there are: a picture that lists forty kinds of data shows none."""
    if len(words) <= most:
        return among(words)
    return among([*words[: most - 1], say("more", count=str(len(words) - most + 1))])


def countries(codes: Iterable[str]) -> str:
    return among(own(COUNTRIES[code].name) if code in COUNTRIES else code for code in codes)


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def day(date: dt.date) -> str:
    return say("day", day=nth(date.day), month=say(f"month.{date.month}"), year=str(date.year))


def dated(text: str) -> str:
    """A day as a policy's history writes it, for people; what is no day stays."""
    try:
        return day(dt.date.fromisoformat(text))
    except ValueError:
        return text


# --- periods: English is said by ``periods`` itself ---------------------------------------------------------------


def period(rule: Rule) -> str:
    """How long, as a person reads it in the language that is spoken."""
    if spoken() == BASE:
        return periods.say(rule)
    said = [_end(end) for end in rule.ends]
    text = say("period.or").join(said) + (say("period.first") if len(said) > 1 else "")
    if rule.least is not None and rule.least.span is not None:
        because = say("period.law", law=named(rule.law))
        text += because if rule.least in rule.ends else say("period.least", least=_end(rule.least)) + because
    if rule.refreshed is not None:
        text += say("period.refreshed", span=span(rule.refreshed))
    return text + (say("period.agreed") if rule.unless_agreed else "")


def _end(end: End) -> str:
    if end.shape != "period":
        return say(f"period.{end.shape}")
    if end.span is None:
        return say("period.until", moment=own(end.after))
    if end.after == periods.COLLECTED:
        return say("period.for", span=span(end.span))
    return say("period.after", span=span(end.span), moment=own(end.after))


def span(length: Span) -> str:
    if spoken() == BASE:
        return periods.say_span(length)
    unit = length.unit.removesuffix("s")
    return f"{length.count} {say(f'unit.{unit}' if length.count == 1 else f'unit.{unit}s')}"


def lasting(text: str) -> str:
    """A length of time that a policy wrote as text."""
    length = periods.span(text)
    return span(length) if length is not None else own(text)
