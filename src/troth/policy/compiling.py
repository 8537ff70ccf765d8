"""Compiling: a checked document becomes a plan, frozen and hashed. Stars are expanded, ways and switches worked out."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from troth.policy import Compiled, former, grammar, misnaming, papers, plan, tongues, words, zones
from troth.policy.checking import OURS, Checker
from troth.policy.plan import Plan
from troth.policy.problems import Problem
from troth.policy.reading import PROSE, Document, Entry, Reader, not_opened, source_of
from troth.policy.selecting import winning

STOP_MARKETING: Final = "all marketing"
HOME: Final = "GB"
MAY_BE_MISSED: Final = ("blank", "missing-paper")  # in a draft
OBJECTABLE: Final = frozenset({"legitimate interests", "recognised legitimate interests", "public task"})
_hashing = msgspec.json.Encoder(order="deterministic")


def load(path: Path, *, text: bytes | None, on: dt.date | None, draft: bool) -> Compiled:
    """Read, check, compile. Never raises for what a file says; a file that cannot be opened is a problem too."""
    try:
        source, name = (text, str(path)) if text is not None else source_of(path)
        folder = papers.folder_of(path) if text is None else None
    except OSError as error:
        return Compiled(None, [not_opened(path, error)], b"")
    reader = Reader(name, source)
    document = reader.read()
    if _is_prose(path, reader):
        reader.problems = [_prose(path)]
        return Compiled(None, reader.problems, source)
    if document.as_written is not None:
        help = "Mend it in a policy.yaml beside it; `troth check --law uk` says what the law would object to."
        sentence = "This is an old policy as it was written: it can be held against the law, and not published."
        reader.bad(document.as_written, "as-written", sentence, help)
        return Compiled(None, _sorted(reader.problems), source)
    day = on or today(document)
    checker = _checked(document, reader, day, papers.Folder(folder) if folder else None)
    problems = _sorted(reader.problems)
    if draft:
        problems = [_noted(one) if one.code in MAY_BE_MISSED else one for one in problems]
    if document.blanks or any(one.severity == "error" for one in problems):
        return Compiled(None, problems, source)
    compiled = Compiler(document, checker).compile(hashlib.sha256(source).hexdigest())
    if left := tongues.check(compiled, document, reader):
        return Compiled(None, _sorted([*problems, *left]), source)
    return Compiled(compiled, problems, source)


def today(document: Document) -> dt.date:
    """The day that it is on the policy's own clocks."""
    law = document.one("law")
    said = law.text("time zone")
    return zones.today(said if said and said in zones.known() else "", law.words("of"), law.text("nation"))


def _checked(document: Document, reader: Reader, on: dt.date, folder: papers.Folder | None) -> Checker:
    """Held against the rules; once more when a declaration turned out to be misnamed, as it was meant."""
    told, lost = list(reader.problems), set(document.lost)
    checker = Checker(document, reader, on, folder)
    checker.check()
    before = len(reader.problems)
    if not misnaming.mend(document, reader):
        return checker
    reader.problems, document.lost = told + reader.problems[before:], lost
    checker = Checker(document, reader, on, folder)
    checker.check()
    return checker


def _is_prose(path: Path, reader: Reader) -> bool:
    """Whether a file is a text that people read, and nobody meant it for a policy file."""
    named = (*grammar.FIRST, *grammar.SECTIONS)
    said = reader.document.head or any(line.partition(":")[0] in named for line in reader.lines)
    return path.suffix.lower() in PROSE and bool(reader.lines) and not said


def _prose(path: Path) -> Problem:
    help = (
        f"Hold it against the law with `troth check --law uk {path}` (or eu), or draft a policy from it with "
        f"`troth init --from-text {path}`."
    )
    return Problem(code="no-policy", sentence=f"{path.name} is a text, and no policy file.", help=help, file=str(path))


def _noted(blank: Problem) -> Problem:
    return msgspec.structs.replace(blank, severity="warning")


def _sorted(problems: list[Problem]) -> list[Problem]:
    """In file order, each once. When a file does not even read, what is missing from it says nothing new."""
    if any(one.code in ("unreadable", "not-text", "too-big", "too-deep", "alias", "tag", "merge", "second-document",
                        "hidden-character", "empty-file", "not-a-map") and one.line for one in problems):  # fmt: skip
        first = [one for one in problems if one.code not in ("missing-section", "missing-key")]
        problems = first or problems
    seen: dict[tuple[int, int, str, str], Problem] = {}
    for one in problems:
        seen.setdefault((one.line, one.column, one.code, one.sentence), one)
    return sorted(seen.values(), key=lambda one: (one.line, one.column))


def _hash(built: plan.Plan) -> str:
    return hashlib.sha256(_hashing.encode(built)).hexdigest()


def is_as_compiled(one: plan.Plan) -> bool:
    """Whether a plan is still what its hash says: nobody changed it after it was compiled."""
    return one.hash == _hash(msgspec.structs.replace(one, source_hash="", hash=""))


def _translations(notice: Entry) -> Iterator[tuple[str, str, str]]:
    """`in: {fr: {words of the policy: the same in French}}`, as (language, words, the same)."""
    for path, said in notice.pairs("in").items():
        language, _, words = path.partition("\t")
        yield language, words, said.text


class Compiler:
    def __init__(self, document: Document, checker: Checker) -> None:
        self.document, self.checker = document, checker
        self.switches: dict[str, plan.Switch] = {}

    def section(self, name: str) -> dict[str, Entry]:
        return self.document.sections[name]

    def compile(self, source_hash: str) -> Plan:
        self.purposes = {name: self._purpose(name, entry) for name, entry in self.section("use").items()}
        self.papers = {name: self._paper(name, entry) for name, entry in self.section("papers").items()}
        recipients = {name: self._recipient(name, entry) for name, entry in self.section("disclose").items()}
        self._switches()
        fields = self._fields()
        built = former.declared(self._plan(recipients, fields), former.names(self.section("data")))
        return msgspec.structs.replace(built, source_hash=source_hash, hash=_hash(built))

    def _plan(self, recipients: dict[str, plan.Recipient], fields: dict[str, plan.Field]) -> Plan:
        one = self.document.one
        notice, secure, law, children = one("notice"), one("secure"), one("law"), one("children")
        return Plan(
            policy=self.document.head["policy"].text,
            language=1,
            edition=self._edition(one("edition")),
            law=law.words("of"),
            nation=law.text("nation"),
            time_zone=law.text("time zone"),
            readers_in=law.words("readers in"),
            who=self._who(one("who")),
            surfaces={name: self._surface(name, entry) for name, entry in self.section("surfaces").items()},
            people={name: self._person(name, entry) for name, entry in self.section("people").items()},
            staff={name: self._staff(name, entry) for name, entry in self.section("staff").items()},
            fields=fields,
            points={name: self._point(name, entry) for name, entry in self.section("collect").items()},
            purposes=self.purposes,
            recipients=recipients,
            nevers={name: self._never(name, entry) for name, entry in self.section("never").items()},
            rules=self._rules(fields),
            moments=self._moments(),
            holds={name: self._hold(name, entry) for name, entry in self.section("holds").items()},
            cookies=dict(self._cookies()),
            switches=self.switches,
            ways={f"{way.use}|{way.recipient}": way for way in self._ways(recipients)},
            places={name: self._place(name, entry) for name, entry in self.section("places").items()},
            papers=self.papers,
            promises={name: self._promise(name, entry) for name, entry in self.section("promises").items()},
            answer=self._answer(one("answer")),
            seals=self.checker.seals | {name for name, field in fields.items() if field.form == "sealed"},
            erasure_reaches=secure.text("erasure reaches"),
            backups=secure.text("backups"),
            key_backups=secure.text("key backups"),
            drill=secure.text("drill"),
            told_of_breach_within=secure.text("told of breach within"),
            children=f"{children.number('least age')}: {children.text('control')}" if children.values else "",
            asked_of_parent=children.text("asked of parent"),
            notice_at=notice.text("at"),
            notice_tells=tuple((name, text.text) for name, text in notice.pairs("tells").items()),
            languages=notice.words("languages") or ("en",),
            translations=tuple(_translations(notice)),
            clients=tuple(self.section("clients")),
            principals={name: self._principal(name, entry) for name, entry in self.section("clients").items()},
        )

    # --- head ---------------------------------------------------------------------------------------------------

    def _edition(self, entry: Entry) -> plan.Edition:
        date = entry.date("date") or dt.date.min
        return plan.Edition(
            date=date,
            change=entry.text("change"),
            because=entry.text("because"),
            in_force=entry.date("in force") or date,
            history=tuple((one.text("date"), one.text("because")) for one in entry.entries("history")),
        )

    def _who(self, entry: Entry) -> plan.Who:
        company, fee, officer = entry.entry("company"), entry.entry("fee"), entry.entry("officer")
        until, other = fee.date("until") if fee else None, entry.entry("authority")
        return plan.Who(
            name=entry.text("name"),
            trades_as=entry.text("trades as"),
            roles=entry.words("as"),
            address=entry.text("address"),
            email=entry.text("email"),
            phone=entry.text("phone"),
            company_number=company.text("number") if company else "",
            registered_in=company.text("registered in") if company else "",
            office=company.text("office") if company else "",
            fee_number=fee.text("number") if fee else "",
            fee_until=until.isoformat() if until else "",
            fee_exempt=fee.text("exempt") if fee else "",
            officer=officer.text("title") if officer else "",
            officer_email=officer.text("email") if officer else "",
            appointed=officer.values["appointed"] is True if officer and officer.has("appointed") else None,
            representatives=self._representatives(entry.entry("representative")),
            regulator=entry.text("regulator"),
            authority=tuple(other.text(key) for key in ("name", "address", "phone", "page")) if other else (),
        )

    @staticmethod
    def _representatives(entry: Entry | None) -> tuple[str, ...]:
        if entry is None:
            return ()
        reached = ", ".join(filter(None, (entry.text(key) for key in ("name", "address", "email"))))
        return (f"{entry.text('in')}: {reached}",)

    def _principal(self, name: str, entry: Entry) -> plan.Principal:
        return plan.Principal(
            name=name, means=entry.text("means"), policy=entry.text("policy"), contract=entry.text("contract"),
            instructs=entry.words("instructs"), origins=entry.words("origins"),
        )  # fmt: skip

    def _surface(self, name: str, entry: Entry) -> plan.Surface:
        return plan.Surface(
            name=name, kind=entry.text("kind"), origins=entry.words("origins"), sends_as=entry.text("sends as"),
            people=frozenset(entry.words("for")),
        )  # fmt: skip

    def _person(self, name: str, entry: Entry) -> plan.Person:
        return plan.Person(
            name=name,
            means=entry.text("means"),
            least_age=entry.number("least age"),
            party_to=entry.text("party to"),
            subscriber=entry.text("subscriber"),
            acts_for=entry.text("acts for"),
        )

    def _staff(self, name: str, entry: Entry) -> plan.StaffRole:
        uses = frozenset(use for use, purpose in self.purposes.items() if name in purpose.staff)
        sees = frozenset[str]().union(*(self.purposes[use].data for use in uses))
        return plan.StaffRole(
            name=name,
            means=entry.text("means"),
            uses=uses,
            sees=sees,
            at_most=entry.span("at most"),
            two_needed=entry.values.get("two needed") is True,
            may=frozenset(entry.words("may")),
        )

    def _answer(self, entry: Entry) -> plan.Answer:
        return plan.Answer(
            by=entry.words("by"),
            identity=entry.text("identity"),
            undo=entry.span("undo"),
            evidence_kept=entry.text("evidence kept"),
            acknowledges_within=entry.text("acknowledges complaints within"),
            sooner=tuple((right, text.text) for right, text in entry.pairs("sooner").items()),
        )

    # --- data ---------------------------------------------------------------------------------------------------

    def _fields(self) -> dict[str, plan.Field]:
        fields = {name: self._field(name, entry) for name, entry in self.section("data").items()}
        rules = self.checker.rules
        for name, (kind, label) in words.BUILT_IN.items():
            if name not in fields and (rule := winning(rules, name)):
                form = words.KINDS[kind].form if kind in words.KINDS else "clear"
                fields[name] = plan.Field(
                    name=name, kind=kind, label=label, form=form, rule=rule, group="troth",
                    of=frozenset(self.section("people")),
                )  # fmt: skip
        return fields

    def _field(self, name: str, entry: Entry) -> plan.Field:
        kind = words.KINDS[entry.text("is")]
        of = frozenset(entry.words("of")) or frozenset(self.checker.people_of({name}))
        form = entry.text("as") or kind.form
        if form == "clear" and name in self.checker.seals:
            form = "sealed"
        return plan.Field(
            name=name,
            kind=kind.name,
            label=entry.text("label") or kind.label,
            form=form,
            dpv=kind.dpv,
            of=of,
            identifies=entry.text("identifies"),  # type: ignore[arg-type]
            joins=entry.text("joins") or "never",
            special=kind.special,
            secret=kind.secret,
            free_text=kind.free_text,
            may_hold=entry.text("may hold") or "none",
            portable=kind.portable and self._portable(name),
            rule=winning(self.checker.rules, name),
            group=name.partition(".")[0],
            opened_by=frozenset(entry.words("opened by")),
            retired=entry.values.get("retired") is True,
        )

    def _portable(self, name: str) -> bool:
        """Provided by the person, and used on consent or contract: UK GDPR Art 20(1)."""
        points = [entry for point, entry in self.section("collect").items() if name in self._taken(point)]
        provided = any(words.BY[entry.text("by")].way in ("given", "observed") for entry in points)
        return provided and any(
            name in self.checker.use_data[use] and entry.text("basis") in ("consent", "contract")
            for use, entry in self.section("use").items()
        )

    def _taken(self, point: str) -> frozenset[str]:
        return self.checker.point_needs[point] | self.checker.point_may[point]

    def _rules(self, fields: dict[str, plan.Field]) -> dict[str, plan.Rule]:
        return {
            name: msgspec.structs.replace(
                rule, name=name, fields=frozenset(field.name for field in fields.values() if field.rule == name)
            )
            for name, rule in self.checker.rules.items()
        }

    def _moments(self) -> dict[str, plan.Moment]:
        """The moments of the file, and those that troth itself sees come and a period waits for."""
        said = {name: entry.text("known from") for name, entry in self.section("moments").items()}
        waited = [
            end.after for rule in self.checker.rules.values() for end in [*rule.ends, *filter(None, [rule.least])]
        ]
        seen = dict.fromkeys((name for name in waited if name in grammar.SEEN and name not in said), "ours")
        means = {name: entry.text("means") for name, entry in self.section("moments").items()}
        return {
            name: plan.Moment(name=name, known_from=source, means=means.get(name, ""))
            for name, source in {**said, **seen}.items()
        }

    # --- use and disclose ---------------------------------------------------------------------------------------

    def _purpose(self, name: str, entry: Entry) -> plan.Purpose:
        word, basis = words.PURPOSES[entry.text("is")], entry.text("basis")
        ask = entry.entry("ask")
        marketing = {"object"} if word.marketing else set()
        return plan.Purpose(
            name=name,
            is_=word.name,
            dpv=word.dpv,
            message_class=word.message_class if entry.has("by") else "",
            basis=basis,  # type: ignore[arg-type]
            data=self.checker.use_data[name],
            of=self.checker.use_people[name],
            interest=entry.text("interest"),
            balance=entry.text("balance"),
            law=entry.text("law"),
            case=entry.text("case"),
            ask=plan.Ask(words=ask.text("words"), again_after=ask.span("again after")) if ask else None,
            channels=tuple((channel, text.text) for channel, text in entry.pairs("by").items()),
            yields=entry.text("yields") or "rows",  # type: ignore[arg-type]
            smallest_group=entry.number("smallest group"),
            on_device=entry.text("on device"),  # type: ignore[arg-type]
            within=entry.text("within"),
            only_while=entry.text("only while") or ("contract is live" if basis == "contract" else ""),
            until=entry.span("until"),
            limit=entry.text("limit"),
            part_of=entry.text("part of"),
            staff=frozenset(entry.words("staff")),
            decides=entry.text("decides"),
            without=entry.text("without"),
            assessment=entry.text("assessment"),
            instructed_by=entry.text("instructed by"),
            new_use=entry.text("new use"),
            for_client=basis == "instruction",
            fingerprint=self._fingerprint(name, entry),
            rights=self._rights(name, basis) | marketing,
        )

    def _rights(self, name: str, basis: str) -> frozenset[str]:
        kinds = {field: words.KINDS[self.section("data")[field].text("is")] for field in self.checker.use_data[name]}
        portable = any(kind.portable and self._portable(field) for field, kind in kinds.items())
        return words.BASES[basis].rights - (frozenset() if portable else {"port"})

    def _fingerprint(self, name: str, entry: Entry, recipient: str = "") -> str:
        """What a yes is to: not the wording (a mended spelling keeps consents), but all that would be done."""
        for_itself = sorted(
            who
            for who, one in self.section("disclose").items()
            if name in one.words("for") and words.ROLES[one.text("as")].for_itself
        )
        parts = [
            name, entry.text("is"), entry.text("basis"), self._first_named(self.checker.use_data[name]),
            sorted(entry.pairs("by")), entry.text("yields"), for_itself, recipient,
        ]  # fmt: skip
        return hashlib.blake2b(msgspec.json.encode(parts), digest_size=8).hexdigest()

    def _first_named(self, data: frozenset[str]) -> list[str]:
        """A datum with another name is the same datum: the yes to it stands."""
        data_ = self.section("data")
        return sorted((*data_[name].words("was"), name)[0] for name in data)

    def _recipient(self, name: str, entry: Entry) -> plan.Recipient:
        under = entry.entry("under")
        return plan.Recipient(
            name=name,
            role=entry.text("as"),
            does=entry.text("does"),
            purposes=frozenset(entry.words("for")),
            data=self.checker.recipient_data[name],
            countries=entry.words("in"),
            mechanism=under.text("mechanism") if under else self._adequate(entry),
            mechanism_paper=under.text("paper") if under else "",
            contract=entry.text("contract"),
            members=entry.words("members"),
            only_as=entry.text("only as"),
            for_money=entry.values.get("for money") is True,
            opt_out=entry.text("opt out"),
            policy=entry.text("policy"),
            tells=entry.text("tells"),
        )

    def _adequate(self, entry: Entry) -> str:
        """Under the law of the Union alone nothing is abroad that is in the EEA (GDPR Art 44)."""
        laws = self.document.one("law").words("of")
        union = "uk" not in laws
        abroad = [code for code in entry.words("in") if (not words.COUNTRIES[code].eea if union else code != HOME)]
        return "adequacy" if any(words.adequate(words.COUNTRIES[code], laws) for code in abroad) else ""

    def _switches(self) -> None:
        for name, use in self.purposes.items():
            word = words.PURPOSES[use.is_]
            if use.basis == "consent":
                for who in self._named(name) or [""]:
                    self._switch(use, who, opens=True)
                if len(self._named(name)) > 1:
                    self._switch(use, "", opens=True)
            elif (use.basis in OBJECTABLE and not word.through_restriction) or self._refusable(use):
                self._switch(use, "", opens=False)

    def _refusable(self, use: plan.Purpose) -> bool:
        """What may be kept on a device without a yes only as long as one can say no, for a client, too: PECR Sch A1."""
        return use.on_device in ("statistics", "appearance") and self._device(use)[0]

    def _named(self, use: str) -> list[str]:
        """Who acts for itself in third-party marketing is asked for by name: a general yes does not open it."""
        if self.purposes[use].is_ != "third party marketing":
            return []
        return [
            who
            for who, entry in self.section("disclose").items()
            if use in entry.words("for") and words.ROLES[entry.text("as")].for_itself
        ]

    def _switch(self, use: plan.Purpose, who: str, *, opens: bool) -> None:
        """A yes is to a key, the fingerprint of all that was asked; a no is to a name, which no edition changes."""
        alone = len(self._named(use.name)) == 1
        asked = use.ask.words if use.ask else f"May we {use.name}?" if opens else f"We {use.name}."
        device, surface = self._device(use)
        key = self._key(use, who)
        self.switches[key] = plan.Switch(
            key=key,
            stop=use.name if alone or not who else f"{use.name}: {who}",
            use=use.name,
            recipient=who,
            surface=surface,
            opens=opens,
            marketing=words.PURPOSES[use.is_].marketing,
            words=asked if alone or not who else f"{asked} ({who})",
            again_after=use.ask.again_after if use.ask else None,
            device=device,
        )

    def _key(self, use: plan.Purpose, who: str) -> str:
        return self._fingerprint(use.name, self.section("use")[use.name], who) if who else use.fingerprint

    def _yes(self, use: plan.Purpose, who: str = "") -> frozenset[str]:
        """What must have been said: a partner asked for by name needs that very yes; so do we if there is one only."""
        if use.basis != "consent":
            return frozenset()
        named = self._named(use.name)
        asked = who if who in named else named[0] if len(named) == 1 else ""
        return frozenset({self._key(use, asked)})

    def _no(self, use: plan.Purpose) -> frozenset[str]:
        word = words.PURPOSES[use.is_]
        found = {STOP_MARKETING} if word.marketing else set()
        if use.basis in OBJECTABLE and not word.through_restriction:
            found.add(use.name)
        return frozenset(found)

    def _device(self, use: plan.Purpose) -> tuple[bool, str]:
        """Does the answer belong to a browser, and on which surface? Only if nothing but a browser could give it."""
        cookies = {at for entry in self._cookies_of(use) for at in entry.words("at") if self._browses(at)}
        points = {point: entry for point, entry in self.section("collect").items() if self._serves(point, use)}
        tags = {entry.text("at") for entry in points.values() if words.BY[entry.text("by")].on_device}
        tags = {at for at in tags if self._browses(at)}
        offered = any(use.name in entry.words("offers") for entry in self.section("collect").values())
        if use.basis != "consent":
            cookies = cookies if tags or not points else set()
            if any(not words.BY[entry.text("by")].on_device for entry in points.values()):
                return False, ""
        found = cookies | tags
        device = bool(found) and not offered and not use.channels
        return device, next(iter(found)) if device and len(found) == 1 else ""

    def _cookies_of(self, use: plan.Purpose) -> list[Entry]:
        return [entry for entry in self.section("cookies").values() if use.name in entry.words("for")]

    def _browses(self, surface: str) -> bool:
        return surface in self.section("surfaces") and self.section("surfaces")[surface].text("kind") in ("web", "app")

    def _serves(self, point: str, use: plan.Purpose) -> bool:
        entry = self.section("collect")[point]
        return bool(self._taken(point) & use.data and self._of(entry) & use.of)

    def _of(self, entry: Entry) -> frozenset[str]:
        said = entry.words("of")
        return frozenset(self.section("people")) if "everyone" in said else frozenset(said)

    def _ways(self, recipients: dict[str, plan.Recipient]) -> Iterator[plan.Way]:
        for name, use in self.purposes.items():
            yield self._way(use, "", use.data, None)
            for who, one in recipients.items():
                if name in one.purposes:
                    yield self._way(use, who, one.data & use.data, one)

    def _way(self, use: plan.Purpose, who: str, data: frozenset[str], one: plan.Recipient | None) -> plan.Way:
        counted = use.yields == "statistics" or (one is not None and one.only_as == "statistics")
        return plan.Way(
            use=use.name,
            recipient=who,
            data=data,
            of=use.of,
            yes=self._yes(use, who),
            no=self._no(use),
            staff=use.staff,
            channels=frozenset(channel for channel, _ in use.channels),
            case=bool(use.within),
            only_while=use.only_while,
            until=self._until(one),
            statistics=counted,
            through_restriction=words.PURPOSES[use.is_].through_restriction,
        )

    def _until(self, one: plan.Recipient | None) -> dt.date | None:
        names = (one.contract, one.mechanism_paper) if one else ()
        return min((self.papers[name].until for name in names if name in self.papers), default=None)

    # --- collect and cookies ------------------------------------------------------------------------------------

    def _point(self, name: str, entry: Entry) -> plan.Point:
        by = words.BY[entry.text("by")]
        return plan.Point(
            name=name,
            by=by.name,
            surface=entry.text("at"),
            of=self._of(entry),
            needs=self.checker.point_needs[name],
            may=self.checker.point_may[name],
            offers=entry.words("offers"),
            why=entry.text("why"),
            warns=entry.text("warns"),
            confirms=entry.text("confirms"),
            source=entry.text("from"),
            way="supplied" if entry.has("for") and by.way == "obtained" else by.way,  # type: ignore[arg-type]
            rest=entry.text("the rest"),
            public=entry.values.get("public") is True,
            tell_people=entry.text("tell people"),
            licence=entry.text("licence"),
            recorded=entry.text("recorded"),
            for_client=entry.has("for"),
            openings=tuple(self._openings(name, by.on_device)),
        )

    def _openings(self, point: str, on_device: bool) -> Iterator[plan.Opening]:
        """A tag or a pixel is opened only by a yes or by an exception of PECR Schedule A1; the rest by any basis."""
        stored = {f for f in self._taken(point) if self.checker.form(f) != "never stored"}
        for use in self.purposes.values():
            fields = use.data & stored
            if not fields or not self._serves(point, use):
                continue
            exempt = self.checker.exception(use.on_device) if on_device else ""
            if use.basis == "consent" and not exempt:
                yield plan.Opening(use=use.name, fields=fields, yes=self._yes(use), no=self._no(use))
            elif not on_device or exempt:
                soft = {use.name} if exempt in ("statistics", "appearance") else set()
                yield plan.Opening(use=use.name, fields=fields, no=self._no(use) | soft, exempt=exempt)

    def _cookies(self) -> Iterator[tuple[str, plan.Cookie]]:
        for name, entry in self.section("cookies").items():
            surfaces = entry.words("at")
            for surface in surfaces:
                key = name if len(surfaces) == 1 else f"{name} ({surface})"
                yield key, self._cookie(name, entry, surface)

    def _cookie(self, name: str, entry: Entry, surface: str) -> plan.Cookie:
        exempt = self.checker.exemption(entry)
        uses = [self.purposes[use] for use in entry.words("for")]
        asked = frozenset[str]().union(*(self._yes(use) for use in uses))
        return plan.Cookie(
            name=name,
            surface=surface,
            by=entry.text("by"),
            does=entry.words("does"),
            uses=frozenset(entry.words("for")),
            lasts=entry.text("lasts"),
            kind=entry.text("kind") or "cookie",
            hosts=entry.words("hosts"),
            exempt=exempt,
            switches=frozenset() if exempt else asked,
        )

    # --- the rest -----------------------------------------------------------------------------------------------

    def _never(self, name: str, entry: Entry) -> plan.Never:
        verb = next(verb for verb in ("collect", "use", "disclose", "transfer", "join") if entry.has(verb))
        limits = [("for", word) for word in entry.words("for")] + [("to", word) for word in entry.words("to")]
        if "anyone for money" in entry.words("to"):
            limits.append(("for money", "yes"))
        if entry.text("unless"):
            limits.append(("unless", entry.text("unless")))
        return plan.Never(
            name=name, verb=verb, fields=self.checker.never_data.get(name, frozenset()), limits=tuple(limits),
            sentence=entry.text("means") or f"We never {name}.",
        )  # fmt: skip

    def _hold(self, name: str, entry: Entry) -> plan.Hold:
        review = entry.span("review")
        return plan.Hold(
            name=name, data=self.checker.hold_data[name], needs=entry.words("needs"), because=entry.text("because"),
            review=f"{review.count} {review.unit}" if review else "",
        )  # fmt: skip

    def _place(self, name: str, entry: Entry) -> plan.Place:
        by = entry.text("by")
        return plan.Place(
            name=name,
            kind=entry.text("kind"),
            holds=self.checker.place_data[name],
            countries=entry.words("in"),
            by="" if by == OURS else by,
            secret=entry.text("secret"),
            speaks=entry.text("speaks"),
            tables=tuple(self._tables(entry)),
            canary=entry.values.get("canary") is True,
        )

    def _tables(self, entry: Entry) -> Iterator[plan.Table]:
        pairs = {tuple(path.split("\t")): text.text for path, text in entry.pairs("tables").items()}
        for table in dict.fromkeys(path[0] for path in pairs):
            columns = tuple((path[2], field) for path, field in pairs.items() if path[0] == table and len(path) == 3)
            yield plan.Table(name=table, person_by=pairs.get((table, "person by"), ""), columns=columns)

    def _paper(self, name: str, entry: Entry) -> plan.Paper:
        return plan.Paper(
            name=name, kind=entry.text("kind"), file=entry.text("file"), owner=entry.text("owner"),
            until=entry.date("until") or dt.date.min, covers=entry.text("covers"),
            sha256=self.checker.digests.get(name, ""),
        )  # fmt: skip

    def _promise(self, name: str, entry: Entry) -> plan.Promise:
        return plan.Promise(
            id=name, says=entry.text("says"), rests_on=entry.words("rests on"), instead=entry.text("instead"),
            because=entry.text("because"), attested=entry.text("attested"),
        )  # fmt: skip
