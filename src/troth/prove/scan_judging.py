"""What was seen on pages, held against the register of cookies: a pure function of the plan and the walks.

Nothing is stored or read on a device, and no supplier is called, but what the register names for that surface, after a
yes or under an exception, and for no longer than it says (PECR reg 6, UK GDPR Art 13(2)(a)).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

import msgspec

from troth.policy import periods
from troth.policy.counting import counted
from troth.policy.emit import cookies as registers
from troth.policy.plan import Cookie, Plan
from troth.prove.scan_seen import Called, Kept, Walked, Way

COVERS: Final[dict[str, frozenset[str]]] = {
    "cookie": frozenset({"cookie"}),
    "local": frozenset({"storage"}),
    "session": frozenset({"storage"}),
    "database": frozenset({"storage"}),
    "cache": frozenset({"storage"}),
    "worker": frozenset({"storage", "script"}),
}
"""Which kinds of a row speak of what lies on a device."""
WORDS: Final = {
    "cookie": "cookie",
    "local": "local storage",
    "session": "session storage",
    "database": "database",
    "cache": "cache",
    "worker": "service worker",
}
STAYS: Final = frozenset({"local", "database", "cache", "worker"})  # until somebody takes it away
SOFT: Final = frozenset({"statistics", "appearance"})  # exceptions under which a no must end it: PECR Sch A1 paras 5, 6
WITHOUT: Final[dict[str, tuple[str, str]]] = {
    "before": ("before-yes", "before a yes"),
    "typing": ("before-yes", "before a yes"),
    "plain": ("before-yes", "before a yes"),
    "signal": ("against-signal", "although the browser says no for its owner (Global Privacy Control)"),
    "no": ("after-no", "after a no"),
    "back": ("after-withdrawal", "after the yes was taken back"),
    "one": ("beyond-yes", "after a yes to something else"),
    "all": ("never-asked", "and nothing on this surface asks for it"),
    "typed": ("never-asked", "and nothing on this surface asks for it"),
}
"""Code and words of what is done without the yes that it needs, by the walk in which it was seen."""
SLACK: Final = 86_400.0  # seconds: a month is longer or shorter than a program thinks
MOST: Final = 500


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as the register says, or that is worth knowing. ``line`` is what it offends."""

    code: str
    what: str
    says: str
    surface: str
    page: str
    walks: tuple[str, ...]
    line: str
    remedy: str


class Judged(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]
    remarks: tuple[Finding, ...]


def judge(plan: Plan, surface: str, homes: Iterable[str], walks: Iterable[Walked], now: dt.datetime) -> Judged:
    """``homes`` are origins of this installation: what its own pages set is told in the same notice."""
    court = _Judge(plan, surface, frozenset(homes), now)
    walks = tuple(walks)
    for walked in walks:
        court.take(walked)
    court.end(walks)
    return Judged(_merged(court.findings), _merged(court.remarks))


def _merged(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same thing in several walks is said once, with all of them."""
    known: dict[tuple[str, str], Finding] = {}
    for one in found:
        old = known.get((one.code, one.what))
        walks = (*old.walks, *one.walks) if old else one.walks
        known[one.code, one.what] = msgspec.structs.replace(old or one, walks=tuple(dict.fromkeys(walks)))
    return tuple(known.values())[:MOST]


class _Judge:
    def __init__(self, plan: Plan, surface: str, homes: frozenset[str], now: dt.datetime) -> None:
        self.plan, self.surface, self.homes, self.now = plan, surface, homes, now
        self.rows = [one for one in plan.cookies.values() if one.surface == surface]
        self.own = homes | {
            origin.lower().rstrip("/") for one in plan.surfaces.values() for origin in one.origins if "://" in origin
        }
        self.ours = {entry.name for entry in registers.plain(plan)}
        self.findings: list[Finding] = []
        self.remarks: list[Finding] = []
        self.seen: set[str] = set()

    def take(self, walked: Walked) -> None:
        for kept in walked.kept:
            self.findings += self._kept(kept, walked)
        for called in walked.called:
            self.findings += self._called(called, walked)
        for link in walked.links:
            says = f"A link to {_host(link.origin)} carries {_carried(link)}."
            self._find(walked.way, link.page, "link-carries", f"link to {_host(link.origin)}", says, self._line(), LINK)
        if walked.made_up:
            says = "The page sent an answer that the visitor did not give."
            self._find(walked.way, "", "answered-for-you", "answer", says, "always/use is not consent", ANSWER)

    def _find(self, way: Way, page: str, code: str, what: str, says: str, line: str, remedy: str) -> None:
        self.findings.append(self._finding(way, page, code, what, says, line, remedy))

    def _finding(self, way: Way, page: str, code: str, what: str, says: str, line: str, remedy: str) -> Finding:
        walks = (way.name,)
        return Finding(
            code=code, what=what, says=says, surface=self.surface, page=page, walks=walks, line=line, remedy=remedy
        )

    def _line(self, row: Cookie | None = None) -> str:
        return f"cookies/{row.name}" if row else "cookies"

    # --- what lies on the device ----------------------------------------------------------------------------------

    def _kept(self, kept: Kept, walked: Walked) -> Iterator[Finding]:
        what = f"{WORDS[kept.kind]} “{kept.name}”"
        mine = kept.kind == "cookie" and kept.name.removeprefix("__Host-") in self.ours  # which they bear under TLS
        if mine and self._is_host_of(kept.host, self.homes):
            return
        named = [row for row in self.rows if _is_named(row, kept.name) and kept.kind in _speaks_of(row)]
        rows = [row for row in named if self._may_lie_at(row, kept.host)]
        if not rows:
            if not kept.ended:  # what a page tries and takes away is no row's to name
                yield self._undeclared(kept, what, named, walked)
            return
        self.seen |= {row.name for row in rows}
        row = next((one for one in rows if self._is_open(one, walked)), rows[0])
        if not self._is_open(row, walked):
            yield from self._without(kept, what, row, walked)
        elif (longer := self._too_long(row, kept)) is not None:
            yield self._finding(
                walked.way, kept.page, "too-long", what, f"The {what} lasts {longer}; the register says {row.lasts}.",
                self._line(row), f"Let it end sooner, or declare the longer time under cookies/{row.name}.",
            )  # fmt: skip
        if kept.kind == "cookie" and not kept.secure and kept.page.startswith("https:"):
            says = f"The {what} is set on an encrypted page without Secure."
            self.remarks.append(
                self._finding(walked.way, kept.page, "not-secure", what, says, "secure", "Set it with Secure.")
            )

    def _undeclared(self, kept: Kept, what: str, named: list[Cookie], walked: Walked) -> Finding:
        elsewhere = [row for row in self.plan.cookies.values() if _is_named(row, kept.name)]
        if named:
            says = f"The {what} is set by {kept.host}, which its row does not name."
        elif any(row.surface == self.surface for row in elsewhere):
            says = f"The {what} is declared as a {elsewhere[0].kind}, and is none."
        elif elsewhere:
            says = f"The {what} is declared for another surface, and not for this one."
        else:
            says = f"The {what} stands in no row of the register."
        row = named[0] if named else None
        return self._finding(walked.way, kept.page, "undeclared", what, says, self._line(row), DECLARE)

    def _without(self, kept: Kept, what: str, row: Cookie, walked: Walked) -> Iterator[Finding]:
        code, words = self._lacks(walked)
        line = self._line(row)
        if walked.way.kind == "back" and not self._is_host_of(kept.host, self.own):
            says = f"The {what} stays after the yes was taken back, and only {kept.host} can take it away."
            self.remarks.append(
                self._finding(walked.way, kept.page, "theirs-stays", what, says, line, f"Ask {row.by} to end it.")
            )
            return
        says = f"The {what} is there {words}."
        yield self._finding(walked.way, kept.page, code, what, says, line, WAIT)

    def _too_long(self, row: Cookie, kept: Kept) -> str | None:
        """For how long it is there, where that is longer than was said; None where it is not, or nobody can see."""
        if kept.kind != "cookie":
            return "until somebody takes it away" if kept.kind in STAYS and "browser closes" in row.lasts else None
        if kept.seconds is None:
            return None
        if "browser closes" in row.lasts:
            return _days(kept.seconds)
        span = periods.span(row.lasts)
        if span is None:
            return None
        limit = (periods.add(span, self.now, zone=self.plan.zone) - self.now).total_seconds() + SLACK
        return _days(kept.seconds) if kept.seconds > limit else None

    def _may_lie_at(self, row: Cookie, host: str) -> bool:
        """A cookie of ours lies at our own hosts; a supplier's there, or at a host that its row names."""
        return self._is_host_of(host, self.own) or any(
            _is_within(host, _host_of(one)) or _is_within(_host_of(one), host) for one in row.hosts
        )

    def _is_host_of(self, host: str, origins: Iterable[str]) -> bool:
        """Whether a cookie at this host is one of an origin: set for it alone, or for the domain above it."""
        return any(_is_within(_host_of(origin), host) for origin in origins)

    # --- who is called --------------------------------------------------------------------------------------------

    def _called(self, called: Called, walked: Walked) -> Iterator[Finding]:
        host, what = _host(called.origin), f"host {_host(called.origin)}"
        if called.origin in self.own:
            if "typed" in called.leaks:
                says = "What is typed goes to your own host before it is sent."
                self.remarks.append(
                    self._finding(walked.way, called.page, "typed-home", what, says, self._line(), "See that it must.")
                )
            return
        if called.leaks:
            says = f"{host} is told {_carried(called)} ({called.type})."
            yield self._finding(walked.way, called.page, f"{called.leaks[0]}-leaves", what, says, STANDS, TYPED)
        rows = [row for row in self.rows if any(_is_called(one, called.origin) for one in row.hosts)]
        if not rows:
            elsewhere = any(_is_called(one, called.origin) for row in self.plan.cookies.values() for one in row.hosts)
            where = "for this surface " if elsewhere else ""
            says = f"The page calls {host} ({called.type}), which no row of the register names {where}".rstrip() + "."
            yield self._finding(walked.way, called.page, "undeclared-host", what, says, self._line(), NAME_HOST)
            return
        opened = [row for row in rows if self._is_open(row, walked)]
        self.seen |= {row.name for row in opened or rows if row.kind != "cookie" and row.kind != "storage"}
        if not opened:
            code, words = self._lacks(walked)
            says = f"The page calls {host} ({called.type}) {words}."
            yield self._finding(walked.way, called.page, code, what, says, self._line(rows[0]), WAIT)
        elif called.cut:
            says = f"{host} is declared and was not let in, so that what it would set was not seen."
            remedy = f"Add “{called.origin}” to the line `scan` of the operator's list."
            self.remarks.append(
                self._finding(walked.way, called.page, "not-let-in", what, says, self._line(opened[0]), remedy)
            )

    # --- what a yes opens -----------------------------------------------------------------------------------------

    def _is_open(self, row: Cookie, walked: Walked) -> bool:
        way = walked.way if walked.asked else msgspec.structs.replace(walked.way, yes=(), no=())
        if row.exempt:
            return not (row.exempt in SOFT and set(way.no) & self._stops(row))
        return bool(row.switches) and row.switches <= set(way.yes)

    def _stops(self, row: Cookie) -> set[str]:
        """What a person says no to where the law asks for no yes."""
        return {one.key for one in self.plan.switches.values() if not one.opens and one.use in row.uses}

    def _lacks(self, walked: Walked) -> tuple[str, str]:
        return WITHOUT[walked.way.kind if walked.asked or walked.way.kind == "signal" else "before"]

    # --- at the end -----------------------------------------------------------------------------------------------

    def end(self, walks: tuple[Walked, ...]) -> None:
        answered = [one for one in walks if one.way.kind in ("no", "all", "one", "back", "typed")]
        mute = Way(name="", kind="before")
        if answered and not all(one.asked for one in answered):
            says = "The page put no question, so that no walk could say yes or no; none was taken for given."
            remedy = "Put the tag of this surface into the page."
            self.remarks.append(self._finding(mute, "", "no-question", "question", says, STANDS, remedy))
        for row in self.rows:
            if row.name not in self.seen and registers.name_of(row) != "troth_choice":
                what = f"{row.kind} “{registers.name_of(row)}”"
                says = f"The {what} is declared, and was seen in no walk."
                remedy = "Take its row out if nothing sets it any more, or name the page that does."
                self.remarks.append(self._finding(mute, "", "never-seen", what, says, self._line(row), remedy))


STANDS: Final = "always/pages match the register"
DECLARE: Final = "Take out what sets it, or declare it under cookies and publish."
NAME_HOST: Final = "Take out what calls it, or declare it under cookies with `hosts`, and its supplier under disclose."
WAIT: Final = "Let it wait: put its script into the page as text with data-troth, so that it runs after a yes alone."
TYPED: Final = "Take out what sends it, or keep it away from fields and addresses of pages."
LINK: Final = "Make links that carry nothing of the page or of what was typed."
ANSWER: Final = "Take out what answers the question: a yes is an act of the person (UK GDPR Art 4(11))."


def _is_named(row: Cookie, name: str) -> bool:
    known = registers.name_of(row)
    return name.startswith(known[:-1]) if known.endswith("*") else name == known


def _speaks_of(row: Cookie) -> set[str]:
    return {stored for stored, kinds in COVERS.items() if row.kind in kinds}


def _host(origin: str) -> str:
    return origin.partition("://")[2]


def _host_of(text: str) -> str:
    """The host of an origin, or of what a row calls a host: ``ads.example``, ``ads.example:8443``."""
    return (urlsplit(text if "://" in text else f"//{text}").hostname or "").lower().removeprefix("*.")


def _is_called(declared: str, origin: str) -> bool:
    """Whether a request to an origin goes to a declared host: with its port where the row names one."""
    plain = declared.lower().partition("://")[2] or declared.lower()
    if plain.startswith("*."):
        return _host_of(origin).endswith(plain[1:])
    return plain in (_host(origin), _host_of(origin)) and (":" in plain or plain == _host_of(origin))


def _is_within(host: str, domain: str) -> bool:
    return bool(domain) and (host == domain or host.endswith("." + domain))


def _days(seconds: float) -> str:
    if seconds < 2 * 86_400:
        return counted(max(1, round(seconds / 3600)), "hour[s]")
    return counted(round(seconds / 86_400), "day[s]")


def _carried(called: Called) -> str:
    words = {"typed": "what was typed", "address": "the page's address with its query", "e-mail": "an email address"}
    return " and ".join(words[leak] for leak in called.leaks)
