"""The register of everything that is stored or read on a device, and whether it must be asked for (PECR reg 6)."""

from __future__ import annotations

from typing import NamedTuple

from troth.policy.emit.texts import say
from troth.policy.plan import Cookie, Plan


class Entry(NamedTuple):
    name: str
    row: str  # the name in the plan
    surface: str
    by: str
    does: tuple[str, ...]
    uses: tuple[str, ...]
    lasts: str
    kind: str
    hosts: tuple[str, ...]
    exempt: str  # the exception of the law that it stands on; '' it waits for a yes
    when: str  # the same, for people


def register(plan: Plan) -> list[Entry]:
    """One row a cookie, in the order of the policy; the exception is the plan's, never worked out here."""
    return [_entry(plan, cookie) for cookie in plan.cookies.values()]


def merged(plan: Plan) -> list[tuple[Entry, list[str]]]:
    """The register for reading: one that is the same on two surfaces is said once, with both."""
    found: dict[Entry, list[str]] = {}
    for entry in register(plan):
        found.setdefault(entry._replace(row="", surface=""), []).append(entry.surface)
    return list(found.items())


def _entry(plan: Plan, cookie: Cookie) -> Entry:
    return Entry(
        name=cookie.name.removesuffix(f" ({cookie.surface})"),  # one name on two surfaces is two rows of a plan
        row=cookie.name,
        surface=cookie.surface,
        by=say("cookies.us") if cookie.by == "us" else cookie.by,
        does=cookie.does,
        uses=tuple(name for name in plan.purposes if name in cookie.uses),
        lasts=cookie.lasts,
        kind=cookie.kind,
        hosts=cookie.hosts,
        exempt=cookie.exempt,
        when=say(f"cookies.{cookie.exempt or 'asked'}"),
    )
