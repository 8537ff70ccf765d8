"""What comes with a copy of the data: what we use it for and why we may, where it goes abroad, the rights, where to
complain, and whether a machine decides (UK GDPR Art 15(1)(a)-(h), (2)). It is of the policy, for what is held."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from troth.answer import grounds
from troth.keep import where
from troth.parties import speech
from troth.policy.emit import abroad
from troth.policy.emit.naming import countries, folded, sentence
from troth.policy.emit.texts import among, named, own, phrase, say
from troth.policy.plan import Plan, Purpose
from troth.policy.words import MECHANISMS, RIGHTS

SAID = ("consent", "legitimate interests", "recognised legitimate interests")  # these have a sentence of their own


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """One use: a sentence, what allows it (or '' where the sentence says so), which of the held data it takes, and what
    it decides, if anything."""

    what: str
    why: str
    labels: str
    decides: str


class About(msgspec.Struct, frozen=True, kw_only=True):
    """``abroad``: whom it goes to, in which country, and what protects it there. All in the language that is spoken."""

    uses: list[Used]
    abroad: list[tuple[str, str]]
    rights: list[str]
    how: str
    decides: str
    complain: str
    notice: str


def about(client: str, plan: Plan, held: Iterable[str], kinds: frozenset[str]) -> About:
    """``held``: the fields that some place answered with. ``kinds``: what people they are."""
    fields = frozenset(held)
    uses = [one for one in plan.purposes.values() if one.data & fields and (not kinds or one.of & kinds)]
    rights = frozenset().union(*(one.rights for one in uses)) if uses else frozenset[str]()
    return About(
        uses=[_used(plan, one, fields) for one in uses],
        abroad=_abroad(plan, fields),
        rights=[say(f"right.{name}") for name in RIGHTS if name in rights],
        how=phrase("To use a right, write to {email}, or use your page: {page}", email=plan.who.email,
                   page=where.link(client, "you/") + speech.way(plan)),
        decides="" if any(one.decides for one in uses) else phrase("No machine decides about you alone."),
        complain=grounds.routes(plan),
        notice=where.link(client, "notice/") + speech.way(plan),
    )  # fmt: skip


def _used(plan: Plan, use: Purpose, held: frozenset[str]) -> Used:
    words = own(use.ask.words) if use.ask else own(use.name)
    if use.basis in SAID:
        what = say(f"use.{use.basis}", use=own(use.name), words=words, interest=own(use.interest), case=own(use.case))
        why = f"{say('basis.consent')}." if use.basis == "consent" else ""  # of an interest the sentence says it
    else:
        why = f"{say(f'basis.{use.basis}')}."
        what = f"{sentence(say('use.law' if use.law else 'use.short', use=own(use.name), law=named(use.law)))}."
    decides = say("use.decides", decides=own(use.decides)) if use.decides else ""
    return Used(what=what, why=why, labels=among(folded(plan, use.data & held)), decides=decides)


def _abroad(plan: Plan, held: frozenset[str]) -> list[tuple[str, str]]:
    found = []
    for one in plan.recipients.values():
        if one.data & held and (codes := abroad.codes(plan, one.countries)):
            label = own(MECHANISMS[one.mechanism].label) if one.mechanism in MECHANISMS else one.mechanism
            found.append((named(one.name), ", ".join(word for word in (countries(codes), label) if word)))
    return found
