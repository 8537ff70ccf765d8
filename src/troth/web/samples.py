"""What the demonstration says of each firm: the sites are made up in their spirit, and say so."""

from __future__ import annotations

from typing import Final

import msgspec

from troth.policy.plan import Plan


class Sample(msgspec.Struct, frozen=True):
    says: str  # on the front
    heading: str
    lead: str
    body: tuple[str, ...] = ()


MARKS: Final = (
    ("kept", "Kept"),
    ("empty", "Kept, nothing yet to keep"),
    ("broken", "Broken"),
    ("open", "Not proved"),
    ("waiting", "Not answered yet"),
    ("held", "Kept by law"),
)
SAMPLES: Final = {
    "omono": Sample(
        says="A project system with a website: every cookie on every surface, and a ten-pound fee that the law has "
        "since struck out.",
        heading="Run your projects from one place",
        lead="Omono brings jobs, people and paperwork together, so nothing gets lost between the site and the office.",
        body=(
            "Plans, drawings, messages and sign-offs stay with their job, for as long as you need them and no longer.",
        ),
    ),
    "dijuno": Sample(
        says="A web application for businesses: both controller and processor, with real periods and every right.",
        heading="Know which businesses look at your site",
        lead="dijuno shows a business who is interested, and asks people first.",
        body=("Start a trial, ask us a question, or read how we look after what you tell us.",),
    ),
    "miomi": Sample(
        says="A members’ site: a page of one’s own, newsletters, members with something in common, public posts.",
        heading="A history that everybody writes",
        lead="Join, write about a place you know, and find members who know it too.",
        body=("Every post is public. What you tell us when you join is not.",),
    ),
    "dianomi": Sample(
        says="Lead generation: partners, segments from Mosaic, beacons, recorded calls.",
        heading="Guides to money, from the firms that wrote them",
        lead="Ask for a guide. The firm that wrote it gets your details only if you say so.",
    ),
    "clientdata": Sample(
        says="A processor at work on its clients’ websites: encrypted addresses, half a postcode, no profile.",
        heading="Looking after visitors for other firms",
        lead="We work on our clients’ instructions: their policy is the rule, each behind a wall of its own.",
    ),
}


def of(slug: str, plan: Plan) -> Sample:
    name = plan.who.trades_as or plan.who.name
    return SAMPLES.get(slug) or Sample("", name, f"What {name} asks for, why, and for how long.")
