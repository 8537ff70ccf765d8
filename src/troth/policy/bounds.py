"""Bounds: what the law fixes about times, addresses and papers, and small slips that would fail silently later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from troth.policy import asking, periods, words
from troth.policy.plan import Span
from troth.policy.reading import Entry, Mark

if TYPE_CHECKING:
    from troth.policy.checking import Checker

_HOST: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::([0-9]{1,5}))?", re.IGNORECASE)
_PORTS: Final = range(1, 65_536)
_OPEN: Final = re.compile(
    r"(?:our |selected |trusted )*(?:partners?|third part(?:y|ies)|others?|suppliers?|affiliates?)", re.I
)
_HOURS: Final = {"hours": 1, "days": 24, "weeks": 168, "months": 744, "years": 8784}
_RECORDS: Final = ("phone", "meeting", "chat", "service", "staff")
"""Ways in on which it is us who record a voice; a form or a letter brings what people recorded themselves."""
STATES: Final = ("contract is live", "signed in")
WITHIN: Final = ("a case",)
_LONGEST: Final = {"answer": 31 * 24, "complaint": 30 * 24, "told": 31 * 24, "breach": 72}


def check(checker: Checker) -> None:
    _twins(checker)
    _who(checker)
    _surfaces(checker)
    _times(checker)
    asking.check(checker)
    for name, entry in checker.section("data").items():
        _datum(checker, name, entry)
    for name, entry in checker.section("collect").items():
        _obtained(checker, name, entry)
        _taken(checker, name, entry)
        _offers(checker, name, entry)
        _unasked(checker, name, entry)
    for name, entry in checker.section("use").items():
        _use(checker, name, entry)
    for name, entry in checker.section("disclose").items():
        _recipient(checker, name, entry)
    for entry in checker.section("cookies").values():
        _hosts(checker, entry)
    for name, entry in checker.section("places").items():
        _place(checker, name, entry)
    for entry in checker.section("promises").values():
        if entry.has("instead") and not entry.has("because"):
            help = "Add `because:` and the law, as gdpr-12-5."
            checker.bad(entry.at("instead"), "no-because", "Nobody says why the published words no longer hold.", help)


def hours(length: Span) -> int:
    return length.count * _HOURS[length.unit]


def _twins(checker: Checker) -> None:
    """Two names that differ only in capitals are one name to a reader."""
    for section, entries in checker.document.sections.items():
        seen: dict[str, str] = {}
        for name, entry in entries.items():
            if (first := seen.setdefault(name.casefold(), name)) != name:
                sentence = f"“{name}” and “{first}” differ only in capitals."
                checker.bad(entry.mark, "near-twins", sentence, f"Rename one of the two under `{section}`.")


def _who(checker: Checker) -> None:
    who, edition = checker.document.one("who"), checker.document.one("edition")
    fee = who.entry("fee")
    until = fee.date("until") if fee else None
    if fee is not None and until is not None and until < checker.on:
        sentence = f"The fee to the regulator was paid until {until.isoformat()}."
        checker.bad(fee.at("until"), "lapsed-fee", sentence, "Pay it and write the new date.", "SI 2018/480 reg 2")
    for one in (who, who.entry("officer"), who.entry("representative")):
        _email(checker, one, "email", "Write the address that people can write to.")
    date, force = edition.date("date"), edition.date("in force")
    if date and force and force < date:
        sentence = f"The edition of {date.isoformat()} is in force before it is published."
        checker.bad(edition.at("in force"), "early-force", sentence, "Choose the day of publication, or a later one.")


def _email(checker: Checker, entry: Entry | None, key: str, help: str) -> None:
    if entry is not None and entry.text(key) and not re.fullmatch(r"[^@\s]+@[^@\s]+", entry.text(key)):
        checker.bad(entry.at(key), "bad-address", f"“{entry.text(key)}” is no email address.", help)


def _surfaces(checker: Checker) -> None:
    for entry in checker.section("surfaces").values():
        _email(checker, entry, "sends as", "Write the address that mails come from.")


def _hosts(checker: Checker, entry: Entry) -> None:
    for item in entry.texts("hosts"):
        found = _HOST.fullmatch(item.text)
        if found is None or (found[1] and int(found[1]) not in _PORTS):
            sentence = f"“{item.text}” is no host, so no request to it is ever held back."
            checker.bad(item.mark, "bad-host", sentence, "Write the host alone, as www.larch.example")


def _times(checker: Checker) -> None:
    answer, secure = checker.document.one("answer"), checker.document.one("secure")
    _within(checker, answer, "acknowledges complaints within", "complaint", "DPA 2018 s164A(4)")
    _within(checker, answer, "evidence kept", "", "")
    _within(checker, secure, "told of breach within", "breach", "UK GDPR Art 33(1)")
    for key in ("backups", "key backups", "drill"):
        _within(checker, secure, key, "", "")
    for right, length in answer.pairs("sooner").items():
        if right not in words.RIGHTS:
            help = f"Choose one of: {', '.join(words.RIGHTS)}."
            checker.bad(answer.at("sooner"), "unknown-right", f"“{right}” is no right.", help)
        _span(checker, length.text, length.mark, "answer", "UK GDPR Art 12(3)")


def _within(checker: Checker, entry: Entry, key: str, bound: str, law: str) -> None:
    if entry.text(key) and entry.text(key) != "none":
        _span(checker, entry.text(key), entry.at(key), bound, law)


def _span(checker: Checker, text: str, mark: Mark, bound: str, law: str, or_else: str = "") -> None:
    length = periods.span(text)
    if length is None:
        near = periods.near(text, periods.span)
        help = f"Did you mean “{near}”?" if near else f"Write for example 14 days{or_else}."
        checker.bad(mark, "not-a-period", f"“{text}” is not a length of time.", help)
    elif bound and hours(length) > _LONGEST[bound]:
        most = f"{_LONGEST[bound] // 24} days"
        checker.bad(mark, "too-slow", f"{text} is longer than the law allows.", f"Choose {most} or less.", law)


def _datum(checker: Checker, name: str, entry: Entry) -> None:
    """What the law protects most is sealed (Art 32(1)(a)), and what is said to be sealed is not said to be clear."""
    kind, form = words.KINDS.get(entry.text("is")), entry.text("as")
    if kind is None or entry.broken:
        return
    if name in checker.seals and form == "clear":
        sentence = f"“{name}” is said to be stored clear here, and to be sealed under `secure`."
        checker.bad(entry.at("as"), "sealed-and-clear", sentence, "Take one of the two out.")
    elif name in _named(checker) and checker.form(name) not in ("sealed", "clear"):
        sentence = f"“{name}” is stored “{checker.form(name)}”, so `secure/seals` encrypts nothing of it."
        checker.bad(_named(checker)[name], "sealed-in-vain", sentence, "Take it out there, or say `as: sealed` here.")
    elif name in _named(checker) and (there := _elsewhere(checker, name)):
        sentence = f"“{name}” lies in {there} alone, where no key of ours seals it."
        help = "Take it out of `seals`, or let our own store hold it."
        checker.bad(_named(checker)[name], "sealed-in-vain", sentence, help)
    elif form == "clear" and (kind.special or (kind.form == "sealed" and entry.text("may hold") not in ("", "none"))):
        holds = "is" if kind.special else "may hold"
        sentence = f"“{name}” {holds} what the law protects most, and would be stored as it came."
        help = "Take `as: clear` out: it is sealed then, and may still be shown to whom you name."
        checker.bad(entry.at("as"), "special-clear", sentence, help, "UK GDPR Art 9, 10, 32(1)(a)")


def _elsewhere(checker: Checker, name: str) -> str:
    """The databases and services that hold it, where nothing else does. Of data that a hand alone keeps another problem
    is told."""
    kinds = {place: entry.text("kind") for place, entry in checker.section("places").items()}
    holding = [place for place, data in checker.place_data.items() if name in data]
    asked = all(kinds[place] in ("sql", "http") for place in holding)
    return ", ".join(f"“{place}”" for place in holding) if asked else ""


def _named(checker: Checker) -> dict[str, Mark]:
    return {item.text: item.mark for item in checker.document.one("secure").texts("seals")}


def _taken(checker: Checker, name: str, entry: Entry) -> None:
    """A voice is not recorded before that is said (Art 13(1)); a password is asked for only where people sign in."""
    kinds = {
        field: checker.section("data")[field].text("is")
        for field in sorted(checker.point_needs[name] | checker.point_may[name])
        if field in checker.section("data")
    }
    voices = [field for field, kind in kinds.items() if kind == "voice recording"]
    if voices and entry.text("by") in _RECORDS and not entry.has("recorded") and not entry.broken:
        sentence = f"“{name}” records people ({', '.join(voices)}) and does not say what they are told before."
        help = "Add `recorded:`, the sentence that they hear before it begins."
        checker.bad(entry.mark, "no-recorded", sentence, help, "UK GDPR Art 13(1)")
    passwords = [field for field, kind in kinds.items() if kind == "password"]
    if passwords and entry.text("by") not in ("service", ""):
        sentence = f"“{name}” asks for {', '.join(passwords)} as for any other datum."
        help = "Let only the accounts' own way in take it, as {by: service}."
        at = entry.at("needs") if checker.point_needs[name] & set(passwords) else entry.at("may")
        checker.bad(at, "password-asked", sentence, help, "UK GDPR Art 32(1)")


def _obtained(checker: Checker, name: str, entry: Entry) -> None:
    by = words.BY.get(entry.text("by"))
    if by is None or by.way != "obtained" or entry.has("for") or entry.broken:
        return
    tell = entry.text("tell people")
    if not tell:
        checker.bad(
            entry.mark, "untold", f"“{name}” does not say when people are told where you got their data.",
            "Add `tell people: first message`, at the latest one month.", "UK GDPR Art 14(3)",
        )  # fmt: skip
    elif tell not in ("first message", "before disclosure") and not checker.has_paper(tell):
        others = ", or first message, before disclosure, or the name of a paper that says why nobody is told"
        _span(checker, tell, entry.at("tell people"), "told", "UK GDPR Art 14(3)", others)
    if by.name == "enrichment" and not entry.has("licence"):
        sentence = f"“{name}” buys data and names no licence to use it."
        checker.bad(entry.mark, "no-licence", sentence, "Add `licence:` and the name of a paper.")


def _offers(checker: Checker, name: str, entry: Entry) -> None:
    for item in entry.texts("offers"):
        use = checker.section("use").get(item.text)
        if use is not None and not use.broken and use.text("basis") != "consent":
            sentence = f"“{name}” offers “{item.text}”, which asks nobody: it rests on {use.text('basis')}."
            checker.bad(item.mark, "offer-unasked", sentence, "Rest that use on consent, or take the offer out.")
        elif use is not None and not use.broken and _apart(checker, entry, item.text):
            sentence = f"“{name}” offers “{item.text}” to {', '.join(entry.words('of'))}, and that is of others."
            help = "Add them to the `of` of the use, or take the offer out: a yes of theirs would allow nothing."
            checker.bad(item.mark, "offer-unasked", sentence, help)


def _apart(checker: Checker, point: Entry, use: str) -> bool:
    """Whether a use is about nobody of whom a point takes data. Whom nobody declares may be anybody: it is told."""
    of, people = set(point.words("of")), checker.use_people.get(use, frozenset())
    if not {*of, *checker.section("use")[use].words("of")} <= checker.document.names("people") | {"everyone"}:
        return False
    return bool(people) and "everyone" not in of | people and of.isdisjoint(people)


def _unasked(checker: Checker, name: str, entry: Entry) -> None:
    """What only a yes lets in is asked for on the form that takes it, or it would be dropped whatever is typed."""
    section, offers = checker.section("use"), set(entry.words("offers"))
    if entry.text("by") != "form" or entry.broken or checker.lost or any(use.broken for use in section.values()):
        return
    for field in sorted(checker.point_needs[name] | checker.point_may[name]):
        uses = [one for one in section if field in checker.use_data[one] and not _apart(checker, entry, one)]
        asking_all = all(section[one].text("basis") == "consent" for one in uses)
        if uses and asking_all and offers.isdisjoint(uses) and checker.form(field) != "never stored":
            key = "needs" if field in checker.point_needs[name] else "may"
            sentence = f"“{name}” takes {field}, which only a yes to “{uses[0]}” lets in, and does not ask for it."
            help = f"Add `offers: {uses[0]}`, or what is typed there would never be kept."
            checker.bad(entry.at(key), "form-unasked", sentence, help, "UK GDPR Art 7(1)")
            return


def _use(checker: Checker, name: str, entry: Entry) -> None:
    if entry.broken:
        return
    while_ = entry.text("only while")
    if while_ and while_ not in STATES:
        help = f"Choose one of: {', '.join(STATES)}."
        checker.bad(entry.at("only while"), "unknown-state", f"Nobody can tell whether {while_}.", help)
    if entry.text("within") not in ("", *WITHIN):
        checker.bad(
            entry.at("within"), "unknown-state", f"“{name}” cannot be kept within that.", "Write `within: a case`."
        )
    word = words.PURPOSES.get(entry.text("is"))
    if word and word.marketing and entry.text("basis") in ("recognised legitimate interests", "public task"):
        sentence = f"“{name}” is marketing, which {entry.text('basis')} never covers."
        checker.bad(entry.at("basis"), "marketing-basis", sentence, "Rest it on consent or legitimate interests.")
    for channel, permission in entry.pairs("by").items():
        if permission.text == "consent" and entry.text("basis") != "consent":
            sentence = f"“{name}” goes by {channel} on consent, but rests on {entry.text('basis')}."
            checker.bad(
                entry.at("by"), "permission-basis", sentence, "Make it a use of its own, with `basis: consent`."
            )


def _recipient(checker: Checker, name: str, entry: Entry) -> None:
    if _OPEN.fullmatch(name) and not entry.has("members"):
        checker.bad(
            entry.mark, "open-class", f"“{name}” names nobody, so nobody can agree to it or object.",
            "Name each of them, or list them under `members`.", "UK GDPR Art 13(1)(e)",
        )  # fmt: skip
    under = entry.entry("under")
    mechanism = words.MECHANISMS.get(under.text("mechanism")) if under else None
    if mechanism is None or under is None:
        return
    laws = checker.document.one("law").words("of")
    for item in entry.texts("in"):
        country = words.COUNTRIES.get(item.text)
        if country is None or item.text == "GB" or words.adequate(country, laws):
            continue
        if mechanism.for_ and item.text not in mechanism.for_:
            sentence = f"{mechanism.label[:1].upper()}{mechanism.label[1:]} does not reach {country.name}."
            checker.bad(under.at("mechanism"), "wrong-mechanism", sentence, "Choose another safeguard.", mechanism.law)
        if mechanism.name == "adequacy":
            sentence = f"Nobody has found the law of {country.name} adequate."
            checker.bad(under.at("mechanism"), "wrong-mechanism", sentence, "Choose another safeguard.", mechanism.law)


def _place(checker: Checker, name: str, entry: Entry) -> None:
    recipient = checker.section("disclose").get(entry.text("by"))
    if recipient is not None and not recipient.broken:
        if beyond := sorted(checker.place_data[name] - checker.recipient_data[entry.text("by")]):
            sentence = f"“{entry.text('by')}” runs “{name}” and would hold {', '.join(beyond)}, which it may not have."
            checker.bad(entry.at("holds"), "place-beyond", sentence, "Add that to its `data`, or take it out here.")
        if abroad := sorted(set(entry.words("in")) - set(recipient.words("in"))):
            sentence = f"“{name}” is in {', '.join(abroad)}, but “{entry.text('by')}” is declared elsewhere."
            checker.bad(entry.at("in"), "place-abroad", sentence, f"Add it to `disclose/{entry.text('by')}/in`.")
        return
    laws = checker.document.one("law").words("of")
    for item in entry.texts("in"):
        country = words.COUNTRIES.get(item.text)
        if country and item.text != "GB" and not words.adequate(country, laws):
            sentence = f"“{name}” is in {country.name}, and nothing allows the data to live there."
            checker.bad(
                item.mark, "no-safeguard", sentence, "Move it, or name who runs it with `by:`.", "UK GDPR Art 44A"
            )
    if entry.text("kind") == "http" and not entry.has("secret") and not entry.broken:
        checker.bad(entry.mark, "no-secret", f"“{name}” has no name in the operator's list.", "Add `secret:`.")
