"""Showing a clause as data: a case file is read, the policy it speaks of is changed as the case says, and each line of
the case is held against the plan, the gate, the intake and the notice. ``tests/cases/README.md`` tells the format."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from troth import policy
from troth.collect.consent import Choice
from troth.collect.lens import Lens
from troth.policy.always import PLANNED, STANDING
from troth.policy.deciding import Act, Allowed, Facts, decide
from troth.policy.emit import notice
from troth.policy.plan import Answer, End, Plan, Span, Who

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"
DAY = dt.date(2026, 11, 22)
"""The day of the five editions: the papers are held against it, and an act happens on it unless it says another."""

SAYS = {"clause", "says", "why"}
SHOWS = {"acts", "collects", "plan", "notice", "notice lacks", "always", "stands on every"}
CHANGES = {"change", "problems"}
ACTS = {"use", "data", "to", "of", "said yes", "said no", "by", "staff", "case", "for money", "restricted", "underage"}
ACTS |= {"over", "day", "answer"}
COLLECTS = {"at", "data", "said yes", "said no", "signal", "stored"}
EVERY = {"section", "with", "count", "also"}
PARTS = {"data": "fields", "use": "purposes", "disclose": "recipients", "collect": "points", "keep": "rules"}
PARTS |= {"never": "nevers"}
SECURE = ("seals", "erasure_reaches", "backups", "key_backups", "drill", "told_of_breach_within")
MAIN = {"keep": "text", "never": "sentence", "people": "means", "staff": "means", "moments": "known_from"}
"""What a bare value stands for, where a declaration has one word that says it."""


class Loader(yaml.CBaseLoader):
    """Every value is text, as in a policy; a key that is said twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"said twice: {twice}", node.start_mark)
        return super().construct_mapping(node, deep)


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader)
    return found


def unknown(case: dict[str, Any], kind: str) -> list[str]:
    """Every key of a case that the format does not have, with where it stands."""
    lost = sorted(case.keys() - SAYS - SHOWS - (CHANGES if kind == "broken" else set()))
    for part, keys in (("acts", ACTS), ("collects", COLLECTS), ("stands on every", EVERY)):
        lost += [f"{part}: {key}" for one in case.get(part, []) for key in sorted(one.keys() - keys)]
    return lost


@cache
def text_of(name: str) -> str:
    return (ROOT / "policies" / name / "policy.yaml").read_text("utf-8")


@cache
def plan_of(name: str) -> Plan:
    plan = policy.load(ROOT / "policies" / name / "policy.yaml", on=DAY).plan
    assert plan is not None
    return plan


@cache
def _parsed(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.load(text_of(name), Loader)
    return parsed


def changed(name: str, clause: str, change: dict[str, Any]) -> tuple[policy.Compiled, list[tuple[str, str]]]:
    """The policy with each path of ``change`` set, added to, taken from or gone, compiled; and its errors as
    (code, section/entry). Of its promises only the one that is shown stands, so that the errors are its own."""
    file = {**_parsed(name), "promises": {clause: _parsed(name)["promises"][clause]}}
    paths = [(_split(file, path), value) for path, value in change.items()]
    fresh = {path[0] for path, _ in paths} | {"promises"}
    file |= {section: copy.deepcopy(file.get(section, {})) for section in fresh}
    for path, value in paths:
        _set(file, path, value)
    old = _written(name)
    text = "".join(_dumped(section, part) if section in fresh else old[section] for section, part in file.items())
    compiled = policy.load(ROOT / "policies" / name / "policy.yaml", text=text.encode(), on=DAY)
    errors = [(one.code, _entry(text, one.line)) for one in compiled.problems if one.severity == "error"]
    return compiled, errors


@cache
def _written(name: str) -> dict[str, str]:
    return {section: _dumped(section, part) for section, part in _parsed(name).items() if section != "promises"}


def _dumped(section: str, part: Any) -> str:
    return yaml.dump({section: part}, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=10_000)


def _split(file: dict[str, Any], path: str) -> list[str]:
    """``section/name/key``: a name may hold a slash of its own, and then the longest one that is there counts."""
    parts = path.split("/")
    for end in range(len(parts), 1, -1):
        name = "/".join(parts[1:end])
        if isinstance(file.get(parts[0]), dict) and name in file[parts[0]]:
            return [parts[0], name, *parts[end:]]
    return parts


def _set(file: dict[str, Any], path: list[str], value: Any) -> None:
    *way, last = path
    for step in way:
        file = file.setdefault(step, {})
    if value == "gone":
        del file[last]
    elif isinstance(value, dict) and value.keys() <= {"also", "without"}:
        more, less = listed(value.get("also", [])), listed(value.get("without", []))
        there = [*listed(file.get(last, [])), *more]
        assert set(less) <= set(there), f"{'/'.join(path)} has no {less}"
        file[last] = [one for one in there if one not in less]
    else:
        assert file.get(last) != value, f"{'/'.join(path)} is that already"
        file[last] = value


def listed(value: Any) -> list[str]:
    return [] if value == "none" else [value] if isinstance(value, str) else list(value)


def _entry(text: str, line: int) -> str:
    section = name = ""
    for one in text.splitlines()[:line]:
        if match := re.match(r"(\S[^:]*):", one):
            section, name = match[1], ""
        elif match := re.match(r"  (?:\? )?(\S.*?):(?: |$)", one):
            name = match[1].strip("\"'")
    return f"{section}/{name}" if name else section


def wrong(plan: Plan, clause: str, case: dict[str, Any], *, lost: str = "") -> Iterator[str]:
    """Each line of a case that does not hold, in words. ``lost`` names what was taken out of the plan."""
    yield from _acts(plan, case.get("acts", []))
    yield from _collects(plan, case.get("collects", []))
    yield from _plan(plan, case.get("plan", {}))
    if case.keys() & {"notice", "notice lacks"}:
        yield from _notice("" if lost == "notice" else page(plan), case)
    yield from _always(plan, clause, case.get("always", {}))
    yield from _every(plan, clause, case.get("stands on every", []))


def lines(shows: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each line of a case by itself, as a small case."""
    for part, stated in shows.items():
        if isinstance(stated, dict):
            yield from ({part: {name: value}} for name, value in stated.items())
        else:
            yield from ({part: [one]} for one in (stated if isinstance(stated, list) else [stated]))


def _acts(plan: Plan, acts: list[dict[str, Any]]) -> Iterator[str]:
    for one in acts:
        decided = decide(plan, _act(one), _facts(plan, one))
        codes = [] if isinstance(decided, Allowed) else sorted({reason.code for reason in decided.reasons})
        answer = f"refused because {', '.join(codes)}" if codes else "allowed"
        if answer != one["answer"]:
            yield f"{one}: {answer}"


def _act(one: dict[str, Any]) -> Act:
    return Act(
        kind="disclose" if "to" in one else "use",
        use=one["use"],
        fields=frozenset(listed(one["data"])),
        day=dt.date.fromisoformat(one["day"]) if "day" in one else DAY,
        recipient=one.get("to", ""),
        staff=one.get("staff", ""),
        channel=one.get("by", ""),
        case=one.get("case", ""),
        for_money=one.get("for money") == "yes",
    )


def _facts(plan: Plan, one: dict[str, Any]) -> Facts:
    """Unless a line says whom it is about, it is about the people of the use; nobody has said anything yet."""
    use = plan.purposes.get(one["use"])
    kinds = frozenset(listed(one["of"])) if "of" in one else use.of if use else frozenset(plan.people)
    return Facts(
        kinds=kinds,
        yes=_keys(plan, one),
        no=frozenset(listed(one.get("said no", []))),
        restricted=one.get("restricted") == "yes",
        live=Facts().live - set(listed(one.get("over", []))),
        underage=one.get("underage") == "yes",
    )


def _keys(plan: Plan, one: dict[str, Any]) -> frozenset[str]:
    asked = listed(one.get("said yes", []))
    return frozenset(key for key, switch in plan.switches.items() if switch.use in asked and switch.opens)


def _collects(plan: Plan, comings: list[dict[str, Any]]) -> Iterator[str]:
    for one in comings:
        stored = sorted(_stored(plan, one)) if one["at"] in plan.points else []
        if stored != sorted(listed(one["stored"])):
            yield f"{one}: {stored}"


def _stored(plan: Plan, one: dict[str, Any]) -> Iterator[str]:
    point = plan.points[one["at"]]
    lens = Lens("ours", 1, _keyless(plan), point.surface, by=frozenset({point.by}))
    choice = None
    if "said yes" in one or "said no" in one:
        no = frozenset(listed(one.get("said no", [])))
        choice = Choice("ours", "", surfaces=frozenset(), yes=_keys(plan, one), no=no, gpc=False, at=0)
    opened = lens.opened(point.name, choice, one.get("signal") == "yes").all
    return (name for name in listed(one["data"]) if name in opened and plan.fields[name].form != "never stored")


def _keyless(plan: Plan) -> Plan:
    """What is hashed needs the master key to be written. What is let in does not, and only that is asked here."""
    put = msgspec.structs.replace
    fields = {key: put(one, form="sealed") if one.form == "hashed" else one for key, one in plan.fields.items()}
    return put(plan, fields=fields)


def _plan(plan: Plan, lines: dict[str, Any]) -> Iterator[str]:
    for path, words in lines.items():
        declared = declaration(plan, path)
        section = path.partition("/")[0]
        for word, stated in ({MAIN[section]: words} if isinstance(words, str) else words).items():
            found = "gone" if declared is None else shown(_word(declared, word))
            if _plain(found) != _plain(stated):
                yield f"{path}: {word} is {found}, not {stated}"


def declaration(plan: Plan, path: str) -> Any:
    """What stands under ``section/name``; None where nothing does."""
    section, _, name = path.partition("/")
    if section == "secure":
        return {word: getattr(plan, word) for word in SECURE}
    if section in ("children", "notice"):
        return {"says": plan.children, "at": plan.notice_at, "tells": plan.notice_tells, "languages": plan.languages}
    if section == "clients":
        return {"named": name in plan.clients}
    part = getattr(plan, PARTS.get(section, section))
    return part.get(name) if name and isinstance(part, dict) else part


def _word(declared: Any, word: str) -> Any:
    name = "is_" if word == "is" else word.replace(" ", "_")
    return declared[name] if isinstance(declared, dict) else getattr(declared, name)


def shown(value: Any) -> Any:
    """A value of the plan as a case states it: text, a list of texts, or texts under names."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Span):
        return f"{value.count} {value.unit}"
    if isinstance(value, tuple) and value and all(isinstance(one, tuple) for one in value):
        return {key: text for key, text in value}
    if isinstance(value, (frozenset, tuple)):
        return sorted(shown(one) for one in value) or "none"
    return str(value) if value not in (None, "", 0) else "none"


def _plain(value: Any) -> Any:
    return value if isinstance(value, dict) else sorted(listed(value))


def page(plan: Plan) -> str:
    """The notice as its words run: without marks, a row of a table as “cell | cell”."""
    text = notice.render(plan, format="markdown")
    text = re.sub(r"\\(?=[^A-Za-z0-9\s])", "", re.sub(r"^(?:#+|-|\|) |\*\*| \|$", "", text, flags=re.M))
    return " ".join(text.split())


def _notice(text: str, case: dict[str, Any]) -> Iterator[str]:
    for sentence in listed(case.get("notice", [])):
        if " ".join(sentence.split()) not in text:
            yield f"the notice does not say “{sentence}”"
    for sentence in listed(case.get("notice lacks", [])):
        if " ".join(sentence.split()) in text:
            yield f"the notice says “{sentence}”"


def _always(plan: Plan, clause: str, guarantees: dict[str, str]) -> Iterator[str]:
    said = STANDING | {name: one.sentence for name, one in PLANNED.items()}
    for name, sentence in guarantees.items():
        if said.get(name) != sentence or f"always/{name}" not in plan.promises[clause].rests_on:
            yield f"always/{name} does not say “{sentence}” here"


def _every(plan: Plan, clause: str, groups: list[dict[str, Any]]) -> Iterator[str]:
    rests_on = plan.promises[clause].rests_on
    for group in groups:
        section = group["section"]
        part = declaration(plan, section)
        found = {name: one for name, one in part.items() if all(_has(one, *item) for item in group["with"].items())}
        if len(found) != int(group.get("count", len(found) or 1)):
            yield f"{group}: there are {len(found)}: {sorted(found)}"
        paths = {f"{section}/{name}" for name in found}
        if "also" in group:
            paths |= {f"papers/{_word(one, group['also'])}" for one in found.values()}
        bare = [path for path in sorted(paths) if not rests(path, rests_on)]
        if bare:
            yield f"{group}: the clause does not rest on {bare}"


def rests(path: str, rests_on: tuple[str, ...]) -> bool:
    """Whether a clause rests on ``section/name``: by its name, as one of its section, or on any surface."""
    section = path.partition("/")[0]
    return not {path, section, f"{section}/*", path.partition(" (")[0]}.isdisjoint(rests_on)


def _has(declared: Any, word: str, stated: Any) -> bool:
    found = shown(_word(declared, word))
    return stated in found if isinstance(found, list) else bool(found == stated)


@cache
def without(name: str, path: str) -> Plan:
    """The plan of a policy as if nobody had declared ``path``, a thing that a clause may rest on."""
    plan = plan_of(name)
    section, _, named = path.partition("/")
    left = _emptied(plan, section, named)
    if section not in ("use", "disclose", "data", "staff"):
        return left
    gone = frozenset(key for key in getattr(plan, PARTS.get(section, section)) if _named(named, key))
    scrubbed: Plan = _scrubbed(msgspec.structs.replace(left, promises={}), gone)
    return msgspec.structs.replace(scrubbed, promises=plan.promises)


def _emptied(plan: Plan, section: str, name: str) -> Plan:
    put = msgspec.structs.replace
    if section in ("use", "disclose", "collect", "data", "cookies", "never", "staff", "holds", "papers", "places"):
        part: dict[str, Any] = getattr(plan, PARTS.get(section, section))
        left = {key: one for key, one in part.items() if not _named(name, key)}
        return put(plan, **{PARTS.get(section, section): left})
    if section == "keep":
        other = (End(shape="browser closes"),)
        rules = {
            key: put(
                one, text="until browser closes", ends=other, least=None, refreshed=None, law="", unless_agreed=False
            )
            if _named(name, key)
            else one
            for key, one in plan.rules.items()
        }
        return put(plan, rules=rules)
    if section == "people":
        people = {
            key: put(one, means="Somebody", least_age=0, party_to="") if _named(name, key) else one
            for key, one in plan.people.items()
        }
        return put(plan, people=people)
    if section == "surfaces":
        return put(plan, surfaces=plan.surfaces | {name: put(plan.surfaces[name], origins=(), kind="api", sends_as="")})
    if section == "answer":
        return _without_right(plan, name)
    if section == "clients":
        return put(plan, clients=tuple(one for one in plan.clients if one != name))
    if section == "who":
        return put(plan, who=_nobody(plan.who))
    if section == "edition":
        return put(plan, edition=put(plan.edition, date=dt.date(1970, 1, 1), because="", history=()))
    if section == "secure":
        return put(plan, seals=frozenset(), erasure_reaches="hidden", backups="", drill="", told_of_breach_within="")
    return put(plan, children="") if section == "children" else plan


def _nobody(who: Who) -> Who:
    return Who(
        name="Nobody",
        roles=("controller",) if who.roles == ("processor",) else ("processor",),
        address="nowhere",
        email="nobody@nowhere.example",
        regulator="dpc" if who.regulator == "ico" else "ico",
    )


def _named(name: str, key: str) -> bool:
    """Whether ``section/name`` speaks of ``key``: by name, by a star, for each surface, or as all of its section."""
    return name in ("", "*", key) or key.startswith(f"{name} (")


def _without_right(plan: Plan, right: str) -> Plan:
    put = msgspec.structs.replace
    kept = {key: put(one, rights=one.rights - {right} if right else frozenset()) for key, one in plan.purposes.items()}
    return put(plan, purposes=kept, answer=Answer())


def _scrubbed(value: Any, gone: frozenset[str]) -> Any:
    """The same without any set, list or name of a part that speaks of what is gone."""
    if isinstance(value, msgspec.Struct):
        kept = {name: _scrubbed(getattr(value, name), gone) for name in value.__struct_fields__}
        return type(value)(**kept)
    if isinstance(value, frozenset):
        return value - gone
    if isinstance(value, dict):
        left = {key: one for key, one in value.items() if gone.isdisjoint((key, *str(key).split("|")))}
        return {key: _scrubbed(one, gone) for key, one in left.items() if getattr(one, "use", "") not in gone}
    if isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
        return tuple(_scrubbed(one, gone) for one in value if getattr(one, "use", "") not in gone)
    return value
