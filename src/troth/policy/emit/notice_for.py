"""One reader's notice: the part of a plan that is about one class of people, or about one surface.

It is the same notice of a smaller plan, so that it can say nothing that the whole one does not say.
"""

from __future__ import annotations

import msgspec

from troth.policy.plan import Plan


def readers(plan: Plan) -> tuple[list[str], list[str]]:
    """The classes of people and the surfaces that a notice can be read for: none where there is only one."""
    people = list(plan.people) if len(plan.people) > 1 else []
    used = {point.surface for point in plan.points.values()} | {cookie.surface for cookie in plan.cookies.values()}
    surfaces = [name for name in plan.surfaces if name in used and name not in plan.people]
    return people, surfaces if len(surfaces) > 1 else []


def narrowed(plan: Plan, reader: str) -> Plan | None:
    """The plan as far as it concerns a class of people or a surface; None where the policy names neither."""
    if reader in plan.people:
        return _of_people(plan, reader)
    return _at_surface(plan, reader) if reader in plan.surfaces else None


def _of_people(plan: Plan, reader: str) -> Plan:
    uses = frozenset(name for name, use in plan.purposes.items() if reader in use.of)
    points = frozenset(name for name, point in plan.points.items() if reader in point.of)
    fields = _taken(plan, points).union(*(plan.purposes[name].data for name in uses))
    mine = frozenset(name for name in fields if not plan.fields[name].of or reader in plan.fields[name].of)
    return _part(plan, frozenset({reader}), points, uses, mine)


def _at_surface(plan: Plan, reader: str) -> Plan:
    points = frozenset(name for name, point in plan.points.items() if point.surface == reader)
    uses = frozenset(one.use for name in points for one in plan.points[name].openings)
    uses |= {use for cookie in plan.cookies.values() if cookie.surface == reader for use in cookie.uses}
    people = frozenset[str]().union(*(plan.points[name].of for name in points)) or frozenset(plan.people)
    cookies = {name: one for name, one in plan.cookies.items() if one.surface == reader}
    part = _part(plan, people, points, uses & plan.purposes.keys(), _taken(plan, points))
    return msgspec.structs.replace(part, cookies=cookies)


def _taken(plan: Plan, points: frozenset[str]) -> frozenset[str]:
    return frozenset[str]().union(*(plan.points[name].fields for name in points))


def _part(
    plan: Plan, people: frozenset[str], points: frozenset[str], uses: frozenset[str], fields: frozenset[str]
) -> Plan:
    recipients = {
        name: one
        for name, one in plan.recipients.items()
        if one.purposes & uses and (one.data & fields or not one.data)
    }
    rules = {plan.fields[name].rule for name in fields}
    return msgspec.structs.replace(
        plan,
        people={name: one for name, one in plan.people.items() if name in people},
        points={name: one for name, one in plan.points.items() if name in points},
        purposes={name: one for name, one in plan.purposes.items() if name in uses},
        fields={name: one for name, one in plan.fields.items() if name in fields},
        recipients=recipients,
        rules={name: one for name, one in plan.rules.items() if name in rules},
        cookies={name: one for name, one in plan.cookies.items() if one.uses & uses},
        holds={name: one for name, one in plan.holds.items() if one.data & fields},
        seals=plan.seals & fields,
    )
