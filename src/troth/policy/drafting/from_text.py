"""An old policy's prose as a first policy: every line under the sentence behind it, and TBC where no sentence is.

What the language has no line for (a right that troth answers anyway, a measure of security) is quoted as a comment in
its section, so that nothing the text says is lost. What the law wants said and the text does not say is listed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from typing import Any, Final

import msgspec

from troth.policy import words
from troth.policy.drafting import cues, finding, naming, texts
from troth.policy.drafting.finding import Practice, lexicon
from troth.policy.drafting.writing import AGAIN, BLANK, EXCERPT, Draft, excerpt, listed, scalar, slug
from troth.policy.law import prose
from troth.policy.law.rules import Finding, law
from troth.policy.periods import span
from troth.policy.problems import Trouble

SILENT: Final = "the text does not say"
OURS: Final = "Not from the text:"
ENOUGH: Final = 4  # sections that a text must speak of to be a privacy policy
_ABOUT: Final = re.compile(
    r"privacy|personal (data|information|details)|cookies|data protection|gdpr|confidential|information commissioner|"
    r"lawful bas[ie]s|controller|your (data|information|details)|we (know|hold|keep) about you",
    re.I,
)
_NATIONS: Final = re.compile(r"\b(England and Wales|England & Wales|England|Wales|Scotland|Northern Ireland)\b")
_NEEDS: Final = {"consent": "ask: {words: TBC}", "legal obligation": "law: TBC", "public task": "law: TBC"}
_KINDS_OF_FIRM: Final = frozenset({"service providers", "banks", "business partners", "other third parties"})
_SURFACES: Final = {"web": "website"}  # others are called by their kind
_MARKETING: Final = frozenset(name for name, word in words.PURPOSES.items() if word.marketing)


class NotFound(msgspec.Struct, frozen=True):
    section: str
    word: str
    sentence: str


class Drafted(msgspec.Struct, frozen=True):
    """What came of a text. ``draft`` is a policy file that reads, with blanks."""

    draft: str
    practices: list[Practice]
    not_found: list[NotFound]
    findings: list[Finding]


def draft(name: str, raw: bytes, *, of: str = "uk", on: dt.date) -> Drafted:
    """``name`` is what the file is called. ``Trouble`` with exit 3 where the bytes are no privacy policy in English."""
    text = texts.read(name, raw)
    if not texts.is_english(text.text):
        raise _not_a_notice(name, "is not in English, and the rules read only that")
    practices = finding.find(text)
    sections = {one.section for one in practices if one.section not in ("who", "surfaces", "people")}
    if len(sections) < ENOUGH or not sections & {"data", "use", "disclose"} or not _ABOUT.search(text.text):
        raise _not_a_notice(name, "holds nothing that looks like a privacy policy")
    found = [
        msgspec.structs.replace(one, line=text.line(_at(text, one))) for one in prose.findings(text.whole, law(of, on))
    ]
    missing = not_found(practices)
    return Drafted(_Writer(name, practices, missing, of, on).written(), practices, missing, found)


def _at(text: texts.Prose, one: Finding) -> int:
    at = 0
    for _ in range(one.line - 1):
        at = text.whole.find("\n", at) + 1
    return at + one.column - 1


def _not_a_notice(name: str, what: str) -> Trouble:
    return Trouble("not-a-notice", f"{name} {what}.", "Name the text of your privacy policy.", where=name, exit=3)


def not_found(practices: list[Practice]) -> list[NotFound]:
    """What the law wants a notice to say and no sentence says."""
    said = {one.section for one in practices} | {f"{one.section}/{one.word}" for one in practices}
    return [
        NotFound(name.partition("/")[0], name.partition("/")[2], f"The text says nothing of {what}.")
        for name, what in lexicon()["wanted"].items()
        if name not in said
    ]


def best(practices: list[Practice]) -> dict[str, Practice]:
    """For each word of a section the practice of which we are surest, the first of those."""
    found: dict[str, Practice] = {}
    for one in practices:
        if one.word not in found or one.confidence > found[one.word].confidence:
            found[one.word] = one
    return found


class _Writer:
    """Writes the sections one after the other, in the order of the language."""

    def __init__(self, name: str, practices: list[Practice], missing: list[NotFound], of: str, on: dt.date) -> None:
        self.name, self.practices, self.missing, self.of, self.on = name, practices, missing, of, on
        grouped: defaultdict[str, list[Practice]] = defaultdict(list)
        for one in practices:
            grouped[one.section].append(one)
        self.all = grouped
        self.best = {section: best(ones) for section, ones in grouped.items()}
        self.draft = Draft()
        self.quoted: set[str] = set()  # sentences that stand in the section already
        self.fields = self._fields()
        self.of_line: defaultdict[str, list[Practice]] = defaultdict(list)
        for one in practices:
            self.of_line[one.quote].append(one)

    def of_section(self, section: str) -> dict[str, Practice]:
        return self.best.get(section, {})

    def beside(self, one: Practice, section: str) -> list[str]:
        """The words of a section that the same sentence says."""
        return list(dict.fromkeys(other.word for other in self.of_line[one.quote] if other.section == section))

    def _fields(self) -> dict[str, str]:
        """The name of each datum, by its kind: a group and the last word of the kind."""
        groups = {kind: group for group, kinds in lexicon()["group"].items() for kind in kinds}
        return {
            kind: f"{groups.get(kind, 'person')}.{slug(kind)}"
            for kind in words.KINDS
            if kind in self.of_section("data") and not self._vague(self.of_section("data")[kind])
        }

    def _vague(self, one: Practice) -> bool:
        """Whether nothing more is said than "contact details", which may be an address, a number or both."""
        return one.section == "data" and one.phrase.lower().startswith("contact ")

    def written(self) -> str:
        for section in (self.head, self.who, self.surfaces, self.people, self.staff, self.data, self.collect, self.use,
                        self.disclose, self.never, self.keep, self.cookies, self.children, self.answer, self.secure,
                        self.rest):  # fmt: skip
            self.quoted.clear()
            section()
        return self.draft.text().lstrip("\n")

    # --- small things -------------------------------------------------------------------------------------------------

    def quote(self, one: Practice, indent: int = 2, why: str = "") -> None:
        sure = "" if one.confidence >= 0.6 else " Doubtful."
        more = f"{sure} {why}".rstrip() if why else sure
        room = AGAIN if one.quote in self.quoted else EXCERPT
        self.quoted.add(one.quote)
        self.draft.note(f"line {one.line}: “{excerpt(one.quote, one.phrase, room)}”{more}", indent)

    def nothing(self, section: str, word: str = "", indent: int = 2) -> None:
        name = f"{section}/{word}" if word else section
        self.draft.note(f"The text says nothing of {lexicon()['wanted'].get(name, word or section)}.", indent)

    def only_quoted(self, ones: dict[str, Practice], why: str) -> None:
        """Sentences that have no line of their own, each once with all that it says; what to do is told once."""
        grouped: dict[str, list[str]] = {}
        for word, one in ones.items():
            grouped.setdefault(one.quote, []).append(word)
        for place, said in enumerate(grouped.values()):
            self.quote(ones[said[0]], 2, f"→ {', '.join(said)}{f': {why}' if not place else '.'}")

    # --- sections -----------------------------------------------------------------------------------------------------

    def head(self) -> None:
        draft, edition = self.draft, self.of_section("edition")
        draft.note(
            f"Drafted by troth init from {self.name} on {self.on.isoformat()}. Above every line stands the sentence "
            "behind it, with its line in that file. TBC marks what a person must say: nothing is made up."
        )
        for lack in self.missing:
            draft.note(lack.sentence)
        firm = self.of_section("who").get("name")
        draft.note(f"{OURS} the version of the language, and a small name for this policy.")
        draft.say("troth: 1", 0)
        draft.say(f"policy: {slug(firm.name.split()[0] if firm else '') or 'draft'}", 0)
        draft.section("edition")
        for word, one in edition.items():
            self.quote(
                one, 2, f"→ {word}: in troth every edition has a date, and people are told before it binds them."
            )
        draft.note(f"{OURS} the day of this draft.", 2)
        draft.say(f"date: {self.on.isoformat()}")
        for line in ("change: first", "because: First edition under troth"):
            draft.note(f"{OURS} this edition is the first that a program keeps.", 2)
            draft.say(line)
        draft.section("law")
        draft.note(f"{OURS} the law that was asked for.", 2)
        draft.say(f"of: {self.of}")
        self._nation()

    def _nation(self) -> None:
        for one in self.practices:
            found = _NATIONS.search(one.quote) if one.section == "who" else None
            if found:
                self.quote(one)
                nation = {
                    "England": "England and Wales",
                    "Wales": "England and Wales",
                    "England & Wales": "England and Wales",
                }
                return self.draft.say(f"nation: {nation.get(found[1], found[1])}")
        self.draft.note("The text says nothing of the nation whose courts and holidays count.", 2)
        return self.draft.say(f"nation: {BLANK}")

    def who(self) -> None:
        said = self.of_section("who")
        self.draft.section("who")
        for word in ("name", "address", "email", "phone"):
            if word in said:
                self.quote(said[word])
                self.draft.say(f"{word}: {scalar(said[word].name)}")
            elif word != "phone":
                self.nothing("who", word)
                self.draft.say(f"{word}: {BLANK}")
        self._as(said)
        if "number" in said:
            self.quote(said["number"])
            self.draft.say(f"company: {{number: {scalar(said['number'].name)}, registered in: {BLANK}}}")
        if "officer" in said:
            self.quote(said["officer"])
            self.draft.say(f"officer: {{title: {scalar(said['officer'].phrase.title())}}}")
        other = ("fee", "representative", "website", "company")
        self.only_quoted({word: one for word, one in said.items() if word in other}, "put it where it belongs.")
        self._regulator(said.get("regulator"))

    @property
    def gdpr(self) -> str:
        return "UK GDPR" if self.of == "uk" else "GDPR"

    def _regulator(self, said: Practice | None) -> None:
        """The one that the text names; where it names none of those that are known, that of the law asked for."""
        if said is None:
            self.draft.note("The text says nothing of a regulator.", 2)
            self.draft.say(f"regulator: {BLANK}")
            return
        self.quote(said)
        known = words.REGULATORS.items()
        named = next((key for key, one in known if one.name in said.quote), "")
        named = named or next((key for key, _ in known if re.search(rf"\b{key.upper()}\b", said.quote)), "")
        self.draft.say(f"regulator: {named or ('ico' if self.of == 'uk' else BLANK)}")

    def _as(self, said: dict[str, Practice]) -> None:
        roles: list[str] = [word for word in ("controller", "processor") if word in said]
        for word in roles:
            self.quote(said[word])
        if not roles:
            self.draft.note("The text says nothing of whether the firm decides itself or works for others.", 2)
        self.draft.say(f"as: {listed(roles) if roles else BLANK}")

    def surfaces(self) -> None:
        self.draft.section("surfaces")
        said = self.of_section("surfaces")
        if "web" not in said:
            self.draft.note("The text says nothing of a website; take this out if there is none.", 2)
            self.draft.say(f"website: {{kind: web, origins: {BLANK}}}")
        for word, one in said.items():
            self.quote(one)
            more = f", origins: {BLANK}" if word in ("web", "app") else f", sends as: {BLANK}" if word == "mail" else ""
            self.draft.say(f"{_SURFACES.get(word, word)}: {{kind: {word}{more}}}")

    def people(self) -> None:
        self.draft.section("people")
        means = lexicon()["means"]
        for word, one in self.of_section("people").items():
            self.quote(one)
            self.draft.say(f"{word}: {means[word]}")
        if not self.of_section("people"):
            self.draft.note("The text says nothing of whose data it is.", 2)
            self.draft.say(f"person: {BLANK}")

    def staff(self) -> None:
        one = self.of_section("disclose").get("employees")
        if one is not None:
            self.draft.section("staff")
            self.quote(one)
            self.draft.say(f"our staff: {BLANK}")

    def data(self) -> None:
        self.draft.section("data")
        said = self.of_section("data")
        order = ["person", *lexicon()["group"]]
        for kind, field in sorted(self.fields.items(), key=lambda item: order.index(item[1].split(".")[0])):
            self.quote(said[kind])
            more = f", may hold: {BLANK}" if words.KINDS[kind].free_text else ""
            more += f", identifies: {min(words.KINDS[kind].identifies)}" if words.KINDS[kind].identifies else ""
            self.draft.say(f"{field}: {{is: {kind}{more}}}" if more else f"{field}: {kind}")
        vague = {kind: one for kind, one in said.items() if kind in words.KINDS and self._vague(one)}
        self.only_quoted(vague, "say which of these “contact details” are.")
        if not self.fields:
            self.nothing("data")
            self.draft.say(f"person.data: {BLANK}")
        self.draft.note(f"{OURS} what people choose is written down by troth itself ({self.gdpr} Art 7(1)).", 2)
        self.draft.say("troth.choices: choice")

    def collect(self) -> None:
        self.draft.section("collect")
        ways, fields = self.of_section("collect"), self._by_way()
        for way, one in ways.items():
            self.quote(one)
            self._point(lexicon()["point"][way], way, fields.pop(way, []), one)
        left = [field for names in fields.values() for field in names]
        if left or not ways:
            self.draft.note("The text says nothing of how these come in.", 2)
            self._point("unsaid", BLANK, left or ["person.data"], None)

    def _by_way(self) -> dict[str, list[str]]:
        ways = self.of_section("collect")
        found: defaultdict[str, list[str]] = defaultdict(list)
        for kind, field in self.fields.items():
            if kind == "password":  # only the way in to accounts may take one (Art 32(1))
                found["service" if "service" in ways else ""].append(field)
                continue
            told = [way for way in self.beside(self.of_section("data")[kind], "collect")]
            usual = [way for way in lexicon()["comes"][field.split(".")[0]] if way in ways]
            found[next((way for way in usual if way in told), (told or usual or [""])[0])].append(field)
        return found

    def _point(self, name: str, way: str, fields: list[str], one: Practice | None) -> None:
        people = self.beside(one, "people") if one else []
        self.draft.say(f"{name}:")
        self.draft.say(f"by: {way}", 4)
        if way == BLANK or words.BY[way].surfaces:
            self.draft.say("at: website", 4)
        self.draft.say(f"of: {listed(people) if people else f'{BLANK}  # {SILENT}'}", 4)
        self.draft.say(f"may: {listed(fields) if fields else f'{BLANK}  # {SILENT} which data'}", 4)
        if self.fields.get("voice recording") in fields:
            self.draft.say(f"recorded: {BLANK}  # {SILENT} what people hear before it begins; Art 13(1)", 4)
        if way != BLANK and words.BY[way].way == "obtained":
            self.draft.say(f"from: {BLANK}  # {SILENT} from whom; Art 14(2)(f)", 4)
            self.draft.say(f"tell people: {BLANK}  # how they learn of it; Art 14(3)", 4)

    def use(self) -> None:
        self.draft.section("use")
        for word, one in self.of_section("use").items():
            self.quote(one)
            self.draft.say(f"{lexicon()['called'][word]}:")
            self.draft.say(f"is: {word}", 4)
            self._basis(word, one)
            fields = [self.fields[kind] for kind in self.beside(one, "data") if kind in self.fields]
            self.draft.say(f"data: {listed(fields) if fields else f'{BLANK}  # {SILENT} which'}", 4)
            people = self.beside(one, "people")
            self.draft.say(f"of: {listed(people) if people else f'{BLANK}  # {SILENT} whose'}", 4)
        if not self.of_section("use"):
            self.nothing("use")
            self.draft.say(f"unsaid: {{is: {BLANK}, basis: {BLANK}, data: {BLANK}}}")
        others = {word: one for word, one in self.of_section("basis").items() if not self.beside(one, "use")}
        self.only_quoted(others, "say for which use.")
        self.draft.note(f"{OURS} proof of what people chose must be kept ({self.gdpr} Art 7(1), 21(3)).", 2)
        self.draft.say("remember what you chose:")
        law_ = f'law: "{self.gdpr} Art 7(1) and 21(3)"'
        for line in ("is: suppression", "basis: legal obligation", law_, "data: troth.choices", f"of: {BLANK}"):
            self.draft.say(line, 4)

    def _basis(self, word: str, one: Practice) -> None:
        said = [
            basis
            for basis in self.beside(one, "basis")
            if word not in _MARKETING or basis in ("consent", "legitimate interests")
        ]
        if self.of_section("who").keys() & {"controller", "processor"} == {"processor"} and said != ["instruction"]:
            said = [*said, "instruction"]  # who only works for others has no basis of its own: Art 28(3)(a)
        if len(said) != 1:
            doubt = f"{' or '.join(said)}?" if said else SILENT
            return self.draft.say(f"basis: {BLANK}  # {doubt}", 4)
        self.draft.say(f"basis: {said[0]}", 4)
        for line in [f"{key}: {BLANK}" for key in ("interest", "balance")] if said[0] == "legitimate interests" else []:
            self.draft.say(line, 4)
        if said[0] in _NEEDS:
            self.draft.say(_NEEDS[said[0]], 4)
        if said[0] == "recognised legitimate interests":
            self.draft.say(f"case: {BLANK}", 4)
        return None

    def disclose(self) -> None:
        said = {word: one for word, one in self.of_section("disclose").items() if not self._stood_for(word)}
        self.draft.section("disclose")
        for word, one in said.items():
            self.quote(one)
            self._recipient(word, one)
        if not said:
            self.nothing("disclose")
            self.draft.say(f"whoever it is: {{as: {BLANK}, for: {BLANK}, data: {BLANK}, in: {BLANK}}}")
        self.only_quoted(self.of_section("transfers"), "say for each recipient `in` which country, and `under` what.")

    def _stood_for(self, word: str) -> bool:
        """Whether firms that are named stand for a kind of recipient wherever the text speaks of it."""
        if word not in _KINDS_OF_FIRM:
            return word == "employees"
        return all(
            any(name not in lexicon()["role"] for name in self.beside(one, "disclose"))
            for one in self.all["disclose"]
            if one.word == word
        )

    def _recipient(self, word: str, one: Practice) -> None:
        role, does = (lexicon()["companies"] | lexicon()["role"]).get(word, [BLANK, ""])
        needs = words.ROLES[role].needs if role in words.ROLES else ()
        self.draft.say(f"{scalar(word)}:")
        self.draft.say(f"as: {role}{'' if role != BLANK else f'  # {SILENT}: processor or controller?'}", 4)
        if does or "does" in needs:
            self.draft.say(f"does: {does or BLANK}", 4)
        told = self._told_of(one)
        for key, why in (("for", "which use"), ("data", "which data"), ("in", "which country")):
            self.draft.say(f"{key}: {told.get(key, f'{BLANK}  # {SILENT} {why}')}", 4)
        if "in" in told and not words.adequate(words.COUNTRIES[told["in"]], [self.of]):
            self.draft.say(f"under: {{mechanism: {BLANK}, paper: {BLANK}}}", 4)
        if "contract" in needs:
            self.draft.say(f"contract: {BLANK}", 4)

    def _told_of(self, one: Practice) -> dict[str, str]:
        """What the sentence of a recipient also says: the one use, the data, and the one country."""
        told: dict[str, str] = {}
        alone = "|" in one.quote or len(set(self.beside(one, "disclose")) - set(lexicon()["role"])) < 2
        uses, fields = self.beside(one, "use"), [self.fields[k] for k in self.beside(one, "data") if k in self.fields]
        countries = {naming.code_of(word) for word in self.beside(one, "transfers")} - {""}
        if alone and len(uses) == 1:
            told["for"] = scalar(lexicon()["called"][uses[0]])
        if alone and fields:
            told["data"] = listed(fields)
        if alone and len(countries) == 1:
            told["in"] = countries.pop()
        return told

    def never(self) -> None:
        said = self.of_section("never")
        if said:
            self.draft.section("never")
        known = {word: one for word, one in said.items() if word in lexicon()["promised"]}
        self.only_quoted(
            {word: one for word, one in said.items() if word not in known}, "a promise for a person to place."
        )
        both = known.pop("keep card numbers", None) if "card number" in self.fields else None
        if both is not None:
            self.quote(both, 2, "→ but the text also takes card numbers in: one of the two must go.")
        for word, one in known.items():
            self.quote(one)
            self.draft.say(f"{lexicon()['promised'][word]}: {lexicon()['written'][word]}")
        if said and not known:
            self.draft.note("The text says nothing that this section has a line for.", 2)
            self.draft.say(f"unsaid: {{collect: {BLANK}}}")

    def keep(self) -> None:
        self.draft.section("keep")
        said = self.of_section("keep")
        lines: dict[str, tuple[str, Practice]] = {}
        left: dict[str, Practice] = {}
        for word, one in said.items():
            fields = [self.fields[kind] for kind in self.beside(one, "data") if kind in self.fields]
            if (
                span(word) is None
                or not fields
                or len([word_ for word_, other in said.items() if other.quote == one.quote and span(word_)]) > 1
            ):
                left[word] = one
            else:
                lines |= {field: (word, one) for field in fields if field not in lines}
        self.only_quoted(left, "say of which data, as a period.")
        for field, (word, one) in lines.items():
            self.quote(one)
            self.draft.say(f"{field}: {_since(word, one)}")
        for group in dict.fromkeys(field.split(".")[0] for field in self.fields.values()):
            self._unkept(
                group, [field for field in self.fields.values() if field.split(".")[0] == group and field not in lines]
            )
        for name in ("troth.choices", "troth.requests"):
            self.draft.note(
                f"{OURS} proof of what people chose and asked; how long is yours to say ({self.gdpr} Art 5(2)).", 2
            )
            self.draft.say(f"{name}: {BLANK}")

    def _unkept(self, group: str, fields: list[str]) -> None:
        kinds = {field: kind for kind, field in self.fields.items()}
        apart = [field for field in fields if words.KINDS[kinds[field]].special or words.KINDS[kinds[field]].secret]
        names = [*([f"{group}.*"] if len(fields) > len(apart) else []), *apart]
        for name in names:
            self.draft.note(f"The text says nothing of how long {name} is kept.", 2)
            self.draft.say(f"{scalar(name) if '*' not in name else name}: {BLANK}")

    def cookies(self) -> None:
        said: dict[str, list[Practice]] = {}
        for one in self.all.get("cookies", []):
            if one.word in words.COOKIE_FUNCTIONS:
                said.setdefault(one.quote, []).append(one)
        self.draft.section("cookies")
        taken: set[tuple[str, ...]] = set()
        for ones in said.values():
            named = [word for word in self.beside(ones[0], "disclose") if word in lexicon()["companies"]]
            does = [one.word for one in ones]
            name = f"{named[0]} {' '.join(does[:1])}" if named else f"cookie for {does[0]}"
            if (key := (name, *does)) in taken or (not named and any(set(does) <= set(other[1:]) for other in taken)):
                continue
            name = (
                f"{name} {sum(other[0] == name for other in taken) + 1}"
                if any(other[0] == name for other in taken)
                else name
            )
            taken.add(key)
            self.quote(ones[0])
            self._cookie(name, named, does, ones[0])
        if not said:
            self.nothing("cookies")
            self.draft.say(f"unsaid: {{at: website, by: {BLANK}, does: {BLANK}, for: {BLANK}, lasts: {BLANK}}}")

    def _cookie(self, name: str, named: list[str], does: list[str], one: Practice) -> None:
        others = re.search(r"third part|advertisers?|partners?", one.quote, re.I)
        by = (
            named[0]
            if named
            else BLANK
            if others or not re.search(r"\b(we|our|the website|this site)\b", one.quote, re.I)
            else "us"
        )
        session = re.search(r"session cookies?|clos\w+ (?:your|the) browser|shut down your browser", one.quote, re.I)
        self.draft.say(f"{scalar(name)}:")
        for line in ("at: website", f"by: {scalar(by)}", f"does: {listed(does)}", f"for: {BLANK}  # {SILENT} which use",
                     f"lasts: {'until browser closes' if session else f'{BLANK}  # {SILENT}'}"):  # fmt: skip
            self.draft.say(line, 4)

    def children(self) -> None:
        said = self.of_section("children")
        ages = [word for word in said if word.isdigit()]
        if not said:
            return
        self.draft.section("children")
        self.only_quoted(
            {word: one for word, one in said.items() if not word.isdigit()}, "put it under `asked of parent`."
        )
        if ages:
            self.quote(said[ages[0]])
        else:
            self.draft.note("The text says nothing of an age.", 2)
        self.draft.say(f"least age: {ages[0] if ages else BLANK}")
        self.draft.note("The text says nothing of how an age is seen.", 2)
        self.draft.say(f"control: {BLANK}")

    def answer(self) -> None:
        self.draft.section("answer")
        self.only_quoted(
            self.of_section("answer"), "troth answers each right that the law gives, whether it is written here or not."
        )
        for one in self.missing:
            if one.section == "answer":
                self.draft.note(one.sentence, 2)
        self.draft.note("The text says nothing of how troth is to know the person.", 2)
        self.draft.say(f"identity: {BLANK}")
        self.draft.note("The text says nothing of how long an erasure can be undone.", 2)
        self.draft.say(f"undo: {BLANK}")

    def secure(self) -> None:
        self.draft.section("secure")
        self.only_quoted(self.of_section("secure"), "say below what of it troth shall hold you to.")
        if not self.of_section("secure"):
            self.nothing("secure")
        self.draft.note("The text says nothing of how far an erasure reaches.", 2)
        self.draft.say(f"erasure reaches: {BLANK}")

    def rest(self) -> None:
        self.draft.section("places")
        self.draft.note(f"{OURS} troth's own store; add every other place where data lives.", 2)
        self.draft.say(f"ours: {{kind: ours, holds: everything, in: {BLANK}}}")
        self.draft.section("notice")
        self.draft.note("The text says nothing of the address at which it is published.", 2)
        self.draft.say(f"at: {BLANK}")


def as_data(found: Drafted) -> dict[str, Any]:
    return {key: msgspec.to_builtins(getattr(found, key)) for key in ("practices", "not_found", "findings")}


def _since(word: str, one: Practice) -> str:
    """A period with what it counts from, where its sentence says so: another beginning is another promise."""
    begins = rf"{re.escape(one.phrase)}\s+(?:after|following|from|since|of)\s+([^.,;|()]{{3,60}})"
    hit = re.search(begins, one.quote, re.I)
    if hit is None or (cues.WHEN_TAKEN.search(hit[1]) and not cues.AGAIN.search(hit[1])):
        return word
    if cues.WHEN_ANSWERED.search(hit[1]):
        return f"{word} after answered"
    return f"{word}  # the text counts from “{hit[1].strip()}”: name that moment, else it counts from when data came in"
