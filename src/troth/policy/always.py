"""What troth always does, for every policy: the standing guarantees that a promise may rest on as ``always/…``.

``STANDING`` are at work and each has a probe. ``PLANNED`` are named so that a promise can say what it waits for; what
rests on one shows as *not proved*, with the day since when it is planned, and never as kept.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple


class Planned(NamedTuple):
    sentence: str
    since: dt.date


_FIRST: Final = dt.date(2026, 11, 22)
_CLAUSES: Final = dt.date(2026, 11, 25)

STANDING: Final[dict[str, str]] = {
    "nothing undeclared": "We store nothing that this policy does not declare.",
    "nothing left unsaid": "A policy that leaves a basis, an end, a role or a country unsaid is not published.",
    "the law is asked": "This policy is held against the law of its day, and nothing in it is objected to.",
    "closed world": "What this policy does not allow is refused.",
    "use is not consent": "Using our pages is never taken for a yes.",
    "yes is exact": "A yes counts only for exactly what was asked.",
    "no is sticky": "A no holds in every later edition.",
    "refusing costs nothing": "Refusing is as easy as accepting, and the site works the same.",
    "every act is written down": "Every act on your data is written down, and nothing of that can be changed unseen.",
    "sealed": "What we hold of you is encrypted under keys of your own.",
    "walls": "What one client holds, no other can see.",
    "restriction stops use": (
        "While use is restricted, your data is only stored, but for what the law or a new yes of yours allows."
    ),
    "erasure is verified": "After an erasure every place is asked again, and what you gave is gone.",
    "secrets stay secret": "The master key lies apart from the data.",
    "editions stay readable": "Every edition of this policy stays readable at its own address.",
    "one source": "The notice, the question and the gate come from one file.",
    "joined only by proof": "Your data is joined to you only after you proved who you are.",
    "staff prove themselves": "Staff come in only with two factors.",
    "changes are told": "You are told before a change that takes more from you.",
    "pages match the register": (
        "What our pages set, load and call is what the register of cookies says, and nothing you typed leaves with it."
    ),
    "recipients are told": "Whoever had your data is told when it is corrected, erased or restricted.",
    "refusals name their ground": "A fee, a delay or a refusal needs a ground that is written down and told.",
    "complaints are clocked": "A complaint is acknowledged within 30 days.",
    "every channel is heard": (
        "A request by email, post or phone, or by somebody for you, gets its day, its clock and a fitting check."
    ),
}
PLANNED: Final[dict[str, Planned]] = {
    "breaches are clocked": Planned("A breach is told to the regulator within 72 hours.", _FIRST),
    "small groups are withheld": Planned("No figure we publish is about fewer people than the policy says.", _FIRST),
    "unsubscribe in every mail": Planned("Every marketing message can be stopped with one press.", _FIRST),
    "messages keep to their class": Planned(
        "A message about the service carries no marketing, and a no to marketing does not stop it.", _CLAUSES
    ),
    "disclosures are recorded": Planned(
        "Each disclosure carries its declared data alone, and who got it, what, when and why is written down for you.",
        _CLAUSES,
    ),
    "demands need a ground": Planned(
        "An authority, a claim or a suspicion opens your data only with a ground, a reference and who approved it.",
        _CLAUSES,
    ),
    "succession carries your choices": Planned(
        "A buyer gets masked data first, and in the end your choices, objections and this policy with the data.",
        _CLAUSES,
    ),
    "processors are supervised": Planned(
        "A processor acts only on instructions that are on record, is reviewed, and brings in others only if agreed.",
        _CLAUSES,
    ),
    "pixels wait for a yes": Planned("A pixel on a page or in an email counts nothing before a yes.", _CLAUSES),
    "correspondence is filed": Planned(
        "Letters, calls, chats and messages reach one file where you find them, and what we did not ask for is set"
        " apart and goes.",
        _CLAUSES,
    ),
    "sources are told": Planned(
        "What others told us of you names its source, and you are told of it within a month.", _CLAUSES
    ),
    "children are turned away": Planned(
        "Data of somebody below the least age is refused, and erased when it is found later.", _CLAUSES
    ),
    "profiles follow your choice": Planned(
        "What you are shown, matched with or counted into is chosen from what you allowed, and can be explained.",
        _CLAUSES,
    ),
    "publishing is yours to undo": Planned(
        "What you publish is yours to publish and to take back, and whoever is named in it can have it taken down.",
        _CLAUSES,
    ),
    "accuracy is kept": Planned(
        "A wrong value is marked, completed or refreshed, with who said so and when.", _CLAUSES
    ),
    "accounts end when left": Planned(
        "An account is opened, left idle and closed in known steps, and each step is told.", _CLAUSES
    ),
    "loss is recovered": Planned("A backup is restored in a drill, so that no accident loses your data.", _CLAUSES),
    "staff access is limited": Planned(
        "A role ends on its day, what is sealed apart opens to two together, and each reading is written down.",
        _CLAUSES,
    ),
    "the client decides": Planned(
        "What we hold for a client is used, passed on and answered on its recorded instruction alone.", _CLAUSES
    ),
}
ALWAYS: Final[dict[str, str]] = STANDING | {name: one.sentence for name, one in PLANNED.items()}

RIGHTS: Final = ("access", "rectify", "erase", "restrict", "object", "port", "withdraw")
"""What `answer/…` may name: the rights that a person's own page answers."""
SECTIONS: Final = (
    "who", "edition", "notice", "surfaces", "people", "staff", "clients", "data", "collect", "use", "disclose", "never",
    "keep", "holds", "cookies", "children", "answer", "secure", "places", "papers",
)  # fmt: skip
"""The sections a promise may rest on. `law` and `moments` promise nothing by themselves."""
