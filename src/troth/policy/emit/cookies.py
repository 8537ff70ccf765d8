"""The register of everything that is stored or read on a device, and whether it must be asked for (PECR reg 6)."""

from __future__ import annotations

from typing import Final, NamedTuple

from troth.policy.emit.naming import lasting
from troth.policy.emit.texts import BASE, named, own, phrase, say, speaking
from troth.policy.plan import Cookie, Plan

NEEDED: Final = "necessary"
_OURS: Final = (
    ("troth_choice", "choice storage", "6 months"),
    ("troth-form", "security", "until browser closes"),
    ("troth-asked", "security", "30 minutes"),
    ("troth-you", "user identification", "30 minutes"),
)


DOES: Final = {
    "choice storage": "remembers your choices",
    "user identification": "keeps you signed in",
    "session identification": "keeps the pages of one visit together",
    "browser identification": "tells your browser from others",
    "computer identification": "tells people from programs",
    "session tracking": "follows one visit",
    "activity tracking": "follows what you do from visit to visit",
    "measurement": "counts",
    "content storage": "keeps what you put in until you are done",
    "content customisation": "shows the page as you set it",
    "preferences": "remembers your settings",
    "asset optimisation": "makes pages arrive sooner",
    "load balancing": "shares the work out between computers",
    "error reporting": "tells us of faults",
    "security": "keeps attacks out",
    "frequency capping": "counts how often you saw an advert",
    "advertising": "shows adverts",
    "message opening": "tells us that you opened a message",
}
"""What a cookie's function means to whoever reads of it."""


def what(function: str) -> str:
    """What one function means, in the language that is spoken; one that is not ours is the policy's own."""
    return phrase(DOES[function]) if function in DOES else own(function)


class Entry(NamedTuple):
    name: str
    row: str  # the name in the plan
    surface: str
    by: str
    does: tuple[str, ...]  # by the names of the policy; ``what`` says each for people
    uses: tuple[str, ...]
    lasts: str
    kind: str
    hosts: tuple[str, ...]
    exempt: str  # the exception of the law that it stands on; '' it waits for a yes
    when: str  # the same, for people


def register(plan: Plan) -> list[Entry]:
    """One row a cookie, in the order of the policy; the exception is the plan's, never worked out here."""
    return [_entry(plan, cookie) for cookie in plan.cookies.values()]


def ours(plan: Plan) -> list[Entry]:
    """What the pages on which a person chooses, writes and sees their data set: only for what is asked for there."""
    declared = {entry.name for entry in register(plan)}
    return [_own(name, does, lasts) for name, does, lasts in _OURS if name not in declared]


def plain(plan: Plan) -> list[Entry]:
    """The same in English, so that whoever says what they do can say it in any language."""
    with speaking(plan, BASE):
        return ours(plan)


def name_of(cookie: Cookie) -> str:
    """The name on the device: one name on two surfaces is two rows of a plan."""
    return cookie.name.removesuffix(f" ({cookie.surface})")


def lasting_of(lasts: str) -> str:
    return say("cookies.browser") if "browser closes" in lasts else lasting(lasts)


def until(entry: Entry) -> str:
    return say("cookies.browser") if "browser closes" in entry.lasts else entry.lasts


def _own(name: str, does: str, lasts: str) -> Entry:
    use = say(f"cookies.ours.{name}")
    return Entry(
        name, name, "", say("cookies.us"), (does,), (use,), lasting(lasts), "cookie", (), NEEDED,
        say(f"cookies.{NEEDED}"),
    )  # fmt: skip


def merged(plan: Plan) -> list[tuple[Entry, list[str]]]:
    """The register for reading: one that is the same on two surfaces is said once, with both."""
    found: dict[Entry, list[str]] = {}
    for entry in register(plan):
        found.setdefault(entry._replace(row="", surface=""), []).append(entry.surface)
    return list(found.items())


def _entry(plan: Plan, cookie: Cookie) -> Entry:
    return Entry(
        name=name_of(cookie),
        row=cookie.name,
        surface=cookie.surface,
        by=say("cookies.us") if cookie.by == "us" else named(cookie.by),
        does=cookie.does,
        uses=tuple(own(name) for name in plan.purposes if name in cookie.uses),
        lasts=lasting(cookie.lasts),
        kind=cookie.kind,
        hosts=cookie.hosts,
        exempt=cookie.exempt,
        when=say(f"cookies.{cookie.exempt or 'asked'}"),
    )
