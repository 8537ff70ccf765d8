"""Checking: every rule of the language held against a policy as read. All problems at once, each where it stands.

An entry that did not read poisons its name: what points to it stays quiet, and the checks that count what is missing
(data nobody uses, keeps or places) wait until everything reads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from troth.policy import (
    acting,
    addressing,
    bounds,
    closed,
    coverage,
    former,
    grammar,
    housing,
    nevers,
    papers,
    periods,
    risks,
    sizes,
    vain,
    words,
)
from troth.policy.always import ALWAYS, RIGHTS, SECTIONS
from troth.policy.plan import Rule
from troth.policy.reading import Document, Entry, Mark, Reader, Text, suggest
from troth.policy.selecting import Selecting

WIDE: Final = ("business interest", "our interests", "legitimate interest", "business purposes", "various")
OURS: Final = "us"
ECHOING: Final = ("unknown-", "star-", "said-twice", "bad-name", "blank")
"""A name that leads nowhere would echo as data without a use, a place, an end: those rules wait until it is mended."""
READ: Final = ("unknown-section", "unknown-key")
"""These echo only where nobody could know what was meant: then the entry, or the section, did not read."""


class Checker:
    """Holds the rules of the language against one document; what it worked out is what the compiler compiles."""

    def __init__(self, document: Document, reader: Reader, on: dt.date, folder: papers.Folder | None) -> None:
        self.document, self.reader, self.on, self.folder = document, reader, on, folder
        self.select = Selecting(document, reader)
        self.use_data: dict[str, frozenset[str]] = {}
        self.use_people: dict[str, frozenset[str]] = {}
        self.point_needs: dict[str, frozenset[str]] = {}
        self.point_may: dict[str, frozenset[str]] = {}
        self.recipient_data: dict[str, frozenset[str]] = {}
        self.place_data: dict[str, frozenset[str]] = {}
        self.hold_data: dict[str, frozenset[str]] = {}
        self.never_data: dict[str, frozenset[str]] = {}
        self.rules: dict[str, Rule] = {}
        self.digests: dict[str, str] = {}  # SHA-256 of each paper that was looked at
        self.seals: frozenset[str] = frozenset()
        self.lost: set[str] = set()  # uses whose data did not all read: what they lack is not told again

    def section(self, name: str) -> dict[str, Entry]:
        return self.document.sections[name]

    def bad(self, mark: Mark, code: str, sentence: str, help: str, law: str = "", severity: str = "error") -> None:
        self.reader.bad(mark, code, sentence, help, law, severity)

    def check(self) -> None:
        self._law()
        self._data()
        self._people()
        self._points()
        former.check(self)
        self._uses()
        self._recipients()
        self._keep()
        self._cookies()
        self._places()
        self._guards()
        self._papers()
        self._promises()
        self._clients()
        bounds.check(self)
        for room in (closed, sizes, acting, addressing, housing, vain, risks):
            room.check(self)
        if not self.document.unread and not any(
            one.code.startswith(ECHOING) and one.code not in READ for one in self.reader.problems
        ):
            coverage.check(self)
            housing.cover(self)
            vain.cover(self)

    # --- references ---------------------------------------------------------------------------------------------

    def _known(self, section: str, item: Text, what: str, *also: str) -> bool:
        names = self.document.names(section)
        if item.text in names or item.text in also or section in self.document.lost:
            return True
        help = suggest(item.text, names | set(also), f"Declare it under `{section}`.")
        self.reader.astray.append((section, item.text))
        self.bad(item.mark, f"unknown-{what}", f"Nobody declares “{item.text}” under `{section}`.", help)
        self._absent(section)
        return False

    def all_known(self, section: str, entry: Entry, key: str) -> bool:
        """Whether all that is named there was read: what a name that leads nowhere would have brought nobody knows."""
        return all(name in self.section(section) for name in entry.words(key))

    def _absent(self, section: str) -> None:
        """Where a whole section is not there, the first name that it lacks tells that; a hundred would tell no more."""
        if not self.document.names(section):
            self.document.lost.add(section)

    def has_paper(self, name: str) -> bool:
        return name in self.document.names("papers") or "papers" in self.document.lost

    def _each(self, section: str, items: Iterable[Text], what: str, *also: str) -> frozenset[str]:
        return frozenset(item.text for item in items if self._known(section, item, what, *also))

    def _text(self, entry: Entry, key: str) -> Text:
        return Text(entry.text(key), entry.at(key))

    def _paper(self, entry: Entry, key: str, *kinds: str, law: str = "") -> None:
        item = self._text(entry, key)
        if not item.text or not self._known("papers", item, "paper"):
            return
        paper = self.section("papers").get(item.text)
        if paper is not None and paper.text("kind") and paper.text("kind") not in kinds:
            self.bad(
                item.mark, "wrong-paper", f"“{item.text}” is {words.PAPER_KINDS[paper.text('kind')]}.",
                f"Name a paper of kind {' or '.join(kinds)}.", law,
            )  # fmt: skip

    # --- head ---------------------------------------------------------------------------------------------------

    def _law(self) -> None:
        law, who = self.document.one("law"), self.document.one("who")
        for item in law.texts("readers in"):
            if item.text not in words.COUNTRIES:
                self.bad(item.mark, "unknown-country", f"“{item.text}” is no country code.", _country(item.text))
            elif words.COUNTRIES[item.text].eea and "eu" not in law.words("of"):
                self.bad(item.mark, "law-missing", f"Readers in {item.text} stand under EU law.", "Add eu to `law/of`.")
        if law.has("nation") and "uk" in law.words("of") and law.text("nation") not in words.NATIONS:
            help = f"Choose one of: {', '.join(words.NATIONS)}."
            self.bad(law.at("nation"), "unknown-nation", f"“{law.text('nation')}” is no nation of the UK.", help)
        if "processor" in who.words("as") and "controller" not in who.words("as"):
            self._processor_only()

    def _processor_only(self) -> None:
        for name, use in self.section("use").items():
            if use.text("basis") not in ("instruction", "") and use.text("is") not in (
                "rights",
                "suppression",
                "security",
            ):
                own = use.text("basis") in ("legal obligation", "legitimate interests", "contract")
                if not own:
                    self.bad(
                        use.at("basis"), "own-basis", f"“{name}” has a basis of ours, but we only work for clients.",
                        "Write basis: instruction, or say that we are controller too.", "UK GDPR Art 28(3)(a)",
                    )  # fmt: skip

    # --- data and people ----------------------------------------------------------------------------------------

    def _data(self) -> None:
        for name, entry in self.section("data").items():
            kind = words.KINDS.get(entry.text("is"))
            if kind is None:
                continue
            form = entry.text("as")
            if form and form not in kind.forms:
                help = f"Choose one of: {', '.join(sorted(kind.forms))}."
                self.bad(entry.at("as"), "wrong-form", f"{kind.name} cannot be stored “{form}” ({name}).", help)
            by = entry.text("identifies")
            if by and by not in kind.identifies:
                self.bad(
                    entry.at("identifies"), "wrong-identity", f"{kind.name} does not identify a {by}.", "Take it out."
                )
            if kind.free_text and not entry.text("may hold") and not entry.broken:
                self.bad(
                    entry.mark, "free-text", f"“{name}” is free text, which can hold anything.",
                    "Add `may hold: special category`, or `may hold: none` if you look at each.", "UK GDPR Art 9",
                )  # fmt: skip
            self._each("people", entry.texts("of"), "people", "everyone")
            self._each("staff", entry.texts("opened by"), "staff")

    def _people(self) -> None:
        for entry in self.section("people").values():
            self._paper(entry, "party to", "contract")
        for entry in self.section("surfaces").values():
            self._each("people", entry.texts("for"), "people", "everyone")

    # --- collect ------------------------------------------------------------------------------------------------

    def _points(self) -> None:
        for name, entry in self.section("collect").items():
            self.point_needs[name] = self.select.expand("collect", entry.texts("needs"))
            self.point_may[name] = self.select.expand("collect", entry.texts("may"))
            self._each("people", entry.texts("of"), "people", "everyone")
            self._each("use", entry.texts("offers"), "use")
            self._surface(name, entry)
            if entry.has("needs") and not entry.has("why"):
                self.bad(
                    entry.at("needs"), "no-why", f"“{name}” requires data and does not say why.",
                    "Add `why:`, the sentence that people read at the form.", "UK GDPR Art 13(2)(e)",
                )  # fmt: skip
            if words.BY.get(entry.text("by"), words.BY["form"]).way == "obtained" and not (
                entry.has("from") or entry.broken
            ):
                self.bad(
                    entry.mark, "no-source", f"“{name}” does not say from whom the data comes.", "Add `from:`.",
                    "UK GDPR Art 14(2)(f)",
                )  # fmt: skip
            self._paper(entry, "licence", "licence", "contract")

    def _surface(self, name: str, entry: Entry) -> None:
        by, at = words.BY.get(entry.text("by")), self._text(entry, "at")
        if by is None:
            return
        if not at.text:
            if by.surfaces and not entry.broken:
                self.bad(entry.mark, "missing-key", f"“collect/{name}” does not say `at`.", "Add `at:` and a surface.")
            return
        if self._known("surfaces", at, "surface") and at.text in self.section("surfaces"):
            kind = self.section("surfaces")[at.text].text("kind")
            if kind and by.surfaces and kind not in by.surfaces:
                help = f"Name a surface of kind {' or '.join(sorted(by.surfaces))}."
                self.bad(at.mark, "wrong-surface", f"A {by.name} does not work on {words.SURFACE_KINDS[kind]}.", help)

    # --- use ----------------------------------------------------------------------------------------------------

    def _uses(self) -> None:
        broken = {name for name, one in self.section("data").items() if one.broken}
        for name, entry in self.section("use").items():
            before = len(self.reader.problems)
            data = self.select.expand("use", entry.texts("data"))
            self.use_data[name] = data - self.select.expand("use", entry.texts("except"))
            if len(self.reader.problems) > before or self.select.is_lost or not broken.isdisjoint(data):
                self.lost.add(name)
            self._use_people(name, entry)
            self._each("staff", entry.texts("staff"), "staff")
            self._basis(name, entry)
            self._channels(name, entry)
            for key, kinds in (("balance", ("balance",)), ("assessment", ("assessment",))):
                self._paper(entry, key, *kinds)
            if entry.text("yields") == "statistics" and not entry.says("smallest group"):
                self.bad(
                    entry.at("yields"), "no-floor", f"“{name}” yields statistics of groups of any size.",
                    "Add `smallest group: 10`.", "UK GDPR Art 5(1)(c)",
                )  # fmt: skip
            if entry.text("on device") == "statistics" and entry.text("yields") != "statistics":
                self.bad(
                    entry.at("on device"), "not-statistics",
                    f"“{name}” claims the exception for statistics but yields {entry.text('yields') or 'rows'}.",
                    "Add `yields: statistics`, or ask first.", "PECR Sch A1 para 5",
                )  # fmt: skip

    def _use_people(self, name: str, entry: Entry) -> None:
        said = self._each("people", entry.texts("of"), "people", "everyone")
        everyone = set(self.section("people"))
        if "everyone" in said:
            said = frozenset(everyone)
        of_data = self.people_of(self.use_data[name])
        if not entry.has("of"):
            if len(of_data) > 1 and not entry.broken:
                listed = ", ".join(sorted(of_data))
                self.bad(entry.mark, "whose", f"“{name}” does not say of whom. Its data is of {listed}.", "Add `of:`.")
            said = frozenset(of_data)
        self.use_people[name] = said

    def people_of(self, data: Iterable[str]) -> set[str]:
        found: set[str] = set()
        wanted = set(data)
        for point, entry in self.section("collect").items():
            if wanted & (self.point_needs[point] | self.point_may[point]):
                found |= set(entry.words("of"))
        return set(self.section("people")) if "everyone" in found else found

    def _basis(self, name: str, entry: Entry) -> None:
        basis = entry.text("basis")
        if entry.has("case") and entry.text("case") not in words.CASES:
            help = suggest(entry.text("case"), words.CASES, f"Choose one of: {', '.join(words.CASES)}.")
            said = f"“{entry.text('case')}” is no recognised case."
            self.bad(entry.at("case"), "unknown-case", said, help, "UK GDPR Art 6(1)(ea)")
        if entry.broken or basis not in words.BASES:
            return
        articles = words.BASES[basis].article
        for key in words.BASES[basis].needs:
            if not entry.has(key):
                help = {"ask": "Add `ask: {words: …}`, the question as people read it."}.get(key, f"Add `{key}:`.")
                self.bad(
                    entry.at("basis"), f"no-{key}", f"“{name}” rests on {basis} and says no {key}.", help, articles
                )
        if basis == "legitimate interests" and any(wide in entry.text("interest").lower() for wide in WIDE):
            self.bad(
                entry.at("interest"), "wide-interest", f"“{entry.text('interest')}” is too wide to weigh.",
                "Say what exactly you want to achieve, as “to see which pages help”.", articles,
            )  # fmt: skip
        if basis != "consent" and entry.has("ask"):
            self.bad(
                entry.at("ask"),
                "asked-in-vain",
                f"“{name}” asks, but rests on {basis}.",
                "Take `ask` out, or rest it on consent.",
                articles,
            )
        purpose = words.PURPOSES.get(entry.text("is"))
        if purpose and purpose.marketing and basis == "contract":
            self.bad(
                entry.at("basis"),
                "marketing-contract",
                f"“{name}” is marketing; no contract needs it.",
                "Rest it on consent or legitimate interests.",
                articles,
            )

    def _channels(self, name: str, entry: Entry) -> None:
        purpose = words.PURPOSES.get(entry.text("is"))
        for channel, permission in entry.pairs("by").items():
            mark = entry.at("by")
            if channel not in words.CHANNELS:
                self.bad(
                    mark,
                    "unknown-channel",
                    f"“{channel}” is no channel.",
                    suggest(channel, words.CHANNELS, f"Choose one of: {', '.join(words.CHANNELS)}."),
                )
                continue
            kind = words.CHANNEL_KINDS.get(channel, "")
            reached = any(self._channel_of(field) == kind for field in self.use_data[name])
            if kind and not reached and name not in self.lost:
                self.bad(
                    mark,
                    "no-address",
                    f"“{name}” writes by {channel}, but uses nothing to reach people there.",
                    f"Add the {kind} to `data`, or take the channel out.",
                )
            if (
                purpose
                and purpose.message_class == "marketing"
                and permission.text not in words.CHANNELS[channel].permissions
            ):
                help = (
                    f"Write by: {{{channel}: …}} with one of: {', '.join(sorted(words.CHANNELS[channel].permissions))}."
                )
                self.bad(
                    mark,
                    "no-permission",
                    f"“{name}” sends marketing by {channel} without saying what allows it.",
                    help,
                    "PECR reg 22",
                )

    def _channel_of(self, field: str) -> str:
        entry = self.section("data").get(field)
        kind = words.KINDS.get(entry.text("is")) if entry else None
        return kind.channel if kind else ""

    # --- disclose -----------------------------------------------------------------------------------------------

    def _recipients(self) -> None:
        for name, entry in self.section("disclose").items():
            role = words.ROLES.get(entry.text("as"))
            if [item.text for item in entry.texts("data")] == ["in its places"]:
                items = [
                    text
                    for place in self.section("places").values()
                    if place.text("by") == name
                    for text in place.texts("holds")
                ]
                self.recipient_data[name] = self.select.expand("disclose", items)
            else:
                stars = role is None or not role.for_itself
                self.recipient_data[name] = self.select.expand("disclose", entry.texts("data"), stars=stars)
                self.recipient_data[name] -= self.select.expand("disclose", entry.texts("except"))
            uses = self._each("use", entry.texts("for"), "use")
            self._within_uses(name, entry, uses)
            self._role(name, entry)
            self._countries(name, entry)

    def _within_uses(self, name: str, entry: Entry, uses: frozenset[str]) -> None:
        if entry.broken or self.lost & uses or not self.all_known("use", entry, "for"):
            return
        used = frozenset[str]().union(*(self.use_data[use] for use in uses))
        if outside := self.recipient_data[name] - used:
            listed = ", ".join(sorted(outside))
            self.bad(
                entry.at("data"), "outside-use", f"“{name}” would get {listed}, which none of its uses needs.",
                "Take it out, or name the use that needs it.", "UK GDPR Art 5(1)(b)",
            )  # fmt: skip

    def _role(self, name: str, entry: Entry) -> None:
        role = words.ROLES.get(entry.text("as"))
        if role is None:
            return
        for key in role.needs:
            if not entry.has(key) and not entry.broken:
                self.bad(
                    entry.at("as"),
                    f"no-{key}",
                    f"“{name}” is {role.name} and says no {key}.",
                    f"Add `{key}:`.",
                    role.law,
                )
        self._paper(entry, "contract", "contract", "agreement", law=role.law)
        if entry.has("does") and entry.text("does") not in words.TASKS:
            help = suggest(entry.text("does"), words.TASKS, f"Choose one of: {', '.join(words.TASKS)}.")
            self.bad(entry.at("does"), "unknown-task", f"“{entry.text('does')}” is no task.", help)
        if role.name == "processor":
            self._covers(entry, role.law)

    def _countries(self, name: str, entry: Entry) -> None:
        under, laws = entry.entry("under"), self.document.one("law").words("of")
        for item in entry.texts("in"):
            country = words.COUNTRIES.get(item.text)
            if country is None:
                self.bad(item.mark, "unknown-country", f"“{item.text}” is no country code.", _country(item.text))
            elif item.text != "GB" and not words.adequate(country, laws) and under is None:
                self.bad(
                    item.mark, "no-safeguard",
                    f"“{name}” is in {country.name}, and nothing allows the data to go there.",
                    "Say `under: {mechanism: …, paper: …}`.", "UK GDPR Art 44A",
                )  # fmt: skip
        if under is None or under.broken:
            return
        mechanism = words.MECHANISMS.get(under.text("mechanism"))
        if mechanism and mechanism.paper and not under.has("paper"):
            self.bad(entry.at("under"), "no-paper", f"{mechanism.label} needs a paper.", "Add `paper:`.", mechanism.law)
        self._paper(under, "paper", "safeguard", "contract")

    # --- keep and moments ---------------------------------------------------------------------------------------

    def _keep(self) -> None:
        known = grammar.EVENTS | self.document.names("moments")
        for name, entry in self.section("keep").items():
            rule = periods.read(_period(entry))
            if name.startswith("troth.") or self.select.expand("keep", [Text(name, entry.mark)]):
                pass
            if rule is None:
                continue
            self.rules[name] = self._with_law(rule, entry)
            for end in [*rule.ends, *([rule.least] if rule.least else [])]:
                if end.shape == "period" and end.after not in known and "moments" not in self.document.lost:
                    self.reader.astray.append(("moments", end.after))
                    help = suggest(end.after, known, "Add it to `moments` with `known from`.")
                    self.bad(
                        entry.at("limit"),
                        "silent-moment",
                        f"“{name}” waits for “{end.after}”, and nobody says when that is.",
                        help,
                    )
                    self._absent("moments")
        self._moments()

    def _with_law(self, rule: Rule, entry: Entry) -> Rule:
        said = entry.text("by law")
        if not said:
            return rule
        more = periods.read(f"{_period(entry)}, at least {said.removeprefix('at least ')}")
        if more is None:
            self.bad(
                entry.at("by law"),
                "not-a-period",
                f"“{said}” is not a statutory minimum.",
                'Write 6 years by "the Act".',
            )
            return rule
        return more

    def _moments(self) -> None:
        for name, entry in self.section("moments").items():
            source = self._text(entry, "known from")
            if source.text in ("page", "desk", "api", "ours", "") or entry.broken:
                continue
            place, _, rest = source.text.partition(".")
            known = place in self.document.names("places") or "places" in self.document.lost
            if not known or rest.count(".") != 1:
                help = "Write page, desk, api, or place.table.column."
                self.bad(
                    source.mark,
                    "unknown-moment-source",
                    f"“{name}” is known from “{source.text}”, which is no place.",
                    help,
                )

    # --- cookies ------------------------------------------------------------------------------------------------

    def _cookies(self) -> None:
        for name, entry in self.section("cookies").items():
            self._each("surfaces", entry.texts("at"), "surface")
            if entry.has("by"):
                self._known("disclose", self._text(entry, "by"), "recipient", OURS)
            self._each("use", entry.texts("for"), "use")
            self._lasts(name, entry)
            if entry.broken or not self.all_known("use", entry, "for") or not self._is_known_maker(entry):
                continue
            uses = [self.section("use")[use] for use in entry.words("for")]
            asked = [use for use in uses if use.broken or use.text("basis") == "consent"]
            if not self.exemption(entry) and not asked:
                self.bad(
                    entry.at("does"), "cookie-unasked", f"“{name}” needs a yes, and none of its uses asks for one.",
                    "Rest its use on consent, or take out what no exception covers.", "PECR reg 6",
                )  # fmt: skip

    def _is_known_maker(self, entry: Entry) -> bool:
        return entry.text("by") in ("", OURS, *self.section("disclose"))

    def _lasts(self, name: str, entry: Entry) -> None:
        text = entry.text("lasts")
        if text and text not in ("session", "until browser closes") and periods.span(text) is None:
            self.bad(
                entry.at("lasts"),
                "not-a-period",
                f"“{text}” is not how long “{name}” lasts.",
                "Write 12 months, or until browser closes.",
            )

    def form(self, field: str) -> str:
        """How a datum is stored: as the policy says, or as narrowly as its kind allows."""
        entry = self.section("data").get(field)
        kind = words.KINDS.get(entry.text("is")) if entry else None
        return (entry.text("as") if entry else "") or (kind.form if kind else "")

    def exception(self, claimed: str) -> str:
        """An exception of PECR Schedule A1 as far as the law of the readers has it: the EU knows only the first two."""
        strict = "eu" in self.document.one("law").words("of")
        return "" if strict and claimed in ("statistics", "appearance") else claimed

    def exemption(self, entry: Entry) -> str:
        """The class of PECR Schedule A1 that covers every function and every use of a cookie; '' when none does."""
        classes = set(words.ON_DEVICE)
        for function in entry.words("does"):
            classes &= words.COOKIE_FUNCTIONS[function].exempt
        for use in entry.words("for"):
            said = self.exception(self.section("use")[use].text("on device")) if use in self.section("use") else ""
            classes &= {"necessary": {"necessary", "communication"}}.get(said, {said}) if said else set()
        by = entry.text("by")
        role = self.section("disclose")[by].text("as") if by in self.section("disclose") else ""
        if by != OURS and role != "processor":
            classes -= {"statistics", "appearance"}
        return next((name for name in words.ON_DEVICE if name in classes), "")

    # --- places, guards, papers ---------------------------------------------------------------------------------

    def _places(self) -> None:
        for name, entry in self.section("places").items():
            before = len(self.reader.problems)
            self.place_data[name] = self.select.expand("places", entry.texts("holds"))
            holds_all_said = len(self.reader.problems) == before
            if entry.has("by"):
                self._known("disclose", self._text(entry, "by"), "recipient", OURS)
            for item in entry.texts("in"):
                if item.text not in words.COUNTRIES:
                    self.bad(item.mark, "unknown-country", f"“{item.text}” is no country code.", _country(item.text))
            if entry.text("kind") == "sql" and not entry.has("secret"):
                self.bad(
                    entry.mark,
                    "no-secret",
                    f"“{name}” is a database without a name in the operator's list.",
                    "Add `secret:`.",
                )
            if any(mark in entry.text("secret") for mark in ":/@$"):
                self.bad(
                    entry.at("secret"),
                    "secret-said",
                    "A secret is named here, never written.",
                    "Write its name in the operator's list.",
                )
            self._tables(name, entry, holds_all_said)

    def _tables(self, name: str, entry: Entry, holds_all_said: bool) -> None:
        strange: dict[tuple[str, str], Mark] = {}
        for path, item in entry.pairs("tables").items():
            table, key, column = [*path.split("\t"), "", ""][:3]
            if column and key == "columns":
                self._column(name, item, holds_all_said)
            elif column or key != "person by":
                strange[table, key] = self.reader.key_marks.get(f"places/{name}/tables/{table}/{key}", item.mark)
        for (_, key), mark in strange.items():
            help = suggest(key, ("person by", "columns"), "Write `person by` and `columns`.")
            self.bad(mark, "unknown-key", f"A table has no key “{key}”.", help)

    def _column(self, place: str, item: Text, holds_all_said: bool) -> None:
        if item.text not in self.place_data[place]:
            self.select.expand("places", [item])
            if item.text in self.select.known and holds_all_said:
                self.bad(item.mark, "not-held", f"“{place}” does not hold “{item.text}”.", "Add it to `holds`.")

    def _guards(self) -> None:
        self.seals = self.select.expand("secure", self.document.one("secure").texts("seals"))
        for name, entry in self.section("holds").items():
            self.hold_data[name] = self.select.expand("holds", entry.texts("data"))
        nevers.check(self)

    def _papers(self) -> None:
        for name, entry in self.section("papers").items():
            until, file = entry.date("until"), self._text(entry, "file")
            if until is not None and until < self.on:
                self.bad(
                    entry.at("until"),
                    "lapsed-paper",
                    f"“{name}” ran out on {until.isoformat()}.",
                    "Renew it and say the new date, or take out what rests on it.",
                )
            if file.text:
                self._file(name, file)

    def _file(self, name: str, file: Text) -> None:
        """The file of a paper: inside the policy's folder, there, and no more of it known than its hash."""
        if not papers.is_plain(file.text):
            sentence = f"“{file.text}” lies outside the policy's folder, or is hidden in it."
            self.bad(file.mark, "outside-file", sentence, "Write a path inside it, as papers/balance.md.")
        elif self.folder is not None:
            try:
                self.digests[name] = self.folder.sha256(file.text)
            except papers.Refused as refused:
                self.bad(file.mark, refused.code, f"“{file.text}” {refused.sentence}.", refused.help)

    # --- promises and coverage ----------------------------------------------------------------------------------

    def _promises(self) -> None:
        for name, entry in self.section("promises").items():
            for item in entry.texts("rests on"):
                self._rests(name, item)
            self._paper(entry, "attested", "attestation")

    def _clients(self) -> None:
        for name, entry in self.section("clients").items():
            self._contract(name, entry)
            for use in self._each("use", entry.texts("instructs"), "use") & self.section("use").keys():
                if self.section("use")[use].text("basis") not in ("instruction", ""):
                    sentence = f"“{name}” instructs “{use}”, which rests on a basis of ours."
                    help = "Write `basis: instruction` there, or take it out here."
                    self.bad(entry.at("instructs"), "not-instructed", sentence, help, "UK GDPR Art 28(3)(a)")

    def _contract(self, name: str, entry: Entry) -> None:
        """We work for a client under a contract that binds us to it: Art 28(3)."""
        law = words.ROLES["processor"].law
        if not entry.has("contract") and not entry.broken:
            sentence = f"We work for “{name}”, and nothing says under which contract."
            self.bad(entry.mark, "no-contract", sentence, "Add `contract:` and the name of a paper.", law)
        self._paper(entry, "contract", "contract", "agreement", law=law)
        self._covers(entry, law)

    def _covers(self, entry: Entry, law: str) -> None:
        paper = self.section("papers").get(entry.text("contract"))
        if paper and not paper.broken and paper.text("covers") != "art 28":
            self.bad(
                entry.at("contract"), "not-art-28", f"“{entry.text('contract')}” does not say that it covers art 28.",
                "Add `covers: art 28` to the paper, once somebody has read it.", law,
            )  # fmt: skip

    def _restable(self, section: str) -> set[str]:
        """What a promise may name there. A cookie on several surfaces may be named with one of them."""
        names = set(RIGHTS) if section == "answer" else self.document.names(section)
        if section == "cookies":
            names |= {f"{name} ({at})" for name, one in self.section("cookies").items() for at in one.words("at")}
        return names

    def _is_anywhere(self, section: str, name: str) -> bool:
        """Whether it is a cookie on a surface that may be the one named: one of the cookie's own leads nowhere."""
        cookie = self.section("cookies").get(name.rpartition(" (")[0]) if section == "cookies" else None
        return cookie is not None and not self.all_known("surfaces", cookie, "at")

    def _rests(self, name: str, item: Text) -> None:
        section, _, rest = item.text.partition("/")
        if section == "always":
            if rest not in ALWAYS:
                self.bad(
                    item.mark,
                    "unknown-guarantee",
                    f"There is no guarantee “{rest}”.",
                    suggest(rest, ALWAYS, "Look at docs/language.md for the list."),
                )
            return
        if section not in SECTIONS:
            self.bad(
                item.mark,
                "rests-nowhere",
                f"“{name}” rests on “{item.text}”, which is no section that a promise can rest on.",
                suggest(section, SECTIONS, "Write section/name."),
            )
            return
        names = self._restable(section)
        there = (
            not rest
            or section in self.document.lost
            or rest == "*"
            or rest in names
            or (rest.endswith("*") and any(one.startswith(rest[:-1]) for one in names))
            or self._is_anywhere(section, rest)
        )
        if not there:
            self.reader.astray.append((section, rest))
            near = suggest(rest, names, "").replace("“", f"“{section}/", 1)  # as it is to be written here
            help = near or f"Declare it under `{section}`."
            self.bad(item.mark, "rests-nowhere", f"“{name}” rests on “{item.text}”, which nobody declares.", help)
            if grammar.SECTIONS[section].named:
                self._absent(section)


def _period(entry: Entry) -> str:
    """The period as one line: `unless agreed: yes` says what these words say in the line."""
    agreed = entry.values.get("unless agreed") is True
    return f"{entry.text('limit')}, unless agreed" if agreed else entry.text("limit")


def _country(said: str) -> str:
    """What to write instead of the name of a country, or of what everybody calls one."""
    known = {name.casefold(): one.code for one in words.COUNTRIES.values() for name in (one.code, one.name)}
    meant = known.get(said.casefold()) or ("GB" if said in ("UK", "England", "Scotland", "Wales") else "")
    return f"Did you mean “{meant}”?" if meant else "Use two capitals, as GB."
