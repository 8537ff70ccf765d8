"""The probe of pages: what they set, load and call is what the register says, as a walk of them saw not long ago.

A program cannot see another's pages while it proves: it reads the rows of ``troth scan``. What was never walked, or
too long ago, or under another edition, is not proved.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.utils import timezone

from troth.parties import editions
from troth.policy.counting import counted
from troth.policy.plan import Plan
from troth.prove import scan, scan_judging, scan_targets
from troth.prove.keepers import Looked, Scene, keeper
from troth.prove.promises import Line
from troth.prove.scan import Scan
from troth.prove.scan_seen import Called, Kept, Page, Walked, Way

FRESH: Final = dt.timedelta(days=31)  # a page changes without anybody telling us
WHAT: Final = "page[s] that [was|were] walked"
WRONG: Final = {"undeclared", "undeclared-host", "typed-leaves"}


def _wrong(plan: Plan, now: dt.datetime) -> scan_judging.Judged:
    """What is said of a page that sets a cookie nobody declared, calls a host nobody named and passes typing on."""
    walks = [
        Walked(
            way=Way(name="before any choice", kind="before"),
            asked=False,
            kept=(Kept(kind="cookie", name="nobody-declared-this", host="nowhere.invalid", page=""),),
            called=(Called(origin="https://nowhere.invalid", type="image", page="", leaks=("typed",)),),
        )
    ]
    return scan_judging.judge(plan, _first(plan), (), walks, now)


def _first(plan: Plan) -> str:
    return next((one.name for one in scan_targets.surfaces(plan)), "")


def _break_pages(scene: Scene) -> None:
    """A page was walked that is wrong in every way."""
    force = editions.in_force(scene.client)
    page = Page(surface=_first(force.plan), address="https://nowhere.invalid/")
    scan.keep(
        Scan(
            client=scene.client, edition=force.number, plan=force.plan.hash, at=timezone.now(), seconds=0.0,
            named=False, pages=(page,), walks=(), findings=_wrong(force.plan, scene.now).findings, remarks=(),
        )
    )  # fmt: skip


@keeper(
    "always/pages match the register",
    code="prove.scan, prove.scan_judging",
    how="A real browser walks the pages as visitors who answer in every way there is, and what it sees is held against"
    " the register of cookies.",
    breaker=_break_pages,
)
def pages_match(scene: Scene, line: Line) -> Looked:
    wanted = {one.name for one in scan_targets.surfaces(scene.plan)}
    counting = [one for one in scan_targets.skipped(scene.plan) if one.counts]
    if not wanted and not counting:
        return Looked(0, WHAT)  # it speaks of no pages
    if {one.code for one in _wrong(scene.plan, scene.now).findings} != WRONG:
        return Looked(1, "trial of a wrong page", ("A page that does what nobody declared would pass.",))
    whole, breaches = _newest(scene)
    seen = len({(one.surface, one.address) for one in whole.looked}) if whole else 0
    return Looked(seen, WHAT, tuple(dict.fromkeys(breaches)), unproved=_open(scene, whole, wanted, counting))


def _newest(scene: Scene) -> tuple[Scan | None, list[str]]:
    """The newest look that chose its own pages, and what it and later ones found. A later look at some pages can find
    something, and cannot take back what was found on others."""
    breaches: list[str] = []
    edition = editions.in_force(scene.client).number
    for found in scan.counting(scene.client):
        if found.edition != edition or found.plan != scene.plan.hash or scene.now - found.at > FRESH:
            break
        breaches += [_said(one) for one in found.findings]
        if not found.named:
            return found, breaches
    return None, breaches


def _said(one: scan_judging.Finding) -> str:
    return f"{one.says} ({one.surface}; {one.walks[0] if one.walks else 'every walk'})"


def _open(scene: Scene, whole: Scan | None, wanted: set[str], counting: list[scan_targets.Skipped]) -> str:
    """Why it is not proved; '' where every surface was walked in time."""
    again = f"Run troth scan --client {scene.client}."
    if counting:
        return f"{counting[0].why} What it does was not looked at."
    if whole is None:
        last = next(scan.kept(scene.client), None)
        when = f"Last walked on {scene.plan.day(last.at)}, under edition {last.edition}." if last else "Never walked."
        return f"{when} {again}"
    if whole.unanswered:
        return f"{counted(len(whole.unanswered), 'page[s]')} did not answer on {scene.plan.day(whole.at)}. {again}"
    if missed := sorted(wanted - {one.surface for one in whole.looked}):
        return f"The {missed[0]} was not walked. {again}"
    return ""
