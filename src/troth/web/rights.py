"""What a role of staff may open at the desk: one table of every view, with the part of the work to which it belongs.

Need to know (UK GDPR Art 5(1)(f), 32(4)): a view that stands in no line of it opens to nobody, so that a new one has to
say for whom it is.
"""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

from troth.parties import staff, tenancy

VIEWS: Final[dict[str, tuple[str, ...]]] = {
    "": (  # what everybody with a role opens, and whoever comes in
        *("web:front", "web:icon", "web:static", "web:enter", "web:factor", "web:link", "web:spare", "web:leave"),
        "web:today",
    ),
    "requests": (
        *("web:requests", "web:requests-csv", "web:request", "web:decide", "web:complaint", "web:heard", "web:hear"),
    ),
    "keeping": ("web:holds", "web:moments", "web:sweeps"),
    "proofs": (
        *("prove:overview", "prove:promises", "prove:run", "prove:pages", "prove:json", "web:promises-csv"),
        "web:refused",
    ),
    "looks": ("web:looks", "web:looks-csv"),
}
"""By part of the work (``words.DESK``), the views that belong to it. What one of them shows is of that part alone."""
PART: Final = {view: part for part, views in VIEWS.items() for view in views}


def part_of(request: HttpRequest) -> str | None:
    """To which part the view of this request belongs; '' for all, None for nobody."""
    return PART.get(request.resolver_match.view_name) if request.resolver_match else None


def may(request: HttpRequest, part: str, client: str | None) -> bool:
    """Whether this member of staff works in a part at a client; at any, where the address names none."""
    return any(staff.may(request.user, slug, part) for slug in ([client] if client else tenancy.slugs()))


def opens(request: HttpRequest) -> set[str]:
    """The parts that they work in, at whichever client."""
    return set().union(*(staff.parts(slug, staff.roles(request.user, slug)) for slug in tenancy.slugs()))
