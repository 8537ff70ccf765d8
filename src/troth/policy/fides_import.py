"""A draft policy out of a fideslang file: what it says as entries, what it does not say as blanks, the rest as a list.

A fides file is untrusted input: no tags are resolved, no aliases followed, and nothing in it decides what is lawful.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import yaml

from troth.policy.emit import fides
from troth.policy.problems import Trouble, visible
from troth.policy.reading import BOOLEANS
from troth.policy.words import KINDS, TASKS

LARGEST: Final = 1_000_000  # bytes
DEEPEST: Final = 20
BLANK: Final = "TBC"
KNOWN: Final = frozenset({"organization", "data_subject", "dataset", "system", "policy"})


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


READ: Final[dict[str, frozenset[str]]] = {
    "field": _keys("name description data_categories data_purposes fides_meta fields"),
    "dataset": _keys("fides_key organization_fides_key name collections"),
    "system": _keys(
        "fides_key organization_fides_key name description system_type legal_name responsibility egress ingress "
        "privacy_declarations dpa_location joint_controller_info"
    ),
    "declaration": _keys(
        "name data_categories data_use data_subjects legal_basis_for_processing impact_assessment_location "
        "retention_period data_shared_with_third_parties third_parties dataset_references "
        "processes_special_category_data"
    ),
}
HEAD: Final = """\
# Drafted from a fideslang file. It is a draft: TBC marks what that file does not say. Read each line, ask who knows,
# and run `troth check --draft` until nothing is left.
"""
PERIOD: Final = re.compile(r"([1-9]\d*) (hour|day|week|month|year)s?( after [\w ]+)?")
_SMALL: Final = re.compile(r"[^a-z0-9]+")
Data = dict[str, Any]


class Drafted(NamedTuple):
    text: str  # a policy, to be read with --draft
    unsaid: list[str]  # what the file says and a policy cannot take over, each with where it stands


def draft(content: bytes) -> Drafted:
    """The draft and what could not be said. ``Trouble`` *bad-fides* when it is no fideslang file at all."""
    return _Drafting(_read(content)).drafted()


def _bad(sentence: str) -> Trouble:
    return Trouble("bad-fides", sentence, "Give a fideslang file: YAML with `dataset:`, `system:` or `policy:` lists.")


def _read(content: bytes) -> Data:
    if len(content) > LARGEST:
        raise _bad("The file is larger than 1 MB.")
    try:
        text = content.decode("utf-8")
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise _bad("The file has aliases, which are not followed.")
        found = yaml.load(text, Loader=yaml.BaseLoader)  # every scalar text: nothing is guessed  # noqa: S506
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError):
        raise _bad("The file is not YAML in UTF-8.") from None
    if not isinstance(found, dict) or not KNOWN & set(found):
        raise _bad("The file has no fideslang resources.")
    return found


def _maps(value: Any) -> list[Data]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _words(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    found = visible(" ".join(value.split())) if isinstance(value, str) else ""
    return "" if found.lower() in BOOLEANS else found  # a word that other programs read as yes or no says nothing


def _small(name: str) -> str:
    """A part of a datum's name: small letters, digits and hyphens, a letter first."""
    found = _SMALL.sub("-", name.lower()).strip("-")
    return found if found[:1].isalpha() else f"x-{found}".rstrip("-")


def _name(text: str) -> str:
    """A name as a policy may have it; signs that would mean something else are left out."""
    return re.sub(r"[^\w '’&().+/-]", " ", _text(text)).strip() or "unnamed"


def _named(one: Data) -> str:
    return _name(one.get("name") or one.get("fides_key") or "")


class _Drafting:
    def __init__(self, found: Data) -> None:
        self.found, self.unsaid = found, list[str]()
        self.data: dict[str, Data] = {}
        self.categories: dict[str, set[str]] = {}  # datum -> fides categories
        self.purposes: dict[str, set[str]] = {}  # datum -> keys of uses
        self.holds: dict[str, list[str]] = {}
        self.people = {
            _text(one.get("fides_key")): (_named(one), _text(one.get("description")))
            for one in _maps(found.get("data_subject"))
        }
        self.papers: dict[str, Data] = {}
        for kind in sorted(set(found) - KNOWN):
            self.unsaid.append(f"{visible(kind)}: a policy has nothing like it")

    def drafted(self) -> Drafted:
        self._datasets()
        ours, theirs = self._systems()
        uses, kept = self._uses(ours)
        policy: Data = {
            "troth": "1",
            "policy": self._policy_name(ours),
            "edition": {"date": BLANK, "change": "first", "because": "First edition under troth"},
            "law": {"of": BLANK, "nation": BLANK},
            "who": self._who(ours),
            "surfaces": {"website": {"kind": BLANK}},
            "people": {name: means or BLANK for name, means in self.people.values()} or {"person": BLANK},
            "data": self.data or {"some.data": BLANK},
            "collect": {"where it comes in": {"by": BLANK, "of": self._everyone(), "may": sorted(self.data) or BLANK}},
            "use": uses or {"a use": {"is": BLANK, "basis": BLANK, "data": BLANK}},
            "disclose": self._disclose(theirs, uses) or "none",
            "never": self._nevers(),
            "keep": kept,
            "cookies": {"to be looked at": dict.fromkeys(("at", "by", "does", "for", "lasts"), BLANK)},
            "answer": {"undo": "none"},
            "secure": {"erasure reaches": BLANK},
            "places": {name: {"kind": BLANK, "holds": held, "in": BLANK} for name, held in self.holds.items()}
            or {"ours": {"kind": "ours", "holds": "everything", "in": BLANK}},
            "papers": self.papers,
        }
        said = {key: value for key, value in policy.items() if value != {}}
        return Drafted(HEAD + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=110), self.unsaid)

    def _policy_name(self, ours: list[Data]) -> str:
        named = [_text(one.get("fides_key")) for one in [*_maps(self.found.get("organization")), *ours]]
        return _small(named[0]) if named and named[0] else "draft"

    def _everyone(self) -> list[str] | str:
        return [name for name, _ in self.people.values()] or BLANK

    def _left(self, where: str, one: Data, read: Iterable[str]) -> None:
        for key in sorted(set(one) - set(read)):
            if one[key] not in ("", [], {}, "null", "false"):
                self.unsaid.append(f"{where}: {visible(key)}")

    # What is held ---------------------------------------------------------------------------------------------

    def _datasets(self) -> None:
        for dataset in _maps(self.found.get("dataset")):
            place = _named(dataset)
            self._left(f"dataset/{place}", dataset, READ["dataset"])
            for collection in _maps(dataset.get("collections")):
                group = _text(collection.get("name")) or "data"
                self._left(f"dataset/{place}/{group}", collection, {"name", "fields"})
                for name, field in self._leaves([_small(group)], collection.get("fields"), 1):
                    self._datum(place, name, field)

    def _leaves(self, path: list[str], fields: Any, depth: int) -> Iterator[tuple[str, Data]]:
        if depth > DEEPEST:
            raise _bad("Its fields stand more than 20 deep.")
        for field in _maps(fields):
            deeper = [*path, _small(_text(field.get("name")))]
            if _maps(field.get("fields")):
                yield from self._leaves(deeper, field["fields"], depth + 1)
            if field.get("data_categories") or not _maps(field.get("fields")):
                yield ".".join(deeper), field

    def _datum(self, place: str, name: str, field: Data) -> None:
        keys = _words(field.get("data_categories"))
        self._left(f"data/{name}", field, READ["field"])
        if name.startswith("troth."):
            return self.unsaid.append(f"data/{name}: a record of our own; troth declares it itself")
        if not keys:
            return self.unsaid.append(f"data/{name}: it has no category, so it is not taken as personal data")
        kind = next((ours for key in keys if (ours := self._kind(key))), BLANK)
        if len(keys) > 1 or kind == BLANK:
            self.unsaid.append(f"data/{name}: its categories {', '.join(map(visible, keys))}")
        entry: Data = {"is": kind}
        meta = field.get("fides_meta")
        if isinstance(meta, dict) and meta.get("identity") and kind in KINDS and KINDS[kind].identifies:
            entry["identifies"] = "person"
        if kind in KINDS and KINDS[kind].free_text:
            entry["may hold"] = BLANK
        if (label := _text(field.get("description"))) and label != kind:
            entry["label"] = label
        self.data[name] = entry
        self.categories.setdefault(name, set()).update(keys)
        self.purposes.setdefault(name, set()).update(_words(field.get("data_purposes")))
        self.holds.setdefault(place, []).append(name)
        return None

    def _kind(self, key: str) -> str:
        """Our word of a category, or of the nearest wider one that has a word."""
        while key and not (found := fides.back(fides.CATEGORIES, key)):
            key = key.rpartition(".")[0]
        return found if key else ""

    # What is done with it -------------------------------------------------------------------------------------

    def _systems(self) -> tuple[list[Data], list[Data]]:
        """Ours, and those of others: a system with a legal name, a vendor or only a processor's role is another's."""
        ours: list[Data] = []
        theirs: list[Data] = []
        for system in _maps(self.found.get("system")):
            self._left(f"system/{_name(system.get('name') or '')}", system, READ["system"])
            roles = _words(system.get("responsibility"))
            other = system.get("legal_name") or system.get("vendor_id") or (roles and "Controller" not in roles)
            (theirs if other and system.get("system_type") != "Policy" else ours).append(system)
        for system in ours:
            known = {_named(one) for one in theirs}
            self.unsaid += [
                f"use/{_name(one.get('name') or '')}: given to “{other}”, who has no system in the file"
                for one in _maps(system.get("privacy_declarations"))
                for other in re.split(r"[,;] *", _text(one.get("third_parties")))
                if other and _name(other) not in known
            ]
        keys = {_text(system.get("fides_key")) for system in [*ours, *theirs]}
        flows = [flow for one in [*ours, *theirs] for key in ("egress", "ingress") for flow in _maps(one.get(key))]
        to = dict.fromkeys(_text(flow.get("fides_key")) for flow in flows)
        self.unsaid += [
            f"system/{key}: data flow there, and the file does not say what it is" for key in to if key not in keys
        ]
        return ours, theirs

    def _uses(self, ours: list[Data]) -> tuple[Data, Data]:
        uses: Data = {}
        kept: Data = {}
        for system in ours:
            for one in _maps(system.get("privacy_declarations")):
                name = _name(one.get("name") or one.get("data_use") or "")
                self._left(f"use/{name}", one, READ["declaration"])
                data = self._data_of(one)
                entry = self._use(name, one, data, "Processor" in _words(system.get("responsibility")))
                name = self._add(uses, name, entry, _named(system))
                self._keep(name, one, data, kept)
        return uses, self._kept(kept)

    def _add(self, uses: Data, name: str, entry: Data, system: str) -> str:
        """A use by its name. Two of one name and basis are one use; of another basis they stay two, and it is told."""
        there = uses.get(name)
        if there is None:
            uses[name] = entry
        elif all(there.get(key) == entry.get(key) for key in ("is", "basis", "assessment")):
            for key in ("data", "of"):
                both = [one for value in (there[key], entry[key]) if value != BLANK for one in value]
                there[key] = list(dict.fromkeys(both)) or BLANK
        else:
            self.unsaid.append(f"use/{name}: two uses have that name")
            name = f"{name} ({system}, {len(uses) + 1})"
            uses[name] = entry
        return name

    def _use(self, name: str, one: Data, data: list[str], for_others: bool) -> Data:
        word = self._word(name, _text(one.get("data_use")))
        said = _text(one.get("legal_basis_for_processing"))
        basis = fides.back(fides.BASES, said) or ("instruction" if for_others and not said else BLANK)
        entry: Data = {"is": word, "basis": basis, "data": data or BLANK, "of": self._of(one)}
        needs: dict[str, Data] = {
            "consent": {"ask": {"words": BLANK}},
            "legal obligation": {"law": BLANK},
            "public task": {"law": BLANK},
        }
        entry |= needs.get(basis, {})
        if basis == "legitimate interests":
            entry |= {"interest": BLANK, "balance": BLANK}
        if place := _text(one.get("impact_assessment_location")):
            entry["assessment"] = self._paper(f"{name} assessment", "assessment", place)
        return entry

    def _word(self, name: str, key: str) -> str:
        while key and not fides.back(fides.USES, key):
            key = key.rpartition(".")[0]
        if not key:
            self.unsaid.append(f"use/{name}: its data_use")
        return fides.back(fides.USES, key) if key else BLANK

    def _data_of(self, one: Data) -> list[str]:
        """The data of a use: those that name it as a purpose, else all of its categories."""
        key = fides.slug(_text(one.get("name")))
        named = [name for name, purposes in self.purposes.items() if key in purposes]
        wanted = _words(one.get("data_categories"))
        return named or [name for name, keys in self.categories.items() if _within(keys, wanted)]

    def _of(self, one: Data) -> list[str] | str:
        found = []
        for key in _words(one.get("data_subjects")):
            self.people.setdefault(key, (_name(key.replace("_", " ")), ""))
            found.append(self.people[key][0])
        return found or BLANK

    def _keep(self, name: str, one: Data, data: list[str], kept: Data) -> None:
        """A period is of data, and there it is of a use: what reads as one is taken for the data that has none yet."""
        said = _text(one.get("retention_period"))
        found = PERIOD.fullmatch(said)
        if said and said != "No retention or erasure policy" and not found:
            self.unsaid.append(f"use/{name}: its period, “{said}”")
        for datum in data if found and not found[3] else []:
            if kept.setdefault(datum, said) != said:
                self.unsaid.append(f"use/{name}: {datum} is kept there for {said}, and elsewhere for {kept[datum]}")

    def _kept(self, kept: Data) -> Data:
        groups = dict.fromkeys(f"{name.split('.')[0]}.*" for name in self.data if name not in kept)
        return kept | dict.fromkeys(groups, BLANK) or {"some.*": BLANK}

    # Who else -------------------------------------------------------------------------------------------------

    def _disclose(self, theirs: list[Data], uses: Data) -> Data:
        found: Data = {}
        for system in theirs:
            name = _named(system)
            said = _maps(system.get("privacy_declarations"))
            wanted = [use for one in said if (use := _name(one.get("name") or "")) in uses]
            keys = [key for one in said for key in _words(one.get("data_categories"))]
            reached = {datum for use in wanted for datum in uses[use]["data"] if uses[use]["data"] != BLANK}
            data = [datum for datum in self.data if datum in reached and _within(self.categories[datum], keys)]
            roles = _words(system.get("responsibility"))
            role = "processor" if set(roles) & {"Processor", "Sub-Processor"} else "controller" if roles else BLANK
            role = "joint" if system.get("joint_controller_info") else role
            entry: Data = {"as": role, "for": wanted or BLANK, "data": data or BLANK, "in": BLANK}
            task, place = _text(system.get("description")), _text(system.get("dpa_location"))
            if role in ("processor", "joint"):
                entry["contract"] = self._paper(f"{name} contract", "contract", place) if place else BLANK
            if role == "processor":
                entry["does"] = task if task in TASKS else BLANK
            if task and entry.get("does") != task:
                self.unsaid.append(f"disclose/{name}: “{task}”")
            found[name] = entry
        return found

    def _paper(self, name: str, kind: str, file: str) -> str:
        self.papers[_name(name)] = {"kind": kind, "file": file, "owner": BLANK, "until": BLANK}
        return _name(name)

    def _nevers(self) -> Data:
        found: Data = {}
        for one in _maps(self.found.get("policy")):
            for rule in _maps(one.get("rules")):
                name = _name(rule.get("name") or one.get("name") or "")
                uses, wanted = _matched(rule.get("data_uses")), _matched(rule.get("data_categories"))
                data = [datum for datum, keys in self.categories.items() if _within(keys, wanted)]
                if uses == [fides.SHARING] and data:
                    found[name] = {"disclose": data}
                else:
                    self.unsaid.append(f"policy/{name}: a rule on uses; say it as what is not declared")
        return found

    def _who(self, ours: list[Data]) -> Data:
        organizations = _maps(self.found.get("organization"))
        one = organizations[0] if organizations else {}
        contact = next(iter(_maps([one.get("controller")])), {})
        officer = one.get("data_protection_officer")
        said = {role.lower() for system in ours for role in _words(system.get("responsibility"))}
        roles = [role for role in ("controller", "processor") if role in said]
        found: Data = {
            "name": _text(one.get("name")) or BLANK,
            "as": roles or BLANK,
            "address": _text(contact.get("address")) or BLANK,
            "email": _text(contact.get("email")) or BLANK,
            "regulator": BLANK,
        }
        for other in organizations[1:]:
            self.unsaid.append(f"organization/{_name(other.get('name') or '')}: a policy is of one firm")
        if isinstance(officer, dict) and _text(officer.get("name")):
            found["officer"] = {"title": _text(officer["name"])}
        return found


def _matched(rule: Any) -> list[str]:
    return _words(rule.get("values")) if isinstance(rule, dict) and rule.get("matches") == "ANY" else []


def _within(keys: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether a category is one of some, or narrower than one."""
    wider = tuple(wanted)
    return any(key == other or key.startswith(f"{other}.") for key in keys for other in wider)
