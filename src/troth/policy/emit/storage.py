"""The register of cookies in the JSON shape of the TCF's device storage disclosure, version 1.1 (October 2025).

The purposes there are the numbers of the TCF's list. Number 1, storing on the device, says that a yes is asked for;
what an exception of the law covers leaves it out. A use that the list has no number for is told in words alone.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from troth.policy.emit.texts import among
from troth.policy.plan import Cookie, Plan, Surface

ASKED: Final = 1  # "Store and/or access information on a device"
PURPOSES: Final[dict[str, tuple[int, ...]]] = {
    "advertising": (2, 7),
    "profiling for marketing": (3, 4),
    "personalisation": (5, 6),
    "statistics": (8, 9),
    "quality": (10,),
    "research": (10,),
}
SPECIAL: Final[dict[str, tuple[int, ...]]] = {"security": (1,), "fraud prevention": (1,)}
CHOICES: Final = 3  # "Save and communicate privacy choices", among the special purposes
_KINDS: Final = {"cookie": "cookie", "storage": "web"}
_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2629800, "year": 31557600}
_SPAN: Final = re.compile(r"(\d+) (minute|hour|day|week|month|year)s?")


def disclosure(plan: Plan) -> tuple[dict[str, Any], list[str]]:
    """The disclosure, and what it cannot say: scripts and pixels keep nothing, and the shape has no kind for them."""
    told = [cookie for cookie in plan.cookies.values() if cookie.kind in _KINDS]
    unsaid = [
        f"cookies/{cookie.name}: a {cookie.kind} stores nothing; only its hosts are told"
        for cookie in plan.cookies.values()
        if cookie.kind not in _KINDS
    ]
    if any(cookie.kind == "cookie" for cookie in told):
        unsaid.append(
            "cookieRefresh: a policy says how long a cookie lasts, not whether it is set anew; look and mend it"
        )
    unsaid += [
        f"cookies/{cookie.name}: “{use}” has no purpose in the TCF's list; it is told in words"
        for cookie in told
        for use in _uses(plan, cookie)
        if plan.purposes[use].is_ not in PURPOSES | SPECIAL
    ]
    return {"disclosures": [_entry(plan, cookie) for cookie in told], "domains": _domains(plan)}, unsaid


def _uses(plan: Plan, cookie: Cookie) -> list[str]:
    return [name for name in plan.purposes if name in cookie.uses]


def _numbers(plan: Plan, cookie: Cookie) -> list[int]:
    asked = set() if cookie.exempt else {ASKED}
    return sorted(asked.union(*(PURPOSES.get(plan.purposes[use].is_, ()) for use in _uses(plan, cookie))))


def _special(plan: Plan, cookie: Cookie) -> list[int]:
    found = {number for use in _uses(plan, cookie) for number in SPECIAL.get(plan.purposes[use].is_, ())}
    return sorted(found | ({CHOICES} if "choice storage" in cookie.does else set()))


def _entry(plan: Plan, cookie: Cookie) -> dict[str, Any]:
    kind = _KINDS[cookie.kind]
    entry: dict[str, Any] = {
        "identifier": cookie.name.removesuffix(f" ({cookie.surface})"),
        "type": kind,
        "maxAgeSeconds": seconds(cookie.lasts) if kind == "cookie" else None,
        "cookieRefresh": False,
        "domains": _hosts(cookie, plan.surfaces.get(cookie.surface)),
        "purposes": _numbers(plan, cookie),
    }
    if special := _special(plan, cookie):
        entry["specialPurposes"] = special
    entry["description"] = f"{among(cookie.does)}, to {among(_uses(plan, cookie))}"[:1000]
    entry["optOut"] = "choice storage" in cookie.does
    return entry


def _hosts(cookie: Cookie, surface: Surface | None) -> list[str]:
    own = [urlsplit(origin).hostname or origin for origin in surface.origins] if surface else []
    return list(dict.fromkeys(cookie.hosts or own)) or ["*"]


def _domains(plan: Plan) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for cookie in plan.cookies.values():
        for host in _hosts(cookie, plan.surfaces.get(cookie.surface)):
            if host != "*":
                one = found.setdefault(host, {"domain": host, "purposes": [], "use": among(cookie.does)})
                one["purposes"] = sorted({*one["purposes"], *_numbers(plan, cookie)})
    return list(found.values())


def seconds(lasts: str) -> int:
    """How long a cookie lasts, in seconds; 0 until the browser closes, as the shape has it for a session."""
    found = _SPAN.search(lasts)
    return int(found[1]) * _SECONDS[found[2]] if found else 0
