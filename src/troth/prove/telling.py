"""Probes of what is told: who we are, to whom and where this policy speaks, its dates, its whole content.

Each reads the notice as it is served and looks there for the policy's own facts: UK GDPR Art 12(1), 13 and 14.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from html import escape

import msgspec
from django.http import HttpResponse

from troth.parties import editions
from troth.policy import periods
from troth.policy.emit import notice
from troth.policy.emit.cookies import what
from troth.policy.plan import Plan
from troth.policy.words import COUNTRIES, MECHANISMS, regulator
from troth.prove import acts, asking
from troth.prove.keepers import Looked, Scene, keeper
from troth.prove.promises import Line

TOLD = "fact[s] looked for in the notice"


def _looked(scene: Scene, facts: Iterable[str], what: str = TOLD) -> Looked:
    """Each fact of the policy in force must stand in the notice that is served from it."""
    page = notice.render(scene.plan).lower()
    wanted = [one for one in facts if one]
    lost = [one for one in wanted if escape(one.rstrip(".")).lower() not in page]
    return Looked(len(wanted), what, tuple(f"The notice does not say “{one}”." for one in lost[:5]))


def _break(**changes: object) -> None:
    """The notice is rendered from a plan that lost something on the way."""
    real = notice.render

    def forgetful(plan: Plan, **more: object) -> str:
        return real(msgspec.structs.replace(plan, **changes), **more)  # type: ignore[arg-type]

    notice.render = forgetful


def _break_who(scene: Scene) -> None:
    _break(who=msgspec.structs.replace(scene.plan.who, name="Somebody", address="Somewhere"))


@keeper(
    "who",
    code="policy.emit.notice",
    how="The notice begins with who answers for the data, from the same lines that the gate was compiled from.",
    breaker=_break_who,
)
def who(scene: Scene, line: Line) -> Looked:
    one = scene.plan.who
    authority = regulator(one.regulator, one.authority) or ()
    facts = (one.name, one.trades_as, one.address, one.email, one.phone, one.company_number, one.registered_in)
    looked = _looked(scene, (*facts, one.fee_number, one.officer, *authority[:3]))
    lapsed = one.fee_until and one.fee_until < scene.today.isoformat()
    more = (f"The data protection fee was paid until {one.fee_until}.",) if lapsed else ()
    return msgspec.structs.replace(looked, breaches=looked.breaches + more)


def _break_edition(scene: Scene) -> None:
    _break(edition=msgspec.structs.replace(scene.plan.edition, date=dt.date(1900, 1, 1), history=()))


@keeper(
    "edition",
    code="policy.emit.notice, parties.editions",
    how="The notice shows the date and the reason of its edition; an edition is only ever added.",
    breaker=_break_edition,
)
def edition(scene: Scene, line: Line) -> Looked:
    one = scene.plan.edition
    looked = _looked(scene, (notice.day(one.date), one.because, *(because for _, because in one.history)))
    numbers = [number.number for number in editions.all_of(scene.client)]
    gaps = () if sorted(numbers) == list(range(1, len(numbers) + 1)) else ("An edition is missing.",)
    return msgspec.structs.replace(looked, breaches=looked.breaches + gaps)


def _break_notice(scene: Scene) -> None:
    _break(purposes=dict(list(scene.plan.purposes.items())[1:]), recipients={}, notice_tells=())


@keeper(
    "notice",
    code="policy.emit.notice",
    how="The notice is worked out from the policy in force, and nothing can be left out of it by hand.",
    breaker=_break_notice,
)
def whole_notice(scene: Scene, line: Line) -> Looked:
    plan = scene.plan
    facts = [*plan.purposes, *plan.recipients, *(field.label for field in plan.fields.values() if field.label)]
    facts += [words for pair in plan.notice_tells for words in pair]
    facts += [one.policy for one in plan.recipients.values()] + [one.opt_out for one in plan.recipients.values()]
    facts += [*(one.name for one in plan.cookies.values()), *(use.without for use in plan.purposes.values())]
    facts += [*_grounds(plan), *_travels(plan), *_cookies(plan)]
    facts += [periods.say(rule).removeprefix("for ") for rule in plan.rules.values()]
    facts += _before_a_form(plan)
    looked, pages = _looked(scene, facts), {path: asking.of_client(scene.client, path) for path in _pages(plan)}
    shown = {path: page for path, page in pages.items() if page is not None}
    failed = [path for path, page in shown.items() if page.status_code not in (200, 404)]
    if failed:
        return msgspec.structs.replace(looked, unproved=f"/{failed[0]} could not be shown just now.")
    breaches = [f"/{path} does not lead to the notice." for path, page in shown.items() if not _leads(page)]
    what = f"{TOLD}[|, and pages that lead to it]"
    return Looked(looked.count + len(shown), what, (*looked.breaches, *breaches))


def _grounds(plan: Plan) -> list[str]:
    """On what each use rests: the interest or the law by name, UK GDPR Art 13(1)(c) and (d)."""
    return [words for use in plan.purposes.values() for words in (use.interest, use.law)]


def _travels(plan: Plan) -> list[str]:
    """Where it goes, and what guards it there: UK GDPR Art 13(1)(f)."""
    recipients = plan.recipients.values()
    countries = [COUNTRIES[code].name for one in recipients for code in one.countries]
    return countries + [MECHANISMS[one.mechanism].label for one in recipients if one.mechanism]


def _cookies(plan: Plan) -> list[str]:
    """What each does, and how long; one that goes with the browser is told of in other words: PECR reg 6(2)(a)."""
    cookies = plan.cookies.values()
    does = [what(name) for one in cookies for name in one.does]
    return does + [one.lasts for one in cookies if periods.span(one.lasts)]


def _before_a_form(plan: Plan) -> list[str]:
    """What follows if a needed field is left out, and what is warned of first: UK GDPR Art 13(2)(e)."""
    points = plan.points.values()
    return [one.why for one in points if one.needs] + [one.warns for one in points]


def _pages(plan: Plan) -> list[str]:
    """Where data is taken or a choice is made: each opens without a cookie, and is one press from the notice."""
    forms = [f"form/{point.name}/" for point in plan.points.values() if point.by == "form"]
    return ["choices/", "you/", *forms]


def _leads(page: HttpResponse) -> bool:
    return page.status_code == 200 and b'notice/"' in page.content


def _break_people(scene: Scene) -> None:
    _break(people={})


@keeper(
    "people",
    code="policy.emit.notice, people.standing",
    how="The notice says of whom it speaks, and a person is of a kind that the policy names.",
    breaker=_break_people,
)
def people(scene: Scene, line: Line) -> Looked:
    one = scene.plan.people[line.name]
    return _looked(scene, (one.name, one.means[1:], f"{one.least_age}" if one.least_age else ""))


def _break_children(scene: Scene) -> None:
    _break(children="")


@keeper(
    "children",
    code="policy.emit.notice, policy.deciding",
    how="The notice says the least age; a datum of somebody younger opens to no use.",
    breaker=_break_children,
)
def children(scene: Scene, line: Line) -> Looked:
    looked = _looked(scene, notice.rule_for_children(scene.plan))
    seen, breaches = acts.let_through(scene.plan, scene.today, "younger")
    what = f"{TOLD}[|, and acts upon somebody younger that the gate must refuse]"
    return Looked(looked.count + seen, what, (*looked.breaches, *sorted(breaches)))
