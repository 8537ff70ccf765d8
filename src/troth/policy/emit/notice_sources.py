"""What we collect, told apart by where it comes from: from the person (UK GDPR Art 13: given, or seen in what they do)
and from elsewhere (Art 14: from whom, whether everybody could read it there, and when the person is told)."""

from __future__ import annotations

from typing import Final, NamedTuple

from troth.policy.emit.blocks import Block, Fold, Head, Items, Pledge, Say, Table
from troth.policy.emit.naming import OURS, group, groups, label, labels, lasting, period, sentence, some, source
from troth.policy.emit.texts import among, named, own, say
from troth.policy.plan import Field, Plan, Point

THEIRS: Final = frozenset({"given", "observed"})  # Art 13; every other way is Art 14, or the client's own notice
MOST: Final = 8  # rows that one reads through; more are folded by where they come from
SOON: Final = ("first message", "before disclosure", "by the client")


def collect(plan: Plan) -> list[Block]:
    """One row for what comes from the same hands and stays as long; then what must be given, and why."""
    theirs = [point for point in plan.points.values() if point.way in THEIRS]
    others = [point for point in plan.points.values() if point.way not in THEIRS]
    notes = tuple(note for point in plan.points.values() for note in _notes(plan, point))
    warned = _warned(plan)
    said: list[Block] = [Head(say("collect"), "collect")]
    if others:
        said.append(Head(say("collect.theirs"), "collect-you", 3))
    said += _from_them(plan, theirs)
    said += [Say(say("collect.free")), Items(notes)] if notes else []
    said += [Say(say("collect.warned")), Items(warned)] if warned else []
    return [*said, *_from_others(plan, others)] if others else said


def _from_them(plan: Plan, points: list[Point]) -> list[Block]:
    """Fields of these points, and those that come from no point: our own records of what was done."""
    elsewhere = frozenset[str]().union(*(point.fields for point in plan.points.values()))
    mine = frozenset[str]().union(*(point.fields for point in points))
    fields = [one for name, one in plan.fields.items() if name in mine or name not in elsewhere]
    rows: dict[tuple[str, str], list[Field]] = {}
    for field in fields:
        rows.setdefault((_sources(plan, points, field), _period(plan, field)), []).append(field)
    if len(rows) <= MOST:
        return [_table(plan, rows, with_source=True)] if rows else []
    return _by_source(plan, rows)


def _by_source(plan: Plan, rows: dict[tuple[str, str], list[Field]]) -> list[Block]:
    kinds: dict[str, dict[tuple[str, str], list[Field]]] = {}
    for (where, how_long), fields in rows.items():
        kinds.setdefault(where, {})[where, how_long] = fields
    said: list[Block] = []
    for where, mine in kinds.items():
        names = list(dict.fromkeys(group(plan, field.group) for fields in mine.values() for field in fields))
        said.append(
            Fold(say("fold", kind=sentence(where), names=some(names, 5)), _table(plan, mine, with_source=False))
        )
    return said


def _table(plan: Plan, rows: dict[tuple[str, str], list[Field]], *, with_source: bool) -> Table:
    lines = tuple(
        (_what(plan, fields), *([sentence(where)] if with_source else []), sentence(how_long))
        for (where, how_long), fields in rows.items()
    )
    heads = ("collect.data", *(["collect.from"] if with_source else []), "collect.long")
    return Table(say("collect"), tuple(say(head) for head in heads), lines, "long")


def _what(plan: Plan, fields: list[Field]) -> Pledge:
    """The groups of a row as its name, and softer what belongs to them; a group of one has said it with its name, and
    what troth itself keeps has one each that says it all."""
    many = {name for name, members in groups(plan).items() if len(members) > 1} - {OURS}
    names = [group(plan, it.group) if it.group in many else _datum(plan, it) for it in fields]
    data = [_datum(plan, it) for it in fields if it.group in many]
    words = "\n".join(part for part in (sentence(among(names)), among(data)) if part)
    return Pledge(
        words, *(f"data/{it.name}" for it in fields), *sorted({f"keep/{it.rule}" for it in fields if it.rule})
    )


def _datum(plan: Plan, field: Field) -> str:
    """A kind of data, and in which form we have it where that is not simply as it came, or said by its name already."""
    data = label(field)
    if field.form in ("clear", "sealed") or not plan.with_us(field.name):  # what is sealed: see the chapter on safety
        return data
    form = say(f"form.{field.form}")
    weighty = {word for word in form.split() if len(word) > 3}
    return data if weighty and weighty <= set(data.split()) else say("collect.form", data=data, form=form)


def _sources(plan: Plan, points: list[Point], field: Field) -> str:
    known = among(source(plan, point) for point in points if field.name in point.fields)
    return known or say("collect.retired" if field.retired else "collect.ours")


def _period(plan: Plan, field: Field) -> str:
    if field.form == "never stored" or field.rule not in plan.rules:
        return say("collect.gone")
    return period(plan.rules[field.rule]).removeprefix(say("period.bare"))


def _notes(plan: Plan, point: Point) -> list[str]:
    if not (point.needs and point.why):
        return []
    data = among(labels(plan, point.needs))
    words = say("collect.needs", point=own(point.name), data=data, why=own(point.why).rstrip("."))
    return [Pledge(words, f"collect/{point.name}")]


def _warned(plan: Plan) -> tuple[str, ...]:
    """What is said before something is given: once, however many points say it."""
    before: dict[str, list[str]] = {}
    for point in plan.points.values():
        if point.warns:
            before.setdefault(own(point.warns).rstrip("."), []).append(own(point.name))
    return tuple(say("collect.warns", point=among(names), warns=warns) for warns, names in before.items())


# --- Art 14 -------------------------------------------------------------------------------------------------------


def _from_others(plan: Plan, points: list[Point]) -> list[Block]:
    heads = tuple(say(f"collect.{key}") for key in ("data", "from", "long", "told"))
    rows = _others(plan, points)
    lead = "collect.others.client" if all(point.for_client for point in points) else "collect.others.lead"
    return [Head(say("collect.others"), "collect-others", 3), Say(say(lead)), Table(say("collect.others"), heads, rows)]


class _Other(NamedTuple):
    """What one row says but the sources, which are named in it together."""

    words: str
    public: bool
    how_long: str
    told: str


def _others(plan: Plan, points: list[Point]) -> tuple[tuple[str, ...], ...]:
    """UK GDPR Art 14(2)(f): the source, and whether it is public; sources of the same share a row."""
    rows: dict[_Other, list[Point]] = {}
    for point in points:
        for row in _other(plan, point):
            rows.setdefault(row, []).append(point)
    said = []
    for row, mine in rows.items():
        where = sentence(among(source(plan, point) for point in mine))
        where = say("collect.public", source=where) if row.public else where
        paths = (f"collect/{point.name}" for point in mine)
        said.append((Pledge(row.words, *paths), where, row.how_long, row.told))
    return tuple(said)


def _other(plan: Plan, point: Point) -> list[_Other]:
    """One row for what of this point stays as long."""
    rows: dict[str, list[Field]] = {}
    for name, field in plan.fields.items():
        if name in point.fields:
            rows.setdefault(_period(plan, field), []).append(field)
    told = sentence(_told(plan, point))
    return [
        _Other(sentence(among(_datum(plan, field) for field in fields)), point.public, sentence(how_long), told)
        for how_long, fields in rows.items()
    ]


def _told(plan: Plan, point: Point) -> str:
    """When the people concerned hear of it: UK GDPR Art 14(3)."""
    if point.for_client or point.way == "supplied":
        return say("told.by the client")
    if point.way == "inferred" or not point.tell_people:
        return say("told.here")
    if point.tell_people in SOON:
        return say(f"told.{point.tell_people}")
    if point.tell_people in plan.papers:
        return say("told.paper", paper=named(point.tell_people))
    return say("told.within", within=lasting(point.tell_people))
